//! Which parameters stand for the tenant: those that some atom of the statement equates directly with a tenant column
//! or a root key, or that are stored in one. A parameter that is only equal to other things is none.

use std::cell::Cell;
use std::collections::HashMap;

use crate::prove::ownership::Owner;
use crate::prove::verdict::Because;
use crate::query::model::{
    Body, BoundStatement, Call, CompareOp, CteBody, Expr, ExprKind, Insert, Literal, MergeAction, OccId,
    ParamId, Query, SetExpr, Source,
};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, RelId};

use super::call::tenant_arguments;
use super::facts::{Stored, TenancyModel};

/// A set of levels, as bits; bit 0 is the innermost.
pub(super) type Levels = u32;

/// Parameters taken for the tenant, with the levels they name.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    pub(super) params: HashMap<ParamId, Levels>,
    /// Whether a configured session expression is named at all.
    pub(super) session: bool,
    /// Parameters equated with a configured further key of the root.
    pub(super) by_root_key: HashMap<ParamId, (RelId, ColumnIx)>,
    /// The first reason why a parameter stands for the tenant.
    pub(super) because: HashMap<ParamId, Because>,
}

/// A column that names tenants.
struct Role {
    column: (RelId, ColumnIx),
    /// The levels it names; none of a configured further key of the root.
    levels: Option<Levels>,
}

const MAX_DEPTH: u32 = 32;
/// Generous: an ordinary statement takes some hundreds.
const MAX_STEPS: u32 = 200_000;

pub(super) struct Scan<'a> {
    pub(super) model: &'a TenancyModel<'a>,
    pub(super) statement: &'a BoundStatement,
    tenants: Tenants,
    /// Steps that may still be spent on following expressions through queries; then nothing more is found.
    steps: Cell<u32>,
}

impl<'a> Scan<'a> {
    /// Finds the tenant parameters of a statement.
    pub(super) fn run(model: &'a TenancyModel<'a>, statement: &'a BoundStatement) -> Tenants {
        let mut scan = Scan { model, statement, tenants: Tenants::default(), steps: Cell::new(MAX_STEPS) };
        let mut atoms: Vec<&'a Expr> = Vec::new();
        walk::walk_exprs(statement, |e| atoms.push(e));
        for expr in atoms {
            scan.atom(expr);
            if !model.sessions.is_empty()
                && matches!(expr.kind, ExprKind::Call(_) | ExprKind::Operator { .. })
            {
                let spelling = super::session::spelling(expr);
                scan.tenants.session |= spelling.is_some_and(|text| model.sessions.contains(&text));
            }
        }
        for occurrence in &statement.occurrences {
            if let Source::Function { calls, ordinality: _ } = &occurrence.source {
                calls.iter().for_each(|call| scan.call(call));
            }
        }
        scan.stores(&statement.body);
        for cte in &statement.ctes {
            if let CteBody::Modify(body) = &cte.body {
                scan.stores(body);
            }
        }
        scan.tenants
    }

