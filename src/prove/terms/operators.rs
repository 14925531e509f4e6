//! Commutators and negators of PostgreSQL's operators (pg_operator), as far as the normal form uses them.

use crate::query::model::CompareOp;

/// The operator with its sides swapped.
pub const fn commuted(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Eq,
        CompareOp::NotEq => CompareOp::NotEq,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
    }
}

/// The operator that is true where this one is false.
pub(super) const fn negated(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::NotEq,
        CompareOp::NotEq => CompareOp::Eq,
        CompareOp::Lt => CompareOp::GtEq,
        CompareOp::LtEq => CompareOp::Gt,
        CompareOp::Gt => CompareOp::LtEq,
        CompareOp::GtEq => CompareOp::Lt,
    }
}

/// The comparison that a symbol names.
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

/// The symbol of a comparison.
pub const fn symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::NotEq => "<>",
        CompareOp::Lt => "<",
        CompareOp::LtEq => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtEq => ">=",
    }
}

/// The commutator of an operator that is not a comparison.
pub fn commuted_operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "@>" => "<@",
        "<@" => "@>",
        "&&" => "&&",
        "@@" => "@@",
        "@@@" => "@@@",
        "<<" => ">>",
        ">>" => "<<",
        "<<=" => ">>=",
        ">>=" => "<<=",
        "%" => "%",
        "<%" => "%>",
        "%>" => "<%",
        "<<%" => "%>>",
        "%>>" => "<<%",
        "-|-" => "-|-",
        "~=" => "~=",
        "<->" => "<->",
        "<#>" => "<#>",
        "<=>" => "<=>",
        "<+>" => "<+>",
        "<->>" => "<<->",
        "<<->" => "<->>",
        "~<~" => "~>~",
        "~>~" => "~<~",
        "~<=~" => "~>=~",
        "~>=~" => "~<=~",
        "~=~" => "~=~",
        _ => return None,
    })
}

/// The negator of an operator of the LIKE family or a pattern comparison.
pub(super) fn negated_operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "~~" => "!~~",
        "!~~" => "~~",
        "~~*" => "!~~*",
        "!~~*" => "~~*",
        "~" => "!~",
        "!~" => "~",
        "~*" => "!~*",
        "!~*" => "~*",
        "~<~" => "~>=~",
        "~>=~" => "~<~",
        "~<=~" => "~>~",
        "~>~" => "~<=~",
        _ => return None,
    })
}

/// Whether a NULL operand makes the result NULL. All but the concatenation of arrays and row tests.
pub(super) fn is_strict(name: &str, any_array: bool) -> bool {
    !(name == "||" && any_array)
}
