//! One conjunct against one index key (indxpath.c `match_clause_to_indexcol`). INDEXING.md sections 1 to 3.
//!
//! A conjunct is first read as the tests that it could be: an operand, an operator and a value that does not depend on
//! the table ([`tests`]). A key takes a test when the operand is the key, its operator class has the operator for the
//! types at hand, and the comparison's collation is the key's ([`condition`]).

use super::opclass::{Comparisons, KeyClass, Prefixes};
use super::pattern::{self, Fixed};
use crate::prove::terms::resolve::{Family, family};
use crate::prove::terms::{Coll, Node, Rel, Term, Terms, commuted, commuted_operator};
use crate::query::model::{CompareOp, Truth};
use crate::schema::catalog::ColumnIx;
use crate::schema::types::BaseType;

/// A key of an index, as a term over the relation that is read.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) term: Term,
    /// The column, where it is one.
    pub(super) column: Option<ColumnIx>,
    pub(super) class: KeyClass,
    pub(super) coll: Coll,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

/// What a conjunct says of one operand.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// `operand op value`.
    Compare { op: CompareOp, value: Term, coll: Coll },
    /// `operand op ANY (values)`.
    List { op: Op, values: Term, coll: Coll },
    /// IS NULL, IS NOT NULL.
    Null { negated: bool },
    /// `operand`, `NOT operand`, `operand IS TRUE`, `operand IS FALSE`.
    Truth,
    /// `operand op value` for any other operator; `swapped` where the operand stood on its right.
    Operator { name: Box<str>, value: Term, swapped: bool, coll: Coll },
}

/// An operator of a list test.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Compare(CompareOp),
    Other(Box<str>),
}

/// How a condition limits the part of a btree that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// To one value.
    Equal,
    /// To several values, or to NULL: like one value, but of no use for an order.
    Several,
    /// To a range.
    Range,
}

/// The tests that a conjunct can be read as, with their operands.
pub(super) fn tests(terms: &Terms, rel: Rel, conjunct: Term) -> Vec<(Term, Test)> {
    let mut out = Vec::new();
    if !terms.uses(conjunct, rel) {
        return out;
    }
    let value = |t: Term| is_value(terms, rel, t);
    // Any condition can itself be a key of an index.
    out.push((conjunct, Test::Truth));
    match terms.node(conjunct) {
        Node::Not(t) | Node::IsTruth { value: Truth::True | Truth::False, negated: false, of: t } => {
            out.push((*t, Test::Truth));
        }
        Node::IsNull { negated, of } => out.push((*of, Test::Null { negated: *negated })),
        Node::Compare(op, left, right, coll) => {
            if value(*right) {
                out.push((*left, Test::Compare { op: *op, value: *right, coll: coll.clone() }));
            }
            if value(*left) {
                let op = commuted(*op);
                out.push((*right, Test::Compare { op, value: *left, coll: coll.clone() }));
            }
        }
        Node::Any { op, all: false, left, array, coll } if value(*array) => {
            let op = match &**op {
                "=" => Op::Compare(CompareOp::Eq),
                "<" => Op::Compare(CompareOp::Lt),
                "<=" => Op::Compare(CompareOp::LtEq),
                ">" => Op::Compare(CompareOp::Gt),
                ">=" => Op::Compare(CompareOp::GtEq),
                other => Op::Other(other.into()),
            };
            out.push((*left, Test::List { op, values: *array, coll: coll.clone() }));
        }
        Node::Operator { name, args, coll } => {
            if let [left, right] = **args {
                if value(right) {
                    let name = (**name).into();
                    out.push((
                        left,
                        Test::Operator { name, value: right, swapped: false, coll: coll.clone() },
                    ));
                }
                if value(left)
                    && let Some(name) = commuted_operator(name)
                {
                    let name = name.into();
                    out.push((
                        right,
                        Test::Operator { name, value: left, swapped: true, coll: coll.clone() },
                    ));
                }
            }
        }
        Node::Call { name, args } => {
            let spatial = is_spatial(name);
            match **args {
                [left, right] if &**name == "starts_with" && value(right) => {
                    let coll = terms.derivation(left).collation();
                    let left = terms.without_collate(left);
                    out.push((
                        left,
                        Test::Operator { name: "^@".into(), value: right, swapped: false, coll },
                    ));
                }
                [left, right, ..] if spatial => {
                    for (operand, other) in [(left, right), (right, left)] {
                        if value(other) {
                            let test = Test::Operator {
                                name: "st_".into(),
                                value: other,
                                swapped: false,
                                coll: Coll::None,
                            };
                            out.push((operand, test));
                        }
                    }
                }
                _ => {}
            }
        }
        _ => {}
    }
    out
}

/// Whether a term can be computed before the relation is read: it uses none of its columns and gives one value for the
/// whole read.
pub(super) fn is_value(terms: &Terms, rel: Rel, term: Term) -> bool {
    !terms.uses(term, rel) && !terms.flags(term).volatile && !terms.flags(term).aggregate
}

