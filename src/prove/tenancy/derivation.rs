//! How an owner was found to be the tenant: the chains of equalities in the closure as steps over the statement's own
//! occurrences. What is recorded of ties without being asked, too: to which other row an owner is only anchored.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::prove::congruence::{Link, Node, Term, Via};
use crate::prove::ownership::Owner;
use crate::prove::verdict::{Because, Derivation, Ground, OwnerStatus, Step, Value};
use crate::query::model::{Body, CteBody, ExprKind, Insert, OccId, Source};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, ForeignKeyId};
use crate::source::Span;

use super::goal::View;
use super::relation::Rel;
use super::state::{Fun, Inst, Leaf, OwnerTerm, State, Why};
use super::{Detail, Prover};

/// Steps from the parts of an owner as they were to those it has now, for each part.
pub(super) type Trails = HashMap<(Inst, Vec<Term>), Vec<Vec<Step>>>;

/// An owner that was found tied.
#[derive(Clone, Debug)]
pub(super) struct Record {
    occ: OccId,
    /// Occurrences whose rows have the same owner and answer for it.
    anchors: BTreeSet<OccId>,
    /// With derivations: the steps, for each case.
    cases: Vec<Vec<Step>>,
}

/// Derivations of one occurrence that are told: one for each of its uses, such as references of a WITH query.
const MAX_TOLD: usize = 4;

impl Prover<'_> {
    /// Notes that an owner was found tied.
    pub(super) fn record(&mut self, owner: &OwnerTerm, anchors: BTreeSet<OccId>, cases: Vec<Vec<Step>>) {
        if !anchors.is_empty() || self.detail == Detail::Derivations {
            let occ = self.info(owner.inst).occ;
            self.records.push(Record { occ, anchors, cases });
        }
    }

    /// Notes what the parts of an owner became, in a state where both are known to be equal.
    pub(super) fn record_trail(&mut self, owner: &OwnerTerm, now: &[Term]) {
        if self.detail != Detail::Derivations {
            return;
        }
        let mut trail = self.trail(owner);
        trail.resize(now.len(), Vec::new());
        let view = self.view();
        for ((steps, old), new) in trail.iter_mut().zip(&owner.parts).zip(now) {
            steps.extend(view.chain(&self.state, *old, *new, owner.inst));
        }
        self.trails.insert((owner.inst, now.to_vec()), trail);
    }

    /// Notes that an owner is asked for because a row of its occurrence that is written refers to the row it is of.
    pub(super) fn record_parent(&mut self, owner: &OwnerTerm, key: ForeignKeyId) {
        if self.detail != Detail::Derivations {
            return;
        }
        let (view, left) = (self.view(), Value::Owner(self.info(owner.inst).occ));
        let step = |part: &Term| {
            let right = view.value(&self.state, *part, 0);
            vec![Step::Same { left: left.clone(), right, by: vec![Ground::Parent(key)] }]
        };
        let trail = owner.parts.iter().map(step).collect();
        self.trails.insert((owner.inst, owner.parts.clone()), trail);
    }

    /// The steps to an owner's present parts.
    pub(super) fn trail(&self, owner: &OwnerTerm) -> Vec<Vec<Step>> {
        self.trails.get(&(owner.inst, owner.parts.clone())).cloned().unwrap_or_default()
    }

    /// The occurrences that failed, and those that are anchored to one of them.
    pub(super) fn untied(&self, failed: BTreeSet<OccId>) -> BTreeSet<OccId> {
        let mut untied = failed;
        loop {
            let before = untied.len();
            for record in &self.records {
                if !record.anchors.is_disjoint(&untied) {
                    untied.insert(record.occ);
                }
            }
            if untied.len() == before {
                return untied;
            }
        }
    }

    /// Occurrences whose rows that one answers for.
    pub(super) fn anchored(&self, to: OccId) -> Vec<OccId> {
        self.records.iter().filter(|record| record.anchors.contains(&to)).map(|record| record.occ).collect()
    }

    /// For a view: the occurrences whose owner an output column names, and those whose owner none names.
    pub(super) fn kept(&mut self, rel: &Rel) -> (BTreeSet<OccId>, BTreeSet<OccId>) {
        let (mut kept, mut lost) = (BTreeSet::new(), BTreeSet::new());
        self.state.push();
        self.state.learn_all(&rel.facts);
        self.state.saturate();
        for owner in &rel.owners {
            let occ = self.info(owner.inst).occ;
            if self.is_tied(owner) {
                continue;
            }
            let named = |state: &State, t: Term| rel.outputs.iter().any(|out| state.cc.same(*out, t));
            if !owner.parts.iter().all(|part| named(&self.state, *part)) {
                lost.insert(occ);
                continue;
            }
            kept.insert(occ);
            let mut steps = Vec::new();
            for &part in &owner.parts {
                let output = rel.outputs.iter().position(|out| self.state.cc.same(*out, part));
                if let Some(output) = output {
                    steps.extend(self.view().chain(&self.state, part, rel.outputs[output], owner.inst));
                    steps.push(Step::Kept { output });
                }
            }
            self.record(owner, BTreeSet::new(), vec![steps]);
        }
        self.state.pop();
        (kept, lost)
    }

    /// What was recorded of occurrences that are tied; empty unless asked for.
    pub(super) fn derivations(&self, occurrences: &[(OccId, OwnerStatus)]) -> Vec<Derivation> {
        if self.detail != Detail::Derivations {
            return Vec::new();
        }
        let mut all = Vec::new();
        for &(occ, status) in occurrences {
            if !matches!(status, OwnerStatus::Tied | OwnerStatus::Kept) {
                continue;
            }
            let mut told: Vec<Derivation> = Vec::new();
            for record in self.records.iter().filter(|r| r.occ == occ) {
                let derivation = Derivation { occ, cases: record.cases.clone() };
                if told.len() < MAX_TOLD && !told.contains(&derivation) {
                    told.push(derivation);
                }
            }
            if told.is_empty() {
                let step = self.without_proof(occ);
                told.extend(step.map(|step| Derivation { occ, cases: vec![vec![step]] }));
            }
            all.extend(told);
        }
        all
    }

    /// Why an occurrence that nothing was asked of is in order.
    fn without_proof(&self, occ: OccId) -> Option<Step> {
        if self.dropped.contains(&occ) {
            return Some(Step::Idle);
        }
        let Source::Table(rel) = self.st.occurrence(occ).source else { return None };
        self.insert_into(occ)?;
        match self.model.ownership.of(rel) {
            Owner::Root { .. } => Some(Step::NewTenant),
            Owner::Direct { column, .. } => Some(Step::Default { column: *column }),
            Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => None,
        }
    }

    fn insert_into(&self, occ: OccId) -> Option<&Insert> {
        let modifying = self.st.ctes.iter().filter_map(|cte| match &cte.body {
            CteBody::Modify(body) => Some(&**body),
            CteBody::Query(_) => None,
        });
        std::iter::once(&self.st.body).chain(modifying).find_map(|body| match body {
            Body::Insert(insert) if insert.target == occ => Some(&**insert),
            _ => None,
        })
    }
}

