//! PL/pgSQL bodies: the SQL statements and queries in them, each with its place, and the variables that they may name
//! (manual, chapter 43). Control flow is read as far as it tells where a statement stands; it is not followed.

use std::ops::Range;
use std::sync::Arc;

use sqlparser::tokenizer::Token;

use super::cursor::{Cursor, Tokens, matching};
use super::lexer::{Kind, Lexer, Raw};
use super::literal::literal_fragment;
use super::parse::{Lead, embedded, parse};
use super::split::comment_of;
use super::{Comment, Dialect, HOLE_PREFIX, Positions, Statement, ast, token};
use crate::source::{Fragment, Hole, HoleKind, Piece, Span};

/// What a body holds.
#[derive(Clone, Debug, Default)]
pub struct Routine {
    /// Declared variables, loop variables included, in order.
    pub variables: Vec<Variable>,
    /// Statements and queries, in order.
    pub statements: Vec<Embedded>,
    /// EXECUTE of text that is not all in the body, bytes of the body.
    pub dynamic: Vec<Span>,
}

/// A statement of a body. An expression that holds a query is the SELECT of it.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The text that it stands in: the body, or the text of an EXECUTE.
    pub fragment: Arc<Fragment>,
    /// The statement; INTO and its variables are left out.
    pub statement: Statement,
    /// Whether it always runs.
    pub place: Place,
}

/// Where in the flow of a body a statement stands; of several, the last that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It runs once.
    Always,
    /// In the first branch of an IF, or in a branch of CASE.
    Branch,
    /// In an ELSIF or ELSE.
    Otherwise,
    /// In a loop.
    Loop,
    /// In an exception handler.
    Handler,
}

/// A variable of a body.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, folded.
    pub name: String,
    /// What it holds.
    pub kind: VariableKind,
}

/// What a variable holds.
#[derive(Clone, Debug)]
pub enum VariableKind {
    /// A value of a type; none where the type was not understood.
    Scalar(Option<ast::DataType>),
    /// A value of the type of a column, `table.column%TYPE`, or of a variable: the parts of the name, folded.
    OfColumn(Vec<String>),
    /// A row of a table, `table%ROWTYPE`: the parts of its name, folded.
    RowOf(Vec<String>),
    /// A row of any shape: RECORD, or the variable of a loop over a query.
    Record,
}

/// Reads a body. Never fails: what is not understood is a statement that says so.
pub fn plpgsql(fragment: &Arc<Fragment>, dialect: Dialect) -> Routine {
    let text = &*fragment.text;
    let mut lexer = Lexer::new(text, dialect);
    let (mut tokens, mut comments) = (Vec::new(), Vec::new());
    while let Some(raw) = lexer.next() {
        match raw.kind {
            Kind::LineComment | Kind::BlockComment => {
                comments.push(comment_of(text, Span::new(raw.start, raw.end)));
            }
            Kind::Directive => {}
            _ => tokens.push(raw),
        }
    }
    let mut reader = Reader {
        fragment,
        text,
        dialect,
        positions: Arc::new(Positions::new(text.len())),
        tokens: &tokens,
        comments: comments.into_iter().peekable(),
        at: 0,
        open: Vec::new(),
        routine: Routine::default(),
    };
    while reader.at < tokens.len() {
        let before = reader.at;
        reader.step();
        // Whatever was not understood is left behind token by token.
        reader.at = reader.at.max(before + 1);
    }
    reader.routine
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Block,
    Handler,
    If,
    Else,
    Case,
    Loop,
}

struct Reader<'a> {
    fragment: &'a Arc<Fragment>,
    text: &'a str,
    dialect: Dialect,
    positions: Arc<Positions>,
    tokens: &'a [Raw],
    /// Comments that belong to no statement yet.
    comments: std::iter::Peekable<std::vec::IntoIter<Comment>>,
    at: usize,
    open: Vec<Open>,
    routine: Routine,
}

