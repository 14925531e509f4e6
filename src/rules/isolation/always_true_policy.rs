//! `always-true-policy`: a permissive policy whose condition is always true opens the table, whatever the others say.

use std::collections::HashSet;

use crate::finding::Severity;
use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::prove::policy::Asks;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::Policies;
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut told = HashSet::new();
    for conditioned in Policies::new(project).unrestricted() {
        let Some(arm) = conditioned.condition.judgement.arms.iter().find(|arm| arm.asks == Asks::Nothing)
        else {
            continue;
        };
        let (policy, relation) = (conditioned.policy, conditioned.relation);
        let owner = project.ownership.of(policy.relation);
        // Whoever creates a tenant belongs to none yet.
        let creates_tenant = matches!(owner, Owner::Root { .. }) && policy.command == "INSERT";
        let is_harmless = !owner.is_scoped() && !conditioned.is_of_writes();
        if creates_tenant || is_harmless || !told.insert(conditioned.condition.policy) {
            continue;
        }
        let may = match policy.command.as_str() {
            "SELECT" => "read",
            "INSERT" => "add",
            "UPDATE" => "change",
            "DELETE" => "delete",
            _ => "read and write",
        };
        let whose = if owner.is_scoped() { "rows of every tenant" } else { "any row" };
        let who = match policy.roles.as_slice() {
            [] => "whoever has the privilege".to_owned(),
            roles => crate::rules::words::list(roles.iter().map(code), "and"),
        };
        let message = format!(
            "policy {} of {} is always true: {who} may {may} {whose}",
            code(&policy.name),
            code(&relation.name)
        );
        let draft = Draft::new(policy.declared, message)
            .label(Some(conditioned.locate(arm.span)), "no row is refused")
            .help("permissive policies are ORed: one that is always true outweighs all others; tie it to the tenant")
            .table(relation.name.to_string());
        let is_exception = !owner.is_scoped() || !conditioned.faces_tenants;
        drafts.push(if is_exception { draft.severity(Severity::Info) } else { draft });
    }
    drafts
}
