//! Expressions.

use crate::query::binder::Binder;
use crate::query::model::{CompareOp, Expr, ExprKind, LikeKind, Literal, Truth};
use crate::query::types;
use crate::schema::names::fold;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

/// Words that follow an operand of IS.
const IS: [&str; 14] = [
    "IS",
    "NOT",
    "NULL",
    "TRUE",
    "FALSE",
    "UNKNOWN",
    "ISNULL",
    "NOTNULL",
    "JSON",
    "VALUE",
    "SCALAR",
    "ARRAY",
    "OBJECT",
    "NORMALIZED",
];

pub(super) fn boolean(kind: ExprKind) -> Expr {
    typed(kind, Type::of(BaseType::Bool))
}

/// An expression that gets its place from [`Binder::expr`].
pub(super) fn typed(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

impl<'a> Binder<'a> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &'a ast::Expr) -> Expr {
        let outer = self.text.enter();
        let mut lowered = self.expr_of(expr);
        let extent = self.text.leave(outer);
        if !extent.is_empty() {
            lowered.span = extent;
        }
        lowered
    }

    fn boxed(&mut self, expr: &'a ast::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    /// Expressions in order.
    pub(super) fn exprs(&mut self, list: &'a [ast::Expr]) -> Vec<Expr> {
        list.iter().map(|e| self.expr(e)).collect()
    }

    /// Members of a row: VALUES, ROW(...) or (a, b), where `t.*` stands for its columns (manual 4.2.13).
    pub(super) fn row_members(&mut self, list: &'a [ast::Expr]) -> Vec<Expr> {
        let mut members = Vec::with_capacity(list.len());
        for e in list {
            if let ast::Expr::QualifiedWildcard(name, token) = e {
                members.extend(self.qualified_star(name).into_iter().map(|o| o.expr));
                self.token(token);
                continue;
            }
            let before = self.text.enter();
            let member = self.expr(e);
            let raw = self.text.raw_extent();
            self.text.leave(before);
            if self.is_expanded(raw) {
                members.extend(self.composite_star(member).into_iter().map(|o| o.expr));
            } else {
                members.push(member);
            }
        }
        members
    }

    /// What is not modelled, with its parts.
    fn parts(&mut self, what: &str, list: &[&'a ast::Expr]) -> Expr {
        let parts: Vec<Expr> = list.iter().map(|e| self.expr(e)).collect();
        self.unsupported_expr(what, parts)
    }

    /// What is not modelled.
    pub(super) fn unsupported_expr(&mut self, what: &str, parts: Vec<Expr>) -> Expr {
        let span = self.text.extent();
        self.unsupported(span, format!("the {what}"));
        typed(ExprKind::Unsupported { what: what.to_owned(), parts }, Type::UNKNOWN)
    }

    fn expr_of(&mut self, expr: &'a ast::Expr) -> Expr {
        match expr {
            ast::Expr::Identifier(ident) => self.identifier(ident),
            ast::Expr::CompoundIdentifier(parts) => self.compound(parts),
            ast::Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            ast::Expr::JsonAccess { value, path } => {
                let ast::JsonPath { path } = path;
                let mut parts: Vec<&'a ast::Expr> = vec![value];
                parts.extend(path.iter().filter_map(|element| match element {
                    ast::JsonPathElem::Dot { key: _, quoted: _ } => None,
                    ast::JsonPathElem::Bracket { key } | ast::JsonPathElem::ColonBracket { key } => Some(key),
                }));
                self.parts("path of another dialect", &parts)
            }
            ast::Expr::IsFalse(e) => self.is_truth(e, Truth::False, false),
            ast::Expr::IsNotFalse(e) => self.is_truth(e, Truth::False, true),
            ast::Expr::IsTrue(e) => self.is_truth(e, Truth::True, false),
            ast::Expr::IsNotTrue(e) => self.is_truth(e, Truth::True, true),
            ast::Expr::IsUnknown(e) => self.is_truth(e, Truth::Unknown, false),
            ast::Expr::IsNotUnknown(e) => self.is_truth(e, Truth::Unknown, true),
            ast::Expr::IsNull(e) => self.is_null(e, false),
            ast::Expr::IsNotNull(e) => self.is_null(e, true),
            ast::Expr::IsDistinctFrom(left, right) => self.distinct(left, right, false),
            ast::Expr::IsNotDistinctFrom(left, right) => self.distinct(left, right, true),
            ast::Expr::IsJson { expr, kind: _, unique_keys: _, negated } => {
                // Which JSON type is tested changes no binding and no equality.
                self.predicate("IS JSON", expr, *negated)
            }
            ast::Expr::IsNormalized { expr, form: _, negated } => {
                self.predicate("IS NORMALIZED", expr, *negated)
            }
            ast::Expr::InList { expr, list, negated } => {
                let expr = self.boxed(expr);
                let list = self.exprs(list);
                self.text.close(')', "");
                boolean(ExprKind::InList { negated: *negated, expr, list })
            }
            ast::Expr::InSubquery { expr, subquery, negated } => {
                let expr = self.boxed(expr);
                let query = Box::new(self.subquery(subquery));
                self.text.close(')', ")");
                boolean(ExprKind::InQuery { negated: *negated, expr, query })
            }
            ast::Expr::InUnnest { expr, array_expr, negated } => {
                let expr = self.boxed(expr);
                let array = self.boxed(array_expr);
                let any = boolean(ExprKind::Quantified { op: "=".to_owned(), all: false, expr, array });
                self.negated(any, *negated)
            }
            ast::Expr::Between { expr, negated, low, high } => {
                let expr = self.boxed(expr);
                let operand = self.text.raw_extent();
                let low = self.boxed(low);
                let symmetric = self.is_symmetric(operand.end, self.text.raw_extent().end);
                let high = self.boxed(high);
                boolean(ExprKind::Between { negated: *negated, symmetric, expr, low, high })
            }
            ast::Expr::BinaryOp { left: _, op: _, right: _ } => self.binary_chain(expr),
            ast::Expr::Like { negated, any, expr, pattern, escape_char } => {
                let escape = escape_char.as_deref();
                self.like(LikeKind::Like, *negated, *any, expr, pattern, escape)
            }
            ast::Expr::ILike { negated, any, expr, pattern, escape_char } => {
                let escape = escape_char.as_deref();
                self.like(LikeKind::ILike, *negated, *any, expr, pattern, escape)
            }
            ast::Expr::SimilarTo { negated, expr, pattern, escape_char } => {
                let escape = escape_char.as_deref();
                self.like(LikeKind::Similar, *negated, false, expr, pattern, escape)
            }
            ast::Expr::RLike { negated, expr, pattern, regexp: _ } => {
                self.like(LikeKind::Regex, *negated, false, expr, pattern, None)
            }
            ast::Expr::AnyOp { left, compare_op, right, is_some: _ } => {
                // SOME is ANY.
                self.quantified(left, compare_op, right, false)
            }
            ast::Expr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true),
            ast::Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            ast::Expr::Convert { is_try: _, expr, data_type, charset: _, target_before_value: _, styles } => {
                let mut parts: Vec<&'a ast::Expr> = vec![expr];
                parts.extend(styles);
                match data_type {
                    Some(ty) if styles.is_empty() => {
                        let expr = self.boxed(expr);
                        self.text.close(')', "");
                        typed(ExprKind::Cast(expr), self.data_type(ty))
                    }
                    // `CONVERT(x USING charset)`.
                    None if styles.is_empty() => {
                        let args = vec![self.expr(expr)];
                        self.text.close(')', "");
                        typed(
                            ExprKind::Operator { name: "CONVERT".to_owned(), args },
                            Type::of(BaseType::Text),
                        )
                    }
                    _ => self.parts("CONVERT expression", &parts),
                }
            }
            ast::Expr::Cast { kind, expr, data_type, format } => {
                self.cast(kind, expr, data_type, format.as_ref())
            }
            ast::Expr::AtTimeZone { timestamp, time_zone } => {
                let timestamp = self.expr(timestamp);
                let zone = self.expr(time_zone);
                self.keyword_call("timezone", vec![zone, timestamp])
            }
            ast::Expr::Extract { field, syntax: _, expr } => {
                // The field may be written as a string: EXTRACT('year' FROM x).
                let name = field.to_string();
                let field = string(&name.trim_matches(['\'', '"']).to_ascii_lowercase());
                let expr = self.expr(expr);
                self.text.close(')', "");
                self.text.open_word("FROM");
                self.keyword_call("extract", vec![field, expr])
            }
            ast::Expr::Ceil { expr, field } => self.rounded("ceil", expr, field),
            ast::Expr::Floor { expr, field } => self.rounded("floor", expr, field),
            ast::Expr::Position { expr, r#in } => {
                let part = self.expr(expr);
                let whole = self.expr(r#in);
                self.text.close(')', "");
                self.keyword_call("position", vec![whole, part])
            }
            ast::Expr::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
                let mut args = vec![self.expr(expr)];
                match (substring_from, substring_for) {
                    (None, Some(length)) => {
                        args.push(typed(
                            ExprKind::Literal(Literal::Number("1".to_owned())),
                            Type::of(BaseType::Int4),
                        ));
                        args.push(self.expr(length));
                    }
                    (from, length) => {
                        args.extend(from.iter().map(|e| self.expr(e)));
                        args.extend(length.iter().map(|e| self.expr(e)));
                    }
                }
                self.text.close(')', "");
                self.keyword_call("substring", args)
            }
            ast::Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let what = trim_what.as_ref().map(|e| self.expr(e));
                let mut args = vec![self.expr(expr)];
                args.extend(what);
                args.extend(trim_characters.iter().flatten().map(|e| self.expr(e)));
                let name = match trim_where {
                    None | Some(ast::TrimWhereField::Both) => "btrim",
                    Some(ast::TrimWhereField::Leading) => "ltrim",
                    Some(ast::TrimWhereField::Trailing) => "rtrim",
                };
                self.text.close(')', "");
                self.keyword_call(name, args)
            }
            ast::Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut args = vec![self.expr(expr), self.expr(overlay_what), self.expr(overlay_from)];
                args.extend(overlay_for.iter().map(|e| self.expr(e)));
                self.text.close(')', "");
                self.keyword_call("overlay", args)
            }
            ast::Expr::Collate { expr, collation } => {
                let expr = self.boxed(expr);
                let collation = self.qualified_name(collation).name.text;
                let ty = expr.ty.clone();
                typed(ExprKind::Collate { expr, collation }, ty)
            }
            ast::Expr::Nested(inner) => {
                let lowered = self.expr(inner);
                self.text.close(')', "");
                self.text.open('(');
                lowered
            }
            ast::Expr::Value(value) => self.value(value),
            ast::Expr::Prefixed { prefix, value } => {
                let prefix = self.word(prefix).text;
                if prefix == "binary" {
                    return self.expr(value);
                }
                self.parts("prefixed constant", &[value])
            }
            ast::Expr::TypedString(ast::TypedString { data_type, value, uses_odbc_syntax: _ }) => {
                let value = self.value(value);
                let ty = self.data_type(data_type);
                typed(ExprKind::Cast(Box::new(value)), ty)
            }
            ast::Expr::Function(function) => self.function(function),
            ast::Expr::Case { case_token, end_token, operand, conditions, else_result } => {
                self.token(case_token);
                let operand = operand.as_ref().map(|e| self.boxed(e));
                let arms: Vec<(Expr, Expr)> = conditions
                    .iter()
                    .map(|ast::CaseWhen { condition, result }| (self.expr(condition), self.expr(result)))
                    .collect();
                let otherwise = else_result.as_ref().map(|e| self.boxed(e));
                self.token(end_token);
                let ty =
                    types::common(arms.iter().map(|(_, e)| &e.ty).chain(otherwise.iter().map(|e| &e.ty)));
                typed(ExprKind::Case { operand, arms, otherwise }, ty)
            }
            ast::Expr::Exists { subquery, negated } => {
                let query = Box::new(self.subquery(subquery));
                self.text.close(')', "");
                self.text.open('(');
                self.text.open_word("EXISTS");
                let exists = boolean(ExprKind::Exists(query));
                self.negated(exists, *negated)
            }
            ast::Expr::Subquery(query) => {
                let query = Box::new(self.subquery(query));
                self.text.close(')', "");
                self.text.open('(');
                let ty = match query.columns.as_slice() {
                    [one] => one.ty.clone(),
                    _ => Type::of(BaseType::Record),
                };
                typed(ExprKind::Subquery(query), ty)
            }
            ast::Expr::GroupingSets(sets) | ast::Expr::Cube(sets) | ast::Expr::Rollup(sets) => {
                let parts: Vec<&'a ast::Expr> = sets.iter().flatten().collect();
                self.parts("grouping set outside GROUP BY", &parts)
            }
            ast::Expr::Tuple(list) => {
                let list = self.row_members(list);
                self.text.close(')', "");
                self.text.open('(');
                typed(ExprKind::Row(list), Type::of(BaseType::Record))
            }
            ast::Expr::Struct { values, fields: _ } => {
                let parts: Vec<&'a ast::Expr> = values.iter().collect();
                self.parts("struct of another dialect", &parts)
            }
            ast::Expr::Named { expr, name: _ } => self.parts("named expression", &[expr]),
            ast::Expr::Dictionary(fields) => {
                let parts: Vec<&'a ast::Expr> =
                    fields.iter().map(|ast::DictionaryField { key: _, value }| &**value).collect();
                self.parts("dictionary of another dialect", &parts)
            }
            ast::Expr::Map(ast::Map { entries }) => {
                let parts: Vec<&'a ast::Expr> =
                    entries.iter().flat_map(|ast::MapEntry { key, value }| [&**key, &**value]).collect();
                self.parts("map of another dialect", &parts)
            }
            ast::Expr::Array(ast::Array { elem, named: _ }) => {
                let list = self.exprs(elem);
                self.text.close(']', "");
                self.text.open('[');
                self.text.open_word("ARRAY");
                let element = types::common(list.iter().map(|e| &e.ty));
                typed(ExprKind::Array(list), element.array_of())
            }
            ast::Expr::Interval(interval) => self.interval(interval),
            ast::Expr::MatchAgainst { columns, match_value, opt_search_modifier: _ } => {
                let mut parts: Vec<Expr> = Vec::new();
                for column in columns {
                    let words = self.name_parts(column);
                    parts.push(self.column_words(&words));
                }
                parts.push(self.value(match_value));
                boolean(ExprKind::Operator { name: "MATCH AGAINST".to_owned(), args: parts })
            }
            ast::Expr::Wildcard(token) => {
                self.token(token);
                self.unsupported_expr("`*` as a value", Vec::new())
            }
            ast::Expr::QualifiedWildcard(name, _token) => self.row_of(name),
            ast::Expr::OuterJoin(e) => self.parts("outer join mark of another dialect", &[e]),
            ast::Expr::Prior(e) => self.parts("PRIOR of another dialect", &[e]),
            ast::Expr::Lambda(ast::LambdaFunction { params: _, body: _, syntax: _ }) => {
                // Its body names the lambda's own parameters, which are columns of nothing.
                self.unsupported_expr("lambda function", Vec::new())
            }
            ast::Expr::MemberOf(ast::MemberOf { value, array }) => self.parts("MEMBER OF", &[value, array]),
        }
    }

    // Predicates.

    fn is_truth(&mut self, expr: &'a ast::Expr, value: Truth, negated: bool) -> Expr {
        let expr = self.boxed(expr);
        self.text.words(&IS);
        boolean(ExprKind::IsTruth { value, negated, expr })
    }

    fn is_null(&mut self, expr: &'a ast::Expr, negated: bool) -> Expr {
        let expr = self.boxed(expr);
        self.text.words(&IS);
        boolean(ExprKind::IsNull { negated, expr })
    }

    fn distinct(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, negated: bool) -> Expr {
        let left = self.boxed(left);
        let right = self.boxed(right);
        boolean(ExprKind::Distinct { negated, left, right })
    }

    fn predicate(&mut self, name: &str, expr: &'a ast::Expr, negated: bool) -> Expr {
        let expr = self.expr(expr);
        self.text.words(&IS);
        let test = boolean(ExprKind::Operator { name: name.to_owned(), args: vec![expr] });
        self.negated(test, negated)
    }

    pub(super) fn negated(&mut self, expr: Expr, negated: bool) -> Expr {
        if negated { boolean(ExprKind::Not(Box::new(expr))) } else { expr }
    }

    /// Whether SYMMETRIC stands between the end of the operand and the end of the lower bound, directly behind BETWEEN.
    fn is_symmetric(&self, operand: u32, low: u32) -> bool {
        let removed = self.text.frame().clauses.map(|c| c.removed.as_slice()).unwrap_or_default();
        removed.iter().any(|(at, name)| {
            *name == "SYMMETRIC" && operand <= at.start && at.end <= low && {
                let mut words = self.text.between(operand, at.start).split_whitespace();
                words.all(|word| word.eq_ignore_ascii_case("NOT") || word.eq_ignore_ascii_case("BETWEEN"))
            }
        })
    }

    fn like(
        &mut self,
        kind: LikeKind,
        negated: bool,
        any: bool,
        expr: &'a ast::Expr,
        pattern: &'a ast::Expr,
        escape: Option<&'a ast::Expr>,
    ) -> Expr {
        let symbol = match kind {
            LikeKind::Like => "~~",
            LikeKind::ILike => "~~*",
            LikeKind::Similar => "SIMILAR TO",
            LikeKind::Regex => "~",
            LikeKind::IRegex => "~*",
        };
        let op = if negated { format!("!{symbol}") } else { symbol.to_owned() };
        if any {
            let expr = self.expr(expr);
            return self.quantified_by(expr, op, pattern, false);
        }
        // `LIKE ALL (array)` is read as a call of a function `all`.
        if let ast::Expr::Function(function) = pattern
            && let Some(array) = quantifier_argument(function)
        {
            let expr = self.expr(expr);
            return self.quantified_by(expr, op, array, true);
        }
        let expr = self.boxed(expr);
        let pattern = self.boxed(pattern);
        let escape = match escape.map(|e| self.expr(e)) {
            None => None,
            Some(Expr { kind: ExprKind::Literal(Literal::String(text)), ty: _, span: _ }) => Some(text),
            Some(other) => {
                let parts = vec![*expr, *pattern, other];
                return self.unsupported_expr("computed ESCAPE", parts);
            }
        };
        boolean(ExprKind::Like { kind, negated, expr, pattern, escape })
    }

    fn quantified(
        &mut self,
        left: &'a ast::Expr,
        op: &'a ast::BinaryOperator,
        right: &'a ast::Expr,
        all: bool,
    ) -> Expr {
        let op = super::operator::symbol(op);
        let left = self.expr(left);
        self.quantified_by(left, op, right, all)
    }

    pub(super) fn quantified_by(&mut self, left: Expr, op: String, right: &'a ast::Expr, all: bool) -> Expr {
        let expr = Box::new(left);
        let mut array = right;
        while let ast::Expr::Nested(inner) = array {
            array = inner;
        }
        let kind = if let ast::Expr::Function(function) = array
            && let Some(row) = values_row(function)
        {
            // `= ANY (VALUES (1))` is read as a call of a function `values`.
            let members = row.iter().map(|e| self.expr(e)).collect::<Vec<_>>();
            let element = types::common(members.iter().map(|e| &e.ty));
            let array = Box::new(typed(ExprKind::Array(members), element.array_of()));
            ExprKind::Quantified { op, all, expr, array }
        } else if let ast::Expr::Subquery(query) = array {
            let query = Box::new(self.subquery(query));
            ExprKind::QuantifiedQuery { op, all, expr, query }
        } else {
            let array = self.boxed(array);
            ExprKind::Quantified { op, all, expr, array }
        };
        self.text.close(')', ")");
        boolean(kind)
    }

    // Values.

    fn cast(
        &mut self,
        kind: &'a ast::CastKind,
        expr: &'a ast::Expr,
        data_type: &'a ast::DataType,
        format: Option<&'a ast::CastFormat>,
    ) -> Expr {
        let mut chain = vec![(kind, data_type, format)];
        let mut inner = expr;
        while let ast::Expr::Cast { kind, expr, data_type, format } = inner {
            chain.push((kind, data_type, format.as_ref()));
            inner = expr;
        }
        let mut value = self.expr(inner);
        while let Some((kind, data_type, format)) = chain.pop() {
            match kind {
                ast::CastKind::DoubleColon => self.text.cast(),
                ast::CastKind::Cast | ast::CastKind::TryCast | ast::CastKind::SafeCast => {
                    self.text.close_cast();
                    self.text.open('(');
                    self.text.open_word("CAST");
                }
            }
            let ty = self.data_type(data_type);
            if format.is_some() {
                value = self.unsupported_expr("cast with a format", vec![value]);
                value.ty = ty;
                continue;
            }
            // A cast that fails to NULL is another dialect's; it is the same cast where it succeeds, but not strict.
            if matches!(kind, ast::CastKind::TryCast | ast::CastKind::SafeCast) {
                value = self.unsupported_expr("cast of another dialect", vec![value]);
                value.ty = ty;
                continue;
            }
            let span = self.text.extent();
            let kind = match self.cast_function(&value, &ty) {
                Some(function) => self.call(Some(&function.schema), &function.name, span, vec![value]).kind,
                None => ExprKind::Cast(Box::new(value)),
            };
            value = Expr { kind, ty, span };
        }
        value
    }

    fn interval(&mut self, interval: &'a ast::Interval) -> Expr {
        let ast::Interval {
            value,
            leading_field,
            leading_precision,
            last_field,
            fractional_seconds_precision: _,
        } = interval;
        let mut value = self.expr(value);
        if let ExprKind::Literal(Literal::String(text)) = &mut value.kind {
            // `interval '1' day to second (3)`: precision rounds the value and says nothing of where it comes from.
            for field in [leading_field, last_field].into_iter().flatten() {
                text.push(' ');
                text.push_str(&field.to_string().to_ascii_lowercase());
            }
            let _ = leading_precision;
        }
        self.text.open_word("INTERVAL");
        typed(ExprKind::Cast(Box::new(value)), Type::of(BaseType::Interval))
    }

    fn rounded(&mut self, name: &str, expr: &'a ast::Expr, field: &'a ast::CeilFloorKind) -> Expr {
        let mut args = vec![self.expr(expr)];
        match field {
            ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {}
            ast::CeilFloorKind::DateTimeField(field) => args.push(string(&field.to_string())),
            ast::CeilFloorKind::Scale(scale) => args.push(self.value(scale)),
        }
        self.text.close(')', "");
        self.keyword_call(name, args)
    }

    /// A call that keyword syntax stands for.
    fn keyword_call(&mut self, name: &str, args: Vec<Expr>) -> Expr {
        self.text.open('(');
        self.text.open_word(name);
        let span = self.text.extent();
        self.call(Some("pg_catalog"), name, span, args)
    }
}

