//! Whether what a body does is done for certain: conditions that ask whether an object exists, loops that run for each of
//! the elements that are written there, handlers that pass over what exists already. Erring means `Perhaps`.

use std::ops::Range;

use super::super::lexer::Kind;
use super::super::literal::literal_fragment;
use super::{Given, Open, Place, Reader, folded, is_literal};
use crate::source::Span;

/// An open construct.
pub(super) struct Frame {
    pub(super) open: Open,
    /// The condition that its statements stand under.
    pub(super) condition: Condition,
    /// The index of its first statement.
    pub(super) first: usize,
    /// That behind the last one that its handlers are for.
    pub(super) handled: usize,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// None, or one that holds.
    None,
    /// That an object with all of these names (lower case) in its definition does not exist.
    Absent(Vec<String>),
    /// Any other.
    Other,
}

/// Catalogs that tell which objects of a schema exist. Everything in `information_schema` does as well.
const OBJECTS: &[&str] = &[
    "PG_ATTRIBUTE",
    "PG_CLASS",
    "PG_CONSTRAINT",
    "PG_ENUM",
    "PG_EXTENSION",
    "PG_INDEX",
    "PG_INDEXES",
    "PG_MATVIEWS",
    "PG_NAMESPACE",
    "PG_POLICIES",
    "PG_POLICY",
    "PG_PROC",
    "PG_SEQUENCES",
    "PG_TABLES",
    "PG_TRIGGER",
    "PG_TYPE",
    "PG_VIEWS",
];

/// Errors that say that an object exists already or not at all.
const EXISTENCE: &[&str] = &[
    "DUPLICATE_COLUMN",
    "DUPLICATE_FUNCTION",
    "DUPLICATE_OBJECT",
    "DUPLICATE_SCHEMA",
    "DUPLICATE_TABLE",
    "INVALID_TABLE_DEFINITION",
    "UNDEFINED_COLUMN",
    "UNDEFINED_FUNCTION",
    "UNDEFINED_OBJECT",
    "UNDEFINED_TABLE",
];

