//! What a called function is: the catalog's own or a built-in, which overload of it, what it returns. Facts come from the
//! schema stage; choosing among overloads follows PostgreSQL (manual 10.3) as far as the types of arguments are known,
//! and what several candidates do not share is taken at its worst.

use crate::query::model::{CallKind, OutColumn};
use crate::query::types;
use crate::schema::Catalog;
use crate::schema::catalog::{Function, FunctionId, RelId, Volatility};
use crate::schema::foreign;
use crate::schema::functions::{FunctionKind, Overload, lookup, overloads};
use crate::schema::types::{BaseType, Type};

/// What is known of a called function.
#[derive(Clone, Debug)]
pub(super) struct Callee {
    /// What it is without OVER.
    pub(super) kind: CallKind,
    /// A function of the catalog.
    pub(super) function: Option<FunctionId>,
    /// Whether it is PostgreSQL's or a known extension's and reads no table of the project.
    pub(super) known: bool,
    /// Volatility.
    pub(super) volatility: Volatility,
    /// Whether a NULL argument makes the result NULL.
    pub(super) strict: bool,
    /// What it returns; of a set, the type of its rows where that is one value.
    pub(super) returns: Type,
    /// Columns of its rows in FROM.
    pub(super) rows: Rows,
}

/// The columns of a function in FROM.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// Names and types.
    pub(super) columns: Vec<OutColumn>,
    /// Whether there may be others.
    pub(super) open: bool,
    /// Whether the one column is named by the table's alias (the result is one value without a name of its own).
    pub(super) scalar: bool,
}

/// Looks a function up by name and the types of its arguments (ORDER BY of WITHIN GROUP included).
pub(super) fn callee(catalog: &Catalog, schema: Option<&str>, name: &str, args: &[Type]) -> Callee {
    let args: Vec<Type> = args.iter().map(|ty| catalog.base_type(ty)).collect();
    let builtin = match schema {
        None | Some("pg_catalog") => built_in(catalog, name, name, &args),
        Some(schema) => built_in(catalog, &format!("{schema}.{name}"), name, &args),
    };
    if schema != Some("pg_catalog")
        && let Some((id, function)) = catalog_function(catalog, schema, name, args.len())
        // A built-in function is found first unless the catalog's takes these arguments by their number.
        && (builtin.is_none() || schema.is_some() || takes(function, args.len()))
    {
        return Callee {
            kind: if function.returns_set { CallKind::SetReturning } else { CallKind::Scalar },
            function: Some(id),
            known: false,
            volatility: function.volatility,
            strict: function.strict,
            returns: function.returns.clone(),
            rows: catalog_rows(catalog, function),
        };
    }
    let foreign = schema.map_or_else(|| foreign::lookup(catalog.dialect, name), |_| None);
    builtin.unwrap_or(Callee {
        kind: match foreign {
            Some(FunctionKind::Aggregate) => CallKind::Aggregate,
            _ => CallKind::Scalar,
        },
        function: None,
        known: foreign.is_some(),
        volatility: Volatility::Volatile,
        strict: false,
        returns: Type::UNKNOWN,
        rows: Rows { columns: Vec::new(), open: true, scalar: false },
    })
}

// The catalog's own functions.

fn takes(function: &Function, arguments: usize) -> bool {
    function.parameters.len() == arguments
}

fn catalog_function<'c>(
    catalog: &'c Catalog,
    schema: Option<&str>,
    name: &str,
    arity: usize,
) -> Option<(FunctionId, &'c Function)> {
    let fits =
        |f: &Function| f.name.name == name && schema.is_none_or(|s| s == f.name.schema) && !f.returns_trigger;
    let mut named = catalog.functions.iter().enumerate().rev().filter(|(_, f)| fits(f));
    let exact = named.clone().find(|(_, f)| takes(f, arity));
    let (id, function) = exact.or_else(|| named.next())?;
    Some((FunctionId(id as u32), function))
}

fn catalog_rows(catalog: &Catalog, function: &Function) -> Rows {
    match function.out_columns.as_slice() {
        [] => rows_of_type(catalog, &function.name.name, &function.returns),
        [(column, ty)] => {
            let name = if column.is_empty() { &function.name.name } else { column };
            Rows { columns: vec![out(name, ty.clone())], open: false, scalar: column.is_empty() }
        }
        several => Rows {
            columns: several.iter().map(|(n, ty)| out(n, ty.clone())).collect(),
            open: false,
            scalar: false,
        },
    }
}

