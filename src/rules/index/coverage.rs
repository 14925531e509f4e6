//! Which rule speaks about a read that lacks an index: one for each occurrence, the most specific.
//!
//! | what is known of the read | rule |
//! |---|---|
//! | an index that PostgreSQL rejects would serve it | none: `invalid-index` has said so |
//! | a partial index would, if the query implied its predicate | `partial-index-missed` |
//! | the shape of a predicate keeps an existing index out, or the shapes of all keep every index out | `unindexable-predicate` |
//! | any other predicate, join or order without an index | `uncovered-predicate`, `uncovered-join`, `uncovered-sort` |
//! | an index finds the rows of the tenant, and no more | `weakly-covered-predicate` |

use crate::project::Role;
use crate::prove::access::{Lack, lack};
use crate::prove::ownership::Owner;
use crate::prove::verdict::{Access, AccessClass, MissReason, Missed};
use crate::query::model::OccId;
use crate::rules::draft::Draft;
use crate::rules::index::nearest::{self, source_text};
use crate::rules::index::shape::{Shape, shapes};
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, list};
use crate::schema::catalog::{ColumnIx, KeyTerm};

/// What a read lacks, as the rules of the family divide it.
pub(super) enum Want<'a> {
    /// An index for its predicates.
    Predicate,
    /// An index for its join with that occurrence.
    Join(OccId),
    /// An index for its order.
    Sort,
    /// A conjunct that a partial index needs.
    Partial(&'a Missed),
    /// Another shape of a predicate.
    Shape(&'a Missed),
    /// More keys than that of the tenant.
    Weak,
}

/// What a read lacks; absent where it lacks nothing worth a word.
pub(super) fn want<'a>(subject: &Subject<'_>, access: &'a Access, options: &Options) -> Option<Want<'a>> {
    let (_, relation) = subject.relation(access.occ)?;
    // A view's definition says nothing of how it is used; its tables are judged where it is.
    let applies = !matches!(subject.statement.role, Role::View(_))
        && !options.is_small(&relation.name)
        && access.rejected.is_empty();
    if !applies {
        return None;
    }
    match lack(access, &subject.statement.access) {
        Some(Lack::Sort) => Some(Want::Sort),
        Some(lack) => Some(match (partial(subject, access), misshapen(access)) {
            (Some(missed), _) => Want::Partial(missed),
            (None, Some(missed)) => Want::Shape(missed),
            (None, None) => match lack {
                Lack::Join(other) => Want::Join(other),
                Lack::Predicate | Lack::Sort => Want::Predicate,
            },
        }),
        None => is_weak(subject, access).then_some(Want::Weak),
    }
}

/// The partial index that comes nearest: one that a value could let in before others, then by what is missing.
fn partial<'a>(subject: &Subject<'_>, access: &'a Access) -> Option<&'a Missed> {
    let rank = |missed: &'a Missed| match &missed.why {
        MissReason::Predicate { missing, custom_plan } => Some((!custom_plan, missing.len(), missed)),
        _ => None,
    };
    let leads = |missed: &&Missed| {
        let index = missed.index.map(|id| subject.project.catalog.index_def(id));
        index.and_then(|index| index.keys.first()).is_some_and(|key| match key.term {
            KeyTerm::Column(column) => access.predicate_columns.contains(&column),
            KeyTerm::Expr(_) => true,
        })
    };
    let found = access.missed.iter().filter(leads).filter_map(rank);
    found.min_by_key(|(never, missing, _)| (*never, *missing)).map(|(_, _, missed)| missed)
}

/// The predicate whose shape is at fault.
fn misshapen(access: &Access) -> Option<&Missed> {
    let shaped: Vec<&Missed> = access.missed.iter().filter(|m| is_shape(&m.why)).collect();
    let mendable =
        |m: &&&Missed| m.index.is_some() && !is_exclusion(&m.why) && m.why != MissReason::OwnColumn;
    if let Some(missed) = shaped.iter().find(mendable) {
        return Some(missed);
    }
    let all = access.residual.iter().all(|span| shaped.iter().any(|m| m.span == *span));
    let first = shaped.iter().find(|m| !is_exclusion(&m.why)).or(shaped.first());
    first.filter(|_| all).copied()
}

