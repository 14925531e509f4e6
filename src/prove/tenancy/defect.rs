//! Why an owner could not be tied: the most specific explanation for each occurrence (TENANCY.md section 6). Looks at
//! the statement for what nearly ties it; decides nothing about the verdict.

use std::collections::{BTreeMap, BTreeSet};

use crate::prove::ownership::Owner;
use crate::prove::verdict::{Defect, DefectKind, Escape, TenantTerm};
use crate::query::model::{
    Body, BoundStatement, CompareOp, CteBody, Expr, ExprKind, From, JoinKind, OccId, Query, Select, Source,
};
use crate::query::walk::{self, Visitor};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, RelId};
use crate::source::Span;

use super::facts::{Stored, TenancyModel};
use super::{Failure, Lost, Prover, TenantId, Wider};

impl Prover<'_> {
    /// One defect for each occurrence that failed, and one for tenants that do not agree.
    pub(super) fn defects(&mut self) -> Vec<Defect> {
        let mut by_occ: BTreeMap<OccId, Failure> = BTreeMap::new();
        let mut writes: Vec<Defect> = Vec::new();
        let untied: BTreeSet<OccId> = self.failures.iter().map(|f| f.occ).collect();
        for failure in std::mem::take(&mut self.failures) {
            let occ = self.shown(failure.occ);
            match failure.lost {
                Lost::Write(ref kind, span) => {
                    let defect = Defect { occ, span, kind: kind.clone() };
                    if !writes.iter().any(|d| {
                        d.occ == occ && std::mem::discriminant(&d.kind) == std::mem::discriminant(kind)
                    }) {
                        writes.push(defect);
                    }
                }
                _ => {
                    by_occ.entry(occ).or_insert(failure);
                }
            }
        }
        // A call for a tenant that rows without a tie name: those rows are the cause.
        let of_call =
            |occ: OccId| matches!(self.st.occurrence(occ).source, Source::Call(_) | Source::Function { .. });
        if by_occ.keys().any(|occ| !of_call(*occ)) {
            by_occ.retain(|occ, _| !of_call(*occ));
        }
        let evidence = Evidence::gather(self.model, self.st);
        // What is only as tied as a row that is not.
        let failed: BTreeSet<OccId> = self.untied(by_occ.keys().copied().collect());
        let explained = by_occ
            .iter()
            .map(|(occ, failure)| (failure, self.explain(*occ, failure, &failed, &untied, &evidence)))
            .collect();
        let mut defects = self.causes(explained, &evidence);
        for mut write in writes {
            if write.span.is_empty() {
                write.span = self.st.occurrence(write.occ).span;
            }
            if let DefectKind::HardcodedTenant { literal } = &mut write.kind {
                *literal = write.span;
            }
            let shadowed = defects.iter().any(|d| d.occ == write.occ)
                && matches!(write.kind, DefectKind::TenantReassignment | DefectKind::UnverifiedParent { .. });
            if !shadowed {
                defects.push(write);
            }
        }
        if let Some(what) = self.whole {
            for occ in self.scoped.clone() {
                let occ = self.shown(occ);
                if !defects.iter().any(|d| d.occ == occ) {
                    let span = self.st.occurrence(occ).span;
                    defects.push(Defect { occ, span, kind: DefectKind::WholeTable { what } });
                }
            }
        }
        if defects.is_empty()
            && let Some((first, second)) = self.disagreement()
        {
            let occ = self.scoped.first().copied().map_or(OccId(0), |occ| self.shown(occ));
            if let Some(occurrence) = self.st.occurrences.get(occ.0 as usize) {
                let span = occurrence.span;
                defects.push(Defect { occ, span, kind: DefectKind::MismatchedTenants { first, second } });
            }
        }
        defects.sort_by_key(|d| (d.span.start, d.occ));
        defects
    }

    /// Of the occurrences that have one owner, the one to speak of: tying it ties the others.
    fn causes(&self, explained: Vec<(&Failure, Defect)>, evidence: &Evidence) -> Vec<Defect> {
        // The lower, the more it says of why.
        let rank = |defect: &Defect| match defect.kind {
            DefectKind::MissingTenantFilter => 2,
            DefectKind::KeyOnlyAccess { .. } | DefectKind::UnverifiedJoin { .. } => 1,
            _ => 0,
        };
        let is_answered = |(failure, defect): &(&Failure, Defect)| {
            explained.iter().any(|(other, by)| {
                let mutual = other.answered_by.contains(&defect.occ);
                failure.answered_by.contains(&by.occ)
                    && (!mutual || (rank(by), by.occ) < (rank(defect), defect.occ))
            })
        };
        let is_cause = |told: &&(&Failure, Defect)| rank(&told.1) == 0 || !is_answered(told);
        let of_all = !explained.iter().any(|told| is_cause(&told));
        let told = explained.iter().filter(|told| of_all || is_cause(told));
        told.map(|(_, defect)| self.picked_by(defect, evidence).unwrap_or_else(|| defect.clone())).collect()
    }

    /// The row that a value of the caller picks and whose tenant is then that of an occurrence that nothing else ties.
    fn picked_by(&self, defect: &Defect, evidence: &Evidence) -> Option<Defect> {
        let is_open = match defect.kind {
            DefectKind::MissingTenantFilter => true,
            DefectKind::KeyOnlyAccess { .. } => evidence.by_query.contains(&defect.occ),
            _ => false,
        };
        let occ = self
            .anchored(defect.occ)
            .into_iter()
            .filter(|_| is_open)
            .find(|occ| evidence.keys.get(occ).is_some_and(|key| !key.is_empty()))?;
        let key = evidence.keys.get(&occ)?.iter().copied().collect();
        let span = self.st.occurrence(occ).span;
        Some(Defect { occ, span, kind: DefectKind::KeyOnlyAccess { key } })
    }

    /// The occurrence in the statement's own text that stands for one inside an expanded view.
    fn shown(&self, occ: OccId) -> OccId {
        self.st.occurrence(occ).via_view.unwrap_or(occ)
    }

    /// Two terms of one level that were taken for the tenant and are not known to be one.
    fn disagreement(&self) -> Option<(TenantTerm, TenantTerm)> {
        let mut groups: Vec<(usize, BTreeSet<TenantId>)> = Vec::new();
        for (level, ids) in &self.ties {
            let mut merged = ids.clone();
            groups.retain(|(l, group)| {
                let meets = l == level && !group.is_disjoint(&merged);
                if meets {
                    merged.extend(group.iter().copied());
                }
                !meets
            });
            groups.push((*level, merged));
        }
        for (i, (level, a)) in groups.iter().enumerate() {
            if let Some((_, b)) = groups[..i].iter().find(|(l, _)| l == level) {
                let name = |set: &BTreeSet<TenantId>| set.first().map(|id| self.tenant_term(*id));
                return Some((name(b)?, name(a)?));
            }
        }
        None
    }

    fn tenant_term(&self, id: TenantId) -> TenantTerm {
        match id {
            TenantId::Param(param) => TenantTerm::Param(param),
            TenantId::Session(at) => {
                TenantTerm::Session(self.model.settings.session.get(at as usize).cloned().unwrap_or_default())
            }
            TenantId::Row(occ) => TenantTerm::Session(self.st.occurrence(occ).alias.clone()),
        }
    }

    fn explain(
        &self,
        occ: OccId,
        failure: &Failure,
        failed: &BTreeSet<OccId>,
        untied: &BTreeSet<OccId>,
        evidence: &Evidence,
    ) -> Defect {
        let occurrence = self.st.occurrence(occ);
        let span = occurrence.span;
        let defect = |kind| Defect { occ, span, kind };
        let inner = failure.occ;
        if let Source::Table(rel) = self.st.occurrence(inner).source
            && let Some(Stored::Mixed(why)) = self.model.stored.get(&rel)
        {
            return defect(DefectKind::MixedTenantView { why: why.clone() });
        }
        // What a policy reads, at a use of its table.
        if occ != inner && self.st.occurrence(occ).row_security.is_some() {
            let name = &self.st.occurrence(inner).alias;
            return defect(DefectKind::MixedTenantView {
                why: format!("`{name}` in them is not tied to the tenant"),
            });
        }
        if occ != inner
            && let Lost::Mixed(mixer, _) = failure.lost
        {
            return defect(DefectKind::MixedTenantView {
                why: format!("{mixer} in it combines rows of several tenants"),
            });
        }
        // A view of which one table is tied where it is used and another is not: no filter there can mend it.
        if occ != inner
            && let Source::Table(rel) = self.st.occurrence(inner).source
            && self.scoped.iter().any(|o| self.shown(*o) == occ && !untied.contains(o))
        {
            let name = &self.model.catalog.relation(rel).name;
            return defect(DefectKind::MixedTenantView {
                why: format!("`{name}` in it is joined without the tenant"),
            });
        }
        if failure.literal {
            let literal = evidence.literals.get(&inner).copied().unwrap_or(span);
            return defect(DefectKind::HardcodedTenant { literal });
        }
        if let Some(Wider { of, inner, outer }) = failure.wider {
            let of = if of == failure.occ { occ } else { of };
            return defect(DefectKind::WiderTenantFilter { of, inner, outer });
        }
        if let (Some(foreign_key), true) = (failure.untied_parent, occ == inner) {
            return defect(DefectKind::UntiedParent { foreign_key });
        }
        if let Some(&(predicate, when)) = evidence.optional.get(&inner) {
            return defect(DefectKind::OptionalTenantFilter { predicate, when });
        }
        if let Lost::Mixed(mixer, at) = failure.lost
            && evidence.filtered_outside.contains(&inner)
        {
            return defect(DefectKind::LateTenantFilter { mixer, at });
        }
        if let Some((predicate, how)) = evidence.escapes.get(&inner) {
            return defect(DefectKind::TenantFilterEscape { predicate: *predicate, how: *how });
        }
        let joined = |untied: &BTreeSet<OccId>| {
            (occ == inner).then(|| evidence.joined_to(self.model, self.st, inner, untied)).flatten()
        };
        if let Some((tied, stored_reference)) = joined(failed) {
            return defect(DefectKind::UnverifiedJoin { tied, stored_reference });
        }
        if let Some(key) = evidence.keys.get(&inner)
            && !key.is_empty()
        {
            return defect(DefectKind::KeyOnlyAccess { key: key.iter().copied().collect() });
        }
        // Reached from rows that a value of the caller picks: those are said to be untied, this to be joined to them.
        let rootless =
            failed.difference(&evidence.picked_from(self.model, self.st, failed)).copied().collect();
        if let Some((tied, stored_reference)) = joined(&rootless) {
            return defect(DefectKind::UnverifiedJoin { tied, stored_reference });
        }
        defect(DefectKind::MissingTenantFilter)
    }
}

