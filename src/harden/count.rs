//! A function that counts, for each reference between rows of tenants, those that lead to another tenant's row and those
//! of which that cannot be said. It is asked before keys are validated and row security is switched on, and after.

use std::fmt::Write as _;

use super::{CountingFunction, Hardening, Options, column_name, is_of_parent, tables};
use crate::check::CheckedProject;
use crate::prove::ownership::{Owner, own_column, primary_key};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, ForeignKey, KeyTerm, RelId, RelationKind};
use crate::schema::names::ident;
use crate::schema::types::Type;
use crate::suggest::sql::{literal, qualified};

/// Its name.
pub const NAME: &str = "sqlmoat_cross_tenant_references";

/// Longer chains of owners are not followed.
const MAX_DEPTH: usize = 8;

/// Proposes the function, where it is missing or counts something else than the schema has.
pub(super) fn find(checked: &CheckedProject, options: &Options, found: &mut Hardening) {
    let catalog = &checked.project.catalog;
    let counts: Vec<(String, String)> =
        tables(catalog, options).flat_map(|(id, _)| of_table(checked, id)).collect();
    let standing = catalog.functions.iter().rev().find(|f| f.name.name == NAME);
    let before = standing.and_then(|f| f.body.as_ref()).map(|b| b.fragment.text.to_string());
    let known = before.as_deref().unwrap_or_default();
    if counts.iter().all(|(_, count)| known.contains(count)) {
        return;
    }
    let (counted, counts): (Vec<String>, Vec<String>) = counts.into_iter().unzip();
    let body = format!(
        "\n-- sqlmoat: cross-tenant counts what leads from one tenant to another\n{}\n",
        counts.join("\nUNION ALL\n")
    );
    found.count = Some(CountingFunction { body, before, counted });
}

/// The counts of one table with what they count: its references, and its rows that are nobody's.
fn of_table(checked: &CheckedProject, id: RelId) -> Vec<(String, String)> {
    let project = &checked.project;
    let catalog = &project.catalog;
    let relation = catalog.relation(id);
    let owner = project.ownership.of(id);
    let mut out: Vec<(String, String)> = Vec::new();
    if !owner.is_scoped() || matches!(relation.kind, RelationKind::Partition(_)) {
        return out;
    }
    let parent = match owner {
        Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ } => parents.first(),
        Owner::Root { .. } | Owner::Direct { .. } | Owner::Global { .. } => None,
    };
    // A row is whose the row is that its first parent leads to: that reference says nothing.
    for (_, key) in catalog.live_foreign_keys(id).filter(|(key, _)| parent != Some(key)) {
        let count = of_reference(checked, id, key).filter(|count| !out.contains(count));
        out.extend(count.filter(|_| !is_of_parent(catalog, id, key)));
    }
    let may_be_nobodys = match owner {
        Owner::Direct { column, shared: false, level: _, outer: _ } => !relation.column(*column).not_null,
        Owner::Unclassified { .. } => true,
        Owner::Direct { .. } | Owner::Root { .. } | Owner::Indirect { .. } | Owner::Global { .. } => false,
    };
    let mut chain = Chain { checked, joins: String::new(), aliases: 0 };
    let owner = level(checked, id, 0).and_then(|level| chain.owner(id, "r", level, 0));
    if let Some((owner, _)) = owner.filter(|_| may_be_nobodys) {
        let label = relation.name.to_string();
        let count = format!(
            "SELECT {}, NULL::text, 0::bigint, count(*)\nFROM {} AS r{}\nWHERE {owner} IS NULL",
            literal(&label),
            qualified(&relation.name),
            chain.joins
        );
        out.push((label, count));
    }
    out
}

/// The count of one reference: rows that lead to a row of another tenant, and rows of which that cannot be said, since
/// an owner is missing or the row that is referred to. A key that carries the tenant is counted without it where the rest
/// is a key by itself, so that a row of another tenant is found.
fn of_reference(checked: &CheckedProject, id: RelId, key: &ForeignKey) -> Option<(String, String)> {
    let project = &checked.project;
    let catalog = &project.catalog;
    let (from, to) = (catalog.relation(id), catalog.relation(key.target));
    let target = project.ownership.of(key.target);
    if !target.is_scoped() || matches!(target, Owner::Root { .. }) {
        return None;
    }
    let level = level(checked, key.target, 0)?;
    let tenant = |id: RelId| project.ownership.columns.find(catalog.relation(id), level);
    let pairs = key.columns.iter().copied().zip(key.target_columns.iter().copied());
    let rest: Vec<(ColumnIx, ColumnIx)> = pairs
        .clone()
        .filter(|(own, theirs)| tenant(id) != Some(*own) || tenant(key.target) != Some(*theirs))
        .collect();
    let targets: Vec<ColumnIx> = rest.iter().map(|(_, theirs)| *theirs).collect();
    let pairs = match is_key(catalog, key.target, &targets) {
        true => rest,
        // The tenant is part of what tells rows apart: only a row of the same one is found.
        false if key.holds() => return None,
        false => pairs.collect(),
    };
    let mut chain = Chain { checked, joins: String::new(), aliases: 0 };
    let (own, own_type) = chain.owner(id, "r", level, 0)?;
    let from_joins = std::mem::take(&mut chain.joins);
    let (theirs, their_type) = chain.owner(key.target, "o", level, 0)?;
    let text = if own_type == their_type { "" } else { "::text" };
    // A row that everybody shares has no tenant, and may be referred to by all.
    let missing = match target {
        Owner::Direct { shared: true, .. } => {
            format!("o.{} IS NULL", ident(&column_name(to, pairs.first()?.1)))
        }
        _ => format!("{theirs} IS NULL"),
    };
    let on: Vec<String> = pairs
        .iter()
        .map(|(own, theirs)| {
            format!("o.{} = r.{}", ident(&column_name(to, *theirs)), ident(&column_name(from, *own)))
        })
        .collect();
    let set: Vec<String> =
        pairs.iter().map(|(own, _)| format!("r.{} IS NOT NULL", ident(&column_name(from, *own)))).collect();
    let columns: Vec<String> = pairs.iter().map(|(own, _)| column_name(from, *own)).collect();
    let label = format!("{}.{}", from.name, columns.join("+"));
    let count = format!(
        "SELECT {}, {}, count(*) FILTER (WHERE {own}{text} <> {theirs}{text}),\n       count(*) FILTER (WHERE {own} IS \
         NULL OR {missing})\nFROM {} AS r{from_joins}\nLEFT JOIN {} AS o ON {}{}\nWHERE {}",
        literal(&label),
        literal(&to.name.to_string()),
        qualified(&from.name),
        qualified(&to.name),
        on.join(" AND "),
        chain.joins,
        set.join(" AND ")
    );
    Some((label, count))
}

