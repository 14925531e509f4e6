//! Rules of the family `index`: what the declared indexes do not serve.

mod shape;
pub(super) mod uncovered_predicate;
