//! The answers of the provers, in types that hold no text of the program: occurrences, defects, access paths.

use crate::query::model::{Literal, OccId, ParamId};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, FunctionId, IndexId, RelId};
use crate::schema::types::Type;
use crate::source::Span;

/// The verdict on a statement. Errs towards `Leaks`: what is not proved isolated is not called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Touches no tenant-scoped table.
    Global,
    /// Proved.
    Isolated,
    /// Part of it is not visible.
    Unknown,
    /// Visible, and not proved.
    Leaks,
}

impl Verdict {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Global => "global",
            Verdict::Isolated => "isolated",
            Verdict::Unknown => "unknown",
            Verdict::Leaks => "leaks",
        }
    }
}

/// How an occurrence of a table stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnerStatus {
    /// Its owner is the tenant.
    Tied,
    /// Its owner could not be tied, or only to that of a row whose own owner could not.
    Untied,
    /// In a view: left to whoever uses the view, by a column that the view keeps.
    Kept,
    /// Nobody owns its rows.
    Global,
    /// Something that hides the answer.
    Unknown,
}

impl OwnerStatus {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            OwnerStatus::Tied => "tied",
            OwnerStatus::Untied => "untied",
            OwnerStatus::Kept => "kept",
            OwnerStatus::Global => "global",
            OwnerStatus::Unknown => "unknown",
        }
    }
}

/// The proof of a statement, or why there is none.
#[derive(Clone, Debug)]
pub struct TenancyProof {
    /// The verdict.
    pub verdict: Verdict,
    /// One entry for each occurrence of a base table, view or materialized view, and for each call of a function that
    /// reads or writes rows of tenants, in order of occurrence.
    pub occurrences: Vec<(OccId, OwnerStatus)>,
    /// At most one for each occurrence: the most specific that explains why its owner is not tied.
    pub defects: Vec<Defect>,
    /// What is no leak and worth knowing.
    pub remarks: Vec<Defect>,
    /// How the owners of occurrences that are tied were found to be the tenant; empty unless asked for.
    pub derivations: Vec<Derivation>,
}

/// How the owner of one occurrence's rows was found to be the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// The occurrence.
    pub occ: OccId,
    /// The steps in order, for each case that had to be told apart (an arm of an OR); without any, no row is in any case.
    pub cases: Vec<Vec<Step>>,
}

/// One step of a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Two values are one.
    Same {
        /// One.
        left: Value,
        /// The other.
        right: Value,
        /// What makes them so; several together.
        by: Vec<Ground>,
    },
    /// The last step: the value is the tenant.
    Tenant {
        /// The value.
        value: Value,
        /// Why it is taken for the tenant.
        because: Because,
    },
    /// The value is a tenant that the principal is a member of.
    Member {
        /// The occurrence of the membership table.
        table: OccId,
        /// Who acts.
        principal: Value,
    },
    /// The owner is NULL: the row is everybody's to read.
    Shared {
        /// The predicate that says so, where it is in the text.
        at: Option<Span>,
    },
    /// It is the owner of that occurrence's row as well, which answers for both.
    Anchored {
        /// The other occurrence.
        to: OccId,
    },
    /// The occurrence contributes nothing to the result.
    Idle,
    /// A row of the table of tenants is added: a new tenant.
    NewTenant,
    /// The tenant column gets its DEFAULT, which is the tenant of the session.
    Default {
        /// The column.
        column: ColumnIx,
    },
    /// In a view: this output column names the owner.
    Kept {
        /// The output column's position.
        output: usize,
    },
}

/// A value that a derivation speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A column of an occurrence.
    Column(OccId, ColumnIx),
    /// The owner of an occurrence's row, where no column of it is the tenant.
    Owner(OccId),
    /// A column of the row that has that key.
    OfKey {
        /// The unique index.
        index: IndexId,
        /// The column; absent for the row's owner.
        column: Option<ColumnIx>,
        /// The key's values.
        key: Vec<Value>,
    },
    /// A parameter.
    Param(ParamId),
    /// An element of an array parameter.
    Element(ParamId),
    /// A session expression, as configured or in canonical spelling.
    Session(String),
    /// A literal.
    Literal(Literal),
    /// A value without a name, such as a column of a VALUES list.
    Unnamed,
}

