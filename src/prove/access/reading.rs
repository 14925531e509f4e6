//! One read of a table: its indexes tried one by one, the best put first, and the class of the read.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::barrier;
use super::book::Prepared;
use super::demand::Raw;
use super::either::either;
use super::equivalence::Classes;
use super::joins::{Clause, Level};
use super::missed;
use super::order::{Order, SortKey};
use super::plan::Planner;
use super::serve::{Conditions, Given, Service, Tests, Unproved, serve};
use crate::prove::terms::{Node, Rel, Term};
use crate::prove::verdict::{Access, AccessClass, Barred, IndexUse, Leak};
use crate::query::model::OccId;
use crate::schema::catalog::{ColumnIx, IndexId, IndexMethod, RelId};
use crate::source::Span;

/// A table in a level of a plan.
pub(super) struct Reading<'l> {
    pub(super) rel: Rel,
    pub(super) occ: OccId,
    pub(super) table: RelId,
    pub(super) clauses: &'l [Clause],
    /// Whether some condition restricts its rows, served or not.
    pub(super) restricted: bool,
    pub(super) locked: bool,
    pub(super) classes: &'l Classes,
    pub(super) level: &'l Level<'l>,
    pub(super) order: Option<&'l Order>,
    pub(super) extremes: &'l [SortKey],
}

/// An index that serves a read.
struct Candidate {
    index: usize,
    conditions: Conditions,
    seek: bool,
    whole: bool,
    /// Read as a bitmap of several searches.
    bitmap: bool,
}

/// What the indexes of one table do for a read.
struct Outcome {
    class: AccessClass,
    uses: Vec<IndexUse>,
    /// Clauses that the best index covers or its predicate implies.
    covered: HashSet<usize>,
    /// Clauses by which some index is searched.
    sought: BTreeSet<usize>,
    /// Clauses that the predicate of some index that is searched implies.
    implied: HashSet<usize>,
    /// Indexes that deliver the order, whatever else they do.
    ordering: Vec<IndexUse>,
    /// Whether one of those is searched, or has only rows of its predicate.
    ordered: bool,
    one_row: bool,
    /// Whether a unique key is fixed by equalities and lists.
    listed: bool,
    missed: Vec<crate::prove::verdict::Missed>,
    /// Every index that does something for the read.
    usable: BTreeSet<IndexId>,
}

/// The conditions of a read, and the positions of those that no index may be searched by.
type Clauses<'c> = (&'c [Clause], &'c HashSet<usize>);

/// More partitions than this are not looked into one by one.
const MAX_PARTITIONS: usize = 200;

