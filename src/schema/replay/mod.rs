//! Replays DDL in order: statements are lowered to [`Change`](super::change::Change)s, changes are carried out on the
//! [`Catalog`].

mod apply;
mod condition;
mod expr;
mod infer;
mod literal;
mod lower;
mod rewrite;
mod scope;
#[cfg(test)]
mod tests;
mod transaction;

use std::sync::Arc;

pub use lower::data_type;

use crate::finding::Problem;
use crate::schema::Catalog;
use crate::schema::change::Certainty;
use crate::source::Fragment;
use crate::syntax::{Dialect, Statement};

/// The schema after all statements, in the order given. What PostgreSQL would refuse is a problem of the rule
/// `unappliable-migration` or `invalid-index`; the rest goes on.
pub fn replay(dialect: Dialect, statements: &[(Arc<Fragment>, &Statement)]) -> (Catalog, Vec<Problem>) {
    let mut state = apply::State::new(dialect);
    let mut problems = Vec::new();
    let mut file = None;
    let undone = transaction::undone(statements);
    let doubtful = condition::doubtful(statements);
    for (((fragment, statement), undone), doubtful) in statements.iter().zip(undone).zip(doubtful) {
        // A migration tool runs each file in a session of its own.
        if file != Some(fragment.file) {
            file = Some(fragment.file);
            state.new_session();
        }
        if undone {
            continue;
        }
        for mut change in lower::lower(dialect, fragment, statement) {
            if doubtful {
                change.certainty = Certainty::Doubtful;
            }
            state.apply(change);
        }
        problems.append(&mut state.problems);
    }
    (state.finish(), problems)
}
