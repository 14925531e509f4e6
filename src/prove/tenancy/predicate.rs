//! The facts of a predicate that is known to be TRUE (or FALSE), and the dependencies of the subqueries in it.
//!
//! | predicate | facts |
//! | --- | --- |
//! | `p AND q` | of both |
//! | `p OR q`, `IN` of several | one of the arms holds |
//! | `NOT p` | of p being FALSE |
//! | `a = b` of an identity type | the same value, both not NULL |
//! | `a = b` of another type, `<`, LIKE, ... | strict operands are not NULL |
//! | `a IS NOT DISTINCT FROM b` | the same value, perhaps NULL |
//! | EXISTS, IN, `= ANY`, `= (query)` | some row of the query has its facts |
//! | `IS NOT TRUE`, ELSE, NOT EXISTS, NOT IN, `<>` | none |
//!
//! A subquery is judged where it stands, under what the rest of the condition says: a row that the rest rejects does
//! not matter. A conjunct may therefore use what conjuncts judged before it say, never the other way round as well.

use crate::prove::congruence::Term;
use crate::query::model::{CompareOp, Expr, ExprKind, Literal, Query, Truth};
use crate::query::walk;

use super::relation::Rel;
use super::state::{Fact, Leaf, Why};
use super::tenants::{array_of, array_param, is_null_literal, no_difference, row_of};
use super::{Failure, Lost, Prover};

/// What is known of a condition: it is TRUE, or it is FALSE. (That it is not TRUE says nothing.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    True,
    False,
}

impl Given {
    fn not(self) -> Given {
        match self {
            Given::True => Given::False,
            Given::False => Given::True,
        }
    }
}

/// A condition whose subqueries could not be judged at first.
struct Pending<'a> {
    expr: &'a Expr,
    given: Given,
    failed: Vec<Failure>,
    facts: Vec<Fact>,
}

