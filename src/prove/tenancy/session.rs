//! Configured session expressions (`current_setting('app.workspace_id')`, `auth.org_id()`): one canonical spelling for
//! the configured text and for the bound expression, in which casts, `missing_ok` and wrapping sub-selects are absent.

use crate::query::model::{Expr, ExprKind, Literal, SetExpr};

/// The canonical spelling of a configured session expression: lower case outside quotes, without white space, casts,
/// a second argument of `current_setting`, and outer parentheses or `SELECT`.
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

/// An operand of an operator, in parentheses unless it is a step of the same path (`a -> 'b' ->> 'c'`).
fn operand(expr: &Expr, casts: bool, path: bool) -> Option<String> {
    let text = spelled(expr, casts)?;
    let mut inner = expr;
    while let ExprKind::Cast(of) = &inner.kind {
        inner = of;
    }
    match &inner.kind {
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
        assert_ne!(plain, canonical("current_setting('app.Workspace_id')"));
        assert_eq!(canonical("(auth.jwt() ->> 'org_id')::uuid"), "auth.jwt()->>'org_id'");
    }
}
