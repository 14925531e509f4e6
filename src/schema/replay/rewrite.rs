//! Stored expressions and queries follow their tables: what they mention, and what becomes of them when a column or a
//! table is renamed. PostgreSQL stores them resolved; here their text is resolved again and changed.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{VisitMut as _, VisitorMut};

use super::scope::{Columns, Ctes, Names, Source, Text, constraint, fold, table_columns};
use crate::schema::catalog::{Name, RelId};
use crate::syntax::{ExprHandle, QueryHandle, ast};
use ast::{Expr, JoinConstraint, SelectItem, SetExpr, TableFactor};

/// What is asked of, or done to, an expression or a query.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task<'a> {
    /// Which relations it mentions.
    Relations,
    /// Whether it mentions a column.
    Mentions(RelId, &'a str),
    /// A column gets another name.
    RenameColumn(RelId, &'a str, &'a str),
    /// A relation gets another name; its old one stays its alias.
    RenameTable(RelId, &'a Name),
    /// `*` becomes the columns that it stands for now.
    Expand,
}

/// What a task came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Relations that were met.
    pub(super) relations: HashSet<RelId>,
    /// Whether the column or table of the task was met.
    pub(super) found: bool,
    /// Whether it stands where it cannot be followed (USING).
    pub(super) lost: bool,
}

/// Runs a task over a query; the query is replaced if it changed.
pub(super) fn query(names: Names<'_>, handle: &mut QueryHandle, task: Task<'_>) -> Outcome {
    let mut tree = handle.query.as_ref().clone();
    let text = Text { fragment: &handle.fragment, positions: &handle.positions, span: handle.span };
    let mut rewrite = Rewrite::new(names, text, task);
    let _ = tree.visit(&mut rewrite);
    let (outcome, changed) = (rewrite.outcome, rewrite.changed);
    if changed {
        handle.query = Arc::new(tree);
    }
    outcome
}

/// Runs a task over an expression that belongs to a table.
pub(super) fn expression(names: Names<'_>, table: RelId, handle: &mut ExprHandle, task: Task<'_>) -> Outcome {
    let mut tree = handle.expr.as_ref().clone();
    let text = Text { fragment: &handle.fragment, positions: &handle.positions, span: handle.span };
    let mut rewrite = Rewrite::new(names, text, task);
    let relation = names.catalog.relation(table);
    rewrite.scopes.push(Scope {
        sources: vec![Source {
            alias: relation.name.name.clone(),
            relation: Some(table),
            columns: Some(table_columns(relation)),
        }],
        star: None,
        outputs: Vec::new(),
    });
    let _ = tree.visit(&mut rewrite);
    let (outcome, changed) = (rewrite.outcome, rewrite.changed);
    if changed {
        handle.expr = Arc::new(tree);
    }
    outcome
}

struct Rewrite<'a> {
    names: Names<'a>,
    text: Text<'a>,
    task: Task<'a>,
    scopes: Vec<Scope>,
    /// WITH queries in sight, and how many each open query added.
    ctes: Ctes,
    added: Vec<usize>,
    /// Whether a query pushed a scope for its ORDER BY.
    ordered: Vec<bool>,
    in_order_by: bool,
    outcome: Outcome,
    changed: bool,
}

struct Scope {
    sources: Vec<Source>,
    star: Columns,
    /// Names of the outputs, which ORDER BY sees first.
    outputs: Vec<String>,
}

