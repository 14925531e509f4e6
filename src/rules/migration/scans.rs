//! Which new constraints read every row of a table in use, and what they are called.

use crate::rules::words::code;
use crate::schema::change::{ColumnDefinition, ConstraintDefinition, ConstraintKind, Step, TableAction};
use crate::schema::migration::{Act, Deed};

/// The constraint that an act adds to a table in use, by itself or with a new column, if `wanted` says that it is one of
/// those that matter.
pub(super) fn added<'a>(
    act: &'a Act,
    wanted: &dyn Fn(&ConstraintDefinition, Option<&ColumnDefinition>) -> bool,
) -> Option<&'a ConstraintDefinition> {
    act.live_table().filter(|_| !act.before.is_there && !act.before.is_shared)?;
    let Deed::Change(Step::AlterTable { action, .. }) = &act.deed else { return None };
    match action.as_ref() {
        TableAction::AddConstraint(constraint) => Some(constraint).filter(|c| wanted(c, None)),
        TableAction::AddColumn { column, if_not_exists: _ } => {
            column.constraints.iter().find(|constraint| wanted(constraint, Some(column)))
        }
        _ => None,
    }
}

/// `` `invoice_due_check` ``, or "this CHECK".
pub(super) fn named(constraint: &ConstraintDefinition) -> String {
    if let Some(name) = &constraint.name {
        return code(&name.name);
    }
    let kind = match &constraint.kind {
        ConstraintKind::Key { primary: true, .. } | ConstraintKind::KeyUsingIndex { primary: true, .. } => {
            "this primary key"
        }
        ConstraintKind::Key { .. } | ConstraintKind::KeyUsingIndex { .. } => "this UNIQUE constraint",
        ConstraintKind::ForeignKey { .. } => "this foreign key",
        ConstraintKind::Check(_) => "this CHECK",
        ConstraintKind::Exclude { .. } => "this exclusion constraint",
        ConstraintKind::NotNull(_) => "this NOT NULL",
    };
    kind.to_owned()
}

/// Whether a constraint reads the rows that are there before it holds.
pub(super) fn scans(constraint: &ConstraintDefinition, column: Option<&ColumnDefinition>) -> bool {
    if constraint.not_valid || !constraint.enforced {
        return false;
    }
    match &constraint.kind {
        // A new column without a default refers to nothing.
        ConstraintKind::ForeignKey { .. } => {
            column.is_none_or(|c| c.default.is_some() || c.generated.is_some() || c.serial || c.identity)
        }
        ConstraintKind::Check(_) => true,
        ConstraintKind::Key { .. }
        | ConstraintKind::KeyUsingIndex { .. }
        | ConstraintKind::Exclude { .. }
        | ConstraintKind::NotNull(_) => false,
    }
}
