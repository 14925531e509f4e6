//! Names and types of the columns that a query gives, as far as its text and the catalog tell: for CREATE TABLE AS,
//! materialized views and derived tables. Binding proper is `query`'s.

use std::collections::HashMap;

use super::infer::Inference;
use super::lower::label;
use crate::schema::Catalog;
use crate::schema::catalog::{RelId, Relation, RelationKind};
use crate::schema::functions;
use crate::schema::names;
use crate::schema::resolve::Argument;
use crate::schema::system;
use crate::schema::types::{BaseType, Type};
use crate::source::{Fragment, Span};
use crate::syntax::{Positions, ast};
use ast::{JoinConstraint, JoinOperator, SelectItem, SetExpr, TableFactor};

/// Columns by name and type; `None` where they are not known.
pub(super) type Columns = Option<Vec<(String, Argument)>>;

/// What names mean at one point of the replay.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) catalog: &'a Catalog,
    /// Schemas searched for an unqualified name.
    pub(super) path: &'a [String],
    /// Columns of views, which the catalog does not hold.
    pub(super) views: &'a HashMap<RelId, Columns>,
}

/// Text that places are reported in.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) fragment: &'a Fragment,
    pub(super) positions: &'a Positions,
    /// What is pointed at where nothing smaller is known.
    pub(super) span: Span,
}

/// Something that an expression can take columns from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The name that qualifies its columns.
    pub(super) alias: String,
    /// The relation that it is, where it is one.
    pub(super) relation: Option<RelId>,
    pub(super) columns: Columns,
}

/// WITH queries in sight, the innermost last.
pub(super) type Ctes = Vec<(String, Columns)>;

impl<'a> Names<'a> {
    /// A relation by name along the path.
    pub(super) fn relation(self, name: &ast::ObjectName) -> Option<RelId> {
        let (schema, name) = parts(name)?;
        match schema {
            Some(_) => self.catalog.find_relation(schema.as_deref(), &name),
            None => std::iter::once("pg_temp")
                .chain(self.path.iter().map(String::as_str))
                .find_map(|schema| self.catalog.find_relation(Some(schema), &name))
                .or_else(|| self.catalog.find_relation(None, &name)),
        }
    }

    /// The columns of a relation.
    pub(super) fn columns(self, id: RelId) -> Columns {
        let relation: &Relation = self.catalog.relation(id);
        match &relation.kind {
            RelationKind::View(_) | RelationKind::MaterializedView(_) => {
                self.views.get(&id).cloned().unwrap_or_default()
            }
            _table if relation.incomplete => None,
            _table => Some(table_columns(relation)),
        }
    }

    /// The columns of a query.
    pub(super) fn outputs(self, query: &ast::Query, ctes: &Ctes, text: Text<'_>) -> Columns {
        let mut ctes = ctes.clone();
        for cte in query.with.iter().flat_map(|w| &w.cte_tables) {
            let name = fold(&cte.alias.name);
            let recursive = query.with.as_ref().is_some_and(|w| w.recursive);
            let columns = match cte.query.body.as_ref() {
                // The first part decides; the second sees it.
                SetExpr::SetOperation { left, op: _, set_quantifier: _, right: _ }
                    if recursive && cte.query.with.is_none() =>
                {
                    self.body_outputs(left, &ctes, text)
                }
                _other => self.outputs(&cte.query, &ctes, text),
            };
            ctes.push((name, renamed(columns, &cte.alias)));
        }
        self.body_outputs(&query.body, &ctes, text)
    }

    fn body_outputs(self, body: &SetExpr, ctes: &Ctes, text: Text<'_>) -> Columns {
        match body {
            SetExpr::Select(select) => self.select_outputs(select, ctes, text),
            SetExpr::Query(query) => self.outputs(query, ctes, text),
            SetExpr::SetOperation { left, op: _, set_quantifier: _, right } => {
                let left = self.body_outputs(left, ctes, text)?;
                let right = self.body_outputs(right, ctes, text);
                let mut right = right.into_iter().flatten();
                let merge = |(name, ty): (String, Argument)| {
                    let other = right.next().and_then(|(_, ty)| ty);
                    let ty = match (ty, other) {
                        (Some(a), Some(b)) if a == b || b.is_unknown() => Some(a),
                        (Some(a), Some(b)) if a.is_unknown() => Some(b),
                        _ => None,
                    };
                    (name, ty)
                };
                Some(left.into_iter().map(merge).collect())
            }
            SetExpr::Values(ast::Values { explicit_row: _, value_keyword: _, rows }) => {
                let row = rows.first()?;
                let mut inference = self.inference(&[], ctes, text);
                let typed = row.content.iter().enumerate().map(|(i, value)| {
                    let ty = inference.expr(value).map(settled);
                    (format!("column{}", i + 1), ty)
                });
                Some(typed.collect())
            }
            SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => None,
        }
    }

