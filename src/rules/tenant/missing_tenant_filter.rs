//! `missing-tenant-filter`: nothing restricts an occurrence to a tenant or to a key.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    if !matches!(defect.kind, DefectKind::MissingTenantFilter | DefectKind::WholeTable { .. }) {
        return None;
    }
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    match &defect.kind {
        DefectKind::MissingTenantFilter => {
            if let Some((function, declared)) = subject.callee(occ) {
                let message = format!("{function} is called for a tenant that nothing ties to the request's");
                let draft = subject.draft(occ, defect.span, message);
                let help =
                    "give it the tenant of the request, or a tenant column of rows that are tied to it";
                return Some(draft.label(declared, "takes an argument for the tenant").help(help));
            }
            let verb = subject.verb(occ);
            let message = format!("{table} is {verb} for every tenant; nothing ties it to {tenant}");
            let draft = subject.label_owner(subject.draft(occ, defect.span, message), occ);
            Some(match remedy::tie(subject, occ, None) {
                Some(remedy) => draft.help(remedy.help).fix(remedy.fix),
                None => draft,
            })
        }
        DefectKind::WholeTable { what } => {
            let message = format!("{what} takes the rows of every tenant in {table}");
            let help = format!(
                "name the rows: a DELETE, SELECT or COPY (query) with a condition on {tenant}; \
                 or write the exception with its reason"
            );
            Some(subject.label_owner(subject.draft(occ, defect.span, message), occ).help(help))
        }
        _ => None,
    }
}
