//! Constants, placeholders and types.

use crate::query::binder::Binder;
use crate::query::model::{Expr, ExprKind, Literal, ParamName};
use crate::query::types;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Binder<'a> {
    /// A constant or placeholder.
    pub(super) fn value(&mut self, value: &'a ast::ValueWithSpan) -> Expr {
        let ast::ValueWithSpan { value, span } = value;
        let span = self.place(*span);
        let literal = |literal, ty| Expr { kind: ExprKind::Literal(literal), ty, span };
        let string = |text: &str| literal(Literal::String(text.to_owned()), Type::UNKNOWN);
        if let Some(text) = string_of(value)
            && let Some(expression) = self.hole_in(text)
        {
            return self.spliced_value(text, span).unwrap_or_else(|| self.hole(expression, span));
        }
        let bits =
            |text: &str| literal(Literal::Other(text.to_owned()), Type::of(BaseType::Other("bit".into())));
        match value {
            ast::Value::Number(text, _long) => literal(Literal::Number(text.clone()), types::number(text)),
            ast::Value::SingleQuotedString(text)
            | ast::Value::TripleSingleQuotedString(text)
            | ast::Value::TripleDoubleQuotedString(text)
            | ast::Value::EscapedStringLiteral(text)
            | ast::Value::UnicodeStringLiteral(text)
            | ast::Value::SingleQuotedRawStringLiteral(text)
            | ast::Value::DoubleQuotedRawStringLiteral(text)
            | ast::Value::TripleSingleQuotedRawStringLiteral(text)
            | ast::Value::TripleDoubleQuotedRawStringLiteral(text)
            | ast::Value::NationalStringLiteral(text)
            | ast::Value::DoubleQuotedString(text) => string(text),
            ast::Value::DollarQuotedString(ast::DollarQuotedString { value, tag: _ }) => string(value),
            ast::Value::QuoteDelimitedStringLiteral(quoted)
            | ast::Value::NationalQuoteDelimitedStringLiteral(quoted) => {
                let ast::QuoteDelimitedString { start_quote: _, value, end_quote: _ } = quoted;
                string(value)
            }
            ast::Value::SingleQuotedByteStringLiteral(text)
            | ast::Value::DoubleQuotedByteStringLiteral(text)
            | ast::Value::TripleSingleQuotedByteStringLiteral(text)
            | ast::Value::TripleDoubleQuotedByteStringLiteral(text)
            | ast::Value::HexStringLiteral(text) => bits(text),
            ast::Value::Boolean(value) => literal(Literal::Bool(*value), Type::of(BaseType::Bool)),
            ast::Value::Null => literal(Literal::Null, Type::UNKNOWN),
            ast::Value::Placeholder(text) => self.placeholder(text, span),
        }
    }

    /// A placeholder as it was written.
    fn placeholder(&mut self, text: &str, span: Span) -> Expr {
        if let Some(expression) = self.hole_in(text) {
            return self.spliced_value(text, span).unwrap_or_else(|| self.hole(expression, span));
        }
        let id = match param_name(text) {
            Some(name) => self.param(name, span),
            None => self.anonymous_param(span),
        };
        Expr { kind: ExprKind::Param(id), ty: Type::UNKNOWN, span }
    }

    /// A named parameter.
    pub(super) fn named_param(&mut self, name: String, span: Span) -> Expr {
        let id = self.param(ParamName::Named(name), span);
        Expr { kind: ExprKind::Param(id), ty: Type::UNKNOWN, span }
    }

    /// A type as written, with enums, domains and row types of the catalog told apart.
    pub(super) fn data_type(&self, ty: &'a ast::DataType) -> Type {
        self.catalog.resolve_type(crate::schema::data_type(ty))
    }
}

/// The content of the strings that programs splice text into.
fn string_of(value: &ast::Value) -> Option<&str> {
    match value {
        ast::Value::SingleQuotedString(text)
        | ast::Value::EscapedStringLiteral(text)
        | ast::Value::DollarQuotedString(ast::DollarQuotedString { value: text, tag: _ })
        | ast::Value::DoubleQuotedString(text) => Some(text),
        _ => None,
    }
}

/// What tells a placeholder from others; none for an anonymous one.
fn param_name(text: &str) -> Option<ParamName> {
    let bare = text.trim();
    let numbered = |digits: &str| digits.parse().ok().map(ParamName::Numbered);
    if let Some(inner) = bare.strip_prefix("sqlc.").and_then(|t| t.split_once('(')) {
        return Some(ParamName::Named(unquoted(inner.1.trim_end_matches(')'))));
    }
    for (open, close) in [("%(", ")"), ("#{", "}"), ("${", "}"), ("{", "}"), (":{", "}")] {
        if let Some(inner) = bare.strip_prefix(open) {
            let name = inner.split(close).next().unwrap_or(inner);
            return Some(ParamName::Named(unquoted(name)));
        }
    }
    let mut chars = bare.chars();
    let sigil = chars.next();
    let name = chars.as_str();
    match sigil {
        Some('?') if name.is_empty() => None,
        Some('%') => None,
        Some('$' | '?' | ':') if name.bytes().all(|b| b.is_ascii_digit()) => numbered(name),
        Some('$' | ':' | '@') if !name.is_empty() => Some(ParamName::Named(unquoted(name))),
        _ => Some(ParamName::Named(bare.to_owned())),
    }
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(|c| c == '\'' || c == '"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_every_kind() {
        let named = |n: &str| Some(ParamName::Named(n.to_owned()));
        assert_eq!(param_name("$1"), Some(ParamName::Numbered(1)));
        assert_eq!(param_name("?2"), Some(ParamName::Numbered(2)));
        assert_eq!(param_name(":name"), named("name"));
        assert_eq!(param_name("$name"), named("name"));
        assert_eq!(param_name("@name"), named("name"));
        assert_eq!(param_name("%(name)s"), named("name"));
        assert_eq!(param_name("#{row.name}"), named("row.name"));
        assert_eq!(param_name("sqlc.arg(name)"), named("name"));
        assert_eq!(param_name("sqlc.narg('name')"), named("name"));
        assert_eq!(param_name("?"), None);
        assert_eq!(param_name("%s"), None);
    }
}
