//! Random statements over a schema. A statement is first written with all its guards, the predicates that keep it to one
//! tenant; its mutants are the same statement with one guard broken. Both come from the same seed.

mod guard;
mod select;
mod write;

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::support::postgres::{ident, literal};
use crate::support::roles::{Case, Role};
use crate::support::tables::{ForeignKey, Owner, Schema, Table};
use crate::support::tenancy::Tenancy;
use crate::support::values::Values;

pub(crate) use guard::Mutation;

/// A random statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The statement with its parameters.
    pub(crate) case: Case,
    /// What the grammar did.
    pub(crate) tags: BTreeSet<&'static str>,
    /// How many guards it has.
    pub(crate) guards: usize,
    /// Whether no guard is broken.
    pub(crate) is_whole: bool,
}

/// Writes the statement of a seed, with one guard broken if that is asked for. Absent where the grammar ran into a wall.
pub(crate) fn statement(
    schema: &Schema,
    values: &Values,
    tenancy: &Tenancy,
    seed: u64,
    broken: Option<(usize, Mutation)>,
) -> Option<Statement> {
    let mut rng = Rng::with_seed(seed);
    let who = Who::choose(&mut rng, tenancy);
    let mut writer = Writer {
        schema,
        values,
        tenancy,
        who,
        chance: Rng::with_seed(seed ^ 0x5eed),
        rng,
        roles: Vec::new(),
        terms: Vec::new(),
        principal: None,
        aliases: 0,
        guards: 0,
        depth: 0,
        broken,
        wall: false,
        tags: BTreeSet::new(),
    };
    let sql = writer.statement()?;
    if writer.wall
        || sql.len() > 3000
        || (broken.is_some() && broken.is_some_and(|(at, _)| at >= writer.guards))
    {
        return None;
    }
    let (sql, roles) = renumbered(&sql, &writer.roles);
    let case = Case { id: format!("s{seed}"), sql, roles };
    Some(Statement { case, tags: writer.tags, guards: writer.guards, is_whole: broken.is_none() })
}

/// On whose behalf the statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Parameter,
    Session,
    Principal,
    Set,
}

impl Who {
    fn choose(rng: &mut Rng, tenancy: &Tenancy) -> Who {
        match rng.u8(..20) {
            0..3 if !tenancy.settings().is_empty() => Who::Session,
            0..4 if !tenancy.membership.is_empty() => Who::Principal,
            4 => Who::Set,
            _ => Who::Parameter,
        }
    }
}

/// Writes one statement.
struct Writer<'a> {
    schema: &'a Schema,
    values: &'a Values,
    tenancy: &'a Tenancy,
    who: Who,
    rng: Rng,
    /// Chance for mutations, apart from the rest so that a mutant is its original but for one guard.
    chance: Rng,
    roles: Vec<Role>,
    /// The placeholder that stands for the tenant of each level.
    terms: Vec<(usize, String)>,
    principal: Option<String>,
    aliases: usize,
    guards: usize,
    depth: usize,
    broken: Option<(usize, Mutation)>,
    /// Whether the guard cannot be broken in that way.
    wall: bool,
    tags: BTreeSet<&'static str>,
}

/// A relation in FROM, or the target of a write.
#[derive(Clone, Debug)]
struct Occ {
    alias: String,
    /// The table whose rows it has, one each; absent for views and whatever combines rows.
    table: Option<usize>,
    columns: Vec<Col>,
}

/// A column of a relation.
#[derive(Clone, Debug)]
struct Col {
    name: String,
    ty: String,
    /// The column of a table that it copies.
    base: Option<(usize, usize)>,
}

impl Occ {
    /// The expression for a column of its table.
    fn of(&self, table: usize, column: usize) -> Option<String> {
        let found = self.columns.iter().find(|c| c.base == Some((table, column)))?;
        Some(self.expr(found))
    }

    fn expr(&self, column: &Col) -> String {
        format!("{}.{}", self.alias, ident_plain(&column.name))
    }

    fn all(&self, table: usize, columns: &[usize]) -> Option<Vec<String>> {
        columns.iter().map(|c| self.of(table, *c)).collect()
    }
}

