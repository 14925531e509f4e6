//! Whether the valid CHECKs of a table say what the bounds of a partition say, so that ATTACH PARTITION need not look at its
//! rows (tablecmds.c `PartConstraintImpliedByRelConstraint`).
//!
//! | bounds | need |
//! |---|---|
//! | FROM, TO of one column | NOT NULL, and a comparison from each side that is not open, with a value no looser than the bound |
//! | FROM, TO of several columns | NOT NULL of each, and a CHECK that speaks of each |
//! | IN | NOT NULL unless NULL is listed, and values that are listed |
//! | WITH | nothing does |
//! | DEFAULT | a CHECK that speaks of the key |
//!
//! A condition of another form, and values whose order their texts do not tell, are taken for enough.

use std::cmp::Ordering;

use crate::schema::bounds::{Bounds, compare};
use crate::schema::names;
use crate::schema::replay::expr;
use crate::syntax::{ExprHandle, ast};
use ast::{BinaryOperator as Op, Expr};

/// A column of a partition key as the partition has it.
pub(super) struct KeyColumn<'a> {
    pub(super) name: &'a str,
    /// Whether it is proved not to be NULL.
    pub(super) never_null: bool,
}

/// What a conjunct of a CHECK says of a column.
enum Said {
    /// At least this.
    Above(String),
    /// At most this, and whether less.
    Below(String, bool),
    /// One of these.
    OneOf(Vec<String>),
    /// Something else.
    Something,
}

/// Whether valid CHECKs say what the bounds say.
pub(super) fn vouches(bounds: Option<&Bounds>, key: &[KeyColumn<'_>], checks: &[&ExprHandle]) -> bool {
    let speaks = |column: &KeyColumn<'_>| {
        checks.iter().any(|check| expr::columns(check).iter().any(|named| named == column.name))
    };
    let whole = |key: &[KeyColumn<'_>]| !key.is_empty() && key.iter().all(|c| c.never_null && speaks(c));
    match (bounds, key) {
        (Some(Bounds::Hash), _) => false,
        (Some(Bounds::Default), _) => key.iter().any(speaks),
        (Some(Bounds::List(values)), [column]) => {
            let takes_null = values.iter().any(|v| v.eq_ignore_ascii_case("null"));
            (takes_null || column.never_null)
                && of_column(column.name, checks).iter().any(|said| match said {
                    Said::OneOf(list) => list.iter().all(|v| values.iter().any(|b| may_be(v, b))),
                    Said::Something => true,
                    Said::Above(_) | Said::Below(..) => false,
                })
        }
        (Some(Bounds::Range { from, to }), [column]) => {
            let said = of_column(column.name, checks);
            let low = |bound: &String| said.iter().any(|said| is_above(said, bound));
            let high = |bound: &String| said.iter().any(|said| is_below(said, bound));
            column.never_null && from.iter().flatten().all(low) && to.iter().flatten().all(high)
        }
        (Some(Bounds::List(_) | Bounds::Range { .. }) | None, key) => whole(key),
    }
}

fn may_be(value: &str, other: &str) -> bool {
    // Texts of another form may be one value, numbers and dates are not.
    match compare(value, other) {
        Some(order) => order == Ordering::Equal,
        None => !(value.starts_with('\'') && other.starts_with('\'')),
    }
}

fn is_above(said: &Said, bound: &str) -> bool {
    match said {
        Said::Above(value) => compare(value, bound) != Some(Ordering::Less),
        Said::OneOf(values) => values.iter().all(|v| compare(v, bound) != Some(Ordering::Less)),
        Said::Something => true,
        Said::Below(..) => false,
    }
}

fn is_below(said: &Said, bound: &str) -> bool {
    match said {
        Said::Below(value, strictly) => match compare(value, bound) {
            Some(Ordering::Greater) => false,
            Some(Ordering::Equal) => *strictly,
            Some(Ordering::Less) | None => true,
        },
        Said::OneOf(values) => {
            values.iter().all(|v| matches!(compare(v, bound), Some(Ordering::Less) | None))
        }
        Said::Something => true,
        Said::Above(_) => false,
    }
}

/// What the conjuncts of CHECKs say of a column.
fn of_column(column: &str, checks: &[&ExprHandle]) -> Vec<Said> {
    let mut said = Vec::new();
    for check in checks {
        let mut todo = vec![check.expr.as_ref()];
        while let Some(expr) = todo.pop() {
            match expr {
                Expr::Nested(inner) => todo.push(inner),
                Expr::BinaryOp { left, op: Op::And, right } => todo.extend([left.as_ref(), right.as_ref()]),
                Expr::IsNotNull(_) => {}
                other => {
                    let of_this = of_conjunct(column, other);
                    let is_other = of_this.is_empty() && names_column(column, other);
                    said.extend(of_this);
                    said.extend(is_other.then_some(Said::Something));
                }
            }
        }
    }
    said
}

fn of_conjunct(column: &str, conjunct: &Expr) -> Vec<Said> {
    let is_column = |expr: &Expr| matches!(expr, Expr::Identifier(ident) if names::fold(&ident.value, ident.quote_style) == column);
    match conjunct {
        Expr::BinaryOp { left, op, right } => {
            let (value, op) = match (is_column(left), is_column(right)) {
                (true, false) => (right, op.clone()),
                (false, true) => (left, swapped(op)),
                _ => return Vec::new(),
            };
            let value = value.to_string();
            match op {
                Op::Gt | Op::GtEq => vec![Said::Above(value)],
                Op::Lt => vec![Said::Below(value, true)],
                Op::LtEq => vec![Said::Below(value, false)],
                Op::Eq => vec![Said::OneOf(vec![value])],
                _ => Vec::new(),
            }
        }
        Expr::Between { expr, negated: false, low, high } if is_column(expr) => {
            vec![Said::Above(low.to_string()), Said::Below(high.to_string(), false)]
        }
        Expr::InList { expr, list, negated: false } if is_column(expr) => {
            vec![Said::OneOf(list.iter().map(ToString::to_string).collect())]
        }
        _ => Vec::new(),
    }
}

fn swapped(op: &Op) -> Op {
    match op {
        Op::Lt => Op::Gt,
        Op::LtEq => Op::GtEq,
        Op::Gt => Op::Lt,
        Op::GtEq => Op::LtEq,
        other => other.clone(),
    }
}

fn names_column(column: &str, expr: &Expr) -> bool {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        match expr {
            Expr::Identifier(ident) if names::fold(&ident.value, ident.quote_style) == column => return true,
            other => expr::children(other, &mut todo),
        }
    }
    false
}
