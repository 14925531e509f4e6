//! AND, OR, NOT and tests of one value in normal form (clauses.c `eval_const_expressions`, prepqual.c
//! `canonicalize_qual`).

use std::collections::HashSet;

use super::{BOOL, Const, Flags, Node, Symbol, Term, Terms, Value, operators};
use crate::query::model::Truth;

impl Terms {
    /// AND of terms: flattened, without constants and repetitions.
    pub fn and(&mut self, list: impl IntoIterator<Item = Term>) -> Term {
        let mut members = Vec::new();
        let mut seen = HashSet::new();
        for term in list {
            for t in self.conjuncts(term) {
                if self.is_bool(t, false) {
                    return t;
                }
                if !self.is_bool(t, true) && seen.insert(t) {
                    members.push(t);
                }
            }
        }
        match members.as_slice() {
            [] => self.bool(true),
            [one] => *one,
            _ => self.intern(Node::And(members.into()), BOOL, Flags::default()),
        }
    }

    /// OR of terms: flattened, without constants and repetitions; what all arms share is pulled out.
    pub fn or(&mut self, list: impl IntoIterator<Item = Term>) -> Term {
        let mut arms = Vec::new();
        let mut seen = HashSet::new();
        for term in list {
            for t in self.disjuncts(term) {
                if self.is_bool(t, true) {
                    return t;
                }
                if !self.is_bool(t, false) && seen.insert(t) {
                    arms.push(t);
                }
            }
        }
        match arms.as_slice() {
            [] => self.bool(false),
            [one] => *one,
            _ => self.factored(arms),
        }
    }

    /// `(a AND b) OR (a AND c)` is `a AND (b OR c)`; `a OR (a AND c)` is `a`.
    fn factored(&mut self, arms: Vec<Term>) -> Term {
        let mut common: Vec<Term> = arms.first().map(|t| self.conjuncts(*t)).unwrap_or_default();
        for arm in arms.iter().skip(1) {
            if common.is_empty() {
                break;
            }
            let members: HashSet<Term> = self.conjuncts(*arm).into_iter().collect();
            common.retain(|t| members.contains(t));
        }
        if common.is_empty() {
            return self.intern(Node::Or(arms.into()), BOOL, Flags::default());
        }
        let shared: HashSet<Term> = common.iter().copied().collect();
        let mut rest = Vec::new();
        for arm in arms {
            let members: Vec<Term> =
                self.conjuncts(arm).into_iter().filter(|t| !shared.contains(t)).collect();
            if members.is_empty() {
                return self.and(common);
            }
            rest.push(self.and(members));
        }
        let rest = self.or(rest);
        self.and(common.into_iter().chain([rest]))
    }

    /// NOT of a term, pushed down as far as it goes.
    pub fn not(&mut self, term: Term) -> Term {
        let node = match self.node(term).clone() {
            Node::Const(Const { ty: _, value: Value::Bool(b) }) => return self.bool(!b),
            Node::Const(Const { ty: _, value: Value::Null }) | Node::Opaque(..) => Node::Not(term),
            Node::Not(inner) => return inner,
            Node::And(list) => {
                let arms: Vec<Term> = list.iter().map(|t| self.not(*t)).collect();
                return self.or(arms);
            }
            Node::Or(list) => {
                let arms: Vec<Term> = list.iter().map(|t| self.not(*t)).collect();
                return self.and(arms);
            }
            Node::Compare(op, left, right, coll) => Node::Compare(operators::negated(op), left, right, coll),
            Node::Any { op, all, left, array, coll } => match negated_symbol(&op) {
                Some(op) => Node::Any { op: Symbol::from(op), all: !all, left, array, coll },
                None => Node::Not(term),
            },
            Node::Operator { name, args, coll } => match operators::negated_operator(&name) {
                Some(name) => Node::Operator { name: Symbol::from(name), args, coll },
                None => Node::Not(term),
            },
            Node::IsNull { negated, of } => Node::IsNull { negated: !negated, of },
            Node::IsTruth { value, negated, of } => Node::IsTruth { value, negated: !negated, of },
            Node::Distinct { negated, left, right } => Node::Distinct { negated: !negated, left, right },
            _ => Node::Not(term),
        };
        self.intern(node, BOOL, Flags::default())
    }

    /// IS [NOT] NULL.
    pub fn is_null_test(&mut self, negated: bool, of: Term) -> Term {
        if let Some(c) = self.constant(of) {
            let answer = (c.value == Value::Null) != negated;
            return self.bool(answer);
        }
        let of = self.without_collate(of);
        self.intern(Node::IsNull { negated, of }, BOOL, Flags::default())
    }

    /// IS [NOT] TRUE and the like.
    pub(super) fn is_truth(&mut self, value: Truth, negated: bool, of: Term) -> Term {
        if let Some(c) = self.constant(of) {
            let is = match (&c.value, value) {
                (Value::Null, Truth::Unknown)
                | (Value::Bool(true), Truth::True)
                | (Value::Bool(false), Truth::False) => Some(true),
                (Value::Null | Value::Bool(_), _) => Some(false),
                _ => None,
            };
            if let Some(is) = is {
                return self.bool(is != negated);
            }
        }
        self.intern(Node::IsTruth { value, negated, of }, BOOL, Flags::default())
    }

    /// IS [NOT] DISTINCT FROM; with NULL it is a NULL test.
    pub(super) fn distinct(&mut self, negated: bool, left: Term, right: Term) -> Term {
        for (side, other) in [(left, right), (right, left)] {
            if self.is_null(other) {
                return self.is_null_test(!negated, side);
            }
        }
        let (left, right, _) = self.aligned(left, right);
        self.intern(Node::Distinct { negated, left, right }, BOOL, Flags::default())
    }
}

/// The negator of an operator of `op ANY`.
fn negated_symbol(op: &str) -> Option<&'static str> {
    match operators::comparison(op) {
        Some(op) => Some(operators::symbol(operators::negated(op))),
        None => operators::negated_operator(op),
    }
}
