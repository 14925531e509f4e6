//! Visits over the bound [`model`](super::model): children of an expression, the expressions and queries of a block,
//! a query or a statement, and pre-order walks with and without subqueries. Knows no names and no catalog.
//!
//! Two families, told apart by what they do at a subquery:
//!
//! - *local* ([`walk_expr`], [`query_exprs`], [`select_exprs`], ...) stays in its block: a subquery's expression node
//!   is visited, its query is not entered. [`subqueries`] gives those queries.
//! - *deep* ([`walk_exprs`], [`walk_query`], [`walk_deep`]) enters subqueries, derived tables, functions in FROM, view
//!   definitions and WITH queries as well.

use std::collections::HashSet;

use super::model::{
    Assignment, Body, BoundStatement, Call, CteBody, CteId, Expr, ExprKind, From, MergeAction, OccId,
    OrderBy, Output, Query, Select, SetExpr, Source,
};

/// The direct operands of an expression, in order of evaluation as written. Subqueries are no operands: see
/// [`subquery_of`].
pub fn children(expr: &Expr) -> Vec<&Expr> {
    let mut out = Vec::new();
    each_child(expr, &mut |e| out.push(e));
    out
}

/// Calls `f` with each direct operand of an expression; no allocation.
pub fn each_child<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::Column { occ: _, column: _ }
        | ExprKind::SystemColumn { occ: _, name: _ }
        | ExprKind::WholeRow(_)
        | ExprKind::OutputColumn(_)
        | ExprKind::Param(_)
        | ExprKind::Literal(_)
        | ExprKind::Default
        | ExprKind::Hole(_)
        | ExprKind::Unresolved(_)
        | ExprKind::Exists(_)
        | ExprKind::Subquery(_)
        | ExprKind::ArrayQuery(_) => {}
        ExprKind::And(list)
        | ExprKind::Or(list)
        | ExprKind::Row(list)
        | ExprKind::Array(list)
        | ExprKind::Operator { name: _, args: list }
        | ExprKind::Unsupported { what: _, parts: list } => list.iter().for_each(f),
        ExprKind::Not(e)
        | ExprKind::IsNull { negated: _, expr: e }
        | ExprKind::IsTruth { value: _, negated: _, expr: e }
        | ExprKind::InQuery { negated: _, expr: e, query: _ }
        | ExprKind::QuantifiedQuery { op: _, all: _, expr: e, query: _ }
        | ExprKind::Cast(e)
        | ExprKind::Collate { expr: e, collation: _ }
        | ExprKind::Field { expr: e, name: _ } => f(e),
        ExprKind::Compare { op: _, left, right } | ExprKind::Distinct { negated: _, left, right } => {
            f(left);
            f(right);
        }
        ExprKind::Between { negated: _, symmetric: _, expr, low, high } => {
            f(expr);
            f(low);
            f(high);
        }
        ExprKind::InList { negated: _, expr, list } => {
            f(expr);
            list.iter().for_each(f);
        }
        ExprKind::Quantified { op: _, all: _, expr, array } => {
            f(expr);
            f(array);
        }
        ExprKind::Like { kind: _, negated: _, expr, pattern, escape: _ } => {
            f(expr);
            f(pattern);
        }
        ExprKind::Call(call) => each_of_call(call, f),
        ExprKind::Case { operand, arms, otherwise } => {
            operand.iter().for_each(|e| f(e));
            for (when, then) in arms {
                f(when);
                f(then);
            }
            otherwise.iter().for_each(|e| f(e));
        }
        ExprKind::Subscript { expr, index } => {
            f(expr);
            index.iter().for_each(f);
        }
    }
}

