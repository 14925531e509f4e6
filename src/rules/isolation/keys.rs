//! Foreign keys in words, for the rules of this family.

use crate::prove::pairing::{self, Pair};
use crate::rules::words::{code, ident};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, ForeignKey, ReferentialAction, RelId};

/// Names of columns as SQL lists them.
pub(super) fn columns(catalog: &Catalog, table: RelId, columns: &[ColumnIx]) -> String {
    let relation = catalog.relation(table);
    let names = columns.iter().filter_map(|c| relation.columns.get(*c as usize));
    names.map(|c| ident(&c.name)).collect::<Vec<_>>().join(", ")
}

/// The referring columns with their table, in backticks.
pub(super) fn referring(catalog: &Catalog, key: &ForeignKey) -> String {
    let table = &catalog.relation(key.relation).name;
    let names = columns(catalog, key.relation, &key.columns);
    match key.columns.len() {
        1 => code(format_args!("{table}.{names}")),
        _ => code(format_args!("{table} ({names})")),
    }
}

/// The declarations that make a foreign key carry the tenant.
pub(super) fn composite(catalog: &Catalog, key: &ForeignKey, pair: Pair) -> String {
    let (own, theirs) = pairing::composite(key, pair);
    let (from, to) = (&catalog.relation(key.relation).name, &catalog.relation(key.target).name);
    let target = columns(catalog, key.target, &theirs);
    let unique = match pairing::has_key(catalog, key.target, &theirs) {
        true => String::new(),
        false => format!("`ALTER TABLE {to} ADD UNIQUE ({target})`, then "),
    };
    let own = columns(catalog, key.relation, &own);
    format!(
        "{unique}`ALTER TABLE {from} ADD FOREIGN KEY ({own}) REFERENCES {to} ({target}) NOT VALID`, then validate it"
    )
}

/// An action in its words, where it changes rows.
pub(super) fn acts(action: &ReferentialAction) -> Option<&'static str> {
    match action {
        ReferentialAction::NoAction | ReferentialAction::Restrict => None,
        ReferentialAction::Cascade => Some("CASCADE"),
        ReferentialAction::SetNull(_) => Some("SET NULL"),
        ReferentialAction::SetDefault(_) => Some("SET DEFAULT"),
    }
}
