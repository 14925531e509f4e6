//! `hardcoded-tenant`: a literal instead of the tenant of the request.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::HardcodedTenant { literal } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let message = format!("{tenant} of {table} is a literal, not the tenant of the request");
    let help = "bind the tenant of the request as a parameter; if this is about one tenant by intent, write the \
                exception with its reason";
    let draft = subject
        .draft(occ, defect.span, message)
        .label(Some(subject.locate(*literal)), "the same tenant whoever asks")
        .help(help);
    Some(subject.label_owner(draft, occ))
}
