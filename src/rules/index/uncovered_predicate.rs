//! `uncovered-predicate`: there are predicates on a table, and no declared index serves any of them.

use crate::project::Role;
use crate::prove::verdict::{Access, AccessClass};
use crate::rules::draft::Draft;
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, list};
use crate::schema::catalog::{Catalog, ColumnIx, Index, KeyTerm, RelId};

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
    let named = match columns.is_empty() {
        true => "its predicates".to_owned(),
        false => {
            format!("the predicates on {}", list(columns.iter().map(|c| subject.column(occ, *c)), "and"))
        }
    };
    let table = subject.called(occ);
    let message = format!("no index of {table} serves {named}");
    let span = subject.occurrence(occ).span;
    let mut draft = subject.draft(occ, span, message);
    for residual in &access.residual {
        draft = draft.label(Some(subject.locate(*residual)), "read for every row of the table");
    }
    let catalog = &subject.project.catalog;
    let wanted = list(columns.iter().map(|c| subject.column(occ, *c)), "or");
    Some(match nearest(catalog, id, columns) {
        Some((index, why)) => {
            draft.label(Some(index.declared), format!("the nearest index, but {why}")).help(format!(
                "create an index that begins with {wanted}; {} does not help: {why}",
                code(&index.name)
            ))
        }
        None if columns.is_empty() => draft,
        None => draft.help(format!("create an index that begins with {wanted}")),
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
                "its condition `{}` does not follow from the query",
                predicate.fragment.text.get(predicate.span.range()).unwrap_or_default()
            ),
            None => "the form of the predicate does not fit it".to_owned(),
        },
        KeyTerm::Column(c) => {
            let name = relation.columns.get(*c as usize).map_or("?", |c| c.name.as_str());
            format!("it begins with `{name}`")
        }
        KeyTerm::Expr(e) => {
            format!("it begins with `{}`", e.fragment.text.get(e.span.range()).unwrap_or_default())
        }
    };
    Some((index, why))
}
