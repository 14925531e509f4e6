//! Binds statements, views and stored expressions to a catalog.

use std::sync::Arc;

use super::binder::Binder;
use super::context::Context;
use super::model::{Body, BoundStatement, Expr, OutColumn, Source};
use super::text::{Frame, Text};
use crate::finding::Problem;
use crate::schema::Catalog;
use crate::schema::catalog::{RelId, RelationKind};
use crate::source::{Fragment, Span};
use crate::syntax::{self, ExprHandle, Statement};

/// An expression over the columns of one table: an index key or predicate, a check, a policy, a default.
#[derive(Clone, Debug)]
pub struct TableExpr {
    /// What the expression refers to; occurrence 0 is the table.
    pub statement: BoundStatement,
    /// The expression.
    pub expr: Expr,
    /// What the binder met.
    pub problems: Vec<Problem>,
}

/// Binds a statement. Never fails: what cannot be resolved is in the model as such, as a gap, and as a problem where it
/// is likely to be a mistake. Needs a big stack for input that nests up to the parser's bounds.
pub fn bind(
    catalog: &Catalog,
    fragment: &Arc<Fragment>,
    statement: &Statement,
) -> (BoundStatement, Vec<Problem>) {
    bind_in(catalog, &Context::default(), fragment, statement)
}

/// Binds a statement in the body of a function.
pub fn bind_in(
    catalog: &Catalog,
    context: &Context,
    fragment: &Arc<Fragment>,
    statement: &Statement,
) -> (BoundStatement, Vec<Problem>) {
    let frame = Frame {
        fragment,
        positions: &statement.positions,
        clauses: Some(&statement.clauses),
        span: statement.span,
        inside: None,
    };
    let mut binder = Binder::new(catalog, context, Text::new(frame));
    let body = match &statement.body {
        syntax::Body::Parsed(tree) => binder.statement(tree),
        syntax::Body::Command(syntax::Command::Set { name, at, local }) => {
            Body::Set { name: name.clone(), at: *at, local: *local }
        }
        // Other commands change the schema; recognised statements do nothing that is analysed.
        syntax::Body::Command(_) | syntax::Body::Recognised => Body::Utility,
        syntax::Body::Spliced => binder.spliced(statement.span),
        syntax::Body::Unparsed { message: _, at: _ } => {
            binder.unsupported(statement.span, "a statement that could not be read");
            Body::Utility
        }
    };
    binder.statement_gaps(&body);
    binder.finish(statement.span, body)
}

/// Binds the definition of a view or materialized view as whoever reads it in that context meets it; none where it has
/// none that could be read.
pub fn bind_view(
    catalog: &Catalog,
    context: &Context,
    view: RelId,
) -> Option<(BoundStatement, Vec<Problem>)> {
    let definition = match &catalog.relation(view).kind {
        RelationKind::View(view) | RelationKind::MaterializedView(view) => view,
        RelationKind::Table
        | RelationKind::Partitioned
        | RelationKind::Partition(_)
        | RelationKind::Foreign
        | RelationKind::System => return None,
    };
    let handle = definition.query.as_ref()?;
    let mut binder = Binder::new(catalog, context, Text::new(Frame::of_query(handle, None)));
    binder.row_security_counts &= definition.security_invoker;
    let mut query = binder.view_query(handle);
    for (column, name) in query.columns.iter_mut().zip(&definition.column_names) {
        column.name.clone_from(name);
    }
    let body = Body::Query(Box::new(query));
    Some(binder.finish(handle.span, body))
}

/// Binds an expression over the columns of a table.
pub fn bind_table_expr(catalog: &Catalog, table: RelId, handle: &ExprHandle) -> TableExpr {
    bind_table_expr_in(catalog, &Context::default(), table, handle)
}

/// Binds an expression over the columns of a table as a statement in that context meets it.
pub fn bind_table_expr_in(
    catalog: &Catalog,
    context: &Context,
    table: RelId,
    handle: &ExprHandle,
) -> TableExpr {
    let frame = Frame {
        fragment: &handle.fragment,
        positions: &handle.positions,
        clauses: None,
        span: handle.span,
        inside: None,
    };
    let mut binder = Binder::new(catalog, context, Text::new(frame));
    binder.push_scope();
    let relation = catalog.relation(table);
    let mut occurrence = binder.occurrence(relation.name.name.clone(), handle.span, Source::Table(table));
    occurrence.columns =
        relation.columns.iter().map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() }).collect();
    let absent =
        relation.columns.iter().enumerate().filter(|(_, c)| c.dropped).map(|(i, _)| i as u32).collect();
    let occ = binder.add_occurrence(occurrence);
    binder.add_item(occ, relation.incomplete, true, absent);
    let expr = binder.stored_expr(handle);
    let (statement, problems) = binder.finish(handle.span, Body::Utility);
    TableExpr { statement, expr, problems }
}

/// Binds an expression that names no columns: a default of a parameter or of a domain.
pub fn bind_expr(catalog: &Catalog, handle: &ExprHandle) -> BoundStatement {
    let frame = Frame {
        fragment: &handle.fragment,
        positions: &handle.positions,
        clauses: None,
        span: handle.span,
        inside: None,
    };
    let context = Context::default();
    let mut binder = Binder::new(catalog, &context, Text::new(frame));
    binder.push_scope();
    let expr = binder.stored_expr(handle);
    binder.finish(handle.span, Body::Expressions(vec![expr])).0
}

impl Binder<'_> {
    /// A statement of which nothing is known: it may read and write any table.
    fn spliced(&mut self, span: Span) -> Body {
        self.push_scope();
        let occurrence = self.occurrence(String::new(), span, Source::Unknown(String::new()));
        self.add_occurrence(occurrence);
        Body::Expressions(Vec::new())
    }

    /// Gaps that belong to the statement as a whole: what the pre-pass took out of it.
    fn statement_gaps(&mut self, body: &Body) {
        let Some(clauses) = self.text.frame().clauses else { return };
        for hole in clauses.holes.iter().filter(|hole| hole.identifier.is_none()) {
            self.hole_gap(&hole.expression, hole.span);
        }
        if let Some(comment) = clauses.run_comment {
            self.unsupported(comment, "a comment that MySQL runs");
        }
        if let Some(cut) = &clauses.rows_cut
            && !(cut.constants_only && inserts_constants(body))
        {
            self.unsupported(cut.span, "the rows of a long VALUES list");
        }
    }
}

/// Whether the rows that an INSERT has in the tree are constants, so that it says the same as rows of constants that are
/// not in the tree.
fn inserts_constants(body: &Body) -> bool {
    use super::model::{ExprKind, SetExpr};
    let Body::Insert(insert) = body else { return false };
    let Some(source) = &insert.source else { return false };
    let SetExpr::Values(rows) = &source.body else { return false };
    let is_constant = |e: &Expr| matches!(e.kind, ExprKind::Literal(_) | ExprKind::Default);
    rows.iter().flatten().all(is_constant)
}
