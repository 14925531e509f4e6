//! INSERT, UPDATE and DELETE. Each is read at a level that its WITH queries have opened.

use super::from::Alias;
use super::names::{Qualified, Word};
use super::row_security::Access;
use crate::query::binder::Binder;
use crate::query::model::{
    Assignment, Body, ConflictTarget, ConflictUpdate, Delete, Expr, ExprKind, From, Insert, OccId,
    OnConflict, OutColumn, Query, SetExpr, Source, Update,
};
use crate::schema::catalog::Dialect;
use crate::schema::types::Type;
use crate::source::Span;
use crate::syntax::{CONFLICT_PREFIX, ast};

impl<'a> Binder<'a> {
    // Targets.

    /// The target of a statement as an occurrence and item: never a WITH query, whatever the names.
    pub(super) fn target(&mut self, name: &'a ast::ObjectName, alias: Option<Alias>) -> OccId {
        let name = self.qualified_name(name);
        // Which policies a view's table has for what is done to the view is not followed.
        let counts = std::mem::take(&mut self.row_security_counts);
        let occ = self.table_item(name, alias);
        self.row_security_counts = counts;
        occ
    }

    /// The target of UPDATE, DELETE or MERGE. Anything but a table there is another dialect's.
    pub(super) fn target_factor(&mut self, factor: &'a ast::TableFactor) -> OccId {
        if let ast::TableFactor::Table {
            name,
            alias,
            args: None,
            with_hints: _, // how it is read, not what
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: None,
            index_hints: _, // likewise
        } = factor
            && partitions.is_empty()
        {
            let alias = alias.as_ref().map(|a| self.alias(a));
            return self.target(name, alias);
        }
        let item = self.table_factor(factor);
        let occ = crate::query::walk::from_occurrences(&item).first().copied();
        let span = self.text.extent();
        self.unsupported(span, "a target that is not a table");
        match occ {
            Some(occ) => occ,
            None => self.table_item(Qualified::alone(Word::made_up("", span)), None),
        }
    }

    /// A column of the target by name alone; none where it has no such column, which is then reported.
    pub(super) fn target_column(&mut self, target: OccId, word: &Word) -> Option<u32> {
        if let Some(expression) = self.hole_in(&word.text) {
            self.hole_gap(&expression, word.span);
            return None;
        }
        match self.column_of_occurrence(target, &word.text, word.span).map(|e| e.kind) {
            Some(ExprKind::Column { occ: _, column }) => Some(column),
            Some(_) | None => None,
        }
    }

    // Assignments.

    /// SET of a target.
    pub(super) fn assignments(&mut self, target: OccId, list: &'a [ast::Assignment]) -> Vec<Assignment> {
        list.iter().map(|assignment| self.assignment(target, assignment)).collect()
    }

    fn assignment(&mut self, target: OccId, assignment: &'a ast::Assignment) -> Assignment {
        let ast::Assignment { target: left, value } = assignment;
        let (columns, partial, span) = match left {
            ast::AssignmentTarget::ColumnName(name) => {
                let (column, partial, span) = self.assigned_column(target, name);
                (column.into_iter().collect(), partial, span)
            }
            ast::AssignmentTarget::Tuple(names) => {
                let mut columns = Vec::with_capacity(names.len());
                let mut partial = false;
                let mut place = None;
                let mut lost = false;
                for name in names {
                    let (column, part, span) = self.assigned_column(target, name);
                    partial |= part;
                    place = place.or(Some(span));
                    // Columns pair with values by position: past one that is not known, none are listed.
                    match column {
                        Some(column) if !lost => columns.push(column),
                        Some(_) => {}
                        None => lost = true,
                    }
                }
                (columns, partial, place.unwrap_or_default())
            }
        };
        let mut value = self.expr(value);
        // `(a, b) = ROW(x, y)` and `(a) = (x)`: one column takes the one member.
        if let (ast::AssignmentTarget::Tuple(names), ExprKind::Row(list)) = (left, &mut value.kind)
            && names.len() == 1
            && list.len() == 1
            && let Some(only) = list.pop()
        {
            value = only;
        }
        Assignment { columns, value, partial, span }
    }

