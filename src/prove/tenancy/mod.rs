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

mod call;
mod collation;
mod defect;
mod derivation;
mod dropped;
mod evaluated;
mod facts;
mod goal;
mod join;
mod occurrence;
mod predicate;
mod recursion;
mod relation;
mod row_security;
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
use crate::prove::verdict::{Defect, DefectKind, OwnerStatus, TenancyProof, Verdict};
use crate::query::model::{
    Body, BoundStatement, CteBody, CteId, ExprKind, GapKind, OccId, ParamName, Query, Source,
};
use crate::query::{Context, walk};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, Function, RelId};
use crate::source::Span;

pub use call::Summary;
pub use facts::TenancyModel;
pub use row_security::RowTie;
pub use session::sessions_of_policies;

use collation::Collations;
use defect::Evidence;
use derivation::Record;
use facts::Stored;
use relation::Rel;
use state::{Fact, Inst, InstInfo, OwnerTerm, State};
use tenants::Tenants;

/// Whether a proof says how it was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The verdict, the status of each occurrence, the defects.
    #[default]
    Verdict,
    /// Derivations as well.
    Derivations,
}

/// Proves or refuses isolation of a statement.
pub fn prove(model: &TenancyModel<'_>, statement: &BoundStatement, detail: Detail) -> TenancyProof {
    let mut prover = Prover::new(model, statement, detail);
    prover.statement();
    prover.finish()
}

/// Judges a view's definition: its defects are what no filter on the view can repair. Owners that its rows still tell
/// apart are for whoever uses it to tie.
pub fn prove_view(model: &TenancyModel<'_>, definition: &BoundStatement, detail: Detail) -> TenancyProof {
    let mut prover = Prover::new(model, definition, detail);
    let rel = match &definition.body {
        Body::Query(query) => prover.query(query),
        _ => Rel::default(),
    };
    let evidence = Evidence::gather(model, definition);
    let failed: BTreeSet<OccId> = prover.failures.iter().map(|f| f.occ).collect();
    let mut seen = BTreeSet::new();
    let failures = prover.failures.iter().filter(|failure| seen.insert(failure.occ));
    let defects: Vec<Defect> = failures
        .filter_map(|failure| {
            let joined = || evidence.joined_to(model, definition, failure.occ, &failed);
            let why = match &failure.lost {
                Lost::Mixed(mixer, _) => match joined() {
                    Some((kept, _)) => format!(
                        "`{}` is joined to `{}` without the tenant, and {mixer} combines such rows",
                        definition.occurrence(failure.occ).alias,
                        definition.occurrence(kept).alias
                    ),
                    None => format!("{mixer} combines rows of all tenants"),
                },
                Lost::Subquery => "a subquery reads rows that are not tied to the row around it".to_owned(),
                Lost::OuterJoin => {
                    "an outer join adds rows that are not tied to the row that they join".to_owned()
                }
                Lost::Untied | Lost::Write(..) => return None,
            };
            let span = definition.occurrence(failure.occ).span;
            Some(Defect { occ: failure.occ, span, kind: DefectKind::MixedTenantView { why } })
        })
        .collect();
    let verdict = if defects.is_empty() { Verdict::Isolated } else { Verdict::Leaks };
    let failed = prover.failures.iter().map(|f| f.occ).collect();
    let (kept, lost) = prover.kept(&rel);
    let mut occurrences = prover.statuses(verdict, failed);
    for (occ, status) in &mut occurrences {
        if lost.contains(occ) {
            *status = OwnerStatus::Untied;
        } else if kept.contains(occ) && *status == OwnerStatus::Tied {
            *status = OwnerStatus::Kept;
        }
    }
    let derivations = prover.derivations(&occurrences);
    TenancyProof { verdict, occurrences, defects, remarks: Vec::new(), derivations }
}

