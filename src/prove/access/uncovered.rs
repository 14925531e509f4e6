//! Which reads lack an index. What `uncovered-*` rules report and what indexes are designed for is the same: [`lack`].
//!
//! | the read | lacks |
//! |---|---|
//! | some predicate needs no other table, and no index serves any: class `None` | an index for its predicates |
//! | joins alone, and class `None` | one for the join with a table that cannot be searched by that join either; of two such tables the later one lacks it |
//! | ORDER BY with LIMIT, in an order that a btree could deliver, and a sort remains | one for its order |
//!
//! The first that applies counts. At most one row by a unique key lacks nothing. Not looked at: whose statement it is (a
//! view's own definition is read where the view is used) and how large the table is.

use crate::prove::verdict::{Access, AccessClass};
use crate::query::model::OccId;

/// What a read lacks an index for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    /// Its predicates.
    Predicate,
    /// The join with that occurrence.
    Join(OccId),
    /// Its order.
    Sort,
}

/// What a read lacks an index for; `all` are the reads of its statement.
pub fn lack(access: &Access, all: &[Access]) -> Option<Lack> {
    if access.unique {
        return None;
    }
    if access.class == AccessClass::None {
        if access.local {
            return Some(Lack::Predicate);
        }
        let unserved = |(other, _): &&(OccId, _)| {
            // What is not a table (a subquery that is planned by itself) has no index to be searched by.
            let Some(other) = all.iter().find(|a| a.occ == *other) else { return true };
            let lacks_it_too = other.class == AccessClass::None
                && !other.local
                && other.joins.iter().any(|(occ, _)| *occ == access.occ);
            let is_later = other.occ > access.occ;
            !(other.probes.contains(&access.occ) || lacks_it_too && is_later)
        };
        if let Some((other, _)) = access.joins.iter().find(unserved) {
            return Some(Lack::Join(*other));
        }
    }
    let sorts = access.sort_needed == Some(true) && access.limited && access.orderable;
    sorts.then_some(Lack::Sort)
}
