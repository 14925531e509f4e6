//! One transaction that locks several tables in use, one after the other.

use super::window::held;
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::catalog::Name;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let own = moment.act.statement;
    let mut before: Vec<(&Name, _)> = Vec::new();
    for act in moment.earlier().filter(|act| act.statement != own) {
        for (met, _) in held(act) {
            if !before.iter().any(|(name, _)| *name == &met.name) {
                before.push((&met.name, act));
            }
        }
        // The second table is told of; a third makes it no worse.
        if before.len() > 1 {
            return None;
        }
    }
    let new = |name: &Name| !before.iter().any(|(known, _)| *known == name);
    let (second, _) = held(moment.act).find(|(met, _)| new(&met.name))?;
    let (first, act) = before.first().copied()?;
    let message = format!(
        "{} is locked while the transaction holds a lock on {}: whoever takes them in the other order waits for ever",
        code(&second.name),
        code(first)
    );
    let help = "change one table in each transaction, or set a lock_timeout and try again when it strikes";
    Some(
        moment
            .draft(moment.anchor(), message)
            .help(help)
            .label(Some(act.verb), "the first table is locked here"),
    )
}
