//! Which operators, casts and functions of PostgreSQL are leakproof (`pg_proc.proleakproof`): a condition over columns that
//! is made of others may not be evaluated before the condition of a policy (clauses.c `contain_leaked_vars`).

use crate::schema::facts::{CASTS, OPERATORS, Row};
use crate::schema::functions;
use crate::schema::resolve::is_binary_coercible;
use crate::schema::types::{BaseType, Type};

/// The letter that says so, behind that of the volatility.
const LEAKPROOF: char = 'l';

/// Whether an operator is leakproof for operands of these types, domains looked through; nothing where the types do not
/// tell which operator it is and those of its name differ.
pub fn operator(name: &str, left: &Type, right: &Type) -> Option<bool> {
    let says = |row: Row| row.field(3).contains(LEAKPROOF);
    // An untyped literal or parameter takes the type beside it.
    let (left, right) = match (name_of(left), name_of(right)) {
        (Some(left), right) => (left, right.unwrap_or(left)),
        (None, Some(right)) => (right, right),
        (None, None) => {
            let mut all = OPERATORS.rows(name).map(says);
            let first = all.next()?;
            return all.all(|other| other == first).then_some(first);
        }
    };
    let exact = OPERATORS.rows(name).find(|row| (row.field(0), row.field(1)) == (left, right));
    let relabelled =
        |row: &Row| is_binary_coercible(left, row.field(0)) && is_binary_coercible(right, row.field(1));
    exact.or_else(|| OPERATORS.rows(name).find(relabelled)).map(says)
}

/// Whether a cast is leakproof, domains looked through; of types that are not known it is held for that.
pub fn cast(source: &Type, target: &Type) -> bool {
    if source.array && target.array {
        return cast(&source.clone().element(), &target.clone().element());
    }
    let (Some(source), Some(target)) = (name_of(source), name_of(target)) else { return true };
    // From a type to itself it brings values to a length.
    let mut rows = CASTS.rows(source).filter(|row| row.field(0) == target);
    rows.any(|row| row.field(2) == "b" || row.field(2).contains(LEAKPROOF))
}

/// Whether a function is leakproof that takes so many arguments; one that is not PostgreSQL's own is not, as only a
/// superuser can say so of it.
pub fn function(name: &str, arguments: usize) -> bool {
    let mut overloads = functions::overloads(name).filter(|o| o.takes(arguments)).peekable();
    overloads.peek().is_some() && overloads.all(|o| o.leakproof)
}

/// The name of a type in the tables.
fn name_of(ty: &Type) -> Option<&str> {
    Some(match &ty.base {
        _ if ty.array => "anyarray",
        BaseType::Unknown => return None,
        BaseType::Range(name) if name.contains("multi") => "anymultirange",
        BaseType::Range(_) => "anyrange",
        base => base.catalog_name(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::types;

    // Each was asked of a PostgreSQL 15: whether an index serves the condition under row security.
    #[test]
    fn operators_of_types() {
        for (name, left, right, leakproof) in [
            ("=", "integer", "bigint", Some(true)),
            ("=", "text", "text", Some(true)),
            ("=", "varchar", "text", Some(true)),
            ("=", "cidr", "inet", Some(true)),
            ("=", "text", "unknown", Some(true)),
            ("=", "numeric", "numeric", Some(false)),
            ("=", "citext", "citext", Some(false)),
            ("=", "jsonb", "jsonb", Some(false)),
            ("=", "text[]", "text[]", Some(false)),
            (">", "timestamptz", "timestamptz", Some(true)),
            (">", "timestamptz", "date", Some(false)),
            (">", "date", "timestamp", Some(false)),
            ("~~", "text", "text", Some(false)),
            ("~~", "unknown", "unknown", Some(false)),
            ("^@", "text", "text", Some(true)),
            ("~>=~", "text", "text", Some(true)),
            ("@>", "jsonb", "jsonb", Some(false)),
            ("&&", "text[]", "text[]", Some(false)),
            ("=", "unknown", "unknown", None),
        ] {
            let found = operator(name, &types::parse(left), &types::parse(right));
            assert_eq!(found, leakproof, "{left} {name} {right}");
        }
        let label = Type::of(BaseType::Enum("public.state".to_owned()));
        assert_eq!(operator("=", &label, &label), Some(false));
    }

    #[test]
    fn casts_and_functions() {
        for (source, target, leakproof) in [
            ("integer", "bigint", true),
            ("bigint", "integer", false),
            ("varchar", "text", true),
            ("timestamptz", "date", false),
            ("integer[]", "bigint[]", true),
        ] {
            assert_eq!(cast(&types::parse(source), &types::parse(target)), leakproof, "{source} -> {target}");
        }
        for (name, arguments, leakproof) in
            [("md5", 1, true), ("starts_with", 2, true), ("lower", 1, false), ("my_function", 1, false)]
        {
            assert_eq!(function(name, arguments), leakproof, "{name}");
        }
    }
}
