//! `uncovered-predicate`: there are predicates on a table, and no declared index serves any of them.

use crate::prove::verdict::Access;
use crate::rules::draft::Draft;
use crate::rules::index::advice::advice;
use crate::rules::index::coverage::{Want, draft, explained, predicates, want};
use crate::rules::settings::Options;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let Some(Want::Predicate) = want(subject, access, options) else { return None };
    let message =
        format!("no index of {} serves {}", subject.called(access.occ), predicates(subject, access));
    let draft = explained(subject, access, draft(subject, access, message));
    Some(match advice(subject, access) {
        Some(advice) => draft.help(advice),
        None => draft,
    })
}
