//! How an expression comes by its collation (manual 24.2.1).

use super::Symbol;
use crate::schema::types::{BaseType, Type};

/// The collation with which an operator compares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Coll {
    /// Its operands have none.
    None,
    /// The database's.
    Default,
    /// That one.
    Named(Symbol),
    /// It could not be decided: PostgreSQL refuses to compare.
    Conflict,
}

/// How an expression came by its collation (manual 24.2.1); a stronger derivation wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// Its type has none.
    None,
    /// The database's.
    Default,
    /// A column's own.
    Implicit(Symbol),
    /// COLLATE in the expression.
    Explicit(Symbol),
    /// Two that differ.
    Conflict,
}

impl Derivation {
    /// The derivation of an operator's result from two operands.
    #[must_use]
    pub fn combine(&self, other: &Derivation) -> Derivation {
        use Derivation::{Conflict, Default, Explicit, Implicit, None};
        match (self, other) {
            (None, d) | (d, None) => d.clone(),
            (Explicit(a), Explicit(b)) if a != b => Conflict,
            (Explicit(a), _) | (_, Explicit(a)) => Explicit(a.clone()),
            (Conflict, _) | (_, Conflict) => Conflict,
            (Default, d) | (d, Default) => d.clone(),
            (Implicit(a), Implicit(b)) if a != b => Conflict,
            (Implicit(a), Implicit(_)) => Implicit(a.clone()),
        }
    }

    /// The collation that it results in.
    pub fn collation(&self) -> Coll {
        match self {
            Derivation::None => Coll::None,
            Derivation::Default => Coll::Default,
            Derivation::Implicit(name) | Derivation::Explicit(name) => named(name),
            Derivation::Conflict => Coll::Conflict,
        }
    }
}

/// The collation of that name; `default` is the database's.
pub fn named(name: &str) -> Coll {
    if name == "default" { Coll::Default } else { Coll::Named(Symbol::from(name)) }
}

/// Whether values of a type compare by a collation.
pub(super) fn collatable(ty: &Type) -> bool {
    matches!(
        ty.base,
        BaseType::Text | BaseType::Varchar | BaseType::Bpchar | BaseType::Citext | BaseType::Name
    )
}

/// The collation that a value has by its type alone; `name` compares by bytes.
pub(super) fn own_derivation(ty: &Type) -> Derivation {
    match ty.base {
        BaseType::Name => Derivation::Implicit(Symbol::from("C")),
        _ if collatable(ty) => Derivation::Default,
        _ => Derivation::None,
    }
}
