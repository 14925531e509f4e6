//! Function calls: arguments, aggregate clauses, windows.

use super::expr::typed;
use super::names::{Qualified, Word};
use crate::query::binder::Binder;
use crate::query::functions::{self, Callee, Rows};
use crate::query::model::{Call, CallKind, Expr, ExprKind, Literal, OccId, OrderBy, Query, Source, Window};
use crate::query::scope::WindowParts;
use crate::query::walk;
use crate::schema::catalog::FunctionId;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

/// What stands in the parentheses of a call.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) args: Vec<Expr>,
    /// Names of arguments, as far as any was given by name.
    names: Vec<Option<String>>,
    star: bool,
    distinct: bool,
    order_by: Vec<OrderBy>,
    /// A clause inside the parentheses that changes the meaning and is not modelled.
    pub(super) unsupported: Option<&'static str>,
}

impl<'a> Binder<'a> {
    /// A call of a function by name, with nothing but arguments.
    pub(super) fn call(&mut self, schema: Option<&str>, name: &str, span: Span, args: Vec<Expr>) -> Expr {
        let (mut call, returns, _) = self.plain_call(schema, name, span, args);
        call.site = self.site(call.function, call.known, call.kind, name, span);
        self.note_kind(call.kind);
        typed(ExprKind::Call(Box::new(call)), returns)
    }

    /// The occurrence that stands for a call which may read tables.
    fn site(
        &mut self,
        function: Option<FunctionId>,
        known: bool,
        kind: CallKind,
        name: &str,
        span: Span,
    ) -> Option<OccId> {
        let may_read = function.is_some() || (!known && kind != CallKind::Window);
        may_read.then(|| {
            let place = self.occurrence(name.to_owned(), span, Source::Call(function));
            self.add_occurrence(place)
        })
    }

    /// The same with the rows that it gives in FROM; it does not count as called by the block.
    pub(super) fn plain_call(
        &mut self,
        schema: Option<&str>,
        name: &str,
        span: Span,
        args: Vec<Expr>,
    ) -> (Call, Type, Rows) {
        let types: Vec<Type> = args.iter().map(|e| e.ty.clone()).collect();
        let callee = functions::callee(self.catalog, schema, name, &types);
        let call = Call {
            name: display_name(schema, name),
            span,
            kind: callee.kind,
            function: callee.function,
            site: None,
            known: callee.known,
            volatility: callee.volatility,
            strict: callee.strict,
            args,
            star: false,
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            over: None,
        };
        (call, callee.returns, callee.rows)
    }

    fn note_kind(&mut self, kind: CallKind) {
        let calls = &mut self.scope().calls;
        match kind {
            CallKind::Scalar => {}
            CallKind::Aggregate => calls.aggregate = true,
            CallKind::Window => calls.window = true,
            CallKind::SetReturning => calls.set = true,
        }
    }

