//! [`Catalog`]: the state of a schema after its DDL was replayed. Everything remembers where it was declared.

use std::collections::HashMap;
use std::sync::Arc;

use crate::schema::bounds::Bounds;
use crate::schema::types::{BaseType, Type};
use crate::source::Location;
/// The catalog keeps definitions as they were written; who reads them binds them first.
pub use crate::syntax::{Dialect, ExprHandle, QueryHandle};

/// A table, view or materialized view, an index into [`Catalog::relations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelId(pub u32);

/// An index, an index into [`Catalog::indexes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexId(pub u32);

/// A foreign key, an index into [`Catalog::foreign_keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForeignKeyId(pub u32);

/// A function or procedure, an index into [`Catalog::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// Position of a column in its relation, from 0. Dropped columns keep their position and are marked.
pub type ColumnIx = u32;

/// The replayed schema.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Every relation ever created; dropped ones are marked so that ids stay true.
    pub relations: Vec<Relation>,
    /// Every index, those of keys and exclusion constraints included.
    pub indexes: Vec<Index>,
    /// Every foreign key.
    pub foreign_keys: Vec<ForeignKey>,
    /// Functions and procedures.
    pub functions: Vec<Function>,
    /// Triggers.
    pub triggers: Vec<Trigger>,
    /// Row-level security policies.
    pub policies: Vec<Policy>,
    /// Roles that were created or altered, with what they may.
    pub roles: Vec<Role>,
    /// Privileges that were granted and not taken back.
    pub grants: Vec<Grant>,
    /// Enum types: name to labels.
    pub enums: HashMap<String, Vec<String>>,
    /// Domains: name to base type (may itself be a domain).
    pub domains: HashMap<String, Domain>,
    /// Operators that call a function of the schema.
    pub operators: Vec<Operator>,
    /// Casts that call a function of the schema.
    pub casts: Vec<Cast>,
    /// Composite types: name to fields.
    pub composites: HashMap<String, Vec<(String, Type)>>,
    /// Names of sequences.
    pub sequences: Vec<Name>,
    /// Names of schemas that were created.
    pub schemas: Vec<String>,
    /// Names of extensions that were created.
    pub extensions: Vec<String>,
    /// Schemas searched for an unqualified name, in order.
    pub search_path: Vec<String>,
    /// Whether any DDL was read.
    pub any_ddl: bool,
    /// The grammar of the database.
    pub dialect: Dialect,
    pub(crate) by_name: HashMap<Name, RelId>,
    /// Live relations by name alone, over all schemas.
    pub(crate) by_bare_name: HashMap<String, Vec<RelId>>,
}

/// A qualified name, folded as PostgreSQL folds it (lower case unless quoted).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Schema; `public` unless said or created under another search path.
    pub schema: String,
    /// Name in the schema.
    pub name: String,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.schema == "public" {
            f.write_str(&self.name)
        } else {
            write!(f, "{}.{}", self.schema, self.name)
        }
    }
}

/// A domain over another type.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The type beneath.
    pub base: Type,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// COLLATE.
    pub collation: Option<String>,
    /// DEFAULT.
    pub default: Option<ExprHandle>,
    /// CHECK constraints, over VALUE.
    pub checks: Vec<ExprHandle>,
}

/// An operator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its schema and symbol.
    pub name: Name,
    /// Type of its left operand; absent for a prefix operator.
    pub left: Option<Type>,
    /// Type of its right operand.
    pub right: Option<Type>,
    /// The function that it calls.
    pub function: Name,
}

/// A cast between two types.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The type that is cast.
    pub from: Type,
    /// The type that it becomes.
    pub to: Type,
    /// The function that it calls.
    pub function: Name,
    /// Whether it is applied only where it is written.
    pub explicit: bool,
    /// Whether it is applied wherever the type is wanted, not only to what is assigned.
    pub implicit: bool,
}

/// What kind of relation.
#[derive(Clone, Debug)]
pub enum RelationKind {
    /// A base table.
    Table,
    /// A declaratively partitioned table.
    Partitioned,
    /// A partition of the table named.
    Partition(RelId),
    /// A view with its definition.
    View(View),
    /// A materialized view with its definition.
    MaterializedView(View),
    /// A foreign table.
    Foreign,
    /// A relation of a system catalog or an extension; holds no row of a tenant.
    System,
}

