//! FROM: relations, joins, derived tables, views, functions.

use super::names::{Qualified, Word};
use super::query::renamed;
use crate::query::binder::{Binder, CteStatus, Found, MAX_ITEMS};
use crate::query::model::{
    CompareOp, CteId, Expr, ExprKind, From, GapKind, Join, JoinKind, OccId, Occurrence, OutColumn, Query,
    Source,
};
use crate::query::scope::{Item, Resolution, Target};
use crate::query::types;
use crate::query::walk;
use crate::schema::catalog::{Name, RelId, RelationKind, View};
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

/// An alias with what it renames.
#[derive(Clone, Debug, Default)]
pub(super) struct Alias {
    pub(super) name: Option<Word>,
    pub(super) columns: Vec<(String, Option<Type>)>,
}

impl Alias {
    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }
}

impl<'a> Binder<'a> {
    /// The items of FROM or USING, from left to right, at the innermost level.
    pub(super) fn tables(&mut self, list: &'a [ast::TableWithJoins]) -> Vec<From> {
        let before = self.scope().visible_from.take();
        let items = list.iter().map(|item| self.table_with_joins(item)).collect();
        self.scope().visible_from = before;
        items
    }

    fn table_with_joins(&mut self, item: &'a ast::TableWithJoins) -> From {
        let ast::TableWithJoins { relation, joins } = item;
        let start = self.scope().len();
        let mut left = self.table_factor(relation);
        for join in joins {
            left = self.join(left, start, join);
        }
        left
    }

    fn join(&mut self, left: From, start: usize, join: &'a ast::Join) -> From {
        let ast::Join { relation, global: _, join_operator } = join;
        let middle = self.scope().len();
        let outer = self.text.enter();
        let right = self.table_factor(relation);
        let item_span = self.text.leave(outer);
        let (kind, constraint, foreign) = join_kind(join_operator);
        if let Some(foreign) = foreign {
            self.unsupported(item_span, foreign);
        }
        let (on, merged, span) = match constraint {
            None | Some(ast::JoinConstraint::None) => (None, false, item_span),
            Some(ast::JoinConstraint::On(condition)) => {
                let before = self.scope().visible_from.replace(start);
                let on = self.expr(condition);
                self.scope().visible_from = before;
                let span = if on.span.is_empty() { item_span } else { on.span };
                (Some(on), false, span)
            }
            Some(ast::JoinConstraint::Using(columns)) => {
                let names: Vec<Word> = columns.iter().map(|name| self.qualified_name(name).name).collect();
                let span = names.iter().map(|w| w.span).fold(item_span, Span::join);
                self.text.close(')', "");
                (self.merge(start, middle, kind, &names), true, span)
            }
            Some(ast::JoinConstraint::Natural) => {
                let names = self.common_columns(start, middle, item_span);
                let merged = !names.is_empty();
                (self.merge(start, middle, kind, &names), merged, item_span)
            }
        };
        if let ast::JoinOperator::AsOf { match_condition, constraint: _ } = join_operator {
            let before = self.scope().visible_from.replace(start);
            self.expr(match_condition);
            self.scope().visible_from = before;
        }
        From::Join(Box::new(Join { kind, left, right, on, merged, span }))
    }

    // USING and NATURAL.

    /// The columns of NATURAL: those that both sides have, in the order of the left side.
    fn common_columns(&mut self, start: usize, middle: usize, span: Span) -> Vec<Word> {
        let scope = self.scopes.last();
        let Some(scope) = scope else { return Vec::new() };
        let end = scope.len();
        let open = (start..end).any(|i| scope.item(i).is_some_and(|item| item.open && !item.hidden));
        let right: std::collections::HashSet<&str> = scope
            .starred_in(middle..end)
            .flat_map(|item| item.each(&self.occurrences, true))
            .map(|(name, _)| name)
            .collect();
        let common: Vec<Word> = scope
            .starred_in(start..middle)
            .flat_map(|item| item.each(&self.occurrences, true))
            .filter(|(name, _)| right.contains(name))
            .map(|(name, _)| Word { text: name.to_owned(), span, quoted: true })
            .collect();
        if open {
            self.unsupported(span, "the columns that a NATURAL JOIN compares");
        }
        common
    }

