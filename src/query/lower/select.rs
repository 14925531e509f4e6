//! SELECT blocks: select list, DISTINCT, WHERE, HAVING; names of output columns.

use super::expr::typed;
use super::names::{Qualified, Word};
use crate::query::binder::{Binder, Found, ReturnedRow};
use crate::query::model::{Distinct, Expr, ExprKind, OccId, OutColumn, Output, Select};
use crate::query::scope::ItemColumns;
use crate::query::types;
use crate::schema::names::fold;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

/// The name of an output that stands for columns that are not known.
const STAR: &str = "*";

/// The name PostgreSQL gives a column that has none.
const NAMELESS: &str = "?column?";

/// Whether an output stands for columns that are not known.
pub(super) fn is_star(output: &Output) -> bool {
    output.name == STAR
}

impl<'a> Binder<'a> {
    /// A block at the innermost level, with its output columns and whether there may be others.
    pub(super) fn select(&mut self, select: &'a ast::Select) -> (Select, Vec<OutColumn>, bool) {
        let ast::Select {
            select_token,
            optimizer_hints: _, // how it is run, not what it means
            distinct,
            select_modifiers: _, // MySQL's hints
            top,
            top_before_distinct: _, // a matter of TOP, which is reported
            projection,
            exclude,
            into: _, // looked at by the statement: where the rows go changes nothing here
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _, // a matter of spelling
            value_table_mode,
            flavor,
        } = select;
        let span = self.token(select_token);
        let from = self.tables(from);
        self.named_windows(named_window);
        let output = self.outputs(projection);
        let filter = selection.as_ref().map(|e| self.expr(e));
        let distinct = match distinct {
            None | Some(ast::Distinct::All) => Distinct::No,
            Some(ast::Distinct::Distinct) => Distinct::Yes,
            Some(ast::Distinct::On(keys)) => {
                Distinct::On(keys.iter().map(|e| self.output_or_expr(e, &output, false)).collect())
            }
        };
        let mut grouping = self.group_by(group_by, &output);
        let having = having.as_ref().map(|e| self.expr(e));
        if grouping.is_none() && (having.is_some() || self.scope().calls.aggregate) {
            grouping = Some(super::grouping::implicit());
        }
        let foreign = top.is_some()
            || exclude.is_some()
            || !lateral_views.is_empty()
            || prewhere.is_some()
            || !connect_by.is_empty()
            || !cluster_by.is_empty()
            || !distribute_by.is_empty()
            || !sort_by.is_empty()
            || qualify.is_some()
            || value_table_mode.is_some()
            || !matches!(flavor, ast::SelectFlavor::Standard);
        if foreign {
            self.unsupported(span, "a clause of another dialect");
        }
        let columns: Vec<OutColumn> = output
            .iter()
            .map(|o| OutColumn { name: o.name.clone(), ty: types::of_output(&o.expr) })
            .collect();
        let open = output.iter().any(is_star);
        let calls = self.scope().calls;
        let block = Select {
            distinct,
            from,
            filter,
            grouping,
            having,
            output,
            windowed: calls.window,
            set_returning: calls.set,
            span,
        };
        (block, columns, open)
    }

    /// `TABLE t`: `SELECT * FROM t`.
    pub(super) fn table_command(&mut self, table: &'a ast::Table) -> (Select, Vec<OutColumn>, bool) {
        let ast::Table { table_name, schema_name } = table;
        let span = self.text.extent();
        // The parser keeps these names as text, without quotes to tell how they were written.
        let name = fold(table_name.as_deref().unwrap_or_default(), None);
        let schema = schema_name.as_deref().map(|schema| fold(schema, None));
        let name = Qualified { schema, ..Qualified::alone(Word::made_up(&name, span)) };
        let occ = self.relation(name, None);
        let output = self.star(span);
        let columns: Vec<OutColumn> =
            output.iter().map(|o| OutColumn { name: o.name.clone(), ty: o.expr.ty.clone() }).collect();
        let open = output.iter().any(is_star);
        let block = Select {
            distinct: Distinct::No,
            from: vec![crate::query::model::From::Item(occ)],
            filter: None,
            grouping: None,
            having: None,
            output,
            windowed: false,
            set_returning: false,
            span,
        };
        (block, columns, open)
    }

    // The select list.

