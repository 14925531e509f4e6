//! The isolation proof (TENANCY.md sections 3 to 5): whether anything of another tenant can reach a statement's result
//! or be touched by it.
//!
//! One walk over the bound model. Each relation-valued expression yields a [`Rel`](relation::Rel): its output columns as
//! terms, the *owners* that a row's presence and content depend on, and the facts that hold of a row. A block asserts
//! the facts of its FROM, ON and WHERE, then asks for each owner whether it is *tied*: equal to a term that stands for
//! the tenant. Where a block selects among its rows (aggregate, window, DISTINCT, LIMIT, set operation), an owner must be
//! tied by then or be a function of what tells the groups apart; else it is lost, and the statement fails there. A
//! simple block leaves its owners to the block that reads it.
//!
//! Errs in one direction: what is not proved is a defect. Deliberately not done: arithmetic, string patterns, CHECK
//! constraints, what triggers write.

mod defect;
mod dropped;
mod facts;
mod predicate;
mod recursion;
mod relation;
mod session;
mod state;
mod tenants;
mod term;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::prove::congruence::{Node, Term};
use crate::prove::ownership::Owner;
use crate::prove::verdict::{Defect, DefectKind, OwnerStatus, Step, TenancyProof, Verdict};
use crate::query::model::{
    Body, BoundStatement, CteBody, CteId, ExprKind, GapKind, OccId, ParamName, Query, Source,
};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, RelId, RelationKind};
use crate::source::Span;

pub use facts::TenancyModel;

use facts::{Atom, Stored};
use relation::Rel;
use state::{Cond, Fact, Fun, Inst, InstInfo, Leaf, OwnerTerm, State, Why};
use tenants::{Levels, Tenants};

/// Proves or refuses isolation of a statement.
pub fn prove(model: &TenancyModel<'_>, statement: &BoundStatement) -> TenancyProof {
    let mut prover = Prover::new(model, statement);
    prover.statement();
    prover.finish()
}

/// What of a view's definition no filter on the view can repair. Owners that its rows still tell apart are for whoever
/// uses it to tie.
pub fn prove_view(model: &TenancyModel<'_>, definition: &BoundStatement) -> Vec<Defect> {
    let Body::Query(query) = &definition.body else { return Vec::new() };
    let mut prover = Prover::new(model, definition);
    prover.query(query);
    let mut seen = BTreeSet::new();
    let failures = prover.failures.iter().filter(|failure| seen.insert(failure.occ));
    failures
        .filter_map(|failure| {
            let why = match &failure.lost {
                Lost::Mixed(mixer, _) => format!("{mixer} combines rows of all tenants"),
                Lost::Subquery => "a subquery reads rows that are not tied to the row around it".to_owned(),
                Lost::OuterJoin => {
                    "an outer join adds rows that are not tied to the row that they join".to_owned()
                }
                Lost::Untied | Lost::Write(..) => return None,
            };
            let span = definition.occurrence(failure.occ).span;
            Some(Defect { occ: failure.occ, span, kind: DefectKind::MixedTenantView { why } })
        })
        .collect()
}

/// How a materialized view's rows are owned, by its definition.
fn stored_rows(model: &TenancyModel<'_>, view: RelId) -> Stored {
    let unread = || Stored::Mixed("its definition could not be read".to_owned());
    let Some((statement, _)) = crate::query::bind_view(model.catalog, view) else { return unread() };
    let Body::Query(query) = &statement.body else { return unread() };
    if !statement.gaps.is_empty() {
        return Stored::Mixed("part of its definition is not known".to_owned());
    }
    let mut prover = Prover::new(model, &statement);
    let rel = prover.query(query);
    if !prover.failures.is_empty() {
        return Stored::Mixed("its definition combines rows of several tenants".to_owned());
    }
    if rel.owners.is_empty() {
        return if prover.touched {
            Stored::Mixed("its definition holds one tenant's rows".to_owned())
        } else {
            Stored::Nobody
        };
    }
    prover.state.push();
    prover.state.learn_all(&rel.facts);
    prover.state.saturate();
    let column = (0..rel.outputs.len()).find(|i| {
        let out = rel.outputs[*i];
        rel.owners.iter().all(|o| o.parts.iter().all(|p| prover.state.cc.same(*p, out)))
    });
    prover.state.pop();
    match column {
        Some(column) => Stored::Column(column as ColumnIx),
        None => {
            Stored::Mixed("its columns do not name the owner of every row that it was made of".to_owned())
        }
    }
}

