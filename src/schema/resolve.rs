//! Which overload of a function or operator PostgreSQL picks for given argument types, and what a cast does: the rules of
//! the manual's chapter 10 on the tables of `facts`.

use crate::schema::Catalog;
use crate::schema::catalog::Volatility;
use crate::schema::facts::{CASTS, OPERATORS, TYPES};
use crate::schema::functions::{self, is_polymorphic};
use crate::schema::types::{self, BaseType, Type};

/// The type of an argument: `None` where it is not known, the unknown type for an untyped literal.
pub(super) type Argument = Option<Type>;

/// What was picked.
#[derive(Clone, Debug)]
pub(super) struct Picked {
    /// Volatility; the least of those that remain where the choice is open.
    pub(super) volatility: Volatility,
    /// Result type, where known.
    pub(super) result: Argument,
}

/// The built-in function for a call; `None` where no overload takes the arguments.
pub(super) fn function(catalog: &Catalog, name: &str, arguments: &[Argument]) -> Option<Picked> {
    let candidates: Vec<Candidate> = functions::overloads(name)
        .filter(|o| o.takes(arguments.len()))
        .map(|o| {
            let mut parameters: Vec<&'static str> =
                o.arguments.iter().copied().take(arguments.len()).collect();
            if let (true, Some(last)) = (o.variadic, parameters.last().copied()) {
                let element = last.strip_suffix("[]").unwrap_or(last);
                if let Some(slot) = parameters.last_mut() {
                    *slot = element;
                }
                parameters.resize(arguments.len(), element);
            }
            Candidate { parameters, result: o.result, volatility: o.volatility }
        })
        .collect();
    pick(catalog, candidates, arguments)
}

/// The built-in operator for operands; one operand is a prefix operator.
pub(super) fn operator(catalog: &Catalog, name: &str, operands: &[Argument]) -> Option<Picked> {
    let candidates: Vec<Candidate> = OPERATORS
        .rows(name)
        .filter(|row| row.field(0).is_empty() == (operands.len() == 1))
        .map(|row| Candidate {
            parameters: if operands.len() == 1 {
                vec![row.field(1)]
            } else {
                vec![row.field(0), row.field(1)]
            },
            result: row.field(2),
            volatility: functions::volatility(row.field(3).bytes().next().unwrap_or(b'v')),
        })
        .collect();
    // A literal beside a known type is first tried as that type.
    if let [Some(left), Some(right)] = operands {
        let same = match (left.is_unknown(), right.is_unknown()) {
            (true, false) => Some(right.clone()),
            (false, true) => Some(left.clone()),
            (true, true) | (false, false) => None,
        };
        if let Some(same) = same {
            let alike = [Some(same.clone()), Some(same)];
            let exact = candidates.iter().position(|c| c.exact(catalog, &alike) == alike.len());
            if let Some(exact) = exact.and_then(|i| candidates.get(i)) {
                return Some(exact.picked(catalog, &alike));
            }
        }
    }
    pick(catalog, candidates, operands)
}

struct Candidate {
    parameters: Vec<&'static str>,
    result: &'static str,
    volatility: Volatility,
}

/// `func_select_candidate` of PostgreSQL's parse_func.c, as far as the tables go.
fn pick(catalog: &Catalog, mut candidates: Vec<Candidate>, arguments: &[Argument]) -> Option<Picked> {
    candidates.retain(|c| c.parameters.iter().zip(arguments).all(|(p, a)| accepts(catalog, p, a.as_ref())));
    // An argument of a type that is not known fits everything, so nothing can be preferred.
    let known = arguments.iter().all(Option::is_some);
    if known {
        keep_best(&mut candidates, |c| c.exact(catalog, arguments));
        keep_best(&mut candidates, |c| c.preferred(catalog, arguments));
        for (position, argument) in arguments.iter().enumerate() {
            if argument.as_ref().is_some_and(Type::is_unknown) {
                let category =
                    |c: &Candidate| category(c.parameters.get(position).copied().unwrap_or_default());
                let string = candidates.iter().any(|c| category(c) == 'S');
                if string {
                    candidates.retain(|c| category(c) == 'S');
                }
                keep_best(&mut candidates, |c| {
                    usize::from(is_preferred(c.parameters.get(position).copied().unwrap_or_default()))
                });
            }
        }
    }
    let first = candidates.first()?;
    let mut picked = first.picked(catalog, arguments);
    for other in candidates.iter().skip(1) {
        let other = other.picked(catalog, arguments);
        picked.volatility = picked.volatility.min(other.volatility);
        if picked.result != other.result {
            picked.result = None;
        }
    }
    Some(picked)
}