/// The rows of a type: the columns of a row type, else one column.
fn rows_of_type(catalog: &Catalog, name: &str, ty: &Type) -> Rows {
    match &ty.base {
        BaseType::Composite(named) | BaseType::Other(named) if !ty.array => {
            if let Some(fields) = catalog.composites.get(named) {
                let columns = fields.iter().map(|(n, t)| out(n, t.clone())).collect();
                return Rows { columns, open: false, scalar: false };
            }
            if let Some(rel) = relation_of(catalog, named) {
                let relation = catalog.relation(rel);
                let live = relation.columns.iter().filter(|c| !c.dropped);
                let columns: Vec<OutColumn> = live.map(|c| out(&c.name, c.ty.clone())).collect();
                let open = relation.incomplete || columns.is_empty();
                return Rows { columns, open, scalar: false };
            }
            Rows { columns: vec![out(name, ty.clone())], open: true, scalar: true }
        }
        BaseType::Record | BaseType::Unknown => Rows { columns: Vec::new(), open: true, scalar: false },
        _ => Rows { columns: vec![out(name, ty.clone())], open: false, scalar: true },
    }
}

/// The relation that a row type belongs to.
pub(super) fn relation_of(catalog: &Catalog, name: &str) -> Option<RelId> {
    match name.split_once('.') {
        Some((schema, name)) => catalog.find_relation(Some(schema), name),
        None => catalog.find_relation(None, name),
    }
}

fn out(name: &str, ty: Type) -> OutColumn {
    OutColumn { name: name.to_owned(), ty }
}

// Built-in functions.

/// `key` is the name with its schema, `name` the name alone.
fn built_in(catalog: &Catalog, key: &str, name: &str, args: &[Type]) -> Option<Callee> {
    let facts = lookup(key)?;
    let candidates = candidates(key, args);
    let kind = match candidates.first() {
        Some(first) if candidates.iter().all(|c| c.kind == first.kind) => first.kind,
        _ => facts.kind,
    };
    let (mut volatility, mut strict, mut returns_set) = (facts.volatility, facts.strict, facts.returns_set);
    let mut returns = facts.returns;
    if let Some((first, rest)) = candidates.split_first() {
        (volatility, strict, returns_set) = (first.volatility, first.strict, first.returns_set);
        returns = result(first, args);
        for other in rest {
            volatility = volatility.max(other.volatility);
            strict &= other.strict;
            returns_set |= other.returns_set;
            if result(other, args) != returns {
                returns = Type::UNKNOWN;
            }
        }
    }
    let rows = match candidates.as_slice() {
        // `unnest(a, b)` gives a column for each array.
        [] if name == "unnest" => Rows {
            columns: args.iter().map(|ty| out(name, types::element_of(ty))).collect(),
            open: false,
            scalar: false,
        },
        [] => Rows { columns: Vec::new(), open: true, scalar: false },
        [first, ..] => built_in_rows(catalog, name, first, args, &returns),
    };
    Some(Callee {
        kind: match kind {
            FunctionKind::Aggregate => CallKind::Aggregate,
            FunctionKind::Window => CallKind::Window,
            FunctionKind::Scalar | FunctionKind::Procedure if returns_set => CallKind::SetReturning,
            FunctionKind::Scalar | FunctionKind::Procedure => CallKind::Scalar,
        },
        function: None,
        // With a text for its second argument it runs a query.
        known: !facts.reads_tables && (name != "ts_rewrite" || args.len() != 2),
        volatility,
        strict,
        returns,
        rows,
    })
}

fn built_in_rows(catalog: &Catalog, name: &str, overload: &Overload, args: &[Type], returns: &Type) -> Rows {
    if !overload.out_columns.is_empty() {
        let columns = overload.out_columns.iter().map(|(n, ty)| out(n, ty.clone())).collect();
        return Rows { columns, open: false, scalar: false };
    }
    if matches!(
        name,
        "json_populate_record"
            | "jsonb_populate_record"
            | "json_populate_recordset"
            | "jsonb_populate_recordset"
    ) && let Some(row) = args.first()
    {
        return rows_of_type(catalog, name, row);
    }
    if returns.is_unknown() && overload.result != "record" {
        // One value of a type that is not known.
        return Rows { columns: vec![out(name, Type::UNKNOWN)], open: false, scalar: true };
    }
    rows_of_type(catalog, name, returns)
}

