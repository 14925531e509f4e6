//! Guards: the predicates that tie a relation to the tenant, in the many forms that people write, and how each may be
//! broken.

use super::{Occ, Who, Writer, ident_plain};
use crate::support::roles::Role;
use crate::support::tables::Owner;

/// One way to break a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mutation {
    /// It is not there.
    Drop,
    /// `OR` something else.
    Or,
    /// It vanishes when the tenant is NULL.
    Optional,
    /// `NOT`.
    Not,
    /// `>=` for `=`.
    AtLeast,
    /// `<>` for `=`.
    Differs,
    /// `COALESCE` with the column itself.
    Coalesce,
    /// `IS NOT DISTINCT FROM` for `=`.
    NotDistinct,
    /// The tenant is one that the caller names.
    Foreign,
    /// The tenant is a constant.
    Literal,
    /// The column is compared with itself.
    Itself,
    /// Another relation's column is compared.
    OtherAlias,
    /// `IS NOT FALSE`.
    NotFalse,
    /// It stands on the other side of an outer join, or inside or outside a subquery.
    Moved,
    /// `IN` with a further tenant that the caller names.
    Further,
    /// The subquery is not tied to the row.
    Loose,
}

impl Mutation {
    /// All of them.
    pub(crate) const ALL: [Mutation; 16] = [
        Mutation::Drop,
        Mutation::Or,
        Mutation::Optional,
        Mutation::Not,
        Mutation::AtLeast,
        Mutation::Differs,
        Mutation::Coalesce,
        Mutation::NotDistinct,
        Mutation::Foreign,
        Mutation::Literal,
        Mutation::Itself,
        Mutation::OtherAlias,
        Mutation::NotFalse,
        Mutation::Moved,
        Mutation::Further,
        Mutation::Loose,
    ];
}

/// A guard as it is to be written.
pub(super) struct Guard {
    /// The predicate; absent where it was dropped.
    pub(super) text: Option<String>,
    /// Whether it goes to the wrong place.
    pub(super) moved: bool,
}

/// A guard before it is broken.
struct Tie {
    text: String,
    /// The column and the term, where it is a plain comparison.
    sides: Option<(String, String)>,
    level: usize,
}

