//! Which expressions a level's equalities make equal (equivclass.c): equivalence classes over terms, each with one
//! collation, and the constant of a class. INDEXING.md section 0.5.
//!
//! The closure is the one of the tenancy proof, told less: that proof knows what is true where this must know what the
//! planner sees. PostgreSQL does not conclude `lower(a) = lower(b)` from `a = b`, keeps one class for each collation,
//! takes an equality of an outer join only towards its nullable side, and learns nothing from keys and foreign keys. A
//! condition found by more than that would be called an index condition that no plan has.

use std::collections::HashMap;

use crate::prove::congruence::{self, Congruence, Node};
use crate::prove::terms::{Coll, Rel, Term, Terms};

/// Equivalence classes of one level of a plan.
#[derive(Default)]
pub(super) struct Classes {
    /// A term under a collation is an atom: no function of it is equal to anything by that.
    closure: Congruence<(Term, Coll), (), ()>,
    members: Vec<congruence::Term>,
    /// In the order of their first members, once [`Classes::close`] ran.
    classes: Vec<Class>,
    /// Classes of which a term is a member, by term.
    of_term: HashMap<Term, Vec<usize>>,
}

/// One class.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) members: Vec<Term>,
    /// The collation under which they are equal.
    pub(super) coll: Coll,
    /// A member that does not depend on a relation of the level; a constant rather than a parameter.
    pub(super) constant: Option<Term>,
}

impl Classes {
    /// Says that two terms are equal under a collation.
    pub(super) fn unite(&mut self, a: Term, b: Term, coll: &Coll) {
        let (a, b) = (self.member(a, coll), self.member(b, coll));
        self.closure.unite(a, b, ());
    }

    fn member(&mut self, term: Term, coll: &Coll) -> congruence::Term {
        let member = self.closure.leaf((term, coll.clone()));
        if member.ix() == self.members.len() {
            self.members.push(member);
        }
        member
    }

    /// Sorts members into classes; to be called after the last [`Classes::unite`]. `level` are its relations.
    pub(super) fn close(&mut self, terms: &Terms, level: &dyn Fn(Rel) -> bool) {
        self.classes.clear();
        self.of_term.clear();
        let mut of_root: HashMap<congruence::Term, usize> = HashMap::new();
        for member in &self.members {
            let Node::Leaf((term, coll)) = self.closure.node(*member).clone() else { continue };
            let next = self.classes.len();
            let at = *of_root.entry(self.closure.root(*member)).or_insert(next);
            if at == next {
                self.classes.push(Class { members: Vec::new(), coll, constant: None });
            }
            let Some(class) = self.classes.get_mut(at) else { continue };
            class.members.push(term);
            let free = !terms.rels(term).iter().any(|r| level(*r));
            // The first constant of the text counts, and the others are not looked at.
            let known = |t: Term| terms.constant(t).is_some();
            if free && class.constant.is_none_or(|c| !known(c) && known(term)) {
                class.constant = Some(term);
            }
            self.of_term.entry(term).or_default().push(at);
        }
    }

    /// The classes that a term is in.
    pub(super) fn of(&self, term: Term) -> impl Iterator<Item = &Class> {
        self.of_term.get(&term).into_iter().flatten().filter_map(|at| self.classes.get(*at))
    }

    /// Every class, in a fixed order.
    pub(super) fn all(&self) -> &[Class] {
        &self.classes
    }

    /// What a term is equal to, under a collation, that does not depend on a relation of the level.
    pub(super) fn constant(&self, term: Term, coll: &Coll) -> Option<Term> {
        self.of(term).filter(|class| class.coll == *coll).find_map(|class| class.constant)
    }

    /// Whether two terms are equal under a collation.
    pub(super) fn same(&self, a: Term, b: Term, coll: &Coll) -> bool {
        a == b || self.of(a).any(|class| class.coll == *coll && class.members.contains(&b))
    }
}
