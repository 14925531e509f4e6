//! Raw tokens to the parser's tokens: values of strings and names, operators by name, adjacent strings joined.
//! Placeholders keep their text; template marks are placed by `syntax::holes`.

use sqlparser::ast::DollarQuotedString;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::Dialect;
use super::lexer::{Kind, Raw};
use super::positions::encode;
use crate::source::Span;

/// The parser's tokens of a statement. Fails at a token that can stand in no statement.
pub(super) fn tokens(
    text: &str,
    raws: &[Raw],
    dialect: Dialect,
) -> Result<Vec<TokenWithSpan>, (String, Span)> {
    let mut tokens: Vec<TokenWithSpan> = Vec::with_capacity(raws.len() + 1);
    let mut i = 0;
    while let Some(raw) = raws.get(i) {
        i += 1;
        let span = Span::new(raw.start, raw.end);
        let source = raw.text(text);
        let mut end = raw.end;
        let token = match raw.kind {
            Kind::Word => Token::make_word(source, None),
            Kind::QuotedName => quoted_name(source),
            Kind::UnicodeName => {
                let (escape, used) = unicode_escape(text, raws.get(i..).unwrap_or(&[]));
                i += used;
                let inner = unquote(source.get(2..).unwrap_or(""), '"');
                Token::make_word(&decode_unicode(&inner, escape), Some('"'))
            }
            Kind::String => {
                let mut value = string_value(source, dialect);
                // Strings that only a line break separates are one (manual 4.1.2.1); in MySQL any white space does.
                while let Some(next) = raws.get(i).filter(|next| {
                    next.kind == Kind::String
                        && text
                            .get(end as usize..next.start as usize)
                            .is_some_and(|between| dialect == Dialect::MySql || joins_strings(between))
                }) {
                    value.push_str(&string_value(next.text(text), dialect));
                    end = next.end;
                    i += 1;
                }
                Token::SingleQuotedString(value)
            }
            Kind::EscapeString => Token::EscapedStringLiteral(decode_escapes(
                between(source.get(1..).unwrap_or(""), '\''),
                '\'',
            )),
            Kind::UnicodeString => {
                let (escape, used) = unicode_escape(text, raws.get(i..).unwrap_or(&[]));
                i += used;
                let inner = unquote(source.get(2..).unwrap_or(""), '\'');
                Token::UnicodeStringLiteral(decode_unicode(&inner, escape))
            }
            Kind::BitString => {
                Token::SingleQuotedByteStringLiteral(unquote(source.get(1..).unwrap_or(""), '\''))
            }
            Kind::HexString => Token::HexStringLiteral(unquote(source.get(1..).unwrap_or(""), '\'')),
            Kind::NationalString => {
                Token::NationalStringLiteral(unquote(source.get(1..).unwrap_or(""), '\''))
            }
            Kind::DollarString => dollar_string(source),
            Kind::Number => Token::Number(source.to_owned(), false),
            Kind::Placeholder | Kind::Hole => Token::Placeholder(source.to_owned()),
            Kind::Operator => operator(source, dialect),
            Kind::LParen => Token::LParen,
            Kind::RParen => Token::RParen,
            Kind::LBracket => Token::LBracket,
            Kind::RBracket => Token::RBracket,
            Kind::LBrace => Token::LBrace,
            Kind::RBrace => Token::RBrace,
            Kind::Comma => Token::Comma,
            Kind::Semicolon => Token::SemiColon,
            Kind::Dot => Token::Period,
            Kind::DotDot => Token::CustomBinaryOperator("..".to_owned()),
            Kind::Colon => Token::Colon,
            Kind::DoubleColon => Token::DoubleColon,
            Kind::Assign => Token::Assignment,
            Kind::LineComment | Kind::BlockComment | Kind::Directive => continue,
            Kind::Unterminated => return Err((unterminated(source), Span::new(raw.start, raw.start + 1))),
            Kind::Meta => {
                return Err(("unexpected backslash".to_owned(), Span::new(raw.start, raw.start + 1)));
            }
            Kind::Unknown => return Err((format!("unexpected character {:?}", source), span)),
        };
        tokens.push(TokenWithSpan::new(token, encode(raw.start, end)));
    }
    Ok(tokens)
}

fn unterminated(source: &str) -> String {
    let what = match source.as_bytes() {
        [b'/', ..] => "comment",
        [b'$', ..] => "dollar-quoted string",
        [b'"' | b'`' | b'[', ..] => "quoted name",
        [b'U' | b'u', b'&', b'"', ..] => "quoted name",
        _ => "string",
    };
    format!("the {what} that starts here has no end")
}

