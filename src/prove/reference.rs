//! Which indexes serve the checks of a foreign key: when a row that is referred to is deleted or its key changes,
//! PostgreSQL looks for rows that refer to it, by `column = value` for each column of the key.

use crate::query::model::ExprKind;
use crate::query::{self, walk};
use crate::schema::catalog::{Catalog, ColumnIx, ForeignKey, Index, IndexMethod, KeyTerm};

/// Whether an index finds the rows that refer to one: its leading keys, in any order, are the columns of the foreign
/// key, and its predicate, if it has one, asks for nothing but that they are not NULL. `common` are columns that select
/// too little to be worth a key of their own, such as the tenant's; without them, if others remain, it serves as well.
pub fn serves(catalog: &Catalog, index: &Index, key: &ForeignKey, common: &[ColumnIx]) -> bool {
    let needed: Vec<ColumnIx> = key.columns.iter().copied().filter(|c| !common.contains(c)).collect();
    let needed = if needed.is_empty() { &key.columns } else { &needed };
    let searchable = match index.method {
        IndexMethod::Btree => true,
        IndexMethod::Hash => key.columns.len() == 1,
        _ => false,
    };
    let leading: Vec<ColumnIx> = index
        .keys
        .iter()
        .map_while(|k| match k.term {
            KeyTerm::Column(column) => Some(column).filter(|c| key.columns.contains(c)),
            KeyTerm::Expr(_) => None,
        })
        .collect();
    searchable && !index.only && needed.iter().all(|c| leading.contains(c)) && is_implied(catalog, index, key)
}

/// Whether the predicate of an index follows from the equalities: they are strict in their columns and no more.
fn is_implied(catalog: &Catalog, index: &Index, key: &ForeignKey) -> bool {
    let Some(predicate) = &index.predicate else { return true };
    let bound = query::bind_table_expr(catalog, index.relation, predicate);
    walk::conjuncts(&bound.expr).iter().all(|e| match &e.kind {
        ExprKind::IsNull { negated: true, expr } => {
            matches!(expr.kind, ExprKind::Column { occ: _, column } if key.columns.contains(&column))
        }
        _ => false,
    })
}
