//! FROM: relations, joins, derived tables, views, functions.

use std::collections::HashSet;

use super::names::{Qualified, Word};
use crate::query::binder::{Binder, Found};
use crate::query::model::{CompareOp, Expr, ExprKind, From, Join, JoinKind, OccId};
use crate::query::scope::{Item, Resolution, Target};
use crate::query::types;
use crate::query::walk;
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
    pub(super) fn names(&self) -> Vec<String> {
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
        let shared: HashSet<&str> = scope
            .starred_in(middle..end)
            .flat_map(|item| item.each(&self.occurrences, true))
            .map(|(name, _)| name)
            .filter(|name| {
                let left = scope.column_in(start..middle, &self.occurrences, name);
                matches!(left, Resolution::Found(_) | Resolution::Ambiguous(..))
            })
            .collect();
        let word = |name: &str| Word::made_up(name, span);
        let common: Vec<Word> = match shared.len() {
            0 | 1 => shared.into_iter().map(word).collect(),
            _ => scope
                .starred_in(start..middle)
                .flat_map(|item| item.each(&self.occurrences, true))
                .filter(|(name, _)| shared.contains(name))
                .map(|(name, _)| word(name))
                .collect(),
        };
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
                partitions: _, // fewer rows of the same table
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
                if alone(&name) {
                    return From::Item(self.function_item(&name, &[], *with_ordinality, alias.as_ref()));
                }
                if version.is_some() || json_path.is_some() {
                    self.unsupported(name.name.span, "a table version or path of another dialect");
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
            } => From::Item(self.unnest_item(array_exprs, *with_offset, *with_ordinality, alias.as_ref())),
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
        let left = self.copies_left;
        let mut open = false;
        if let Some(scope) = self.scopes.last() {
            for item in scope.starred_in(start..scope.len()) {
                open |= item.open;
                let columns = item.each(&self.occurrences, true).into_iter();
                found.extend(columns.map(|(name, target)| (name.to_owned(), Found::new(target, left))));
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
}

/// Whether a name in FROM is a reserved word that calls a function without parentheses.
fn alone(name: &Qualified) -> bool {
    name.schema.is_none() && !name.name.quoted && super::column::is_keyword_call(&name.name.text)
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
