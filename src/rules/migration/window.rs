//! Which acts take long, and which hold a lock that others notice: what the rules about transactions weigh.

use super::scans::{added, scans};
use crate::schema::change::{ConstraintKind, Step, TableAction};
use crate::schema::lock::{Lock, locks};
use crate::schema::migration::{Act, Deed, Maintenance, Met, MetKind, Rewrite, Work};

/// The tables in use that an act locks against writes, each with its lock.
pub(super) fn held(act: &Act) -> impl Iterator<Item = (&Met, Lock)> {
    locks(act).into_iter().filter(|(met, lock)| met.is_live() && lock.blocks_writes())
}

/// What an act does with every row of a table in use, in a few words; none if it is done in an instant.
pub(super) fn long_work(act: &Act, version: u32) -> Option<&'static str> {
    let before = &act.before;
    // CONCURRENTLY waits for nobody, and no transaction takes it.
    if before.concurrently {
        return None;
    }
    match &act.deed {
        Deed::Write { verb: "INSERT", narrowed: false, .. } => return Some("rows are copied"),
        Deed::Write { narrowed: false, .. } if act.live_table().is_some() => return Some("rows are changed"),
        Deed::Refresh { .. } if act.live_table().is_some() => return Some("the view is refreshed"),
        Deed::Maintain { command, .. } if *command != Maintenance::Vacuum => {
            return Some("a table is rebuilt");
        }
        _ => {}
    }
    let met = act.live_table()?;
    if added(act, &|c, column| {
        scans(c, column) || matches!(c.kind, ConstraintKind::Key { .. } | ConstraintKind::Exclude { .. })
    })
    .is_some()
    {
        return Some("a constraint is checked");
    }
    let Deed::Change(step) = &act.deed else { return None };
    match step {
        Step::CreateIndex(index) => {
            let is_bare = index.only && met.kind == MetKind::Partitioned;
            (!before.is_there && !before.is_shared && !is_bare).then_some("an index is built")
        }
        Step::AlterTable { action, .. } => match action.as_ref() {
            // One that the same file adds has a rule of its own.
            TableAction::ValidateConstraint(_) => {
                let is_new = before.constraint.is_some_and(|at| at.file == act.statement.file);
                (!is_new).then_some("a constraint is checked")
            }
            TableAction::SetNotNull { not_null: true, .. } if !before.unproved.is_empty() => {
                Some("every row is searched for NULL")
            }
            TableAction::AttachPartition { .. }
                if before.other.as_ref().is_some_and(|met| met.is_live() && !before.is_proved) =>
            {
                Some("rows are compared with the bounds of a partition")
            }
            _ => match &before.work {
                Some(Work::Rewrite(Rewrite::Default)) if version >= 11 => None,
                Some(Work::Rewrite(_)) => Some("a table is written anew"),
                Some(Work::Rebuild) => Some("indexes are built anew"),
                Some(Work::Check) => Some("a constraint is checked"),
                None => None,
            },
        },
        _ => None,
    }
}
