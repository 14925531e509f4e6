//! `uncovered-policy`: no index serves the condition that a policy adds to every statement.

use std::collections::HashSet;

use crate::project::{PolicyClause, Project};
use crate::prove::verdict::AccessClass;
use crate::rules::draft::Draft;
use crate::rules::words::{code, ident, list};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut told = HashSet::new();
    for condition in project.conditions.iter().filter(|c| c.clause == PolicyClause::Using) {
        let Some(policy) = project.catalog.policies.get(condition.policy) else { continue };
        let relation = project.catalog.relation(policy.relation);
        let Some(access) = &condition.access else { continue };
        let columns = access.predicate_columns.iter().filter_map(|ix| relation.columns.get(*ix as usize));
        let columns: Vec<&str> = columns.map(|c| c.name.as_str()).collect();
        // Where an arm names no column, or is always true, no index could serve.
        let serves =
            !matches!(access.class, AccessClass::None | AccessClass::PartialOnly | AccessClass::OrderOnly);
        let whole = condition.judgement.arms.len() != 1;
        if serves || whole || columns.is_empty() || relation.dropped || !policy.permissive {
            continue;
        }
        if !told.insert((policy.relation, columns.clone())) {
            continue;
        }
        let table = code(&relation.name);
        let named = list(columns.iter().map(code), "and");
        let message = format!(
            "no index of {table} serves policy {}, whose condition on {named} joins every statement",
            code(&policy.name)
        );
        let first: Vec<String> = columns.iter().take(1).map(|c| ident(c)).collect();
        drafts.push(
            Draft::new(policy.declared, message)
                .label(
                    Some(condition.bound.fragment.locate(condition.bound.span)),
                    "added to every statement",
                )
                .help(format!("create an index on `{} ({})`", relation.name, first.join(", ")))
                .table(relation.name.to_string()),
        );
    }
    drafts
}
