//! Expressions as terms: which wrappers are transparent, which equalities are identities, which operands a non-NULL
//! value proves non-NULL (TENANCY.md section 3).

use crate::prove::congruence::Term;
use crate::query::model::{CallKind, Expr, ExprKind, Literal, Query, SetExpr};
use crate::schema::catalog::{Dialect, RelId, Volatility};
use crate::schema::types::{BaseType, Type};

use super::collation::column_folds;
use super::state::{Cond, Fact, Leaf, Why};
use super::{Prover, session, tenants};

/// Types under whose btree `=` two values are equal only when they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    Integer,
    Uuid,
    Bool,
    Enum,
    Bytes,
    Date,
    Text,
}

impl<'a> Prover<'a> {
    /// The term of an expression's value. Two expressions of one term have the same value; nothing is said of
    /// expressions of different terms.
    pub(super) fn term(&mut self, expr: &'a Expr) -> Term {
        match &expr.kind {
            ExprKind::Column { occ, column } => {
                if self.masked.contains(&(*occ, *column)) {
                    return self.state.fresh();
                }
                match self.env.get(occ).copied() {
                    Some(inst) => self.column(inst, *column),
                    None => self.state.fresh(),
                }
            }
            ExprKind::Param(id) => self.state.cc.leaf(Leaf::Param(*id)),
            ExprKind::Literal(Literal::Null) => self.state.fresh(),
            ExprKind::Literal(literal) => self.state.cc.leaf(Leaf::Literal(literal.clone())),
            ExprKind::Cast(inner) if self.transparent(inner, &expr.ty) => self.term(inner),
            ExprKind::Call(call) if call.name == "coalesce" => {
                let given: Vec<&'a Expr> =
                    call.args.iter().filter(|a| !tenants::is_null_literal(a)).collect();
                match given.as_slice() {
                    [only] => self.term(only),
                    _ => self.state.fresh(),
                }
            }
            ExprKind::Call(call) if call.name == "nullif" && call.args.len() == 2 => {
                // Either the value or NULL, so the value where it is not NULL.
                let own = self.state.fresh();
                if self.is_constant(&call.args[0]) {
                    let value = self.term(&call.args[0]);
                    self.state.axiom(vec![Cond::NonNull(own)], vec![Fact::Same(own, value, Why::Output)]);
                }
                own
            }
            ExprKind::Subquery(query) => match alone_value(query) {
                Some(value) => self.term(value),
                None => self.state.fresh(),
            },
            ExprKind::Call(_) | ExprKind::Operator { .. } => match session::spelling(expr) {
                Some(text) => match self.model.sessions.iter().position(|s| *s == text) {
                    Some(at) if !self.sets_session => self.state.cc.leaf(Leaf::Session(at as u32)),
                    Some(_) => {
                        if self.sets_before {
                            let what = "a setting of the session, which a function changes on the way";
                            self.opaque.push((expr.span, what.to_owned()));
                        }
                        self.state.fresh()
                    }
                    None => match session::exact_spelling(expr) {
                        Some(text) if is_steady(expr) => self.state.cc.leaf(Leaf::Constant(text)),
                        _ => self.state.fresh(),
                    },
                },
                None => self.state.fresh(),
            },
            _ => self.state.fresh(),
        }
    }