/// What a statement's predicates say that does not tie an owner, by occurrence.
#[derive(Default)]
pub(super) struct Evidence {
    /// Predicates on the tenant column that vanish with a NULL.
    optional: BTreeMap<OccId, (Span, Option<Span>)>,
    /// Predicates on the tenant column that do not hold for every row.
    escapes: BTreeMap<OccId, (Span, Escape)>,
    /// Literals compared with the tenant column.
    literals: BTreeMap<OccId, Span>,
    /// Columns of a key or reference compared with a value of the caller.
    keys: BTreeMap<OccId, BTreeSet<ColumnIx>>,
    /// What each occurrence is compared with: its column, the other occurrence, the column there.
    joins: BTreeMap<OccId, Vec<(ColumnIx, OccId, ColumnIx)>>,
    /// Occurrences of which a predicate outside of their block names an output.
    filtered_outside: BTreeSet<OccId>,
    /// Occurrences whose tenant column is compared with what a subquery returns.
    by_query: BTreeSet<OccId>,
}

impl Evidence {
    pub(super) fn gather(model: &TenancyModel<'_>, st: &BoundStatement) -> Evidence {
        let mut collect = Collect { model, st, out: Evidence::default(), seen: BTreeSet::new() };
        walk::walk_deep(st, &mut collect);
        collect.body(&st.body);
        for cte in &st.ctes {
            if let CteBody::Modify(body) = &cte.body {
                collect.body(body);
            }
        }
        collect.out
    }