/// PostGIS's predicates that its indexes support.
fn is_spatial(name: &str) -> bool {
    matches!(
        name.rsplit('.').next().unwrap_or(name),
        "st_intersects"
            | "st_dwithin"
            | "st_contains"
            | "st_within"
            | "st_covers"
            | "st_coveredby"
            | "st_crosses"
            | "st_overlaps"
            | "st_touches"
            | "st_equals"
            | "st_containsproperly"
            | "st_dfullywithin"
    )
}

/// How a key takes a test of its own term; absent where it does not. `database` is the database's collation.
pub(super) fn condition(terms: &Terms, key: &Key, test: &Test, database: &str) -> Option<Bound> {
    let class = &key.class;
    match test {
        Test::Truth => {
            let boolean = class.family == Family::Own(BaseType::Bool) && class.comparisons != Comparisons::No;
            boolean.then_some(Bound::Equal)
        }
        Test::Null { negated } => class.nulls.then_some(if *negated { Bound::Range } else { Bound::Several }),
        Test::Compare { op, value, coll } => {
            let bound = compares(terms, key, *op, coll)?;
            takes_type(terms, key, &terms.ty(*value).base).then_some(bound)
        }
        Test::List { op, values, coll } => {
            let element = terms.ty(*values).clone().element();
            match op {
                Op::Compare(op) => {
                    let bound = compares(terms, key, *op, coll)?;
                    let bound = if bound == Bound::Equal { Bound::Several } else { bound };
                    takes_type(terms, key, &element.base).then_some(bound)
                }
                Op::Other(name) => {
                    (class.operators.contains(&&**name) && same_collation(key, coll)).then_some(Bound::Range)
                }
            }
        }
        Test::Operator { name, value, swapped, coll } => {
            operator(terms, key, name, *value, *swapped, coll, database)
        }
    }
}

/// A comparison of the key with a value. The casts that operator resolution puts on the operand are part of its term,
/// so that an operand that is the key has the key's own family.
fn compares(terms: &Terms, key: &Key, op: CompareOp, coll: &Coll) -> Option<Bound> {
    let bound = match (op, key.class.comparisons) {
        (_, Comparisons::No) => return None,
        (CompareOp::NotEq, _) if key.class.inequality => Bound::Range,
        (CompareOp::NotEq, _) => return None,
        (CompareOp::Eq, _) => Bound::Equal,
        (_, Comparisons::Equality) => return None,
        (CompareOp::Lt | CompareOp::LtEq | CompareOp::Gt | CompareOp::GtEq, Comparisons::All) => Bound::Range,
    };
    let own = family(terms.ty(key.term));
    (key.class.family.agrees(&own) && same_collation(key, coll)).then_some(bound)
}

/// Whether the key's comparisons take a value of that type.
fn takes_type(terms: &Terms, key: &Key, value: &BaseType) -> bool {
    let own = &terms.ty(key.term).base;
    let alike = |a: &BaseType| match a {
        BaseType::Varchar => BaseType::Text,
        other => other.clone(),
    };
    key.class.cross_type || *value == BaseType::Unknown || alike(value) == alike(own)
}

fn same_collation(key: &Key, coll: &Coll) -> bool {
    key.coll == Coll::None || key.coll == *coll
}

fn operator(
    terms: &Terms,
    key: &Key,
    name: &str,
    value: Term,
    swapped: bool,
    coll: &Coll,
    database: &str,
) -> Option<Bound> {
    let class = &key.class;
    if name == "st_" {
        return class.spatial.then_some(Bound::Range);
    }
    if class.operators.contains(&name) {
        let bound = if name == "~=~" { Bound::Equal } else { Bound::Range };
        return same_collation(key, coll).then_some(bound);
    }
    if swapped {
        return None;
    }
    let constant = terms.constant(value)?;
    if class.networks && matches!(name, "<<" | "<<=") {
        return Some(Bound::Range);
    }
    match pattern::fixed(name, constant.text()?) {
        Fixed::No => None,
        Fixed::Exact => {
            let equality = class.comparisons != Comparisons::No && is_textual(terms, key) && name != "^@";
            // An equality finds the same rows in any deterministic collation, and LIKE has no other.
            equality.then_some(Bound::Equal)
        }
        Fixed::Prefix => match class.prefixes {
            Prefixes::No => None,
            Prefixes::Always => Some(Bound::Range),
            Prefixes::InC => is_c(&key.coll, database).then_some(Bound::Range),
        },
    }
}

/// Whether LIKE on the key is that of text, so that a pattern without wildcards is an equality of the key's family.
fn is_textual(terms: &Terms, key: &Key) -> bool {
    key.class.prefixes != Prefixes::No
        || (key.class.cross_type && matches!(terms.ty(key.term).base, BaseType::Text | BaseType::Varchar))
}

/// Whether a collation compares by bytes, as far as PostgreSQL's planner knows.
pub(super) fn is_c(coll: &Coll, database: &str) -> bool {
    let name = match coll {
        Coll::Named(name) => name,
        Coll::Default => database,
        Coll::None | Coll::Conflict => return false,
    };
    matches!(name, "C" | "POSIX")
}
