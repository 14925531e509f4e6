//! DROP INDEX without CONCURRENTLY on a table that is in use.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{ObjectKind, Step};
use crate::schema::migration::{Deed, MetKind};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Change(Step::Drop(drop)) = &moment.act.deed else { return None };
    let index = drop.names.first().filter(|_| drop.kind == ObjectKind::Index)?;
    let met = moment.act.live_table()?;
    // The index of a partitioned table cannot be dropped concurrently, and one of this migration nobody uses.
    if moment.act.before.concurrently || moment.act.before.index_is_new || met.kind == MetKind::Partitioned {
        return None;
    }
    let message = format!(
        "dropping index {} waits for every query of {}, and the queries after it wait for the drop",
        code(&index.name),
        table(moment.act)
    );
    Some(moment.draft(index.at, message).help(format!("write DROP INDEX CONCURRENTLY, {}", moment.outside())))
}
