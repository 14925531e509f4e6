//! SET NOT NULL on a column of a table in use, where no valid CHECK spares the look at every row.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::{code, list};
use crate::schema::change::{ConstraintKind, Step, TableAction};
use crate::schema::migration::Deed;
use crate::source::Location;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    moment.act.live_table()?;
    let (columns, at) = unproved(moment)?;
    let column = list(columns.iter().map(code), "and");
    let table = table(moment.act);
    let message =
        format!("{table} can neither be read nor written while every row is searched for NULL in {column}");
    let first = columns.first().map(code).unwrap_or_default();
    let help = match moment.version() {
        ..=11 => {
            "before PostgreSQL 12 nothing spares the search: a CHECK (... IS NOT NULL) that is added NOT VALID and then \
             validated says the same"
                .to_owned()
        }
        12..=17 => format!(
            "add CHECK ({} IS NOT NULL) NOT VALID, validate it in a later transaction, then SET NOT NULL, which believes it, \
             and drop it",
            first.trim_matches('`')
        ),
        _ => "add the NOT NULL constraint NOT VALID, and validate it in a later transaction".to_owned(),
    };
    Some(moment.draft(at, message).help(help))
}

/// The columns that the act makes NOT NULL by a look at the rows, and the token to tell it at.
fn unproved(moment: &Moment<'_>) -> Option<(Vec<String>, Location)> {
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let before = &moment.act.before;
    let proved = || (!before.unproved.is_empty()).then(|| before.unproved.clone());
    match action.as_ref() {
        TableAction::SetNotNull { column, not_null: true } => {
            // A CHECK is believed since PostgreSQL 12.
            let nullable = before.column.as_ref().is_some_and(|c| !c.not_null) && moment.version() < 12;
            let columns = if nullable { Some(vec![column.name.clone()]) } else { proved() };
            Some((columns?, column.at))
        }
        TableAction::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::NotNull(column) if !constraint.not_valid => Some((proved()?, column.at)),
            ConstraintKind::KeyUsingIndex { primary: true, index } => Some((proved()?, index.at)),
            _ => None,
        },
        _ => None,
    }
}