    /// A select list or RETURNING list with `*` expanded.
    pub(super) fn outputs(&mut self, items: &'a [ast::SelectItem]) -> Vec<Output> {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            match item {
                ast::SelectItem::UnnamedExpr(e) => {
                    if let Some(more) = self.embedded(e) {
                        out.extend(more);
                        continue;
                    }
                    let before = self.text.enter();
                    let expr = self.expr(e);
                    let raw = self.text.raw_extent();
                    self.text.leave(before);
                    if self.is_expanded(raw) {
                        out.extend(self.composite_star(expr));
                        continue;
                    }
                    // A splice alone may be any number of columns.
                    let name = match expr.kind {
                        ExprKind::Hole(_) => STAR.to_owned(),
                        _ => column_name(e, &expr).map_or_else(|| NAMELESS.to_owned(), |(name, _)| name),
                    };
                    out.push(Output { name, expr });
                }
                ast::SelectItem::ExprWithAlias { expr, alias } => {
                    let expr = self.expr(expr);
                    let name = self.word(alias).text;
                    out.push(Output { name, expr });
                }
                ast::SelectItem::ExprWithAliases { expr, aliases } => {
                    let expr = self.expr(expr);
                    self.unsupported(expr.span, "several names for one expression");
                    let name = aliases.first().map_or_else(String::new, |a| self.word(a).text);
                    out.push(Output { name, expr });
                }
                ast::SelectItem::QualifiedWildcard(kind, options) => {
                    let list = match kind {
                        ast::SelectItemQualifiedWildcardKind::ObjectName(name) => self.qualified_star(name),
                        ast::SelectItemQualifiedWildcardKind::Expr(e) => {
                            let value = self.expr(e);
                            self.composite_star(value)
                        }
                    };
                    out.extend(list);
                    self.star_options(options);
                }
                ast::SelectItem::Wildcard(options) => {
                    let span = self.star_options(options);
                    out.extend(self.star(span));
                }
            }
        }
        out
    }

    /// Options of `*`, all of other dialects; the place of `*`.
    fn star_options(&mut self, options: &'a ast::WildcardAdditionalOptions) -> Span {
        let ast::WildcardAdditionalOptions {
            wildcard_token,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let span = self.token(wildcard_token);
        let foreign = opt_ilike.is_some()
            || opt_exclude.is_some()
            || opt_except.is_some()
            || opt_replace.is_some()
            || opt_rename.is_some()
            || opt_alias.is_some();
        if foreign {
            self.unsupported(span, "`*` with options of another dialect");
        }
        span
    }

    /// `*`: every column of every item, merged columns first and once.
    pub(super) fn star(&mut self, span: Span) -> Vec<Output> {
        let mut list: Vec<(String, Expanded)> = Vec::new();
        let left = self.copies_left;
        let occurrences = std::mem::take(&mut self.occurrences);
        for item in self.scope().starred() {
            for (name, target) in item.each(&occurrences, true) {
                list.push((name.to_owned(), Expanded::Column(Found::new(target, left))));
            }
            if item.open
                && let ItemColumns::Of(occ) = item.columns
            {
                list.push((STAR.to_owned(), Expanded::Row(occ)));
            }
        }
        self.occurrences = occurrences;
        self.expand(list, span)
    }

    fn expand(&mut self, list: Vec<(String, Expanded)>, span: Span) -> Vec<Output> {
        list.into_iter()
            .map(|(name, target)| {
                let expr = match target {
                    Expanded::Column(found) => self.found(found, &name, span),
                    Expanded::Row(occ) => {
                        Expr { span, ..typed(ExprKind::WholeRow(occ), Type::of(BaseType::Record)) }
                    }
                };
                Output { name, expr: Expr { span, ..expr } }
            })
            .collect()
    }

    /// `t.*`, `s.t.*`.
    pub(super) fn qualified_star(&mut self, name: &'a ast::ObjectName) -> Vec<Output> {
        let Qualified { schema, name, raw: _ } = self.qualified_name(name);
        if let Some(expression) = self.hole_in(&name.text) {
            let expr = self.hole(expression, name.span);
            return vec![Output { name: STAR.to_owned(), expr }];
        }
        self.item_star(schema.as_deref(), &name)
    }

    fn item_star(&mut self, schema: Option<&str>, name: &Word) -> Vec<Output> {
        let Some((level, at, false)) = self.relation_named(schema, &name.text) else {
            if schema.is_none()
                && let Some(list) = self.context_star(&name.text, name.span)
            {
                return list;
            }
            let expr = self.unknown_qualifier(&name.text, STAR, name.span);
            return vec![Output { name: STAR.to_owned(), expr }];
        };
        let mut list: Vec<(String, Expanded)> = Vec::new();
        let left = self.copies_left;
        if let Some(item) = self.scopes.get(level).and_then(|s| s.item(at)) {
            for (column, target) in item.each(&self.occurrences, false) {
                list.push((column.to_owned(), Expanded::Column(Found::new(target, left))));
            }
            if item.open
                && let ItemColumns::Of(occ) = item.columns
            {
                list.push((STAR.to_owned(), Expanded::Row(occ)));
            }
        }
        self.expand(list, name.span)
    }

    /// `(value).*`: columns where the value is a row of a relation or of a row type of the catalog.
    pub(super) fn composite_star(&mut self, value: Expr) -> Vec<Output> {
        let span = value.span;
        if let ExprKind::WholeRow(occ) = value.kind {
            let columns = self.occurrences.get(occ.0 as usize).map(|o| o.columns.len()).unwrap_or(0);
            let shown = self.columns_of(occ);
            let mut out: Vec<Output> =
                shown.into_iter().map(|(i, name)| Output { name, expr: self.column(occ, i, span) }).collect();
            if columns == 0 {
                out.push(Output { name: STAR.to_owned(), expr: value });
            }
            return out;
        }
        let fields = self.fields_of(&value.ty);
        if fields.is_empty() {
            return vec![Output { name: STAR.to_owned(), expr: value }];
        }
        fields
            .into_iter()
            .map(|OutColumn { name, ty }| {
                let inner = Box::new(self.copy(&value, span));
                let kind = ExprKind::Field { expr: inner, name: name.clone() };
                Output { name, expr: Expr { kind, ty, span } }
            })
            .collect()
    }

    /// Whether `.*` stood behind an expression in parentheses.
    pub(super) fn is_expanded(&self, raw: Span) -> bool {
        self.text.frame().clauses.is_some_and(|c| c.expanded.contains(&raw))
    }

    /// `sqlc.embed(t)` stands for `t.*`.
    fn embedded(&mut self, expr: &'a ast::Expr) -> Option<Vec<Output>> {
        let ast::Expr::Function(function) = expr else { return None };
        let ast::ObjectName(parts) = &function.name;
        let [ast::ObjectNamePart::Identifier(schema), ast::ObjectNamePart::Identifier(name)] =
            parts.as_slice()
        else {
            return None;
        };
        if !schema.value.eq_ignore_ascii_case("sqlc") || !name.value.eq_ignore_ascii_case("embed") {
            return None;
        }
        let ast::FunctionArguments::List(list) = &function.args else { return None };
        let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast::Expr::Identifier(table)))] =
            list.args.as_slice()
        else {
            return None;
        };
        let word = self.word(table);
        Some(self.item_star(None, &word))
    }

    /// What RETURNING calls the old and the new row: `WITH (OLD AS o, NEW AS n)`, which the pre-pass took out, may
    /// have given them other names.
    fn row_names(&self) -> [String; 2] {
        let mut names = ["old".to_owned(), "new".to_owned()];
        let from = self.text.raw_extent().end;
        let removed = self.text.frame().clauses.map(|c| c.removed.as_slice()).unwrap_or_default();
        let Some((at, _)) = removed.iter().find(|(at, what)| *what == "RETURNING WITH" && at.start >= from)
        else {
            return names;
        };
        let words: Vec<&str> = self
            .text
            .between(at.start, at.end)
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '"')))
            .filter(|word| !word.is_empty())
            .collect();
        for three in words.windows(3) {
            let [row, as_word, name] = three else { continue };
            let which = match row.to_ascii_lowercase().as_str() {
                "old" => 0,
                "new" => 1,
                _ => continue,
            };
            if as_word.eq_ignore_ascii_case("AS")
                && let Some(slot) = names.get_mut(which)
            {
                *slot = match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
                    Some(quoted) => fold(quoted, Some('"')),
                    None => fold(name, None),
                };
            }
        }
        names
    }

    /// RETURNING.
    pub(super) fn returning(
        &mut self,
        items: Option<&'a Vec<ast::SelectItem>>,
        target: OccId,
    ) -> Vec<Output> {
        let Some(items) = items else { return Vec::new() };
        let [old, new] = self.row_names();
        let before = self.returned.replace(ReturnedRow { target, old, new });
        let list = self.outputs(items);
        self.returned = before;
        list
    }
}