/// Calls `f` with each direct operand of a call: arguments, ORDER BY, FILTER, window.
pub fn each_of_call<'a>(call: &'a Call, f: &mut dyn FnMut(&'a Expr)) {
    call.args.iter().for_each(&mut *f);
    call.order_by.iter().for_each(|o| f(&o.expr));
    call.filter.iter().for_each(&mut *f);
    if let Some(window) = &call.over {
        window.partition_by.iter().for_each(&mut *f);
        window.order_by.iter().for_each(|o| f(&o.expr));
    }
}

/// The query that an expression node itself holds.
pub fn subquery_of(expr: &Expr) -> Option<&Query> {
    match &expr.kind {
        ExprKind::InQuery { negated: _, expr: _, query }
        | ExprKind::QuantifiedQuery { op: _, all: _, expr: _, query }
        | ExprKind::Exists(query)
        | ExprKind::Subquery(query)
        | ExprKind::ArrayQuery(query) => Some(query),
        ExprKind::Column { .. }
        | ExprKind::SystemColumn { .. }
        | ExprKind::WholeRow(_)
        | ExprKind::OutputColumn(_)
        | ExprKind::Param(_)
        | ExprKind::Literal(_)
        | ExprKind::Default
        | ExprKind::Hole(_)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::Distinct { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::IsTruth { .. }
        | ExprKind::Between { .. }
        | ExprKind::InList { .. }
        | ExprKind::Quantified { .. }
        | ExprKind::Like { .. }
        | ExprKind::Operator { .. }
        | ExprKind::Call(_)
        | ExprKind::Cast(_)
        | ExprKind::Collate { .. }
        | ExprKind::Case { .. }
        | ExprKind::Row(_)
        | ExprKind::Array(_)
        | ExprKind::Field { .. }
        | ExprKind::Subscript { .. }
        | ExprKind::Unresolved(_)
        | ExprKind::Unsupported { .. } => None,
    }
}

/// The outermost subqueries in an expression, in order; not those inside them.
pub fn subqueries(expr: &Expr) -> Vec<&Query> {
    let mut out = Vec::new();
    walk_expr(expr, &mut |e| out.extend(subquery_of(e)));
    out
}

/// Visits an expression and its operands in pre-order, without entering subqueries.
pub fn walk_expr<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(expr);
    each_child(expr, &mut |e| walk_expr(e, f));
}

/// Visits an expression and its operands in pre-order without entering subqueries; where `f` answers false, the
/// operands of that expression are left out.
pub fn walk_expr_while<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr) -> bool) {
    if f(expr) {
        each_child(expr, &mut |e| walk_expr_while(e, f));
    }
}

/// The conjuncts of a condition: the members of a top-level AND, else the condition itself.
pub fn conjuncts(expr: &Expr) -> &[Expr] {
    match &expr.kind {
        ExprKind::And(list) => list,
        _ => std::slice::from_ref(expr),
    }
}

/// Occurrences whose columns or rows an expression uses itself, in order of appearance, with repetitions; not those
/// used inside its subqueries (see [`free_occurrences_of_expr`]).
pub fn used(expr: &Expr) -> Vec<OccId> {
    let mut out = Vec::new();
    walk_expr(expr, &mut |e| out.extend(occurrence_of(e)));
    out
}

/// Occurrences whose columns or rows an expression uses, subqueries and what they name included, less those that its
/// subqueries declare themselves; in order of appearance, each once.
pub fn free_occurrences_of_expr(statement: &BoundStatement, expr: &Expr) -> Vec<OccId> {
    let mut free = Free::default();
    walk_expr_deep(statement, expr, &mut free);
    free.finish()
}

/// Occurrences of enclosing blocks that a query depends on (its correlation); in order of appearance, each once.
/// Empty: the query is uncorrelated.
pub fn free_occurrences(statement: &BoundStatement, query: &Query) -> Vec<OccId> {
    let mut free = Free::default();
    walk_query_deep(statement, query, &mut free);
    free.finish()
}

#[derive(Default)]
struct Free {
    used: Vec<OccId>,
    seen: HashSet<OccId>,
    declared: HashSet<OccId>,
}

