//! `global-write`: a statement writes rows of a table that belongs to nobody.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::GlobalWrite = defect.kind else { return None };
    let (_, relation) = subject.relation(defect.occ)?;
    let table = subject.called(defect.occ);
    let message = format!("{table} belongs to no tenant, so every tenant sees what this writes");
    let draft = subject.draft(defect.occ, defect.span, message).label(relation.declared, "declared here");
    Some(draft.help(format!("see that only operators may do this, or give {table} the tenant's column")))
}
