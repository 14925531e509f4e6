//! A foreign key or CHECK that reads every row of a table in use before it holds.

use super::scans::{added, named, scans};
use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ConstraintKind, Step, TableAction};
use crate::schema::migration::{Deed, MetKind};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let constraint = added(moment.act, &scans)?;
    let (name, table) = (named(constraint), table(moment.act));
    let is_foreign_key = matches!(constraint.kind, ConstraintKind::ForeignKey { .. });
    let message = match &moment.act.before.other {
        Some(target) if is_foreign_key && target.is_live() => {
            let target = code(&target.name);
            if target == table {
                format!("{table} cannot be written while {name} is checked against every row")
            } else {
                format!(
                    "neither {table} nor {target} can be written while {name} is checked against every row"
                )
            }
        }
        _ if is_foreign_key => format!("{table} cannot be written while {name} is checked against every row"),
        _ => format!("{table} can neither be read nor written while {name} is checked against every row"),
    };
    let is_partitioned = moment.act.before.table.as_ref().is_some_and(|met| met.kind == MetKind::Partitioned);
    let comes_with_column = matches!(
        &moment.act.deed,
        Deed::Change(Step::AlterTable { action, .. }) if matches!(action.as_ref(), TableAction::AddColumn { .. })
    );
    let help = if is_partitioned && is_foreign_key && moment.version() < 18 {
        "before PostgreSQL 18 a foreign key of a partitioned table cannot be NOT VALID: add it to each partition first, NOT \
         VALID and then VALIDATE, and at last to the table, which then has nothing left to check"
    } else if comes_with_column {
        "add the column without it; then add the constraint NOT VALID, and VALIDATE CONSTRAINT it in a later transaction"
    } else {
        "add it NOT VALID, and VALIDATE CONSTRAINT it in a later transaction"
    };
    Some(moment.draft(constraint.at, message).help(help))
}
