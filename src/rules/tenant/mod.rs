//! Rules of the family `tenant`: a statement can reach another tenant's rows. Each puts one kind of defect into words.

pub(super) mod cross_tenant_upsert;
pub(super) mod doubtful_tenant;
pub(super) mod global_write;
pub(super) mod hardcoded_tenant;
pub(super) mod insert_without_tenant;
pub(super) mod key_only_access;
pub(super) mod late_tenant_filter;
pub(super) mod mismatched_tenants;
pub(super) mod missing_tenant_filter;
pub(super) mod mixed_tenant_view;
pub(super) mod optional_tenant_filter;
pub(super) mod tenant_filter_escape;
pub(super) mod tenant_reassignment;
pub(super) mod unresolved_tenant_scope;
pub(super) mod unverified_join;
pub(super) mod unverified_parent;
pub(super) mod unverified_reference;
pub(super) mod wider_tenant_filter;
