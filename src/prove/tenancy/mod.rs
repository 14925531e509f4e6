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

mod collation;
mod defect;
mod dropped;
mod facts;
mod function;
mod goal;
mod join;
mod occurrence;
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

use crate::prove::congruence::Term;
use crate::prove::verdict::{Defect, DefectKind, OwnerStatus, Step, TenancyProof, Verdict};
use crate::query::model::{Body, BoundStatement, CteBody, CteId, ExprKind, GapKind, OccId, Query, Source};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, RelId};
use crate::source::Span;

pub use facts::TenancyModel;

use collation::Collations;
use facts::Stored;
use relation::Rel;
use state::{Fact, Inst, InstInfo, OwnerTerm, State};
use tenants::Tenants;

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
    if let Some((_, what)) = prover.opaque.first() {
        return Stored::Mixed(format!("its definition depends on {what}"));
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
    collations: Collations<'a>,
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
        let collations = Collations::new(model.catalog, st);
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
            dropped: dropped::dropped(model, st, &collations),
            collations,
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
            Body::Expressions(list) => {
                list.iter().for_each(|e| self.scalar(e));
                self.settle();
            }
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

    // --- the answer --------------------------------------------------------------------------------------------

    fn finish(mut self) -> TenancyProof {
        let mut defects = self.defects();
        let gap = self
            .st
            .gaps
            .iter()
            .map(|g| (g.span, g.what.clone(), g.kind != GapKind::UnknownColumn))
            .chain(self.opaque.iter().map(|(span, what)| (*span, what.clone(), true)))
            .min_by_key(|(.., may_read)| !*may_read);
        let mut verdict = match (self.touched, defects.is_empty()) {
            (_, false) => Verdict::Leaks,
            (true, true) => Verdict::Isolated,
            (false, true) => Verdict::Global,
        };
        if let Some((span, what, may_read)) = gap
            && (verdict != Verdict::Global || may_read)
        {
            verdict = Verdict::Unknown;
            let occ = self.scoped.first().copied().unwrap_or(OccId(0));
            // Text without any table that was not understood is told by the reader of it.
            defects = match self.st.occurrences.is_empty() && self.opaque.is_empty() {
                true => Vec::new(),
                false => vec![Defect { occ, span, kind: DefectKind::Unresolved { what } }],
            };
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
