//! `tenant-reassignment`: a write changes who owns a row.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::TenantReassignment = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let message = format!("{tenant} of {table} is set to something that is not known to be its tenant");
    let help = format!(
        "leave {tenant} out of SET; where rows are meant to move to another tenant, write the exception with its reason"
    );
    Some(subject.label_owner(subject.draft(occ, defect.span, message), occ).help(help))
}
