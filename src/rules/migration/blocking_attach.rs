//! A partition that is attached or created: rows that no CHECK vouches for are looked at, its own and those of the default
//! partition.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ObjectRef, Step, TableAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let Deed::Change(step) = &moment.act.deed else { return Vec::new() };
    match step {
        Step::AlterTable { action, .. } => match action.as_ref() {
            TableAction::AttachPartition { partition, .. } => {
                own_rows(moment, partition).into_iter().chain(default_rows(moment, partition)).collect()
            }
            _ => Vec::new(),
        },
        Step::CreateTable(table) if table.partition_of.is_some() && !moment.act.before.is_there => {
            default_rows(moment, &table.name).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The rows of the table that is attached.
fn own_rows(moment: &Moment<'_>, partition: &ObjectRef) -> Option<Draft> {
    let before = &moment.act.before;
    let met = before.other.as_ref().filter(|met| met.is_live() && !before.is_proved)?;
    let name = code(&met.name);
    let message = format!(
        "{name} can neither be read nor written while every row is compared with the bounds it has in {}",
        table(moment.act)
    );
    let help = format!(
        "give {name} a CHECK that says what the bounds say, NOT NULL of the key included: NOT VALID first, then validated in a \
         later transaction; ATTACH PARTITION believes it"
    );
    Some(moment.draft(partition.at, message).help(help))
}

/// The rows of the default partition, which must not be the new one's.
fn default_rows(moment: &Moment<'_>, partition: &ObjectRef) -> Option<Draft> {
    let before = &moment.act.before;
    let met = before.default_partition.as_ref().filter(|met| met.is_live() && before.searches_default)?;
    let (default, name) = (code(&met.name), code(&partition.name));
    let message =
        format!("{default} can neither be read nor written while it is searched for rows of {name}");
    let help = format!(
        "give {default} a CHECK that excludes the bounds of {name}: NOT VALID first, then validated in a later transaction; \
         PostgreSQL believes it"
    );
    Some(moment.draft(partition.at, message).help(help))
}
