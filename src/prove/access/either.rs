//! OR: every arm must be served, by any index (indxpath.c `generate_bitmap_or_paths`). INDEXING.md section 6.

use std::collections::BTreeMap;

use super::book::Prepared;
use super::serve::{Conditions, Given, Service, Tests, conditions, prove};
use crate::prove::terms::{Node, Term, Terms};

/// An arm that holds an OR itself is multiplied out, up to so many arms.
const MAX_ARMS_FROM_NESTING: usize = 64;

/// How an OR is served.
#[derive(Debug, Default)]
pub(super) struct Either {
    /// Indexes that serve every arm alone, with all their conditions.
    pub(super) alone: Vec<(usize, Conditions)>,
    /// Indexes that serve it together, each with its conditions.
    pub(super) together: Vec<(usize, Conditions)>,
}

/// A way to serve an arm: by one index.
struct Way {
    index: usize,
    conditions: Conditions,
    seek: bool,
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
    let mut arms: Vec<Vec<Way>> = Vec::new();
    for arm in arms_of(given.terms, term) {
        let ways = ways(given, indexes, services, &arm);
        if ways.is_empty() {
            return Either::default();
        }
        arms.push(ways);
    }
    Either { alone: alone(&arms), together: together(&arms) }
}

/// The arms of an OR, each as its conjuncts.
fn arms_of(terms: &Terms, term: Term) -> Vec<Vec<Term>> {
    let mut arms: Vec<Vec<Term>> = terms.disjuncts(term).iter().map(|t| terms.conjuncts(*t)).collect();
    let mut budget = MAX_ARMS_FROM_NESTING;
    let mut i = 0;
    while let Some(arm) = arms.get(i) {
        let nested = arm.iter().position(|t| matches!(terms.node(*t), Node::Or(_)));
        let inner = nested.and_then(|at| arm.get(at)).map(|t| terms.disjuncts(*t)).unwrap_or_default();
        if inner.is_empty() || inner.len() > budget {
            i += 1;
            continue;
        }
        budget -= inner.len();
        let rest: Vec<Term> =
            arm.iter().enumerate().filter(|(at, _)| Some(*at) != nested).map(|(_, t)| *t).collect();
        let multiplied: Vec<Vec<Term>> =
            inner.into_iter().map(|t| rest.iter().copied().chain(terms.conjuncts(t)).collect()).collect();
        arms.splice(i..=i, multiplied);
    }
    arms
}

fn ways(given: &Given<'_>, indexes: &[Prepared], services: &[Option<Service>], arm: &[Term]) -> Vec<Way> {
    let tests = Tests::new(given.terms, given.rel, arm.iter().copied());
    let mut out = Vec::new();
    for (i, (index, service)) in indexes.iter().zip(services).enumerate() {
        let own = conditions(given, index, &tests, &|_| true);
        let by_arm = service.is_none();
        if by_arm && !prove(given, index, arm).missing.is_empty() {
            continue;
        }
        if own.is_empty() && !by_arm {
            continue;
        }
        let beside = match service {
            Some(service) => service.conditions.clone(),
            None => conditions(given, index, &given.tests, &|_| true),
        };
        let all = beside.with(&own);
        let seek = all.lead(index, given.version);
        let whole = !index.predicate.is_empty() && super::opclass::reads_whole(&index.method);
        if seek || whole {
            out.push(Way { index: i, conditions: all, seek });
        }
    }
    out
}

fn alone(arms: &[Vec<Way>]) -> Vec<(usize, Conditions)> {
    let mut served: BTreeMap<usize, (usize, bool, Conditions)> = BTreeMap::new();
    for (n, ways) in arms.iter().enumerate() {
        for way in ways {
            let entry = served.entry(way.index).or_insert_with(|| (0, false, Conditions::default()));
            if entry.0 == n {
                let merged = if n == 0 { way.conditions.clone() } else { entry.2.with(&way.conditions) };
                *entry = (n + 1, entry.1 || way.seek, merged);
            }
        }
    }
    served
        .into_iter()
        .filter(|(_, (n, seek, _))| *n == arms.len() && *seek)
        .map(|(index, (_, _, conditions))| (index, conditions))
        .collect()
}

fn together(arms: &[Vec<Way>]) -> Vec<(usize, Conditions)> {
    let mut parts: BTreeMap<usize, Conditions> = BTreeMap::new();
    let mut seek = false;
    for ways in arms {
        let best =
            ways.iter().max_by_key(|o| (o.seek, o.conditions.keys().len(), std::cmp::Reverse(o.index)));
        let Some(best) = best else { return Vec::new() };
        seek |= best.seek;
        parts
            .entry(best.index)
            .and_modify(|known| *known = known.with(&best.conditions))
            .or_insert_with(|| best.conditions.clone());
    }
    if seek { parts.into_iter().collect() } else { Vec::new() }
}
