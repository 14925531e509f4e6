//! `mismatched-tenants`: two different terms are taken for the tenant.

use crate::prove::verdict::{Defect, DefectKind, TenantTerm};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::MismatchedTenants { first, second } = &defect.kind else { return None };
    let (one, two) = (subject.term(first), subject.term(second));
    let message =
        format!("{one} and {two} are both taken for the tenant; nothing says that they are the same");
    let place = |term: &TenantTerm| match term {
        TenantTerm::Param(id) => Some(subject.locate(subject.bound().param(*id).span)),
        TenantTerm::Session(_) => None,
    };
    let mut draft = subject.draft(defect.occ, defect.span, message);
    // The second is the one that does not fit.
    draft.primary = place(second).or(place(first)).unwrap_or(draft.primary);
    Some(draft.label(place(first), format!("{one} is taken for the tenant")).help(format!(
        "use one of them throughout, or add `AND {} = {}`",
        one.trim_matches('`'),
        two.trim_matches('`')
    )))
}
