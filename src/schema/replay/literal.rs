//! Literals of the parser's tree to their content.

use crate::syntax::ast;

/// The content of a string literal.
pub(super) fn string(expr: &ast::Expr) -> Option<&str> {
    let ast::Expr::Value(ast::ValueWithSpan { value, span: _ }) = expr else { return None };
    match value {
        ast::Value::SingleQuotedString(text)
        | ast::Value::EscapedStringLiteral(text)
        | ast::Value::UnicodeStringLiteral(text)
        | ast::Value::NationalStringLiteral(text) => Some(text),
        ast::Value::DollarQuotedString(ast::DollarQuotedString { value, tag: _ }) => Some(value),
        ast::Value::DoubleQuotedString(text) => Some(text),
        ast::Value::Number(_, _)
        | ast::Value::TripleSingleQuotedString(_)
        | ast::Value::TripleDoubleQuotedString(_)
        | ast::Value::SingleQuotedByteStringLiteral(_)
        | ast::Value::DoubleQuotedByteStringLiteral(_)
        | ast::Value::TripleSingleQuotedByteStringLiteral(_)
        | ast::Value::TripleDoubleQuotedByteStringLiteral(_)
        | ast::Value::SingleQuotedRawStringLiteral(_)
        | ast::Value::DoubleQuotedRawStringLiteral(_)
        | ast::Value::TripleSingleQuotedRawStringLiteral(_)
        | ast::Value::TripleDoubleQuotedRawStringLiteral(_)
        | ast::Value::QuoteDelimitedStringLiteral(_)
        | ast::Value::NationalQuoteDelimitedStringLiteral(_)
        | ast::Value::HexStringLiteral(_)
        | ast::Value::Boolean(_)
        | ast::Value::Null
        | ast::Value::Placeholder(_) => None,
    }
}
