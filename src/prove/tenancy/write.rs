//! Statements that write: INSERT, ON CONFLICT, UPDATE, DELETE, MERGE, RETURNING (TENANCY.md section 5). For writes an
//! owner must be tied and known not to be NULL.

use std::collections::{BTreeSet, HashMap};

use crate::prove::congruence::Term;
use crate::prove::ownership::Owner;
use crate::prove::verdict::{Defect, DefectKind};
use crate::query::model::{
    Assignment, Body, ConflictTarget, Delete, Expr, ExprKind, Insert, Merge, MergeAction, MergeWhen, OccId,
    OnConflict, Output, Query, SetExpr, Source, Update,
};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, IndexId, IndexOrigin, KeyTerm, RelId};
use crate::source::Span;

use super::evaluated::may_default;
use super::facts::Reference;
use super::predicate::Given;
use super::relation::Rel;
use super::row_security::Origin;
use super::state::{Fact, Inst, OwnerTerm, Why};
use super::{Failure, Lost, Prover, session};

/// The table behind the target of a write: the target itself, or the one table of a simple view.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The occurrence named by the statement.
    pub(super) occ: OccId,
    /// The table whose rows are written.
    pub(super) rel: RelId,
    /// For a view, the table's column behind each column of the view.
    through: Option<Vec<Option<ColumnIx>>>,
    /// For a view, its definition and the table's occurrence in it.
    pub(super) view: Option<OccId>,
}

impl Target {
    fn column(&self, column: ColumnIx) -> Option<ColumnIx> {
        match &self.through {
            None => Some(column),
            Some(map) => map.get(column as usize).copied().flatten(),
        }
    }
}

/// Values of a row that is written, by column of the table.
pub(super) type Values = HashMap<ColumnIx, Term>;

impl<'a> Prover<'a> {
    /// A data-modifying statement; what it returns, in terms of its own output columns.
    pub(super) fn modify(&mut self, body: &'a Body) -> Rel {
        self.state.push();
        self.frames.push(super::Frame::default());
        let rel = match body {
            Body::Insert(insert) => self.insert(insert),
            Body::Update(update) => self.update(update),
            Body::Delete(delete) => self.delete(delete),
            Body::Merge(merge) => self.merge(merge),
            Body::Query(_)
            | Body::Truncate(_)
            | Body::Copy { .. }
            | Body::Export { .. }
            | Body::Expressions(_)
            | Body::Set { .. }
            | Body::Utility => Rel::default(),
        };
        self.frames.pop();
        self.state.pop();
        rel
    }

    /// Finds what a target writes to; none where that is not visible.
    fn target(&mut self, occ: OccId) -> Option<Target> {
        let occurrence = self.st.occurrence(occ);
        match &occurrence.source {
            Source::Table(rel) => {
                if self.hidden_writes(*rel) {
                    self.opaque.push((
                        occurrence.span,
                        format!("a rule or trigger in place of `{}`", occurrence.alias),
                    ));
                }
                if !self.model.ownership.of(*rel).is_scoped() {
                    self.remark(occ, DefectKind::GlobalWrite, occurrence.span);
                }
                Some(Target { occ, rel: *rel, through: None, view: None })
            }
            Source::View { view, query: Some(query) } => {
                let found = if self.hidden_writes(*view) { None } else { self.simple_view(query, 0) };
                if found.is_none() {
                    let what = format!("what a write to the view `{}` does", occurrence.alias);
                    self.opaque.push((occurrence.span, what));
                }
                let (inner, rel, map) = found?;
                Some(Target { occ, rel, through: Some(map), view: Some(inner) })
            }
            _ => None,
        }
    }

    fn hidden_writes(&self, rel: RelId) -> bool {
        self.model.catalog.relation(rel).has_rules
            || self.model.catalog.triggers.iter().any(|t| t.relation == rel && t.instead_of)
    }