impl View<'_> {
    /// The steps of the chain from one term to another. A first term without a name is the owner of `of`'s row.
    pub(super) fn chain(&self, state: &State, from: Term, to: Term, of: Inst) -> Vec<Step> {
        let mut steps = Vec::new();
        self.told(state, &state.cc.explain(from, to), &mut steps);
        if let Some(Step::Same { left, .. }) = steps.iter_mut().find(|s| matches!(s, Step::Same { .. }))
            && *left == Value::Unnamed
        {
            *left = Value::Owner(self.occ(of));
        }
        steps
    }

    /// A chain as steps, each from one term that has a name to the next: what lies between (the column of the row with
    /// that key, the column of a VALUES list) is how they come to be one.
    fn told(&self, state: &State, links: &[Link<Why>], out: &mut Vec<Step>) {
        let mut at = 0;
        while let Some(first) = links.get(at) {
            let ends = |link: &Link<Why>| is_named(state, link.right);
            let last = links[at..].iter().position(ends).map_or(links.len() - 1, |n| at + n);
            let mut by: Vec<Ground> = Vec::new();
            for link in &links[at..=last] {
                match &link.via {
                    Via::Congruent(arguments) => {
                        arguments.iter().for_each(|chain| self.told(state, chain, out));
                    }
                    Via::Asserted(why) => {
                        let of_key = |t: Term| matches!(state.cc.node(t), Node::App(..));
                        let ground = match ground(why) {
                            Ground::Output if of_key(link.left) || of_key(link.right) => Ground::Returned,
                            ground => ground,
                        };
                        if !by.contains(&ground) {
                            by.push(ground);
                        }
                    }
                }
            }
            if by.iter().any(|g| *g != Ground::Output) {
                by.retain(|g| *g != Ground::Output);
            }
            let step = Step::Same {
                left: self.value(state, first.left, 0),
                right: self.value(state, links[last].right, 0),
                by,
            };
            let says_something = !matches!(
                &step,
                Step::Same { left, right, .. } if left == right || *right == Value::Unnamed
            );
            if says_something && !out.contains(&step) {
                out.push(step);
            }
            at = last + 1;
        }
    }

    pub(super) fn value(&self, state: &State, term: Term, depth: u32) -> Value {
        match state.cc.node(term) {
            Node::Leaf(leaf) => match leaf {
                Leaf::Column(inst, column) => Value::Column(self.occ(*inst), *column),
                Leaf::Owner(inst, _) => Value::Owner(self.occ(*inst)),
                Leaf::Param(param) => Value::Param(*param),
                Leaf::Element(param, _) => Value::Element(*param),
                Leaf::Session(at) => {
                    let configured = self.model.settings.session.get(*at as usize);
                    Value::Session(configured.cloned().unwrap_or_default())
                }
                Leaf::Constant(text) => Value::Session(text.clone()),
                Leaf::Literal(literal) => Value::Literal(literal.clone()),
                Leaf::Present(_) | Leaf::Token(_) | Leaf::Fresh(_) => Value::Unnamed,
            },
            Node::App(symbol, args) if depth < 8 => {
                let (index, column) = match symbol {
                    Fun::Column(index, column) => (*index, Some(*column)),
                    Fun::Owner(index, _) => (*index, None),
                };
                let key = args.iter().map(|arg| self.named(state, *arg, depth + 1)).collect();
                Value::OfKey { index, column, key }
            }
            Node::App(..) => Value::Unnamed,
        }
    }

    /// A term, by the name of another of its class where it has none itself.
    fn named(&self, state: &State, term: Term, depth: u32) -> Value {
        let param = |t: &Term| matches!(state.cc.node(*t), Node::Leaf(Leaf::Param(_)));
        let class = || state.cc.class(term);
        let named = class().find(param).or_else(|| class().find(|t| is_named(state, *t)));
        self.value(state, named.unwrap_or(term), depth)
    }

    /// The last steps where a term of the chain stands for the tenant.
    pub(super) fn tenant_steps(&self, state: &State, term: Term) -> Vec<Step> {
        let mut steps = Vec::new();
        let because = match state.cc.node(term) {
            Node::Leaf(Leaf::Param(param) | Leaf::Element(param, _)) => {
                self.tenants.because.get(param).copied()
            }
            Node::Leaf(Leaf::Column(..) | Leaf::Owner(..)) => Some(Because::RowVariable),
            Node::App(_, args) => args.first().and_then(|arg| {
                let (param, because) = state.cc.class(*arg).find_map(|t| match state.cc.node(t) {
                    Node::Leaf(Leaf::Param(p)) => {
                        let (rel, column) = self.tenants.by_root_key.get(p)?;
                        Some((t, Because::RootKey(*rel, *column)))
                    }
                    _ => None,
                })?;
                self.told(state, &state.cc.explain(*arg, param), &mut steps);
                Some(because)
            }),
            Node::Leaf(_) => None,
        };
        let because = because.unwrap_or(Because::Session);
        steps.push(Step::Tenant { value: self.value(state, term, 0), because });
        steps
    }

    /// The predicate that says that a term is NULL.
    pub(super) fn null_test(&self, state: &State, term: Term) -> Option<Span> {
        let columns: HashSet<(OccId, ColumnIx)> = state
            .cc
            .class(term)
            .filter_map(|t| match state.cc.node(t) {
                Node::Leaf(Leaf::Column(inst, column)) => Some((self.occ(*inst), *column)),
                _ => None,
            })
            .collect();
        let mut found = None;
        walk::walk_exprs(self.st, |e| {
            if let ExprKind::IsNull { negated: false, expr } = &e.kind
                && let ExprKind::Column { occ, column } = expr.kind
                && columns.contains(&(occ, column))
            {
                found = found.or(Some(e.span));
            }
        });
        found
    }

    fn occ(&self, inst: Inst) -> OccId {
        self.insts[inst.0 as usize].occ
    }
}

/// Whether a term is one that the statement speaks of by itself.
fn is_named(state: &State, term: Term) -> bool {
    !matches!(
        state.cc.node(term),
        Node::App(..) | Node::Leaf(Leaf::Fresh(_) | Leaf::Token(_) | Leaf::Present(_))
    )
}

fn ground(why: &Why) -> Ground {
    match why {
        Why::Predicate(span) => Ground::Predicate(*span),
        Why::Key(index) => Ground::Key(*index),
        Why::Reference(fk) => Ground::Reference(*fk),
        Why::Parent(fk) => Ground::Parent(*fk),
        Why::Output => Ground::Output,
        Why::Written(span) => Ground::Written(*span),
        Why::Arbiter(span) => Ground::Arbiter(*span),
    }
}
