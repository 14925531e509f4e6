//! What an act of a migration meets: the few facts of the catalog before it.

use super::{Object, State};
use crate::schema::bounds::Bounds;
use crate::schema::catalog::{ColumnIx, IndexId, KeyTerm, RelId, Relation, RelationKind};
use crate::schema::change::{
    ColumnDefinition, ConstraintKind, Drop, ObjectKind, ObjectRef, Step, TableAction, Word,
};
use crate::schema::migration::{Before, Deed, Maintenance, Met, MetKind, Work};
use crate::schema::replay::expr;
use crate::schema::replay::vouch::{self, KeyColumn};
use crate::source::FileId;
use crate::syntax::ExprHandle;

impl State {
    /// What an act of that file meets.
    pub(in crate::schema::replay) fn before(&self, deed: &Deed, file: FileId) -> Before {
        let scene = Scene { state: self, file };
        match deed {
            Deed::Change(step) => scene.of_step(step),
            Deed::Lock { table, mode: _ }
            | Deed::Write { verb: _, table, narrowed: _ }
            | Deed::Truncate { table, cascade: _ } => scene.about(table, false),
            Deed::Refresh { view } => {
                let before = scene.about(view, false);
                let id = before.table.as_ref().and_then(|met| met.id);
                Before { rows_are_told_apart: id.is_some_and(|id| scene.has_plain_key(id)), ..before }
            }
            Deed::Maintain { command, target } => match (command, target) {
                (_, None) => Before::default(),
                (Maintenance::ReindexIndex, Some(index)) => scene.about_index(index),
                (_, Some(table)) => scene.about(table, false),
            },
            Deed::Begin | Deed::Commit | Deed::Rollback | Deed::LockTimeout(_) | Deed::Refusing(_) => {
                Before::default()
            }
        }
    }
}

struct Scene<'a> {
    state: &'a State,
    file: FileId,
}

