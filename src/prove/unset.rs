//! The value of a condition while a setting of the session is not there: never set (`current_setting` gives NULL, or
//! fails without `missing_ok`), or set and reset, as a pooled connection leaves it (then it is the empty string).
//!
//! A small evaluation in three-valued logic over what is in the text. What hangs on a row, a table or a function is
//! `Any`, so that the answer errs towards "not known".

use crate::query::model::{CompareOp, Expr, ExprKind, Literal, OccId, SetExpr, Truth};
use crate::schema::catalog::ColumnIx;

/// What settings of the session are taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// Anything.
    Any,
    /// Never set.
    Unset,
    /// The empty string.
    Empty,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    Any,
    Null,
    Is(Literal),
    Column(OccId, ColumnIx),
    /// Evaluating it fails.
    Error,
}

const TRUE: Known = Known::Is(Literal::Bool(true));
const FALSE: Known = Known::Is(Literal::Bool(false));

/// Whether a condition is TRUE whatever the rows are; FALSE and NULL are one. Absent where that is not known, or where
/// it fails.
pub fn truth(condition: &Expr, settings: Settings) -> Option<bool> {
    match value(condition, settings, 0) {
        TRUE => Some(true),
        FALSE | Known::Null => Some(false),
        Known::Any | Known::Is(_) | Known::Column(..) | Known::Error => None,
    }
}

/// Deeper expressions are not looked into.
const MAX_DEPTH: u32 = 200;

fn value(expr: &Expr, settings: Settings, depth: u32) -> Known {
    if depth > MAX_DEPTH {
        return Known::Any;
    }
    let of = |e: &Expr| value(e, settings, depth + 1);
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => Known::Null,
        ExprKind::Literal(literal) => Known::Is(literal.clone()),
        ExprKind::Column { occ, column } => Known::Column(*occ, *column),
        ExprKind::And(list) => connective(list.iter().map(of), &FALSE, &TRUE),
        ExprKind::Or(list) => connective(list.iter().map(of), &TRUE, &FALSE),
        ExprKind::Not(e) => negated(of(e)),
        ExprKind::Cast(e) => cast(of(e), expr),
        ExprKind::IsNull { negated: not, expr: e } => {
            let null = match of(e) {
                Known::Null => TRUE,
                Known::Is(_) => FALSE,
                Known::Error => return Known::Error,
                Known::Any | Known::Column(..) => return Known::Any,
            };
            if *not { negated(null) } else { null }
        }
        ExprKind::IsTruth { value: truth, negated: not, expr: e } => {
            let holds = match (of(e), truth) {
                (Known::Null, truth) => *truth == Truth::Unknown,
                (Known::Is(Literal::Bool(b)), Truth::True) => b,
                (Known::Is(Literal::Bool(b)), Truth::False) => !b,
                (Known::Is(Literal::Bool(_)), Truth::Unknown) => false,
                (Known::Error, _) => return Known::Error,
                _ => return Known::Any,
            };
            Known::Is(Literal::Bool(holds != *not))
        }
        ExprKind::Compare { op, left, right } => compared(*op, of(left), of(right)),
        ExprKind::Distinct { negated: same, left, right } => {
            let equal = match (of(left), of(right)) {
                (Known::Null, Known::Null) => TRUE,
                (Known::Null, Known::Is(_)) | (Known::Is(_), Known::Null) => FALSE,
                (l, r) => compared(CompareOp::Eq, l, r),
            };
            if *same { equal } else { negated(equal) }
        }
        ExprKind::InList { negated: not, expr: e, list } => {
            let operand = of(e);
            let equals = list.iter().map(|member| compared(CompareOp::Eq, operand.clone(), of(member)));
            let found = connective(equals, &TRUE, &FALSE);
            if *not { negated(found) } else { found }
        }
        ExprKind::Case { operand: None, arms, otherwise } => {
            for (when, then) in arms {
                match of(when) {
                    TRUE => return of(then),
                    FALSE | Known::Null => {}
                    _ => return Known::Any,
                }
            }
            otherwise.as_ref().map_or(Known::Null, |e| of(e))
        }
        ExprKind::Subquery(query) => match &query.body {
            SetExpr::Select(select) if select.from.is_empty() && select.filter.is_none() => {
                match select.output.as_slice() {
                    [only] => of(&only.expr),
                    _ => Known::Any,
                }
            }
            SetExpr::Select(_) | SetExpr::SetOp { .. } | SetExpr::Values(_) | SetExpr::Nested(_) => {
                Known::Any
            }
        },
        // Paths into what a session function gives.
        ExprKind::Operator { name, args } if matches!(name.as_str(), "->" | "->>" | "#>" | "#>>") => {
            match args.first().map(of) {
                Some(Known::Null) => Known::Null,
                Some(Known::Error) => Known::Error,
                _ => Known::Any,
            }
        }
        ExprKind::Call(call) => {
            let arguments: Vec<&Expr> = call.args.iter().collect();
            match (call.name.as_str(), arguments.as_slice()) {
                ("current_setting", [_]) => match settings {
                    Settings::Any => Known::Any,
                    Settings::Unset => Known::Error,
                    Settings::Empty => Known::Is(Literal::String(String::new())),
                },
                ("current_setting", [_, missing_ok]) => match (settings, of(missing_ok)) {
                    (Settings::Any, _) => Known::Any,
                    (Settings::Empty, _) => Known::Is(Literal::String(String::new())),
                    (Settings::Unset, TRUE) => Known::Null,
                    (Settings::Unset, _) => Known::Error,
                },
                // Who is signed in, of a request that nobody signed.
                (name, []) if name.starts_with("auth.") && name != "auth.role" => match settings {
                    Settings::Unset => Known::Null,
                    Settings::Any | Settings::Empty => Known::Any,
                },
                ("coalesce", list) => {
                    let known = list.iter().map(|e| of(e)).find(|v| *v != Known::Null);
                    known.unwrap_or(Known::Null)
                }
                ("nullif", [a, b]) => match (of(a), of(b)) {
                    (Known::Null, _) => Known::Null,
                    (Known::Is(a), Known::Is(b)) if a == b => Known::Null,
                    (a @ Known::Is(_), Known::Is(_) | Known::Null) => a,
                    (Known::Error, _) | (_, Known::Error) => Known::Error,
                    _ => Known::Any,
                },
                ("btrim" | "ltrim" | "rtrim" | "lower" | "upper", [a]) => match of(a) {
                    text @ (Known::Null | Known::Error) => text,
                    Known::Is(Literal::String(s)) if s.is_empty() => Known::Is(Literal::String(s)),
                    _ => Known::Any,
                },
                _ => Known::Any,
            }
        }
        _ => Known::Any,
    }
}

