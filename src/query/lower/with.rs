//! WITH queries: what sees what, recursion, data-modifying ones.

use super::query::renamed;
use crate::query::binder::{Binder, CteState, CteStatus};
use crate::query::model::{Body, Cte, CteBody, CteId, OutColumn, Output};
use crate::query::types;
use crate::schema::types::Type;
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Binder<'a> {
    /// WITH queries, declared at the innermost level.
    pub(super) fn with(&mut self, with: &'a ast::With) -> Vec<CteId> {
        let ast::With { with_token, recursive, cte_tables } = with;
        self.token(with_token);
        let mut ids = Vec::with_capacity(cte_tables.len());
        if !*recursive {
            for cte in cte_tables {
                // Without RECURSIVE a WITH query sees those before it and not itself.
                let (id, name) = self.declare_cte(cte);
                self.bind_cte(id, cte, false);
                self.scope().ctes.insert(name, id);
                ids.push(id);
            }
            return ids;
        }
        // With it, all of them see each other; PostgreSQL orders them by need and refuses cycles of several.
        let level = self.scopes.len();
        for cte in cte_tables {
            let (id, name) = self.declare_cte(cte);
            self.scope().ctes.insert(name, id);
            self.pending_ctes.insert(id, (level, cte));
            ids.push(id);
        }
        for id in &ids {
            self.bind_pending(*id);
        }
        ids
    }

    /// Binds a WITH query that one before it names.
    pub(super) fn bind_pending(&mut self, id: CteId) {
        let Some((level, cte)) = self.pending_ctes.remove(&id) else { return };
        let inner = self.scopes.split_off(level.min(self.scopes.len()));
        let outer = self.text.enter();
        let awaiting = self.awaiting_base.take();
        self.bind_cte(id, cte, true);
        self.awaiting_base = awaiting;
        self.text.leave(outer);
        self.scopes.extend(inner);
    }

    fn declare_cte(&mut self, cte: &'a ast::Cte) -> (CteId, String) {
        let ast::Cte { alias, query: _, from: _, materialized, closing_paren_token: _ } = cte;
        let ast::TableAlias { explicit: _, name, columns, at: _ } = alias;
        let name = self.word(name);
        if let Some(expression) = self.hole_in(&name.text) {
            self.hole_gap(&expression, name.span);
        }
        // Types in the list belong to functions that return records, not to WITH queries.
        let names = columns
            .iter()
            .map(|ast::TableAliasColumnDef { name, data_type: _ }| self.word(name).text)
            .collect();
        let id = CteId(self.ctes.len() as u32);
        let materialized = materialized.as_ref().map(|m| match m {
            ast::CteAsMaterialized::Materialized => true,
            ast::CteAsMaterialized::NotMaterialized => false,
        });
        let cte = Cte {
            name: name.text.clone(),
            span: name.span,
            columns: Vec::new(),
            body: CteBody::Modify(Box::new(Body::Utility)),
            recursive: false,
            materialized,
            references: 0,
        };
        self.ctes.push(CteState { cte, names, open: true, status: CteStatus::Unbound });
        (id, name.text)
    }

    fn bind_cte(&mut self, id: CteId, cte: &'a ast::Cte, recursive: bool) {
        self.set_status(id, CteStatus::Binding);
        let ast::Cte { alias: _, query, from: _, materialized: _, closing_paren_token } = cte;
        let (body, columns, open) = match self.modifying(query) {
            Some((body, columns, open)) => (CteBody::Modify(Box::new(body)), columns, open),
            None => {
                self.awaiting_base = recursive.then_some(id);
                let lowered = self.query(query);
                self.awaiting_base = None;
                let columns = lowered.query.columns.clone();
                (CteBody::Query(Box::new(lowered.query)), columns, lowered.open)
            }
        };
        self.token(closing_paren_token);
        let added = self.added_columns(self.raw_token(closing_paren_token));
        let Some(state) = self.ctes.get_mut(id.0 as usize) else { return };
        // The columns of a recursive query are those of its base.
        if !state.cte.recursive {
            state.cte.columns = renamed(columns, &state.names);
            state.open = open;
        }
        // Columns of SEARCH and CYCLE come behind all others, whatever the column list renames.
        state.cte.columns.extend(added);
        state.cte.body = body;
        state.status = CteStatus::Bound;
    }

    /// Columns that SEARCH and CYCLE behind a query's parenthesis add to it.
    fn added_columns(&self, closing: Span) -> Vec<OutColumn> {
        let added = self.text.frame().clauses.map(|c| c.added_columns.as_slice()).unwrap_or_default();
        let mut columns = Vec::new();
        for clause in added.iter().filter(|clause| clause.behind.start >= closing.end) {
            // Nothing but blanks, or the SEARCH before a CYCLE, may stand between.
            let between = self.text.between(closing.end, clause.behind.start).trim_start();
            let search = between.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("SEARCH"));
            if between.is_empty() || search && !between.contains(['(', ')']) {
                columns.extend(
                    clause.columns.iter().map(|name| OutColumn { name: name.clone(), ty: Type::UNKNOWN }),
                );
            }
        }
        columns
    }

    fn set_status(&mut self, id: CteId, status: CteStatus) {
        if let Some(state) = self.ctes.get_mut(id.0 as usize) {
            state.status = status;
        }
    }

    /// Fixes the columns of a recursive query by its base.
    pub(super) fn declare_base(&mut self, id: CteId, columns: &[OutColumn], open: bool) {
        if let Some(state) = self.ctes.get_mut(id.0 as usize) {
            state.cte.columns = renamed(columns.to_vec(), &state.names);
            state.open = open;
        }
    }

    /// A data-modifying statement in the place of a query, with its output columns.
    fn modifying(&mut self, query: &'a ast::Query) -> Option<(Body, Vec<OutColumn>, bool)> {
        let body = match &*query.body {
            ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_) => self.query_statement(query),
            ast::SetExpr::Select(_)
            | ast::SetExpr::Query(_)
            | ast::SetExpr::SetOperation { left: _, op: _, set_quantifier: _, right: _ }
            | ast::SetExpr::Values(_)
            | ast::SetExpr::Table(_) => return None,
        };
        let (columns, open) = self.returned(&body);
        Some((body, columns, open))
    }

    /// The output columns of a data-modifying statement.
    fn returned(&self, body: &Body) -> (Vec<OutColumn>, bool) {
        let returning: &[Output] = match body {
            Body::Insert(insert) => &insert.returning,
            Body::Update(update) => &update.returning,
            Body::Delete(delete) => &delete.returning,
            Body::Merge(merge) => &merge.returning,
            Body::Query(_)
            | Body::Truncate(_)
            | Body::Copy { target: _, to: _ }
            | Body::Export { query: _, what: _ }
            | Body::Expressions(_)
            | Body::Set { .. }
            | Body::Utility => &[],
        };
        let columns = returning
            .iter()
            .map(|o| OutColumn { name: o.name.clone(), ty: types::of_output(&o.expr) })
            .collect();
        (columns, returning.iter().any(super::select::is_star))
    }
}
