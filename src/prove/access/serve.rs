//! What one index can do for one read of a table: which of its keys have conditions, whether its predicate follows,
//! whether it delivers the order (indxpath.c). INDEXING.md sections 5 to 9.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::book::Prepared;
use super::equivalence::Classes;
use super::joins::Clause;
use super::matching::{Bound, Key, Op, Test, condition, tests};
use super::opclass::{any_key_leads, reads_whole};
use super::order::{self, SortKey};
use super::rows;
use crate::prove::implies::{Proof, implies};
use crate::prove::terms::{Node, Rel, Term, Terms};
use crate::query::model::CompareOp;
use crate::schema::catalog::{ColumnIx, IndexMethod};
use crate::source::Span;

/// One read of a table: everything that the choice of an index depends on.
pub(super) struct Given<'l> {
    pub(super) terms: &'l Terms,
    /// The database's collation.
    pub(super) database: &'l str,
    pub(super) version: u32,
    pub(super) rel: Rel,
    pub(super) clauses: &'l [Clause],
    /// Positions of those that no index may be searched by.
    pub(super) barred: &'l HashSet<usize>,
    /// What a predicate may be proved from.
    pub(super) known: Vec<Term>,
    pub(super) tests: Tests,
    pub(super) locked: bool,
    pub(super) classes: &'l Classes,
    /// The order to deliver, without constant keys; absent where there is none, or no index can deliver it.
    pub(super) wanted: Option<Vec<SortKey>>,
    /// Arguments of min() and max().
    pub(super) extremes: &'l [SortKey],
    pub(super) limited: bool,
    /// Columns that something other than a condition uses.
    pub(super) used: &'l HashSet<ColumnIx>,
}

/// Conjuncts read as tests, by their operands.
#[derive(Debug, Default)]
pub(super) struct Tests {
    by_operand: HashMap<Term, Vec<(usize, Test)>>,
    rows: Vec<(usize, Term)>,
}

impl Tests {
    /// The tests of some conjuncts; each is known by its position.
    pub(super) fn new(terms: &Terms, rel: Rel, conjuncts: impl Iterator<Item = Term>) -> Self {
        let mut out = Tests::default();
        for (i, conjunct) in conjuncts.enumerate() {
            if let Node::Compare(_, left, _, _) = terms.node(conjunct)
                && matches!(terms.node(*left), Node::Row(_))
            {
                out.rows.push((i, conjunct));
            }
            for (operand, test) in tests(terms, rel, conjunct) {
                out.by_operand.entry(operand).or_default().push((i, test));
            }
        }
        out
    }
}

/// The conditions that an index takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// By key.
    pub(super) at: Vec<Vec<Bound>>,
    /// Keys of comparisons of rows.
    rows: Vec<Vec<usize>>,
    /// Positions of the conjuncts that they come from.
    pub(super) covered: BTreeSet<usize>,
}

impl Conditions {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.at.iter().all(Vec::is_empty)
    }

    /// These and others on the same index; of the others no conjunct counts as covered.
    pub(super) fn with(&self, others: &Conditions) -> Conditions {
        let mut out = self.clone();
        for (here, there) in out.at.iter_mut().zip(&others.at) {
            here.extend(there);
        }
        out.rows.extend(others.rows.iter().cloned());
        out
    }

    /// Keys that have a condition.
    pub(super) fn keys(&self) -> BTreeSet<usize> {
        let plain = self.at.iter().enumerate().filter(|(_, bounds)| !bounds.is_empty()).map(|(k, _)| k);
        plain.chain(self.rows.iter().flatten().copied()).collect()
    }

    fn on_first(&self) -> bool {
        self.at.first().is_some_and(|b| !b.is_empty()) || self.rows.iter().any(|r| r.first() == Some(&0))
    }

    /// Whether they let the index be searched rather than read whole.
    pub(super) fn lead(&self, index: &Prepared, version: u32) -> bool {
        // From version 18 on a btree skips from one value of an unrestricted first key to the next.
        let any = any_key_leads(&index.method) || (version >= 18 && index.method == IndexMethod::Btree);
        if any { !self.is_empty() } else { self.on_first() }
    }

    /// Keys that limit the range read.
    pub(super) fn bound(&self, index: &Prepared) -> Vec<usize> {
        if any_key_leads(&index.method) {
            return self.keys().into_iter().collect();
        }
        let mut bound = Vec::new();
        for (k, here) in self.at.iter().enumerate() {
            let row = self.rows.iter().filter(|r| r.first() == Some(&k)).max_by_key(|r| r.len());
            if here.is_empty() && row.is_none() {
                break;
            }
            bound.push(k);
            if here.iter().any(|b| matches!(b, Bound::Equal | Bound::Several)) {
                continue;
            }
            if let Some(row) = row {
                let more = rows::bounding(&index.keys, row);
                bound.extend(k + 1..k + more.max(1));
            }
            break;
        }
        bound
    }
}

