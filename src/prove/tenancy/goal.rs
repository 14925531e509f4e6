//! Goals: whether an owner is the tenant, whether it is a function of other terms, and what becomes of one that is
//! neither.

use std::collections::{BTreeSet, HashSet};

use crate::prove::congruence::{Node, Term};
use crate::prove::ownership::Owner;
use crate::prove::verdict::Step;
use crate::query::model::{BoundStatement, OccId, ParamId, ParamName, Source, TriggerRow};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, RelId};
use crate::source::Span;

use super::facts::TenancyModel;
use super::state::{Cond, Fact, Fun, Inst, InstInfo, Leaf, OwnerTerm, State};
use super::tenants::{Levels, Tenants};
use super::{Detail, Failure, Lost, Prover, TenantId, Wider};

/// An owner is followed through groups whose keys may be NULL only where these are few.
const MAX_NULLABLE_KEYS: usize = 4;
/// How many uses of tables are searched for one of the same owner that is tied to an outer level.
const MAX_ROWS_OF_OWNER: usize = 64;

impl<'a> Prover<'a> {
    /// Whether an owner is the tenant, in every case.
    pub(super) fn is_tied(&mut self, owner: &OwnerTerm) -> bool {
        self.is_tied_or(owner, &[])
    }

    /// Whether every part of an owner is the tenant, or a part of one of the others.
    pub(super) fn is_tied_or(&mut self, owner: &OwnerTerm, others: &[OwnerTerm]) -> bool {
        let level = self.level_of(owner);
        self.is_tied_to(owner, others, level)
    }

    /// Whether an owner is the tenant of that level.
    pub(super) fn is_tied_at(&mut self, owner: &OwnerTerm, level: usize) -> bool {
        self.is_tied_to(owner, &[], level)
    }

    pub(super) fn is_tied_to(&mut self, owner: &OwnerTerm, others: &[OwnerTerm], level: usize) -> bool {
        self.state.push();
        for &token in &owner.when {
            self.state.learn(&Fact::NonNull(token));
        }
        let outer = self.outer_columns(owner);
        let view = View {
            model: self.model,
            tenants: &self.tenants,
            insts: &self.insts,
            st: self.st,
            detail: self.detail,
        };
        let found = self.state.prove_each(&mut |state| {
            owner.parts.iter().map(|part| view.tie(state, owner, *part, others, level, &outer)).collect()
        });
        self.state.pop();
        let Some(cases) = found else { return false };
        let ties = || cases.iter().flat_map(|parts: &Vec<Tie>| parts);
        let principals: Vec<Term> = ties()
            .filter_map(|tie| match &tie.by {
                By::Member(principal) => Some(*principal),
                By::Tenant(_) | By::Nobody | By::Row(_) => None,
            })
            .collect();
        if !self.same_principal(&principals) {
            return false;
        }
        let mut anchors = BTreeSet::new();
        for tie in ties() {
            match &tie.by {
                By::Tenant(ids) if !self.ties.contains(&(level, ids.clone())) => {
                    self.ties.push((level, ids.clone()));
                }
                By::Row(occ) => {
                    anchors.insert(*occ);
                }
                By::Tenant(_) | By::Member(_) | By::Nobody => {}
            }
        }
        let trail = self.trail(owner);
        let mut told: Vec<Vec<Step>> = Vec::new();
        for parts in cases {
            let mut steps: Vec<Step> = Vec::new();
            for (i, tie) in parts.into_iter().enumerate() {
                let way = trail.get(i).into_iter().flatten().cloned().chain(tie.steps);
                for step in way {
                    if !steps.contains(&step) {
                        steps.push(step);
                    }
                }
            }
            if !told.contains(&steps) {
                told.push(steps);
            }
        }
        self.record(owner, anchors, told);
        true
    }

