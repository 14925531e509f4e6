//! Types and volatility of expressions that belong to one table (index keys and predicates, checks, generated columns,
//! defaults), and what such an expression must not hold.

use super::expr::{call_children, children};
use super::lower::data_type;
use super::scope::{Ctes, Names, Source, Text, fold, table_columns};
use crate::schema::catalog::{Relation, Volatility};
use crate::schema::functions::{self, FunctionKind};
use crate::schema::names;
use crate::schema::resolve::{self, Argument};
use crate::schema::types::{BaseType, Type};
use crate::source::{Location, Span};
use crate::syntax::{ExprHandle, ast};
use ast::Expr;

/// What was found out about an expression.
pub(super) struct Inferred {
    /// Its type, where known.
    pub(super) ty: Argument,
    /// What it holds that it must not, in reading order.
    pub(super) faults: Vec<(Fault, Location)>,
}

/// Something that an index expression must not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A name that is no column of the table.
    UnknownColumn(String),
    /// A function, operator or cast whose result may vary; as it is written.
    Varies(String, Volatility),
    /// A subquery.
    Subquery,
    /// An aggregate.
    Aggregate(String),
    /// A window function.
    Window(String),
    /// A function that returns a set of rows.
    Set(String),
    /// A parameter.
    Parameter,
}

/// Looks at an expression over the columns of a table.
pub(super) fn infer(names: Names<'_>, relation: &Relation, handle: &ExprHandle) -> Inferred {
    let source = Source {
        alias: relation.name.name.clone(),
        relation: None,
        columns: if relation.incomplete { None } else { Some(table_columns(relation)) },
    };
    let text = Text { fragment: &handle.fragment, positions: &handle.positions, span: handle.span };
    let sources = [source];
    let mut inference = Inference { names, sources: &sources, ctes: &Vec::new(), text, faults: Vec::new() };
    let ty = inference.expr(&handle.expr);
    Inferred { ty, faults: inference.faults }
}

/// An expression's surroundings, and what was found in it.
pub(super) struct Inference<'a> {
    pub(super) names: Names<'a>,
    pub(super) sources: &'a [Source],
    pub(super) ctes: &'a Ctes,
    pub(super) text: Text<'a>,
    pub(super) faults: Vec<(Fault, Location)>,
}

const BOOL: Argument = Some(Type::of(BaseType::Bool));
const TEXT: Argument = Some(Type::of(BaseType::Text));
const LITERAL: Argument = Some(Type::UNKNOWN);

