//! Tenant columns that may be NULL. A row without a tenant belongs to nobody, and no key that carries the tenant checks
//! it; where such rows are meant to be everybody's, `tenancy.shared` says so.

use super::{Hardening, NotNull, Options, column_name, tables};
use crate::check::CheckedProject;
use crate::prove::ownership::Owner;
use crate::schema::Catalog;
use crate::schema::catalog::{Check, ColumnIx, ReferentialAction, RelId, RelationKind};
use crate::schema::names::ident;
use crate::suggest::names::{Kind, Names};

/// Proposes NOT NULL.
pub(super) fn find(checked: &CheckedProject, options: &Options, names: &mut Names, found: &mut Hardening) {
    let catalog = &checked.project.catalog;
    for (id, relation) in tables(catalog, options) {
        let Owner::Direct { column, shared: false, level: _, outer: _ } = checked.project.ownership.of(id)
        else {
            continue;
        };
        let nullable = relation.columns.get(*column as usize).filter(|c| !c.not_null);
        // What a partitioned table's columns are, those of its partitions are.
        let Some(declared) = nullable.filter(|_| !matches!(relation.kind, RelationKind::Partition(_))) else {
            continue;
        };
        let name = declared.name.clone();
        let standing = relation.checks.iter().find(|check| is_not_null(check, &name));
        let check = match standing {
            Some(check) => check.name.clone(),
            None => names.choose(Kind::Check, &relation.name, &[name.clone(), "not_null".to_owned()]),
        };
        found.not_null.push(NotNull {
            table: relation.name.clone(),
            column: name,
            check,
            stands: standing.is_some(),
            is_validated: standing.is_some_and(|check| check.validated),
            remarks: remarks(catalog, id, *column),
            declared: declared.declared,
            place: (id, *column),
        });
    }
}

/// Whether a CHECK says that a column is not NULL, and nothing else.
fn is_not_null(check: &Check, column: &str) -> bool {
    let text = check.expr.expr.to_string();
    let text = text.trim().trim_start_matches('(').trim_end_matches(')');
    let of = |name: &str| text.eq_ignore_ascii_case(&format!("{name} IS NOT NULL"));
    !check.no_inherit
        && (of(column) && ident(column) == column || text == format!("{} IS NOT NULL", ident(column)))
}

/// Foreign keys that take the tenant away when the row that they refer to goes.
fn remarks(catalog: &Catalog, id: RelId, column: ColumnIx) -> Vec<String> {
    let clears = |action: &ReferentialAction, all: &[ColumnIx]| match action {
        ReferentialAction::SetNull(list) if list.is_empty() => all.contains(&column),
        ReferentialAction::SetNull(list) => list.contains(&column),
        _ => false,
    };
    let keys = catalog
        .live_foreign_keys(id)
        .filter(|(_, key)| clears(&key.on_delete, &key.columns) || clears(&key.on_update, &key.columns));
    keys.map(|(_, key)| {
        let to = &catalog.relation(key.target).name;
        let column = column_name(catalog.relation(id), column);
        format!(
            "{} sets {column} to NULL, so that deleting a row of {to} that is referred to fails then",
            key.name
        )
    })
    .collect()
}