/// The overloads that PostgreSQL may choose for arguments of these types, best first; several where the types say too
/// little.
fn candidates(key: &str, args: &[Type]) -> Vec<Overload> {
    let mut fitting: Vec<(Score, Overload)> = overloads(key)
        .filter(|overload| overload.takes(args.len()))
        .filter_map(|overload| Some((score(&overload, args)?, overload)))
        .collect();
    let best = fitting.iter().map(|(score, _)| *score).max();
    fitting.retain(|(score, _)| Some(*score) == best);
    fitting.into_iter().map(|(_, overload)| overload).collect()
}

/// How well an overload fits: arguments that match as they are, unknown ones that meet a string type, others that meet
/// the preferred type of their category.
type Score = (usize, usize, usize);

fn score(overload: &Overload, args: &[Type]) -> Option<Score> {
    let mut score = (0, 0, 0);
    for (i, arg) in args.iter().enumerate() {
        let Some(parameter) = parameter(overload, i) else { continue };
        match accepts(parameter, arg) {
            Fit::Exact => score.0 += 1,
            Fit::Unknown if parameter == "text" => score.1 += 1,
            Fit::Implicit if matches!(parameter, "text" | "float8" | "timestamptz" | "interval") => {
                score.2 += 1
            }
            Fit::Unknown | Fit::Implicit => {}
            Fit::No => return None,
        }
    }
    Some(score)
}

/// The type of a parameter; the last is repeated by a variadic function.
fn parameter(overload: &Overload, at: usize) -> Option<&'static str> {
    match overload.arguments.get(at) {
        Some(parameter) if !(overload.variadic && at + 1 == overload.arguments.len()) => Some(parameter),
        _ if overload.variadic => {
            let last = overload.arguments.last()?;
            Some(last.strip_suffix("[]").unwrap_or(last))
        }
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Exact,
    Implicit,
    Unknown,
    No,
}

fn accepts(parameter: &str, arg: &Type) -> Fit {
    if arg.is_unknown() || arg.base == BaseType::Unknown {
        return Fit::Unknown;
    }
    let yes = |fits: bool| if fits { Fit::Implicit } else { Fit::No };
    match parameter {
        "any" | "anyelement" | "anycompatible" => return Fit::Implicit,
        "anynonarray" | "anycompatiblenonarray" => return yes(!arg.array),
        "anyarray" | "anycompatiblearray" => return yes(arg.array),
        "anyenum" => return yes(!arg.array && matches!(arg.base, BaseType::Enum(_))),
        "anyrange" | "anycompatiblerange" => return yes(is_range(arg, false)),
        "anymultirange" | "anycompatiblemultirange" => return yes(is_range(arg, true)),
        "record" => {
            let row = matches!(arg.base, BaseType::Composite(_) | BaseType::Record | BaseType::Other(_));
            return yes(row && !arg.array);
        }
        _ => {}
    }
    let (wanted, wanted_array) = match parameter.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (parameter, false),
    };
    let given = arg.base.catalog_name();
    if wanted_array != arg.array {
        return Fit::No;
    }
    if wanted == given {
        return Fit::Exact;
    }
    yes(is_implicit(given, wanted))
}

fn is_range(ty: &Type, multi: bool) -> bool {
    matches!(&ty.base, BaseType::Range(name) if !ty.array && name.ends_with("multirange") == multi)
}

/// Implicit casts among common types (pg_cast).
pub(super) fn is_implicit(from: &str, to: &str) -> bool {
    match from {
        "int2" => matches!(to, "int4" | "int8" | "numeric" | "float4" | "float8" | "oid"),
        "int4" => matches!(to, "int8" | "numeric" | "float4" | "float8" | "oid"),
        "int8" => matches!(to, "numeric" | "float4" | "float8" | "oid"),
        "numeric" => matches!(to, "float4" | "float8"),
        "float4" => to == "float8",
        "text" => matches!(to, "varchar" | "bpchar" | "name"),
        "varchar" | "bpchar" => matches!(to, "text" | "varchar" | "bpchar" | "name"),
        "name" => matches!(to, "text" | "varchar"),
        "citext" => matches!(to, "text" | "varchar"),
        "date" => matches!(to, "timestamp" | "timestamptz"),
        "timestamp" => to == "timestamptz",
        "time" => matches!(to, "timetz" | "interval"),
        "cidr" => to == "inet",
        "oid" => to.starts_with("reg"),
        _ => false,
    }
}

