//! Statements: which part of the model each becomes, and what is looked through.

use super::query::Lowered;
use crate::query::binder::Binder;
use crate::query::model::{Body, CteId, Expr};
use crate::syntax::ast;

impl<'a> Binder<'a> {
    /// A statement.
    pub(in crate::query) fn statement(&mut self, statement: &'a ast::Statement) -> Body {
        match statement {
            ast::Statement::Query(query) => self.top_query(query),
            ast::Statement::Insert(insert) => self.at_level(|binder| binder.insert(insert)),
            ast::Statement::Update(update) => self.at_level(|binder| binder.update(update)),
            ast::Statement::Delete(delete) => self.at_level(|binder| binder.delete(delete)),
            ast::Statement::Merge(merge) => self.at_level(|binder| binder.merge_statement(merge)),
            ast::Statement::Truncate(ast::Truncate {
                table_names,
                partitions: _, // another dialect's; all rows is what is assumed
                table: _,      // a matter of spelling
                if_exists: _,
                identity: _,
                cascade: _,
                on_cluster: _,
            }) => self.at_level(|binder| {
                let targets = table_names.iter().map(|target| {
                    let ast::TruncateTableTarget { name, only, has_asterisk: _ } = target;
                    let occ = binder.target(name, None);
                    if *only && let Some(occurrence) = binder.occurrences.get_mut(occ.0 as usize) {
                        occurrence.only = true;
                    }
                    occ
                });
                Body::Truncate(targets.collect())
            }),
            ast::Statement::Copy {
                source,
                to,
                target: _, // where the rows go or come from
                options: _,
                legacy_options: _,
                values: _, // data
            } => match source {
                ast::CopySource::Table { table_name, columns: _ } => self.at_level(|binder| {
                    // Which columns are copied changes neither the rows nor whose they are.
                    Body::Copy { target: binder.target(table_name, None), to: *to }
                }),
                ast::CopySource::Query(query) => self.export(query, "COPY"),
            },
            ast::Statement::CreateTable(table) => match &table.query {
                // What the session keeps for itself is read like any other query.
                Some(query) if table.temporary => self.top_query(query),
                Some(query) => self.export(query, "CREATE TABLE AS"),
                None => Body::Utility,
            },
            ast::Statement::CreateView(view) if view.materialized => {
                self.export(&view.query, "CREATE MATERIALIZED VIEW")
            }
            // Judged at its definition and at each use.
            ast::Statement::CreateView(_) => Body::Utility,
            ast::Statement::Explain {
                describe_alias: _,
                analyze: _,
                verbose: _,
                query_plan: _,
                estimate: _,
                statement,
                format: _,
                options: _,
            } => self.statement(statement),
            ast::Statement::Prepare { name: _, data_types: _, statement } => self.statement(statement),
            ast::Statement::Declare { stmts } => {
                let mut bodies = stmts.iter().filter_map(|declare| declare.for_query.as_deref());
                match (bodies.next(), bodies.next()) {
                    (Some(query), None) => self.top_query(query),
                    (Some(query), Some(_)) => {
                        self.unsupported(self.text.frame().span, "several cursors in one statement");
                        self.top_query(query)
                    }
                    (None, _) => Body::Utility,
                }
            }
            ast::Statement::Call(function) => self.expressions(|binder| vec![binder.function(function)]),
            ast::Statement::Execute {
                name: _,
                parameters,
                has_parentheses: _,
                immediate: _,
                into: _,
                using,
                output: _,
                default: _,
            } => self.expressions(|binder| {
                let mut list = binder.exprs(parameters);
                list.extend(using.iter().map(|ast::ExprWithAlias { expr, alias: _ }| binder.expr(expr)));
                list
            }),
            ast::Statement::Set(set) => self.set(set),
            ast::Statement::Assert { condition, message } => self.expressions(|binder| {
                let mut list = vec![binder.expr(condition)];
                list.extend(message.iter().map(|e| binder.expr(e)));
                list
            }),
            ast::Statement::Directory { overwrite: _, local: _, path: _, file_format: _, source } => {
                self.export(source, "INSERT OVERWRITE DIRECTORY")
            }
            ast::Statement::ExportData(ast::ExportData { options: _, query, connection: _ }) => {
                self.export(query, "EXPORT DATA")
            }
            ast::Statement::Unload {
                query: Some(query),
                query_text: _,
                to: _,
                auth: _,
                with: _,
                options: _,
            }
            | ast::Statement::Cache {
                table_flag: _,
                table_name: _,
                has_as: _,
                options: _,
                query: Some(query),
            } => self.export(query, "a copy of a query"),
            ast::Statement::AlterView { .. } => Body::Utility,
            // Programs of other dialects may hold any statement.
            ast::Statement::Case(_)
            | ast::Statement::If(_)
            | ast::Statement::While(_)
            | ast::Statement::Raise(_)
            | ast::Statement::RaisError { .. }
            | ast::Statement::Throw(_)
            | ast::Statement::Print(_)
            | ast::Statement::WaitFor(_)
            | ast::Statement::Return(_)
            | ast::Statement::Open(_)
            | ast::Statement::CopyIntoSnowflake { .. }
            | ast::Statement::OptimizeTable { .. }
            | ast::Statement::Unload { .. }
            | ast::Statement::Cache { .. }
            | ast::Statement::LoadData { .. } => {
                self.unsupported(self.text.frame().span, "a statement of another dialect");
                Body::Utility
            }
            // The rest declares, administers, or begins and ends: it reads and writes no row of a table by itself.
            ast::Statement::Analyze(_)
            | ast::Statement::Msck(_)
            | ast::Statement::Install { .. }
            | ast::Statement::Load { .. }
            | ast::Statement::Close { .. }
            | ast::Statement::CreateVirtualTable { .. }
            | ast::Statement::CreateIndex(_)
            | ast::Statement::CreateRole(_)
            | ast::Statement::CreateSecret { .. }
            | ast::Statement::CreateServer(_)
            | ast::Statement::CreatePolicy(_)
            | ast::Statement::CreateConnector(_)
            | ast::Statement::CreateOperator(_)
            | ast::Statement::CreateOperatorFamily(_)
            | ast::Statement::CreateOperatorClass(_)
            | ast::Statement::CreateTextSearch(_)
            | ast::Statement::AlterTable(_)
            | ast::Statement::AlterSchema(_)
            | ast::Statement::AlterIndex { .. }
            | ast::Statement::AlterFunction(_)
            | ast::Statement::AlterType(_)
            | ast::Statement::AlterCollation(_)
            | ast::Statement::AlterOperator(_)
            | ast::Statement::AlterOperatorFamily(_)
            | ast::Statement::AlterOperatorClass(_)
            | ast::Statement::AlterTextSearch(_)
            | ast::Statement::AlterRole { .. }
            | ast::Statement::AlterPolicy(_)
            | ast::Statement::AlterConnector { .. }
            | ast::Statement::AlterSession { .. }
            | ast::Statement::AttachDatabase { .. }
            | ast::Statement::AttachDuckDBDatabase { .. }
            | ast::Statement::DetachDuckDBDatabase { .. }
            | ast::Statement::Drop { .. }
            | ast::Statement::DropFunction(_)
            | ast::Statement::DropDomain(_)
            | ast::Statement::DropProcedure { .. }
            | ast::Statement::DropSecret { .. }
            | ast::Statement::DropPolicy(_)
            | ast::Statement::DropConnector { .. }
            | ast::Statement::CreateExtension(_)
            | ast::Statement::CreateCollation(_)
            | ast::Statement::DropExtension(_)
            | ast::Statement::DropOperator(_)
            | ast::Statement::DropOperatorFamily(_)
            | ast::Statement::DropOperatorClass(_)
            | ast::Statement::Fetch { .. }
            | ast::Statement::Flush { .. }
            | ast::Statement::Discard { .. }
            | ast::Statement::ShowFunctions { .. }
            | ast::Statement::ShowVariable { .. }
            | ast::Statement::ShowStatus { .. }
            | ast::Statement::ShowVariables { .. }
            | ast::Statement::ShowCreate { .. }
            | ast::Statement::ShowColumns { .. }
            | ast::Statement::ShowCatalogs { .. }
            | ast::Statement::ShowDatabases { .. }
            | ast::Statement::ShowProcessList { .. }
            | ast::Statement::ShowSchemas { .. }
            | ast::Statement::ShowCharset(_)
            | ast::Statement::ShowObjects(_)
            | ast::Statement::ShowTables { .. }
            | ast::Statement::ShowViews { .. }
            | ast::Statement::ShowCollation { .. }
            | ast::Statement::Use(_)
            | ast::Statement::StartTransaction { .. }
            | ast::Statement::Comment { .. }
            | ast::Statement::Commit { .. }
            | ast::Statement::Rollback { .. }
            | ast::Statement::CreateSchema { .. }
            | ast::Statement::CreateDatabase { .. }
            | ast::Statement::CreateFunction(_)
            | ast::Statement::CreateTrigger(_)
            | ast::Statement::DropTrigger(_)
            | ast::Statement::CreateProcedure { .. }
            | ast::Statement::CreateMacro { .. }
            | ast::Statement::CreateStage { .. }
            | ast::Statement::CreateFileFormat { .. }
            | ast::Statement::CreateWarehouse(_)
            | ast::Statement::Grant(_)
            | ast::Statement::Deny(_)
            | ast::Statement::Revoke(_)
            | ast::Statement::Deallocate { .. }
            | ast::Statement::Kill { .. }
            | ast::Statement::ExplainTable { .. }
            | ast::Statement::Savepoint { .. }
            | ast::Statement::ReleaseSavepoint { .. }
            | ast::Statement::UNCache { .. }
            | ast::Statement::CreateSequence { .. }
            | ast::Statement::CreateDomain(_)
            | ast::Statement::CreateType { .. }
            | ast::Statement::Pragma { .. }
            | ast::Statement::Lock(_)
            | ast::Statement::LockTables { .. }
            | ast::Statement::UnlockTables
            | ast::Statement::LISTEN { .. }
            | ast::Statement::UNLISTEN { .. }
            | ast::Statement::NOTIFY { .. }
            | ast::Statement::RenameTable(_)
            | ast::Statement::List(_)
            | ast::Statement::Put { .. }
            | ast::Statement::Remove(_)
            | ast::Statement::CreateUser(_)
            | ast::Statement::AlterUser(_)
            | ast::Statement::Vacuum(_)
            | ast::Statement::Reset(_) => Body::Utility,
        }
    }

