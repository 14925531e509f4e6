//! Which locks an act of a migration takes on which tables (manual 13.3.1, and the locks of ALTER TABLE's forms in
//! `AlterTableGetLockLevel` of tablecmds.c). Held by experiments: pages of rules say their locks, and tests read pg_locks.

use crate::schema::change::{ConstraintKind, ObjectKind, Step, TableAction};
use crate::schema::migration::{Act, Deed, Maintenance, Met};

/// A table-level lock, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// ACCESS SHARE.
    AccessShare,
    /// ROW SHARE.
    RowShare,
    /// ROW EXCLUSIVE.
    RowExclusive,
    /// SHARE UPDATE EXCLUSIVE.
    ShareUpdateExclusive,
    /// SHARE.
    Share,
    /// SHARE ROW EXCLUSIVE.
    ShareRowExclusive,
    /// EXCLUSIVE.
    Exclusive,
    /// ACCESS EXCLUSIVE.
    AccessExclusive,
}

impl Lock {
    /// The lock of that name, as LOCK TABLE writes it.
    pub fn parse(words: &str) -> Option<Lock> {
        Some(match words.to_ascii_uppercase().as_str() {
            "ACCESS SHARE" => Lock::AccessShare,
            "ROW SHARE" => Lock::RowShare,
            "ROW EXCLUSIVE" => Lock::RowExclusive,
            "SHARE UPDATE EXCLUSIVE" => Lock::ShareUpdateExclusive,
            "SHARE" => Lock::Share,
            "SHARE ROW EXCLUSIVE" => Lock::ShareRowExclusive,
            "EXCLUSIVE" => Lock::Exclusive,
            "ACCESS EXCLUSIVE" => Lock::AccessExclusive,
            _ => return None,
        })
    }

    /// Whether it keeps others from writing.
    pub fn blocks_writes(self) -> bool {
        self >= Lock::Share
    }

    /// Whether it keeps others from reading.
    pub fn blocks_reads(self) -> bool {
        self == Lock::AccessExclusive
    }

    /// What others cannot do meanwhile.
    pub fn blocked(self) -> &'static str {
        match self {
            Lock::AccessExclusive => "reads and writes",
            Lock::Share | Lock::ShareRowExclusive | Lock::Exclusive => "writes",
            Lock::AccessShare | Lock::RowShare | Lock::RowExclusive | Lock::ShareUpdateExclusive => {
                "other changes of the schema"
            }
        }
    }
}

/// The locks that an act takes on the tables that it meets. Tables that the catalog does not relate to it (partitions,
/// views that depend on it) are left out.
pub fn locks(act: &Act) -> Vec<(&Met, Lock)> {
    let (table, mut other) = of_deed(&act.deed, act.before.concurrently);
    // Of the partitions' foreign keys the triggers on the table that they refer to go.
    if act.before.is_shared && other == Some(Lock::ShareRowExclusive) {
        other = Some(Lock::AccessExclusive);
    }
    let first = act.before.table.as_ref().zip(table);
    let second = act.before.other.as_ref().zip(other);
    // Rows of a new partition might be in the default one.
    let third = act.before.default_partition.as_ref().map(|met| (met, Lock::AccessExclusive));
    first.into_iter().chain(second).chain(third).collect()
}

type Pair = (Option<Lock>, Option<Lock>);

fn of_deed(deed: &Deed, concurrently: bool) -> Pair {
    let online = |plain: Lock| Some(if concurrently { Lock::ShareUpdateExclusive } else { plain });
    match deed {
        Deed::Change(step) => of_step(step, concurrently),
        Deed::Lock { table: _, mode } => (Some(*mode), None),
        Deed::Refresh { view: _ } => {
            (Some(if concurrently { Lock::Exclusive } else { Lock::AccessExclusive }), None)
        }
        Deed::Maintain { command, target: _ } => match command {
            Maintenance::Cluster | Maintenance::VacuumFull => (Some(Lock::AccessExclusive), None),
            Maintenance::Vacuum => (Some(Lock::ShareUpdateExclusive), None),
            Maintenance::ReindexIndex | Maintenance::ReindexTable | Maintenance::ReindexMany => {
                (online(Lock::Share), None)
            }
        },
        Deed::Write { verb: _, table: _, narrowed: _ } => (Some(Lock::RowExclusive), None),
        Deed::Truncate { table: _, cascade: _ } => (Some(Lock::AccessExclusive), None),
        Deed::Begin | Deed::Commit | Deed::Rollback | Deed::LockTimeout(_) | Deed::Refusing(_) => {
            (None, None)
        }
    }
}

