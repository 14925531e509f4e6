//! Needs that a btree meets, and the fewest btrees that meet all of them.
//!
//! A need is met by an index whose keys begin with its leading key, then its equal keys in any order, then its tail as it
//! stands or wholly reversed, and whose predicate follows from its own. With *list* for a sequence of keys that meets a
//! need, `a` is *below* `b` when some list of `a` begins some list of `b`:
//!
//! | a | b | below |
//! |---|---|---|
//! | {x} | {x, y} | yes: (x, y) |
//! | {x} then z | {x, z} | yes: (x, z): the tail of a is an equality of b |
//! | {x} then z | {x, y, z} | yes: (x, z, y) |
//! | {x} then z | {x} then z, w | yes |
//! | {x} then z | {x, y} then z | no: (x, y, z) does not deliver z for a fixed x alone |
//! | {x} then z, w | {x, z} then w | yes |
//! | {x} if p | {x, y} | yes: an index without predicate meets both |
//! | {x} | {x, y} if p | no |
//!
//! That is transitive, and some list meets all needs of a chain. So the fewest chains ([`cover`](super::cover)) are lists
//! enough, and of needs without tails none fewer will do. Needs with tails may share a list without being one below the
//! other ({x, z} beside {x} then z, w), and needs whose predicates differ one without predicate: chains that a list
//! exists for ([`together`]) are joined after that, one by one, which need not find the best way to do so.

use std::collections::BTreeSet;

use super::cover;
use crate::prove::terms::Term;
use crate::schema::catalog::ColumnIx;

/// A key with its operator class, where that is not the default.
pub(super) type Key = (Term, Option<&'static str>);

/// A key at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed {
    pub(super) key: Key,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

/// What a btree is needed for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tree {
    /// The key that comes first: the tenant's.
    pub(super) lead: Option<Key>,
    /// Keys equal to something, in any order.
    pub(super) equal: BTreeSet<Key>,
    /// The order, or one range.
    pub(super) tail: Vec<Placed>,
    /// Members of the predicate's AND.
    pub(super) predicate: BTreeSet<Term>,
}

/// A btree that meets some needs, by their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Built {
    pub(super) keys: Vec<Placed>,
    pub(super) predicate: BTreeSet<Term>,
    pub(super) needs: Vec<usize>,
}

/// The keys of an index that exists and may be extended.
pub(super) type Existing = Vec<Placed>;

/// Few btrees that meet all needs; of needs without tails and predicates, as few as there can be.
pub(super) fn build(needs: &[Tree], existing: &[Existing]) -> Vec<Built> {
    let distinct: Vec<&Tree> = needs.iter().collect::<BTreeSet<_>>().into_iter().collect();
    // Of needs that one list meets either way round, the first stands below the others.
    let below = |a: usize, b: usize| {
        distinct.get(a).zip(distinct.get(b)).is_some_and(|(x, y)| begins(x, y) && (a < b || !begins(y, x)))
    };
    let chains = cover::chains(distinct.len(), &below);
    let chains = chains.into_iter().map(|c| c.into_iter().filter_map(|i| distinct.get(i).copied()).collect());
    let mut groups: Vec<Vec<&Tree>> = chains.collect();
    // Predicates that one index can have first, then those that it must give up.
    for keep in [true, false] {
        groups = joined(groups, &|a, b| !keep || *a == a & b || *b == a & b);
    }
    groups
        .into_iter()
        .map(|group| Built {
            keys: extending(&group, existing),
            predicate: shared_predicate(&group),
            needs: needs.iter().enumerate().filter(|(_, n)| group.contains(n)).map(|(i, _)| i).collect(),
        })
        .collect()
}

/// What the predicates of some needs have in common.
fn shared_predicate(group: &[&Tree]) -> BTreeSet<Term> {
    let mut all = group.iter().map(|need| need.predicate.clone());
    let first = all.next().unwrap_or_default();
    all.fold(first, |shared, predicate| &shared & &predicate)
}

