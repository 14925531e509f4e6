//! Bound expressions to terms. Where columns and subqueries lead is the [`Scope`]'s.

use super::call::FunctionFacts;
use super::{Flags, Node, Symbol, Term, Terms};
use crate::query::model::{Call, CallKind, Expr, ExprKind, LikeKind, OccId, Query};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, Volatility};
use crate::schema::types::{BaseType, Type};

/// Deeper expressions are not read; they become opaque and volatile, so that nothing is concluded from them.
const MAX_DEPTH: u32 = 250;

/// What an expression's leaves stand for.
pub trait Scope {
    /// The arena.
    fn terms(&mut self) -> &mut Terms;
    /// A column of an occurrence.
    fn column(&mut self, occ: OccId, column: ColumnIx, ty: &Type) -> Term;
    /// A row of an occurrence, or a part of it that has no column.
    fn row(&mut self, occ: OccId) -> Term;
    /// A subquery inside an expression: the rows of enclosing blocks that it depends on.
    fn subquery(&mut self, query: &Query) -> Vec<Term>;
}

/// The term of an expression.
pub fn lower(scope: &mut (impl Scope + ?Sized), expr: &Expr) -> Term {
    Lowering { scope, depth: 0 }.expr(expr)
}

struct Lowering<'s, S: Scope + ?Sized> {
    scope: &'s mut S,
    depth: u32,
}

