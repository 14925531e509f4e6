//! What a migration does to those who use the database meanwhile. Locks and work are the replay's facts; here they are
//! weighed and put in words.

pub(super) mod blocking_attach;
pub(super) mod blocking_constraint;
pub(super) mod blocking_detach;
pub(super) mod blocking_exclusion;
pub(super) mod blocking_index_build;
pub(super) mod blocking_index_drop;
pub(super) mod blocking_key;
pub(super) mod blocking_maintenance;
pub(super) mod blocking_not_null;
pub(super) mod blocking_refresh;
pub(super) mod blocking_trigger;
pub(super) mod breaking_drop;
pub(super) mod breaking_rename;
pub(super) mod cascading_truncate;
pub(super) mod char_column;
mod columns;
pub(super) mod irreversible_migration;
pub(super) mod json_column;
pub(super) mod locks_on_several_tables;
pub(super) mod long_lock_window;
pub(super) mod missing_lock_timeout;
pub(super) mod narrow_key;
pub(super) mod overlong_identifier;
pub(super) mod refresh_without_unique_index;
pub(super) mod refused_in_transaction;
pub(super) mod required_column_without_default;
pub(super) mod rewriting_column;
pub(super) mod rewriting_type_change;
mod scans;
pub(super) mod timestamp_without_time_zone;
pub(super) mod unbalanced_transaction;
pub(super) mod unbounded_backfill;
pub(super) mod unusable_enum_value;
pub(super) mod uses;
pub(super) mod validation_in_same_transaction;
mod window;
