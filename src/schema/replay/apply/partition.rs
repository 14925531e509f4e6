//! Partitions: what a partition takes from its parent, ATTACH and DETACH, INHERIT.

use super::{Object, State};
use crate::schema::bounds::Bounds;
use crate::schema::catalog::{Index, IndexId, KeyTerm, RelId, RelationKind};
use crate::schema::change::{Certainty, Change, ConstraintKind, ObjectRef, Step, TableAction};

/// What the partitions of a table have together, before a change that their table hands down to them.
#[derive(Debug)]
pub(in crate::schema::replay) struct Share {
    table: RelId,
    count: usize,
}

impl State {
    /// Makes `child` a partition of `parent`: it gets the parent's keys, indexes, foreign keys and checks.
    pub(super) fn attach(&mut self, parent: RelId, child: RelId, bounds: Option<Bounds>) {
        self.with(parent, |r| r.partitions.push(child));
        self.with(child, |r| {
            r.kind = RelationKind::Partition(parent);
            r.bounds = bounds;
        });
        for index in self.rel(parent).indexes.clone() {
            let definition = self.catalog.index_def(index);
            if !definition.dropped && definition.invalid.is_none() && !definition.only {
                self.index_on_partition(index, child);
            }
        }
        let foreign_keys: Vec<_> = self
            .catalog
            .live_foreign_keys(parent)
            .map(|(id, fk)| (fk.clone(), self.referred.get(&id).copied()))
            .collect();
        for (foreign_key, key) in foreign_keys {
            self.clone_foreign_key(&foreign_key, child, key);
        }
        let checks = self.rel(parent).checks.clone();
        self.with(child, |r| {
            for check in checks {
                if !check.no_inherit && r.checks.iter().all(|c| c.name != check.name) {
                    r.checks.push(check);
                }
            }
        });
    }

    /// The partition's share of a parent's index: an equal one that it has, or a new one; and so on below.
    pub(super) fn index_on_partition(&mut self, index: IndexId, partition: RelId) {
        let parent = self.catalog.index_def(index).clone();
        let own = self.rel(partition).indexes.iter().copied().find(|&i| {
            let candidate = self.catalog.index_def(i);
            !candidate.dropped
                && candidate.invalid.is_none()
                && candidate.parent.is_none()
                && self.equal_indexes(&parent, candidate)
        });
        let own = match own {
            Some(own) => {
                if let Some(own) = self.catalog.indexes.get_mut(own.0 as usize) {
                    own.parent = Some(index);
                }
                Some(own)
            }
            None => self.clone_index(index, partition, Some(index), parent.declared),
        };
        if let Some(own) = own {
            for below in self.rel(partition).partitions.clone() {
                self.index_on_partition(own, below);
            }
        }
    }

    /// Whether an index of a partition can stand in for the parent's.
    fn equal_indexes(&self, parent: &Index, own: &Index) -> bool {
        let name = |index: &Index, ix| self.rel(index.relation).column(ix).name.clone();
        parent.method == own.method
            && parent.unique == own.unique
            && parent.nulls_not_distinct == own.nulls_not_distinct
            && (parent.origin == own.origin
                || !matches!(
                    parent.origin,
                    crate::schema::catalog::IndexOrigin::PrimaryKey
                        | crate::schema::catalog::IndexOrigin::UniqueConstraint
                ))
            && parent.keys.len() == own.keys.len()
            && parent.include.len() == own.include.len()
            && parent.predicate.as_ref().map(|p| p.expr.to_string())
                == own.predicate.as_ref().map(|p| p.expr.to_string())
            && parent.keys.iter().zip(&own.keys).all(|(a, b)| {
                let same_term = match (&a.term, &b.term) {
                    (KeyTerm::Column(a), KeyTerm::Column(b)) => name(parent, *a) == name(own, *b),
                    (KeyTerm::Expr(a), KeyTerm::Expr(b)) => a.expr.to_string() == b.expr.to_string(),
                    (KeyTerm::Column(_), KeyTerm::Expr(_)) | (KeyTerm::Expr(_), KeyTerm::Column(_)) => false,
                };
                same_term
                    && a.opclass == b.opclass
                    && a.collation == b.collation
                    && a.descending == b.descending
                    && a.nulls_first == b.nulls_first
                    && a.exclusion_operator == b.exclusion_operator
            })
            && parent.include.iter().zip(&own.include).all(|(&a, &b)| name(parent, a) == name(own, b))
    }

