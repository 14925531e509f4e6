//! Declared indexes as rules compare them: which tables have their own, and the keys of an index in a form that is equal
//! where PostgreSQL makes no difference.

use crate::project::Project;
use crate::prove::access::key_text;
use crate::prove::ownership::Owner;
use crate::rules::index::nearest::source_text;
use crate::schema::catalog::{
    Catalog, ColumnIx, Index, IndexId, IndexMethod, KeyTerm, RelId, Relation, RelationKind,
};

/// Tables whose keys and indexes are their own: a partition has its parent's, which is told once, at the parent.
pub(super) fn tables(catalog: &Catalog) -> impl Iterator<Item = (RelId, &Relation)> {
    let own =
        |r: &Relation| r.is_table() && !matches!(r.kind, RelationKind::Partition(_)) && r.inherits.is_empty();
    catalog.live_relations().filter(move |(_, r)| own(r))
}

/// The columns of a table that name its tenant, on any level.
pub(super) fn tenant_columns(project: &Project, id: RelId) -> Vec<ColumnIx> {
    match project.ownership.of(id) {
        Owner::Direct { column, outer, .. } => {
            std::iter::once(*column).chain(outer.iter().copied()).collect()
        }
        Owner::Root { .. } | Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => {
            Vec::new()
        }
    }
}

/// What an index is told from others by, besides its keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sort {
    method: IndexMethod,
    predicate: Option<String>,
}

/// One key: its term, operator class, collation, direction, place of NULLs.
pub(super) type Part = (String, Option<String>, Option<String>, bool, bool);

/// An index with its keys in comparable form.
pub(super) struct Shaped<'a> {
    pub(super) id: IndexId,
    pub(super) index: &'a Index,
    pub(super) sort: Sort,
    pub(super) parts: Vec<Part>,
}

impl<'a> Shaped<'a> {
    pub(super) fn new(catalog: &'a Catalog, id: IndexId, index: &'a Index) -> Shaped<'a> {
        let predicate = index.predicate.as_ref().map(|p| source_text(catalog, index.relation, p));
        let part = |(position, key): (usize, &crate::schema::catalog::IndexKey)| {
            let text = key_text(catalog, id, position).unwrap_or_default();
            let text = if matches!(key.term, KeyTerm::Expr(_)) { format!("({text})") } else { text };
            (text, key.opclass.clone(), key.collation.clone(), key.descending, key.nulls_first)
        };
        Shaped {
            id,
            index,
            sort: Sort { method: index.method.clone(), predicate },
            parts: index.keys.iter().enumerate().map(part).collect(),
        }
    }

    /// The same keys read backward.
    pub(super) fn backward(&self) -> Vec<Part> {
        let turned = |(text, class, collation, descending, nulls_first): &Part| {
            (text.clone(), class.clone(), collation.clone(), !descending, !nulls_first)
        };
        self.parts.iter().map(turned).collect()
    }

    /// Whether another index stores every column that this one does.
    pub(super) fn is_stored_in(&self, other: &Index) -> bool {
        self.index.include.iter().all(|column| {
            other.include.contains(column)
                || other.keys.iter().any(|k| matches!(k.term, KeyTerm::Column(c) if c == *column))
        })
    }
}
