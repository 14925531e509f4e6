//! `cross-tenant-upsert`: ON CONFLICT may meet another tenant's row.

use crate::finding::Severity;
use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::code;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::CrossTenantUpsert { index, existence_only } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let index = index.map(|id| subject.project.catalog.index_def(id));
    let key = index.map_or("the conflict target".to_owned(), |ix| code(&ix.name));
    let message = match existence_only {
        true => format!("a conflict on {key} tells that another tenant's row of {table} exists"),
        false => {
            format!("a conflict on {key} may be with another tenant's row of {table}, which is then changed")
        }
    };
    let draft = subject
        .draft(occ, defect.span, message)
        .label(index.map(|ix| ix.declared), format!("unique over all tenants: {tenant} is not part of it"))
        .help(format!(
            "make the key unique within a tenant, with {tenant} as its first column, and name the same columns in ON CONFLICT"
        ));
    Some(if *existence_only { draft.severity(Severity::Info) } else { draft })
}