    /// The condition of USING or NATURAL, and the merged columns as an item of their own.
    fn merge(&mut self, start: usize, middle: usize, kind: JoinKind, names: &[Word]) -> Option<Expr> {
        if names.is_empty() {
            return None;
        }
        let end = self.scope().len();
        let mut conditions: Vec<Expr> = Vec::with_capacity(names.len());
        let mut columns: Vec<(String, Expr)> = Vec::with_capacity(names.len());
        for name in names {
            let left = self.column_of_range(start..middle, name);
            let right = self.column_of_range(middle..end, name);
            if let Some(scope) = self.scopes.last_mut() {
                scope.cover(start..middle, &self.occurrences, &name.text);
                scope.cover(middle..end, &self.occurrences, &name.text);
            }
            let ty = types::common([&left.ty, &right.ty]);
            let value = match kind {
                JoinKind::Inner | JoinKind::Left => self.copy(&left, name.span),
                JoinKind::Right => self.copy(&right, name.span),
                JoinKind::Full => {
                    let args = vec![self.copy(&left, name.span), self.copy(&right, name.span)];
                    let mut both = self.call(Some("pg_catalog"), "coalesce", name.span, args);
                    both.ty = ty;
                    both.span = name.span;
                    both
                }
            };
            columns.push((name.text.clone(), value));
            let kind = ExprKind::Compare { op: CompareOp::Eq, left: Box::new(left), right: Box::new(right) };
            conditions.push(Expr { kind, ty: Type::of(BaseType::Bool), span: name.span });
        }
        self.scope().push_merged(start, Item::joined(None, columns));
        if conditions.len() == 1 {
            return conditions.pop();
        }
        let span = conditions.iter().map(|c| c.span).reduce(Span::join).unwrap_or_default();
        Some(Expr { kind: ExprKind::And(conditions), ty: Type::of(BaseType::Bool), span })
    }

    /// A column of one side of USING.
    fn column_of_range(&mut self, range: std::ops::Range<usize>, name: &Word) -> Expr {
        let resolved = match self.scopes.last() {
            Some(scope) => scope.column_in(range, &self.occurrences, &name.text),
            None => Resolution::Missing,
        };
        match resolved {
            Resolution::Found(Target::Column(occ, column)) => self.column(occ, column, name.span),
            Resolution::Found(Target::Joined(expr)) => {
                let expr = expr.clone();
                self.copy(&expr, name.span)
            }
            Resolution::Open(occ) => self.grow(occ, &name.text, name.span),
            Resolution::Found(Target::System(_))
            | Resolution::Ambiguous(..)
            | Resolution::OpenSeveral
            | Resolution::Missing => self.unknown_column(None, &name.text, name.span),
        }
    }

    // Items.