impl Reading<'_> {
    /// The access of an occurrence of which nothing is read, or nothing is asked.
    pub(super) fn nothing(occ: OccId) -> Access {
        Access {
            occ,
            class: AccessClass::NoPredicate,
            indexes: Vec::new(),
            residual: Vec::new(),
            predicate_columns: Vec::new(),
            sort_needed: None,
            limited: false,
            orderable: false,
            ordered: false,
            readable: false,
            order: Vec::new(),
            unique: false,
            listed: false,
            local: false,
            joins: Vec::new(),
            probes: Vec::new(),
            missed: Vec::new(),
            usable: Vec::new(),
            rejected: Vec::new(),
            barred: None,
        }
    }

    /// How the table can be read.
    pub(super) fn access(self, planner: &mut Planner<'_>) -> Access {
        let holds = |rel: Rel| self.level.holds(rel);
        let wanted =
            self.order.and_then(|order| order.of_relation(&planner.terms, self.classes, self.rel, &holds));
        let clauses = self.with_lists(planner);
        let deliverable = wanted.as_deref().filter(|_| self.level.leads(self.rel));
        // A btree orders by its own columns, not by their distance from a value. Groups that are to come out in an order
        // would need an index on all that they are grouped by, which few would want.
        let orderable = deliverable.is_some_and(|keys| {
            let plain = |k: &SortKey| k.nulls_first.is_some() && !planner.terms.flags(k.term).param;
            !keys.is_empty() && keys.iter().all(plain)
        });
        if planner.asked.is_some() {
            // Rows that are all wanted are sorted for less than a read of the whole table in order costs.
            let limited = self.order.is_some_and(|o| o.limited);
            let order = deliverable.filter(|_| orderable && limited);
            let raw = Raw::of(planner, &self, &clauses, order);
            planner.asked.as_mut().map(|asked| asked.insert(self.occ, raw));
        }
        let mut outcome = self.outcome(planner, (&clauses, &HashSet::new()), deliverable);
        let barred = self.barred(planner, &clauses, deliverable, &outcome);
        let limited = self.order.is_some_and(|o| o.limited);
        let rejected = self.rejected(planner, &clauses, deliverable.filter(|_| limited), &outcome);

        let mut predicate_columns = Vec::new();
        let mut residual: Vec<Span> = Vec::new();
        let mut joins = Vec::new();
        for (i, clause) in clauses.iter().enumerate() {
            planner.terms.columns_of(clause.term, self.rel, &mut predicate_columns);
            if !outcome.covered.contains(&i) && !residual.contains(&clause.span) {
                residual.push(clause.span);
            }
            for other in planner.terms.rels(clause.term).iter().filter(|r| **r != self.rel) {
                if let Some(occ) = planner.occurrence_of(*other)
                    && !clause.local
                    && !joins.contains(&(occ, clause.span))
                {
                    joins.push((occ, clause.span));
                }
            }
        }
        let mut probes = Vec::new();
        for clause in outcome.sought.iter().filter_map(|i| clauses.get(*i)).filter(|c| !c.local) {
            for other in planner.terms.rels(clause.term).iter().filter(|r| **r != self.rel) {
                probes.extend(planner.occurrence_of(*other).filter(|occ| !probes.contains(occ)));
            }
        }
        let alone = self.level.rels.len() == 1;
        let sort_needed = match (&wanted, self.order) {
            (Some(keys), _) => Some(!keys.is_empty() && !outcome.uses.iter().any(|u| u.delivers_order)),
            (None, Some(_)) if alone => Some(true),
            _ if !self.extremes.is_empty() => Some(!outcome.uses.iter().any(|u| u.delivers_order)),
            _ => None,
        };
        let mut order = Vec::new();
        for key in deliverable.into_iter().flatten().filter(|_| orderable) {
            planner.terms.columns_of(key.term, self.rel, &mut order);
        }
        Access {
            occ: self.occ,
            class: outcome.class,
            indexes: outcome.uses,
            residual,
            predicate_columns,
            sort_needed,
            limited: limited && sort_needed.is_some(),
            orderable,
            ordered: outcome.ordered,
            readable: !outcome.ordering.is_empty(),
            order,
            unique: outcome.one_row,
            listed: outcome.listed,
            local: clauses.iter().any(|c| c.local),
            joins,
            probes,
            missed: std::mem::take(&mut outcome.missed),
            usable: outcome.usable.into_iter().collect(),
            rejected,
            barred,
        }
    }

    /// Indexes that PostgreSQL rejects and that would serve what `outcome` leaves unserved.
    fn rejected(
        &self,
        planner: &mut Planner<'_>,
        clauses: &[Clause],
        wanted: Option<&[SortKey]>,
        outcome: &Outcome,
    ) -> Vec<IndexId> {
        let sorts = wanted.is_some_and(|w| !w.is_empty()) && !outcome.uses.iter().any(|u| u.delivers_order);
        if outcome.class != AccessClass::None && !sorts {
            return Vec::new();
        }
        let indexes = planner.book.rejected(planner.catalog, &mut planner.terms, self.table, self.rel);
        if indexes.is_empty() {
            return Vec::new();
        }
        let would = self.chosen(planner, (clauses, &HashSet::new()), wanted, &indexes);
        let serves = |u: &&IndexUse| match outcome.class {
            AccessClass::None => would.class == AccessClass::Seek || u.delivers_order,
            _ => u.delivers_order,
        };
        would.uses.iter().filter(serves).map(|u| u.index).collect()
    }

    /// From version 18 on, an OR of equalities of one expression is one list.
    fn with_lists(&self, planner: &mut Planner<'_>) -> Vec<Clause> {
        if planner.settings.postgres_version < 18 {
            return self.clauses.to_vec();
        }
        self.clauses
            .iter()
            .map(|clause| match planner.terms.as_list(clause.term) {
                Some(term) => Clause { term, ..*clause },
                None => *clause,
            })
            .collect()
    }

    /// A read of a partitioned table that its own indexes do not serve may be served by indexes of every partition;
    /// a read of a table with children (INHERITS) reads the children too, each by its own indexes.
    fn over_members(
        &self,
        planner: &mut Planner<'_>,
        clauses: Clauses<'_>,
        wanted: Option<&[SortKey]>,
        outcome: Outcome,
    ) -> Outcome {
        let catalog = planner.catalog;
        if planner.statement.occurrence(self.occ).only {
            return outcome;
        }
        let relation = catalog.relation(self.table);
        if !relation.partitions.is_empty() {
            let leaves = leaves(planner, self.table);
            let every = !leaves.is_empty()
                && leaves.len() <= MAX_PARTITIONS
                && leaves.iter().all(|leaf| planner.book.has_own(*leaf));
            if every && outcome.class != AccessClass::Seek {
                let members = leaves.into_iter().map(|leaf| self.of_table(planner, clauses, wanted, leaf));
                let worst = members.max_by_key(|o| super::rank(o.class));
                return match worst {
                    Some(worst) if super::rank(worst.class) < super::rank(outcome.class) => worst,
                    _ => outcome,
                };
            }
            return outcome;
        }
        let mut outcome = outcome;
        let mut all_ordered = !outcome.ordering.is_empty();
        let mut worst = outcome.class;
        let mut todo: Vec<RelId> = relation.inherited_by.clone();
        let mut seen = HashSet::new();
        while let Some(child) = todo.pop() {
            if catalog.relation(child).dropped || !seen.insert(child) || seen.len() > MAX_PARTITIONS {
                continue;
            }
            todo.extend(&catalog.relation(child).inherited_by);
            let own = self.of_table(planner, clauses, wanted, child);
            all_ordered &= !own.ordering.is_empty();
            if super::rank(own.class) > super::rank(worst) {
                worst = own.class;
                outcome.missed = own.missed;
            }
        }
        if worst == outcome.class {
            return outcome;
        }
        outcome.one_row = false;
        outcome.ordered = false;
        match worst {
            AccessClass::Seek | AccessClass::PartialOnly => {}
            AccessClass::OrderOnly if all_ordered => {
                outcome.uses = std::mem::take(&mut outcome.ordering);
                outcome.covered.clear();
                outcome.sought.clear();
            }
            AccessClass::OrderOnly | AccessClass::None | AccessClass::NoPredicate => {
                worst = if self.restricted { AccessClass::None } else { AccessClass::NoPredicate };
                outcome.uses.clear();
                outcome.covered.clear();
                outcome.sought.clear();
            }
        }
        Outcome { class: worst, ..outcome }
    }

    /// What the indexes of the table and its members do.
    fn outcome(
        &self,
        planner: &mut Planner<'_>,
        clauses: Clauses<'_>,
        wanted: Option<&[SortKey]>,
    ) -> Outcome {
        let own = self.of_table(planner, clauses, wanted, self.table);
        self.over_members(planner, clauses, wanted, own)
    }

    /// What row security takes away from an outcome.
    fn barred(
        &self,
        planner: &mut Planner<'_>,
        clauses: &[Clause],
        wanted: Option<&[SortKey]>,
        outcome: &Outcome,
    ) -> Option<Barred> {
        let is_plain = planner.statement.occurrence(self.occ).via_view.is_none();
        if !is_plain || outcome.class != AccessClass::Seek || !planner.book.has_barrier(self.table) {
            return None;
        }
        let leaks = clauses.iter().map(|clause| barrier::leak(&planner.terms, clause.term));
        let leaks: HashMap<usize, Leak> =
            leaks.enumerate().filter_map(|(i, leak)| Some((i, leak?))).collect();
        let under = self.outcome(planner, (clauses, &leaks.keys().copied().collect()), wanted);
        let is_lost = |i: &&usize| leaks.contains_key(i) && !under.implied.contains(i);
        let first = outcome.sought.iter().find(is_lost)?;
        let (before, after) = (outcome.uses.first()?, under.uses.first());
        let instead = after.filter(|_| under.class == AccessClass::Seek);
        let is_as_good = |after: &IndexUse| after.index == before.index && after.bound == before.bound;
        if under.one_row || instead.is_some_and(is_as_good) {
            return None;
        }
        Some(Barred {
            index: before.index,
            span: clauses.get(*first)?.span,
            leak: leaks.get(first)?.clone(),
            instead: instead.map(|after| after.index),
        })
    }

    /// What the indexes that serve `table` do, its columns taken by name for those of the table that is read.
    fn of_table(
        &self,
        planner: &mut Planner<'_>,
        clauses: Clauses<'_>,
        wanted: Option<&[SortKey]>,
        table: RelId,
    ) -> Outcome {
        let catalog = planner.catalog;
        let indexes = planner.book.prepared(catalog, &mut planner.terms, table, self.table, self.rel);
        self.chosen(planner, clauses, wanted, &indexes)
    }

    /// What these indexes do.
    fn chosen(
        &self,
        planner: &mut Planner<'_>,
        (clauses, barred): Clauses<'_>,
        wanted: Option<&[SortKey]>,
        indexes: &[Prepared],
    ) -> Outcome {
        let mut known: Vec<Term> = clauses.iter().map(|c| c.term).collect();
        for key in self.extremes {
            known.push(planner.terms.is_null_test(true, key.term));
        }
        let none = HashSet::new();
        let terms = &planner.terms;
        let given = Given {
            terms,
            database: &planner.settings.collation,
            version: planner.settings.postgres_version,
            rel: self.rel,
            clauses,
            barred,
            known,
            tests: Tests::new(terms, self.rel, clauses.iter().map(|c| c.term)),
            locked: self.locked,
            classes: self.classes,
            wanted: wanted.map(<[SortKey]>::to_vec),
            extremes: self.extremes,
            limited: self.order.is_some_and(|o| o.limited),
            used: planner.used.get(&self.rel).unwrap_or(&none),
        };
        choose(&given, indexes, self.restricted)
    }
}

