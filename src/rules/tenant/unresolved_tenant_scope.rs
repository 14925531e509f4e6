//! `unresolved-tenant-scope`: the answer is not in the text.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::Unresolved { what } = &defect.kind else { return None };
    let message = format!("whether this is isolated depends on {what}");
    let help = "nobody can say from the text whose rows are reached; let the text say it, or write the exception with its reason";
    Some(subject.draft(defect.occ, defect.span, message).help(help))
}
