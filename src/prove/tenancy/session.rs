//! Configured session expressions (`current_setting('app.workspace_id')`, `auth.org_id()`): one canonical spelling for
//! the configured text and for the bound expression, in which casts, `missing_ok` and wrapping sub-selects are absent.

use std::collections::BTreeSet;

use crate::prove::ownership::{Owner, Ownership};
use crate::query::bind_table_expr;
use crate::query::model::{BoundStatement, Call, CompareOp, Expr, ExprKind, Literal, SetExpr, Source};
use crate::query::walk::{Visitor, walk_expr_deep};
use crate::schema::Catalog;

/// Session expressions that policies of row-level security compare with a tenant column: what the schema itself takes
/// for the tenant, in canonical spelling.
pub fn sessions_of_policies(catalog: &Catalog, ownership: &Ownership) -> Vec<String> {
    let mut found = BTreeSet::new();
    for policy in &catalog.policies {
        for handle in policy.using.iter().chain(&policy.with_check) {
            let bound = bind_table_expr(catalog, policy.relation, handle);
            let mut compared = Compared { statement: &bound.statement, ownership, found: &mut found };
            walk_expr_deep(&bound.statement, &bound.expr, &mut compared);
        }
    }
    found.into_iter().collect()
}

/// Collects what is compared with tenant columns.
struct Compared<'s> {
    statement: &'s BoundStatement,
    ownership: &'s Ownership,
    found: &'s mut BTreeSet<String>,
}

impl<'a> Visitor<'a> for Compared<'_> {
    fn expr(&mut self, expr: &'a Expr) {
        let ExprKind::Compare { op: CompareOp::Eq, left, right } = &expr.kind else { return };
        for (column, value) in [(left, right), (right, left)] {
            if self.is_tenant(column)
                && is_of_session(value)
                && let Some(text) = spelling(value)
            {
                self.found.insert(canonical(&text));
            }
        }
    }
}

impl Compared<'_> {
    fn is_tenant(&self, expr: &Expr) -> bool {
        let ExprKind::Column { occ, column } = &without_casts(expr).kind else { return false };
        let Source::Table(rel) = self.statement.occurrence(*occ).source else { return false };
        match self.ownership.of(rel) {
            Owner::Root { key: own, .. } | Owner::Direct { column: own, .. } => own == column,
            Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => false,
        }
    }
}

/// Whether a value is asked of the session: a call, or a path into what a call gives.
fn is_of_session(expr: &Expr) -> bool {
    match &without_casts(expr).kind {
        ExprKind::Call(_) => true,
        ExprKind::Operator { name, args } => {
            is_path_operator(name) && args.first().is_some_and(is_of_session)
        }
        ExprKind::Subquery(query) => match &query.body {
            SetExpr::Select(select) => select.output.iter().any(|o| is_of_session(&o.expr)),
            SetExpr::SetOp { .. } | SetExpr::Values(_) | SetExpr::Nested(_) => false,
        },
        _ => false,
    }
}

fn without_casts(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast(of) = &expr.kind {
        expr = of;
    }
    expr
}

/// The canonical spelling of a configured session expression: lower case outside quotes, without white space, casts,
/// a second argument of `current_setting`, `NULLIF(value, '')`, and outer parentheses or `SELECT`.
pub(super) fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                out.push('\'');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '\'' {
                        break;
                    }
                }
            }
            ':' if chars.peek() == Some(&':') => {
                chars.next();
                while chars
                    .peek()
                    .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '"'))
                {
                    chars.next();
                }
            }
            c if c.is_whitespace() => {}
            c => out.extend(c.to_lowercase()),
        }
    }
    let mut out = out.replace("pg_catalog.", "");
    loop {
        let stripped = out
            .strip_prefix('(')
            .and_then(|s| s.strip_suffix(')'))
            .filter(|s| balanced(s))
            .map(|s| s.strip_prefix("select").unwrap_or(s).to_owned());
        match stripped {
            Some(s) => out = s,
            None => break,
        }
    }
    // What is empty is no tenant.
    if let Some(inner) =
        out.strip_prefix("nullif(").and_then(|s| s.strip_suffix(",'')")).filter(|s| balanced(s))
    {
        return canonical(inner);
    }
    if out.starts_with("current_setting(") {
        for flag in [",true)", ",false)"] {
            if let Some(s) = out.strip_suffix(flag) {
                return format!("{s})");
            }
        }
    }
    out
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// The canonical spelling of a bound expression; none where it is no constant of the session (it has a column, a
/// parameter, or anything but calls, operators and literals).
pub(super) fn spelling(expr: &Expr) -> Option<String> {
    spelled(expr, false)
}