    /// Of these occurrences, those that a predicate or a join to a tied one picks rows of, if not the tenant's, and what
    /// is joined to them.
    fn picked_from(
        &self,
        model: &TenancyModel<'_>,
        st: &BoundStatement,
        failed: &BTreeSet<OccId>,
    ) -> BTreeSet<OccId> {
        let picked = |occ: &OccId| {
            self.keys.get(occ).is_some_and(|keys| !keys.is_empty())
                || self.optional.contains_key(occ)
                || self.escapes.contains_key(occ)
                || self.literals.contains_key(occ)
                || self.joined_to(model, st, *occ, failed).is_some()
        };
        let mut found: BTreeSet<OccId> = failed.iter().filter(|occ| picked(occ)).copied().collect();
        let mut todo: Vec<OccId> = found.iter().copied().collect();
        while let Some(occ) = todo.pop() {
            let others = self.joins.get(&occ).into_iter().flatten().map(|(_, other, _)| *other);
            todo.extend(others.filter(|other| failed.contains(other) && found.insert(*other)));
        }
        found
    }

    fn join(&mut self, (a, ac): (OccId, ColumnIx), (b, bc): (OccId, ColumnIx)) {
        self.joins.entry(a).or_default().push((ac, b, bc));
        self.joins.entry(b).or_default().push((bc, a, ac));
    }

