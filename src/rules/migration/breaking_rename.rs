//! A table, view, column or label of an enum that is renamed while code names it.

use crate::finding::Severity;
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ObjectKind, ObjectRef, Step, TableAction, TypeAction};
use crate::schema::migration::{Act, Deed, Met};
use crate::schema::types::{BaseType, Type};
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
    let Renaming { what, to, at, old, new } = renaming(moment)?;
    let is_label = matches!(&moment.act.deed, Deed::Change(Step::AlterType { .. }));
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
    let help = if is_label {
        "add a label instead, which code may write once all of it knows both; then change the rows"
    } else {
        "keep the old name until no code has it: a new column that a trigger keeps equal, or a view under the old name"
    };
    let mut draft = moment.draft(at, message).help(help).severity(severity);
    for place in used.into_iter().take(MOST_SHOWN) {
        draft = draft.label(Some(place), label);
    }
    Some(draft)
}

fn renaming(moment: &Moment<'_>) -> Option<Renaming> {
    if let Deed::Change(Step::AlterType { name, action: TypeAction::RenameValue { from, to } }) =
        &moment.act.deed
    {
        return of_label(moment, name, from, to);
    }
    let met = moment.act.before.table.as_ref().filter(|met| !met.is_new)?;
    match &moment.act.deed {
        Deed::Change(Step::Rename { kind, to, name, .. }) => {
            if !matches!(kind, ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView) {
                return None;
            }
            of_table(moment, met, *kind, &to.name, name.at)
        }
        Deed::Change(Step::AlterTable { action, .. }) => match action.as_ref() {
            TableAction::RenameColumn { column, to } => {
                let declared = moment.act.before.column.as_ref()?.declared;
                if declared.is_some_and(|at| at.file == moment.migration.file) {
                    return None;
                }
                Some(of_column(moment, met, &column.name, &to.name, column.at))
            }
            _ => None,
        },
        _ => None,
    }
}

fn of_label(moment: &Moment<'_>, name: &ObjectRef, from: &str, to: &str) -> Option<Renaming> {
    let creates = |act: &Act| matches!(&act.deed, Deed::Change(Step::CreateType { name: new, .. }) if new.name == name.name);
    if moment.before().any(creates) {
        return None;
    }
    let wanted = Type::of(BaseType::Other(match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }));
    let catalog = &moment.project.catalog;
    let key = match catalog.resolve_type(wanted).base {
        BaseType::Enum(key) => Some(key),
        _ => None,
    };
    let uses =
        |label: &str| key.as_ref().map(|key| moment.uses().of_label(key, label).to_vec()).unwrap_or_default();
    // Another label may have the old name by now.
    let labels = key.as_ref().and_then(|key| catalog.enums.get(key));
    let is_back = labels.is_some_and(|labels| labels.iter().any(|label| label == from));
    Some(Renaming {
        what: format!("label {} of enum {}", code(from), code(&name.name)),
        to: to.to_owned(),
        at: name.at,
        old: if is_back { Vec::new() } else { uses(from) },
        new: uses(to),
    })
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
