//! PL/pgSQL bodies: the SQL statements and queries in them, each with its place, and the variables that they may name
//! (manual, chapter 43). Control flow is read as far as it tells where a statement stands; it is not followed.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use self::condition::{Condition, Frame};
use super::lexer::{Kind, Lexer, Raw};
use super::parse::{Lead, embedded};
use super::split::comment_of;
use super::{Comment, Dialect, Positions, Statement, ast};
use crate::source::{Fragment, Span};

mod condition;
mod declare;
mod execute;
mod foreign;
mod splice;
mod text;

pub use splice::{Execution, Origin, Splice};

/// What a body holds.
#[derive(Clone, Debug, Default)]
pub struct Routine {
    /// Declared variables, loop variables included, in order.
    pub variables: Vec<Variable>,
    /// Statements and queries, in order.
    pub statements: Vec<Embedded>,
    /// Functions that expressions without a query call, by bare name, folded.
    pub called: BTreeSet<String>,
    /// Names that the body gives values to, folded: by assignment, INTO, FETCH or a loop.
    pub assigned: BTreeSet<String>,
    /// Which fields of a row variable it gives values to, `new.status`; `new.*` for the row as a whole.
    pub assigned_fields: BTreeSet<String>,
    /// What EXECUTE runs, in order.
    pub executions: Vec<Execution>,
}

/// A statement of a body. An expression that holds a query is the SELECT of it.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The text that it stands in: the body, or the text of an EXECUTE.
    pub fragment: Arc<Fragment>,
    /// The statement; INTO and its variables are left out.
    pub statement: Statement,
    /// Whether it takes effect.
    pub place: Place,
    /// Of a statement in the text of an EXECUTE, what USING gives to its parameters in order.
    pub using: Arc<[Using]>,
}

/// What USING gives to a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Using {
    /// The value of a variable or parameter, by its folded name.
    Variable(String),
    /// The function's parameter of that number, from 1.
    Numbered(usize),
    /// The value of an expression.
    Expression,
}

/// Whether a statement has had its effect once the body has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It has.
    Always,
    /// It has, or what it makes was there: it stands under `IF NOT EXISTS (SELECT .. FROM pg_constraint WHERE conname =
    /// 'name')` or the like, and has that name.
    Unless,
    /// Not for certain: under another condition, in a loop, or where a handler may take it back.
    Perhaps,
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

/// Reads a body, also one of MySQL or SQLite. Never fails: what is not understood is a statement that says so.
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
        left: Condition::None,
        assigned: HashMap::new(),
        pending: Vec::new(),
        routine: Routine::default(),
    };
    while reader.at < tokens.len() {
        let before = reader.at;
        reader.step();
        // Whatever was not understood is left behind token by token.
        reader.at = reader.at.max(before + 1);
    }
    reader.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Block,
    Handler,
    If,
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
    open: Vec<Frame>,
    /// The condition under which a RETURN before this place was not reached.
    left: Condition,
    /// What variables are given, by folded name.
    assigned: HashMap<String, Vec<Given>>,
    /// EXECUTEs, which are read once everything that their variables are given is known.
    pending: Vec<execute::Pending>,
    routine: Routine,
}

