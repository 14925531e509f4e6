//! Triggers and rewrite rules on a table that is in use.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{Step, TableAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    moment.act.live_table()?;
    let table = table(moment.act);
    let Deed::Change(step) = &moment.act.deed else { return None };
    let (what, waits, at) = match step {
        // What it does to writes from then on is what it was made for.
        Step::CreateTrigger(_) if moment.is_limited() => return None,
        Step::CreateTrigger(trigger) => {
            (format!("trigger {}", code(&trigger.name.name)), "writes", trigger.name.at)
        }
        Step::CreateRule { table } => ("this rule".to_owned(), "uses", table.at),
        Step::AlterTable { table, action, .. } => match action.as_ref() {
            TableAction::Triggers(_) => ("this switch of triggers".to_owned(), "writes", table.at),
            _ => return None,
        },
        _ => return None,
    };
    let message = format!(
        "{what} waits for every transaction that {waits} {table}, and holds up those that come after it"
    );
    let help = "set a lock_timeout before it, and try again when it strikes; what it does is then part of every write";
    Some(moment.draft(at, message).help(help))
}