/// A view's definition.
#[derive(Clone, Debug)]
pub struct View {
    /// The query; absent where it could not be read.
    pub query: Option<QueryHandle>,
    /// Names given to its columns by a column list, else empty.
    pub column_names: Vec<String>,
    /// `security_invoker = true`.
    pub security_invoker: bool,
    /// WITH CHECK OPTION.
    pub check_option: bool,
}

/// A table, view or materialized view.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: RelationKind,
    /// Columns in order. Empty for a view: its columns are those of the bound definition.
    pub columns: Vec<Column>,
    /// Primary key, unique constraints and unique indexes, and all other indexes.
    pub indexes: Vec<IndexId>,
    /// Foreign keys that this table declares.
    pub foreign_keys: Vec<ForeignKeyId>,
    /// CHECK constraints.
    pub checks: Vec<Check>,
    /// Tables whose rows it was filled with when it was made (CREATE TABLE AS, SELECT INTO).
    pub filled_from: Vec<RelId>,
    /// Parents by INHERITS (not partitions).
    pub inherits: Vec<RelId>,
    /// Children by INHERITS.
    pub inherited_by: Vec<RelId>,
    /// Partitions.
    pub partitions: Vec<RelId>,
    /// Columns or expressions of PARTITION BY, where they are plain columns.
    pub partition_key: Vec<ColumnIx>,
    /// Of a partition, which rows it has; none where that was not understood.
    pub bounds: Option<Bounds>,
    /// PARTITION BY was given; a partition may have it as well.
    pub partitioned: bool,
    /// ENABLE ROW LEVEL SECURITY.
    pub row_security: bool,
    /// The table's token in the statement that switched row security on last.
    pub row_security_at: Option<Location>,
    /// Whether a statement of which it is not known what tables it names may have switched row security on or off, or
    /// given the table policies.
    pub row_security_in_doubt: bool,
    /// FORCE ROW LEVEL SECURITY.
    pub force_row_security: bool,
    /// Whether CREATE RULE put a rewrite rule on it.
    pub has_rules: bool,
    /// Whether it was dropped.
    pub dropped: bool,
    /// Whether part of its declaration was not understood.
    pub incomplete: bool,
    /// The name's token where it was created.
    pub declared: Option<Location>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name, folded.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Collation, where declared.
    pub collation: Option<String>,
    /// NOT NULL, by declaration or through a primary key.
    pub not_null: bool,
    /// DEFAULT.
    pub default: Option<ExprHandle>,
    /// GENERATED ALWAYS AS (expression).
    pub generated: Option<ExprHandle>,
    /// GENERATED AS IDENTITY or serial.
    pub identity: bool,
    /// Whether it came from a parent by INHERITS or PARTITION OF.
    pub inherited: bool,
    /// Whether it was dropped.
    pub dropped: bool,
    /// The name's token.
    pub declared: Option<Location>,
}

/// A CHECK constraint.
#[derive(Clone, Debug)]
pub struct Check {
    /// Name, PostgreSQL's default where none is given.
    pub name: String,
    /// The condition.
    pub expr: ExprHandle,
    /// Whether existing rows were checked.
    pub validated: bool,
    /// NO INHERIT.
    pub no_inherit: bool,
    /// Where declared.
    pub declared: Location,
}

/// Access method of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IndexMethod {
    /// `btree`.
    Btree,
    /// `hash`.
    Hash,
    /// `gist`.
    Gist,
    /// `gin`.
    Gin,
    /// `spgist`.
    SpGist,
    /// `brin`.
    Brin,
    /// `hnsw`, of the vector extension.
    Hnsw,
    /// `ivfflat`, of the vector extension.
    IvfFlat,
    /// Any other, by lower-case name.
    Other(String),
}

/// Why an index exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexOrigin {
    /// CREATE INDEX.
    Index,
    /// PRIMARY KEY.
    PrimaryKey,
    /// UNIQUE constraint.
    UniqueConstraint,
    /// EXCLUDE constraint.
    Exclusion,
}

