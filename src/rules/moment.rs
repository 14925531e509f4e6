//! An act of a migration as rules look at it: with the project around it and the acts before it.

use std::cell::OnceCell;

use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::migration::uses::Uses;
use crate::rules::words::code;
use crate::schema::change::Step;
use crate::schema::migration::{Act, Deed, Migration};
use crate::source::Location;

/// One act.
pub(super) struct Moment<'a> {
    pub(super) project: &'a Project,
    pub(super) migration: &'a Migration,
    pub(super) act: &'a Act,
    /// Its place among the acts of the migration.
    at: usize,
    uses: &'a OnceCell<Uses>,
}

impl<'a> Moment<'a> {
    /// Every act of a migration.
    pub(super) fn all(
        project: &'a Project,
        migration: &'a Migration,
        uses: &'a OnceCell<Uses>,
    ) -> impl Iterator<Item = Moment<'a>> {
        let acts = migration.acts.iter().enumerate();
        acts.map(move |(at, act)| Moment { project, migration, act, at, uses })
    }

    /// What the statements of the project name, gathered once for all migrations.
    pub(super) fn uses(&self) -> &'a Uses {
        self.uses.get_or_init(|| Uses::new(self.project))
    }

    /// How many other acts of the migration are like this one; none if an earlier one is, which then speaks for all.
    pub(super) fn alike(&self, is_alike: impl Fn(&Act) -> bool) -> Option<usize> {
        if self.migration.acts.iter().take(self.at).any(&is_alike) {
            return None;
        }
        Some(self.migration.acts.iter().skip(self.at + 1).filter(|act| is_alike(act)).count())
    }

    /// The acts before it in the same transaction; none where it has one for itself.
    pub(super) fn earlier(&self) -> impl Iterator<Item = &'a Act> {
        let transaction = self.act.transaction;
        let before = self.migration.acts.iter().take(self.at);
        before.filter(move |act| transaction.is_some() && act.transaction == transaction)
    }

    /// The acts before it, in whatever transaction.
    pub(super) fn before(&self) -> impl Iterator<Item = &'a Act> {
        self.migration.acts.iter().take(self.at)
    }

    /// The acts behind it, in whatever transaction.
    pub(super) fn after(&self) -> impl Iterator<Item = &'a Act> {
        self.migration.acts.iter().skip(self.at + 1)
    }

    /// Whether a lock_timeout limits how long it waits for locks.
    pub(super) fn is_limited(&self) -> bool {
        let set = self.before().filter_map(|act| match act.deed {
            Deed::LockTimeout(limited) => Some(limited),
            _ => None,
        });
        set.last().unwrap_or(self.migration.has_lock_timeout)
    }

    /// The major version of PostgreSQL.
    pub(super) fn version(&self) -> u32 {
        self.project.planner.postgres_version
    }

    /// The token of what the act is about, else the statement's first word.
    pub(super) fn anchor(&self) -> Location {
        let at = match &self.act.deed {
            Deed::Change(step) => match step {
                Step::AlterTable { table, .. } => Some(table.at),
                Step::CreateIndex(index) => Some(index.at),
                Step::Drop(drop) => drop.names.first().map(|name| name.at),
                Step::AlterType { name, .. } | Step::Rename { name, .. } | Step::SetSchema { name, .. } => {
                    Some(name.at)
                }
                Step::CreateTrigger(trigger) => Some(trigger.name.at),
                Step::CreateRule { table } => Some(table.at),
                Step::CreatePolicy(policy) => Some(policy.name.at),
                Step::AlterPolicy { name, .. } => Some(name.at),
                _ => None,
            },
            Deed::Lock { table, .. } | Deed::Write { table, .. } | Deed::Truncate { table, .. } => {
                Some(table.at)
            }
            Deed::Refresh { view } => Some(view.at),
            Deed::Maintain { command: _, target } => target.as_ref().map(|target| target.at),
            Deed::Begin | Deed::Commit | Deed::Rollback | Deed::LockTimeout(_) | Deed::Refusing(_) => None,
        };
        at.unwrap_or(self.act.verb)
    }

    /// A message at a place of the act, with its table noted.
    pub(super) fn draft(&self, at: Location, message: impl Into<String>) -> Draft {
        let mut draft = Draft::new(at, message);
        draft.statement = Some(self.act.statement);
        match &self.act.before.table {
            Some(met) => draft.table(met.name.to_string()),
            None => draft,
        }
    }

    /// "in a migration of its own ...": how to run a statement that takes no transaction.
    pub(super) fn outside(&self) -> String {
        match self.migration.escape {
            Some(escape) => format!("in a migration of its own {escape}"),
            None => "outside of a transaction".to_owned(),
        }
    }
}

/// The name of the table that an act is about, as code.
pub(super) fn table(act: &Act) -> String {
    act.before.table.as_ref().map_or_else(|| "the table".to_owned(), |met| code(&met.name))
}