/// The parts of a joined row whose owners a block answers for.
#[derive(Default)]
struct Frame {
    owners: Vec<OwnerTerm>,
    insts: HashSet<Inst>,
}

/// Where an owner was lost.
#[derive(Clone, Debug)]
enum Lost {
    /// At the top: no predicate ties it.
    Untied,
    /// Combined with rows of other owners before a filter could tell them apart.
    Mixed(&'static str, Span),
    /// A row of a subquery that is neither tied nor the enclosing row's.
    Subquery,
    /// The nullable side of an outer join.
    OuterJoin,
    /// A specific defect of a write.
    Write(DefectKind, Span),
}

#[derive(Clone, Debug)]
struct Failure {
    occ: OccId,
    lost: Lost,
    /// The owner equals a literal.
    literal: bool,
    /// The owner's table has an outer level's column that is tied: (inner, outer).
    wider: Option<(ColumnIx, ColumnIx)>,
}

/// Who a tied owner was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum TenantId {
    Param(crate::query::model::ParamId),
    Session(u32),
    /// A row variable's tenant column (NEW, OLD).
    Row(OccId),
}

struct Prover<'a> {
    model: &'a TenancyModel<'a>,
    st: &'a BoundStatement,
    tenants: Tenants,
    /// Occurrences that contribute nothing.
    dropped: HashSet<OccId>,
    /// Whether the statement changes session settings while it runs: then they stand for no tenant.
    sets_session: bool,
    /// Columns that the statement names, for each occurrence.
    uses: HashMap<OccId, BTreeSet<ColumnIx>>,
    state: State,
    insts: Vec<InstInfo>,
    /// The present use of each occurrence.
    env: HashMap<OccId, Inst>,
    frames: Vec<Frame>,
    /// Rows that data-modifying WITH queries return.
    returned: HashMap<CteId, Rel>,
    /// WITH queries that are being read, outermost first.
    open: Vec<CteId>,
    /// Recursive references under way, with what is assumed of them.
    hypotheses: HashMap<CteId, Rel>,
    /// Columns that a grouping set may make NULL, hidden while its output is read.
    masked: HashSet<(OccId, ColumnIx)>,
    failures: Vec<Failure>,
    /// How many conditions may still be judged a second time.
    retries: u32,
    /// Whether rows of a tenant-scoped table are read or written at all.
    touched: bool,
    scoped: BTreeSet<OccId>,
    ties: Vec<(usize, BTreeSet<TenantId>)>,
    principals: Vec<Term>,
    steps: Vec<Step>,
    /// What hides part of the answer besides the binder's gaps: opaque functions.
    opaque: Vec<(Span, String)>,
    /// Tables that are read as a whole by a statement that is no query.
    whole: Option<&'static str>,
}

/// A statement that uses more occurrences than this, WITH queries counted at each reference, is given up.
const MAX_INSTS: usize = 600;

/// How many conditions of one statement may be judged a second time.
const MAX_RETRIES: u32 = 64;
/// An owner list that is longer than this, of a set operation of as many arms, is given up.
const MAX_OWNERS: usize = 128;

impl<'a> Prover<'a> {
    fn new(model: &'a TenancyModel<'a>, st: &'a BoundStatement) -> Self {
        let mut uses: HashMap<OccId, BTreeSet<ColumnIx>> = HashMap::new();
        let mut sets_session = false;
        walk::walk_exprs(st, |e| match &e.kind {
            ExprKind::Column { occ, column } => {
                uses.entry(*occ).or_default().insert(*column);
            }
            ExprKind::Call(call) => sets_session |= call.name == "set_config",
            _ => {}
        });
        Prover {
            model,
            st,
            tenants: tenants::Scan::run(model, st),
            dropped: dropped::dropped(model, st),
            sets_session,
            uses,
            state: State::new(),
            insts: Vec::new(),
            env: HashMap::new(),
            frames: vec![Frame::default()],
            returned: HashMap::new(),
            open: Vec::new(),
            hypotheses: HashMap::new(),
            masked: HashSet::new(),
            failures: Vec::new(),
            retries: MAX_RETRIES,
            touched: false,
            scoped: BTreeSet::new(),
            ties: Vec::new(),
            principals: Vec::new(),
            steps: Vec::new(),
            opaque: Vec::new(),
            whole: None,
        }
    }

