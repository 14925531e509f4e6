//! Facts about PostgreSQL's own functions and those of common extensions, by name.

use crate::schema::catalog::Volatility;
use crate::schema::facts::{self, FUNCTIONS, Row};
use crate::schema::types::{self, BaseType, Type};

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// One value from its arguments, or a set of rows.
    Scalar,
    /// An aggregate.
    Aggregate,
    /// A window function.
    Window,
    /// A procedure.
    Procedure,
}

/// What is known of a name over all its overloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinFacts {
    /// What it is.
    pub kind: FunctionKind,
    /// The most that the result of any overload may vary.
    pub volatility: Volatility,
    /// The least; differs where it depends on the types of the arguments (`date_trunc`).
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

/// One overload of a function.
#[derive(Clone, Debug)]
pub struct Overload {
    /// What it is.
    pub kind: FunctionKind,
    /// How much its result may vary.
    pub volatility: Volatility,
    /// Whether a NULL argument makes the result NULL.
    pub strict: bool,
    /// Whether it returns a set of rows.
    pub returns_set: bool,
    /// How many of the last arguments may be left out.
    pub defaults: usize,
    /// Whether the last argument may be repeated.
    pub variadic: bool,
    /// Whether it tells of its arguments by nothing but its result.
    pub leakproof: bool,
    /// Internal names of the argument types: `timestamptz`, `int4[]`, `anyelement`.
    pub arguments: Vec<&'static str>,
    /// OUT columns.
    pub out_columns: Vec<(&'static str, Type)>,
    /// Internal name of the result type.
    pub result: &'static str,
}

/// The facts about a function by folded name. A schema before it counts for those that live in one of their own
/// (`cron.schedule`); before any other name it is ignored, as extensions are installed where one likes.
pub fn lookup(name: &str) -> Option<BuiltinFacts> {
    let mut facts: Option<BuiltinFacts> = None;
    for overload in overloads(name) {
        let returns = overload.returns();
        let Some(facts) = &mut facts else {
            facts = Some(BuiltinFacts {
                kind: overload.kind,
                volatility: overload.volatility,
                best_volatility: overload.volatility,
                strict: overload.strict,
                returns_set: overload.returns_set,
                returns,
                reads_tables: reads_tables(bare(name)),
            });
            continue;
        };
        facts.volatility = facts.volatility.max(overload.volatility);
        facts.best_volatility = facts.best_volatility.min(overload.volatility);
        facts.strict &= overload.strict;
        facts.returns_set |= overload.returns_set;
        if facts.returns != returns {
            facts.returns = Type::UNKNOWN;
        }
        // A name that is an aggregate and a function (`json_object`) is judged as the aggregate.
        if overload.kind == FunctionKind::Aggregate {
            facts.kind = FunctionKind::Aggregate;
        }
    }
    facts
}

/// Every overload of a name, see [`lookup`].
pub fn overloads(name: &str) -> impl Iterator<Item = Overload> + use<> {
    let whole = FUNCTIONS.rows(name).map(Overload::read);
    let bare = (bare(name) != name).then(|| FUNCTIONS.rows(bare(name)).map(Overload::read));
    whole.chain(bare.into_iter().flatten())
}

fn bare(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, bare)| bare)
}