    /// What the partitions have before an index or constraint is added to their table; nothing for any other change, or
    /// where no partition is known.
    pub(in crate::schema::replay) fn share(&self, change: &Change) -> Option<Share> {
        let name = match &change.step {
            Step::CreateIndex(index) if !index.only => &index.table,
            Step::AlterTable { table, only: false, action, .. } => match action.as_ref() {
                TableAction::AddConstraint(constraint) => match constraint.kind {
                    ConstraintKind::NotNull(_) => return None,
                    ConstraintKind::Key { .. }
                    | ConstraintKind::KeyUsingIndex { .. }
                    | ConstraintKind::ForeignKey { .. }
                    | ConstraintKind::Check(_)
                    | ConstraintKind::Exclude { .. } => table,
                },
                _ => return None,
            },
            _ => return None,
        };
        let Some((_, Object::Relation(table))) = self.lookup(name) else { return None };
        let is_sure = change.certainty == Certainty::Certain && !self.rel(table).partitions.is_empty();
        is_sure.then(|| Share { table, count: self.count_of_partitions(table) })
    }

    /// Whether the partitions have no more than they had.
    pub(in crate::schema::replay) fn adds_nothing(&self, share: &Share) -> bool {
        self.count_of_partitions(share.table) == share.count
    }

    /// How many indexes, foreign keys and CHECKs the partitions of a table have.
    fn count_of_partitions(&self, table: RelId) -> usize {
        let count = |partition: RelId| {
            let keys = self.catalog.live_foreign_keys(partition).count();
            self.live_indexes(partition).count() + keys + self.rel(partition).checks.len()
        };
        self.descendants(table).into_iter().map(count).sum()
    }

    pub(super) fn attach_partition(&mut self, parent: RelId, partition: &ObjectRef, bounds: Option<Bounds>) {
        let Some(child) = self.relation(partition, false) else { return };
        if child == parent
            || !matches!(
                self.rel(child).kind,
                RelationKind::Table | RelationKind::Partitioned | RelationKind::Foreign
            )
        {
            let message =
                format!("`{}` cannot be attached: it is a partition already, or not a table", partition.name);
            self.unappliable(message, partition.at);
            return;
        }
        let missing: Vec<String> = self
            .rel(parent)
            .columns
            .iter()
            .filter(|c| !c.dropped && self.rel(child).column_named(&c.name).is_none())
            .map(|c| format!("`{}`", c.name))
            .collect();
        if !missing.is_empty() && !self.rel(child).incomplete {
            let message = format!(
                "`{}` cannot be attached: it lacks {} of `{}`",
                partition.name,
                missing.join(", "),
                self.rel(parent).name
            );
            self.unappliable(message, partition.at);
            return;
        }
        self.attach(parent, child, bounds);
    }

    /// ALTER INDEX ... ATTACH PARTITION: the partition's index becomes the parent's share.
    pub(super) fn attach_index(&mut self, parent: &ObjectRef, partition: &ObjectRef) {
        let (Some((_, Object::Index(parent_id))), Some((_, Object::Index(own)))) =
            (self.lookup(parent), self.lookup(partition))
        else {
            let missing =
                if matches!(self.lookup(parent), Some((_, Object::Index(_)))) { partition } else { parent };
            self.unappliable(format!("index `{}` does not exist when this runs", missing.name), missing.at);
            return;
        };
        if let Some(own) = self.catalog.indexes.get_mut(own.0 as usize) {
            own.parent = Some(parent_id);
        }
        // Once every partition has its share, the parent's index is as if created on all.
        let table = self.catalog.index_def(parent_id).relation;
        let complete = self
            .rel(table)
            .partitions
            .iter()
            .all(|&p| self.live_indexes(p).any(|i| self.catalog.index_def(i).parent == Some(parent_id)));
        if let (true, Some(index)) = (complete, self.catalog.indexes.get_mut(parent_id.0 as usize)) {
            index.only = false;
        }
    }

    pub(super) fn detach_partition(&mut self, parent: RelId, partition: &ObjectRef) {
        let Some(child) = self.relation(partition, false) else { return };
        if !self.rel(parent).partitions.contains(&child) {
            let message = format!("`{}` is not a partition of `{}`", partition.name, self.rel(parent).name);
            self.unappliable(message, partition.at);
            return;
        }
        self.with(parent, |r| r.partitions.retain(|p| *p != child));
        self.with(child, |r| {
            r.kind = if r.partitioned { RelationKind::Partitioned } else { RelationKind::Table };
            r.bounds = None;
        });
        // Keys and indexes stay, as its own.
        for index in self.rel(child).indexes.clone() {
            if let Some(index) = self.catalog.indexes.get_mut(index.0 as usize) {
                index.parent = None;
            }
        }
    }

    pub(super) fn inherit(&mut self, child: RelId, parent: &ObjectRef, inherit: bool) {
        let Some(parent_id) = self.relation(parent, false) else { return };
        if inherit {
            if self.rel(child).inherits.contains(&parent_id) {
                let message = format!("`{}` inherits from `{}` already", self.rel(child).name, parent.name);
                self.unappliable(message, parent.at);
                return;
            }
            self.with(child, |r| r.inherits.push(parent_id));
            self.with(parent_id, |r| r.inherited_by.push(child));
        } else {
            self.with(child, |r| r.inherits.retain(|p| *p != parent_id));
            self.with(parent_id, |r| r.inherited_by.retain(|c| *c != child));
        }
    }
}
