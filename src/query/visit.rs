//! Walks over a bound statement: every query, block and expression once, wherever it stands.

use crate::query::model::{
    Body, BoundStatement, Call, ConflictTarget, CteBody, Expr, ExprKind, From, Grouping, Join, MergeAction,
    OrderBy, Query, Select, SetExpr, Source,
};

/// What a walk reports. Every method may be left out; references may be kept.
pub trait Visitor<'a> {
    /// A query, before what is inside it.
    fn query(&mut self, _query: &'a Query) {}
    /// A SELECT block, before what is inside it.
    fn select(&mut self, _select: &'a Select) {}
    /// The body of the statement or of a data-modifying WITH query, before what is inside it.
    fn body(&mut self, _body: &'a Body) {}
    /// An expression, before what is inside it.
    fn expr(&mut self, _expr: &'a Expr) {}
}

/// Walks over a statement: its body, its WITH queries, its derived tables and the views that it uses.
pub fn statement<'a>(statement: &'a BoundStatement, v: &mut impl Visitor<'a>) {
    body(&statement.body, v);
    for cte in &statement.ctes {
        match &cte.body {
            CteBody::Query(q) => query(q, v),
            CteBody::Modify(b) => body(b, v),
        }
    }
    for occurrence in &statement.occurrences {
        match &occurrence.source {
            Source::View { query: Some(q), .. } => query(q, v),
            Source::Derived(q) => query(q, v),
            Source::Function { calls, .. } => calls.iter().for_each(|c| call(c, v)),
            Source::View { query: None, .. }
            | Source::Table(_)
            | Source::Cte(_)
            | Source::System(_)
            | Source::Tuple(_)
            | Source::Unknown(_) => {}
        }
    }
}

/// Walks over an expression and the queries inside it.
pub fn expr<'a>(e: &'a Expr, v: &mut impl Visitor<'a>) {
    v.expr(e);
    match &e.kind {
        ExprKind::Column { .. }
        | ExprKind::SystemColumn { .. }
        | ExprKind::WholeRow(_)
        | ExprKind::OutputColumn(_)
        | ExprKind::Param(_)
        | ExprKind::Literal(_)
        | ExprKind::Default
        | ExprKind::Hole(_)
        | ExprKind::Unresolved(_) => {}
        ExprKind::And(list)
        | ExprKind::Or(list)
        | ExprKind::Row(list)
        | ExprKind::Array(list)
        | ExprKind::Operator { name: _, args: list }
        | ExprKind::Unsupported { what: _, parts: list } => exprs(list, v),
        ExprKind::Not(inner)
        | ExprKind::Cast(inner)
        | ExprKind::IsNull { negated: _, expr: inner }
        | ExprKind::IsTruth { value: _, negated: _, expr: inner }
        | ExprKind::Collate { expr: inner, collation: _ }
        | ExprKind::Field { expr: inner, name: _ } => expr(inner, v),
        ExprKind::Compare { op: _, left, right } | ExprKind::Distinct { negated: _, left, right } => {
            expr(left, v);
            expr(right, v);
        }
        ExprKind::Between { negated: _, symmetric: _, expr: inner, low, high } => {
            expr(inner, v);
            expr(low, v);
            expr(high, v);
        }
        ExprKind::InList { negated: _, expr: inner, list } => {
            expr(inner, v);
            exprs(list, v);
        }
        ExprKind::InQuery { negated: _, expr: inner, query: q }
        | ExprKind::QuantifiedQuery { op: _, all: _, expr: inner, query: q } => {
            expr(inner, v);
            query(q, v);
        }
        ExprKind::Quantified { op: _, all: _, expr: inner, array } => {
            expr(inner, v);
            expr(array, v);
        }
        ExprKind::Exists(q) | ExprKind::Subquery(q) | ExprKind::ArrayQuery(q) => query(q, v),
        ExprKind::Like { kind: _, negated: _, expr: inner, pattern, escape: _ } => {
            expr(inner, v);
            expr(pattern, v);
        }
        ExprKind::Call(c) => call(c, v),
        ExprKind::Case { operand, arms, otherwise } => {
            operand.iter().for_each(|e| expr(e, v));
            for (when, then) in arms {
                expr(when, v);
                expr(then, v);
            }
            otherwise.iter().for_each(|e| expr(e, v));
        }
        ExprKind::Subscript { expr: inner, index } => {
            expr(inner, v);
            exprs(index, v);
        }
    }
}

fn exprs<'a>(list: &'a [Expr], v: &mut impl Visitor<'a>) {
    list.iter().for_each(|e| expr(e, v));
}

