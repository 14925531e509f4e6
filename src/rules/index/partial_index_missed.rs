//! `partial-index-missed`: a partial index would serve a read, if the query implied its condition.

use crate::finding::Severity;
use crate::prove::verdict::{Access, MissReason};
use crate::rules::draft::Draft;
use crate::rules::index::coverage::{Want, draft, predicates, want};
use crate::rules::index::nearest::members;
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, list};

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let Some(Want::Partial(missed)) = want(subject, access, options) else { return None };
    let MissReason::Predicate { missing, custom_plan } = &missed.why else { return None };
    let index = subject.project.catalog.index_def(missed.index?);
    let predicate = index.predicate.as_ref()?;
    let conditions = members(&subject.project.catalog, index.relation, predicate, missing);
    let named = list(conditions.iter().map(code), "and");
    let (table, wanted) = (subject.called(access.occ), predicates(subject, access));
    let message = match custom_plan {
        true => format!(
            "{} serves {wanted} only in a plan made for the value of a parameter, since it holds only rows with {named}",
            code(&index.name)
        ),
        false => format!(
            "no index of {table} serves {wanted}; {} would, if the query implied {named}",
            code(&index.name)
        ),
    };
    let place = missing.first().map(|span| predicate.fragment.locate(*span));
    let draft = draft(subject, access, message).label(place, "the index holds only these rows");
    let restricted = missed.columns.iter().any(|c| access.predicate_columns.contains(c));
    Some(match (custom_plan, restricted) {
        (true, _) => draft.severity(Severity::Info).help(
            "write the constant where it is always the same, or have the statement planned for each value",
        ),
        (false, true) => draft.help("an index without that condition would serve it"),
        (false, false) => draft.help(format!(
            "add `AND {}` where only those rows are wanted; else an index without the condition would serve",
            conditions.join(" AND ")
        )),
    })
}
