//! FROM and WHERE as a join tree: simple subqueries, views and WITH queries are merged into it, EXISTS and IN become
//! joins (prepjointree.c, subselect.c).

use std::collections::HashSet;

use super::super::joins::{Kind, Qual, Tree};
use super::block::{Block, is_volatile};
use super::{Binding, MAX_QUERY_DEPTH, MAX_RELATIONS, Planner};
use crate::prove::terms::Term;
use crate::query::model::{
    CteBody, Expr, ExprKind, From, Join, JoinKind, Literal, OccId, Query, Select, SetExpr, Source,
};
use crate::query::walk;
use crate::source::Span;

impl<'a> Planner<'a> {
    /// FROM and WHERE of a block as a join tree. `nullable`: under the nullable side of an outer join.
    pub(super) fn select_tree<'q>(&mut self, select: &'q Select, nullable: bool, locked: bool) -> Tree<'q>
    where
        'a: 'q,
    {
        let mut items = Vec::new();
        for item in &select.from {
            items.push(self.from(item, nullable, locked));
        }
        let tree = Tree::Group { items, quals: Vec::new() };
        self.filtered(tree, select.filter.as_ref(), nullable)
    }

    /// A tree with a WHERE condition over it; EXISTS and IN become joins.
    pub(in crate::prove::access) fn filtered<'q>(
        &mut self,
        tree: Tree<'q>,
        filter: Option<&'q Expr>,
        nullable: bool,
    ) -> Tree<'q>
    where
        'a: 'q,
    {
        let mut tree = tree;
        let mut quals = Vec::new();
        for conjunct in filter.map(walk::conjuncts).unwrap_or_default() {
            match self.as_join(conjunct, nullable) {
                Some((kind, right, own)) => {
                    let (left, right) = (Box::new(tree), Box::new(right));
                    tree = Tree::Join { kind, left, right, quals: own };
                }
                None => quals.extend(self.quals(conjunct)),
            }
        }
        Tree::Group { items: vec![tree], quals }
    }

    /// A conjunct that PostgreSQL turns into a join: its kind, its right side, its conditions (subselect.c
    /// `convert_EXISTS_sublink_to_join`, `convert_ANY_sublink_to_join`).
    fn as_join<'q>(&mut self, conjunct: &'q Expr, nullable: bool) -> Option<(Kind, Tree<'q>, Vec<Qual>)>
    where
        'a: 'q,
    {
        match &conjunct.kind {
            ExprKind::Exists(query) => self.exists(query, Kind::Semi),
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::Exists(query) => self.exists(query, Kind::Anti),
                _ => None,
            },
            ExprKind::InQuery { negated: false, expr, query } => {
                self.in_query("=", expr, query, conjunct.span, nullable)
            }
            ExprKind::QuantifiedQuery { op, all: false, expr, query } => {
                self.in_query(op, expr, query, conjunct.span, nullable)
            }
            _ => None,
        }
    }

    fn exists<'q>(&mut self, query: &'q Query, kind: Kind) -> Option<(Kind, Tree<'q>, Vec<Qual>)>
    where
        'a: 'q,
    {
        let block = Block::new(query);
        let SetExpr::Select(select) = block.body else { return None };
        let limited = match block.limit.map(|e| &e.kind) {
            None => false,
            Some(ExprKind::Literal(Literal::Number(n))) => n == "0",
            Some(_) => true,
        };
        let plain = block.with.is_empty()
            && !limited
            && block.offset.is_none()
            && !block.locks
            && select.grouping.is_none()
            && select.having.is_none()
            && !select.windowed
            && !select.set_returning
            && !select.from.is_empty();
        let filter = select.filter.as_ref()?;
        if !plain || is_volatile(filter) {
            return None;
        }
        let own: HashSet<OccId> = select.from.iter().flat_map(walk::from_occurrences).collect();
        let outer = |occ: &OccId| !own.contains(occ);
        if !walk::free_occurrences_of_expr(self.statement, filter).iter().any(outer)
            || self.is_from_correlated(select, &own)
        {
            return None;
        }
        let mut items = Vec::new();
        for item in &select.from {
            items.push(self.from(item, false, false));
        }
        let mut right = Tree::Group { items, quals: Vec::new() };
        let (mut across, mut within) = (Vec::new(), Vec::new());
        for conjunct in walk::conjuncts(filter) {
            match self.as_join(conjunct, false) {
                Some((kind, inner, quals)) => {
                    let (left, inner) = (Box::new(right), Box::new(inner));
                    right = Tree::Join { kind, left, right: inner, quals };
                }
                None => {
                    let depends = walk::free_occurrences_of_expr(self.statement, conjunct).iter().any(outer);
                    let quals = self.quals(conjunct);
                    if depends { across.extend(quals) } else { within.extend(quals) }
                }
            }
        }
        select.output.iter().for_each(|o| {
            self.condition(&o.expr);
        });
        Some((kind, Tree::Group { items: vec![right], quals: within }, across))
    }

    /// Whether something in FROM itself uses rows of an enclosing block.
    fn is_from_correlated(&self, select: &Select, own: &HashSet<OccId>) -> bool {
        let statement = self.statement;
        let outer = |occ: &OccId| !own.contains(occ);
        let in_items = own.iter().any(|occ| match &statement.occurrence(*occ).source {
            Source::Derived(query) => walk::free_occurrences(statement, query).iter().any(outer),
            Source::Function { calls, ordinality: _ } => calls
                .iter()
                .flat_map(|c| &c.args)
                .any(|e| walk::free_occurrences_of_expr(statement, e).iter().any(outer)),
            _ => false,
        });
        let mut in_on = false;
        for item in &select.from {
            walk::from_exprs(item, &mut |e| {
                in_on |= walk::free_occurrences_of_expr(statement, e).iter().any(outer);
            });
        }
        in_items || in_on
    }

    fn in_query<'q>(
        &mut self,
        op: &str,
        left: &Expr,
        query: &'q Query,
        span: Span,
        nullable: bool,
    ) -> Option<(Kind, Tree<'q>, Vec<Qual>)>
    where
        'a: 'q,
    {
        let correlated = !walk::free_occurrences(self.statement, query).is_empty();
        if (correlated && self.settings.postgres_version < 17)
            || is_volatile(left)
            || walk::used(left).is_empty()
        {
            return None;
        }
        let sides: Vec<&Expr> = match &left.kind {
            ExprKind::Row(list) => list.iter().collect(),
            _ => vec![left],
        };
        let lefts: Vec<Term> = sides.into_iter().map(|e| self.condition(e)).collect();
        let (tree, columns) = self.subquery_tree(None, Block::new(query), nullable);
        let mut quals = Vec::new();
        for (l, r) in lefts.into_iter().zip(columns) {
            let term = self.terms.operation(op, l, r);
            quals.extend(self.terms.conjuncts(term).into_iter().map(|term| Qual { term, span }));
        }
        Some((Kind::Semi, tree, quals))
    }

    /// An item of FROM.
    pub(in crate::prove::access) fn from<'q>(
        &mut self,
        item: &'q From,
        nullable: bool,
        locked: bool,
    ) -> Tree<'q>
    where
        'a: 'q,
    {
        let mut spine: Vec<&'q Join> = Vec::new();
        let mut at = item;
        while let From::Join(join) = at {
            spine.push(join);
            at = &join.left;
        }
        let From::Item(first) = at else { return Tree::Group { items: Vec::new(), quals: Vec::new() } };
        let preserves_right = |j: &&Join| matches!(j.kind, JoinKind::Right | JoinKind::Full);
        let mut tree = self.item(*first, nullable || spine.iter().any(preserves_right), locked);
        while let Some(join) = spine.pop() {
            let above = nullable || spine.iter().any(preserves_right);
            let nulled = above || matches!(join.kind, JoinKind::Left | JoinKind::Full);
            if self.depth >= MAX_QUERY_DEPTH {
                return tree;
            }
            self.depth += 1;
            let right = self.from(&join.right, nulled, locked);
            self.depth -= 1;
            let quals = join.on.iter().flat_map(walk::conjuncts).flat_map(|e| self.quals(e)).collect();
            let (kind, left, right) = match join.kind {
                JoinKind::Inner => (Kind::Inner, tree, right),
                JoinKind::Left => (Kind::Left, tree, right),
                JoinKind::Right => (Kind::Left, right, tree),
                JoinKind::Full => (Kind::Full, tree, right),
            };
            tree = Tree::Join { kind, left: Box::new(left), right: Box::new(right), quals };
        }
        tree
    }

    fn item<'q>(&mut self, occ: OccId, nullable: bool, locked: bool) -> Tree<'q>
    where
        'a: 'q,
    {
        let statement = self.statement;
        match &statement.occurrence(occ).source {
            Source::Table(table) => Tree::Rel(self.bind(occ, Some(*table), locked)),
            Source::View { view: _, query: Some(query) } | Source::Derived(query) => {
                self.subquery_tree(Some(occ), Block::new(query), nullable).0
            }
            Source::Cte(id) => match &statement.cte(*id).body {
                CteBody::Query(query) if self.is_merged(*id) => {
                    self.subquery_tree(Some(occ), Block::new(query), nullable).0
                }
                CteBody::Query(_) | CteBody::Modify(_) => Tree::Rel(self.bind(occ, None, false)),
            },
            Source::Function { calls, ordinality: _ } => {
                for e in calls.iter().flat_map(|c| &c.args) {
                    self.mention(e);
                }
                Tree::Rel(self.bind(occ, None, false))
            }
            Source::View { view: _, query: None }
            | Source::System(_)
            | Source::Call(_)
            | Source::Tuple(_)
            | Source::Unknown(_) => Tree::Rel(self.bind(occ, None, false)),
        }
    }

    /// A subquery, merged where it is simple, else a relation of its own; with its columns.
    pub(super) fn subquery_tree<'q>(
        &mut self,
        occ: Option<OccId>,
        block: Block<'q>,
        nullable: bool,
    ) -> (Tree<'q>, Vec<Term>)
    where
        'a: 'q,
    {
        let deep = self.depth >= MAX_QUERY_DEPTH || self.rels.len() > MAX_RELATIONS;
        if deep || !block.is_simple() {
            let rel = self.new_rel(occ, None, false);
            let columns =
                (0u32..).zip(block.columns).map(|(i, c)| self.terms.column(rel, i, &c.ty, None)).collect();
            if let Some(occ) = occ {
                self.scope.insert(occ, Binding::Rel(rel));
            }
            return (Tree::Query(rel, Box::new(block)), columns);
        }
        self.depth += 1;
        let (tree, outputs): (Tree<'q>, Vec<&'q Expr>) = match block.body {
            SetExpr::Select(select) => {
                (self.select_tree(select, nullable, false), select.output.iter().map(|o| &o.expr).collect())
            }
            SetExpr::Values(rows) => {
                (Tree::Group { items: Vec::new(), quals: Vec::new() }, rows.iter().flatten().collect())
            }
            SetExpr::SetOp { .. } | SetExpr::Nested(_) => {
                (Tree::Group { items: Vec::new(), quals: Vec::new() }, Vec::new())
            }
        };
        let mut columns = Vec::new();
        for e in outputs {
            let term = self.condition(e);
            // Above an outer join an expression of its nullable side is computed below and not seen through.
            columns.push(if nullable { self.terms.shielded(term) } else { term });
        }
        self.depth -= 1;
        if let Some(occ) = occ {
            self.scope.insert(occ, Binding::Columns(columns.clone().into()));
        }
        (tree, columns)
    }
}