impl Free {
    fn finish(mut self) -> Vec<OccId> {
        self.used.retain(|occ| !self.declared.contains(occ));
        self.used
    }
}

impl<'a> Visitor<'a> for Free {
    fn expr(&mut self, expr: &'a Expr) {
        if let Some(occ) = occurrence_of(expr)
            && self.seen.insert(occ)
        {
            self.used.push(occ);
        }
    }

    fn occurrence(&mut self, occ: OccId) {
        self.declared.insert(occ);
    }
}

/// The occurrence that a leaf refers to.
pub fn occurrence_of(expr: &Expr) -> Option<OccId> {
    match &expr.kind {
        ExprKind::Column { occ, .. } | ExprKind::SystemColumn { occ, .. } | ExprKind::WholeRow(occ) => {
            Some(*occ)
        }
        _ => None,
    }
}

/// Calls `f` with the top expressions of a query and of every block, arm and parenthesis in it: select list, ON,
/// WHERE, GROUP BY, HAVING, VALUES, ORDER BY, LIMIT. Derived tables, functions in FROM and WITH queries hang on
/// occurrences and are not entered, nor are subqueries of the expressions.
pub fn nested_exprs<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Expr)) {
    match &query.body {
        SetExpr::Select(select) => select_exprs(select, f),
        SetExpr::SetOp { op: _, all: _, left, right } => {
            nested_exprs(left, f);
            nested_exprs(right, f);
        }
        SetExpr::Values(rows) => rows.iter().flatten().for_each(&mut *f),
        SetExpr::Nested(query) => nested_exprs(query, f),
    }
    query_exprs(query, f);
}

/// Calls `f` with the expressions of a query's own ORDER BY, LIMIT and OFFSET; not those of its body.
pub fn query_exprs<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Expr)) {
    query.order_by.iter().for_each(|o| f(&o.expr));
    query.limit.iter().for_each(&mut *f);
    query.offset.iter().for_each(f);
}

/// Calls `f` with the top expressions of a block: DISTINCT ON, select list, ON, WHERE, GROUP BY, HAVING.
pub fn select_exprs<'a>(select: &'a Select, f: &mut dyn FnMut(&'a Expr)) {
    if let super::model::Distinct::On(keys) = &select.distinct {
        keys.iter().for_each(&mut *f);
    }
    select.output.iter().for_each(|o| f(&o.expr));
    select.from.iter().for_each(|item| from_exprs(item, f));
    select.filter.iter().for_each(&mut *f);
    if let Some(grouping) = &select.grouping {
        grouping.keys.iter().chain(&grouping.partial).for_each(&mut *f);
    }
    select.having.iter().for_each(f);
}

/// Calls `f` with the ON conditions of an item of FROM.
pub fn from_exprs<'a>(item: &'a From, f: &mut dyn FnMut(&'a Expr)) {
    match item {
        From::Item(_) => {}
        From::Join(join) => {
            from_exprs(&join.left, f);
            from_exprs(&join.right, f);
            join.on.iter().for_each(f);
        }
    }
}

/// The occurrences of an item of FROM, from left to right.
pub fn from_occurrences(item: &From) -> Vec<OccId> {
    let mut out = Vec::new();
    collect_occurrences(item, &mut out);
    out
}

fn collect_occurrences(item: &From, out: &mut Vec<OccId>) {
    match item {
        From::Item(occ) => out.push(*occ),
        From::Join(join) => {
            collect_occurrences(&join.left, out);
            collect_occurrences(&join.right, out);
        }
    }
}

/// The SELECT blocks of a query's body that are not in subqueries: its arms and parentheses, from left to right.
pub fn blocks(query: &Query) -> Vec<&Select> {
    let mut out = Vec::new();
    collect_blocks(query, &mut out);
    out
}

