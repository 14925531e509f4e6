//! DDL inside a DO block: the statements of its PL/pgSQL that stand by themselves or are executed from a constant string.
//! Conditions are not followed: what stands under IF is taken, ELSE and exception handlers are not.

use std::sync::Arc;

use crate::schema::change::{Change, Step};
use crate::source::{Fragment, Span};
use crate::syntax::{self, Dialect};

/// The steps of a block's statements.
pub(super) fn steps(dialect: Dialect, body: &Fragment) -> Vec<Step> {
    let mut reader = Reader { text: &body.text, at: 0 };
    let mut steps = Vec::new();
    for found in reader.statements() {
        let fragment = match found {
            Found::Statement(span) => body.excerpt(span),
            Found::Executed(span) => syntax::literal_fragment(body, span),
        };
        let Some(fragment) = fragment.map(Arc::new) else { continue };
        for statement in syntax::parse(&fragment, dialect) {
            // Another block would be a string in a string in a string.
            if !matches!(statement.body, syntax::Body::Command(syntax::Command::Do { .. })) {
                let changes = super::lower(dialect, &fragment, &statement);
                steps.extend(changes.into_iter().map(|Change { step, .. }| step));
            }
        }
    }
    steps
}

/// A statement of interest, bytes of the body.
enum Found {
    /// DDL as it stands.
    Statement(Span),
    /// The literal behind EXECUTE.
    Executed(Span),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    /// A string or dollar-quoted literal.
    Literal,
    Semicolon,
    Other,
}

#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// What is open around a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// BEGIN; whether its exception handlers have begun.
    Begin { handlers: bool },
    /// IF; whether its ELSE has begun.
    If { otherwise: bool },
    /// LOOP or CASE.
    Other,
}

impl Reader<'_> {
    fn statements(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        while let Some(token) = self.next() {
            if token.kind != Kind::Word {
                continue;
            }
            let skipped = open
                .iter()
                .any(|o| matches!(o, Open::Begin { handlers: true } | Open::If { otherwise: true }));
            match self.word(token).as_str() {
                // Variables are declared up to BEGIN, which is a statement's first word like any other.
                "declare" => self.skip_to_begin(),
                "begin" => open.push(Open::Begin { handlers: false }),
                "if" => {
                    open.push(Open::If { otherwise: false });
                    self.skip_to("then");
                }
                "elsif" | "elseif" => {
                    otherwise(&mut open);
                    self.skip_to("then");
                }
                "else" => otherwise(&mut open),
                "exception" => {
                    if let Some(Open::Begin { handlers }) = open.last_mut() {
                        *handlers = true;
                    }
                }
                "when" => self.skip_to("then"),
                "for" | "while" | "foreach" => {
                    open.push(Open::Other);
                    self.skip_to("loop");
                }
                "loop" => open.push(Open::Other),
                "case" => {
                    open.push(Open::Other);
                    self.skip_to("then");
                }
                "end" => {
                    open.pop();
                    self.skip_statement();
                }
                "create" | "alter" | "drop" => {
                    let end = self.skip_statement();
                    if !skipped {
                        found.push(Found::Statement(Span::new(token.start as u32, end as u32)));
                    }
                }
                "execute" => {
                    let literal = self.next().filter(|t| t.kind == Kind::Literal);
                    let ends = self.next().is_none_or(|t| t.kind == Kind::Semicolon);
                    if !ends {
                        self.skip_statement();
                    }
                    if let (Some(literal), true, false) = (literal, ends, skipped) {
                        found.push(Found::Executed(Span::new(literal.start as u32, literal.end as u32)));
                    }
                }
                _ => {
                    self.skip_statement();
                }
            }
        }
        found
    }

    fn word(&self, token: Token) -> String {
        self.text.get(token.start..token.end).unwrap_or_default().to_ascii_lowercase()
    }

    /// Reads on behind the next word of that spelling.
    fn skip_to(&mut self, word: &str) {
        while let Some(token) = self.next() {
            if token.kind == Kind::Word && self.word(token) == word {
                return;
            }
        }
    }

    fn skip_to_begin(&mut self) {
        loop {
            let before = self.at;
            let Some(token) = self.next() else { return };
            if token.kind == Kind::Word && self.word(token) == "begin" {
                self.at = before;
                return;
            }
        }
    }

    /// Reads on behind the next semicolon; where the statement before it ends.
    fn skip_statement(&mut self) -> usize {
        let mut end = self.at;
        while let Some(token) = self.next() {
            if token.kind == Kind::Semicolon {
                break;
            }
            end = token.end;
        }
        end
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_blank();
        let start = self.at;
        let rest = self.text.get(start..)?;
        let first = rest.chars().next()?;
        let (kind, len) = match first {
            ';' => (Kind::Semicolon, 1),
            '\'' => (Kind::Literal, quoted(rest, '\'', false)),
            'e' | 'E' if rest.get(1..).is_some_and(|r| r.starts_with('\'')) => {
                (Kind::Literal, 1 + quoted(rest.get(1..).unwrap_or_default(), '\'', true))
            }
            '"' => (Kind::Other, quoted(rest, '"', false)),
            '$' => match dollar_quoted(rest) {
                Some(len) => (Kind::Literal, len),
                None => (Kind::Other, 1),
            },
            c if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
                (Kind::Word, end.unwrap_or(rest.len()))
            }
            c => (Kind::Other, c.len_utf8()),
        };
        self.at = start + len;
        Some(Token { kind, start, end: self.at })
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }
}

fn otherwise(open: &mut [Open]) {
    if let Some(Open::If { otherwise }) = open.last_mut() {
        *otherwise = true;
    }
}

/// Bytes of the quoted text that `text` starts with, quotes included.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, c)| *c == quote) {
                chars.next();
            } else {
                return at + quote.len_utf8();
            }
        }
    }
    text.len()
}

/// Bytes of the dollar-quoted text that `text` starts with.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag = text.get(..text.get(1..)?.find('$')? + 2)?;
    let named = tag.get(1..tag.len() - 1)?;
    if !named.chars().all(|c| c.is_alphanumeric() || c == '_')
        || named.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let inside = text.get(tag.len()..)?;
    Some(tag.len() + inside.find(tag).map_or(inside.len(), |end| end + tag.len()))
}
