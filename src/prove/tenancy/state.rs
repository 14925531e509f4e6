//! What is known at a point of a statement: the closure, conditional facts, case splits, and goals over them.
//!
//! A [`Fact`] is data, so that a block can hand the facts about its rows to the block that reads it. Presence of an
//! occurrence in a joined row is a term of its own: not NULL means present. A column that is not NULL makes its
//! occurrence present, and the facts of an outer join's ON hold when its nullable side is present.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::prove::congruence::{Congruence, Node, Term};
use crate::query::model::{Literal, ParamId};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, IndexId, RelId};
use crate::source::Span;

/// One use of an occurrence: an occurrence of a WITH query's body is used once for each reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Inst(pub(super) u32);

/// Atoms of the closure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Leaf {
    /// A column of an occurrence.
    Column(Inst, ColumnIx),
    /// A part of the owner of an occurrence's row, where no column holds it.
    Owner(Inst, u8),
    /// Not NULL: the occurrence is present in the joined row.
    Present(Inst),
    /// Not NULL: the case (an arm of a set operation, the nullable side of a join) applies.
    Token(u32),
    /// A parameter.
    Param(ParamId),
    /// Some element of an array parameter.
    Element(ParamId, u32),
    /// A configured session expression, by position.
    Session(u32),
    /// Any other constant of the session.
    Constant(String),
    /// A literal.
    Literal(Literal),
    /// A value that nothing is known of.
    Fresh(u32),
}

/// Function symbols of the closure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fun {
    /// The column of the row that has that key.
    Column(IndexId, ColumnIx),
    /// A part of the owner of the row that has that key.
    Owner(IndexId, u8),
}

/// Why a fact holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// A predicate of the statement.
    Predicate(Span),
    /// Rows that agree on a unique key agree on every column.
    Key(IndexId),
    /// A foreign key ties the columns of the row it refers to.
    Reference(ForeignKeyId),
    /// A row belongs to the owner of the row that its foreign key refers to.
    Parent(ForeignKeyId),
    /// An output column of a query is the expression it selects.
    Output,
    /// A value written by the statement.
    Written(Span),
    /// A row that is already there agrees with the proposed one in the columns of ON CONFLICT.
    Arbiter(Span),
}

/// A condition on the present knowledge.
#[derive(Clone, Debug)]
pub(super) enum Cond {
    NonNull(Term),
    Null(Term),
    Same(Term, Term),
}

impl Cond {
    fn terms(&self) -> impl Iterator<Item = Term> + use<> {
        let (a, b) = match self {
            Cond::NonNull(t) | Cond::Null(t) => (*t, None),
            Cond::Same(a, b) => (*a, Some(*b)),
        };
        [a].into_iter().chain(b)
    }
}

/// A fact about the current rows.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// The same value, NULL included.
    Same(Term, Term, Why),
    NonNull(Term),
    Null(Term),
    /// The facts hold where the conditions do.
    When(Rc<(Vec<Cond>, Vec<Fact>)>),
    /// The facts of at least one arm hold.
    Any(Rc<Vec<Vec<Fact>>>),
    /// Cannot be.
    Never,
}

impl Fact {
    pub(super) fn when(conds: Vec<Cond>, facts: Vec<Fact>) -> Fact {
        Fact::When(Rc::new((conds, facts)))
    }

    pub(super) fn any(arms: Vec<Vec<Fact>>) -> Fact {
        Fact::Any(Rc::new(arms))
    }
}

/// A guard of [`State`], with whether it has fired in the present scope.
struct Guard {
    rule: Rc<(Vec<Cond>, Vec<Fact>)>,
    fired: bool,
}

/// Guards in order, by the terms that their conditions are about, and those of which a condition may hold by now.
#[derive(Default)]
struct Guards {
    list: Vec<Guard>,
    /// By term: guards that have it in a condition, ascending.
    watching: Vec<Vec<usize>>,
    woken: BTreeSet<usize>,
}

impl Guards {
    fn add(&mut self, rule: Rc<(Vec<Cond>, Vec<Fact>)>) {
        let at = self.list.len();
        for term in rule.0.iter().flat_map(Cond::terms) {
            if self.watching.len() <= term.ix() {
                self.watching.resize_with(term.ix() + 1, Vec::new);
            }
            self.watching[term.ix()].push(at);
        }
        self.list.push(Guard { rule, fired: false });
        self.woken.insert(at);
    }