fn collect_blocks<'a>(query: &'a Query, out: &mut Vec<&'a Select>) {
    match &query.body {
        SetExpr::Select(select) => out.push(select),
        SetExpr::SetOp { op: _, all: _, left, right } => {
            collect_blocks(left, out);
            collect_blocks(right, out);
        }
        SetExpr::Values(_) => {}
        SetExpr::Nested(query) => collect_blocks(query, out),
    }
}

/// What a deep walk tells its visitor. All methods do nothing unless overridden.
pub trait Visitor<'a> {
    /// The body of the statement, or of a data-modifying WITH query; what is inside follows.
    fn body(&mut self, _body: &'a Body) {}
    /// An expression, before its operands.
    fn expr(&mut self, _expr: &'a Expr) {}
    /// A query, before its parts; also one in FROM, in an expression, of a WITH query or of a view.
    fn query(&mut self, _query: &'a Query) {}
    /// A block, before its parts.
    fn select(&mut self, _select: &'a Select) {}
    /// An occurrence in the FROM, USING or target of a part, before what hangs on it.
    fn occurrence(&mut self, _occ: OccId) {}
}

struct OnExprs<F>(F);

impl<'a, F: FnMut(&'a Expr)> Visitor<'a> for OnExprs<F> {
    fn expr(&mut self, expr: &'a Expr) {
        (self.0)(expr);
    }
}

/// Visits every expression of a statement in pre-order: WITH queries, subqueries, derived tables, functions in FROM
/// and definitions of views included.
pub fn walk_exprs<'a>(statement: &'a BoundStatement, f: impl FnMut(&'a Expr)) {
    walk_deep(statement, &mut OnExprs(f));
}

/// Visits every expression of a query in pre-order, with everything in it.
pub fn walk_query<'a>(statement: &'a BoundStatement, query: &'a Query, f: impl FnMut(&'a Expr)) {
    walk_query_deep(statement, query, &mut OnExprs(f));
}

/// Visits a whole statement.
pub fn walk_deep<'a>(statement: &'a BoundStatement, visitor: &mut dyn Visitor<'a>) {
    Deep { statement, visitor }.body(&statement.body);
}

/// Visits a query with everything in it; of WITH queries those that it declares itself, not those it only names.
pub fn walk_query_deep<'a>(statement: &'a BoundStatement, query: &'a Query, visitor: &mut dyn Visitor<'a>) {
    Deep { statement, visitor }.query(query);
}

/// Visits an expression with everything in it, subqueries included.
pub fn walk_expr_deep<'a>(statement: &'a BoundStatement, expr: &'a Expr, visitor: &mut dyn Visitor<'a>) {
    Deep { statement, visitor }.expr(expr);
}

struct Deep<'a, 'v> {
    statement: &'a BoundStatement,
    visitor: &'v mut dyn Visitor<'a>,
}

