//! The bound model of a statement: every column occurrence knows its table, every subquery its scope. Two readers
//! share it: `prove::tenancy` and `prove::access`. It holds no text of the parser and none of its types.
//!
//! Names are resolved as PostgreSQL resolves them (manual 4.2, 7.2, 7.8): scopes, aliases, USING and NATURAL merged
//! columns, LATERAL visibility, CTE shadowing, `excluded`. What the binder lowers away:
//!
//! - USING and NATURAL become ON conditions; a merged column is the left one, the right one (RIGHT JOIN), or
//!   `coalesce(left, right)` (FULL JOIN).
//! - `*` and `t.*` are expanded. GROUP BY and ORDER BY ordinals and output names are replaced by their expressions.
//! - Named windows are resolved into their calls. `x AT TIME ZONE z` is `timezone(z, x)`, `EXTRACT(f FROM x)` is
//!   `extract('f', x)`, `TRIM(x)` is `btrim(x)`, and so on: keyword syntax becomes the call that it stands for.
//! - A view is bound anew at each use, as a derived table that knows the view it came from.
//! - AND and OR are flattened.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::schema::catalog::{ColumnIx, FunctionId, RelId, Volatility};
use crate::schema::types::Type;
use crate::source::{Fragment, Span};

pub use crate::syntax::{Spliced, SplicedRole};

/// An occurrence of a relation in a statement, an index into [`BoundStatement::occurrences`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OccId(pub u32);

/// A WITH query of a statement, an index into [`BoundStatement::ctes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CteId(pub u32);

/// A parameter of a statement, an index into [`BoundStatement::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u32);

/// A statement bound to a catalog. All spans are bytes of `fragment`'s text; those of expressions and occurrences
/// inside an expanded view are the span of the view's own occurrence in this statement.
#[derive(Clone, Debug)]
pub struct BoundStatement {
    /// The text it stands in.
    pub fragment: Arc<Fragment>,
    /// The statement without its semicolon.
    pub span: Span,
    /// What it does.
    pub body: Body,
    /// Every occurrence of a relation: in order of appearance, but FROM before the other expressions of its block.
    pub occurrences: Vec<Occurrence>,
    /// Every WITH query.
    pub ctes: Vec<Cte>,
    /// Every parameter, each name once.
    pub params: Vec<Param>,
    /// What is not visible, and where: holes, unknown relations, unsupported clauses. Not empty means that a verdict
    /// that depends on it is unknown.
    pub gaps: Vec<Gap>,
    /// The holes of the fragment that stand in this statement.
    pub spliced: Vec<Spliced>,
    /// OLD and NEW of the trigger whose function this is in, and its transition tables.
    pub trigger_rows: Vec<TriggerRow>,
    /// Whether the policies of tables count, since it runs as a role that is subject to them.
    pub trusts_row_security: bool,
    /// Whether the function that it stands in changes settings of the session.
    pub sets_session: bool,
    /// Parameters of it that are variables of the function that it stands in: what they hold is not followed.
    pub variables: BTreeSet<ParamId>,
}

impl BoundStatement {
    /// Its text, with what a program splices into it as written there, in braces.
    pub fn text(&self) -> String {
        let text = self.fragment.text.get(self.span.range()).unwrap_or_default();
        self.fragment.readable(text.to_owned())
    }
}

/// OLD or NEW in the function of a trigger, or a transition table: rows of the table which the statement that fires the
/// trigger reads or writes (manual 39.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerRow {
    /// Its occurrence.
    pub occ: OccId,
    /// The tables of the triggers that call the function.
    pub tables: Vec<RelId>,
    /// Columns that the function itself gives values to; `*` for all of them.
    pub assigned: BTreeSet<String>,
    /// Whether a row of the table with the same key is this very row. A row that BEFORE INSERT sees is not there yet.
    pub stored: bool,
    /// Whether it is a transition table, which stands in FROM.
    pub transition: bool,
}

impl TriggerRow {
    /// Whether the function gives a column a value of its own.
    pub fn assigns(&self, column: &str) -> bool {
        self.assigned.contains("*") || self.assigned.contains(column)
    }
}

impl BoundStatement {
    /// The OLD, NEW or transition table that an occurrence is.
    pub fn trigger_row(&self, occ: OccId) -> Option<&TriggerRow> {
        self.trigger_rows.iter().find(|row| row.occ == occ)
    }
}