    fn truncate(&mut self, len: usize) {
        while self.list.len() > len {
            let Some(guard) = self.list.pop() else { return };
            for term in guard.rule.0.iter().flat_map(Cond::terms) {
                // The guards of the list are the last that watch a term, in order.
                self.watching[term.ix()].pop();
            }
        }
        self.woken.split_off(&len);
    }

    fn wake(&mut self, term: Term) {
        for at in self.watching.get(term.ix()).into_iter().flatten() {
            if !self.list[*at].fired {
                self.woken.insert(*at);
            }
        }
    }

    /// Takes back that a guard fired.
    fn rearm(&mut self, at: usize) {
        if let Some(guard) = self.list.get_mut(at) {
            guard.fired = false;
            self.woken.insert(at);
        }
    }
}

struct Mark {
    guards: usize,
    cases: usize,
    fired: usize,
}

/// Everything known at a point.
#[derive(Default)]
pub(super) struct State {
    pub(super) cc: Congruence<Leaf, Fun, Why>,
    guards: Guards,
    /// Guards that hold in every scope (what the schema says of an occurrence).
    axioms: Guards,
    /// Guards that fired, in order: whether it is an axiom, and its position.
    fired: Vec<(bool, usize)>,
    cases: Vec<Rc<Vec<Vec<Fact>>>>,
    marks: Vec<Mark>,
    fresh: u32,
    /// Steps that may still be spent on case splits.
    pub(super) fuel: u32,
}

/// How many steps of case splitting one statement may take. Generous: an ordinary proof takes none to ten.
const FUEL: u32 = 4_000;
/// How many splits may be nested in one proof.
const MAX_SPLITS: u32 = 6;
/// A disjunction of more arms than this is not split.
const MAX_ARMS: usize = 64;

impl State {
    pub(super) fn new() -> Self {
        State { fuel: FUEL, ..State::default() }
    }

    pub(super) fn push(&mut self) {
        self.cc.push();
        self.marks.push(Mark {
            guards: self.guards.list.len(),
            cases: self.cases.len(),
            fired: self.fired.len(),
        });
    }

    pub(super) fn pop(&mut self) {
        self.cc.pop();
        let Some(mark) = self.marks.pop() else { return };
        for (axiom, at) in self.fired.drain(mark.fired..) {
            let guards = if axiom { &mut self.axioms } else { &mut self.guards };
            guards.rearm(at);
        }
        self.guards.truncate(mark.guards);
        self.cases.truncate(mark.cases);
    }

    pub(super) fn fresh(&mut self) -> Term {
        self.fresh += 1;
        self.cc.leaf(Leaf::Fresh(self.fresh))
    }

    pub(super) fn token(&mut self) -> Term {
        self.fresh += 1;
        self.cc.leaf(Leaf::Token(self.fresh))
    }

    pub(super) fn element(&mut self, param: ParamId) -> Term {
        self.fresh += 1;
        self.cc.leaf(Leaf::Element(param, self.fresh))
    }

    /// Enters a rule that holds in every scope.
    pub(super) fn axiom(&mut self, conds: Vec<Cond>, facts: Vec<Fact>) {
        self.axioms.add(Rc::new((conds, facts)));
    }