/// What makes two values one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A predicate, bytes of the fragment.
    Predicate(Span),
    /// Rows that agree on a unique key are one row.
    Key(IndexId),
    /// A foreign key that carries the column.
    Reference(ForeignKeyId),
    /// A foreign key that decides who owns a row.
    Parent(ForeignKeyId),
    /// An output column of a query is what the query selects.
    Output,
    /// What is known of the rows of a WITH query that is recursive or modifies data.
    Returned,
    /// A value stored by the statement; the table's token.
    Written(Span),
    /// A row that ON CONFLICT meets has the proposed values in the columns that decide; the table's token.
    Arbiter(Span),
}

/// Why a value is taken for the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The statement compares it with that tenant column.
    Compared(RelId, ColumnIx),
    /// The statement stores it in that tenant column.
    Stored(RelId, ColumnIx),
    /// It picks a tenant by that configured key of the root table.
    RootKey(RelId, ColumnIx),
    /// It is given to that function of the schema, which takes it for the tenant.
    Given(FunctionId),
    /// It is configured.
    Session,
    /// It is the tenant of the row that a trigger runs for.
    RowVariable,
}

/// One reason why a statement is not isolated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The occurrence whose owner is not tied.
    pub occ: OccId,
    /// Where to point: the occurrence's token, or the value that is at fault. Bytes of the fragment.
    pub span: Span,
    /// What is wrong.
    pub kind: DefectKind,
}

/// Kinds of defects; each is reported by the rule of the same name (TENANCY.md section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// Nothing restricts the occurrence to a tenant or to a key.
    MissingTenantFilter,
    /// Rows are picked by a key that the caller supplies.
    KeyOnlyAccess {
        /// The columns compared with values of the caller.
        key: Vec<ColumnIx>,
    },
    /// Reached by a join that does not carry the tenant.
    UnverifiedJoin {
        /// The tied occurrence it is joined to.
        tied: OccId,
        /// The foreign key that the join follows out of a tied row, where it does: then a composite key would prove it.
        stored_reference: Option<ForeignKeyId>,
    },
    /// A row with several parents, all of which decide whose it is: one of them is tied, this one is not.
    UntiedParent {
        /// The foreign key to the parent that is not tied.
        foreign_key: ForeignKeyId,
    },
    /// The filter vanishes when a value is NULL, or under another condition on values alone.
    OptionalTenantFilter {
        /// The predicate.
        predicate: Span,
        /// The condition under which it vanishes, where that is another one than NULL.
        when: Option<Span>,
    },
    /// An OR arm, a negation or a filter on the wrong side of an outer join lets other rows through.
    TenantFilterEscape {
        /// The predicate that does not hold for every row.
        predicate: Span,
        /// How rows escape.
        how: Escape,
    },
    /// The filter comes after rows of several tenants were combined.
    LateTenantFilter {
        /// What combines them: "an aggregate", "a window function", "DISTINCT ON", "LIMIT", "a set operation".
        mixer: &'static str,
        /// Where that is.
        at: Span,
    },
    /// Tied to an outer level only.
    WiderTenantFilter {
        /// The occurrence of the row that names both: the table's own, or another of the same owner.
        of: OccId,
        /// The inner level's column.
        inner: ColumnIx,
        /// The outer level's column, which is tied.
        outer: ColumnIx,
    },
    /// A literal in the place of the tenant.
    HardcodedTenant {
        /// The literal.
        literal: Span,
    },
    /// Two different terms are taken for the tenant.
    MismatchedTenants {
        /// The first.
        first: TenantTerm,
        /// The second.
        second: TenantTerm,
    },
    /// An INSERT gives the tenant column no tenant.
    InsertWithoutTenant {
        /// Whether the column gets some value that is not the tenant (else it gets none).
        given: bool,
    },
    /// A write changes who owns a row.
    TenantReassignment,
    /// ON CONFLICT may meet another tenant's row.
    CrossTenantUpsert {
        /// The unique index through which it may.
        index: Option<IndexId>,
        /// Whether only the row's existence shows (DO NOTHING, or a DO UPDATE whose WHERE ties the row).
        existence_only: bool,
    },
    /// A write stores a parent key that nobody verified.
    UnverifiedParent {
        /// The owning foreign key.
        foreign_key: ForeignKeyId,
    },
    /// A write stores the key of a row that nobody verified to be the tenant's, though the new row's owner is known. No
    /// leak: the row that it refers to is not read.
    UnverifiedReference {
        /// The foreign key.
        foreign_key: ForeignKeyId,
    },
    /// Rows of a table that belongs to nobody are written. No leak: everybody may read them.
    GlobalWrite,
    /// A view, materialized view or function result that no filter can repair.
    MixedTenantView {
        /// Why, as a clause.
        why: String,
    },
    /// What the schema evaluates for a row that is written calls a function that reads or writes rows of several tenants.
    MixedEvaluation {
        /// The expression, such as "the default of `n`".
        what: String,
    },
    /// The answer is not in the text.
    Unresolved {
        /// What hides it, as a noun phrase.
        what: String,
    },
    /// A statement that takes all rows of a table: TRUNCATE, COPY, CREATE TABLE AS.
    WholeTable {
        /// The statement's word.
        what: &'static str,
    },
}

