//! A query without its parentheses, and whether PostgreSQL merges it into the query around it.

use super::super::joins::Qual;
use super::super::order::Order;
use crate::prove::terms::Rel;
use crate::query::model::{
    CallKind, CteId, Distinct, Expr, ExprKind, OrderBy, OutColumn, Query, SetExpr, SetOp,
};
use crate::query::walk;
use crate::schema::catalog::Volatility;

/// A query with its parentheses removed.
#[derive(Clone, Debug)]
pub(in crate::prove::access) struct Block<'q> {
    pub(super) with: Vec<CteId>,
    pub(super) body: &'q SetExpr,
    pub(super) order_by: &'q [OrderBy],
    pub(super) limit: Option<&'q Expr>,
    pub(super) offset: Option<&'q Expr>,
    pub(super) locks: bool,
    pub(super) columns: &'q [OutColumn],
}

/// What a level hands down to a subquery that stays a level of its own.
#[derive(Clone, Copy, Default)]
pub(super) struct Inherited<'i> {
    /// The relation that the subquery is there.
    pub(super) rel: Option<Rel>,
    /// Conditions on its columns.
    pub(super) quals: &'i [Qual],
    /// Join clauses, for the arms of a UNION ALL.
    pub(super) joins: &'i [Qual],
    pub(super) order: Option<&'i Order>,
}

impl<'q> Block<'q> {
    pub(super) fn new(query: &'q Query) -> Self {
        let mut block = Block {
            with: query.with.clone(),
            body: &query.body,
            order_by: &query.order_by,
            limit: query.limit.as_ref(),
            offset: query.offset.as_ref(),
            locks: query.locks,
            columns: &query.columns,
        };
        while let SetExpr::Nested(inner) = block.body {
            block.with.extend(&inner.with);
            block.body = &inner.body;
            if block.order_by.is_empty() {
                block.order_by = &inner.order_by;
            }
            block.limit = block.limit.or(inner.limit.as_ref());
            block.offset = block.offset.or(inner.offset.as_ref());
            block.locks |= inner.locks;
        }
        block
    }

    pub(super) fn cut(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Whether PostgreSQL merges it into the query around it (prepjointree.c `is_simple_subquery`).
    pub(super) fn is_simple(&self) -> bool {
        if !self.with.is_empty() || !self.order_by.is_empty() || self.cut() || self.locks {
            return false;
        }
        match self.body {
            SetExpr::Select(select) => {
                matches!(select.distinct, Distinct::No)
                    && select.grouping.is_none()
                    && select.having.is_none()
                    && !select.windowed
                    && !select.set_returning
                    && !select.output.iter().any(|o| is_volatile(&o.expr))
            }
            SetExpr::Values(rows) => rows.len() == 1 && !rows.iter().flatten().any(is_volatile),
            SetExpr::SetOp { .. } | SetExpr::Nested(_) => false,
        }
    }

    /// The arms of a set operation, first to last, and what joins them.
    pub(super) fn arms(&self) -> Arms<'q> {
        let mut arms = Arms { queries: Vec::new(), union_all: true, except: false };
        let mut body = self.body;
        while let SetExpr::SetOp { op, all, left, right } = body {
            arms.union_all &= *op == SetOp::Union && *all;
            arms.except |= *op == SetOp::Except;
            arms.queries.push(&**right);
            let inner = Block::new(left);
            let bare = inner.with.is_empty() && inner.order_by.is_empty() && !inner.cut() && !inner.locks;
            if bare && matches!(inner.body, SetExpr::SetOp { .. }) {
                body = inner.body;
            } else {
                arms.queries.push(&**left);
                break;
            }
        }
        arms.queries.reverse();
        arms
    }

    /// Whether it is planned as one relation with several members.
    pub(super) fn is_union_all(&self) -> bool {
        matches!(self.body, SetExpr::SetOp { .. })
            && self.with.is_empty()
            && self.order_by.is_empty()
            && !self.cut()
            && !self.locks
            && self.arms().union_all
    }
}

pub(super) struct Arms<'q> {
    pub(super) queries: Vec<&'q Query>,
    pub(super) union_all: bool,
    pub(super) except: bool,
}

/// Whether an expression calls something that PostgreSQL does not move.
pub(super) fn is_volatile(expr: &Expr) -> bool {
    let mut found = false;
    walk::walk_expr(expr, &mut |e| {
        if let ExprKind::Call(call) = &e.kind {
            found |= call.kind == CallKind::SetReturning
                || (call.kind == CallKind::Scalar && call.volatility == Volatility::Volatile);
        }
    });
    found
}
