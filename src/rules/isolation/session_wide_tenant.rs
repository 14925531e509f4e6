//! `session-wide-tenant`: the tenant is set for the whole session, which a pool hands to the next request.

use crate::query::model::{Body, Expr, ExprKind, Literal};
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::isolation::protected::{tenant_settings, text_of};
use crate::rules::subject::Subject;
use crate::rules::words::code;
use crate::source::Span;

pub(in crate::rules) fn check(subject: &Subject<'_>) -> Vec<Draft> {
    let bound = subject.bound();
    let mut found: Vec<(String, Span)> = Vec::new();
    if let Body::Set { name, at, local: false } = &bound.body {
        found.push((name.clone(), *at));
    }
    walk_exprs(bound, |e| {
        if let ExprKind::Call(call) = &e.kind
            && call.name == "set_config"
            && let [name, _, is_local] = call.args.as_slice()
            && is_false(is_local)
            && let Some(name) = text_of(name)
        {
            found.push((name.to_owned(), call.span));
        }
    });
    if found.is_empty() {
        return Vec::new();
    }
    let settings = tenant_settings(subject.project);
    let drafts = found.into_iter().filter(|(name, _)| settings.contains(&name.to_lowercase()));
    drafts
        .map(|(name, span)| {
            let message = format!(
                "the tenant ({}) is set for the whole session: a pooled connection takes it to the next request",
                code(&name)
            );
            Draft::new(subject.locate(span), message).help(
                "set it for the transaction: `SET LOCAL`, or `set_config(..., true)`, inside the one that runs the request",
            )
        })
        .collect()
}

fn is_false(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => !value,
        ExprKind::Cast(inner) => is_false(inner),
        _ => false,
    }
}
