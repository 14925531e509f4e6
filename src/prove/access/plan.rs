//! A statement as the levels that PostgreSQL plans one by one (prepjointree.c, subselect.c, allpaths.c): conditions move
//! into subqueries that stay levels of their own where that is safe. INDEXING.md sections 0 and 8.
//!
//! `select` reads a query's clauses, `from` makes its join tree, and each level's tables are read here.

mod block;
mod from;
mod select;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

pub(super) use block::Block;
use block::Inherited;

use super::book::IndexBook;
use super::demand::Raw;
use super::joins::{Level, Qual, Tree};
use super::order::{Order, SortKey};
use super::reading::Reading;
use crate::prove::settings::PlannerSettings;
use crate::prove::terms::lower::{Scope, lower};
use crate::prove::terms::{Rel, Term, Terms};
use crate::prove::verdict::Access;
use crate::query::model::{BoundStatement, Expr, ExprKind, OccId, Query};
use crate::query::walk;
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, RelId};
use crate::schema::types::Type;

/// Deeper nested queries are not analysed.
const MAX_QUERY_DEPTH: u32 = 60;

/// A statement that reads more relations, WITH queries and views expanded, is not analysed further.
const MAX_RELATIONS: usize = 1500;

/// The walk over a statement.
pub(super) struct Planner<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) book: &'a IndexBook,
    pub(super) settings: &'a PlannerSettings,
    pub(super) statement: &'a BoundStatement,
    pub(super) terms: Terms,
    /// What occurrences stand for at present; a WITH query that is merged twice stands for its last use.
    scope: HashMap<OccId, Binding>,
    rels: Vec<Relation>,
    /// Columns that something other than a condition uses, by relation.
    pub(super) used: HashMap<Rel, HashSet<ColumnIx>>,
    in_condition: bool,
    pub(super) found: BTreeMap<OccId, Access>,
    /// What each read asks of indexes, where that is wanted.
    pub(super) asked: Option<HashMap<OccId, Raw>>,
    depth: u32,
}

#[derive(Clone)]
enum Binding {
    Rel(Rel),
    /// A merged subquery: its columns.
    Columns(Rc<[Term]>),
}

