//! A table, view or column that is renamed while code names it.

use crate::finding::Severity;
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ObjectKind, Step, TableAction};
use crate::schema::migration::{Deed, Met};
use crate::source::Location;

/// More places than this are not shown.
const MOST_SHOWN: usize = 3;

/// What is renamed, and where its old and its new name are used.
struct Renaming {
    what: String,
    to: String,
    at: Location,
    old: Vec<Location>,
    new: Vec<Location>,
}

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let met = moment.act.before.table.as_ref().filter(|met| !met.is_new)?;
    let Renaming { what, to, at, old, new } = match &moment.act.deed {
        Deed::Change(Step::Rename { kind, to, name, .. }) => {
            if !matches!(kind, ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView) {
                return None;
            }
            of_table(moment, met, *kind, &to.name, name.at)?
        }
        Deed::Change(Step::AlterTable { action, .. }) => match action.as_ref() {
            TableAction::RenameColumn { column, to } => {
                let declared = moment.act.before.column.as_ref()?.declared;
                if declared.is_some_and(|at| at.file == moment.migration.file) {
                    return None;
                }
                of_column(moment, met, &column.name, &to.name, column.at)
            }
            _ => return None,
        },
        _ => return None,
    };
    let (used, severity, says, label) = match (old.is_empty(), new.is_empty()) {
        (false, _) => (old, Severity::Error, "and statements still use the old name", "it is named here"),
        (true, false) => (
            new,
            Severity::Warning,
            "and the code that runs while this is deployed has the old name in place of the new one",
            "code that needs the new name",
        ),
        (true, true) => {
            (Vec::new(), Severity::Info, "and code that has the old name fails while this is deployed", "")
        }
    };
    let message = format!("{what} becomes {}, {says}", code(to));
    let help = "keep the old name until no code has it: a new column that a trigger keeps equal, or a view under the old name";
    let mut draft = moment.draft(at, message).help(help).severity(severity);
    for place in used.into_iter().take(MOST_SHOWN) {
        draft = draft.label(Some(place), label);
    }
    Some(draft)
}

fn of_table(moment: &Moment<'_>, met: &Met, kind: ObjectKind, to: &str, at: Location) -> Option<Renaming> {
    let catalog = &moment.project.catalog;
    // A view or table of the old name takes its place.
    if catalog.find_relation(Some(&met.name.schema), &met.name.name).is_some() {
        return None;
    }
    let new = met.id.filter(|id| catalog.relation(*id).name.name == to);
    Some(Renaming {
        what: format!("{} {}", kind.describe(), code(&met.name)),
        to: to.to_owned(),
        at,
        old: moment.uses().of_lost_table(&met.name.name).to_vec(),
        new: new.map(|id| moment.uses().of_table(id).to_vec()).unwrap_or_default(),
    })
}

fn of_column(moment: &Moment<'_>, met: &Met, from: &str, to: &str, at: Location) -> Renaming {
    let catalog = &moment.project.catalog;
    let old = met.id.map(|id| moment.uses().of_lost_column(id, from)).unwrap_or_default();
    let now = met.id.and_then(|id| Some((id, catalog.relation(id).column_named(to)?)));
    let new = now.map(|(id, column)| moment.uses().of_column(id, column).to_vec()).unwrap_or_default();
    Renaming {
        what: format!("column {} of {}", code(from), table(moment.act)),
        to: to.to_owned(),
        at,
        old,
        new,
    }
}
