//! [`IndexBook`]: every usable index of a catalog with its keys and predicate as terms, bound once for all statements.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::barrier;
use super::matching::Key;
use super::opclass::key_class;
use crate::prove::terms::lower::{Scope, lower};
use crate::prove::terms::{Coll, Node, Rel, Term, Terms, TypeNames, named};
use crate::query::model::{OccId, Query};
use crate::query::{self, TableExpr, walk};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, Index, IndexId, IndexMethod, KeyTerm, RelId, Relation, RelationKind};
use crate::schema::types::Type;
use crate::source::Span;

/// The indexes of a catalog, ready to be matched; others can be imagined beside them.
#[derive(Clone, Debug)]
pub struct IndexBook {
    types: Arc<TypeNames>,
    terms: Terms,
    indexes: HashMap<RelId, Vec<Entry>>,
    /// How many indexes the catalog has: ids from here on are of imagined ones.
    real: u32,
    /// Tables with imagined indexes.
    imagined: HashSet<RelId>,
    /// Those that PostgreSQL rejects, as far as their keys are known.
    rejected: HashMap<RelId, Vec<Entry>>,
    /// Tables whose rows policies are asked of first.
    barriers: HashSet<RelId>,
}

/// An index that does not exist. Terms are of the book that it is imagined in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// Its table.
    pub table: RelId,
    /// Access method.
    pub method: IndexMethod,
    /// Keys in order.
    pub keys: Vec<SketchKey>,
    /// INCLUDE columns.
    pub include: Vec<ColumnIx>,
    /// Members of the predicate's AND.
    pub predicate: Vec<Term>,
}

/// One key of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchKey {
    /// A column or an expression.
    pub term: Term,
    /// Operator class, where not the default.
    pub opclass: Option<&'static str>,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    id: IndexId,
    method: IndexMethod,
    keys: Vec<Key>,
    include: Vec<ColumnIx>,
    predicate: Vec<(Term, Span)>,
    unique: bool,
    deferrable: bool,
    only: bool,
    inherited: bool,
}

/// An index as it serves one relation of a plan.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) id: IndexId,
    pub(super) method: IndexMethod,
    pub(super) keys: Vec<Key>,
    pub(super) include: Vec<ColumnIx>,
    /// Members of the predicate's AND, with their places in its text.
    pub(super) predicate: Vec<(Term, Span)>,
    /// The negation of each of them.
    pub(super) denied: Vec<Term>,
    pub(super) unique: bool,
    pub(super) deferrable: bool,
}

/// An index of the catalog as [`IndexBook::real_indexes`] shows it.
#[derive(Clone, Debug)]
pub struct RealIndex<'b> {
    /// The index.
    pub id: IndexId,
    /// Each key, whether it is DESC, whether NULLS FIRST.
    pub keys: Vec<(Term, bool, bool)>,
    /// Members of its predicate's AND.
    pub predicate: Vec<Term>,
    /// INCLUDE columns.
    pub include: &'b [ColumnIx],
}

/// A key of an index as text: a column's name, or an expression as PostgreSQL spells it.
pub fn key_text(catalog: &Catalog, index: IndexId, position: usize) -> Option<String> {
    let index = catalog.index_def(index);
    match &index.keys.get(position)?.term {
        KeyTerm::Column(column) => {
            catalog.relation(index.relation).columns.get(*column as usize).map(|c| c.name.clone())
        }
        KeyTerm::Expr(handle) => {
            let bound = query::bind_table_expr(catalog, index.relation, handle);
            Some(query::deparse(catalog, index.relation, &bound.expr))
        }
    }
}

impl IndexBook {
    /// Reads the indexes of a catalog.
    pub fn new(catalog: &Catalog) -> Self {
        let types = Arc::new(TypeNames::of(catalog));
        let mut book = IndexBook {
            types: types.clone(),
            terms: Terms::new(types),
            indexes: HashMap::new(),
            rejected: HashMap::new(),
            real: catalog.indexes.len() as u32,
            imagined: HashSet::new(),
            barriers: HashSet::new(),
        };
        book.barriers = barrier::tables(catalog, |policy| {
            let Some(using) = &policy.using else { return false };
            let bound = query::bind_table_expr(catalog, policy.relation, using);
            let term = lower(&mut OfTable::new(&mut book, catalog, policy.relation), &bound.expr);
            book.terms.is_bool(term, true)
        });
        for (id, _) in catalog.live_relations() {
            let rejected: Vec<Entry> =
                catalog.rejected_indexes(id).map(|(ix, index)| book.entry(catalog, id, ix, index)).collect();
            if !rejected.is_empty() {
                book.rejected.insert(id, rejected);
            }
            let entries: Vec<Entry> =
                catalog.usable_indexes(id).map(|(ix, index)| book.entry(catalog, id, ix, index)).collect();
            if !entries.is_empty() {
                book.indexes.insert(id, entries);
            }
        }
        book
    }

