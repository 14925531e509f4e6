//! Types of expressions, as far as an analysis asks: PostgreSQL's rules for the common operators and functions, unknown
//! elsewhere. A parameter has the type that it is cast to and no other.

use super::model::{Expr, ExprKind, Literal};
use crate::schema::types::{BaseType, Type};

/// The type of a number as written (manual 4.1.2.6).
pub(super) fn number(text: &str) -> Type {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Type::of(BaseType::Numeric);
    }
    if text.parse::<i32>().is_ok() {
        Type::of(BaseType::Int4)
    } else if text.parse::<i64>().is_ok() {
        Type::of(BaseType::Int8)
    } else {
        Type::of(BaseType::Numeric)
    }
}

/// The type of an array's elements; unknown for what is no array.
pub(super) fn element_of(ty: &Type) -> Type {
    if ty.array { ty.clone().element() } else { Type::UNKNOWN }
}

/// The type under which a CASE, COALESCE, UNION or the like brings several together (manual 10.5): the first that is
/// known, widened among numbers.
pub(super) fn common<'t>(types: impl IntoIterator<Item = &'t Type>) -> Type {
    let mut chosen = Type::UNKNOWN;
    for ty in types {
        if ty.is_unknown() {
            continue;
        }
        if chosen.is_unknown() {
            chosen = ty.clone();
        } else if chosen != *ty {
            chosen = match (rank(&chosen), rank(ty)) {
                (Some(a), Some(b)) if b > a => ty.clone(),
                (Some(_), Some(_)) => chosen,
                _ => strip(chosen),
            };
        }
    }
    chosen
}

/// A type without modifiers where two that differ in them meet.
fn strip(ty: Type) -> Type {
    Type { length: None, scale: None, ..ty }
}

/// The place of a number type in the order of implicit conversions.
fn rank(ty: &Type) -> Option<u8> {
    if ty.array {
        return None;
    }
    match ty.base {
        BaseType::Int2 => Some(0),
        BaseType::Int4 => Some(1),
        BaseType::Int8 => Some(2),
        BaseType::Numeric => Some(3),
        BaseType::Float4 => Some(4),
        BaseType::Float8 => Some(5),
        _ => None,
    }
}

/// The type that a select list gives an output column: an untyped string becomes text.
pub(super) fn of_output(expr: &Expr) -> Type {
    match &expr.kind {
        ExprKind::Literal(Literal::String(_) | Literal::Null) if expr.ty.is_unknown() => {
            Type::of(BaseType::Text)
        }
        _ => expr.ty.clone(),
    }
}

