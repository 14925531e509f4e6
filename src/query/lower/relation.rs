//! Relations of FROM by name: WITH queries, tables, views expanded at each use; derived tables.

use std::collections::BTreeSet;

use super::from::Alias;
use super::names::{Qualified, Word};
use super::query::renamed;
use super::row_security::Access;
use crate::query::binder::{Binder, CteStatus, MAX_ITEMS};
use crate::query::context::only;
use crate::query::model::{CteId, OccId, Occurrence, OutColumn, Query, Source, TriggerRow};
use crate::query::text::Frame;
use crate::schema::catalog::{Name, RelId, Relation, RelationKind, View};
use crate::schema::system;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Binder<'a> {
    /// A relation by name, as an item of the innermost level.
    pub(super) fn relation(&mut self, name: Qualified, alias: Option<Alias>) -> OccId {
        if self.scope().len() >= MAX_ITEMS {
            self.unsupported(name.name.span, "a FROM of too many relations");
            return self.unknown_relation(&name, alias.unwrap_or_default());
        }
        if let Some(expression) = self.hole_in(&name.name.text) {
            self.hole_gap(&expression, name.name.span);
            return self.unknown_relation(&name, alias.unwrap_or_default());
        }
        if name.schema.is_none()
            && let Some(cte) = self.visible_cte(&name.name.text)
        {
            return self.cte_item(cte, &name.name, alias.unwrap_or_default());
        }
        let occ = self.table_item(name, alias);
        self.protect(occ, Access::Read);
        occ
    }

    /// A relation of the catalog (never a WITH query), as an item of the innermost level.
    pub(super) fn table_item(&mut self, name: Qualified, alias: Option<Alias>) -> OccId {
        let alias = alias.unwrap_or_default();
        let Qualified { schema, name: word, raw } = &name;
        if let Some(expression) = self.hole_in(&word.text) {
            self.hole_gap(&expression, word.span);
            return self.unknown_relation(&name, alias);
        }
        // `pg_temp` stands first on the search path; a view was defined before.
        if schema.as_deref().is_none_or(|s| s == "pg_temp")
            && self.text.inside().is_none()
            && let Some(columns) = self.context.temporary.get(&word.text)
        {
            let occurrence = self.aliased(word, &alias, Source::System(format!("pg_temp.{}", word.text)));
            return self.finish_item(occurrence, columns.clone(), columns.is_empty(), true, &alias);
        }
        if schema.is_none() && self.text.inside().is_none() && self.is_transition(&word.text) {
            return self.transition_item(word, &alias);
        }
        let is_open = schema.is_none() && self.text.inside().is_none();
        let path = self.context.search_path.iter().flatten().filter(|_| is_open);
        let along = path.filter_map(|s| self.catalog.find_relation(Some(s), &word.text)).next();
        let found = along.or_else(|| self.catalog.find_relation(schema.as_deref(), &word.text));
        match found {
            Some(rel) => self.catalog_item(rel, word, *raw, alias),
            None => match self.system_relation(schema.as_deref(), &word.text) {
                Some((qualified, columns)) => {
                    let open = columns.is_empty();
                    let occurrence = self.aliased(word, &alias, Source::System(qualified));
                    self.finish_item(occurrence, columns, open, true, &alias)
                }
                None => {
                    self.unknown_table(schema.as_deref(), &word.text, word.span);
                    self.unknown_relation(&name, alias)
                }
            },
        }
    }

    fn is_transition(&self, name: &str) -> bool {
        self.context.trigger.as_ref().is_some_and(|trigger| trigger.transitions.contains_key(name))
    }

    /// A transition table, which hides a table of its name.
    fn transition_item(&mut self, word: &Word, alias: &Alias) -> OccId {
        let context = self.context;
        let trigger = context.trigger.as_ref();
        let tables = trigger.and_then(|t| t.transitions.get(&word.text)).cloned().unwrap_or_default();
        let table = only(&tables);
        let mut occurrence = self.aliased(word, alias, Source::Tuple(table));
        let (mut open, mut gone) = (true, Vec::new());
        if let Some(relation) = table.map(|table| self.catalog.relation(table)) {
            occurrence.columns = columns_of(relation);
            (open, gone) = (relation.incomplete, absent(relation));
        }
        rename_present(&mut occurrence.columns, &gone, alias);
        let occ = self.add_occurrence(occurrence);
        self.add_item(occ, open, true, gone);
        let row = TriggerRow { occ, tables, assigned: BTreeSet::new(), stored: true, transition: true };
        self.trigger_rows.push(row);
        occ
    }

    /// A relation that holds no row of a table: of a system catalog or an extension, or a sequence.
    fn system_relation(&self, schema: Option<&str>, name: &str) -> Option<(String, Vec<OutColumn>)> {
        let column = |(name, ty): (&str, Type)| OutColumn { name: name.to_owned(), ty };
        if let Some(system::SystemRelation { schema, extension: _, columns }) = system::lookup(schema, name) {
            return Some((format!("{schema}.{name}"), columns.into_iter().map(column).collect()));
        }
        let visible = |at: &str| match schema {
            Some(schema) => schema == at,
            None => at == "public" || self.catalog.search_path.iter().any(|s| s == at),
        };
        let sequence = self.catalog.sequences.iter().find(|s| s.name == name && visible(&s.schema))?;
        let columns =
            [("last_value", BaseType::Int8), ("log_cnt", BaseType::Int8), ("is_called", BaseType::Bool)];
        Some((sequence.to_string(), columns.map(|(name, ty)| column((name, Type::of(ty)))).into()))
    }

    fn catalog_item(&mut self, rel: RelId, word: &Word, raw: Span, alias: Alias) -> OccId {
        let catalog = self.catalog;
        let relation = catalog.relation(rel);
        let qualified = alias.name.is_none().then(|| relation.name.clone());
        let occ = match &relation.kind {
            RelationKind::Table
            | RelationKind::Partitioned
            | RelationKind::Partition(_)
            | RelationKind::Foreign => {
                let mut occurrence = self.aliased(word, &alias, Source::Table(rel));
                occurrence.only = self.says_only(raw);
                occurrence.columns = columns_of(relation);
                let absent = absent(relation);
                rename_present(&mut occurrence.columns, &absent, &alias);
                let occ = self.add_occurrence(occurrence);
                self.add_item(occ, relation.incomplete, true, absent);
                occ
            }
            RelationKind::System => {
                let occurrence = self.aliased(word, &alias, Source::System(relation.name.to_string()));
                let columns = relation
                    .columns
                    .iter()
                    .filter(|c| !c.dropped)
                    .map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() })
                    .collect::<Vec<_>>();
                let open = columns.is_empty() || relation.incomplete;
                self.finish_item(occurrence, columns, open, true, &alias)
            }
            RelationKind::MaterializedView(view) => {
                let (columns, open) = self.view_columns(rel, view);
                let occurrence = self.aliased(word, &alias, Source::Table(rel));
                self.finish_item(occurrence, columns, open, true, &alias)
            }
            RelationKind::View(view) => self.view_item(rel, view, word, raw, &alias),
        };
        if let Some(name) = qualified {
            self.qualify_last(name);
        }
        occ
    }

    /// Lets the item that was added last be qualified by its schema.
    fn qualify_last(&mut self, name: Name) {
        let scope = self.scope();
        let last = scope.len().saturating_sub(1);
        if let Some(item) = scope.item_mut(last) {
            item.qualified = Some(name);
        }
    }

    /// Whether ONLY stands before a name, given by its place in the text in hand.
    fn says_only(&self, raw: Span) -> bool {
        self.text.frame().clauses.is_some_and(|c| c.only.contains(&raw))
    }

    /// An occurrence under its alias, without columns.
    pub(super) fn aliased(&self, word: &Word, alias: &Alias, source: Source) -> Occurrence {
        let name = alias.name.as_ref().unwrap_or(word).text.clone();
        let mut occurrence = self.occurrence(name, word.span, source);
        occurrence.alias_span = alias.name.as_ref().map(|n| n.span);
        occurrence
    }

    /// Adds an occurrence with these columns, renamed, as an item.
    pub(super) fn finish_item(
        &mut self,
        mut occurrence: Occurrence,
        columns: Vec<OutColumn>,
        open: bool,
        system: bool,
        alias: &Alias,
    ) -> OccId {
        occurrence.columns = renamed(columns, &alias.names());
        let occ = self.add_occurrence(occurrence);
        self.add_item(occ, open, system, Vec::new());
        occ
    }

    pub(super) fn unknown_relation(&mut self, name: &Qualified, alias: Alias) -> OccId {
        let written = match &name.schema {
            Some(schema) => format!("{schema}.{}", name.name.text),
            None => name.name.text.clone(),
        };
        let occurrence = self.aliased(&name.name, &alias, Source::Unknown(written));
        self.finish_item(occurrence, Vec::new(), true, true, &alias)
    }

    fn cte_item(&mut self, cte: CteId, word: &Word, alias: Alias) -> OccId {
        self.bind_pending(cte);
        let (columns, open) = match self.ctes.get_mut(cte.0 as usize) {
            Some(state) => {
                state.cte.references += 1;
                if matches!(state.status, CteStatus::Binding) {
                    state.cte.recursive = true;
                }
                (state.cte.columns.clone(), state.open)
            }
            None => (Vec::new(), true),
        };
        let occurrence = self.aliased(word, &alias, Source::Cte(cte));
        self.finish_item(occurrence, columns, open, false, &alias)
    }

    // Derived tables and views.

    pub(super) fn derived(
        &mut self,
        lateral: bool,
        query: &'a ast::Query,
        alias: Option<&'a ast::TableAlias>,
    ) -> OccId {
        let before = self.scope().visible_from.take();
        self.scope().visible_from = lateral.then_some(0);
        let outer = self.text.enter();
        let lowered = self.query(query);
        let parenthesis = self.text.parenthesis();
        self.text.close(')', "");
        self.text.leave(outer);
        self.scope().visible_from = before;
        let span = parenthesis.unwrap_or(lowered.query.span);
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        let columns = lowered.query.columns.clone();
        let name = alias.name.as_ref().map_or_else(String::new, |n| n.text.clone());
        let mut occurrence = self.occurrence(name, span, Source::Derived(Box::new(lowered.query)));
        occurrence.alias_span = alias.name.as_ref().map(|n| n.span);
        occurrence.lateral = lateral;
        self.finish_item(occurrence, columns, lowered.open, false, &alias)
    }

    fn view_item(&mut self, rel: RelId, view: &'a View, word: &Word, raw: Span, alias: &Alias) -> OccId {
        let mut occurrence = self.aliased(word, alias, Source::View { view: rel, query: None });
        occurrence.only = self.says_only(raw);
        let occ = self.add_occurrence(occurrence);
        let (query, columns, open) = self.expand_view(rel, view, occ, word.span);
        if let Some(occurrence) = self.occurrences.get_mut(occ.0 as usize) {
            occurrence.source = Source::View { view: rel, query: query.map(Box::new) };
            occurrence.columns = renamed(columns, &alias.names());
        }
        self.add_item(occ, open, false, Vec::new());
        occ
    }

    /// The definition of a view bound anew, at a level that sees nothing of this statement.
    fn expand_view(
        &mut self,
        rel: RelId,
        view: &'a View,
        occ: OccId,
        span: Span,
    ) -> (Option<Query>, Vec<OutColumn>, bool) {
        let name = &self.catalog.relation(rel).name;
        let Some(handle) = &view.query else {
            self.unsupported(span, format!("the definition of the view `{name}`"));
            return (None, renamed(Vec::new(), &view.column_names), true);
        };
        if !self.may_expand() {
            self.unsupported(span, format!("the view `{name}`, nested too deeply or used too often"));
            return (None, renamed(Vec::new(), &view.column_names), true);
        }
        self.views_left -= 1;
        self.view_depth += 1;
        let inside = self.text.frame().inside.unwrap_or((occ, span));
        let frame = Frame::of_query(handle, Some(inside));
        let counts = self.row_security_counts;
        self.row_security_counts &= view.security_invoker;
        let lowered = self.apart(frame, |binder| binder.query(&handle.query));
        self.row_security_counts = counts;
        self.view_depth -= 1;
        let columns = renamed(lowered.query.columns.clone(), &view.column_names);
        (Some(lowered.query), columns, lowered.open)
    }

    /// The columns of a materialized view: those of its definition, unless the catalog has them.
    fn view_columns(&mut self, rel: RelId, view: &'a View) -> (Vec<OutColumn>, bool) {
        let relation = self.catalog.relation(rel);
        if !relation.columns.is_empty() {
            let columns =
                relation.columns.iter().map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() });
            return (columns.collect(), relation.incomplete);
        }
        if let Some(known) = self.known_columns.get(&rel) {
            return known.clone();
        }
        let result = match &view.query {
            Some(handle) if self.may_expand() => {
                self.views_left -= 1;
                let lowered = self.aside(handle);
                (renamed(lowered.query.columns, &view.column_names), lowered.open)
            }
            Some(_) | None => (renamed(Vec::new(), &view.column_names), true),
        };
        self.known_columns.insert(rel, result.clone());
        result
    }
}

/// The columns of a table, dropped ones too.
pub(super) fn columns_of(relation: &Relation) -> Vec<OutColumn> {
    relation.columns.iter().map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() }).collect()
}

/// Positions of a relation's dropped columns.
pub(super) fn absent(relation: &Relation) -> Vec<u32> {
    relation.columns.iter().enumerate().filter(|(_, c)| c.dropped).map(|(i, _)| i as u32).collect()
}

/// Renames the columns that are there by an alias's list.
fn rename_present(columns: &mut [OutColumn], absent: &[u32], alias: &Alias) {
    let present = columns.iter_mut().enumerate().filter(|(i, _)| !absent.contains(&(*i as u32)));
    for ((_, column), (name, _)) in present.zip(&alias.columns) {
        column.name.clone_from(name);
    }
}
