//! DETACH PARTITION without CONCURRENTLY from a table in use.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::schema::change::{Step, TableAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let TableAction::DetachPartition(partition) = action.as_ref() else { return None };
    moment.act.live_table().filter(|_| !moment.act.before.concurrently && moment.version() >= 14)?;
    let message = format!(
        "detaching a partition waits for every query of {}, and the queries after it wait for the detachment",
        table(moment.act)
    );
    let help = format!("write DETACH PARTITION ... CONCURRENTLY, {}", moment.outside());
    Some(moment.draft(partition.at, message).help(help))
}
