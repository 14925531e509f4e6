//! Calls with a syntax of their own that sqlparser does not know: SQL/JSON, XML, TRIM, SUBSTRING, quantified operators.
//! What is said beside the arguments is left out; the arguments stay, in order.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::super::cursor::Tokens;
use super::super::{ALL_CALL, ANY_CALL, Clauses};
use super::{Edits, word};

/// Finds such calls.
pub(super) fn calls(tokens: Tokens<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let mut reader = Calls { t: tokens, clauses, edits };
    for (i, token) in tokens.0.iter().enumerate() {
        let Token::Word(w) = &token.token else { continue };
        if w.quote_style.is_some() {
            continue;
        }
        match w.keyword {
            Keyword::TRIM if tokens.is(i + 1, &Token::LParen) => reader.trim(i + 1),
            Keyword::SUBSTRING if tokens.is(i + 1, &Token::LParen) => reader.substring(i + 1),
            Keyword::COLLATION if tokens.word(i + 1, "FOR") && tokens.is(i + 2, &Token::LParen) => {
                reader.edits.substitute(tokens, i..i + 2, [word("pg_collation_for")]);
            }
            Keyword::ANY | Keyword::SOME | Keyword::ALL if tokens.is(i + 1, &Token::LParen) => {
                reader.quantified(i, if w.keyword == Keyword::ALL { ALL_CALL } else { ANY_CALL });
            }
            _ if tokens.is(i + 1, &Token::LParen) && w.value.len() >= 4 => {
                let name = w.value.as_bytes();
                if name[..4].eq_ignore_ascii_case(b"json") {
                    reader.json(i, i + 1);
                } else if name[..3].eq_ignore_ascii_case(b"xml") {
                    reader.xml(i, i + 1);
                }
            }
            _ => {}
        }
    }
}

struct Calls<'a, 'b> {
    t: Tokens<'a>,
    clauses: &'b mut Clauses,
    edits: &'b mut Edits,
}

impl Calls<'_, '_> {
    fn take(&mut self, range: Range<usize>, name: &'static str) {
        if !range.is_empty() {
            self.clauses.removed.push((self.t.span(range.clone()), name));
            self.edits.remove(range);
        }
    }

    /// `TRIM(BOTH FROM x)`, `TRIM(FROM x)`.
    fn trim(&mut self, open: usize) {
        let at = open + 1 + usize::from(self.t.any(open + 1, &["BOTH", "LEADING", "TRAILING"]));
        if self.t.word(at, "FROM") {
            self.edits.remove(at..at + 1);
        }
    }

    /// `SUBSTRING(x SIMILAR pattern ESCAPE c)`.
    fn substring(&mut self, open: usize) {
        let Some(close) = self.t.close(open) else { return };
        let Some(similar) = self.at_depth(open, close, |t, i| t.word(i, "SIMILAR") && !t.word(i + 1, "TO"))
        else {
            return;
        };
        self.edits.substitute(self.t, similar..similar + 1, [Token::Comma]);
        if let Some(escape) = self.at_depth(open, close, |t, i| t.word(i, "ESCAPE")) {
            self.edits.substitute(self.t, escape..escape + 1, [Token::Comma]);
        }
    }

    /// `x <@ ANY (y)`: the parser takes comparisons and pattern matches before ANY, no other operator.
    fn quantified(&mut self, i: usize, call: &str) {
        let t = self.t;
        let other = matches!(
            t.get(i.wrapping_sub(1)),
            Some(
                Token::AtArrow
                    | Token::ArrowAt
                    | Token::Overlap
                    | Token::Plus
                    | Token::Minus
                    | Token::Mul
                    | Token::Div
                    | Token::StringConcat
                    | Token::TildeEqual
                    | Token::AtAt
                    | Token::AtQuestion
                    | Token::Question
                    | Token::QuestionAnd
                    | Token::QuestionPipe
                    | Token::CaretAt
                    | Token::ShiftLeft
                    | Token::ShiftRight
                    | Token::TwoWayArrow
                    | Token::CustomBinaryOperator(_)
            )
        );
        // `OPERATOR(schema.=) ANY (y)`.
        let named = t.is(i.wrapping_sub(1), &Token::RParen)
            && (i.saturating_sub(8)..i).any(|k| t.word(k, "OPERATOR") && t.close(k + 1) == Some(i - 1));
        if !(other || named) || i == 0 {
            return;
        }
        self.edits.substitute(t, i..i + 1, [word(call)]);
        if t.any(i + 2, &["SELECT", "WITH", "VALUES"])
            && let Some(close) = t.close(i + 1)
        {
            self.edits.substitute(t, i + 1..i + 1, [Token::LParen]);
            self.edits.substitute(t, close..close, [Token::RParen]);
        }
    }