/// One key of an index.
#[derive(Clone, Debug)]
pub struct IndexKey {
    /// A column, or an expression.
    pub term: KeyTerm,
    /// Operator class as written, lower case.
    pub opclass: Option<String>,
    /// Collation as written.
    pub collation: Option<String>,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (the default with DESC).
    pub nulls_first: bool,
    /// Operator WITH it, in an exclusion constraint.
    pub exclusion_operator: Option<String>,
}

/// What an index key is made of.
#[derive(Clone, Debug)]
pub enum KeyTerm {
    /// A column of the relation.
    Column(ColumnIx),
    /// An expression over its columns.
    Expr(ExprHandle),
}

/// An index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Name, PostgreSQL's default where none is given.
    pub name: String,
    /// Its relation.
    pub relation: RelId,
    /// Access method.
    pub method: IndexMethod,
    /// Keys in order.
    pub keys: Vec<IndexKey>,
    /// INCLUDE columns.
    pub include: Vec<ColumnIx>,
    /// Predicate of a partial index.
    pub predicate: Option<ExprHandle>,
    /// UNIQUE.
    pub unique: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// DEFERRABLE (of its constraint).
    pub deferrable: bool,
    /// Why it exists.
    pub origin: IndexOrigin,
    /// CONCURRENTLY.
    pub concurrently: bool,
    /// ON ONLY: of a partitioned table, without its partitions.
    pub only: bool,
    /// Why PostgreSQL would reject it; such an index serves and proves nothing.
    pub invalid: Option<String>,
    /// The index of the partitioned table that this one belongs to.
    pub parent: Option<IndexId>,
    /// Whether it was dropped.
    pub dropped: bool,
    /// Its name's token, or the constraint's first.
    pub declared: Location,
}

/// What happens to referring rows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ReferentialAction {
    /// NO ACTION, the default.
    #[default]
    NoAction,
    /// RESTRICT.
    Restrict,
    /// CASCADE.
    Cascade,
    /// SET NULL, of all referring columns or those listed.
    SetNull(Vec<ColumnIx>),
    /// SET DEFAULT, likewise.
    SetDefault(Vec<ColumnIx>),
}

/// A foreign key.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// Name, PostgreSQL's default where none is given.
    pub name: String,
    /// The referring table.
    pub relation: RelId,
    /// Its columns, in the order of `target_columns`.
    pub columns: Vec<ColumnIx>,
    /// The table referred to.
    pub target: RelId,
    /// The key referred to.
    pub target_columns: Vec<ColumnIx>,
    /// MATCH FULL.
    pub match_full: bool,
    /// ON DELETE.
    pub on_delete: ReferentialAction,
    /// ON UPDATE.
    pub on_update: ReferentialAction,
    /// Whether existing rows were checked (not NOT VALID, or VALIDATE CONSTRAINT came later).
    pub validated: bool,
    /// NOT ENFORCED is false.
    pub enforced: bool,
    /// Why it may not be there, or not be held.
    pub doubt: Option<Doubt>,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// Whether it was dropped.
    pub dropped: bool,
    /// Where declared.
    pub declared: Location,
}

/// Why a constraint that was declared may not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A statement under a condition adds it.
    Added(Location),
    /// A statement may drop it: which constraint, or whether, is not known.
    Dropped(Location),
    /// A statement disables the triggers that hold it.
    Disabled(Location),
}

/// How much a function's result may vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Volatility {
    /// Depends on its arguments alone.
    Immutable,
    /// Constant within a statement.
    Stable,
    /// May vary from row to row, or write.
    #[default]
    Volatile,
}

/// The language of the programs that MySQL and SQLite store.
pub const FOREIGN_LANGUAGE: &str = "psm";

/// A function or procedure.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Names (may be empty) and types of IN parameters.
    pub parameters: Vec<(String, Type)>,
    /// Defaults of parameters.
    pub defaults: Vec<ExprHandle>,
    /// Names and types of OUT and TABLE columns.
    pub out_columns: Vec<(String, Type)>,
    /// Result type; unknown for a trigger or void.
    pub returns: Type,
    /// RETURNS SETOF or TABLE.
    pub returns_set: bool,
    /// RETURNS trigger.
    pub returns_trigger: bool,
    /// LANGUAGE, lower case.
    pub language: String,
    /// Body's text, verbatim, with its place.
    pub body: Option<FunctionBody>,
    /// Volatility.
    pub volatility: Volatility,
    /// STRICT.
    pub strict: bool,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// SET search_path: the schemas in order; none where its caller's path counts.
    pub search_path: Option<Vec<String>>,
    /// SET of a setting of the project's own, or of a role.
    pub sets_session: bool,
    /// Whether a file beside the schema declares it otherwise.
    pub disputed: bool,
    /// Whether REVOKE took EXECUTE from PUBLIC, which has it by default.
    pub revoked_from_public: bool,
    /// PROCEDURE.
    pub procedure: bool,
    /// Where declared.
    pub declared: Location,
}

