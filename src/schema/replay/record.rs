//! Records what the files that are asked for do, act by act: see [`crate::schema::migration`].

use std::sync::Arc;

use super::apply::State;
use super::lower;
use crate::schema::change::{Certainty, Change, Drop, Step, TypeAction};
use crate::schema::migration::{Act, Before, Deed, Migration, Watched, Wrap};
use crate::source::{Fragment, Location, Span};
use crate::syntax::{Dialect, Statement};

/// One file as it is recorded.
pub(super) struct Recorder<'a> {
    watched: &'a Watched<'a>,
    migration: Migration,
    transactions: Transactions,
    /// Of each act, the text of its statement.
    texts: Vec<(Arc<Fragment>, Span)>,
    /// Tables that the file has created, where it is a program.
    created: Vec<String>,
}

impl<'a> Recorder<'a> {
    /// `statements` are those of the file and all that follow; `has_lock_timeout` says how its session begins.
    pub(super) fn new(
        dialect: Dialect,
        watched: &'a Watched<'a>,
        statements: &[(Arc<Fragment>, &Statement)],
        has_lock_timeout: bool,
    ) -> Recorder<'a> {
        let down = watched.down.as_ref().map(|(fragment, statements)| {
            statements.iter().flat_map(|s| lower::lower(dialect, fragment, s)).collect()
        });
        let own: Vec<_> = statements.iter().take_while(|(f, _)| f.file == watched.file).collect();
        let wraps = |span: Option<Span>, wrap: Wrap| {
            let mut inside = own.iter().filter(|(f, s)| span.is_none_or(|span| span.contains(place(f, s))));
            match wrap {
                Wrap::File => true,
                Wrap::Batch => inside.nth(1).is_some(),
                Wrap::Fitting => !inside.all(|(fragment, s)| refuses_transactions(fragment, s)),
                Wrap::Unknown | Wrap::Nothing => false,
            }
        };
        let parts = watched.parts.iter().map(|(span, wrap)| (*wrap, wraps(Some(*span), *wrap))).collect();
        Recorder {
            watched,
            migration: Migration {
                file: watched.file,
                wrap: watched.wrap,
                tool: watched.tool,
                escape: watched.escape,
                acts: Vec::new(),
                down,
                expects_down: watched.expects_down,
                has_lock_timeout,
            },
            transactions: Transactions {
                whole: (watched.wrap, wraps(None, watched.wrap)),
                parts,
                part: None,
                open: None,
                is_wrapped: false,
                last: 0,
            },
            texts: Vec::new(),
            created: watched.creates.clone(),
        }
    }

    /// Begins a statement; records what it does beside changing the schema.
    pub(super) fn statement(&mut self, state: &State, fragment: &Arc<Fragment>, statement: &Statement) {
        let part = self.watched.parts.iter().position(|(span, _)| span.contains(place(fragment, statement)));
        self.transactions.enter(part);
        let Some(deed) = lower::deed(fragment, statement) else { return };
        // BEGIN and COMMIT are of the transaction that they open and close.
        if matches!(deed, Deed::Begin) {
            self.transactions.begin();
        }
        let ends = matches!(deed, Deed::Commit | Deed::Rollback);
        self.act(state, deed, fragment, statement, Certainty::Certain);
        if ends {
            self.transactions.end();
        }
    }

    /// Records a change before it is carried out; a DROP of several things is one act for each.
    pub(super) fn change(
        &mut self,
        state: &State,
        change: &Change,
        fragment: &Arc<Fragment>,
        statement: &Statement,
    ) {
        match &change.step {
            Step::Drop(drop) => {
                for (i, name) in drop.names.iter().enumerate() {
                    let arguments = drop.arguments.get(i).cloned().into_iter().collect();
                    let one = Drop { names: vec![name.clone()], arguments, ..drop.as_ref().clone() };
                    let deed = Deed::Change(Step::Drop(Box::new(one)));
                    self.act(state, deed, fragment, statement, change.certainty);
                }
            }
            step => {
                self.act(state, Deed::Change(step.clone()), fragment, statement, change.certainty);
            }
        }
    }

    /// Notes of the change that was last recorded whether every partition had it.
    pub(super) fn applied(&mut self, is_shared: bool) {
        if let Some(act) = self.migration.acts.last_mut() {
            act.before.is_shared = is_shared;
        }
    }

    fn act(
        &mut self,
        state: &State,
        deed: Deed,
        fragment: &Arc<Fragment>,
        statement: &Statement,
        certainty: Certainty,
    ) {
        let mut before = state.before(&deed, self.watched.file);
        self.mark_new(&deed, &mut before);
        before.concurrently = mentions(fragment, statement, "concurrently");
        let text = fragment.text.get(statement.span.range()).unwrap_or_default();
        let word = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()) as u32;
        let verb = Span::new(statement.span.start, statement.span.start + word.max(1));
        self.texts.push((Arc::clone(fragment), statement.span));
        self.migration.acts.push(Act {
            deed,
            statement: fragment.locate(statement.span),
            verb: fragment.locate(verb),
            transaction: self.transactions.open,
            is_wrapped: self.transactions.is_wrapped,
            certainty,
            before,
        });
    }

    /// What a program creates is new, though the schema has it from elsewhere.
    fn mark_new(&mut self, deed: &Deed, before: &mut Before) {
        if self.watched.executed.is_empty() {
            return;
        }
        for met in [&mut before.table, &mut before.other].into_iter().flatten() {
            met.is_new |= self.created.contains(&met.name.name);
        }
        if let Deed::Change(Step::CreateTable(table)) = deed {
            self.created.push(table.name.name.clone());
        }
    }

    /// The record, once the file ends.
    pub(super) fn finish(mut self) -> Migration {
        for at in 0..self.migration.acts.len() {
            let used = self.use_of_label(at);
            if let Some(act) = self.migration.acts.get_mut(at) {
                act.before.used_at = used;
            }
        }
        self.migration
    }

    /// Where a later statement of the same transaction uses the label that an act adds to an enum.
    fn use_of_label(&self, at: usize) -> Option<Location> {
        let act = self.migration.acts.get(at)?;
        let Deed::Change(Step::AlterType { name: _, action: TypeAction::AddValue { value, .. } }) = &act.deed
        else {
            return None;
        };
        act.transaction?;
        let same = |other: &Act| other.transaction == act.transaction;
        let literal = format!("'{}'", value.replace('\'', "''"));
        let later = self.migration.acts.iter().zip(&self.texts).skip(at + 1);
        later.filter(|(other, _)| same(other) && other.statement != act.statement).find_map(
            |(other, (fragment, span))| {
                let adds = matches!(&other.deed, Deed::Change(Step::AlterType { .. }));
                let text = fragment.text.get(span.range()).filter(|_| !adds)?;
                let found = span.start + text.find(&literal)? as u32;
                Some(fragment.locate(Span::new(found, found + literal.len() as u32)))
            },
        )
    }
}

