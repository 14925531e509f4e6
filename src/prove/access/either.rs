//! OR: every arm must be served, by any index (indxpath.c `generate_bitmap_or_paths`). INDEXING.md section 6.

use std::collections::BTreeMap;

use super::book::Prepared;
use super::serve::{Conditions, Given, Service, Tests, conditions, prove};
use crate::prove::terms::{Node, Term};

/// An OR inside an arm of an OR is looked into so many levels deep.
const MAX_NESTING: usize = 8;

/// How an OR is served.
#[derive(Debug, Default)]
pub(super) struct Either {
    /// Indexes that serve every arm alone.
    pub(super) alone: Vec<Alone>,
    /// Indexes that serve it together, each with its conditions.
    pub(super) together: Vec<(usize, Conditions)>,
}

/// An index that serves every arm alone.
#[derive(Debug)]
pub(super) struct Alone {
    pub(super) index: usize,
    /// The conditions of all arms, and those beside the OR.
    pub(super) conditions: Conditions,
    /// Whether each arm reads less than the conditions beside the OR do.
    pub(super) narrows: bool,
}

/// A way to serve an arm: by one index.
struct Way {
    index: usize,
    conditions: Conditions,
    seek: bool,
    narrows: bool,
}

impl Way {
    /// Whether it is a search, or reads a partial index that the arm is about. A partial index that is read whole for
    /// conditions on its later keys is no search for the arm.
    fn searches(&self) -> bool {
        self.seek || self.conditions.is_empty()
    }
}

/// How the OR at that position of the clauses is served. `services` are those of the indexes, by position; absent
/// where a predicate does not follow.
pub(super) fn either(
    given: &Given<'_>,
    indexes: &[Prepared],
    services: &[Option<Service>],
    clause: usize,
) -> Either {
    let Some(term) = given.clauses.get(clause).map(|c| c.term) else { return Either::default() };
    let arms = arms(given, indexes, services, term, &[]);
    Either { alone: alone(&arms), together: together(&arms) }
}

/// The ways to serve each arm of an OR; none where some arm has none. An arm that its own conjuncts do not serve may be
/// served by an OR in it. `around`: the members of the arms that the OR stands in, from the outermost on.
fn arms(
    given: &Given<'_>,
    indexes: &[Prepared],
    services: &[Option<Service>],
    term: Term,
    around: &[Vec<Term>],
) -> Vec<Vec<Way>> {
    let mut out: Vec<Vec<Way>> = Vec::new();
    let outer: Vec<Term> = around.iter().flatten().copied().collect();
    for arm in given.terms.disjuncts(term) {
        let members = given.terms.conjuncts(arm);
        let ways = ways(given, indexes, services, &members, &outer);
        if ways.iter().any(Way::searches) {
            out.push(ways);
            continue;
        }
        let inner: Vec<Term> =
            members.iter().copied().filter(|t| matches!(given.terms.node(*t), Node::Or(_))).collect();
        let nested = if around.len() < MAX_NESTING && !inner.is_empty() {
            let mut around = around.to_vec();
            around.push(members);
            inner
                .into_iter()
                .map(|t| arms(given, indexes, services, t, &around))
                .find(|inner| !inner.is_empty())
        } else {
            None
        };
        match nested {
            Some(inner) => out.extend(inner),
            None if ways.is_empty() => return Vec::new(),
            None => out.push(ways),
        }
    }
    out
}

/// The ways to serve an arm. What stands beside it, in the statement and in the arms around it, may be conditions of the
/// same search, and a predicate may follow from it.
fn ways(
    given: &Given<'_>,
    indexes: &[Prepared],
    services: &[Option<Service>],
    arm: &[Term],
    outer: &[Term],
) -> Vec<Way> {
    let tests = Tests::new(given.terms, given.rel, arm.iter().copied());
    let outer_tests = Tests::new(given.terms, given.rel, outer.iter().copied());
    let known: Vec<Term> = arm.iter().chain(outer).copied().collect();
    let mut out = Vec::new();
    for (i, (index, service)) in indexes.iter().zip(services).enumerate() {
        let own = conditions(given, index, &tests, &|_| true);
        let follows = |more: &[Term]| prove(given, index, more).missing.is_empty();
        let by_arm = service.is_none() && !follows(outer);
        if by_arm && !follows(&known) {
            continue;
        }
        if own.is_empty() && !by_arm {
            continue;
        }
        // What the index's predicate implies is no condition of the index alone, but is one of a search for an arm.
        let beside = conditions(given, index, &given.tests, &|_| true).with(&conditions(
            given,
            index,
            &outer_tests,
            &|_| true,
        ));
        let all = beside.with(&own);
        let seek = all.lead(index, given.version);
        let whole = !index.predicate.is_empty() && super::opclass::reads_whole(&index.method);
        if seek || whole {
            let alone = service.as_ref().map_or(&beside, |service| &service.conditions);
            let narrows = all.bound(index).len() > alone.bound(index).len();
            out.push(Way { index: i, conditions: all, seek, narrows });
        }
    }
    out
}

fn alone(arms: &[Vec<Way>]) -> Vec<Alone> {
    let mut served: BTreeMap<usize, (usize, bool, Alone)> = BTreeMap::new();
    for (n, ways) in arms.iter().enumerate() {
        for way in ways {
            let (served, seek, known) = served.entry(way.index).or_insert_with(|| {
                let conditions = Conditions::default();
                (0, false, Alone { index: way.index, conditions, narrows: true })
            });
            if *served == n {
                known.conditions =
                    if n == 0 { way.conditions.clone() } else { known.conditions.with(&way.conditions) };
                known.narrows &= way.narrows;
                *seek |= way.seek;
                *served += 1;
            }
        }
    }
    let every = |(n, seek, _): &(usize, bool, Alone)| *n == arms.len() && *seek;
    served.into_values().filter(every).map(|(_, _, known)| known).collect()
}

fn together(arms: &[Vec<Way>]) -> Vec<(usize, Conditions)> {
    let mut parts: BTreeMap<usize, Conditions> = BTreeMap::new();
    let mut seek = false;
    for ways in arms {
        let best = ways
            .iter()
            .filter(|way| way.searches())
            .max_by_key(|way| (way.seek, way.conditions.keys().len(), std::cmp::Reverse(way.index)));
        let Some(best) = best else { return Vec::new() };
        seek |= best.seek;
        parts
            .entry(best.index)
            .and_modify(|known| *known = known.with(&best.conditions))
            .or_insert_with(|| best.conditions.clone());
    }
    if seek { parts.into_iter().collect() } else { Vec::new() }
}
