//! SQL text to statements, with recovery. The only owner of sqlparser: splitting, token pre-pass, parsing, ranges.

mod bounds;
mod command;
mod head;
mod lexer;
mod literal;
mod parse;
mod positions;
mod split;
mod token;

use std::sync::Arc;

use crate::source::{Fragment, Span};

pub use command::{Command, ObjectKind};
pub use literal::literal_fragment;
pub use parse::{comments, parse, parse_expr};
pub use positions::Positions;

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
    /// A known head whose statement has no effect on any analysis.
    Recognised,
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

/// What the pre-pass took out of a statement because the parser does not know it.
#[derive(Clone, Debug, Default)]
pub struct Clauses {
    /// Conflict targets with expressions or a predicate, in order of their `ON CONFLICT`.
    pub conflict_targets: Vec<ConflictTarget>,
    /// Spans of table names that `ONLY` precedes.
    pub only: Vec<Span>,
    /// Names of clauses that were removed and matter to no analysis yet.
    pub removed: Vec<(Span, &'static str)>,
    /// Text spliced in by a template: an identifier of the tree, or text that is in no tree.
    pub holes: Vec<SplicedText>,
    /// Rows of a long VALUES list that are not in the tree.
    pub rows_cut: Option<RowsCut>,
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

/// How the identifiers start that stand for spliced text. In a fragment's text a number follows that indexes
/// [`Fragment::holes`]; what `parse` itself found in the text is numbered on from there, see [`Clauses::holes`].
pub const HOLE_PREFIX: &str = "sqlmoat_hole_";

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