impl Writer<'_> {
    fn statement(&mut self) -> Option<String> {
        match self.rng.u8(..100) {
            0..58 => self.select_statement(),
            58..70 => self.update(),
            70..78 => self.delete(),
            78..91 => self.insert(),
            91..95 => self.merge(),
            _ => self.writing_cte(),
        }
    }

    fn table(&self, at: usize) -> &Table {
        &self.schema.tables[at]
    }

    fn alias(&mut self, name: &str) -> String {
        self.aliases += 1;
        format!("{}{}", &name[..1], self.aliases)
    }

    fn parameter(&mut self, role: Role) -> String {
        self.roles.push(role);
        format!("${}", self.roles.len())
    }

    fn percent(&mut self, n: u8) -> bool {
        self.rng.u8(..100) < n
    }

    fn tag(&mut self, tag: &'static str) {
        self.tags.insert(tag);
    }

    /// An occurrence of a table with all its columns.
    fn occ(&mut self, table: usize) -> Occ {
        let alias = self.alias(&self.schema.tables[table].name.clone());
        let columns = self.table(table).columns.iter().enumerate();
        let columns = columns.map(|(c, column)| Col {
            name: column.name.clone(),
            ty: column.ty.clone(),
            base: Some((table, c)),
        });
        Occ { alias, table: Some(table), columns: columns.collect() }
    }

    /// The tenant column of a relation with its level, where it shows one.
    fn tenant_of(&self, occ: &Occ) -> Option<(String, usize)> {
        if let Some(table) = occ.table {
            let Owner::Column { column, level } = self.table(table).owner else { return None };
            return Some((occ.of(table, column)?, level));
        }
        occ.columns.iter().find_map(|column| {
            let (table, at) = column.base?;
            match self.table(table).owner {
                Owner::Column { column: tenant, level } if tenant == at => Some((occ.expr(column), level)),
                _ => None,
            }
        })
    }

    /// Foreign keys that lead from a table or to it: the key, the other table, whether it leads up.
    fn neighbours(&self, table: usize) -> Vec<(usize, ForeignKey, bool)> {
        let mut found: Vec<(usize, ForeignKey, bool)> =
            self.table(table).foreign.iter().map(|key| (key.parent, key.clone(), true)).collect();
        for (other, described) in self.schema.tables.iter().enumerate() {
            found.extend(
                described
                    .foreign
                    .iter()
                    .filter(|key| key.parent == table)
                    .map(|key| (other, key.clone(), false)),
            );
        }
        found
    }

    fn any_table(&mut self) -> usize {
        let tables = &self.schema.tables;
        let mut weighted = Vec::new();
        for (at, table) in tables.iter().enumerate() {
            let weight = match table.owner {
                Owner::Global => 1,
                Owner::Column { .. } => 5,
                Owner::Parents(_) => 3,
            };
            weighted.extend(std::iter::repeat_n(at, weight));
        }
        self.rng.choice(weighted).unwrap_or(0)
    }

    fn scoped_table(&mut self, fits: impl Fn(&Table) -> bool) -> Option<usize> {
        let tables = self.schema.tables.iter().enumerate();
        let found: Vec<usize> = tables.filter(|(_, t)| t.is_scoped() && fits(t)).map(|(at, _)| at).collect();
        self.rng.choice(found)
    }

    /// Whether the key makes the owners of both its rows the same, where these pairs of its columns are compared.
    fn same_owner(&self, child: usize, key: &ForeignKey, compared: &[(usize, usize)]) -> bool {
        let (below, above) = (self.table(child), self.table(key.parent));
        if let Owner::Parents(parents) = &below.owner {
            return parents.len() == 1
                && parents[0].columns == key.columns
                && parents[0].parent == key.parent
                && key.holds;
        }
        let (Some(a), Some(b)) = (below.tenant_column(), above.tenant_column()) else { return false };
        if compared.contains(&(a, b)) {
            return true;
        }
        let keys: Vec<usize> = compared.iter().map(|(_, k)| *k).collect();
        let alone = above.unique.iter().any(|unique| unique.iter().all(|c| keys.contains(c)));
        key.holds
            && alone
            && std::iter::zip(&key.columns, &key.keys).any(|pair| pair == (&a, &b))
            && below.columns[a].not_null
    }

    /// A literal of a column's domain.
    fn literal(&mut self, table: usize, column: usize) -> String {
        match self.rng.choice(self.values.usual_values(table, column)) {
            Some(value) => {
                let number =
                    value.parse::<i64>().is_ok() && self.table(table).columns[column].ty.contains("int");
                if number { value.clone() } else { literal(Some(value)) }
            }
            None => "NULL".to_owned(),
        }
    }

    /// A value for a column: a literal, or a parameter that anybody may choose.
    fn value(&mut self, table: usize, column: usize) -> String {
        let described = &self.table(table).columns[column];
        let (ty, name) = (described.ty.clone(), described.name.clone());
        if self.table(table).is_identifier(column) && self.table(table).tenant_column() != Some(column) {
            let role = Role::Key(self.table(table).name.clone(), name);
            return self.parameter(role);
        }
        if self.percent(50) && ["text", "integer", "boolean", "bigint"].contains(&ty.as_str()) {
            return self.parameter(Role::Value(ty));
        }
        self.literal(table, column)
    }

    /// A condition on a row that has nothing to do with tenants.
    fn condition(&mut self, occ: &Occ) -> Option<String> {
        let columns: Vec<&Col> = occ
            .columns
            .iter()
            .filter(|c| c.base.is_none_or(|(t, at)| self.schema.tables[t].tenant_column() != Some(at)))
            .collect();
        let column = (*self.rng.choice(&columns)?).clone();
        let expr = occ.expr(&column);
        let Some((table, at)) = column.base else {
            return Some(if column.ty == "bigint" {
                format!("{expr} > {}", self.rng.u8(..3))
            } else {
                format!("{expr} IS NOT NULL")
            });
        };
        if !self.table(table).columns[at].not_null && self.percent(40) {
            let not = if self.percent(40) { "NOT " } else { "" };
            return Some(format!("{expr} IS {not}NULL"));
        }
        if column.ty == "boolean" {
            return Some(if self.rng.bool() { expr } else { format!("NOT {expr}") });
        }
        if self.table(table).is_identifier(at) {
            let name = (self.table(table).name.clone(), column.name);
            if self.percent(25) {
                let keys = self.parameter(Role::Keys(name.0, name.1));
                return Some(format!("{expr} = ANY ({keys}::{}[])", column.ty));
            }
            let key = self.parameter(Role::Key(name.0, name.1));
            return Some(format!("{expr} = {key}"));
        }
        let ordered =
            column.ty.contains("int") || column.ty.starts_with("date") || column.ty.starts_with("time");
        let operators: &[&str] = if ordered { &["=", "<>", ">=", "<"] } else { &["=", "=", "<>"] };
        let operator = operators[self.rng.usize(..operators.len())];
        Some(match self.rng.u8(..10) {
            0 => format!("{expr} IN ({}, {})", self.literal(table, at), self.literal(table, at)),
            1 if column.ty == "text" => {
                let pattern = self.parameter(Role::Value("text".to_owned()));
                format!("{expr} ILIKE '%' || {pattern} || '%'")
            }
            2 => {
                let switch = self.parameter(Role::Value("boolean".to_owned()));
                format!("({switch}::boolean OR {expr} {operator} {})", self.literal(table, at))
            }
            _ => format!("{expr} {operator} {}", self.value(table, at)),
        })
    }
}

/// Numbers the parameters that a statement uses from 1 on.
fn renumbered(sql: &str, roles: &[Role]) -> (String, Vec<Role>) {
    let mut out = String::new();
    let mut order: Vec<usize> = Vec::new();
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&rest[..=at]);
        if let Ok(number) = rest[at + 1..at + 1 + digits].parse::<usize>() {
            let place = order.iter().position(|n| *n == number).unwrap_or_else(|| {
                order.push(number);
                order.len() - 1
            });
            out.push_str(&(place + 1).to_string());
        }
        rest = &rest[at + 1 + digits..];
    }
    out.push_str(rest);
    let roles = order.iter().filter_map(|n| roles.get(n - 1).cloned()).collect();
    (out, roles)
}

/// A name as people write it: quoted only where it must be.
fn ident_plain(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit());
    if plain && !["position", "number", "user", "order", "offset", "role"].contains(&name) {
        name.to_owned()
    } else {
        ident(name)
    }
}
