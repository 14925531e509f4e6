//! Tables that row security protects, and who reads them past it: views, materialized views, functions of the definer.

use crate::project::{AnalysedStatement, Project, Role};
use crate::query::model::{BoundStatement, ExprKind, Source};
use crate::query::walk::walk_exprs;
use crate::schema::catalog::{Granted, RelId, Relation, RelationKind};

/// Whether row security is enabled for a table.
pub(super) fn is_protected(project: &Project, id: RelId) -> bool {
    let relation = project.catalog.relation(id);
    relation.is_table() && relation.row_security
}

/// The protected tables that a statement names, in order of appearance, each once; those inside a view that runs with the
/// rights of its own owner are that view's.
pub(super) fn tables<'a>(project: &'a Project, statement: &AnalysedStatement) -> Vec<&'a Relation> {
    let mut found: Vec<RelId> = Vec::new();
    for occurrence in &statement.bound.occurrences {
        let Source::Table(id) = occurrence.source else { continue };
        let inside = occurrence.via_view.map(|view| &statement.bound.occurrence(view).source);
        let is_others = match inside {
            Some(Source::View { view, query: _ }) => {
                !matches!(&project.catalog.relation(*view).kind, RelationKind::View(v) if v.security_invoker)
            }
            Some(_) | None => false,
        };
        if !is_others && !found.contains(&id) && is_protected(project, id) {
            found.push(id);
        }
    }
    found.into_iter().map(|id| project.catalog.relation(id)).collect()
}

/// The definition of a view.
pub(super) fn definition<'a>(project: &'a Project, view: &Relation) -> Option<&'a AnalysedStatement> {
    let name = view.name.to_string();
    project.statements.iter().find(|s| matches!(&s.role, Role::View(of) if *of == name))
}

/// Whether rows of a relation may be read by some role that does not own it, as far as privileges say.
pub(super) fn is_granted(project: &Project, id: RelId) -> bool {
    let schema = &project.catalog.relation(id).name.schema;
    project.catalog.grants.iter().any(|grant| {
        let covers = match &grant.on {
            Granted::Relation(granted) => *granted == id,
            Granted::RelationsOf { schema: of, future: _ } => of.as_ref().is_none_or(|of| of == schema),
            Granted::Function(_) | Granted::FunctionsOf { .. } | Granted::Role(_) => false,
        };
        covers && (grant.privileges.is_empty() || grant.privileges.iter().any(|p| p == "SELECT"))
    })
}

/// Settings of the session that policies and the configuration read the tenant from.
pub(super) fn tenant_settings(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in &project.tenancy.session {
        let inside = text.split_once("current_setting").and_then(|(_, rest)| rest.split('\'').nth(1));
        names.extend(inside.map(str::to_lowercase));
    }
    let mut called: Vec<String> = Vec::new();
    for condition in &project.conditions {
        names.extend(settings_in(&condition.bound));
        walk_exprs(&condition.bound, |e| {
            if let ExprKind::Call(call) = &e.kind
                && let Some(id) = call.function
            {
                called.push(project.catalog.function(id).name.to_string());
            }
        });
    }
    // What the functions ask that policies call.
    for statement in &project.statements {
        if matches!(&statement.role, Role::Function(name) if called.contains(name)) {
            names.extend(settings_in(&statement.bound));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The settings that a statement reads.
fn settings_in(statement: &BoundStatement) -> Vec<String> {
    let mut names = Vec::new();
    walk_exprs(statement, |e| {
        if let ExprKind::Call(call) = &e.kind
            && call.name == "current_setting"
            && let Some(name) = call.args.first().and_then(text_of)
        {
            names.push(name.to_lowercase());
        }
    });
    names
}

/// A literal text, through casts.
pub(super) fn text_of(expr: &crate::query::model::Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(crate::query::model::Literal::String(text)) => Some(text),
        ExprKind::Cast(inner) => text_of(inner),
        _ => None,
    }
}
