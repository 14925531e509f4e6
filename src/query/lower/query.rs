//! Queries: WITH, set operations, VALUES, what surrounds a body.

use super::names::Word;
use crate::query::binder::Binder;
use crate::query::model::{
    CteId, Expr, ExprKind, Literal, OrderBy, OutColumn, Output, Query, SetExpr, SetOp,
};
use crate::query::types;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

/// A query and whether it may have columns that are not known.
pub(super) struct Lowered {
    pub(super) query: Query,
    pub(super) open: bool,
}

/// What surrounds the body of a query, gathered over parentheses.
#[derive(Clone, Copy, Default)]
struct Surround<'q> {
    with: Option<&'q ast::With>,
    order_by: Option<&'q ast::OrderBy>,
    limit: Option<&'q ast::LimitClause>,
    fetch: Option<&'q ast::Fetch>,
    locks: Option<&'q [ast::LockClause]>,
}

impl<'q> Surround<'q> {
    /// Takes a query apart. PostgreSQL reads clauses outside and inside of parentheses as one set and refuses to have
    /// the same one twice (insertSelectOptions in gram.y); `Err` is where that happens.
    fn strip(query: &'q ast::Query) -> Result<(Surround<'q>, &'q ast::SetExpr), &'q ast::Query> {
        let mut surround = Surround::default();
        let mut query = query;
        loop {
            let ast::Query {
                with,
                body,
                order_by,
                limit_clause,
                fetch,
                locks,
                for_clause: _,     // reported by `foreign_clauses`
                settings: _,       // likewise
                format_clause: _,  // likewise
                pipe_operators: _, // likewise
            } = query;
            let locks = (!locks.is_empty()).then_some(locks.as_slice());
            let twice = with.is_some() && surround.with.is_some()
                || order_by.is_some() && surround.order_by.is_some()
                || limit_clause.is_some() && surround.limit.is_some()
                || fetch.is_some() && surround.fetch.is_some();
            if twice {
                return Err(query);
            }
            surround = Surround {
                with: surround.with.or(with.as_ref()),
                order_by: surround.order_by.or(order_by.as_ref()),
                limit: surround.limit.or(limit_clause.as_ref()),
                fetch: surround.fetch.or(fetch.as_ref()),
                locks: surround.locks.or(locks),
            };
            match &**body {
                ast::SetExpr::Query(inner) => query = inner,
                body => return Ok((surround, body)),
            }
        }
    }
}

impl<'a> Binder<'a> {
    /// A query at a level of its own.
    pub(super) fn subquery(&mut self, query: &'a ast::Query) -> Query {
        self.query(query).query
    }

    /// A query at a level of its own, and whether its columns are all known.
    pub(super) fn query(&mut self, query: &'a ast::Query) -> Lowered {
        let outer = self.text.enter();
        self.push_scope();
        let mut lowered = self.query_here(query);
        self.pop_scope();
        lowered.query.span = self.text.leave(outer);
        lowered
    }

    /// A query at the innermost level, which stays open.
    fn query_here(&mut self, query: &'a ast::Query) -> Lowered {
        self.foreign_clauses(query);
        match Surround::strip(query) {
            Ok((surround, body)) => self.surrounded(surround, body),
            Err(inner) => {
                // Two ORDER BYs, say: an error in PostgreSQL; the inner query alone is read.
                let lowered = self.query(inner);
                self.unsupported(lowered.query.span, "a clause that is repeated around parentheses");
                lowered
            }
        }
    }

