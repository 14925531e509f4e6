//! Declarations of a PL/pgSQL block.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::super::cursor::{Cursor, Tokens, matching};
use super::super::lexer::Kind;
use super::super::parse::{self, Lead};
use super::super::token;
use super::{Given, Reader, Variable, VariableKind, folded};

impl Reader<'_> {
    /// Declarations up to BEGIN.
    pub(super) fn declarations(&mut self) {
        self.at += 1;
        while self.at < self.tokens.len() && !self.is(self.at, "BEGIN") {
            let from = self.at;
            let end = self.semicolon(from);
            self.declaration(from..end);
            self.at = end + 1;
        }
    }

    /// `name [CONSTANT] type [COLLATE c] [NOT NULL] [{DEFAULT | := | =} expression]`, `name CURSOR [(...)] FOR query`,
    /// `name ALIAS FOR x`.
    fn declaration(&mut self, range: Range<usize>) {
        let Some(name) = self.tokens.get(range.start) else { return };
        let name = folded(name.text(self.text));
        let mut from = range.start + 1;
        if self.is(from, "CONSTANT") {
            from += 1;
        }
        if self.is(from, "ALIAS") {
            self.routine.variables.push(Variable { name, kind: VariableKind::Scalar(None) });
            return;
        }
        if let Some(cursor) = (from..range.end.min(from + 3)).find(|&i| self.is(i, "CURSOR")) {
            let query = (cursor..range.end).find(|&i| self.any(i, &["FOR", "IS"]));
            self.cursor_parameters(cursor + 1..query.unwrap_or(range.end));
            if let Some(query) = query {
                self.emit(query + 1..range.end, Lead::AsIs);
            }
            self.routine.variables.push(Variable { name, kind: VariableKind::Record });
            return;
        }
        let value = range
            .clone()
            .find(|&i| self.is(i, "DEFAULT") || self.kind(i) == Some(Kind::Assign) || self.operator(i, "="));
        let end = value.unwrap_or(range.end);
        let ty_end = (from..end).find(|&i| self.any(i, &["NOT", "COLLATE"])).unwrap_or(end);
        let kind = self.variable_kind(from..ty_end);
        self.routine.variables.push(Variable { name, kind });
        if let Some(value) = value {
            self.give(range.start, Given::Value(value + 1..range.end));
            self.expression(value + 1..range.end);
        }
    }

    /// `(name type, ...)` of a cursor, each of which is given a value by OPEN.
    fn cursor_parameters(&mut self, range: Range<usize>) {
        let list = self.inner(range);
        for parameter in self.split(list, |r, i| r.kind(i) == Some(Kind::Comma)) {
            let Some(name) = self.tokens.get(parameter.start) else { continue };
            if name.kind != Kind::LParen && parameter.len() > 1 {
                let name = folded(name.text(self.text));
                let kind = self.variable_kind(parameter.start + 1..parameter.end);
                self.routine.variables.push(Variable { name, kind });
            }
        }
    }

    fn variable_kind(&self, range: Range<usize>) -> VariableKind {
        if self.is(range.start, "RECORD") {
            return VariableKind::Record;
        }
        let Some(Ok(tokens)) =
            self.tokens.get(range.clone()).map(|raws| token::tokens(self.text, raws, self.dialect))
        else {
            return VariableKind::Scalar(None);
        };
        let last = range.end.saturating_sub(1);
        if self.any(last, &["TYPE", "ROWTYPE"]) {
            let matching = matching(&tokens);
            let mut cursor = Cursor::new(Tokens(&tokens, &matching));
            let mut name = Vec::new();
            while let Some(part) = cursor.ident() {
                name.push(if part.quote_style.is_some() { part.value } else { part.value.to_lowercase() });
                if !cursor.eat_token(&Token::Period) {
                    break;
                }
            }
            return if self.is(last, "ROWTYPE") {
                VariableKind::RowOf(name)
            } else {
                VariableKind::OfColumn(name)
            };
        }
        VariableKind::Scalar(parse::data_type(tokens, self.dialect))
    }
}
