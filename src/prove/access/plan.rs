//! A statement as the levels that PostgreSQL plans one by one (prepjointree.c, subselect.c, allpaths.c): simple
//! subqueries, views and WITH queries are merged into the level that uses them, EXISTS and IN become joins, and
//! conditions move into subqueries that stay levels of their own where that is safe. INDEXING.md sections 0 and 8.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::book::IndexBook;
use super::joins::{Kind, Level, Qual, Tree};
use super::order::{Order, SortKey};
use super::reading::Reading;
use crate::prove::settings::PlannerSettings;
use crate::prove::terms::lower::{Scope, lower};
use crate::prove::terms::{Rel, Term, Terms};
use crate::prove::verdict::Access;
use crate::query::model::{
    BoundStatement, CallKind, CteBody, CteId, Distinct, Expr, ExprKind, From, Join, JoinKind, Literal, OccId,
    OrderBy, OutColumn, Query, Select, SetExpr, SetOp, Source,
};
use crate::query::walk;
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, RelId, Volatility};
use crate::schema::types::Type;
use crate::source::Span;

/// Deeper nested queries are not analysed.
const MAX_QUERY_DEPTH: u32 = 60;

/// A statement that reads more relations, WITH queries and views expanded, is not analysed further.
const MAX_RELATIONS: usize = 1500;

/// The walk over a statement.
pub(super) struct Planner<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) book: &'a IndexBook,
    pub(super) settings: &'a PlannerSettings,
    pub(super) statement: &'a BoundStatement,
    pub(super) terms: Terms,
    /// What occurrences stand for at present; a WITH query that is merged twice stands for its last use.
    scope: HashMap<OccId, Binding>,
    rels: Vec<Relation>,
    /// Columns that something other than a condition uses, by relation.
    pub(super) used: HashMap<Rel, HashSet<ColumnIx>>,
    in_condition: bool,
    pub(super) found: BTreeMap<OccId, Access>,
    depth: u32,
}

#[derive(Clone)]
enum Binding {
    Rel(Rel),
    /// A merged subquery: its columns.
    Columns(Rc<[Term]>),
}

#[derive(Clone, Copy, Debug)]
struct Relation {
    occ: Option<OccId>,
    table: Option<RelId>,
    /// Written or locked: conditions that an index's predicate implies are kept, and no scan is index-only.
    locked: bool,
}

/// A query with its parentheses removed.
#[derive(Clone, Debug)]
pub(super) struct Block<'q> {
    with: Vec<CteId>,
    body: &'q SetExpr,
    order_by: &'q [OrderBy],
    limit: Option<&'q Expr>,
    offset: Option<&'q Expr>,
    locks: bool,
    columns: &'q [OutColumn],
}

/// What a level hands down to a subquery that stays a level of its own.
#[derive(Clone, Copy, Default)]
struct Inherited<'i> {
    /// The relation that the subquery is there.
    rel: Option<Rel>,
    /// Conditions on its columns.
    quals: &'i [Qual],
    /// Join clauses, for the arms of a UNION ALL.
    joins: &'i [Qual],
    order: Option<&'i Order>,
}