    fn statement(&mut self) {
        let st = self.st;
        match &st.body {
            Body::Query(query) => self.top_query(query),
            Body::Insert(_) | Body::Update(_) | Body::Delete(_) | Body::Merge(_) => {
                self.modify(&st.body);
            }
            Body::Truncate(targets) => {
                for target in targets {
                    self.whole_table(*target, "TRUNCATE");
                }
            }
            Body::Copy { target, to: _ } => self.whole_table(*target, "COPY"),
            Body::Export { query, what } => {
                if *what != "COPY" {
                    self.whole = Some(what);
                }
                self.top_query(query);
            }
            Body::Expressions(list) => list.iter().for_each(|e| self.scalar(e)),
            Body::Utility => {}
        }
    }

    /// A query whose rows leave: every owner must be tied.
    fn top_query(&mut self, query: &'a Query) {
        let rel = self.query(query);
        self.require_tied(rel, Lost::Untied);
    }

    /// Fails every owner of a relation that is not tied under the relation's own facts.
    fn require_tied(&mut self, rel: Rel, lost: Lost) {
        self.state.push();
        self.state.learn_all(&rel.facts);
        for owner in rel.owners {
            if !self.is_tied(&owner) {
                self.fail(&owner, lost.clone());
            }
        }
        self.state.pop();
    }

    fn whole_table(&mut self, target: OccId, what: &'static str) {
        if let Source::Table(rel) = self.st.occurrence(target).source
            && self.model.ownership.of(rel).is_scoped()
        {
            self.touched = true;
            self.scoped.insert(target);
            self.failures.push(Failure {
                occ: target,
                lost: Lost::Write(DefectKind::WholeTable { what }, self.st.occurrence(target).span),
                literal: false,
                wider: None,
            });
        }
    }

    // --- occurrences -------------------------------------------------------------------------------------------

    fn inst(&mut self, occ: OccId, rel: Option<RelId>) -> Inst {
        let inst = Inst(self.insts.len() as u32);
        let present = self.state.cc.leaf(Leaf::Present(inst));
        self.insts.push(InstInfo { occ, rel, present });
        self.env.insert(occ, inst);
        if let Some(frame) = self.frames.last_mut() {
            frame.insts.insert(inst);
        }
        inst
    }

    fn info(&self, inst: Inst) -> &InstInfo {
        &self.insts[inst.0 as usize]
    }

    fn column(&mut self, inst: Inst, column: ColumnIx) -> Term {
        self.state.cc.leaf(Leaf::Column(inst, column))
    }

    /// A column that is not NULL makes its occurrence present.
    fn presence_axioms(&mut self, inst: Inst, columns: &[ColumnIx]) {
        let present = self.info(inst).present;
        for &c in columns {
            let term = self.column(inst, c);
            self.state.axiom(vec![Cond::NonNull(term)], vec![Fact::NonNull(present)]);
        }
    }

    /// Enters what the schema says of an occurrence of a table. `written`: the occurrence is the target of a write,
    /// so all of its keys matter.
    fn table_axioms(&mut self, inst: Inst, rel: RelId, only: bool, written: bool) {
        let model = self.model;
        let facts = model.of(rel);
        let relation = model.catalog.relation(rel);
        let info = self.info(inst).clone();
        let mut interest: BTreeSet<ColumnIx> = self.uses.get(&info.occ).cloned().unwrap_or_default();
        let owner_column = match (model.ownership.of(rel), model.stored.get(&rel)) {
            (_, Some(Stored::Column(c))) => Some(*c),
            (Owner::Root { key, .. }, _) => Some(*key),
            (Owner::Direct { column, .. }, _) => Some(*column),
            _ => None,
        };
        interest.extend(owner_column);
        let column_count = relation.columns.len() as ColumnIx;
        if written {
            interest.extend(facts.keys.iter().flat_map(|k| k.columns.iter().copied()));
            interest.extend(facts.references.iter().flat_map(|r| r.columns.iter().copied()));
        }
        interest.retain(|c| *c < column_count || matches!(relation.kind, RelationKind::MaterializedView(_)));
        let columns: Vec<ColumnIx> = interest.iter().copied().collect();
        self.presence_axioms(inst, &columns);
        let present = Cond::NonNull(info.present);
        for &c in &columns {
            if relation.columns.get(c as usize).is_some_and(|c| c.not_null) {
                let term = self.column(inst, c);
                self.state.axiom(vec![present.clone()], vec![Fact::NonNull(term)]);
            }
        }
        if facts.has_children && !only {
            return;
        }
        for key in &facts.keys {
            if !key.columns.iter().all(|c| interest.contains(c)) {
                continue;
            }
            let args: Vec<Term> = key.columns.iter().map(|c| self.column(inst, *c)).collect();
            let mut conds = vec![present.clone()];
            conds.extend(args.iter().map(|a| Cond::NonNull(*a)));
            for atom in &key.predicate {
                conds.push(self.atom_cond(inst, atom));
            }
            let mut conclusions = Vec::new();
            for &c in columns.iter().filter(|c| !key.columns.contains(c)) {
                let of_key = self.state.cc.app(Fun::Column(key.index, c), args.clone());
                let own = self.column(inst, c);
                conclusions.push(Fact::Same(own, of_key, Why::Key(key.index)));
            }
            if owner_column.is_none() {
                for part in 0..facts.arity as u8 {
                    let of_key = self.state.cc.app(Fun::Owner(key.index, part), args.clone());
                    let own = self.state.cc.leaf(Leaf::Owner(inst, part));
                    conclusions.push(Fact::Same(own, of_key, Why::Key(key.index)));
                }
            }
            if !conclusions.is_empty() {
                self.state.axiom(conds, conclusions);
            }
        }
        for reference in &facts.references {
            self.reference_axioms(inst, reference, &present, &interest);
        }
        self.parent_axioms(inst, rel, &present);
    }

