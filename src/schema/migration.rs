//! [`Migration`]: what one file of the schema does, act by act, with the few facts of the catalog before each act that its
//! hazards depend on. Made by the replay for the files that are asked for. What an act locks is [`crate::schema::lock`]'s.

use std::sync::Arc;

use crate::schema::catalog::{Column, Name, RelId};
use crate::schema::change::{Certainty, Change, ObjectRef, Step};
use crate::schema::lock::Lock;
use crate::schema::types::Type;
use crate::source::{FileId, Fragment, Location, Span};
use crate::syntax::Statement;

/// How a tool runs a file of migrations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrap {
    /// Not known: somebody runs it.
    #[default]
    Unknown,
    /// In a transaction of its own.
    File,
    /// As one message: PostgreSQL makes several statements one transaction, a single one none.
    Batch,
    /// Statement by statement.
    Nothing,
    /// In a transaction, unless all of its statements refuse one (Flyway).
    Fitting,
}

/// A file whose acts are asked for.
#[derive(Clone, Debug)]
pub struct Watched<'a> {
    /// The file.
    pub file: FileId,
    /// How it is run.
    pub wrap: Wrap,
    /// The tool that runs it, in words.
    pub tool: &'static str,
    /// How a migration of that tool runs what takes no transaction.
    pub escape: Option<&'static str>,
    /// The parts that apply, bytes of its text, and how each is run; none where all of it is one.
    pub parts: Vec<(Span, Wrap)>,
    /// What takes it back, where that is written.
    pub down: Option<(Arc<Fragment>, Vec<&'a Statement>)>,
    /// Whether the migrations before it say how to take them back.
    pub expects_down: bool,
    /// Of a program, what it executes, in order. The schema is read elsewhere, and has it done already.
    pub executed: Vec<(Arc<Fragment>, &'a Statement)>,
    /// Tables that it creates by other means than SQL.
    pub creates: Vec<String>,
}

/// One file as it is applied.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The file.
    pub file: FileId,
    /// How it is run.
    pub wrap: Wrap,
    /// The tool that runs it, in words.
    pub tool: &'static str,
    /// How a migration of that tool runs what takes no transaction.
    pub escape: Option<&'static str>,
    /// What it does, in order.
    pub acts: Vec<Act>,
    /// What takes it back does, where that is written.
    pub down: Option<Vec<Change>>,
    /// Whether the migrations before it say how to take them back.
    pub expects_down: bool,
    /// Whether the sessions of some role or database begin with a lock_timeout, by a file before it.
    pub has_lock_timeout: bool,
}

/// One thing that a migration does.
#[derive(Clone, Debug)]
pub struct Act {
    /// What it is.
    pub deed: Deed,
    /// The whole statement, without its semicolon.
    pub statement: Location,
    /// The statement's first word.
    pub verb: Location,
    /// The transaction that it runs in, counted in its file; none where it has one for itself, or where nothing tells.
    pub transaction: Option<u32>,
    /// Whether the tool opened that transaction, and not the file.
    pub is_wrapped: bool,
    /// Whether it takes effect.
    pub certainty: Certainty,
    /// What it meets.
    pub before: Before,
}

/// What an act does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// It changes the schema.
    Change(Step),
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT, END.
    Commit,
    /// ROLLBACK, ABORT, of the whole transaction.
    Rollback,
    /// SET lock_timeout; whether to a limit, and not to 0 or DEFAULT.
    LockTimeout(bool),
    /// LOCK TABLE.
    Lock {
        /// The first table.
        table: ObjectRef,
        /// MODE.
        mode: Lock,
    },
    /// REFRESH MATERIALIZED VIEW.
    Refresh {
        /// The view.
        view: ObjectRef,
    },
    /// A command that writes a table or its indexes anew.
    Maintain {
        /// Which.
        command: Maintenance,
        /// The table or index; none for all there are.
        target: Option<ObjectRef>,
    },
    /// UPDATE, DELETE, INSERT of a query.
    Write {
        /// Which, upper case.
        verb: &'static str,
        /// The table.
        table: ObjectRef,
        /// Whether its condition picks rows by more than that something is missing.
        narrowed: bool,
    },
    /// TRUNCATE.
    Truncate {
        /// The first table.
        table: ObjectRef,
        /// CASCADE.
        cascade: bool,
    },
    /// A statement that no transaction takes, such as CREATE DATABASE: its first words, upper case.
    Refusing(String),
}