    /// An occurrence outside of `untied` that this one is compared with, and the key of its row that the comparison
    /// follows.
    pub(super) fn joined_to(
        &self,
        model: &TenancyModel<'_>,
        st: &BoundStatement,
        occ: OccId,
        untied: &BTreeSet<OccId>,
    ) -> Option<(OccId, Option<ForeignKeyId>)> {
        let mut fallback = None;
        for (own_column, other, column) in self.joins.get(&occ).into_iter().flatten() {
            if untied.contains(other) || *other == occ {
                continue;
            }
            let Source::Table(rel) = st.occurrence(*other).source else { continue };
            if !model.ownership.of(rel).is_scoped() {
                continue;
            }
            let reference = match st.occurrence(occ).source {
                Source::Table(target) => stored_reference(model, rel, *column, target, *own_column),
                _ => None,
            };
            // The other row belongs to whoever owns this one: it is not tied on its own account.
            if reference.is_some_and(|fk| owns_by(model, rel, fk)) {
                continue;
            }
            if reference.is_some() {
                return Some((*other, reference));
            }
            fallback = fallback.or(Some((*other, None)));
        }
        fallback
    }
}

/// The foreign key of `from` whose column refers to that key column of `to`.
fn stored_reference(
    model: &TenancyModel<'_>,
    from: RelId,
    column: ColumnIx,
    to: RelId,
    key: ColumnIx,
) -> Option<ForeignKeyId> {
    model
        .of(from)
        .references
        .iter()
        .find(|r| r.target == to && r.columns == [column] && r.target_columns == [key])
        .map(|r| r.id)
}

/// Whether a foreign key alone decides who owns the rows of its table.
fn owns_by(model: &TenancyModel<'_>, rel: RelId, fk: ForeignKeyId) -> bool {
    match model.ownership.of(rel) {
        Owner::Indirect { parents } => *parents == [fk],
        Owner::Unclassified { parents, undeclared: _ } => *parents == [fk],
        Owner::Direct { .. } | Owner::Root { .. } | Owner::Global { .. } => false,
    }
}

struct Collect<'m> {
    model: &'m TenancyModel<'m>,
    st: &'m BoundStatement,
    out: Evidence,
    /// Columns that were followed to what they come from.
    seen: BTreeSet<(OccId, ColumnIx)>,
}

impl<'m> Visitor<'m> for Collect<'m> {
    fn select(&mut self, select: &'m Select) {
        for item in &select.from {
            self.from(item);
        }
        select.filter.iter().for_each(|e| self.condition(e, Place::Holds));
        if let Some(having) = &select.having {
            self.condition(having, Place::Holds);
            // After the rows were combined.
            self.out.filtered_outside.extend(self.tenant_columns(having));
        }
    }
}

/// Where a predicate stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Holds,
    OrArm,
    Negated,
    OuterOn,
}

