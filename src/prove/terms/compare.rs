//! Comparisons as operator resolution leaves them: the casts of their sides, their collation, lists and rows.

use super::constant::{Relation, array_elements};
use super::{BOOL, Coll, Const, Derivation, Flags, Node, Symbol, Term, Terms, Value, operators, resolve};
use crate::query::model::CompareOp;
use crate::schema::types::{BaseType, Type};

impl Terms {
    /// A comparison as PostgreSQL resolves it.
    pub fn compare(&mut self, op: CompareOp, left: Term, right: Term) -> Term {
        if let (Node::Row(l), Node::Row(r)) = (self.node(left).clone(), self.node(right).clone())
            && l.len() == r.len()
        {
            return self.compare_rows(op, &l, &r);
        }
        let (left, right, coll) = self.aligned(left, right);
        if let (Some(l), Some(r)) = (self.constant(left), self.constant(right)) {
            if l.value == Value::Null || r.value == Value::Null {
                return self.null(&BOOL);
            }
            // Only what any collation agrees on is folded.
            if let Some(answer) = holds(op, l.relation(r, &coll, "")) {
                return self.bool(answer);
            }
        }
        if self.is_null(left) || self.is_null(right) {
            return self.null(&BOOL);
        }
        for (side, other) in [(left, right), (right, left)] {
            if self.ty(side).base == BaseType::Bool
                && let Some(Const { ty: _, value: Value::Bool(b) }) = self.constant(other)
            {
                match (op, b) {
                    (CompareOp::Eq, true) | (CompareOp::NotEq, false) => return side,
                    (CompareOp::Eq, false) | (CompareOp::NotEq, true) => return self.not(side),
                    _ => {}
                }
            }
        }
        self.intern(Node::Compare(op, left, right, coll), BOOL, Flags::default())
    }

    /// An equality that is known to compare under a collation, between sides that need no cast.
    pub fn equality(&mut self, left: Term, right: Term, coll: &Coll) -> Term {
        self.intern(Node::Compare(CompareOp::Eq, left, right, coll.clone()), BOOL, Flags::default())
    }

    fn compare_rows(&mut self, op: CompareOp, left: &[Term], right: &[Term]) -> Term {
        match op {
            CompareOp::Eq | CompareOp::NotEq => {
                let members: Vec<Term> =
                    left.iter().zip(right).map(|(l, r)| self.compare(op, *l, *r)).collect();
                if op == CompareOp::Eq { self.and(members) } else { self.or(members) }
            }
            CompareOp::Lt | CompareOp::LtEq | CompareOp::Gt | CompareOp::GtEq => {
                let (mut ls, mut rs) = (Vec::new(), Vec::new());
                for (l, r) in left.iter().zip(right) {
                    let (l, r, _) = self.aligned_keeping_collate(*l, *r);
                    ls.push(l);
                    rs.push(r);
                }
                let record = Type::of(BaseType::Record);
                let l = self.intern(Node::Row(ls.into()), record.clone(), Flags::default());
                let r = self.intern(Node::Row(rs.into()), record, Flags::default());
                self.intern(Node::Compare(op, l, r, Coll::None), BOOL, Flags::default())
            }
        }
    }

    /// Both sides with the casts of operator resolution, without their outermost COLLATE, and the collation.
    pub(super) fn aligned(&mut self, left: Term, right: Term) -> (Term, Term, Coll) {
        let (left, right, coll) = self.aligned_keeping_collate(left, right);
        (self.without_collate(left), self.without_collate(right), coll)
    }

    fn aligned_keeping_collate(&mut self, left: Term, right: Term) -> (Term, Term, Coll) {
        let (mut left, mut right) = (left, right);
        if let Some(to) = self.literal_takes(left, right) {
            left = self.cast(&to, left);
        } else if let Some(to) = self.literal_takes(right, left) {
            right = self.cast(&to, right);
        }
        let (l, r) = resolve::casts(self.ty(left), self.ty(right));
        if let Some(to) = l {
            left = self.cast(&to, left);
        }
        if let Some(to) = r {
            right = self.cast(&to, right);
        }
        let coll = self.comparison_collation(left, right);
        (left, right, coll)
    }

    /// The collation with which two terms compare; none where the type of one of them has none.
    pub fn comparison_collation(&self, left: Term, right: Term) -> Coll {
        // An array of untyped parameters takes its element type from the other side, as a parameter does.
        let without =
            |t: Term| self.ty(t).base != BaseType::Unknown && *self.derivation(t) == Derivation::None;
        if without(left) || without(right) {
            return Coll::None;
        }
        self.derivation(left).combine(self.derivation(right)).collation()
    }

    /// The type that an untyped literal takes from what it is compared with.
    fn literal_takes(&self, literal: Term, other: Term) -> Option<Type> {
        self.constant(literal).filter(|c| c.ty.is_unknown())?;
        let ty = self.ty(other);
        if !ty.is_unknown() {
            return Some(Type { length: None, scale: None, ..ty.clone() });
        }
        self.constant(other).map(|_| Type::of(BaseType::Text))
    }

    /// A term without the COLLATE on top of it.
    pub fn without_collate(&self, term: Term) -> Term {
        match self.node(term) {
            Node::Collate(_, inner) => *inner,
            _ => term,
        }
    }

