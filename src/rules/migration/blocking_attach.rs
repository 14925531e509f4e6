//! ATTACH PARTITION of a table in use whose rows no CHECK vouches for.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{Step, TableAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let TableAction::AttachPartition(partition) = action.as_ref() else { return None };
    let before = &moment.act.before;
    let met = before.other.as_ref().filter(|met| met.is_live() && !before.is_proved)?;
    let partition_name = code(&met.name);
    let message = format!(
        "{partition_name} can neither be read nor written while every row is compared with the bounds it has in {}",
        table(moment.act)
    );
    let help = format!(
        "give {partition_name} a CHECK that says what the bounds say, NOT NULL of the key included: NOT VALID first, then \
         validated in a later transaction; ATTACH PARTITION believes it"
    );
    Some(moment.draft(partition.at, message).help(help))
}
