//! Rules of the family `isolation`: the schema does not keep tenants apart.

pub(super) mod nullable_tenant_column;
pub(super) mod unclassified_table;

use crate::schema::catalog::{Relation, RelationKind};

/// Whether a table's columns and keys are its own: a partition has its parent's, which is told once, at the parent.
fn is_declared_by_itself(relation: &Relation) -> bool {
    relation.is_table() && !matches!(relation.kind, RelationKind::Partition(_))
}
