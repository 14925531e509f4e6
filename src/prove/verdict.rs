//! The answers of the provers, in types that hold no text of the program: occurrences, defects, access paths.

use crate::query::model::{OccId, ParamId};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, IndexId};
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

/// How an occurrence of a table stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnerStatus {
    /// Its owner is the tenant.
    Tied,
    /// Its owner could not be tied.
    Untied,
    /// Nobody owns its rows.
    Global,
    /// Something that hides the answer.
    Unknown,
}

/// The proof of a statement, or why there is none.
#[derive(Clone, Debug)]
pub struct TenancyProof {
    /// The verdict.
    pub verdict: Verdict,
    /// One entry for each occurrence of a base table, view or materialized view, in order of occurrence.
    pub occurrences: Vec<(OccId, OwnerStatus)>,
    /// At most one for each occurrence: the most specific that explains why its owner is not tied.
    pub defects: Vec<Defect>,
    /// The steps of the proof in words, one a line, for occurrences that are tied.
    pub derivation: Vec<Step>,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The occurrence it is about.
    pub occ: OccId,
    /// What holds and why, in words.
    pub text: String,
    /// The predicate it rests on, bytes of the fragment; empty where it rests on a declaration.
    pub span: Span,
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
    /// The filter vanishes when a value is NULL.
    OptionalTenantFilter {
        /// The predicate.
        predicate: Span,
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
    /// A view, materialized view or function result that no filter can repair.
    MixedTenantView {
        /// Why, as a clause.
        why: String,
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
    /// Whether a btree on this table could deliver that order.
    pub orderable: bool,
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
