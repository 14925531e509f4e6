//! SQL text to statements, with recovery. The only owner of sqlparser: splitting, token pre-pass, parsing, ranges.

mod bounds;
mod command;
mod cursor;
mod dialect;
mod head;
mod lexer;
mod literal;
mod parse;
mod plpgsql;
mod positions;
mod prepare;
mod privilege;
mod program;
mod quoted;
mod repeat;
mod reserved;
mod split;
mod token;

use std::sync::Arc;

use crate::source::{Fragment, Span};

pub use crate::source::HOLE_PREFIX;
pub use command::{Command, Fires, FunctionPath, ObjectKind};
pub use literal::literal_fragment;
pub use parse::{comments, heads, parse, parse_expr, placeholders};
pub use plpgsql::{
    Embedded, Execution, Origin, Place, Routine, Splice, Using, Variable, VariableKind, plpgsql,
};
pub use positions::Positions;
pub use privilege::Securable;
pub use quoted::{mentions_runner, quoted};

/// sqlparser's tree, for the two places that lower it: `schema/replay` and `query/lower`.
pub mod ast {
    pub use sqlparser::ast::*;
}

/// Which grammar SQL is read with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, the default.
    #[default]
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

/// One statement of a fragment.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Bytes of the fragment's text, from the first token to the last, without the semicolon.
    pub span: Span,
    /// The words that name it, upper case: `SELECT`, `CREATE INDEX`.
    pub head: String,
    /// What could be made of it.
    pub body: Body,
    /// Clauses that the parser does not keep.
    pub clauses: Clauses,
    /// Byte positions of sqlparser's line and column numbers.
    pub positions: Arc<Positions>,
    /// Comments before, inside and behind it on its line, from tokens, never from inside strings.
    pub comments: Vec<Comment>,
}

/// What a statement was read as.
#[derive(Clone, Debug)]
pub enum Body {
    /// Parsed; every effect is visible.
    Parsed(Arc<ast::Statement>),
    /// A statement that the parser does not know, read by a reader of our own.
    Command(Command),
    /// A known head whose statement has no effect on any analysis; or an INSERT of constants that many before it are
    /// like, of which [`Clauses::rows_cut`] tells.
    Recognised,
    /// A statement whose whole text is put together at run time; [`Clauses::holes`] has the expression.
    Spliced,
    /// Not understood, and reported.
    Unparsed {
        /// Why, one lowercase sentence.
        message: String,
        /// The token at which it failed, in bytes of the fragment.
        at: Span,
    },
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Bytes of the fragment's text, delimiters included.
    pub span: Span,
    /// Text without delimiters, trimmed.
    pub text: String,
}

/// What a statement says beside its tree: clauses that the parser does not know were taken out of it, or replaced by
/// others that mean the same. Names of the tree that start with `sqlmoat_` stand for what is recorded here.
#[derive(Clone, Debug, Default)]
pub struct Clauses {
    /// Conflict targets with expressions or a predicate; the tree has one column named [`CONFLICT_PREFIX`] and an index
    /// into this list in their place.
    pub conflict_targets: Vec<ConflictTarget>,
    /// Spans of table names that `ONLY` precedes, qualified names as a whole.
    pub only: Vec<Span>,
    /// Text spliced in by a template: an identifier of the tree, or text that is in no tree.
    pub holes: Vec<SplicedText>,
    /// The holes of the fragment that stand in this statement, with what each stands for.
    pub spliced: Vec<Spliced>,
    /// Rows of a long VALUES list that are not in the tree.
    pub rows_cut: Option<RowsCut>,
    /// Columns of SET or of INSERT of which only a part is set (`a[1] = ..`, `a.f = ..` in INSERT): the column's token.
    pub partial_targets: Vec<Span>,
    /// Parenthesised expressions that `.*` behind them expanded: parentheses included.
    pub expanded: Vec<Span>,
    /// Columns that SEARCH and CYCLE add to a WITH query.
    pub added_columns: Vec<AddedColumns>,
    /// Elements of CREATE TABLE or ALTER TABLE ADD, and words of queries, that PostgreSQL would reject.
    pub odd_elements: Vec<OddElement>,
    /// LIKE elements of CREATE TABLE, which are not in the tree.
    pub likes: Vec<LikeElement>,
    /// Columns of `NOT NULL column` constraints, which are not in the tree.
    pub not_null: Vec<ast::Ident>,
    /// Columns declared `UNIQUE NULLS NOT DISTINCT`; the tree has UNIQUE alone.
    pub nulls_not_distinct: Vec<ast::Ident>,
    /// Columns of `ON DELETE SET NULL (columns)` and its like, which are not in the tree.
    pub action_columns: Vec<ActionColumns>,
    /// `CREATE TABLE name (columns) AS query`.
    pub column_names: Vec<ast::Ident>,
    /// `CREATE TABLE name OF type`: the columns are the type's.
    pub of_type: Option<ast::ObjectName>,
    /// Actions of an ALTER TABLE that are commands; they apply behind those of the tree.
    pub commands: Vec<Command>,
    /// WITH CHECK OPTION of a view, in either form.
    pub check_option: bool,
    /// `security_invoker` of a view, where it is said.
    pub security_invoker: Option<bool>,
    /// NOT NULL of a domain.
    pub domain_not_null: bool,
    /// The tree is that of a function, but it is a procedure.
    pub procedure: bool,
    /// Statements between BEGIN ATOMIC and END; the tree has an empty body.
    pub atomic_body: Option<Span>,
    /// A constraint of the table says ON CONFLICT REPLACE (SQLite): a row that it meets is deleted for the new one.
    pub replaces_conflicts: bool,
    /// A comment that MySQL runs as part of the statement (`/*! ... */`).
    pub run_comment: Option<Span>,
    /// Names of clauses that were removed and matter to no analysis yet.
    pub removed: Vec<(Span, &'static str)>,
}

/// How the made-up column of a conflict target starts that stands for one of [`Clauses::conflict_targets`].
pub const CONFLICT_PREFIX: &str = "sqlmoat_conflict_";

/// The made-up function that stands for `ROWS FROM`: its arguments are the calls.
pub const ROWS_FROM: &str = "sqlmoat_rows_from";

/// The made-up function that stands for ANY or SOME behind an operator that the parser does not take there (`<@ ANY (x)`).
pub const ANY_CALL: &str = "sqlmoat_any";

/// The same for ALL.
pub const ALL_CALL: &str = "sqlmoat_all";

/// Columns that SEARCH or CYCLE adds to a WITH query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedColumns {
    /// The word SEARCH or CYCLE, directly behind the query's closing parenthesis (or behind its SEARCH).
    pub behind: Span,
    /// Names, folded, in order.
    pub columns: Vec<String>,
}