/// A string constant that stands for a keyword.
fn string(text: &str) -> Expr {
    typed(ExprKind::Literal(Literal::String(text.to_owned())), Type::of(BaseType::Text))
}

/// The argument of a quantifier that was read as a function.
fn quantifier_argument(function: &ast::Function) -> Option<&ast::Expr> {
    let ast::ObjectName(parts) = &function.name;
    let [ast::ObjectNamePart::Identifier(ident)] = parts.as_slice() else { return None };
    if fold(&ident.value, ident.quote_style) != "all" || ident.quote_style.is_some() {
        return None;
    }
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(array))] => Some(array),
        _ => None,
    }
}

/// The row of `VALUES (...)` that was read as a function.
fn values_row(function: &ast::Function) -> Option<Vec<&ast::Expr>> {
    let ast::ObjectName(parts) = &function.name;
    let [ast::ObjectNamePart::Identifier(ident)] = parts.as_slice() else { return None };
    if ident.quote_style.is_some() || !ident.value.eq_ignore_ascii_case("values") {
        return None;
    }
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    list.args
        .iter()
        .map(|arg| match arg {
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => Some(e),
            ast::FunctionArg::Unnamed(_)
            | ast::FunctionArg::Named { name: _, arg: _, operator: _ }
            | ast::FunctionArg::ExprNamed { name: _, arg: _, operator: _ } => None,
        })
        .collect()
}

/// The comparison that a symbol stands for.
pub(super) fn comparison(symbol: &str) -> Option<CompareOp> {
    Some(match symbol {
        "=" => CompareOp::Eq,
        "<>" | "!=" => CompareOp::NotEq,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::LtEq,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::GtEq,
        _ => return None,
    })
}