/// The spelling of an expression with its casts: two expressions of one spelling have one value.
pub(super) fn exact_spelling(expr: &Expr) -> Option<String> {
    spelled(expr, true)
}

fn spelled(expr: &Expr, casts: bool) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Literal::String(s)) => Some(format!("'{}'", s.replace('\'', "''"))),
        ExprKind::Literal(Literal::Number(n)) => Some(n.clone()),
        ExprKind::Literal(Literal::Bool(b)) => Some(b.to_string()),
        ExprKind::Cast(inner) if casts => Some(format!("({})::{:?}", spelled(inner, casts)?, expr.ty)),
        ExprKind::Cast(inner) => spelled(inner, casts),
        ExprKind::Operator { name, args } => match args.as_slice() {
            [left, right] => {
                let left = operand(left, casts, is_path_operator(name))?;
                Some(format!("{left}{name}{}", operand(right, casts, false)?))
            }
            _ => None,
        },
        ExprKind::Call(call) if !casts && is_without_empty(call) => spelled(call.args.first()?, casts),
        ExprKind::Call(call) => {
            let mut args = call.args.as_slice();
            if call.name == "current_setting" && args.len() == 2 {
                args = &args[..1];
            }
            let args: Option<Vec<String>> = args.iter().map(|a| spelled(a, casts)).collect();
            Some(format!("{}({})", call.name, args?.join(",")))
        }
        ExprKind::Subquery(query) => match &query.body {
            SetExpr::Select(select) if select.from.is_empty() && select.filter.is_none() => {
                match select.output.as_slice() {
                    [only] => spelled(&only.expr, casts),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

/// `NULLIF(value, '')`: the value, and none where it is empty.
fn is_without_empty(call: &Call) -> bool {
    let empty =
        |expr: &Expr| matches!(&expr.kind, ExprKind::Literal(Literal::String(text)) if text.is_empty());
    call.name == "nullif"
        && call.args.len() == 2
        && call.args.get(1).is_some_and(|arg| empty(without_casts(arg)))
}

/// An operand of an operator, in parentheses unless it is a step of the same path (`a -> 'b' ->> 'c'`).
fn operand(expr: &Expr, casts: bool, path: bool) -> Option<String> {
    let text = spelled(expr, casts)?;
    match &without_casts(expr).kind {
        ExprKind::Operator { name, args: _ } if !(path && is_path_operator(name)) => {
            Some(format!("({text})"))
        }
        _ => Some(text),
    }
}

fn is_path_operator(name: &str) -> bool {
    matches!(name, "->" | "->>" | "#>" | "#>>")
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn spellings_of_one_setting_meet() {
        let plain = canonical("current_setting('app.workspace_id')");
        assert_eq!(plain, canonical("(SELECT current_setting( 'app.workspace_id' , true ))::uuid"));
        assert_eq!(plain, canonical("pg_catalog.current_setting('app.workspace_id', TRUE)::text"));
        assert_eq!(plain, canonical("(SELECT NULLIF(current_setting('app.workspace_id', true), '')::uuid)"));
        assert_ne!(plain, canonical("nullif(current_setting('app.workspace_id'), '0')"));
        assert_ne!(plain, canonical("current_setting('app.Workspace_id')"));
        assert_eq!(canonical("(auth.jwt() ->> 'org_id')::uuid"), "auth.jwt()->>'org_id'");
    }
}
