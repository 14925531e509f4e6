//! Foreign keys between tables that both name their tenant, and whether they carry it: one that does not lets a row refer
//! to another tenant's row.

use crate::prove::ownership::{Owner, Ownership};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, ForeignKey, RelId};

/// The tenant columns that would make a foreign key carry the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The referring table's.
    pub own: ColumnIx,
    /// That of the table referred to.
    pub theirs: ColumnIx,
}

/// What a foreign key lacks to carry the tenant; none where it carries it, or where the two tables do not both name a
/// tenant of the same level.
pub fn lacks(ownership: &Ownership, key: &ForeignKey) -> Option<Pair> {
    let (Owner::Direct { column: own, level, .. }, Owner::Direct { column: theirs, level: other, .. }) =
        (ownership.of(key.relation), ownership.of(key.target))
    else {
        return None;
    };
    // A key over the tenant column that pairs it with something else cannot be widened.
    (level == other && !key.columns.contains(own)).then_some(Pair { own: *own, theirs: *theirs })
}

/// Whether a foreign key between two tables that name their tenant carries it.
pub fn carries(ownership: &Ownership, key: &ForeignKey) -> bool {
    let (Owner::Direct { column: own, .. }, Owner::Direct { column: theirs, .. }) =
        (ownership.of(key.relation), ownership.of(key.target))
    else {
        return false;
    };
    key.columns.iter().zip(&key.target_columns).any(|(a, b)| (a, b) == (own, theirs))
}

/// As [`lacks`], where no other foreign key of the table carries the tenant for the same columns.
pub fn unpaired(catalog: &Catalog, ownership: &Ownership, key: &ForeignKey) -> Option<Pair> {
    let pair = lacks(ownership, key)?;
    let pairs = |other: &ForeignKey| {
        let has = |own: ColumnIx, theirs: ColumnIx| {
            other.columns.iter().zip(&other.target_columns).any(|(a, b)| (*a, *b) == (own, theirs))
        };
        other.target == key.target
            && other.holds()
            && has(pair.own, pair.theirs)
            && key.columns.iter().zip(&key.target_columns).all(|(own, theirs)| has(*own, *theirs))
    };
    let paired = catalog.live_foreign_keys(key.relation).any(|(_, other)| pairs(other));
    (!paired).then_some(pair)
}

/// The columns of a foreign key with the tenant's before them: those that refer, and those referred to.
pub fn composite(key: &ForeignKey, pair: Pair) -> (Vec<ColumnIx>, Vec<ColumnIx>) {
    let with =
        |first: ColumnIx, rest: &[ColumnIx]| std::iter::once(first).chain(rest.iter().copied()).collect();
    let rest: Vec<ColumnIx> = key.target_columns.iter().copied().filter(|c| *c != pair.theirs).collect();
    let own: Vec<ColumnIx> = key
        .columns
        .iter()
        .zip(&key.target_columns)
        .filter(|(_, theirs)| **theirs != pair.theirs)
        .map(|(own, _)| *own)
        .collect();
    (with(pair.own, &own), with(pair.theirs, &rest))
}

/// Whether a table has a unique key over just these columns, which a foreign key may refer to.
pub fn has_key(catalog: &Catalog, table: RelId, columns: &[ColumnIx]) -> bool {
    use crate::schema::catalog::KeyTerm;
    catalog.usable_indexes(table).any(|(_, index)| {
        index.unique
            && index.predicate.is_none()
            && index.keys.len() == columns.len()
            && index.keys.iter().all(|key| matches!(key.term, KeyTerm::Column(c) if columns.contains(&c)))
    })
}
