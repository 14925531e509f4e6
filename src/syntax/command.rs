//! Statements that change the schema and that sqlparser does not know, as typed commands.

use sqlparser::ast::{Ident, ObjectName};

use crate::source::Span;

/// A kind of object that a command names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A table, partitioned or foreign tables included.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A type.
    Type,
    /// A domain.
    Domain,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// A schema.
    Schema,
    /// A trigger of a table.
    Trigger,
    /// A rewrite rule of a table.
    Rule,
}

/// A statement that the parser does not know.
#[derive(Clone, Debug)]
pub enum Command {
    /// `ALTER TABLE parent ATTACH PARTITION partition ...`.
    AttachPartition {
        /// The partitioned table.
        parent: ObjectName,
        /// The table that becomes its partition.
        partition: ObjectName,
    },
    /// `ALTER TABLE parent DETACH PARTITION partition`.
    DetachPartition {
        /// The partitioned table.
        parent: ObjectName,
        /// The table that no longer is its partition.
        partition: ObjectName,
    },
    /// `ALTER INDEX parent ATTACH PARTITION partition`.
    AttachIndex {
        /// The index of the partitioned table.
        parent: ObjectName,
        /// The index of the partition.
        partition: ObjectName,
    },
    /// `ALTER TABLE table [NO] INHERIT parent`.
    Inherit {
        /// The child.
        table: ObjectName,
        /// The parent.
        parent: ObjectName,
        /// NO INHERIT.
        ends: bool,
    },
    /// `ALTER kind name SET SCHEMA schema`.
    SetSchema {
        /// Kind of the object.
        kind: ObjectKind,
        /// Its name.
        name: ObjectName,
        /// IF EXISTS.
        if_exists: bool,
        /// The new schema.
        schema: Ident,
    },
    /// `ALTER kind name RENAME TO name`.
    Rename {
        /// Kind of the object.
        kind: ObjectKind,
        /// Its name.
        name: ObjectName,
        /// IF EXISTS.
        if_exists: bool,
        /// Its table, for a trigger or rule.
        table: Option<ObjectName>,
        /// The new name.
        to: Ident,
    },
    /// `ALTER VIEW name RENAME COLUMN column TO name`, also of a materialized view.
    RenameColumn {
        /// Kind of the relation.
        kind: ObjectKind,
        /// The relation.
        relation: ObjectName,
        /// The column.
        column: Ident,
        /// Its new name.
        to: Ident,
    },
    /// `ALTER VIEW name SET (options)`.
    SetViewOptions {
        /// The view.
        name: ObjectName,
        /// `security_invoker`, where it is set or reset.
        security_invoker: Option<bool>,
    },
    /// `REFRESH MATERIALIZED VIEW name`.
    RefreshMaterializedView {
        /// The view.
        name: ObjectName,
        /// CONCURRENTLY.
        concurrently: bool,
    },
    /// `DO $$ ... $$`.
    Do {
        /// LANGUAGE, `plpgsql` unless said.
        language: String,
        /// The literal that holds the code, quotes included; see `literal_fragment`.
        body: Span,
    },
    /// `CREATE SEQUENCE`.
    CreateSequence {
        /// Its name.
        name: ObjectName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// `CREATE RULE name AS ON event TO table DO ...`.
    CreateRule {
        /// Its name.
        name: Ident,
        /// The table or view.
        table: ObjectName,
        /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`.
        event: String,
        /// INSTEAD.
        instead: bool,
    },
    /// `DROP RULE name ON table`, `DROP ROUTINE name`, and other drops that the parser lacks.
    Drop {
        /// Kind of the object.
        kind: ObjectKind,
        /// Names.
        names: Vec<ObjectName>,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
        /// Its table, for a rule.
        table: Option<ObjectName>,
    },
    /// `SET search_path = ...`, `SET SCHEMA '...'`.
    SetSearchPath {
        /// Schemas in order, folded; `None` for DEFAULT.
        schemas: Option<Vec<String>>,
        /// LOCAL: until the transaction ends.
        local: bool,
    },
}
