//! FROM and WHERE: joined rows, and the sides of outer joins that may be absent.

use std::collections::BTreeSet;

use crate::prove::congruence::Term;
use crate::query::model::{Expr, From, Join, JoinKind, OccId};
use crate::query::walk;

use super::predicate::Given;
use super::state::{Cond, Fact, OwnerTerm};
use super::{Lost, Prover};

/// A side of an outer join that may be absent.
struct Nullable {
    /// Not NULL: the side is present.
    token: Term,
    owners: Vec<OwnerTerm>,
    /// Owners of the side that is kept.
    kept: Vec<OwnerTerm>,
    occs: BTreeSet<OccId>,
    /// The other side's token, in a full join.
    other: Option<Term>,
}

/// Facts of a joined row from one part of FROM or WHERE.
struct Entry {
    facts: Vec<Fact>,
    /// The occurrences that the predicate names; none for what an occurrence is by itself.
    on: BTreeSet<OccId>,
    /// The sides that may be absent within which it stands.
    sides: Vec<Term>,
}

/// The FROM of a block under way.
#[derive(Default)]
struct Sources {
    entries: Vec<Entry>,
    nullable: Vec<Nullable>,
}

impl Sources {
    fn add(&mut self, facts: Vec<Fact>, on: BTreeSet<OccId>) {
        if !facts.is_empty() {
            self.entries.push(Entry { facts, on, sides: Vec::new() });
        }
    }

    fn into_facts(self) -> Vec<Fact> {
        self.entries.into_iter().flat_map(|e| e.facts).collect()
    }
}

impl<'a> Prover<'a> {
    /// FROM and WHERE: learns and returns the facts of a joined row; its owners are the frame's.
    pub(super) fn joined(&mut self, from: &'a [From], filter: Option<&'a Expr>) -> Vec<Fact> {
        let mut sources = Sources::default();
        self.state.push();
        for item in from {
            self.from(item, &mut sources);
        }
        let conditions: Vec<&'a Expr> = filter.into_iter().flat_map(walk::conjuncts).collect();
        self.filtered(&mut sources, conditions);
        self.state.pop();
        let facts = sources.into_facts();
        self.state.learn_all(&facts);
        facts
    }

