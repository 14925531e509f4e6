//! Rules of the family `isolation`: the schema does not keep tenants apart.

pub(super) mod nullable_tenant_column;
pub(super) mod unclassified_table;
