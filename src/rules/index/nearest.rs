//! The index that comes nearest to serving predicates, and what it lacks.

use crate::query::{self, walk};
use crate::schema::catalog::{Catalog, ColumnIx, ExprHandle, Index, KeyTerm, RelId};
use crate::source::Span;

/// The index that has most of the columns among its keys, and why it does not serve them.
pub(super) fn nearest<'a>(
    catalog: &'a Catalog,
    id: RelId,
    columns: &[ColumnIx],
) -> Option<(&'a Index, String)> {
    let shared = |index: &Index| {
        index.keys.iter().filter(|k| matches!(&k.term, KeyTerm::Column(c) if columns.contains(c))).count()
    };
    let mut best: Option<(usize, &Index)> = None;
    for (_, index) in catalog.usable_indexes(id) {
        let count = shared(index);
        if count > best.map_or(0, |(most, _)| most) {
            best = Some((count, index));
        }
    }
    let (_, index) = best?;
    let relation = catalog.relation(id);
    let first = index.keys.first()?;
    let why = match &first.term {
        KeyTerm::Column(c) if columns.contains(c) => match &index.predicate {
            Some(predicate) => format!(
                "has the condition `{}`, which does not follow from the query",
                source_text(catalog, id, predicate)
            ),
            None => "does not fit the form of the predicate".to_owned(),
        },
        KeyTerm::Column(c) => {
            let name = relation.columns.get(*c as usize).map_or("?", |c| c.name.as_str());
            format!("begins with `{name}`, on which there is no condition")
        }
        KeyTerm::Expr(e) => {
            format!("begins with the expression `{}`", source_text(catalog, id, e))
        }
    };
    Some((index, why))
}

/// An expression of an index as SQL.
pub(super) fn source_text(catalog: &Catalog, id: RelId, handle: &ExprHandle) -> String {
    query::deparse(catalog, id, &query::bind_table_expr(catalog, id, handle).expr)
}

/// The members of a predicate's AND that have these places in its text, as SQL.
pub(super) fn members(catalog: &Catalog, id: RelId, predicate: &ExprHandle, places: &[Span]) -> Vec<String> {
    let bound = query::bind_table_expr(catalog, id, predicate);
    let members = walk::conjuncts(&bound.expr);
    members.iter().filter(|e| places.contains(&e.span)).map(|e| query::deparse(catalog, id, e)).collect()
}
