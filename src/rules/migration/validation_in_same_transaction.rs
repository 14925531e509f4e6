//! VALIDATE CONSTRAINT in the transaction that adds the constraint NOT VALID.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{Step, TableAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let TableAction::ValidateConstraint(name) = action.as_ref() else { return None };
    moment.act.live_table()?;
    let declared = moment.act.before.constraint?;
    let added = moment
        .earlier()
        .find(|act| act.statement.file == declared.file && act.statement.span.contains(declared.span))?;
    let message = format!(
        "{} is validated in the transaction that adds it, so {} stays locked while every row is checked",
        code(&name.name),
        table(moment.act)
    );
    let help = "validate it in a migration of its own: the lock of the first step is then gone";
    Some(
        moment
            .draft(name.at, message)
            .help(help)
            .label(Some(added.verb), "it is added here, under a stronger lock"),
    )
}