    fn atom_cond(&mut self, inst: Inst, atom: &Atom) -> Cond {
        match atom {
            Atom::Null(c) => Cond::Null(self.column(inst, *c)),
            Atom::NonNull(c) => Cond::NonNull(self.column(inst, *c)),
            Atom::Equals(c, literal) => {
                let column = self.column(inst, *c);
                Cond::Same(column, self.state.cc.leaf(Leaf::Literal(literal.clone())))
            }
        }
    }

    /// `R.F[c] = col(P, K', c)(R.F[K'])` for a foreign key F to P(K) and each unique key K' within K.
    fn reference_axioms(
        &mut self,
        inst: Inst,
        reference: &facts::Reference,
        present: &Cond,
        interest: &BTreeSet<ColumnIx>,
    ) {
        if reference.columns.len() < 2
            || !reference.columns.iter().all(|c| interest.contains(c)) && {
                // The tenant's column and the key's are what a proof needs; the rest may stay unnamed.
                !reference.columns.iter().any(|c| interest.contains(c))
            }
        {
            return;
        }
        let mut conds = vec![present.clone()];
        for c in &reference.columns {
            conds.push(Cond::NonNull(self.column(inst, *c)));
        }
        let mut conclusions = Vec::new();
        for key in &self.model.of(reference.target).keys {
            let Some(args) = self.key_args(key, |target| {
                reference.target_columns.iter().position(|t| *t == target).map(|at| reference.columns[at])
            }) else {
                continue;
            };
            let args: Vec<Term> = args.into_iter().map(|c| self.column(inst, c)).collect();
            for (own, target) in reference.columns.iter().zip(&reference.target_columns) {
                if !key.columns.contains(target) {
                    let of_key = self.state.cc.app(Fun::Column(key.index, *target), args.clone());
                    let own = self.column(inst, *own);
                    conclusions.push(Fact::Same(own, of_key, Why::Reference(reference.id)));
                }
            }
        }
        if !conclusions.is_empty() {
            self.state.axiom(conds, conclusions);
        }
    }

    /// A full key's columns mapped, where all of them are.
    fn key_args<T>(&self, key: &facts::Key, map: impl Fn(ColumnIx) -> Option<T>) -> Option<Vec<T>> {
        if !key.predicate.is_empty() {
            return None;
        }
        key.columns.iter().map(|c| map(*c)).collect()
    }

    /// An indirect row's owner is the owner of the row it refers to.
    fn parent_axioms(&mut self, inst: Inst, rel: RelId, present: &Cond) {
        let model = self.model;
        let facts = model.of(rel);
        let mut part = 0u8;
        for &at in &facts.parents {
            let reference = &facts.references[at];
            let values: Vec<(ColumnIx, Term)> = reference
                .columns
                .iter()
                .zip(&reference.target_columns)
                .map(|(own, target)| (*target, self.column(inst, *own)))
                .collect();
            let count = model.of(reference.target).arity as u8;
            let owner = self.owner_of_values(reference.target, &values);
            if !facts.broken_parent && owner.len() == count as usize {
                let mut conds = vec![present.clone()];
                conds.extend(values.iter().map(|(_, t)| Cond::NonNull(*t)));
                let conclusions = owner
                    .into_iter()
                    .enumerate()
                    .map(|(i, of_parent)| {
                        let own = self.state.cc.leaf(Leaf::Owner(inst, part + i as u8));
                        Fact::Same(own, of_parent, Why::Parent(reference.id))
                    })
                    .collect();
                self.state.axiom(conds, conclusions);
            }
            part = part.saturating_add(count);
        }
    }

