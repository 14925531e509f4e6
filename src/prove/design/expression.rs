//! Which expressions may be keys and predicates of an index that is suggested: immutable ones of a few plain forms, so
//! that what is suggested can be written, read and understood.
//!
//! | form | example |
//! |---|---|
//! | a column of a type that sorts | `email` |
//! | an immutable function of one, with constants | `lower(email)`, `date_trunc('day', at)` |
//! | a path into a document, as text | `data ->> 'kind'` |
//! | such a path as another type, where the cast is immutable | `(data ->> 'size')::integer` |
//!
//! Not suggested: arithmetic and casts of a plain column. There the predicate should be written differently.

use crate::prove::terms::{Node, Term, Terms, Value};
use crate::schema::types::{BaseType, Type};
use crate::schema::{Catalog, Volatility, function_volatility};

/// Whether an index could have the term as a key.
pub(super) fn may_be_key(catalog: &Catalog, terms: &Terms, term: Term) -> bool {
    let own_column = matches!(terms.node(term), Node::Column(..));
    (own_column || terms.rels(term).len() == 1) && is_plain(catalog, terms, term)
}

/// Whether a btree can sort values of a type.
pub(super) fn sorts(ty: &Type) -> bool {
    if ty.array {
        return false;
    }
    match &ty.base {
        BaseType::Json | BaseType::Jsonb | BaseType::TsVector | BaseType::TsQuery | BaseType::Record => false,
        BaseType::Unknown | BaseType::Composite(_) => false,
        BaseType::Other(name) => {
            matches!(name.as_str(), "ltree" | "money" | "macaddr" | "macaddr8" | "pg_lsn")
        }
        _ => true,
    }
}

fn is_plain(catalog: &Catalog, terms: &Terms, term: Term) -> bool {
    match terms.node(term) {
        Node::Column(..) => true,
        Node::Const(c) => {
            matches!(c.value, Value::Bool(_) | Value::Number(_) | Value::Label(_) | Value::Text(_))
        }
        Node::Call { name, args } => {
            // A text that stands there as a literal takes the type that the function wants.
            let ty = |t: &Term| match terms.constant(*t) {
                Some(c) if c.text().is_some() && c.ty.base == BaseType::Text => Type::UNKNOWN,
                _ => terms.ty(*t).clone(),
            };
            let types: Vec<Option<Type>> = args.iter().map(|t| Some(ty(t))).collect();
            function_volatility(catalog, name, &types) == Some(Volatility::Immutable)
                && args.iter().all(|t| is_plain(catalog, terms, *t))
        }
        Node::Operator { name, args, coll: _ } => {
            matches!(&**name, "->" | "->>" | "#>" | "#>>")
                && args.iter().all(|t| is_plain(catalog, terms, *t))
        }
        Node::Cast(to, of) => {
            let from = &terms.ty(*of).base;
            let of_path = matches!(terms.node(*of), Node::Operator { .. });
            let immutable = match (from, &to.base) {
                (
                    BaseType::Text,
                    BaseType::Int2
                    | BaseType::Int4
                    | BaseType::Int8
                    | BaseType::Numeric
                    | BaseType::Float8
                    | BaseType::Bool
                    | BaseType::Uuid,
                ) => of_path,
                (BaseType::Timestamp, BaseType::Date) => true,
                _ => false,
            };
            immutable && !to.array && to.length.is_none() && is_plain(catalog, terms, *of)
        }
        Node::SystemColumn(..)
        | Node::WholeRow(_)
        | Node::Param(_)
        | Node::And(_)
        | Node::Or(_)
        | Node::Not(_)
        | Node::Compare(..)
        | Node::Any { .. }
        | Node::IsNull { .. }
        | Node::IsTruth { .. }
        | Node::Distinct { .. }
        | Node::Collate(..)
        | Node::Row(_)
        | Node::Array(_)
        | Node::Case { .. }
        | Node::Field(..)
        | Node::Subscript(..)
        | Node::Opaque(..) => false,
    }
}

/// Whether a conjunct without parameters is a good predicate of an index: it says of a row whether it is live, and most
/// statements say the same. So a column that is NULL (`deleted_at IS NULL`), a boolean column, or its negation.
pub(super) fn is_state(terms: &Terms, conjunct: Term) -> bool {
    let column = |t: Term| matches!(terms.node(t), Node::Column(..));
    match terms.node(conjunct) {
        Node::IsNull { negated: false, of } => column(*of),
        Node::Not(of) => column(*of),
        Node::Column(..) => true,
        _ => false,
    }
}

/// Whether a conjunct is a list of constants for a column, such as the states of a queue that are waiting. As a key it
/// would undo an order; as a predicate it does not.
pub(super) fn is_list_of_states(terms: &Terms, conjunct: Term) -> bool {
    let Node::Any { op, all: false, left, array, coll: _ } = terms.node(conjunct) else { return false };
    let Node::Array(elements) = terms.node(*array) else { return false };
    let written = |t: &Term| {
        terms
            .constant(*t)
            .is_some_and(|c| matches!(c.value, Value::Text(_) | Value::Label(_) | Value::Number(_)))
    };
    &**op == "="
        && matches!(terms.node(*left), Node::Column(..))
        && elements.len() <= 10
        && elements.iter().all(written)
}
