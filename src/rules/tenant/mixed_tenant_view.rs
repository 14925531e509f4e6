//! `mixed-tenant-view`: a view, materialized view or function result that no filter can repair.

use crate::project::Role;
use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::MixedTenantView { why } = &defect.kind else { return None };
    let occ = defect.occ;
    let view = match &subject.statement.role {
        Role::View(view) => format!("`{view}`"),
        Role::Query | Role::Schema | Role::Function(_) => subject.called(occ),
    };
    let message = format!("{view} mixes rows of several tenants: {why}");
    let declared = subject.relation(occ).and_then(|(_, relation)| relation.declared);
    Some(
        subject
            .draft(occ, defect.span, message)
            .label(declared, "no filter on its output can tell the tenants apart")
            .help("let the definition keep the tenant's column in GROUP BY, PARTITION BY, DISTINCT and its output, and filter where it is used"),
    )
}