    /// The terms of its indexes, of sketches and of demands, each over its table.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// A term of another arena over one relation, as one over a table.
    pub(super) fn adopt(&mut self, from: &Terms, term: Term, table: RelId) -> Term {
        self.terms.import(from, term, Rel(table.0), &|c| c)
    }

    /// Makes the columns of a table terms of the book.
    pub fn know_columns(&mut self, catalog: &Catalog, table: RelId) {
        for column in 0..catalog.relation(table).columns.len() as ColumnIx {
            OfTable::new(self, catalog, table).column_of(column);
        }
    }

    /// Imagines these indexes, and no others, beside the real ones. Their ids follow those of the catalog.
    pub fn imagine(&mut self, sketches: &[Sketch]) {
        let real = self.real;
        for table in std::mem::take(&mut self.imagined) {
            if let Some(list) = self.indexes.get_mut(&table) {
                list.retain(|entry| entry.id.0 < real);
            }
        }
        for (n, sketch) in (0u32..).zip(sketches) {
            let entry = self.entry_of(IndexId(real + n), sketch);
            self.imagined.insert(sketch.table);
            self.indexes.entry(sketch.table).or_default().push(entry);
        }
    }

    fn entry_of(&self, id: IndexId, sketch: &Sketch) -> Entry {
        let key = |key: &SketchKey| {
            let coll = self.terms.derivation(key.term).collation();
            Key {
                term: key.term,
                column: match self.terms.node(key.term) {
                    Node::Column(_, column) => Some(*column),
                    _ => None,
                },
                class: key_class(&sketch.method, key.opclass, self.terms.ty(key.term)),
                coll: if coll == Coll::Conflict { Coll::Default } else { coll },
                descending: key.descending,
                nulls_first: key.nulls_first,
            }
        };
        Entry {
            id,
            method: sketch.method.clone(),
            keys: sketch.keys.iter().map(key).collect(),
            include: sketch.include.clone(),
            predicate: sketch.predicate.iter().map(|t| (*t, Span::default())).collect(),
            unique: false,
            deferrable: false,
            only: false,
            inherited: false,
        }
    }