fn orders<'a>(list: &'a [OrderBy], v: &mut impl Visitor<'a>) {
    list.iter().for_each(|o| expr(&o.expr, v));
}

fn call<'a>(c: &'a Call, v: &mut impl Visitor<'a>) {
    exprs(&c.args, v);
    c.filter.iter().for_each(|e| expr(e, v));
    orders(&c.order_by, v);
    if let Some(window) = &c.over {
        exprs(&window.partition_by, v);
        orders(&window.order_by, v);
    }
}

fn query<'a>(q: &'a Query, v: &mut impl Visitor<'a>) {
    v.query(q);
    match &q.body {
        SetExpr::Select(s) => select(s, v),
        SetExpr::SetOp { op: _, all: _, left, right } => {
            query(left, v);
            query(right, v);
        }
        SetExpr::Values(rows) => rows.iter().for_each(|row| exprs(row, v)),
        SetExpr::Nested(inner) => query(inner, v),
    }
    orders(&q.order_by, v);
    q.limit.iter().chain(&q.offset).for_each(|e| expr(e, v));
}

fn select<'a>(s: &'a Select, v: &mut impl Visitor<'a>) {
    v.select(s);
    if let crate::query::model::Distinct::On(keys) = &s.distinct {
        exprs(keys, v);
    }
    froms(&s.from, v);
    s.filter.iter().for_each(|e| expr(e, v));
    if let Some(Grouping { keys, partial, empty_set: _, explicit: _ }) = &s.grouping {
        exprs(keys, v);
        exprs(partial, v);
    }
    s.having.iter().for_each(|e| expr(e, v));
    s.output.iter().for_each(|o| expr(&o.expr, v));
}

fn froms<'a>(list: &'a [From], v: &mut impl Visitor<'a>) {
    for item in list {
        if let From::Join(join) = item {
            let Join { kind: _, left, right, on, merged: _, span: _ } = &**join;
            froms(std::slice::from_ref(left), v);
            froms(std::slice::from_ref(right), v);
            on.iter().for_each(|e| expr(e, v));
        }
    }
}

fn body<'a>(b: &'a Body, v: &mut impl Visitor<'a>) {
    v.body(b);
    match b {
        Body::Query(q) | Body::Export { query: q, what: _ } => query(q, v),
        Body::Insert(insert) => {
            insert.source.iter().for_each(|q| query(q, v));
            if let Some(conflict) = &insert.on_conflict {
                if let ConflictTarget::Keys { keys, predicate } = &conflict.target {
                    exprs(keys, v);
                    predicate.iter().for_each(|e| expr(e, v));
                }
                if let Some(update) = &conflict.update {
                    update.set.iter().for_each(|a| expr(&a.value, v));
                    update.filter.iter().for_each(|e| expr(e, v));
                }
            }
            insert.returning.iter().for_each(|o| expr(&o.expr, v));
        }
        Body::Update(update) => {
            update.set.iter().for_each(|a| expr(&a.value, v));
            froms(&update.from, v);
            update.filter.iter().for_each(|e| expr(e, v));
            update.returning.iter().for_each(|o| expr(&o.expr, v));
        }
        Body::Delete(delete) => {
            froms(&delete.using, v);
            delete.filter.iter().for_each(|e| expr(e, v));
            delete.returning.iter().for_each(|o| expr(&o.expr, v));
        }
        Body::Merge(merge) => {
            froms(std::slice::from_ref(&merge.source), v);
            expr(&merge.on, v);
            for arm in &merge.arms {
                arm.filter.iter().for_each(|e| expr(e, v));
                match &arm.action {
                    MergeAction::Insert { columns: _, values } => exprs(values, v),
                    MergeAction::Update(set) => set.iter().for_each(|a| expr(&a.value, v)),
                    MergeAction::Delete | MergeAction::Nothing => {}
                }
            }
            merge.returning.iter().for_each(|o| expr(&o.expr, v));
        }
        Body::Expressions(list) => exprs(list, v),
        Body::Truncate(_) | Body::Copy { .. } | Body::Utility => {}
    }
}