impl<'a> Deep<'a, '_> {
    fn body(&mut self, body: &'a Body) {
        self.visitor.body(body);
        match body {
            Body::Query(query) | Body::Export { query, what: _ } => self.query(query),
            Body::Insert(insert) => {
                self.with(&insert.with);
                self.occurrence(insert.target);
                insert.source.iter().for_each(|q| self.query(q));
                if let Some(conflict) = &insert.on_conflict {
                    if let super::model::ConflictTarget::Keys { keys, predicate } = &conflict.target {
                        self.exprs(keys);
                        self.exprs(predicate);
                    }
                    self.visitor.occurrence(conflict.excluded);
                    if let Some(update) = &conflict.update {
                        self.assignments(&update.set);
                        self.exprs(&update.filter);
                    }
                }
                self.outputs(&insert.returning);
            }
            Body::Update(update) => {
                self.with(&update.with);
                self.occurrence(update.target);
                self.assignments(&update.set);
                update.from.iter().for_each(|item| self.from(item));
                self.exprs(&update.filter);
                self.outputs(&update.returning);
            }
            Body::Delete(delete) => {
                self.with(&delete.with);
                self.occurrence(delete.target);
                delete.using.iter().for_each(|item| self.from(item));
                self.exprs(&delete.filter);
                self.outputs(&delete.returning);
            }
            Body::Merge(merge) => {
                self.with(&merge.with);
                self.occurrence(merge.target);
                self.from(&merge.source);
                self.expr(&merge.on);
                for arm in &merge.arms {
                    self.exprs(&arm.filter);
                    match &arm.action {
                        MergeAction::Insert { columns: _, values } => self.exprs(values),
                        MergeAction::Update(set) => self.assignments(set),
                        MergeAction::Delete | MergeAction::Nothing => {}
                    }
                }
                self.outputs(&merge.returning);
            }
            Body::Truncate(targets) => targets.iter().for_each(|occ| self.occurrence(*occ)),
            Body::Copy { target, to: _ } => self.occurrence(*target),
            Body::Expressions(list) => self.exprs(list),
            Body::Set { .. } | Body::Utility => {}
        }
    }

    fn with(&mut self, ctes: &'a [CteId]) {
        for id in ctes {
            match &self.statement.cte(*id).body {
                CteBody::Query(query) => self.query(query),
                CteBody::Modify(body) => self.body(body),
            }
        }
    }

    fn query(&mut self, query: &'a Query) {
        self.visitor.query(query);
        self.with(&query.with);
        match &query.body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::SetOp { op: _, all: _, left, right } => {
                self.query(left);
                self.query(right);
            }
            SetExpr::Values(rows) => rows.iter().for_each(|row| self.exprs(row)),
            SetExpr::Nested(query) => self.query(query),
        }
        query_exprs(query, &mut |e| self.expr(e));
    }

    fn select(&mut self, select: &'a Select) {
        self.visitor.select(select);
        select.from.iter().for_each(|item| self.items(item));
        select_exprs(select, &mut |e| self.expr(e));
    }

    /// Occurrences of an item; its ON conditions are visited with the block's expressions.
    fn items(&mut self, item: &'a From) {
        match item {
            From::Item(occ) => self.occurrence(*occ),
            From::Join(join) => {
                self.items(&join.left);
                self.items(&join.right);
            }
        }
    }

    fn from(&mut self, item: &'a From) {
        self.items(item);
        from_exprs(item, &mut |e| self.expr(e));
    }

    fn occurrence(&mut self, occ: OccId) {
        self.visitor.occurrence(occ);
        let occurrence = self.statement.occurrence(occ);
        self.exprs(occurrence.row_security.iter().flat_map(|security| security.conditions()));
        match &occurrence.source {
            Source::View { view: _, query } => query.iter().for_each(|q| self.query(q)),
            Source::Derived(query) => self.query(query),
            Source::Function { calls, ordinality: _ } => {
                for call in calls {
                    each_of_call(call, &mut |e| self.expr(e));
                }
            }
            Source::Table(_)
            | Source::Cte(_)
            | Source::Call(_)
            | Source::System(_)
            | Source::Tuple(_)
            | Source::Unknown(_) => {}
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        self.visitor.expr(expr);
        each_child(expr, &mut |e| self.expr(e));
        if let Some(query) = subquery_of(expr) {
            self.query(query);
        }
    }

    fn exprs(&mut self, list: impl IntoIterator<Item = &'a Expr>) {
        list.into_iter().for_each(|e| self.expr(e));
    }

    fn assignments(&mut self, set: &'a [Assignment]) {
        set.iter().for_each(|a| self.expr(&a.value));
    }

    fn outputs(&mut self, list: &'a [Output]) {
        list.iter().for_each(|o| self.expr(&o.expr));
    }
}

/// The sort expressions of an ORDER BY.
pub fn sort_exprs(order_by: &[OrderBy]) -> impl Iterator<Item = &Expr> {
    order_by.iter().map(|o| &o.expr)
}