    /// The first index directly inside a parenthesis at which a condition holds.
    fn at_depth(
        &self,
        open: usize,
        close: usize,
        holds: impl Fn(Tokens<'_>, usize) -> bool,
    ) -> Option<usize> {
        let mut i = open + 1;
        while i < close {
            if holds(self.t, i) {
                return Some(i);
            }
            i = match self.t.get(i) {
                Some(Token::LParen | Token::LBracket) => self.t.close(i).map_or(close, |c| c + 1),
                _ => i + 1,
            };
        }
        None
    }

    /// `JSON_OBJECT`, `JSON_ARRAYAGG`, `JSON_VALUE` and their like.
    fn json(&mut self, name: usize, open: usize) {
        const NAMES: [&str; 10] = [
            "JSON_OBJECT",
            "JSON_OBJECTAGG",
            "JSON_ARRAY",
            "JSON_ARRAYAGG",
            "JSON_QUERY",
            "JSON_VALUE",
            "JSON_EXISTS",
            "JSON_SERIALIZE",
            "JSON_SCALAR",
            "JSON",
        ];
        if !self.t.any(name, &NAMES) {
            return;
        }
        let Some(close) = self.t.close(open) else { return };
        let ends = |t: Tokens<'_>, i: usize| {
            t.word(i, "RETURNING")
                || (t.any(i, &["WITH", "WITHOUT"]) && i > open + 1)
                || (t.any(i, &["KEEP", "OMIT"]) && t.word(i + 1, "QUOTES"))
                || (t.any(i, &["NULL", "ABSENT", "ERROR", "EMPTY", "TRUE", "FALSE", "UNKNOWN"])
                    && t.word(i + 1, "ON")
                    && t.any(i + 2, &["NULL", "EMPTY", "ERROR"]))
                || (t.word(i, "EMPTY") && t.any(i + 1, &["ARRAY", "OBJECT"]))
                || (t.word(i, "DEFAULT") && i > open + 1)
        };
        let end = self.at_depth(open, close, ends).unwrap_or(close);
        self.take(end..close, "options of SQL/JSON");
        let mut i = open + 1;
        while let Some(format) = self.at_depth(i - 1, end, |t, k| t.words(k, &["FORMAT", "JSON"])) {
            let len = if self.t.word(format + 2, "ENCODING") { 4 } else { 2 };
            self.take(format..(format + len).min(end), "FORMAT JSON");
            i = format + len;
        }
        if let Some(passing) = self.at_depth(open, end, |t, k| t.word(k, "PASSING")) {
            self.passing(passing, end);
        }
        // `JSON_ARRAY(SELECT ...)`.
        if self.t.any(open + 1, &["SELECT", "WITH", "VALUES"]) {
            self.edits.substitute(self.t, open + 1..open + 1, [Token::LParen]);
            self.edits.substitute(self.t, end..end, [Token::RParen]);
        }
    }

    /// `PASSING value AS name, ...`: further arguments.
    fn passing(&mut self, passing: usize, end: usize) {
        let t = self.t;
        let by = passing + 1;
        let from = if t.word(by, "BY") { by + 2 } else { by };
        self.edits.substitute(t, passing..from, [Token::Comma]);
        for argument in t.split(from..end) {
            if argument.len() > 2 && t.any(argument.end - 2, &["AS", "BY"]) {
                self.edits.remove(argument.end - 2..argument.end);
            }
        }
    }

    /// `xmlelement(NAME x, ...)`, `xmlserialize(CONTENT x AS text)`, `xmlroot(x, VERSION v)`.
    fn xml(&mut self, name: usize, open: usize) {
        let t = self.t;
        let Some(close) = t.close(open) else { return };
        let first = open + 1;
        if t.any(name, &["XMLELEMENT", "XMLPI"]) && t.word(first, "NAME") && t.name(first + 1) {
            let comma = usize::from(t.is(first + 2, &Token::Comma));
            self.take(first..first + 2 + comma, "NAME");
        } else if t.word(name, "XMLSERIALIZE") {
            if t.any(first, &["CONTENT", "DOCUMENT"]) && first + 1 < close {
                self.take(first..first + 1, "CONTENT");
            }
            let ends = |t: Tokens<'_>, i: usize| {
                t.word(i, "AS")
                    || t.words(i, &["STRIP", "WHITESPACE"])
                    || t.words(i, &["PRESERVE", "WHITESPACE"])
            };
            if let Some(end) = self.at_depth(open, close, ends) {
                self.take(end..close, "type of an XML value");
            }
        } else if t.word(name, "XMLROOT") {
            if let Some(comma) = self.at_depth(open, close, |t, i| t.is(i, &Token::Comma)) {
                self.take(comma..close, "version of an XML value");
            }
        } else if t.word(name, "XMLEXISTS")
            && let Some(passing) = self.at_depth(open, close, |t, i| t.word(i, "PASSING"))
        {
            self.passing(passing, close);
        }
    }
}
