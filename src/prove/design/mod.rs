//! Which indexes would serve what the declared ones do not: for every read that lacks an index a need ([`needs`]), over all
//! reads of a table the fewest indexes that meet the needs ([`tree`], [`cover`]), and of each what it makes redundant.
//! Every proposal is put to the same judgement as a real index: what is designed serves its reads, or is told as not
//! served.

mod cover;
mod expression;
mod needs;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crate::prove::access::{self, Demand, IndexBook, Lack, Sketch, SketchKey, lack};
use crate::prove::settings::PlannerSettings;
use crate::prove::terms::{Node, Term, Terms};
use crate::prove::verdict::Access;
use crate::query::model::{BoundStatement, OccId};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, IndexId, IndexMethod, IndexOrigin, RelId, RelationKind};
use needs::{Context, Need, Other};
use tree::{Existing, Placed, Tree};

/// INCLUDE holds no more columns than this.
const MAX_INCLUDED: usize = 5;

/// What the design depends on besides schema and statements.
pub struct Options<'a> {
    /// Whether indexes are to hold what the statements fetch.
    pub include: bool,
    /// The tenant column of a table.
    pub tenant: &'a dyn Fn(RelId) -> Option<ColumnIx>,
    /// Tables that need no index.
    pub small: &'a dyn Fn(RelId) -> bool,
}

/// Indexes to create.
#[derive(Debug)]
pub struct Design {
    /// The indexes, by table.
    pub indexes: Vec<Designed>,
    /// Reads that lack an index and that none could be designed for.
    pub unserved: Vec<Served>,
    book: IndexBook,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Designed {
    /// What it is.
    pub sketch: Sketch,
    /// The reads that it serves.
    pub serves: Vec<Served>,
    /// Indexes that it makes redundant: it serves all that they do.
    pub redundant: Vec<IndexId>,
}

/// A read of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// Position of the statement in what was given.
    pub statement: usize,
    /// The occurrence.
    pub occ: OccId,
    /// What it lacked.
    pub lack: Lack,
}

impl Design {
    /// The terms of its sketches.
    pub fn terms(&self) -> &Terms {
        self.book.terms()
    }
}

/// Designs indexes for the reads of some statements that lack one. The access of each statement is given with it.
pub fn design(
    catalog: &Catalog,
    statements: &[(&BoundStatement, &[Access])],
    settings: &PlannerSettings,
    options: &Options<'_>,
) -> Design {
    let book = IndexBook::new(catalog);
    let mut designer = Designer { catalog, statements, settings, options, book };
    let reads = designer.reads();
    let (chosen, mut unserved) = designer.choose(reads);
    let mut indexes = designer.build(&chosen);
    designer.prune(&mut indexes);
    // What was merged is judged once more, all together.
    let sketches: Vec<Sketch> = indexes.iter().map(|d| d.sketch.clone()).collect();
    designer.book.imagine(&sketches);
    for index in &mut indexes {
        index.serves.retain(|served| {
            let fine = designer.is_better(served);
            if !fine && !unserved.contains(served) {
                unserved.push(*served);
            }
            fine
        });
    }
    indexes.retain(|index| !index.serves.is_empty());
    unserved.sort_unstable();
    Design { indexes, unserved, book: designer.book }
}

struct Designer<'a> {
    catalog: &'a Catalog,
    statements: &'a [(&'a BoundStatement, &'a [Access])],
    settings: &'a PlannerSettings,
    options: &'a Options<'a>,
    book: IndexBook,
}

/// A read with the needs that were chosen for it.
struct Chosen {
    read: Served,
    demand: Demand,
    needs: Vec<Need>,
}