    fn inference(self, sources: &'a [Source], ctes: &'a Ctes, text: Text<'a>) -> Inference<'a> {
        Inference { names: self, sources, ctes, text, faults: Vec::new() }
    }

    fn select_outputs(self, select: &ast::Select, ctes: &Ctes, text: Text<'_>) -> Columns {
        let (sources, star) = self.from(&select.from, ctes, text);
        let mut columns = Vec::new();
        for item in &select.projection {
            let (name, expr) = match item {
                SelectItem::UnnamedExpr(expr) => (label(expr).unwrap_or_else(|| "?column?".to_owned()), expr),
                SelectItem::ExprWithAlias { expr, alias } => (fold(alias), expr),
                SelectItem::ExprWithAliases { expr: _, aliases: _ } => return None,
                SelectItem::Wildcard(_) => {
                    columns.extend(star.clone()?);
                    continue;
                }
                SelectItem::QualifiedWildcard(kind, _) => {
                    let ast::SelectItemQualifiedWildcardKind::ObjectName(name) = kind else { return None };
                    let (_, alias) = parts(name)?;
                    let source = sources.iter().find(|s| s.alias == alias)?;
                    columns.extend(source.columns.clone()?);
                    continue;
                }
            };
            let mut inference = Inference { names: self, sources: &sources, ctes, text, faults: Vec::new() };
            columns.push((name, inference.expr(expr).map(settled)));
        }
        Some(columns)
    }

    /// The sources of FROM, and what `*` stands for.
    pub(super) fn from(
        self,
        from: &[ast::TableWithJoins],
        ctes: &Ctes,
        text: Text<'_>,
    ) -> (Vec<Source>, Columns) {
        let mut sources = Vec::new();
        let mut star: Columns = Some(Vec::new());
        for tables in from {
            let columns = self.joined(tables, ctes, text, &mut sources);
            star = match (star, columns) {
                (Some(mut all), Some(more)) => {
                    all.extend(more);
                    Some(all)
                }
                _ => None,
            };
        }
        (sources, star)
    }

    fn joined(
        self,
        tables: &ast::TableWithJoins,
        ctes: &Ctes,
        text: Text<'_>,
        sources: &mut Vec<Source>,
    ) -> Columns {
        let ast::TableWithJoins { relation, joins } = tables;
        let mut star = self.factor(relation, ctes, text, sources);
        for ast::Join { relation, global: _, join_operator } in joins {
            let right = self.factor(relation, ctes, text, sources);
            let merged: Vec<String> = match constraint(join_operator) {
                Some(JoinConstraint::Using(names)) => {
                    names.iter().filter_map(parts).map(|(_, name)| name).collect()
                }
                Some(JoinConstraint::Natural) => match (&star, &right) {
                    (Some(left), Some(right)) => {
                        let shared = |name: &String| right.iter().any(|(other, _)| other == name);
                        left.iter().map(|(name, _)| name.clone()).filter(shared).collect()
                    }
                    _ => return None,
                },
                Some(JoinConstraint::On(_) | JoinConstraint::None) | None => Vec::new(),
            };
            star = match (star, right) {
                (Some(left), Some(right)) => {
                    let is_merged = |(name, _): &(String, Argument)| merged.contains(name);
                    let mut all: Vec<(String, Argument)> = merged
                        .iter()
                        .filter_map(|name| left.iter().find(|(other, _)| other == name).cloned())
                        .collect();
                    all.extend(left.into_iter().filter(|c| !is_merged(c)));
                    all.extend(right.into_iter().filter(|c| !is_merged(c)));
                    Some(all)
                }
                _ => None,
            };
        }
        star
    }

    fn factor(self, factor: &TableFactor, ctes: &Ctes, text: Text<'_>, sources: &mut Vec<Source>) -> Columns {
        let (alias, relation, columns) = match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints: _,
                version: _,
                with_ordinality,
                partitions: _,
                json_path: _,
                sample: _,
                index_hints: _,
            } => {
                let (schema, bare) = parts(name)?;
                let cte = ctes.iter().rev().find(|(cte, _)| schema.is_none() && *cte == bare);
                let (relation, columns) = match (args, cte) {
                    (Some(_), _) => {
                        let alias = alias.as_ref().map_or_else(|| bare.clone(), |a| fold(&a.name));
                        (None, function_columns(&bare, &alias, *with_ordinality))
                    }
                    (None, Some((_, columns))) => (None, columns.clone()),
                    (None, None) => match self.relation(name) {
                        Some(id) => (Some(id), self.columns(id)),
                        None => (None, system_columns(schema.as_deref(), &bare)),
                    },
                };
                (
                    alias.as_ref().map_or(Some(bare), |a| Some(fold(&a.name))),
                    relation,
                    rename(columns, alias.as_ref()),
                )
            }
            TableFactor::Derived { lateral: _, subquery, alias, sample: _ } => {
                let columns = self.outputs(subquery, ctes, text);
                (alias.as_ref().map(|a| fold(&a.name)), None, rename(columns, alias.as_ref()))
            }
            TableFactor::Function { lateral: _, name, args: _, with_ordinality, alias } => {
                let (_, bare) = parts(name)?;
                let shown = alias.as_ref().map_or_else(|| bare.clone(), |a| fold(&a.name));
                let columns = function_columns(&bare, &shown, *with_ordinality);
                (Some(shown), None, rename(columns, alias.as_ref()))
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset: _,
                with_offset_alias: _,
                with_ordinality,
            } => {
                let shown = alias.as_ref().map_or_else(|| "unnest".to_owned(), |a| fold(&a.name));
                let columns = match array_exprs.as_slice() {
                    [_] if !with_ordinality => Some(vec![(shown.clone(), None)]),
                    _ => None,
                };
                (Some(shown), None, rename(columns, alias.as_ref()))
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let columns = self.joined(table_with_joins, ctes, text, sources);
                let Some(alias) = alias else { return columns };
                (Some(fold(&alias.name)), None, renamed(columns, alias))
            }
            TableFactor::TableFunction { expr: _, alias }
            | TableFactor::JsonTable { json_expr: _, json_path: _, columns: _, alias }
            | TableFactor::OpenJsonTable { json_expr: _, json_path: _, columns: _, alias }
            | TableFactor::XmlTable { namespaces: _, row_expression: _, passing: _, columns: _, alias } => {
                (alias.as_ref().map(|a| fold(&a.name)), None, None)
            }
            // Other databases'.
            TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::SemanticView { .. } => (None, None, None),
        };
        sources.push(Source { alias: alias.unwrap_or_default(), relation, columns: columns.clone() });
        columns
    }
}

