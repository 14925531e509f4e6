//! `uncovered-predicate`: there are predicates on a table, and no declared index serves any of them.

use crate::project::Role;
use crate::prove::verdict::{Access, AccessClass};
use crate::query;
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::index::shape::{Shape, shape};
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident, list};
use crate::schema::catalog::{Catalog, ColumnIx, ExprHandle, Index, KeyTerm, RelId};

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let (id, relation) = subject.relation(access.occ)?;
    let name = relation.name.to_string();
    let small = &options.uncovered_predicate.small_tables;
    // A view's definition says nothing of how it is used; its tables are judged where it is.
    let applies = access.class == AccessClass::None
        && !access.unique
        && !matches!(subject.statement.role, Role::View(_))
        && !small.iter().any(|s| *s == name || *s == relation.name.name);
    if !applies {
        return None;
    }
    let occ = access.occ;
    let columns = &access.predicate_columns;
    let predicates = if access.residual.len() == 1 { "the predicate" } else { "the predicates" };
    let named = match columns.is_empty() {
        true => predicates.to_owned(),
        false => format!("{predicates} on {}", list(columns.iter().map(|c| subject.column(occ, *c)), "and")),
    };
    let message = format!("no index of {} serves {named}", subject.called(occ));
    let mut draft = subject.draft(occ, subject.occurrence(occ).span, message);
    for (i, residual) in access.residual.iter().enumerate() {
        let words = if i == 0 { "checked for every row of the table" } else { "likewise" };
        draft = draft.label(Some(subject.locate(*residual)), words);
    }
    if let Some((index, why)) = nearest(&subject.project.catalog, id, columns) {
        draft = draft.label(Some(index.declared), format!("the nearest index, {}, {why}", code(&index.name)));
    }
    Some(match advice(subject, access) {
        Some(advice) => draft.help(advice),
        None => draft,
    })
}

/// What would serve the predicates, from their shapes.
fn advice(subject: &Subject<'_>, access: &Access) -> Option<String> {
    let occ = access.occ;
    let mut shapes: Vec<Shape> = Vec::new();
    let mut seen = Vec::new();
    // The spans inside an expanded view are all the view's own.
    if subject.occurrence(occ).via_view.is_none() {
        walk_exprs(subject.bound(), |e| {
            if access.residual.contains(&e.span) && !seen.contains(&e.span) {
                seen.push(e.span);
                shapes.extend(shape(e, occ));
            }
        });
    }
    let name = |column: ColumnIx| {
        ident(subject.occurrence(occ).columns.get(column as usize).map_or("?", |c| c.name.as_str()))
    };
    // Equalities first, the tenant's before all, then one range: what a btree can bound.
    let tenant = subject.tenant_output(occ);
    let mut keys: Vec<String> = Vec::new();
    for shape in &shapes {
        if let Shape::Equality(column) = shape
            && !keys.contains(&name(*column))
        {
            let first = tenant.is_some_and(|t| ident(t) == name(*column));
            keys.insert(if first { 0 } else { keys.len() }, name(*column));
        }
    }
    let range = shapes.iter().find_map(|s| match s {
        Shape::Range(column) if !keys.contains(&name(*column)) => Some(name(*column)),
        _ => None,
    });
    keys.extend(range);
    if !keys.is_empty() {
        return Some(format!("an index on `({})` would serve it", keys.join(", ")));
    }
    shapes.iter().find_map(|shape| match shape {
        Shape::Expression { span: _, zoned: true } => Some(
            "compare the column itself, with a range; an index on the expression cannot be made, since it depends \
             on the time zone"
                .to_owned(),
        ),
        Shape::Expression { span, zoned: false } => {
            let text = code(subject.text(*span));
            Some(format!("compare the column itself, or create an index whose key is the expression {text}"))
        }
        Shape::Pattern(span) => Some(format!(
            "a btree serves a pattern only if it begins with known text; a trigram index on {} (`gin_trgm_ops` of \
             pg_trgm) serves any",
            code(subject.text(*span))
        )),
        Shape::Contains(column) => Some(format!("a GIN index on {} would serve it", code(name(*column)))),
        Shape::Exclusion => Some(
            "a condition that excludes a few values is not served by an index; add one that selects, or a partial \
             index with this condition"
                .to_owned(),
        ),
        Shape::Equality(_) | Shape::Range(_) => None,
    })
}

/// The index that has most of the columns among its keys, and why it does not serve them.
fn nearest<'a>(catalog: &'a Catalog, id: RelId, columns: &[ColumnIx]) -> Option<(&'a Index, String)> {
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
fn source_text(catalog: &Catalog, id: RelId, handle: &ExprHandle) -> String {
    query::deparse(catalog, id, &query::bind_table_expr(catalog, id, handle))
}