    fn surrounded(&mut self, surround: Surround<'a>, body: &'a ast::SetExpr) -> Lowered {
        let Surround { with, order_by, limit, fetch, locks } = surround;
        let base_of = self.awaiting_base.take();
        let with = with.map(|w| self.with(w)).unwrap_or_default();
        let mut sorted = Vec::new();
        let (body, columns, open) = match body {
            ast::SetExpr::Select(select) => {
                let (block, columns, open) = self.select(select);
                if let Some(order_by) = order_by {
                    sorted = self.order_by_outputs(order_by, &block.output);
                }
                let mut block = block;
                let calls = self.scope().calls;
                block.windowed |= calls.window;
                block.set_returning |= calls.set;
                if calls.aggregate && block.grouping.is_none() {
                    block.grouping = Some(super::grouping::implicit());
                }
                (SetExpr::Select(Box::new(block)), columns, open)
            }
            ast::SetExpr::SetOperation { left: _, op: _, set_quantifier: _, right: _ } => {
                let arm = self.set_operation(body, base_of);
                if let Some(order_by) = order_by {
                    sorted = self.order_by_columns(order_by, &arm.query.columns);
                }
                (arm.query.body, arm.query.columns, arm.open)
            }
            ast::SetExpr::Values(values) => {
                let (rows, columns) = self.values(values);
                if let Some(order_by) = order_by {
                    sorted = self.order_by_columns(order_by, &columns);
                }
                (SetExpr::Values(rows), columns, false)
            }
            ast::SetExpr::Table(table) => {
                let (block, columns, open) = self.table_command(table);
                if let Some(order_by) = order_by {
                    sorted = self.order_by_outputs(order_by, &block.output);
                }
                (SetExpr::Select(Box::new(block)), columns, open)
            }
            ast::SetExpr::Query(inner) => {
                // Parentheses were stripped, so this is not reached; read as what it is all the same.
                let lowered = self.query(inner);
                (SetExpr::Nested(Box::new(lowered.query.clone())), lowered.query.columns, lowered.open)
            }
            ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_) => {
                // A data-modifying statement is read by the statement or by its WITH query before it gets here.
                self.unsupported(self.text.extent(), "a data-modifying statement as a query");
                (SetExpr::Values(Vec::new()), Vec::new(), true)
            }
        };
        let (limit_expr, offset) = self.limit(limit);
        let (fetched, with_ties) = self.fetch(fetch);
        let query = Query {
            with,
            body,
            order_by: sorted,
            limit: limit_expr.or(fetched),
            with_ties,
            offset,
            locks: self.locks(locks.unwrap_or_default()),
            columns,
            span: Span::default(),
        };
        Lowered { query, open }
    }

    /// Clauses of other dialects around a query and inside its parentheses.
    fn foreign_clauses(&mut self, query: &'a ast::Query) {
        let mut query = query;
        loop {
            let foreign = query.for_clause.is_some()
                || query.settings.is_some()
                || query.format_clause.is_some()
                || !query.pipe_operators.is_empty();
            if foreign {
                self.unsupported(self.text.extent(), "a query clause of another dialect");
            }
            match &*query.body {
                ast::SetExpr::Query(inner) => query = inner,
                _ => return,
            }
        }
    }

    fn locks(&mut self, locks: &'a [ast::LockClause]) -> bool {
        for ast::LockClause { lock_type: _, of, nonblock: _ } in locks {
            // Which rows are locked and how changes no result; names are placed for the extent.
            if let Some(of) = of {
                self.name_parts(of);
            }
        }
        !locks.is_empty()
    }

