//! Relation-valued expressions: output columns, owners, facts (TENANCY.md section 4).

use std::collections::BTreeSet;

use crate::prove::congruence::{Node, Term};
use crate::query::model::{
    Call, CallKind, CteBody, CteId, Distinct, Expr, ExprKind, From, Join, JoinKind, OccId, Query, Select,
    SetExpr, SetOp, Source,
};
use crate::query::walk;
use crate::schema::catalog::{Catalog, FunctionId, Volatility};
use crate::source::Span;

use super::predicate::Given;
use super::state::{Cond, Fact, Leaf, OwnerTerm, Why};
use super::tenants::element_param;
use super::{Lost, MAX_INSTS, MAX_OWNERS, Prover};

/// What is known of the rows of a relation-valued expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Rel {
    /// Output columns.
    pub(super) outputs: Vec<Term>,
    /// Whose rows a row depends on, apart from tied owners.
    pub(super) owners: Vec<OwnerTerm>,
    /// Facts of every row. Empty where a row may come out of no input row.
    pub(super) facts: Vec<Fact>,
    /// Facts that hold where that output column is not NULL (`max(c)` is some row's `c`).
    pub(super) witness: Vec<(usize, Vec<Fact>)>,
}

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
    /// A query's rows. What it learns is forgotten again, except through the result.
    pub(super) fn query(&mut self, query: &'a Query) -> Rel {
        self.with(&query.with);
        if let SetExpr::Select(select) = &query.body {
            return self.select(select, query);
        }
        self.frames.push(super::Frame::default());
        let rel = match &query.body {
            SetExpr::SetOp { op, all, left, right } => self.set_operation(*op, *all, left, right, query.span),
            SetExpr::Values(rows) => self.values(rows),
            SetExpr::Nested(inner) => self.query(inner),
            SetExpr::Select(_) => Rel::default(),
        };
        let rel = self.sorted(rel, query);
        self.frames.pop();
        rel
    }

    /// Data-modifying WITH queries run whether they are read or not.
    pub(super) fn with(&mut self, with: &[CteId]) {
        let st = self.st;
        for &id in with {
            if let CteBody::Modify(body) = &st.cte(id).body {
                let rel = self.modify(body);
                self.returned.insert(id, rel);
            }
        }
    }

    /// ORDER BY, LIMIT and OFFSET over rows that are no block of their own.
    fn sorted(&mut self, mut rel: Rel, query: &'a Query) -> Rel {
        self.state.push();
        self.state.learn_all(&rel.facts);
        walk::query_exprs(query, &mut |e| self.scalar(e));
        rel.owners.append(&mut self.top_frame().owners);
        if query.limit.is_some() || query.offset.is_some() {
            rel.owners = self.close(std::mem::take(&mut rel.owners), &[], "LIMIT", query.span);
        }
        self.state.pop();
        rel
    }

    fn values(&mut self, rows: &'a [Vec<Expr>]) -> Rel {
        let width = rows.first().map_or(0, Vec::len);
        let outputs: Vec<Term> = (0..width).map(|_| self.state.fresh()).collect();
        let mut arms = Vec::new();
        for row in rows {
            let mut arm = Vec::new();
            for (out, value) in outputs.iter().zip(row) {
                self.scalar(value);
                arm.extend(self.value_facts(*out, value));
            }
            arms.push(arm);
        }
        let facts = match arms.len() {
            0 => vec![Fact::Never],
            1 => arms.pop().unwrap_or_default(),
            _ => {
                // What all rows have in common needs no case split.
                let mut facts = Vec::new();
                for (i, out) in outputs.iter().enumerate() {
                    let mut terms = rows.iter().filter_map(|row| row.get(i)).map(|e| self.term(e));
                    if let Some(first) = terms.next()
                        && terms.all(|t| t == first)
                        && !matches!(self.state.cc.node(first), Node::Leaf(Leaf::Fresh(_)))
                    {
                        facts.push(Fact::Same(*out, first, Why::Output));
                    }
                }
                facts.push(super::either(arms));
                facts
            }
        };
        Rel { outputs, owners: Vec::new(), facts, witness: Vec::new() }
    }

    /// What an output column's value says of it.
    pub(super) fn value_facts(&mut self, out: Term, value: &'a Expr) -> Vec<Fact> {
        if super::tenants::is_null_literal(value) {
            return vec![Fact::Null(out)];
        }
        let term = self.term(value);
        let mut facts = vec![Fact::Same(out, term, Why::Output)];
        if let ExprKind::Literal(_) = value.kind {
            facts.push(Fact::NonNull(out));
        }
        facts
    }

    // --- set operations ----------------------------------------------------------------------------------------

    fn set_operation(&mut self, op: SetOp, all: bool, left: &'a Query, right: &'a Query, at: Span) -> Rel {
        let l = self.query(left);
        let r = self.query(right);
        let width = l.outputs.len().min(r.outputs.len());
        let outputs: Vec<Term> = (0..width).map(|_| self.state.fresh()).collect();
        let link = |rel: &Rel| -> Vec<Fact> {
            outputs.iter().zip(&rel.outputs).map(|(o, i)| Fact::Same(*o, *i, Why::Output)).collect()
        };
        let (l_link, r_link) = (link(&l), link(&r));
        match (op, all) {
            (SetOp::Union, true) => {
                let (lt, rt) = (self.state.token(), self.state.token());
                let mut facts = Vec::new();
                let mut owners = Vec::new();
                for (query, mut rel, link, token) in [(left, l, l_link, lt), (right, r, r_link, rt)] {
                    self.settled(query, &mut rel);
                    let holds = link.into_iter().chain(rel.facts).collect();
                    facts.push(Fact::when(vec![Cond::NonNull(token)], holds));
                    owners.extend(rel.owners.into_iter().map(|mut o| {
                        o.when.push(token);
                        o
                    }));
                }
                facts.push(Fact::any(vec![vec![Fact::NonNull(lt)], vec![Fact::NonNull(rt)]]));
                if owners.len() > MAX_OWNERS {
                    for owner in std::mem::take(&mut owners) {
                        self.give_up(&owner, Lost::Mixed("a set operation of so many arms", at));
                    }
                }
                Rel { outputs, owners, facts, witness: Vec::new() }
            }
            _ => {
                // Rows of both arms decide about one row: owners must be named by its columns.
                let what = match op {
                    SetOp::Union => "UNION",
                    SetOp::Intersect => "INTERSECT",
                    SetOp::Except => "EXCEPT",
                };
                let (lt, rt) = (self.state.token(), self.state.token());
                let mut owners = self.by_position(&l, &l_link, &outputs, what, at);
                owners.extend(self.by_position(&r, &r_link, &outputs, what, at));
                let mut l_facts: Vec<Fact> = l_link.into_iter().chain(l.facts).collect();
                let r_facts: Vec<Fact> = r_link.into_iter().chain(r.facts).collect();
                let facts = match op {
                    SetOp::Union => vec![
                        Fact::when(vec![Cond::NonNull(lt)], l_facts),
                        Fact::when(vec![Cond::NonNull(rt)], r_facts),
                        Fact::any(vec![vec![Fact::NonNull(lt)], vec![Fact::NonNull(rt)]]),
                    ],
                    SetOp::Intersect => {
                        l_facts.extend(r_facts);
                        l_facts
                    }
                    SetOp::Except => l_facts,
                };
                Rel { outputs, owners, facts, witness: Vec::new() }
            }
        }
    }

    /// Takes the owners that an arm ties by itself off its list, so that a long chain of arms carries none along.
    fn settled(&mut self, arm: &Query, rel: &mut Rel) {
        if matches!(arm.body, SetExpr::SetOp { .. }) || rel.owners.is_empty() {
            return;
        }
        self.state.push();
        self.state.learn_all(&rel.facts);
        let owners = std::mem::take(&mut rel.owners);
        rel.owners = owners.into_iter().filter(|owner| !self.is_tied(owner)).collect();
        self.state.pop();
    }

    /// An arm's owners in terms of the operation's output columns; those that are tied are done, others are lost.
    fn by_position(
        &mut self,
        arm: &Rel,
        link: &[Fact],
        outputs: &[Term],
        what: &'static str,
        at: Span,
    ) -> Vec<OwnerTerm> {
        self.state.push();
        self.state.learn_all(&arm.facts);
        self.state.learn_all(link);
        let owners = self.close(arm.owners.clone(), outputs, what, at);
        self.state.pop();
        owners
    }

    // --- one block ---------------------------------------------------------------------------------------------

    fn select(&mut self, select: &'a Select, query: &'a Query) -> Rel {
        self.state.push();
        self.frames.push(super::Frame::default());
        let facts = self.joined(&select.from, select.filter.as_ref());
        let rel = self.output(select, query, facts);
        self.frames.pop();
        self.state.pop();
        rel
    }

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

    // --- FROM --------------------------------------------------------------------------------------------------

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

    fn frame_owners(&self) -> usize {
        self.frames.last().map_or(0, |f| f.owners.len())
    }

    fn add_owners(&mut self, owners: Vec<OwnerTerm>) {
        self.top_frame().owners.extend(owners);
    }

    /// One occurrence: its owners join the frame's; its facts are returned, not learnt.
    fn occurrence(&mut self, occ: OccId) -> Vec<Fact> {
        let st = self.st;
        let occurrence = st.occurrence(occ);
        if self.insts.len() >= MAX_INSTS {
            // Given up: an owner that nothing can tie.
            let inst = self.inst(occ, None);
            let part = self.state.fresh();
            self.touched = true;
            self.scoped.insert(occ);
            self.add_owners(vec![OwnerTerm {
                inst,
                parts: vec![part],
                when: Vec::new(),
                shareable: false,
                written: false,
            }]);
            return vec![Fact::NonNull(self.insts[inst.0 as usize].present)];
        }
        let rel = match &occurrence.source {
            Source::Table(rel) => {
                let inst = self.inst(occ, Some(*rel));
                self.table_axioms(inst, *rel, occurrence.only, false);
                if let Some(owner) = self.owner_of(inst, *rel, false)
                    && !self.dropped.contains(&occ)
                {
                    self.add_owners(vec![owner]);
                }
                return vec![Fact::NonNull(self.insts[inst.0 as usize].present)];
            }
            Source::View { view: _, query: Some(query) } => self.query(query),
            Source::Derived(query) => self.query(query),
            Source::Cte(id) if self.open.contains(id) && !self.hypotheses.contains_key(id) => {
                // A WITH query that reads itself in a way that PostgreSQL does not allow.
                return self.given_up(occ);
            }
            Source::Cte(id) => {
                self.open.push(*id);
                let rel = self.reference(*id);
                self.open.pop();
                rel
            }
            Source::Function { calls, ordinality: _ } => {
                for call in calls {
                    self.call(call);
                    call.args.iter().for_each(|e| self.scalar(e));
                }
                self.function_rows(calls, occurrence.columns.len())
            }
            Source::View { view: _, query: None }
            | Source::System(_)
            | Source::Tuple(_)
            | Source::Unknown(_) => {
                let inst = self.inst(occ, None);
                return vec![Fact::NonNull(self.insts[inst.0 as usize].present)];
            }
        };
        self.bind_rows(occ, rel)
    }

    /// An occurrence whose owner nothing can tie.
    fn given_up(&mut self, occ: OccId) -> Vec<Fact> {
        let inst = self.inst(occ, None);
        let part = self.state.fresh();
        self.touched = true;
        self.scoped.insert(occ);
        let owner = OwnerTerm { inst, parts: vec![part], when: Vec::new(), shareable: false, written: false };
        self.add_owners(vec![owner]);
        vec![Fact::NonNull(self.insts[inst.0 as usize].present)]
    }

    /// Gives an occurrence the columns of a relation: equal where the occurrence is present.
    pub(super) fn bind_rows(&mut self, occ: OccId, rel: Rel) -> Vec<Fact> {
        let inst = self.inst(occ, None);
        let present = self.insts[inst.0 as usize].present;
        let used: Vec<u32> = self.uses.get(&occ).into_iter().flatten().copied().collect();
        self.presence_axioms(inst, &used);
        let mut facts = vec![Fact::NonNull(present)];
        for (i, out) in rel.outputs.iter().enumerate() {
            let column = self.column(inst, i as u32);
            facts.push(Fact::Same(column, *out, Why::Output));
        }
        facts.extend(rel.facts);
        for (i, more) in rel.witness {
            if let Some(out) = rel.outputs.get(i) {
                facts.push(Fact::when(vec![Cond::NonNull(*out)], more));
            }
        }
        self.add_owners(rel.owners);
        facts
    }

    fn function_rows(&mut self, calls: &'a [Call], width: usize) -> Rel {
        let outputs = (0..width)
            .map(|i| match element_param(calls, i) {
                Some(param) => self.state.element(param),
                None => self.state.fresh(),
            })
            .collect();
        Rel { outputs, ..Rel::default() }
    }

    // --- what a block makes of its rows ------------------------------------------------------------------------

    fn output(&mut self, select: &'a Select, query: &'a Query, mut facts: Vec<Fact>) -> Rel {
        let mut from_rows = true;
        let mut masked = Vec::new();
        if let Some(grouping) = &select.grouping {
            grouping.keys.iter().chain(&grouping.partial).for_each(|e| self.scalar(e));
            let keys: Vec<Term> = grouping.keys.iter().map(|e| self.term(e)).collect();
            for expr in &grouping.partial {
                if let ExprKind::Column { occ, column } = &expr.kind
                    && self.masked.insert((*occ, *column))
                {
                    masked.push((*occ, *column));
                }
            }
            if let Some(having) = &select.having {
                let more = self.conjunction(&[(having, Given::True)]);
                self.state.learn_all(&more);
                facts.extend(more);
            }
            self.judge_expressions(select, query);
            self.state.push();
            if !grouping.explicit {
                let filters = self.aggregate_filters(select);
                self.state.learn_all(&filters);
            }
            let owners = std::mem::take(&mut self.top_frame().owners);
            let mixer = if grouping.explicit { "GROUP BY" } else { "an aggregate" };
            let kept = self.close(owners, &keys, mixer, select.span);
            self.state.pop();
            self.top_frame().owners = kept;
            from_rows = !grouping.empty_set;
        }
        if select.grouping.is_none() {
            self.judge_expressions(select, query);
        }
        if select.windowed {
            self.windows(select, query);
        }
        let outputs: Vec<Term> = select.output.iter().map(|o| self.output_term(&o.expr)).collect();
        match &select.distinct {
            Distinct::No => {}
            Distinct::Yes => self.close_frame(&outputs, "DISTINCT", select.span),
            Distinct::On(keys) => {
                let keys: Vec<Term> = keys.iter().map(|e| self.term(e)).collect();
                self.close_frame(&keys, "DISTINCT ON", select.span);
            }
        }
        if query.limit.is_some() || query.offset.is_some() {
            self.close_frame(&[], "LIMIT", query.span);
        }
        let mut extra = Vec::new();
        for (out, output) in outputs.iter().zip(&select.output) {
            if is_never_null(&output.expr) {
                extra.push(Fact::NonNull(*out));
            }
        }
        let witness = if from_rows || select.grouping.as_ref().is_none_or(|g| g.explicit) {
            Vec::new()
        } else {
            self.extremes(select, &outputs, &facts)
        };
        for key in masked {
            self.masked.remove(&key);
        }
        let owners = std::mem::take(&mut self.top_frame().owners);
        if from_rows {
            facts.extend(extra);
        } else {
            facts = extra;
        }
        Rel { outputs, owners, facts, witness }
    }

    /// Judges the subqueries of the select list, DISTINCT ON, ORDER BY and LIMIT. Before rows are grouped: an
    /// aggregate's argument is computed for every row of its group.
    fn judge_expressions(&mut self, select: &'a Select, query: &'a Query) {
        select.output.iter().for_each(|o| self.scalar(&o.expr));
        walk::query_exprs(query, &mut |e| self.scalar(e));
        if let Distinct::On(keys) = &select.distinct {
            keys.iter().for_each(|e| self.scalar(e));
        }
    }

    pub(super) fn top_frame(&mut self) -> &mut super::Frame {
        if self.frames.is_empty() {
            self.frames.push(super::Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn close_frame(&mut self, keys: &[Term], mixer: &'static str, at: Span) {
        let owners = std::mem::take(&mut self.top_frame().owners);
        let kept = self.close(owners, keys, mixer, at);
        self.top_frame().owners = kept;
    }

    /// The term of an output column. An array parameter unnested in the select list gives its elements.
    fn output_term(&mut self, expr: &'a Expr) -> Term {
        if let ExprKind::Call(call) = &expr.kind
            && call.name == "unnest"
            && call.args.len() == 1
            && let Some(param) = element_param(std::slice::from_ref(&**call), 0)
        {
            return self.state.element(param);
        }
        self.term(expr)
    }

    /// Where every aggregate of a block has a FILTER, only rows that pass one of them matter.
    fn aggregate_filters(&mut self, select: &'a Select) -> Vec<Fact> {
        let mut filters: Vec<&'a Expr> = Vec::new();
        let mut all = true;
        let mut look = |e: &'a Expr| {
            if let ExprKind::Call(call) = &e.kind
                && call.kind == CallKind::Aggregate
            {
                match &call.filter {
                    Some(filter) => filters.push(filter),
                    None => all = false,
                }
            }
        };
        for output in &select.output {
            walk::walk_expr(&output.expr, &mut look);
        }
        if let Some(having) = &select.having {
            walk::walk_expr(having, &mut look);
        }
        if !all || filters.is_empty() || filters.iter().any(|f| super::predicate::has_subquery(f)) {
            return Vec::new();
        }
        let arms = filters.into_iter().map(|f| self.conjunction(&[(f, Given::True)])).collect();
        vec![super::either(arms)]
    }

    /// A row's window value depends on every row of its partition.
    fn windows(&mut self, select: &'a Select, query: &'a Query) {
        let mut calls: Vec<&'a Call> = Vec::new();
        let mut look = |e: &'a Expr| {
            if let ExprKind::Call(call) = &e.kind
                && call.over.is_some()
            {
                calls.push(call);
            }
        };
        for output in &select.output {
            walk::walk_expr(&output.expr, &mut look);
        }
        for order in &query.order_by {
            walk::walk_expr(&order.expr, &mut look);
        }
        if let Distinct::On(keys) = &select.distinct {
            for key in keys {
                walk::walk_expr(key, &mut look);
            }
        }
        if calls.is_empty() {
            self.close_frame(&[], "a window function", select.span);
        }
        for call in calls {
            let keys: Vec<Term> =
                call.over.iter().flat_map(|w| &w.partition_by).map(|e| self.term(e)).collect();
            self.close_frame(&keys, "a window function", call.span);
        }
    }

    /// `max(c)` and `min(c)` over a block are the `c` of some row.
    fn extremes(&mut self, select: &'a Select, outputs: &[Term], facts: &[Fact]) -> Vec<(usize, Vec<Fact>)> {
        let mut witness = Vec::new();
        for (i, output) in select.output.iter().enumerate() {
            if let ExprKind::Call(call) = &output.expr.kind
                && call.kind == CallKind::Aggregate
                && matches!(call.name.as_str(), "min" | "max")
                && call.filter.is_none()
                && let [arg] = call.args.as_slice()
            {
                let term = self.term(arg);
                let mut holds = facts.to_vec();
                holds.push(Fact::Same(outputs[i], term, Why::Output));
                holds.push(Fact::NonNull(term));
                witness.push((i, holds));
            }
        }
        witness
    }
}

fn is_never_null(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(literal) => *literal != crate::query::model::Literal::Null,
        ExprKind::Call(call) => call.name == "count" && call.over.is_none(),
        _ => false,
    }
}

/// Whether a function of the catalog may read tables: it is not IMMUTABLE, and its body is not plain.
pub(super) fn may_read_tables(catalog: &Catalog, id: FunctionId) -> bool {
    let function = catalog.function(id);
    if function.volatility == Volatility::Immutable {
        return false;
    }
    let Some(body) = &function.body else { return true };
    if !matches!(function.language.as_str(), "sql" | "plpgsql") {
        return true;
    }
    let text = body.fragment.text.to_ascii_lowercase();
    ["from", "insert", "update", "delete", "merge", "execute", "perform", "truncate", "copy", "call", "table"]
        .iter()
        .any(|word| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|token| token == *word))
}