/// Which transaction a file's statements run in.
struct Transactions {
    /// How the file is run, and whether that makes a transaction of it.
    whole: (Wrap, bool),
    /// The same of its parts.
    parts: Vec<(Wrap, bool)>,
    /// The part that is at work; before the first statement none.
    part: Option<Option<usize>>,
    open: Option<u32>,
    /// Whether the tool opened it.
    is_wrapped: bool,
    last: u32,
}

impl Transactions {
    fn enter(&mut self, part: Option<usize>) {
        if self.part != Some(part) {
            self.part = Some(part);
            self.open = self.at_work().1.then(|| self.next());
            self.is_wrapped = matches!(self.at_work(), (Wrap::File | Wrap::Fitting, true));
        }
    }

    fn at_work(&self) -> (Wrap, bool) {
        self.part.flatten().and_then(|part| self.parts.get(part).copied()).unwrap_or(self.whole)
    }

    /// In the tool's transaction, BEGIN only warns.
    fn begin(&mut self) {
        self.open = Some(self.open.unwrap_or_else(|| self.next()));
    }

    /// What follows in one message is a transaction again.
    fn end(&mut self) {
        self.open = (self.at_work() == (Wrap::Batch, true)).then(|| self.next());
        self.is_wrapped = false;
    }

    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

/// A statement's place where the parts of its file are told apart: in the text of the file, or in the program.
fn place(fragment: &Fragment, statement: &Statement) -> Span {
    if fragment.host.is_some() { fragment.locate(statement.span).span } else { statement.span }
}

/// Whether a statement can run in no transaction block.
fn refuses_transactions(fragment: &Fragment, statement: &Statement) -> bool {
    let index = matches!(statement.head.as_str(), "CREATE INDEX" | "DROP INDEX" | "REINDEX");
    matches!(lower::deed(fragment, statement), Some(Deed::Refusing(_)))
        || statement.head == "VACUUM"
        || (index && mentions(fragment, statement, "concurrently"))
}

/// Whether a statement has that word, comments left aside.
fn mentions(fragment: &Fragment, statement: &Statement, word: &str) -> bool {
    let text = fragment.text.get(statement.span.range()).unwrap_or_default();
    let in_comment = |at: u32| statement.comments.iter().any(|c| c.span.start <= at && at < c.span.end);
    let lower = text.to_ascii_lowercase();
    lower.match_indices(word).any(|(at, _)| !in_comment(statement.span.start + at as u32))
}