fn joins_strings(between: &str) -> bool {
    between.contains('\n') && between.chars().all(char::is_whitespace)
}

fn string_value(source: &str, dialect: Dialect) -> String {
    let quote = if source.starts_with('"') { '"' } else { '\'' };
    if dialect == Dialect::MySql {
        decode_escapes(between(source, quote), quote)
    } else {
        unquote(source, quote)
    }
}

fn between(source: &str, quote: char) -> &str {
    let inner = source.strip_prefix(quote).unwrap_or(source);
    inner.strip_suffix(quote).unwrap_or(inner)
}

/// The text between quotes, doubled quotes made single.
fn unquote(source: &str, quote: char) -> String {
    let inner = between(source, quote);
    if !inner.contains(quote) {
        return inner.to_owned();
    }
    let doubled: String = [quote, quote].iter().collect();
    inner.replace(&doubled, quote.encode_utf8(&mut [0; 4]))
}

fn quoted_name(source: &str) -> Token {
    let open = source.chars().next().unwrap_or('"');
    if open == '[' {
        let inner = source.get(1..source.len().saturating_sub(1)).unwrap_or("");
        return Token::make_word(inner, Some('['));
    }
    Token::make_word(&unquote(source, open), Some(open))
}

fn dollar_string(source: &str) -> Token {
    let tag_len = source.get(1..).and_then(|rest| rest.find('$')).map_or(1, |at| at + 2);
    let tag = source.get(1..tag_len.saturating_sub(1)).unwrap_or("");
    let value = source.get(tag_len..source.len().saturating_sub(tag_len)).unwrap_or("");
    Token::DollarQuotedString(DollarQuotedString {
        value: value.to_owned(),
        tag: (!tag.is_empty()).then(|| tag.to_owned()),
    })
}

/// Escapes of `E'...'` (manual 4.1.2.2) and doubled quotes; MySQL's are close enough to share them.
fn decode_escapes(inner: &str, quote: char) -> String {
    if !inner.contains(['\\', quote]) {
        return inner.to_owned();
    }
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            if c == quote && chars.as_str().starts_with(quote) {
                chars.next();
            }
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some('b') => value.push('\u{8}'),
            Some('f') => value.push('\u{c}'),
            Some('x') => push_digits(&mut value, &mut chars, 16, 2),
            Some('u') => push_digits(&mut value, &mut chars, 16, 4),
            Some('U') => push_digits(&mut value, &mut chars, 16, 8),
            Some(c @ '0'..='7') => {
                let mut code = c.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    chars.next();
                }
                value.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            Some(other) => value.push(other),
            None => {}
        }
    }
    value
}

fn push_digits(value: &mut String, chars: &mut std::str::Chars<'_>, radix: u32, most: usize) {
    let mut code = 0u32;
    for _ in 0..most {
        let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(radix)) else { break };
        code = code.wrapping_mul(radix).wrapping_add(digit);
        chars.next();
    }
    value.push(char::from_u32(code).unwrap_or('\u{fffd}'));
}

/// The character that `UESCAPE 'c'` names behind a `U&` literal, and how many tokens that takes.
fn unicode_escape(text: &str, rest: &[Raw]) -> (char, usize) {
    if let [word, string, ..] = rest
        && word.is_word(text, "UESCAPE")
        && string.kind == Kind::String
    {
        return (string.text(text).chars().nth(1).unwrap_or('\\'), 2);
    }
    ('\\', 0)
}

fn decode_unicode(inner: &str, escape: char) -> String {
    if !inner.contains(escape) {
        return inner.to_owned();
    }
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != escape {
            value.push(c);
        } else if chars.as_str().starts_with(escape) {
            chars.next();
            value.push(escape);
        } else if chars.as_str().starts_with('+') {
            chars.next();
            push_digits(&mut value, &mut chars, 16, 6);
        } else {
            push_digits(&mut value, &mut chars, 16, 4);
        }
    }
    value
}

