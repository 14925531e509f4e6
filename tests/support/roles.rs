//! Parameters of a statement: which placeholder stands for what, and values for them.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::data::{Record, Scope, World};
use super::tables::Schema;
use super::tokens::{Kind, tokens};
use super::values::Values;

/// What a parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The tenant of a level, or a column of the tenant's own row.
    Tenant(Option<String>),
    /// An array of tenants that the caller may act for.
    Tenants,
    /// The user whose memberships give the tenants.
    Principal,
    /// A value of some column of some row of anybody: table, column.
    Key(String, String),
    /// An array of such values.
    Keys(String, String),
    /// Anything of a type.
    Value(String),
}

/// A statement with the roles of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Names it in messages.
    pub(crate) id: String,
    /// The statement, with placeholders `$1`, `$2`, ...
    pub(crate) sql: String,
    /// The role of each.
    pub(crate) roles: Vec<Role>,
}

impl Case {
    /// Reads a statement in any placeholder style and a description such as `1=tenant 2=key:invoice.id name=value:text`.
    /// `guess` gives a role for each parameter that is not described, from the statement.
    pub(crate) fn new(
        id: &str,
        sql: &str,
        params: &str,
        guess: impl FnOnce(&str) -> Result<Vec<Role>, String>,
    ) -> Result<Case, String> {
        let mut described: Vec<(String, Role)> = Vec::new();
        for word in params.split_whitespace() {
            let (name, role) =
                word.split_once('=').ok_or_else(|| format!("{id}: `{word}` is not name=role"))?;
            described
                .push((name.to_owned(), Role::parse(role).ok_or_else(|| format!("{id}: no role `{role}`"))?));
        }
        let (sql, names) = numbered(sql.trim().trim_end_matches(';'));
        let find = |name: &str| described.iter().find(|(n, _)| n == name).map(|(_, role)| role.clone());
        let mut roles: Vec<Option<Role>> = names
            .iter()
            .enumerate()
            .map(|(at, name)| find(name).or_else(|| find(&(at + 1).to_string())))
            .collect();
        if roles.contains(&None) {
            let guessed = guess(&sql)?;
            for (at, role) in roles.iter_mut().enumerate() {
                *role = role.take().or_else(|| guessed.get(at).cloned());
            }
        }
        let roles: Option<Vec<Role>> = roles.into_iter().collect();
        let roles = roles.ok_or_else(|| format!("{id}: nothing says what each parameter is"))?;
        Ok(Case { id: id.to_owned(), sql, roles })
    }

    /// Whether some parameter has that role.
    pub(crate) fn has(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }

    /// Whether the tenant is given by a parameter.
    pub(crate) fn names_tenant(&self) -> bool {
        self.roles.iter().any(|role| matches!(role, Role::Tenant(_)))
    }
}

impl Role {
    fn parse(text: &str) -> Option<Role> {
        let (kind, argument) = text.split_once(':').unwrap_or((text, ""));
        let column = || {
            let (table, column) = argument.rsplit_once('.')?;
            Some((table.rsplit('.').next().unwrap_or(table).to_owned(), column.to_owned()))
        };
        Some(match kind {
            "tenant" => Role::Tenant((!argument.is_empty()).then(|| argument.to_owned())),
            "tenants" => Role::Tenants,
            "principal" => Role::Principal,
            "key" => column().map(|(t, c)| Role::Key(t, c))?,
            "keys" => column().map(|(t, c)| Role::Keys(t, c))?,
            "value" => Role::Value(argument.to_owned()),
            _ => return None,
        })
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Role::Tenant(None) => f.write_str("tenant"),
            Role::Tenant(Some(column)) => write!(f, "tenant:{column}"),
            Role::Tenants => f.write_str("tenants"),
            Role::Principal => f.write_str("principal"),
            Role::Key(table, column) => write!(f, "key:{table}.{column}"),
            Role::Keys(table, column) => write!(f, "keys:{table}.{column}"),
            Role::Value(ty) => write!(f, "value:{ty}"),
        }
    }
}

/// Rewrites placeholders to `$n`; gives the name of each number.
fn numbered(sql: &str) -> (String, Vec<String>) {
    let mut out = String::new();
    let mut names: Vec<String> = Vec::new();
    let mut done = 0;
    for token in tokens(sql).iter().filter(|t| t.kind == Kind::Placeholder) {
        let number = token.text.strip_prefix('$').and_then(|n| n.parse::<usize>().ok());
        let number = match number {
            Some(number) => {
                while names.len() < number {
                    names.push((names.len() + 1).to_string());
                }
                number
            }
            None if token.text == "?" || token.text == "%s" => {
                names.push((names.len() + 1).to_string());
                names.len()
            }
            None => {
                let name =
                    token.text.trim_start_matches([':', '@', '%', '(']).trim_end_matches(")s").to_owned();
                match names.iter().position(|n| *n == name) {
                    Some(at) => at + 1,
                    None => {
                        names.push(name);
                        names.len()
                    }
                }
            }
        };
        out.push_str(&sql[done..token.start]);
        out.push_str(&format!("${number}"));
        done = token.start + token.text.len();
    }
    out.push_str(&sql[done..]);
    (out, names)
}

/// Who runs a statement, as values for its trusted parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Actor {
    /// The tenant of each level; empty where there is none.
    pub(crate) tenant: Vec<String>,
    /// The tenant's own row in the root table.
    pub(crate) row: Option<(usize, Vec<Option<String>>)>,
    /// Tenants of an array parameter.
    pub(crate) tenants: Vec<String>,
    /// The principal.
    pub(crate) principal: Option<String>,
    /// Everything that is theirs.
    pub(crate) scope: Scope,
}