impl<'q> Block<'q> {
    fn new(query: &'q Query) -> Self {
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

    fn cut(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Whether PostgreSQL merges it into the query around it (prepjointree.c `is_simple_subquery`).
    fn is_simple(&self) -> bool {
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
    fn arms(&self) -> Arms<'q> {
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
    fn is_union_all(&self) -> bool {
        matches!(self.body, SetExpr::SetOp { .. })
            && self.with.is_empty()
            && self.order_by.is_empty()
            && !self.cut()
            && !self.locks
            && self.arms().union_all
    }
}

struct Arms<'q> {
    queries: Vec<&'q Query>,
    union_all: bool,
    except: bool,
}

/// Whether an expression calls something that PostgreSQL does not move.
fn is_volatile(expr: &Expr) -> bool {
    let mut found = false;
    walk::walk_expr(expr, &mut |e| {
        if let ExprKind::Call(call) = &e.kind {
            found |= call.kind == CallKind::SetReturning
                || (call.kind == CallKind::Scalar && call.volatility == Volatility::Volatile);
        }
    });
    found
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        book: &'a IndexBook,
        settings: &'a PlannerSettings,
        statement: &'a BoundStatement,
    ) -> Self {
        Planner {
            catalog,
            book,
            settings,
            statement,
            terms: Terms::new(book.types()),
            scope: HashMap::new(),
            rels: Vec::new(),
            used: HashMap::new(),
            in_condition: false,
            found: BTreeMap::new(),
            depth: 0,
        }
    }

    /// Plans a query that nothing is handed down to.
    pub(super) fn query(&mut self, query: &Query) {
        self.block(&Block::new(query), Inherited::default());
    }

    /// Plans WITH queries that are not merged where they are used.
    pub(super) fn declare(&mut self, with: &[CteId]) {
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
    fn is_merged(&self, id: CteId) -> bool {
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

    fn block(&mut self, block: &Block<'_>, inherited: Inherited<'_>) {
        if self.depth >= MAX_QUERY_DEPTH || self.rels.len() > MAX_RELATIONS {
            return;
        }
        self.depth += 1;
        self.declare(&block.with);
        match block.body {
            SetExpr::Select(select) => self.select(block, select, inherited),
            SetExpr::SetOp { .. } => self.set_operation(block, inherited),
            SetExpr::Values(rows) => rows.iter().flatten().for_each(|e| {
                self.mention(e);
            }),
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

    fn select(&mut self, block: &Block<'_>, select: &Select, inherited: Inherited<'_>) {
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

    /// FROM and WHERE of a block as a join tree. `nullable`: under the nullable side of an outer join.
    fn select_tree<'q>(&mut self, select: &'q Select, nullable: bool, locked: bool) -> Tree<'q>
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
    pub(super) fn filtered<'q>(
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
    pub(super) fn from<'q>(&mut self, item: &'q From, nullable: bool, locked: bool) -> Tree<'q>
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
    fn subquery_tree<'q>(
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

    /// Analyses a level: its tables, then the subqueries in it.
    pub(super) fn level(&mut self, tree: Tree<'_>, order: Option<Order>, extremes: &[SortKey]) {
        let mut level = Level::new(&self.terms, tree);
        let empty = level.is_empty(&self.terms);
        let classes = level.classes(&mut self.terms);
        for rel in level.rels.clone() {
            let Some(relation) = self.rels.get(rel.0 as usize).copied() else { continue };
            let (Some(occ), Some(table)) = (relation.occ, relation.table) else { continue };
            if empty {
                self.record(Reading::nothing(occ));
                continue;
            }
            let clauses = level.clauses(&mut self.terms, &classes, rel);
            let restricted = level.restricted(&self.terms, rel);
            let access = Reading {
                rel,
                occ,
                table,
                clauses: &clauses,
                restricted,
                locked: relation.locked,
                classes: &classes,
                level: &level,
                order: order.as_ref(),
                extremes,
            }
            .access(self);
            self.record(access);
        }
        for (rel, block) in std::mem::take(&mut level.queries) {
            let quals = self.handed_down(&level, &classes, rel);
            let local: Vec<Qual> = quals.iter().filter(|(local, _)| *local).map(|(_, q)| *q).collect();
            let joins: Vec<Qual> = quals.iter().filter(|(local, _)| !local).map(|(_, q)| *q).collect();
            let order = order.as_ref().filter(|order| {
                block.is_union_all() && order.keys.iter().all(|k| self.terms.rels(k.term) == [rel])
            });
            self.block(&block, Inherited { rel: Some(rel), quals: &local, joins: &joins, order });
        }
    }

    fn handed_down(
        &mut self,
        level: &Level<'_>,
        classes: &super::equivalence::Classes,
        rel: Rel,
    ) -> Vec<(bool, Qual)> {
        level
            .clauses(&mut self.terms, classes, rel)
            .into_iter()
            .filter(|c| {
                let flags = self.terms.flags(c.term);
                !flags.volatile && !flags.subquery
            })
            .map(|c| (c.local, Qual { term: c.term, span: c.span }))
            .collect()
    }

    fn record(&mut self, access: Access) {
        match self.found.get_mut(&access.occ) {
            // A WITH query that is merged twice is as good as its worse use.
            Some(known) if super::rank(known.class) <= super::rank(access.class) => {}
            Some(known) => *known = access,
            None => {
                self.found.insert(access.occ, access);
            }
        }
    }

    /// A new relation that an occurrence stands for.
    pub(super) fn bind(&mut self, occ: OccId, table: Option<RelId>, locked: bool) -> Rel {
        let rel = self.new_rel(Some(occ), table, locked);
        self.scope.insert(occ, Binding::Rel(rel));
        rel
    }

    fn new_rel(&mut self, occ: Option<OccId>, table: Option<RelId>, locked: bool) -> Rel {
        let rel = Rel(self.rels.len() as u32);
        self.rels.push(Relation { occ, table, locked });
        rel
    }

    /// The conjuncts of a condition.
    pub(super) fn quals(&mut self, expr: &Expr) -> Vec<Qual> {
        let term = self.condition(expr);
        self.terms.conjuncts(term).into_iter().map(|term| Qual { term, span: expr.span }).collect()
    }

    /// The term of an expression in a condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Term {
        let before = std::mem::replace(&mut self.in_condition, true);
        let term = lower(self, expr);
        self.in_condition = before;
        term
    }

    /// The term of an expression elsewhere: the columns that it uses have to be fetched.
    pub(super) fn mention(&mut self, expr: &Expr) -> Term {
        let before = std::mem::replace(&mut self.in_condition, false);
        let term = lower(self, expr);
        self.in_condition = before;
        term
    }

    fn note_use(&mut self, term: Term) {
        if self.in_condition {
            return;
        }
        for rel in self.terms.rels(term).to_vec() {
            let mut columns = Vec::new();
            self.terms.columns_of(term, rel, &mut columns);
            let used = self.used.entry(rel).or_default();
            if columns.is_empty() {
                // A whole row: no index has every column.
                used.insert(ColumnIx::MAX);
            }
            used.extend(columns);
        }
    }

    /// The occurrence that a relation stands for.
    pub(super) fn occurrence_of(&self, rel: Rel) -> Option<OccId> {
        self.rels.get(rel.0 as usize)?.occ
    }

    /// The collation that a column of a table declares.
    fn collation(&self, table: RelId, column: ColumnIx) -> Option<&'a str> {
        self.catalog.relation(table).columns.get(column as usize)?.collation.as_deref()
    }
}

impl Scope for Planner<'_> {
    fn terms(&mut self) -> &mut Terms {
        &mut self.terms
    }

    fn column(&mut self, occ: OccId, column: ColumnIx, ty: &Type) -> Term {
        let term = match self.scope.get(&occ).cloned() {
            Some(Binding::Columns(columns)) => columns.get(column as usize).copied(),
            Some(Binding::Rel(rel)) => {
                let table = self.rels.get(rel.0 as usize).and_then(|r| r.table);
                let collation = table.and_then(|t| self.collation(t, column));
                Some(self.terms.column(rel, column, ty, collation))
            }
            None => None,
        };
        let term = term.unwrap_or_else(|| self.terms.opaque(Vec::new(), ty, Default::default()));
        self.note_use(term);
        term
    }

    fn row(&mut self, occ: OccId) -> Term {
        let term = match self.scope.get(&occ).cloned() {
            Some(Binding::Columns(columns)) => {
                self.terms.opaque(columns.to_vec(), &Type::UNKNOWN, Default::default())
            }
            Some(Binding::Rel(rel)) => self.terms.whole_row(rel),
            None => self.terms.opaque(Vec::new(), &Type::UNKNOWN, Default::default()),
        };
        self.note_use(term);
        term
    }

    fn subquery(&mut self, query: &Query) -> Vec<Term> {
        let before = std::mem::replace(&mut self.in_condition, false);
        self.query(query);
        self.in_condition = true;
        let mut outer = walk::free_occurrences(self.statement, query);
        outer.retain(|occ| self.scope.contains_key(occ));
        let rows = outer.iter().map(|occ| self.row(*occ)).collect();
        self.in_condition = false;
        // The subquery runs once for each outer row and takes these columns from it.
        let mut taken = Vec::new();
        walk::walk_query(self.statement, query, |e| {
            if let ExprKind::Column { occ, column } = &e.kind
                && outer.contains(occ)
            {
                taken.push((*occ, *column, &e.ty));
            }
        });
        for (occ, column, ty) in taken {
            self.column(occ, column, ty);
        }
        self.in_condition = before;
        rows
    }
}
