//! `late-tenant-filter`: the filter comes after rows of several tenants were combined.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::LateTenantFilter { mixer, at } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let message =
        format!("{mixer} combines rows of {table} of all tenants before any filter on {tenant} applies");
    let draft = subject
        .draft(occ, defect.span, message)
        .label(Some(subject.locate(*at)), "rows of several tenants meet here");
    Some(match remedy::tie(subject, occ, None) {
        Some(remedy) => {
            draft.help(format!("filter before they are combined: {}", remedy.help)).fix(remedy.fix)
        }
        None => draft,
    })
}