/// The condition of a join.
pub(super) fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c)
        | JoinOperator::CrossJoin(c)
        | JoinOperator::Semi(c)
        | JoinOperator::LeftSemi(c)
        | JoinOperator::RightSemi(c)
        | JoinOperator::Anti(c)
        | JoinOperator::LeftAnti(c)
        | JoinOperator::RightAnti(c)
        | JoinOperator::StraightJoin(c)
        | JoinOperator::AsOf { match_condition: _, constraint: c } => Some(c),
        JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => None,
    }
}

/// Schema and name, folded.
pub(super) fn parts(name: &ast::ObjectName) -> Option<(Option<String>, String)> {
    let mut idents = name.0.iter().rev().map(|part| match part {
        ast::ObjectNamePart::Identifier(ident) => ident,
        ast::ObjectNamePart::Function(ast::ObjectNamePartFunction { name, args: _ }) => name,
    });
    let last = fold(idents.next()?);
    Some((idents.next().map(fold), last))
}

pub(super) fn fold(ident: &ast::Ident) -> String {
    names::fold(&ident.value, ident.quote_style)
}

/// Live columns of a table.
pub(super) fn table_columns(relation: &Relation) -> Vec<(String, Argument)> {
    let live = relation.columns.iter().filter(|c| !c.dropped);
    live.map(|c| (c.name.clone(), Some(c.ty.clone()).filter(|ty| !ty.is_unknown()))).collect()
}

fn system_columns(schema: Option<&str>, name: &str) -> Columns {
    let relation = system::lookup(schema, name)?;
    Some(relation.columns.into_iter().map(|(name, ty)| (name.to_owned(), Some(ty))).collect())
}

/// Columns of a function in FROM.
fn function_columns(name: &str, alias: &str, ordinality: bool) -> Columns {
    let mut shapes: Vec<Vec<(String, Argument)>> = Vec::new();
    for overload in functions::overloads(name) {
        let shape = if overload.out_columns.is_empty() {
            if overload.result == "record" {
                return None;
            }
            let ty = Some(overload.returns()).filter(|ty| !ty.is_unknown());
            vec![(alias.to_owned(), ty)]
        } else {
            overload.out_columns.into_iter().map(|(name, ty)| (name.to_owned(), Some(ty))).collect()
        };
        shapes.push(shape);
    }
    let mut columns = shapes.pop()?;
    for shape in shapes {
        if shape.len() != columns.len() {
            return None;
        }
        for (column, (_, ty)) in columns.iter_mut().zip(shape) {
            if column.1 != ty {
                column.1 = None;
            }
        }
    }
    if ordinality {
        columns.push(("ordinality".to_owned(), Some(Type::of(BaseType::Int8))));
    }
    Some(columns)
}

fn rename(columns: Columns, alias: Option<&ast::TableAlias>) -> Columns {
    match alias {
        Some(alias) => renamed(columns, alias),
        None => columns,
    }
}

/// Columns under the names of an alias's list.
fn renamed(columns: Columns, alias: &ast::TableAlias) -> Columns {
    let Some(mut columns) = columns else {
        // A list names at least these; whether there are more is not known.
        return None;
    };
    for (column, ast::TableAliasColumnDef { name, data_type: _ }) in columns.iter_mut().zip(&alias.columns) {
        column.0 = fold(name);
    }
    Some(columns)
}

/// The type of an output: an untyped literal becomes text.
fn settled(ty: Type) -> Type {
    if ty.is_unknown() { Type::of(BaseType::Text) } else { ty }
}
