//! What bodies of MySQL and SQLite write otherwise than PL/pgSQL.

use super::super::lexer::Kind;
use super::super::parse::Lead;
use super::condition::Condition;
use super::{Given, Open, Reader, Variable, VariableKind, folded};

impl Reader<'_> {
    /// One construct that PL/pgSQL does not have; whether there was one.
    pub(super) fn foreign_step(&mut self, word: &str) -> bool {
        let i = self.at;
        match word {
            "DECLARE" => self.foreign_declaration(),
            "SET"
                if self.kind(i + 1) != Some(Kind::Word)
                    || !self.any(i + 1, &["SESSION", "GLOBAL", "NAMES"]) =>
            {
                let end = self.semicolon(i);
                for part in self.split(i + 1..end, |r, k| r.kind(k) == Some(Kind::Comma)) {
                    if let Some(value) = self.assignment(part.start) {
                        self.give(part.start, Given::Value(value..part.end));
                        self.expression(value..part.end);
                    }
                }
                self.at = end + 1;
            }
            "WHILE" => self.condition(i + 1, "DO", Some((Open::Loop, Condition::Other))),
            "REPEAT" => {
                self.opens(Open::Loop, Condition::Other);
                self.at = i + 1;
            }
            "UNTIL" => {
                let end = self.find(i + 1, "END");
                self.expression(i + 1..end);
                self.at = end;
            }
            // The condition of a trigger of SQLite stands before its body.
            "WHEN" if self.open.is_empty() => {
                let end = self.find(i + 1, "BEGIN");
                self.expression(i + 1..end);
                self.at = end;
            }
            "LEAVE" | "ITERATE" | "SIGNAL" | "RESIGNAL" => self.at = self.semicolon(i) + 1,
            // What is run is in a variable.
            "PREPARE" | "EXECUTE" => self.sql(),
            "OPEN" => self.at = self.semicolon(i) + 1,
            _ if self.kind(i + 1) == Some(Kind::Colon) => self.at = i + 2,
            _ => return false,
        }
        true
    }

    /// `DECLARE name, ... type [DEFAULT expression]`, `DECLARE name CURSOR FOR query`,
    /// `DECLARE action HANDLER FOR condition, ... statement`, `DECLARE name CONDITION FOR ...`.
    fn foreign_declaration(&mut self) {
        let i = self.at;
        let end = self.semicolon(i);
        if self.is(i + 2, "CURSOR") {
            let query = self.find(i + 3, "FOR") + 1;
            self.emit(query.min(end)..end, Lead::AsIs);
            self.at = end + 1;
        } else if self.is(i + 2, "HANDLER") {
            self.at = self.behind_conditions(i + 4).min(end);
        } else if self.is(i + 2, "CONDITION") {
            self.at = end + 1;
        } else {
            let mut names = vec![i + 1];
            while self.kind(i + 2 * names.len()) == Some(Kind::Comma) {
                names.push(i + 2 * names.len() + 1);
            }
            for name in &names {
                if let Some(raw) = self.tokens.get(*name) {
                    let name = folded(raw.text(self.text));
                    self.routine.variables.push(Variable { name, kind: VariableKind::Scalar(None) });
                }
            }
            let value = self.find(i, "DEFAULT");
            if value < end {
                names.into_iter().for_each(|name| self.give(name, Given::Value(value + 1..end)));
                self.expression(value + 1..end);
            }
            self.at = end + 1;
        }
    }

    /// The index behind the conditions of a handler.
    fn behind_conditions(&self, from: usize) -> usize {
        let mut i = from;
        loop {
            i += match () {
                () if self.is(i, "NOT") => 2,
                () if self.is(i, "SQLSTATE") => 2 + usize::from(self.is(i + 1, "VALUE")),
                () => 1,
            };
            if self.kind(i) != Some(Kind::Comma) {
                return i;
            }
            i += 1;
        }
    }
}
