//! `uncovered-policy`: no index serves the condition that a policy adds to every statement.

use std::collections::HashSet;

use crate::project::{PolicyClause, Project};
use crate::prove::verdict::AccessClass;
use crate::rules::draft::Draft;
use crate::rules::words::{code, ident, list};
use crate::schema::catalog::{ColumnIx, KeyTerm, RelId};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut told = HashSet::new();
    for condition in project.conditions.iter().filter(|c| c.clause == PolicyClause::Using) {
        let Some(policy) = project.catalog.policies.get(condition.policy) else { continue };
        let relation = project.catalog.relation(policy.relation);
        // Where no column must equal a value (a subquery, a function of the row, an OR), no index would help.
        let columns = &condition.judgement.equated;
        let Some(access) = condition.access.as_ref().filter(|_| policy.permissive && !relation.dropped)
        else {
            continue;
        };
        let is_served = matches!(access.class, AccessClass::Seek | AccessClass::NoPredicate)
            || columns.iter().any(|column| leads(project, policy.relation, *column));
        if is_served || columns.is_empty() || !told.insert((policy.relation, columns.clone())) {
            continue;
        }
        let names: Vec<&str> = columns
            .iter()
            .filter_map(|ix| relation.columns.get(*ix as usize))
            .map(|c| c.name.as_str())
            .collect();
        let message = format!(
            "no index of {} serves policy {}, whose condition on {} joins every statement",
            code(&relation.name),
            code(&policy.name),
            list(names.iter().map(code), "and")
        );
        let first = names.first().map_or_else(String::new, |name| ident(name));
        drafts.push(
            Draft::new(policy.declared, message)
                .label(
                    Some(condition.bound.fragment.locate(condition.bound.span)),
                    "added to every statement",
                )
                .help(format!("create an index on `{} ({first})`", relation.name))
                .table(relation.name.to_string()),
        );
    }
    drafts
}

/// Whether a whole index begins with a column.
fn leads(project: &Project, table: RelId, column: ColumnIx) -> bool {
    project.catalog.usable_indexes(table).any(|(_, index)| {
        index.predicate.is_none()
            && matches!(index.keys.first().map(|key| &key.term), Some(KeyTerm::Column(c)) if *c == column)
    })
}
