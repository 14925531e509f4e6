//! ADD COLUMN NOT NULL without a value for the rows that are there.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ConstraintKind, Step, TableAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    moment.act.live_table().filter(|_| !moment.act.before.is_there)?;
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let TableAction::AddColumn { column, if_not_exists: _ } = action.as_ref() else { return None };
    let has_value =
        column.default.is_some() || column.generated.is_some() || column.serial || column.identity;
    let is_key =
        column.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::Key { primary: true, .. }));
    // A domain may have a default of its own.
    if has_value || !(column.not_null || is_key) || column.ty.is_custom() {
        return None;
    }
    let message = format!(
        "column {} is NOT NULL and has no default: adding it fails if {} has a row",
        code(&column.name.name),
        table(moment.act)
    );
    let help = "give it a default, which costs nothing if it is constant, or add it without NOT NULL, fill it, and then \
                make it NOT NULL";
    Some(moment.draft(column.name.at, message).help(help))
}