impl<'m> Collect<'m> {
    fn body(&mut self, body: &'m Body) {
        match body {
            Body::Update(update) => {
                update.from.iter().for_each(|i| self.from(i));
                update.filter.iter().for_each(|e| self.condition(e, Place::Holds));
            }
            Body::Delete(delete) => {
                delete.using.iter().for_each(|i| self.from(i));
                delete.filter.iter().for_each(|e| self.condition(e, Place::Holds));
            }
            Body::Merge(merge) => {
                self.from(&merge.source);
                self.condition(&merge.on, Place::Holds);
                merge
                    .arms
                    .iter()
                    .filter_map(|a| a.filter.as_ref())
                    .for_each(|e| self.condition(e, Place::Holds));
            }
            Body::Insert(_)
            | Body::Query(_)
            | Body::Truncate(_)
            | Body::Copy { .. }
            | Body::Export { .. }
            | Body::Expressions(_)
            | Body::Set { .. }
            | Body::Utility => {}
        }
    }

    fn from(&mut self, item: &'m From) {
        if let From::Join(join) = item {
            self.from(&join.left);
            self.from(&join.right);
            let place = if join.kind == JoinKind::Inner { Place::Holds } else { Place::OuterOn };
            join.on.iter().for_each(|e| self.condition(e, place));
        }
    }

    fn condition(&mut self, expr: &'m Expr, place: Place) {
        match &expr.kind {
            ExprKind::And(list) => list.iter().for_each(|e| self.condition(e, place)),
            ExprKind::Or(list) => {
                let way_around = list.iter().find(|arm| is_without_columns(arm));
                for arm in list {
                    self.condition(arm, Place::OrArm);
                }
                if let Some(arm) = way_around {
                    let when = (!matches!(arm.kind, ExprKind::IsNull { .. })).then_some(arm.span);
                    for occ in self.tenant_columns(expr) {
                        self.out.optional.entry(occ).or_insert((expr.span, when));
                    }
                }
            }
            ExprKind::Not(inner) => self.condition(inner, Place::Negated),
            ExprKind::Case { operand, arms, otherwise: _ } => {
                let tested = arms.iter().map(|(when, _)| when).filter(|_| operand.is_none());
                let when = tested.into_iter().find(|when| is_without_columns(when));
                let when = when.filter(|w| !matches!(w.kind, ExprKind::IsNull { .. })).map(|w| w.span);
                for occ in self.tenant_columns(expr) {
                    self.out.optional.entry(occ).or_insert((expr.span, when));
                }
            }
            _ => self.atom(expr, place),
        }
    }

    fn atom(&mut self, expr: &'m Expr, place: Place) {
        let tenant_columns = self.tenant_columns(expr);
        self.outputs_named(expr);
        let pairs: Vec<(&Expr, &Expr)> = match &expr.kind {
            ExprKind::Compare { op: CompareOp::Eq, left, right } => {
                super::tenants::row_of(left).iter().zip(super::tenants::row_of(right)).collect()
            }
            ExprKind::InList { negated: false, expr, list } => list.iter().map(|m| (&**expr, m)).collect(),
            ExprKind::Quantified { op, all: false, expr, array } if op == "=" => vec![(&**expr, &**array)],
            _ => Vec::new(),
        };
        let equality = !pairs.is_empty();
        for occ in tenant_columns {
            let how = match place {
                Place::OrArm => Some(Escape::OrArm),
                Place::Negated => Some(Escape::Negation),
                Place::OuterOn => Some(Escape::OuterJoinSide),
                Place::Holds if !equality => Some(Escape::NotEquality),
                Place::Holds => None,
            };
            if coalesces_with_column(expr) {
                self.out.optional.entry(occ).or_insert((expr.span, None));
            } else if let Some(how) = how
                && has_value(expr)
            {
                self.out.escapes.entry(occ).or_insert((expr.span, how));
            }
        }
        for (left, right) in pairs {
            for (column, value) in [(left, right), (right, left)] {
                let Some((occ, ix)) = column_of(column) else { continue };
                if matches!(value.kind, ExprKind::Subquery(_)) && self.is_tenant(occ, ix) {
                    self.out.by_query.insert(occ);
                }
                if let Some(other) = column_of(value) {
                    let pair = (self.origin((occ, ix)), self.origin(other));
                    self.out.join(pair.0, pair.1);
                    // A field of a row variable is a value, as OLD and NEW are.
                    let given = matches!(self.st.occurrence(other.0).source, Source::Tuple(_))
                        && self.st.trigger_row(other.0).is_none_or(|row| !row.transition);
                    if given && place != Place::Negated && self.is_key(occ, ix) {
                        self.out.keys.entry(occ).or_default().insert(ix);
                    }
                } else if matches!(value.kind, ExprKind::Literal(_)) && self.is_tenant(occ, ix) {
                    self.out.literals.entry(occ).or_insert(value.span);
                } else if is_value(value) && place != Place::Negated && self.is_key(occ, ix) {
                    self.out.keys.entry(occ).or_default().insert(ix);
                }
            }
        }
        let of_query = match &expr.kind {
            ExprKind::InQuery { negated: false, expr, query } => Some((expr, query)),
            ExprKind::QuantifiedQuery { op, all: false, expr, query } if op == "=" => Some((expr, query)),
            _ => None,
        };
        if let Some((left, query)) = of_query {
            let given = is_given(self.st, query) && place != Place::Negated;
            for (l, (occ, ix)) in super::tenants::row_of(left).iter().zip(outputs(query)) {
                let Some(own) = column_of(l) else { continue };
                if given {
                    if self.is_key(own.0, own.1) {
                        self.out.keys.entry(own.0).or_default().insert(own.1);
                    }
                    continue;
                }
                if self.is_tenant(own.0, own.1) {
                    self.out.by_query.insert(own.0);
                }
                if let Some(occ) = occ {
                    let other = self.origin((occ, ix));
                    self.out.join(own, other);
                }
            }
            for select in walk::blocks(query) {
                select.output.iter().flat_map(|o| columns(&o.expr)).for_each(|c| self.named(c));
            }
        }
    }

