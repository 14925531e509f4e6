//! `tenant-filter-escape`: an OR arm, a negation, or a filter on the wrong side of an outer join lets other rows through.

use crate::prove::verdict::{Defect, DefectKind, Escape};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::TenantFilterEscape { predicate, how } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let (message, label, help) = match how {
        Escape::OrArm => (
            format!("an arm of an OR lets rows of {table} through that are not tied to {tenant}"),
            "not every arm of this ties the row to the tenant",
            format!(
                "repeat the condition on {tenant} in every arm, or put the OR in parentheses and the condition outside"
            ),
        ),
        Escape::Negation => (
            format!("a negated condition on {tenant} admits rows of {table} of every other tenant"),
            "true for rows of other tenants",
            format!("compare {tenant} with the tenant by `=`, not under NOT"),
        ),
        Escape::OuterJoinSide => (
            format!(
                "the filter on {table} stands in the ON of an outer join that keeps its other rows as well"
            ),
            "an outer join keeps rows for which this is false",
            match remedy::tie(subject, occ, None) {
                Some(remedy) => format!("an outer join restricts only its optional side: {}", remedy.help),
                None => format!("move the condition on {tenant} to WHERE"),
            },
        ),
        Escape::NotEquality => (
            format!("the condition on {tenant} does not hold {table} to one tenant: it is no equality"),
            "true for rows of several tenants",
            format!("compare {tenant} itself with the tenant by `=`, without a function or cast around it"),
        ),
    };
    Some(subject.draft(occ, defect.span, message).label(Some(subject.locate(*predicate)), label).help(help))
}