    /// The column that is assigned, whether only a part of it is, and the place of its name.
    fn assigned_column(&mut self, target: OccId, name: &'a ast::ObjectName) -> (Option<u32>, bool, Span) {
        let words = self.name_parts(name);
        let Some(first) = words.first() else { return (None, false, Span::default()) };
        let span = first.span;
        let marked = self.text.frame().clauses.is_some_and(|c| c.partial_targets.contains(&first.raw));
        match words.as_slice() {
            [only] => (self.target_column(target, only), marked, span),
            [table, .., last]
                if !self.has_column(target, &table.text) && self.is_named(target, &table.text) =>
            {
                // `SET t.a = 1` is another dialect's; PostgreSQL would take `t` for a column.
                (self.target_column(target, last), marked, last.span)
            }
            [column, ..] => (self.target_column(target, column), true, span),
            [] => (None, false, span),
        }
    }

    fn has_column(&self, occ: OccId, name: &str) -> bool {
        self.columns_of(occ).iter().any(|(_, n)| n == name)
    }

    fn is_named(&self, occ: OccId, name: &str) -> bool {
        self.occurrences.get(occ.0 as usize).is_some_and(|o| o.alias == name)
    }

    // INSERT.

    pub(super) fn insert(&mut self, insert: &'a ast::Insert) -> Body {
        let ast::Insert {
            insert_token,
            optimizer_hints: _, // how it is run
            or,
            ignore,
            into: _, // a matter of spelling
            table,
            table_alias,
            columns,
            overwrite,
            source,
            assignments,
            partitioned,
            after_columns,
            has_table_keyword: _, // a matter of spelling
            on,
            returning,
            output,
            replace_into,
            priority: _, // how it is run
            insert_alias,
            settings,
            format_clause,
            multi_table_insert_type,
            multi_table_into_clauses,
            multi_table_when_clauses,
            multi_table_else_clause,
        } = insert;
        let token = self.token(insert_token);
        // A row in the way of the new one goes, or the new one does.
        let replaces = *replace_into || matches!(or, Some(ast::SqliteOnConflict::Replace));
        let gives_way = *ignore || matches!(or, Some(ast::SqliteOnConflict::Ignore));
        let foreign = *overwrite
            || partitioned.is_some()
            || !after_columns.is_empty()
            || output.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || multi_table_insert_type.is_some()
            || !multi_table_into_clauses.is_empty()
            || !multi_table_when_clauses.is_empty()
            || multi_table_else_clause.is_some();
        if foreign {
            self.unsupported(token, "an INSERT clause of another dialect");
        }
        // The source does not see the target, so the target gets a level of its own until the source is read.
        self.push_scope();
        let target = match table {
            ast::TableObject::TableName(name) => {
                let alias =
                    table_alias.as_ref().map(|ast::TableAliasWithoutColumns { explicit: _, alias }| Alias {
                        name: Some(self.word(alias)),
                        columns: Vec::new(),
                    });
                let target = self.target(name, alias);
                self.protect(target, Access::Insert);
                target
            }
            ast::TableObject::TableFunction(function) => {
                let name = self.qualified_name(&function.name);
                self.unsupported(name.name.span, "INSERT into a table function");
                self.table_item(name, None)
            }
            ast::TableObject::TableQuery(query) => {
                let lowered = self.query(query);
                self.unsupported(lowered.query.span, "INSERT into a query");
                self.table_item(Qualified::alone(Word::made_up("", lowered.query.span)), None)
            }
        };
        let target_level = self.scopes.pop();
        let mut listed: Vec<u32> = Vec::with_capacity(columns.len());
        let mut lost = false;
        for name in columns {
            let (column, partial, span) = self.assigned_column(target, name);
            if partial {
                self.unsupported(span, "INSERT into a part of a column");
            }
            // Columns pair with values by position: past one that is not known, none are listed.
            match column {
                Some(column) if !lost => listed.push(column),
                Some(_) => {}
                None => lost = true,
            }
        }
        if !columns.is_empty() {
            self.text.close(')', "");
        }
        let mut source = source.as_ref().map(|q| self.query(q));
        if !assignments.is_empty() {
            // MySQL's `INSERT INTO t SET a = 1`.
            let values = self.assignments(target, assignments);
            listed = values.iter().flat_map(|a| a.columns.clone()).collect();
            source = Some(super::query::Lowered {
                query: one_row(values.into_iter().map(|a| a.value).collect()),
                open: false,
            });
        } else if columns.is_empty() {
            let all = self.columns_of(target).into_iter().map(|(i, _)| i);
            listed = match &source {
                Some(lowered) if !lowered.open => all.take(lowered.query.columns.len()).collect(),
                Some(_) => all.collect(),
                // DEFAULT VALUES gives none of them a value.
                None => Vec::new(),
            };
        }
        let before_on = self.text.word_behind("ON").map(|at| self.text.place(at));
        self.scopes.extend(target_level);
        let proposed = insert_alias.as_ref().map(|alias| self.proposed_row(target, alias, &listed));
        let mut on_conflict = on.as_ref().map(|on| self.on_insert(target, on, before_on, proposed));
        if (replaces || gives_way) && on_conflict.is_none() {
            let excluded = self.tuple_occurrence(target, "excluded", token);
            let update = replaces.then(|| ConflictUpdate { set: Vec::new(), filter: None });
            on_conflict = Some(OnConflict { target: ConflictTarget::Any, excluded, update, span: token });
        }
        let returning = self.returning(returning.as_ref(), target);
        self.pop_scope();
        Body::Insert(Box::new(Insert {
            with: Vec::new(),
            target,
            columns: listed,
            source: source.map(|lowered| lowered.query),
            on_conflict,
            returning,
        }))
    }