/// A function's body as SQL text to analyse.
#[derive(Clone, Debug)]
pub struct FunctionBody {
    /// Text with the map to its file.
    pub fragment: Arc<crate::source::Fragment>,
    /// Whether its names are looked up at each call; those of BEGIN ATOMIC and RETURN are when the function is made.
    pub late_bound: bool,
}

/// A trigger.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// Table.
    pub relation: RelId,
    /// Function called.
    pub function: Name,
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
    /// Where declared.
    pub declared: Location,
}

/// A row-level security policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Name.
    pub name: String,
    /// Table.
    pub relation: RelId,
    /// PERMISSIVE, the default.
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE`, `DELETE`.
    pub command: String,
    /// Roles; empty for PUBLIC.
    pub roles: Vec<String>,
    /// USING.
    pub using: Option<ExprHandle>,
    /// WITH CHECK.
    pub with_check: Option<ExprHandle>,
    /// Where declared.
    pub declared: Location,
}

/// A role, as far as DDL says.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// BYPASSRLS: no policy holds for it.
    pub bypasses_row_security: bool,
    /// SUPERUSER.
    pub superuser: bool,
    /// Where the attribute that it has was given, else where it was created: its name's token.
    pub declared: Location,
}

/// A privilege that roles have, or a role that they are members of.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `SELECT`, `EXECUTE`, ...; empty for all, and for a membership.
    pub privileges: Vec<String>,
    /// On what.
    pub on: Granted,
    /// To whom, `public` for all.
    pub grantees: Vec<String>,
    /// The first grantee's token.
    pub declared: Location,
}

/// What a privilege is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// A table or view.
    Relation(RelId),
    /// All tables and views of a schema, those to come with ALTER DEFAULT PRIVILEGES (`future`).
    RelationsOf {
        /// The schema; absent for any.
        schema: Option<String>,
        /// Those that are created later, not those that are there.
        future: bool,
    },
    /// A function by its name.
    Function(Name),
    /// All functions of a schema.
    FunctionsOf {
        /// The schema; absent for any.
        schema: Option<String>,
        /// Those that are created later, not those that are there.
        future: bool,
    },
    /// A role: the grantees are its members.
    Role(String),
}

impl Catalog {
    /// The policies of a relation, in order of creation.
    pub fn policies_of(&self, id: RelId) -> impl Iterator<Item = &Policy> {
        self.policies.iter().filter(move |p| p.relation == id)
    }

    /// The relation of that id.
    pub fn relation(&self, id: RelId) -> &Relation {
        &self.relations[id.0 as usize]
    }

    /// The index of that id.
    pub fn index_def(&self, id: IndexId) -> &Index {
        &self.indexes[id.0 as usize]
    }

    /// The foreign key of that id.
    pub fn foreign_key(&self, id: ForeignKeyId) -> &ForeignKey {
        &self.foreign_keys[id.0 as usize]
    }

    /// The function of that id.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// Relations that exist at the end, in order of creation.
    pub fn live_relations(&self) -> impl Iterator<Item = (RelId, &Relation)> {
        self.relations.iter().enumerate().filter(|(_, r)| !r.dropped).map(|(i, r)| (RelId(i as u32), r))
    }

    /// Indexes of a relation that exist and that PostgreSQL accepts.
    pub fn usable_indexes(&self, id: RelId) -> impl Iterator<Item = (IndexId, &Index)> {
        self.relation(id)
            .indexes
            .iter()
            .map(|&i| (i, self.index_def(i)))
            .filter(|(_, ix)| !ix.dropped && ix.invalid.is_none())
    }

    /// Indexes of a relation that were written and that PostgreSQL rejects.
    pub fn rejected_indexes(&self, id: RelId) -> impl Iterator<Item = (IndexId, &Index)> {
        self.relation(id)
            .indexes
            .iter()
            .map(|&i| (i, self.index_def(i)))
            .filter(|(_, ix)| !ix.dropped && ix.invalid.is_some())
    }

    /// Foreign keys of a relation that exist.
    pub fn live_foreign_keys(&self, id: RelId) -> impl Iterator<Item = (ForeignKeyId, &ForeignKey)> {
        self.relation(id).foreign_keys.iter().map(|&i| (i, self.foreign_key(i))).filter(|(_, fk)| !fk.dropped)
    }

    /// Looks a relation up by name; without a schema, along the search path, then in any schema where only one
    /// relation has that name (an application may set its path where no DDL shows it).
    pub fn find_relation(&self, schema: Option<&str>, name: &str) -> Option<RelId> {
        let look = |schema: &str| {
            self.by_name.get(&Name { schema: schema.to_owned(), name: name.to_owned() }).copied()
        };
        match schema {
            Some(schema) => look(schema),
            None => {
                self.search_path.iter().find_map(|s| look(s)).or_else(|| look("public")).or_else(
                    || match self.by_bare_name.get(name)?.as_slice() {
                        [only] => Some(*only),
                        _ => None,
                    },
                )
            }
        }
        .filter(|id| !self.relation(*id).dropped)
    }

    /// The type with its name found among enums, domains, composite types and row types, along the search path.
    pub fn resolve_type(&self, ty: Type) -> Type {
        self.resolve_type_in(ty, &self.search_path)
    }

    pub(crate) fn resolve_type_in(&self, mut ty: Type, path: &[String]) -> Type {
        let BaseType::Other(name) = &ty.base else { return ty };
        let found = if name.contains('.') {
            self.named_type(name)
        } else {
            path.iter()
                .find_map(|schema| {
                    let name = Name { schema: schema.clone(), name: name.clone() };
                    self.named_type(&name.to_string())
                })
                .or_else(|| self.named_type(name))
        };
        if let Some(base) = found {
            ty.base = base;
        }
        ty
    }

    fn named_type(&self, key: &str) -> Option<BaseType> {
        if self.enums.contains_key(key) {
            return Some(BaseType::Enum(key.to_owned()));
        }
        if self.domains.contains_key(key) {
            return Some(BaseType::Domain(key.to_owned()));
        }
        if self.composites.contains_key(key) {
            return Some(BaseType::Composite(key.to_owned()));
        }
        let (schema, name) = key.split_once('.').unwrap_or(("public", key));
        self.by_name
            .contains_key(&Name { schema: schema.to_owned(), name: name.to_owned() })
            .then(|| BaseType::Composite(key.to_owned()))
    }

    /// The type beneath domains.
    pub fn base_type(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        for _ in 0..16 {
            let BaseType::Domain(name) = &ty.base else { break };
            let Some(domain) = self.domains.get(name) else { break };
            let array = ty.array;
            ty = domain.base.clone();
            ty.array |= array;
        }
        ty
    }
}

impl Function {
    /// Whether its body is of a language that is read.
    pub fn is_read(&self) -> bool {
        matches!(self.language.as_str(), "sql" | "plpgsql" | FOREIGN_LANGUAGE)
    }
}

impl ForeignKey {
    /// Whether every row refers to one that exists.
    pub fn holds(&self) -> bool {
        self.validated && self.enforced && self.doubt.is_none()
    }
}

impl Relation {
    /// A live column by its folded name.
    pub fn column_named(&self, name: &str) -> Option<ColumnIx> {
        self.columns.iter().position(|c| !c.dropped && c.name == name).map(|i| i as u32)
    }

    /// The column at that position.
    pub fn column(&self, ix: ColumnIx) -> &Column {
        &self.columns[ix as usize]
    }

    /// Whether rows are stored under this name or below it (a table of any kind, not a view).
    pub fn is_table(&self) -> bool {
        matches!(
            self.kind,
            RelationKind::Table
                | RelationKind::Partitioned
                | RelationKind::Partition(_)
                | RelationKind::Foreign
        )
    }
}