    /// `left op ANY (array)`, `left op ALL (array)`.
    pub(super) fn any(&mut self, op: &str, all: bool, left: Term, array: Term) -> Term {
        let op = if op == "!=" { "<>" } else { op };
        let array = self.array_of_text(left, array);
        let (left, array) = match self.node(array).clone() {
            Node::Array(list) => {
                let common = resolve::common(list.iter().map(|t| self.ty(*t)));
                let list = match common {
                    Some(ty) => list.iter().map(|t| self.cast(&ty, *t)).collect(),
                    None => list.to_vec(),
                };
                self.aligned_list(left, list)
            }
            _ => {
                let element = self.ty(array).clone().element();
                match resolve::casts(self.ty(left), &element).0 {
                    Some(to) => (self.cast(&to, left), array),
                    None => (left, array),
                }
            }
        };
        self.quantified(op, all, left, array)
    }

    /// An OR of equalities of one expression with values as one `= ANY`.
    pub fn as_list(&mut self, term: Term) -> Option<Term> {
        let Node::Or(arms) = self.node(term) else { return None };
        let mut operand = None;
        let mut values = Vec::new();
        for arm in arms {
            let Node::Compare(CompareOp::Eq, l, r, _) = self.node(*arm) else { return None };
            let (of, value) = if self.rels(*r).is_empty() { (*l, *r) } else { (*r, *l) };
            if !self.rels(value).is_empty() || operand.is_some_and(|o| o != of) {
                return None;
            }
            operand = Some(of);
            values.push(value);
        }
        let array = self.array(values);
        Some(self.any("=", false, operand?, array))
    }

    /// Gives the untyped literal `'{...}'` its elements.
    fn array_of_text(&mut self, left: Term, array: Term) -> Term {
        let Some(text) = self.constant(array).and_then(Const::text) else { return array };
        let ty = match self.ty(array) {
            ty if ty.array => ty.clone().element(),
            ty if ty.is_unknown() => self.ty(left).clone(),
            _ => return array,
        };
        let Some(elements) = array_elements(text) else { return array };
        let names = self.types.clone();
        let list: Vec<Term> = elements
            .into_iter()
            .map(|e| match e {
                Some(text) => self.konst(Const::read(&text, &ty, &names)),
                None => self.null(&ty),
            })
            .collect();
        self.array(list)
    }

    fn quantified(&mut self, op: &str, all: bool, left: Term, array: Term) -> Term {
        let coll = self.comparison_collation(left, array);
        let left = self.without_collate(left);
        let node = Node::Any { op: Symbol::from(op), all, left, array, coll };
        self.intern(node, BOOL, Flags::default())
    }

    /// A value and the elements it is compared with, each with the casts of operator resolution.
    fn aligned_list(&mut self, left: Term, list: Vec<Term>) -> (Term, Term) {
        let element = list.iter().map(|t| self.ty(*t)).find(|ty| !ty.is_unknown()).cloned();
        let element = element.unwrap_or_else(|| self.ty(left).clone());
        let (mut left, mut target) = (left, Type { length: None, scale: None, ..element });
        let (l, r) = resolve::casts(self.ty(left), &target);
        if let Some(to) = l {
            left = self.cast(&to, left);
        }
        if let Some(to) = r {
            target = to;
        }
        let list = list
            .into_iter()
            .map(|t| {
                let literal = self.constant(t).is_some_and(|c| c.ty.is_unknown());
                if literal
                    || resolve::casts(self.ty(t), &target).0.is_some()
                    || self.ty(t).base != target.base
                {
                    self.cast_literal(&target, t)
                } else {
                    t
                }
            })
            .collect();
        (left, self.array(list))
    }

    /// A literal brought to a type; anything else is left alone.
    pub(super) fn cast_literal(&mut self, ty: &Type, term: Term) -> Term {
        if self.constant(term).is_some() { self.cast(ty, term) } else { term }
    }

    /// `left [NOT] IN (list)`: equalities with members that use columns, one test against an array of the others.
    pub(super) fn in_list(&mut self, negated: bool, left: Term, list: Vec<Term>) -> Term {
        let row = matches!(self.node(left), Node::Row(_));
        let (plain, rest): (Vec<Term>, Vec<Term>) =
            list.into_iter().partition(|t| self.rels(*t).is_empty() && !row);
        let op = if negated { CompareOp::NotEq } else { CompareOp::Eq };
        let mut arms = Vec::new();
        if plain.len() > 1 {
            let types = [left].into_iter().chain(plain.iter().copied());
            let types: Vec<Type> = types.map(|t| self.ty(t).clone()).collect();
            let (left, plain) = match resolve::common(types.iter()) {
                Some(ty) if !self.ty(left).array => {
                    let plain = plain.into_iter().map(|t| self.cast(&ty, t)).collect();
                    let (cast, _) = resolve::casts(self.ty(left), &ty);
                    (cast.map_or(left, |to| self.cast(&to, left)), plain)
                }
                _ => (left, plain),
            };
            let (left, array) = self.aligned_list(left, plain);
            arms.push(self.quantified(operators::symbol(op), negated, left, array));
        } else {
            for t in plain {
                arms.push(self.compare(op, left, t));
            }
        }
        for t in rest {
            arms.push(self.compare(op, left, t));
        }
        if negated { self.and(arms) } else { self.or(arms) }
    }
}

/// Whether a comparison holds between constants that relate so.
pub fn holds(op: CompareOp, relation: Relation) -> Option<bool> {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    Some(match (relation, op) {
        (Relation::Unknown, _) => return None,
        (Relation::Different, Eq) => false,
        (Relation::Different, NotEq) => true,
        (Relation::Different, _) => return None,
        (Relation::Less, Lt | LtEq | NotEq)
        | (Relation::Equal, Eq | LtEq | GtEq)
        | (Relation::Greater, Gt | GtEq | NotEq) => true,
        (Relation::Less | Relation::Equal | Relation::Greater, _) => false,
    })
}