impl Writer<'_> {
    /// A guard for a relation; `others` are relations of the same scope that are tied already. For writes, rows without an
    /// owner are not meant. Absent where the relation cannot be guarded, or needs no guard.
    pub(super) fn guard(&mut self, occ: &Occ, others: &[&Occ], writes: bool) -> Option<Guard> {
        if occ.table.is_some_and(|table| !self.table(table).is_scoped()) {
            return None;
        }
        let at = self.guards;
        self.guards += 1;
        let broken = self.broken.filter(|(index, _)| *index == at).map(|(_, mutation)| mutation);
        let tie = self.tie(occ, others, writes, broken == Some(Mutation::Loose))?;
        let Some(mutation) = broken else { return Some(Guard { text: Some(tie.text), moved: false }) };
        if mutation == Mutation::Moved {
            return Some(Guard { text: Some(tie.text), moved: true });
        }
        Some(Guard { text: self.broken_tie(occ, others, tie, mutation), moved: false })
    }

    fn broken_tie(&mut self, occ: &Occ, others: &[&Occ], tie: Tie, mutation: Mutation) -> Option<String> {
        let Tie { text, sides, level } = tie;
        let (column, term) = sides.clone().unwrap_or_default();
        let plain = sides.is_some();
        let ty = self.schema.tenant_types[level].clone();
        Some(match mutation {
            Mutation::Drop => return None,
            Mutation::Or => {
                let mut chance = std::mem::replace(&mut self.rng, self.chance.clone());
                let other = self.condition(occ);
                std::mem::swap(&mut self.rng, &mut chance);
                format!("({text} OR {})", other?)
            }
            Mutation::Not => format!("NOT ({text})"),
            Mutation::NotFalse => format!("({text}) IS NOT FALSE"),
            Mutation::Optional if plain => format!("({term}::{ty} IS NULL OR {column} = {term})"),
            Mutation::AtLeast if plain => format!("{column} >= {term}"),
            Mutation::Differs if plain => format!("{column} <> {term}"),
            Mutation::Coalesce if plain => format!("{column} = COALESCE({term}, {column})"),
            Mutation::NotDistinct if plain => format!("{column} IS NOT DISTINCT FROM {term}"),
            Mutation::Itself if plain => format!("{column} = {column}"),
            Mutation::Foreign if plain => format!("{column} = {}", self.foreign_tenant(level)?),
            Mutation::Further if plain => format!("{column} IN ({term}, {})", self.foreign_tenant(level)?),
            Mutation::Literal if plain => {
                let tenant = self.values.tenants[level].first()?.clone();
                if ty.contains("int") {
                    format!("{column} = {tenant}")
                } else {
                    format!("{column} = '{tenant}'")
                }
            }
            Mutation::OtherAlias if plain => {
                let other = others.iter().find(|o| o.alias != occ.alias)?;
                let (other, _) = self.tenant_of(other)?;
                format!("{other} = {term}")
            }
            Mutation::Loose => text,
            // The mutation has no place here.
            _ => {
                self.wall = true;
                text
            }
        })
    }

    /// A tenant that the caller names without a right to it.
    pub(super) fn foreign_tenant(&mut self, level: usize) -> Option<String> {
        let (root, key) = self.schema.roots[level]?;
        let role = Role::Key(self.table(root).name.clone(), self.table(root).columns[key].name.clone());
        Some(self.parameter(role))
    }

    /// The term for the tenant of a level.
    pub(super) fn tenant(&mut self, level: usize) -> Option<String> {
        if self.who == Who::Session && level == 0 {
            let (name, _) = self.tenancy.settings().into_iter().find(|(_, l)| *l == level)?;
            let ty = &self.schema.tenant_types[level];
            let missing = self.percent(70);
            return Some(if missing {
                format!("NULLIF(current_setting('{name}', true), '')::{ty}")
            } else {
                format!("current_setting('{name}')::{ty}")
            });
        }
        if let Some((_, term)) = self.terms.iter().find(|(l, _)| *l == level) {
            return Some(term.clone());
        }
        let column = (level > 0).then(|| self.tenancy.columns[level].clone());
        let term = self.parameter(Role::Tenant(column));
        self.terms.push((level, term.clone()));
        Some(term)
    }

    fn tie(&mut self, occ: &Occ, others: &[&Occ], writes: bool, loose: bool) -> Option<Tie> {
        if let Some((column, level)) = self.tenant_of(occ) {
            if self.percent(30) {
                let tied: Vec<String> = others
                    .iter()
                    .filter_map(|other| self.tenant_of(other))
                    .filter(|(other, l)| *l == level && *other != column)
                    .map(|(other, _)| other)
                    .collect();
                if let Some(other) = self.rng.choice(tied) {
                    return Some(Tie {
                        text: format!("{column} = {other}"),
                        sides: Some((column, other)),
                        level,
                    });
                }
            }
            return self.direct(occ, column, level, writes);
        }
        let table = occ.table?;
        let Owner::Parents(parents) = self.table(table).owner.clone() else { return None };
        let mut texts = Vec::new();
        let mut level = 0;
        for key in &parents {
            let columns = occ.all(table, &key.columns)?;
            let parent = self.occ(key.parent);
            let inner = self.tie(&parent, &[], writes, false)?;
            level = inner.level;
            let mut inner = inner.text;
            if self.percent(15)
                && let Some(condition) = self.condition(&parent)
            {
                inner = format!("{inner} AND {condition}");
            }
            let keys = parent.all(key.parent, &key.keys)?;
            let from = format!("{} {}", ident_plain(&self.table(key.parent).name), parent.alias);
            let form = self.rng.u8(..10);
            texts.push(match (&columns[..], &keys[..]) {
                _ if loose => format!("EXISTS (SELECT 1 FROM {from} WHERE {inner})"),
                ([column], [key]) if form < 4 => {
                    format!("{column} IN (SELECT {key} FROM {from} WHERE {inner})")
                }
                ([column], [key]) if form < 5 => {
                    format!("{column} = ANY (SELECT {key} FROM {from} WHERE {inner})")
                }
                ([column], [key]) if form < 6 => {
                    format!("{column} = ANY (ARRAY(SELECT {key} FROM {from} WHERE {inner}))")
                }
                ([column], [key]) if form < 7 => {
                    format!("{column} = (SELECT {key} FROM {from} WHERE {key} = {column} AND {inner})")
                }
                _ => {
                    let on: Vec<String> =
                        std::iter::zip(&keys, &columns).map(|(k, c)| format!("{k} = {c}")).collect();
                    format!("EXISTS (SELECT 1 FROM {from} WHERE {} AND {inner})", on.join(" AND "))
                }
            });
        }
        Some(Tie { text: texts.join(" AND "), sides: None, level })
    }

    /// A guard on a tenant column.
    fn direct(&mut self, occ: &Occ, column: String, level: usize, writes: bool) -> Option<Tie> {
        let ty = self.schema.tenant_types[level].clone();
        let plain = |text: String| Some(Tie { text, sides: None, level });
        match self.who {
            Who::Principal if level == 0 => {
                let membership = self.tenancy.membership.first()?.clone();
                let principal = match &self.principal {
                    Some(principal) => principal.clone(),
                    None => {
                        let principal = self.parameter(Role::Principal);
                        self.principal = Some(principal.clone());
                        principal
                    }
                };
                let alias = self.alias(&membership.table);
                let (table, tenant, user) = (
                    ident_plain(&membership.table),
                    ident_plain(&membership.tenant),
                    ident_plain(&membership.principal),
                );
                return plain(if self.rng.bool() {
                    format!(
                        "{column} IN (SELECT {alias}.{tenant} FROM {table} {alias} WHERE {alias}.{user} = {principal})"
                    )
                } else {
                    format!(
                        "EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.{tenant} = {column} AND {alias}.{user} = {principal})"
                    )
                });
            }
            Who::Set if level == 0 => {
                let set = match self.terms.iter().find(|(l, _)| *l == level) {
                    Some((_, term)) => term.clone(),
                    None => {
                        let term = self.parameter(Role::Tenants);
                        self.terms.push((level, term.clone()));
                        term
                    }
                };
                return plain(if self.percent(75) {
                    format!("{column} = ANY ({set}::{ty}[])")
                } else {
                    format!("{column} IN (SELECT unnest({set}::{ty}[]))")
                });
            }
            _ => {}
        }
        let term = self.tenant(level)?;
        let nullable = occ.table.is_some_and(|table| {
            self.table(table).tenant_column().is_some_and(|c| !self.table(table).columns[c].not_null)
        });
        let text = match self.rng.u8(..40) {
            0 => format!("{term} = {column}"),
            1 => format!("{column} IN ({term})"),
            2 => format!("{column} = ANY (ARRAY[{term}::{ty}])"),
            3 => format!("NOT ({column} <> {term})"),
            4 => format!("({column} = {term}) IS TRUE"),
            5 => format!("CASE WHEN {column} = {term} THEN true ELSE false END"),
            6 => format!("{column} BETWEEN {term} AND {term}"),
            7 => format!("{column} >= {term} AND {column} <= {term}"),
            8 => format!("({column} = {term} OR {column} IN ({term}))"),
            9 => format!("{column} = (SELECT {term}::{ty})"),
            10 | 11 if self.schema.roots[level].is_some() => {
                let (root, key) = self.schema.roots[level]?;
                let alias = self.alias(&self.table(root).name.clone());
                let (name, key) =
                    (ident_plain(&self.table(root).name), ident_plain(&self.table(root).columns[key].name));
                format!("{column} IN (SELECT {alias}.{key} FROM {name} {alias} WHERE {alias}.{key} = {term})")
            }
            12 | 13 => {
                let table = occ.table?;
                let key = self
                    .table(table)
                    .primary
                    .iter()
                    .copied()
                    .find(|c| self.table(table).tenant_column() != Some(*c));
                match key.and_then(|key| Some((key, occ.of(table, key)?))) {
                    Some((key, expr)) => {
                        let role = Role::Key(
                            self.table(table).name.clone(),
                            self.table(table).columns[key].name.clone(),
                        );
                        let key = self.parameter(role);
                        format!("({column}, {expr}) = ({term}, {key})")
                    }
                    None => format!("{column} = {term}"),
                }
            }
            14..18 if nullable && !writes => format!("({column} = {term} OR {column} IS NULL)"),
            18..20 if nullable && !writes => format!("{column} IS NOT DISTINCT FROM {term}"),
            20 if nullable && !writes => format!("COALESCE({column}, {term}) = {term}"),
            _ => format!("{column} = {term}"),
        };
        Some(Tie { text, sides: Some((column, term)), level })
    }
}
