//! `insert-without-tenant`: an INSERT gives the tenant column no tenant.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::InsertWithoutTenant { given } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let (message, help) = match given {
        true => (
            format!("the value stored as {tenant} of a new row of {table} is not known to be the tenant"),
            format!(
                "store the tenant of the request in {tenant}, or the {tenant} of a row that is tied to it"
            ),
        ),
        false => (
            format!("a row of {table} is inserted without {tenant}"),
            format!("name {tenant} in the column list and give it the tenant of the request"),
        ),
    };
    Some(subject.label_owner(subject.draft(occ, defect.span, message), occ).help(help))
}
