//! Which NULLs make a condition not true (predtest.c `clause_is_strict_for`, clauses.c `find_nonnullable_rels`).
//! Errs towards "not strict".

use super::{Node, Rel, Term, Terms, Value, operators};
use crate::query::model::Truth;

impl Terms {
    /// Whether `clause` cannot be true when `of` is NULL.
    pub fn refutes_null(&self, clause: Term, of: Term) -> bool {
        self.strict_for(clause, of, true)
    }

    /// Whether `term` is NULL when `of` is.
    pub fn propagates_null(&self, term: Term, of: Term) -> bool {
        self.strict_for(term, of, false)
    }

    /// Whether `term` is NULL (or, with `may_be_false`, not true) when `of` is NULL.
    fn strict_for(&self, term: Term, of: Term, may_be_false: bool) -> bool {
        if term == of {
            return true;
        }
        match self.node(term) {
            Node::Const(c) => c.value == Value::Null,
            // A comparison of rows can be true with a NULL behind the member that decides.
            Node::Compare(_, left, right, _) => {
                !self.is_row(*left)
                    && !self.is_row(*right)
                    && (self.strict_for(*left, of, false) || self.strict_for(*right, of, false))
            }
            Node::Operator { name, args, coll: _ } => {
                self.is_strict_operator(name, args) && args.iter().any(|t| self.strict_for(*t, of, false))
            }
            Node::Call { name: _, args } => {
                self.facts(term).flags.strict && args.iter().any(|t| self.strict_for(*t, of, false))
            }
            Node::Cast(_, t) | Node::Collate(_, t) => self.strict_for(*t, of, false),
            // `x op ANY (no element)` is false, `x op ALL (no element)` is true, whatever x is.
            Node::Any { op: _, all, left, array, coll: _ } => {
                let some_element = matches!(self.node(*array), Node::Array(list) if !list.is_empty());
                ((!all && may_be_false) || some_element) && self.strict_for(*left, of, false)
                    || self.strict_for(*array, of, false)
            }
            _ => false,
        }
    }

    /// Relations of which a row of NULLs would make the condition not true, ascending.
    pub fn nonnull_rels(&self, clause: Term) -> Vec<Rel> {
        let mut rels = self.nonnull(clause, true);
        rels.sort_unstable();
        rels.dedup();
        rels
    }

    fn nonnull(&self, term: Term, top: bool) -> Vec<Rel> {
        let of = |list: &[Term]| list.iter().flat_map(|t| self.nonnull(*t, false)).collect();
        match self.node(term) {
            Node::Column(rel, _) | Node::SystemColumn(rel, _) => vec![*rel],
            Node::And(list) if top => list.iter().flat_map(|t| self.nonnull(*t, true)).collect(),
            Node::And(list) | Node::Or(list) => {
                let mut arms = list.iter().map(|t| self.nonnull(*t, top));
                let mut common = arms.next().unwrap_or_default();
                for arm in arms {
                    common.retain(|r| arm.contains(r));
                }
                common
            }
            Node::Not(t) | Node::Cast(_, t) | Node::Collate(_, t) => self.nonnull(*t, false),
            Node::Compare(_, left, right, _) if !self.is_row(*left) && !self.is_row(*right) => {
                of(&[*left, *right])
            }
            Node::Operator { name, args, coll: _ } if self.is_strict_operator(name, args) => of(args),
            Node::Call { name: _, args } if self.facts(term).flags.strict => of(args),
            Node::Any { op: _, all: false, left, array, coll: _ } if top => of(&[*left, *array]),
            Node::Any { op: _, all: _, left, array, coll: _ } => match self.node(*array) {
                Node::Array(list) if !list.is_empty() => of(&[*left]),
                _ => Vec::new(),
            },
            Node::IsNull { negated: true, of: t } if top => self.nonnull(*t, false),
            Node::IsTruth { value: Truth::True | Truth::False, negated: false, of: t } if top => {
                self.nonnull(*t, false)
            }
            Node::IsTruth { value: Truth::Unknown, negated: true, of: t } if top => self.nonnull(*t, false),
            _ => Vec::new(),
        }
    }

    fn is_row(&self, term: Term) -> bool {
        matches!(self.node(term), Node::Row(_))
    }

    fn is_strict_operator(&self, name: &str, args: &[Term]) -> bool {
        operators::is_strict(name, args.iter().any(|t| self.ty(*t).array))
    }
}
