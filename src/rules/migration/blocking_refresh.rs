//! REFRESH MATERIALIZED VIEW without CONCURRENTLY of a view that is in use.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::schema::migration::{Deed, MetKind};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Refresh { view } = &moment.act.deed else { return None };
    let before = &moment.act.before;
    moment.act.live_table().filter(|met| met.kind == MetKind::MaterializedView && !before.concurrently)?;
    let message = format!("{} cannot be read while it is refreshed", table(moment.act));
    let help = match before.rows_are_told_apart {
        true => "write REFRESH MATERIALIZED VIEW CONCURRENTLY",
        false => "give it a unique index over its columns, and refresh it CONCURRENTLY",
    };
    Some(moment.draft(view.at, message).help(help))
}