impl Reader<'_> {
    /// Whether the statement at that place takes effect.
    pub(super) fn place(&self, span: Span) -> Place {
        let text = self.text.get(span.range()).unwrap_or_default().to_lowercase();
        let of = |condition: &Condition| match condition {
            Condition::None => Place::Always,
            Condition::Absent(names) if names.iter().all(|name| has_word(&text, name)) => Place::Unless,
            Condition::Absent(_) | Condition::Other => Place::Perhaps,
        };
        let conditions = self.open.iter().map(|frame| &frame.condition);
        conditions.chain([&self.left]).map(of).max().unwrap_or(Place::Always)
    }

    /// `NOT EXISTS (SELECT .. FROM pg_constraint WHERE conname = 'name')` or `to_regclass('name') IS NULL`.
    pub(super) fn absence(&self, range: Range<usize>) -> Condition {
        let range = self.inner(range);
        let end = range.end;
        let query = match range.start {
            i if self.is(i, "NOT") && self.is(i + 1, "EXISTS") => self.inner(i + 2..end),
            i if self.is(i, "NOT") => return self.presence(i + 1..end),
            i if end > i + 2 && self.is(end - 2, "IS") && self.is(end - 1, "NULL") => {
                return match self.call(i..end - 2, &["TO_REGCLASS", "TO_REGTYPE", "TO_REGPROC"]) {
                    Some(arguments) => self.names_in(arguments),
                    None => Condition::Other,
                };
            }
            // What is already so is not done again.
            i if self.any_in(i..end, &["IS_NULLABLE", "ATTNOTNULL", "CONVALIDATED"]) => {
                return self.presence(i..end);
            }
            _ => return Condition::Other,
        };
        self.asks_for_objects(query)
    }

    /// `EXISTS (SELECT .. FROM pg_constraint WHERE conname = 'name')`: the condition that it does not hold.
    fn presence(&self, range: Range<usize>) -> Condition {
        let range = self.inner(range);
        match range.start {
            i if self.is(i, "EXISTS") => self.asks_for_objects(self.inner(i + 1..range.end)),
            _ => Condition::Other,
        }
    }

    /// What a query asks for, if it asks nothing but whether objects with the names in it exist.
    fn asks_for_objects(&self, query: Range<usize>) -> Condition {
        let sources =
            query.clone().filter(|&i| self.any(i, &["FROM", "JOIN"]) && self.kind(i + 1) == Some(Kind::Word));
        let is_known = |i: usize| {
            let qualified = self.is(i + 1, "PG_CATALOG") && self.kind(i + 2) == Some(Kind::Dot);
            self.is(i + 1, "INFORMATION_SCHEMA") || self.any(i + if qualified { 3 } else { 1 }, OBJECTS)
        };
        let mut sources = sources.peekable();
        // That a table has no foreign key at all says nothing of the one that is added.
        let of_constraints = ["PG_CONSTRAINT", "TABLE_CONSTRAINTS", "REFERENTIAL_CONSTRAINTS"];
        let plain = self.is(query.start, "SELECT")
            && (!self.any_in(query.clone(), &of_constraints)
                || self.any_in(query.clone(), &["CONNAME", "CONSTRAINT_NAME"]))
            && sources.peek().is_some()
            && sources.all(is_known)
            && !self.any_in(query.clone(), &["OR", "NOT", "UNION", "HAVING", "LIMIT"])
            && !query.clone().any(|i| self.operator(i, "<>") || self.operator(i, "!="));
        if plain { self.names_in(vec![query]) } else { Condition::Other }
    }

    /// The last parts of the names that the literals of some ranges are.
    fn names_in(&self, ranges: Vec<Range<usize>>) -> Condition {
        let literals = ranges.into_iter().flatten().filter(|i| self.kind(*i).is_some_and(is_literal));
        let names: Vec<String> = literals
            .filter_map(|i| literal_fragment(self.fragment, self.span(i..i + 1)))
            .map(|literal| {
                literal.text.rsplit('.').next().unwrap_or_default().trim_matches('"').to_lowercase()
            })
            .filter(|name| !name.is_empty() && !["public", "base table"].contains(&name.as_str()))
            .collect();
        if names.is_empty() { Condition::Other } else { Condition::Absent(names) }
    }

    fn any_in(&self, mut range: Range<usize>, words: &[&str]) -> bool {
        range.any(|i| self.any(i, words))
    }

    /// The condition that a FOR or FOREACH puts its statements under, from what it loops over: a list that is written
    /// there is not empty.
    pub(super) fn repeated(&self, source: Range<usize>) -> Condition {
        match self.elements(source) {
            Some(elements) if !elements.is_empty() => Condition::None,
            _ => Condition::Other,
        }
    }

    /// `ARRAY ARRAY['a', 'b']`, or `ARRAY names` where `names` is given such a list once.
    pub(super) fn elements(&self, source: Range<usize>) -> Option<Vec<Range<usize>>> {
        if !self.is(source.start, "ARRAY") {
            return None;
        }
        let array = self.inner(source.start + 1..source.end);
        let array = match array.len() {
            1 => {
                let name = folded(self.tokens.get(array.start)?.text(self.text));
                match self.assigned.get(&name)?.as_slice() {
                    [Given::Value(value)] => self.inner(value.clone()),
                    _ => return None,
                }
            }
            _ => array,
        };
        if !self.is(array.start, "ARRAY") || self.kind(array.start + 1) != Some(Kind::LBracket) {
            return None;
        }
        let close = array.clone().find(|&i| self.kind(i) == Some(Kind::RBracket))?;
        let elements = self.split(array.start + 2..close, |r, i| r.kind(i) == Some(Kind::Comma));
        let is_constant = |e: &Range<usize>| e.len() == 1 && self.kind(e.start).is_some_and(is_literal);
        elements.iter().all(is_constant).then_some(elements)
    }

    /// A RETURN: what stands behind it runs only where it was not reached.
    pub(super) fn leave(&mut self, at: usize) {
        if self.left != Condition::None {
            self.left = Condition::Other;
            return;
        }
        let Some(frame) = self.open.iter().rev().find(|frame| frame.open != Open::Block) else {
            self.left = Condition::Other;
            return;
        };
        // `IF EXISTS (..) THEN RETURN; END IF;`
        let asked = (frame.open == Open::If && at > 0)
            .then(|| (0..at).rfind(|&i| self.any(i, &["IF", "ELSIF", "ELSEIF", "ELSE"])))
            .flatten()
            .filter(|&i| self.is(i, "IF"));
        let condition = match asked {
            Some(i) => self.presence(i + 1..self.find(i + 1, "THEN")),
            None => Condition::Other,
        };
        self.left = condition;
    }

    /// A handler of errors that do not say that an object exists already takes back what it is for.
    pub(super) fn handler(&mut self, when: usize) {
        let then = self.find(when, "THEN");
        let passes_over = (when + 1..then).all(|i| self.is(i, "OR") || self.any(i, EXISTENCE));
        if passes_over || self.raises_again(then + 1) {
            return;
        }
        let Some(frame) = self.open.last_mut() else { return };
        let handled = frame.first..frame.handled;
        frame.handled = frame.first;
        for embedded in self.routine.statements.get_mut(handled).into_iter().flatten() {
            embedded.place = Place::Perhaps;
        }
    }

    /// Whether the statements from there raise an error whatever happens.
    fn raises_again(&self, mut at: usize) -> bool {
        while at < self.tokens.len()
            && !self.any(at, &["END", "WHEN", "IF", "CASE", "LOOP", "FOR", "WHILE", "BEGIN"])
        {
            if self.is(at, "RAISE") && !self.any(at + 1, &["DEBUG", "LOG", "INFO", "NOTICE", "WARNING"]) {
                return true;
            }
            at = self.semicolon(at) + 1;
        }
        false
    }
}

/// Whether a name stands in a text on its own.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| {
        let (before, behind) =
            (text.get(..at).unwrap_or_default(), text.get(at + name.len()..).unwrap_or_default());
        !is_part(before.chars().next_back()) && !is_part(behind.chars().next())
    })
}