/// Joins groups that one list meets, where their predicates may be joined.
fn joined<'n>(
    groups: Vec<Vec<&'n Tree>>,
    may: &dyn Fn(&BTreeSet<Term>, &BTreeSet<Term>) -> bool,
) -> Vec<Vec<&'n Tree>> {
    if groups.len() > cover::MAX_ELEMENTS {
        return groups;
    }
    let mut out: Vec<Vec<&Tree>> = Vec::new();
    for group in groups {
        let predicate = shared_predicate(&group);
        let with = |other: &Vec<&'n Tree>| -> Option<Vec<&'n Tree>> {
            let all: Vec<&Tree> = other.iter().chain(&group).copied().collect();
            (may(&shared_predicate(other), &predicate) && together(&all, &[]).is_some()).then_some(all)
        };
        match out.iter().enumerate().find_map(|(i, other)| Some((i, with(other)?))) {
            Some((i, all)) => {
                if let Some(slot) = out.get_mut(i) {
                    *slot = all;
                }
            }
            None => out.push(group),
        }
    }
    out
}

/// Whether some list of `a` begins some list of `b`, and the predicate of `b` follows from that of `a`.
fn begins(a: &Tree, b: &Tree) -> bool {
    b.predicate.is_subset(&a.predicate) && list_begins(a, b)
}

fn list_begins(a: &Tree, b: &Tree) -> bool {
    if a.lead != b.lead {
        return false;
    }
    (0..=a.tail.len()).any(|j| {
        let (folded, rest) = a.tail.split_at(j);
        let mut front = a.equal.clone();
        front.extend(folded.iter().map(|p| p.key));
        match rest {
            [] => front.is_subset(&b.equal),
            _ => front == b.equal && b.tail.get(..rest.len()).is_some_and(|there| is_alike(rest, there)),
        }
    })
}

/// Whether keys are the same in one direction throughout, either one.
fn is_alike(a: &[Placed], b: &[Placed]) -> bool {
    let reversed = |p: &Placed| Placed { descending: !p.descending, nulls_first: !p.nulls_first, ..*p };
    a == b || (a.len() == b.len() && a.iter().zip(b).all(|(a, b)| reversed(a) == *b))
}

/// Whether an index of the first keys serves nothing that one of the second does not.
pub(super) fn is_beginning(old: &[Placed], new: &[Placed]) -> bool {
    new.get(..old.len()).is_some_and(|begin| is_alike(old, begin))
}

/// A list that meets all needs of a group; where free keys can be put so that an existing index begins it, they are.
fn extending(group: &[&Tree], existing: &[Existing]) -> Vec<Placed> {
    let mut best: Option<(usize, Vec<Placed>)> = None;
    for index in existing {
        if let Some(list) = together(group, index)
            && is_beginning(index, &list)
            && best.as_ref().is_none_or(|(length, _)| index.len() > *length)
        {
            best = Some((index.len(), list));
        }
    }
    best.map(|(_, list)| list).or_else(|| together(group, &[])).unwrap_or_default()
}

