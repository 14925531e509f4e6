//! Rules of the family `isolation`: the schema does not keep tenants apart.

pub(super) mod always_true_policy;
pub(super) mod cascade_across_tenants;
pub(super) mod definer_view;
pub(super) mod exposed_materialized_view;
pub(super) mod fail_open_setting;
pub(super) mod global_unique_key;
mod keys;
pub(super) mod missing_row_security;
pub(super) mod mutable_search_path;
pub(super) mod nullable_tenant_column;
pub(super) mod per_row_policy_call;
mod policies;
pub(super) mod policy_without_check;
pub(super) mod policy_without_row_security;
pub(super) mod policy_without_tenant;
mod protected;
pub(super) mod row_security_bypass;
pub(super) mod row_security_without_policy;
pub(super) mod session_wide_tenant;
pub(super) mod set_null_drops_tenant;
pub(super) mod unclassified_table;
pub(super) mod uncovered_policy;
pub(super) mod unforced_row_security;
pub(super) mod unpaired_tenant_key;
pub(super) mod unscoped_definer_function;

use crate::schema::catalog::{Relation, RelationKind};

/// Whether a table's columns and keys are its own: a partition has its parent's, which is told once, at the parent.
fn is_declared_by_itself(relation: &Relation) -> bool {
    relation.is_table() && !matches!(relation.kind, RelationKind::Partition(_))
}
