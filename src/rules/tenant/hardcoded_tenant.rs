//! `hardcoded-tenant`: a literal instead of the tenant of the request.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::HardcodedTenant { literal } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let message = match (subject.callee(occ), subject.is_inserted(occ)) {
        (Some((function, _)), _) => {
            format!("{function} is called for the tenant of a literal, not for the tenant of the request")
        }
        (None, true) => format!("a literal is stored as {tenant} of {table}, not the tenant of the request"),
        (None, false) => {
            format!("{tenant} of {table} is compared with a literal, not with the tenant of the request")
        }
    };
    let help = "bind the tenant of the request as a parameter; if this is about one tenant by intent, write the \
                exception with its reason";
    let draft = subject
        .draft(occ, defect.span, message)
        .label(Some(subject.locate(*literal)), "the same tenant whoever asks")
        .help(help);
    Some(subject.label_owner(draft, occ))
}