    /// The owner of the row of a table that has these values in a unique key, part by part; empty where the values hold
    /// no key.
    fn owner_of_values(&mut self, rel: RelId, values: &[(ColumnIx, Term)]) -> Vec<Term> {
        let model = self.model;
        let value = |c: ColumnIx| values.iter().find(|(column, _)| *column == c).map(|(_, t)| *t);
        let own = match model.ownership.of(rel) {
            Owner::Root { key, .. } => Some(*key),
            Owner::Direct { column, .. } => Some(*column),
            Owner::Indirect { .. } | Owner::Unclassified { .. } => None,
            Owner::Global { .. } => return Vec::new(),
        };
        if let Some(term) = own.and_then(value) {
            return vec![term];
        }
        let facts = model.of(rel);
        let key = facts.keys.iter().find(|key| self.key_args(key, value).is_some());
        let Some((key, args)) = key.and_then(|key| Some((key.index, self.key_args(key, value)?))) else {
            return Vec::new();
        };
        match own {
            Some(column) => vec![self.state.cc.app(Fun::Column(key, column), args)],
            None => (0..facts.arity as u8)
                .map(|part| self.state.cc.app(Fun::Owner(key, part), args.clone()))
                .collect(),
        }
    }

    /// The owner of an occurrence's row; none where nobody owns rows of the table.
    fn owner_of(&mut self, inst: Inst, rel: RelId, written: bool) -> Option<OwnerTerm> {
        let (parts, shareable) = match (self.model.ownership.of(rel), self.model.stored.get(&rel)) {
            (_, Some(Stored::Column(c))) => (vec![self.column(inst, *c)], true),
            (_, Some(Stored::Nobody)) => return None,
            (_, Some(Stored::Mixed(_))) => (vec![self.state.fresh()], false),
            (Owner::Root { key, .. }, _) => (vec![self.column(inst, *key)], false),
            (Owner::Direct { column, .. }, _) => (vec![self.column(inst, *column)], true),
            (Owner::Indirect { .. } | Owner::Unclassified { .. }, _) => {
                let arity = self.model.of(rel).arity.max(1) as u8;
                ((0..arity).map(|part| self.state.cc.leaf(Leaf::Owner(inst, part))).collect(), true)
            }
            (Owner::Global { .. }, _) => return None,
        };
        self.touched = true;
        self.scoped.insert(self.info(inst).occ);
        Some(OwnerTerm { inst, parts, when: Vec::new(), shareable, written })
    }

    // --- goals -------------------------------------------------------------------------------------------------

    /// Whether an owner is the tenant, in every case.
    fn is_tied(&mut self, owner: &OwnerTerm) -> bool {
        self.is_tied_or(owner, &[])
    }

    /// Whether every part of an owner is the tenant, or a part of one of the others.
    fn is_tied_or(&mut self, owner: &OwnerTerm, others: &[OwnerTerm]) -> bool {
        let level = self.level_of(owner);
        self.is_tied_to(owner, others, level)
    }

    /// Whether an owner is the tenant of that level.
    fn is_tied_at(&mut self, owner: &OwnerTerm, level: usize) -> bool {
        self.is_tied_to(owner, &[], level)
    }