    /// What the goals look at, apart from the state.
    pub(super) fn view(&self) -> View<'_> {
        View {
            model: self.model,
            tenants: &self.tenants,
            insts: &self.insts,
            st: self.st,
            detail: self.detail,
        }
    }

    /// Columns of the owner's table that name its tenant on outer levels, innermost first.
    fn outer_columns(&mut self, owner: &OwnerTerm) -> Vec<(Term, usize)> {
        let Some(rel) = self.info(owner.inst).rel else { return Vec::new() };
        let Owner::Direct { outer, shared: false, .. } = self.model.ownership.of(rel) else {
            return Vec::new();
        };
        let mut columns = Vec::new();
        for &column in outer {
            let declared = self.model.catalog.relation(rel).columns.get(column as usize);
            if let Some(level) = declared.and_then(|c| self.model.ownership.columns.level_of(&c.name)) {
                columns.push((self.column(owner.inst, column), level));
            }
        }
        columns
    }

    /// One principal may act in a statement.
    pub(super) fn same_principal(&mut self, found: &[Term]) -> bool {
        for &term in found {
            match self.principals.first() {
                Some(first) if *first != term => return false,
                Some(_) => {}
                None => self.principals.push(term),
            }
        }
        true
    }

    pub(super) fn level_of(&self, owner: &OwnerTerm) -> usize {
        match self.info(owner.inst).rel.map(|rel| self.model.ownership.of(rel)) {
            Some(Owner::Root { level, .. } | Owner::Direct { level, .. }) => *level,
            Some(Owner::Indirect { .. } | Owner::Unclassified { .. }) => {
                self.info(owner.inst).rel.map_or(0, |rel| parent_level(self.model, rel, 0))
            }
            Some(Owner::Global { .. }) => 0,
            None => self.info(owner.inst).level.unwrap_or(0),
        }
    }

    /// Owners of all rows around the current one.
    pub(super) fn enclosing_owners(&self) -> Vec<OwnerTerm> {
        self.frames.iter().flat_map(|f| f.owners.iter().cloned()).collect()
    }

    /// Takes the owners that are tied off a list; keeps those that are functions of `keys` or of enclosing rows, in
    /// those terms; fails the others, which `mixer` makes impossible to tell apart.
    pub(super) fn close(
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

    /// As [`close`](Self::close), for groups: an owner that is a function of the keys only where they are not NULL is
    /// one owner of the groups without a NULL, and lost in the others, which a join on the keys never meets. Also
    /// returns what is known of the two kinds of groups.
    pub(super) fn close_groups(
        &mut self,
        owners: Vec<OwnerTerm>,
        keys: &[Term],
        mixer: &'static str,
        at: Span,
    ) -> (Vec<OwnerTerm>, Vec<Fact>) {
        self.state.saturate();
        let nullable: Vec<Term> = keys.iter().copied().filter(|k| !self.state.cc.is_non_null(*k)).collect();
        let mut kept = Vec::new();
        let mut told = Vec::new();
        for owner in owners {
            if self.is_tied(&owner) {
                continue;
            }
            if let Some(owner) = self.in_terms_of(&owner, keys, false) {
                kept.push(owner);
                continue;
            }
            self.state.push();
            let present: Vec<Fact> = nullable.iter().map(|k| Fact::NonNull(*k)).collect();
            self.state.learn_all(&present);
            let named = self.in_terms_of(&owner, keys, false);
            self.state.pop();
            let Some(mut named) =
                named.filter(|_| !nullable.is_empty() && nullable.len() <= MAX_NULLABLE_KEYS)
            else {
                self.fail(&owner, Lost::Mixed(mixer, at));
                continue;
            };
            let token = self.state.token();
            told.push(Fact::when(vec![Cond::NonNull(token)], present));
            named.when.push(token);
            kept.push(named);
            for key in &nullable {
                let token = self.state.token();
                told.push(Fact::when(vec![Cond::NonNull(token)], vec![Fact::Null(*key)]));
                let parts = vec![self.state.fresh()];
                kept.push(OwnerTerm { parts, when: vec![token], shareable: false, ..owner.clone() });
            }
        }
        (kept, told)
    }

    /// An owner in terms of `keys` and of rows around the current block (with `own`, of its own rows as well).
    pub(super) fn in_terms_of(&mut self, owner: &OwnerTerm, keys: &[Term], own: bool) -> Option<OwnerTerm> {
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
        if let Some(parts) = &parts {
            self.record_trail(owner, parts);
        }
        self.state.pop();
        Some(OwnerTerm { parts: parts?, ..owner.clone() })
    }

    /// Fails an owner without asking what nearly ties it.
    pub(super) fn give_up(&mut self, owner: &OwnerTerm, lost: Lost) {
        let occ = self.info(owner.inst).occ;
        self.failures.push(Failure::new(occ, lost));
    }

    pub(super) fn fail(&mut self, owner: &OwnerTerm, lost: Lost) {
        self.state.push();
        for &token in &owner.when {
            self.state.learn(&Fact::NonNull(token));
        }
        self.state.saturate();
        let literal = owner.parts.iter().any(|p| {
            self.state.cc.class(*p).any(|t| matches!(self.state.cc.node(t), Node::Leaf(Leaf::Literal(_))))
        });
        let wider = self.wider(owner);
        let untied_parent = self.untied_parent(owner);
        let answered_by = self.rows_of_owner(owner);
        self.state.pop();
        let occ = self.info(owner.inst).occ;
        self.failures.push(Failure { occ, lost, literal, wider, untied_parent, answered_by });
    }

    /// Other occurrences whose rows are there and have that owner, in every case.
    fn rows_of_owner(&mut self, owner: &OwnerTerm) -> BTreeSet<OccId> {
        let occ = self.info(owner.inst).occ;
        let mut found = BTreeSet::new();
        for inst in (0..self.insts.len().min(MAX_ROWS_OF_OWNER) as u32).map(Inst) {
            let InstInfo { occ: other, rel: Some(rel), level: _, present } = *self.info(inst) else {
                continue;
            };
            if other == occ || found.contains(&other) {
                continue;
            }
            let Some(of_other) = self.owner_of(inst, rel, false) else { continue };
            let is_same = of_other.parts.len() == owner.parts.len()
                && self.state.prove(&mut |state| {
                    let mut parts = of_other.parts.iter().zip(&owner.parts);
                    state.cc.is_non_null(present) && parts.all(|(a, b)| state.cc.same(*a, *b))
                });
            if is_same {
                found.insert(other);
            }
        }
        found
    }

    /// Of a table with several parents, which all decide, the first that is not tied, if some are.
    fn untied_parent(&mut self, owner: &OwnerTerm) -> Option<ForeignKeyId> {
        let facts = self.model.of(self.info(owner.inst).rel?);
        let arity = |p: &usize| self.model.of(facts.references[*p].target).arity;
        if facts.parents.len() < 2 || facts.parents.iter().map(arity).sum::<usize>() != owner.parts.len() {
            return None;
        }
        let level = self.level_of(owner);
        let mut parts = owner.parts.iter();
        let (mut untied, mut tied) = (None, false);
        for parent in &facts.parents {
            let own: Vec<Term> = parts.by_ref().take(arity(parent)).copied().collect();
            let view = View {
                model: self.model,
                tenants: &self.tenants,
                insts: &self.insts,
                st: self.st,
                detail: Detail::Verdict,
            };
            let is_tied = self.state.prove(&mut |state| {
                own.iter().all(|part| {
                    !view.tenants_in(state, *part, level).0.is_empty() || view.member(state, *part).is_some()
                })
            });
            if is_tied {
                tied = true;
            } else {
                untied = untied.or(Some(facts.references[*parent].id));
            }
        }
        untied.filter(|_| tied)
    }

    /// The row by which an owner is tied to an outer level: its own, or another of the same owner.
    fn wider(&mut self, owner: &OwnerTerm) -> Option<Wider> {
        if let Some(own) = self.outer_tie(owner.inst) {
            return Some(own);
        }
        let level = self.level_of(owner);
        let [part] = owner.parts.as_slice() else { return None };
        let insts = (0..self.insts.len().min(MAX_ROWS_OF_OWNER) as u32).map(Inst);
        insts.filter(|inst| *inst != owner.inst).find_map(|inst| {
            let (column, at) = self.own_level(inst)?;
            let own = self.column(inst, column);
            let present = self.info(inst).present;
            let is_same = at == level
                && self.state.prove(&mut |state| state.cc.same(own, *part) && state.cc.is_non_null(present));
            is_same.then(|| self.outer_tie(inst))?
        })
    }

    /// The column that names a row's tenant, and its level, of a table that has columns of outer levels as well.
    fn own_level(&self, inst: Inst) -> Option<(ColumnIx, usize)> {
        match self.model.ownership.of(self.info(inst).rel?) {
            Owner::Direct { column, level, outer, .. } if !outer.is_empty() => Some((*column, *level)),
            Owner::Root { key, level, outer } if !outer.is_empty() => Some((*key, *level)),
            _ => None,
        }
    }

    /// Whether a column of an outer level is tied.
    fn outer_tie(&mut self, inst: Inst) -> Option<Wider> {
        let rel = self.info(inst).rel?;
        let (inner, outer) = match self.model.ownership.of(rel) {
            Owner::Direct { column, outer, .. } => (*column, outer.clone()),
            Owner::Root { key, outer, .. } => (*key, outer.clone()),
            _ => return None,
        };
        for column in outer {
            let term = self.column(inst, column);
            let name = &self.model.catalog.relation(rel).columns.get(column as usize)?.name;
            let level = self.model.ownership.columns.level_of(name)?;
            let view = View {
                model: self.model,
                tenants: &self.tenants,
                insts: &self.insts,
                st: self.st,
                detail: self.detail,
            };
            if self.state.prove(&mut |state| !view.tenants_in(state, term, level).0.is_empty()) {
                return Some(Wider { of: self.info(inst).occ, inner, outer: column });
            }
        }
        None
    }
}

