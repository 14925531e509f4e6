//! `mixed-tenant-view`: a view, materialized view or function result that no filter can repair.

use crate::project::Role;
use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::code;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let occ = defect.occ;
    let why = match &defect.kind {
        DefectKind::MixedTenantView { why } => why,
        DefectKind::MixedEvaluation { what } => {
            let table = subject.called(occ);
            let message =
                format!("a write to {table} evaluates {what}, which reads or writes rows of several tenants");
            let help = "mend the function that it calls, where the same is reported";
            return Some(subject.draft(occ, defect.span, message).help(help));
        }
        _other => return None,
    };
    if let Some((function, declared)) = subject.callee(occ) {
        let message = format!("{function} {why}");
        let help =
            "mend its body, where the same is reported; or write there why it may, and its calls may as well";
        return Some(subject.draft(occ, defect.span, message).label(declared, "declared here").help(help));
    }
    if let Some((_, relation)) = subject.relation(occ)
        && subject.bound().occurrence(occ).row_security.is_some()
    {
        let message =
            format!("the policies of {} do not keep its tenants apart: {why}", code(&relation.name));
        let help = "mend the policy, where the same is reported, or tie the table in the statement itself";
        return Some(subject.draft(occ, defect.span, message).help(help));
    }
    let (view, declared) = match &subject.statement.role {
        // At the definition the place itself shows what mixes them.
        Role::View(view) => (code(view), None),
        Role::Query | Role::Schema | Role::Function(_) | Role::Policy(_) => {
            (subject.called(occ), subject.relation(occ).and_then(|(_, relation)| relation.declared))
        }
    };
    let message = format!("no filter on {view} can tell its tenants apart: {why}");
    Some(
        subject
            .draft(occ, defect.span, message)
            .label(declared, "its rows are made of rows of several tenants")
            .help("let the definition keep the tenant's column in GROUP BY, PARTITION BY, DISTINCT and its output, and filter where it is used"),
    )
}
