//! REFRESH MATERIALIZED VIEW CONCURRENTLY of a view whose rows no unique index tells apart.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::schema::migration::{Deed, MetKind};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Refresh { view } = &moment.act.deed else { return None };
    let before = &moment.act.before;
    let met =
        before.table.as_ref().filter(|met| met.kind == MetKind::MaterializedView && met.id.is_some())?;
    if !before.concurrently || before.rows_are_told_apart {
        return None;
    }
    let message = format!(
        "{} cannot be refreshed CONCURRENTLY: no unique index tells its rows apart",
        table(moment.act)
    );
    let help = format!(
        "create a unique index over plain columns of `{}`, without a condition, before this runs",
        met.name
    );
    Some(moment.draft(view.at, message).help(help))
}