/// The leaf partitions of a partitioned table.
fn leaves(planner: &Planner<'_>, table: RelId) -> Vec<RelId> {
    let mut out = Vec::new();
    let mut todo = planner.catalog.relation(table).partitions.clone();
    while let Some(id) = todo.pop() {
        let relation = planner.catalog.relation(id);
        if relation.dropped || out.len() > MAX_PARTITIONS {
            continue;
        }
        if relation.partitions.is_empty() { out.push(id) } else { todo.extend(&relation.partitions) }
    }
    out
}

fn choose(given: &Given<'_>, indexes: &[Prepared], restricted: bool) -> Outcome {
    let mut services: Vec<Option<Service>> = Vec::new();
    let mut unproved: Vec<(usize, Unproved)> = Vec::new();
    for (i, index) in indexes.iter().enumerate() {
        match serve(given, index) {
            Ok(service) => services.push(Some(service)),
            Err(why) => {
                unproved.push((i, why));
                services.push(None);
            }
        }
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    for (i, (index, service)) in indexes.iter().zip(&services).enumerate() {
        let Some(service) = service else { continue };
        candidates.push(Candidate {
            index: i,
            seek: service.conditions.lead(index, given.version),
            whole: service.serves_whole(index),
            conditions: service.conditions.clone(),
            bitmap: false,
        });
    }
    let mut together = Vec::new();
    let may_search = |(i, clause): &(usize, &Clause)| is_or(given, clause) && !given.barred.contains(i);
    for (clause, _) in given.clauses.iter().enumerate().filter(may_search) {
        let served = either(given, indexes, &services, clause);
        for alone in served.alone {
            let plain = services.get(alone.index).and_then(Option::as_ref);
            let sought = indexes
                .get(alone.index)
                .zip(plain)
                .is_some_and(|(index, service)| service.conditions.lead(index, given.version));
            if sought && !alone.narrows {
                continue;
            }
            let mut conditions = alone.conditions;
            conditions.covered.insert(clause);
            candidates.push(Candidate {
                index: alone.index,
                seek: true,
                whole: false,
                conditions,
                bitmap: true,
            });
        }
        if together.is_empty() {
            together = served.together.into_iter().map(|(i, c)| (clause, i, c)).collect();
        }
    }
    candidates.retain(|c| c.seek || c.whole || delivers(&services, c.index));
    // What is searched by an index of another kind has no order: one index cannot do both.
    let by_btree = candidates
        .iter()
        .any(|c| c.seek && indexes.get(c.index).is_some_and(|index| index.method == IndexMethod::Btree));
    let ordered = candidates
        .iter()
        .any(|c| !c.bitmap && (c.seek || c.whole || !by_btree) && delivers(&services, c.index));
    let alone = candidates.iter().map(|c| c.index).chain(together.iter().map(|(_, i, _)| *i));
    let usable = alone.filter_map(|i| indexes.get(i)).map(|index| index.id).collect();
    let ordering = candidates
        .iter()
        .filter(|c| !c.bitmap && delivers(&services, c.index))
        .map(|c| index_use(given, indexes, &services, c))
        .collect();
    keep_best(&mut candidates, indexes);

    let seek = candidates.iter().any(|c| c.seek);
    let class = if seek || !together.is_empty() {
        AccessClass::Seek
    } else if candidates.iter().any(|c| c.whole) {
        AccessClass::PartialOnly
    } else if !candidates.is_empty() {
        AccessClass::OrderOnly
    } else if restricted {
        AccessClass::None
    } else {
        AccessClass::NoPredicate
    };
    let mut parts = HashSet::new();
    let chosen: Vec<Candidate> = match class {
        AccessClass::Seek if !seek => together
            .into_iter()
            .map(|(clause, index, mut conditions)| {
                conditions.covered.insert(clause);
                parts.insert(clause);
                Candidate { index, conditions, seek: true, whole: false, bitmap: true }
            })
            .collect(),
        AccessClass::Seek => candidates.into_iter().filter(|c| c.seek).collect(),
        AccessClass::PartialOnly => candidates.into_iter().filter(|c| c.whole).collect(),
        AccessClass::OrderOnly | AccessClass::None | AccessClass::NoPredicate => candidates,
    };
    let mut ranked = chosen;
    ranked.sort_by_key(|c| order_of_merit(given, indexes, &services, c));
    let covered = ranked.first().map_or_else(HashSet::new, |best| {
        let dropped = services.get(best.index).and_then(Option::as_ref).map(|s| s.dropped.clone());
        let own = best.conditions.covered.iter().copied();
        own.chain(dropped.unwrap_or_default()).chain(parts).collect()
    });
    let missed = match class {
        AccessClass::Seek | AccessClass::NoPredicate => Vec::new(),
        AccessClass::PartialOnly | AccessClass::OrderOnly | AccessClass::None => {
            missed::reasons(given, indexes, &unproved)
        }
    };
    let sought = match class {
        AccessClass::Seek => ranked.iter().flat_map(|c| c.conditions.covered.iter().copied()).collect(),
        AccessClass::PartialOnly | AccessClass::OrderOnly | AccessClass::None | AccessClass::NoPredicate => {
            BTreeSet::new()
        }
    };
    let searched = ranked.iter().filter(|c| c.seek);
    let implied =
        searched.filter_map(|c| services.get(c.index)?.as_ref()).flat_map(|s| s.dropped.iter().copied());
    Outcome {
        class,
        implied: implied.collect(),
        sought,
        uses: ranked.iter().map(|c| index_use(given, indexes, &services, c)).collect(),
        covered,
        ordering,
        ordered,
        one_row: services.iter().flatten().any(|s| s.one_row),
        listed: services.iter().flatten().any(|s| s.listed),
        missed,
        usable,
    }
}

fn is_or(given: &Given<'_>, clause: &Clause) -> bool {
    matches!(given.terms.node(clause.term), Node::Or(_))
}

fn delivers(services: &[Option<Service>], index: usize) -> bool {
    services.get(index).and_then(Option::as_ref).is_some_and(|s| s.delivers_order)
}

/// Of several ways to use one index, the one that is searched by more keys.
fn keep_best(candidates: &mut Vec<Candidate>, indexes: &[Prepared]) {
    let worth = |c: &Candidate| {
        let bound = indexes.get(c.index).map_or(0, |index| c.conditions.bound(index).len());
        (c.seek, bound, c.conditions.keys().len(), !c.bitmap)
    };
    candidates.sort_by_key(|c| (c.index, Reverse(worth(c))));
    candidates.dedup_by_key(|c| c.index);
}

/// Smaller is better: one row, then the longest range, then what is left to filter, then the order.
fn order_of_merit(
    given: &Given<'_>,
    indexes: &[Prepared],
    services: &[Option<Service>],
    candidate: &Candidate,
) -> impl Ord + use<> {
    let service = services.get(candidate.index).and_then(Option::as_ref);
    let bound = indexes.get(candidate.index).map_or(0, |index| candidate.conditions.bound(index).len());
    let dropped = service.map(|s| &s.dropped);
    let left = (0..given.clauses.len())
        .filter(|i| !candidate.conditions.covered.contains(i) && !dropped.is_some_and(|d| d.contains(i)))
        .count();
    (
        !service.is_some_and(|s| s.one_row),
        Reverse(bound),
        Reverse(candidate.conditions.keys().len()),
        left,
        !service.is_some_and(|s| s.delivers_order),
        !service.is_some_and(|s| s.proved),
        candidate.index,
    )
}

fn index_use(
    given: &Given<'_>,
    indexes: &[Prepared],
    services: &[Option<Service>],
    candidate: &Candidate,
) -> IndexUse {
    let service = services.get(candidate.index).and_then(Option::as_ref);
    let keys: BTreeSet<usize> = candidate.conditions.keys();
    let Some(index) = indexes.get(candidate.index) else {
        return IndexUse {
            index: IndexId(0),
            keys: Vec::new(),
            bound: Vec::new(),
            implied: Vec::new(),
            delivers_order: false,
            index_only: false,
        };
    };
    let mut spoken: Vec<ColumnIx> = Vec::new();
    for (member, _) in &index.predicate {
        given.terms.columns_of(*member, given.rel, &mut spoken);
    }
    let implied = index
        .keys
        .iter()
        .enumerate()
        .filter(|(k, _)| !keys.contains(k))
        .filter_map(|(_, key)| key.column)
        .filter(|c| spoken.contains(c))
        .collect();
    IndexUse {
        index: index.id,
        bound: candidate.conditions.bound(index),
        keys: keys.into_iter().collect(),
        implied,
        // A bitmap has no order; where the conditions beside the OR suffice for a search, it need not be one.
        delivers_order: service.is_some_and(|s| {
            s.delivers_order && (!candidate.bitmap || s.conditions.lead(index, given.version))
        }),
        index_only: service.is_some_and(|s| s.index_only) && !candidate.bitmap,
    }
}