/// Something of a statement that the binder could not see or does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where.
    pub span: Span,
    /// What, as a noun phrase: "the spliced text `filters`", "the unknown table `x`".
    pub what: String,
    /// How it hides things.
    pub kind: GapKind,
}

/// Kinds of gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// A relation that the catalog does not have.
    UnknownTable,
    /// A column that no visible relation has.
    UnknownColumn,
    /// Text spliced in at run time.
    Hole,
    /// Syntax that the binder does not model.
    Unsupported,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub enum Body {
    /// SELECT, VALUES, TABLE, and what looks through to one (EXPLAIN, DECLARE CURSOR, PREPARE).
    Query(Box<Query>),
    /// INSERT.
    Insert(Box<Insert>),
    /// UPDATE.
    Update(Box<Update>),
    /// DELETE.
    Delete(Box<Delete>),
    /// MERGE.
    Merge(Box<Merge>),
    /// TRUNCATE of these targets.
    Truncate(Vec<OccId>),
    /// COPY table TO or FROM.
    Copy {
        /// The table.
        target: OccId,
        /// TO: rows leave the database.
        to: bool,
    },
    /// CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW run as a statement, COPY (query) TO.
    Export {
        /// What is stored or copied.
        query: Box<Query>,
        /// The word for it, such as `CREATE TABLE AS`.
        what: &'static str,
    },
    /// CALL, DO or another statement that holds expressions but reads no relation by itself.
    Expressions(Vec<Expr>),
    /// SET of a setting of one's own (`app.tenant`).
    Set {
        /// Its name, lower case.
        name: String,
        /// The name's bytes.
        at: Span,
        /// LOCAL: until the transaction ends.
        local: bool,
    },
    /// Nothing that an analysis of queries reads (DDL, BEGIN, ...).
    Utility,
}

/// A query with what surrounds its body.
#[derive(Clone, Debug)]
pub struct Query {
    /// WITH queries declared here, in order.
    pub with: Vec<CteId>,
    /// The rows.
    pub body: SetExpr,
    /// ORDER BY.
    pub order_by: Vec<OrderBy>,
    /// LIMIT or FETCH FIRST; `LIMIT ALL` and `LIMIT NULL` are absent.
    pub limit: Option<Expr>,
    /// FETCH ... WITH TIES.
    pub with_ties: bool,
    /// OFFSET.
    pub offset: Option<Expr>,
    /// Whether FOR UPDATE, FOR SHARE or the like locks rows.
    pub locks: bool,
    /// Names and types of its output columns.
    pub columns: Vec<OutColumn>,
    /// Its text.
    pub span: Span,
}

/// An output column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutColumn {
    /// Name, folded; PostgreSQL's invented name where none is given.
    pub name: String,
    /// Type.
    pub ty: Type,
}

/// The body of a query.
#[derive(Clone, Debug)]
pub enum SetExpr {
    /// SELECT.
    Select(Box<Select>),
    /// UNION, INTERSECT, EXCEPT.
    SetOp {
        /// Which.
        op: SetOp,
        /// ALL: duplicates stay.
        all: bool,
        /// First arm.
        left: Box<Query>,
        /// Second arm.
        right: Box<Query>,
    },
    /// VALUES: rows of equal length.
    Values(Vec<Vec<Expr>>),
    /// A query in parentheses with clauses of its own.
    Nested(Box<Query>),
}

/// Set operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOp {
    /// UNION.
    Union,
    /// INTERSECT.
    Intersect,
    /// EXCEPT.
    Except,
}

/// One SELECT block.
#[derive(Clone, Debug)]
pub struct Select {
    /// DISTINCT.
    pub distinct: Distinct,
    /// FROM, comma items in order.
    pub from: Vec<From>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// Present when the block aggregates (GROUP BY, HAVING, or an aggregate call).
    pub grouping: Option<Grouping>,
    /// HAVING.
    pub having: Option<Expr>,
    /// Output columns.
    pub output: Vec<Output>,
    /// Whether some expression of it calls a window function.
    pub windowed: bool,
    /// Whether the select list calls a set-returning function.
    pub set_returning: bool,
    /// The SELECT keyword.
    pub span: Span,
}

/// DISTINCT of a block.
#[derive(Clone, Debug)]
pub enum Distinct {
    /// None.
    No,
    /// DISTINCT.
    Yes,
    /// DISTINCT ON.
    On(Vec<Expr>),
}

