//! TRUNCATE ... CASCADE of a table that others refer to.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::{code, list};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Truncate { table: at, cascade: true } = &moment.act.deed else { return None };
    let met = moment.act.live_table()?;
    let catalog = &moment.project.catalog;
    let mut names: Vec<String> = catalog
        .foreign_keys
        .iter()
        .filter(|fk| !fk.dropped && Some(fk.target) == met.id && Some(fk.relation) != met.id)
        .map(|fk| code(&catalog.relation(fk.relation).name))
        .collect();
    names.sort();
    names.dedup();
    let others = match names.len() {
        0 => "whatever refers to it".to_owned(),
        1..=3 => list(names, "and"),
        n => format!("{n} tables that refer to it"),
    };
    let message = format!("TRUNCATE ... CASCADE of {} empties {others} as well", table(moment.act));
    Some(moment.draft(at.at, message).help("name every table that is to be emptied, and leave CASCADE out"))
}
