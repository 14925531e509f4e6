//! Statements that are not queries: what they read of their targets, and the index by which ON CONFLICT finds a row
//! (plancat.c `infer_arbiter_indexes`). INDEXING.md sections 7 and 8.

use std::collections::HashSet;

use super::joins::{Kind, Tree};
use super::plan::Planner;
use super::reading::Reading;
use crate::prove::implies::{Proof, implies};
use crate::prove::terms::{Rel, Term};
use crate::prove::verdict::{Access, AccessClass, IndexUse};
use crate::query::model::{
    Assignment, Body, ConflictTarget, Delete, Expr, From, Insert, Merge, MergeAction, MergeWhen, OccId,
    OnConflict, Output, Source, Update,
};
use crate::schema::catalog::{IndexOrigin, RelId};

impl<'a> Planner<'a> {
    /// Plans a statement, or a WITH query that writes.
    pub(super) fn body(&mut self, body: &Body) {
        match body {
            Body::Query(query) | Body::Export { query, what: _ } => self.query(query),
            Body::Insert(insert) => self.insert(insert),
            Body::Update(update) => self.update(update),
            Body::Delete(delete) => self.delete(delete),
            Body::Merge(merge) => self.merge(merge),
            Body::Expressions(list) => self.mention_all(list),
            Body::Truncate(_) | Body::Copy { target: _, to: _ } | Body::Set { .. } | Body::Utility => {}
        }
    }

    fn update(&mut self, update: &Update) {
        self.declare(&update.with);
        let tree = self.target_with(update.target, &update.from, update.filter.as_ref());
        self.assignments(&update.set);
        self.outputs(&update.returning);
        self.level(tree, None, &[]);
    }

    fn delete(&mut self, delete: &Delete) {
        self.declare(&delete.with);
        let tree = self.target_with(delete.target, &delete.using, delete.filter.as_ref());
        self.outputs(&delete.returning);
        self.level(tree, None, &[]);
    }

    fn target_with<'q>(&mut self, target: OccId, from: &'q [From], filter: Option<&'q Expr>) -> Tree<'q>
    where
        'a: 'q,
    {
        let mut items = vec![Tree::Rel(self.target(target))];
        for item in from {
            items.push(self.from(item, false, false));
        }
        self.filtered(Tree::Group { items, quals: Vec::new() }, filter, false)
    }

    fn target(&mut self, target: OccId) -> Rel {
        let table = self.table_of(target);
        self.bind(target, table, true)
    }

    fn table_of(&self, occ: OccId) -> Option<RelId> {
        match &self.statement.occurrence(occ).source {
            Source::Table(table) => Some(*table),
            _ => None,
        }
    }

    /// MERGE joins its source to the target; with a NOT MATCHED arm, all of the source is kept.
    fn merge(&mut self, merge: &Merge) {
        self.declare(&merge.with);
        let source = self.from(&merge.source, false, false);
        let target = Tree::Rel(self.target(merge.target));
        let quals = self.quals(&merge.on);
        let has = |when: MergeWhen| merge.arms.iter().any(|arm| arm.when == when);
        let kind = match (has(MergeWhen::NotMatched), has(MergeWhen::NotMatchedBySource)) {
            (false, false) => Kind::Inner,
            (true, false) => Kind::Left,
            (_, true) => Kind::Full,
        };
        for arm in &merge.arms {
            self.mention_all(&arm.filter);
            match &arm.action {
                MergeAction::Insert { columns: _, values } => self.mention_all(values),
                MergeAction::Update(set) => self.assignments(set),
                MergeAction::Delete | MergeAction::Nothing => {}
            }
        }
        self.outputs(&merge.returning);
        let tree = Tree::Join { kind, left: Box::new(source), right: Box::new(target), quals };
        self.level(tree, None, &[]);
    }

    /// INSERT reads its source; its target only to find the row that ON CONFLICT speaks of.
    fn insert(&mut self, insert: &Insert) {
        self.declare(&insert.with);
        if let Some(source) = &insert.source {
            self.query(source);
        }
        let rel = self.target(insert.target);
        if let Some(conflict) = &insert.on_conflict {
            self.bind(conflict.excluded, None, false);
            if let Some(table) = self.table_of(insert.target) {
                let access = self.arbiter(conflict, insert.target, table, rel);
                self.found.insert(insert.target, access);
            }
            if let Some(update) = &conflict.update {
                self.assignments(&update.set);
                self.mention_all(&update.filter);
            }
        }
        self.outputs(&insert.returning);
    }

    fn arbiter(&mut self, conflict: &OnConflict, occ: OccId, table: RelId, rel: Rel) -> Access {
        let indexes = self.book.prepared(self.catalog, &mut self.terms, table, table, rel);
        let served = match &conflict.target {
            ConflictTarget::Any => return Reading::nothing(occ),
            ConflictTarget::Constraint(name) => indexes.iter().find(|index| {
                let known = self.catalog.indexes.get(index.id.0 as usize);
                known.is_some_and(|known| known.name == *name && known.origin != IndexOrigin::Index)
            }),
            ConflictTarget::Keys { keys, predicate } => {
                let listed: HashSet<Term> = keys
                    .iter()
                    .map(|e| {
                        let term = self.condition(e);
                        self.terms.without_collate(term)
                    })
                    .collect();
                let known: Vec<Term> = predicate.iter().flat_map(|e| self.quals(e)).map(|q| q.term).collect();
                indexes.iter().find(|index| {
                    index.unique
                        && !index.deferrable
                        && index.keys.iter().map(|k| k.term).collect::<HashSet<_>>() == listed
                        && index.predicate.iter().all(|(member, _)| {
                            implies(&self.terms, &self.settings.collation, &known, *member) == Proof::Holds
                        })
                })
            }
        };
        let mut access = Reading::nothing(occ);
        access.local = true;
        match served {
            None => access.class = AccessClass::None,
            Some(index) => {
                access.class = AccessClass::Seek;
                access.unique = true;
                access.predicate_columns = index.keys.iter().filter_map(|k| k.column).collect();
                access.indexes = vec![IndexUse {
                    index: index.id,
                    keys: (0..index.keys.len()).collect(),
                    bound: (0..index.keys.len()).collect(),
                    implied: Vec::new(),
                    delivers_order: false,
                    index_only: false,
                }];
            }
        }
        access
    }

    fn assignments(&mut self, set: &[Assignment]) {
        set.iter().for_each(|a| {
            self.mention(&a.value);
        });
    }

    fn outputs(&mut self, list: &[Output]) {
        list.iter().for_each(|o| {
            self.mention(&o.expr);
        });
    }

    fn mention_all<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>) {
        list.into_iter().for_each(|e| {
            self.mention(e);
        });
    }
}