/// Whether these columns tell the rows of a table apart.
fn is_key(catalog: &Catalog, id: RelId, columns: &[ColumnIx]) -> bool {
    let column = |term: &KeyTerm| match term {
        KeyTerm::Column(column) => Some(*column),
        KeyTerm::Expr(_) => None,
    };
    !columns.is_empty()
        && catalog.usable_indexes(id).any(|(_, index)| {
            let keys: Option<Vec<ColumnIx>> = index.keys.iter().map(|k| column(&k.term)).collect();
            index.unique
                && index.predicate.is_none()
                && keys.is_some_and(|keys| keys.iter().all(|key| columns.contains(key)))
        })
}

/// The level of the tenant that owns a table's rows.
fn level(checked: &CheckedProject, id: RelId, depth: usize) -> Option<usize> {
    let project = &checked.project;
    match project.ownership.of(id) {
        Owner::Root { level, .. } | Owner::Direct { level, .. } => Some(*level),
        Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ }
            if !parents.is_empty() =>
        {
            let next = project.catalog.foreign_key(*parents.first()?).target;
            (depth < MAX_DEPTH).then(|| self::level(checked, next, depth + 1))?
        }
        Owner::Unclassified { parents: _, undeclared } => {
            let (_, next) = undeclared.first()?;
            (depth < MAX_DEPTH).then(|| self::level(checked, *next, depth + 1))?
        }
        Owner::Indirect { .. } | Owner::Global { .. } => None,
    }
}

/// The joins that lead from a row to its owner.
struct Chain<'a> {
    checked: &'a CheckedProject,
    joins: String,
    aliases: usize,
}

impl Chain<'_> {
    /// The owner of a row that has that alias, with its type.
    fn owner(&mut self, id: RelId, alias: &str, level: usize, depth: usize) -> Option<(String, Type)> {
        let project = &self.checked.project;
        let catalog = &project.catalog;
        let relation = catalog.relation(id);
        let of = |column: ColumnIx| {
            let ty = catalog.base_type(&relation.columns.get(column as usize)?.ty);
            Some((format!("{alias}.{}", ident(&column_name(relation, column))), ty))
        };
        match project.ownership.of(id) {
            Owner::Root { key, level: own, .. } if *own == level => of(*key),
            Owner::Direct { column, level: own, .. } if *own == level => of(*column),
            Owner::Root { .. } | Owner::Direct { .. } => {
                of(project.ownership.columns.find(relation, level)?)
            }
            _ if depth >= MAX_DEPTH => None,
            Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ }
                if !parents.is_empty() =>
            {
                let key = catalog.foreign_key(*parents.first()?);
                let own: Option<Vec<ColumnIx>> =
                    key.columns.iter().map(|c| own_column(catalog, id, key.relation, *c)).collect();
                let pairs: Vec<(ColumnIx, ColumnIx)> =
                    own?.into_iter().zip(key.target_columns.iter().copied()).collect();
                self.join(id, alias, key.target, &pairs, level, depth)
            }
            Owner::Unclassified { parents: _, undeclared } => {
                let (column, target) = undeclared.first()?;
                let key = *primary_key(catalog, *target)?.first()?;
                self.join(id, alias, *target, &[(*column, key)], level, depth)
            }
            Owner::Indirect { .. } | Owner::Global { .. } => None,
        }
    }

    fn join(
        &mut self,
        id: RelId,
        alias: &str,
        target: RelId,
        pairs: &[(ColumnIx, ColumnIx)],
        level: usize,
        depth: usize,
    ) -> Option<(String, Type)> {
        let catalog = &self.checked.project.catalog;
        let (from, to) = (catalog.relation(id), catalog.relation(target));
        self.aliases += 1;
        let name = format!("p{}", self.aliases);
        let on: Vec<String> = pairs
            .iter()
            .map(|(own, theirs)| {
                format!(
                    "{name}.{} = {alias}.{}",
                    ident(&column_name(to, *theirs)),
                    ident(&column_name(from, *own))
                )
            })
            .collect();
        let _ = write!(self.joins, "\nLEFT JOIN {} AS {name} ON {}", qualified(&to.name), on.join(" AND "));
        self.owner(target, &name, level, depth + 1)
    }
}