/// Grouping of an aggregating block.
#[derive(Clone, Debug, Default)]
pub struct Grouping {
    /// Terms that are in every grouping set.
    pub keys: Vec<Expr>,
    /// Terms that are in some grouping sets only (ROLLUP, CUBE, GROUPING SETS): NULL in the others.
    pub partial: Vec<Expr>,
    /// Whether some grouping set is empty: then a row comes out of no input row. True without GROUP BY.
    pub empty_set: bool,
    /// Whether there is a GROUP BY at all.
    pub explicit: bool,
}

/// An output column with its expression. One named `*` stands for all columns of a relation of unknown shape, or for
/// spliced text that may be any number of columns.
#[derive(Clone, Debug)]
pub struct Output {
    /// Name, folded.
    pub name: String,
    /// Value.
    pub expr: Expr,
}

/// An item of FROM.
#[derive(Clone, Debug)]
pub enum From {
    /// A relation.
    Item(OccId),
    /// A join.
    Join(Box<Join>),
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    /// Kind.
    pub kind: JoinKind,
    /// Left side.
    pub left: From,
    /// Right side.
    pub right: From,
    /// ON, or what USING and NATURAL mean; absent for CROSS and for NATURAL without common columns.
    pub on: Option<Expr>,
    /// Whether `on` was written as USING or NATURAL.
    pub merged: bool,
    /// Where a further condition for this join can be written: the end of its ON condition or, for none, of its item.
    pub span: Span,
}

/// Kinds of joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// INNER and CROSS.
    Inner,
    /// LEFT.
    Left,
    /// RIGHT.
    Right,
    /// FULL.
    Full,
}

/// An occurrence of a relation.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The name by which its columns are addressed, folded.
    pub alias: String,
    /// The relation's name as written, one token (the last of a qualified name; `(` of a derived table).
    pub span: Span,
    /// The alias's token, where one is written.
    pub alias_span: Option<Span>,
    /// What it is.
    pub source: Source,
    /// Columns: for a base table one for each catalog column, in catalog order (dropped ones too), under the names that
    /// the alias gives them. Columns that a relation of unknown shape was seen to have are added behind.
    pub columns: Vec<OutColumn>,
    /// ONLY.
    pub only: bool,
    /// Whether it may refer to items left of it (LATERAL, or a function).
    pub lateral: bool,
    /// TABLESAMPLE.
    pub sampled: bool,
    /// The occurrence, in this statement's own text, of the view that this one is part of.
    pub via_view: Option<OccId>,
    /// What row-level security lets the statement see of the table and write into it, where it is trusted.
    pub row_security: Option<Box<RowSecurity>>,
}

/// The conditions that the policies of a table add to its use (manual: CREATE POLICY, "Policies Applied by Command
/// Type"). A condition that is absent is not added.
#[derive(Clone, Debug, Default)]
pub struct RowSecurity {
    /// Holds of each row that is read, or that a write changes: USING.
    pub using: Option<Expr>,
    /// Holds of each new row that INSERT adds: WITH CHECK.
    pub inserted: Option<Expr>,
    /// Holds of each row after UPDATE: WITH CHECK.
    pub updated: Option<Expr>,
}

impl RowSecurity {
    /// All of its conditions.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        self.using.iter().chain(&self.inserted).chain(&self.updated)
    }
}

/// What an occurrence is.
#[derive(Clone, Debug)]
pub enum Source {
    /// A base table, also of a partition or foreign table, or a materialized view.
    Table(RelId),
    /// A view with its definition bound anew; absent where it could not be read.
    View {
        /// The view.
        view: RelId,
        /// Its definition.
        query: Option<Box<Query>>,
    },
    /// A WITH query.
    Cte(CteId),
    /// A subquery in FROM.
    Derived(Box<Query>),
    /// A function call, or several (ROWS FROM).
    Function {
        /// The calls.
        calls: Vec<Call>,
        /// WITH ORDINALITY adds a last column.
        ordinality: bool,
    },
    /// A relation of a system catalog or extension, or a temporary table, by qualified name.
    System(String),
    /// A call, in an expression, of a function of the schema or of one that is not known: no item of FROM, but a place
    /// at which tables may be read.
    Call(Option<FunctionId>),
    /// EXCLUDED, OLD, NEW or a row variable: a tuple with the columns of that table, not a row of it.
    Tuple(Option<RelId>),
    /// A relation that is not known, or a spliced name; the text as written.
    Unknown(String),
}