#[derive(Clone, Copy, Debug)]
struct Relation {
    occ: Option<OccId>,
    table: Option<RelId>,
    /// Written or locked: conditions that an index's predicate implies are kept, and no scan is index-only.
    locked: bool,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        book: &'a IndexBook,
        settings: &'a PlannerSettings,
        statement: &'a BoundStatement,
    ) -> Self {
        Planner {
            catalog,
            book,
            settings,
            statement,
            terms: Terms::new(book.types()),
            scope: HashMap::new(),
            rels: Vec::new(),
            used: HashMap::new(),
            in_condition: false,
            found: BTreeMap::new(),
            asked: None,
            depth: 0,
        }
    }

    /// Plans a query that nothing is handed down to.
    pub(super) fn query(&mut self, query: &Query) {
        self.block(&Block::new(query), Inherited::default());
    }

    /// Analyses a level: its tables, then the subqueries in it.
    pub(super) fn level(&mut self, tree: Tree<'_>, order: Option<Order>, extremes: &[SortKey]) {
        let mut level = Level::new(&self.terms, tree);
        let empty = level.is_empty(&self.terms);
        let classes = level.classes(&mut self.terms);
        for rel in level.rels.clone() {
            let Some(relation) = self.rels.get(rel.0 as usize).copied() else { continue };
            let (Some(occ), Some(table)) = (relation.occ, relation.table) else { continue };
            if empty {
                self.record(Reading::nothing(occ));
                continue;
            }
            let clauses = level.clauses(&mut self.terms, &classes, rel);
            let restricted = level.restricted(&self.terms, rel);
            let access = Reading {
                rel,
                occ,
                table,
                clauses: &clauses,
                restricted,
                locked: relation.locked,
                classes: &classes,
                level: &level,
                order: order.as_ref(),
                extremes,
            }
            .access(self);
            self.record(access);
        }
        for (rel, block) in std::mem::take(&mut level.queries) {
            let quals = self.handed_down(&level, &classes, rel);
            let local: Vec<Qual> = quals.iter().filter(|(local, _)| *local).map(|(_, q)| *q).collect();
            let joins: Vec<Qual> = quals.iter().filter(|(local, _)| !local).map(|(_, q)| *q).collect();
            let order = order.as_ref().filter(|order| {
                block.is_union_all() && order.keys.iter().all(|k| self.terms.rels(k.term) == [rel])
            });
            self.block(&block, Inherited { rel: Some(rel), quals: &local, joins: &joins, order });
        }
    }

    fn handed_down(
        &mut self,
        level: &Level<'_>,
        classes: &super::equivalence::Classes,
        rel: Rel,
    ) -> Vec<(bool, Qual)> {
        level
            .clauses(&mut self.terms, classes, rel)
            .into_iter()
            .filter(|c| {
                let flags = self.terms.flags(c.term);
                !flags.volatile && !flags.subquery
            })
            .map(|c| (c.local, Qual { term: c.term, span: c.span }))
            .collect()
    }

    fn record(&mut self, access: Access) {
        match self.found.get_mut(&access.occ) {
            // A WITH query that is merged twice is as good as its worse use.
            Some(known) if super::rank(known.class) <= super::rank(access.class) => {}
            Some(known) => *known = access,
            None => {
                self.found.insert(access.occ, access);
            }
        }
    }

    /// A new relation that an occurrence stands for.
    pub(super) fn bind(&mut self, occ: OccId, table: Option<RelId>, locked: bool) -> Rel {
        let rel = self.new_rel(Some(occ), table, locked);
        self.scope.insert(occ, Binding::Rel(rel));
        rel
    }

    fn new_rel(&mut self, occ: Option<OccId>, table: Option<RelId>, locked: bool) -> Rel {
        let rel = Rel(self.rels.len() as u32);
        self.rels.push(Relation { occ, table, locked });
        rel
    }

    /// The conjuncts of a condition.
    pub(super) fn quals(&mut self, expr: &Expr) -> Vec<Qual> {
        let term = self.condition(expr);
        self.terms.conjuncts(term).into_iter().map(|term| Qual { term, span: expr.span }).collect()
    }

    /// The term of an expression in a condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Term {
        let before = std::mem::replace(&mut self.in_condition, true);
        let term = lower(self, expr);
        self.in_condition = before;
        term
    }

    /// The term of an expression elsewhere: the columns that it uses have to be fetched.
    pub(super) fn mention(&mut self, expr: &Expr) -> Term {
        let before = std::mem::replace(&mut self.in_condition, false);
        let term = lower(self, expr);
        self.in_condition = before;
        term
    }

    fn note_use(&mut self, term: Term) {
        if self.in_condition {
            return;
        }
        for rel in self.terms.rels(term).to_vec() {
            let mut columns = Vec::new();
            self.terms.columns_of(term, rel, &mut columns);
            let used = self.used.entry(rel).or_default();
            if columns.is_empty() {
                // A whole row: no index has every column.
                used.insert(ColumnIx::MAX);
            }
            used.extend(columns);
        }
    }

    /// The occurrence that a relation stands for.
    pub(super) fn occurrence_of(&self, rel: Rel) -> Option<OccId> {
        self.rels.get(rel.0 as usize)?.occ
    }

    /// The collation that a column of a table declares.
    fn collation(&self, table: RelId, column: ColumnIx) -> Option<&'a str> {
        self.catalog.relation(table).columns.get(column as usize)?.collation.as_deref()
    }
}

impl Scope for Planner<'_> {
    fn terms(&mut self) -> &mut Terms {
        &mut self.terms
    }

    fn column(&mut self, occ: OccId, column: ColumnIx, ty: &Type) -> Term {
        let term = match self.scope.get(&occ).cloned() {
            Some(Binding::Columns(columns)) => columns.get(column as usize).copied(),
            Some(Binding::Rel(rel)) => {
                let table = self.rels.get(rel.0 as usize).and_then(|r| r.table);
                let collation = table.and_then(|t| self.collation(t, column));
                Some(self.terms.column(rel, column, ty, collation))
            }
            None => None,
        };
        let term = term.unwrap_or_else(|| self.terms.opaque(Vec::new(), ty, Default::default()));
        self.note_use(term);
        term
    }

    fn row(&mut self, occ: OccId) -> Term {
        let term = match self.scope.get(&occ).cloned() {
            Some(Binding::Columns(columns)) => {
                self.terms.opaque(columns.to_vec(), &Type::UNKNOWN, Default::default())
            }
            Some(Binding::Rel(rel)) => self.terms.whole_row(rel),
            None => self.terms.opaque(Vec::new(), &Type::UNKNOWN, Default::default()),
        };
        self.note_use(term);
        term
    }

    fn subquery(&mut self, query: &Query) -> Vec<Term> {
        let before = std::mem::replace(&mut self.in_condition, false);
        self.query(query);
        self.in_condition = true;
        let mut outer = walk::free_occurrences(self.statement, query);
        outer.retain(|occ| self.scope.contains_key(occ));
        let rows = outer.iter().map(|occ| self.row(*occ)).collect();
        self.in_condition = false;
        // The subquery runs once for each outer row and takes these columns from it.
        let mut taken = Vec::new();
        walk::walk_query(self.statement, query, |e| {
            if let ExprKind::Column { occ, column } = &e.kind
                && outer.contains(occ)
            {
                taken.push((*occ, *column, &e.ty));
            }
        });
        for (occ, column, ty) in taken {
            self.column(occ, column, ty);
        }
        self.in_condition = before;
        rows
    }
}
