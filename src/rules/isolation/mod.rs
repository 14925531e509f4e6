//! Rules of the family `isolation`: the schema does not keep tenants apart.

pub(super) mod always_true_policy;
pub(super) mod fail_open_setting;
pub(super) mod nullable_tenant_column;
pub(super) mod per_row_policy_call;
pub(super) mod policies;
pub(super) mod policy_without_check;
pub(super) mod policy_without_row_security;
pub(super) mod policy_without_tenant;
pub(super) mod row_security_without_policy;
pub(super) mod unclassified_table;
pub(super) mod uncovered_policy;
pub(super) mod unforced_row_security;

use crate::schema::catalog::{Relation, RelationKind};

/// Whether a table's columns and keys are its own: a partition has its parent's, which is told once, at the parent.
fn is_declared_by_itself(relation: &Relation) -> bool {
    relation.is_table() && !matches!(relation.kind, RelationKind::Partition(_))
}