impl Designer<'_> {
    /// What the reads ask that lack an index.
    fn reads(&mut self) -> Vec<(usize, Demand)> {
        let mut out = Vec::new();
        for (i, (statement, access)) in self.statements.iter().enumerate() {
            if access.iter().any(|one| lack(one, access).is_some()) {
                let demands = access::demands(self.catalog, &mut self.book, statement, self.settings);
                out.extend(demands.into_iter().filter(|d| !(self.options.small)(d.table)).map(|d| (i, d)));
            }
        }
        out
    }

    /// For each read the first proposal that serves it, or else the first that makes it better.
    fn choose(&mut self, reads: Vec<(usize, Demand)>) -> (Vec<Chosen>, Vec<Served>) {
        let (mut chosen, mut unserved) = (Vec::new(), Vec::new());
        for (statement, demand) in reads {
            let read = Served { statement, occ: demand.occ, lack: demand.lack };
            // Rows of a foreign table are elsewhere.
            if matches!(self.catalog.relation(demand.table).kind, RelationKind::Foreign) {
                unserved.push(read);
                continue;
            }
            self.book.know_columns(self.catalog, demand.table);
            let context = Context {
                catalog: self.catalog,
                terms: self.book.terms(),
                tenant: (self.options.tenant)(demand.table),
                sorts_by_bytes: matches!(self.settings.collation.as_str(), "C" | "POSIX"),
            };
            let mut fallback = None;
            let mut best = None;
            for proposal in needs::proposals(&context, &demand) {
                let sketches: Vec<Sketch> = proposal.iter().map(|need| alone(demand.table, need)).collect();
                self.book.imagine(&sketches);
                match self.lack_of(&read) {
                    None => {
                        best = Some(proposal);
                        break;
                    }
                    Some(now) if now > read.lack => {
                        fallback.get_or_insert(proposal);
                    }
                    Some(_) => {}
                }
            }
            match best.map(|needs| self.without_served(&read, demand.table, needs)).or(fallback) {
                Some(needs) => chosen.push(Chosen { read, demand, needs }),
                None => unserved.push(read),
            }
            self.book.imagine(&[]);
        }
        (chosen, unserved)
    }

    /// The needs without those that an existing index meets, such as that of one arm of an OR.
    fn without_served(&mut self, read: &Served, table: RelId, needs: Vec<Need>) -> Vec<Need> {
        let mut kept = needs;
        let mut i = 0;
        while kept.len() > 1 && i < kept.len() {
            let rest = kept.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, need)| alone(table, need));
            self.book.imagine(&rest.collect::<Vec<_>>());
            if self.lack_of(read).is_none() {
                kept.remove(i);
            } else {
                i += 1;
            }
        }
        kept
    }

    /// What a read lacks with the indexes that are imagined.
    fn lack_of(&self, read: &Served) -> Option<Lack> {
        let (statement, _) = self.statements.get(read.statement)?;
        let all = access::analyse(self.catalog, &self.book, statement, self.settings);
        let one = all.iter().find(|a| a.occ == read.occ)?;
        lack(one, &all)
    }

    /// Takes out indexes whose reads the others serve: of a join, one side is enough.
    fn prune(&mut self, indexes: &mut Vec<Designed>) {
        let of_joins = |index: &Designed| index.serves.iter().any(|s| matches!(s.lack, Lack::Join(_)));
        let mut i = 0;
        while let Some(index) = indexes.get(i) {
            if of_joins(index) {
                let rest = indexes.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, d)| d.sketch.clone());
                self.book.imagine(&rest.collect::<Vec<_>>());
                if index.serves.iter().all(|served| self.lack_of(served).is_none()) {
                    indexes.remove(i);
                    continue;
                }
            }
            i += 1;
        }
    }

    fn is_better(&self, read: &Served) -> bool {
        self.lack_of(read).is_none_or(|now| now > read.lack)
    }

    /// The fewest indexes that meet the needs.
    fn build(&self, chosen: &[Chosen]) -> Vec<Designed> {
        let mut trees: BTreeMap<RelId, Vec<(usize, Tree)>> = BTreeMap::new();
        let mut others: BTreeMap<RelId, Vec<(usize, Other)>> = BTreeMap::new();
        for (i, one) in chosen.iter().enumerate() {
            for need in &one.needs {
                match need {
                    Need::Tree(tree) => trees.entry(one.demand.table).or_default().push((i, tree.clone())),
                    Need::Other(other) => {
                        others.entry(one.demand.table).or_default().push((i, other.clone()))
                    }
                }
            }
        }
        let tables: BTreeSet<RelId> = trees.keys().chain(others.keys()).copied().collect();
        let mut out = Vec::new();
        for table in tables {
            if let Some(of_table) = trees.get(&table) {
                out.extend(self.trees(table, of_table, chosen));
            }
            if let Some(of_table) = others.get(&table) {
                out.extend(self.others(table, of_table, chosen));
            }
        }
        out
    }

    fn trees(&self, table: RelId, needs: &[(usize, Tree)], chosen: &[Chosen]) -> Vec<Designed> {
        let extendable = self.extendable(table);
        let existing: Vec<Existing> = extendable.iter().map(|(_, keys, _)| keys.clone()).collect();
        let trees: Vec<Tree> = needs.iter().map(|(_, tree)| tree.clone()).collect();
        let mut out = Vec::new();
        for built in tree::build(&trees, &existing) {
            let readers: Vec<&Chosen> =
                built.needs.iter().filter_map(|n| chosen.get(needs.get(*n)?.0)).collect();
            let keys: Vec<SketchKey> = built.keys.iter().map(sketch_key).collect();
            let columns: Vec<ColumnIx> = keys
                .iter()
                .filter_map(|k| match self.book.terms().node(k.term) {
                    Node::Column(_, column) => Some(*column),
                    _ => None,
                })
                .collect();
            let include = match self.options.include {
                true => {
                    let fetched: Vec<_> = readers.iter().map(|c| c.demand.fetched.clone()).collect();
                    let included = tree::included(&fetched, &columns, MAX_INCLUDED);
                    let narrow = |c: &ColumnIx| {
                        let columns = &self.catalog.relation(table).columns;
                        columns
                            .get(*c as usize)
                            .is_some_and(|c| expression::sorts(&self.catalog.base_type(&c.ty)))
                    };
                    if included.iter().all(narrow) { included } else { Vec::new() }
                }
                false => Vec::new(),
            };
            let predicate: Vec<Term> = built.predicate.iter().copied().collect();
            let redundant = extendable
                .iter()
                .filter(|(id, old, of)| {
                    let held = |c: &ColumnIx| include.contains(c) || columns.contains(c);
                    *of == built.predicate
                        && tree::is_beginning(old, &built.keys)
                        && self.catalog.index_def(*id).include.iter().all(held)
                })
                .map(|(id, ..)| *id)
                .collect();
            let sketch = Sketch { table, method: IndexMethod::Btree, keys, include, predicate };
            out.push(Designed { sketch, serves: served(&readers), redundant });
        }
        out
    }

    /// Plain btrees that nothing but reads depends on, longest first: the index, its keys, its predicate.
    fn extendable(&self, table: RelId) -> Vec<(IndexId, Existing, BTreeSet<Term>)> {
        let mut out = Vec::new();
        for real in self.book.real_indexes(table) {
            let index = self.catalog.index_def(real.id);
            let plain = index.origin == IndexOrigin::Index
                && !index.unique
                && index.method == IndexMethod::Btree
                && index.parent.is_none()
                && index.keys.iter().all(|k| k.opclass.is_none() && k.collation.is_none());
            if plain {
                let placed = |&(term, descending, nulls_first): &(Term, bool, bool)| Placed {
                    key: (term, None),
                    descending,
                    nulls_first,
                };
                let keys: Existing = real.keys.iter().map(placed).collect();
                out.push((real.id, keys, real.predicate.into_iter().collect()));
            }
        }
        out.sort_by_key(|(id, keys, _): &(IndexId, Existing, _)| (std::cmp::Reverse(keys.len()), *id));
        out
    }

    /// Indexes of other kinds: equal needs share one, and a document's default class serves what its smaller one does.
    fn others(&self, table: RelId, needs: &[(usize, Other)], chosen: &[Chosen]) -> Vec<Designed> {
        let smaller = Some("jsonb_path_ops");
        let wide = |key: Term| needs.iter().any(|(_, o)| o.key == (key, None));
        let takes_contains = |key: Term| {
            let needs = needs.iter().filter(|(_, o)| o.key == (key, smaller));
            needs.count() > 0 && wide(key)
        };
        let mut groups: BTreeMap<Other, Vec<usize>> = BTreeMap::new();
        for (i, other) in needs {
            let mut other = other.clone();
            if takes_contains(other.key.0) {
                other.key.1 = None;
            }
            groups.entry(other).or_default().push(*i);
        }
        groups
            .into_iter()
            .map(|(other, readers)| {
                let readers: Vec<&Chosen> = readers.iter().filter_map(|i| chosen.get(*i)).collect();
                let sketch = alone(table, &Need::Other(other));
                Designed { sketch, serves: served(&readers), redundant: Vec::new() }
            })
            .collect()
    }
}

fn served(readers: &[&Chosen]) -> Vec<Served> {
    let all: BTreeSet<Served> = readers.iter().map(|c| c.read).collect();
    all.into_iter().collect()
}

fn sketch_key(placed: &Placed) -> SketchKey {
    let Placed { key: (term, opclass), descending, nulls_first } = *placed;
    SketchKey { term, opclass, descending, nulls_first }
}

/// An index for one need.
fn alone(table: RelId, need: &Need) -> Sketch {
    match need {
        Need::Tree(tree) => {
            let built = tree::build(std::slice::from_ref(tree), &[]);
            let keys = built.first().map(|b| b.keys.iter().map(sketch_key).collect()).unwrap_or_default();
            let predicate = tree.predicate.iter().copied().collect();
            Sketch { table, method: IndexMethod::Btree, keys, include: Vec::new(), predicate }
        }
        Need::Other(other) => {
            let (term, opclass) = other.key;
            let key = SketchKey { term, opclass, descending: false, nulls_first: false };
            Sketch {
                table,
                method: other.method(),
                keys: vec![key],
                include: Vec::new(),
                predicate: Vec::new(),
            }
        }
    }
}