/// The result of an operator of two operands.
pub(super) fn binary(op: &str, left: &Type, right: &Type) -> Type {
    let bool_ = Type::of(BaseType::Bool);
    match op {
        "->>" | "#>>" => Type::of(BaseType::Text),
        "->" | "#>" | "#-" => {
            if left.is_unknown() {
                Type::of(BaseType::Jsonb)
            } else {
                left.clone()
            }
        }
        "@>" | "<@" | "&&" | "?" | "?|" | "?&" | "@@" | "@?" | "^@" | "&<" | "&>" | "-|-" | "<<|" | "|>>"
        | "&<|" | "|&>" | "~" | "~*" | "!~" | "!~*" | "~~" | "!~~" | "~~*" | "!~~*" | "%" | "<%" | "%>"
            if op != "%" || is_text(left) || is_text(right) =>
        {
            bool_
        }
        "<->" | "<=>" | "<#>" | "<+>" | "<<->" | "<->>" => match left.base {
            BaseType::Timestamp | BaseType::TimestampTz | BaseType::Date => Type::of(BaseType::Interval),
            _ => Type::of(BaseType::Float8),
        },
        "||" => concatenation(left, right),
        "<<" | ">>" if !matches!(left.base, BaseType::Int2 | BaseType::Int4 | BaseType::Int8) => bool_,
        "+" | "-" | "*" | "/" | "%" | "^" => arithmetic(op, left, right),
        "&" | "|" | "#" | "<<" | ">>" => {
            if left.is_unknown() {
                right.clone()
            } else {
                left.clone()
            }
        }
        _ => Type::UNKNOWN,
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(
        ty.base,
        BaseType::Text | BaseType::Varchar | BaseType::Bpchar | BaseType::Name | BaseType::Citext
    ) && !ty.array
}

fn concatenation(left: &Type, right: &Type) -> Type {
    for side in [left, right] {
        if side.array || matches!(side.base, BaseType::Jsonb | BaseType::TsVector | BaseType::Bytea) {
            return side.clone();
        }
    }
    if is_text(left) || is_text(right) || left.is_unknown() && right.is_unknown() {
        Type::of(BaseType::Text)
    } else if left.is_unknown() || right.is_unknown() {
        Type::UNKNOWN
    } else {
        Type::of(BaseType::Text)
    }
}

fn arithmetic(op: &str, left: &Type, right: &Type) -> Type {
    use BaseType::{Date, Interval, Jsonb, Time, TimeTz, Timestamp, TimestampTz};
    if left.array || right.array {
        return Type::UNKNOWN;
    }
    let is_number = |ty: &Type| rank(ty).is_some();
    let moment = |ty: &Type| matches!(ty.base, Timestamp | TimestampTz | Time | TimeTz);
    match (&left.base, op, &right.base) {
        (Date, "+" | "-", Interval) | (Interval, "+", Date) => Type::of(Timestamp),
        (Date, "-", Date) => Type::of(BaseType::Int4),
        (Date, "+", Time) | (Time, "+", Date) => Type::of(Timestamp),
        (Date, "+" | "-", _) if is_number(right) || right.is_unknown() => Type::of(Date),
        (_, "+", Date) if is_number(left) => Type::of(Date),
        (Timestamp | TimestampTz, "-", Timestamp | TimestampTz | Date)
        | (Date, "-", Timestamp | TimestampTz) => Type::of(Interval),
        (Timestamp | TimestampTz, "-", BaseType::Unknown) => Type::of(Interval),
        (Time, "-", Time) => Type::of(Interval),
        (_, "+" | "-", Interval) if moment(left) => strip(left.clone()),
        (Interval, "+", _) if moment(right) => strip(right.clone()),
        (Interval, _, _) | (_, "*", Interval) => Type::of(Interval),
        (Jsonb, "-", _) => Type::of(Jsonb),
        (BaseType::Unknown, _, _) if is_number(right) && op != "-" => promoted(op, right, right),
        (_, _, BaseType::Unknown) if is_number(left) => promoted(op, left, left),
        (BaseType::Range(_), _, BaseType::Range(_)) => left.clone(),
        _ if is_number(left) && is_number(right) => promoted(op, left, right),
        _ => Type::UNKNOWN,
    }
}

/// Number operators: the wider side without modifiers; real and numeric meet in double precision.
fn promoted(op: &str, left: &Type, right: &Type) -> Type {
    let wide = match (&left.base, &right.base) {
        (BaseType::Float4, BaseType::Numeric | BaseType::Int4 | BaseType::Int8 | BaseType::Int2)
        | (BaseType::Numeric | BaseType::Int4 | BaseType::Int8 | BaseType::Int2, BaseType::Float4) => {
            BaseType::Float8
        }
        _ if rank(right) > rank(left) => right.base.clone(),
        _ => left.base.clone(),
    };
    match (op, &wide) {
        ("^", BaseType::Numeric) => Type::of(BaseType::Numeric),
        ("^", _) => Type::of(BaseType::Float8),
        _ => Type::of(wide),
    }
}

/// The result of an operator of one operand.
pub(super) fn unary(op: &str, operand: &Type) -> Type {
    match op {
        "+" | "-" | "~" | "@" => strip(operand.clone()),
        "|/" | "||/" => Type::of(BaseType::Float8),
        "!!" if operand.base == BaseType::TsQuery => operand.clone(),
        _ => Type::UNKNOWN,
    }
}

/// The element type of a range type.
pub(super) fn range_element(ty: &Type) -> Type {
    let BaseType::Range(name) = &ty.base else { return Type::UNKNOWN };
    Type::of(match name.replace("multirange", "range").as_str() {
        "int4range" => BaseType::Int4,
        "int8range" => BaseType::Int8,
        "numrange" => BaseType::Numeric,
        "tsrange" => BaseType::Timestamp,
        "tstzrange" => BaseType::TimestampTz,
        "daterange" => BaseType::Date,
        _ => return Type::UNKNOWN,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Type {
        crate::schema::types::parse(text)
    }

    #[test]
    fn numbers_are_as_wide_as_they_need() {
        assert_eq!(number("1"), t("integer"));
        assert_eq!(number("3000000000"), t("bigint"));
        assert_eq!(number("99999999999999999999"), t("numeric"));
        assert_eq!(number("1.5"), t("numeric"));
        assert_eq!(number("-2147483648"), t("integer"));
    }

    // Expected types come from a PostgreSQL 15 (pg_typeof).
    #[test]
    fn operators_give_what_postgres_gives() {
        let cases = [
            ("integer", "+", "bigint", "bigint"),
            ("integer", "/", "numeric", "numeric"),
            ("real", "+", "integer", "double precision"),
            ("date", "-", "date", "integer"),
            ("date", "+", "integer", "date"),
            ("date", "+", "interval", "timestamp"),
            ("timestamptz", "-", "interval", "timestamptz"),
            ("timestamptz", "-", "timestamptz", "interval"),
            ("interval", "*", "integer", "interval"),
            ("jsonb", "->", "text", "jsonb"),
            ("jsonb", "->>", "text", "text"),
            ("jsonb", "-", "text", "jsonb"),
            ("text[]", "||", "text", "text[]"),
            ("text", "||", "integer", "text"),
            ("jsonb", "@>", "jsonb", "boolean"),
            ("integer", "%", "integer", "integer"),
            ("integer", "^", "integer", "double precision"),
            ("inet", "<<", "inet", "boolean"),
            ("integer", "<<", "integer", "integer"),
        ];
        for (left, op, right, expected) in cases {
            assert_eq!(binary(op, &t(left), &t(right)), t(expected), "{left} {op} {right}");
        }
    }

    #[test]
    fn the_common_type_is_the_first_known_widened_among_numbers() {
        let common_of = |types: &[&str]| {
            let types: Vec<Type> = types.iter().map(|n| t(n)).collect();
            common(&types)
        };
        assert_eq!(common_of(&["", "uuid"]), t("uuid"));
        assert_eq!(common_of(&["integer", "bigint"]), t("bigint"));
        assert_eq!(common_of(&["varchar(3)", "varchar(5)"]), t("varchar"));
        assert_eq!(common_of(&["text", "integer"]), t("text"));
    }
}
