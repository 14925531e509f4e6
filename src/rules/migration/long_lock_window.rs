//! Long work in a transaction that holds a lock on a table in use from an earlier, quick step.

use super::window::{held, long_work};
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::lock::Lock;
use crate::schema::migration::{Act, Met};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let version = moment.version();
    let work = long_work(moment.act, version)?;
    let mut window: Option<(&Act, &Met, Lock)> = None;
    for act in moment.earlier().filter(|act| act.statement != moment.act.statement) {
        match &window {
            None => {
                let mut strong = held(act).filter(|(_, lock)| lock.blocks_reads());
                window = strong.next().map(|(met, lock)| (act, met, lock));
            }
            // One finding is enough for a transaction.
            Some((taken, met, _)) => {
                if taken.statement != act.statement
                    && long_work(act, version).is_some()
                    && !locks_itself(act, met)
                {
                    return None;
                }
            }
        }
    }
    let (act, met, lock) = window.filter(|(_, met, _)| !locks_itself(moment.act, met))?;
    let message = format!("{} stays locked against {} while {work}", code(&met.name), lock.blocked());
    let help = "end the transaction between the two: a lock is held until its transaction ends";
    Some(moment.draft(moment.anchor(), message).help(help).label(Some(act.verb), "the lock is taken here"))
}

/// Whether an act locks the table in the same way by itself: that is what other rules tell of.
fn locks_itself(act: &Act, table: &Met) -> bool {
    held(act).any(|(met, lock)| met.name == table.name && lock.blocks_reads())
}
