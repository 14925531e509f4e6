//! `per-row-policy-call`: a policy calls a function for each row that gives one answer for all of them.

use std::collections::HashSet;

use crate::project::{PolicyClause, Project};
use crate::rules::draft::Draft;
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let (mut drafts, mut told) = (Vec::new(), HashSet::new());
    // What is written is checked row by row, of which there are few.
    for condition in project.conditions.iter().filter(|c| c.clause == PolicyClause::Using) {
        let Some(policy) = project.catalog.policies.get(condition.policy) else { continue };
        let relation = project.catalog.relation(policy.relation);
        let Some(call) = condition.judgement.calls.iter().min_by_key(|call| call.is_setting) else {
            continue;
        };
        if relation.dropped || !told.insert(condition.policy) {
            continue;
        }
        let written = format!("{}()", call.name);
        let message = format!(
            "policy {} of {} calls {} for each row",
            code(&policy.name),
            code(&relation.name),
            code(&written)
        );
        let draft = Draft::new(policy.declared, message)
            .label(Some(condition.bound.fragment.locate(call.span)), "one answer for all rows")
            .help(format!("write `(SELECT {}(...))`, which is asked once for a statement", call.name))
            .table(relation.name.to_string());
        drafts.push(draft);
    }
    drafts
}
