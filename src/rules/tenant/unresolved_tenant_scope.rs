//! `unresolved-tenant-scope`: the answer is not in the text.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::Unresolved { what } = &defect.kind else { return None };
    let table = subject.called(defect.occ);
    let message = format!("whether {table} is tied to a tenant depends on {what}");
    let help = "state the tenant condition in the text itself, where it can be read; or write the exception with its reason";
    Some(subject.draft(defect.occ, defect.span, message).help(help))
}
