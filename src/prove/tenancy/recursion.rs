//! WITH queries at their references: read anew each time, by induction where recursive, by what RETURNING is known to
//! give where they modify data.

use std::collections::HashMap;

use crate::prove::congruence::{Node, Term};
use crate::query::model::{CteId, Query, SetExpr, SetOp};
use crate::source::Span;

use super::relation::Rel;
use super::state::{Cond, Fact, Leaf, OwnerTerm, State, Why};
use super::{Lost, Prover};

/// How often the hypothesis about a recursive query may be weakened before it is given up.
const MAX_ROUNDS: usize = 8;

impl<'a> Prover<'a> {
    pub(super) fn reference(&mut self, id: CteId) -> Rel {
        let st = self.st;
        if let Some(rel) = self.hypotheses.get(&id) {
            return self.renewed(&rel.clone());
        }
        if let Some(rel) = self.returned.get(&id) {
            return self.renewed(&rel.clone());
        }
        let cte = st.cte(id);
        match super::cte_query(st, id) {
            Some(query) if cte.recursive => self.recursive(id, query),
            Some(query) => self.query(query),
            None => {
                Rel { outputs: cte.columns.iter().map(|_| self.state.fresh()).collect(), ..Rel::default() }
            }
        }
    }

    /// A hypothesis about a recursive reference, for a use of its own.
    fn renewed(&mut self, rel: &Rel) -> Rel {
        let fresh: Vec<Term> = rel.outputs.iter().map(|_| self.state.fresh()).collect();
        let map: HashMap<Term, Term> = rel.outputs.iter().copied().zip(fresh.iter().copied()).collect();
        let facts = rel.facts.iter().filter_map(|fact| self.mapped_fact(fact, &map)).collect();
        let owners = rel
            .owners
            .iter()
            .map(|o| OwnerTerm {
                parts: o.parts.iter().map(|p| self.mapped(*p, &map)).collect(),
                ..o.clone()
            })
            .collect();
        Rel { outputs: fresh, owners, facts, witness: Vec::new() }
    }

    fn mapped_fact(&mut self, fact: &Fact, map: &HashMap<Term, Term>) -> Option<Fact> {
        Some(match fact {
            Fact::Same(a, b, why) => Fact::Same(self.mapped(*a, map), self.mapped(*b, map), why.clone()),
            Fact::NonNull(t) => Fact::NonNull(self.mapped(*t, map)),
            Fact::Null(t) => Fact::Null(self.mapped(*t, map)),
            Fact::When(rule) => {
                let conds = rule
                    .0
                    .iter()
                    .map(|cond| match cond {
                        Cond::NonNull(t) => Cond::NonNull(self.mapped(*t, map)),
                        Cond::Null(t) => Cond::Null(self.mapped(*t, map)),
                        Cond::Same(a, b) => Cond::Same(self.mapped(*a, map), self.mapped(*b, map)),
                    })
                    .collect();
                let facts = rule.1.iter().filter_map(|fact| self.mapped_fact(fact, map)).collect();
                Fact::when(conds, facts)
            }
            Fact::Any(_) | Fact::Never => return None,
        })
    }

    fn mapped(&mut self, term: Term, map: &HashMap<Term, Term>) -> Term {
        if let Some(to) = map.get(&term) {
            return *to;
        }
        match self.state.cc.node(term).clone() {
            Node::App(symbol, args) => {
                let args = args.into_iter().map(|a| self.mapped(a, map)).collect();
                self.state.cc.app(symbol, args)
            }
            Node::Leaf(_) => term,
        }
    }

    /// WITH RECURSIVE by induction: suppose of the reference what the base exports, check the recursive arm, keep what
    /// both export, until it is stable.
    fn recursive(&mut self, id: CteId, query: &'a Query) -> Rel {
        let SetExpr::SetOp { op: SetOp::Union, all: _, left, right } = &query.body else {
            return self.query(query);
        };
        let base = self.query(left);
        let outputs: Vec<Term> = base.outputs.iter().map(|_| self.state.fresh()).collect();
        let mut hypothesis = self.exported(&base, &outputs, None, query.span);
        let mut stable = false;
        for round in 0..2 * MAX_ROUNDS {
            // What did not settle by then is not supposed at all.
            if round == MAX_ROUNDS {
                hypothesis.facts.clear();
            }
            let failures = self.failures.len();
            self.hypotheses.insert(id, hypothesis.clone());
            let step = self.query(right);
            let next = self.exported(&step, &outputs, Some(&hypothesis), query.span);
            self.hypotheses.remove(&id);
            stable =
                next.facts.len() == hypothesis.facts.len() && next.owners.len() == hypothesis.owners.len();
            if stable {
                break;
            }
            self.failures.truncate(failures);
            hypothesis = next;
        }
        if !stable {
            // No induction was found: nothing is known of whose rows these are.
            for owner in std::mem::take(&mut hypothesis.owners) {
                self.fail(&owner, Lost::Mixed("WITH RECURSIVE", query.span));
            }
        }
        Rel { outputs, ..hypothesis }
    }