    fn atom(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                if matches!(op, CompareOp::Eq | CompareOp::NotEq | CompareOp::LtEq | CompareOp::GtEq) {
                    self.pair(left, right);
                }
            }
            ExprKind::Distinct { negated: _, left, right } => self.pair(left, right),
            ExprKind::Between { negated: _, symmetric: _, expr, low, high } => {
                self.pair(expr, low);
                self.pair(expr, high);
            }
            ExprKind::InList { negated: _, expr, list } => list.iter().for_each(|m| self.pair(expr, m)),
            ExprKind::InQuery { negated: _, expr, query } => self.with_query(expr, query),
            ExprKind::QuantifiedQuery { op, all: _, expr, query } if op == "=" || op == "<>" => {
                self.with_query(expr, query);
            }
            ExprKind::Quantified { op, all: _, expr, array } if op == "=" || op == "<>" => {
                match &array_of(array).kind {
                    ExprKind::Array(members) => members.iter().for_each(|m| self.pair(expr, m)),
                    ExprKind::ArrayQuery(query) => self.with_query(expr, query),
                    _ => self.pair(expr, array),
                }
            }
            ExprKind::Case { operand: Some(operand), arms, otherwise: _ } => {
                arms.iter().for_each(|(when, _)| self.pair(operand, when));
            }
            ExprKind::Call(call) if call.name == "nullif" && call.args.len() == 2 => {
                self.pair(&call.args[0], &call.args[1]);
            }
            ExprKind::Call(call) => self.call(call),
            _ => {}
        }
    }

    /// What a function takes for the tenant is given to it as such.
    fn call(&mut self, call: &'a Call) {
        let Some(function) = call.function else { return };
        for (argument, level) in tenant_arguments(self.model, call) {
            if let Some(param) = self.param(argument, 0) {
                *self.tenants.params.entry(param).or_default() |= 1 << level.min(31);
                self.tenants.because.entry(param).or_insert(Because::Given(function));
            }
        }
    }

    fn with_query(&mut self, expr: &'a Expr, query: &'a Query) {
        let left = row_of(expr);
        for (i, side) in left.iter().enumerate() {
            let Some(role) = self.role(side, 0) else { continue };
            for param in self.output_params(query, i, 0) {
                self.mark(param, &role, Because::Compared);
            }
        }
        // `$1 = ANY (SELECT workspace_id ...)`.
        for (i, side) in left.iter().enumerate() {
            if let Some(param) = self.param(side, 0)
                && let Some(role) = self.output_role(query, i, 0)
            {
                self.mark(param, &role, Because::Compared);
            }
        }
    }

    fn pair(&mut self, left: &'a Expr, right: &'a Expr) {
        if let ExprKind::Subquery(query) = &right.kind {
            self.with_query(left, query);
        }
        if let ExprKind::Subquery(query) = &left.kind {
            self.with_query(right, query);
        }
        if let Some((minuend, subtrahend)) = no_difference(left, right) {
            self.pair(minuend, subtrahend);
        }
        for (l, r) in row_of(left).iter().zip(row_of(right)) {
            for (column, value) in [(l, r), (r, l)] {
                if let Some(role) = self.role(column, 0)
                    && let Some(param) = self.param(value, 0)
                {
                    self.mark(param, &role, Because::Compared);
                }
            }
        }
    }

    fn mark(&mut self, param: ParamId, role: &Role, because: fn(RelId, ColumnIx) -> Because) {
        match role.levels {
            Some(levels) => {
                *self.tenants.params.entry(param).or_default() |= levels;
                let (rel, column) = role.column;
                self.tenants.because.entry(param).or_insert_with(|| because(rel, column));
            }
            None => {
                self.tenants.by_root_key.insert(param, role.column);
            }
        }
    }

    /// The tenant levels that a relation's column names.
    fn column_role(&self, rel: RelId, column: ColumnIx) -> Option<Role> {
        let role = |levels| Role { column: (rel, column), levels };
        if self.model.root_keys.contains(&(rel, column)) {
            return Some(role(None));
        }
        if let Some(Stored::Column(by)) = self.model.stored.get(&rel)
            && *by == column
        {
            return Some(role(Some(1)));
        }
        let outer_level = |outer: &[ColumnIx]| {
            let name = &self.model.catalog.relation(rel).columns.get(column as usize)?.name;
            outer.contains(&column).then(|| self.model.ownership.columns.level_of(name)).flatten()
        };
        let level = match self.model.ownership.of(rel) {
            Owner::Root { key, level, outer: _ } if *key == column => Some(*level),
            Owner::Direct { column: own, level, outer: _, shared: _ } if *own == column => Some(*level),
            Owner::Root { outer, .. } | Owner::Direct { outer, .. } => outer_level(outer),
            Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => None,
        }?;
        Some(role(Some(1 << level.min(31))))
    }

    fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    fn role(&self, expr: &'a Expr, depth: u32) -> Option<Role> {
        if depth > MAX_DEPTH || !self.step() {
            return None;
        }
        match &expr.kind {
            ExprKind::Column { occ, column } => self.occurrence_role(*occ, *column, depth),
            ExprKind::Cast(inner) => self.role(inner, depth + 1),
            ExprKind::Call(call) if call.name == "coalesce" || call.name == "nullif" => {
                call.args.iter().find_map(|a| self.role(a, depth + 1))
            }
            ExprKind::Subquery(query) => self.output_role(query, 0, depth + 1),
            _ => None,
        }
    }

    fn occurrence_role(&self, occ: OccId, column: ColumnIx, depth: u32) -> Option<Role> {
        match &self.statement.occurrence(occ).source {
            Source::Table(rel) | Source::Tuple(Some(rel)) => self.column_role(*rel, column),
            Source::View { view: _, query } => {
                self.output_role(query.as_deref()?, column as usize, depth + 1)
            }
            Source::Derived(query) => self.output_role(query, column as usize, depth + 1),
            Source::Cte(id) => match &self.statement.cte(*id).body {
                CteBody::Query(query) => self.output_role(query, column as usize, depth + 1),
                CteBody::Modify(body) => {
                    let output = returning(body)?.get(column as usize)?;
                    self.role(&output.expr, depth + 1)
                }
            },
            Source::Tuple(None)
            | Source::Function { .. }
            | Source::Call(_)
            | Source::System(_)
            | Source::Unknown(_) => None,
        }
    }

    fn output_role(&self, query: &'a Query, column: usize, depth: u32) -> Option<Role> {
        if depth > MAX_DEPTH {
            return None;
        }
        match &query.body {
            SetExpr::Select(select) => self.role(&select.output.get(column)?.expr, depth + 1),
            SetExpr::SetOp { left, right, .. } => self
                .output_role(left, column, depth + 1)
                .or_else(|| self.output_role(right, column, depth + 1)),
            SetExpr::Values(_) => None,
            SetExpr::Nested(query) => self.output_role(query, column, depth + 1),
        }
    }

    /// The parameter that an expression passes through.
    fn param(&self, expr: &'a Expr, depth: u32) -> Option<ParamId> {
        if depth > MAX_DEPTH || !self.step() {
            return None;
        }
        match &expr.kind {
            ExprKind::Param(id) => Some(*id),
            ExprKind::Cast(inner) => self.param(inner, depth + 1),
            ExprKind::Call(call) if call.name == "nullif" => self.param(call.args.first()?, depth + 1),
            // `COALESCE($1, workspace_id)` passes `$1` where it is given; that it may not be is another question.
            ExprKind::Call(call) if call.name == "coalesce" => {
                call.args.iter().find_map(|a| self.param(a, depth + 1))
            }
            ExprKind::Subquery(query) => self.output_params(query, 0, depth + 1).first().copied(),
            ExprKind::Column { occ, column } => match &self.statement.occurrence(*occ).source {
                Source::View { view: _, query } => {
                    self.output_params(query.as_deref()?, *column as usize, depth + 1).first().copied()
                }
                Source::Derived(query) => {
                    self.output_params(query, *column as usize, depth + 1).first().copied()
                }
                Source::Cte(id) => match &self.statement.cte(*id).body {
                    CteBody::Query(query) => {
                        self.output_params(query, *column as usize, depth + 1).first().copied()
                    }
                    CteBody::Modify(_) => None,
                },
                Source::Function { calls, ordinality: _ } => element_param(calls, *column as usize),
                Source::Table(_)
                | Source::Call(_)
                | Source::System(_)
                | Source::Tuple(_)
                | Source::Unknown(_) => None,
            },
            _ => None,
        }
    }

    fn output_params(&self, query: &'a Query, column: usize, depth: u32) -> Vec<ParamId> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        match &query.body {
            SetExpr::Select(select) => {
                let Some(output) = select.output.get(column) else { return Vec::new() };
                match &output.expr.kind {
                    ExprKind::Call(call) if call.name == "unnest" => {
                        call.args.first().and_then(array_param).into_iter().collect()
                    }
                    _ => self.param(&output.expr, depth + 1).into_iter().collect(),
                }
            }
            SetExpr::SetOp { left, right, .. } => {
                let mut params = self.output_params(left, column, depth + 1);
                params.extend(self.output_params(right, column, depth + 1));
                params
            }
            SetExpr::Values(rows) => {
                rows.iter().filter_map(|row| self.param(row.get(column)?, depth + 1)).collect()
            }
            SetExpr::Nested(query) => self.output_params(query, column, depth + 1),
        }
    }

    fn stores(&mut self, body: &'a Body) {
        match body {
            Body::Insert(insert) => self.insert_stores(insert),
            Body::Merge(merge) => {
                for arm in &merge.arms {
                    if let MergeAction::Insert { columns, values } = &arm.action {
                        for (column, value) in columns.iter().zip(values) {
                            if let Some(role) = self.occurrence_role(merge.target, *column, 0)
                                && let Some(param) = self.param(value, 0)
                            {
                                self.mark(param, &role, Because::Stored);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn insert_stores(&mut self, insert: &'a Insert) {
        let Some(source) = &insert.source else { return };
        for (i, column) in insert.columns.iter().enumerate() {
            let Some(role) = self.occurrence_role(insert.target, *column, 0) else { continue };
            // Creating a tenant is not acting for one.
            if let Source::Table(rel) = self.statement.occurrence(insert.target).source
                && matches!(self.model.ownership.of(rel), Owner::Root { key, .. } if key == column)
            {
                continue;
            }
            // A column of many values is no statement about whose they are; one value for the column is.
            if let Some(param) = self.stored_param(source, i) {
                self.mark(param, &role, Because::Stored);
            }
        }
    }

    /// The one parameter that every row of an INSERT's source has in a column.
    fn stored_param(&self, query: &'a Query, column: usize) -> Option<ParamId> {
        match &query.body {
            SetExpr::Select(select) => self.scalar_param(&select.output.get(column)?.expr),
            SetExpr::Values(rows) => {
                let mut params = rows.iter().map(|row| self.scalar_param(row.get(column)?));
                let first = params.next()??;
                params.all(|p| p == Some(first)).then_some(first)
            }
            SetExpr::SetOp { left, right, .. } => {
                self.stored_param(left, column).filter(|p| self.stored_param(right, column) == Some(*p))
            }
            SetExpr::Nested(query) => self.stored_param(query, column),
        }
    }

    /// A parameter that is one value, not an element of an array.
    fn scalar_param(&self, expr: &'a Expr) -> Option<ParamId> {
        let param = self.param(expr, 0)?;
        let mut element = false;
        walk::walk_expr(expr, &mut |e| {
            if let ExprKind::Column { occ, .. } = &e.kind {
                element |= matches!(self.statement.occurrence(*occ).source, Source::Function { .. });
            }
        });
        (!element).then_some(param)
    }
}

/// The members of a row, or the expression itself.
pub(super) fn row_of(expr: &Expr) -> &[Expr] {
    match &expr.kind {
        ExprKind::Row(members) => members,
        _ => std::slice::from_ref(expr),
    }
}

/// Looks through casts of an array.
pub(super) fn array_of(expr: &Expr) -> &Expr {
    let mut e = expr;
    while let ExprKind::Cast(inner) = &e.kind {
        e = inner;
    }
    e
}

/// The parameter that an array is, through casts.
pub(super) fn array_param(expr: &Expr) -> Option<ParamId> {
    match &array_of(expr).kind {
        ExprKind::Param(id) => Some(*id),
        _ => None,
    }
}

/// The array parameter whose elements are that output column of functions in FROM (`unnest($1, $2)`).
pub(super) fn element_param(calls: &[crate::query::model::Call], column: usize) -> Option<ParamId> {
    match calls {
        [call] if call.name == "unnest" => call.args.get(column).and_then(array_param),
        // Before it, only functions of one column each tell which is meant.
        calls => calls
            .get(..=column)
            .filter(|before| before.iter().all(|c| c.name == "unnest" && c.args.len() == 1))
            .and_then(|before| array_param(before.last()?.args.first()?)),
    }
}

/// RETURNING of a data-modifying statement.
pub(super) fn returning(body: &Body) -> Option<&[crate::query::model::Output]> {
    match body {
        Body::Insert(insert) => Some(&insert.returning),
        Body::Update(update) => Some(&update.returning),
        Body::Delete(delete) => Some(&delete.returning),
        Body::Merge(merge) => Some(&merge.returning),
        Body::Query(_)
        | Body::Truncate(_)
        | Body::Copy { .. }
        | Body::Export { .. }
        | Body::Expressions(_)
        | Body::Set { .. }
        | Body::Utility => None,
    }
}

/// Whether an expression is the literal NULL.
/// The `x` and `y` of `x - y = 0`.
pub(super) fn no_difference<'a>(left: &'a Expr, right: &'a Expr) -> Option<(&'a Expr, &'a Expr)> {
    let is_zero = |e: &Expr| matches!(&e.kind, ExprKind::Literal(Literal::Number(n)) if n == "0");
    let (difference, _) = [(left, right), (right, left)].into_iter().find(|(_, zero)| is_zero(zero))?;
    match &difference.kind {
        ExprKind::Operator { name, args } if name == "-" => args.first().zip(args.get(1)),
        _ => None,
    }
}

pub(super) fn is_null_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => true,
        ExprKind::Cast(inner) => is_null_literal(inner),
        _ => false,
    }
}