    /// A parameter or a constant of the session, through wrappers.
    fn is_constant(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Param(_) => true,
            ExprKind::Cast(inner) => self.is_constant(inner),
            _ => session::spelling(expr).is_some(),
        }
    }

    /// Whether a cast keeps values apart and comparable with the operand's.
    fn transparent(&self, inner: &Expr, to: &Type) -> bool {
        let to = self.model.catalog.base_type(to);
        if to.length.is_some() || to.scale.is_some() {
            return false;
        }
        let constant = self.is_constant(inner);
        // What a constant is before any cast takes the type that it is cast to.
        if constant && !matches!(inner.kind, ExprKind::Cast(_)) {
            return to.array || !matches!(identity(&to), None | Some(Identity::Date));
        }
        let from = self.model.catalog.base_type(&inner.ty);
        if from.array || to.array {
            return constant && from.array && to.array;
        }
        match (identity(&from), identity(&to)) {
            (Some(Identity::Enum), Some(Identity::Enum)) => from.base == to.base,
            (Some(a), Some(b)) if a == b => true,
            (Some(Identity::Integer | Identity::Uuid | Identity::Enum), Some(Identity::Text)) => true,
            // A text is read as one value, whatever else is written like it.
            (Some(Identity::Text), Some(Identity::Integer | Identity::Uuid | Identity::Enum)) => constant,
            _ => false,
        }
    }

    /// Whether `left = right` says that both are the same value: both sides compare under one `=` whose equality is
    /// identity. A side of unknown type takes the other's.
    pub(super) fn compares_identity(&self, left: &Expr, right: &Expr) -> bool {
        comparable(self.identity_of(left), self.identity_of(right))
    }

    /// Whether `left - right` is taken of integers. Elsewhere than in PostgreSQL a column of integers may hold a text.
    pub(super) fn subtracts_integers(&self, left: &Expr, right: &Expr) -> bool {
        let (left, right) = (self.identity_of(left), self.identity_of(right));
        let is_integer =
            |known: &Known| matches!(known, Known::Yes(Identity::Integer, base) if *base != BaseType::Oid);
        self.model.catalog.dialect == Dialect::Postgres
            && (is_integer(&left) || is_integer(&right))
            && comparable(left, right)
    }

    /// The same for a value and an output column of a query.
    pub(super) fn compares_identity_with(&self, value: &Expr, query: &Query, at: usize) -> bool {
        if self.collations.output_may_fold(query, at) {
            return false;
        }
        let ty = query.columns.get(at).map_or(Type::UNKNOWN, |c| self.model.catalog.base_type(&c.ty));
        let column = match identity(&ty) {
            _ if ty.is_unknown() => Known::Open,
            Some(class) if !ty.array => Known::Yes(class, ty.base),
            _ => Known::No,
        };
        comparable(self.identity_of(value), column)
    }
    fn identity_of(&self, expr: &Expr) -> Known {
        match &expr.kind {
            ExprKind::Collate { .. } => return Known::No,
            _ if self.collations.may_fold(expr) => return Known::No,
            // A cast of a parameter that changes what is compared decides the operator.
            ExprKind::Literal(Literal::String(_) | Literal::Null) => return Known::Open,
            _ => {}
        }
        let ty = self.model.catalog.base_type(&expr.ty);
        if ty.is_unknown() {
            return match &expr.kind {
                ExprKind::Param(_) | ExprKind::Column { .. } | ExprKind::Subquery(_) => Known::Open,
                ExprKind::Cast(inner) => self.identity_of(inner),
                ExprKind::Call(_) | ExprKind::Operator { .. } if session::spelling(expr).is_some() => {
                    Known::Open
                }
                ExprKind::Call(call) if matches!(call.name.as_str(), "coalesce" | "nullif") => Known::Open,
                _ => Known::No,
            };
        }
        if ty.array {
            return Known::No;
        }
        match identity(&ty) {
            Some(class) => Known::Yes(class, ty.base),
            None => Known::No,
        }
    }

    /// Whether two equal values of a column are the same value.
    pub(super) fn column_is_identity(&self, rel: RelId, column: u32) -> bool {
        let Some(declared) = self.model.catalog.relation(rel).columns.get(column as usize) else {
            return false;
        };
        let ty = self.model.catalog.base_type(&declared.ty);
        !ty.array && identity(&ty).is_some() && !column_folds(self.model.catalog, rel, column)
    }

    /// Columns that are not NULL where the expression is not, as terms.
    pub(super) fn strict_operands(&mut self, expr: &'a Expr, out: &mut Vec<Term>) {
        match &expr.kind {
            ExprKind::Column { .. } | ExprKind::Param(_) => {
                let term = self.term(expr);
                out.push(term);
            }
            ExprKind::Cast(inner) => self.strict_operands(inner, out),
            ExprKind::Collate { expr, collation: _ } => self.strict_operands(expr, out),
            ExprKind::Operator { name, args } if is_strict_operator(name, args) => {
                args.iter().for_each(|a| self.strict_operands(a, out));
            }
            ExprKind::Call(call) if call.strict && call.known && call.kind == CallKind::Scalar => {
                call.args.iter().for_each(|a| self.strict_operands(a, out));
            }
            ExprKind::Like { kind: _, negated: _, expr, pattern, escape: _ } => {
                self.strict_operands(expr, out);
                self.strict_operands(pattern, out);
            }
            ExprKind::Compare { op: _, left, right }
                if !matches!(left.kind, ExprKind::Row(_)) && !matches!(right.kind, ExprKind::Row(_)) =>
            {
                self.strict_operands(left, out);
                self.strict_operands(right, out);
            }
            _ => {}
        }
    }
}

