//! Statements that PostgreSQL refuses to run in a transaction, in one.

use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::schema::change::{ObjectKind, Step, TableAction, TypeAction};
use crate::schema::migration::{Deed, Maintenance, Wrap};

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    moment.act.transaction?;
    let what = refused(moment)?;
    let begun = moment.earlier().find(|act| matches!(act.deed, Deed::Begin));
    let why = match (begun, moment.migration.wrap) {
        (Some(_), _) => "here it does".to_owned(),
        (None, _) if !moment.act.is_wrapped => {
            format!("{} sends the file's statements as one", moment.migration.tool)
        }
        (None, Wrap::Fitting) => {
            format!("{} wraps the other statements of the file in one", moment.migration.tool)
        }
        (None, Wrap::File | Wrap::Batch | Wrap::Nothing | Wrap::Unknown) => {
            format!("{} wraps the file in one", moment.migration.tool)
        }
    };
    let message = format!("{what} cannot run in a transaction, and {why}");
    let draft = moment.draft(moment.anchor(), message).help(format!("run it {}", moment.outside()));
    Some(draft.label(begun.map(|act| act.verb), "the transaction begins here"))
}

/// The statement, if no transaction takes it.
fn refused(moment: &Moment<'_>) -> Option<String> {
    let concurrently = moment.act.before.concurrently;
    let written = match &moment.act.deed {
        Deed::Refusing(words) => return Some(words.clone()),
        Deed::Maintain { command: Maintenance::Vacuum | Maintenance::VacuumFull, .. } => "VACUUM",
        Deed::Maintain { command: Maintenance::ReindexMany, .. } => "REINDEX of a schema or database",
        Deed::Maintain { command: Maintenance::Cluster, target: None } => "CLUSTER of all tables",
        Deed::Maintain { .. } if concurrently => "REINDEX CONCURRENTLY",
        Deed::Change(step) => match step {
            Step::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
            Step::Drop(drop) if drop.kind == ObjectKind::Index && concurrently => "DROP INDEX CONCURRENTLY",
            Step::AlterTable { action, .. } => match action.as_ref() {
                TableAction::DetachPartition(_) if concurrently => "DETACH PARTITION CONCURRENTLY",
                _ => return None,
            },
            Step::AlterType { action: TypeAction::AddValue { .. }, .. } if moment.version() < 12 => {
                "ALTER TYPE ... ADD VALUE"
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(written.to_owned())
}