    /// LIMIT and OFFSET.
    fn limit(&mut self, limit: Option<&'a ast::LimitClause>) -> (Option<Expr>, Option<Expr>) {
        match limit {
            None => (None, None),
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by }) => {
                if !limit_by.is_empty() {
                    let parts = self.exprs(limit_by);
                    self.unsupported_expr("LIMIT BY of another dialect", parts);
                }
                let limit = limit.as_ref().map(|e| self.expr(e)).filter(|e| !is_null(e));
                let offset = offset.as_ref().map(|ast::Offset { value, rows: _ }| self.expr(value));
                (limit, offset.filter(|e| !is_null(e)))
            }
            Some(ast::LimitClause::OffsetCommaLimit { offset, limit }) => {
                let offset = self.expr(offset);
                (Some(self.expr(limit)), Some(offset))
            }
        }
    }

    fn fetch(&mut self, fetch: Option<&'a ast::Fetch>) -> (Option<Expr>, bool) {
        let Some(ast::Fetch { with_ties, percent, quantity }) = fetch else { return (None, false) };
        let quantity = match quantity {
            Some(e) => self.expr(e),
            None => {
                // FETCH FIRST ROW ONLY.
                let one = ExprKind::Literal(Literal::Number("1".to_owned()));
                Expr { kind: one, ty: types::number("1"), span: self.text.extent() }
            }
        };
        if *percent {
            self.unsupported(quantity.span, "FETCH of a percentage");
        }
        (Some(quantity), *with_ties)
    }

    // VALUES and TABLE.

    fn values(&mut self, values: &'a ast::Values) -> (Vec<Vec<Expr>>, Vec<OutColumn>) {
        let ast::Values { explicit_row: _, value_keyword: _, rows } = values;
        let mut lowered: Vec<Vec<Expr>> = Vec::with_capacity(rows.len());
        for ast::Parens { opening_token, content, closing_token } in rows {
            self.token(opening_token);
            lowered.push(self.row_members(content));
            self.token(closing_token);
        }
        self.text.open_word("VALUES");
        let width = lowered.iter().map(Vec::len).max().unwrap_or(0);
        let columns = (0..width)
            .map(|i| {
                let members = || lowered.iter().filter_map(|row| row.get(i));
                let ty = types::common(members().map(|e| &e.ty));
                // Untyped strings alone become text.
                let text = ty.is_unknown() && members().all(|e| matches!(e.kind, ExprKind::Literal(_)));
                let ty = if text { Type::of(BaseType::Text) } else { ty };
                OutColumn { name: format!("column{}", i + 1), ty }
            })
            .collect();
        (lowered, columns)
    }

    // Set operations.

    /// A set operation from its leftmost arm on; chains that lean to the left need no recursion.
    fn set_operation(&mut self, body: &'a ast::SetExpr, base_of: Option<CteId>) -> Lowered {
        let mut spine = Vec::new();
        let mut leftmost = body;
        while let ast::SetExpr::SetOperation { left, op, set_quantifier, right } = leftmost {
            spine.push((*op, *set_quantifier, &**right));
            leftmost = left;
        }
        let outer = self.text.enter();
        let mut value = self.arm(leftmost);
        while let Some((op, quantifier, right)) = spine.pop() {
            // The base of a recursive query is everything left of its outermost set operation.
            if spine.is_empty()
                && let Some(cte) = base_of
            {
                self.declare_base(cte, &value.query.columns, value.open);
            }
            let right = self.arm(right);
            let span = self.text.extent();
            value = self.combine(op, quantifier, value, right, span);
        }
        self.text.leave(outer);
        value
    }

    fn arm(&mut self, body: &'a ast::SetExpr) -> Lowered {
        if let ast::SetExpr::Query(query) = body {
            let lowered = self.query(query);
            self.text.close(')', "");
            return lowered;
        }
        let outer = self.text.enter();
        self.push_scope();
        let mut lowered = self.surrounded(Surround::default(), body);
        self.pop_scope();
        lowered.query.span = self.text.leave(outer);
        lowered
    }

    fn combine(
        &mut self,
        op: ast::SetOperator,
        quantifier: ast::SetQuantifier,
        left: Lowered,
        right: Lowered,
        span: Span,
    ) -> Lowered {
        let op = match op {
            ast::SetOperator::Union => SetOp::Union,
            ast::SetOperator::Except | ast::SetOperator::Minus => SetOp::Except,
            ast::SetOperator::Intersect => SetOp::Intersect,
        };
        let all = match quantifier {
            ast::SetQuantifier::All => true,
            ast::SetQuantifier::Distinct | ast::SetQuantifier::None => false,
            ast::SetQuantifier::ByName
            | ast::SetQuantifier::AllByName
            | ast::SetQuantifier::DistinctByName => {
                self.unsupported(span, "a set operation by name");
                quantifier == ast::SetQuantifier::AllByName
            }
        };
        let pairs = left.query.columns.iter().enumerate().map(|(i, column)| {
            let arms = [untyped(&left.query, i), untyped(&right.query, i)];
            let ty = types::common(arms.into_iter().flatten());
            // Where both are untyped strings, both become text.
            let ty = if ty.is_unknown() { column.ty.clone() } else { ty };
            OutColumn { name: column.name.clone(), ty }
        });
        let columns: Vec<OutColumn> = pairs.collect();
        let open = left.open || right.open;
        if !open && left.query.columns.len() != right.query.columns.len() {
            self.unsupported(span, "a set operation of queries with different numbers of columns");
        }
        let body = SetExpr::SetOp { op, all, left: Box::new(left.query), right: Box::new(right.query) };
        let query = Query {
            with: Vec::new(),
            body,
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            locks: false,
            columns,
            span,
        };
        Lowered { query, open }
    }

    // ORDER BY.

    /// Elements of an ORDER BY without output names (of an aggregate or a window).
    pub(super) fn sort_list(&mut self, list: &'a [ast::OrderByExpr]) -> Vec<OrderBy> {
        list.iter()
            .map(|element| {
                let ast::OrderByExpr { expr, options, with_fill } = element;
                let expr = self.expr(expr);
                self.sorted(expr, options, with_fill.is_some())
            })
            .collect()
    }

    fn sorted(&mut self, expr: Expr, options: &'a ast::OrderByOptions, foreign: bool) -> OrderBy {
        let ast::OrderByOptions { sort, nulls_first } = options;
        if foreign {
            self.unsupported(expr.span, "ORDER BY ... WITH FILL");
        }
        let descending = match sort {
            None | Some(ast::OrderBySort::Asc) => false,
            Some(ast::OrderBySort::Desc) => true,
            Some(ast::OrderBySort::Using(op)) => {
                let parts = self.name_parts(op);
                let symbol = parts.last().map(|w| w.text.as_str()).unwrap_or_default();
                if !matches!(symbol, "<" | ">") {
                    self.unsupported(expr.span, "ORDER BY with an operator");
                }
                symbol == ">"
            }
        };
        OrderBy { expr, descending, nulls_first: nulls_first.unwrap_or(descending) }
    }

    fn order_elements<'q>(&mut self, order_by: &'q ast::OrderBy) -> &'q [ast::OrderByExpr] {
        let ast::OrderBy { kind, interpolate } = order_by;
        if interpolate.is_some() {
            self.unsupported(self.text.extent(), "INTERPOLATE");
        }
        match kind {
            ast::OrderByKind::All(_) => {
                self.unsupported(self.text.extent(), "ORDER BY ALL");
                &[]
            }
            ast::OrderByKind::Expressions(list) => list,
        }
    }

    /// ORDER BY of a block: an output name or ordinal, else an expression over the input.
    fn order_by_outputs(&mut self, order_by: &'a ast::OrderBy, outputs: &[Output]) -> Vec<OrderBy> {
        let list = self.order_elements(order_by);
        list.iter()
            .map(|element| {
                let ast::OrderByExpr { expr, options, with_fill } = element;
                let expr = self.output_or_expr(expr, outputs, false);
                self.sorted(expr, options, with_fill.is_some())
            })
            .collect()
    }

    /// An element of ORDER BY, DISTINCT ON or GROUP BY: an ordinal or a name alone may mean an output column. In
    /// GROUP BY (`input_first`) a column of the input goes before an output of that name.
    pub(super) fn output_or_expr(
        &mut self,
        expr: &'a ast::Expr,
        outputs: &[Output],
        input_first: bool,
    ) -> Expr {
        match bare(expr) {
            Bare::Name(ident) => {
                let outer = self.text.enter();
                let Word { text, span, raw: _, quoted: _ } = self.word(ident);
                self.text.leave(outer);
                if input_first && let Some(column) = self.column_named(&text, span, true) {
                    return column;
                }
                let mut named = outputs.iter().filter(|o| o.name == text);
                let Some(first) = named.next() else { return self.expr(expr) };
                if named.any(|other| differ(&first.expr, &other.expr)) {
                    return self.ambiguous(&text, [None, None], span);
                }
                self.copy(&first.expr, span)
            }
            Bare::Ordinal(n) => {
                let literal = self.expr(expr);
                match n.checked_sub(1).and_then(|i| outputs.get(i)) {
                    Some(output) => self.copy(&output.expr, literal.span),
                    None => {
                        self.unsupported(
                            literal.span,
                            format!("position {n}, which is not in the select list"),
                        );
                        literal
                    }
                }
            }
            Bare::Other => self.expr(expr),
        }
    }

    /// ORDER BY of a set operation or VALUES: only output columns.
    fn order_by_columns(&mut self, order_by: &'a ast::OrderBy, columns: &[OutColumn]) -> Vec<OrderBy> {
        let list = self.order_elements(order_by);
        list.iter()
            .map(|element| {
                let ast::OrderByExpr { expr, options, with_fill } = element;
                let expr = self.output_column(expr, columns);
                self.sorted(expr, options, with_fill.is_some())
            })
            .collect()
    }

    fn output_column(&mut self, expr: &'a ast::Expr, columns: &[OutColumn]) -> Expr {
        let (at, span) = match bare(expr) {
            Bare::Name(ident) => {
                let word = self.word(ident);
                if columns.iter().filter(|c| c.name == word.text).count() > 1 {
                    return self.ambiguous(&word.text, [None, None], word.span);
                }
                (columns.iter().position(|c| c.name == word.text), word.span)
            }
            Bare::Ordinal(n) => {
                let literal = self.expr(expr);
                (n.checked_sub(1).filter(|i| *i < columns.len()), literal.span)
            }
            Bare::Other => (None, Span::default()),
        };
        match at.and_then(|at| Some((at, columns.get(at)?))) {
            Some((at, column)) => {
                Expr { kind: ExprKind::OutputColumn(at as u32), ty: column.ty.clone(), span }
            }
            None => {
                let lowered = self.expr(expr);
                self.unsupported(lowered.span, "an expression in the ORDER BY of a set operation");
                lowered
            }
        }
    }
}