/// How rows escape a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Another arm of an OR does not carry it.
    OrArm,
    /// It is negated.
    Negation,
    /// It stands in the ON of an outer join and concerns the preserved side.
    OuterJoinSide,
    /// Under a comparison that does not give equality (`<>`, `>=`, LIKE, a cast that loses information).
    NotEquality,
}

/// A term taken for the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantTerm {
    /// A parameter.
    Param(ParamId),
    /// A configured session expression, as written.
    Session(String),
}

/// How a table occurrence can be read (INDEXING.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessClass {
    /// An index has a condition on its first key.
    Seek,
    /// A partial index whose predicate is implied can be read whole.
    PartialOnly,
    /// An index can only deliver an order.
    OrderOnly,
    /// There are predicates and nothing serves them.
    None,
    /// Nothing restricts the table.
    NoPredicate,
}

impl AccessClass {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            AccessClass::Seek => "seek",
            AccessClass::PartialOnly => "partial-only",
            AccessClass::OrderOnly => "order-only",
            AccessClass::None => "none",
            AccessClass::NoPredicate => "no-predicate",
        }
    }
}

/// Coverage of one occurrence of a base table. Errs towards `None`: what is called covered, PostgreSQL can serve.
#[derive(Clone, Debug)]
pub struct Access {
    /// The occurrence.
    pub occ: OccId,
    /// The class.
    pub class: AccessClass,
    /// Indexes that serve it, best first. Where only several together do (OR), those.
    pub indexes: Vec<IndexUse>,
    /// Conjuncts that no condition of the best index covers, as places in the text.
    pub residual: Vec<Span>,
    /// Columns that the predicates on this occurrence name, in order of appearance.
    pub predicate_columns: Vec<ColumnIx>,
    /// Whether an ORDER BY needs a sort with the best index; absent where there is no ORDER BY over this table.
    pub sort_needed: Option<bool>,
    /// Whether only the first rows of that order are wanted (LIMIT).
    pub limited: bool,
    /// Whether a btree on this table could deliver that order, and it is one of rows, not of groups.
    pub orderable: bool,
    /// Whether some index that is searched, or has only rows of its predicate, delivers that order, the best one or not; any
    /// index where no btree is searched.
    pub ordered: bool,
    /// Whether some index delivers that order, be it read whole.
    pub readable: bool,
    /// Columns by which that order sorts, first to last; empty where it is not orderable.
    pub order: Vec<ColumnIx>,
    /// Whether a unique key is fixed by equalities: at most one row.
    pub unique: bool,
    /// Whether a unique key is fixed by equalities and lists: at most one row for each combination of their values.
    pub listed: bool,
    /// Whether some predicate needs no other table of its block.
    pub local: bool,
    /// Predicates that join it to other occurrences, as places in the text.
    pub joins: Vec<(OccId, Span)>,
    /// Occurrences whose rows give the values with which an index of this one is searched.
    pub probes: Vec<OccId>,
    /// Why predicates are not served, where the class is not `Seek`.
    pub missed: Vec<Missed>,
    /// Every index that some plan can use, ascending: to search it, to read it whole, or for the order.
    pub usable: Vec<IndexId>,
    /// Indexes that PostgreSQL rejects and that would serve what nothing else serves.
    pub rejected: Vec<IndexId>,
    /// What row security takes away from that, for roles that policies hold for.
    pub barred: Option<Barred>,
}

