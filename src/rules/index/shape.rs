//! What an index would have to be to serve a predicate on one table: the shapes that decide the advice.

use std::collections::HashSet;

use crate::prove::verdict::Access;
use crate::query::model::{CompareOp, Expr, ExprKind, OccId};
use crate::query::walk::{used, walk_expr, walk_exprs};
use crate::rules::subject::Subject;
use crate::rules::words::code;
use crate::schema::catalog::{ColumnIx, Volatility};
use crate::schema::types::BaseType;
use crate::source::Span;

/// What a predicate asks of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A column equal to something, or NULL.
    Equality(ColumnIx),
    /// A column above or below something.
    Range(ColumnIx),
    /// An expression over the table's columns, compared with something.
    Expression {
        /// Its text.
        span: Span,
        /// Whether it may be the key of an index.
        key: Key,
    },
    /// A pattern that begins with a wildcard or is not known.
    Pattern(Span),
    /// Containment, overlap, a key in a document: operators of an inverted index.
    Contains(ColumnIx),
    /// `<>`, NOT IN, NOT LIKE and what else holds for most rows.
    Exclusion,
}

/// Whether an expression may be the key of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// As far as is known.
    May,
    /// It may depend on the time zone of the session.
    Zoned,
    /// It takes a value that only the statement knows, or that changes.
    Given,
}

/// The shapes of the predicates of a read that its best index does not cover, as far as they tell what to advise.
pub(super) fn shapes(subject: &Subject<'_>, access: &Access) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut seen = HashSet::new();
    let residual: HashSet<Span> = access.residual.iter().copied().collect();
    // The spans inside an expanded view are all the view's own.
    if subject.occurrence(access.occ).via_view.is_none() {
        walk_exprs(subject.bound(), |e| {
            if residual.contains(&e.span) && seen.insert(e.span) {
                shapes.extend(shape(e, access.occ));
            }
        });
    }
    shapes
}

/// The shape of a conjunct for an occurrence; none where an index could not be advised from it alone (an OR, a call).
pub(super) fn shape(conjunct: &Expr, occ: OccId) -> Option<Shape> {
    let own = |e: &Expr| {
        let names = used(e);
        !names.is_empty() && names.iter().all(|o| *o == occ)
    };
    // The side that is of the table alone, if the other is not of the table.
    let side = |left: &'_ Expr, right: &'_ Expr| match (own(left), own(right)) {
        (true, false) => Some(Side::of(left, occ)),
        (false, true) => Some(Side::of(right, occ)),
        _ => None,
    };
    match &conjunct.kind {
        ExprKind::Compare { op: CompareOp::NotEq, .. } => Some(Shape::Exclusion),
        ExprKind::Compare { op, left, right } => Some(side(left, right)?.compared(*op == CompareOp::Eq)),
        ExprKind::InList { negated: true, .. }
        | ExprKind::InQuery { negated: true, .. }
        | ExprKind::Like { negated: true, .. }
        | ExprKind::Quantified { all: true, .. } => Some(Shape::Exclusion),
        ExprKind::InList { negated: false, expr, list: _ }
        | ExprKind::InQuery { negated: false, expr, query: _ } => {
            own(expr).then(|| Side::of(expr, occ).compared(true))
        }
        ExprKind::Quantified { op, all: false, expr, array } => {
            Some(side(expr, array)?.compared(op.as_str() == "="))
        }
        ExprKind::IsNull { negated: false, expr } => own(expr).then(|| Side::of(expr, occ).compared(true)),
        ExprKind::Between { negated: false, symmetric: _, expr, low: _, high: _ } => {
            own(expr).then(|| Side::of(expr, occ).compared(false))
        }
        ExprKind::Like { negated: false, expr, .. } => own(expr).then_some(Shape::Pattern(expr.span)),
        ExprKind::Operator { name, args } => {
            const INVERTED: &[&str] = &["@>", "<@", "?", "?|", "?&", "@@", "&&", "@?"];
            let [left, right] = args.as_slice() else { return None };
            match side(left, right)? {
                Side::Column(column) if INVERTED.contains(&name.as_str()) => Some(Shape::Contains(column)),
                Side::Column(_) | Side::Expression(..) => None,
            }
        }
        ExprKind::Column { occ: other, column } if *other == occ => Some(Shape::Equality(*column)),
        _ => None,
    }
}

/// What to do about an expression over a column.
pub(super) fn advice_on(subject: &Subject<'_>, span: Span, key: Key) -> String {
    match key {
        Key::May => {
            let text = code(subject.text(span));
            format!("compare the column itself, or create an index whose key is the expression {text}")
        }
        Key::Zoned => "compare the column itself, with a range; an index on the expression cannot be made, since it \
                       depends on the time zone"
            .to_owned(),
        Key::Given => "compare the column itself; an index on the expression cannot be made, since it takes a value that \
                       only the statement knows"
            .to_owned(),
    }
}

/// One side of a comparison.
enum Side {
    Column(ColumnIx),
    Expression(Span, Key),
}

impl Side {
    fn of(e: &Expr, occ: OccId) -> Side {
        match &e.kind {
            ExprKind::Column { occ: other, column } if *other == occ => Side::Column(*column),
            _ => {
                let (mut zoned, mut converted, mut given) = (false, false, false);
                walk_expr(e, &mut |part| {
                    zoned |= part.ty.base == BaseType::TimestampTz;
                    converted |= matches!(&part.kind, ExprKind::Call(call) if call.name == "timezone");
                    given |= match &part.kind {
                        ExprKind::Param(_) | ExprKind::Hole(_) | ExprKind::Subquery(_) => true,
                        ExprKind::Call(call) => call.volatility == Volatility::Volatile,
                        _ => false,
                    };
                });
                let key = match zoned && !converted {
                    _ if given => Key::Given,
                    true => Key::Zoned,
                    false => Key::May,
                };
                Side::Expression(e.span, key)
            }
        }
    }

    fn compared(self, equal: bool) -> Shape {
        match (self, equal) {
            (Side::Column(column), true) => Shape::Equality(column),
            (Side::Column(column), false) => Shape::Range(column),
            (Side::Expression(span, key), _) => Shape::Expression { span, key },
        }
    }
}
