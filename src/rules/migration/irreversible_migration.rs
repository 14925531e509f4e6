//! A migration without a way back where those before it have one, and one whose way back is not its inverse.

use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::change::{Change, ObjectKind, Step, TableAction};
use crate::schema::migration::Deed;
use crate::source::Location;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let is_first = moment.before().next().is_none();
    let Some(down) = &moment.migration.down else {
        let is_missing = is_first && moment.migration.expects_down;
        let message = "nothing takes this migration back, and the one before it has a down part";
        let help = "write the down part, be it empty, so that it is seen to be meant";
        return is_missing.then(|| moment.draft(moment.act.verb, message).help(help)).into_iter().collect();
    };
    // An empty one says that there is no way back.
    if down.is_empty() {
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = left_behind(moment, down).into_iter().collect();
    if is_first {
        drafts.extend(takes_more(moment, down));
    }
    drafts
}

/// What the act makes and the down part leaves there.
fn left_behind(moment: &Moment<'_>, down: &[Change]) -> Option<Draft> {
    let Deed::Change(step) = &moment.act.deed else { return None };
    let before = &moment.act.before;
    if before.is_there {
        return None;
    }
    let on_old_table = before.table.as_ref().is_some_and(|met| !met.is_new);
    let (kind, name, at): (&str, &str, Location) = match step {
        Step::CreateTable(table) if !table.temporary => ("table", &table.name.name, table.name.at),
        Step::CreateView(view) if !view.or_replace => ("view", &view.name.name, view.name.at),
        Step::CreateType { name, .. } => ("type", &name.name, name.at),
        Step::CreateIndex(index) if on_old_table => {
            let name = index.name.as_ref()?;
            ("index", &name.name, name.at)
        }
        Step::AlterTable { action, .. } if on_old_table => match action.as_ref() {
            TableAction::AddColumn { column, .. } => ("column", &column.name.name, column.name.at),
            _ => return None,
        },
        _ => return None,
    };
    // Dropped or renamed on the way, with its table or by itself.
    let table = before.table.as_ref().map(|met| met.name.name.as_str());
    // An index goes with its columns as well.
    let by_column = |step: &Step| kind == "index" && table.is_some_and(|table| drops_column(step, table));
    let goes = |step: &Step| {
        removes(step, name) || table.is_some_and(|table| removes(step, table)) || by_column(step)
    };
    let undone = down.iter().any(|change| goes(&change.step));
    let later = moment.after().any(|act| matches!(&act.deed, Deed::Change(step) if goes(step)));
    if undone || later || down.iter().any(|change| is_sweeping(&change.step)) {
        return None;
    }
    let message = format!("the down part leaves {kind} {} behind", code(name));
    Some(moment.draft(at, message).help("drop it there"))
}

/// What the down part drops that the migration does not make: it was there before, with its rows.
fn takes_more(moment: &Moment<'_>, down: &[Change]) -> Vec<Draft> {
    let made = |name: &str| {
        moment.migration.acts.iter().any(|act| match &act.deed {
            Deed::Change(Step::CreateTable(table)) => table.name.name == name,
            Deed::Change(Step::Rename { to, .. }) => to.name == name,
            _ => false,
        })
    };
    let mut drafts = Vec::new();
    for change in down {
        let Step::Drop(drop) = &change.step else { continue };
        if drop.kind != ObjectKind::Table {
            continue;
        }
        let remade = |name: &str| {
            down.iter().any(|c| match &c.step {
                Step::CreateTable(table) => table.name.name == name,
                Step::Rename { to, .. } => to.name == name,
                _ => false,
            })
        };
        for name in drop.names.iter().filter(|name| !made(&name.name) && !remade(&name.name)) {
            let message = format!(
                "the down part drops table {}, which this migration does not create",
                code(&name.name)
            );
            let mut draft =
                moment.draft(name.at, message).help("taking the migration back would lose its rows");
            draft.statement = Some(change.statement);
            drafts.push(draft.table(name.name.clone()));
        }
    }
    drafts
}

/// Whether a step takes something of that name away, or gives it another name.
fn removes(step: &Step, name: &str) -> bool {
    match step {
        Step::Drop(drop) => drop.names.iter().any(|dropped| dropped.name == name),
        Step::Rename { name: old, .. } => old.name == name,
        Step::AlterTable { action, .. } => match action.as_ref() {
            TableAction::DropColumn { column, .. } | TableAction::RenameColumn { column, .. } => {
                column.name == name
            }
            TableAction::DropConstraint { name: constraint, .. } => constraint.name == name,
            _ => false,
        },
        _ => false,
    }
}

/// Whether a step drops a column of that table.
fn drops_column(step: &Step, table: &str) -> bool {
    matches!(step, Step::AlterTable { table: of, action, .. }
        if of.name == table && matches!(action.as_ref(), TableAction::DropColumn { .. }))
}

/// Whether a step takes away what it does not name.
fn is_sweeping(step: &Step) -> bool {
    match step {
        Step::Drop(drop) => drop.cascade || matches!(drop.kind, ObjectKind::Schema | ObjectKind::Extension),
        Step::AlterAny(_) | Step::DropSomeConstraint { .. } | Step::Obscure { .. } => true,
        _ => false,
    }
}
