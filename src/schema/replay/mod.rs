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

use std::collections::HashMap;
use std::sync::Arc;

pub use lower::data_type;

use crate::finding::Problem;
use crate::schema::Catalog;
use crate::schema::change::Certainty;
use crate::schema::migration::{Migration, Watched};
use crate::source::{FileId, Fragment};
use crate::syntax::{Dialect, Statement};
use record::Recorder;

/// The schema after all statements, in the order given. What PostgreSQL would refuse is a problem of the rule
/// `unappliable-migration` or `invalid-index`; the rest goes on.
pub fn replay(dialect: Dialect, statements: &[(Arc<Fragment>, &Statement)]) -> (Catalog, Vec<Problem>) {
    let (catalog, problems, _) = replay_watched(dialect, statements, &[]);
    (catalog, problems)
}

/// The same, with what the files that are watched do on the way.
pub fn replay_watched(
    dialect: Dialect,
    statements: &[(Arc<Fragment>, &Statement)],
    watched: &[Watched<'_>],
) -> (Catalog, Vec<Problem>, Vec<Migration>) {
    let mut state = apply::State::new(dialect);
    let mut problems = Vec::new();
    let mut file = None;
    let mut migrations = Vec::new();
    let mut recorder: Option<Recorder<'_>> = None;
    let watched: HashMap<FileId, &Watched<'_>> = watched.iter().map(|w| (w.file, w)).collect();
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
            recorder = watched.get(&fragment.file).map(|asked| Recorder::new(dialect, asked, rest));
        }
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
            state.apply(change);
        }
        problems.append(&mut state.problems);
    }
    migrations.extend(recorder.map(Recorder::finish));
    (state.finish(), problems, migrations)
}
