//! A table, view or column that is dropped while code may still name it.

use crate::finding::Severity;
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ObjectKind, Step, TableAction};
use crate::schema::migration::{Deed, Met};
use crate::source::Location;

/// More places than this are not shown.
const MOST_SHOWN: usize = 3;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let met = moment.act.before.table.as_ref().filter(|met| !met.is_new)?;
    let (what, at, used) = match &moment.act.deed {
        Deed::Change(Step::Drop(drop)) => of_drop(moment, drop.kind, met, drop.names.first()?.at)?,
        Deed::Change(Step::AlterTable { action, .. }) => match action.as_ref() {
            TableAction::DropColumn { column, .. } => {
                let declared = moment.act.before.column.as_ref()?.declared;
                // It came with this very migration.
                if declared.is_some_and(|at| at.file == moment.migration.file) {
                    return None;
                }
                let used =
                    met.id.map(|id| moment.uses().of_lost_column(id, &column.name)).unwrap_or_default();
                (format!("column {} of {}", code(&column.name), table(moment.act)), column.at, used)
            }
            _ => return None,
        },
        _ => return None,
    };
    if used.is_empty() {
        let message = format!("{what} is dropped: code that still names it fails while this is deployed");
        let help = "first deploy code that no longer names it, then drop it";
        return Some(moment.draft(at, message).help(help).severity(Severity::Info));
    }
    let count = used.len();
    let message = match count {
        1 => format!("{what} is dropped, and a statement still names it"),
        _ => format!("{what} is dropped, and {count} statements still name it"),
    };
    let mut draft = moment.draft(at, message).help("first deploy code that no longer names it, then drop it");
    for place in used.into_iter().take(MOST_SHOWN) {
        draft = draft.label(Some(place), "it is named here");
    }
    Some(draft)
}

fn of_drop(
    moment: &Moment<'_>,
    kind: ObjectKind,
    met: &Met,
    at: Location,
) -> Option<(String, Location, Vec<Location>)> {
    if !matches!(kind, ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView) {
        return None;
    }
    // Something of that name takes its place.
    let catalog = &moment.project.catalog;
    if catalog.find_relation(Some(&met.name.schema), &met.name.name).is_some() {
        return None;
    }
    let used = moment.uses().of_lost_table(&met.name.name).to_vec();
    Some((format!("{} {}", kind.describe(), code(&met.name)), at, used))
}
