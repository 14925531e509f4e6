//! ALTER COLUMN TYPE that writes a table in use anew, or rebuilds its indexes, or checks its rows.

use crate::finding::{Confidence, Severity};
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{Step, TableAction};
use crate::schema::migration::{Deed, Rewrite, Work};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    moment.act.live_table()?;
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let TableAction::SetType { column, .. } = action.as_ref() else { return None };
    let table = table(moment.act);
    let locked = format!("{table} can neither be read nor written while");
    let name = code(&column.name);
    let (message, confidence, severity) = match moment.act.before.work.as_ref()? {
        Work::Rewrite(Rewrite::TimeZone { from, to }) if moment.version() >= 12 => (
            format!(
                "{locked} the table is written anew for {name} as {}, unless the session's time zone is UTC",
                code(change(from, to))
            ),
            Confidence::Medium,
            Severity::Warning,
        ),
        Work::Rewrite(Rewrite::Type { from, to } | Rewrite::TimeZone { from, to }) => (
            format!("{locked} the table is written anew for {name} as {}", code(change(from, to))),
            Confidence::High,
            Severity::Warning,
        ),
        Work::Rewrite(_) => (
            format!("{locked} the table is written anew, with {name} computed by USING"),
            Confidence::High,
            Severity::Warning,
        ),
        Work::Rebuild => {
            (format!("{locked} the indexes over {name} are built anew"), Confidence::High, Severity::Warning)
        }
        Work::Check => (
            format!("{locked} every row is checked again by the constraints over {name}"),
            Confidence::High,
            Severity::Info,
        ),
    };
    let help = "add a column of the new type, write to both, fill it in batches, and let readers move over; then drop the old \
                one";
    Some(moment.draft(column.at, message).help(help).confidence(confidence).severity(severity))
}

fn change(from: impl std::fmt::Display, to: impl std::fmt::Display) -> String {
    format!("{from} -> {to}")
}