/// A search of an index that is not made under row security: its condition may not be evaluated before the policies'.
#[derive(Clone, Debug)]
pub struct Barred {
    /// The index.
    pub index: IndexId,
    /// The condition, bytes of the fragment.
    pub span: Span,
    /// What in it is not leakproof.
    pub leak: Leak,
    /// The index that is searched instead, by other conditions of the statement.
    pub instead: Option<IndexId>,
}

/// What is not leakproof in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leak {
    /// An operator.
    Operator {
        /// Its symbol.
        name: String,
        /// The type of its left operand.
        left: Type,
        /// The type of its right operand.
        right: Type,
    },
    /// A function.
    Function(String),
    /// A cast.
    Cast {
        /// From this type.
        from: Type,
        /// To this type.
        to: Type,
    },
    /// A subquery over columns of the row.
    Subquery,
}

/// One index that serves an occurrence.
#[derive(Clone, Debug)]
pub struct IndexUse {
    /// The index.
    pub index: IndexId,
    /// Positions of its keys that have a condition, ascending.
    pub keys: Vec<usize>,
    /// Positions of the keys that limit the range read.
    pub bound: Vec<usize>,
    /// Key columns without a condition that its predicate speaks about.
    pub implied: Vec<ColumnIx>,
    /// Whether it delivers the ORDER BY.
    pub delivers_order: bool,
    /// Whether an index-only scan is possible.
    pub index_only: bool,
}

/// A predicate or index that comes to nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The predicate, bytes of the fragment; empty where it is about an index alone.
    pub span: Span,
    /// The columns that it names.
    pub columns: Vec<ColumnIx>,
    /// The index that would serve, were it not for this.
    pub index: Option<IndexId>,
    /// Why.
    pub why: MissReason,
}

/// Why a predicate is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// The index is partial and its predicate does not follow from the query.
    Predicate {
        /// Members of the predicate that do not follow, bytes of the predicate's fragment.
        missing: Vec<Span>,
        /// Whether the value of a parameter could make it follow, in a plan made for that value.
        custom_plan: bool,
    },
    /// Its column is inside a function call.
    Function {
        /// The function.
        name: String,
    },
    /// Its column is cast, by the query or by operator resolution.
    Cast {
        /// To this type.
        to: Type,
    },
    /// Its column is an operand of another operator.
    Arithmetic {
        /// The operator.
        operator: String,
    },
    /// A pattern that begins with a wildcard, or a regular expression without a fixed beginning.
    LeadingWildcard,
    /// A pattern that is not known when the query is planned.
    PatternNotConstant,
    /// A pattern without regard to case.
    PatternCase,
    /// The index's collation does not sort by bytes, so that a prefix is no range of it.
    PatternCollation,
    /// The comparison's collation is not the index's.
    Collation,
    /// The operator class of the index does not have the operator, for these types.
    OperatorClass {
        /// The operator.
        operator: String,
    },
    /// `<>`, NOT IN, NOT LIKE and the like.
    Negation,
    /// IS [NOT] DISTINCT FROM.
    DistinctFrom,
    /// The value to compare with depends on a column of the same table.
    OwnColumn,
    /// The value to compare with may change from row to row.
    Volatile,
    /// `$1 IS NULL OR column = $1`.
    Optional,
    /// `value = ANY (column)`.
    ArrayMember,
    /// An arm of an OR that nothing serves.
    OrArm,
    /// A condition on a later key of the index alone.
    NotLeading,
}