/// One list that meets all needs, where there is one. Free keys follow `guide` as far as they can.
///
/// The equal keys of a need are the first keys of the list, in any order, and its tail stands right behind them. So the
/// sets of equal keys are nested; each adds a stage, in which some places are taken by tails and the others are free.
fn together(needs: &[&Tree], guide: &[Placed]) -> Option<Vec<Placed>> {
    let lead = needs.first()?.lead;
    if needs.iter().any(|need| need.lead != lead) {
        return None;
    }
    let mut sorted = needs.to_vec();
    sorted.sort_by_key(|need| (need.equal.len(), need.tail.len()));
    let start = usize::from(lead.is_some());
    let length = sorted.iter().map(|need| need.equal.len() + need.tail.len()).max()? + start;
    let mut fixed: Vec<Option<Key>> = vec![None; length];
    if let (Some(slot), Some(_)) = (fixed.first_mut(), lead) {
        *slot = lead;
    }
    for need in &sorted {
        for (i, placed) in need.tail.iter().enumerate() {
            let slot = fixed.get_mut(start + need.equal.len() + i)?;
            if slot.is_some_and(|key| key != placed.key) {
                return None;
            }
            *slot = Some(placed.key);
        }
    }
    let mut keys: Vec<Key> = lead.into_iter().collect();
    for need in &sorted {
        let end = start + need.equal.len();
        let placed: Vec<Key> = fixed.get(keys.len()..end)?.iter().flatten().copied().collect();
        let known = keys.get(start..)?;
        if !known.iter().chain(&placed).all(|key| need.equal.contains(key)) {
            return None;
        }
        let mut free: Vec<Key> =
            need.equal.iter().filter(|k| !known.contains(k) && !placed.contains(k)).copied().collect();
        while keys.len() < end {
            let key = match fixed.get(keys.len()).copied().flatten() {
                Some(key) => key,
                None => {
                    let guided = guide.get(keys.len()).and_then(|g| free.iter().position(|k| *k == g.key));
                    if free.is_empty() {
                        return None;
                    }
                    free.remove(guided.unwrap_or(0))
                }
            };
            keys.push(key);
        }
    }
    while keys.len() < length {
        keys.push(fixed.get(keys.len()).copied().flatten()?);
    }
    let distinct: BTreeSet<&Key> = keys.iter().collect();
    if distinct.len() < keys.len() {
        return None;
    }
    directed(&keys, &sorted, guide)
}

/// The keys with directions: each tail is read forward or backward as a whole. The longest list's comes first, as others
/// that overlap each other overlap it too; of equal ones that which asks for more than the default.
fn directed(keys: &[Key], needs: &[&Tree], guide: &[Placed]) -> Option<Vec<Placed>> {
    let mut directions: Vec<Option<(bool, bool)>> = vec![None; keys.len()];
    let mut longest_first = needs.to_vec();
    longest_first.sort_by_key(|need| {
        std::cmp::Reverse((need.equal.len() + need.tail.len(), need.tail.iter().any(|p| p.descending)))
    });
    for need in longest_first {
        let start = usize::from(need.lead.is_some()) + need.equal.len();
        let places = directions.get_mut(start..start + need.tail.len())?;
        let own = |p: &Placed, turned: bool| (p.descending != turned, p.nulls_first != turned);
        let fits =
            |turned: bool| places.iter().zip(&need.tail).all(|(d, p)| d.is_none_or(|d| d == own(p, turned)));
        let turned = [false, true].into_iter().find(|turned| fits(*turned))?;
        for (place, placed) in places.iter_mut().zip(&need.tail) {
            *place = Some(own(placed, turned));
        }
    }
    let mut out = Vec::with_capacity(keys.len());
    for (i, (key, direction)) in keys.iter().zip(directions).enumerate() {
        let guided = guide.get(i).filter(|g| g.key == *key).map(|g| (g.descending, g.nulls_first));
        let (descending, nulls_first) = direction.or(guided).unwrap_or((false, false));
        out.push(Placed { key: *key, descending, nulls_first });
    }
    Some(out)
}

/// The columns that an index must hold besides its keys so that it alone answers all of these; none where they are too
/// many to be worth it.
pub(super) fn included(fetched: &[Option<Vec<ColumnIx>>], keys: &[ColumnIx], most: usize) -> Vec<ColumnIx> {
    let mut all: BTreeSet<ColumnIx> = BTreeSet::new();
    for columns in fetched {
        match columns {
            Some(columns) => all.extend(columns),
            None => return Vec::new(),
        }
    }
    let rest: Vec<ColumnIx> = all.into_iter().filter(|c| !keys.contains(c)).collect();
    if rest.len() > most { Vec::new() } else { rest }
}

#[cfg(test)]
mod tests;
