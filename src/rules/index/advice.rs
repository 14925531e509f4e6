//! What would serve the predicates of a read, in words, from their shapes.

use crate::prove::verdict::Access;
use crate::rules::index::shape::{Shape, advice_on, shapes};
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident};
use crate::schema::catalog::ColumnIx;

/// What would serve the predicates of a read.
pub(super) fn advice(subject: &Subject<'_>, access: &Access) -> Option<String> {
    let shapes = shapes(subject, access);
    let keys = keys(subject, access, &shapes);
    if !keys.is_empty() {
        return Some(format!("an index on `({})` would serve it", keys.join(", ")));
    }
    shapes.iter().find_map(|shape| match shape {
        Shape::Expression { span, key } => Some(advice_on(subject, *span, *key)),
        Shape::Pattern(span) => Some(format!(
            "a btree serves a pattern only if it begins with known text; a trigram index on {} (`gin_trgm_ops` of \
             pg_trgm) serves any",
            code(subject.text(*span))
        )),
        Shape::Contains(column) => {
            Some(format!("a GIN index on {} would serve it", code(name(subject, access, *column))))
        }
        Shape::Exclusion => Some(
            "a condition that excludes a few values is not served by an index; add one that selects, or a partial \
             index with this condition"
                .to_owned(),
        ),
        Shape::Equality(_) | Shape::Range(_) => None,
    })
}

/// Keys of a btree that the shapes can bound: equalities first, the tenant's before all, then one range.
pub(super) fn keys(subject: &Subject<'_>, access: &Access, shapes: &[Shape]) -> Vec<String> {
    let tenant = subject.tenant_output(access.occ);
    let mut keys: Vec<String> = Vec::new();
    for shape in shapes {
        if let Shape::Equality(column) = shape
            && let name = name(subject, access, *column)
            && !keys.contains(&name)
        {
            let first = tenant.is_some_and(|t| ident(t) == name);
            keys.insert(if first { 0 } else { keys.len() }, name);
        }
    }
    let range = shapes.iter().find_map(|s| match s {
        Shape::Range(column) => Some(name(subject, access, *column)).filter(|name| !keys.contains(name)),
        _ => None,
    });
    keys.extend(range);
    keys
}

/// A column's name as SQL writes it.
pub(super) fn name(subject: &Subject<'_>, access: &Access, column: ColumnIx) -> String {
    let columns = &subject.occurrence(access.occ).columns;
    ident(columns.get(column as usize).map_or("?", |c| c.name.as_str()))
}
