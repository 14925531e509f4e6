//! Rules of the family `index`: what the declared indexes do not serve.

pub(super) mod uncovered_predicate;
