//! Whether reading an index gives the order that a query wants (pathkeys.c, indxpath.c). INDEXING.md section 9.

use super::equivalence::Classes;
use super::matching::{Key, is_value};
use crate::prove::terms::{Node, Rel, Term, Terms};

/// A wanted order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) keys: Vec<SortKey>,
    /// Only the first rows are wanted.
    pub(super) limited: bool,
}

/// One key of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SortKey {
    pub(super) term: Term,
    pub(super) descending: bool,
    /// Where NULLs go; absent where it does not matter.
    pub(super) nulls_first: Option<bool>,
}

impl Order {
    /// The keys that are left when those that are constant are dropped, where all of them can be read off one
    /// relation; absent where they cannot.
    pub(super) fn of_relation(
        &self,
        terms: &Terms,
        classes: &Classes,
        rel: Rel,
        level: &dyn Fn(Rel) -> bool,
    ) -> Option<Vec<SortKey>> {
        let own = |t: Term| {
            terms.uses(t, rel)
                && terms.rels(t).iter().all(|r| *r == rel || !level(*r))
                && !terms.flags(t).aggregate
                && !terms.flags(t).volatile
        };
        let mut keys: Vec<SortKey> = Vec::new();
        for key in &self.keys {
            let bare = terms.without_collate(key.term);
            let coll = terms.derivation(key.term).collation();
            let constant =
                !terms.rels(bare).iter().any(|r| level(*r)) || classes.constant(bare, &coll).is_some();
            if constant && !terms.flags(bare).aggregate && !terms.flags(bare).volatile {
                continue;
            }
            let own_member = own(bare)
                || classes.of(bare).any(|class| class.coll == coll && class.members.iter().any(|m| own(*m)));
            if !own_member {
                return None;
            }
            if !keys.iter().any(|k| classes.same(terms.without_collate(k.term), bare, &coll)) {
                keys.push(*key);
            }
        }
        Some(keys)
    }
}

/// Whether a btree delivers rows in that order, where the keys that `constant` says are fixed.
pub(super) fn btree(
    terms: &Terms,
    classes: &Classes,
    keys: &[Key],
    constant: &dyn Fn(&Key) -> bool,
    wanted: &[SortKey],
) -> bool {
    let mut wanted = wanted.iter();
    let mut next = wanted.next();
    let mut backward = None;
    for key in keys {
        let Some(sort) = next else { break };
        let bare = terms.without_collate(sort.term);
        let same =
            terms.derivation(sort.term).collation() == key.coll && classes.same(key.term, bare, &key.coll);
        if same && key.class.sorts {
            let turned = key.descending != sort.descending;
            let nulls = sort.nulls_first.is_none_or(|first| (key.nulls_first != first) == turned);
            if !nulls || backward.is_some_and(|b| b != turned) {
                return false;
            }
            backward = Some(turned);
            next = wanted.next();
        } else if !constant(key) {
            return false;
        }
    }
    next.is_none()
}

/// Whether an index delivers rows by their distance from a value: `ORDER BY key <op> value`.
pub(super) fn nearest(terms: &Terms, rel: Rel, key: &Key, wanted: &[SortKey]) -> bool {
    let [sort] = wanted else { return false };
    let Node::Operator { name, args, coll: _ } = terms.node(sort.term) else { return false };
    let [left, right] = **args else { return false };
    let on = |operand: Term, value: Term| operand == key.term && is_value(terms, rel, value);
    !sort.descending && key.class.distances.contains(&&**name) && (on(left, right) || on(right, left))
}
