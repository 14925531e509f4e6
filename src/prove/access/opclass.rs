//! What an index key can be asked: the operators of its operator class, by access method and type (pg_opclass,
//! pg_amop of PostgreSQL 15 and of the usual extensions). INDEXING.md section 1.

use crate::prove::terms::resolve::{Family, family};
use crate::schema::catalog::IndexMethod;
use crate::schema::types::{BaseType, Type};

/// Which of `= < <= > >=` a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparisons {
    /// None.
    No,
    /// `=`.
    Equality,
    /// All of them.
    All,
}

/// Whether a pattern's fixed prefix becomes a range of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefixes {
    /// Never.
    No,
    /// Where the key's collation is C or POSIX.
    InC,
    /// Always.
    Always,
}

/// The operator class of a key, as far as matching asks.
#[derive(Clone, Debug)]
pub(super) struct KeyClass {
    pub(super) comparisons: Comparisons,
    /// Whether it takes `<>` too.
    pub(super) inequality: bool,
    /// The family of those comparisons.
    pub(super) family: Family,
    /// Whether they take values of another type of the family.
    pub(super) cross_type: bool,
    /// Other operators, with the key on the left.
    pub(super) operators: &'static [&'static str],
    /// IS NULL and IS NOT NULL.
    pub(super) nulls: bool,
    pub(super) prefixes: Prefixes,
    /// Whether `<<` and `<<=` with a constant network become a range.
    pub(super) networks: bool,
    /// Whether PostGIS's predicates are supported as `&&`.
    pub(super) spatial: bool,
    /// Operators by which an index scan can order.
    pub(super) distances: &'static [&'static str],
    /// Whether the order of the keys is that of ORDER BY.
    pub(super) sorts: bool,
}

const NOTHING: KeyClass = KeyClass {
    comparisons: Comparisons::No,
    inequality: false,
    family: Family::Unknown,
    cross_type: true,
    operators: &[],
    nulls: false,
    prefixes: Prefixes::No,
    networks: false,
    spatial: false,
    distances: &[],
    sorts: false,
};

const JSONB: &[&str] = &["@>", "?", "?|", "?&", "@?", "@@"];
const JSONB_PATH: &[&str] = &["@>", "@?", "@@"];
const ARRAY: &[&str] = &["&&", "@>", "<@"];
const TSVECTOR: &[&str] = &["@@", "@@@"];
const TRIGRAM: &[&str] = &["~~", "~~*", "~", "~*", "%", "%>", "%>>"];
const HSTORE: &[&str] = &["@>", "?", "?|", "?&"];
const RANGE: &[&str] = &["<<", "&<", "&&", "&>", ">>", "-|-", "@>", "<@"];
const INET: &[&str] = &["&&", ">>", ">>=", "<<", "<<="];
const LTREE: &[&str] = &["@>", "<@", "~", "@", "?"];
const SHAPE: &[&str] = &[
    "<<", "&<", "&&", "&>", ">>", "~=", "@>", "<@", "&<|", "<<|", "|>>", "|&>", "<^", ">^", "~", "@", "&&&",
];
const PATTERN_COMPARISONS: &[&str] = &["~<~", "~<=~", "~>=~", "~>~", "~=~"];
const SP_TEXT: &[&str] = &["^@", "~<~", "~<=~", "~>=~", "~>~"];

/// The class of a key of that type; `opclass` as written in the index, lower case.
pub(super) fn key_class(method: &IndexMethod, opclass: Option<&str>, ty: &Type) -> KeyClass {
    let opclass = opclass.map(|name| {
        let name = name.split('(').next().unwrap_or(name).trim();
        name.rsplit('.').next().unwrap_or(name)
    });
    match method {
        IndexMethod::Btree => btree(opclass, ty),
        IndexMethod::Hash => KeyClass { comparisons: Comparisons::Equality, family: family(ty), ..NOTHING },
        IndexMethod::Gin => gin(opclass, ty),
        IndexMethod::Gist => gist(opclass, ty),
        IndexMethod::SpGist => sp_gist(opclass, ty),
        IndexMethod::Brin => brin(opclass, ty),
        IndexMethod::Hnsw | IndexMethod::IvfFlat => {
            KeyClass { distances: vector_distance(opclass), ..NOTHING }
        }
        IndexMethod::Other(name) if name == "bloom" => {
            KeyClass { comparisons: Comparisons::Equality, family: family(ty), cross_type: false, ..NOTHING }
        }
        IndexMethod::Other(_) => NOTHING,
    }
}

