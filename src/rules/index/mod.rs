//! Rules of the family `index`: what the declared indexes do not serve, and which of them serve nothing.

mod advice;
mod coverage;
mod declared_indexes;
pub(super) mod duplicate_index;
pub(super) mod index_barred_by_policy;
mod nearest;
pub(super) mod partial_index_missed;
pub(super) mod redundant_index;
mod shape;
pub(super) mod tenant_column_not_leading;
pub(super) mod uncovered_join;
pub(super) mod uncovered_predicate;
pub(super) mod uncovered_sort;
pub(super) mod unindexable_predicate;
pub(super) mod unindexed_foreign_key;
pub(super) mod unused_index;
pub(super) mod weakly_covered_predicate;
