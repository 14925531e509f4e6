//! DDL inside a DO block: the statements of its PL/pgSQL that stand by themselves or are executed from text. Conditions are
//! not followed; what a statement adds under one is not believed, what it takes away is.

use std::sync::Arc;

use crate::schema::change::{Certainty, Change, ObjectRef, Step, TableAction};
use crate::source::{Fragment, HOLE_PREFIX};
use crate::syntax::{self, Body, Command, Dialect, Embedded, Place, Statement};

/// The steps of a block's statements.
pub(super) fn steps(dialect: Dialect, body: Fragment) -> Vec<(Step, Certainty)> {
    let mut steps = Vec::new();
    for Embedded { fragment, statement, place, using: _ } in
        syntax::plpgsql(&Arc::new(body), dialect).statements
    {
        if !is_ddl(&statement) {
            continue;
        }
        let certainty = match place {
            Place::Always | Place::Unless => Certainty::Guarded,
            Place::Perhaps => Certainty::Doubtful,
        };
        let changes = super::lower(dialect, &fragment, &statement).into_iter();
        if is_spliced(&fragment, &statement) {
            steps.extend(changes.filter_map(|Change { step, .. }| in_part(step)).map(|s| (s, certainty)));
        } else {
            steps.extend(changes.map(|Change { step, .. }| (step, certainty)));
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

/// What is known of a step some names of which are put together at run time: what it may take away.
fn in_part(step: Step) -> Option<Step> {
    if matches!(&step, Step::CreatePolicy(policy) if is_hole(&policy.table.name)) {
        return Some(Step::DoubtRowSecurity);
    }
    let Step::AlterTable { table, if_exists: _, only, action } = step else { return None };
    let table = (!is_hole(&table.name))
        .then(|| ObjectRef { schema: table.schema.filter(|schema| !is_hole(schema)), ..table });
    match (*action, table) {
        (TableAction::DropConstraint { name, if_exists: _, cascade }, table) if is_hole(&name.name) => {
            Some(Step::DropSomeConstraint { table, cascade })
        }
        (TableAction::DropColumn { column, if_exists: _, cascade }, table) if is_hole(&column.name) => {
            Some(Step::DropSomeConstraint { table, cascade })
        }
        (action @ (TableAction::RowSecurity(true) | TableAction::ForceRowSecurity(true)), None) => {
            Some(Step::AlterAny(Box::new(action)))
        }
        (action, _) if !action.takes_away() => None,
        (action, None) => Some(Step::AlterAny(Box::new(action))),
        (action, Some(table)) => {
            Some(Step::AlterTable { table, if_exists: true, only, action: Box::new(action) })
        }
    }
}

fn is_hole(name: &str) -> bool {
    name.contains(HOLE_PREFIX)
}
