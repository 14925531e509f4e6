//! A bound expression over the columns of one table as text, in the spelling that PostgreSQL gives it (ruleutils.c),
//! without the casts of constants. For naming index keys; not to be parsed again.

use super::model::{CompareOp, Expr, ExprKind, LikeKind, Literal, Truth};
use crate::schema::Catalog;
use crate::schema::catalog::RelId;

/// Deeper expressions are cut short.
const MAX_DEPTH: u32 = 200;

/// The text of an expression over a table's columns, bound by [`bind_table_expr`](super::bind_table_expr).
pub fn deparse(catalog: &Catalog, table: RelId, expr: &Expr) -> String {
    let mut deparser = Deparser { catalog, table, depth: 0 };
    deparser.expr(expr)
}

struct Deparser<'a> {
    catalog: &'a Catalog,
    table: RelId,
    depth: u32,
}

impl Deparser<'_> {
    fn expr(&mut self, expr: &Expr) -> String {
        if self.depth >= MAX_DEPTH {
            return "...".to_owned();
        }
        self.depth += 1;
        let text = self.node(expr);
        self.depth -= 1;
        text
    }

    fn list(&mut self, list: &[Expr]) -> String {
        list.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(", ")
    }

    /// An operand, in parentheses where it is an operation itself.
    fn operand(&mut self, expr: &Expr) -> String {
        let text = self.expr(expr);
        if is_simple(expr) { text } else { format!("({text})") }
    }

    fn node(&mut self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Column { occ: _, column } => {
                let relation = self.catalog.relation(self.table);
                relation.columns.get(*column as usize).map(|c| c.name.clone()).unwrap_or_default()
            }
            ExprKind::SystemColumn { occ: _, name } | ExprKind::Unresolved(name) => name.clone(),
            ExprKind::WholeRow(_) => format!("{}.*", self.catalog.relation(self.table).name.name),
            ExprKind::Literal(literal) => constant(literal),
            ExprKind::And(list) => self.joined(list, " AND "),
            ExprKind::Or(list) => self.joined(list, " OR "),
            ExprKind::Not(e) => format!("NOT {}", self.operand(e)),
            ExprKind::Compare { op, left, right } => self.binary(left, symbol(*op), right),
            ExprKind::Distinct { negated, left, right } => {
                let op = if *negated { "IS NOT DISTINCT FROM" } else { "IS DISTINCT FROM" };
                self.binary(left, op, right)
            }
            ExprKind::IsNull { negated, expr } => {
                format!("{} {}", self.operand(expr), if *negated { "IS NOT NULL" } else { "IS NULL" })
            }
            ExprKind::IsTruth { value, negated, expr } => {
                let value = match value {
                    Truth::True => "TRUE",
                    Truth::False => "FALSE",
                    Truth::Unknown => "UNKNOWN",
                };
                format!("{} IS {}{value}", self.operand(expr), if *negated { "NOT " } else { "" })
            }
            ExprKind::Between { negated, symmetric: _, expr, low, high } => {
                let (of, low, high) = (self.operand(expr), self.operand(low), self.operand(high));
                if *negated {
                    format!("{of} < {low} OR {of} > {high}")
                } else {
                    format!("{of} >= {low} AND {of} <= {high}")
                }
            }
            ExprKind::InList { negated, expr, list } => {
                let (of, list) = (self.operand(expr), self.list(list));
                if *negated {
                    format!("{of} <> ALL (ARRAY[{list}])")
                } else {
                    format!("{of} = ANY (ARRAY[{list}])")
                }
            }
            ExprKind::Quantified { op, all, expr, array } => {
                let (of, array) = (self.operand(expr), self.expr(array));
                format!("{of} {op} {} ({array})", if *all { "ALL" } else { "ANY" })
            }
            ExprKind::Like { kind, negated, expr, pattern, escape: _ } => {
                self.binary(expr, like(*kind, *negated), pattern)
            }
            ExprKind::Operator { name, args } => match args.as_slice() {
                [left, right] => self.binary(left, name, right),
                [one] => format!("{name} {}", self.operand(one)),
                _ => self.list(args),
            },
            ExprKind::Call(call) => self.call(&call.name, &call.args, call.star),
            ExprKind::Cast(e) => match &e.kind {
                ExprKind::Literal(literal) => constant(literal),
                _ => format!("{}::{}", self.operand(e), expr.ty),
            },
            ExprKind::Collate { expr, collation } => {
                format!("{} COLLATE \"{collation}\"", self.operand(expr))
            }
            ExprKind::Case { operand, arms, otherwise } => {
                let mut out = "CASE".to_owned();
                if let Some(e) = operand {
                    out.push_str(&format!(" {}", self.expr(e)));
                }
                for (when, then) in arms {
                    out.push_str(&format!(" WHEN {} THEN {}", self.expr(when), self.expr(then)));
                }
                if let Some(e) = otherwise {
                    out.push_str(&format!(" ELSE {}", self.expr(e)));
                }
                out.push_str(" END");
                out
            }
            ExprKind::Row(list) => format!("ROW({})", self.list(list)),
            ExprKind::Array(list) => format!("ARRAY[{}]", self.list(list)),
            ExprKind::Field { expr, name } => format!("({}).{name}", self.expr(expr)),
            ExprKind::Subscript { expr, index } => {
                let index: Vec<String> = index.iter().map(|e| format!("[{}]", self.expr(e))).collect();
                format!("{}{}", self.operand(expr), index.concat())
            }
            ExprKind::Hole(text) => text.clone(),
            ExprKind::OutputColumn(_)
            | ExprKind::Param(_)
            | ExprKind::Default
            | ExprKind::InQuery { .. }
            | ExprKind::QuantifiedQuery { .. }
            | ExprKind::Exists(_)
            | ExprKind::Subquery(_)
            | ExprKind::ArrayQuery(_)
            | ExprKind::Unsupported { .. } => "...".to_owned(),
        }
    }

    fn joined(&mut self, list: &[Expr], word: &str) -> String {
        list.iter().map(|e| self.operand(e)).collect::<Vec<_>>().join(word)
    }

    fn binary(&mut self, left: &Expr, op: &str, right: &Expr) -> String {
        let left = if leans_left(op, left) { self.expr(left) } else { self.operand(left) };
        let right = if binds_tighter(op, right) { self.expr(right) } else { self.operand(right) };
        format!("{left} {op} {right}")
    }

    /// A call; those that have a syntax of their own are written in it.
    fn call(&mut self, name: &str, args: &[Expr], star: bool) -> String {
        match (name, args) {
            ("extract", [Expr { kind: ExprKind::Literal(Literal::String(field)), .. }, of]) => {
                format!("EXTRACT({field} FROM {})", self.expr(of))
            }
            ("timezone", [zone, of]) => format!("({} AT TIME ZONE {})", self.operand(of), self.operand(zone)),
            ("btrim", [of]) => format!("TRIM(BOTH FROM {})", self.expr(of)),
            ("coalesce" | "greatest" | "least" | "nullif", _) => {
                format!("{}({})", name.to_uppercase(), self.list(args))
            }
            _ if star => format!("{name}(*)"),
            _ => format!("{name}({})", self.list(args)),
        }
    }
}