impl<'a> Prover<'a> {
    /// Facts of a list of conditions that all hold, and judgement of the subqueries in them. Nothing is learnt.
    pub(super) fn conjunction(&mut self, list: &[(&'a Expr, Given)]) -> Vec<Fact> {
        let mut flat: Vec<(&'a Expr, Given)> = Vec::new();
        for (expr, given) in list {
            flatten(expr, *given, &mut flat);
        }
        let (mut with, without): (Vec<_>, Vec<_>) = flat.into_iter().partition(|(e, _)| has_subquery(e));
        let mut facts = Vec::new();
        self.state.push();
        for (expr, given) in &without {
            let more = self.condition(expr, *given);
            self.state.learn_all(&more);
            facts.extend(more);
        }
        let more = self.ranges(&without);
        self.state.learn_all(&more);
        facts.extend(more);
        // Those that fail are tried again once others have said what they know; of a bounded number, since what is
        // nested in them is judged again as well.
        let mut pending: Vec<Pending<'a>> = Vec::new();
        let mut progress = false;
        for (expr, given) in with.drain(..) {
            let before = self.failures.len();
            let more = self.condition(expr, given);
            let failed = self.failures.split_off(before);
            if failed.is_empty() {
                progress = true;
                self.state.learn_all(&more);
                facts.extend(more);
            } else {
                pending.push(Pending { expr, given, failed, facts: more });
            }
        }
        for Pending { expr, given, mut failed, facts: mut more } in pending {
            if progress && self.retries > 0 {
                self.retries -= 1;
                let before = self.failures.len();
                more = self.condition(expr, given);
                failed = self.failures.split_off(before);
            }
            progress |= failed.is_empty();
            self.failures.extend(failed);
            self.state.learn_all(&more);
            facts.extend(more);
        }
        self.state.pop();
        facts
    }

    /// Judges the subqueries of an expression whose value matters whatever it is.
    pub(super) fn scalar(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Case { operand, arms, otherwise } => {
                operand.iter().for_each(|e| self.scalar(e));
                for (i, (when, then)) in arms.iter().enumerate() {
                    self.scalar(when);
                    // What follows THEN is read only where WHEN is true.
                    self.state.push();
                    if operand.is_none() && i == 0 && !has_subquery(when) {
                        let facts = self.condition(when, Given::True);
                        self.state.learn_all(&facts);
                    }
                    self.scalar(then);
                    self.state.pop();
                }
                otherwise.iter().for_each(|e| self.scalar(e));
            }
            ExprKind::InQuery { negated: _, expr: operand, query }
            | ExprKind::QuantifiedQuery { op: _, all: _, expr: operand, query } => {
                self.scalar(operand);
                let rel = self.query(query);
                self.depend(rel, &[]);
            }
            ExprKind::Exists(query) | ExprKind::Subquery(query) | ExprKind::ArrayQuery(query) => {
                let rel = self.query(query);
                self.depend(rel, &[]);
            }
            ExprKind::Call(call) => {
                let owners = self.call(call, None);
                if !owners.is_empty() {
                    self.depend(Rel { owners, ..Rel::default() }, &[]);
                }
                if let Some(filter) = &call.filter {
                    self.state.push();
                    let facts = self.conjunction(&[(filter, Given::True)]);
                    self.state.learn_all(&facts);
                    call.args.iter().for_each(|e| self.scalar(e));
                    self.state.pop();
                } else {
                    call.args.iter().for_each(|e| self.scalar(e));
                }
                call.order_by.iter().for_each(|o| self.scalar(&o.expr));
                if let Some(window) = &call.over {
                    window.partition_by.iter().for_each(|e| self.scalar(e));
                    window.order_by.iter().for_each(|o| self.scalar(&o.expr));
                }
            }
            _ => walk::each_child(expr, &mut |e| self.scalar(e)),
        }
    }

    /// A row of the current block depends on every row of a subquery: each owner must be tied, or be an owner of the
    /// rows around it, or be a function of the current row, which then answers for it.
    pub(super) fn depend(&mut self, rel: Rel, linked: &[Fact]) {
        self.state.push();
        self.state.learn_all(&rel.facts);
        self.state.learn_all(linked);
        let around = self.enclosing_owners();
        let mut passed = Vec::new();
        for owner in rel.owners {
            if self.is_tied_or(&owner, &around) {
                continue;
            }
            match self.in_terms_of(&owner, &[], true) {
                Some(owner) => passed.push(owner),
                None => self.fail(&owner, Lost::Subquery),
            }
        }
        self.state.pop();
        if let Some(frame) = self.frames.last_mut() {
            frame.owners.extend(passed);
        }
    }

    /// Facts of one condition; its subqueries are judged.
    fn condition(&mut self, expr: &'a Expr, given: Given) -> Vec<Fact> {
        match &expr.kind {
            ExprKind::And(list) if given == Given::True => {
                let list: Vec<_> = list.iter().map(|e| (e, given)).collect();
                self.conjunction(&list)
            }
            ExprKind::Or(list) if given == Given::False => {
                let list: Vec<_> = list.iter().map(|e| (e, given)).collect();
                self.conjunction(&list)
            }
            ExprKind::And(list) | ExprKind::Or(list) => {
                let arms = list.iter().map(|e| self.conjunction(&[(e, given)])).collect();
                vec![super::either(arms)]
            }
            ExprKind::Not(inner) => self.condition(inner, given.not()),
            ExprKind::Literal(Literal::Bool(value)) => {
                if *value == (given == Given::True) {
                    Vec::new()
                } else {
                    vec![Fact::Never]
                }
            }
            ExprKind::Literal(Literal::Null) => vec![Fact::Never],
            ExprKind::IsTruth { value, negated, expr: inner } => match (value, negated, given) {
                (Truth::True, false, Given::True) | (Truth::True, true, Given::False) => {
                    self.condition(inner, Given::True)
                }
                (Truth::False, false, Given::True) | (Truth::False, true, Given::False) => {
                    self.condition(inner, Given::False)
                }
                _ => self.no_facts(inner),
            },
            ExprKind::Compare { op, left, right } => self.comparison(*op, left, right, given),
            ExprKind::Distinct { negated, left, right } => {
                let same = *negated == (given == Given::True);
                if let (Some((condition, truth)), true) = (tested_truth(left, right), same) {
                    return self.condition(condition, truth);
                }
                self.scalar(left);
                self.scalar(right);
                if same && self.compares_identity(left, right) && !is_row(left) {
                    self.same_or_null(left, right, expr)
                } else {
                    Vec::new()
                }
            }
            ExprKind::IsNull { negated, expr: inner } => {
                self.scalar(inner);
                self.null_test(inner, *negated == (given == Given::True), expr)
            }
            ExprKind::Between { negated, symmetric, expr: value, low, high } => {
                [value, low, high].into_iter().for_each(|e| self.scalar(e));
                if *negated == (given == Given::True) {
                    return Vec::new();
                }
                let mut facts = self.not_null(&[value]);
                if !*symmetric {
                    facts.extend(self.not_null(&[low, high]));
                }
                let (l, h) = (self.term(low), self.term(high));
                if l == h && self.compares_identity(value, low) && self.compares_identity(value, high) {
                    facts.extend(self.equal(value, low, expr));
                }
                facts
            }
            ExprKind::InList { negated, expr: value, list } => {
                self.scalar(value);
                list.iter().for_each(|e| self.scalar(e));
                if *negated == (given == Given::True) {
                    return Vec::new();
                }
                self.one_of(value, list)
            }
            ExprKind::InQuery { negated, expr: value, query } => {
                self.in_query(value, query, *negated != (given == Given::False), expr)
            }
            ExprKind::QuantifiedQuery { op, all, expr: value, query } => {
                let positive = given == Given::True;
                match (op.as_str(), all) {
                    ("=", false) => self.in_query(value, query, !positive, expr),
                    ("<>", true) => self.in_query(value, query, positive, expr),
                    _ => {
                        self.scalar(expr);
                        Vec::new()
                    }
                }
            }
            ExprKind::Quantified { op, all, expr: value, array } => {
                let member = matches!(
                    (op.as_str(), all, given),
                    ("=", false, Given::True) | ("<>", true, Given::False)
                );
                self.quantified(value, array, member, expr)
            }
            ExprKind::Exists(query) => {
                let rel = self.query(query);
                let facts = rel.facts.clone();
                self.depend(rel, &[]);
                if given == Given::True { facts } else { Vec::new() }
            }
            ExprKind::Case { operand, arms, otherwise } => {
                self.case(operand.as_deref(), arms, otherwise.as_deref(), given)
            }
            ExprKind::Call(call) if call.name == "coalesce" && call.args.len() > 1 => {
                // The value is that of one argument; a literal of the other truth value is none that matters.
                let other = Literal::Bool(given == Given::False);
                let mut arms = Vec::new();
                for arg in &call.args {
                    if !matches!(&arg.kind, ExprKind::Literal(l) if *l == other || *l == Literal::Null) {
                        arms.push(self.conjunction(&[(arg, given)]));
                    }
                }
                vec![super::either(arms)]
            }
            ExprKind::Column { .. } => {
                let value = self.term(expr);
                let literal = self.state.cc.leaf(Leaf::Literal(Literal::Bool(given == Given::True)));
                vec![Fact::Same(value, literal, Why::Predicate(expr.span)), Fact::NonNull(value)]
            }
            _ => {
                self.scalar(expr);
                self.not_null(&[expr])
            }
        }
    }

    /// Judges what is inside a condition of which nothing is known.
    fn no_facts(&mut self, expr: &'a Expr) -> Vec<Fact> {
        self.scalar(expr);
        Vec::new()
    }

    fn not_null(&mut self, list: &[&'a Expr]) -> Vec<Fact> {
        let mut terms = Vec::new();
        for expr in list {
            self.strict_operands(expr, &mut terms);
        }
        terms.into_iter().map(Fact::NonNull).collect()
    }

    fn comparison(&mut self, op: CompareOp, left: &'a Expr, right: &'a Expr, given: Given) -> Vec<Fact> {
        let equal = matches!((op, given), (CompareOp::Eq, Given::True) | (CompareOp::NotEq, Given::False));
        if let (CompareOp::Eq | CompareOp::NotEq, Some((condition, truth))) = (op, tested_truth(left, right))
        {
            return self.condition(condition, if equal { truth } else { truth.not() });
        }
        if let (ExprKind::Row(l), ExprKind::Row(r)) = (&left.kind, &right.kind)
            && l.len() == r.len()
        {
            if equal {
                return l
                    .iter()
                    .zip(r)
                    .flat_map(|(l, r)| self.comparison(CompareOp::Eq, l, r, Given::True))
                    .collect();
            }
            self.scalar(left);
            self.scalar(right);
            return match (l.first(), r.first()) {
                // A row comparison is decided at the first members that differ; only the first are surely compared.
                (Some(l), Some(r)) if !matches!(op, CompareOp::Eq | CompareOp::NotEq) => {
                    self.not_null(&[l, r])
                }
                _ => Vec::new(),
            };
        }
        for (value, query) in [(left, right), (right, left)] {
            if equal && let ExprKind::Subquery(query) = &query.kind {
                return self.equals_query(value, query);
            }
        }
        self.scalar(left);
        self.scalar(right);
        if equal {
            return self.equal_values(left, right);
        }
        self.not_null(&[left, right])
    }

    fn equal_values(&mut self, left: &'a Expr, right: &'a Expr) -> Vec<Fact> {
        if is_null_literal(left) || is_null_literal(right) {
            return vec![Fact::Never];
        }
        if let Some((minuend, subtrahend)) = no_difference(left, right)
            && self.subtracts_integers(minuend, subtrahend)
        {
            return self.equal(minuend, subtrahend, left);
        }
        if !self.compares_identity(left, right) {
            return self.not_null(&[left, right]);
        }
        // coalesce(x, y) = z: x = z, or x is NULL and y = z.
        for (side, other) in [(left, right), (right, left)] {
            if let ExprKind::Call(call) = &side.kind
                && call.name == "coalesce"
                && call.args.iter().filter(|a| !is_null_literal(a)).count() > 1
            {
                return self.coalesced(&call.args, other, side);
            }
        }
        self.equal(left, right, left)
    }

    fn coalesced(&mut self, args: &'a [Expr], other: &'a Expr, whole: &'a Expr) -> Vec<Fact> {
        let mut arms = Vec::new();
        let mut before: Vec<Fact> = Vec::new();
        for arg in args.iter().filter(|a| !is_null_literal(a)) {
            let mut arm = before.clone();
            if self.compares_identity(arg, other) {
                arm.extend(self.equal(arg, other, whole));
            }
            arms.push(arm);
            let term = self.term(arg);
            before.push(Fact::Null(term));
        }
        vec![super::either(arms)]
    }

    /// Two values are one, and not NULL.
    fn equal(&mut self, left: &'a Expr, right: &'a Expr, at: &'a Expr) -> Vec<Fact> {
        let (l, r) = (self.term(left), self.term(right));
        let mut facts = vec![
            Fact::Same(l, r, Why::Predicate(place(at, left, right))),
            Fact::NonNull(l),
            Fact::NonNull(r),
        ];
        facts.extend(self.not_null(&[left, right]));
        facts
    }

    /// `left IS NOT DISTINCT FROM right`, through wrappers that make NULL of a value.
    fn same_or_null(&mut self, left: &'a Expr, right: &'a Expr, at: &'a Expr) -> Vec<Fact> {
        match (is_null_literal(left), is_null_literal(right)) {
            (true, true) => return Vec::new(),
            (true, false) => {
                let term = self.term(right);
                return vec![Fact::Null(term)];
            }
            (false, true) => {
                let term = self.term(left);
                return vec![Fact::Null(term)];
            }
            (false, false) => {}
        }
        let (l, r) = (self.term(left), self.term(right));
        vec![Fact::Same(l, r, Why::Predicate(place(at, left, right)))]
    }

    fn null_test(&mut self, value: &'a Expr, is_not: bool, at: &'a Expr) -> Vec<Fact> {
        if is_not {
            return self.not_null(&[value]);
        }
        match &value.kind {
            // NULLIF(a, b) IS NULL: a = b, or a is NULL.
            ExprKind::Call(call) if call.name == "nullif" && call.args.len() == 2 => {
                let (a, b) = (&call.args[0], &call.args[1]);
                let null = Fact::Null(self.term(a));
                let equal = if self.compares_identity(a, b) { self.equal(a, b, at) } else { Vec::new() };
                vec![super::either(vec![equal, vec![null]])]
            }
            ExprKind::Call(call) if call.name == "coalesce" => {
                call.args.iter().filter(|a| !is_null_literal(a)).map(|a| Fact::Null(self.term(a))).collect()
            }
            ExprKind::Column { .. } | ExprKind::Param(_) => vec![Fact::Null(self.term(value))],
            ExprKind::Cast(inner) => self.null_test(inner, false, at),
            _ => Vec::new(),
        }
    }

    fn one_of(&mut self, value: &'a Expr, list: &'a [Expr]) -> Vec<Fact> {
        if list.len() > 256 {
            return row_of(value).iter().flat_map(|v| self.not_null(&[v])).collect();
        }
        let arms = list
            .iter()
            .map(|member| {
                let (left, right) = (row_of(value), row_of(member));
                if left.len() != right.len() {
                    return Vec::new();
                }
                left.iter().zip(right).flat_map(|(l, r)| self.equal_values(l, r)).collect()
            })
            .collect();
        let mut facts: Vec<Fact> = row_of(value).iter().flat_map(|v| self.not_null(&[v])).collect();
        facts.push(super::either(arms));
        facts
    }

    fn quantified(&mut self, value: &'a Expr, array: &'a Expr, member: bool, at: &'a Expr) -> Vec<Fact> {
        self.scalar(value);
        match &array_of(array).kind {
            ExprKind::ArrayQuery(query) => return self.in_query_judged(value, query, member, at),
            ExprKind::Array(list) => {
                list.iter().for_each(|e| self.scalar(e));
                return if member { self.one_of(value, list) } else { Vec::new() };
            }
            _ => self.scalar(array),
        }
        if !member {
            return Vec::new();
        }
        let mut facts = self.not_null(&[value]);
        if let Some(param) = array_param(array)
            && self.is_identity(value)
        {
            let element = self.state.element(param);
            let term = self.term(value);
            facts.push(Fact::Same(term, element, Why::Predicate(at.span)));
            facts.push(Fact::NonNull(term));
        }
        facts
    }

    fn is_identity(&self, value: &'a Expr) -> bool {
        self.compares_identity(value, value)
    }

    /// `value [NOT] IN (query)`.
    fn in_query(&mut self, value: &'a Expr, query: &'a Query, negated: bool, at: &'a Expr) -> Vec<Fact> {
        self.scalar(value);
        self.in_query_judged(value, query, !negated, at)
    }

    /// Only rows with `value = y` matter, where both are known not to be NULL or only TRUE matters. `positive`: the
    /// value is one of the query's.
    fn in_query_judged(
        &mut self,
        value: &'a Expr,
        query: &'a Query,
        positive: bool,
        at: &'a Expr,
    ) -> Vec<Fact> {
        let rel = self.query(query);
        let members = row_of(value);
        let mut linked = Vec::new();
        let mut certain = members.len() == rel.outputs.len();
        if certain {
            self.state.push();
            self.state.learn_all(&rel.facts);
            self.state.saturate();
            for (i, (member, output)) in members.iter().zip(&rel.outputs).enumerate() {
                let term = self.term(member);
                if !positive {
                    certain &= self.state.cc.is_non_null(term) && self.state.cc.is_non_null(*output);
                }
                if self.compares_identity_with(member, query, i) {
                    linked.push(Fact::Same(term, *output, Why::Predicate(at.span)));
                }
                linked.push(Fact::NonNull(term));
                linked.push(Fact::NonNull(*output));
            }
            self.state.pop();
        }
        if !certain {
            linked.clear();
        }
        let mut facts = rel.facts.clone();
        facts.extend(linked.iter().cloned());
        for (i, more) in &rel.witness {
            if *i < members.len() && members.len() == rel.outputs.len() {
                facts.extend(more.iter().cloned());
            }
        }
        self.depend(rel, &linked);
        if positive { facts } else { Vec::new() }
    }

    /// `value = (query)`: some row of the query has the value, if its rows come from input rows.
    fn equals_query(&mut self, value: &'a Expr, query: &'a Query) -> Vec<Fact> {
        self.scalar(value);
        match super::term::alone_value(query) {
            // `(SELECT $1)` is its value.
            Some(inner) => {
                self.scalar(inner);
                self.equal_values(value, inner)
            }
            None => self.in_query_judged(value, query, true, value),
        }
    }

    fn case(
        &mut self,
        operand: Option<&'a Expr>,
        arms: &'a [(Expr, Expr)],
        otherwise: Option<&'a Expr>,
        given: Given,
    ) -> Vec<Fact> {
        let mut splits = Vec::new();
        for (when, then) in arms {
            let cond = match operand {
                Some(operand) => self.comparison(CompareOp::Eq, operand, when, Given::True),
                None => self.conjunction(&[(when, Given::True)]),
            };
            self.state.push();
            self.state.learn_all(&cond);
            let value = self.conjunction(&[(then, given)]);
            self.state.pop();
            splits.push(cond.into_iter().chain(value).collect());
        }
        // A missing ELSE is NULL, which is neither TRUE nor FALSE.
        if let Some(otherwise) = otherwise {
            splits.push(self.conjunction(&[(otherwise, given)]));
        }
        vec![super::either(splits)]
    }

    /// `a >= x AND a <= x` is `a = x`.
    fn ranges(&mut self, list: &[(&'a Expr, Given)]) -> Vec<Fact> {
        let mut bounds: Vec<(Term, Term, &'a Expr)> = Vec::new();
        for (expr, given) in list {
            let ExprKind::Compare { op, left, right } = &expr.kind else { continue };
            let (low, high) = match (op, given) {
                (CompareOp::LtEq, Given::True) | (CompareOp::Gt, Given::False) => (left, right),
                (CompareOp::GtEq, Given::True) | (CompareOp::Lt, Given::False) => (right, left),
                _ => continue,
            };
            if self.compares_identity(left, right) && !is_row(left) {
                let (low, high) = (self.term(low), self.term(high));
                bounds.push((low, high, expr));
            }
        }
        let mut facts = Vec::new();
        for (i, (low, high, expr)) in bounds.iter().enumerate() {
            if bounds[..i].iter().any(|(l, h, _)| l == high && h == low) {
                facts.push(Fact::Same(*low, *high, Why::Predicate(expr.span)));
                facts.push(Fact::NonNull(*low));
            }
        }
        facts
    }
}

fn place(at: &Expr, left: &Expr, right: &Expr) -> crate::source::Span {
    if left.span.is_empty() || right.span.is_empty() { at.span } else { left.span.join(right.span) }
}

/// `(condition) = true` and the like: the condition, and what it is said to be. Columns are values, not conditions.
fn tested_truth<'a>(left: &'a Expr, right: &'a Expr) -> Option<(&'a Expr, Given)> {
    [(left, right), (right, left)].into_iter().find_map(|(condition, truth)| {
        match (&condition.kind, &truth.kind) {
            (
                ExprKind::Column { .. } | ExprKind::Param(_) | ExprKind::Literal(_) | ExprKind::Subquery(_),
                _,
            ) => None,
            (_, ExprKind::Literal(Literal::Bool(true))) => Some((condition, Given::True)),
            (_, ExprKind::Literal(Literal::Bool(false))) => Some((condition, Given::False)),
            _ => None,
        }
    })
}

fn is_row(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Row(_))
}

/// Whether an expression holds a subquery that must be judged.
pub(super) fn has_subquery(expr: &Expr) -> bool {
    let mut found = false;
    walk::walk_expr(expr, &mut |e| found |= walk::subquery_of(e).is_some());
    found
}

fn flatten<'a>(expr: &'a Expr, given: Given, out: &mut Vec<(&'a Expr, Given)>) {
    match (&expr.kind, given) {
        (ExprKind::And(list), Given::True) | (ExprKind::Or(list), Given::False) => {
            list.iter().for_each(|e| flatten(e, given, out));
        }
        (ExprKind::Not(inner), _) => flatten(inner, given.not(), out),
        _ => out.push((expr, given)),
    }
}