/// Judges a condition of a policy: what its subqueries read must be tied to the tenant, or to the row that the policy
/// decides on. `table` is that row's occurrence. What the policy lets through is another question.
pub fn prove_policy(
    model: &TenancyModel<'_>,
    condition: &BoundStatement,
    table: OccId,
    detail: Detail,
) -> TenancyProof {
    let mut prover = Prover::new(model, condition, detail);
    prover.policy(table);
    prover.finish()
}

/// Whose a row is of which a policy's condition holds, by the same proof; absent where nobody owns rows of the table.
pub fn row_tie(model: &TenancyModel<'_>, condition: &BoundStatement, table: OccId) -> Option<RowTie> {
    Prover::new(model, condition, Detail::Verdict).policy(table)
}

/// How a materialized view's rows are owned, by its definition.
fn stored_rows(model: &TenancyModel<'_>, view: RelId) -> Stored {
    let unread = || Stored::Mixed("its definition could not be read".to_owned());
    let Some((statement, _)) = crate::query::bind_view(model.catalog, &Context::default(), view) else {
        return unread();
    };
    let Body::Query(query) = &statement.body else { return unread() };
    if !statement.gaps.is_empty() {
        return Stored::Mixed("part of its definition is not known".to_owned());
    }
    let mut prover = Prover::new(model, &statement, Detail::Verdict);
    prover.unnamed_calls();
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
    /// The row by which the owner is tied to an outer level.
    wider: Option<Wider>,
    /// Of several parents of the owner's table, one that is not tied where another is.
    untied_parent: Option<ForeignKeyId>,
    /// Other occurrences whose rows have the same owner wherever this row counts: tying one of them ties this.
    answered_by: BTreeSet<OccId>,
}

/// A row that names a tenant and its outer level's, of which the outer one is tied.
#[derive(Clone, Copy, Debug)]
struct Wider {
    of: OccId,
    inner: ColumnIx,
    outer: ColumnIx,
}

impl Failure {
    fn new(occ: OccId, lost: Lost) -> Self {
        Failure { occ, lost, literal: false, wider: None, untied_parent: None, answered_by: BTreeSet::new() }
    }
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
    /// Whether that is by another statement, or by a function that it calls.
    sets_before: bool,
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
    remarks: Vec<Defect>,
    /// How many conditions may still be judged a second time.
    retries: u32,
    /// Whether rows of a tenant-scoped table are read or written at all.
    touched: bool,
    scoped: BTreeSet<OccId>,
    ties: Vec<(usize, BTreeSet<TenantId>)>,
    principals: Vec<Term>,
    detail: Detail,
    /// Owners found tied, where something is to be said of how.
    records: Vec<Record>,
    /// With derivations: how the parts of an owner in present terms follow from those that it had.
    trails: derivation::Trails,
    /// What hides part of the answer besides the binder's gaps: opaque functions.
    opaque: Vec<(Span, String)>,
    /// Tables that are read as a whole by a statement that is no query.
    whole: Option<&'static str>,
    /// The function that the statement is part of.
    within: Option<&'a Function>,
}

/// A statement that uses more occurrences than this, WITH queries counted at each reference, is given up.
const MAX_INSTS: usize = 600;

/// How many conditions of one statement may be judged a second time.
const MAX_RETRIES: u32 = 64;
/// An owner list that is longer than this, of a set operation of as many arms, is given up.
const MAX_OWNERS: usize = 128;

impl<'a> Prover<'a> {
    fn new(model: &'a TenancyModel<'a>, st: &'a BoundStatement, detail: Detail) -> Self {
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
        let sets_before = st.sets_session || model.calls_setter(st);
        Prover {
            model,
            st,
            tenants: tenants::Scan::run(model, st),
            dropped: dropped::dropped(model, st, &collations),
            collations,
            sets_session: sets_session || sets_before,
            sets_before,
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
            remarks: Vec::new(),
            retries: MAX_RETRIES,
            touched: false,
            scoped: BTreeSet::new(),
            ties: Vec::new(),
            principals: Vec::new(),
            detail,
            records: Vec::new(),
            trails: derivation::Trails::new(),
            opaque: Vec::new(),
            whole: None,
            within: None,
        }
    }

