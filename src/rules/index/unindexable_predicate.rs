//! `unindexable-predicate`: the shape of a predicate keeps every index out.

use crate::finding::Severity;
use crate::prove::verdict::{Access, MissReason, Missed};
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::index::coverage::{Want, columns, draft, is_exclusion, predicates, want};
use crate::rules::index::shape::{Key, Shape, advice_on, shape};
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let Some(Want::Shape(missed)) = want(subject, access, options) else { return None };
    let occ = access.occ;
    let named = match missed.columns.is_empty() {
        true => predicates(subject, access),
        false => format!("the predicate on {}", columns(subject, occ, &missed.columns)),
    };
    let message = format!("no index of {} serves {named}: {}", subject.called(occ), reason(&missed.why));
    let mut draft =
        draft(subject, access, message).label(Some(subject.locate(missed.span)), "this predicate");
    if let Some(index) = missed.index.map(|id| subject.project.catalog.index_def(id)) {
        draft = draft.label(Some(index.declared), format!("{} has the column first", code(&index.name)));
    }
    if let Some(help) = help(subject, access, missed) {
        draft = draft.help(help);
    }
    Some(if is_exclusion(&missed.why) { draft.severity(Severity::Info) } else { draft })
}

fn reason(why: &MissReason) -> String {
    match why {
        MissReason::Function { name } => format!("the column is inside {name}()"),
        MissReason::Cast { to } => format!("the column is cast to {to}"),
        MissReason::Arithmetic { operator } => format!("the column is an operand of `{operator}`"),
        MissReason::LeadingWildcard => "the pattern does not begin with known text".to_owned(),
        MissReason::PatternNotConstant => "the pattern is not known when the query is planned".to_owned(),
        MissReason::PatternCase => "the pattern ignores case".to_owned(),
        MissReason::PatternCollation => {
            "the index does not sort by bytes, so that a prefix is no range of it".to_owned()
        }
        MissReason::Collation => "it compares with another collation than that of the index".to_owned(),
        MissReason::OperatorClass { operator } => {
            format!("the operator class of the index has no `{operator}` for these types")
        }
        MissReason::Negation => "it excludes values instead of selecting some".to_owned(),
        MissReason::DistinctFrom => "no index serves IS [NOT] DISTINCT FROM".to_owned(),
        MissReason::OwnColumn => "it compares a row with itself".to_owned(),
        MissReason::Volatile => "the value may change from row to row".to_owned(),
        MissReason::Optional => "it holds for every row when a value is NULL".to_owned(),
        MissReason::ArrayMember => "no index serves `value = ANY (column)`".to_owned(),
        MissReason::Predicate { .. } | MissReason::OrArm | MissReason::NotLeading => {
            "its form does not fit".to_owned()
        }
    }
}

/// What to write instead, or which index to create.
fn help(subject: &Subject<'_>, access: &Access, missed: &Missed) -> Option<String> {
    let occ = access.occ;
    let column = || {
        let column = missed.columns.first()?;
        Some(ident(subject.occurrence(occ).columns.get(*column as usize)?.name.as_str()))
    };
    // The spans inside an expanded view are all the view's own.
    let mut written: Option<Shape> = None;
    if subject.occurrence(occ).via_view.is_none() {
        walk_exprs(subject.bound(), |e| {
            if written.is_none() && e.span == missed.span {
                written = shape(e, occ);
            }
        });
    }
    let expression = match written {
        Some(Shape::Expression { span, key: key @ (Key::Zoned | Key::Given) }) => {
            return Some(advice_on(subject, span, key));
        }
        Some(Shape::Expression { span, key: Key::May } | Shape::Pattern(span)) => Some(span),
        _ => None,
    };
    let trigrams = || {
        let text = expression.map(|span| subject.text(span).to_owned()).or_else(column)?;
        Some(format!("a trigram index on {} (`gin_trgm_ops` of pg_trgm) serves any pattern", code(text)))
    };
    match &missed.why {
        MissReason::Function { .. } | MissReason::Arithmetic { .. } => {
            Some(advice_on(subject, expression?, Key::May))
        }
        MissReason::Cast { .. } => Some(
            "cast the value to the type of the column instead, or create an index on the cast where it is immutable"
                .to_owned(),
        ),
        MissReason::LeadingWildcard | MissReason::PatternNotConstant => trigrams(),
        MissReason::PatternCase => {
            let column = column()?;
            Some(format!(
                "write `lower({column}) LIKE ...` with an index on `lower({column}) text_pattern_ops`, or use a \
                 trigram index (`gin_trgm_ops` of pg_trgm)"
            ))
        }
        MissReason::PatternCollation => {
            let column = column()?;
            Some(format!("an index on `({column} text_pattern_ops)` serves patterns that begin with known text"))
        }
        MissReason::Collation => {
            Some("compare with the collation of the index, or create one with this collation".to_owned())
        }
        MissReason::OperatorClass { operator } => {
            Some(format!("create an index whose operator class has `{operator}` for the type compared"))
        }
        MissReason::Negation => Some(
            "add a condition that selects, or create a partial index with this condition as its own".to_owned(),
        ),
        MissReason::DistinctFrom => {
            Some("write `=` and `IS NULL` as the two arms of an OR, each of which an index serves".to_owned())
        }
        MissReason::Volatile => Some("compute the value first, and compare with a parameter".to_owned()),
        MissReason::Optional => {
            Some("leave the condition out where it is not asked, so that each form gets its own plan".to_owned())
        }
        MissReason::ArrayMember => {
            let column = column()?;
            Some(format!("write `{column} @> ARRAY[value]`, which a GIN index on `{column}` serves"))
        }
        MissReason::OwnColumn | MissReason::Predicate { .. } | MissReason::OrArm | MissReason::NotLeading => None,
    }
}