/// How one part of an owner is tied, in one case.
struct Tie {
    by: By,
    /// With derivations.
    steps: Vec<Step>,
}

enum By {
    /// It is one of these terms, taken for the tenant.
    Tenant(BTreeSet<TenantId>),
    /// It is NULL, so that anybody may read the row.
    Nobody,
    /// It is a tenant of which this principal is a member.
    Member(Term),
    /// It is the owner of that occurrence's row as well.
    Row(OccId),
}

/// What the goals look at, apart from the state.
pub(super) struct View<'v> {
    pub(super) model: &'v TenancyModel<'v>,
    pub(super) tenants: &'v Tenants,
    pub(super) insts: &'v [InstInfo],
    pub(super) st: &'v BoundStatement,
    detail: Detail,
}

/// The innermost level of the tenants that own the rows of a table, at the end of its chains of parents.
pub(super) fn parent_level(model: &TenancyModel<'_>, rel: RelId, depth: u32) -> usize {
    match model.ownership.of(rel) {
        Owner::Root { level, .. } | Owner::Direct { level, .. } => *level,
        Owner::Indirect { .. } | Owner::Unclassified { .. } if depth < 32 => {
            let facts = model.of(rel);
            let targets = facts.parents.iter().map(|p| facts.references[*p].target);
            targets.map(|target| parent_level(model, target, depth + 1)).min().unwrap_or(0)
        }
        _ => 0,
    }
}

