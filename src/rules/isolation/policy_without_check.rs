//! `policy-without-check`: what a policy checks of written rows is nothing, or what it asks of rows that are read.

use crate::project::{PolicyClause, Project};
use crate::prove::tenancy::RowTie;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::Policies;
use crate::rules::subject::tenant_column;
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = inserts_nothing(project).collect();
    for conditioned in Policies::new(project).unrestricted() {
        let (policy, relation) = (conditioned.policy, conditioned.relation);
        let writes = matches!(policy.command.as_str(), "ALL" | "INSERT" | "UPDATE");
        let decides = match conditioned.condition.clause {
            PolicyClause::Using => policy.with_check.is_none() && policy.command != "INSERT",
            PolicyClause::WithCheck => true,
        };
        if !writes || !decides || conditioned.condition.judgement.tie != Some(RowTie::TiedOrShared) {
            continue;
        }
        let column = tenant_column(project, policy.relation);
        let why = match conditioned.condition.clause {
            PolicyClause::Using => "without WITH CHECK its USING decides what may be written, and that",
            PolicyClause::WithCheck => "its WITH CHECK",
        };
        let message = format!(
            "policy {} of {} lets rows be written that belong to nobody: {why} is true where {} is NULL",
            code(&policy.name),
            code(&relation.name),
            column.name
        );
        let help = format!("add a WITH CHECK that only holds where {} is the tenant", column.name);
        drafts.push(
            Draft::new(policy.declared, message)
                .label(
                    Some(conditioned.locate(conditioned.condition.bound.span)),
                    "decides what may be written",
                )
                .help(help)
                .table(relation.name.to_string()),
        );
    }
    drafts
}

/// Policies for INSERT without a condition.
fn inserts_nothing(project: &Project) -> impl Iterator<Item = Draft> {
    let policies = project.catalog.policies.iter();
    let bare = policies.filter(|p| p.command == "INSERT" && p.permissive && p.with_check.is_none());
    bare.map(|policy| {
        let relation = project.catalog.relation(policy.relation);
        let message = format!(
            "policy {} of {} is for INSERT and has no WITH CHECK: it lets no row in",
            code(&policy.name),
            code(&relation.name)
        );
        Draft::new(policy.declared, message)
            .help("add a WITH CHECK that ties the new row to the tenant")
            .table(relation.name.to_string())
    })
}