fn operator(source: &str, dialect: Dialect) -> Token {
    match source {
        "=" => Token::Eq,
        "==" => Token::DoubleEq,
        "<>" | "!=" => Token::Neq,
        "<" => Token::Lt,
        ">" => Token::Gt,
        "<=" => Token::LtEq,
        ">=" => Token::GtEq,
        "<=>" if dialect == Dialect::MySql => Token::Spaceship,
        "+" => Token::Plus,
        "-" => Token::Minus,
        "*" => Token::Mul,
        "/" => Token::Div,
        "%" | "%%" => Token::Mod,
        "||" => Token::StringConcat,
        "|" => Token::Pipe,
        "&" => Token::Ampersand,
        "^" => Token::Caret,
        "#" => Token::Sharp,
        "##" => Token::DoubleSharp,
        "~" => Token::Tilde,
        "~*" => Token::TildeAsterisk,
        "!~" => Token::ExclamationMarkTilde,
        "!~*" => Token::ExclamationMarkTildeAsterisk,
        "~~" => Token::DoubleTilde,
        "~~*" => Token::DoubleTildeAsterisk,
        "!~~" => Token::ExclamationMarkDoubleTilde,
        "!~~*" => Token::ExclamationMarkDoubleTildeAsterisk,
        "<<" => Token::ShiftLeft,
        ">>" => Token::ShiftRight,
        "&&" => Token::Overlap,
        "!" => Token::ExclamationMark,
        "!!" => Token::DoubleExclamationMark,
        "@" => Token::AtSign,
        "^@" => Token::CaretAt,
        "|/" => Token::PGSquareRoot,
        "||/" => Token::PGCubeRoot,
        "->" => Token::Arrow,
        "->>" => Token::LongArrow,
        "#>" => Token::HashArrow,
        "#>>" => Token::HashLongArrow,
        "#-" => Token::HashMinus,
        "@-@" => Token::AtDashAt,
        "?-" => Token::QuestionMarkDash,
        "?#" => Token::QuestionMarkSharp,
        "?-|" => Token::QuestionMarkDashVerticalBar,
        "?||" => Token::QuestionMarkDoubleVerticalBar,
        "&<" => Token::AmpersandLeftAngleBracket,
        "&>" => Token::AmpersandRightAngleBracket,
        "&<|" => Token::AmpersandLeftAngleBracketVerticalBar,
        "|&>" => Token::VerticalBarAmpersandRightAngleBracket,
        "<->" => Token::TwoWayArrow,
        "<^" => Token::LeftAngleBracketCaret,
        ">^" => Token::RightAngleBracketCaret,
        "~=" => Token::TildeEqual,
        "<<|" => Token::ShiftLeftVerticalBar,
        "|>>" => Token::VerticalBarShiftRight,
        "@>" => Token::AtArrow,
        "<@" => Token::ArrowAt,
        "@?" => Token::AtQuestion,
        "@@" => Token::AtAt,
        "?" | "??" => Token::Question,
        "?&" | "??&" => Token::QuestionAnd,
        "?|" | "??|" => Token::QuestionPipe,
        "=>" => Token::RArrow,
        other => Token::CustomBinaryOperator(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::Lexer;

    fn convert(text: &str, dialect: Dialect) -> Vec<Token> {
        let mut lexer = Lexer::new(text, dialect);
        let raws: Vec<Raw> = std::iter::from_fn(|| lexer.next()).collect();
        tokens(text, &raws, dialect).unwrap().into_iter().map(|t| t.token).collect()
    }

    fn string(text: &str) -> String {
        match convert(text, Dialect::Postgres).remove(0) {
            Token::SingleQuotedString(s)
            | Token::EscapedStringLiteral(s)
            | Token::UnicodeStringLiteral(s) => s,
            Token::DollarQuotedString(s) => s.value,
            Token::Word(w) => w.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_of_strings_and_names() {
        assert_eq!(string("'it''s'"), "it's");
        assert_eq!(string(r"'a\'"), r"a\");
        assert_eq!(string(r"'a\''b'"), r"a\'b");
        assert_eq!(string(r"E'a\n\'\\\x41\u00e9\101'"), "a\n'\\A\u{e9}A");
        assert_eq!(string(r"U&'\0041\+000042'"), "AB");
        assert_eq!(string(r"U&'!0041' UESCAPE '!'"), "A");
        assert_eq!(string("$x$a$$b$x$"), "a$$b");
        assert_eq!(string(r#""a""b""#), "a\"b");
        assert_eq!(string("'a'\n  'b'"), "ab");
        assert_eq!(string("'a' 'b'"), "a");
    }

    #[test]
    fn what_is_cut_off_is_named() {
        let fails = |text: &str| {
            let mut lexer = Lexer::new(text, Dialect::Postgres);
            let raws: Vec<Raw> = std::iter::from_fn(|| lexer.next()).collect();
            tokens(text, &raws, Dialect::Postgres).unwrap_err()
        };
        assert_eq!(fails("a 'b"), ("the string that starts here has no end".to_owned(), Span::new(2, 3)));
        assert_eq!(fails("a $$b").0, "the dollar-quoted string that starts here has no end");
        assert_eq!(fails("a \u{1}").0, "unexpected character \"\\u{1}\"");
    }
}
