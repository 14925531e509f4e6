//! The fewest chains that hold every element of a partial order (Dilworth's theorem): elements less the largest
//! matching of each element with one above it (Fulkerson's reduction, Kuhn's augmenting paths). This is the automatic
//! index selection of Datalog engines (Subotić, Jordan, Chang, Fekete, Scholz: "Automatic Index Selection for
//! Large-Scale Datalog Computation", VLDB 2018), where the elements are searches and a chain is an index.

/// More elements than this are not matched but laid in chains one after the other, so that time stays bounded.
pub(super) const MAX_ELEMENTS: usize = 400;

/// Chains over the elements `0..n`, each from its least element up; every element is in one. `below` must be a strict
/// partial order.
pub(super) fn chains(n: usize, below: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut next = vec![None; n];
    if n <= MAX_ELEMENTS {
        let above: Vec<Vec<usize>> =
            (0..n).map(|a| (0..n).filter(|b| a != *b && below(a, *b)).collect()).collect();
        let mut from = vec![None; n];
        for a in 0..n {
            let mut tried = vec![false; n];
            augment(a, &above, &mut tried, &mut from);
        }
        for (b, a) in from.iter().enumerate() {
            if let Some(slot) = a.and_then(|a: usize| next.get_mut(a)) {
                *slot = Some(b);
            }
        }
    }
    let mut is_followed = vec![false; n];
    for b in next.iter().flatten() {
        if let Some(slot) = is_followed.get_mut(*b) {
            *slot = true;
        }
    }
    let starts = (0..n).filter(|a| !is_followed.get(*a).copied().unwrap_or(false));
    let follow =
        |start: usize| std::iter::successors(Some(start), |a| next.get(*a).copied().flatten()).collect();
    starts.map(follow).collect()
}

/// Finds an element above `a` that is free or can be freed.
fn augment(a: usize, above: &[Vec<usize>], tried: &mut [bool], from: &mut [Option<usize>]) -> bool {
    for &b in above.get(a).map(Vec::as_slice).unwrap_or_default() {
        match tried.get_mut(b) {
            Some(tried) if !*tried => *tried = true,
            _ => continue,
        }
        let taken = from.get(b).copied().flatten();
        if taken.is_none_or(|other| augment(other, above, tried, from)) {
            if let Some(slot) = from.get_mut(b) {
                *slot = Some(a);
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The fewest chains by trying every way to part the elements.
    fn fewest(n: usize, below: &dyn Fn(usize, usize) -> bool) -> usize {
        fn place(
            i: usize,
            n: usize,
            parts: &mut Vec<Vec<usize>>,
            below: &dyn Fn(usize, usize) -> bool,
        ) -> usize {
            if i == n {
                return parts.len();
            }
            let mut best = usize::MAX;
            for p in 0..=parts.len() {
                if p == parts.len() {
                    parts.push(vec![i]);
                } else if parts[p].iter().all(|j| below(*j, i) || below(i, *j)) {
                    parts[p].push(i);
                } else {
                    continue;
                }
                best = best.min(place(i + 1, n, parts, below));
                parts[p].pop();
                parts.retain(|part| !part.is_empty());
            }
            best
        }
        place(0, n, &mut Vec::new(), below)
    }

    proptest! {
        #[test]
        fn no_cover_by_chains_is_smaller(sets in prop::collection::btree_set(0u32..32, 0..8)) {
            let sets: Vec<u32> = sets.into_iter().collect();
            let below = |a: usize, b: usize| sets[a] != sets[b] && sets[a] & sets[b] == sets[a];
            let chains = chains(sets.len(), &below);
            let mut seen: Vec<usize> = chains.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..sets.len()).collect::<Vec<_>>());
            for chain in &chains {
                prop_assert!(chain.windows(2).all(|w| below(w[0], w[1])));
            }
            prop_assert_eq!(chains.len(), fewest(sets.len(), &below));
        }
    }
}
