//! [`Node`]: the structure of a term.

use super::{Coll, Const, Rel, Symbol, Term};
use crate::query::model::{CompareOp, ParamId, Truth};
use crate::schema::catalog::ColumnIx;
use crate::schema::types::Type;

/// What a term is. Operands are terms of the same arena.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A column.
    Column(Rel, ColumnIx),
    /// `ctid` and the like.
    SystemColumn(Rel, Symbol),
    /// A row as a value.
    WholeRow(Rel),
    /// A parameter.
    Param(ParamId),
    /// A constant.
    Const(Const),
    /// At least two, none of them an AND.
    And(Box<[Term]>),
    /// At least two, none of them an OR.
    Or(Box<[Term]>),
    /// NOT of what cannot be negated otherwise.
    Not(Term),
    /// A comparison with its collation; sides are cast as the operator takes them. Of rows: an ordering.
    Compare(CompareOp, Term, Term, Coll),
    /// `left op ANY (array)` or, with `all`, `left op ALL (array)`.
    Any {
        /// Operator.
        op: Symbol,
        /// ALL.
        all: bool,
        /// Operand.
        left: Term,
        /// Array.
        array: Term,
        /// Collation of the comparison.
        coll: Coll,
    },
    /// IS NULL, IS NOT NULL.
    IsNull {
        /// IS NOT NULL.
        negated: bool,
        /// Operand.
        of: Term,
    },
    /// IS TRUE and the like.
    IsTruth {
        /// Which.
        value: Truth,
        /// IS NOT.
        negated: bool,
        /// Operand.
        of: Term,
    },
    /// IS [NOT] DISTINCT FROM.
    Distinct {
        /// IS NOT DISTINCT FROM.
        negated: bool,
        /// Left side.
        left: Term,
        /// Right side.
        right: Term,
    },
    /// Any other operator, the LIKE family (`~~`, `!~~`, `~~*`, `~`, ...) included.
    Operator {
        /// Its symbol.
        name: Symbol,
        /// One or two operands.
        args: Box<[Term]>,
        /// Collation with which it works.
        coll: Coll,
    },
    /// A function call.
    Call {
        /// Name as in [`crate::query::model::Call::name`].
        name: Symbol,
        /// Arguments.
        args: Box<[Term]>,
    },
    /// A cast that does something.
    Cast(Type, Term),
    /// COLLATE, other than on an operand of a comparison.
    Collate(Symbol, Term),
    /// ROW(...).
    Row(Box<[Term]>),
    /// ARRAY[...].
    Array(Box<[Term]>),
    /// CASE, its parts in order.
    Case {
        /// Whether the first part is the operand of the simple form.
        operand: bool,
        /// Whether the last part is ELSE.
        otherwise: bool,
        /// Operand, WHEN and THEN in turn, ELSE.
        parts: Box<[Term]>,
    },
    /// `(expr).field`.
    Field(Term, Symbol),
    /// `expr[index]`.
    Subscript(Term, Box<[Term]>),
    /// Something that equals nothing but itself, with what it is made of: a subquery, a hole, an aggregate.
    Opaque(u32, Box<[Term]>),
}

/// Calls `f` with each direct operand of a node.
pub(super) fn each_operand(node: &Node, f: &mut dyn FnMut(Term)) {
    match node {
        Node::Column(..) | Node::SystemColumn(..) | Node::WholeRow(_) | Node::Param(_) | Node::Const(_) => {}
        Node::And(list)
        | Node::Or(list)
        | Node::Row(list)
        | Node::Array(list)
        | Node::Operator { name: _, args: list, coll: _ }
        | Node::Call { name: _, args: list }
        | Node::Case { operand: _, otherwise: _, parts: list }
        | Node::Opaque(_, list) => list.iter().for_each(|t| f(*t)),
        Node::Not(t)
        | Node::IsNull { negated: _, of: t }
        | Node::IsTruth { value: _, negated: _, of: t }
        | Node::Cast(_, t)
        | Node::Collate(_, t)
        | Node::Field(t, _) => f(*t),
        Node::Compare(_, left, right, _)
        | Node::Any { op: _, all: _, left, array: right, coll: _ }
        | Node::Distinct { negated: _, left, right } => {
            f(*left);
            f(*right);
        }
        Node::Subscript(t, index) => {
            f(*t);
            index.iter().for_each(|t| f(*t));
        }
    }
}

/// The same node over other operands.
pub(super) fn map_operands(node: &Node, f: &mut dyn FnMut(Term) -> Term) -> Node {
    let mut list = |list: &[Term]| -> Box<[Term]> { list.iter().map(|t| f(*t)).collect() };
    match node {
        Node::Column(..) | Node::SystemColumn(..) | Node::WholeRow(_) | Node::Param(_) | Node::Const(_) => {
            node.clone()
        }
        Node::And(l) => Node::And(list(l)),
        Node::Or(l) => Node::Or(list(l)),
        Node::Row(l) => Node::Row(list(l)),
        Node::Array(l) => Node::Array(list(l)),
        Node::Opaque(id, l) => Node::Opaque(*id, list(l)),
        Node::Operator { name, args, coll } => {
            Node::Operator { name: name.clone(), args: list(args), coll: coll.clone() }
        }
        Node::Call { name, args } => Node::Call { name: name.clone(), args: list(args) },
        Node::Case { operand, otherwise, parts } => {
            Node::Case { operand: *operand, otherwise: *otherwise, parts: list(parts) }
        }
        Node::Not(t) => Node::Not(f(*t)),
        Node::IsNull { negated, of } => Node::IsNull { negated: *negated, of: f(*of) },
        Node::IsTruth { value, negated, of } => {
            Node::IsTruth { value: *value, negated: *negated, of: f(*of) }
        }
        Node::Cast(ty, t) => Node::Cast(ty.clone(), f(*t)),
        Node::Collate(name, t) => Node::Collate(name.clone(), f(*t)),
        Node::Field(t, name) => Node::Field(f(*t), name.clone()),
        Node::Compare(op, l, r, coll) => {
            let (l, r) = (f(*l), f(*r));
            Node::Compare(*op, l, r, coll.clone())
        }
        Node::Any { op, all, left, array, coll } => {
            let (left, array) = (f(*left), f(*array));
            Node::Any { op: op.clone(), all: *all, left, array, coll: coll.clone() }
        }
        Node::Distinct { negated, left, right } => {
            let (left, right) = (f(*left), f(*right));
            Node::Distinct { negated: *negated, left, right }
        }
        Node::Subscript(t, index) => {
            let t = f(*t);
            Node::Subscript(t, index.iter().map(|t| f(*t)).collect())
        }
    }
}