/// Whether one index of several keys can be searched by any of them.
pub(super) const fn any_key_leads(method: &IndexMethod) -> bool {
    !matches!(method, IndexMethod::Btree | IndexMethod::Hash)
}

/// Whether an index can be read whole, without a condition (pg_am's `amoptionalkey`).
pub(super) const fn reads_whole(method: &IndexMethod) -> bool {
    matches!(
        method,
        IndexMethod::Btree | IndexMethod::Gist | IndexMethod::Gin | IndexMethod::SpGist | IndexMethod::Brin
    )
}

fn btree(opclass: Option<&str>, ty: &Type) -> KeyClass {
    if opclass.is_some_and(|name| name.ends_with("_pattern_ops")) {
        return KeyClass {
            comparisons: Comparisons::Equality,
            family: family(ty),
            operators: PATTERN_COMPARISONS,
            nulls: true,
            prefixes: Prefixes::Always,
            ..NOTHING
        };
    }
    let prefixes = match ty.base {
        BaseType::Text | BaseType::Varchar | BaseType::Bpchar if !ty.array => Prefixes::InC,
        BaseType::Name if !ty.array => Prefixes::Always,
        _ => Prefixes::No,
    };
    KeyClass {
        comparisons: Comparisons::All,
        family: family(ty),
        nulls: true,
        prefixes,
        networks: is_network(ty),
        sorts: true,
        ..NOTHING
    }
}

fn is_network(ty: &Type) -> bool {
    !ty.array && matches!(ty.base, BaseType::Inet | BaseType::Cidr)
}

fn gin(opclass: Option<&str>, ty: &Type) -> KeyClass {
    let operators = match (opclass, &ty.base) {
        (Some("jsonb_path_ops"), _) => JSONB_PATH,
        (Some("gin_trgm_ops"), _) => {
            return KeyClass {
                comparisons: Comparisons::Equality,
                family: Family::Text,
                operators: TRIGRAM,
                ..NOTHING
            };
        }
        _ if ty.array => {
            return KeyClass {
                comparisons: Comparisons::Equality,
                family: family(ty),
                operators: ARRAY,
                ..NOTHING
            };
        }
        (_, BaseType::Jsonb) => JSONB,
        (_, BaseType::TsVector) => TSVECTOR,
        (_, BaseType::Other(name)) if name == "hstore" => HSTORE,
        _ => return scalar(ty, false),
    };
    KeyClass { operators, ..NOTHING }
}

/// btree_gin and btree_gist: a btree's operators, of the key's own type only. btree_gist has `<>`, for exclusion
/// constraints.
fn scalar(ty: &Type, gist: bool) -> KeyClass {
    KeyClass {
        comparisons: Comparisons::All,
        inequality: gist,
        family: family(ty),
        cross_type: false,
        nulls: gist,
        distances: if gist { &["<->"] } else { &[] },
        ..NOTHING
    }
}