    fn is_tied_to(&mut self, owner: &OwnerTerm, others: &[OwnerTerm], level: usize) -> bool {
        self.state.push();
        for &token in &owner.when {
            self.state.learn(&Fact::NonNull(token));
        }
        let mut ties: Vec<BTreeSet<TenantId>> = Vec::new();
        let mut why: Option<Vec<Why>> = None;
        let mut principals: Vec<Term> = Vec::new();
        let view = View { model: self.model, tenants: &self.tenants, insts: &self.insts, st: self.st };
        let proved = self.state.prove(&mut |state| {
            owner.parts.iter().all(|&part| {
                let (ids, term) = view.tenants_in(state, part, level);
                if !ids.is_empty() && (!owner.written || state.cc.is_non_null(part)) {
                    ties.push(ids);
                    if let (None, Some(term)) = (&why, term) {
                        why = Some(state.cc.explain(part, term));
                    }
                    return true;
                }
                if !owner.written && owner.shareable && state.cc.is_null(part) {
                    return state.cc.is_non_null(view.insts[owner.inst.0 as usize].present);
                }
                if let Some(principal) = view.member(state, part) {
                    principals.push(principal);
                    return true;
                }
                others.iter().any(|other| {
                    other.parts.iter().any(|p| state.cc.same(*p, part))
                        && (state.cc.is_non_null(part)
                            || state.cc.is_non_null(view.insts[other.inst.0 as usize].present))
                })
            })
        });
        let proved = proved && self.same_principal(&principals);
        self.state.pop();
        if proved {
            for ids in ties {
                if !self.ties.contains(&(level, ids.clone())) {
                    self.ties.push((level, ids));
                }
            }
            if let Some(why) = why {
                let occ = self.info(owner.inst).occ;
                let step = defect::describe(self.model, self.st, occ, &why);
                if !self.steps.contains(&step) {
                    self.steps.push(step);
                }
            }
        }
        proved
    }

    /// One principal may act in a statement.
    fn same_principal(&mut self, found: &[Term]) -> bool {
        for &term in found {
            match self.principals.first() {
                Some(first) if *first != term => return false,
                Some(_) => {}
                None => self.principals.push(term),
            }
        }
        true
    }

    fn level_of(&self, owner: &OwnerTerm) -> usize {
        match self.info(owner.inst).rel.map(|rel| self.model.ownership.of(rel)) {
            Some(Owner::Root { level, .. } | Owner::Direct { level, .. }) => *level,
            Some(Owner::Indirect { .. } | Owner::Unclassified { .. }) => {
                self.info(owner.inst).rel.map_or(0, |rel| self.parent_level(rel, 0))
            }
            Some(Owner::Global { .. }) | None => 0,
        }
    }