    /// MySQL's `VALUES ... AS name [(columns)]`: the proposed row.
    fn proposed_row(&mut self, target: OccId, alias: &'a ast::InsertAliases, listed: &[u32]) -> OccId {
        let ast::InsertAliases { row_alias, col_aliases } = alias;
        let alias = self.qualified_name(row_alias).name;
        let row = self.tuple_item(target, &alias.text, alias.span);
        for (column, name) in listed.iter().zip(col_aliases.iter().flatten()) {
            let name = self.word(name).text;
            let columns = self.occurrences.get_mut(row.0 as usize).map(|o| &mut o.columns);
            if let Some(slot) = columns.and_then(|columns| columns.get_mut(*column as usize)) {
                slot.name = name;
            }
        }
        row
    }

    fn on_insert(
        &mut self,
        target: OccId,
        on: &'a ast::OnInsert,
        token: Option<Span>,
        proposed: Option<OccId>,
    ) -> OnConflict {
        match on {
            ast::OnInsert::DuplicateKeyUpdate(assignments) => {
                let span = token.unwrap_or_else(|| self.text.extent());
                let excluded = proposed.unwrap_or_else(|| self.tuple_occurrence(target, "excluded", span));
                let around = self.proposed.replace((target, excluded));
                let set = self.assignments(target, assignments);
                self.proposed = around;
                let update = Some(ConflictUpdate { set, filter: None });
                OnConflict { target: ConflictTarget::Any, excluded, update, span }
            }
            ast::OnInsert::OnConflict(ast::OnConflict { conflict_target, action }) => {
                let span = token.unwrap_or_else(|| self.text.extent());
                let (keys, span) = self.conflict_target(target, conflict_target.as_ref(), span);
                let excluded = self.tuple_item(target, "excluded", span);
                let update = match action {
                    ast::OnConflictAction::DoNothing => None,
                    ast::OnConflictAction::DoUpdate(ast::DoUpdate { assignments, selection }) => {
                        let set = self.assignments(target, assignments);
                        let filter = selection.as_ref().map(|e| self.expr(e));
                        Some(ConflictUpdate { set, filter })
                    }
                };
                // RETURNING does not see it.
                self.hide_last();
                OnConflict { target: keys, excluded, update, span }
            }
            // The enum may grow without notice, so the compiler asks for the rest.
            _ => {
                let span = token.unwrap_or_else(|| self.text.extent());
                self.unsupported(span, "an ON clause of another dialect");
                let excluded = self.tuple_occurrence(target, "excluded", span);
                OnConflict { target: ConflictTarget::Any, excluded, update: None, span }
            }
        }
    }

    fn conflict_target(
        &mut self,
        target: OccId,
        written: Option<&'a ast::ConflictTarget>,
        on: Span,
    ) -> (ConflictTarget, Span) {
        let keys = match written {
            None => ConflictTarget::Any,
            Some(ast::ConflictTarget::Columns(columns)) if self.kept_target(columns).is_some() => {
                // The pre-pass kept what the parser cannot read, and put a made-up column in its place.
                let Some(kept) = self.kept_target(columns) else { return (ConflictTarget::Any, on) };
                let keys = kept.elements.iter().map(|handle| self.stored_expr(handle)).collect();
                let predicate = kept.predicate.as_ref().map(|handle| self.stored_expr(handle));
                ConflictTarget::Keys { keys, predicate }
            }
            Some(ast::ConflictTarget::Columns(columns)) => {
                let words: Vec<Word> = columns.iter().map(|c| self.word(c)).collect();
                self.text.close(')', "");
                let mut keys = Vec::with_capacity(words.len());
                for word in words {
                    keys.push(match self.target_column(target, &word) {
                        Some(column) => self.column(target, column, word.span),
                        None => Expr {
                            kind: ExprKind::Unresolved(word.text.clone()),
                            ty: Type::UNKNOWN,
                            span: word.span,
                        },
                    });
                }
                ConflictTarget::Keys { keys, predicate: None }
            }
            Some(ast::ConflictTarget::OnConstraint(name)) => {
                ConflictTarget::Constraint(self.qualified_name(name).name.text)
            }
        };
        (keys, on)
    }

