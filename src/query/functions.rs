//! What a called function is: an aggregate, a window function, a set, what it returns. Facts come from the schema
//! stage; this module only combines them with the catalog's own functions and with the arguments' types.

use crate::query::model::{Call, CallKind, Expr, OutColumn};
use crate::schema::Catalog;
use crate::schema::catalog::{FunctionId, RelId, Volatility};
use crate::schema::functions::{BuiltinFacts, FunctionKind, lookup};
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
}

/// Looks a function up: the catalog's own of that name, else a built-in one.
pub(super) fn callee(catalog: &Catalog, schema: Option<&str>, name: &str, args: &[Expr]) -> Callee {
    let builtin = match schema {
        None | Some("pg_catalog") => lookup(name).or_else(|| interim(name)),
        // Extensions put their functions where they were told to.
        Some(_) => None,
    };
    if schema != Some("pg_catalog")
        && let Some((id, function)) = catalog_function(catalog, schema, name, args.len())
        // A built-in function is found first unless the catalog's takes these arguments by their number.
        && (builtin.is_none() || function.parameters.len() == args.len())
    {
        return Callee {
            kind: if function.returns_set { CallKind::SetReturning } else { CallKind::Scalar },
            function: Some(id),
            known: false,
            volatility: function.volatility,
            strict: function.strict,
            returns: function.returns.clone(),
        };
    }
    match builtin {
        Some(facts) => Callee {
            kind: match facts.kind {
                FunctionKind::Aggregate => CallKind::Aggregate,
                FunctionKind::Window => CallKind::Window,
                FunctionKind::Scalar | FunctionKind::Procedure if facts.returns_set => CallKind::SetReturning,
                FunctionKind::Scalar | FunctionKind::Procedure => CallKind::Scalar,
            },
            function: None,
            known: !facts.reads_tables,
            volatility: facts.volatility,
            strict: facts.strict,
            returns: super::types::polymorphic(name, args, None).unwrap_or(facts.returns),
        },
        None => Callee {
            kind: CallKind::Scalar,
            function: None,
            known: false,
            volatility: Volatility::Volatile,
            strict: false,
            returns: Type::UNKNOWN,
        },
    }
}

fn catalog_function<'c>(
    catalog: &'c Catalog,
    schema: Option<&str>,
    name: &str,
    arity: usize,
) -> Option<(FunctionId, &'c crate::schema::catalog::Function)> {
    let fits = |f: &crate::schema::catalog::Function| {
        f.name.name == name && schema.is_none_or(|s| s == f.name.schema) && !f.returns_trigger
    };
    let mut named = catalog.functions.iter().enumerate().rev().filter(|(_, f)| fits(f));
    let exact = named.clone().find(|(_, f)| f.parameters.len() == arity);
    let (id, function) = exact.or_else(|| named.next())?;
    Some((FunctionId(id as u32), function))
}

/// The columns of a function in FROM.
pub(super) struct RowShape {
    /// Names and types.
    pub(super) columns: Vec<OutColumn>,
    /// Whether there may be others.
    pub(super) open: bool,
    /// Whether the one column is named by the table's alias (the result is no composite).
    pub(super) scalar: bool,
}

/// The shape of the rows that a call gives in FROM.
pub(super) fn row_shape(catalog: &Catalog, call: &Call, returns: &Type) -> RowShape {
    let (name, args) = (call.name.as_str(), call.args.as_slice());
    let out = |name: &str, ty: Type| OutColumn { name: name.to_owned(), ty };
    if let Some(function) = call.function.and_then(|id| catalog.functions.get(id.0 as usize)) {
        return match function.out_columns.as_slice() {
            [] => of_type(catalog, &function.name.name, &function.returns),
            [(column, ty)] => {
                let name = if column.is_empty() { &function.name.name } else { column };
                RowShape { columns: vec![out(name, ty.clone())], open: false, scalar: column.is_empty() }
            }
            several => RowShape {
                columns: several.iter().map(|(n, ty)| out(n, ty.clone())).collect(),
                open: false,
                scalar: false,
            },
        };
    }
    let text = || Type::of(BaseType::Text);
    let several = |columns: Vec<OutColumn>| RowShape { columns, open: false, scalar: false };
    match name {
        "json_each" => several(vec![out("key", text()), out("value", Type::of(BaseType::Json))]),
        "jsonb_each" => several(vec![out("key", text()), out("value", Type::of(BaseType::Jsonb))]),
        "json_each_text" | "jsonb_each_text" => several(vec![out("key", text()), out("value", text())]),
        "json_array_elements"
        | "jsonb_array_elements"
        | "json_array_elements_text"
        | "jsonb_array_elements_text" => {
            // The one column is an OUT parameter: it is named `value`, and an alias of the table does not rename it.
            RowShape { columns: vec![out("value", returns.clone())], open: false, scalar: false }
        }
        "unnest" => RowShape {
            columns: args.iter().map(|a| out("unnest", super::types::element_of(&a.ty))).collect(),
            open: false,
            scalar: args.len() == 1,
        },
        "json_populate_record"
        | "jsonb_populate_record"
        | "json_populate_recordset"
        | "jsonb_populate_recordset" => match args.first() {
            Some(first) => of_type(catalog, name, &first.ty),
            None => RowShape { columns: Vec::new(), open: true, scalar: false },
        },
        "json_to_record" | "jsonb_to_record" | "json_to_recordset" | "jsonb_to_recordset" => {
            RowShape { columns: Vec::new(), open: true, scalar: false }
        }
        _ if call.known && !matches!(returns.base, BaseType::Record | BaseType::Unknown) => {
            RowShape { columns: vec![out(name, returns.clone())], open: false, scalar: true }
        }
        _ => RowShape { columns: Vec::new(), open: true, scalar: false },
    }
}