    /// An item of FROM, which becomes an item of the innermost level.
    pub(super) fn table_factor(&mut self, factor: &'a ast::TableFactor) -> From {
        match factor {
            ast::TableFactor::Table {
                name,
                alias,
                args,
                with_hints: _, // how it is read, not what
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints: _, // likewise
            } => {
                let name = self.qualified_name(name);
                if let Some(args) = args {
                    let ast::TableFunctionArgs { args, settings } = args;
                    if settings.is_some() {
                        self.unsupported(name.name.span, "settings of a table function");
                    }
                    return From::Item(self.function_item(&name, args, *with_ordinality, alias.as_ref()));
                }
                if version.is_some() || !partitions.is_empty() || json_path.is_some() {
                    self.unsupported(name.name.span, "a table version, partition or path of another dialect");
                }
                let alias = alias.as_ref().map(|a| self.alias(a));
                let occ = self.relation(name, alias);
                if let Some(sample) = sample {
                    self.sample(occ, sample);
                }
                From::Item(occ)
            }
            ast::TableFactor::Derived { lateral, subquery, alias, sample } => {
                let occ = self.derived(*lateral, subquery, alias.as_ref());
                if let Some(sample) = sample {
                    self.sample(occ, sample);
                }
                From::Item(occ)
            }
            ast::TableFactor::Function { lateral: _, name, args, with_ordinality, alias } => {
                // A function in FROM is lateral whether it says so or not.
                let name = self.qualified_name(name);
                From::Item(self.function_item(&name, args, *with_ordinality, alias.as_ref()))
            }
            ast::TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset,
                with_offset_alias: _,
                with_ordinality,
            } => {
                let before = self.scope().visible_from.replace(0);
                let args = self.exprs(array_exprs);
                self.scope().visible_from = before;
                self.text.close(')', "");
                self.text.open('(');
                self.text.open_word("UNNEST");
                let extent = self.text.extent().unwrap_or_default();
                let span = Span::new(extent.start, (extent.start + 6).min(extent.end));
                if *with_offset {
                    self.unsupported(span, "UNNEST WITH OFFSET");
                }
                let name =
                    Qualified { schema: None, name: Word { text: "unnest".into(), span, quoted: false } };
                let alias = alias.as_ref().map(|a| self.alias(a)).unwrap_or_default();
                From::Item(self.function_with(&name, args, *with_ordinality, alias))
            }
            ast::TableFactor::NestedJoin { table_with_joins, alias } => {
                let start = self.scope().len();
                let item = self.table_with_joins(table_with_joins);
                self.text.close(')', "");
                if let Some(alias) = alias {
                    let alias = self.alias(alias);
                    self.alias_join(start, &alias);
                }
                item
            }
            ast::TableFactor::TableFunction { expr, alias } => {
                self.opaque_item("TABLE function", &[expr], alias.as_ref())
            }
            ast::TableFactor::JsonTable { json_expr, json_path: _, columns, alias } => {
                let names = super::foreign::json_columns(columns);
                self.keyword_table("json_table", &[json_expr], names, alias.as_ref())
            }
            ast::TableFactor::OpenJsonTable { json_expr, json_path: _, columns: _, alias } => {
                self.opaque_item("OPENJSON", &[json_expr], alias.as_ref())
            }
            ast::TableFactor::XmlTable { namespaces, row_expression, passing, columns, alias } => {
                let ast::XmlPassingClause { arguments } = passing;
                let mut parts: Vec<&'a ast::Expr> =
                    namespaces.iter().map(|ast::XmlNamespaceDefinition { uri, name: _ }| uri).collect();
                parts.push(row_expression);
                parts.extend(
                    arguments.iter().map(|ast::XmlPassingArgument { expr, alias: _, by_value: _ }| expr),
                );
                parts.extend(super::foreign::xml_expressions(columns));
                let names = super::foreign::xml_columns(columns);
                self.keyword_table("xmltable", &parts, names, alias.as_ref())
            }
            ast::TableFactor::Pivot {
                table,
                aggregate_functions: _,
                value_column: _,
                value_source: _,
                default_on_null: _,
                alias,
            } => self.opaque_table("PIVOT", table, alias.as_ref()),
            ast::TableFactor::Unpivot { table, value: _, name: _, columns: _, null_inclusion: _, alias } => {
                self.opaque_table("UNPIVOT", table, alias.as_ref())
            }
            ast::TableFactor::UnpivotExpr { expression, value_alias: _, attribute_alias: _ } => {
                self.opaque_item("UNPIVOT of an expression", &[expression], None)
            }
            ast::TableFactor::MatchRecognize {
                table,
                partition_by: _,
                order_by: _,
                measures: _,
                rows_per_match: _,
                after_match_skip: _,
                pattern: _,
                symbols: _,
                alias,
            } => self.opaque_table("MATCH_RECOGNIZE", table, alias.as_ref()),
            ast::TableFactor::SemanticView {
                name,
                dimensions: _,
                metrics: _,
                facts: _,
                where_clause: _,
                alias,
            } => {
                self.name_parts(name);
                self.opaque_item("SEMANTIC_VIEW", &[], alias.as_ref())
            }
        }
    }

    /// An alias with its column list.
    pub(super) fn alias(&mut self, alias: &'a ast::TableAlias) -> Alias {
        let ast::TableAlias { explicit: _, name, columns, at } = alias;
        let name = self.word(name);
        if at.is_some() {
            self.unsupported(name.span, "an index alias of another dialect");
        }
        let columns = columns
            .iter()
            .map(|ast::TableAliasColumnDef { name, data_type }| {
                let ty = data_type.as_ref().map(|ty| self.data_type(ty));
                (self.word(name).text, ty)
            })
            .collect::<Vec<_>>();
        if !columns.is_empty() {
            self.text.close(')', "");
        }
        Alias { name: Some(name), columns }
    }

    /// `(a JOIN b ...) AS j (columns)`: the names inside are gone, `j` has their columns.
    fn alias_join(&mut self, start: usize, alias: &Alias) {
        let span = alias.name.as_ref().map(|n| n.span).unwrap_or_default();
        let mut found: Vec<(String, Found)> = Vec::new();
        let mut open = false;
        if let Some(scope) = self.scopes.last() {
            for item in scope.starred_in(start..scope.len()) {
                open |= item.open;
                let columns = item.each(&self.occurrences, true).into_iter();
                found.extend(columns.map(|(name, target)| (name.to_owned(), Found::from(target))));
            }
        }
        let mut columns: Vec<(String, Expr)> = Vec::with_capacity(found.len());
        for (name, value) in found {
            let expr = self.found(value, &name, span);
            columns.push((name, expr));
        }
        for ((name, _), new) in columns.iter_mut().zip(alias.names()) {
            *name = new;
        }
        if open {
            self.unsupported(span, "the columns of a join with an alias");
        }
        let scope = self.scope();
        for at in start..scope.len() {
            if let Some(item) = scope.item_mut(at) {
                item.hidden = true;
            }
        }
        scope.push(Item::joined(alias.name.as_ref().map(|n| n.text.clone()), columns));
    }

    fn sample(&mut self, occ: OccId, sample: &'a ast::TableSampleKind) {
        let (ast::TableSampleKind::BeforeTableAlias(sample) | ast::TableSampleKind::AfterTableAlias(sample)) =
            sample;
        let ast::TableSample { modifier: _, name: _, quantity, seed, bucket, offset } = &**sample;
        if let Some(occurrence) = self.occurrences.get_mut(occ.0 as usize) {
            occurrence.sampled = true;
        }
        let mut parts: Vec<&'a ast::Expr> = Vec::new();
        if let Some(ast::TableSampleQuantity { parenthesized: _, value, unit: _ }) = quantity {
            parts.push(value);
        }
        parts.extend(offset);
        if let Some(ast::TableSampleSeed { modifier: _, value }) = seed {
            self.value(value);
        }
        if let Some(ast::TableSampleBucket { bucket: _, total: _, on }) = bucket {
            parts.extend(on);
        }
        for part in parts {
            let part = self.expr(part);
            if !walk::subqueries(&part).is_empty() {
                self.unsupported(part.span, "a subquery in TABLESAMPLE");
            }
        }
        self.text.close(')', "");
    }

    // Relations.

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
        self.table_item(name, alias)
    }

    /// A relation of the catalog (never a WITH query), as an item of the innermost level.
    pub(super) fn table_item(&mut self, name: Qualified, alias: Option<Alias>) -> OccId {
        let alias = alias.unwrap_or_default();
        let Qualified { schema, name: word } = &name;
        if let Some(expression) = self.hole_in(&word.text) {
            self.hole_gap(&expression, word.span);
            return self.unknown_relation(&name, alias);
        }
        let found = self.catalog.find_relation(schema.as_deref(), &word.text);
        match found {
            Some(rel) => self.catalog_item(rel, word, alias),
            None => match self.system_columns(schema.as_deref(), &word.text) {
                Some((qualified, columns, open)) => {
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

    /// The columns of a relation of a system catalog, by qualified name, and whether there may be others.
    fn system_columns(&self, schema: Option<&str>, name: &str) -> Option<(String, Vec<OutColumn>, bool)> {
        let schema = match schema {
            Some(schema @ ("pg_catalog" | "information_schema")) => schema,
            None if name.starts_with("pg_") => "pg_catalog",
            Some(_) | None => return None,
        };
        Some((format!("{schema}.{name}"), Vec::new(), true))
    }

    fn catalog_item(&mut self, rel: RelId, word: &Word, alias: Alias) -> OccId {
        let catalog = self.catalog;
        let relation = catalog.relation(rel);
        let qualified = alias.name.is_none().then(|| relation.name.clone());
        let occ = match &relation.kind {
            RelationKind::Table
            | RelationKind::Partitioned
            | RelationKind::Partition(_)
            | RelationKind::Foreign => {
                let mut occurrence = self.aliased(word, &alias, Source::Table(rel));
                occurrence.only = self.says_only(word.span);
                occurrence.columns = relation
                    .columns
                    .iter()
                    .map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() })
                    .collect();
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
            RelationKind::View(view) => self.view_item(rel, view, word, &alias),
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

    fn says_only(&self, span: Span) -> bool {
        self.text.frame().clauses.is_some_and(|c| c.only.contains(&span)) && self.text.inside().is_none()
    }

    /// An occurrence under its alias, without columns.
    fn aliased(&self, word: &Word, alias: &Alias, source: Source) -> Occurrence {
        let name = alias.name.as_ref().unwrap_or(word).text.clone();
        let mut occurrence = self.occurrence(name, word.span, source);
        occurrence.alias_span = alias.name.as_ref().map(|n| n.span);
        occurrence
    }

    /// Adds an occurrence with these columns, renamed, as an item.
    fn finish_item(
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

    fn unknown_relation(&mut self, name: &Qualified, alias: Alias) -> OccId {
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

    fn derived(&mut self, lateral: bool, query: &'a ast::Query, alias: Option<&'a ast::TableAlias>) -> OccId {
        let before = self.scope().visible_from.take();
        self.scope().visible_from = lateral.then_some(0);
        let lowered = self.query(query);
        self.scope().visible_from = before;
        let open = self.text.parenthesis_before(lowered.query.span);
        let span = open.map_or(lowered.query.span, |at| self.text.place(at));
        self.text.close(')', "");
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        let columns = lowered.query.columns.clone();
        let name = alias.name.as_ref().map_or_else(String::new, |n| n.text.clone());
        let mut occurrence = self.occurrence(name, span, Source::Derived(Box::new(lowered.query)));
        occurrence.alias_span = alias.name.as_ref().map(|n| n.span);
        occurrence.lateral = lateral;
        self.finish_item(occurrence, columns, lowered.open, false, &alias)
    }

    fn view_item(&mut self, rel: RelId, view: &'a View, word: &Word, alias: &Alias) -> OccId {
        let mut occurrence = self.aliased(word, alias, Source::View { view: rel, query: None });
        occurrence.only = self.says_only(word.span);
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
        let frame = crate::query::text::Frame::of_query(handle, Some(inside));
        let lowered = self.apart(frame, |binder| binder.query(&handle.query));
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

    // Functions.

    fn function_item(
        &mut self,
        name: &Qualified,
        args: &'a [ast::FunctionArg],
        ordinality: bool,
        alias: Option<&'a ast::TableAlias>,
    ) -> OccId {
        let before = self.scope().visible_from.replace(0);
        let args = self.plain_arguments(args);
        self.scope().visible_from = before;
        self.text.close(')', "(");
        if ordinality {
            self.text.words(&["WITH", "ORDINALITY"]);
        }
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        self.function_with(name, args, ordinality, alias)
    }

    fn function_with(&mut self, name: &Qualified, args: Vec<Expr>, ordinality: bool, alias: Alias) -> OccId {
        let Qualified { schema, name: word } = name;
        if let Some(expression) = self.hole_in(&word.text) {
            self.hole_gap(&expression, word.span);
        }
        let calls = self.scope().calls;
        let expr = self.call(schema.as_deref(), &word.text, word.span, args);
        // A function of FROM says nothing of the block's own expressions.
        self.scope().calls = calls;
        let ExprKind::Call(call) = expr.kind else { return self.unknown_relation(name, alias) };
        let shape = crate::query::functions::row_shape(self.catalog, &call, &expr.ty);
        let mut columns = shape.columns;
        let mut open = shape.open;
        if alias.columns.iter().any(|(_, ty)| ty.is_some()) {
            // `AS t (a int, b text)` says what a function returns that returns records.
            columns = alias
                .columns
                .iter()
                .map(|(name, ty)| OutColumn { name: name.clone(), ty: ty.clone().unwrap_or_default() })
                .collect();
            open = false;
        } else if shape.scalar
            && alias.columns.is_empty()
            && let (Some(alias), [one]) = (&alias.name, columns.as_mut_slice())
        {
            one.name.clone_from(&alias.text);
        }
        if ordinality {
            columns.push(OutColumn { name: "ordinality".to_owned(), ty: Type::of(BaseType::Int8) });
        }
        let mut occurrence = self.aliased(word, &alias, Source::Function { calls: vec![*call], ordinality });
        occurrence.lateral = true;
        self.finish_item(occurrence, columns, open, false, &alias)
    }

    /// A table that keyword syntax makes of expressions, with the columns that it declares.
    fn keyword_table(
        &mut self,
        name: &str,
        args: &[&'a ast::Expr],
        columns: Vec<(&'a ast::Ident, Option<&'a ast::DataType>)>,
        alias: Option<&'a ast::TableAlias>,
    ) -> From {
        let before = self.scope().visible_from.replace(0);
        let args: Vec<Expr> = args.iter().map(|e| self.expr(e)).collect();
        self.scope().visible_from = before;
        let span = self.text.extent().unwrap_or_default();
        let columns: Vec<OutColumn> = columns
            .into_iter()
            .map(|(ident, ty)| {
                let ty = ty.map_or(Type::of(BaseType::Int4), |ty| self.data_type(ty));
                OutColumn { name: self.word(ident).text, ty }
            })
            .collect();
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        let expr = self.call(Some("pg_catalog"), name, span, args);
        let word = Word { text: name.to_owned(), span, quoted: false };
        let calls = match expr.kind {
            ExprKind::Call(call) => vec![*call],
            _ => Vec::new(),
        };
        let mut occurrence = self.aliased(&word, &alias, Source::Function { calls, ordinality: false });
        occurrence.lateral = true;
        From::Item(self.finish_item(occurrence, columns, false, false, &alias))
    }

    /// An item that is not modelled; the expressions in it are bound so that what they name is known.
    fn opaque_item(
        &mut self,
        what: &str,
        parts: &[&'a ast::Expr],
        alias: Option<&'a ast::TableAlias>,
    ) -> From {
        let before = self.scope().visible_from.replace(0);
        for part in parts {
            self.expr(part);
        }
        self.scope().visible_from = before;
        let span = self.text.extent().unwrap_or_default();
        self.gap(span, what, GapKind::Unsupported);
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        let word = Word { text: String::new(), span, quoted: true };
        let name = Qualified { schema: None, name: word };
        From::Item(self.unknown_relation(&name, alias))
    }

    /// An item over another one that is not modelled; the other stays in FROM, its names do not.
    fn opaque_table(
        &mut self,
        what: &str,
        table: &'a ast::TableFactor,
        alias: Option<&'a ast::TableAlias>,
    ) -> From {
        let start = self.scope().len();
        let left = self.table_factor(table);
        let scope = self.scope();
        for at in start..scope.len() {
            if let Some(item) = scope.item_mut(at) {
                item.hidden = true;
            }
        }
        let right = self.opaque_item(what, &[], alias);
        let span = self.text.extent().unwrap_or_default();
        From::Join(Box::new(Join { kind: JoinKind::Inner, left, right, on: None, merged: false, span }))
    }
}

/// The kind of a join, its condition, and what of it is not modelled.
fn join_kind(operator: &ast::JoinOperator) -> (JoinKind, Option<&ast::JoinConstraint>, Option<&'static str>) {
    use ast::JoinOperator as Op;
    match operator {
        Op::Join(c) | Op::Inner(c) | Op::CrossJoin(c) | Op::StraightJoin(c) => {
            (JoinKind::Inner, Some(c), None)
        }
        Op::Left(c) | Op::LeftOuter(c) => (JoinKind::Left, Some(c), None),
        Op::Right(c) | Op::RightOuter(c) => (JoinKind::Right, Some(c), None),
        Op::FullOuter(c) => (JoinKind::Full, Some(c), None),
        Op::Semi(c) | Op::LeftSemi(c) | Op::RightSemi(c) => (JoinKind::Inner, Some(c), Some("a semi join")),
        Op::Anti(c) | Op::LeftAnti(c) | Op::RightAnti(c) => (JoinKind::Left, Some(c), Some("an anti join")),
        Op::CrossApply => (JoinKind::Inner, None, Some("CROSS APPLY")),
        Op::OuterApply => (JoinKind::Left, None, Some("OUTER APPLY")),
        Op::AsOf { match_condition: _, constraint } => {
            (JoinKind::Left, Some(constraint), Some("an ASOF join"))
        }
        Op::ArrayJoin | Op::LeftArrayJoin | Op::InnerArrayJoin => {
            (JoinKind::Left, None, Some("an ARRAY JOIN"))
        }
    }
}

/// Positions of a relation's dropped columns.
pub(super) fn absent(relation: &crate::schema::catalog::Relation) -> Vec<u32> {
    relation.columns.iter().enumerate().filter(|(_, c)| c.dropped).map(|(i, _)| i as u32).collect()
}

/// Renames the columns that are there by an alias's list.
fn rename_present(columns: &mut [OutColumn], absent: &[u32], alias: &Alias) {
    let present = columns.iter_mut().enumerate().filter(|(i, _)| !absent.contains(&(*i as u32)));
    for ((_, column), (name, _)) in present.zip(&alias.columns) {
        column.name.clone_from(name);
    }
}
