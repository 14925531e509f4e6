//! Relation-valued expressions: output columns, owners, facts (TENANCY.md section 4).

use crate::prove::congruence::{Node, Term};
use crate::query::model::{
    Call, CallKind, CteBody, CteId, Distinct, Expr, ExprKind, Grouping, OccId, Query, Select, SetExpr, SetOp,
    Source,
};
use crate::query::walk;
use crate::schema::catalog::Dialect;
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

    // --- occurrences ---------------------------------------------------------------------------------------------

    pub(super) fn frame_owners(&self) -> usize {
        self.frames.last().map_or(0, |f| f.owners.len())
    }

    fn add_owners(&mut self, owners: Vec<OwnerTerm>) {
        self.top_frame().owners.extend(owners);
    }

    /// One occurrence: its owners join the frame's; its facts are returned, not learnt.
    pub(super) fn occurrence(&mut self, occ: OccId) -> Vec<Fact> {
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
        if let Some(row) = st.trigger_row(occ) {
            let inst = self.trigger_row(row);
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
                let mut facts = vec![Fact::NonNull(self.insts[inst.0 as usize].present)];
                facts.extend(self.visible(occ, inst));
                return facts;
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
                let mut rel = self.function_rows(calls, occurrence.columns.len());
                for call in calls {
                    rel.owners.extend(self.call(call, Some(occ)));
                    call.args.iter().for_each(|e| self.scalar(e));
                }
                rel
            }
            Source::View { view: _, query: None }
            | Source::Call(_)
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

    /// Whether a condition names only columns that have one value in each group, outside aggregates. PostgreSQL allows no
    /// other.
    fn is_grouped(&self, select: &Select, grouping: &Grouping, condition: &Expr) -> bool {
        if self.model.catalog.dialect == Dialect::Postgres {
            return true;
        }
        let own: Vec<OccId> = select.from.iter().flat_map(walk::from_occurrences).collect();
        let mut grouped = true;
        walk::walk_expr_while(condition, &mut |e| match &e.kind {
            ExprKind::Call(call) if call.kind == CallKind::Aggregate => false,
            ExprKind::Column { occ, column } => {
                let is_key = |key: &Expr| matches!(&key.kind, ExprKind::Column { occ: o, column: c } if o == occ && c == column);
                grouped &= !own.contains(occ) || grouping.keys.iter().any(is_key);
                true
            }
            _ => true,
        });
        grouped
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
                // Of a column that tells no groups apart (MySQL, SQLite), some row's value was taken.
                if self.is_grouped(select, grouping, having) {
                    self.state.learn_all(&more);
                    facts.extend(more);
                }
            }
            self.judge_expressions(select, query);
            self.state.push();
            if !grouping.explicit {
                let filters = self.aggregate_filters(select);
                self.state.learn_all(&filters);
            }
            let owners = std::mem::take(&mut self.top_frame().owners);
            let mixer = if grouping.explicit { "GROUP BY" } else { "an aggregate" };
            let (kept, told) = self.close_groups(owners, &keys, mixer, select.span);
            self.state.pop();
            self.state.learn_all(&told);
            facts.extend(told);
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
