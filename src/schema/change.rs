//! [`Change`]: one typed step of DDL with its place, whatever it was read from. `replay::lower` makes them from SQL,
//! `replay::apply` carries them out on a [`Catalog`](super::Catalog).

use crate::schema::bounds::Bounds;
use crate::schema::catalog::{Domain, FunctionBody, IndexMethod, Volatility};
use crate::schema::types::Type;
use crate::source::Location;
use crate::syntax::{ExprHandle, FunctionPath, QueryHandle};

/// One step.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it does.
    pub step: Step,
    /// The whole statement, without its semicolon.
    pub statement: Location,
    /// Whether it takes effect.
    pub certainty: Certainty,
}

/// Whether a step takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It does, or the migration fails.
    Certain,
    /// It does where it can: nothing is said where it cannot.
    Guarded,
    /// It may: what it takes away is gone, what it adds is not believed.
    Doubtful,
}

/// An identifier with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Folded.
    pub name: String,
    /// Whether it was written in quotes.
    pub quoted: bool,
    /// Its token.
    pub at: Location,
}

/// A name of an object as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Schema, folded, where written.
    pub schema: Option<String>,
    /// Name in the schema, folded.
    pub name: String,
    /// The last part's token.
    pub at: Location,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Step {
    /// CREATE TABLE, in all its forms.
    CreateTable(Box<CreateTable>),
    /// ALTER TABLE, one action.
    AlterTable {
        /// The table, view or index.
        table: ObjectRef,
        /// IF EXISTS.
        if_exists: bool,
        /// ONLY.
        only: bool,
        /// The action.
        action: Box<TableAction>,
    },
    /// CREATE INDEX.
    CreateIndex(Box<CreateIndex>),
    /// CREATE [MATERIALIZED] VIEW.
    CreateView(Box<CreateView>),
    /// CREATE FUNCTION, CREATE PROCEDURE.
    CreateFunction(Box<CreateFunction>),
    /// ALTER FUNCTION, ALTER PROCEDURE.
    AlterFunction {
        /// The function.
        function: FunctionRef,
        /// What changes.
        action: FunctionAction,
    },
    /// CREATE TRIGGER.
    CreateTrigger(Box<CreateTrigger>),
    /// CREATE POLICY.
    CreatePolicy(Box<CreatePolicy>),
    /// ALTER POLICY.
    AlterPolicy {
        /// Its name.
        name: Word,
        /// Its table.
        table: ObjectRef,
        /// What changes.
        action: Box<PolicyAction>,
    },
    /// CREATE RULE ... ON table.
    CreateRule {
        /// The table or view.
        table: ObjectRef,
    },
    /// CREATE TYPE.
    CreateType {
        /// Its name.
        name: ObjectRef,
        /// What it is made of.
        body: TypeBody,
    },
    /// ALTER TYPE.
    AlterType {
        /// The type.
        name: ObjectRef,
        /// What changes.
        action: TypeAction,
    },
    /// CREATE DOMAIN.
    CreateDomain {
        /// Its name.
        name: ObjectRef,
        /// What it is.
        domain: Box<Domain>,
    },
    /// ALTER DOMAIN SET DEFAULT, ADD CHECK.
    AlterDomain {
        /// The domain.
        name: ObjectRef,
        /// The default that it gets.
        default: Option<ExprHandle>,
        /// A condition that it gets.
        check: Option<ExprHandle>,
    },
    /// CREATE OPERATOR.
    CreateOperator {
        /// Its schema, where one is written.
        schema: Option<String>,
        /// Its symbol.
        symbol: String,
        /// Type of its left operand; absent for a prefix operator.
        left: Option<Type>,
        /// Type of its right operand.
        right: Option<Type>,
        /// The function that it calls.
        function: ObjectRef,
    },
    /// CREATE CAST ... WITH FUNCTION.
    CreateCast {
        /// The type that is cast.
        from: Type,
        /// The type that it becomes.
        to: Type,
        /// The function that it calls.
        function: ObjectRef,
        /// Whether it is applied only where it is written.
        explicit: bool,
        /// Whether it is applied wherever the type is wanted, not only to what is assigned.
        implicit: bool,
    },
    /// CREATE SEQUENCE.
    CreateSequence {
        /// Its name.
        name: ObjectRef,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// CREATE SCHEMA.
    CreateSchema {
        /// Its name.
        name: Word,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// CREATE EXTENSION.
    CreateExtension {
        /// Its name.
        name: Word,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// DROP of anything.
    Drop(Box<Drop>),
    /// ALTER ... RENAME TO of anything but a column or constraint.
    Rename {
        /// What it is.
        kind: ObjectKind,
        /// Its present name.
        name: ObjectRef,
        /// Its new name.
        to: Word,
        /// IF EXISTS.
        if_exists: bool,
        /// The table of a trigger, policy or rule.
        table: Option<ObjectRef>,
    },
    /// ALTER ... SET SCHEMA.
    SetSchema {
        /// What it is.
        kind: ObjectKind,
        /// Its present name.
        name: ObjectRef,
        /// Its new schema.
        schema: String,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// ALTER INDEX ... ATTACH PARTITION.
    AttachIndex {
        /// The index of the partitioned table.
        parent: ObjectRef,
        /// The index of the partition.
        partition: ObjectRef,
    },
    /// ALTER VIEW ... SET (security_invoker = ...).
    SetSecurityInvoker {
        /// The view.
        view: ObjectRef,
        /// The new setting.
        security_invoker: bool,
    },
    /// SET search_path and what amounts to it.
    SetSearchPath {
        /// Schemas, in order; absent for DEFAULT.
        path: Option<Vec<String>>,
        /// How long it holds.
        scope: Scope,
    },
    /// ALTER of an object in a way that is not modelled.
    Unmodelled {
        /// What it is.
        kind: ObjectKind,
        /// Its name.
        name: ObjectRef,
    },
    /// An action on a table that is not known, one of all.
    AlterAny(Box<TableAction>),
    /// A table that is not known is given a policy.
    DoubtRowSecurity,
    /// CREATE ROLE, ALTER ROLE.
    SetRole {
        /// The role.
        name: Word,
        /// CREATE.
        creates: bool,
        /// [NO]BYPASSRLS, where written.
        bypasses_row_security: Option<bool>,
        /// [NO]SUPERUSER, where written.
        superuser: Option<bool>,
    },
    /// GRANT, REVOKE, and what ALTER DEFAULT PRIVILEGES says of objects to come.
    Grant(Box<Grant>),
    /// A constraint that is not known is dropped.
    DropSomeConstraint {
        /// Its table; absent where that is not known either.
        table: Option<ObjectRef>,
        /// CASCADE.
        cascade: bool,
    },
    /// A statement that creates or alters a table in a way that was not understood (and is reported elsewhere).
    Obscure {
        /// The table.
        table: ObjectRef,
        /// Whether it creates it.
        creates: bool,
    },
}

/// How long a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Until the session ends.
    Session,
    /// For every later session (ALTER DATABASE, ALTER ROLE).
    Database,
}

/// Kinds of objects that can be dropped, renamed or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A table, also by ALTER TABLE on a view, index or sequence.
    Table,
    /// A foreign table.
    ForeignTable,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A schema.
    Schema,
    /// A type.
    Type,
    /// A domain.
    Domain,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// Either (DROP ROUTINE).
    Routine,
    /// A trigger.
    Trigger,
    /// A policy.
    Policy,
    /// A rewrite rule.
    Rule,
    /// An extension.
    Extension,
}

impl ObjectKind {
    /// The kind in plain words.
    pub fn describe(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::ForeignTable => "foreign table",
            ObjectKind::View => "view",
            ObjectKind::MaterializedView => "materialized view",
            ObjectKind::Index => "index",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Schema => "schema",
            ObjectKind::Type => "type",
            ObjectKind::Domain => "domain",
            ObjectKind::Function => "function",
            ObjectKind::Procedure => "procedure",
            ObjectKind::Routine => "routine",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Policy => "policy",
            ObjectKind::Rule => "rule",
            ObjectKind::Extension => "extension",
        }
    }
}

/// CREATE TABLE.
#[derive(Clone, Debug)]
pub struct CreateTable {
    /// Its name.
    pub name: ObjectRef,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// FOREIGN.
    pub foreign: bool,
    /// Columns, in order.
    pub columns: Vec<ColumnDefinition>,
    /// Table constraints, in order.
    pub constraints: Vec<ConstraintDefinition>,
    /// LIKE clauses.
    pub like: Vec<LikeClause>,
    /// INHERITS.
    pub inherits: Vec<ObjectRef>,
    /// PARTITION OF.
    pub partition_of: Option<ObjectRef>,
    /// Which of its rows it has; none where that was not understood.
    pub bounds: Option<Bounds>,
    /// PARTITION BY.
    pub partition_by: Option<PartitionBy>,
    /// AS query.
    pub query: Option<QueryHandle>,
    /// OF type.
    pub of_type: Option<ObjectRef>,
    /// Names that a column list gives to the columns of the query.
    pub column_names: Vec<Word>,
    /// Elements that PostgreSQL rejects, kept as indexes where they say one.
    pub foreign_indexes: Vec<ForeignIndex>,
    /// Elements that were not understood: where, and why.
    pub unreadable: Vec<(Location, String)>,
}

/// A column to be.
#[derive(Clone, Debug)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: Word,
    /// Its type; unknown for a column of PARTITION OF that only overrides options.
    pub ty: Type,
    /// A type that only other databases have, as written.
    pub foreign_type: Option<String>,
    /// `serial` and its kin.
    pub serial: bool,
    /// COLLATE.
    pub collation: Option<String>,
    /// NOT NULL.
    pub not_null: bool,
    /// DEFAULT.
    pub default: Option<ExprHandle>,
    /// GENERATED ALWAYS AS (expression).
    pub generated: Option<ExprHandle>,
    /// Of a generated column: VIRTUAL.
    pub is_virtual: bool,
    /// GENERATED AS IDENTITY, AUTO_INCREMENT.
    pub identity: bool,
    /// Constraints written at the column.
    pub constraints: Vec<ConstraintDefinition>,
}

