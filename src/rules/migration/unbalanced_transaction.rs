//! BEGIN without COMMIT, COMMIT without BEGIN, and either inside the transaction of the tool.

use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::schema::migration::{Deed, Wrap};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let tool = moment.migration.tool;
    let ends = |deed: &Deed| matches!(deed, Deed::Commit | Deed::Rollback);
    let (message, help) = match &moment.act.deed {
        Deed::Begin => {
            let nested = moment.earlier().find(|act| matches!(act.deed, Deed::Begin));
            if let Some(first) = nested {
                let draft = moment.draft(moment.act.verb, "BEGIN inside a transaction does nothing but warn");
                return Some(
                    draft.help("remove it, or COMMIT before it").label(Some(first.verb), "it begins here"),
                );
            }
            if moment.act.is_wrapped {
                (
                    format!(
                        "{tool} runs this in a transaction: BEGIN only warns, and the COMMIT behind it ends the one of {tool}"
                    ),
                    "remove BEGIN and COMMIT, or run the migration outside of a transaction".to_owned(),
                )
            } else if moment.after().any(|act| ends(&act.deed)) {
                return None;
            } else {
                (
                    "this transaction is never committed: what it did is undone when the connection closes"
                        .to_owned(),
                    "write COMMIT at its end".to_owned(),
                )
            }
        }
        Deed::Commit | Deed::Rollback => {
            if moment.earlier().any(|act| matches!(act.deed, Deed::Begin)) {
                return None;
            }
            let word = if matches!(moment.act.deed, Deed::Commit) { "COMMIT" } else { "ROLLBACK" };
            match moment.migration.wrap {
                _ if moment.act.is_wrapped => (
                    format!("{word} ends the transaction that {tool} runs this in"),
                    format!("remove it, or run the migration {}", moment.outside()),
                ),
                // One message has a transaction to end.
                Wrap::Batch => return None,
                _ => (
                    format!("{word} without BEGIN"),
                    "remove it, or write BEGIN where the transaction starts".to_owned(),
                ),
            }
        }
        _ => return None,
    };
    Some(moment.draft(moment.act.verb, message).help(help))
}
