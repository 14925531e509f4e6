//! Operators and casts that call a function of the schema: which function, by the types of the operands (manual 10.2).
//! Errs towards a call where types are not known.

use crate::query::binder::Binder;
use crate::query::functions::is_implicit;
use crate::query::model::{Expr, ExprKind};
use crate::schema::Catalog;
use crate::schema::catalog::{Name, Volatility};
use crate::schema::types::{BaseType, Type};

impl<'a> Binder<'a> {
    /// The function of the schema that an operator calls for these operands; none where it is PostgreSQL's own.
    pub(super) fn operator_function(
        &self,
        schema: Option<&str>,
        symbol: &str,
        operands: &[&Expr],
    ) -> Option<&'a Name> {
        let catalog = self.catalog;
        let named = |name: &Name| name.name == symbol && schema.is_none_or(|s| s == name.schema);
        let found =
            catalog.operators.iter().rev().filter(|operator| named(&operator.name)).find(|operator| {
                match (operands, &operator.left, &operator.right) {
                    ([only], None, Some(right)) => takes(catalog, only, right, None),
                    ([left, right], Some(left_type), Some(right_type)) => {
                        takes(catalog, left, left_type, Some(right))
                            && takes(catalog, right, right_type, Some(left))
                    }
                    _ => false,
                }
            });
        found.map(|operator| &operator.function).filter(|name| is_followed(catalog, name))
    }

    /// The function of the schema that a written cast calls.
    pub(super) fn cast_function(&self, value: &Expr, to: &Type) -> Option<&'a Name> {
        let catalog = self.catalog;
        if catalog.casts.is_empty() || is_untyped(value) {
            return None;
        }
        let (from, to) = (catalog.base_type(&value.ty), catalog.base_type(to));
        let found = catalog.casts.iter().rev().find(|cast| {
            let known = !value.ty.is_unknown();
            same(&catalog.base_type(&cast.to), &to) && (!known || same(&catalog.base_type(&cast.from), &from))
        });
        found.map(|cast| &cast.function).filter(|name| is_followed(catalog, name))
    }
}

/// Whether a function is declared by the schema and may do more than compute.
fn is_followed(catalog: &Catalog, name: &Name) -> bool {
    catalog
        .functions
        .iter()
        .any(|f| f.name == *name && (f.is_read() || f.volatility != Volatility::Immutable))
}

/// Whether an operator whose operand has that type takes this one, beside the other one.
fn takes(catalog: &Catalog, operand: &Expr, declared: &Type, other: Option<&Expr>) -> bool {
    let declared = catalog.base_type(declared);
    // A value without a type is taken for one of the other operand's.
    let ty = match other {
        Some(other) if is_untyped(operand) && !is_untyped(other) => &other.ty,
        _ => &operand.ty,
    };
    let ty = catalog.base_type(ty);
    let is_open = |ty: &Type| ty.is_unknown() || ty.base == BaseType::Unknown;
    is_open(&ty)
        || declared.base.catalog_name().starts_with("any")
        || same(&ty, &declared)
        || !ty.array && !declared.array && is_implicit(ty.base.catalog_name(), declared.base.catalog_name())
}

fn same(a: &Type, b: &Type) -> bool {
    a.base == b.base && a.array == b.array
}

/// Whether a value gets its type from where it stands.
fn is_untyped(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Param(_) | ExprKind::Literal(_) | ExprKind::Hole(_))
        && (value.ty.is_unknown() || value.ty.base == BaseType::Unknown)
}