impl Scene<'_> {
    fn of_step(&self, step: &Step) -> Before {
        match step {
            Step::AlterTable { table, if_exists, only: _, action } => {
                if let Some((_, Object::Index(_) | Object::Sequence)) = self.state.lookup(table) {
                    return Before::default();
                }
                let before = self.about(table, *if_exists);
                match before.table.as_ref().and_then(|met| met.id) {
                    Some(id) => self.of_action(before, Some(id), action),
                    None if before.table.is_some() => self.of_action(before, None, action),
                    None => before,
                }
            }
            Step::CreateIndex(index) => {
                let is_there = index.if_not_exists
                    && index.name.as_ref().is_some_and(|name| {
                        let schema = index.table.schema.clone();
                        let name = ObjectRef { schema, name: name.name.clone(), at: name.at };
                        self.state.lookup(&name).is_some()
                    });
                Before { is_there, ..self.about(&index.table, false) }
            }
            Step::Drop(drop) => self.of_drop(drop),
            Step::CreateTrigger(trigger) => self.about(&trigger.table, false),
            Step::CreateRule { table } => self.about(table, false),
            Step::CreatePolicy(policy) => self.about(&policy.table, false),
            Step::AlterPolicy { name: _, table, action: _ } => self.about(table, false),
            Step::Rename { kind, name, to: _, if_exists, table } => match (kind, table) {
                (ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView, _) => {
                    match self.state.lookup(name) {
                        Some((_, Object::Index(_) | Object::Sequence)) => Before::default(),
                        _ => self.about(name, *if_exists),
                    }
                }
                (_, Some(table)) => self.about(table, *if_exists),
                _ => Before::default(),
            },
            Step::SetSchema { kind: ObjectKind::Table, name, schema: _, if_exists } => {
                self.about(name, *if_exists)
            }
            Step::CreateTable(table) => {
                let is_there = table.if_not_exists && self.state.lookup(&table.name).is_some();
                let parent = table.partition_of.as_ref().and_then(|name| self.met(name, false));
                let id = parent.as_ref().and_then(|met| met.id);
                let before = self.beside_default(id, table.bounds.as_ref());
                Before { is_there, other: parent, ..before }
            }
            _ => Before::default(),
        }
    }

    fn of_drop(&self, drop: &Drop) -> Before {
        let Some(name) = drop.names.first() else { return Before::default() };
        match drop.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => self.about(name, drop.if_exists),
            ObjectKind::Index => self.about_index(name),
            ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => match &drop.table {
                Some(table) => self.about(table, drop.if_exists),
                None => Before::default(),
            },
            _ => Before::default(),
        }
    }

    fn of_action(&self, before: Before, id: Option<RelId>, action: &TableAction) -> Before {
        match action {
            TableAction::AddColumn { column, if_not_exists } => {
                let is_there = *if_not_exists && self.column(id, &column.name).is_some();
                let work = if is_there { None } else { self.state.adding(id, column) };
                Before { is_there, work, other: self.referred(column), ..before }
            }
            TableAction::DropColumn { column, .. }
            | TableAction::RenameColumn { column, .. }
            | TableAction::SetIdentity { column, .. }
            | TableAction::SetDefault { column, .. } => {
                Before { column: self.column(id, column).cloned(), ..before }
            }
            TableAction::SetType { column, ty, foreign_type: _, collation, computed } => {
                let found = self.column(id, column);
                let work = id.zip(found).and_then(|(id, column)| {
                    self.state.retype(id, column, ty, collation.as_ref(), *computed)
                });
                let work = work.or_else(|| {
                    let rewrite = Work::Rewrite(crate::schema::migration::Rewrite::Using);
                    (found.is_none() && *computed).then_some(rewrite)
                });
                Before { column: found.cloned(), work, ..before }
            }
            TableAction::SetNotNull { column, not_null } => {
                let unproved =
                    if *not_null { self.unproved(id, &[column.name.as_str()]) } else { Vec::new() };
                Before { column: self.column(id, column).cloned(), unproved, ..before }
            }
            TableAction::AddConstraint(constraint) => match &constraint.kind {
                ConstraintKind::ForeignKey { target, .. } => {
                    Before { other: self.met(target, false), ..before }
                }
                ConstraintKind::Key { primary: true, columns, .. } => {
                    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
                    Before { unproved: self.unproved(id, &names), ..before }
                }
                ConstraintKind::KeyUsingIndex { primary: true, index } => {
                    let of_index = id.map(|id| self.columns_of_index(id, index)).unwrap_or_default();
                    let names: Vec<&str> = of_index.iter().map(String::as_str).collect();
                    Before { unproved: self.unproved(id, &names), ..before }
                }
                ConstraintKind::NotNull(column) => {
                    Before { unproved: self.unproved(id, &[column.name.as_str()]), ..before }
                }
                ConstraintKind::Key { .. }
                | ConstraintKind::KeyUsingIndex { .. }
                | ConstraintKind::Check(_)
                | ConstraintKind::Exclude { .. } => before,
            },
            TableAction::ValidateConstraint(name) | TableAction::DropConstraint { name, .. } => {
                let constraint = id.and_then(|id| self.state.constraint_declared(id, &name.name));
                let keys = id.map(|id| self.state.foreign_keys_named(id, &name.name)).unwrap_or_default();
                let target = keys.first().map(|key| self.state.catalog.foreign_key(*key).target);
                Before { constraint, other: target.map(|id| self.met_relation(id)), ..before }
            }
            TableAction::AttachPartition { partition, bounds } => {
                let other = self.met(partition, false);
                let child = other.as_ref().and_then(|met| met.id);
                let bounds = bounds.as_ref();
                let is_proved = id.zip(child).is_some_and(|(id, child)| self.is_within(id, child, bounds));
                let Before { default_partition, searches_default, .. } = self.beside_default(id, bounds);
                Before { other, is_proved, default_partition, searches_default, ..before }
            }
            TableAction::DetachPartition(partition) => Before { other: self.met(partition, false), ..before },
            TableAction::Inherit { parent, inherit: _ } => {
                Before { other: self.met(parent, false), ..before }
            }
            TableAction::RedefineColumn { .. }
            | TableAction::DropExpression { .. }
            | TableAction::AddIndex(_)
            | TableAction::AlterConstraint { .. }
            | TableAction::DropPrimaryKey(_)
            | TableAction::RenameConstraint { .. }
            | TableAction::Triggers(_)
            | TableAction::RowSecurity(_)
            | TableAction::ForceRowSecurity(_) => before,
        }
    }

    fn about(&self, name: &ObjectRef, if_exists: bool) -> Before {
        Before { table: self.met(name, if_exists), ..Before::default() }
    }

    /// The table of an index.
    fn about_index(&self, name: &ObjectRef) -> Before {
        match self.state.lookup(name) {
            Some((_, Object::Index(id))) => {
                let index = self.state.catalog.index_def(id);
                let index_is_new = index.declared.file == self.file;
                let table = Some(self.met_relation(index.relation));
                Before { table, index_is_new, ..Before::default() }
            }
            _ => Before::default(),
        }
    }

    fn met(&self, name: &ObjectRef, if_exists: bool) -> Option<Met> {
        match self.state.lookup(name) {
            Some((_, Object::Relation(id))) => Some(self.met_relation(id)),
            Some((_, Object::Index(_) | Object::Sequence)) => None,
            None if if_exists => None,
            // One that no migration creates is there before them.
            None => {
                let name = self.state.new_name(name);
                Some(Met { id: None, name, kind: MetKind::Table, is_new: false })
            }
        }
    }

    fn met_relation(&self, id: RelId) -> Met {
        let relation = self.state.rel(id);
        let kind = match &relation.kind {
            _ if self.state.temporary.contains(&id) => MetKind::Apart,
            RelationKind::Partitioned => MetKind::Partitioned,
            RelationKind::Table | RelationKind::Partition(_) if relation.partitioned => MetKind::Partitioned,
            RelationKind::Table | RelationKind::Partition(_) => MetKind::Table,
            RelationKind::View(_) => MetKind::View,
            RelationKind::MaterializedView(_) => MetKind::MaterializedView,
            RelationKind::Foreign | RelationKind::System => MetKind::Apart,
        };
        let is_new = relation.declared.is_some_and(|at| at.file == self.file);
        Met { id: Some(id), name: relation.name.clone(), kind, is_new }
    }

    fn column(&self, id: Option<RelId>, word: &Word) -> Option<&crate::schema::catalog::Column> {
        let relation = self.state.rel(id?);
        relation.column_named(&word.name).map(|ix| relation.column(ix))
    }

    /// The table that a new column refers to.
    fn referred(&self, column: &ColumnDefinition) -> Option<Met> {
        column.constraints.iter().find_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey { target, .. } => self.met(target, false),
            _ => None,
        })
    }

    /// Those of the columns that may hold NULL as far as the catalog knows.
    fn unproved(&self, id: Option<RelId>, columns: &[&str]) -> Vec<String> {
        let Some(relation) = id.map(|id| self.state.rel(id)) else {
            return columns.iter().map(|c| (*c).to_owned()).collect();
        };
        let of_table = |relation: &Relation, name: &str| {
            let not_null = relation.column_named(name).is_some_and(|ix| relation.column(ix).not_null);
            let mut valid = relation.checks.iter().filter(|check| check.validated);
            not_null || valid.any(|check| expr::refuses_null(&check.expr, name))
        };
        // The rows of a partitioned table are those of its partitions.
        let below = id.filter(|_| !relation.partitions.is_empty()).map(|id| self.state.descendants(id));
        let below: Vec<&Relation> = below.into_iter().flatten().map(|id| self.state.rel(id)).collect();
        let leaves: Vec<&Relation> = below.into_iter().filter(|r| r.partitions.is_empty()).collect();
        let is_proved = |name: &str| {
            of_table(relation, name) || !leaves.is_empty() && leaves.iter().all(|leaf| of_table(leaf, name))
        };
        columns.iter().filter(|name| !is_proved(name)).map(|name| (*name).to_owned()).collect()
    }

    fn columns_of_index(&self, id: RelId, index: &Word) -> Vec<String> {
        let mut indexes = self.state.live_indexes(id);
        let found = indexes.find(|i| self.state.catalog.index_def(*i).name == index.name);
        let columns = found.map(|index| self.state.key_columns(index)).unwrap_or_default();
        columns.iter().map(|ix| self.state.rel(id).column(*ix).name.clone()).collect()
    }

    fn has_plain_key(&self, id: RelId) -> bool {
        let is_key = |index: IndexId| {
            let index = self.state.catalog.index_def(index);
            let plain = index.keys.iter().all(|key| matches!(key.term, KeyTerm::Column(_)));
            index.unique && index.predicate.is_none() && index.invalid.is_none() && plain
        };
        self.state.live_indexes(id).any(is_key)
    }

    /// Whether valid CHECKs say that the rows of a table are within the bounds that it is to have as a partition.
    fn is_within(&self, parent: RelId, child: RelId, bounds: Option<&Bounds>) -> bool {
        let others = self.state.rel(parent).partitions.iter().any(|other| *other != child);
        // The default partition of a table without others takes all rows.
        (bounds == Some(&Bounds::Default) && !others) || self.vouches(parent, child, bounds)
    }

    fn vouches(&self, parent: RelId, child: RelId, bounds: Option<&Bounds>) -> bool {
        let (parent, child) = (self.state.rel(parent), self.state.rel(child));
        let valid = child.checks.iter().filter(|check| check.validated);
        let checks: Vec<&ExprHandle> = valid.map(|check| &check.expr).collect();
        let column = |ix: &ColumnIx| {
            let name = parent.column(*ix).name.as_str();
            let not_null = child.column_named(name).is_some_and(|ix| child.column(ix).not_null);
            let never_null = not_null || checks.iter().any(|check| expr::refuses_null(check, name));
            KeyColumn { name, never_null }
        };
        let key: Vec<KeyColumn<'_>> = parent.partition_key.iter().map(column).collect();
        vouch::vouches(bounds, &key, &checks)
    }

    /// The default partition of a table that gets one with those bounds, and whether it is searched for rows of it.
    fn beside_default(&self, parent: Option<RelId>, bounds: Option<&Bounds>) -> Before {
        let is_default = |id: &RelId| self.state.rel(*id).bounds == Some(Bounds::Default);
        let found = parent.filter(|_| bounds != Some(&Bounds::Default)).and_then(|parent| {
            let partitions = self.state.rel(parent).partitions.iter().copied();
            Some((parent, partitions.filter(|id| !self.state.rel(*id).dropped).find(is_default)?))
        });
        let Some((parent, default)) = found else { return Before::default() };
        let searches_default = !self.vouches(parent, default, Some(&Bounds::Default));
        Before { default_partition: Some(self.met_relation(default)), searches_default, ..Before::default() }
    }
}