/// AND and OR: `decides` settles it, `neutral` adds nothing.
fn connective(values: impl Iterator<Item = Known>, decides: &Known, neutral: &Known) -> Known {
    let mut result = neutral.clone();
    for value in values {
        match value {
            v if v == *decides => return v,
            v if v == *neutral => {}
            // What fails, fails first.
            Known::Error => return Known::Error,
            Known::Null if result == *neutral => result = Known::Null,
            Known::Null => {}
            Known::Any | Known::Is(_) | Known::Column(..) => result = Known::Any,
        }
    }
    result
}

fn negated(value: Known) -> Known {
    match value {
        Known::Is(Literal::Bool(b)) => Known::Is(Literal::Bool(!b)),
        Known::Null => Known::Null,
        Known::Error => Known::Error,
        Known::Any | Known::Is(_) | Known::Column(..) => Known::Any,
    }
}

fn cast(value: Known, to: &Expr) -> Known {
    match value {
        Known::Is(Literal::String(text)) if !to.ty.holds_text() => match text.to_ascii_lowercase().as_str() {
            "" => Known::Error,
            "t" | "true" | "on" | "yes" | "1" if is_bool(to) => TRUE,
            "f" | "false" | "off" | "no" | "0" if is_bool(to) => FALSE,
            _ => Known::Is(Literal::String(text)),
        },
        other => other,
    }
}

fn is_bool(expr: &Expr) -> bool {
    expr.ty.base == crate::schema::types::BaseType::Bool && !expr.ty.array
}

fn compared(op: CompareOp, left: Known, right: Known) -> Known {
    let equal = match (left, right) {
        (Known::Error, _) | (_, Known::Error) => return Known::Error,
        (Known::Null, _) | (_, Known::Null) => return Known::Null,
        // Of the rows that have a value there.
        (Known::Column(a, x), Known::Column(b, y)) if (a, x) == (b, y) => true,
        (Known::Is(a), Known::Is(b)) => match (&a, &b) {
            _ if a == b => true,
            (Literal::String(_), Literal::String(_)) | (Literal::Bool(_), Literal::Bool(_)) => false,
            _ => return Known::Any,
        },
        _ => return Known::Any,
    };
    match op {
        CompareOp::Eq => Known::Is(Literal::Bool(equal)),
        CompareOp::NotEq => Known::Is(Literal::Bool(!equal)),
        CompareOp::LtEq | CompareOp::GtEq if equal => TRUE,
        CompareOp::Lt | CompareOp::Gt if equal => FALSE,
        CompareOp::Lt | CompareOp::LtEq | CompareOp::Gt | CompareOp::GtEq => Known::Any,
    }
}