impl<S: Scope + ?Sized> Lowering<'_, S> {
    fn expr(&mut self, expr: &Expr) -> Term {
        if self.depth >= MAX_DEPTH {
            return self.unread(expr);
        }
        self.depth += 1;
        let term = self.node(expr);
        self.depth -= 1;
        term
    }

    fn terms(&mut self) -> &mut Terms {
        self.scope.terms()
    }

    fn list(&mut self, list: &[Expr]) -> Vec<Term> {
        list.iter().map(|e| self.expr(e)).collect()
    }

    fn node(&mut self, expr: &Expr) -> Term {
        match &expr.kind {
            ExprKind::Column { occ, column } => self.scope.column(*occ, *column, &expr.ty),
            ExprKind::SystemColumn { occ, name } => {
                let row = self.scope.row(*occ);
                let rel = self.terms().rels(row).first().copied();
                match rel {
                    Some(rel) => self.terms().system_column(rel, name),
                    None => row,
                }
            }
            ExprKind::WholeRow(occ) => self.scope.row(*occ),
            ExprKind::Param(param) => self.terms().param(*param, &expr.ty),
            ExprKind::Literal(literal) => self.terms().literal(literal, &expr.ty),
            ExprKind::And(list) => {
                let list = self.list(list);
                self.terms().and(list)
            }
            ExprKind::Or(list) => {
                let list = self.list(list);
                self.terms().or(list)
            }
            ExprKind::Not(e) => {
                let t = self.expr(e);
                self.terms().not(t)
            }
            ExprKind::Compare { op, left, right } => {
                let (l, r) = (self.expr(left), self.expr(right));
                self.terms().compare(*op, l, r)
            }
            ExprKind::Distinct { negated, left, right } => {
                let (l, r) = (self.expr(left), self.expr(right));
                self.terms().distinct(*negated, l, r)
            }
            ExprKind::IsNull { negated, expr } => {
                let t = self.expr(expr);
                self.terms().is_null_test(*negated, t)
            }
            ExprKind::IsTruth { value, negated, expr } => {
                let t = self.expr(expr);
                self.terms().is_truth(*value, *negated, t)
            }
            ExprKind::Between { negated, symmetric, expr, low, high } => {
                let (t, low, high) = (self.expr(expr), self.expr(low), self.expr(high));
                self.between(*negated, *symmetric, t, low, high)
            }
            ExprKind::InList { negated, expr, list } => {
                let (left, list) = (self.expr(expr), self.list(list));
                self.terms().in_list(*negated, left, list)
            }
            ExprKind::Quantified { op, all, expr, array } => {
                let (left, array) = (self.expr(expr), self.expr(array));
                let op = like_symbol(op);
                self.terms().any(&op, *all, left, array)
            }
            ExprKind::Like { kind, negated, expr, pattern, escape } => {
                let (left, pattern) = (self.expr(expr), self.expr(pattern));
                self.like(*kind, *negated, left, pattern, escape.as_deref())
            }
            ExprKind::Operator { name, args } => {
                let args = self.list(args);
                let name = like_symbol(name);
                self.terms().operator(&name, args, &expr.ty)
            }
            ExprKind::Call(call) => self.call(call, &expr.ty),
            ExprKind::Cast(e) => {
                let t = self.expr(e);
                self.terms().cast(&expr.ty, t)
            }
            ExprKind::Collate { expr, collation } => {
                let t = self.expr(expr);
                self.terms().collate(t, collation)
            }
            ExprKind::Case { operand, arms, otherwise } => {
                let mut parts: Vec<Term> = operand.iter().map(|e| self.expr(e)).collect();
                for (when, then) in arms {
                    parts.push(self.expr(when));
                    parts.push(self.expr(then));
                }
                parts.extend(otherwise.iter().map(|e| self.expr(e)));
                let (operand, otherwise) = (operand.is_some(), otherwise.is_some());
                let node = Node::Case { operand, otherwise, parts: parts.into() };
                self.terms().plain(node, &expr.ty)
            }
            ExprKind::Row(list) => {
                let list = self.list(list);
                self.terms().plain(Node::Row(list.into()), &Type::of(BaseType::Record))
            }
            ExprKind::Array(list) => {
                let list = self.list(list);
                self.terms().array(list)
            }
            ExprKind::Field { expr: e, name } => {
                let t = self.expr(e);
                self.terms().plain(Node::Field(t, Symbol::from(name.as_str())), &expr.ty)
            }
            ExprKind::Subscript { expr: e, index } => {
                let (t, index) = (self.expr(e), self.list(index));
                self.terms().plain(Node::Subscript(t, index.into()), &expr.ty)
            }
            ExprKind::InQuery { negated: _, expr: e, query }
            | ExprKind::QuantifiedQuery { op: _, all: _, expr: e, query } => {
                let left = self.expr(e);
                self.subquery(Some(left), query, &expr.ty)
            }
            ExprKind::Exists(query) | ExprKind::Subquery(query) | ExprKind::ArrayQuery(query) => {
                self.subquery(None, query, &expr.ty)
            }
            ExprKind::Unsupported { what: _, parts } => {
                let parts = self.list(parts);
                self.terms().opaque(parts, &expr.ty, Flags { volatile: true, ..Flags::default() })
            }
            ExprKind::OutputColumn(_) | ExprKind::Default | ExprKind::Hole(_) | ExprKind::Unresolved(_) => {
                self.terms().opaque(Vec::new(), &expr.ty, Flags::default())
            }
        }
    }

    fn between(&mut self, negated: bool, symmetric: bool, of: Term, low: Term, high: Term) -> Term {
        use crate::query::model::CompareOp::{GtEq, LtEq};
        let terms = self.terms();
        let mut range = |low, high| {
            let (a, b) = (terms.compare(GtEq, of, low), terms.compare(LtEq, of, high));
            terms.and([a, b])
        };
        let mut within = range(low, high);
        if symmetric {
            let other = range(high, low);
            within = terms.or([within, other]);
        }
        if negated { terms.not(within) } else { within }
    }

    fn like(
        &mut self,
        kind: LikeKind,
        negated: bool,
        left: Term,
        pattern: Term,
        escape: Option<&str>,
    ) -> Term {
        let name = match (kind, negated) {
            (LikeKind::Like, false) => "~~",
            (LikeKind::Like, true) => "!~~",
            (LikeKind::ILike, false) => "~~*",
            (LikeKind::ILike, true) => "!~~*",
            (LikeKind::Regex | LikeKind::Similar, false) => "~",
            (LikeKind::Regex | LikeKind::Similar, true) => "!~",
            (LikeKind::IRegex, false) => "~*",
            (LikeKind::IRegex, true) => "!~*",
        };
        let terms = self.terms();
        let text = terms.constant(pattern).and_then(|c| c.text()).map(str::to_owned);
        let pattern = match (kind, text) {
            (LikeKind::Similar, Some(text)) => terms.text(&similar_as_regex(&text)),
            (LikeKind::Like | LikeKind::ILike, Some(text)) if escape.is_some_and(|e| e != "\\") => {
                let text = with_backslash(&text, escape.unwrap_or_default());
                terms.text(&text)
            }
            (LikeKind::Similar, None) => {
                let facts =
                    FunctionFacts { volatility: Volatility::Immutable, strict: true, set_returning: false };
                terms.call("similar_to_escape", vec![pattern], &Type::of(BaseType::Text), facts)
            }
            _ => pattern,
        };
        terms.operator(name, vec![left, pattern], &Type::of(BaseType::Bool))
    }

    fn call(&mut self, call: &Call, ty: &Type) -> Term {
        let mut args = self.list(&call.args);
        match call.kind {
            CallKind::Scalar | CallKind::SetReturning => {
                let facts = FunctionFacts {
                    volatility: call.volatility,
                    strict: call.strict,
                    set_returning: call.kind == CallKind::SetReturning,
                };
                self.terms().call(&call.name, args, ty, facts)
            }
            CallKind::Aggregate | CallKind::Window => {
                let mut rest = Vec::new();
                walk::each_of_call(call, &mut |e| rest.push(e));
                for e in rest.into_iter().skip(call.args.len()) {
                    args.push(self.expr(e));
                }
                self.terms().opaque(args, ty, Flags { aggregate: true, ..Flags::default() })
            }
        }
    }

    fn subquery(&mut self, left: Option<Term>, query: &Query, ty: &Type) -> Term {
        let outer = self.scope.subquery(query);
        let parts: Vec<Term> = left.into_iter().chain(outer).collect();
        // One that depends on nothing is run once, before the rest, and is a parameter from then on.
        let flags = Flags { subquery: !parts.is_empty(), ..Flags::default() };
        self.terms().opaque(parts, ty, flags)
    }

    /// A stand-in for an expression that is nested too deeply.
    fn unread(&mut self, expr: &Expr) -> Term {
        let flags = Flags { volatile: true, ..Flags::default() };
        self.terms().opaque(Vec::new(), &expr.ty, flags)
    }
}