/// Functions that run a query or read a relation given as text, and those that show stored rows by other ways. The
/// catalogs do not tell them apart; the list follows the manual's chapters on XML, text search and the extensions.
fn reads_tables(name: &str) -> bool {
    const READERS: &[&str] = &[
        "crosstab",
        "crosstab2",
        "crosstab3",
        "crosstab4",
        "connectby",
        "get_raw_page",
        "heap_page_items",
        "loread",
        "lo_export",
        "lo_get",
        "pg_read_binary_file",
        "pg_read_file",
        "pg_read_file_old",
        "pgrowlocks",
        "ts_stat",
        "xpath_table",
    ];
    READERS.contains(&name)
        || ["query_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml", "cursor_to_xml", "dblink"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        || name.starts_with("pg_logical_slot_")
}

impl Overload {
    fn read(row: Row) -> Overload {
        let flags = row.field(0).as_bytes();
        let flag = |position: usize| flags.get(position).copied().unwrap_or(b'-');
        Overload {
            kind: match flag(0) {
                b'a' => FunctionKind::Aggregate,
                b'w' => FunctionKind::Window,
                b'p' => FunctionKind::Procedure,
                _ => FunctionKind::Scalar,
            },
            volatility: volatility(flag(1)),
            strict: flag(2) == b's',
            returns_set: flag(3) == b'r',
            defaults: usize::from(flag(4).saturating_sub(b'0')).min(9),
            variadic: flag(5) == b'v',
            leakproof: flag(6) == b'l',
            arguments: facts::list(row.field(1)).collect(),
            out_columns: facts::list(row.field(2)).filter_map(named_type).collect(),
            result: row.field(3),
        }
    }

    /// The result type, unknown where it follows the arguments.
    pub fn returns(&self) -> Type {
        if is_polymorphic(self.result) { Type::UNKNOWN } else { types::parse(self.result) }
    }

    /// Whether so many arguments can be given.
    pub fn takes(&self, arguments: usize) -> bool {
        let most = self.arguments.len();
        arguments >= most.saturating_sub(self.defaults + usize::from(self.variadic))
            && (arguments <= most || self.variadic)
    }
}

/// A column of a list of columns in a table of facts.
pub(super) fn named_type(text: &'static str) -> Option<(&'static str, Type)> {
    let (name, ty) = text.rsplit_once(' ')?;
    let ty = if is_polymorphic(ty) { Type::UNKNOWN } else { types::parse(ty) };
    Some((name, ty))
}

/// From the letter of `provolatile`.
pub(super) fn volatility(letter: u8) -> Volatility {
    match letter {
        b'i' | b'b' => Volatility::Immutable,
        b's' => Volatility::Stable,
        _ => Volatility::Volatile,
    }
}

/// Whether a type of a signature stands for others.
pub(super) fn is_polymorphic(name: &str) -> bool {
    name.starts_with("any")
}

impl BaseType {
    /// The name that `pg_type` has for it; an enum is `anyenum`.
    pub fn catalog_name(&self) -> &str {
        match self {
            BaseType::Unknown => "unknown",
            BaseType::Bool => "bool",
            BaseType::Int2 => "int2",
            BaseType::Int4 => "int4",
            BaseType::Int8 => "int8",
            BaseType::Float4 => "float4",
            BaseType::Float8 => "float8",
            BaseType::Bpchar => "bpchar",
            BaseType::Enum(_) => "anyenum",
            BaseType::Composite(_) => "record",
            BaseType::Oid
            | BaseType::Numeric
            | BaseType::Text
            | BaseType::Varchar
            | BaseType::Name
            | BaseType::Citext
            | BaseType::Uuid
            | BaseType::Date
            | BaseType::Timestamp
            | BaseType::TimestampTz
            | BaseType::Time
            | BaseType::TimeTz
            | BaseType::Interval
            | BaseType::Bytea
            | BaseType::Json
            | BaseType::Jsonb
            | BaseType::Inet
            | BaseType::Cidr
            | BaseType::TsVector
            | BaseType::TsQuery
            | BaseType::Range(_)
            | BaseType::Domain(_)
            | BaseType::Record
            | BaseType::Other(_) => self.sql_name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Volatility::{Immutable, Stable, Volatile};

    #[test]
    fn facts_about_functions() {
        for (name, best, worst, strict, set) in [
            ("now", Stable, Stable, true, false),
            ("lower", Immutable, Immutable, true, false),
            ("date_trunc", Immutable, Stable, true, false),
            ("to_char", Stable, Stable, true, false),
            ("concat", Stable, Stable, false, false),
            ("coalesce", Immutable, Immutable, false, false),
            ("random", Volatile, Volatile, true, false),
            ("unnest", Immutable, Immutable, true, true),
            ("gen_random_uuid", Volatile, Volatile, false, false),
            ("extensions.uuid_generate_v4", Volatile, Volatile, true, false),
            ("pg_catalog.lower", Immutable, Immutable, true, false),
            ("cron.schedule", Volatile, Volatile, false, false),
            ("st_dwithin", Immutable, Immutable, true, false),
        ] {
            let facts = lookup(name).unwrap_or_else(|| panic!("{name}"));
            let found = (facts.best_volatility, facts.volatility, facts.strict, facts.returns_set);
            assert_eq!(found, (best, worst, strict, set), "{name}");
        }
        assert_eq!(lookup("no_such_function"), None);
        assert_eq!(lookup(""), None);
    }

    #[test]
    fn kinds_results_and_readers() {
        assert_eq!(
            lookup("count").map(|f| (f.kind, f.returns)),
            Some((FunctionKind::Aggregate, Type::of(BaseType::Int8)))
        );
        assert_eq!(lookup("row_number").map(|f| f.kind), Some(FunctionKind::Window));
        assert_eq!(lookup("now").map(|f| f.returns), Some(Type::of(BaseType::TimestampTz)));
        assert_eq!(lookup("abs").map(|f| f.returns), Some(Type::UNKNOWN));
        for (name, reads) in [
            ("query_to_xml", true),
            ("dblink_exec", true),
            ("ts_stat", true),
            ("crosstab", true),
            ("pg_read_file", true),
            ("to_tsvector", false),
            ("unnest", false),
            ("xpath", false),
            ("count", false),
        ] {
            assert_eq!(lookup(name).map(|f| f.reads_tables), Some(reads), "{name}");
        }
    }

    #[test]
    fn columns_of_functions_that_return_rows() {
        let columns: Vec<_> = overloads("jsonb_each").flat_map(|o| o.out_columns).map(|(n, _)| n).collect();
        assert_eq!(columns, ["key", "value"]);
    }
}