/// The conditions that an index takes of some tests; `keep` says which conjuncts may be conditions of it.
pub(super) fn conditions(
    given: &Given<'_>,
    index: &Prepared,
    tests: &Tests,
    keep: &dyn Fn(usize) -> bool,
) -> Conditions {
    let mut out = Conditions { at: vec![Vec::new(); index.keys.len()], ..Conditions::default() };
    if matches!(index.method, IndexMethod::Hash) && index.keys.len() != 1 {
        return out;
    }
    for (key, here) in index.keys.iter().zip(&mut out.at) {
        for (i, test) in tests.by_operand.get(&key.term).into_iter().flatten() {
            if keep(*i)
                && let Some(bound) = condition(given.terms, key, test, given.database)
            {
                here.push(bound);
                out.covered.insert(*i);
            }
        }
    }
    if index.method == IndexMethod::Btree {
        for (i, row) in tests.rows.iter().filter(|(i, _)| keep(*i)) {
            let matched = rows::matched(given.terms, given.rel, &index.keys, *row, given.database);
            if !matched.is_empty() {
                out.rows.push(matched);
                out.covered.insert(*i);
            }
        }
    }
    out
}

/// What an index does for a read.
#[derive(Clone, Debug)]
pub(super) struct Service {
    /// Conditions from conjuncts that stand beside each other.
    pub(super) conditions: Conditions,
    /// Clauses that its predicate implies: no longer to be tested.
    pub(super) dropped: HashSet<usize>,
    /// Whether it is partial, and its predicate follows.
    pub(super) proved: bool,
    pub(super) delivers_order: bool,
    pub(super) index_only: bool,
    /// Whether it is unique and every key of it is fixed.
    pub(super) one_row: bool,
    /// Whether it is unique and every key of it is fixed or one of a list.
    pub(super) listed: bool,
}

impl Service {
    /// Whether reading it whole is better than reading the table: it has only the rows of its predicate.
    pub(super) fn serves_whole(&self, index: &Prepared) -> bool {
        self.proved && reads_whole(&index.method)
    }
}

/// Why a partial index does not serve.
#[derive(Clone, Debug)]
pub(super) struct Unproved {
    pub(super) missing: Vec<Span>,
    pub(super) custom_plan: bool,
}

/// What an index does for a read, or why its predicate keeps it out.
pub(super) fn serve(given: &Given<'_>, index: &Prepared) -> Result<Service, Unproved> {
    let proof = prove(given, index, &[]);
    if !proof.missing.is_empty() {
        return Err(proof);
    }
    let predicate: Vec<Term> = index.predicate.iter().map(|(t, _)| *t).collect();
    let dropped: HashSet<usize> = given
        .clauses
        .iter()
        .enumerate()
        .filter(|(_, c)| {
            !given.locked
                && c.local
                && !predicate.is_empty()
                && implies(given.terms, given.database, &predicate, c.term) == Proof::Holds
        })
        .map(|(i, _)| i)
        .collect();
    let kept = |i: usize| !dropped.contains(&i) && !given.barred.contains(&i);
    let local = |i: usize| kept(i) && given.clauses.get(i).is_some_and(|c| c.local);
    let own = conditions(given, index, &given.tests, &local);
    let conditions = conditions(given, index, &given.tests, &kept);
    // Searched anew for each row of another table, it gives no order of the whole.
    let by_join = conditions.lead(index, given.version) && !own.lead(index, given.version);
    let delivers_order = !by_join && delivers(given, index, &predicate);
    let one_row = index.unique && index.keys.iter().all(|key| fixed(given, key));
    let listed = index.unique && index.keys.iter().all(|key| fixed(given, key) || listed(given, key));
    Ok(Service {
        index_only: index_only(given, index, &dropped),
        conditions,
        dropped,
        proved: !predicate.is_empty(),
        delivers_order,
        one_row,
        listed,
    })
}