/// Commands that write a table or its indexes anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// CLUSTER.
    Cluster,
    /// VACUUM without FULL.
    Vacuum,
    /// VACUUM FULL.
    VacuumFull,
    /// REINDEX INDEX.
    ReindexIndex,
    /// REINDEX TABLE.
    ReindexTable,
    /// REINDEX SCHEMA, DATABASE, SYSTEM.
    ReindexMany,
}

/// What an act meets.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// CONCURRENTLY.
    pub concurrently: bool,
    /// The table that it is about; of an index, its table.
    pub table: Option<Met>,
    /// A second table: the one that a foreign key refers to, the partition.
    pub other: Option<Met>,
    /// The column as it was.
    pub column: Option<Column>,
    /// What the act does to the rows that are there; none where it leaves them alone.
    pub work: Option<Work>,
    /// Columns that become NOT NULL and that nothing proves to be so.
    pub unproved: Vec<String>,
    /// Where the constraint that it names was declared.
    pub constraint: Option<Location>,
    /// Whether the index that it names was made by the same file.
    pub index_is_new: bool,
    /// Whether the object that it would create is there, and IF NOT EXISTS leaves it alone.
    pub is_there: bool,
    /// Whether a unique index over plain columns and all rows tells the rows apart.
    pub rows_are_told_apart: bool,
    /// Whether a valid CHECK says what the act would have to look up in the rows.
    pub is_proved: bool,
    /// The default partition of the table that gets a partition.
    pub default_partition: Option<Met>,
    /// Whether the default partition is searched for rows of the new one.
    pub searches_default: bool,
    /// Whether every partition has already what the act adds to their table: nothing is checked or built.
    pub is_shared: bool,
    /// Where a label that it adds to an enum is used in the same transaction.
    pub used_at: Option<Location>,
}

/// A relation that an act meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// The relation; none where the catalog does not have it.
    pub id: Option<RelId>,
    /// Its name then.
    pub name: Name,
    /// What it is.
    pub kind: MetKind,
    /// Whether the same file creates it: nobody else uses it yet.
    pub is_new: bool,
}

/// Kinds of relations that acts tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetKind {
    /// A table that holds rows.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A table of the session alone, or one whose rows are elsewhere.
    Apart,
}

/// What an act does to the rows that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// It writes the whole table anew.
    Rewrite(Rewrite),
    /// It builds the column's indexes anew.
    Rebuild,
    /// It checks every row against the column's constraints.
    Check,
}

/// Why a table is written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// The new column's default, which differs from row to row: what makes it so.
    Volatile(String),
    /// The new column's default, before PostgreSQL 11.
    Default,
    /// The new column is computed and stored.
    Generated,
    /// The new column is numbered.
    Numbered,
    /// The new column's type is a domain that refuses NULL.
    Domain,
    /// The column's type changes.
    Type {
        /// From.
        from: Type,
        /// To.
        to: Type,
    },
    /// USING computes the column's new values.
    Using,
    /// The change is free if the time zone of the session is UTC, and only then.
    TimeZone {
        /// From.
        from: Type,
        /// To.
        to: Type,
    },
}

impl Met {
    /// Whether others may be using it now: it was there before, and holds rows.
    pub fn is_live(&self) -> bool {
        !self.is_new && matches!(self.kind, MetKind::Table | MetKind::Partitioned | MetKind::MaterializedView)
    }
}

impl Act {
    /// The table that it is about, if others may be using it now.
    pub fn live_table(&self) -> Option<&Met> {
        self.before.table.as_ref().filter(|met| met.is_live())
    }
}

impl Maintenance {
    /// The command as SQL writes it.
    pub const fn sql(self) -> &'static str {
        match self {
            Maintenance::Cluster => "CLUSTER",
            Maintenance::Vacuum => "VACUUM",
            Maintenance::VacuumFull => "VACUUM FULL",
            Maintenance::ReindexIndex | Maintenance::ReindexTable | Maintenance::ReindexMany => "REINDEX",
        }
    }
}