/// What a variable is given; tokens of the body.
#[derive(Clone, Debug)]
enum Given {
    /// The value of an expression.
    Value(Range<usize>),
    /// Each of some literals in turn.
    Element(Vec<Range<usize>>),
    /// What a query reads.
    Selected {
        /// The expression of its SELECT list, where that is plain to see.
        item: Option<Range<usize>>,
        /// The query.
        query: Range<usize>,
    },
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
        // `#variable_conflict use_column`, `#print_strict_params on`.
        if self.operator(i, "#") && self.open.is_empty() {
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
        let word = first.text(self.text).to_ascii_uppercase();
        if self.dialect != Dialect::Postgres && self.foreign_step(&word) {
            return;
        }
        match word.as_str() {
            "DECLARE" => self.declarations(),
            "BEGIN" => {
                self.opens(Open::Block, Condition::None);
                self.at = i + 1;
            }
            "EXCEPTION" => {
                if let Some(top) = self.open.last_mut() {
                    top.open = Open::Handler;
                    top.condition = Condition::Other;
                    top.handled = self.routine.statements.len();
                }
                self.at = i + 1;
            }
            "END" => {
                self.open.pop();
                self.at = self.semicolon(i) + 1;
            }
            "IF" => {
                let absence = self.absence(i + 1..self.find(i + 1, "THEN"));
                self.condition(i + 1, "THEN", Some((Open::If, absence)));
            }
            "ELSIF" | "ELSEIF" => {
                self.otherwise();
                self.condition(i + 1, "THEN", None);
            }
            "ELSE" => {
                self.otherwise();
                self.at = i + 1;
            }
            "CASE" => self.condition(i + 1, "WHEN", Some((Open::Case, Condition::Other))),
            "WHEN" => {
                if self.open.last().is_some_and(|top| top.open == Open::Handler) {
                    self.handler(i);
                    self.at = self.find(i, "THEN") + 1;
                } else {
                    self.condition(i + 1, "THEN", None);
                }
            }
            "LOOP" => {
                self.opens(Open::Loop, Condition::Other);
                self.at = i + 1;
            }
            "WHILE" => self.condition(i + 1, "LOOP", Some((Open::Loop, Condition::Other))),
            "FOR" | "FOREACH" => self.for_loop(),
            "RETURN" => self.returns(),
            "PERFORM" => {
                let end = self.semicolon(i);
                self.emit(i..end, Lead::Perform);
                self.at = end + 1;
            }
            "EXECUTE" => {
                let end = self.semicolon(i);
                self.execute(i, i + 1..end);
                self.at = end + 1;
            }
            "OPEN" => self.open_cursor(),
            "ASSERT" => {
                let end = self.semicolon(i);
                self.expression(i + 1..end);
                self.at = end + 1;
            }
            "FETCH" => {
                let end = self.semicolon(i);
                if let Some(into) = self.target_of_into(i..end) {
                    self.give_each(into, &Given::Selected { item: None, query: i..end });
                }
                self.at = end + 1;
            }
            "EXIT" | "CONTINUE" => {
                if let Some(of) = self.open.iter_mut().rfind(|frame| frame.open == Open::Loop) {
                    of.condition = Condition::Other;
                }
                self.at = self.semicolon(i) + 1;
            }
            "NULL" | "RAISE" | "GET" | "MOVE" | "CLOSE" | "COMMIT" | "ROLLBACK" => {
                self.at = self.semicolon(i) + 1;
            }
            _ => match self.assignment(i) {
                Some(value) => {
                    let end = self.semicolon(i);
                    self.give(i, Given::Value(value..end));
                    self.expression(value..end);
                    self.at = end + 1;
                }
                None => self.sql(),
            },
        }
    }

    fn otherwise(&mut self) {
        if let Some(top) = self.open.last_mut().filter(|top| top.open == Open::If) {
            top.condition = Condition::Other;
        }
    }