    fn statement(&mut self) {
        let st = self.st;
        self.unnamed_calls();
        for row in st.trigger_rows.iter().filter(|row| !row.transition) {
            self.trigger_row(row);
        }
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
            Body::Set { .. } | Body::Utility => {}
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
            self.failures.push(Failure::new(
                target,
                Lost::Write(DefectKind::WholeTable { what }, self.st.occurrence(target).span),
            ));
        }
    }

    // --- the answer --------------------------------------------------------------------------------------------

    fn finish(mut self) -> TenancyProof {
        self.by_variables();
        let mut failed: BTreeSet<OccId> = self.failures.iter().map(|f| f.occ).collect();
        let mut defects = self.defects();
        failed.extend(defects.iter().map(|d| d.occ));
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
        let occurrences = self.statuses(verdict, failed);
        let derivations = self.derivations(&occurrences);
        TenancyProof { verdict, occurrences, defects, remarks: self.remarks, derivations }
    }

    /// What a variable of a function holds is not followed: where nothing else names the tenant, nobody knows whose it is.
    fn by_variables(&mut self) {
        let variables = &self.st.variables;
        let is_variable = |id: &TenantId| matches!(id, TenantId::Param(param) if variables.contains(param));
        let tie = self.ties.iter().find(|(_, ids)| !ids.is_empty() && ids.iter().all(is_variable));
        if let Some(TenantId::Param(param)) = tie.and_then(|(_, ids)| ids.first()).cloned()
            && let Some(param) = self.st.params.get(param.0 as usize)
        {
            let what = match &param.name {
                ParamName::Named(name) => format!("the variable `{name}` of the function"),
                ParamName::Numbered(_) | ParamName::Anonymous(_) => "what USING gives".to_owned(),
            };
            self.opaque.push((param.span, what));
        }
    }

    fn statuses(&self, verdict: Verdict, failed: BTreeSet<OccId>) -> Vec<(OccId, OwnerStatus)> {
        let untied = self.untied(failed);
        let mut out = Vec::new();
        for (ix, occurrence) in self.st.occurrences.iter().enumerate() {
            let occ = OccId(ix as u32);
            let scoped = self.scoped.contains(&occ);
            let scoped = match &occurrence.source {
                // As its tables, below.
                Source::View { view: _, query: Some(_) } => false,
                Source::Table(rel) | Source::View { view: rel, query: None } => {
                    let stored = self.model.stored.get(rel);
                    scoped
                        || self.model.ownership.of(*rel).is_scoped()
                        || matches!(stored, Some(Stored::Column(_) | Stored::Mixed(_)))
                }
                // Calls of functions that read or write rows of tenants.
                Source::Call(_) | Source::Function { .. } if scoped => true,
                Source::Call(_)
                | Source::Function { .. }
                | Source::Cte(_)
                | Source::Derived(_)
                | Source::System(_)
                | Source::Tuple(_)
                | Source::Unknown(_) => continue,
            };
            let status = if !scoped {
                OwnerStatus::Global
            } else if verdict == Verdict::Unknown {
                OwnerStatus::Unknown
            } else if untied.contains(&occ) {
                OwnerStatus::Untied
            } else {
                OwnerStatus::Tied
            };
            out.push((occ, status));
        }
        // A view stands as the worst of its tables.
        let badness = |status: OwnerStatus| match status {
            OwnerStatus::Global => 0,
            OwnerStatus::Tied | OwnerStatus::Kept => 1,
            OwnerStatus::Unknown => 2,
            OwnerStatus::Untied => 3,
        };
        let mut views: HashMap<OccId, OwnerStatus> = HashMap::new();
        for &(occ, status) in &out {
            if let Some(view) = self.st.occurrence(occ).via_view {
                let worst = views.entry(view).or_insert(status);
                if badness(status) > badness(*worst) {
                    *worst = status;
                }
            }
        }
        for (occ, status) in &mut out {
            if let Some(worst) = views.get(occ) {
                *status = *worst;
            }
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