/// LIKE table [INCLUDING ...].
#[derive(Clone, Debug)]
pub struct LikeClause {
    /// The table that is copied.
    pub table: ObjectRef,
    /// INCLUDING DEFAULTS.
    pub defaults: bool,
    /// INCLUDING CONSTRAINTS.
    pub constraints: bool,
    /// INCLUDING INDEXES.
    pub indexes: bool,
    /// INCLUDING GENERATED.
    pub generated: bool,
    /// INCLUDING IDENTITY.
    pub identity: bool,
}

/// PARTITION BY.
#[derive(Clone, Debug, Default)]
pub struct PartitionBy {
    /// Keys that are plain columns.
    pub columns: Vec<Word>,
    /// Whether some key is an expression.
    pub expressions: bool,
}

/// A constraint to be.
#[derive(Clone, Debug)]
pub struct ConstraintDefinition {
    /// Its name, where written.
    pub name: Option<Word>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// NOT VALID.
    pub not_valid: bool,
    /// NOT ENFORCED is false.
    pub enforced: bool,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// NO INHERIT.
    pub no_inherit: bool,
    /// Its name's token, or another that stands for it.
    pub at: Location,
}

/// What a constraint demands.
#[derive(Clone, Debug)]
pub enum ConstraintKind {
    /// PRIMARY KEY, UNIQUE.
    Key {
        /// PRIMARY KEY.
        primary: bool,
        /// Its columns.
        columns: Vec<Word>,
        /// INCLUDE.
        include: Vec<Word>,
        /// NULLS NOT DISTINCT.
        nulls_not_distinct: bool,
    },
    /// PRIMARY KEY USING INDEX, UNIQUE USING INDEX.
    KeyUsingIndex {
        /// PRIMARY KEY.
        primary: bool,
        /// The index.
        index: Word,
    },
    /// FOREIGN KEY, REFERENCES.
    ForeignKey {
        /// The referring columns.
        columns: Vec<Word>,
        /// The table referred to.
        target: ObjectRef,
        /// The key referred to; empty for the primary key.
        target_columns: Vec<Word>,
        /// MATCH FULL.
        match_full: bool,
        /// ON DELETE.
        on_delete: Referential,
        /// ON UPDATE.
        on_update: Referential,
    },
    /// CHECK.
    Check(ExprHandle),
    /// EXCLUDE.
    Exclude {
        /// Access method.
        method: IndexMethod,
        /// Keys with their operators.
        keys: Vec<KeyDefinition>,
        /// INCLUDE.
        include: Vec<Word>,
        /// WHERE.
        predicate: Option<ExprHandle>,
    },
    /// NOT NULL as a table constraint (PostgreSQL 18).
    NotNull(Word),
}