impl Inference<'_> {
    /// The type of an expression; its faults are added to those found so far.
    pub(super) fn expr(&mut self, expr: &Expr) -> Argument {
        match expr {
            Expr::Identifier(ident) => self.column(None, ident),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, column] => self.column(Some(table), column),
                [column] => self.column(None, column),
                [] => None,
            },
            Expr::Value(ast::ValueWithSpan { value, span }) => self.value(value, *span),
            Expr::TypedString(ast::TypedString { data_type: ty, value: _, uses_odbc_syntax: _ }) => {
                Some(self.ty(ty))
            }
            Expr::Interval(interval) => {
                self.expr(&interval.value);
                Some(Type::of(BaseType::Interval))
            }
            Expr::Nested(inner) | Expr::Collate { expr: inner, collation: _ } => self.expr(inner),
            Expr::IsFalse(e)
            | Expr::IsNotFalse(e)
            | Expr::IsTrue(e)
            | Expr::IsNotTrue(e)
            | Expr::IsNull(e)
            | Expr::IsNotNull(e)
            | Expr::IsUnknown(e)
            | Expr::IsNotUnknown(e)
            | Expr::IsJson { expr: e, kind: _, unique_keys: _, negated: _ }
            | Expr::IsNormalized { expr: e, form: _, negated: _ } => {
                self.expr(e);
                BOOL
            }
            Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => self.compare("=", a, b),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::UnaryOp { op, expr } => {
                let operand = self.expr(expr);
                match op {
                    ast::UnaryOperator::Not | ast::UnaryOperator::BangNot => BOOL,
                    ast::UnaryOperator::Plus
                    | ast::UnaryOperator::Minus
                    | ast::UnaryOperator::AtDashAt
                    | ast::UnaryOperator::BitwiseNot
                    | ast::UnaryOperator::DoubleAt
                    | ast::UnaryOperator::Hash
                    | ast::UnaryOperator::PGAbs
                    | ast::UnaryOperator::PGCubeRoot
                    | ast::UnaryOperator::PGPostfixFactorial
                    | ast::UnaryOperator::PGPrefixFactorial
                    | ast::UnaryOperator::PGSquareRoot
                    | ast::UnaryOperator::QuestionDash
                    | ast::UnaryOperator::QuestionPipe => self.operator(&op.to_string(), &[operand], expr),
                }
            }
            Expr::Like { negated: _, any: _, expr, pattern, escape_char }
            | Expr::ILike { negated: _, any: _, expr, pattern, escape_char } => {
                self.expr(expr);
                self.expr(pattern);
                if let Some(escape) = escape_char {
                    self.expr(escape);
                }
                BOOL
            }
            Expr::SimilarTo { negated: _, expr, pattern, escape_char: _ }
            | Expr::RLike { negated: _, expr, pattern, regexp: _ } => {
                self.expr(expr);
                self.expr(pattern);
                BOOL
            }
            Expr::Between { expr, negated: _, low, high } => {
                let (ty, low_ty, high_ty) = (self.expr(expr), self.expr(low), self.expr(high));
                self.operator(">=", &[ty.clone(), low_ty], low);
                self.operator("<=", &[ty, high_ty], high);
                BOOL
            }
            Expr::InList { expr, list, negated: _ } => {
                let ty = self.expr(expr);
                for member in list {
                    let member_ty = self.expr(member);
                    self.operator("=", &[ty.clone(), member_ty], member);
                }
                BOOL
            }
            Expr::InUnnest { expr, array_expr, negated: _ } => {
                self.expr(expr);
                self.expr(array_expr);
                BOOL
            }
            Expr::AnyOp { left, compare_op, right, is_some: _ } | Expr::AllOp { left, compare_op, right } => {
                let left = self.expr(left);
                let array = self.expr(right).map(Type::element);
                self.operator(&compare_op.to_string(), &[left, array], right);
                BOOL
            }
            Expr::Subquery(query) => {
                self.subquery(expr);
                let columns = self.names.outputs(query, self.ctes, self.text)?;
                columns.into_iter().next()?.1
            }
            Expr::Exists { subquery: _, negated: _ }
            | Expr::InSubquery { expr: _, subquery: _, negated: _ } => {
                self.subquery(expr);
                BOOL
            }
            Expr::Cast { kind: _, expr: inner, data_type: ty, format: _ } => {
                let source = self.expr(inner);
                let target = self.ty(ty);
                let volatility = resolve::cast(self.names.catalog, &source, &target);
                if volatility != Volatility::Immutable {
                    let from = source.unwrap_or_default();
                    let what = format!("the cast from {from} to {target}");
                    let place = self.place(inner);
                    self.faults.push((Fault::Varies(what, volatility), place));
                }
                Some(target)
            }
            Expr::Function(call) => self.call(call),
            Expr::AtTimeZone { timestamp, time_zone } => {
                let arguments = [self.expr(time_zone), self.expr(timestamp)];
                self.builtin("timezone", "AT TIME ZONE", &arguments, expr)
            }
            Expr::Extract { field: _, syntax: _, expr: inner } => {
                let arguments = [TEXT, self.expr(inner)];
                self.builtin("extract", "extract", &arguments, inner)
            }
            Expr::Ceil { expr: inner, field: _ } | Expr::Floor { expr: inner, field: _ } => {
                let argument = self.expr(inner);
                self.builtin("ceil", "ceil", &[argument], inner)
            }
            Expr::Position { expr: inner, r#in } => {
                self.expr(inner);
                self.expr(r#in);
                Some(Type::of(BaseType::Int4))
            }
            Expr::Substring { expr: inner, substring_from, substring_for, special: _, shorthand: _ } => {
                let ty = self.expr(inner);
                for part in [substring_from, substring_for].into_iter().flatten() {
                    self.expr(part);
                }
                match ty {
                    Some(ty) if ty.base == BaseType::Bytea => Some(ty),
                    _ => TEXT,
                }
            }
            Expr::Trim { trim_where: _, trim_what, expr: inner, trim_characters } => {
                self.expr(inner);
                for part in trim_what.as_deref().into_iter().chain(trim_characters.iter().flatten()) {
                    self.expr(part);
                }
                TEXT
            }
            Expr::Overlay { expr: inner, overlay_what, overlay_from, overlay_for } => {
                for part in [Some(inner), Some(overlay_what), Some(overlay_from), overlay_for.as_ref()] {
                    part.map(|p| self.expr(p));
                }
                TEXT
            }
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                if let Some(operand) = operand {
                    self.expr(operand);
                }
                let mut results = Vec::new();
                for ast::CaseWhen { condition, result } in conditions {
                    self.expr(condition);
                    results.push(self.expr(result));
                }
                if let Some(result) = else_result {
                    results.push(self.expr(result));
                }
                common(&results)
            }
            Expr::Array(ast::Array { elem, named: _ }) => {
                let elements: Vec<Argument> = elem.iter().map(|e| self.expr(e)).collect();
                let element = common(&elements)?;
                let element = if element.is_unknown() { Type::of(BaseType::Text) } else { element };
                Some(element.array_of())
            }
            Expr::Tuple(items) => {
                for item in items {
                    self.expr(item);
                }
                Some(Type::of(BaseType::Record))
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            // Not PostgreSQL's, or without a type of their own; looked through for names and faults.
            Expr::JsonAccess { value: _, path: _ }
            | Expr::Convert { .. }
            | Expr::Prefixed { prefix: _, value: _ }
            | Expr::Named { expr: _, name: _ }
            | Expr::GroupingSets(_)
            | Expr::Cube(_)
            | Expr::Rollup(_)
            | Expr::Struct { values: _, fields: _ }
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::MatchAgainst { columns: _, match_value: _, opt_search_modifier: _ }
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(_, _)
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Lambda(_)
            | Expr::MemberOf(_) => {
                let mut inside = Vec::new();
                children(expr, &mut inside);
                for child in inside {
                    self.expr(child);
                }
                None
            }
        }
    }

    fn column(&mut self, table: Option<&ast::Ident>, ident: &ast::Ident) -> Argument {
        let name = fold(ident);
        let qualifier = table.map(fold);
        let mut hidden = false;
        for source in self.sources.iter().filter(|s| qualifier.as_ref().is_none_or(|q| *q == s.alias)) {
            match &source.columns {
                Some(columns) => {
                    if let Some((_, ty)) = columns.iter().find(|(column, _)| *column == name) {
                        return ty.clone();
                    }
                }
                None => hidden = true,
            }
        }
        let system = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"].contains(&name.as_str());
        if hidden || system {
            return None;
        }
        // The whole row.
        if table.is_none() && self.sources.iter().any(|s| s.alias == name) {
            return Some(Type::of(BaseType::Composite(name)));
        }
        let shown = match qualifier {
            Some(qualifier) if self.sources.iter().all(|s| s.alias != qualifier) => {
                format!("{qualifier}.{name}")
            }
            _ => name,
        };
        let place = self.at(ident.span).unwrap_or_else(|| self.whole());
        self.faults.push((Fault::UnknownColumn(shown), place));
        None
    }

    fn value(&mut self, value: &ast::Value, span: sqlparser::tokenizer::Span) -> Argument {
        match value {
            ast::Value::Number(text, _) => {
                let base = if text.contains(['.', 'e', 'E']) {
                    BaseType::Numeric
                } else if text.parse::<i32>().is_ok() {
                    BaseType::Int4
                } else if text.parse::<i64>().is_ok() {
                    BaseType::Int8
                } else {
                    BaseType::Numeric
                };
                Some(Type::of(base))
            }
            ast::Value::Boolean(_) => BOOL,
            ast::Value::Placeholder(_) => {
                let place = self.at(span).unwrap_or_else(|| self.whole());
                self.faults.push((Fault::Parameter, place));
                None
            }
            ast::Value::HexStringLiteral(_) => Some(Type::of(BaseType::Other("bit".to_owned()))),
            ast::Value::Null
            | ast::Value::SingleQuotedString(_)
            | ast::Value::DollarQuotedString(_)
            | ast::Value::TripleSingleQuotedString(_)
            | ast::Value::TripleDoubleQuotedString(_)
            | ast::Value::EscapedStringLiteral(_)
            | ast::Value::UnicodeStringLiteral(_)
            | ast::Value::SingleQuotedByteStringLiteral(_)
            | ast::Value::DoubleQuotedByteStringLiteral(_)
            | ast::Value::TripleSingleQuotedByteStringLiteral(_)
            | ast::Value::TripleDoubleQuotedByteStringLiteral(_)
            | ast::Value::SingleQuotedRawStringLiteral(_)
            | ast::Value::DoubleQuotedRawStringLiteral(_)
            | ast::Value::TripleSingleQuotedRawStringLiteral(_)
            | ast::Value::TripleDoubleQuotedRawStringLiteral(_)
            | ast::Value::NationalStringLiteral(_)
            | ast::Value::QuoteDelimitedStringLiteral(_)
            | ast::Value::NationalQuoteDelimitedStringLiteral(_)
            | ast::Value::DoubleQuotedString(_) => LITERAL,
        }
    }

    fn binary(&mut self, left: &Expr, op: &ast::BinaryOperator, right: &Expr) -> Argument {
        match op {
            ast::BinaryOperator::And | ast::BinaryOperator::Or | ast::BinaryOperator::Xor => {
                self.expr(left);
                self.expr(right);
                BOOL
            }
            // `OPERATOR(schema.op)`.
            ast::BinaryOperator::PGCustomBinaryOperator(parts) => {
                let name = parts.last().cloned().unwrap_or_default();
                let operands = [self.expr(left), self.expr(right)];
                self.operator(&name, &operands, left)
            }
            other => {
                let name = match other {
                    ast::BinaryOperator::NotEq => "<>".to_owned(),
                    other => other.to_string(),
                };
                let operands = [self.expr(left), self.expr(right)];
                self.operator(&name, &operands, left)
            }
        }
    }

    fn compare(&mut self, name: &str, left: &Expr, right: &Expr) -> Argument {
        let operands = [self.expr(left), self.expr(right)];
        self.operator(name, &operands, left);
        BOOL
    }

    fn operator(&mut self, name: &str, operands: &[Argument], near: &Expr) -> Argument {
        let mut picked = resolve::operator(self.names.catalog, name, operands)?;
        // `text || anything` is inlined by the planner, so only the conversion of the other side counts.
        if let ("||", [Some(left), Some(right)]) = (name, operands) {
            let text = |ty: &Type| !ty.array && matches!(ty.base, BaseType::Text | BaseType::Varchar);
            if text(left) != text(right) && !left.array && !right.array {
                let other = if text(left) { right } else { left };
                let target = Type::of(BaseType::Text);
                picked.volatility = resolve::cast(self.names.catalog, &Some(other.clone()), &target);
            }
        }
        if picked.volatility != Volatility::Immutable {
            let types: Vec<String> = operands.iter().flatten().map(Type::to_string).collect();
            let what = format!("the operator {name} on {}", types.join(" and "));
            let place = self.place(near);
            self.faults.push((Fault::Varies(what, picked.volatility), place));
        }
        picked.result
    }

    /// A function that has a syntax of its own.
    fn builtin(&mut self, name: &str, shown: &str, arguments: &[Argument], near: &Expr) -> Argument {
        let picked = resolve::function(self.names.catalog, name, arguments)?;
        if picked.volatility != Volatility::Immutable {
            let types: Vec<String> = arguments.iter().skip(1).flatten().map(Type::to_string).collect();
            let what = format!("{shown} on {}", types.join(", "));
            let place = self.place(near);
            self.faults.push((Fault::Varies(what, picked.volatility), place));
        }
        picked.result
    }

    fn call(&mut self, call: &ast::Function) -> Argument {
        let parts: Vec<&ast::Ident> = call
            .name
            .0
            .iter()
            .map(|part| match part {
                ast::ObjectNamePart::Identifier(ident) => ident,
                ast::ObjectNamePart::Function(ast::ObjectNamePartFunction { name, args: _ }) => name,
            })
            .collect();
        let last = *parts.last()?;
        let place = self.at(last.span).unwrap_or_else(|| self.whole());
        let bare = names::fold(&last.value, last.quote_style);
        let schema = match parts.as_slice() {
            [.., schema, _] => Some(names::fold(&schema.value, schema.quote_style)),
            _ => None,
        };
        let name = match &schema {
            Some(schema) if schema != "pg_catalog" => format!("{schema}.{bare}"),
            _ => bare.clone(),
        };
        let mut inside = Vec::new();
        call_children(call, &mut inside);
        let arguments: Vec<Argument> = inside.iter().map(|arg| self.expr(arg)).collect();
        if matches!(call.args, ast::FunctionArguments::Subquery(_)) {
            self.faults.push((Fault::Subquery, place));
            return None;
        }
        if call.over.is_some() {
            self.faults.push((Fault::Window(bare.clone()), place));
        }
        // `ROW(...)`.
        if schema.is_none() && bare == "row" {
            return Some(Type::of(BaseType::Record));
        }
        // A function of the project by that name and number of arguments comes first: it knows more.
        let own = self.names.catalog.functions.iter().find(|f| {
            f.name.name == bare
                && f.parameters.len() >= arguments.len()
                && match &schema {
                    Some(schema) => f.name.schema == *schema,
                    None => self.names.path.contains(&f.name.schema) || f.name.schema == "public",
                }
        });
        if let Some(own) = own {
            // The planner looks into a function in SQL before it asks how much it varies.
            if own.volatility != Volatility::Immutable && own.language != "sql" {
                self.faults.push((Fault::Varies(format!("{name}()"), own.volatility), place));
            }
            if own.returns_set {
                self.faults.push((Fault::Set(name), place));
            }
            return Some(own.returns.clone()).filter(|ty| !ty.is_unknown());
        }
        let facts = functions::lookup(&name)?;
        match facts.kind {
            FunctionKind::Aggregate if call.over.is_none() => {
                self.faults.push((Fault::Aggregate(bare), place))
            }
            FunctionKind::Window if call.over.is_none() => self.faults.push((Fault::Window(bare), place)),
            FunctionKind::Scalar if facts.returns_set => self.faults.push((Fault::Set(bare), place)),
            FunctionKind::Aggregate
            | FunctionKind::Window
            | FunctionKind::Scalar
            | FunctionKind::Procedure => {}
        }
        if matches!(name.as_str(), "coalesce" | "greatest" | "least" | "nullif") {
            return common(&arguments);
        }
        let picked = resolve::function(self.names.catalog, &name, &arguments)?;
        if picked.volatility != Volatility::Immutable {
            let types: Vec<String> = arguments.iter().flatten().map(Type::to_string).collect();
            // Where another overload is fine, the types say what is wrong.
            let what = if facts.best_volatility == Volatility::Immutable {
                format!("{name}({})", types.join(", "))
            } else if matches!(call.args, ast::FunctionArguments::None) {
                name
            } else {
                format!("{name}()")
            };
            self.faults.push((Fault::Varies(what, picked.volatility), place));
        }
        picked.result
    }

    fn subquery(&mut self, expr: &Expr) {
        let place = self.place(expr);
        self.faults.push((Fault::Subquery, place));
    }

    fn access(&mut self, root: &Expr, chain: &[ast::AccessExpr]) -> Argument {
        let mut ty = self.expr(root);
        for access in chain {
            ty = match access {
                ast::AccessExpr::Dot(_) => None,
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => {
                    self.expr(index);
                    match ty {
                        Some(ty) if ty.array => Some(ty.element()),
                        Some(ty) if ty.base == BaseType::Jsonb => Some(ty),
                        _ => None,
                    }
                }
                ast::AccessExpr::Subscript(ast::Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    for bound in [lower_bound, upper_bound, stride].into_iter().flatten() {
                        self.expr(bound);
                    }
                    ty
                }
            };
        }
        ty
    }

    fn ty(&self, ty: &ast::DataType) -> Type {
        self.names.catalog.resolve_type_in(data_type(ty), self.names.path)
    }

    /// Where an expression stands: its first name, or all that the handle covers.
    fn place(&self, expr: &Expr) -> Location {
        let mut todo = vec![expr];
        let mut best: Option<Span> = None;
        while let Some(expr) = todo.pop() {
            let span = match expr {
                Expr::Identifier(ident) => Some(ident.span),
                Expr::CompoundIdentifier(parts) => parts.last().map(|i| i.span),
                Expr::Value(ast::ValueWithSpan { value: _, span }) => Some(*span),
                Expr::Function(call) => match call.name.0.last() {
                    Some(ast::ObjectNamePart::Identifier(ident)) => Some(ident.span),
                    _ => None,
                },
                _other => None,
            };
            let span = span.map(|s| self.text.positions.span(s)).filter(|s| !s.is_empty());
            if let Some(span) = span {
                best = Some(best.map_or(span, |b| if span.start < b.start { span } else { b }));
            }
            children(expr, &mut todo);
        }
        best.map_or_else(|| self.whole(), |span| self.text.fragment.locate(span))
    }

    fn at(&self, span: sqlparser::tokenizer::Span) -> Option<Location> {
        let span = self.text.positions.span(span);
        (!span.is_empty()).then(|| self.text.fragment.locate(span))
    }

    fn whole(&self) -> Location {
        self.text.fragment.locate(self.text.span)
    }
}

/// The type of CASE, COALESCE and ARRAY over results of these types.
fn common(types: &[Argument]) -> Argument {
    let mut known = types.iter().filter(|t| !t.as_ref().is_some_and(Type::is_unknown));
    let Some(first) = known.next() else { return LITERAL };
    let first = first.as_ref()?;
    let same = known.all(|t| t.as_ref().is_some_and(|t| t.base == first.base && t.array == first.array));
    same.then(|| Type { length: None, scale: None, ..first.clone() })
}