    fn parent_level(&self, rel: RelId, depth: u32) -> usize {
        match self.model.ownership.of(rel) {
            Owner::Root { level, .. } | Owner::Direct { level, .. } => *level,
            Owner::Indirect { .. } | Owner::Unclassified { .. } if depth < 32 => {
                let facts = self.model.of(rel);
                facts
                    .parents
                    .iter()
                    .map(|p| self.parent_level(facts.references[*p].target, depth + 1))
                    .min()
                    .unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Owners of all rows around the current one.
    fn enclosing_owners(&self) -> Vec<OwnerTerm> {
        self.frames.iter().flat_map(|f| f.owners.iter().cloned()).collect()
    }

    /// Takes the owners that are tied off a list; keeps those that are functions of `keys` or of enclosing rows, in
    /// those terms; fails the others, which `mixer` makes impossible to tell apart.
    fn close(
        &mut self,
        owners: Vec<OwnerTerm>,
        keys: &[Term],
        mixer: &'static str,
        at: Span,
    ) -> Vec<OwnerTerm> {
        let mut kept = Vec::new();
        for owner in owners {
            if self.is_tied(&owner) {
                continue;
            }
            match self.in_terms_of(&owner, keys, false) {
                Some(owner) => kept.push(owner),
                None => self.fail(&owner, Lost::Mixed(mixer, at)),
            }
        }
        kept
    }

    /// An owner in terms of `keys` and of rows around the current block (with `own`, of its own rows as well).
    fn in_terms_of(&mut self, owner: &OwnerTerm, keys: &[Term], own: bool) -> Option<OwnerTerm> {
        let depth = self.frames.len() - usize::from(!own);
        let around: HashSet<Inst> =
            self.frames[..depth].iter().flat_map(|f| f.insts.iter().copied()).collect();
        let allowed = |state: &State, term: Term| {
            keys.contains(&term)
                || match state.cc.node(term) {
                    Node::Leaf(Leaf::Column(inst, _) | Leaf::Owner(inst, _)) => around.contains(inst),
                    Node::Leaf(Leaf::Param(_) | Leaf::Session(_) | Leaf::Constant(_) | Leaf::Literal(_)) => {
                        true
                    }
                    _ => false,
                }
        };
        self.state.push();
        for &token in &owner.when {
            self.state.learn(&Fact::NonNull(token));
        }
        let parts: Option<Vec<Term>> = owner.parts.iter().map(|p| self.state.express(*p, &allowed)).collect();
        self.state.pop();
        Some(OwnerTerm { parts: parts?, ..owner.clone() })
    }

    /// Fails an owner without asking what nearly ties it.
    fn give_up(&mut self, owner: &OwnerTerm, lost: Lost) {
        let occ = self.info(owner.inst).occ;
        self.failures.push(Failure { occ, lost, literal: false, wider: None });
    }

    fn fail(&mut self, owner: &OwnerTerm, lost: Lost) {
        self.state.push();
        for &token in &owner.when {
            self.state.learn(&Fact::NonNull(token));
        }
        self.state.saturate();
        let literal = owner.parts.iter().any(|p| {
            self.state.cc.class(*p).any(|t| matches!(self.state.cc.node(t), Node::Leaf(Leaf::Literal(_))))
        });
        let wider = self.wider(owner);
        self.state.pop();
        let occ = self.info(owner.inst).occ;
        self.failures.push(Failure { occ, lost, literal, wider });
    }

    /// Whether an outer level's column of the owner's table is tied.
    fn wider(&mut self, owner: &OwnerTerm) -> Option<(ColumnIx, ColumnIx)> {
        let rel = self.info(owner.inst).rel?;
        let (inner, outer) = match self.model.ownership.of(rel) {
            Owner::Direct { column, outer, .. } => (*column, outer.clone()),
            Owner::Root { key, outer, .. } => (*key, outer.clone()),
            _ => return None,
        };
        for column in outer {
            let term = self.column(owner.inst, column);
            let name = &self.model.catalog.relation(rel).columns.get(column as usize)?.name;
            let level = self.model.settings.columns.iter().position(|c| c == name)?;
            let view = View { model: self.model, tenants: &self.tenants, insts: &self.insts, st: self.st };
            if self.state.prove(&mut |state| !view.tenants_in(state, term, level).0.is_empty()) {
                return Some((inner, column));
            }
        }
        None
    }

    // --- the answer --------------------------------------------------------------------------------------------

    fn finish(mut self) -> TenancyProof {
        let mut defects = self.defects();
        let gap = self
            .st
            .gaps
            .iter()
            .map(|g| (g.span, g.what.clone(), g.kind == GapKind::UnknownTable))
            .chain(self.opaque.iter().map(|(span, what)| (*span, what.clone(), true)))
            .next();
        let mut verdict = match (self.touched, defects.is_empty()) {
            (_, false) => Verdict::Leaks,
            (true, true) => Verdict::Isolated,
            (false, true) => Verdict::Global,
        };
        if let Some((span, what, may_read)) = gap
            && (verdict != Verdict::Global
                || may_read
                || self.st.gaps.iter().any(|g| g.kind == GapKind::Hole))
        {
            verdict = Verdict::Unknown;
            let occ = self.scoped.first().copied().unwrap_or(OccId(0));
            if self.st.occurrences.is_empty() {
                verdict = Verdict::Global;
                defects.clear();
            } else {
                defects = vec![Defect { occ, span, kind: DefectKind::Unresolved { what } }];
            }
        }
        let occurrences = self.statuses(verdict, &defects);
        TenancyProof { verdict, occurrences, defects, derivation: self.steps }
    }

    fn statuses(&self, verdict: Verdict, defects: &[Defect]) -> Vec<(OccId, OwnerStatus)> {
        let mut out = Vec::new();
        for (ix, occurrence) in self.st.occurrences.iter().enumerate() {
            let occ = OccId(ix as u32);
            let rel = match &occurrence.source {
                Source::Table(rel) => *rel,
                Source::View { view, query: _ } => *view,
                _ => continue,
            };
            let scoped = self.model.ownership.of(rel).is_scoped()
                || self.scoped.contains(&occ)
                || matches!(self.model.stored.get(&rel), Some(Stored::Column(_) | Stored::Mixed(_)));
            let status = if !scoped {
                OwnerStatus::Global
            } else if verdict == Verdict::Unknown {
                OwnerStatus::Unknown
            } else if defects.iter().any(|d| d.occ == occ) {
                OwnerStatus::Untied
            } else {
                OwnerStatus::Tied
            };
            out.push((occ, status));
        }
        out
    }
}

/// What the goals look at, apart from the state.
struct View<'v> {
    model: &'v TenancyModel<'v>,
    tenants: &'v Tenants,
    insts: &'v [InstInfo],
    st: &'v BoundStatement,
}

impl View<'_> {
    /// The tenants that a term is known to be, and the term that says so.
    fn tenants_in(&self, state: &State, term: Term, level: usize) -> (BTreeSet<TenantId>, Option<Term>) {
        let mut ids = BTreeSet::new();
        let mut by = None;
        for t in state.cc.class(term) {
            if let Some(id) = self.tenant(state, t, level) {
                ids.insert(id);
                by = by.or(Some(t));
            }
        }
        (ids, by)
    }

    fn tenant(&self, state: &State, term: Term, level: usize) -> Option<TenantId> {
        let bit: Levels = 1 << level.min(31);
        match state.cc.node(term) {
            Node::Leaf(Leaf::Param(p)) => self
                .tenants
                .params
                .get(p)
                .filter(|levels| **levels & bit != 0)
                .map(|_| TenantId::Param(self.param(*p))),
            Node::Leaf(Leaf::Element(p, _)) if self.model.settings.sets => self
                .tenants
                .params
                .get(p)
                .filter(|levels| **levels & bit != 0)
                .map(|_| TenantId::Param(self.param(*p))),
            Node::Leaf(Leaf::Session(s)) => Some(TenantId::Session(*s)),
            Node::Leaf(Leaf::Column(inst, column)) => {
                let info = self.insts.get(inst.0 as usize)?;
                let occurrence = self.st.occurrence(info.occ);
                let Source::Tuple(Some(rel)) = occurrence.source else { return None };
                let row_variable = matches!(occurrence.alias.as_str(), "new" | "old");
                let is_owner = matches!(
                    self.model.ownership.of(rel),
                    Owner::Direct { column: own, level: at, .. } if own == column && *at == level
                );
                (row_variable && is_owner).then_some(TenantId::Row(info.occ))
            }
            Node::App(Fun::Column(index, column), args) => {
                let index = self.model.catalog.index_def(*index);
                let [arg] = args.as_slice() else { return None };
                let is_root = matches!(
                    self.model.ownership.of(index.relation),
                    Owner::Root { key, level: at, .. } if key == column && *at == level
                );
                if !is_root {
                    return None;
                }
                state.cc.class(*arg).find_map(|t| match state.cc.node(t) {
                    Node::Leaf(Leaf::Param(p))
                        if self.tenants.by_root_key.get(p).is_some_and(|(rel, _)| *rel == index.relation) =>
                    {
                        Some(TenantId::Param(self.param(*p)))
                    }
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// Anonymous parameters that are compared with a tenant column are one term unless their host expressions differ.
    fn param(&self, id: crate::query::model::ParamId) -> crate::query::model::ParamId {
        let param = self.st.param(id);
        if !matches!(param.name, ParamName::Anonymous(_)) {
            return id;
        }
        let first = self.st.params.iter().position(|p| {
            matches!(p.name, ParamName::Anonymous(_))
                && p.bound_to == param.bound_to
                && self.tenants.params.keys().any(|k| self.st.param(*k) == p)
        });
        first.map_or(id, |i| crate::query::model::ParamId(i as u32))
    }

    /// The principal whose membership makes a term one of the tenants that it may act for.
    fn member(&self, state: &State, term: Term) -> Option<Term> {
        if self.model.membership.is_empty() || !self.tenants.params.is_empty() {
            return None;
        }
        state.cc.class(term).find_map(|t| {
            let Node::Leaf(Leaf::Column(inst, column)) = state.cc.node(t) else { return None };
            let info = self.insts.get(inst.0 as usize)?;
            let columns = self.model.membership.get(&info.rel?)?;
            if columns.tenant != *column || !state.cc.is_non_null(info.present) {
                return None;
            }
            let principal = state.cc.find_leaf(&Leaf::Column(*inst, columns.principal))?;
            state.cc.class(principal).find(|p| {
                matches!(state.cc.node(*p), Node::Leaf(Leaf::Param(_) | Leaf::Session(_) | Leaf::Constant(_)))
            })
        })
    }
}

/// Shares a list of arms.
fn either(arms: Vec<Vec<Fact>>) -> Fact {
    Fact::Any(Rc::new(arms))
}

/// The definition of a WITH query that is a query.
fn cte_query(st: &BoundStatement, id: CteId) -> Option<&Query> {
    match &st.cte(id).body {
        CteBody::Query(query) => Some(query),
        CteBody::Modify(_) => None,
    }
}