/// What `*` expands to, detached from its level.
enum Expanded {
    Column(Found),
    /// The columns of a relation that are not known.
    Row(OccId),
}

/// The name PostgreSQL makes up for an output column, and whether it is a weak one that a cast or CASE around it
/// overrides (FigureColname in parse_target.c).
fn column_name(expr: &ast::Expr, lowered: &Expr) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), false));
    let weak = |name: &str| Some((name.to_owned(), true));
    match expr {
        ast::Expr::Nested(inner) => column_name(inner, lowered),
        ast::Expr::Identifier(ident) => strong(&fold(&ident.value, ident.quote_style)),
        ast::Expr::CompoundIdentifier(parts) => {
            parts.last().and_then(|i| strong(&fold(&i.value, i.quote_style)))
        }
        ast::Expr::CompoundFieldAccess { root, access_chain } => {
            let last = access_chain.iter().rev().find_map(|step| match step {
                ast::AccessExpr::Dot(ast::Expr::Identifier(ident)) => {
                    Some(fold(&ident.value, ident.quote_style))
                }
                ast::AccessExpr::Dot(_) | ast::AccessExpr::Subscript(_) => None,
            });
            match last {
                Some(name) => strong(&name),
                None => column_name(root, lowered),
            }
        }
        ast::Expr::Function(function) => match function.name.0.last() {
            Some(ast::ObjectNamePart::Identifier(ident)) => strong(&fold(&ident.value, ident.quote_style)),
            Some(ast::ObjectNamePart::Function(_)) | None => None,
        },
        ast::Expr::Cast { kind: _, expr, data_type: _, format: _ } => {
            let inner = match &lowered.kind {
                ExprKind::Cast(inner) => inner,
                _ => lowered,
            };
            match column_name(expr, inner) {
                Some((name, false)) => strong(&name),
                Some((_, true)) | None => weak(type_name(&lowered.ty)),
            }
        }
        ast::Expr::TypedString(_) | ast::Expr::Interval(_) => weak(type_name(&lowered.ty)),
        ast::Expr::Collate { expr, collation: _ } => {
            let inner = match &lowered.kind {
                ExprKind::Collate { expr, collation: _ } => expr,
                _ => lowered,
            };
            column_name(expr, inner)
        }
        ast::Expr::Case { case_token: _, end_token: _, operand: _, conditions: _, else_result } => {
            let otherwise = match &lowered.kind {
                ExprKind::Case { operand: _, arms: _, otherwise } => otherwise.as_deref(),
                _ => None,
            };
            match else_result.as_deref().zip(otherwise).and_then(|(e, l)| column_name(e, l)) {
                Some((name, false)) => strong(&name),
                Some((_, true)) | None => weak("case"),
            }
        }
        ast::Expr::Exists { subquery: _, negated: false } => strong("exists"),
        ast::Expr::Subquery(_) => match &lowered.kind {
            ExprKind::Subquery(query) => query.columns.first().and_then(|c| strong(&c.name)),
            _ => None,
        },
        ast::Expr::Array(_) => strong("array"),
        ast::Expr::Tuple(_) => strong("row"),
        ast::Expr::Extract { .. } => strong("extract"),
        ast::Expr::Position { .. } => strong("position"),
        ast::Expr::Substring { .. } => strong("substring"),
        ast::Expr::Overlay { .. } => strong("overlay"),
        ast::Expr::AtTimeZone { .. } => strong("timezone"),
        ast::Expr::Ceil { .. } => strong("ceil"),
        ast::Expr::Floor { .. } => strong("floor"),
        ast::Expr::Trim { trim_where, .. } => match trim_where {
            None | Some(ast::TrimWhereField::Both) => strong("btrim"),
            Some(ast::TrimWhereField::Leading) => strong("ltrim"),
            Some(ast::TrimWhereField::Trailing) => strong("rtrim"),
        },
        // Operators, tests and constants have no name. This reads a name only; nothing is lost by a new kind of node.
        _ => None,
    }
}

/// The name under which PostgreSQL's catalog knows a type.
fn type_name(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Bool => "bool",
        BaseType::Int2 => "int2",
        BaseType::Int4 => "int4",
        BaseType::Int8 => "int8",
        BaseType::Float4 => "float4",
        BaseType::Float8 => "float8",
        BaseType::Bpchar => "bpchar",
        other => {
            let name = other.sql_name();
            name.rsplit_once('.').map_or(name, |(_, last)| last)
        }
    }
}
