//! The first statement of a migration that waits for a lock others will queue behind, without a limit to its wait.

use super::window::held;
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let (met, lock) = held(moment.act).next()?;
    let is_first = !moment.before().any(|act| held(act).next().is_some());
    if !is_first || moment.is_limited() {
        return None;
    }
    let message = format!(
        "nothing limits the wait for {}: meanwhile {} of it wait as well",
        code(&met.name),
        lock.blocked()
    );
    let help = "begin with SET lock_timeout = '5s', and run the migration again when it strikes; if the migration's role or \
                connection sets one, turn this rule off";
    Some(moment.draft(moment.anchor(), message).help(help))
}
