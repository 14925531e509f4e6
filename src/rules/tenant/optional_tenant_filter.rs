//! `optional-tenant-filter`: the filter vanishes with a value.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::code;

/// Bytes of a condition that a message repeats.
const LONGEST: usize = 80;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::OptionalTenantFilter { predicate, when } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let condition = when.map(|when| subject.text(when)).filter(|t| !t.is_empty());
    let short = condition.filter(|t| t.len() <= LONGEST && !t.contains('\n'));
    let (when, label) = match (condition, short) {
        (None, _) => {
            ("when its value is NULL".to_owned(), "with NULL this holds for the rows of every tenant")
        }
        (Some(_), Some(text)) => {
            (format!("when {}", code(text)), "then this holds for the rows of every tenant")
        }
        (Some(_), None) => (
            "under a condition that the caller's values decide".to_owned(),
            "then this holds for the rows of every tenant",
        ),
    };
    let message = format!("the tenant filter on {table} vanishes {when}");
    let help = format!(
        "compare {tenant} with the tenant alone, without a way around it; a query that is meant for all tenants is \
         better a statement of its own"
    );
    let draft =
        subject.draft(occ, defect.span, message).label(Some(subject.locate(*predicate)), label).help(help);
    Some(subject.label_owner(draft, occ))
}