fn keep_best(candidates: &mut Vec<Candidate>, score: impl Fn(&Candidate) -> usize) {
    if let Some(best) = candidates.iter().map(&score).max() {
        candidates.retain(|c| score(c) == best);
    }
}

impl Candidate {
    /// How many arguments have the very type of their parameter.
    fn exact(&self, catalog: &Catalog, arguments: &[Argument]) -> usize {
        let exact = |(parameter, argument): (&&str, &Argument)| {
            argument.as_ref().is_some_and(|a| !a.is_unknown() && name_of(catalog, a) == **parameter)
        };
        self.parameters.iter().zip(arguments).filter(|pair| exact(*pair)).count()
    }

    /// How many arguments have the type of their parameter or are turned into the preferred type of their category.
    fn preferred(&self, catalog: &Catalog, arguments: &[Argument]) -> usize {
        let fits = |(parameter, argument): (&&str, &Argument)| {
            argument.as_ref().is_some_and(|a| {
                if a.is_unknown() {
                    return false;
                }
                let name = name_of(catalog, a);
                name == **parameter || (is_preferred(parameter) && category(parameter) == category(&name))
            })
        };
        self.parameters.iter().zip(arguments).filter(|pair| fits(*pair)).count()
    }

    fn picked(&self, catalog: &Catalog, arguments: &[Argument]) -> Picked {
        Picked { volatility: self.volatility, result: self.result_type(catalog, arguments) }
    }

    fn result_type(&self, catalog: &Catalog, arguments: &[Argument]) -> Argument {
        if !is_polymorphic(self.result) {
            return Some(types::parse(self.result));
        }
        let (parameter, argument) = self
            .parameters
            .iter()
            .zip(arguments)
            .find(|(p, a)| is_polymorphic(p) && a.as_ref().is_some_and(|a| !a.is_unknown()))?;
        let argument = catalog.base_type(argument.as_ref()?);
        match (*parameter, self.result) {
            (p, r) if p == r => Some(argument),
            ("anyarray" | "anycompatiblearray", "anyelement" | "anycompatible") => Some(argument.element()),
            ("anyelement" | "anycompatible", "anyarray" | "anycompatiblearray") => Some(argument.array_of()),
            _ => None,
        }
    }
}

/// Whether a parameter takes an argument without an explicit cast.
fn accepts(catalog: &Catalog, parameter: &str, argument: Option<&Type>) -> bool {
    let Some(argument) = argument else { return true };
    if argument.is_unknown() {
        return true;
    }
    let name = name_of(catalog, argument);
    if name == parameter || fits_polymorphic(catalog, argument, parameter) {
        return true;
    }
    matches!(cast_row(&name, parameter), Some(Cast { implicit: true, .. }))
}

/// Whether a pseudo-type of a signature or operator class stands for the type.
pub(super) fn fits_polymorphic(catalog: &Catalog, ty: &Type, pseudo: &str) -> bool {
    let base = catalog.base_type(ty);
    match pseudo {
        "any" | "anyelement" | "anycompatible" => true,
        "anyarray" | "anycompatiblearray" => base.array,
        "anynonarray" | "anycompatiblenonarray" => !base.array,
        "anyenum" => matches!(base.base, BaseType::Enum(_)) && !base.array,
        "anyrange" | "anycompatiblerange" => {
            matches!(&base.base, BaseType::Range(name) if !name.contains("multi")) && !base.array
        }
        "anymultirange" | "anycompatiblemultirange" => {
            matches!(&base.base, BaseType::Range(name) if name.contains("multi")) && !base.array
        }
        "record" => matches!(base.base, BaseType::Composite(_) | BaseType::Record) && !base.array,
        _ => false,
    }
}

