//! `optional-tenant-filter`: the filter vanishes when a value is NULL.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::OptionalTenantFilter { predicate } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let message = format!("the tenant filter on {table} vanishes when its value is NULL");
    let help = format!(
        "compare {tenant} with the tenant alone, without a way around it; a query that is meant for all tenants is \
         better a statement of its own"
    );
    let draft = subject
        .draft(occ, defect.span, message)
        .label(Some(subject.locate(*predicate)), "with NULL this holds for the rows of every tenant")
        .help(help);
    Some(subject.label_owner(draft, occ))
}
