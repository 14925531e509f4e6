//! What an expression of the schema names.

use crate::schema::names;
use crate::syntax::{ExprHandle, ast};
use ast::Expr;

/// Names of the columns that an expression over one table mentions, each once. Columns inside a subquery are left out:
/// no expression that belongs to a table can hold one.
pub(super) fn columns(handle: &ExprHandle) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut todo = vec![handle.expr.as_ref()];
    while let Some(expr) = todo.pop() {
        let ident = match expr {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(parts) => parts.last(),
            other => {
                children(other, &mut todo);
                None
            }
        };
        if let Some(ident) = ident {
            let name = names::fold(&ident.value, ident.quote_style);
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// The expressions directly inside another. Subqueries are not entered.
pub(super) fn children<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::Exists { subquery: _, negated: _ }
        | Expr::Subquery(_)
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(_, _)
        | Expr::MatchAgainst { columns: _, match_value: _, opt_search_modifier: _ } => {}
        Expr::CompoundFieldAccess { root, access_chain } => {
            out.push(root);
            for access in access_chain {
                match access {
                    // A field of a composite value is no column.
                    ast::AccessExpr::Dot(_) => {}
                    ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => out.push(index),
                    ast::AccessExpr::Subscript(ast::Subscript::Slice {
                        lower_bound,
                        upper_bound,
                        stride,
                    }) => out.extend([lower_bound, upper_bound, stride].into_iter().flatten()),
                }
            }
        }
        Expr::JsonAccess { value, path } => {
            out.push(value);
            let ast::JsonPath { path } = path;
            for element in path {
                match element {
                    ast::JsonPathElem::Dot { key: _, quoted: _ } => {}
                    ast::JsonPathElem::Bracket { key } | ast::JsonPathElem::ColonBracket { key } => {
                        out.push(key);
                    }
                }
            }
        }
        Expr::IsFalse(e)
        | Expr::IsNotFalse(e)
        | Expr::IsTrue(e)
        | Expr::IsNotTrue(e)
        | Expr::IsNull(e)
        | Expr::IsNotNull(e)
        | Expr::IsUnknown(e)
        | Expr::IsNotUnknown(e)
        | Expr::Nested(e)
        | Expr::OuterJoin(e)
        | Expr::Prior(e)
        | Expr::IsJson { expr: e, kind: _, unique_keys: _, negated: _ }
        | Expr::IsNormalized { expr: e, form: _, negated: _ }
        | Expr::InSubquery { expr: e, subquery: _, negated: _ }
        | Expr::UnaryOp { op: _, expr: e }
        | Expr::Cast { kind: _, expr: e, data_type: _, format: _ }
        | Expr::Extract { field: _, syntax: _, expr: e }
        | Expr::Ceil { expr: e, field: _ }
        | Expr::Floor { expr: e, field: _ }
        | Expr::Collate { expr: e, collation: _ }
        | Expr::Prefixed { prefix: _, value: e }
        | Expr::Named { expr: e, name: _ } => out.push(e),
        Expr::IsDistinctFrom(a, b)
        | Expr::IsNotDistinctFrom(a, b)
        | Expr::InUnnest { expr: a, array_expr: b, negated: _ }
        | Expr::BinaryOp { left: a, op: _, right: b }
        | Expr::SimilarTo { negated: _, expr: a, pattern: b, escape_char: _ }
        | Expr::RLike { negated: _, expr: a, pattern: b, regexp: _ }
        | Expr::AnyOp { left: a, compare_op: _, right: b, is_some: _ }
        | Expr::AllOp { left: a, compare_op: _, right: b }
        | Expr::AtTimeZone { timestamp: a, time_zone: b }
        | Expr::Position { expr: a, r#in: b } => out.extend([a.as_ref(), b.as_ref()]),
        Expr::Like { negated: _, any: _, expr, pattern, escape_char }
        | Expr::ILike { negated: _, any: _, expr, pattern, escape_char } => {
            out.extend([expr.as_ref(), pattern.as_ref()]);
            out.extend(escape_char.as_deref());
        }
        Expr::InList { expr, list, negated: _ } => {
            out.push(expr);
            out.extend(list);
        }
        Expr::Between { expr, negated: _, low, high } => {
            out.extend([expr.as_ref(), low.as_ref(), high.as_ref()]);
        }
        Expr::Convert { is_try: _, expr, data_type: _, charset: _, target_before_value: _, styles } => {
            out.push(expr);
            out.extend(styles);
        }
        Expr::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
            out.push(expr);
            out.extend(substring_from.as_deref());
            out.extend(substring_for.as_deref());
        }
        Expr::Trim { trim_where: _, trim_what, expr, trim_characters } => {
            out.push(expr);
            out.extend(trim_what.as_deref());
            out.extend(trim_characters.iter().flatten());
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            out.extend([expr.as_ref(), overlay_what.as_ref(), overlay_from.as_ref()]);
            out.extend(overlay_for.as_deref());
        }
        Expr::Function(call) => call_children(call, out),
        Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
            out.extend(operand.as_deref());
            for ast::CaseWhen { condition, result } in conditions {
                out.extend([condition, result]);
            }
            out.extend(else_result.as_deref());
        }
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
            out.extend(sets.iter().flatten());
        }
        Expr::Tuple(items) | Expr::Struct { values: items, fields: _ } => out.extend(items),
        Expr::Array(ast::Array { elem, named: _ }) => out.extend(elem),
        Expr::Dictionary(fields) => {
            out.extend(fields.iter().map(|ast::DictionaryField { key: _, value }| value.as_ref()));
        }
        Expr::Map(ast::Map { entries }) => {
            for ast::MapEntry { key, value } in entries {
                out.extend([key.as_ref(), value.as_ref()]);
            }
        }
        Expr::Interval(interval) => out.push(&interval.value),
        Expr::Lambda(lambda) => out.push(&lambda.body),
        Expr::MemberOf(ast::MemberOf { value, array }) => out.extend([value.as_ref(), array.as_ref()]),
    }
}

