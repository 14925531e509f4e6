//! `per-row-policy-call`: a policy calls a function for each row that gives one answer for all of them.

use std::collections::HashSet;

use crate::project::{PolicyClause, PolicyCondition, Project};
use crate::prove::policy::{ROW, RowCall};
use crate::prove::verdict::AccessClass;
use crate::query::model::Body;
use crate::query::walk::{conjuncts, used};
use crate::rules::draft::Draft;
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let (mut drafts, mut told) = (Vec::new(), HashSet::new());
    // What is written is checked row by row, of which there are few.
    for condition in project.conditions.iter().filter(|c| c.clause == PolicyClause::Using) {
        let Some(policy) = project.catalog.policies.get(condition.policy) else { continue };
        let relation = project.catalog.relation(policy.relation);
        let calls = condition.judgement.calls.iter().filter(|call| !is_sought(condition, call));
        let Some(call) = calls.min_by_key(|call| call.is_setting) else { continue };
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

/// Whether an index is searched for what a call answers: then it is asked once for each search.
fn is_sought(condition: &PolicyCondition, call: &RowCall) -> bool {
    let Some(access) = condition.access.as_ref().filter(|access| access.class == AccessClass::Seek) else {
        return false;
    };
    let Body::Expressions(list) = &condition.bound.body else { return false };
    let mut conjuncts = list.iter().flat_map(conjuncts);
    conjuncts.any(|conjunct| {
        conjunct.span.contains(call.span)
            && used(conjunct).contains(&ROW)
            && !access.residual.iter().any(|rest| rest.contains(call.span))
    })
}