enum Known {
    /// Equality under this class is identity.
    Yes(Identity, BaseType),
    /// Takes the other side's type.
    Open,
    /// Equality is not identity, or not known to be.
    No,
}

fn comparable(left: Known, right: Known) -> bool {
    match (left, right) {
        (Known::Yes(a, ta), Known::Yes(b, tb)) => a == b && (a != Identity::Enum || ta == tb),
        (Known::Yes(..) | Known::Open, Known::Open) | (Known::Open, Known::Yes(..)) => true,
        (Known::No, _) | (_, Known::No) => false,
    }
}

fn identity(ty: &Type) -> Option<Identity> {
    Some(match &ty.base {
        BaseType::Int2 | BaseType::Int4 | BaseType::Int8 | BaseType::Oid => Identity::Integer,
        BaseType::Uuid => Identity::Uuid,
        BaseType::Bool => Identity::Bool,
        BaseType::Enum(_) => Identity::Enum,
        BaseType::Bytea => Identity::Bytes,
        BaseType::Date => Identity::Date,
        BaseType::Text | BaseType::Varchar => Identity::Text,
        BaseType::Unknown
        | BaseType::Numeric
        | BaseType::Float4
        | BaseType::Float8
        | BaseType::Bpchar
        | BaseType::Name
        | BaseType::Citext
        | BaseType::Timestamp
        | BaseType::TimestampTz
        | BaseType::Time
        | BaseType::TimeTz
        | BaseType::Interval
        | BaseType::Json
        | BaseType::Jsonb
        | BaseType::Inet
        | BaseType::Cidr
        | BaseType::TsVector
        | BaseType::TsQuery
        | BaseType::Range(_)
        | BaseType::Domain(_)
        | BaseType::Composite(_)
        | BaseType::Record
        | BaseType::Other(_) => return None,
    })
}

/// The value of `(SELECT value)`.
pub(super) fn alone_value(query: &Query) -> Option<&Expr> {
    if query.limit.is_some() || query.offset.is_some() {
        return None;
    }
    match &query.body {
        SetExpr::Select(select)
            if select.from.is_empty()
                && select.filter.is_none()
                && select.grouping.is_none()
                && select.having.is_none()
                && !select.set_returning =>
        {
            match select.output.as_slice() {
                [only] => Some(&only.expr),
                _ => None,
            }
        }
        SetExpr::Nested(query) => alone_value(query),
        _ => None,
    }
}

/// Whether every call in an expression gives one value for a whole statement.
fn is_steady(expr: &Expr) -> bool {
    let mut steady = true;
    crate::query::walk::walk_expr(expr, &mut |e| {
        if let ExprKind::Call(call) = &e.kind
            && (call.volatility == Volatility::Volatile || call.kind != CallKind::Scalar)
        {
            steady = false;
        }
    });
    steady
}

/// Operators that give NULL for a NULL operand. `||` only of texts: an array takes a NULL as an element.
fn is_strict_operator(name: &str, args: &[Expr]) -> bool {
    match name {
        "+" | "-" | "*" | "/" | "%" | "^" | "->" | "->>" | "#>" | "#>>" | "@>" | "<@" | "&&" | "?" | "?|"
        | "?&" | "@@" | "@?" | "<->" | "<<" | ">>" | "&" | "|" | "#" | "~" => {
            args.iter().all(|a| !a.ty.array)
        }
        "||" => args.iter().all(|a| {
            !a.ty.array && matches!(a.ty.base, BaseType::Text | BaseType::Varchar | BaseType::Bpchar)
        }),
        _ => false,
    }
}
