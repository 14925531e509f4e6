//! CLUSTER, VACUUM FULL and REINDEX of tables that are in use.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::migration::{Deed, Maintenance};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Maintain { command, target } = &moment.act.deed else { return None };
    let before = &moment.act.before;
    if *command == Maintenance::Vacuum || before.concurrently {
        return None;
    }
    let at = target.as_ref().map_or(moment.act.verb, |target| target.at);
    let sql = command.sql();
    let message = match (command, target) {
        (_, None) => format!("{sql} locks the tables of the whole database, one after the other"),
        (Maintenance::ReindexIndex, Some(index)) => {
            moment.act.live_table().filter(|_| !before.index_is_new)?;
            format!("{} cannot be written while index {} is rebuilt", table(moment.act), code(&index.name))
        }
        (Maintenance::ReindexTable, Some(_)) => {
            moment.act.live_table()?;
            format!("{} cannot be written while its indexes are rebuilt", table(moment.act))
        }
        (_, Some(_)) => {
            moment.act.live_table()?;
            format!("{} can neither be read nor written while {sql} writes it anew", table(moment.act))
        }
    };
    let help = match command {
        Maintenance::ReindexIndex | Maintenance::ReindexTable | Maintenance::ReindexMany => {
            format!("write REINDEX ... CONCURRENTLY, {}", moment.outside())
        }
        Maintenance::Cluster | Maintenance::Vacuum | Maintenance::VacuumFull => {
            "leave it to a maintenance window, or to a tool that copies the table while it is in use"
                .to_owned()
        }
    };
    Some(moment.draft(at, message).help(help))
}