/// A GROUP BY or ORDER BY element that may name an output column.
enum Bare<'e> {
    Name(&'e ast::Ident),
    Ordinal(usize),
    Other,
}

fn bare(expr: &ast::Expr) -> Bare<'_> {
    let mut expr = expr;
    while let ast::Expr::Nested(inner) = expr {
        expr = inner;
    }
    match expr {
        ast::Expr::Identifier(ident) => Bare::Name(ident),
        ast::Expr::Value(ast::ValueWithSpan { value: ast::Value::Number(digits, _), span: _ }) => {
            digits.parse().map_or(Bare::Other, Bare::Ordinal)
        }
        _ => Bare::Other,
    }
}

/// Whether two output columns are surely not the same term, so that one name cannot stand for both.
fn differ(a: &Expr, b: &Expr) -> bool {
    match (&a.kind, &b.kind) {
        (ExprKind::Column { occ: a, column: x }, ExprKind::Column { occ: b, column: y }) => a != b || x != y,
        (ExprKind::Literal(a), ExprKind::Literal(b)) => a != b,
        (ExprKind::Column { occ: _, column: _ }, ExprKind::Literal(_) | ExprKind::Call(_)) => true,
        (ExprKind::Literal(_) | ExprKind::Call(_), ExprKind::Column { occ: _, column: _ }) => true,
        _ => false,
    }
}

/// The type of a column of an arm before an untyped string or NULL became text.
fn untyped(query: &Query, column: usize) -> Option<&Type> {
    match &query.body {
        SetExpr::Select(select) => select.output.get(column).map(|o| &o.expr.ty),
        SetExpr::SetOp { op: _, all: _, left: _, right: _ } | SetExpr::Values(_) | SetExpr::Nested(_) => {
            query.columns.get(column).map(|c| &c.ty)
        }
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Null))
}

/// Columns renamed by a list of aliases, from the first on.
pub(super) fn renamed(mut columns: Vec<OutColumn>, names: &[String]) -> Vec<OutColumn> {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name.clone_from(name);
    }
    if columns.len() < names.len() {
        let missing = names.get(columns.len()..).unwrap_or_default();
        columns.extend(missing.iter().map(|name| OutColumn { name: name.clone(), ty: Type::UNKNOWN }));
    }
    columns
}