/// A WITH query.
#[derive(Clone, Debug)]
pub struct Cte {
    /// Name, folded.
    pub name: String,
    /// The name's token.
    pub span: Span,
    /// Names and types of its columns.
    pub columns: Vec<OutColumn>,
    /// Its definition.
    pub body: CteBody,
    /// Whether it refers to itself.
    pub recursive: bool,
    /// MATERIALIZED (`Some(true)`), NOT MATERIALIZED (`Some(false)`).
    pub materialized: Option<bool>,
    /// How many occurrences name it.
    pub references: u32,
}

/// What a WITH query does.
#[derive(Clone, Debug)]
pub enum CteBody {
    /// A query.
    Query(Box<Query>),
    /// INSERT, UPDATE, DELETE or MERGE, with RETURNING or not.
    Modify(Box<Body>),
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// What tells it from others.
    pub name: ParamName,
    /// Its first appearance.
    pub span: Span,
    /// The host-language expression bound to it, where visible.
    pub bound_to: Option<String>,
}

/// A parameter's identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ParamName {
    /// `$1`, `?1`.
    Numbered(u32),
    /// `:name`, `%(name)s`, `@name`, `sqlc.arg(name)`, `#{name}`, a variable of PL/pgSQL.
    Named(String),
    /// `?`, `%s`: the nth of its statement, from 0.
    Anonymous(u32),
}

/// INSERT.
#[derive(Clone, Debug)]
pub struct Insert {
    /// WITH queries declared here.
    pub with: Vec<CteId>,
    /// The table; in ON CONFLICT the existing row, in RETURNING the new one.
    pub target: OccId,
    /// Columns that get a value, in the order of the source's columns; those before the first that is not known.
    pub columns: Vec<ColumnIx>,
    /// The rows; absent for DEFAULT VALUES.
    pub source: Option<Query>,
    /// ON CONFLICT, ON DUPLICATE KEY.
    pub on_conflict: Option<OnConflict>,
    /// RETURNING.
    pub returning: Vec<Output>,
}

/// ON CONFLICT.
#[derive(Clone, Debug)]
pub struct OnConflict {
    /// Which keys count.
    pub target: ConflictTarget,
    /// The EXCLUDED tuple.
    pub excluded: OccId,
    /// DO UPDATE; absent for DO NOTHING.
    pub update: Option<ConflictUpdate>,
    /// The ON token.
    pub span: Span,
}

/// DO UPDATE SET ... WHERE.
#[derive(Clone, Debug)]
pub struct ConflictUpdate {
    /// SET.
    pub set: Vec<Assignment>,
    /// WHERE.
    pub filter: Option<Expr>,
}

/// The conflict target.
#[derive(Clone, Debug)]
pub enum ConflictTarget {
    /// None: every unique index and exclusion constraint.
    Any,
    /// Columns or expressions over the target, with the predicate that infers a partial index.
    Keys {
        /// Columns or expressions.
        keys: Vec<Expr>,
        /// WHERE.
        predicate: Option<Expr>,
    },
    /// ON CONSTRAINT name.
    Constraint(String),
}

/// One SET.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The columns of the target; several for `(a, b) = ...`.
    pub columns: Vec<ColumnIx>,
    /// The value; for several columns a row, or a subquery with as many columns.
    pub value: Expr,
    /// Whether only a part of the column is set (`a[1] = ...`, `a.f = ...`).
    pub partial: bool,
    /// The first column's token.
    pub span: Span,
}

/// UPDATE.
#[derive(Clone, Debug)]
pub struct Update {
    /// WITH queries declared here.
    pub with: Vec<CteId>,
    /// The table.
    pub target: OccId,
    /// SET.
    pub set: Vec<Assignment>,
    /// FROM.
    pub from: Vec<From>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// RETURNING.
    pub returning: Vec<Output>,
}

/// DELETE.
#[derive(Clone, Debug)]
pub struct Delete {
    /// WITH queries declared here.
    pub with: Vec<CteId>,
    /// The table.
    pub target: OccId,
    /// USING.
    pub using: Vec<From>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// RETURNING.
    pub returning: Vec<Output>,
}

/// MERGE.
#[derive(Clone, Debug)]
pub struct Merge {
    /// WITH queries declared here.
    pub with: Vec<CteId>,
    /// INTO.
    pub target: OccId,
    /// USING.
    pub source: From,
    /// ON.
    pub on: Expr,
    /// WHEN clauses, in order.
    pub arms: Vec<MergeArm>,
    /// RETURNING.
    pub returning: Vec<Output>,
}

