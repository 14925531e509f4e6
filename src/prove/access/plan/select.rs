//! A query as levels of its own: the arms of set operations, what WHERE, HAVING and the level around it ask of its
//! tables, and the order in which it wants their rows.

use super::super::joins::{Qual, Tree};
use super::super::order::{Order, SortKey};
use super::block::{Block, Inherited};
use super::{MAX_QUERY_DEPTH, MAX_RELATIONS, Planner};
use crate::prove::terms::{Rel, Term};
use crate::query::model::{CallKind, CteBody, CteId, Distinct, Expr, ExprKind, Select, SetExpr};
use crate::query::walk;
use crate::schema::catalog::{ColumnIx, Volatility};

impl Planner<'_> {
    /// Plans WITH queries that are not merged where they are used.
    pub(in crate::prove::access) fn declare(&mut self, with: &[CteId]) {
        let statement = self.statement;
        for id in with {
            let cte = statement.cte(*id);
            match &cte.body {
                CteBody::Query(query) if !self.is_merged(*id) && cte.references > 0 => {
                    self.query(query);
                }
                CteBody::Query(_) => {}
                CteBody::Modify(body) => self.body(body),
            }
        }
    }

    /// Whether a WITH query is planned where it is used (subselect.c `inline_cte`).
    pub(super) fn is_merged(&self, id: CteId) -> bool {
        let cte = self.statement.cte(id);
        let CteBody::Query(query) = &cte.body else { return false };
        let once = match cte.materialized {
            Some(true) => false,
            Some(false) => true,
            None => cte.references == 1,
        };
        let mut volatile = query.locks;
        if once && !cte.recursive {
            walk::walk_query(self.statement, query, |e| {
                if let ExprKind::Call(call) = &e.kind {
                    volatile |= call.kind == CallKind::Scalar && call.volatility == Volatility::Volatile;
                }
            });
        }
        once && !cte.recursive && !volatile
    }

    pub(super) fn block(&mut self, block: &Block<'_>, inherited: Inherited<'_>) {
        if self.depth >= MAX_QUERY_DEPTH || self.rels.len() > MAX_RELATIONS {
            return;
        }
        self.depth += 1;
        self.declare(&block.with);
        match block.body {
            SetExpr::Select(select) => self.select(block, select, inherited),
            SetExpr::SetOp { .. } => self.set_operation(block, inherited),
            // Constants and parameters, of which there may be many, read nothing.
            SetExpr::Values(rows) => {
                let plain = |e: &&Expr| matches!(e.kind, ExprKind::Literal(_) | ExprKind::Param(_));
                rows.iter().flatten().filter(|e| !plain(e)).for_each(|e| {
                    self.mention(e);
                });
            }
            SetExpr::Nested(query) => self.query(query),
        }
        block.limit.into_iter().chain(block.offset).for_each(|e| {
            self.mention(e);
        });
        self.depth -= 1;
    }

    fn set_operation(&mut self, block: &Block<'_>, inherited: Inherited<'_>) {
        let arms = block.arms();
        let rel = inherited.rel.unwrap_or_else(|| self.new_rel(None, None, false));
        let own = self.order_of_columns(block, rel);
        let order = if arms.union_all { own.as_ref().or(inherited.order) } else { None };
        let quals = if arms.except || block.cut() { &[] } else { inherited.quals };
        let joins = if block.is_union_all() { inherited.joins } else { &[] };
        for query in arms.queries {
            self.block(&Block::new(query), Inherited { rel: Some(rel), quals, joins, order });
        }
    }

    /// ORDER BY of a set operation, over the columns of the relation that it is.
    fn order_of_columns(&mut self, block: &Block<'_>, rel: Rel) -> Option<Order> {
        let mut keys = Vec::new();
        for sort in block.order_by {
            let ExprKind::OutputColumn(ix) = sort.expr.kind else { return None };
            let ty = block.columns.get(ix as usize).map(|c| c.ty.clone()).unwrap_or_default();
            let term = self.terms.column(rel, ix, &ty, None);
            keys.push(SortKey { term, descending: sort.descending, nulls_first: Some(sort.nulls_first) });
        }
        (!keys.is_empty()).then(|| Order { keys, limited: block.limit.is_some() })
    }

    pub(super) fn select(&mut self, block: &Block<'_>, select: &Select, inherited: Inherited<'_>) {
        let mut tree = self.select_tree(select, false, block.locks);
        let columns: Vec<Term> = select
            .output
            .iter()
            .enumerate()
            .map(|(i, output)| {
                let term = self.mention(&output.expr);
                match block.columns.get(i) {
                    // Arms of a set operation are cast to its column types.
                    Some(column) if !column.ty.is_unknown() => self.terms.cast(&column.ty, term),
                    _ => term,
                }
            })
            .collect();
        let mut quals = self.taken_over(block, select, &columns, inherited);
        if let Some(having) = &select.having {
            quals.extend(self.movable_having(select, having));
        }
        let order = self.order(block, select, &columns, inherited);
        if let Some(grouping) = &select.grouping {
            grouping.keys.iter().chain(&grouping.partial).for_each(|e| {
                self.mention(e);
            });
        }
        if let Distinct::On(keys) = &select.distinct {
            keys.iter().for_each(|e| {
                self.mention(e);
            });
        }
        let extremes = if inherited.rel.is_none() || !block.is_simple() {
            self.extremes(select, &tree)
        } else {
            Vec::new()
        };
        if !quals.is_empty() {
            tree = Tree::Group { items: vec![tree], quals };
        }
        self.level(tree, order, &extremes);
    }

    /// Conditions that the level around a subquery hands down and that it can test itself (allpaths.c
    /// `subquery_is_pushdown_safe`, `qual_is_pushdown_safe`).
    fn taken_over(
        &mut self,
        block: &Block<'_>,
        select: &Select,
        columns: &[Term],
        inherited: Inherited<'_>,
    ) -> Vec<Qual> {
        let Some(rel) = inherited.rel else { return Vec::new() };
        if block.cut() {
            return Vec::new();
        }
        let kept: Option<Vec<Vec<Term>>> = self.partitions(select);
        let joins = if block.is_simple() { inherited.joins } else { &[] };
        let mut out = Vec::new();
        for qual in inherited.quals.iter().chain(joins) {
            let mut used = Vec::new();
            self.terms.columns_of(qual.term, rel, &mut used);
            let safe = used.iter().all(|ix| {
                let Some(&column) = columns.get(*ix as usize) else { return false };
                let flags = self.terms.flags(column);
                !flags.volatile
                    && !flags.aggregate
                    && kept.as_ref().is_none_or(|lists| lists.iter().all(|keys| keys.contains(&column)))
            });
            let grouped = select.grouping.as_ref().is_some_and(|g| !g.explicit || !g.partial.is_empty());
            if safe && !grouped {
                let with =
                    |r: Rel, c: ColumnIx| (r == rel).then(|| columns.get(c as usize).copied()).flatten();
                let term = self.terms.replace(qual.term, &with);
                out.push(Qual { term, span: qual.span });
            }
        }
        out
    }

    /// For DISTINCT ON and windows: the lists of expressions by each of which rows are kept apart. A condition may move
    /// below only if it uses nothing else.
    fn partitions(&mut self, select: &Select) -> Option<Vec<Vec<Term>>> {
        let mut lists: Vec<Vec<Term>> = Vec::new();
        if let Distinct::On(keys) = &select.distinct {
            lists.push(keys.iter().map(|e| self.condition(e)).collect());
        }
        if select.windowed {
            let mut windows = Vec::new();
            for output in &select.output {
                walk::walk_expr(&output.expr, &mut |e| {
                    if let ExprKind::Call(call) = &e.kind {
                        windows.extend(call.over.as_ref());
                    }
                });
            }
            for window in windows {
                lists.push(window.partition_by.iter().map(|e| self.condition(e)).collect());
            }
        }
        (!lists.is_empty()).then_some(lists)
    }

    /// Conditions of HAVING that need no aggregate are conditions of WHERE (planner.c `subquery_planner`).
    fn movable_having(&mut self, select: &Select, having: &Expr) -> Vec<Qual> {
        let movable = select.grouping.as_ref().is_some_and(|g| g.explicit && g.partial.is_empty());
        let mut out = Vec::new();
        for conjunct in walk::conjuncts(having) {
            let term = self.condition(conjunct);
            let flags = self.terms.flags(term);
            if movable && !flags.aggregate && !flags.volatile && !flags.subquery {
                out.extend(
                    self.terms.conjuncts(term).into_iter().map(|term| Qual { term, span: conjunct.span }),
                );
            } else {
                self.mention(conjunct);
            }
        }
        out
    }

    /// The order in which the level's rows are wanted, as far as an index could deliver it.
    fn order(
        &mut self,
        block: &Block<'_>,
        select: &Select,
        columns: &[Term],
        inherited: Inherited<'_>,
    ) -> Option<Order> {
        let mut keys = Vec::new();
        for sort in block.order_by {
            let term = self.mention(&sort.expr);
            keys.push(SortKey { term, descending: sort.descending, nulls_first: Some(sort.nulls_first) });
        }
        let mut limited = block.limit.is_some();
        if keys.is_empty()
            && let Some(order) = inherited.order
            && block.is_simple()
            && let Some(rel) = inherited.rel
        {
            limited = order.limited;
            let with = |r: Rel, c: ColumnIx| (r == rel).then(|| columns.get(c as usize).copied()).flatten();
            for key in &order.keys {
                let term = self.terms.replace(key.term, &with);
                keys.push(SortKey { term, ..*key });
            }
        }
        if keys.is_empty() {
            return None;
        }
        if let Some(grouping) = &select.grouping {
            // Groups come out in order when rows of a group come in one after the other.
            for e in &grouping.keys {
                let term = self.condition(e);
                if !keys.iter().any(|k| k.term == term) {
                    keys.push(SortKey { term, descending: false, nulls_first: None });
                }
            }
        }
        Some(Order { keys, limited })
    }

    /// The arguments of min() and max() where nothing else is computed of one table (planagg.c).
    fn extremes(&mut self, select: &Select, tree: &Tree<'_>) -> Vec<SortKey> {
        let plain = select.grouping.as_ref().is_some_and(|g| !g.explicit && g.partial.is_empty());
        let single = {
            let mut rels = 0;
            let mut at = tree;
            loop {
                match at {
                    Tree::Rel(_) => {
                        rels += 1;
                        break;
                    }
                    Tree::Group { items, .. } => match items.as_slice() {
                        [one] => at = one,
                        _ => break,
                    },
                    Tree::Query(..) | Tree::Join { .. } => break,
                }
            }
            rels == 1
        };
        if !plain || !single || select.windowed {
            return Vec::new();
        }
        let mut calls = Vec::new();
        for e in select.output.iter().map(|o| &o.expr).chain(&select.having) {
            walk::walk_expr(e, &mut |e| {
                if let ExprKind::Call(call) = &e.kind
                    && call.kind == CallKind::Aggregate
                {
                    calls.push(&**call);
                }
            });
        }
        let mut keys = Vec::new();
        for call in calls {
            let descending = match call.name.as_str() {
                "min" => false,
                "max" => true,
                _ => return Vec::new(),
            };
            let [arg] = call.args.as_slice() else { return Vec::new() };
            if call.filter.is_some() {
                return Vec::new();
            }
            let term = self.condition(arg);
            keys.push(SortKey { term, descending, nulls_first: None });
        }
        keys
    }
}
