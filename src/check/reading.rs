//! How statements were read: how many were parsed, recognised by their head alone, or not understood.

use std::collections::BTreeMap;

use crate::finding::{Problem, at};
use crate::source::Fragment;
use crate::syntax::{Body, OddElement, OddKind, Statement};

/// How statements were read. Each counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Read as a whole.
    pub parsed: usize,
    /// Known by their head, which says that no analysis needs the rest.
    pub recognised: usize,
    /// EXECUTE of text that nobody knows.
    pub spliced: usize,
    /// Not understood, as a whole or in part, by head.
    pub unparsed: BTreeMap<String, usize>,
}

impl Reading {
    /// How many were not understood.
    pub fn unparsed(&self) -> usize {
        self.unparsed.values().sum()
    }

    /// Adds what is counted in another.
    pub fn extend(&mut self, other: &Reading) {
        let Reading { parsed, recognised, spliced, unparsed } = other;
        self.parsed += parsed;
        self.recognised += recognised;
        self.spliced += spliced;
        for (head, count) in unparsed {
            *self.unparsed.entry(head.clone()).or_default() += count;
        }
    }

    pub(super) fn add(&mut self, statement: &Statement) {
        let unread = statement.clauses.odd_elements.iter().any(|odd| odd.kind == OddKind::Unreadable);
        match &statement.body {
            Body::Unparsed { .. } => *self.unparsed.entry(statement.head.clone()).or_default() += 1,
            _ if unread => *self.unparsed.entry(statement.head.clone()).or_default() += 1,
            Body::Parsed(_) | Body::Command(_) => self.parsed += 1,
            Body::Recognised => self.recognised += 1,
            Body::Spliced => self.spliced += 1,
        }
    }
}

/// What is to be said of what was not understood of a statement.
pub(super) fn unread(fragment: &Fragment, statement: &Statement) -> Vec<Problem> {
    let problem = |message: String, token| Problem {
        rule: "unparsed-statement",
        message: fragment.readable(message),
        help: None,
        primary: at(fragment, token),
        statement: Some(at(fragment, statement.span)),
        labels: Vec::new(),
    };
    if let Body::Unparsed { message, at: token } = &statement.body {
        return vec![problem(format!("this statement cannot be read: {message}"), *token)];
    }
    let part = |odd: &OddElement| match odd.kind {
        OddKind::Unreadable => {
            Some(problem(format!("this part of the statement cannot be read: {}", odd.message), odd.span))
        }
        OddKind::Misplaced => {
            Some(problem(format!("PostgreSQL does not read this: {}", odd.message), odd.span))
        }
        // Told by the schema.
        OddKind::InlineIndex | OddKind::ReservedWord => None,
    };
    statement.clauses.odd_elements.iter().filter_map(part).collect()
}
