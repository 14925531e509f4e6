//! A primary key or UNIQUE constraint whose index is built on a table in use.

use super::scans::{added, named};
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::schema::change::ConstraintKind;
use crate::schema::migration::MetKind;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let constraint = added(moment.act, &|c, _| matches!(c.kind, ConstraintKind::Key { .. }))?;
    let ConstraintKind::Key { primary, .. } = &constraint.kind else { return None };
    let table = table(moment.act);
    let message =
        format!("{table} can neither be read nor written while the index of {} is built", named(constraint));
    let kind = if *primary { "PRIMARY KEY" } else { "UNIQUE" };
    let is_partitioned = moment.act.before.table.as_ref().is_some_and(|met| met.kind == MetKind::Partitioned);
    let help = if is_partitioned {
        format!(
            "make it a constraint of each partition first, by a unique index that is built CONCURRENTLY and ADD CONSTRAINT ... \
             {kind} USING INDEX: ADD {kind} on {table} then takes these over"
        )
    } else {
        format!(
            "build a unique index CONCURRENTLY, {}, then ADD CONSTRAINT ... {kind} USING INDEX",
            moment.outside()
        )
    };
    Some(moment.draft(constraint.at, message).help(help))
}