    fn opens(&mut self, open: Open, condition: Condition) {
        let first = self.routine.statements.len();
        self.open.push(Frame { open, condition, first, handled: first });
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
    fn condition(&mut self, from: usize, until: &str, opens: Option<(Open, Condition)>) {
        let end = self.find(from, until);
        self.expression(from..end);
        if let Some((open, condition)) = opens {
            self.opens(open, condition);
        }
        // The first WHEN of a CASE is read like the others.
        self.at = if until == "WHEN" { end } else { end + 1 };
    }

    /// `FOR x IN query LOOP`, `FOR i IN a .. b LOOP`, `FOR x IN EXECUTE text LOOP`, `FOREACH x IN ARRAY a LOOP`.
    fn for_loop(&mut self) {
        let from = self.at;
        let end = self.find(from, "LOOP");
        let found = self.find(from, "IN");
        let target = from + 1..found.min(end);
        self.opens(Open::Loop, self.repeated(found + 1..end));
        if found < end {
            let mut source = found + 1;
            if self.any(source, &["REVERSE", "ARRAY"]) {
                source += 1;
            }
            let range = (source..end).any(|i| self.kind(i) == Some(Kind::DotDot));
            let query = self
                .any(source, &["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "TABLE"])
                || (self.kind(source) == Some(Kind::LParen) && self.any(source + 1, &["SELECT", "WITH"]));
            let given = match self.elements(found + 1..end) {
                Some(elements) => Given::Element(elements),
                None if query || self.is(source, "EXECUTE") => {
                    Given::Selected { item: None, query: source..end }
                }
                None => Given::Value(source..end),
            };
            self.names(target.clone()).into_iter().for_each(|name| self.give(name, given.clone()));
            if self.is(source, "EXECUTE") {
                self.execute(source, source + 1..end);
            } else if query {
                self.emit(source..end, Lead::AsIs);
            } else {
                self.expression(source..end);
            }
            if let [name] = self.tokens.get(target).unwrap_or(&[]) {
                let kind = if range {
                    VariableKind::Scalar(Some(ast::DataType::Integer(None)))
                } else if self.is(from, "FOREACH") {
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
            self.execute(i, i + 3..end);
        } else if self.is(i + 1, "QUERY") {
            self.emit(i + 2..end, Lead::AsIs);
        } else {
            self.expression(i + 1 + usize::from(self.is(i + 1, "NEXT"))..end);
        }
        if !self.any(i + 1, &["QUERY", "NEXT"]) {
            self.leave(i);
        }
        self.at = end + 1;
    }

    /// `OPEN cursor FOR query`, `OPEN cursor FOR EXECUTE text`.
    fn open_cursor(&mut self) {
        let end = self.semicolon(self.at);
        let found = self.find(self.at, "FOR");
        if self.is(found + 1, "EXECUTE") {
            self.execute(found + 1, found + 2..end);
        } else if found < end {
            self.emit(found + 1..end, Lead::AsIs);
        }
        self.at = end + 1;
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
            return self.emit(range, Lead::Expression);
        }
        let calls = range.filter(|i| {
            matches!(self.kind(*i), Some(Kind::Word | Kind::QuotedName))
                && self.kind(i + 1) == Some(Kind::LParen)
        });
        let names: Vec<String> =
            calls.filter_map(|i| self.tokens.get(i)).map(|raw| folded(raw.text(self.text))).collect();
        self.routine.called.extend(names);
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
            self.selected(range.clone(), into);
        }
        let mut statement = embedded(self.fragment, self.dialect, &self.positions, span, kept, lead);
        self.comment(&mut statement);
        let (place, fragment) = (self.place(span), self.fragment.clone());
        self.routine.statements.push(Embedded { fragment, statement, place, using: Arc::default() });
    }

    /// Gives a statement the comments before it, in it, and behind it on its line.
    fn comment(&mut self, statement: &mut Statement) {
        let span = statement.span;
        while let Some(comment) = self.comments.next_if(|comment| {
            let between = span.end as usize..comment.span.start as usize;
            comment.span.start < span.end || self.text.get(between).is_some_and(|gap| !gap.contains('\n'))
        }) {
            statement.comments.push(comment);
        }
    }

    /// Notes what the variable is given whose name stands there.
    fn give(&mut self, name: usize, given: Given) {
        if let Some(raw) = self.tokens.get(name) {
            let variable = folded(raw.text(self.text));
            let field = self.tokens.get(name + 2).filter(|_| self.kind(name + 1) == Some(Kind::Dot));
            let field = field.map_or_else(|| "*".to_owned(), |field| folded(field.text(self.text)));
            self.routine.assigned_fields.insert(format!("{variable}.{field}"));
            self.assigned.entry(variable).or_default().push(given);
        }
    }

    /// Where the names of a list of variables stand; of `record.field`, the record's.
    fn names(&self, range: Range<usize>) -> Vec<usize> {
        let starts = |i: &usize| *i == range.start || self.kind(*i - 1) == Some(Kind::Comma);
        range.clone().filter(starts).collect()
    }

    fn give_each(&mut self, into: Range<usize>, given: &Given) {
        let first = into.start + 1 + usize::from(self.is(into.start + 1, "STRICT"));
        self.names(first..into.end).into_iter().for_each(|name| self.give(name, given.clone()));
    }

    /// Notes what `SELECT a, b INTO x, y` and its like give to each variable.
    fn selected(&mut self, query: Range<usize>, into: Range<usize>) {
        let is_select = self.is(query.start, "SELECT");
        let list =
            if into.start > query.start + 1 { query.start + 1..into.start } else { into.end..query.end };
        let list = list.start..self.find(list.start, "FROM").min(list.end);
        let items =
            if is_select { self.split(list, |r, i| r.kind(i) == Some(Kind::Comma)) } else { Vec::new() };
        let first = into.start + 1 + usize::from(self.is(into.start + 1, "STRICT"));
        let names = self.names(first..into.end);
        let matched = names.len() == items.len();
        for (k, name) in names.into_iter().enumerate() {
            let item = items.get(k).filter(|_| matched).cloned();
            self.give(name, Given::Selected { item, query: query.clone() });
        }
    }

    /// The parts of a range between separators outside parentheses, those that are empty left out.
    fn split(&self, range: Range<usize>, separates: impl Fn(&Self, usize) -> bool) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let (mut depth, mut from) = (0usize, range.start);
        for i in range.clone() {
            match self.kind(i) {
                Some(Kind::LParen | Kind::LBracket) => depth += 1,
                Some(Kind::RParen | Kind::RBracket) => depth = depth.saturating_sub(1),
                _ if depth == 0 && separates(self, i) => {
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