    /// The one table of an automatically updatable view, and its column behind each output.
    fn simple_view(&self, query: &'a Query, depth: u32) -> Option<(OccId, RelId, Vec<Option<ColumnIx>>)> {
        let SetExpr::Select(select) = &query.body else { return None };
        let [crate::query::model::From::Item(inner)] = select.from.as_slice() else { return None };
        if select.grouping.is_some() || select.windowed || query.limit.is_some() || depth > 16 {
            return None;
        }
        let outputs = |map: &dyn Fn(ColumnIx) -> Option<ColumnIx>| {
            select
                .output
                .iter()
                .map(|o| match &o.expr.kind {
                    ExprKind::Column { occ, column } if occ == inner => map(*column),
                    _ => None,
                })
                .collect()
        };
        match &self.st.occurrence(*inner).source {
            Source::Table(rel) => Some((*inner, *rel, outputs(&|c| Some(c)))),
            Source::View { view: _, query: Some(query) } => {
                let (table, rel, below) = self.simple_view(query, depth + 1)?;
                Some((table, rel, outputs(&|c| below.get(c as usize).copied().flatten())))
            }
            _ => None,
        }
    }

    /// Reads the target as a source of rows to be written; its facts are learnt.
    fn read_target(&mut self, target: &Target, facts: &mut Vec<Fact>) -> Inst {
        let st = self.st;
        let before = self.top_frame().owners.len();
        let inst = match (&st.occurrence(target.occ).source, target.view) {
            (Source::View { view: _, query: Some(query) }, Some(inner)) => {
                let rel = self.query(query);
                let bound = self.bind_rows(target.occ, rel);
                self.state.learn_all(&bound);
                facts.extend(bound);
                self.env.get(&inner).copied()
            }
            _ => None,
        };
        let inst = match inst {
            Some(inst) => inst,
            None => {
                let inst = self.inst(target.occ, Some(target.rel));
                self.table_axioms(inst, target.rel, st.occurrence(target.occ).only, true);
                let fact = Fact::NonNull(self.info(inst).present);
                self.state.learn(&fact);
                facts.push(fact);
                let owner = self.owner_of(inst, target.rel, true);
                self.top_frame().owners.extend(owner);
                let visible = self.visible(target.occ, inst);
                self.state.learn_all(&visible);
                facts.extend(visible);
                inst
            }
        };
        for owner in &mut self.top_frame().owners[before..] {
            owner.written = true;
        }
        inst
    }

    /// Every owner that the frame answers for must be tied.
    pub(super) fn settle(&mut self) {
        let owners = std::mem::take(&mut self.top_frame().owners);
        for owner in owners {
            if !self.is_tied(&owner) {
                self.fail(&owner, Lost::Untied);
            }
        }
    }

    pub(super) fn defect(&mut self, target: &Target, kind: DefectKind, span: Span) {
        self.failures.push(Failure::new(target.occ, Lost::Write(kind, span)));
    }

