//! An exclusion constraint whose index is built on a table in use.

use super::scans::{added, named};
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::schema::change::ConstraintKind;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let constraint = added(moment.act, &|c, _| matches!(c.kind, ConstraintKind::Exclude { .. }))?;
    let message = format!(
        "{} can neither be read nor written while the index of {} is built",
        table(moment.act),
        named(constraint)
    );
    let help = "PostgreSQL has no other way to add one: do it while the table is small or not in use, or let a trigger \
                refuse new rows meanwhile";
    Some(moment.draft(constraint.at, message).help(help))
}