    fn all_true(list: &[&'a Expr]) -> Vec<(&'a Expr, Given)> {
        list.iter().map(|e| (*e, Given::True)).collect()
    }

    /// WHERE, after FROM. Where outer joins may leave a side absent, in four steps: conditions on sides that are surely
    /// there; which sides the other conditions make present; judgement of the rest; the other conditions.
    fn filtered(&mut self, sources: &mut Sources, conjuncts: Vec<&'a Expr>) {
        if sources.nullable.is_empty() {
            let more = self.conjunction(&Self::all_true(&conjuncts));
            sources.add(more, BTreeSet::new());
            return;
        }
        let free: Vec<BTreeSet<OccId>> = conjuncts
            .iter()
            .map(|e| walk::free_occurrences_of_expr(self.st, e).into_iter().collect())
            .collect();
        let mut used: BTreeSet<usize> = BTreeSet::new();
        loop {
            let absent: BTreeSet<OccId> =
                sources.nullable.iter().flat_map(|n| n.occs.iter().copied()).collect();
            let now: Vec<usize> =
                (0..conjuncts.len()).filter(|i| !used.contains(i) && free[*i].is_disjoint(&absent)).collect();
            let list: Vec<&'a Expr> = now.iter().map(|i| conjuncts[*i]).collect();
            let more = self.conjunction(&Self::all_true(&list));
            self.state.learn_all(&more);
            sources.add(more, now.iter().flat_map(|i| free[*i].iter().copied()).collect());
            used.extend(now);
            // Which sides do the other conditions, or later joins, reject as absent?
            let others: Vec<&'a Expr> = (0..conjuncts.len())
                .filter(|i| !used.contains(i) && !super::predicate::has_subquery(conjuncts[*i]))
                .map(|i| conjuncts[i])
                .collect();
            self.state.push();
            let facts = self.conjunction(&Self::all_true(&others));
            self.state.learn_all(&facts);
            self.state.saturate();
            let present: Vec<Term> =
                sources.nullable.iter().map(|n| n.token).filter(|t| self.state.cc.is_non_null(*t)).collect();
            let impossible = self.state.cc.is_contradictory();
            self.state.pop();
            if present.is_empty() || impossible {
                break;
            }
            self.reduce(sources, &present);
        }
        let rest: Vec<&'a Expr> =
            (0..conjuncts.len()).filter(|i| !used.contains(i)).map(|i| conjuncts[i]).collect();
        self.judge_nullable(sources, &Self::all_true(&rest));
        let more = self.conjunction(&Self::all_true(&rest));
        self.state.learn_all(&more);
        sources.add(more, BTreeSet::new());
    }

    /// Outer joins whose nullable side is sure to be there are inner joins.
    fn reduce(&mut self, sources: &mut Sources, present: &[Term]) {
        let (reduced, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut sources.nullable).into_iter().partition(|n| present.contains(&n.token));
        sources.nullable = left;
        for mut side in reduced {
            let fact = Fact::NonNull(side.token);
            self.state.learn(&fact);
            sources.add(vec![fact], BTreeSet::new());
            self.top_frame().owners.append(&mut side.owners);
            // A full join of which this side is present is a join that may only lack the other one.
            for other in &mut sources.nullable {
                if other.other == Some(side.token) {
                    other.other = None;
                }
            }
        }
    }

    /// Every owner of a side that may be absent must be tied, or be an owner of the side that is kept: that the side is
    /// absent must not depend on rows of others. Conditions on the side that stand outside of it do not count: they
    /// choose among the rows that the join made, absent sides included.
    fn judge_nullable(&mut self, sources: &Sources, rest: &[(&'a Expr, Given)]) {
        let sides = &sources.nullable;
        let mut judged: BTreeSet<usize> = BTreeSet::new();
        for (i, side) in sides.iter().enumerate() {
            if judged.contains(&i) {
                continue;
            }
            let twin = side.other.and_then(|other| sides.iter().position(|s| s.token == other));
            if let Some(j) = twin {
                self.forget_conditions_on(sources, &[side, &sides[j]]);
                if self.full_join_by_merged_owner(side, &sides[j], rest) {
                    judged.insert(j);
                    continue;
                }
            }
            self.forget_conditions_on(sources, &[side]);
            self.state.push();
            self.state.learn(&Fact::NonNull(side.token));
            let mut around = self.enclosing_owners();
            if side.other.is_none() {
                around.extend(side.kept.iter().cloned());
            }
            for owner in &side.owners {
                if !self.is_tied_or(owner, &around) {
                    self.fail(owner, Lost::OuterJoin);
                }
            }
            self.state.pop();
        }
        self.forget_conditions_on(sources, &[]);
    }

    /// Learns the FROM under way anew, without the conditions outside of these sides that name their columns.
    fn forget_conditions_on(&mut self, sources: &Sources, sides: &[&Nullable]) {
        self.state.pop();
        self.state.push();
        for entry in &sources.entries {
            let outside = sides
                .iter()
                .any(|side| !entry.sides.contains(&side.token) && !entry.on.is_disjoint(&side.occs));
            if !outside {
                self.state.learn_all(&entry.facts);
            }
        }
    }

    /// A full join whose ON makes the owners of both sides one, and whose WHERE ties what is there.
    fn full_join_by_merged_owner(
        &mut self,
        left: &Nullable,
        right: &Nullable,
        rest: &[(&'a Expr, Given)],
    ) -> bool {
        self.state.push();
        self.state.learn(&Fact::NonNull(left.token));
        self.state.learn(&Fact::NonNull(right.token));
        let one = left.owners.iter().all(|o| self.is_tied_or(o, &right.owners))
            && right.owners.iter().all(|o| self.is_tied_or(o, &left.owners));
        self.state.pop();
        if !one {
            return false;
        }
        let plain: Vec<(&'a Expr, Given)> =
            rest.iter().filter(|(e, _)| !super::predicate::has_subquery(e)).copied().collect();
        [left, right].iter().all(|side| {
            self.state.push();
            self.state.learn(&Fact::NonNull(side.token));
            let facts = self.conjunction(&plain);
            self.state.learn_all(&facts);
            let tied = side.owners.iter().all(|o| self.is_tied(o));
            self.state.pop();
            tied
        })
    }

    fn from(&mut self, item: &'a From, sources: &mut Sources) {
        match item {
            From::Item(occ) => {
                let facts = self.occurrence(*occ);
                self.state.learn_all(&facts);
                sources.add(facts, BTreeSet::new());
            }
            From::Join(join) => self.join(join, sources),
        }
    }

    fn join(&mut self, join: &'a Join, sources: &mut Sources) {
        match join.kind {
            JoinKind::Inner => {
                self.from(&join.left, sources);
                self.from(&join.right, sources);
                self.on(join.on.as_ref(), sources);
            }
            JoinKind::Left => self.outer_join(&join.left, &join.right, join.on.as_ref(), sources),
            JoinKind::Right => self.outer_join(&join.right, &join.left, join.on.as_ref(), sources),
            JoinKind::Full => self.full_join(join, sources),
        }
    }

    /// Learns ON, remembering which occurrences each conjunct names.
    fn on(&mut self, on: Option<&'a Expr>, sources: &mut Sources) {
        let conjuncts: Vec<&'a Expr> = on.into_iter().flat_map(walk::conjuncts).collect();
        if sources.nullable.is_empty() && sources.entries.iter().all(|e| e.sides.is_empty()) {
            let facts = self.conjunction(&Self::all_true(&conjuncts));
            self.state.learn_all(&facts);
            sources.add(facts, self.named(&conjuncts));
            return;
        }
        for conjunct in conjuncts {
            let facts = self.conjunction(&[(conjunct, Given::True)]);
            self.state.learn_all(&facts);
            sources.add(facts, self.named(&[conjunct]));
        }
    }

    fn named(&self, list: &[&'a Expr]) -> BTreeSet<OccId> {
        list.iter().flat_map(|e| walk::free_occurrences_of_expr(self.st, e)).collect()
    }

    fn outer_join(&mut self, kept: &'a From, absent: &'a From, on: Option<&'a Expr>, sources: &mut Sources) {
        let (before, sides) = (self.frame_owners(), sources.nullable.len());
        self.from(kept, sources);
        let mut kept_owners: Vec<OwnerTerm> = self.top_frame().owners[before..].to_vec();
        kept_owners.extend(sources.nullable[sides..].iter().flat_map(|n| n.owners.iter().cloned()));
        let side = self.absent_side(absent, on, kept_owners, sources);
        sources.nullable.push(side);
    }

    fn full_join(&mut self, join: &'a Join, sources: &mut Sources) {
        let mut left = self.absent_side(&join.left, None, Vec::new(), sources);
        let mut right = self.absent_side(&join.right, None, Vec::new(), sources);
        let conjuncts: Vec<&'a Expr> = join.on.iter().flat_map(walk::conjuncts).collect();
        self.state.push();
        self.state.learn(&Fact::NonNull(left.token));
        self.state.learn(&Fact::NonNull(right.token));
        let facts = self.conjunction(&Self::all_true(&conjuncts));
        self.state.pop();
        let both = vec![Cond::NonNull(left.token), Cond::NonNull(right.token)];
        // At least one side is there.
        let some = Fact::any(vec![vec![Fact::NonNull(left.token)], vec![Fact::NonNull(right.token)]]);
        let facts = vec![Fact::when(both, facts), some];
        self.state.learn_all(&facts);
        let on = self.named(&conjuncts);
        sources.entries.push(Entry { facts, on, sides: vec![left.token, right.token] });
        left.other = Some(right.token);
        right.other = Some(left.token);
        left.kept = right.owners.clone();
        right.kept = left.owners.clone();
        sources.nullable.push(left);
        sources.nullable.push(right);
    }

    /// Reads a side that may be absent: its facts, and those of ON, hold where it is present.
    fn absent_side(
        &mut self,
        item: &'a From,
        on: Option<&'a Expr>,
        kept: Vec<OwnerTerm>,
        sources: &mut Sources,
    ) -> Nullable {
        let token = self.state.token();
        let (first_owner, first_inst) = (self.frame_owners(), self.insts.len());
        let occs: BTreeSet<OccId> = walk::from_occurrences(item).into_iter().collect();
        // Conditions on other sides that may be absent are told apart from the rest.
        let mut inner = Sources { entries: Vec::new(), nullable: Vec::new() };
        self.state.push();
        self.state.learn(&Fact::NonNull(token));
        self.from(item, &mut inner);
        let conjuncts: Vec<&'a Expr> = on.into_iter().flat_map(walk::conjuncts).collect();
        if inner.nullable.is_empty() && sources.nullable.is_empty() {
            let facts = self.conjunction(&Self::all_true(&conjuncts));
            inner.add(facts, self.named(&conjuncts));
        } else {
            for conjunct in conjuncts {
                let facts = self.conjunction(&[(conjunct, Given::True)]);
                self.state.learn_all(&facts);
                inner.add(facts, self.named(&[conjunct]));
            }
        }
        self.state.pop();
        let mut links = Vec::new();
        for info in &self.insts[first_inst..] {
            if occs.contains(&info.occ) {
                links.push(Fact::when(vec![Cond::NonNull(info.present)], vec![Fact::NonNull(token)]));
            }
        }
        // What is nullable within the side is there only where the side is.
        for nested in &inner.nullable {
            links.push(Fact::when(vec![Cond::NonNull(nested.token)], vec![Fact::NonNull(token)]));
        }
        self.state.learn_all(&links);
        sources.add(links, BTreeSet::new());
        for mut entry in inner.entries {
            let fact = Fact::when(vec![Cond::NonNull(token)], entry.facts);
            self.state.learn(&fact);
            entry.sides.push(token);
            sources.entries.push(Entry { facts: vec![fact], on: entry.on, sides: entry.sides });
        }
        // What is nullable within the side answers for itself.
        sources.nullable.append(&mut inner.nullable);
        let frame = self.top_frame();
        let owners = frame.owners.split_off(first_owner.min(frame.owners.len()));
        Nullable { token, owners, kept, occs, other: None }
    }
}
