//! [`IndexBook`]: every usable index of a catalog with its keys and predicate as terms, bound once for all statements.

use std::collections::HashMap;
use std::sync::Arc;

use super::matching::Key;
use super::opclass::key_class;
use crate::prove::terms::lower::{Scope, lower};
use crate::prove::terms::{Coll, Rel, Term, Terms, TypeNames, named};
use crate::query::model::{OccId, Query};
use crate::query::{self, TableExpr, walk};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, Index, IndexId, IndexMethod, KeyTerm, RelId, Relation, RelationKind};
use crate::schema::types::Type;
use crate::source::Span;

/// The indexes of a catalog, ready to be matched.
#[derive(Debug)]
pub struct IndexBook {
    types: Arc<TypeNames>,
    terms: Terms,
    indexes: HashMap<RelId, Vec<Entry>>,
    /// Those that PostgreSQL rejects, as far as their keys are known.
    rejected: HashMap<RelId, Vec<Entry>>,
}

#[derive(Debug)]
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
        };
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
