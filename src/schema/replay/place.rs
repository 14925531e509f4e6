//! From sqlparser's positions to bytes of the fragment, and literals to their content.

use crate::source::Span;
use crate::syntax::{Positions, ast};

/// The bytes of the fragment that a range of the parser covers; `None` for the empty range that stands for "unknown".
pub(super) fn span(positions: &Positions, span: sqlparser::tokenizer::Span) -> Option<Span> {
    let start = offset(positions, span.start)?;
    let end = offset(positions, span.end)?;
    (start < end).then(|| Span::new(start, end))
}

fn offset(positions: &Positions, at: sqlparser::tokenizer::Location) -> Option<u32> {
    let line = usize::try_from(at.line).ok()?.checked_sub(1)?;
    let start = *positions.line_starts.get(line)?;
    let text = positions.text.get(start as usize..)?;
    let characters = usize::try_from(at.column).ok()?.checked_sub(1)?;
    let into = text.char_indices().nth(characters).map_or(text.len(), |(i, _)| i);
    Some(positions.base + start + into as u32)
}

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
