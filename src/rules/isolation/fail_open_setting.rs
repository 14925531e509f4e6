//! `fail-open-setting`: a policy whose condition is true while the tenant's setting is not set.

use std::collections::HashSet;

use crate::project::Project;
use crate::prove::unset::Settings;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::Policies;
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let policies = Policies::new(project);
    let (mut drafts, mut told) = (Vec::new(), HashSet::new());
    for conditioned in policies.unrestricted() {
        let when = match conditioned.condition.judgement.opens {
            Some(Settings::Unset) => "while the setting is not set",
            Some(Settings::Empty) => "while the setting is empty, as it is after RESET",
            Some(Settings::Any) | None => continue,
        };
        let (policy, relation) = (conditioned.policy, conditioned.relation);
        if !told.insert(conditioned.condition.policy) {
            continue;
        }
        let message = format!(
            "policy {} of {} lets every row through {when}",
            code(&policy.name),
            code(&relation.name)
        );
        let draft = Draft::new(policy.declared, message)
            .label(Some(conditioned.locate(conditioned.condition.bound.span)), "true for every row then")
            .help("let a missing tenant match nothing: compare with `NULLIF(current_setting('...', true), '')`, without COALESCE or IS NULL")
            .table(relation.name.to_string());
        drafts.push(draft);
    }
    drafts
}