impl<'a> Rewrite<'a> {
    fn new(names: Names<'a>, text: Text<'a>, task: Task<'a>) -> Rewrite<'a> {
        Rewrite {
            names,
            text,
            task,
            scopes: Vec::new(),
            ctes: Vec::new(),
            added: Vec::new(),
            ordered: Vec::new(),
            in_order_by: false,
            outcome: Outcome::default(),
            changed: false,
        }
    }

    fn scope(&self, select: &ast::Select) -> Scope {
        if matches!(self.task, Task::Relations) {
            return Scope { sources: Vec::new(), star: None, outputs: Vec::new() };
        }
        let (sources, star) = self.names.from(&select.from, &self.ctes, self.text);
        let outputs = select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::UnnamedExpr(expr) => super::lower::label(expr),
                SelectItem::ExprWithAlias { expr: _, alias } => Some(fold(alias)),
                SelectItem::ExprWithAliases { expr: _, aliases: _ }
                | SelectItem::QualifiedWildcard(_, _)
                | SelectItem::Wildcard(_) => None,
            })
            .collect();
        Scope { sources, star, outputs }
    }

    /// The relation that a column name belongs to.
    fn owner(&self, qualifier: Option<&str>, name: &str) -> Option<RelId> {
        for scope in self.scopes.iter().rev() {
            if self.in_order_by && qualifier.is_none() && scope.outputs.iter().any(|o| o == name) {
                return None;
            }
            let fitting = scope.sources.iter().filter(|s| qualifier.is_none_or(|q| q == s.alias));
            let mut hidden = false;
            for source in fitting {
                match &source.columns {
                    Some(columns) if columns.iter().any(|(column, _)| column == name) => {
                        return source.relation;
                    }
                    Some(_) => {}
                    None => hidden = true,
                }
            }
            if hidden {
                return None;
            }
        }
        None
    }

    /// The column of the task and the name that it gets, if that is what the identifiers mean.
    fn column(&mut self, qualifier: Option<&ast::Ident>, ident: &mut ast::Ident) {
        let (wanted, column, to) = match self.task {
            Task::Mentions(wanted, column) => (wanted, column, None),
            Task::RenameColumn(wanted, column, to) => (wanted, column, Some(to)),
            Task::Relations | Task::RenameTable(_, _) | Task::Expand => return,
        };
        let name = fold(ident);
        if name != column || self.owner(qualifier.map(fold).as_deref(), &name) != Some(wanted) {
            return;
        }
        self.outcome.found = true;
        if let Some(to) = to {
            rename(ident, to);
            self.changed = true;
        }
    }

    /// The table of an expression by its own name, which it is called by no longer.
    fn table(&mut self, qualifier: &mut ast::Ident) {
        let Task::RenameTable(wanted, to) = self.task else { return };
        let name = fold(qualifier);
        let owner = self
            .scopes
            .iter()
            .rev()
            .find_map(|scope| scope.sources.iter().find(|s| s.alias == name))
            .and_then(|source| source.relation);
        // In a query the old name stays as an alias.
        let own = self.scopes.first().is_some_and(|s| s.star.is_none() && s.outputs.is_empty());
        let nearest = self.scopes.iter().rposition(|scope| scope.sources.iter().any(|s| s.alias == name));
        if own && nearest == Some(0) && owner == Some(wanted) {
            rename(qualifier, &to.name);
            self.changed = true;
        }
    }

    /// Whether an expression has the column of a rename in it.
    fn renames(&self, expr: &Expr) -> bool {
        let Task::RenameColumn(wanted, column, _) = self.task else { return false };
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            let (qualifier, ident) = match expr {
                Expr::Identifier(ident) => (None, Some(ident)),
                Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                    [.., qualifier, ident] => (Some(fold(qualifier)), Some(ident)),
                    _ => (None, None),
                },
                _other => (None, None),
            };
            if let Some(ident) = ident {
                let name = fold(ident);
                if name == column && self.owner(qualifier.as_deref(), &name) == Some(wanted) {
                    return true;
                }
            }
            super::expr::children(expr, &mut todo);
        }
        false
    }

    /// An output that was named after the column keeps its name.
    fn keep_output_names(&mut self, select: &mut ast::Select) {
        let Task::RenameColumn(_, column, _) = self.task else { return };
        for item in &mut select.projection {
            let SelectItem::UnnamedExpr(expr) = item else { continue };
            if super::lower::label(expr).as_deref() == Some(column) && self.renames(expr) {
                let mut alias = ast::Ident::new(column);
                alias.quote_style = Some('"');
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
                self.changed = true;
            }
        }
    }

    /// USING and NATURAL name columns of both sides, which a rename on one side cannot follow.
    fn merged_columns(&mut self, tables: &[ast::TableWithJoins]) {
        let (Task::RenameColumn(wanted, column, _) | Task::Mentions(wanted, column)) = self.task else {
            return;
        };
        let mut todo: Vec<&ast::TableWithJoins> = tables.iter().collect();
        while let Some(ast::TableWithJoins { relation, joins }) = todo.pop() {
            let factors = std::iter::once(relation).chain(joins.iter().map(|j| &j.relation));
            todo.extend(factors.filter_map(|f| match f {
                TableFactor::NestedJoin { table_with_joins, alias: _ } => Some(table_with_joins.as_ref()),
                _other => None,
            }));
            for join in joins {
                let named = match constraint(&join.join_operator) {
                    Some(JoinConstraint::Using(names)) => {
                        names.iter().any(|n| super::scope::parts(n).is_some_and(|(_, name)| name == column))
                    }
                    Some(JoinConstraint::Natural) => true,
                    Some(JoinConstraint::On(_) | JoinConstraint::None) | None => false,
                };
                let ours = self.scopes.last().is_some_and(|scope| {
                    scope.sources.iter().any(|s| {
                        s.relation == Some(wanted)
                            && s.columns.as_ref().is_some_and(|c| c.iter().any(|(name, _)| name == column))
                    })
                });
                if named && ours {
                    self.outcome.found = true;
                    self.outcome.lost = true;
                }
            }
        }
    }

    fn expand(&mut self, select: &mut ast::Select) {
        let Some(scope) = self.scopes.last() else { return };
        let mut projection = Vec::with_capacity(select.projection.len());
        let mut expanded = false;
        for item in &select.projection {
            let (columns, qualifier, span) = match item {
                SelectItem::Wildcard(options) => {
                    let span = options.wildcard_token.0.span;
                    (scope.star.as_ref().map(|star| qualified(star, &scope.sources)), None, span)
                }
                SelectItem::QualifiedWildcard(
                    ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    let alias = super::scope::parts(name).map(|(_, name)| name);
                    let source = scope.sources.iter().find(|s| Some(&s.alias) == alias.as_ref());
                    let columns = source.and_then(|s| s.columns.as_ref()).map(|columns| {
                        columns.iter().map(|(name, _)| (None, name.clone())).collect::<Vec<_>>()
                    });
                    (columns, alias, options.wildcard_token.0.span)
                }
                SelectItem::UnnamedExpr(_)
                | SelectItem::ExprWithAlias { expr: _, alias: _ }
                | SelectItem::ExprWithAliases { expr: _, aliases: _ }
                | SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::Expr(_), _) => {
                    projection.push(item.clone());
                    continue;
                }
            };
            let Some(columns) = columns else {
                projection.push(item.clone());
                continue;
            };
            expanded = true;
            projection.extend(columns.into_iter().map(|(source, name)| {
                let ident = |name: &str| ast::Ident { value: name.to_owned(), quote_style: Some('"'), span };
                match source.as_ref().or(qualifier.as_ref()) {
                    Some(qualifier) => SelectItem::UnnamedExpr(Expr::CompoundIdentifier(vec![
                        ident(qualifier),
                        ident(&name),
                    ])),
                    None => SelectItem::UnnamedExpr(Expr::Identifier(ident(&name))),
                }
            }));
        }
        if expanded {
            select.projection = projection;
            self.changed = true;
        }
    }
}

