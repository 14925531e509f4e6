//! The fewest btrees against all sets of lists.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::prove::terms::{Rel, Terms, TypeNames};
use crate::schema::types::{BaseType, Type};

const COLUMNS: u32 = 4;

fn columns() -> Vec<Key> {
    let mut terms = Terms::new(Arc::new(TypeNames::default()));
    (0..COLUMNS).map(|c| (terms.column(Rel(0), c, &Type::of(BaseType::Int4), None), None)).collect()
}

fn placed(key: Key, descending: bool) -> Placed {
    Placed { key, descending, nulls_first: descending }
}

fn tree(equal: &[Key], tail: &[Placed], predicate: &[Key]) -> Tree {
    Tree {
        lead: None,
        equal: equal.iter().copied().collect(),
        tail: tail.to_vec(),
        predicate: predicate.iter().map(|k| k.0).collect(),
    }
}

/// Whether an index of these keys meets a need: by its meaning, without the order of needs.
fn meets(keys: &[Placed], need: &Tree) -> bool {
    let n = need.equal.len();
    let front: BTreeSet<Key> = keys.iter().take(n).map(|p| p.key).collect();
    let tail = keys.get(n..n + need.tail.len());
    front == need.equal && tail.is_some_and(|tail| is_alike(tail, &need.tail))
}

/// Every list of distinct columns, each key in either direction.
fn lists(keys: &[Key]) -> Vec<Vec<Placed>> {
    let mut out: Vec<Vec<Placed>> = vec![Vec::new()];
    let mut at = 0;
    while at < out.len() {
        let list = out[at].clone();
        for key in keys.iter().filter(|k| !list.iter().any(|p| p.key == **k)) {
            // A list and its reverse meet the same needs.
            let directions: &[bool] = if list.is_empty() { &[false] } else { &[false, true] };
            for descending in directions {
                let mut longer = list.clone();
                longer.push(placed(*key, *descending));
                out.push(longer);
            }
        }
        at += 1;
    }
    out
}

/// How few lists meet all needs: by trying all sets of needs that one list meets.
fn fewest(needs: &[Tree], keys: &[Key]) -> usize {
    let all = (1usize << needs.len()) - 1;
    let met: BTreeSet<usize> = lists(keys)
        .iter()
        .map(|list| needs.iter().enumerate().filter(|(_, n)| meets(list, n)).map(|(i, _)| 1 << i).sum())
        .collect();
    let mut reached: BTreeSet<usize> = BTreeSet::from([0]);
    let mut count = 0;
    while !reached.contains(&all) {
        reached = reached.iter().flat_map(|r| met.iter().map(move |m| r | m)).collect();
        count += 1;
    }
    count
}

prop_compose! {
    fn need()(equal in 0u32..1 << COLUMNS, tail in prop::collection::vec((0..COLUMNS, any::<bool>()), 0..3)) -> (u32, Vec<(u32, bool)>) {
        (equal, tail)
    }
}

fn needs_of(raw: &[(u32, Vec<(u32, bool)>)], keys: &[Key]) -> Vec<Tree> {
    raw.iter()
        .map(|(equal, tail)| {
            let equal: Vec<Key> =
                (0..COLUMNS).filter(|c| equal & (1 << c) != 0).map(|c| keys[c as usize]).collect();
            let mut order: Vec<Placed> = Vec::new();
            for (c, descending) in tail {
                let key = keys[*c as usize];
                if !equal.contains(&key) && !order.iter().any(|p| p.key == key) {
                    order.push(placed(key, *descending));
                }
            }
            tree(&equal, &order, &[])
        })
        .collect()
}

proptest! {
    #[test]
    fn of_equalities_as_few_as_there_can_be(sets in prop::collection::vec(0u32..1 << COLUMNS, 1..7)) {
        let keys = columns();
        let raw: Vec<(u32, Vec<(u32, bool)>)> = sets.into_iter().map(|set| (set, Vec::new())).collect();
        let needs = needs_of(&raw, &keys);
        prop_assert_eq!(build(&needs, &[]).len(), fewest(&needs, &keys));
    }

    #[test]
    fn all_needs_are_met_by_few(raw in prop::collection::vec(need(), 1..6)) {
        let keys = columns();
        let needs = needs_of(&raw, &keys);
        let built = build(&needs, &[]);
        for (i, need) in needs.iter().enumerate() {
            let by: Vec<&Built> = built.iter().filter(|b| b.needs.contains(&i)).collect();
            prop_assert_eq!(by.len(), 1);
            prop_assert!(meets(&by[0].keys, need), "{:?} does not meet {:?}", by[0].keys, need);
        }
        // With tails the way of joining chains is not always the best.
        let fewest = fewest(&needs, &keys);
        prop_assert!(built.len() == fewest || built.len() == fewest + 1, "{} for {fewest}", built.len());
    }

    #[test]
    fn a_list_is_found_where_there_is_one(raw in prop::collection::vec(need(), 1..4)) {
        let keys = columns();
        let needs = needs_of(&raw, &keys);
        let exists = lists(&keys).iter().any(|list| needs.iter().all(|need| meets(list, need)));
        let all: Vec<&Tree> = needs.iter().collect();
        prop_assert_eq!(together(&all, &[]).is_some(), exists);
    }
}

#[test]
fn an_index_without_predicate_serves_where_one_is_known() {
    let k = columns();
    let with = tree(&[k[0]], &[], &[k[3]]);
    let without = tree(&[k[0], k[1]], &[], &[]);
    let built = build(&[with.clone(), without], &[]);
    assert_eq!(built.len(), 1);
    assert!(built[0].predicate.is_empty());
    // Two that differ in their predicates become one with what they share.
    let other = tree(&[k[0], k[1]], &[], &[k[2]]);
    let built = build(&[with.clone(), other], &[]);
    assert_eq!((built.len(), built[0].predicate.len()), (1, 0));
    assert_eq!(build(std::slice::from_ref(&with), &[])[0].predicate.len(), 1);
}

#[test]
fn free_keys_follow_an_index_that_exists() {
    let k = columns();
    let need = tree(&[k[0], k[1], k[2]], &[], &[]);
    let existing = vec![placed(k[2], true), placed(k[0], false)];
    let built = build(&[need], std::slice::from_ref(&existing));
    assert_eq!(built[0].keys[..2], existing);
}

#[test]
fn the_tenant_comes_first() {
    let k = columns();
    let lead = |key, equal: &[Key]| Tree { lead: Some(key), ..tree(equal, &[], &[]) };
    let built = build(&[lead(k[3], &[k[0]]), lead(k[3], &[]), tree(&[k[0]], &[], &[])], &[]);
    assert_eq!(built.len(), 2);
    assert!(built.iter().any(|b| b.keys.first().map(|p| p.key) == Some(k[3]) && b.keys.len() == 2));
}
