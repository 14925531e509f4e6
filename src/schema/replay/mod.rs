//! Replays DDL in order: statements are lowered to [`Change`](super::change::Change)s, changes are carried out on the
//! [`Catalog`].

mod apply;
mod condition;
mod expr;
mod infer;
mod literal;
mod lower;
mod record;
mod rewrite;
mod scope;
#[cfg(test)]
mod tests;
mod transaction;
mod vouch;

use std::collections::HashMap;
use std::sync::Arc;

pub use lower::data_type;

use crate::finding::Problem;
use crate::schema::Catalog;
use crate::schema::change::Certainty;
use crate::schema::migration::{Migration, Watched};
use crate::source::{FileId, Fragment, Location};
use crate::syntax::{Dialect, Statement};
use record::Recorder;

/// The schema after all statements, in the order given. What PostgreSQL would refuse is a problem of the rule
/// `unappliable-migration` or `invalid-index`; the rest goes on.
pub fn replay(dialect: Dialect, statements: &[(Arc<Fragment>, &Statement)]) -> (Catalog, Vec<Problem>) {
    let Replayed { catalog, problems, .. } = replay_watched(dialect, statements, &[], &[]);
    (catalog, problems)
}

/// What a replay comes to.
#[derive(Debug)]
pub struct Replayed {
    /// The schema after all statements.
    pub catalog: Catalog,
    /// What PostgreSQL would refuse.
    pub problems: Vec<Problem>,
    /// What the watched files do.
    pub migrations: Vec<Migration>,
    /// Of what is declared beside the schema, the places that are not part of it.
    pub left_out: Vec<Location>,
}

/// The same, with what the files that are watched do on the way. `beside` are declarations of files that are no source of
/// the schema: they are part of it where it has nothing else of their name.
pub fn replay_watched(
    dialect: Dialect,
    statements: &[(Arc<Fragment>, &Statement)],
    watched: &[Watched<'_>],
    beside: &[(Arc<Fragment>, &Statement)],
) -> Replayed {
    let mut state = apply::State::new(dialect);
    let mut problems = Vec::new();
    let mut file = None;
    let mut migrations = Vec::new();
    let mut recorder: Option<Recorder<'_>> = None;
    let mut has_lock_timeout = false;
    let asked: HashMap<FileId, &Watched<'_>> = watched.iter().map(|w| (w.file, w)).collect();
    let undone = transaction::undone(statements);
    let doubtful = condition::doubtful(statements);
    for (at, (((fragment, statement), undone), doubtful)) in
        statements.iter().zip(undone).zip(doubtful).enumerate()
    {
        // A migration tool runs each file in a session of its own.
        if file != Some(fragment.file) {
            file = Some(fragment.file);
            state.new_session();
            migrations.extend(recorder.take().map(Recorder::finish));
            let rest = statements.get(at..).unwrap_or_default();
            recorder =
                asked.get(&fragment.file).map(|asked| Recorder::new(dialect, asked, rest, has_lock_timeout));
        }
        has_lock_timeout = lower::default_timeout(fragment, statement).unwrap_or(has_lock_timeout);
        if let Some(recorder) = &mut recorder {
            recorder.statement(&state, fragment, statement);
        }
        if undone {
            continue;
        }
        for mut change in lower::lower(dialect, fragment, statement) {
            if doubtful {
                change.certainty = Certainty::Doubtful;
            }
            if let Some(recorder) = &mut recorder {
                recorder.change(&state, &change, fragment, statement);
            }
            let share = recorder.as_ref().and_then(|_| state.share(&change));
            state.apply(change);
            if let (Some(recorder), Some(share)) = (&mut recorder, share) {
                recorder.applied(state.adds_nothing(&share));
            }
        }
        problems.append(&mut state.problems);
    }
    migrations.extend(recorder.map(Recorder::finish));
    let programs = watched.iter().filter(|program| !program.executed.is_empty());
    migrations.extend(programs.map(|program| executed(dialect, &mut state, program, has_lock_timeout)));
    let mut left_out = Vec::new();
    for (fragment, statement) in beside {
        if file != Some(fragment.file) {
            file = Some(fragment.file);
            state.new_session();
        }
        let changes = lower::lower(dialect, fragment, statement);
        for change in changes {
            if !state.declare_beside(change) {
                left_out.push(fragment.locate(statement.span));
            }
        }
    }
    Replayed { catalog: state.finish(), problems, migrations, left_out }
}

/// What a program does that is a migration. The schema is what it is after all of them, so nothing is carried out.
fn executed(
    dialect: Dialect,
    state: &mut apply::State,
    program: &Watched<'_>,
    has_lock_timeout: bool,
) -> Migration {
    state.new_session();
    let mut recorder = Recorder::new(dialect, program, &program.executed, has_lock_timeout);
    for (fragment, statement) in &program.executed {
        recorder.statement(state, fragment, statement);
        for change in lower::lower(dialect, fragment, statement) {
            recorder.change(state, &change, fragment, statement);
        }
    }
    recorder.finish()
}
