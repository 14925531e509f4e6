//! `doubtful-tenant`: what a program binds to the tenant column is named for something else.

use std::collections::BTreeSet;

use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::query::model::{CompareOp, Expr, ExprKind, ParamId};
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::remedy::is_tenant_column;
use crate::rules::subject::Subject;
use crate::rules::words::code;

pub(in crate::rules) fn check(subject: &Subject<'_>) -> Vec<Draft> {
    if subject.bound().fragment.host.is_none() {
        return Vec::new();
    }
    let mut bound = BTreeSet::new();
    walk_exprs(subject.bound(), |e| {
        let ExprKind::Compare { op: CompareOp::Eq, left, right } = &e.kind else { return };
        for (column, value) in [(left, right), (right, left)] {
            if let (ExprKind::Column { occ, .. }, Some(id)) = (&column.kind, param(value))
                && is_tenant_column(subject, column)
            {
                bound.insert((id, *occ));
            }
        }
    });
    let mut drafts = Vec::new();
    for (id, occ) in bound {
        let param = subject.bound().param(id);
        let Some(expression) = &param.bound_to else { continue };
        let Some(other) = other_thing(subject.project, expression) else { continue };
        let message = format!(
            "{} is taken for the tenant of {}, but is named like {}",
            code(expression),
            subject.called(occ),
            code(other)
        );
        let help =
            "bind the tenant of the request there; a name that says so keeps the next reader from doubt";
        drafts.push(subject.draft(occ, param.span, message).help(help));
    }
    drafts
}

/// The parameter that a value is, through casts.
fn param(e: &Expr) -> Option<ParamId> {
    match &e.kind {
        ExprKind::Param(id) => Some(*id),
        ExprKind::Cast(inner) => param(inner),
        _ => None,
    }
}

/// The column of the schema that an expression of a program is named like, where that is not the tenant's: `userId`, or
/// `user.id`, like `user_id`. None where anything in the expression names the tenant.
fn other_thing(project: &Project, expression: &str) -> Option<String> {
    let words = words(expression);
    let tenants = project.tenancy.columns.iter().map(String::as_str);
    let owned = project.catalog.relations.iter().zip(&project.ownership.owners);
    let roots = owned
        .filter(|(_, owner)| matches!(owner, Owner::Root { .. }))
        .map(|(relation, _)| relation.name.name.as_str());
    let names_tenant = tenants.chain(roots).chain(["tenant", "org", "organization", "account"]).any(|name| {
        let nouns: Vec<&str> = name.split('_').filter(|noun| !matches!(*noun, "id" | "uuid")).collect();
        nouns.iter().any(|noun| words.iter().any(|word| word.starts_with(noun.trim_end_matches('s'))))
    });
    let name = match words.as_slice() {
        [.., before, last] if last == "id" || last == "uuid" => format!("{before}_{last}"),
        _ => return None,
    };
    let is_column = || project.catalog.relations.iter().any(|r| r.columns.iter().any(|c| c.name == name));
    (!names_tenant && is_column()).then_some(name)
}

/// The words of an expression: `ctx.userId` has `ctx`, `user` and `id`.
fn words(expression: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut starts = true;
    for c in expression.chars() {
        if !c.is_alphanumeric() {
            starts = true;
            continue;
        }
        let ends_word = c.is_uppercase() && words.last().is_some_and(|w| w.ends_with(char::is_lowercase));
        match words.last_mut() {
            Some(word) if !starts && !ends_word => word.push(c),
            _ => words.push(c.to_string()),
        }
        starts = false;
    }
    words.into_iter().map(|word| word.to_lowercase()).collect()
}
