//! Facts about PostgreSQL's own functions and those of common extensions.

use crate::schema::catalog::Volatility;
use crate::schema::types::Type;

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// One value from its arguments (or a set of rows).
    Scalar,
    /// An aggregate.
    Aggregate,
    /// A window function.
    Window,
    /// A procedure.
    Procedure,
}

/// What is known of a name over all its overloads.
#[derive(Clone, Debug)]
pub struct BuiltinFacts {
    /// What it is.
    pub kind: FunctionKind,
    /// The most that the result of any overload may vary.
    pub volatility: Volatility,
    /// The least.
    pub best_volatility: Volatility,
    /// Whether every overload gives NULL for a NULL argument without being called.
    pub strict: bool,
    /// Whether some overload returns a set of rows.
    pub returns_set: bool,
    /// Result type, unknown where overloads differ or it follows the arguments.
    pub returns: Type,
    /// Whether it may read tables that its arguments name (`query_to_xml`, `dblink`).
    pub reads_tables: bool,
}

/// The facts about a function, by lower-case name without schema.
pub fn lookup(_name: &str) -> Option<BuiltinFacts> {
    None
}