impl Reader<'_> {
    fn is(&self, i: usize, word: &str) -> bool {
        self.tokens.get(i).is_some_and(|raw| raw.is_word(self.text, word))
    }

    fn any(&self, i: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(i, word))
    }

    fn kind(&self, i: usize) -> Option<Kind> {
        self.tokens.get(i).map(|raw| raw.kind)
    }

    fn operator(&self, i: usize, operator: &str) -> bool {
        self.tokens.get(i).is_some_and(|raw| raw.kind == Kind::Operator && raw.text(self.text) == operator)
    }

    /// One construct, from the start of a statement.
    fn step(&mut self) {
        let i = self.at;
        let Some(first) = self.tokens.get(i) else { return };
        if first.kind == Kind::Operator && first.text(self.text) == "<<" {
            self.at = i + 3;
            return;
        }
        if first.kind != Kind::Word {
            if first.kind == Kind::Semicolon {
                self.at = i + 1;
            } else {
                self.sql();
            }
            return;
        }
        match first.text(self.text).to_ascii_uppercase().as_str() {
            "DECLARE" => self.declarations(),
            "BEGIN" => {
                self.open.push(Open::Block);
                self.at = i + 1;
            }
            "EXCEPTION" => {
                if let Some(top) = self.open.last_mut() {
                    *top = Open::Handler;
                }
                self.at = i + 1;
            }
            "END" => {
                self.open.pop();
                self.at = self.semicolon(i) + 1;
            }
            "IF" => self.condition(i + 1, "THEN", Some(Open::If)),
            "ELSIF" | "ELSEIF" => {
                self.otherwise();
                self.condition(i + 1, "THEN", None);
            }
            "ELSE" => {
                self.otherwise();
                self.at = i + 1;
            }
            "CASE" => self.condition(i + 1, "WHEN", Some(Open::Case)),
            "WHEN" => {
                if self.open.last() == Some(&Open::Handler) {
                    self.at = self.find(i, "THEN") + 1;
                } else {
                    self.condition(i + 1, "THEN", None);
                }
            }
            "LOOP" => {
                self.open.push(Open::Loop);
                self.at = i + 1;
            }
            "WHILE" => self.condition(i + 1, "LOOP", Some(Open::Loop)),
            "FOR" | "FOREACH" => self.for_loop(),
            "RETURN" => self.returns(),
            "PERFORM" => {
                let end = self.semicolon(i);
                self.emit(i..end, Lead::Perform);
                self.at = end + 1;
            }
            "EXECUTE" => self.execute(i),
            "OPEN" => self.open_cursor(),
            "ASSERT" => {
                let end = self.semicolon(i);
                self.expression(i + 1..end);
                self.at = end + 1;
            }
            "NULL" | "RAISE" | "EXIT" | "CONTINUE" | "GET" | "FETCH" | "MOVE" | "CLOSE" | "COMMIT"
            | "ROLLBACK" => {
                self.at = self.semicolon(i) + 1;
            }
            _ => match self.assignment(i) {
                Some(value) => {
                    let end = self.semicolon(i);
                    self.expression(value..end);
                    self.at = end + 1;
                }
                None => self.sql(),
            },
        }
    }

    fn otherwise(&mut self) {
        if let Some(top @ Open::If) = self.open.last_mut() {
            *top = Open::Else;
        }
    }

    /// The index of the semicolon that ends a statement, or the end.
    fn semicolon(&self, from: usize) -> usize {
        (from..self.tokens.len())
            .find(|&i| self.kind(i) == Some(Kind::Semicolon))
            .unwrap_or(self.tokens.len())
    }

    /// The index of a word outside parentheses and CASE expressions, before the next semicolon; else that of the
    /// semicolon.
    fn find(&self, from: usize, word: &str) -> usize {
        let (mut depth, mut cases) = (0usize, 0usize);
        let mut i = from;
        while let Some(kind) = self.kind(i) {
            match kind {
                Kind::Semicolon => break,
                Kind::LParen | Kind::LBracket => depth += 1,
                Kind::RParen | Kind::RBracket => depth = depth.saturating_sub(1),
                Kind::Word if depth == 0 && cases == 0 && self.is(i, word) => break,
                Kind::Word if self.is(i, "CASE") => cases += 1,
                Kind::Word if self.is(i, "END") => cases = cases.saturating_sub(1),
                _ => {}
            }
            i += 1;
        }
        i
    }

    /// An expression up to a word, behind which statements start.
    fn condition(&mut self, from: usize, until: &str, opens: Option<Open>) {
        let end = self.find(from, until);
        self.expression(from..end);
        self.open.extend(opens);
        // The first WHEN of a CASE is read like the others.
        self.at = if until == "WHEN" { end } else { end + 1 };
    }

    /// `FOR x IN query LOOP`, `FOR i IN a .. b LOOP`, `FOR x IN EXECUTE text LOOP`, `FOREACH x IN ARRAY a LOOP`.
    fn for_loop(&mut self) {
        let from = self.at;
        let end = self.find(from, "LOOP");
        let found = self.find(from, "IN");
        let target = from + 1..found.min(end);
        self.open.push(Open::Loop);
        if found < end {
            let mut source = found + 1;
            if self.any(source, &["REVERSE", "ARRAY"]) {
                source += 1;
            }
            let range = (source..end).any(|i| self.kind(i) == Some(Kind::DotDot));
            let query = self
                .any(source, &["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "TABLE"])
                || (self.kind(source) == Some(Kind::LParen) && self.any(source + 1, &["SELECT", "WITH"]));
            if self.is(source, "EXECUTE") {
                self.execute_text(source + 1, end);
            } else if query {
                self.emit(source..end, Lead::AsIs);
            } else {
                self.expression(source..end);
            }
            if let [name] = self.tokens.get(target).unwrap_or(&[]) {
                let kind = if range || self.is(from, "FOREACH") {
                    VariableKind::Scalar(None)
                } else {
                    VariableKind::Record
                };
                let name = folded(name.text(self.text));
                if !self.routine.variables.iter().any(|v| v.name == name) {
                    self.routine.variables.push(Variable { name, kind });
                }
            }
        }
        self.at = end + 1;
    }

    /// `RETURN`, `RETURN expression`, `RETURN NEXT expression`, `RETURN QUERY query`, `RETURN QUERY EXECUTE text`.
    fn returns(&mut self) {
        let i = self.at;
        let end = self.semicolon(i);
        if self.is(i + 1, "QUERY") && self.is(i + 2, "EXECUTE") {
            self.execute_text(i + 3, end);
        } else if self.is(i + 1, "QUERY") {
            self.emit(i + 2..end, Lead::AsIs);
        } else {
            self.expression(i + 1 + usize::from(self.is(i + 1, "NEXT"))..end);
        }
        self.at = end + 1;
    }

    /// `OPEN cursor FOR query`, `OPEN cursor FOR EXECUTE text`.
    fn open_cursor(&mut self) {
        let end = self.semicolon(self.at);
        let found = self.find(self.at, "FOR");
        if self.is(found + 1, "EXECUTE") {
            self.execute_text(found + 2, end);
        } else if found < end {
            self.emit(found + 1..end, Lead::AsIs);
        }
        self.at = end + 1;
    }

    fn execute(&mut self, i: usize) {
        let end = self.semicolon(i);
        self.execute_text(i + 1, end);
        self.at = end + 1;
    }

    /// `text [INTO target] [USING values]`.
    fn execute_text(&mut self, from: usize, end: usize) {
        let until = self.find(from, "INTO").min(self.find(from, "USING")).min(end);
        let text = from..until;
        self.expression(text.clone());
        let using = self.find(from, "USING").min(end);
        if using < end {
            self.expression(using + 1..end);
        }
        match self.known_text(text) {
            Some(fragment) => {
                let fragment = Arc::new(fragment);
                let place = self.place();
                let found = parse(&fragment, self.dialect).into_iter();
                self.routine.statements.extend(found.map(|statement| Embedded {
                    fragment: fragment.clone(),
                    statement,
                    place,
                }));
            }
            None => self.routine.dynamic.push(self.span(from..until)),
        }
    }

    /// The text of an EXECUTE: literals and what stands between them by `||`, or the pattern of a `format`.
    fn known_text(&self, range: Range<usize>) -> Option<Fragment> {
        let is_call = self.is(range.start, "FORMAT") && self.kind(range.start + 1) == Some(Kind::LParen);
        if is_call {
            let literal = self.tokens.get(range.start + 2).filter(|raw| is_literal(raw.kind))?;
            return literal_fragment(self.fragment, Span::new(literal.start, literal.end));
        }
        let parts = self.split_concatenation(range);
        if !parts.iter().any(|part| part.len() == 1 && self.kind(part.start).is_some_and(is_literal)) {
            return None;
        }
        let mut text = String::new();
        let mut joined = self.fragment.bare();
        for part in parts {
            let span = self.span(part.clone());
            let start = text.len() as u32;
            if part.len() == 1 && self.kind(part.start).is_some_and(is_literal) {
                let inner = literal_fragment(self.fragment, span)?;
                joined
                    .pieces
                    .extend(inner.pieces.iter().map(|p| Piece { fragment: p.fragment + start, ..*p }));
                joined.holes.extend(inner.holes.iter().map(|hole| Hole {
                    span: Span::new(hole.span.start + start, hole.span.end + start),
                    expression: hole.expression.clone(),
                    kind: hole.kind,
                }));
                text.push_str(&inner.text);
            } else {
                text.push_str(&format!("{HOLE_PREFIX}{}", joined.holes.len()));
                let end = text.len() as u32;
                let place = self.fragment.locate(span).span;
                let expression = self.text.get(span.range()).unwrap_or("").to_owned();
                joined.holes.push(Hole { span: Span::new(start, end), expression, kind: HoleKind::Clause });
                joined.pieces.push(Piece {
                    fragment: start,
                    file: place.start,
                    len: end - start,
                    file_len: place.end - place.start,
                });
            }
        }
        joined.text = text.into();
        Some(joined)
    }

    fn split_concatenation(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut depth = 0usize;
        let mut from = range.start;
        for i in range.clone() {
            match self.kind(i) {
                Some(Kind::LParen | Kind::LBracket) => depth += 1,
                Some(Kind::RParen | Kind::RBracket) => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.operator(i, "||") => {
                    parts.push(from..i);
                    from = i + 1;
                }
                _ => {}
            }
        }
        parts.push(from..range.end);
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// The index behind `:=` or `=` if an assignment starts there.
    fn assignment(&self, from: usize) -> Option<usize> {
        let mut i = from + 1;
        while let Some(kind) = self.kind(i) {
            match kind {
                Kind::Dot => i += 2,
                Kind::LBracket => {
                    let mut depth = 0usize;
                    loop {
                        match self.kind(i)? {
                            Kind::LBracket => depth += 1,
                            Kind::RBracket => depth -= 1,
                            Kind::Semicolon => return None,
                            _ => {}
                        }
                        i += 1;
                        if depth == 0 {
                            break;
                        }
                    }
                }
                Kind::Assign => return Some(i + 1),
                Kind::Operator if self.operator(i, "=") => return Some(i + 1),
                _ => return None,
            }
        }
        None
    }

    /// A SQL statement, without INTO and its variables.
    fn sql(&mut self) {
        let i = self.at;
        let end = self.semicolon(i);
        self.emit(i..end, Lead::AsIs);
        self.at = end + 1;
    }

    /// An expression is a statement of interest if it holds a query.
    fn expression(&mut self, range: Range<usize>) {
        let holds_query = range.clone().any(|i| self.any(i, &["SELECT", "FROM"]));
        if holds_query {
            self.emit(range, Lead::Expression);
        }
    }

    fn emit(&mut self, range: Range<usize>, lead: Lead) {
        let range = range.start..range.end.min(self.tokens.len());
        let Some(tokens) = self.tokens.get(range.clone()).filter(|tokens| !tokens.is_empty()) else { return };
        let span = self.span(range.clone());
        let mut kept = tokens.to_vec();
        if lead != Lead::Expression
            && let Some(into) = self.target_of_into(range.clone())
        {
            kept.drain(into.start - range.start..into.end - range.start);
        }
        let mut statement = embedded(self.fragment, self.dialect, &self.positions, span, kept, lead);
        while let Some(comment) = self.comments.next_if(|comment| {
            let between = span.end as usize..comment.span.start as usize;
            comment.span.start < span.end || self.text.get(between).is_some_and(|gap| !gap.contains('\n'))
        }) {
            statement.comments.push(comment);
        }
        let fragment = self.fragment.clone();
        self.routine.statements.push(Embedded { fragment, statement, place: self.place() });
    }

    /// `INTO [STRICT] target, ...` of a SELECT, or behind a RETURNING.
    fn target_of_into(&self, range: Range<usize>) -> Option<Range<usize>> {
        let mut depth = 0usize;
        let into = range.clone().find(|&i| {
            match self.kind(i) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && self.is(i, "INTO") && !self.any(i.wrapping_sub(1), &["INSERT", "MERGE", "REPLACE"])
        })?;
        let mut end = into + 1;
        if self.is(end, "STRICT") {
            end += 1;
        }
        loop {
            end += 1;
            while self.kind(end) == Some(Kind::Dot) {
                end += 2;
            }
            if self.kind(end) == Some(Kind::LBracket) {
                while end < range.end && self.kind(end) != Some(Kind::RBracket) {
                    end += 1;
                }
                end += 1;
            }
            if self.kind(end) != Some(Kind::Comma) || end >= range.end {
                break;
            }
            end += 1;
        }
        Some(into..end.min(range.end))
    }

    fn span(&self, range: Range<usize>) -> Span {
        let bytes =
            |i: usize| self.tokens.get(i).map_or(Span::default(), |raw| Span::new(raw.start, raw.end));
        if range.is_empty() { bytes(range.start) } else { bytes(range.start).join(bytes(range.end - 1)) }
    }

    fn place(&self) -> Place {
        let of = |open: &Open| match open {
            Open::Block => Place::Always,
            Open::If | Open::Case => Place::Branch,
            Open::Else => Place::Otherwise,
            Open::Loop => Place::Loop,
            Open::Handler => Place::Handler,
        };
        self.open.iter().map(of).max().unwrap_or(Place::Always)
    }

    /// Declarations up to BEGIN.
    fn declarations(&mut self) {
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
            self.expression(value + 1..range.end);
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
        VariableKind::Scalar(super::parse::data_type(tokens, self.dialect))
    }
}

fn is_literal(kind: Kind) -> bool {
    matches!(kind, Kind::String | Kind::EscapeString | Kind::DollarString)
}

fn folded(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_lowercase(),
    }
}

#[cfg(test)]
mod tests;