    /// The real indexes of a table with their keys and predicate members as terms.
    pub fn real_indexes(&self, table: RelId) -> impl Iterator<Item = RealIndex<'_>> {
        self.indexes.get(&table).into_iter().flatten().filter(|entry| entry.id.0 < self.real).map(|entry| {
            RealIndex {
                id: entry.id,
                keys: entry.keys.iter().map(|k| (k.term, k.descending, k.nulls_first)).collect(),
                predicate: entry.predicate.iter().map(|(t, _)| *t).collect(),
                include: &entry.include,
            }
        })
    }

    /// Whether policies decide on the rows of a table, for some role that reads it.
    pub(super) fn has_barrier(&self, table: RelId) -> bool {
        self.barriers.contains(&table)
    }

    pub(super) fn types(&self) -> Arc<TypeNames> {
        self.types.clone()
    }

    /// Whether a partition has indexes that do not come from the partitioned table above it.
    pub(super) fn has_own(&self, table: RelId) -> bool {
        self.indexes.get(&table).is_some_and(|list| list.iter().any(|entry| !entry.inherited))
    }

    /// The indexes that serve reads of a table, over `rel` in another arena. `as_table`: the table whose column
    /// positions `rel` has.
    pub(super) fn prepared(
        &self,
        catalog: &Catalog,
        terms: &mut Terms,
        table: RelId,
        as_table: RelId,
        rel: Rel,
    ) -> Vec<Prepared> {
        let relation = catalog.relation(table);
        let columns = renumbered(relation, catalog.relation(as_table));
        let partitioned =
            matches!(relation.kind, RelationKind::Partitioned) || !relation.partitions.is_empty();
        let entries = self.indexes.get(&table).map(Vec::as_slice).unwrap_or_default();
        // ON ONLY a partitioned table: no partition has it.
        entries
            .iter()
            .filter(|entry| !(entry.only && partitioned))
            .map(|entry| self.over(entry, terms, &columns, rel))
            .collect()
    }

    /// The indexes of a table that PostgreSQL rejects, over `rel` in another arena.
    pub(super) fn rejected(
        &self,
        catalog: &Catalog,
        terms: &mut Terms,
        table: RelId,
        rel: Rel,
    ) -> Vec<Prepared> {
        let own = catalog.relation(table);
        let columns = renumbered(own, own);
        let entries = self.rejected.get(&table).map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| self.over(entry, terms, &columns, rel)).collect()
    }

    fn over(&self, entry: &Entry, terms: &mut Terms, columns: &Renumbering, rel: Rel) -> Prepared {
        let column = |c: ColumnIx| columns.get(c);
        let keys = entry
            .keys
            .iter()
            .map(|key| Key {
                term: terms.import(&self.terms, key.term, rel, &column),
                column: key.column.map(column),
                ..key.clone()
            })
            .collect();
        let predicate: Vec<(Term, Span)> = entry
            .predicate
            .iter()
            .map(|(t, span)| (terms.import(&self.terms, *t, rel, &column), *span))
            .collect();
        Prepared {
            id: entry.id,
            method: entry.method.clone(),
            keys,
            include: entry.include.iter().map(|c| column(*c)).collect(),
            denied: predicate.iter().map(|(t, _)| terms.not(*t)).collect(),
            predicate,
            unique: entry.unique,
            deferrable: entry.deferrable,
        }
    }

    fn entry(&mut self, catalog: &Catalog, table: RelId, id: IndexId, index: &Index) -> Entry {
        let keys = index
            .keys
            .iter()
            .map(|key| {
                let (term, column) = match &key.term {
                    KeyTerm::Column(column) => {
                        (OfTable::new(self, catalog, table).column_of(*column), Some(*column))
                    }
                    KeyTerm::Expr(handle) => {
                        let bound = query::bind_table_expr(catalog, table, handle);
                        (lower(&mut OfTable::new(self, catalog, table), &bound.expr), None)
                    }
                };
                let bare = self.terms.without_collate(term);
                let coll = match &key.collation {
                    Some(name) => named(name),
                    None => self.terms.derivation(term).collation(),
                };
                let class = key_class(&index.method, key.opclass.as_deref(), self.terms.ty(bare));
                Key {
                    term: bare,
                    column,
                    coll: if coll == Coll::Conflict { Coll::Default } else { coll },
                    class,
                    descending: key.descending,
                    nulls_first: key.nulls_first,
                }
            })
            .collect();
        let predicate = match &index.predicate {
            Some(handle) => {
                let bound = query::bind_table_expr(catalog, table, handle);
                self.members(catalog, table, &bound)
            }
            None => Vec::new(),
        };
        Entry {
            id,
            method: index.method.clone(),
            keys,
            include: index.include.clone(),
            predicate,
            unique: index.unique,
            deferrable: index.deferrable,
            only: index.only,
            inherited: index.parent.is_some(),
        }
    }

    /// The members of a predicate's AND.
    fn members(&mut self, catalog: &Catalog, table: RelId, bound: &TableExpr) -> Vec<(Term, Span)> {
        let mut out = Vec::new();
        for e in walk::conjuncts(&bound.expr) {
            let term = lower(&mut OfTable::new(self, catalog, table), e);
            out.extend(self.terms.conjuncts(term).into_iter().map(|t| (t, e.span)));
        }
        out
    }
}

/// Where the columns of one table are in another, by name.
struct Renumbering(Option<Vec<ColumnIx>>);

impl Renumbering {
    fn get(&self, column: ColumnIx) -> ColumnIx {
        match &self.0 {
            None => column,
            Some(list) => list.get(column as usize).copied().unwrap_or(ColumnIx::MAX),
        }
    }
}

fn renumbered(from: &Relation, to: &Relation) -> Renumbering {
    if from.name == to.name {
        return Renumbering(None);
    }
    let list = from.columns.iter().map(|c| to.column_named(&c.name).unwrap_or(ColumnIx::MAX)).collect();
    Renumbering(Some(list))
}

/// Expressions over one table.
struct OfTable<'b> {
    book: &'b mut IndexBook,
    catalog: &'b Catalog,
    table: RelId,
}

impl<'b> OfTable<'b> {
    fn new(book: &'b mut IndexBook, catalog: &'b Catalog, table: RelId) -> Self {
        OfTable { book, catalog, table }
    }

    /// The relation that its terms are over.
    fn own(&self) -> Rel {
        Rel(self.table.0)
    }

    fn column_of(&mut self, column: ColumnIx) -> Term {
        let own = self.own();
        match self.catalog.relation(self.table).columns.get(column as usize) {
            Some(c) => self.book.terms.column(own, column, &c.ty, c.collation.as_deref()),
            None => self.book.terms.column(own, column, &Type::UNKNOWN, None),
        }
    }
}

impl Scope for OfTable<'_> {
    fn terms(&mut self) -> &mut Terms {
        &mut self.book.terms
    }

    fn column(&mut self, _occ: OccId, column: ColumnIx, _ty: &Type) -> Term {
        self.column_of(column)
    }

    fn row(&mut self, _occ: OccId) -> Term {
        let own = self.own();
        self.book.terms.whole_row(own)
    }

    fn subquery(&mut self, _query: &Query) -> Vec<Term> {
        Vec::new()
    }
}