/// Whether a predicate is not served because of how it is written.
fn is_shape(why: &MissReason) -> bool {
    match why {
        MissReason::Predicate { .. } | MissReason::OrArm | MissReason::NotLeading => false,
        MissReason::Function { .. }
        | MissReason::Cast { .. }
        | MissReason::Arithmetic { .. }
        | MissReason::LeadingWildcard
        | MissReason::PatternNotConstant
        | MissReason::PatternCase
        | MissReason::PatternCollation
        | MissReason::Collation
        | MissReason::OperatorClass { .. }
        | MissReason::Negation
        | MissReason::DistinctFrom
        | MissReason::OwnColumn
        | MissReason::Volatile
        | MissReason::Optional
        | MissReason::ArrayMember => true,
    }
}

/// Whether a predicate excludes rows rather than select them.
pub(super) fn is_exclusion(why: &MissReason) -> bool {
    matches!(why, MissReason::Negation)
}

/// Whether every index that serves a read stops at the tenant, and a predicate that selects is left to filter.
fn is_weak(subject: &Subject<'_>, access: &Access) -> bool {
    let Some((id, _)) = subject.relation(access.occ) else { return false };
    let Owner::Direct { column: tenant, .. } = subject.project.ownership.of(id) else { return false };
    let catalog = &subject.project.catalog;
    let only_tenant = |index_use: &crate::prove::verdict::IndexUse| {
        let keys = &catalog.index_def(index_use.index).keys;
        let is_tenant = |key: &usize| {
            keys.get(*key).is_some_and(|key| matches!(key.term, KeyTerm::Column(c) if c == *tenant))
        };
        index_use.keys.iter().all(is_tenant) && index_use.implied.is_empty()
    };
    let selects = |shape: &Shape| match shape {
        Shape::Equality(column) | Shape::Range(column) => column != tenant,
        Shape::Expression { .. } | Shape::Pattern(_) | Shape::Contains(_) => true,
        Shape::Exclusion => false,
    };
    access.class == AccessClass::Seek
        && !access.unique
        && !access.indexes.is_empty()
        && access.indexes.iter().all(only_tenant)
        && shapes(subject, access).iter().any(selects)
}

/// `the predicates on a and b`, for the columns that a read's predicates name.
pub(super) fn predicates(subject: &Subject<'_>, access: &Access) -> String {
    let predicates = if access.residual.len() == 1 { "the predicate" } else { "the predicates" };
    match access.predicate_columns.is_empty() {
        true => predicates.to_owned(),
        false => format!("{predicates} on {}", columns(subject, access.occ, &access.predicate_columns)),
    }
}

/// Columns of an occurrence as a list in words.
pub(super) fn columns(subject: &Subject<'_>, occ: OccId, columns: &[ColumnIx]) -> String {
    list(columns.iter().map(|c| subject.column(occ, *c)), "and")
}

/// A message at the occurrence's token.
pub(super) fn draft(subject: &Subject<'_>, access: &Access, message: String) -> Draft {
    subject.draft(access.occ, subject.occurrence(access.occ).span, message)
}

/// Adds the predicates that nothing serves, and the index that comes nearest with what it lacks.
pub(super) fn explained(subject: &Subject<'_>, access: &Access, mut draft: Draft) -> Draft {
    for (i, residual) in access.residual.iter().enumerate() {
        let words = if i == 0 { "checked for every row of the table" } else { "likewise" };
        draft = draft.label(Some(subject.locate(*residual)), words);
    }
    let Some((id, _)) = subject.relation(access.occ) else { return draft };
    match nearest::nearest(&subject.project.catalog, id, &access.predicate_columns) {
        Some((index, why)) => {
            draft.label(Some(index.declared), format!("the nearest index, {}, {why}", code(&index.name)))
        }
        None => draft,
    }
}

/// The text of an index's key in backticks.
pub(super) fn key_list(subject: &Subject<'_>, index: &crate::schema::catalog::Index) -> String {
    let relation = subject.project.catalog.relation(index.relation);
    let keys = index.keys.iter().map(|key| match &key.term {
        KeyTerm::Column(c) => relation.columns.get(*c as usize).map_or("?", |c| c.name.as_str()).to_owned(),
        KeyTerm::Expr(e) => source_text(&subject.project.catalog, index.relation, e),
    });
    code(format_args!("({})", keys.collect::<Vec<_>>().join(", ")))
}
