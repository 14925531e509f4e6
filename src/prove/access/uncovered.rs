//! Which reads lack an index. What `uncovered-*` rules report and what indexes are designed for is the same: [`lack`].
//!
//! | the read | lacks |
//! |---|---|
//! | some predicate needs no other table, and no index serves any: class `None`, or an index that could be read whole for an ORDER BY without LIMIT | an index for its predicates |
//! | joins alone, and class `None` | one for the join with a table that has few rows, because it is restricted by itself or reached from one that is; else with a table that cannot be searched by that join either, and of two such tables the later one lacks it |
//! | ORDER BY with LIMIT, in an order that a btree could deliver, and no index that is searched delivers it | one for its order |
//!
//! The first that applies counts. At most one row by a unique key lacks nothing, and a list of them needs no order. Nor
//! does a table that only joins restrict lack one where another table of the statement is restricted by itself: what is
//! sorted are the rows that the other one leads to. Not looked at: whose statement it is (a
//! view's own definition is read where the view is used) and how large the table is.

use std::collections::{HashMap, HashSet};

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
    let reads_all_in_order =
        access.class == AccessClass::OrderOnly && !access.order.is_empty() && !access.limited;
    if access.class == AccessClass::None || reads_all_in_order && access.local {
        if access.local {
            return Some(Lack::Predicate);
        }
        if let Some(other) = unserved(access, all).first() {
            return Some(Lack::Join(*other));
        }
    }
    let sorts = access.sort_needed == Some(true)
        && access.limited
        && access.orderable
        && !access.ordered
        && !access.listed;
    let leads = access.local || !all.iter().any(|a| a.local);
    (sorts && leads).then_some(Lack::Sort)
}

/// The occurrences with which a read is joined and for whose rows it should be searched, as the table above says.
pub(super) fn unserved(access: &Access, all: &[Access]) -> Vec<OccId> {
    let driven = driven(all);
    let unserved = |occ: &OccId| {
        // What is not a table (a subquery that is planned by itself) has no index to be searched by.
        let Some(other) = all.iter().find(|a| a.occ == *occ) else { return true };
        let lacks_it_too = other.class == AccessClass::None
            && !other.local
            && other.joins.iter().any(|(occ, _)| *occ == access.occ);
        let is_later = other.occ > access.occ;
        driven.contains(&other.occ) || !(other.probes.contains(&access.occ) || lacks_it_too && is_later)
    };
    access.joins.iter().map(|(occ, _)| *occ).filter(unserved).collect()
}

/// The tables that are restricted by themselves, and those that are searched by rows of them.
fn driven(all: &[Access]) -> HashSet<OccId> {
    let mut reached: HashMap<OccId, Vec<OccId>> = HashMap::new();
    for access in all {
        for from in &access.probes {
            reached.entry(*from).or_default().push(access.occ);
        }
    }
    let mut todo: Vec<OccId> = all.iter().filter(|a| a.local).map(|a| a.occ).collect();
    let mut driven: HashSet<OccId> = todo.iter().copied().collect();
    while let Some(occ) = todo.pop() {
        todo.extend(reached.get(&occ).into_iter().flatten().copied().filter(|next| driven.insert(*next)));
    }
    driven
}
