//! Operator resolution for comparisons (manual 10.2, pg_amop): which side PostgreSQL casts, and which btree operator
//! family the comparison then belongs to.
//!
//! | left | right | what happens |
//! |---|---|---|
//! | smallint, integer, bigint | each other | one family, no cast |
//! | integer | numeric, float | the integer is cast |
//! | numeric | float | the numeric is cast |
//! | text, varchar, name | each other | relabelled, no cast |
//! | char(n) | text | the char(n) is cast |
//! | char(n) | varchar | the varchar becomes char(n), which text's family does not know |
//! | citext | text, varchar, char(n) | the citext becomes text |
//! | date, timestamp, timestamptz | each other | one family, no cast |
//! | time | timetz | the time is cast |
//! | inet | cidr | relabelled, no cast |
//! | anything | an untyped literal or parameter | the literal takes the other type |
//!
//! Types that do not compare at all are left alone: PostgreSQL would have refused the statement, so what is known of
//! their types must be wrong.

use crate::schema::types::{BaseType, Type};

/// A btree operator family, or the part of one that matters here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// integer_ops.
    Integer,
    /// numeric_ops.
    Numeric,
    /// float_ops.
    Float,
    /// text_ops: text, varchar, name.
    Text,
    /// bpchar_ops.
    Bpchar,
    /// datetime_ops.
    DateTime,
    /// The type's own.
    Own(BaseType),
    /// array_ops, of elements of that family.
    Array(Box<Family>),
    /// Not known.
    Unknown,
}

/// The family in which values of a type compare.
pub fn family(ty: &Type) -> Family {
    if ty.array {
        return Family::Array(Box::new(family(&ty.clone().element())));
    }
    match &ty.base {
        BaseType::Unknown => Family::Unknown,
        BaseType::Int2 | BaseType::Int4 | BaseType::Int8 => Family::Integer,
        BaseType::Numeric => Family::Numeric,
        BaseType::Float4 | BaseType::Float8 => Family::Float,
        BaseType::Text | BaseType::Varchar | BaseType::Name => Family::Text,
        BaseType::Bpchar => Family::Bpchar,
        BaseType::Date | BaseType::Timestamp | BaseType::TimestampTz => Family::DateTime,
        BaseType::Cidr => Family::Own(BaseType::Inet),
        other => Family::Own(other.clone()),
    }
}

impl Family {
    /// Whether an operator of one works on keys of the other, as far as known.
    pub fn agrees(&self, other: &Family) -> bool {
        match (self, other) {
            (Family::Unknown, _) | (_, Family::Unknown) => true,
            (Family::Array(a), Family::Array(b)) => a.agrees(b),
            (a, b) => a == b,
        }
    }
}

/// The casts that a comparison puts on its left and right side.
pub fn casts(left: &Type, right: &Type) -> (Option<Type>, Option<Type>) {
    if left.array || right.array {
        return (None, None);
    }
    match one_sided(&left.base, &right.base) {
        Some(to) => (Some(to), None),
        None => (None, one_sided(&right.base, &left.base)),
    }
}

/// The type that a side is cast to when it meets the other.
fn one_sided(side: &BaseType, other: &BaseType) -> Option<Type> {
    use BaseType as B;
    let to = match (side, other) {
        (B::Int2 | B::Int4 | B::Int8, B::Numeric) => B::Numeric,
        (B::Int2 | B::Int4 | B::Int8 | B::Numeric, B::Float4 | B::Float8) => B::Float8,
        (B::Int2 | B::Int4 | B::Int8, B::Oid) => B::Oid,
        (B::Bpchar, B::Text | B::Name) => B::Text,
        (B::Varchar, B::Bpchar) => B::Bpchar,
        (B::Citext, B::Text | B::Varchar | B::Bpchar | B::Name) => B::Text,
        (B::Time, B::TimeTz) => B::TimeTz,
        _ => return None,
    };
    Some(Type::of(to))
}

/// The type to which a list of values is brought (manual 10.5), `None` where they are alike already. Types without
/// one are left alone.
pub fn common<'a>(types: impl Iterator<Item = &'a Type>) -> Option<Type> {
    let mut common: Option<&Type> = None;
    let mut mixed = false;
    for ty in types.filter(|ty| !ty.is_unknown()) {
        match common {
            None => common = Some(ty),
            Some(c) if c.base == ty.base => {}
            Some(c) => {
                mixed = true;
                if rank(&ty.base) > rank(&c.base) {
                    common = Some(ty);
                }
            }
        }
    }
    common.filter(|_| mixed).map(|ty| Type { length: None, scale: None, ..ty.clone() })
}

/// Of two types of one category the higher takes both.
const fn rank(base: &BaseType) -> u8 {
    match base {
        BaseType::Int2 => 1,
        BaseType::Int4 => 2,
        BaseType::Int8 => 3,
        BaseType::Numeric => 4,
        BaseType::Float4 => 5,
        BaseType::Float8 => 6,
        BaseType::Date => 1,
        BaseType::Timestamp => 2,
        BaseType::TimestampTz => 3,
        BaseType::Bpchar => 1,
        BaseType::Varchar => 2,
        BaseType::Text => 3,
        _ => 0,
    }
}

/// Whether a cast changes nothing about a value and nothing about which operators it takes: the same type, a longer
/// varchar, text and varchar, cidr as inet.
pub fn is_relabel(from: &Type, to: &Type) -> bool {
    if from.array != to.array {
        return false;
    }
    let unlimited = to.length.is_none() && to.scale.is_none();
    match (&from.base, &to.base) {
        (BaseType::Text | BaseType::Varchar, BaseType::Text | BaseType::Varchar) => {
            unlimited || from.length.zip(to.length).is_some_and(|(f, t)| f <= t)
        }
        (BaseType::Cidr, BaseType::Inet) => true,
        (f, t) if f == t && *f != BaseType::Unknown => {
            unlimited || (from.length == to.length && from.scale == to.scale)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_number_is_cast() {
        let cast = |a: BaseType, b: BaseType| casts(&Type::of(a), &Type::of(b));
        assert_eq!(cast(BaseType::Int4, BaseType::Int8), (None, None));
        assert_eq!(cast(BaseType::Int4, BaseType::Numeric), (Some(Type::of(BaseType::Numeric)), None));
        assert_eq!(cast(BaseType::Numeric, BaseType::Int8), (None, Some(Type::of(BaseType::Numeric))));
        assert_eq!(cast(BaseType::Float4, BaseType::Numeric), (None, Some(Type::of(BaseType::Float8))));
    }

    #[test]
    fn a_padded_text_meets_text_as_text() {
        let cast = |a: BaseType, b: BaseType| casts(&Type::of(a), &Type::of(b));
        assert_eq!(cast(BaseType::Bpchar, BaseType::Text), (Some(Type::of(BaseType::Text)), None));
        assert_eq!(cast(BaseType::Bpchar, BaseType::Varchar), (None, Some(Type::of(BaseType::Bpchar))));
        assert_eq!(cast(BaseType::Varchar, BaseType::Text), (None, None));
    }

    #[test]
    fn a_longer_varchar_is_no_cast() {
        let varchar = |n| Type { length: Some(n), ..Type::of(BaseType::Varchar) };
        assert!(is_relabel(&varchar(10), &varchar(20)));
        assert!(!is_relabel(&varchar(20), &varchar(10)));
        assert!(!is_relabel(&Type::of(BaseType::Int4), &Type::of(BaseType::Int8)));
    }
}
