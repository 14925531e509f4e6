//! Rules of the family `index`: what the declared indexes do not serve, and which of them serve nothing.

mod advice;
mod coverage;
mod nearest;
pub(super) mod partial_index_missed;
mod shape;
pub(super) mod uncovered_join;
pub(super) mod uncovered_predicate;
pub(super) mod uncovered_sort;
pub(super) mod unindexable_predicate;
pub(super) mod weakly_covered_predicate;