    /// What a relation says of its outputs alone: tied columns, columns that are not NULL, keys among them, owners in
    /// their terms. With `within`, only what that says as well.
    pub(super) fn exported(&mut self, rel: &Rel, outputs: &[Term], within: Option<&Rel>, at: Span) -> Rel {
        self.state.push();
        self.state.learn_all(&rel.facts);
        let link: Vec<Fact> =
            outputs.iter().zip(&rel.outputs).map(|(o, i)| Fact::Same(*o, *i, Why::Output)).collect();
        self.state.learn_all(&link);
        self.state.saturate();
        let facts = match within {
            None => {
                let mut facts = self.facts_of_outputs(outputs);
                for &out in outputs {
                    if !self.state.cc.is_non_null(out) && !self.state.cc.is_null(out) {
                        facts.extend(self.facts_where_given(out, outputs, &facts));
                    }
                }
                facts
            }
            Some(within) => within.facts.iter().filter(|f| self.still_holds(f)).cloned().collect(),
        };
        let mut owners = self.close(rel.owners.clone(), outputs, "WITH RECURSIVE", at);
        self.state.pop();
        if let Some(within) = within {
            for owner in &within.owners {
                if !owners.iter().any(|o| o.parts == owner.parts) {
                    owners.push(owner.clone());
                }
            }
        }
        let mut seen: Vec<Vec<Term>> = Vec::new();
        owners.retain(|o| {
            let new = !seen.contains(&o.parts);
            if new {
                seen.push(o.parts.clone());
            }
            new
        });
        Rel { outputs: outputs.to_vec(), owners, facts, witness: Vec::new() }
    }

    fn still_holds(&mut self, fact: &Fact) -> bool {
        let holds = |state: &State, fact: &Fact| match fact {
            Fact::Same(a, b, _) => state.cc.same(*a, *b),
            Fact::NonNull(t) => state.cc.is_non_null(*t),
            Fact::Null(t) => state.cc.is_null(*t),
            Fact::When(_) | Fact::Any(_) | Fact::Never => false,
        };
        let Fact::When(rule) = fact else { return self.state.prove(&mut |state| holds(state, fact)) };
        self.state.push();
        for cond in &rule.0 {
            if let Cond::NonNull(t) = cond {
                self.state.learn(&Fact::NonNull(*t));
            }
        }
        let all = self.state.prove(&mut |state| rule.1.iter().all(|fact| holds(state, fact)));
        self.state.pop();
        all
    }

    /// What is known besides where that output is not NULL: a nullable reference says something only there.
    fn facts_where_given(&mut self, out: Term, outputs: &[Term], known: &[Fact]) -> Option<Fact> {
        self.state.push();
        self.state.learn(&Fact::NonNull(out));
        self.state.saturate();
        let mut facts = self.facts_of_outputs(outputs);
        self.state.pop();
        facts.retain(|fact| match fact {
            Fact::Same(a, b, _) => {
                !known.iter().any(|k| matches!(k, Fact::Same(x, y, _) if x == a && y == b))
            }
            Fact::NonNull(t) => *t != out && !known.iter().any(|k| matches!(k, Fact::NonNull(x) if x == t)),
            Fact::Null(_) | Fact::When(_) | Fact::Any(_) | Fact::Never => false,
        });
        (!facts.is_empty()).then(|| Fact::when(vec![Cond::NonNull(out)], facts))
    }

    fn facts_of_outputs(&mut self, outputs: &[Term]) -> Vec<Fact> {
        let mut facts = Vec::new();
        let constant = |state: &State, t: Term| {
            matches!(
                state.cc.node(t),
                Node::Leaf(
                    Leaf::Param(_)
                        | Leaf::Session(_)
                        | Leaf::Constant(_)
                        | Leaf::Literal(_)
                        | Leaf::Element(..)
                )
            )
        };
        for &out in outputs {
            if self.state.cc.is_non_null(out) {
                facts.push(Fact::NonNull(out));
            }
            let class: Vec<Term> = self.state.cc.class(out).collect();
            for t in class {
                if t != out && (constant(&self.state, t) || outputs.contains(&t)) {
                    facts.push(Fact::Same(out, t, Why::Output));
                }
            }
        }
        // Function terms of keys among the outputs: whose row the output names, and who owns it.
        let named = |state: &State, t: Term| outputs.contains(&t) || constant(state, t);
        for (symbol, args, of) in self.state.cc.applications() {
            let Some(args) = args.iter().map(|a| self.state.express(*a, &named)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            if let Some(value) = self.state.express(of, &named) {
                let app = self.state.cc.app(symbol, args);
                if app != value {
                    facts.push(Fact::Same(app, value, Why::Output));
                    if self.state.cc.is_non_null(of) {
                        facts.push(Fact::NonNull(app));
                    }
                }
            }
        }
        facts
    }
}