/// Draws values for the parameters of one run.
pub(crate) struct Draw<'a> {
    /// The schema.
    pub(crate) schema: &'a Schema,
    /// The domains.
    pub(crate) values: &'a Values,
    /// Who runs it.
    pub(crate) actor: &'a Actor,
    /// The two databases.
    pub(crate) worlds: [&'a World; 2],
    /// The source of chance.
    pub(crate) rng: &'a mut Rng,
}

/// How the keys of one run hang together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Rows that refer to each other.
    Linked,
    /// The actor's and other rows mixed.
    Mixed,
    /// The actor's rows only.
    Own,
    /// Other rows only.
    Foreign,
}

impl Draw<'_> {
    /// One value for each parameter; `places` are the columns that they meet.
    pub(crate) fn draw(
        &mut self,
        case: &Case,
        places: &BTreeMap<usize, (usize, usize)>,
    ) -> Vec<Option<String>> {
        let plan = match self.rng.u8(..20) {
            0..8 => Plan::Linked,
            8..14 => Plan::Mixed,
            14..17 => Plan::Own,
            _ => Plan::Foreign,
        };
        let mut chosen: Vec<(usize, Record)> = Vec::new();
        let mut values = Vec::new();
        for (at, role) in case.roles.iter().enumerate() {
            values.push(match role {
                Role::Tenant(column) => self.tenant(column.as_deref()),
                Role::Tenants => Some(array(&self.actor.tenants)),
                Role::Principal => self.actor.principal.clone(),
                Role::Key(table, column) => {
                    if self.rng.u8(..16) == 0 {
                        None
                    } else {
                        self.key(table, column, plan, &mut chosen)
                    }
                }
                Role::Keys(table, column) => {
                    let count = self.rng.usize(1..=4);
                    Some(array(
                        &(0..count)
                            .filter_map(|_| self.key(table, column, plan, &mut Vec::new()))
                            .collect::<Vec<_>>(),
                    ))
                }
                Role::Value(ty) => self.value(ty, places.get(&(at + 1)).copied()),
            });
        }
        values
    }

    fn tenant(&self, column: Option<&str>) -> Option<String> {
        let Some(column) = column else { return self.actor.tenant.first().cloned() };
        let (root, row) = self.actor.row.as_ref()?;
        row[self.schema.tables[*root].column(column)?].clone()
    }

    fn value(&mut self, ty: &str, place: Option<(usize, usize)>) -> Option<String> {
        if let Some((table, column)) = place
            && !ty.ends_with("[]")
            && self.rng.bool()
            && let Some(value) = self.rng.choice(self.values.usual_values(table, column))
        {
            return Some(value.clone());
        }
        self.values.free(self.rng, ty)
    }

    fn key(
        &mut self,
        table: &str,
        column: &str,
        plan: Plan,
        chosen: &mut Vec<(usize, Record)>,
    ) -> Option<String> {
        let table = self.schema.table(table)?;
        let column = self.schema.tables[table].column(column)?;
        let again = chosen.iter().find(|(t, _)| *t == table).map(|(_, record)| record.clone());
        let record = match again {
            Some(record) if plan != Plan::Mixed && self.rng.u8(..20) < 11 => Some(record),
            _ if plan == Plan::Linked && self.rng.u8(..20) < 11 => self.linked(table, chosen),
            _ => None,
        };
        let record = match record {
            Some(record) => record,
            None => self.some(table, plan)?,
        };
        let value = record.row[column].clone();
        chosen.push((table, record));
        value
    }

    /// A row that refers to a chosen one, or that a chosen one refers to.
    fn linked(&mut self, table: usize, chosen: &[(usize, Record)]) -> Option<Record> {
        let mut found = Vec::new();
        for (other, record) in chosen {
            for key in self.schema.tables[*other].foreign.iter().filter(|key| key.parent == table) {
                let values: Vec<_> = key.columns.iter().map(|c| &record.row[*c]).collect();
                let refers = |p: &&Record| {
                    std::iter::zip(&key.keys, &values).all(|(k, v)| p.row[*k] == **v && v.is_some())
                };
                found.extend(self.worlds[0].tables[table].iter().filter(refers));
            }
            for key in self.schema.tables[table].foreign.iter().filter(|key| key.parent == *other) {
                let values: Vec<_> = key.keys.iter().map(|k| &record.row[*k]).collect();
                let refers = |c: &&Record| {
                    std::iter::zip(&key.columns, &values).all(|(k, v)| c.row[*k] == **v && v.is_some())
                };
                found.extend(self.worlds[0].tables[table].iter().filter(refers));
            }
        }
        self.rng.choice(found).cloned()
    }

    fn some(&mut self, table: usize, plan: Plan) -> Option<Record> {
        let own = match plan {
            Plan::Own => Some(true),
            Plan::Foreign => Some(false),
            Plan::Mixed => Some(self.rng.bool()),
            Plan::Linked => match self.rng.u8(..10) {
                0..4 => Some(true),
                4..7 => Some(false),
                _ => None,
            },
        };
        let world = self.worlds[usize::from(self.rng.u8(..8) == 0)];
        let records = &world.tables[table];
        let fits: Vec<&Record> = records
            .iter()
            .filter(|r| own.is_none_or(|own| self.actor.scope.owners.contains(&r.owner) == own))
            .collect();
        self.rng.choice(fits).or_else(|| self.rng.choice(records)).cloned()
    }
}

fn array(values: &[String]) -> String {
    let quoted: Vec<String> =
        values.iter().map(|v| format!("\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}