    fn kept_target(&self, columns: &[ast::Ident]) -> Option<&'a crate::syntax::ConflictTarget> {
        let [only] = columns else { return None };
        let n: usize = only.value.strip_prefix(CONFLICT_PREFIX)?.parse().ok()?;
        self.text.frame().clauses?.conflict_targets.get(n)
    }

    // Row values.

    /// An occurrence of a tuple with the columns of a target.
    pub(super) fn tuple_occurrence(&mut self, target: OccId, alias: &str, span: Span) -> OccId {
        let rel = match self.occurrences.get(target.0 as usize).map(|o| &o.source) {
            Some(Source::Table(rel) | Source::View { view: rel, query: _ }) => Some(*rel),
            _ => None,
        };
        let mut occurrence = self.occurrence(alias.to_owned(), span, Source::Tuple(rel));
        occurrence.columns =
            self.occurrences.get(target.0 as usize).map(|o| o.columns.clone()).unwrap_or_default();
        self.add_occurrence(occurrence)
    }

    /// A tuple with the columns of a target, as an item.
    fn tuple_item(&mut self, target: OccId, alias: &str, span: Span) -> OccId {
        let occ = self.tuple_occurrence(target, alias, span);
        let absent = self.absent_of(target);
        let open = self.is_open(target);
        self.add_item(occ, open, false, absent);
        occ
    }

    fn hide_last(&mut self) {
        let scope = self.scope();
        let last = scope.len().saturating_sub(1);
        if let Some(item) = scope.item_mut(last) {
            item.hidden = true;
        }
    }

    // UPDATE and DELETE.

    pub(super) fn update(&mut self, update: &'a ast::Update) -> Body {
        let ast::Update {
            update_token,
            optimizer_hints: _, // how it is run
            table,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
        } = update;
        let token = self.token(update_token);
        if output.is_some() || matches!(or, Some(ast::SqliteOnConflict::Replace)) {
            self.unsupported(token, "an UPDATE clause of another dialect");
        }
        let ast::TableWithJoins { relation, joins } = table;
        if !joins.is_empty() && from.is_none() && returning.is_none() {
            let tables = std::slice::from_ref(table);
            let body = self.joined_update(token, tables, assignments, selection.as_ref());
            self.first_of(token, order_by, limit.as_ref());
            return body;
        }
        let target = self.target_factor(relation);
        self.protect(target, Access::Update);
        if !joins.is_empty() {
            self.unsupported(token, "UPDATE of a join");
        }
        // Items of FROM do not see the target; a reference to it from LATERAL is an error.
        let mut items: Vec<From> = Vec::new();
        match from {
            None => {}
            Some(ast::UpdateTableFromKind::BeforeSet(list) | ast::UpdateTableFromKind::AfterSet(list)) => {
                items = self.tables(list);
            }
        }
        for ast::Join { relation, global: _, join_operator: _ } in joins {
            let before = self.scope().visible_from.take();
            items.push(self.table_factor(relation));
            self.scope().visible_from = before;
        }
        let set = self.assignments(target, assignments);
        let filter = selection.as_ref().map(|e| self.expr(e));
        self.first_of(token, order_by, limit.as_ref());
        let returning = self.returning(returning.as_ref(), target);
        Body::Update(Box::new(Update { with: Vec::new(), target, set, from: items, filter, returning }))
    }

    pub(super) fn delete(&mut self, delete: &'a ast::Delete) -> Body {
        let ast::Delete {
            delete_token,
            optimizer_hints: _, // how it is run
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = delete;
        let token = self.token(delete_token);
        if output.is_some() {
            self.unsupported(token, "a DELETE clause of another dialect");
        }
        let (ast::FromTable::WithFromKeyword(list) | ast::FromTable::WithoutKeyword(list)) = from;
        if !tables.is_empty() && using.is_none() {
            let names: Vec<Word> = tables.iter().map(|name| self.qualified_name(name).name).collect();
            let body = self.joined_delete(token, &names, list, selection.as_ref());
            self.first_of(token, order_by, limit.as_ref());
            return body;
        }
        if let Some(using) = using
            && self.catalog.dialect == Dialect::MySql
        {
            // `DELETE FROM a USING a JOIN b`: the names in front are those of the join.
            let names = list.iter().filter_map(|item| match &item.relation {
                ast::TableFactor::Table { name, .. } => Some(self.qualified_name(name).name),
                _other => None,
            });
            let names: Vec<Word> = names.collect();
            return self.joined_delete(token, &names, using, selection.as_ref());
        }
        let (first, rest) = match list.split_first() {
            Some((first, rest)) => (Some(first), rest),
            None => (None, list.as_slice()),
        };
        let mut items: Vec<From> = Vec::new();
        let target = match first {
            Some(ast::TableWithJoins { relation, joins }) => {
                let target = self.target_factor(relation);
                self.protect(target, Access::Delete);
                if !joins.is_empty() || !rest.is_empty() {
                    self.unsupported(token, "DELETE from a join");
                }
                for ast::Join { relation, global: _, join_operator: _ } in joins {
                    items.push(self.table_factor(relation));
                }
                target
            }
            None => self.table_item(Qualified::alone(Word::made_up("", token)), None),
        };
        items.extend(using.as_ref().map(|list| self.tables(list)).unwrap_or_default());
        items.extend(self.tables(rest));
        let filter = selection.as_ref().map(|e| self.expr(e));
        self.first_of(token, order_by, limit.as_ref());
        let returning = self.returning(returning.as_ref(), target);
        Body::Delete(Box::new(Delete { with: Vec::new(), target, using: items, filter, returning }))
    }

    /// ORDER BY and LIMIT of MySQL's and SQLite's UPDATE and DELETE. They choose among the rows that the condition holds
    /// for, all of which are the tenant's or none may be; only what a subquery in them reads would matter.
    fn first_of(&mut self, token: Span, order_by: &'a [ast::OrderByExpr], limit: Option<&'a ast::Expr>) {
        let sorted = order_by.iter().map(|ast::OrderByExpr { expr, options: _, with_fill: _ }| expr);
        for expr in sorted.chain(limit) {
            let expr = self.expr(expr);
            if !crate::query::walk::subqueries(&expr).is_empty() {
                self.unsupported(token, "a subquery in ORDER BY or LIMIT of a write");
            }
        }
    }

    // Columns of occurrences.

    /// Columns that are there, with their positions.
    pub(super) fn columns_of(&self, occ: OccId) -> Vec<(u32, String)> {
        let absent = self.absent_of(occ);
        let columns = self.occurrences.get(occ.0 as usize).map(|o| o.columns.as_slice()).unwrap_or_default();
        let numbered =
            columns.iter().enumerate().map(|(i, c): (usize, &OutColumn)| (i as u32, c.name.clone()));
        numbered.filter(|(i, _)| !absent.contains(i)).collect()
    }

    /// Positions of columns that were dropped.
    fn absent_of(&self, occ: OccId) -> Vec<u32> {
        match self.occurrences.get(occ.0 as usize).map(|o| &o.source) {
            Some(Source::Table(rel) | Source::Tuple(Some(rel))) => {
                super::relation::absent(self.catalog.relation(*rel))
            }
            _ => Vec::new(),
        }
    }

    fn is_open(&self, occ: OccId) -> bool {
        match self.occurrences.get(occ.0 as usize).map(|o| &o.source) {
            Some(Source::Table(rel)) => self.catalog.relation(*rel).incomplete,
            Some(Source::Unknown(_)) => true,
            _ => false,
        }
    }

    /// A column of an occurrence by name; reported where it has none.
    pub(super) fn column_of_occurrence(&mut self, occ: OccId, name: &str, span: Span) -> Option<Expr> {
        let found = self.columns_of(occ).into_iter().find(|(_, n)| n == name).map(|(i, _)| i);
        if let Some(column) = found {
            return Some(self.column(occ, column, span));
        }
        if self.is_open(occ) {
            return Some(self.grow(occ, name, span));
        }
        Some(self.unknown_column_of(occ, name, span))
    }
}

/// A VALUES list of one row.
fn one_row(row: Vec<Expr>) -> Query {
    let columns = row
        .iter()
        .enumerate()
        .map(|(i, e)| OutColumn { name: format!("column{}", i + 1), ty: e.ty.clone() })
        .collect();
    Query {
        with: Vec::new(),
        span: row.iter().map(|e| e.span).reduce(Span::join).unwrap_or_default(),
        body: SetExpr::Values(vec![row]),
        order_by: Vec::new(),
        limit: None,
        with_ties: false,
        offset: None,
        locks: false,
        columns,
    }
}
