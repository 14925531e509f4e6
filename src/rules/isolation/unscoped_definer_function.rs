//! `unscoped-definer-function`: a function of the definer reads or writes protected tables, and asks nobody who calls.

use std::collections::HashMap;

use crate::finding::Severity;
use crate::project::{AnalysedStatement, Project, Role};
use crate::prove::policy::is_of_session;
use crate::query::model::ExprKind;
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::isolation::protected;
use crate::rules::words::{code, list};
use crate::schema::catalog::{Function, Granted};
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut bodies: HashMap<&str, Vec<&AnalysedStatement>> = HashMap::new();
    for statement in &project.statements {
        if let Role::Function(name) = &statement.role {
            bodies.entry(name).or_default().push(statement);
        }
    }
    let definers = project.catalog.functions.iter().filter(|f| f.security_definer && !f.returns_trigger);
    let mut drafts = Vec::new();
    for function in definers {
        let name = function.name.to_string();
        let Some(statements) = bodies.get(name.as_str()) else { continue };
        if !is_callable(project, function) || statements.iter().any(|s| asks_who_calls(s)) {
            continue;
        }
        let mut tables: Vec<String> = Vec::new();
        for relation in statements.iter().flat_map(|s| protected::tables(project, s)) {
            let id = project.catalog.find_relation(Some(&relation.name.schema), &relation.name.name);
            let table = code(&relation.name);
            if id.is_some_and(|id| project.ownership.of(id).is_scoped()) && !tables.contains(&table) {
                tables.push(table);
            }
        }
        if tables.is_empty() {
            continue;
        }
        let message = format!(
            "{} reaches {} past row security and never asks who calls: a caller names any tenant",
            code(&function.name),
            list(tables, "and")
        );
        let draft = Draft::new(function.declared, message)
            .help("compare with the tenant of the session, not only with what the caller gives; or take EXECUTE from PUBLIC")
            .function(Some(name));
        // One that says yes or no is mostly what a policy asks.
        let says_little = function.returns.base == BaseType::Bool && !function.returns_set;
        let closed = function.revoked_from_public;
        drafts.push(if closed || says_little { draft.severity(Severity::Info) } else { draft });
    }
    drafts
}

/// Whether some role but its owner may call it.
fn is_callable(project: &Project, function: &Function) -> bool {
    !function.revoked_from_public
        || project.catalog.grants.iter().any(|grant| match &grant.on {
            Granted::Function(name) => *name == function.name,
            Granted::FunctionsOf { schema, future: _ } => {
                schema.as_ref().is_none_or(|schema| *schema == function.name.schema)
            }
            Granted::Relation(_) | Granted::RelationsOf { .. } | Granted::Role(_) => false,
        })
}

/// Whether a statement asks something of the session.
fn asks_who_calls(statement: &AnalysedStatement) -> bool {
    let mut asks = false;
    walk_exprs(&statement.bound, |e| asks |= matches!(&e.kind, ExprKind::Call(call) if is_of_session(call)));
    asks
}