fn of_step(step: &Step, concurrently: bool) -> Pair {
    let online = |plain: Lock| Some(if concurrently { Lock::ShareUpdateExclusive } else { plain });
    match step {
        Step::AlterTable { table: _, if_exists: _, only: _, action } => of_action(action, concurrently),
        Step::CreateIndex(_) => (online(Lock::Share), None),
        Step::Drop(drop) => match drop.kind {
            ObjectKind::Index => (online(Lock::AccessExclusive), None),
            _ => (Some(Lock::AccessExclusive), None),
        },
        Step::CreateTrigger(_) => (Some(Lock::ShareRowExclusive), None),
        Step::CreateRule { .. }
        | Step::CreatePolicy(_)
        | Step::AlterPolicy { .. }
        | Step::SetSchema { .. }
        | Step::SetSecurityInvoker { .. } => (Some(Lock::AccessExclusive), None),
        Step::Rename { kind: ObjectKind::Index, .. } => (None, None),
        Step::Rename { .. } => (Some(Lock::AccessExclusive), None),
        Step::CreateView(view) if view.or_replace => (Some(Lock::AccessExclusive), None),
        // Its parent's lock, if it is a partition.
        Step::CreateTable(_) => (None, Some(Lock::AccessExclusive)),
        Step::CreateView(_)
        | Step::CreateFunction(_)
        | Step::AlterFunction { .. }
        | Step::CreateType { .. }
        | Step::AlterType { .. }
        | Step::CreateDomain { .. }
        | Step::CreateSequence { .. }
        | Step::CreateSchema { .. }
        | Step::CreateExtension { .. }
        | Step::AttachIndex { .. }
        | Step::SetSearchPath { .. }
        | Step::Unmodelled { .. }
        | Step::AlterAny(_)
        | Step::AlterDomain { .. }
        | Step::SetRole { .. }
        | Step::Grant(_)
        | Step::DoubtRowSecurity
        | Step::CreateOperator { .. }
        | Step::CreateCast { .. }
        | Step::DropSomeConstraint { .. }
        | Step::Obscure { .. } => (None, None),
    }
}

fn of_action(action: &TableAction, concurrently: bool) -> Pair {
    match action {
        TableAction::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::ForeignKey { .. } => {
                (Some(Lock::ShareRowExclusive), Some(Lock::ShareRowExclusive))
            }
            ConstraintKind::Key { .. }
            | ConstraintKind::KeyUsingIndex { .. }
            | ConstraintKind::Check(_)
            | ConstraintKind::Exclude { .. }
            | ConstraintKind::NotNull(_) => (Some(Lock::AccessExclusive), None),
        },
        TableAction::AddColumn { column: _, if_not_exists: _ } => {
            (Some(Lock::AccessExclusive), Some(Lock::ShareRowExclusive))
        }
        TableAction::ValidateConstraint(_) => (Some(Lock::ShareUpdateExclusive), Some(Lock::RowShare)),
        TableAction::Triggers(_) => (Some(Lock::ShareRowExclusive), None),
        TableAction::AttachPartition { partition: _, bounds: _ } => {
            (Some(Lock::ShareUpdateExclusive), Some(Lock::AccessExclusive))
        }
        TableAction::DetachPartition(_) if concurrently => {
            (Some(Lock::ShareUpdateExclusive), Some(Lock::AccessExclusive))
        }
        TableAction::DetachPartition(_) => (Some(Lock::AccessExclusive), Some(Lock::AccessExclusive)),
        TableAction::Inherit { .. } => (Some(Lock::AccessExclusive), Some(Lock::ShareUpdateExclusive)),
        // Its triggers stand on both tables.
        TableAction::DropConstraint { .. } => (Some(Lock::AccessExclusive), Some(Lock::AccessExclusive)),
        TableAction::DropColumn { .. }
        | TableAction::RenameColumn { .. }
        | TableAction::RedefineColumn { .. }
        | TableAction::SetType { .. }
        | TableAction::SetNotNull { .. }
        | TableAction::SetDefault { .. }
        | TableAction::SetIdentity { .. }
        | TableAction::DropExpression { .. }
        | TableAction::AddIndex(_)
        | TableAction::AlterConstraint { .. }
        | TableAction::DropPrimaryKey(_)
        | TableAction::RenameConstraint { .. }
        | TableAction::RowSecurity(_)
        | TableAction::ForceRowSecurity(_) => (Some(Lock::AccessExclusive), None),
    }
}
