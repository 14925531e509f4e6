//! CREATE INDEX without CONCURRENTLY on a table that is in use. The indexes of one table are told of together.

use crate::rules::draft::Draft;
use crate::rules::moment::{Moment, table};
use crate::rules::words::code;
use crate::schema::change::{CreateIndex, Step};
use crate::schema::migration::{Act, Deed, Met, MetKind};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let (index, met) = build(moment.act)?;
    let others = moment.alike(|act| build(act).is_some_and(|(_, other)| other.name == met.name))?;
    let table = table(moment.act);
    let what = match &index.name {
        Some(name) => format!("index {}", code(&name.name)),
        None => "this index".to_owned(),
    };
    let message = match others {
        0 => format!("{table} cannot be written while {what} is built"),
        1 => format!("{table} cannot be written while {what} and another one are built"),
        _ => format!("{table} cannot be written while {what} and {others} others are built"),
    };
    let help = match met.kind {
        MetKind::Partitioned => format!(
            "create it ON ONLY {table}, an index of each partition CONCURRENTLY, and attach these with ALTER INDEX ... \
             ATTACH PARTITION"
        ),
        MetKind::Table | MetKind::View | MetKind::MaterializedView | MetKind::Apart => {
            format!("write CREATE INDEX CONCURRENTLY, {}", moment.outside())
        }
    };
    Some(moment.draft(index.at, message).help(help))
}

/// The index that an act builds on a table in use, under a lock that stops writers.
fn build(act: &Act) -> Option<(&CreateIndex, &Met)> {
    let Deed::Change(Step::CreateIndex(index)) = &act.deed else { return None };
    let met = act.live_table()?;
    // ON ONLY a partitioned table, nothing is built.
    let is_bare = met.kind == MetKind::Partitioned && index.only;
    let is_there = act.before.is_there || act.before.is_shared;
    (!index.concurrently && !is_there && !is_bare).then_some((index, met))
}