/// The arguments, filter and order of a call.
pub(super) fn call_children<'a>(call: &'a ast::Function, out: &mut Vec<&'a Expr>) {
    let ast::Function {
        name: _,
        uses_odbc_syntax: _,
        parameters,
        args,
        within_group,
        filter,
        null_treatment: _,
        over: _, // A window function belongs to no table's expression.
    } = call;
    for list in [parameters, args] {
        let ast::FunctionArguments::List(list) = list else { continue };
        for arg in &list.args {
            let arg = match arg {
                ast::FunctionArg::Named { name: _, arg, operator: _ }
                | ast::FunctionArg::ExprNamed { name: _, arg, operator: _ }
                | ast::FunctionArg::Unnamed(arg) => arg,
            };
            match arg {
                ast::FunctionArgExpr::Expr(e) => out.push(e),
                ast::FunctionArgExpr::QualifiedWildcard(_)
                | ast::FunctionArgExpr::Wildcard
                | ast::FunctionArgExpr::WildcardWithOptions(_) => {}
            }
        }
    }
    out.extend(within_group.iter().map(|o| &o.expr));
    out.extend(filter.as_deref());
}

/// Whether a condition holds only where that column is not NULL: it says so, alone or among others that hold with it.
pub(super) fn refuses_null(handle: &ExprHandle, column: &str) -> bool {
    let mut todo = vec![handle.expr.as_ref()];
    while let Some(expr) = todo.pop() {
        match expr {
            Expr::Nested(inner) => todo.push(inner),
            Expr::BinaryOp { left, op: ast::BinaryOperator::And, right } => {
                todo.extend([left.as_ref(), right.as_ref()]);
            }
            Expr::IsNotNull(operand) => {
                if let Expr::Identifier(ident) = operand.as_ref()
                    && names::fold(&ident.value, ident.quote_style) == column
                {
                    return true;
                }
            }
            _other => {}
        }
    }
    false
}
