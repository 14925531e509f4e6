//! EXECUTE in its forms: the statements of its text as far as that is known, and what it is put together from.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::super::lexer::Kind;
use super::super::parse::{embedded, parse};
use super::super::{Body, SplicedText, Statement};
use super::splice::Execution;
use super::{Embedded, Lead, Place, Reader, Routine, Using, folded};

/// An EXECUTE whose text is not read yet.
pub(super) struct Pending {
    /// Which of the routine's statements stands for it.
    statement: usize,
    /// Its text, tokens of the body.
    text: Range<usize>,
    /// What USING gives.
    using: Arc<[Using]>,
}

impl Reader<'_> {
    /// `EXECUTE text [INTO target] [USING values]`: the word, and what is behind it.
    pub(super) fn execute(&mut self, word: usize, range: Range<usize>) {
        let end = range.end.min(self.tokens.len());
        let until = self.find(range.start, "INTO").min(self.find(range.start, "USING")).min(end);
        let text = range.start..until;
        self.expression(text.clone());
        let using = self.find(range.start, "USING").min(end);
        if using < end {
            self.expression(using + 1..end);
        }
        let values = self.split((using + 1).min(end)..end, |r, i| r.kind(i) == Some(Kind::Comma));
        let using: Arc<[Using]> = values.into_iter().map(|value| self.using(value)).collect();
        if let Some(into) = self.target_of_into(word..end) {
            self.give_each(into, &super::Given::Selected { item: None, query: text.clone() });
        }
        let span = self.span(word..end);
        let mut statement =
            embedded(self.fragment, self.dialect, &self.positions, span, Vec::new(), Lead::AsIs);
        statement.head = "EXECUTE".to_owned();
        self.comment(&mut statement);
        let (place, fragment) = (self.place(span), self.fragment.clone());
        self.pending.push(Pending { statement: self.routine.statements.len(), text, using });
        self.routine.statements.push(Embedded { fragment, statement, place, using: Arc::default() });
    }

    /// What a value of USING is.
    fn using(&self, value: Range<usize>) -> Using {
        let Some([only]) = self.tokens.get(value) else { return Using::Expression };
        let text = only.text(self.text);
        match text.strip_prefix('$').and_then(|digits| digits.parse().ok()) {
            Some(number) => Using::Numbered(number),
            None if matches!(only.kind, Kind::Word | Kind::QuotedName) => Using::Variable(folded(text)),
            None => Using::Expression,
        }
    }

    /// Reads the texts of EXECUTE, and puts their statements behind the EXECUTE itself.
    pub(super) fn finish(mut self) -> Routine {
        self.routine.assigned = self.assigned.keys().cloned().collect();
        let pending = mem::take(&mut self.pending);
        if pending.is_empty() {
            return self.routine;
        }
        let mut all = mem::take(&mut self.routine.statements).into_iter().enumerate();
        let mut pending = pending.into_iter().peekable();
        let mut statements = Vec::new();
        for (i, mut embedded) in all.by_ref() {
            let Some(Pending { statement: _, text, using }) = pending.next_if(|p| p.statement == i) else {
                statements.push(embedded);
                continue;
            };
            let execution = Execution { span: self.span(text.clone()), splices: self.splices(text.clone()) };
            self.routine.executions.push(execution);
            let read = self.statements_of(text.clone(), embedded.place, &using);
            if read.is_empty() {
                self.hide(&mut embedded.statement, text);
            }
            statements.push(embedded);
            statements.extend(read);
        }
        self.routine.statements = statements;
        self.routine
    }

    /// The statements of a text; none where what it says is not known.
    fn statements_of(&self, text: Range<usize>, place: Place, using: &Arc<[Using]>) -> Vec<Embedded> {
        let mut all = Vec::new();
        for fragment in self.known_texts(text).into_iter().map(Arc::new) {
            let statements = parse(&fragment, self.dialect);
            let is_unread = |s: &Statement| matches!(s.body, Body::Unparsed { .. });
            // What cannot be read only because part of it is not here.
            if !fragment.holes.is_empty() && statements.iter().any(|s| is_unread(s) && !changes_schema(s)) {
                return Vec::new();
            }
            all.extend(statements.into_iter().map(|mut statement| {
                if is_unread(&statement) && !fragment.holes.is_empty() {
                    statement.body = Body::Recognised;
                }
                Embedded { fragment: fragment.clone(), statement, place, using: Arc::clone(using) }
            }));
        }
        all
    }

    /// Says of an EXECUTE that nobody knows what it runs.
    fn hide(&self, statement: &mut Statement, text: Range<usize>) {
        let span = self.span(text);
        let expression = self.text.get(span.range()).unwrap_or("").to_owned();
        statement.clauses.holes.push(SplicedText { span, expression, identifier: None });
        statement.body = Body::Spliced;
    }
}

/// Whether a statement says by its head that it reads and writes no rows.
fn changes_schema(statement: &Statement) -> bool {
    let verb = statement.head.split(' ').next().unwrap_or_default();
    ["CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT", "REINDEX", "ANALYZE", "VACUUM", "SET", "NOTIFY"]
        .contains(&verb)
}