/// The members of an index's predicate that do not follow from what is known, and from `more`.
pub(super) fn prove(given: &Given<'_>, index: &Prepared, more: &[Term]) -> Unproved {
    let mut out = Unproved { missing: Vec::new(), custom_plan: true };
    if index.predicate.is_empty() {
        return out;
    }
    let known: Vec<Term> = given.known.iter().chain(more).copied().collect();
    for (member, span) in &index.predicate {
        match implies(given.terms, given.database, &known, *member) {
            Proof::Holds => {}
            Proof::Fails => {
                out.missing.push(*span);
                out.custom_plan = false;
            }
            Proof::Unknown => out.missing.push(*span),
        }
    }
    out
}

/// Whether a key is equal to one value by a condition that needs no other table.
fn fixed(given: &Given<'_>, key: &Key) -> bool {
    given.tests.by_operand.get(&key.term).into_iter().flatten().any(|(i, test)| {
        let equality = matches!(test, Test::Compare { op: CompareOp::Eq, .. } | Test::Truth);
        equality
            && !given.barred.contains(i)
            && given.clauses.get(*i).is_some_and(|c| c.local)
            && condition(given.terms, key, test, given.database) == Some(Bound::Equal)
    })
}

/// Whether a key is equal to one value of a list by a condition that needs no other table.
fn listed(given: &Given<'_>, key: &Key) -> bool {
    given.tests.by_operand.get(&key.term).into_iter().flatten().any(|(i, test)| {
        matches!(test, Test::List { op: Op::Compare(CompareOp::Eq), .. })
            && !given.barred.contains(i)
            && given.clauses.get(*i).is_some_and(|c| c.local)
            && condition(given.terms, key, test, given.database).is_some()
    })
}

/// Whether a key's value is the same in all rows that are read.
fn constant(given: &Given<'_>, key: &Key, predicate: &[Term]) -> bool {
    let truth = |t: &Term| match given.terms.node(*t) {
        _ if *t == key.term => true,
        Node::Not(inner) | Node::IsTruth { value: _, negated: false, of: inner } => *inner == key.term,
        Node::Compare(CompareOp::Eq, l, r, _) => {
            (*l == key.term && given.terms.constant(*r).is_some())
                || (*r == key.term && given.terms.constant(*l).is_some())
        }
        _ => false,
    };
    given.classes.constant(key.term, &key.coll).is_some() || fixed(given, key) || predicate.iter().any(truth)
}

fn delivers(given: &Given<'_>, index: &Prepared, predicate: &[Term]) -> bool {
    let sorted = |wanted: &[SortKey]| {
        let constant = |key: &Key| constant(given, key, predicate);
        order::btree(given.terms, given.classes, &index.keys, &constant, wanted)
    };
    match &index.method {
        IndexMethod::Btree => {
            let ordered = given.wanted.as_ref().is_some_and(|w| !w.is_empty() && sorted(w));
            let extreme = given.extremes.iter().any(|key| sorted(std::slice::from_ref(key)));
            ordered || extreme
        }
        IndexMethod::Gist | IndexMethod::SpGist => nearest(given, index),
        IndexMethod::Hnsw | IndexMethod::IvfFlat => given.limited && nearest(given, index),
        IndexMethod::Hash | IndexMethod::Gin | IndexMethod::Brin | IndexMethod::Other(_) => false,
    }
}

fn nearest(given: &Given<'_>, index: &Prepared) -> bool {
    let Some(wanted) = &given.wanted else { return false };
    index.keys.iter().any(|key| order::nearest(given.terms, given.rel, key, wanted))
}

fn index_only(given: &Given<'_>, index: &Prepared, dropped: &HashSet<usize>) -> bool {
    if given.locked || index.method != IndexMethod::Btree {
        return false;
    }
    let mut needed: Vec<ColumnIx> = given.used.iter().copied().collect();
    for (i, clause) in given.clauses.iter().enumerate() {
        if !dropped.contains(&i) {
            given.terms.columns_of(clause.term, given.rel, &mut needed);
        }
    }
    let stored = |column: &ColumnIx| {
        index.keys.iter().any(|k| k.column == Some(*column)) || index.include.contains(column)
    };
    needed.iter().all(stored)
}