    /// Marks what the outputs of derived tables and WITH queries come from that a predicate filters by: compares with a
    /// value, or by the tenant with other rows.
    fn outputs_named(&mut self, expr: &'m Expr) {
        let by_value = has_value(expr);
        for column in columns(expr) {
            let (occ, ix) = self.origin(column);
            let is_output = !matches!(self.st.occurrence(column.0).source, Source::Table(_));
            if is_output && (by_value || self.is_tenant(occ, ix)) {
                self.named(column);
            }
        }
    }

    /// Marks the tables that a column inside of a derived table or WITH query comes from.
    fn named(&mut self, column: (OccId, ColumnIx)) {
        if !self.seen.insert(column) {
            return;
        }
        if let Source::Table(_) = self.st.occurrence(column.0).source {
            self.out.filtered_outside.insert(column.0);
        }
        for definition in definitions(self.st, column.0, column.1) {
            columns(definition).into_iter().for_each(|c| self.named(c));
        }
    }

    /// The table's column that an output of derived tables and WITH queries hands on, or the output itself.
    fn origin(&self, column: (OccId, ColumnIx)) -> (OccId, ColumnIx) {
        let mut at = column;
        for _ in 0..8 {
            match definitions(self.st, at.0, at.1).first().and_then(|e| column_of(e)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    fn is_tenant(&self, occ: OccId, column: ColumnIx) -> bool {
        match self.st.occurrence(occ).source {
            Source::Table(rel) => match self.model.ownership.of(rel) {
                Owner::Direct { column: own, .. } => *own == column,
                Owner::Root { key, .. } => *key == column,
                _ => matches!(self.model.stored.get(&rel), Some(Stored::Column(own)) if *own == column),
            },
            _ => false,
        }
    }

    /// Whether a column is part of a key of its table, or refers to another.
    fn is_key(&self, occ: OccId, column: ColumnIx) -> bool {
        match self.st.occurrence(occ).source {
            Source::Table(rel) => {
                let facts = self.model.of(rel);
                !self.is_tenant(occ, column)
                    && (facts.keys.iter().any(|k| k.columns.contains(&column))
                        || facts.references.iter().any(|r| r.columns.contains(&column)))
            }
            _ => false,
        }
    }

    /// Occurrences whose tenant column an expression names, subqueries left out.
    fn tenant_columns(&self, expr: &Expr) -> BTreeSet<OccId> {
        let mut found = BTreeSet::new();
        walk::walk_expr(expr, &mut |e| {
            if let ExprKind::Column { occ, column } = &e.kind
                && self.is_tenant(*occ, *column)
            {
                found.insert(*occ);
            }
        });
        found
    }
}

/// The expressions that define an output of a derived table or WITH query, one for each of its blocks.
fn definitions(st: &BoundStatement, occ: OccId, column: ColumnIx) -> Vec<&Expr> {
    let query = match &st.occurrence(occ).source {
        Source::Derived(query) => &**query,
        Source::Cte(id) => match st.ctes.get(id.0 as usize).map(|cte| &cte.body) {
            Some(CteBody::Query(query)) => &**query,
            Some(CteBody::Modify(_)) | None => return Vec::new(),
        },
        Source::View { .. }
        | Source::Table(_)
        | Source::Function { .. }
        | Source::Call(_)
        | Source::System(_)
        | Source::Tuple(_)
        | Source::Unknown(_) => return Vec::new(),
    };
    let outputs = walk::blocks(query).into_iter().filter_map(|s| s.output.get(column as usize));
    outputs.map(|o| &o.expr).collect()
}

/// Whether a query makes its rows of values of the caller alone, as `SELECT unnest($1)` does.
fn is_given(st: &BoundStatement, query: &Query) -> bool {
    let blocks = walk::blocks(query);
    let source = |occ: OccId| match &st.occurrence(occ).source {
        Source::Function { calls, ordinality: _ } => calls.iter().all(|c| c.args.iter().all(is_value)),
        _ => false,
    };
    let of_values = |select: &&Select| {
        let from = select.from.iter().flat_map(walk::from_occurrences);
        from.into_iter().all(source)
            && select.output.iter().all(|o| is_value(&o.expr) || column_of(&o.expr).is_some())
    };
    !blocks.is_empty() && blocks.iter().all(of_values)
}

fn outputs(query: &Query) -> Vec<(Option<OccId>, ColumnIx)> {
    match walk::blocks(query).first() {
        Some(select) => select
            .output
            .iter()
            .map(|o| match column_of(&o.expr) {
                Some((occ, column)) => (Some(occ), column),
                None => (None, 0),
            })
            .collect(),
        None => Vec::new(),
    }
}

fn column_of(expr: &Expr) -> Option<(OccId, ColumnIx)> {
    match &expr.kind {
        ExprKind::Column { occ, column } => Some((*occ, *column)),
        ExprKind::Cast(inner) => column_of(inner),
        _ => None,
    }
}

/// The columns that an expression names, subqueries left out.
fn columns(expr: &Expr) -> Vec<(OccId, ColumnIx)> {
    let mut found = Vec::new();
    walk::walk_expr(expr, &mut |e| {
        if let ExprKind::Column { occ, column } = e.kind {
            found.push((occ, column));
        }
    });
    found
}

/// A value that the caller supplies.
fn is_value(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Param(_) | ExprKind::Literal(_) | ExprKind::Array(_) => true,
        ExprKind::Cast(inner) => is_value(inner),
        ExprKind::Call(call) => call.args.iter().all(is_value),
        _ => false,
    }
}

fn has_value(expr: &Expr) -> bool {
    let mut found = false;
    walk::walk_expr(expr, &mut |e| {
        found |= matches!(e.kind, ExprKind::Param(_) | ExprKind::Call(_) | ExprKind::Literal(_))
    });
    found
}

/// `$1 IS NULL`, `$1 = ''`, `current_setting(...) IS NULL`: a test of a value alone, without columns.
fn is_without_columns(expr: &Expr) -> bool {
    let mut columns = false;
    walk::walk_expr(expr, &mut |e| columns |= matches!(e.kind, ExprKind::Column { .. }));
    !columns && !matches!(expr.kind, ExprKind::Exists(_) | ExprKind::Subquery(_))
}

/// `COALESCE($1, t.workspace_id)`: the filter compares the column with itself where the value is NULL.
fn coalesces_with_column(expr: &Expr) -> bool {
    let mut found = false;
    walk::walk_expr(expr, &mut |e| {
        if let ExprKind::Call(call) = &e.kind
            && call.name == "coalesce"
            && call.args.len() > 1
        {
            found |= call.args.iter().any(|a| column_of(a).is_some()) && call.args.iter().any(is_value);
        }
    });
    found
}
