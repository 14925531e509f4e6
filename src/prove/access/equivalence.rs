//! Which expressions a level's equalities make equal (equivclass.c): equivalence classes over terms, each with one
//! collation, and the constant of a class. INDEXING.md section 0.5.
//!
//! Not the congruence closure of the tenancy proof, which knows what is true where this must know what the planner sees:
//! PostgreSQL does not conclude `lower(a) = lower(b)` from `a = b`, keeps one class for each collation, takes an equality
//! of an outer join only towards its nullable side, and learns nothing from keys and foreign keys. A condition found by
//! more than that would be called an index condition that no plan has.

use std::collections::HashMap;

use crate::prove::terms::{Coll, Rel, Term, Terms};

/// Equivalence classes of one level of a plan.
#[derive(Debug, Default)]
pub(super) struct Classes {
    ids: HashMap<(Term, Coll), usize>,
    members: Vec<(Term, Coll)>,
    parent: Vec<usize>,
    /// By root, once [`Classes::close`] ran.
    classes: HashMap<usize, Class>,
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
        let (a, b) = (self.id(a, coll), self.id(b, coll));
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.parent.get_mut(a) {
            *parent = b;
        }
    }

    fn id(&mut self, term: Term, coll: &Coll) -> usize {
        let next = self.members.len();
        let id = *self.ids.entry((term, coll.clone())).or_insert(next);
        if id == next {
            self.members.push((term, coll.clone()));
            self.parent.push(next);
        }
        id
    }

    fn root(&mut self, id: usize) -> usize {
        let mut at = id;
        while let Some(&parent) = self.parent.get(at)
            && parent != at
        {
            // Halving keeps paths short.
            let grand = self.parent.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parent.get_mut(at) {
                *slot = grand;
            }
            at = grand;
        }
        at
    }

    /// Sorts members into classes; to be called after the last [`Classes::unite`]. `level` are its relations.
    pub(super) fn close(&mut self, terms: &Terms, level: &dyn Fn(Rel) -> bool) {
        self.classes.clear();
        self.of_term.clear();
        for id in 0..self.members.len() {
            let root = self.root(id);
            let Some((term, coll)) = self.members.get(id).cloned() else { continue };
            let new = || Class { members: Vec::new(), coll, constant: None };
            let class = self.classes.entry(root).or_insert_with(new);
            class.members.push(term);
            let free = !terms.rels(term).iter().any(|r| level(*r));
            // The first constant of the text counts, and the others are not looked at.
            let known = |t: Term| terms.constant(t).is_some();
            if free && class.constant.is_none_or(|c| !known(c) && known(term)) {
                class.constant = Some(term);
            }
            self.of_term.entry(term).or_default().push(root);
        }
    }

    /// The classes that a term is in.
    pub(super) fn of(&self, term: Term) -> impl Iterator<Item = &Class> {
        self.of_term.get(&term).into_iter().flatten().filter_map(|root| self.classes.get(root))
    }

    /// Every class, in a fixed order.
    pub(super) fn all(&self) -> Vec<&Class> {
        let mut roots: Vec<&usize> = self.classes.keys().collect();
        roots.sort_unstable();
        roots.into_iter().filter_map(|root| self.classes.get(root)).collect()
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