fn gist(opclass: Option<&str>, ty: &Type) -> KeyClass {
    let class = KeyClass { nulls: true, ..NOTHING };
    if opclass == Some("gist_trgm_ops") {
        return KeyClass {
            comparisons: Comparisons::Equality,
            family: Family::Text,
            operators: TRIGRAM,
            distances: &["<->", "<->>", "<->>>"],
            ..class
        };
    }
    match &ty.base {
        BaseType::Range(_) => {
            KeyClass { comparisons: Comparisons::Equality, family: family(ty), operators: RANGE, ..class }
        }
        BaseType::Inet | BaseType::Cidr if opclass == Some("inet_ops") => network(ty),
        BaseType::TsVector => KeyClass { operators: TSVECTOR, ..class },
        BaseType::TsQuery => KeyClass { operators: &["@>", "<@"], ..class },
        BaseType::Other(name) => match name.as_str() {
            "ltree" => {
                KeyClass { comparisons: Comparisons::All, family: family(ty), operators: LTREE, ..class }
            }
            "hstore" => KeyClass { operators: HSTORE, ..class },
            "cube" => KeyClass { operators: SHAPE, distances: &["<->", "<#>", "<=>"], ..class },
            "geometry" | "geography" => {
                KeyClass { operators: SHAPE, spatial: true, distances: &["<->", "<#>"], ..class }
            }
            "point" | "box" | "polygon" | "circle" => {
                KeyClass { operators: SHAPE, distances: &["<->"], ..class }
            }
            name if name.ends_with("range") => KeyClass { operators: RANGE, ..class },
            _ => scalar(ty, true),
        },
        _ if ty.array => KeyClass { operators: ARRAY, ..class },
        _ => scalar(ty, true),
    }
}

/// `inet_ops` of GiST and of SP-GiST.
fn network(ty: &Type) -> KeyClass {
    KeyClass {
        comparisons: Comparisons::All,
        inequality: true,
        family: family(ty),
        operators: INET,
        nulls: true,
        ..NOTHING
    }
}

fn sp_gist(opclass: Option<&str>, ty: &Type) -> KeyClass {
    let class = KeyClass { nulls: true, ..NOTHING };
    match &ty.base {
        BaseType::Text | BaseType::Varchar | BaseType::Bpchar => KeyClass {
            comparisons: Comparisons::All,
            family: family(ty),
            operators: SP_TEXT,
            prefixes: Prefixes::Always,
            ..class
        },
        BaseType::Range(_) => {
            KeyClass { comparisons: Comparisons::Equality, family: family(ty), operators: RANGE, ..class }
        }
        BaseType::Inet | BaseType::Cidr => network(ty),
        _ => {
            let spatial = opclass.is_some_and(|name| name.contains("geometry") || name.contains("geography"));
            KeyClass { operators: SHAPE, spatial, distances: &["<->"], ..class }
        }
    }
}

fn brin(opclass: Option<&str>, ty: &Type) -> KeyClass {
    let class = KeyClass { family: family(ty), nulls: true, ..NOTHING };
    match opclass {
        Some(name) if name.ends_with("_bloom_ops") => {
            return KeyClass { comparisons: Comparisons::Equality, cross_type: false, ..class };
        }
        Some("inet_inclusion_ops") => {
            return KeyClass { comparisons: Comparisons::Equality, operators: INET, ..class };
        }
        _ => {}
    }
    match &ty.base {
        BaseType::Range(_) => KeyClass { comparisons: Comparisons::All, operators: RANGE, ..class },
        BaseType::Other(name) if matches!(name.as_str(), "box" | "geometry" | "geography") => {
            KeyClass { operators: SHAPE, spatial: name != "box", ..class }
        }
        base => KeyClass {
            comparisons: Comparisons::All,
            prefixes: if matches!(base, BaseType::Text | BaseType::Varchar) {
                Prefixes::InC
            } else {
                Prefixes::No
            },
            networks: is_network(ty),
            ..class
        },
    }
}

/// The distance operator of a vector index's operator class (pgvector).
fn vector_distance(opclass: Option<&str>) -> &'static [&'static str] {
    let Some(name) = opclass else { return &["<->"] };
    match name {
        name if name.ends_with("_l2_ops") => &["<->"],
        name if name.ends_with("_ip_ops") => &["<#>"],
        name if name.ends_with("_cosine_ops") => &["<=>"],
        name if name.ends_with("_l1_ops") => &["<+>"],
        "bit_hamming_ops" => &["<~>"],
        "bit_jaccard_ops" => &["<%>"],
        _ => &[],
    }
}
