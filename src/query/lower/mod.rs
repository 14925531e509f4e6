//! sqlparser's tree to the bound model: the only place of this stage that names the tree.
//!
//! Nodes are taken apart field by field, so that a new field breaks the build. What is not modelled becomes a gap; it is
//! never dropped in silence.

mod call;
mod column;
mod declared;
mod dml;
mod expr;
mod foreign;
mod from;
mod grouping;
mod joined;
mod literal;
mod merge;
mod names;
mod operator;
mod query;
mod relation;
mod row_security;
mod select;
mod statement;
mod table_function;
mod temporary;
mod with;

use crate::query::binder::Binder;
use crate::query::model::{Expr, Query};
use crate::query::text::Frame;
use crate::syntax::{ExprHandle, QueryHandle};

/// The tree of a WITH query.
pub(super) type CteTree = crate::syntax::ast::Cte;

impl<'a> Binder<'a> {
    /// A view's definition as a query of its own.
    pub(super) fn view_query(&mut self, handle: &'a QueryHandle) -> Query {
        self.query(&handle.query).query
    }

    /// A stored expression at the innermost level.
    pub(super) fn stored_expr(&mut self, handle: &'a ExprHandle) -> Expr {
        self.expr(&handle.expr)
    }

    /// Reads another text, from which no name of this statement is visible.
    fn apart<T>(&mut self, frame: Frame<'a>, read: impl FnOnce(&mut Self) -> T) -> T {
        let frame = self.text.turn_to(frame);
        let scopes = std::mem::take(&mut self.scopes);
        let pending = std::mem::take(&mut self.pending_ctes);
        let awaiting = self.awaiting_base.take();
        let returned = self.returned.take();
        let outer = self.text.enter();
        let result = read(self);
        self.text.leave(outer);
        self.returned = returned;
        self.awaiting_base = awaiting;
        self.pending_ctes = pending;
        self.scopes = scopes;
        self.text.turn_to(frame);
        result
    }

    /// Binds a definition for its columns alone: nothing of it becomes part of the statement.
    fn aside(&mut self, handle: &'a QueryHandle) -> query::Lowered {
        let inside = (crate::query::model::OccId(0), crate::source::Span::default());
        let mut other = Binder::new(
            self.catalog,
            self.context,
            crate::query::text::Text::new(Frame::of_query(handle, Some(inside))),
        );
        other.views_left = self.views_left;
        other.view_depth = self.view_depth + 1;
        other.known_columns = std::mem::take(&mut self.known_columns);
        let lowered = other.query(&handle.query);
        self.views_left = other.views_left;
        self.known_columns = other.known_columns;
        lowered
    }
}
