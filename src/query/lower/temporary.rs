//! Temporary tables: what a statement creates for those behind it in the same session. Their rows are whatever was put
//! into them, for which the statements that did so are judged.

use std::sync::Arc;

use crate::query::binder::Binder;
use crate::query::context::Context;
use crate::query::model::{Body, OutColumn};
use crate::query::text::{Frame, Text};
use crate::schema::Catalog;
use crate::source::Fragment;
use crate::syntax::{Statement, ast};

impl Context {
    /// The temporary table that a statement creates: its name and its columns, none where these are not all known.
    pub fn created(
        &self,
        catalog: &Catalog,
        fragment: &Arc<Fragment>,
        statement: &Statement,
    ) -> Option<(String, Vec<OutColumn>)> {
        let tree = statement.tree()?;
        let name = temporary(tree)?;
        let frame = Frame {
            fragment,
            positions: &statement.positions,
            clauses: Some(&statement.clauses),
            span: statement.span,
            inside: None,
        };
        let mut binder = Binder::new(catalog, self, Text::new(frame));
        let mut columns = match tree {
            ast::Statement::CreateTable(table) if table.query.is_none() => {
                let mut columns = Vec::new();
                for ast::ColumnDef { name, data_type, options: _ } in &table.columns {
                    columns.push(OutColumn { name: binder.word(name).text, ty: binder.data_type(data_type) });
                }
                columns
            }
            _ => match binder.statement(tree) {
                Body::Export { query, what: _ } | Body::Query(query) => query.columns,
                _ => Vec::new(),
            },
        };
        if !statement.clauses.likes.is_empty() {
            columns.clear();
        }
        for (column, name) in columns.iter_mut().zip(&statement.clauses.column_names) {
            column.name = binder.word(name).text;
        }
        Some((binder.word(name).text, columns))
    }
}

/// The name of the temporary table that a statement creates.
fn temporary(tree: &ast::Statement) -> Option<&ast::Ident> {
    match tree {
        ast::Statement::CreateTable(table) if table.temporary => table.name.0.last()?.as_ident(),
        ast::Statement::Query(query) => {
            let ast::SetExpr::Select(select) = &*query.body else { return None };
            let ast::SelectInto { temporary, unlogged: _, table: _, targets } = select.into.as_ref()?;
            match targets.as_slice() {
                [ast::Expr::Identifier(name)] if *temporary => Some(name),
                _ => None,
            }
        }
        _ => None,
    }
}