/// The name of a type in the tables, domains taken off.
pub(super) fn name_of(catalog: &Catalog, ty: &Type) -> String {
    let base = catalog.base_type(ty);
    let mut name = base.base.catalog_name().to_owned();
    if base.array {
        name.push_str("[]");
    }
    name
}

fn category(name: &str) -> char {
    if name.ends_with("[]") {
        return 'A';
    }
    let row = TYPES.rows(name).next();
    row.and_then(|row| row.field(0).chars().next()).unwrap_or('U')
}

fn is_preferred(name: &str) -> bool {
    TYPES.rows(name).next().is_some_and(|row| row.field(1) == "p")
}

/// Whether the tables know the type.
pub(super) fn is_known(name: &str) -> bool {
    let name = name.strip_suffix("[]").unwrap_or(name);
    TYPES.rows(name).next().is_some()
}

/// Whether values of the type have a collation.
pub(super) fn is_collatable(name: &str) -> bool {
    let name = name.strip_suffix("[]").unwrap_or(name);
    TYPES.rows(name).next().is_some_and(|row| row.field(4) == "c")
}

// Casts.

struct Cast {
    implicit: bool,
    /// Whether both types have one representation.
    binary: bool,
    volatility: Volatility,
}

fn cast_row(source: &str, target: &str) -> Option<Cast> {
    let row = CASTS.rows(source).find(|row| row.field(0) == target)?;
    let method = row.field(2);
    Some(Cast {
        implicit: row.field(1) == "i",
        binary: method == "b",
        volatility: if method == "o" {
            text_volatility(source, target)
        } else {
            functions::volatility(method.bytes().next().unwrap_or(b'v'))
        },
    })
}

/// Whether values of one type are values of the other as they are, without being asked.
pub(super) fn is_binary_coercible(source: &str, target: &str) -> bool {
    source == target || matches!(cast_row(source, target), Some(Cast { implicit: true, binary: true, .. }))
}

/// Whether a column of one type can become one of the other with its values as they are: both have one representation,
/// and the cast is allowed in an assignment.
pub(super) fn is_relabelled(source: &str, target: &str) -> bool {
    source == target || matches!(cast_row(source, target), Some(Cast { binary: true, .. }))
}

/// How much the result of an explicit cast may vary.
pub(super) fn cast(catalog: &Catalog, source: &Argument, target: &Type) -> Volatility {
    let Some(source) = source else { return Volatility::Immutable };
    // A literal is read once, when the object is created.
    if source.is_unknown() {
        return Volatility::Immutable;
    }
    let (source, target) = (catalog.base_type(source), catalog.base_type(target));
    if source.array && target.array {
        return cast(catalog, &Some(source.element()), &target.element());
    }
    let (from, to) = (name_of(catalog, &source), name_of(catalog, &target));
    if from == to {
        return Volatility::Immutable;
    }
    match cast_row(&from, &to) {
        Some(cast) => cast.volatility,
        None => text_volatility(&from, &to),
    }
}