    fn at_level(&mut self, read: impl FnOnce(&mut Self) -> Body) -> Body {
        self.push_scope();
        let body = read(self);
        self.pop_scope();
        body
    }

    /// Expressions of a statement that reads no relation by itself.
    fn expressions(&mut self, read: impl FnOnce(&mut Self) -> Vec<Expr>) -> Body {
        self.push_scope();
        let list = read(self);
        self.pop_scope();
        Body::Expressions(list)
    }

    /// A query as a statement, which may be a data-modifying one behind its WITH.
    fn top_query(&mut self, query: &'a ast::Query) -> Body {
        match &*query.body {
            ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_) => self.query_statement(query),
            body if selects_into(body) => {
                let Lowered { query, open: _ } = self.query(query);
                Body::Export { query: Box::new(query), what: "SELECT INTO" }
            }
            ast::SetExpr::Select(_)
            | ast::SetExpr::Query(_)
            | ast::SetExpr::SetOperation { left: _, op: _, set_quantifier: _, right: _ }
            | ast::SetExpr::Values(_)
            | ast::SetExpr::Table(_) => {
                let Lowered { query, open: _ } = self.query(query);
                Body::Query(Box::new(query))
            }
        }
    }

    fn export(&mut self, query: &'a ast::Query, what: &'static str) -> Body {
        match self.top_query(query) {
            Body::Query(query) => Body::Export { query, what },
            // COPY (INSERT ... RETURNING) TO.
            other => other,
        }
    }

    /// INSERT, UPDATE, DELETE or MERGE behind WITH.
    pub(super) fn query_statement(&mut self, query: &'a ast::Query) -> Body {
        let ast::Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        self.push_scope();
        let with = with.as_ref().map(|w| self.with(w)).unwrap_or_default();
        let statement = match &**body {
            ast::SetExpr::Insert(ast::Statement::Insert(insert)) => self.insert(insert),
            ast::SetExpr::Update(ast::Statement::Update(update)) => self.update(update),
            ast::SetExpr::Delete(ast::Statement::Delete(delete)) => self.delete(delete),
            ast::SetExpr::Merge(ast::Statement::Merge(merge)) => self.merge_statement(merge),
            _ => {
                // The parser puts no other statement there.
                self.unsupported(self.text.frame().span, "a statement behind WITH");
                Body::Utility
            }
        };
        self.pop_scope();
        let more = order_by.is_some()
            || limit_clause.is_some()
            || fetch.is_some()
            || !locks.is_empty()
            || for_clause.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || !pipe_operators.is_empty();
        if more {
            self.unsupported(self.text.extent(), "a query clause behind a data-modifying statement");
        }
        with_queries(statement, with)
    }

    /// SET of a setting: only values that are no bare words.
    fn set(&mut self, set: &'a ast::Set) -> Body {
        let values: Vec<&'a ast::Expr> = match set {
            ast::Set::SingleAssignment { scope: _, hivevar: _, variable: _, values }
            | ast::Set::ParenthesizedAssignments { variables: _, values } => values.iter().collect(),
            ast::Set::MultipleAssignments { assignments } => {
                assignments.iter().map(|ast::SetAssignment { scope: _, name: _, value }| value).collect()
            }
            ast::Set::SetTimeZone { local: _, value } => vec![value],
            ast::Set::SetSessionAuthorization(_)
            | ast::Set::SetSessionParam(_)
            | ast::Set::SetRole { context_modifier: _, role_name: _ }
            | ast::Set::SetNames { charset_name: _, collation_name: _ }
            | ast::Set::SetNamesDefault {}
            | ast::Set::SetTransaction { modes: _, snapshot: _, session: _ } => Vec::new(),
        };
        let values: Vec<&'a ast::Expr> = values
            .into_iter()
            .filter(|e| !matches!(e, ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_)))
            .collect();
        if values.is_empty() {
            return Body::Utility;
        }
        self.expressions(|binder| values.into_iter().map(|e| binder.expr(e)).collect())
    }
}

/// Whether the leftmost block of a query says INTO, and names a table that stays.
fn selects_into(body: &ast::SetExpr) -> bool {
    let mut body = body;
    loop {
        match body {
            ast::SetExpr::Select(select) => {
                return select.into.as_ref().is_some_and(|into| !into.temporary);
            }
            ast::SetExpr::Query(query) => body = &query.body,
            ast::SetExpr::SetOperation { left, op: _, set_quantifier: _, right: _ } => body = left,
            ast::SetExpr::Values(_)
            | ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_)
            | ast::SetExpr::Table(_) => return false,
        }
    }
}

/// Hands WITH queries to the statement that declares them.
fn with_queries(body: Body, with: Vec<CteId>) -> Body {
    match body {
        Body::Insert(mut insert) => {
            insert.with = with;
            Body::Insert(insert)
        }
        Body::Update(mut update) => {
            update.with = with;
            Body::Update(update)
        }
        Body::Delete(mut delete) => {
            delete.with = with;
            Body::Delete(delete)
        }
        Body::Merge(mut merge) => {
            merge.with = with;
            Body::Merge(merge)
        }
        other => other,
    }
}