impl View<'_> {
    /// Whether a row without a tenant of its own level is everybody's: it is the outer level's tenant's where it names
    /// one.
    fn is_shared(&self, state: &State, outer: &[(Term, usize)]) -> bool {
        for (term, level) in outer {
            if !self.tenants_in(state, *term, *level).0.is_empty() {
                return true;
            }
            if !state.cc.is_null(*term) {
                return false;
            }
        }
        true
    }

    /// How one part of an owner is tied, or what other row answers for it.
    fn tie(
        &self,
        state: &State,
        owner: &OwnerTerm,
        part: Term,
        others: &[OwnerTerm],
        level: usize,
        outer: &[(Term, usize)],
    ) -> Option<Tie> {
        let present = |inst: Inst| state.cc.is_non_null(self.insts[inst.0 as usize].present);
        let told = |to: Term, last: &dyn Fn() -> Vec<Step>| match self.detail {
            Detail::Verdict => Vec::new(),
            Detail::Derivations => {
                let mut steps = self.chain(state, part, to, owner.inst);
                steps.extend(last());
                steps
            }
        };
        let (ids, term) = self.tenants_in(state, part, level);
        if let Some(term) = term
            && (!owner.written || state.cc.is_non_null(part))
        {
            return Some(Tie { by: By::Tenant(ids), steps: told(term, &|| self.tenant_steps(state, term)) });
        }
        if !owner.written && owner.shareable && state.cc.is_null(part) {
            let shared = || vec![Step::Shared { at: self.null_test(state, part) }];
            let tie = || Tie { by: By::Nobody, steps: told(part, &shared) };
            return (present(owner.inst) && self.is_shared(state, outer)).then(tie);
        }
        if let Some((column, table, principal)) = self.member(state, part) {
            let member = || vec![Step::Member { table, principal: self.value(state, principal, 0) }];
            return Some(Tie { by: By::Member(principal), steps: told(column, &member) });
        }
        others.iter().find_map(|other| {
            let same = *other.parts.iter().find(|p| state.cc.same(**p, part))?;
            let to = self.insts[other.inst.0 as usize].occ;
            let holds = state.cc.is_non_null(part) || present(other.inst);
            holds.then(|| Tie { by: By::Row(to), steps: told(same, &|| vec![Step::Anchored { to }]) })
        })
    }

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
            // The statement that fires a trigger is judged for itself, so its rows are the tenant's.
            Node::Leaf(Leaf::Column(inst, column)) => {
                let row = self.st.trigger_row(self.insts.get(inst.0 as usize)?.occ)?;
                let name = self.column_name(row, *column)?;
                let is_owner = |rel: &RelId| {
                    let relation = self.model.catalog.relation(*rel);
                    let (Owner::Direct { column: own, level: at, .. }
                    | Owner::Root { key: own, level: at, .. }) = self.model.ownership.of(*rel)
                    else {
                        return false;
                    };
                    *at == level && relation.columns.get(*own as usize).is_some_and(|c| c.name == name)
                };
                let owned = !row.tables.is_empty() && row.tables.iter().all(is_owner);
                (owned && !row.assigns(name)).then(|| self.trigger_tenant()).flatten()
            }
            Node::Leaf(Leaf::Owner(inst, _)) => {
                let row = self.st.trigger_row(self.insts.get(inst.0 as usize)?.occ)?;
                let [rel] = row.tables.as_slice() else { return None };
                let Owner::Indirect { parents } = self.model.ownership.of(*rel) else { return None };
                let facts = self.model.of(*rel);
                let catalog = self.model.catalog;
                let keeps = facts.parents.iter().all(|at| {
                    let columns = facts.references[*at].columns.iter();
                    let mut columns = columns.filter_map(|c| catalog.relation(*rel).columns.get(*c as usize));
                    columns.all(|column| !row.assigns(&column.name))
                });
                let one_level = parents
                    .iter()
                    .all(|fk| parent_level(self.model, catalog.foreign_key(*fk).target, 0) == level);
                (keeps && one_level).then(|| self.trigger_tenant()).flatten()
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

    /// The tenant of the rows of the trigger whose function this is in.
    fn trigger_tenant(&self) -> Option<TenantId> {
        self.st.trigger_rows.first().map(|row| TenantId::Row(row.occ))
    }

    /// The name under which the tables of a trigger have a column of its row.
    fn column_name(&self, row: &TriggerRow, column: ColumnIx) -> Option<&str> {
        let occurrence = self.st.occurrence(row.occ);
        match occurrence.source {
            Source::Tuple(Some(rel)) => {
                self.model.catalog.relation(rel).columns.get(column as usize).map(|c| c.name.as_str())
            }
            // An alias may rename the columns of a transition table.
            _ if row.transition && occurrence.alias_span.is_some() => None,
            _ => occurrence.columns.get(column as usize).map(|c| c.name.as_str()),
        }
    }

    /// Anonymous parameters that are compared with a tenant column are one term unless their host expressions differ.
    fn param(&self, id: ParamId) -> ParamId {
        let param = self.st.param(id);
        if !matches!(param.name, ParamName::Anonymous(_)) {
            return id;
        }
        let first = self.st.params.iter().position(|p| {
            matches!(p.name, ParamName::Anonymous(_))
                && p.bound_to == param.bound_to
                && self.tenants.params.keys().any(|k| self.st.param(*k) == p)
        });
        first.map_or(id, |i| ParamId(i as u32))
    }

    /// The membership that makes a term one of the tenants that a principal may act for: its tenant column, its
    /// occurrence, the principal.
    fn member(&self, state: &State, term: Term) -> Option<(Term, OccId, Term)> {
        if self.model.membership.is_empty() || !self.tenants.params.is_empty() || self.tenants.session {
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
            let acts = |p: &Term| {
                matches!(state.cc.node(*p), Node::Leaf(Leaf::Param(_) | Leaf::Session(_) | Leaf::Constant(_)))
            };
            state.cc.class(principal).find(acts).map(|principal| (t, info.occ, principal))
        })
    }
}
