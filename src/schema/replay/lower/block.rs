//! DDL inside a DO block: the statements of its PL/pgSQL that stand by themselves or are executed from text that is all
//! there. Conditions are not followed: what stands under IF is taken, ELSE and exception handlers are not.

use std::sync::Arc;

use crate::schema::change::{Change, Step};
use crate::source::Fragment;
use crate::syntax::{self, Body, Command, Dialect, Embedded, Place, Statement};

/// The steps of a block's statements.
pub(super) fn steps(dialect: Dialect, body: Fragment) -> Vec<Step> {
    let mut steps = Vec::new();
    for Embedded { fragment, statement, place } in syntax::plpgsql(&Arc::new(body), dialect).statements {
        if place < Place::Otherwise && is_ddl(&statement) && !is_spliced(&fragment, &statement) {
            let changes = super::lower(dialect, &fragment, &statement);
            steps.extend(changes.into_iter().map(|Change { step, .. }| step));
        }
    }
    steps
}

fn is_ddl(statement: &Statement) -> bool {
    // Another block would be a string in a string in a string.
    !matches!(statement.body, Body::Command(Command::Do { .. }))
        && ["CREATE ", "ALTER ", "DROP "].iter().any(|verb| statement.head.starts_with(verb))
}

/// Whether part of a statement is put together at run time: then it is not known what it changes.
fn is_spliced(fragment: &Fragment, statement: &Statement) -> bool {
    fragment.holes.iter().any(|hole| statement.span.contains(hole.span))
        || !statement.clauses.holes.is_empty()
}