    /// Learns a fact for the present scope.
    pub(super) fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::Same(a, b, why) => self.cc.unite(*a, *b, why.clone()),
            Fact::NonNull(t) => self.cc.set_non_null(*t),
            Fact::Null(t) => self.cc.set_null(*t),
            Fact::When(rule) => self.guards.add(Rc::clone(rule)),
            Fact::Any(arms) => match arms.as_slice() {
                [] => self.cc.contradict(),
                [only] => self.learn_all(only),
                _ => self.cases.push(Rc::clone(arms)),
            },
            Fact::Never => self.cc.contradict(),
        }
    }

    pub(super) fn learn_all(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.learn(fact);
        }
    }

    fn holds(&self, cond: &Cond) -> bool {
        match cond {
            Cond::NonNull(t) => self.cc.is_non_null(*t),
            Cond::Null(t) => self.cc.is_null(*t),
            Cond::Same(a, b) => self.cc.same(*a, *b),
        }
    }

    /// Fires every rule whose conditions hold, until nothing is left to fire: axioms first, each list in order, so that
    /// what is derived does not depend on what woke a rule.
    pub(super) fn saturate(&mut self) {
        loop {
            self.wake();
            if self.axioms.woken.is_empty() && self.guards.woken.is_empty() {
                return;
            }
            for axiom in [true, false] {
                let mut from = 0;
                loop {
                    let guards = if axiom { &mut self.axioms } else { &mut self.guards };
                    let Some(&at) = guards.woken.range(from..).next() else { break };
                    guards.woken.remove(&at);
                    from = at + 1;
                    let rule = Rc::clone(&guards.list[at].rule);
                    if !guards.list[at].fired && rule.0.iter().all(|c| self.holds(c)) {
                        let guards = if axiom { &mut self.axioms } else { &mut self.guards };
                        guards.list[at].fired = true;
                        self.fired.push((axiom, at));
                        self.learn_all(&rule.1);
                        self.wake();
                    }
                }
            }
        }
    }

    /// Wakes the rules of which a condition may hold since the closure changed.
    fn wake(&mut self) {
        for term in self.cc.take_changed() {
            self.axioms.wake(term);
            self.guards.wake(term);
        }
    }

    /// Whether the goal holds, if need be in every case of a split. The goal sees a saturated state, and is asked once
    /// for each case. Contradictory cases count as proved: no row is in them.
    pub(super) fn prove(&mut self, goal: &mut dyn FnMut(&State) -> bool) -> bool {
        self.prove_each(&mut |state| goal(state).then_some(())).is_some()
    }

    /// The same, with what proved the goal in each case that can be; none where some case has no proof.
    pub(super) fn prove_each<T>(&mut self, goal: &mut dyn FnMut(&State) -> Option<T>) -> Option<Vec<T>> {
        let mut found = Vec::new();
        self.prove_from(goal, &mut found, 0, 0).then_some(found)
    }

    fn prove_from<T>(
        &mut self,
        goal: &mut dyn FnMut(&State) -> Option<T>,
        found: &mut Vec<T>,
        first_case: usize,
        depth: u32,
    ) -> bool {
        self.saturate();
        if self.cc.is_contradictory() {
            return true;
        }
        if let Some(proof) = goal(self) {
            found.push(proof);
            return true;
        }
        if depth >= MAX_SPLITS {
            return false;
        }
        let before = found.len();
        let mut at = first_case;
        while at < self.cases.len() {
            let arms = Rc::clone(&self.cases[at]);
            at += 1;
            if arms.len() > MAX_ARMS {
                continue;
            }
            let mut all = true;
            for arm in arms.iter() {
                if self.fuel == 0 {
                    return false;
                }
                self.fuel -= 1;
                self.push();
                self.learn_all(arm);
                let proved = self.prove_from(goal, found, at, depth + 1);
                self.pop();
                if !proved {
                    all = false;
                    break;
                }
            }
            if all {
                return true;
            }
            found.truncate(before);
        }
        false
    }

    /// A term of the same value that is built of allowed leaves only, where there is one.
    pub(super) fn express(&mut self, term: Term, allowed: &dyn Fn(&State, Term) -> bool) -> Option<Term> {
        self.saturate();
        self.express_at(term, allowed, 0)
    }

    fn express_at(&mut self, term: Term, allowed: &dyn Fn(&State, Term) -> bool, depth: u32) -> Option<Term> {
        if depth > 4 {
            return None;
        }
        let class: Vec<Term> = self.cc.class(term).collect();
        if let Some(found) = class.iter().find(|t| allowed(self, **t)) {
            return Some(*found);
        }
        for t in class {
            let Node::App(symbol, args) = self.cc.node(t).clone() else { continue };
            let mut expressed = Vec::with_capacity(args.len());
            for arg in args {
                match self.express_at(arg, allowed, depth + 1) {
                    Some(arg) => expressed.push(arg),
                    None => break,
                }
            }
            if let Node::App(_, args) = self.cc.node(t)
                && args.len() == expressed.len()
            {
                return Some(self.cc.app(symbol, expressed));
            }
        }
        None
    }
}

/// The owner of a row that something depends on.
#[derive(Clone, Debug)]
pub(super) struct OwnerTerm {
    /// The occurrence whose rows they are.
    pub(super) inst: Inst,
    /// The parts of the owner; the row belongs to a tenant if every part is that tenant.
    pub(super) parts: Vec<Term>,
    /// Tokens of the cases in which the row counts.
    pub(super) when: Vec<Term>,
    /// Whether a row without an owner is everybody's (a NULL tenant column), so that reading it is fine.
    pub(super) shareable: bool,
    /// Whether rows are written, for which an owner must be known not to be NULL.
    pub(super) written: bool,
}

/// The relation behind an occurrence, as the prover sees it.
#[derive(Clone, Debug)]
pub(super) struct InstInfo {
    pub(super) occ: crate::query::model::OccId,
    pub(super) rel: Option<RelId>,
    /// The level of the tenants that own its rows, where that is not the relation's to say.
    pub(super) level: Option<usize>,
    pub(super) present: Term,
}
