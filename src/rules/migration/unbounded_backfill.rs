//! UPDATE or DELETE of all rows of a table in use, in one statement of a migration.

use super::window::held;
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Write { verb, table: at, narrowed: false } = &moment.act.deed else { return None };
    let done = match *verb {
        "UPDATE" => "changed",
        "DELETE" => "deleted",
        _ => return None,
    };
    moment.act.live_table()?;
    let locked = moment.earlier().find_map(|act| held(act).next().map(|(met, lock)| (act, met, lock)));
    let table = table(moment.act);
    let message = match &locked {
        Some((_, met, lock)) => format!(
            "every row of {table} may be {done} by one statement, and {} of {} wait until it is done",
            lock.blocked(),
            code(&met.name)
        ),
        None => format!(
            "every row of {table} may be {done} by one statement, which locks them all until it is done"
        ),
    };
    let help =
        "do it in batches by key ranges, each in a transaction of its own, apart from changes of the schema";
    let draft = moment.draft(at.at, message).help(help);
    Some(draft.label(locked.map(|(act, _, _)| act.verb), "the lock is taken here"))
}