/// WHEN ... THEN of a MERGE.
#[derive(Clone, Debug)]
pub struct MergeArm {
    /// Which rows it takes.
    pub when: MergeWhen,
    /// AND condition.
    pub filter: Option<Expr>,
    /// What it does.
    pub action: MergeAction,
    /// The WHEN token.
    pub span: Span,
}

/// Rows that an arm of a MERGE takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeWhen {
    /// MATCHED.
    Matched,
    /// NOT MATCHED [BY TARGET].
    NotMatched,
    /// NOT MATCHED BY SOURCE.
    NotMatchedBySource,
}

/// What an arm of a MERGE does.
#[derive(Clone, Debug)]
pub enum MergeAction {
    /// INSERT (columns) VALUES (values); absent values for DEFAULT VALUES.
    Insert {
        /// Columns.
        columns: Vec<ColumnIx>,
        /// Values.
        values: Vec<Expr>,
    },
    /// UPDATE SET.
    Update(Vec<Assignment>),
    /// DELETE.
    Delete,
    /// DO NOTHING.
    Nothing,
}

/// ORDER BY element.
#[derive(Clone, Debug)]
pub struct OrderBy {
    /// What to sort by.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (the default with DESC).
    pub nulls_first: bool,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Type, unknown where not known.
    pub ty: Type,
    /// Where; may be empty where the text gives no exact range.
    pub span: Span,
}

/// Comparison operators of the btree family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompareOp {
    /// `=`.
    Eq,
    /// `<>`.
    NotEq,
    /// `<`.
    Lt,
    /// `<=`.
    LtEq,
    /// `>`.
    Gt,
    /// `>=`.
    GtEq,
}

/// Truth values tested by IS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// IS TRUE.
    True,
    /// IS FALSE.
    False,
    /// IS UNKNOWN.
    Unknown,
}

/// Pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LikeKind {
    /// LIKE, `~~`.
    Like,
    /// ILIKE, `~~*`.
    ILike,
    /// SIMILAR TO.
    Similar,
    /// `~`.
    Regex,
    /// `~*`.
    IRegex,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// NULL.
    Null,
    /// true or false.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A string's content.
    String(String),
    /// Anything else (bit strings, ...), as written.
    Other(String),
}

/// Kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A column of an occurrence; of this block or of an enclosing one.
    Column {
        /// The occurrence.
        occ: OccId,
        /// The column, an index into the occurrence's columns.
        column: ColumnIx,
    },
    /// `ctid`, `tableoid`, `xmin`, ...
    SystemColumn {
        /// The occurrence.
        occ: OccId,
        /// Its name.
        name: String,
    },
    /// A whole row as a value (`t`, `to_jsonb(t)`).
    WholeRow(OccId),
    /// An output column of the set operation that is being sorted.
    OutputColumn(u32),
    /// A parameter.
    Param(ParamId),
    /// A constant.
    Literal(Literal),
    /// DEFAULT, in VALUES or SET.
    Default,
    /// Text spliced in at run time.
    Hole(String),
    /// AND, flattened, at least two.
    And(Vec<Expr>),
    /// OR, flattened, at least two.
    Or(Vec<Expr>),
    /// NOT.
    Not(Box<Expr>),
    /// A comparison; both sides may be rows of equal length.
    Compare {
        /// Operator.
        op: CompareOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// IS [NOT] DISTINCT FROM.
    Distinct {
        /// IS NOT DISTINCT FROM.
        negated: bool,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// IS [NOT] NULL.
    IsNull {
        /// IS NOT NULL.
        negated: bool,
        /// Operand.
        expr: Box<Expr>,
    },
    /// IS [NOT] TRUE, FALSE, UNKNOWN.
    IsTruth {
        /// Which.
        value: Truth,
        /// IS NOT.
        negated: bool,
        /// Operand.
        expr: Box<Expr>,
    },
    /// [NOT] BETWEEN [SYMMETRIC].
    Between {
        /// NOT.
        negated: bool,
        /// SYMMETRIC.
        symmetric: bool,
        /// Operand.
        expr: Box<Expr>,
        /// Lower bound.
        low: Box<Expr>,
        /// Upper bound.
        high: Box<Expr>,
    },
    /// [NOT] IN (list).
    InList {
        /// NOT.
        negated: bool,
        /// Operand, a row where members are rows.
        expr: Box<Expr>,
        /// Members.
        list: Vec<Expr>,
    },
    /// [NOT] IN (query).
    InQuery {
        /// NOT.
        negated: bool,
        /// Operand, a row where the query has several columns.
        expr: Box<Expr>,
        /// The query.
        query: Box<Query>,
    },
    /// `expr op ANY (array)`, `expr op ALL (array)`.
    Quantified {
        /// Operator as written: `=`, `<>`, `~~`, ...
        op: String,
        /// ALL.
        all: bool,
        /// Operand.
        expr: Box<Expr>,
        /// The array.
        array: Box<Expr>,
    },
    /// `expr op ANY (query)`, `expr op ALL (query)`.
    QuantifiedQuery {
        /// Operator as written.
        op: String,
        /// ALL.
        all: bool,
        /// Operand.
        expr: Box<Expr>,
        /// The query.
        query: Box<Query>,
    },
    /// EXISTS.
    Exists(Box<Query>),
    /// A scalar subquery (or, on the right of a row, one of several columns).
    Subquery(Box<Query>),
    /// ARRAY(query).
    ArrayQuery(Box<Query>),
    /// A pattern match.
    Like {
        /// Kind.
        kind: LikeKind,
        /// NOT.
        negated: bool,
        /// Operand.
        expr: Box<Expr>,
        /// Pattern.
        pattern: Box<Expr>,
        /// ESCAPE.
        escape: Option<String>,
    },
    /// Any other operator, one or two operands, by its symbol.
    Operator {
        /// Symbol as written, without schema: `+`, `||`, `->>`, `@>`, ...
        name: String,
        /// Operands.
        args: Vec<Expr>,
    },
    /// A function call.
    Call(Box<Call>),
    /// A cast to this expression's type.
    Cast(Box<Expr>),
    /// COLLATE.
    Collate {
        /// Operand.
        expr: Box<Expr>,
        /// Collation as written, without schema.
        collation: String,
    },
    /// CASE.
    Case {
        /// Operand of the simple form.
        operand: Option<Box<Expr>>,
        /// WHEN, THEN.
        arms: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
    /// ROW(...) or (a, b).
    Row(Vec<Expr>),
    /// ARRAY[...].
    Array(Vec<Expr>),
    /// `(expr).field`.
    Field {
        /// A composite value.
        expr: Box<Expr>,
        /// The field, folded.
        name: String,
    },
    /// `expr[index]` and slices.
    Subscript {
        /// An array or jsonb value.
        expr: Box<Expr>,
        /// The index expressions.
        index: Vec<Expr>,
    },
    /// A name that could not be resolved.
    Unresolved(String),
    /// Syntax that the binder does not model; its parts are kept so that no subquery is lost.
    Unsupported {
        /// What it is.
        what: String,
        /// Expressions inside.
        parts: Vec<Expr>,
    },
}

/// What a called function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// One value from its arguments.
    Scalar,
    /// An aggregate.
    Aggregate,
    /// A window function, or an aggregate with OVER.
    Window,
    /// A set of rows from its arguments.
    SetReturning,
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name without `pg_catalog`, folded; `schema.name` where another schema is written.
    pub name: String,
    /// The name's token.
    pub span: Span,
    /// What it is.
    pub kind: CallKind,
    /// A function of the catalog.
    pub function: Option<FunctionId>,
    /// The occurrence that stands for it, where it is called in an expression and may read tables.
    pub site: Option<OccId>,
    /// Whether the name is one of PostgreSQL's or a known extension's that reads no table of the project.
    pub known: bool,
    /// Volatility.
    pub volatility: Volatility,
    /// Whether a NULL argument makes the result NULL.
    pub strict: bool,
    /// Arguments.
    pub args: Vec<Expr>,
    /// `f(*)`.
    pub star: bool,
    /// DISTINCT in an aggregate.
    pub distinct: bool,
    /// FILTER (WHERE ...).
    pub filter: Option<Expr>,
    /// ORDER BY in an aggregate, or WITHIN GROUP.
    pub order_by: Vec<OrderBy>,
    /// OVER.
    pub over: Option<Window>,
}

/// A window definition with names resolved.
#[derive(Clone, Debug)]
pub struct Window {
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderBy>,
}

impl BoundStatement {
    /// The occurrence of that id.
    pub fn occurrence(&self, id: OccId) -> &Occurrence {
        &self.occurrences[id.0 as usize]
    }

    /// The WITH query of that id.
    pub fn cte(&self, id: CteId) -> &Cte {
        &self.ctes[id.0 as usize]
    }

    /// The parameter of that id.
    pub fn param(&self, id: ParamId) -> &Param {
        &self.params[id.0 as usize]
    }
}