/// Of a conversion through text: the output function of one type, then the input function of the other.
fn text_volatility(source: &str, target: &str) -> Volatility {
    let letter = |name: &str, position: usize| {
        if name.ends_with("[]") || matches!(name, "record" | "anyenum") {
            // `array_in`, `array_out`, `record_in`, `enum_out` and their kin are all stable.
            return Volatility::Stable;
        }
        let row = TYPES.rows(name).next();
        // A type that is not known is not held against anybody.
        row.and_then(|row| row.field(2).as_bytes().get(position).copied())
            .map_or(Volatility::Immutable, functions::volatility)
    };
    letter(source, 1).max(letter(target, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Volatility::{Immutable, Stable};

    fn arguments(names: &[&str]) -> Vec<Argument> {
        names.iter().map(|n| if *n == "?" { None } else { Some(types::parse(n)) }).collect()
    }

    // Each was asked of a PostgreSQL 15 by `SELECT pg_typeof(...)` and `CREATE INDEX`.
    #[test]
    fn overloads_are_picked_as_postgres_picks_them() {
        let catalog = Catalog::default();
        for (name, types, volatility, result) in [
            ("date_trunc", vec!["unknown", "timestamptz"], Stable, "timestamptz"),
            ("date_trunc", vec!["unknown", "timestamp"], Immutable, "timestamp"),
            ("date_trunc", vec!["unknown", "date"], Stable, "timestamptz"),
            ("date_trunc", vec!["unknown", "timestamptz", "unknown"], Stable, "timestamptz"),
            ("lower", vec!["varchar"], Immutable, "text"),
            ("lower", vec!["unknown"], Immutable, "text"),
            ("length", vec!["text"], Immutable, "integer"),
            ("to_tsvector", vec!["regconfig", "text"], Immutable, "tsvector"),
            ("to_tsvector", vec!["unknown", "text"], Immutable, "tsvector"),
            ("to_tsvector", vec!["text"], Stable, "tsvector"),
            ("concat", vec!["text", "integer", "text"], Stable, "text"),
            ("coalesce", vec!["text", "unknown"], Immutable, "text"),
            ("round", vec!["integer"], Immutable, "double precision"),
            ("abs", vec!["smallint"], Immutable, "smallint"),
        ] {
            let picked =
                function(&catalog, name, &arguments(&types)).unwrap_or_else(|| panic!("{name} {types:?}"));
            let found = picked.result.map(|t| t.to_string()).unwrap_or_default();
            assert_eq!((picked.volatility, found.as_str()), (volatility, result), "{name} {types:?}");
        }
        assert!(function(&catalog, "lower", &arguments(&["integer"])).is_none());
        assert!(function(&catalog, "lower", &arguments(&["text", "text"])).is_none());
    }

    #[test]
    fn operators_are_picked_as_postgres_picks_them() {
        let catalog = Catalog::default();
        for (name, types, volatility, result) in [
            ("+", vec!["timestamptz", "interval"], Stable, "timestamptz"),
            ("+", vec!["timestamp", "interval"], Immutable, "timestamp"),
            (">", vec!["timestamptz", "unknown"], Immutable, "boolean"),
            (">", vec!["timestamptz", "date"], Stable, "boolean"),
            ("||", vec!["text", "unknown"], Immutable, "text"),
            ("||", vec!["text", "integer"], Stable, "text"),
            ("||", vec!["varchar", "varchar"], Immutable, "text"),
            ("->>", vec!["jsonb", "unknown"], Immutable, "text"),
            ("->", vec!["jsonb", "unknown"], Immutable, "jsonb"),
            ("=", vec!["integer", "bigint"], Immutable, "boolean"),
            ("-", vec!["integer"], Immutable, "integer"),
        ] {
            let picked =
                operator(&catalog, name, &arguments(&types)).unwrap_or_else(|| panic!("{name} {types:?}"));
            let found = picked.result.map(|t| t.to_string()).unwrap_or_default();
            assert_eq!((picked.volatility, found.as_str()), (volatility, result), "{name} {types:?}");
        }
    }

    #[test]
    fn casts() {
        let catalog = Catalog::default();
        for (from, to, volatility) in [
            ("timestamptz", "date", Stable),
            ("timestamp", "date", Immutable),
            ("timestamptz", "text", Stable),
            ("date", "text", Stable),
            ("text", "timestamptz", Stable),
            ("text", "date", Stable),
            ("unknown", "timestamptz", Immutable),
            ("integer", "text", Immutable),
            ("uuid", "text", Immutable),
            ("text", "uuid", Immutable),
            ("text", "jsonb", Immutable),
            ("numeric", "integer", Immutable),
            ("text[]", "text", Stable),
            ("text", "text[]", Stable),
            ("integer[]", "bigint[]", Immutable),
            ("varchar", "text", Immutable),
            ("?", "date", Immutable),
        ] {
            let source = arguments(&[from]).remove(0);
            assert_eq!(cast(&catalog, &source, &types::parse(to)), volatility, "{from} -> {to}");
        }
    }
}
