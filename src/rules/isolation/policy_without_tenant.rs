//! `policy-without-tenant`: a permissive policy, or an arm of its OR, lets rows of every tenant through.

use crate::finding::Severity;
use crate::project::{PolicyClause, Project};
use crate::prove::ownership::Owner;
use crate::prove::policy::{Arm, Asks};
use crate::prove::tenancy::RowTie;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::{Conditioned, Policies};
use crate::rules::subject::tenant_column;
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts: Vec<(usize, Draft)> = Vec::new();
    for conditioned in Policies::new(project).unrestricted() {
        let judgement = &conditioned.condition.judgement;
        let creates_tenant = matches!(project.ownership.of(conditioned.policy.relation), Owner::Root { .. })
            && conditioned.policy.command == "INSERT";
        if judgement.tie != Some(RowTie::Untied)
            || creates_tenant
            || judgement.arms.iter().any(|arm| arm.asks == Asks::Nothing)
        {
            continue;
        }
        let graded = judgement.arms.iter().filter(|arm| arm.tie == Some(RowTie::Untied));
        let graded = graded.filter_map(|arm| Some((grade(&conditioned, arm)?, arm)));
        let Some((severity, arm)) = graded.max_by_key(|(severity, _)| *severity) else { continue };
        // The conditions of one policy stand together.
        let known = drafts.last_mut().filter(|(policy, _)| *policy == conditioned.condition.policy);
        let draft = draft(project, &conditioned, arm).severity(severity);
        match known {
            // USING and WITH CHECK of one policy: the worse of them.
            Some((_, told)) if told.severity < Some(severity) => *told = draft,
            Some(_) => {}
            None => drafts.push((conditioned.condition.policy, draft)),
        }
    }
    drafts.into_iter().map(|(_, draft)| draft).collect()
}

/// How an arm that does not tie the row is told; absent where it leaves the tie to a membership, a user or a function.
fn grade(conditioned: &Conditioned<'_>, arm: &Arm) -> Option<Severity> {
    let severity = match arm.asks {
        Asks::WhoseRow | Asks::Never | Asks::Nothing => return None,
        // An administrator's way in.
        Asks::WhoAsks { anyone: false } => Severity::Info,
        // Rows that are published.
        Asks::Columns { flag: true } if !conditioned.is_of_writes() => Severity::Info,
        Asks::WhoAsks { anyone: true } | Asks::Columns { .. } => Severity::Warning,
    };
    Some(if conditioned.faces_tenants { severity } else { Severity::Info })
}

fn draft(project: &Project, conditioned: &Conditioned<'_>, arm: &Arm) -> Draft {
    let Conditioned { policy, relation, condition, faces_tenants: _ } = conditioned;
    let written = code(conditioned.text(arm.span));
    let does = match condition.clause {
        PolicyClause::Using => "lets through",
        PolicyClause::WithCheck => "lets be written",
    };
    let (name, table) = (code(&policy.name), code(&relation.name));
    let message = match arm.asks {
        Asks::WhoAsks { .. } => {
            format!("policy {name} of {table} {does} rows of every tenant for whoever passes {written}")
        }
        _ => format!("policy {name} of {table} {does} rows of every tenant where {written}"),
    };
    let column = tenant_column(project, policy.relation);
    let help = format!(
        "tie it to {}: permissive policies are ORed, and so are the arms of one; what must hold in each is ANDed",
        column.name
    );
    Draft::new(policy.declared, message)
        .label(Some(conditioned.locate(arm.span)), format!("nothing here ties {}", column.name))
        .help(help)
        .table(relation.name.to_string())
}