/// The shape of rows of a type: the columns of a row type, else one column.
fn of_type(catalog: &Catalog, name: &str, ty: &Type) -> RowShape {
    let fields = |columns: Vec<OutColumn>| RowShape { columns, open: false, scalar: false };
    match &ty.base {
        BaseType::Composite(named) | BaseType::Other(named) if !ty.array => {
            if let Some(list) = catalog.composites.get(named) {
                let columns = list.iter().map(|(n, t)| OutColumn { name: n.clone(), ty: t.clone() });
                return fields(columns.collect());
            }
            if let Some(rel) = relation_of(catalog, named) {
                let live = catalog.relation(rel).columns.iter().filter(|c| !c.dropped);
                return fields(live.map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() }).collect());
            }
            let column = OutColumn { name: name.to_owned(), ty: ty.clone() };
            RowShape { columns: vec![column], open: true, scalar: true }
        }
        BaseType::Record | BaseType::Unknown => RowShape { columns: Vec::new(), open: true, scalar: false },
        _ => {
            let column = OutColumn { name: name.to_owned(), ty: ty.clone() };
            RowShape { columns: vec![column], open: false, scalar: true }
        }
    }
}

/// The relation that a row type belongs to.
pub(super) fn relation_of(catalog: &Catalog, name: &str) -> Option<RelId> {
    match name.split_once('.') {
        Some((schema, name)) => catalog.find_relation(Some(schema), name),
        None => catalog.find_relation(None, name),
    }
}

/// Aggregates and sets that must be known as such whatever else is.
fn interim(name: &str) -> Option<BuiltinFacts> {
    let (kind, returns_set) = match name {
        "count"
        | "sum"
        | "avg"
        | "min"
        | "max"
        | "array_agg"
        | "string_agg"
        | "json_agg"
        | "jsonb_agg"
        | "json_object_agg"
        | "jsonb_object_agg"
        | "bool_and"
        | "bool_or"
        | "every"
        | "bit_and"
        | "bit_or"
        | "bit_xor"
        | "any_value"
        | "percentile_cont"
        | "percentile_disc"
        | "mode"
        | "stddev"
        | "stddev_pop"
        | "stddev_samp"
        | "variance"
        | "var_pop"
        | "var_samp"
        | "corr"
        | "covar_pop"
        | "covar_samp"
        | "xmlagg"
        | "range_agg"
        | "range_intersect_agg" => (FunctionKind::Aggregate, false),
        "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" | "ntile" | "lag" | "lead"
        | "first_value" | "last_value" | "nth_value" => (FunctionKind::Window, false),
        "unnest"
        | "generate_series"
        | "generate_subscripts"
        | "json_each"
        | "jsonb_each"
        | "json_each_text"
        | "jsonb_each_text"
        | "json_array_elements"
        | "jsonb_array_elements"
        | "json_array_elements_text"
        | "jsonb_array_elements_text"
        | "json_object_keys"
        | "jsonb_object_keys"
        | "json_to_recordset"
        | "jsonb_to_recordset"
        | "jsonb_path_query"
        | "regexp_matches"
        | "regexp_split_to_table"
        | "string_to_table" => (FunctionKind::Scalar, true),
        _ => (FunctionKind::Scalar, false),
    };
    Some(BuiltinFacts {
        kind,
        volatility: Volatility::Stable,
        best_volatility: Volatility::Immutable,
        strict: false,
        returns_set,
        returns: Type::UNKNOWN,
        reads_tables: false,
    })
}
