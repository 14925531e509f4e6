//! ADD COLUMN that writes a table in use anew.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{Step, TableAction};
use crate::schema::migration::{Deed, Rewrite, Work};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    moment.act.live_table()?;
    let Deed::Change(Step::AlterTable { action, .. }) = &moment.act.deed else { return None };
    let TableAction::AddColumn { column, if_not_exists: _ } = action.as_ref() else { return None };
    let Some(Work::Rewrite(why)) = &moment.act.before.work else { return None };
    let (why, help) = match why {
        Rewrite::Volatile(what) => (
            format!("its default differs from row to row ({})", code(what)),
            "add it without the default, set the default in a second step, and fill the old rows in batches",
        ),
        Rewrite::Default if moment.version() < 11 => (
            "before PostgreSQL 11 a default is written into every row".to_owned(),
            "add it without the default, set the default in a second step, and fill the old rows in batches",
        ),
        Rewrite::Default => return None,
        Rewrite::Generated => (
            "it is computed for every row and stored".to_owned(),
            "add a plain column, let a trigger compute it for new rows, and fill the old ones in batches",
        ),
        Rewrite::Numbered => (
            "every row is given a number".to_owned(),
            "add a plain column, number new rows by a default, and fill the old ones in batches",
        ),
        Rewrite::Domain => (
            "its domain has a constraint".to_owned(),
            "add it by the type beneath the domain, with constraints of its own",
        ),
        Rewrite::Type { .. } | Rewrite::Using | Rewrite::TimeZone { .. } => return None,
    };
    let message = format!(
        "{} can neither be read nor written while the table is written anew for column {}: {why}",
        table(moment.act),
        code(&column.name.name)
    );
    Some(moment.draft(column.name.at, message).help(help))
}