/// What happens to referring rows, columns by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Referential {
    /// NO ACTION, the default.
    #[default]
    NoAction,
    /// RESTRICT.
    Restrict,
    /// CASCADE.
    Cascade,
    /// SET NULL, of the columns listed (none: all).
    SetNull(Vec<Word>),
    /// SET DEFAULT, likewise.
    SetDefault(Vec<Word>),
}

/// CREATE INDEX.
#[derive(Clone, Debug)]
pub struct CreateIndex {
    /// Its name, where written.
    pub name: Option<Word>,
    /// The table.
    pub table: ObjectRef,
    /// Access method.
    pub method: IndexMethod,
    /// Keys.
    pub keys: Vec<KeyDefinition>,
    /// INCLUDE.
    pub include: Vec<Word>,
    /// WHERE.
    pub predicate: Option<ExprHandle>,
    /// UNIQUE.
    pub unique: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// CONCURRENTLY.
    pub concurrently: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// ON ONLY.
    pub only: bool,
    /// The name's token, or the table's.
    pub at: Location,
}

/// An index key to be.
#[derive(Clone, Debug)]
pub struct KeyDefinition {
    /// A column or an expression.
    pub term: KeySource,
    /// Operator class.
    pub opclass: Option<String>,
    /// COLLATE.
    pub collation: Option<String>,
    /// ASC or DESC, where written.
    pub order: Option<KeyOrder>,
    /// NULLS FIRST (true) or LAST, where written.
    pub nulls_first: Option<bool>,
    /// The operator of an exclusion constraint.
    pub operator: Option<String>,
    /// What the key is called in a default name.
    pub label: Option<String>,
}