    /// A call as written.
    pub(super) fn function(&mut self, function: &'a ast::Function) -> Expr {
        let ast::Function {
            name,
            uses_odbc_syntax: _, // `{fn f(x)}` is f(x)
            parameters,
            args,
            within_group,
            filter,
            null_treatment: _, // RESPECT or IGNORE NULLS chooses among rows of the same window
            over,
        } = function;
        let Qualified { schema, name, raw: _ } = self.qualified_name(name);
        if let Some(expression) = self.hole_in(&name.text) {
            let _ = self.arguments(args);
            self.text.close(')', "(");
            return self.hole(expression, name.span);
        }
        if let ast::FunctionArguments::Subquery(query) = args {
            return self.subquery_call(&name, query);
        }
        if schema.as_deref() == Some("sqlc")
            && let Some(param) = self.sqlc(&name, args)
        {
            return param;
        }
        if !name.quoted
            && schema.is_none()
            && name.text == "row"
            && let ast::FunctionArguments::List(list) = args
        {
            let members = self.row_arguments(list);
            self.text.close(')', "(*.");
            return typed(ExprKind::Row(members), Type::of(BaseType::Record));
        }
        let mut arguments = self.arguments(args);
        if !matches!(parameters, ast::FunctionArguments::None) {
            let more = self.arguments(parameters);
            arguments.args.extend(more.args);
            arguments.unsupported = Some("parametric aggregate of another dialect");
        }
        self.text.close(')', "(*");
        if !within_group.is_empty() {
            arguments.order_by = self.sort_list(within_group);
            self.text.close(')', "");
        }
        let filter = filter.as_ref().map(|f| self.expr(f));
        if filter.is_some() {
            self.text.close(')', "");
        }
        let over = over.as_ref().map(|w| self.window(w));
        // MySQL: the value that the row would have been given.
        if let (Some((target, excluded)), "values", [Expr { kind: ExprKind::Column { occ, column }, .. }]) =
            (self.proposed, name.text.as_str(), arguments.args.as_slice())
            && *occ == target
        {
            return self.column(excluded, *column, name.span);
        }
        let mut types: Vec<Type> = arguments.args.iter().map(|e| e.ty.clone()).collect();
        if !within_group.is_empty() {
            types.extend(arguments.order_by.iter().map(|o| o.expr.ty.clone()));
        }
        let callee = functions::callee(self.catalog, schema.as_deref(), &name.text, &types);
        self.order_arguments(&callee, &mut arguments);
        let span = self.text.extent();
        let unsupported = arguments.unsupported;
        let expr = self.finish_call(schema.as_deref(), &name, callee, arguments, filter, over, span);
        match unsupported {
            Some(what) => {
                let ty = expr.ty.clone();
                let mut wrapped = self.unsupported_expr(what, vec![expr]);
                wrapped.ty = ty;
                wrapped
            }
            None => expr,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    fn finish_call(
        &mut self,
        schema: Option<&str>,
        name: &Word,
        callee: Callee,
        arguments: Arguments,
        filter: Option<Expr>,
        over: Option<Window>,
        span: Span,
    ) -> Expr {
        let Arguments { args, names: _, star, distinct, order_by, unsupported: _ } = arguments;
        // Only an aggregate takes these clauses, so a function that has one is an aggregate, known or not.
        let like_aggregate = filter.is_some() || distinct || star || !order_by.is_empty();
        let kind = match (callee.kind, &over) {
            (_, Some(_)) => CallKind::Window,
            (CallKind::Scalar, None) if like_aggregate => CallKind::Aggregate,
            (kind, None) => kind,
        };
        let site = self.site(callee.function, callee.known, kind, &name.text, name.span);
        let call = Call {
            name: display_name(schema, &name.text),
            span: name.span,
            kind,
            function: callee.function,
            site,
            known: callee.known,
            volatility: callee.volatility,
            strict: callee.strict,
            args,
            star,
            distinct,
            filter,
            order_by,
            over,
        };
        let expr = Expr { kind: ExprKind::Call(Box::new(call)), ty: callee.returns, span };
        self.note_kind(kind);
        if kind == CallKind::Aggregate {
            self.check_level(&expr);
        }
        expr
    }

    /// An aggregate belongs to the innermost block whose columns its arguments use (manual 4.2.7); one of an outer
    /// block is not modelled.
    fn check_level(&mut self, aggregate: &Expr) {
        let here = self.scope().id;
        let mut own = false;
        let mut any = false;
        let mut subqueries: Vec<&Query> = Vec::new();
        let mut look = |e: &Expr| {
            if let Some(occ) = walk::occurrence_of(e) {
                own |= self.level_of(occ) == here;
                any |= self.is_open_level(self.level_of(occ));
            }
        };
        walk::walk_expr(aggregate, &mut |e| {
            look(e);
            subqueries.extend(walk::subquery_of(e));
        });
        while let Some(query) = subqueries.pop() {
            walk::nested_exprs(query, &mut |e| {
                walk::walk_expr(e, &mut |e| {
                    look(e);
                    subqueries.extend(walk::subquery_of(e));
                });
            });
        }
        if any && !own {
            self.unsupported(aggregate.span, "an aggregate that belongs to an outer query");
        }
    }

    /// The members of ROW(...), where `t.*` stands for its columns.
    fn row_arguments(&mut self, list: &'a ast::FunctionArgumentList) -> Vec<Expr> {
        let mut members = Vec::with_capacity(list.args.len());
        for arg in &list.args {
            match arg {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => {
                    members.extend(self.row_members(std::slice::from_ref(e)));
                }
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::QualifiedWildcard(name)) => {
                    members.extend(self.qualified_star(name).into_iter().map(|o| o.expr));
                }
                ast::FunctionArg::Unnamed(
                    ast::FunctionArgExpr::Wildcard | ast::FunctionArgExpr::WildcardWithOptions(_),
                )
                | ast::FunctionArg::Named { name: _, arg: _, operator: _ }
                | ast::FunctionArg::ExprNamed { name: _, arg: _, operator: _ } => {
                    let span = self.text.extent();
                    self.unsupported(span, "a member of a row");
                }
            }
        }
        members
    }

    /// Puts arguments that are given by name where the function's parameters stand; one that is left out between others
    /// is its default.
    pub(super) fn order_arguments(&mut self, callee: &Callee, arguments: &mut Arguments) {
        if arguments.names.iter().all(Option::is_none) {
            return;
        }
        let function = callee.function.and_then(|id| self.catalog.functions.get(id.0 as usize));
        // A built-in function's parameters are told apart by no reader.
        let Some(function) = function else { return };
        let place = |name: &String| function.parameters.iter().position(|(parameter, _)| parameter == name);
        let given: Vec<(usize, Expr)> = std::mem::take(&mut arguments.args)
            .into_iter()
            .enumerate()
            .map(|(i, value)| match arguments.names.get(i) {
                Some(Some(name)) => (place(name).unwrap_or(usize::MAX), value),
                Some(None) | None => (i, value),
            })
            .collect();
        let known = given.iter().all(|(at, _)| *at < function.parameters.len());
        let last = given.iter().map(|(at, _)| *at).max().filter(|_| known);
        let Some(last) = last else {
            arguments.unsupported = Some("argument by a name that the function does not have");
            arguments.args = given.into_iter().map(|(_, value)| value).collect();
            return;
        };
        let default = || typed(ExprKind::Default, Type::UNKNOWN);
        let mut placed: Vec<Expr> = (0..=last).map(|_| default()).collect();
        for (at, value) in given {
            if let Some(slot) = placed.get_mut(at) {
                *slot = value;
            }
        }
        arguments.args = placed;
    }

    /// The arguments of a call.
    pub(super) fn arguments(&mut self, arguments: &'a ast::FunctionArguments) -> Arguments {
        let mut out = Arguments::default();
        let list = match arguments {
            ast::FunctionArguments::None => return out,
            ast::FunctionArguments::Subquery(query) => {
                let query = self.subquery(query);
                let ty = query.columns.first().map_or(Type::UNKNOWN, |c| c.ty.clone());
                out.args.push(typed(ExprKind::Subquery(Box::new(query)), ty));
                return out;
            }
            ast::FunctionArguments::List(list) => list,
        };
        let ast::FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        out.distinct = match duplicate_treatment {
            Some(ast::DuplicateTreatment::Distinct) => true,
            Some(ast::DuplicateTreatment::All) | None => false,
        };
        for arg in args {
            self.argument(arg, &mut out);
        }
        for clause in clauses {
            match clause {
                ast::FunctionArgumentClause::IgnoreOrRespectNulls(_)
                | ast::FunctionArgumentClause::OnOverflow(_)
                | ast::FunctionArgumentClause::Separator(_)
                | ast::FunctionArgumentClause::JsonNullClause(_)
                | ast::FunctionArgumentClause::JsonReturningClause(_) => {
                    // How the result is written, not what it is made of.
                }
                ast::FunctionArgumentClause::OrderBy(list) => out.order_by = self.sort_list(list),
                ast::FunctionArgumentClause::Where(e) | ast::FunctionArgumentClause::Limit(e) => {
                    let part = self.expr(e);
                    out.args.push(part);
                    out.unsupported = Some("aggregate clause of another dialect");
                }
                ast::FunctionArgumentClause::Having(ast::HavingBound(_, e)) => {
                    let part = self.expr(e);
                    out.args.push(part);
                    out.unsupported = Some("aggregate clause of another dialect");
                }
            }
        }
        out
    }

    /// Arguments of a function in FROM.
    /// The arguments of a function in FROM.
    pub(super) fn argument_list(&mut self, args: &'a [ast::FunctionArg]) -> Arguments {
        let mut out = Arguments::default();
        for arg in args {
            self.argument(arg, &mut out);
        }
        out
    }

    fn argument(&mut self, arg: &'a ast::FunctionArg, out: &mut Arguments) {
        let mut given = None;
        let value = match arg {
            ast::FunctionArg::Named { name, arg, operator } => {
                if matches!(operator, ast::FunctionArgOperator::Equals | ast::FunctionArgOperator::Space) {
                    out.unsupported = Some("named argument of another dialect");
                }
                given = Some(self.word(name).text);
                arg
            }
            ast::FunctionArg::ExprNamed { name, arg, operator } => {
                match (operator, name) {
                    (
                        ast::FunctionArgOperator::RightArrow | ast::FunctionArgOperator::Assignment,
                        ast::Expr::Identifier(name),
                    ) => given = Some(self.word(name).text),
                    // `json_object('a': 1)`, `json_object('a' VALUE 1)`: the key is a value as well.
                    (ast::FunctionArgOperator::Colon | ast::FunctionArgOperator::Value, key) => {
                        let key = self.expr(key);
                        out.args.push(key);
                    }
                    (
                        ast::FunctionArgOperator::RightArrow
                        | ast::FunctionArgOperator::Assignment
                        | ast::FunctionArgOperator::Equals
                        | ast::FunctionArgOperator::Space,
                        key,
                    ) => {
                        let key = self.expr(key);
                        out.args.push(key);
                        out.unsupported = Some("named argument of another dialect");
                    }
                }
                arg
            }
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast::Expr::BinaryOp {
                left,
                op: ast::BinaryOperator::Assignment,
                right,
            })) if matches!(**left, ast::Expr::Identifier(_)) => {
                // `name := value`, the older spelling of `name => value`.
                if let ast::Expr::Identifier(name) = &**left {
                    given = Some(self.word(name).text);
                }
                out.names.resize(out.args.len(), None);
                out.names.push(given);
                let value = self.expr(right);
                out.args.push(value);
                return;
            }
            ast::FunctionArg::Unnamed(arg) => arg,
        };
        if given.is_some() {
            out.names.resize(out.args.len(), None);
            out.names.push(given);
        }
        match value {
            ast::FunctionArgExpr::Expr(e) => {
                let e = self.expr(e);
                out.args.push(e);
            }
            ast::FunctionArgExpr::QualifiedWildcard(name) => {
                let row = self.row_of(name);
                out.args.push(row);
                self.text.close('*', ".");
            }
            ast::FunctionArgExpr::Wildcard => out.star = true,
            ast::FunctionArgExpr::WildcardWithOptions(_) => {
                out.star = true;
                out.unsupported = Some("`*` with options of another dialect");
            }
        }
    }

    /// `ARRAY(query)`, and other words before a bare query.
    fn subquery_call(&mut self, name: &Word, query: &'a ast::Query) -> Expr {
        let query = self.subquery(query);
        self.text.close(')', "");
        let first = query.columns.first().map_or(Type::UNKNOWN, |c| c.ty.clone());
        if name.text == "array" && !name.quoted {
            return typed(ExprKind::ArrayQuery(Box::new(query)), first.array_of());
        }
        let arg = typed(ExprKind::Subquery(Box::new(query)), first);
        self.call(None, &name.text, name.span, vec![arg])
    }

    /// `sqlc.arg(name)`, `sqlc.narg(name)`, `sqlc.slice(name)`: a named parameter.
    fn sqlc(&mut self, name: &Word, args: &'a ast::FunctionArguments) -> Option<Expr> {
        if !matches!(name.text.as_str(), "arg" | "narg" | "slice") {
            return None;
        }
        let ast::FunctionArguments::List(list) = args else { return None };
        let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(arg))] = list.args.as_slice() else {
            return None;
        };
        let (param, span) = match arg {
            ast::Expr::Identifier(ident) => {
                let word = self.word(ident);
                (ident.value.clone(), word.span)
            }
            ast::Expr::Value(value) => {
                let value = self.value(value);
                match value.kind {
                    ExprKind::Literal(Literal::String(text)) => (text, value.span),
                    _ => return None,
                }
            }
            _ => return None,
        };
        self.text.close(')', "");
        Some(self.named_param(param, span))
    }

    // Windows.

    fn window(&mut self, window: &'a ast::WindowType) -> Window {
        let parts = match window {
            ast::WindowType::WindowSpec(spec) => self.window_spec(spec),
            ast::WindowType::NamedWindow(name) => {
                let word = self.word(name);
                self.named_window(&word)
            }
        };
        Window { partition_by: parts.partition_by, order_by: parts.order_by }
    }

    fn window_spec(&mut self, spec: &'a ast::WindowSpec) -> WindowParts {
        let ast::WindowSpec { window_name, partition_by, order_by, window_frame } = spec;
        let mut parts = match window_name {
            Some(name) => {
                let word = self.word(name);
                self.named_window(&word)
            }
            None => WindowParts::default(),
        };
        // A window over another keeps its PARTITION BY; it adds ORDER BY only where the other has none.
        parts.partition_by.extend(self.exprs(partition_by));
        parts.order_by.extend(self.sort_list(order_by));
        if let Some(ast::WindowFrame { units: _, start_bound, end_bound }) = window_frame {
            // A frame chooses among rows of the same partition; its bounds may hold parameters.
            for bound in [Some(start_bound), end_bound.as_ref()].into_iter().flatten() {
                match bound {
                    ast::WindowFrameBound::CurrentRow => {}
                    ast::WindowFrameBound::Preceding(offset) | ast::WindowFrameBound::Following(offset) => {
                        if let Some(offset) = offset {
                            self.frame_offset(offset);
                        }
                    }
                }
            }
        }
        self.text.close(')', "");
        parts
    }

    /// The offset of a frame. PostgreSQL allows no column in it; a subquery would be lost.
    fn frame_offset(&mut self, offset: &'a ast::Expr) {
        let offset = self.expr(offset);
        if !walk::subqueries(&offset).is_empty() {
            self.unsupported(offset.span, "a subquery in a window frame");
        }
    }

    fn named_window(&mut self, name: &Word) -> WindowParts {
        let scope = self.scopes.last_mut();
        let Some(parts) = scope.and_then(|s| s.windows.remove(&name.text)) else {
            if let Some(expression) = self.hole_in(&name.text) {
                self.hole_gap(&expression, name.span);
            } else {
                self.unsupported(name.span, format!("the unknown window `{}`", name.text));
            }
            return WindowParts::default();
        };
        let members = parts.partition_by.iter().chain(parts.order_by.iter().map(|o| &o.expr));
        let copy = if self.may_copy(members, name.span) { parts.clone() } else { WindowParts::default() };
        self.scope().windows.insert(name.text.clone(), parts);
        copy
    }

    /// WINDOW definitions of a block.
    pub(super) fn named_windows(&mut self, list: &'a [ast::NamedWindowDefinition]) {
        for ast::NamedWindowDefinition(name, definition) in list {
            let name = self.word(name);
            let parts = match definition {
                ast::NamedWindowExpr::NamedWindow(other) => {
                    let other = self.word(other);
                    self.named_window(&other)
                }
                ast::NamedWindowExpr::WindowSpec(spec) => self.window_spec(spec),
            };
            self.scope().windows.insert(name.text, parts);
        }
    }
}

/// A function's name as the model shows it.
fn display_name(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) if schema != "pg_catalog" => format!("{schema}.{name}"),
        _ => name.to_owned(),
    }
}