/// The result of an overload, with what its polymorphic type stands for.
fn result(overload: &Overload, args: &[Type]) -> Type {
    if !overload.result.starts_with("any") {
        return overload.returns();
    }
    let pairs = args.iter().enumerate().filter_map(|(i, ty)| Some((parameter(overload, i)?, ty)));
    let mut elements: Vec<Type> = Vec::new();
    let mut ranges: Vec<Type> = Vec::new();
    for (parameter, ty) in pairs {
        let ty = Type { length: None, scale: None, ..ty.clone() };
        match parameter {
            "anyelement" | "anynonarray" | "anyenum" | "anycompatible" | "anycompatiblenonarray" => {
                elements.push(ty)
            }
            "anyarray" | "anycompatiblearray" => elements.push(types::element_of(&ty)),
            "anyrange" | "anymultirange" | "anycompatiblerange" | "anycompatiblemultirange" => {
                ranges.push(ty)
            }
            _ => {}
        }
    }
    match overload.result {
        "anyarray" | "anycompatiblearray" => {
            let element = types::common(&elements);
            if element.is_unknown() { element } else { element.array_of() }
        }
        "anyrange" | "anycompatiblerange" => match ranges.first() {
            Some(Type { base: BaseType::Range(name), .. }) => {
                Type::of(BaseType::Range(name.replace("multirange", "range")))
            }
            _ => Type::UNKNOWN,
        },
        "anymultirange" | "anycompatiblemultirange" => match ranges.first() {
            Some(Type { base: BaseType::Range(name), .. }) if !name.ends_with("multirange") => {
                Type::of(BaseType::Range(name.replace("range", "multirange")))
            }
            Some(ty) => ty.clone(),
            None => Type::UNKNOWN,
        },
        _ => match (types::common(&elements), ranges.first()) {
            (ty, None) => ty,
            (_, Some(range)) => types::range_element(range),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::types::parse;

    fn call(name: &str, args: &[&str]) -> Callee {
        let args: Vec<Type> = args.iter().map(|t| parse(t)).collect();
        callee(&Catalog::default(), None, name, &args)
    }

    // Expected types come from a PostgreSQL 15 (pg_typeof).
    #[test]
    fn results_follow_the_arguments() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("min", &["uuid[]"], "uuid[]"),
            ("max", &["timestamptz"], "timestamptz"),
            ("max", &["varchar(10)"], "text"),
            ("sum", &["integer"], "bigint"),
            ("sum", &["bigint"], "numeric"),
            ("sum", &["numeric(12,2)"], "numeric"),
            ("avg", &["real"], "double precision"),
            ("array_agg", &["uuid"], "uuid[]"),
            ("unnest", &["uuid[]"], "uuid"),
            ("coalesce", &["", "uuid"], "uuid"),
            ("coalesce", &["integer", "bigint"], "bigint"),
            ("nullif", &["text", ""], "text"),
            ("date_trunc", &["", "timestamptz"], "timestamptz"),
            ("date_trunc", &["text", "date"], "timestamptz"),
            ("lower", &["varchar"], "text"),
            ("lower", &["tstzrange"], "timestamptz"),
            ("generate_series", &["integer", "integer"], "integer"),
            ("percentile_disc", &["double precision", "date"], "date"),
            ("lag", &["uuid"], "uuid"),
            ("array_append", &["text[]", ""], "text[]"),
            ("now", &[], "timestamptz"),
            ("count", &[], "bigint"),
            ("abs", &["integer"], "integer"),
            ("round", &["integer"], "double precision"),
            ("jsonb_agg", &["text"], "jsonb"),
            ("md5", &["varchar"], "text"),
            ("substring", &["", "", ""], "text"),
            ("concat", &["text", "integer"], "text"),
        ];
        for (name, args, expected) in cases {
            assert_eq!(call(name, args).returns, parse(expected), "{name}{args:?}");
        }
    }

    #[test]
    fn the_overload_decides_volatility() {
        assert_eq!(call("date_trunc", &["text", "timestamp"]).volatility, Volatility::Immutable);
        assert_eq!(call("date_trunc", &["text", "timestamptz"]).volatility, Volatility::Stable);
        // Of an argument that is not known, the worst.
        assert_eq!(call("date_trunc", &["text", ""]).volatility, Volatility::Stable);
        assert_eq!(call("timezone", &["text", "timestamptz"]).volatility, Volatility::Immutable);
    }

    #[test]
    fn kinds() {
        assert_eq!(call("count", &[]).kind, CallKind::Aggregate);
        assert_eq!(call("row_number", &[]).kind, CallKind::Window);
        assert_eq!(call("unnest", &["text[]"]).kind, CallKind::SetReturning);
        assert_eq!(call("lower", &["text"]).kind, CallKind::Scalar);
        assert!(call("lower", &["text"]).known);
        assert!(!call("query_to_xml", &["text", "boolean", "boolean", "text"]).known);
        assert!(!call("no_such_function", &[]).known);
    }
}