    fn remark(&mut self, occ: OccId, kind: DefectKind, span: Span) {
        let remark = Defect { occ, span, kind };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    // --- INSERT ------------------------------------------------------------------------------------------------

    fn insert(&mut self, insert: &'a Insert) -> Rel {
        self.with(&insert.with);
        let mut outputs = Vec::new();
        if let Some(source) = &insert.source {
            let rel = self.query(source);
            self.state.learn_all(&rel.facts);
            self.top_frame().owners.extend(rel.owners);
            outputs = rel.outputs;
        }
        self.settle();
        let Some(target) = self.target(insert.target) else { return Rel::default() };
        let mut values = Values::new();
        for (column, value) in insert.columns.iter().zip(&outputs) {
            if let Some(column) = target.column(*column)
                && !defaulted(insert, column_position(insert, column, &target))
            {
                values.insert(column, *value);
            }
        }
        let span = self.st.occurrence(insert.target).span;
        let position = |column| insert.columns.iter().position(|c| target.column(*c) == Some(column));
        let defaulted = |column| may_default(insert.source.as_ref(), position(column));
        self.evaluate(&target, &defaulted, span);
        self.new_row(&target, &values, span);
        let mut returned = values.clone();
        // A value for an identity column may have been overridden.
        returned.retain(|column, _| !self.is_identity_column(target.rel, *column));
        if let Some(conflict) = &insert.on_conflict {
            let met = self.on_conflict(&target, conflict, &values);
            if conflict.update.is_some() {
                returned.retain(|column, _| met.contains(column));
            }
        }
        let inst = self.inst(insert.target, Some(target.rel));
        if target.through.is_none() {
            self.table_axioms(inst, target.rel, true, true);
            self.written_row(inst, &returned, span);
        }
        let rel = self.returning(&insert.returning, span);
        // What subqueries of RETURNING depend on.
        self.settle();
        rel
    }

    fn is_identity_column(&self, rel: RelId, column: ColumnIx) -> bool {
        self.model.catalog.relation(rel).columns.get(column as usize).is_some_and(|c| c.identity)
    }

    /// The columns of a row that was just written.
    fn written_row(&mut self, inst: Inst, values: &Values, span: Span) {
        self.state.learn(&Fact::NonNull(self.info(inst).present));
        let mut sorted: Vec<_> = values.iter().collect();
        sorted.sort();
        for (column, value) in sorted {
            let own = self.column(inst, *column);
            self.state.learn(&Fact::Same(own, *value, Why::Written(span)));
        }
    }

    /// A row that the statement adds must belong to the tenant.
    fn new_row(&mut self, target: &Target, values: &Values, span: Span) {
        // What is checked holds of the rows that are added, not of those that ON CONFLICT updates.
        self.state.push();
        let checked = self.checked(target, values, Origin::Inserted);
        self.added_row(target, values, checked, span);
        self.references(target, values, &|_| span);
        self.state.pop();
    }

    fn added_row(&mut self, target: &Target, values: &Values, checked: Option<Inst>, span: Span) {
        let rel = target.rel;
        let model = self.model;
        let (column, level) = match model.ownership.of(rel) {
            Owner::Global { .. } => return,
            Owner::Root { outer, .. } => {
                self.mark(target);
                // A new tenant of an inner level belongs to its outer one.
                match outer.first() {
                    Some(outer) => (*outer, usize::MAX),
                    None => return,
                }
            }
            Owner::Direct { column, level, .. } => {
                self.mark(target);
                (*column, *level)
            }
            Owner::Indirect { .. } | Owner::Unclassified { .. } => {
                self.mark(target);
                return self.new_child(target, values, span);
            }
        };
        let level = if level == usize::MAX { self.outer_level(rel, column) } else { level };
        let value = values.get(&column).copied().or_else(|| Some(self.column(checked?, column)));
        let Some(value) = value else {
            if !self.default_is_tenant(rel, column) {
                self.defect(target, DefectKind::InsertWithoutTenant { given: false }, span);
            }
            return;
        };
        if model.catalog.relation(rel).columns.get(column as usize).is_some_and(|c| c.not_null) {
            self.state.learn(&Fact::NonNull(value));
        }
        if self.is_tenant_value(value, level, target.occ) {
            return;
        }
        let kind = match self.literal_in(value) {
            true => DefectKind::HardcodedTenant { literal: Span::default() },
            false => DefectKind::InsertWithoutTenant { given: true },
        };
        self.defect(target, kind, span);
    }

    fn mark(&mut self, target: &Target) {
        self.touched = true;
        self.scoped.insert(target.occ);
    }

    fn outer_level(&self, rel: RelId, column: ColumnIx) -> usize {
        let name = self.model.catalog.relation(rel).columns.get(column as usize).map(|c| c.name.as_str());
        name.and_then(|name| self.model.ownership.columns.level_of(name)).unwrap_or(0)
    }

    /// Whether a value is the tenant in every case.
    fn is_tenant_value(&mut self, value: Term, level: usize, occ: OccId) -> bool {
        let inst = self.inst(occ, None);
        let probe =
            OwnerTerm { inst, parts: vec![value], when: Vec::new(), shareable: false, written: false };
        self.is_tied_at(&probe, level)
    }

    fn literal_in(&self, value: Term) -> bool {
        use super::state::Leaf;
        use crate::prove::congruence::Node;
        self.state.cc.class(value).any(|t| matches!(self.state.cc.node(t), Node::Leaf(Leaf::Literal(_))))
    }

    /// Whether the column's DEFAULT is a configured session expression.
    fn default_is_tenant(&self, rel: RelId, column: ColumnIx) -> bool {
        let default =
            self.model.catalog.relation(rel).columns.get(column as usize).and_then(|c| c.default.as_ref());
        default.is_some_and(|handle| {
            let bound = crate::query::bind_table_expr(self.model.catalog, rel, handle);
            session::spelling(&bound.expr).is_some_and(|text| self.model.sessions.contains(&text))
        })
    }

    /// A new row of an indirect table: its parent must be a row that is known to be the tenant's.
    fn new_child(&mut self, target: &Target, values: &Values, span: Span) {
        let model = self.model;
        let facts = model.of(target.rel);
        if facts.parents.is_empty() {
            self.defect(target, DefectKind::InsertWithoutTenant { given: false }, span);
            return;
        }
        for &at in &facts.parents {
            let reference = &facts.references[at];
            let own: Option<Vec<(ColumnIx, Term)>> = reference
                .columns
                .iter()
                .zip(&reference.target_columns)
                .map(|(own, target)| Some((*target, *values.get(own)?)))
                .collect();
            let tied = match own {
                Some(own) => self.parent_is_tied(target.occ, reference, &own),
                None => false,
            };
            if !tied {
                self.defect(target, DefectKind::UnverifiedParent { foreign_key: reference.id }, span);
                return;
            }
        }
    }

    /// Foreign keys beside the owning ones: the rows that they refer to should be the tenant's as well.
    fn references(&mut self, target: &Target, values: &Values, place: &dyn Fn(ColumnIx) -> Span) {
        let model = self.model;
        let facts = model.of(target.rel);
        for (at, reference) in facts.references.iter().enumerate() {
            let root =
                matches!(model.ownership.of(reference.target), Owner::Root { .. } | Owner::Global { .. });
            let stored = reference.columns.iter().find(|c| values.contains_key(c)).copied();
            let Some(stored) = stored.filter(|_| !root && !facts.parents.contains(&at)) else { continue };
            let of_row: Vec<(ColumnIx, Term)> = std::iter::zip(&reference.columns, &reference.target_columns)
                .filter_map(|(own, to)| Some((*to, *values.get(own)?)))
                .collect();
            let is_none = of_row.iter().any(|(_, value)| self.state.cc.is_null(*value));
            if !is_none && !self.refers_to_tied(target.occ, reference, &of_row) {
                let kind = DefectKind::UnverifiedReference { foreign_key: reference.id };
                self.remark(target.occ, kind, place(stored));
            }
        }
    }

    /// Whether the row that has these key values, if there is one, belongs to the tenant.
    fn refers_to_tied(&mut self, occ: OccId, reference: &Reference, values: &[(ColumnIx, Term)]) -> bool {
        let parts = self.owner_of_values(reference.target, values);
        let inst = self.inst(occ, Some(reference.target));
        let owner = OwnerTerm { inst, parts, when: Vec::new(), shareable: true, written: false };
        !owner.parts.is_empty() && self.is_tied(&owner)
    }

    /// Whether the row that these key values refer to belongs to the tenant, and the values are not NULL.
    fn parent_is_tied(&mut self, occ: OccId, reference: &Reference, values: &[(ColumnIx, Term)]) -> bool {
        let parent = reference.target;
        let parts = self.owner_of_values(parent, values);
        if parts.is_empty() {
            return false;
        }
        let inst = self.inst(occ, Some(parent));
        let owner = OwnerTerm { inst, parts, when: Vec::new(), shareable: false, written: true };
        self.record_parent(&owner, reference.id);
        if !self.is_tied(&owner) {
            return false;
        }
        let terms: Vec<Term> = values.iter().map(|(_, t)| *t).collect();
        self.state.prove(&mut |state| terms.iter().all(|t| state.cc.is_non_null(*t)))
    }

    // --- ON CONFLICT -------------------------------------------------------------------------------------------

    /// Judges the clause. Returns the columns in which the row is as proposed whether it was there before or not.
    fn on_conflict(
        &mut self,
        target: &Target,
        conflict: &'a OnConflict,
        values: &Values,
    ) -> BTreeSet<ColumnIx> {
        let mut met: Option<BTreeSet<ColumnIx>> = None;
        let mut worst: Option<(Option<IndexId>, bool)> = None;
        let scoped = self.model.ownership.of(target.rel).is_scoped();
        for (index, columns) in self.arbiters(target, conflict, values) {
            self.state.push();
            let existing = self.existing_row(target, &columns, values);
            self.excluded_row(conflict.excluded, values, conflict.span);
            let owner = self.owner_of(existing, target.rel, conflict.update.is_some());
            if conflict.update.is_some() {
                let visible = self.visible(target.occ, existing);
                self.state.learn_all(&visible);
            }
            let tied = match &owner {
                Some(owner) => self.is_tied(owner),
                None => true,
            };
            if let Some(update) = &conflict.update {
                self.frames.push(super::Frame::default());
                let filter: Vec<(&'a Expr, Given)> = update.filter.iter().map(|e| (e, Given::True)).collect();
                let facts = self.conjunction(&filter);
                self.state.learn_all(&facts);
                if scoped && !tied {
                    let guarded = owner.as_ref().is_some_and(|o| self.is_tied(o));
                    worst = match worst {
                        Some((_, false)) => worst,
                        _ => Some((index, guarded)),
                    };
                }
                let assigned = self.assignments(target, existing, &update.set);
                let mut same = BTreeSet::new();
                for (column, proposed) in values {
                    let own = self.column(existing, *column);
                    let after = assigned.get(column).copied().unwrap_or(own);
                    if self.state.prove(&mut |state| state.cc.same(after, *proposed)) {
                        same.insert(*column);
                    }
                }
                met = Some(match met {
                    Some(met) => met.intersection(&same).copied().collect(),
                    None => same,
                });
                self.settle();
                self.frames.pop();
            } else if !tied && worst.is_none() {
                worst = Some((index, true));
            }
            self.state.pop();
        }
        if let Some((index, existence_only)) = worst {
            self.defect(target, DefectKind::CrossTenantUpsert { index, existence_only }, conflict.span);
        }
        met.unwrap_or_default()
    }

    /// The unique keys whose violation the clause catches, with their plain columns.
    fn arbiters(
        &self,
        target: &Target,
        conflict: &'a OnConflict,
        values: &Values,
    ) -> Vec<(Option<IndexId>, Vec<ColumnIx>)> {
        let catalog = self.model.catalog;
        let plain = |id: IndexId| -> Vec<ColumnIx> {
            let keys = catalog.index_def(id).keys.iter();
            keys.filter_map(|k| match k.term {
                KeyTerm::Column(c) => Some(c),
                KeyTerm::Expr(_) => None,
            })
            .collect()
        };
        let unique: Vec<IndexId> = catalog
            .usable_indexes(target.rel)
            .filter(|(_, ix)| ix.unique || ix.origin == IndexOrigin::Exclusion)
            .map(|(id, _)| id)
            .collect();
        match &conflict.target {
            ConflictTarget::Keys { keys, predicate: _ } => {
                let columns: Vec<ColumnIx> = keys
                    .iter()
                    .filter_map(|k| match &k.kind {
                        ExprKind::Column { occ: _, column } => target.column(*column),
                        _ => None,
                    })
                    .collect();
                let index = unique.into_iter().find(|id| {
                    let own = plain(*id);
                    own.len() == columns.len() && own.iter().all(|c| columns.contains(c))
                });
                vec![(index, columns)]
            }
            ConflictTarget::Constraint(name) => {
                let index = unique.into_iter().find(|id| catalog.index_def(*id).name == *name);
                let columns = index.map(plain).unwrap_or_default();
                vec![(index, columns)]
            }
            ConflictTarget::Any => unique
                .into_iter()
                .map(|id| (Some(id), plain(id)))
                .filter(|(id, columns)| {
                    let expressions = id.is_some_and(|id| catalog.index_def(id).keys.len() > columns.len());
                    expressions || columns.iter().any(|c| values.contains_key(c))
                })
                .collect(),
        }
    }

    /// The row that is already there: equal to the proposed one in the arbiter's plain columns.
    fn existing_row(&mut self, target: &Target, columns: &[ColumnIx], values: &Values) -> Inst {
        let inst = self.inst(target.occ, Some(target.rel));
        self.table_axioms(inst, target.rel, true, true);
        self.state.learn(&Fact::NonNull(self.info(inst).present));
        for column in columns {
            let own = self.column(inst, *column);
            self.state.learn(&Fact::NonNull(own));
            if let Some(value) = values.get(column)
                && self.column_is_identity(target.rel, *column)
            {
                self.state.learn(&Fact::Same(own, *value, Why::Arbiter(self.st.occurrence(target.occ).span)));
            }
        }
        inst
    }

    fn excluded_row(&mut self, excluded: OccId, values: &Values, span: Span) {
        let inst = self.inst(excluded, None);
        self.written_row(inst, values, span);
    }

    // --- SET ---------------------------------------------------------------------------------------------------

    /// Judges assigned values and what they do to the row's owner.
    fn assignments(&mut self, target: &Target, inst: Inst, set: &'a [Assignment]) -> Values {
        let defaults: Vec<ColumnIx> = set
            .iter()
            .filter(|a| walk::children(&a.value).into_iter().chain([&a.value]).any(is_default))
            .flat_map(|a| a.columns.iter().filter_map(|c| target.column(*c)))
            .collect();
        let span = set.first().map_or_else(Span::default, |a| a.span);
        self.evaluate(target, &|column| defaults.contains(&column), span);
        let mut values = Values::new();
        let mut spans: HashMap<ColumnIx, Span> = HashMap::new();
        for assignment in set {
            self.scalar(&assignment.value);
            let members: Vec<&'a Expr> = match &assignment.value.kind {
                ExprKind::Row(list) if assignment.columns.len() > 1 => list.iter().collect(),
                _ if assignment.columns.len() == 1 => vec![&assignment.value],
                _ => Vec::new(),
            };
            for (i, column) in assignment.columns.iter().enumerate() {
                let value = match members.get(i) {
                    Some(value) if !assignment.partial => {
                        let out = self.state.fresh();
                        for fact in self.value_facts(out, value) {
                            self.state.learn(&fact);
                        }
                        out
                    }
                    _ => self.state.fresh(),
                };
                if let Some(column) = target.column(*column) {
                    values.insert(column, value);
                    spans.insert(column, assignment.span);
                }
            }
        }
        self.generated(target.rel, &mut values, &mut spans);
        self.reassigned(target, inst, &values, &spans);
        values
    }

    /// Generated columns of what is assigned are assigned as well, values that nothing is known of.
    fn generated(&mut self, rel: RelId, values: &mut Values, spans: &mut HashMap<ColumnIx, Span>) {
        let model = self.model;
        for (ix, column) in model.catalog.relation(rel).columns.iter().enumerate() {
            let Some(handle) = column.generated.as_ref().filter(|_| !column.dropped) else { continue };
            let bound = crate::query::bind_table_expr(model.catalog, rel, handle);
            let mut from = None;
            crate::query::walk::walk_expr(&bound.expr, &mut |e| match &e.kind {
                ExprKind::Column { occ: _, column } => from = from.or(spans.get(column).copied()),
                // A whole row, or what could not be read, may depend on anything.
                ExprKind::WholeRow(_) | ExprKind::Hole(_) => from = from.or(spans.values().min().copied()),
                _ => {}
            });
            if let Some(span) = from {
                let value = self.state.fresh();
                values.insert(ix as ColumnIx, value);
                spans.insert(ix as ColumnIx, span);
            }
        }
    }

    fn reassigned(&mut self, target: &Target, inst: Inst, values: &Values, spans: &HashMap<ColumnIx, Span>) {
        if values.is_empty() {
            return;
        }
        self.state.push();
        self.checked(target, values, Origin::Updated(inst));
        self.owner_changes(target, inst, values, spans);
        self.references(target, values, &|column| spans.get(&column).copied().unwrap_or_default());
        self.state.pop();
    }

    fn owner_changes(
        &mut self,
        target: &Target,
        inst: Inst,
        values: &Values,
        spans: &HashMap<ColumnIx, Span>,
    ) {
        let model = self.model;
        let owner_column = match model.ownership.of(target.rel) {
            Owner::Root { key, .. } => Some(*key),
            Owner::Direct { column, .. } => Some(*column),
            Owner::Indirect { .. } | Owner::Unclassified { .. } => None,
            Owner::Global { .. } => return,
        };
        if let Some(column) = owner_column {
            if let Some(&value) = values.get(&column) {
                let own = self.column(inst, column);
                if !self.state.prove(&mut |state| state.cc.same(own, value)) {
                    let span = spans.get(&column).copied().unwrap_or_default();
                    self.defect(target, DefectKind::TenantReassignment, span);
                }
            }
            return;
        }
        let facts = model.of(target.rel);
        for &at in &facts.parents {
            let reference = &facts.references[at];
            let Some(changed) = reference.columns.iter().find(|c| values.contains_key(c)) else { continue };
            let pairs: Vec<(ColumnIx, Term, Term)> = reference
                .columns
                .iter()
                .zip(&reference.target_columns)
                .map(|(own, to)| {
                    let old = self.column(inst, *own);
                    (*to, old, values.get(own).copied().unwrap_or(old))
                })
                .collect();
            let unchanged =
                self.state.prove(&mut |state| pairs.iter().all(|(_, old, new)| state.cc.same(*old, *new)));
            let new: Vec<(ColumnIx, Term)> = pairs.iter().map(|(to, _, new)| (*to, *new)).collect();
            if !unchanged && !self.parent_is_tied(target.occ, reference, &new) {
                let span = spans.get(changed).copied().unwrap_or_default();
                self.defect(target, DefectKind::UnverifiedParent { foreign_key: reference.id }, span);
                return;
            }
        }
    }

    // --- UPDATE, DELETE ----------------------------------------------------------------------------------------

    fn update(&mut self, update: &'a Update) -> Rel {
        self.with(&update.with);
        let Some(target) = self.target(update.target) else { return Rel::default() };
        let mut facts = Vec::new();
        let inst = self.read_target(&target, &mut facts);
        self.joined(&update.from, update.filter.as_ref());
        let values = self.assignments(&target, inst, &update.set);
        let span = self.st.occurrence(update.target).span;
        let outputs = self.returned_row(&target, inst, &values, &update.returning, span);
        self.settle();
        outputs
    }

    /// RETURNING of an update: new values where assigned, old ones elsewhere.
    fn returned_row(
        &mut self,
        target: &Target,
        inst: Inst,
        values: &Values,
        returning: &'a [Output],
        span: Span,
    ) -> Rel {
        if returning.is_empty() || target.through.is_some() {
            return self.returning(returning, span);
        }
        let after = self.inst(target.occ, None);
        let count = self.model.catalog.relation(target.rel).columns.len() as ColumnIx;
        for column in 0..count {
            let old = self.column(inst, column);
            let own = self.column(after, column);
            let value = values.get(&column).copied().unwrap_or(old);
            self.state.learn(&Fact::Same(own, value, Why::Written(span)));
        }
        self.state.learn(&Fact::NonNull(self.info(after).present));
        self.returning(returning, span)
    }

    fn delete(&mut self, delete: &'a Delete) -> Rel {
        self.with(&delete.with);
        let Some(target) = self.target(delete.target) else { return Rel::default() };
        let mut facts = Vec::new();
        self.read_target(&target, &mut facts);
        self.joined(&delete.using, delete.filter.as_ref());
        let span = self.st.occurrence(delete.target).span;
        let rel = self.returning(&delete.returning, span);
        self.settle();
        rel
    }

    /// What RETURNING says of its columns, for a statement that reads them.
    fn returning(&mut self, returning: &'a [Output], span: Span) -> Rel {
        returning.iter().for_each(|o| self.scalar(&o.expr));
        let outputs: Vec<Term> = returning.iter().map(|o| self.term(&o.expr)).collect();
        let fresh: Vec<Term> = outputs.iter().map(|_| self.state.fresh()).collect();
        let rel = Rel { outputs, ..Rel::default() };
        self.exported(&rel, &fresh, None, span)
    }

    // --- MERGE -------------------------------------------------------------------------------------------------

    /// The target must be tied by ON, or by each arm's own condition; the source without the help of ON where rows
    /// that match nothing are inserted. That nothing matches is told by rows that do match: with such an arm, ON itself
    /// must tie the target.
    fn merge(&mut self, merge: &'a Merge) -> Rel {
        self.with(&merge.with);
        let Some(target) = self.target(merge.target) else { return Rel::default() };
        // With an arm for rows that match nothing, what matches nothing is told as well.
        let inserts = merge
            .arms
            .iter()
            .any(|a| a.when != MergeWhen::Matched && !matches!(a.action, MergeAction::Nothing));
        self.joined(std::slice::from_ref(&merge.source), None);
        let source_owners = std::mem::take(&mut self.top_frame().owners);
        if inserts {
            for owner in &source_owners {
                if !self.is_tied(owner) {
                    self.fail(owner, Lost::Untied);
                }
            }
        }
        // Matched rows.
        self.state.push();
        let mut facts = Vec::new();
        let inst = self.read_target(&target, &mut facts);
        let on = self.conjunction(&[(&merge.on, Given::True)]);
        self.state.push();
        self.state.learn_all(&on);
        let target_owners = std::mem::take(&mut self.top_frame().owners);
        if inserts {
            for owner in &target_owners {
                let reads = OwnerTerm { written: false, ..owner.clone() };
                if !self.is_tied(&reads) {
                    self.fail(owner, Lost::Untied);
                }
            }
        }
        // Where only pairs that match are looked at, an arm's own condition may tie both of a pair.
        let pair: Vec<OwnerTerm> =
            target_owners.iter().cloned().chain(if inserts { Vec::new() } else { source_owners }).collect();
        for arm in merge.arms.iter().filter(|a| a.when == MergeWhen::Matched) {
            self.arm(&target, inst, &pair, arm);
        }
        self.state.pop();
        for arm in merge.arms.iter().filter(|a| a.when == MergeWhen::NotMatchedBySource) {
            self.arm(&target, inst, &target_owners, arm);
        }
        self.state.pop();
        for arm in merge.arms.iter().filter(|a| a.when == MergeWhen::NotMatched) {
            self.state.push();
            let filter: Vec<_> = arm.filter.iter().map(|e| (e, Given::True)).collect();
            let facts = self.conjunction(&filter);
            self.state.learn_all(&facts);
            if let MergeAction::Insert { columns, values } = &arm.action {
                let mut row = Values::new();
                let given = |column| {
                    let mut pairs = columns.iter().zip(values);
                    pairs.any(|(c, value)| target.column(*c) == Some(column) && !is_default(value))
                };
                self.evaluate(&target, &|column| !given(column), arm.span);
                for (column, value) in columns.iter().zip(values) {
                    self.scalar(value);
                    if matches!(value.kind, ExprKind::Default) {
                        continue;
                    }
                    let out = self.state.fresh();
                    for fact in self.value_facts(out, value) {
                        self.state.learn(&fact);
                    }
                    if let Some(column) = target.column(*column) {
                        row.insert(column, out);
                    }
                }
                self.new_row(&target, &row, arm.span);
            }
            self.state.pop();
        }
        merge.returning.iter().for_each(|o| self.scalar(&o.expr));
        self.settle();
        let outputs = merge.returning.iter().map(|_| self.state.fresh()).collect();
        Rel { outputs, ..Rel::default() }
    }

    fn arm(
        &mut self,
        target: &Target,
        inst: Inst,
        owners: &[OwnerTerm],
        arm: &'a crate::query::model::MergeArm,
    ) {
        self.state.push();
        self.frames.push(super::Frame::default());
        let filter: Vec<_> = arm.filter.iter().map(|e| (e, Given::True)).collect();
        let facts = self.conjunction(&filter);
        self.state.learn_all(&facts);
        if !matches!(arm.action, MergeAction::Nothing) {
            for owner in owners {
                if !self.is_tied(owner) {
                    self.fail(owner, Lost::Untied);
                }
            }
        }
        if let MergeAction::Update(set) = &arm.action {
            self.assignments(target, inst, set);
        }
        self.settle();
        self.frames.pop();
        self.state.pop();
    }
}

fn is_default(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Default)
}

/// Where the values of a column of the table stand in an INSERT's source.
fn column_position(insert: &Insert, column: ColumnIx, target: &Target) -> usize {
    insert.columns.iter().position(|c| target.column(*c) == Some(column)).unwrap_or(usize::MAX)
}

/// Whether every row of a VALUES list gives that column its DEFAULT.
fn defaulted(insert: &Insert, position: usize) -> bool {
    match insert.source.as_ref().map(|q| &q.body) {
        Some(SetExpr::Values(rows)) => {
            !rows.is_empty()
                && rows.iter().all(|r| matches!(r.get(position).map(|e| &e.kind), Some(ExprKind::Default)))
        }
        _ => false,
    }
}