/// LIKE and its kin by their operators.
fn like_symbol(op: &str) -> String {
    let words: Vec<String> = op.split_whitespace().map(str::to_uppercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["LIKE"] => "~~",
        ["NOT", "LIKE"] => "!~~",
        ["ILIKE"] => "~~*",
        ["NOT", "ILIKE"] => "!~~*",
        _ => return op.to_owned(),
    }
    .to_owned()
}

/// A LIKE pattern with another escape character, rewritten to use the backslash.
fn with_backslash(pattern: &str, escape: &str) -> String {
    let escape = escape.chars().next();
    let mut out = String::with_capacity(pattern.len() + 2);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            out.push('\\');
            out.extend(chars.next());
        } else if c == '\\' {
            out.push_str("\\\\");
        } else {
            out.push(c);
        }
    }
    out
}

/// A SIMILAR TO pattern as the regular expression that PostgreSQL makes of it.
fn similar_as_regex(pattern: &str) -> String {
    let mut out = String::from("^(?:");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            '.' | '^' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push_str(")$");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_rewritten_to_one_spelling() {
        assert_eq!(with_backslash("a!%b%", "!"), "a\\%b%");
        assert_eq!(with_backslash("a\\b", "!"), "a\\\\b");
        assert_eq!(similar_as_regex("ab%"), "^(?:ab.*)$");
        assert_eq!(similar_as_regex("a.b_"), "^(?:a\\.b.)$");
    }
}