/// An element of a table, or a word of a query, that PostgreSQL would reject.
#[derive(Clone, Debug)]
pub struct OddElement {
    /// The element, or the word that is wrong in it.
    pub span: Span,
    /// The name that it declares, if any.
    pub name: Option<ast::Ident>,
    /// What is odd.
    pub kind: OddKind,
    /// The same in words; one lowercase clause unless it starts with a name.
    pub message: String,
}

/// Kinds of odd elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddKind {
    /// MySQL's INDEX or KEY in CREATE TABLE. Not in the tree.
    InlineIndex,
    /// An unquoted reserved word as a column's name. The column is in the tree unless the parser rejects it as well.
    ReservedWord,
    /// An unquoted reserved word that the tree of a query takes for a name.
    Misplaced,
    /// Not understood. Not in the tree.
    Unreadable,
}

/// `LIKE table INCLUDING ...` in CREATE TABLE.
#[derive(Clone, Debug)]
pub struct LikeElement {
    /// The element.
    pub span: Span,
    /// The table that is copied.
    pub source: ast::ObjectName,
    /// What is included beyond names, types and NOT NULL, upper case: `ALL`, `DEFAULTS`, `INDEXES`, `CONSTRAINTS`, ...
    pub including: Vec<String>,
}

/// The columns of a referential action.
#[derive(Clone, Debug)]
pub struct ActionColumns {
    /// From SET to the closing parenthesis. The foreign key is the one whose text ends last before it.
    pub span: Span,
    /// The columns.
    pub columns: Vec<ast::Ident>,
}

/// Rows of an INSERT's VALUES list that were left out of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsCut {
    /// How many rows the tree has.
    pub kept: u32,
    /// How many it lacks.
    pub dropped: u32,
    /// Whether the rows that it lacks hold nothing but literals, NULL, TRUE, FALSE and DEFAULT.
    pub constants_only: bool,
    /// From the first row that it lacks to the last, bytes of the fragment.
    pub span: Span,
}

/// Text that a template or a program splices into a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplicedText {
    /// Where, bytes of the fragment.
    pub span: Span,
    /// As written: `{{ where }}`, or the host language's expression.
    pub expression: String,
    /// The identifier that stands for it in the tree, starting with [`HOLE_PREFIX`]. None where it stands for a clause
    /// that no tree can hold: whatever it says is unknown.
    pub identifier: Option<String>,
}

/// A hole of the fragment in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spliced {
    /// Its index in [`Fragment::holes`].
    pub hole: usize,
    /// What it stands for.
    pub role: SplicedRole,
}

/// What spliced text stands for, by what is around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplicedRole {
    /// A value.
    Value,
    /// A name, or a part of one.
    Name,
    /// A clause or several, or a part of an expression.
    Clause,
}

/// The parenthesis behind `ON CONFLICT` where it is more than a list of columns.
#[derive(Clone, Debug)]
pub struct ConflictTarget {
    /// Where `ON CONFLICT` stands, bytes of the fragment.
    pub span: Span,
    /// Columns or expressions.
    pub elements: Vec<ExprHandle>,
    /// The `WHERE` of the target, which infers a partial index.
    pub predicate: Option<ExprHandle>,
}

/// An expression kept for later binding, together with what is needed to place it.
#[derive(Clone, Debug)]
pub struct ExprHandle {
    /// The tree.
    pub expr: Arc<ast::Expr>,
    /// The fragment it stands in.
    pub fragment: Arc<Fragment>,
    /// Byte positions of its statement.
    pub positions: Arc<Positions>,
    /// Bytes of the fragment.
    pub span: Span,
}

/// A query kept for later binding (a view's definition).
#[derive(Clone, Debug)]
pub struct QueryHandle {
    /// The tree.
    pub query: Arc<ast::Query>,
    /// The fragment it stands in.
    pub fragment: Arc<Fragment>,
    /// Byte positions of its statement.
    pub positions: Arc<Positions>,
    /// What the pre-pass took out of its statement.
    pub clauses: Arc<Clauses>,
    /// Bytes of the fragment.
    pub span: Span,
}