/// The order of an index key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// ASC.
    Ascending,
    /// DESC.
    Descending,
}

/// What an index key to be is made of.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A column.
    Column(Word),
    /// An expression.
    Expr(ExprHandle),
}

/// `INDEX i (a, b)` or `KEY (a)` inside CREATE TABLE: MySQL's, not PostgreSQL's.
#[derive(Clone, Debug)]
pub struct ForeignIndex {
    /// Its name, where written.
    pub name: Option<Word>,
    /// Keys.
    pub keys: Vec<KeyDefinition>,
    /// UNIQUE.
    pub unique: bool,
    /// The INDEX or KEY word, or the name.
    pub at: Location,
}

/// One action of ALTER TABLE.
#[derive(Clone, Debug)]
pub enum TableAction {
    /// ADD COLUMN.
    AddColumn {
        /// The column.
        column: ColumnDefinition,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// DROP COLUMN.
    DropColumn {
        /// The column.
        column: Word,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// RENAME COLUMN.
    RenameColumn {
        /// Its present name.
        column: Word,
        /// Its new name.
        to: Word,
    },
    /// MySQL's CHANGE and MODIFY: the column is declared anew.
    RedefineColumn {
        /// Its present name.
        column: Word,
        /// What it becomes.
        definition: ColumnDefinition,
    },
    /// ALTER COLUMN TYPE.
    SetType {
        /// The column.
        column: Word,
        /// The new type.
        ty: Type,
        /// A type that only other databases have, as written.
        foreign_type: Option<String>,
        /// COLLATE.
        collation: Option<String>,
        /// USING computes something else than the column itself.
        computed: bool,
    },
    /// SET NOT NULL, DROP NOT NULL.
    SetNotNull {
        /// The column.
        column: Word,
        /// SET.
        not_null: bool,
    },
    /// SET DEFAULT, DROP DEFAULT.
    SetDefault {
        /// The column.
        column: Word,
        /// The default; absent for DROP.
        default: Option<ExprHandle>,
    },
    /// ADD GENERATED AS IDENTITY, DROP IDENTITY.
    SetIdentity {
        /// The column.
        column: Word,
        /// ADD.
        identity: bool,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// DROP EXPRESSION.
    DropExpression {
        /// The column.
        column: Word,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// ADD CONSTRAINT.
    AddConstraint(ConstraintDefinition),
    /// ADD INDEX, ADD KEY (MySQL).
    AddIndex(ForeignIndex),
    /// VALIDATE CONSTRAINT.
    ValidateConstraint(Word),
    /// ALTER CONSTRAINT.
    AlterConstraint {
        /// The constraint.
        name: Word,
        /// [NOT] DEFERRABLE, where written.
        deferrable: Option<bool>,
        /// [NOT] ENFORCED, where written.
        enforced: Option<bool>,
    },
    /// DROP CONSTRAINT.
    DropConstraint {
        /// The constraint.
        name: Word,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// DROP PRIMARY KEY (MySQL).
    DropPrimaryKey(Location),
    /// RENAME CONSTRAINT.
    RenameConstraint {
        /// Its present name.
        name: Word,
        /// Its new name.
        to: Word,
    },
    /// ENABLE, DISABLE TRIGGER ALL: foreign keys are held by triggers.
    Triggers(bool),
    /// ENABLE, DISABLE ROW LEVEL SECURITY.
    RowSecurity(bool),
    /// FORCE, NO FORCE ROW LEVEL SECURITY.
    ForceRowSecurity(bool),
    /// ATTACH PARTITION.
    AttachPartition {
        /// The table that becomes a partition.
        partition: ObjectRef,
        /// Its rows; none where that was not understood.
        bounds: Option<Bounds>,
    },
    /// DETACH PARTITION.
    DetachPartition(ObjectRef),
    /// INHERIT, NO INHERIT.
    Inherit {
        /// The parent.
        parent: ObjectRef,
        /// INHERIT.
        inherit: bool,
    },
}

/// CREATE [MATERIALIZED] VIEW.
#[derive(Clone, Debug)]
pub struct CreateView {
    /// Its name.
    pub name: ObjectRef,
    /// MATERIALIZED.
    pub materialized: bool,
    /// OR REPLACE.
    pub or_replace: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// The column list.
    pub columns: Vec<Word>,
    /// The definition.
    pub query: Option<QueryHandle>,
    /// `security_invoker = true`.
    pub security_invoker: bool,
    /// WITH CHECK OPTION.
    pub check_option: bool,
}

/// CREATE FUNCTION, CREATE PROCEDURE.
#[derive(Clone, Debug)]
pub struct CreateFunction {
    /// Its name.
    pub name: ObjectRef,
    /// OR REPLACE.
    pub or_replace: bool,
    /// PROCEDURE.
    pub procedure: bool,
    /// IN, INOUT and VARIADIC parameters: names (may be empty) and types.
    pub parameters: Vec<(String, Type)>,
    /// Defaults of parameters.
    pub defaults: Vec<ExprHandle>,
    /// OUT, INOUT and TABLE columns.
    pub out_columns: Vec<(String, Type)>,
    /// Result type.
    pub returns: Type,
    /// RETURNS SETOF or TABLE.
    pub returns_set: bool,
    /// RETURNS trigger.
    pub returns_trigger: bool,
    /// LANGUAGE, lower case.
    pub language: String,
    /// The body.
    pub body: Option<FunctionBody>,
    /// Volatility.
    pub volatility: Volatility,
    /// STRICT.
    pub strict: bool,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// SET search_path.
    pub search_path: FunctionPath,
    /// SET of a setting of the project's own, or of a role.
    pub sets_session: bool,
}

/// A function by name and, where written, argument types.
#[derive(Clone, Debug)]
pub struct FunctionRef {
    /// Its name.
    pub name: ObjectRef,
    /// Types of its IN arguments; absent where no list was written.
    pub arguments: Option<Vec<Type>>,
}

/// What ALTER FUNCTION changes.
#[derive(Clone, Debug)]
pub enum FunctionAction {
    /// RENAME TO.
    Rename(Word),
    /// SET SCHEMA.
    SetSchema(String),
    /// Attributes; those absent stay.
    Set {
        /// Volatility.
        volatility: Option<Volatility>,
        /// STRICT.
        strict: Option<bool>,
        /// SECURITY DEFINER.
        security_definer: Option<bool>,
        /// SET or RESET search_path.
        search_path: Option<FunctionPath>,
        /// SET of a setting of the project's own, or of a role.
        sets_session: bool,
    },
}

/// CREATE TRIGGER.
#[derive(Clone, Debug)]
pub struct CreateTrigger {
    /// Its name.
    pub name: Word,
    /// The table.
    pub table: ObjectRef,
    /// OR REPLACE.
    pub or_replace: bool,
    /// The function called.
    pub function: Option<ObjectRef>,
    /// INSTEAD OF.
    pub instead_of: bool,
    /// BEFORE.
    pub before: bool,
    /// `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`.
    pub events: Vec<String>,
    /// FOR EACH ROW.
    pub for_each_row: bool,
    /// Transition tables by the names that REFERENCING gives them.
    pub transitions: Vec<String>,
}

/// CREATE POLICY.
#[derive(Clone, Debug)]
pub struct CreatePolicy {
    /// Its name.
    pub name: Word,
    /// The table.
    pub table: ObjectRef,
    /// PERMISSIVE.
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE`, `DELETE`.
    pub command: String,
    /// Roles; empty for PUBLIC.
    pub roles: Vec<String>,
    /// USING.
    pub using: Option<ExprHandle>,
    /// WITH CHECK.
    pub with_check: Option<ExprHandle>,
}

/// What ALTER POLICY changes.
#[derive(Clone, Debug)]
pub enum PolicyAction {
    /// RENAME TO.
    Rename(Word),
    /// TO, USING, WITH CHECK; those absent stay.
    Set {
        /// Roles; empty for PUBLIC.
        roles: Option<Vec<String>>,
        /// USING.
        using: Option<ExprHandle>,
        /// WITH CHECK.
        with_check: Option<ExprHandle>,
    },
}

/// GRANT, REVOKE.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Upper case; empty for all, and for a membership.
    pub privileges: Vec<String>,
    /// On what.
    pub on: GrantObject,
    /// Objects that are created later (ALTER DEFAULT PRIVILEGES).
    pub future: bool,
    /// To whom, or from whom; `public` for all.
    pub grantees: Vec<Word>,
    /// REVOKE.
    pub revokes: bool,
}

/// What a privilege is on.
#[derive(Clone, Debug)]
pub enum GrantObject {
    /// Tables and views.
    Relations(Vec<ObjectRef>),
    /// All of these schemas; empty for any.
    RelationsOf(Vec<String>),
    /// Functions.
    Functions(Vec<ObjectRef>),
    /// All of these schemas; empty for any.
    FunctionsOf(Vec<String>),
    /// Roles.
    Roles(Vec<String>),
}

/// What a type is made of.
#[derive(Clone, Debug)]
pub enum TypeBody {
    /// AS ENUM.
    Enum(Vec<String>),
    /// AS (fields).
    Composite(Vec<(String, Type)>),
    /// AS RANGE, with the subtype.
    Range(Option<Type>),
    /// A base or shell type.
    Base,
}

/// What ALTER TYPE changes.
#[derive(Clone, Debug)]
pub enum TypeAction {
    /// ADD VALUE.
    AddValue {
        /// The label.
        value: String,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// BEFORE (true) or AFTER another label.
        beside: Option<(bool, String)>,
    },
    /// RENAME VALUE.
    RenameValue {
        /// Its present label.
        from: String,
        /// Its new label.
        to: String,
    },
    /// ADD ATTRIBUTE.
    AddAttribute(String, Type),
    /// DROP ATTRIBUTE.
    DropAttribute(String),
    /// ALTER ATTRIBUTE ... TYPE.
    SetAttributeType(String, Type),
    /// RENAME ATTRIBUTE.
    RenameAttribute(String, String),
}

/// DROP.
#[derive(Clone, Debug)]
pub struct Drop {
    /// What is dropped.
    pub kind: ObjectKind,
    /// Names.
    pub names: Vec<ObjectRef>,
    /// Argument types of functions, where written, in the order of `names`.
    pub arguments: Vec<Option<Vec<Type>>>,
    /// The table of a trigger, policy or rule.
    pub table: Option<ObjectRef>,
    /// IF EXISTS.
    pub if_exists: bool,
    /// CASCADE.
    pub cascade: bool,
}

impl TableAction {
    /// Whether it does away with what may be relied upon, whatever else it does.
    pub fn takes_away(&self) -> bool {
        match self {
            TableAction::DropColumn { .. }
            | TableAction::RedefineColumn { .. }
            | TableAction::SetType { .. }
            | TableAction::DropExpression { .. }
            | TableAction::DropConstraint { .. }
            | TableAction::DropPrimaryKey(_)
            | TableAction::DetachPartition(_) => true,
            TableAction::SetNotNull { column: _, not_null: adds }
            | TableAction::SetIdentity { column: _, identity: adds, if_exists: _ }
            | TableAction::Triggers(adds)
            | TableAction::RowSecurity(adds)
            | TableAction::ForceRowSecurity(adds)
            | TableAction::Inherit { parent: _, inherit: adds } => !adds,
            TableAction::AlterConstraint { name: _, deferrable: _, enforced } => *enforced == Some(false),
            TableAction::AddColumn { .. }
            | TableAction::RenameColumn { .. }
            | TableAction::SetDefault { .. }
            | TableAction::AddConstraint(_)
            | TableAction::AddIndex(_)
            | TableAction::ValidateConstraint(_)
            | TableAction::RenameConstraint { .. }
            | TableAction::AttachPartition { .. } => false,
        }
    }
}