/// Columns of `*` with the source that each comes from, where only one has it.
fn qualified(
    star: &[(String, crate::schema::resolve::Argument)],
    sources: &[Source],
) -> Vec<(Option<String>, String)> {
    let mut taken: Vec<(usize, usize)> = Vec::new();
    star.iter()
        .map(|(name, _)| {
            // The nth column of that name is that of the nth source that has it.
            let owner = sources.iter().enumerate().find_map(|(s, source)| {
                let columns = source.columns.as_ref()?;
                let c = columns.iter().position(|(column, _)| column == name)?;
                (!taken.contains(&(s, c))).then_some((s, c))
            });
            let owner = owner.inspect(|owner| taken.push(*owner));
            let alias = owner.and_then(|(s, _)| sources.get(s)).map(|s| s.alias.clone());
            (alias.filter(|a| !a.is_empty()), name.clone())
        })
        .collect()
}

fn rename(ident: &mut ast::Ident, to: &str) {
    to.clone_into(&mut ident.value);
    // Already folded: quotes keep it as it is.
    ident.quote_style = Some('"');
}

impl VisitorMut for Rewrite<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut ast::Query) -> ControlFlow<()> {
        let before = self.ctes.len();
        for cte in query.with.iter().flat_map(|w| &w.cte_tables) {
            let columns = match self.task {
                Task::Relations => None,
                _ => self.names.outputs(&cte.query, &self.ctes, self.text),
            };
            let columns = columns.map(|mut columns| {
                for (column, def) in columns.iter_mut().zip(&cte.alias.columns) {
                    column.0 = fold(&def.name);
                }
                columns
            });
            self.ctes.push((fold(&cte.alias.name), columns));
        }
        self.added.push(self.ctes.len() - before);
        // ORDER BY stands outside of SELECT and sees its sources.
        let scope = match (query.body.as_ref(), &query.order_by) {
            (SetExpr::Select(select), Some(_)) => Some(self.scope(select)),
            _ => None,
        };
        self.ordered.push(scope.is_some());
        self.scopes.extend(scope);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut ast::Query) -> ControlFlow<()> {
        let added = self.added.pop().unwrap_or_default();
        self.ctes.truncate(self.ctes.len() - added);
        if self.ordered.pop() == Some(true) {
            self.scopes.pop();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut ast::Select) -> ControlFlow<()> {
        self.scopes.push(self.scope(select));
        self.merged_columns(&select.from);
        self.keep_output_names(select);
        if matches!(self.task, Task::Expand) {
            self.expand(select);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &mut ast::Select) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_order_by(&mut self, _order_by: &mut ast::OrderBy) -> ControlFlow<()> {
        self.in_order_by = true;
        ControlFlow::Continue(())
    }

    fn post_visit_order_by(&mut self, _order_by: &mut ast::OrderBy) -> ControlFlow<()> {
        self.in_order_by = false;
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let Some((schema, bare)) = super::scope::parts(name) else { return ControlFlow::Continue(()) };
        if schema.is_none() && self.ctes.iter().any(|(cte, _)| *cte == bare) {
            return ControlFlow::Continue(());
        }
        let Some(id) = self.names.relation(name) else { return ControlFlow::Continue(()) };
        self.outcome.relations.insert(id);
        if let Task::RenameTable(wanted, to) = self.task
            && wanted == id
        {
            let span = match name.0.last() {
                Some(ast::ObjectNamePart::Identifier(ident)) => ident.span,
                _ => sqlparser::tokenizer::Span::empty(),
            };
            let ident = |value: &str| {
                ast::ObjectNamePart::Identifier(ast::Ident {
                    value: value.to_owned(),
                    quote_style: Some('"'),
                    span,
                })
            };
            *name = ast::ObjectName(vec![ident(&to.schema), ident(&to.name)]);
            if alias.is_none() {
                *alias = Some(ast::TableAlias {
                    explicit: true,
                    name: ast::Ident { value: bare, quote_style: Some('"'), span },
                    columns: Vec::new(),
                    at: None,
                });
            }
            self.outcome.found = true;
            self.changed = true;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.column(None, ident),
            Expr::CompoundIdentifier(parts) => {
                if let [.., qualifier, ident] = parts.as_mut_slice() {
                    self.table(qualifier);
                    let qualifier = qualifier.clone();
                    self.column(Some(&qualifier), ident);
                }
            }
            // Every other kind is entered.
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