/// Whether an expression stands without parentheses inside another.
fn is_simple(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Cast(e) => matches!(e.kind, ExprKind::Literal(_)) || is_simple(e),
        ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::Distinct { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::IsTruth { .. }
        | ExprKind::Between { .. }
        | ExprKind::InList { .. }
        | ExprKind::Quantified { .. }
        | ExprKind::Like { .. }
        | ExprKind::Operator { .. }
        | ExprKind::Collate { .. } => false,
        _ => true,
    }
}

/// How tightly the arithmetic operators bind; others are always put in parentheses.
fn strength(op: &str) -> Option<u8> {
    match op {
        "+" | "-" => Some(1),
        "*" | "/" | "%" => Some(2),
        _ => None,
    }
}

fn inner_strength(expr: &Expr) -> Option<u8> {
    match &expr.kind {
        ExprKind::Operator { name, args } if args.len() == 2 => strength(name),
        _ => None,
    }
}

fn leans_left(op: &str, left: &Expr) -> bool {
    strength(op).zip(inner_strength(left)).is_some_and(|(outer, inner)| inner >= outer)
}

fn binds_tighter(op: &str, right: &Expr) -> bool {
    strength(op).zip(inner_strength(right)).is_some_and(|(outer, inner)| inner > outer)
}

fn constant(literal: &Literal) -> String {
    match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Bool(true) => "true".to_owned(),
        Literal::Bool(false) => "false".to_owned(),
        Literal::Number(text) | Literal::Other(text) => text.clone(),
        Literal::String(text) => format!("'{}'", text.replace('\'', "''")),
    }
}

const fn symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::NotEq => "<>",
        CompareOp::Lt => "<",
        CompareOp::LtEq => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtEq => ">=",
    }
}

const fn like(kind: LikeKind, negated: bool) -> &'static str {
    match (kind, negated) {
        (LikeKind::Like, false) => "~~",
        (LikeKind::Like, true) => "!~~",
        (LikeKind::ILike, false) => "~~*",
        (LikeKind::ILike, true) => "!~~*",
        (LikeKind::Similar, false) => "SIMILAR TO",
        (LikeKind::Similar, true) => "NOT SIMILAR TO",
        (LikeKind::Regex, false) => "~",
        (LikeKind::Regex, true) => "!~",
        (LikeKind::IRegex, false) => "~*",
        (LikeKind::IRegex, true) => "!~*",
    }
}
