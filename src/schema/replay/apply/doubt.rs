//! Statements of which it is not known whether they take effect, or on what: what they add is not believed, what they
//! take away is gone.
//!
//! A table keeps its columns and its foreign keys, the latter as a hint at who owns its rows: without them it could pass
//! for a table of nobody. Primary keys are kept as well: what drops one by a name that is not known makes another.

use super::{Object, State};
use crate::schema::catalog::{Doubt, ForeignKeyId, IndexId, IndexOrigin, Name, RelId, RelationKind};
use crate::schema::change::{
    ColumnDefinition, ConstraintDefinition, ConstraintKind, Drop, ObjectKind, ObjectRef, Step, TableAction,
};
use crate::schema::types::Type;
use crate::source::Location;

impl State {
    /// Carries out what a statement takes away.
    pub(super) fn carry_out_in_doubt(&mut self, step: Step, at: Location) {
        let keys = self.catalog.foreign_keys.len();
        match step {
            Step::AlterTable { table, if_exists, only, action } => {
                if let TableAction::DropColumn { column, .. } = action.as_ref() {
                    if let Some((_, Object::Relation(id))) = self.lookup(&table) {
                        self.doubt_column(id, &column.name);
                    }
                } else if let Some(action) = in_doubt(*action) {
                    self.alter_table(&table, if_exists, only, action);
                }
            }
            Step::CreateTable(table) => {
                let name = table.name.clone();
                let before = self.lookup(&name).map(|(_, object)| object);
                self.create_table(*table);
                if let Some((_, object @ Object::Relation(id))) = self.lookup(&name)
                    && before != Some(object)
                {
                    self.doubtful.insert(id);
                    // It may also still be the one that was there before.
                    if before.is_some() {
                        self.doubt_constraints(id, true);
                        self.doubt_not_null(id);
                    }
                }
                // Where the table is there, so are its keys.
                return;
            }
            // Whether it can be is looked at; it serves nothing.
            Step::CreateIndex(index) => {
                let known = self.catalog.indexes.len();
                self.create_index(*index);
                for id in (known..self.catalog.indexes.len()).map(|i| IndexId(i as u32)) {
                    let definition = self.catalog.index_def(id);
                    let schema = self.rel(definition.relation).name.schema.clone();
                    self.rejected.insert(Name { schema, name: definition.name.clone() });
                    self.remove_index(id);
                }
            }
            Step::CreateView(view) => match self.lookup(&view.name) {
                Some((_, Object::Relation(id))) => self.with(id, |r| match &mut r.kind {
                    RelationKind::View(view) | RelationKind::MaterializedView(view) => view.query = None,
                    _table => {}
                }),
                _ => self.create_view(*view),
            },
            Step::CreateFunction(function) => {
                let name = self.new_name(&function.name);
                let mut known = false;
                for other in self.catalog.functions.iter_mut().filter(|other| other.name == name) {
                    other.body = None;
                    known = true;
                }
                if !known {
                    self.create_function(*function);
                }
            }
            Step::CreatePolicy(policy) if !policy.permissive => {}
            Step::AlterPolicy { name: _, table, action: _ } => self.doubt_policies(&table),
            Step::Drop(drop) => self.drop_in_doubt(*drop),
            other => self.carry_out(other),
        }
        for key in self.catalog.foreign_keys.iter_mut().skip(keys) {
            key.doubt.get_or_insert(Doubt::Added(at));
        }
    }

    /// A table that may be dropped stays, until another is made in its place; so does what proves nothing.
    fn drop_in_doubt(&mut self, drop: Drop) {
        match drop.kind {
            ObjectKind::Index => self.drop(drop),
            ObjectKind::Policy => drop.table.iter().for_each(|table| self.doubt_policies(table)),
            ObjectKind::Table | ObjectKind::ForeignTable => {
                for name in &drop.names {
                    let Some((_, Object::Relation(id))) = self.lookup(name) else { continue };
                    self.doubtful.insert(id);
                    let keys = (0..self.catalog.foreign_keys.len() as u32).map(ForeignKeyId);
                    let referring: Vec<ForeignKeyId> =
                        keys.filter(|key| self.catalog.foreign_key(*key).target == id).collect();
                    referring
                        .into_iter()
                        .filter(|_| drop.cascade)
                        .for_each(|key| self.doubt_foreign_key(key));
                }
            }
            _other => {}
        }
    }

    /// What row security lets through is not known.
    fn doubt_policies(&mut self, table: &ObjectRef) {
        if let Some((_, Object::Relation(id))) = self.lookup(table) {
            self.with(id, |r| {
                r.row_security = false;
                r.row_security_in_doubt = true;
            });
        }
    }

    /// Any table may have been given policies, or its row security switched on.
    pub(super) fn doubt_row_security(&mut self) {
        let tables: Vec<RelId> =
            self.catalog.live_relations().filter(|(_, r)| r.is_table()).map(|(id, _)| id).collect();
        tables.into_iter().for_each(|id| self.with(id, |r| r.row_security_in_doubt = true));
    }

    /// An action on any one of the tables: on all of them.
    pub(super) fn alter_any(&mut self, action: &TableAction) {
        let tables: Vec<RelId> =
            self.catalog.live_relations().filter(|(_, r)| r.is_table()).map(|(id, _)| id).collect();
        for id in tables {
            match action {
                TableAction::DropColumn { column, .. } => self.doubt_column(id, &column.name),
                TableAction::DropConstraint { name, .. } => {
                    for key in self.foreign_keys_named(id, &name.name) {
                        self.doubt_foreign_key(key);
                    }
                    self.with(id, |r| r.checks.retain(|check| check.name != name.name));
                }
                TableAction::SetNotNull { column, not_null: false }
                    if self.rel(id).column_named(&column.name).is_some() =>
                {
                    self.set_not_null(id, column, false);
                }
                TableAction::Triggers(false) => self.switch_triggers(id, false),
                TableAction::RowSecurity(false) => self.with(id, |r| {
                    r.row_security = false;
                    r.row_security_in_doubt = true;
                }),
                TableAction::ForceRowSecurity(false) => self.with(id, |r| r.force_row_security = false),
                TableAction::RowSecurity(true) | TableAction::ForceRowSecurity(true) => {
                    self.with(id, |r| r.row_security_in_doubt = true);
                }
                _other => {}
            }
        }
    }

    /// Any one of the constraints of a table, or of all tables, may be gone.
    pub(super) fn drop_some_constraint(&mut self, table: Option<&ObjectRef>, cascade: bool) {
        match table.map(|table| self.lookup(table)) {
            Some(Some((_, Object::Relation(id)))) => self.doubt_constraints(id, cascade),
            Some(_) => {}
            None => {
                let tables: Vec<RelId> = self.catalog.live_relations().map(|(id, _)| id).collect();
                tables.into_iter().for_each(|id| self.doubt_constraints(id, cascade));
            }
        }
    }

    /// Without CASCADE a key stays that a foreign key refers to.
    pub(super) fn doubt_constraints(&mut self, id: RelId, cascade: bool) {
        let keys: Vec<ForeignKeyId> = self.catalog.live_foreign_keys(id).map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.doubt_foreign_key(key));
        let unique: Vec<_> = self
            .live_indexes(id)
            .filter(|index| self.catalog.index_def(*index).origin == IndexOrigin::UniqueConstraint)
            .filter(|index| cascade || !self.is_referred(*index))
            .collect();
        unique.into_iter().for_each(|index| self.remove_index(index));
        self.with(id, |r| r.checks.clear());
    }

    fn is_referred(&self, index: IndexId) -> bool {
        let live = |key: &ForeignKeyId| !self.catalog.foreign_key(*key).dropped;
        self.referred.iter().any(|(key, referred)| *referred == index && live(key))
    }

    /// The columns of a table may be NULL, but for those of its primary key.
    pub(super) fn doubt_not_null(&mut self, id: RelId) {
        let key = self.primary_key(id).map(|key| self.key_columns(key)).unwrap_or_default();
        self.with(id, |r| {
            for (ix, column) in r.columns.iter_mut().enumerate() {
                column.not_null &= key.contains(&(ix as u32));
            }
        });
    }

    /// A column may be gone, and with it what is declared on it.
    fn doubt_column(&mut self, id: RelId, column: &str) {
        let Some(ix) = self.rel(id).column_named(column) else { return };
        let keys = self.catalog.live_foreign_keys(id).filter(|(_, key)| key.columns.contains(&ix));
        let keys: Vec<ForeignKeyId> = keys.map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.doubt_foreign_key(key));
        let on_column: Vec<_> = self
            .live_indexes(id)
            .filter(|index| self.key_columns(*index).contains(&ix))
            .filter(|index| self.catalog.index_def(*index).origin != IndexOrigin::PrimaryKey)
            .collect();
        on_column.into_iter().for_each(|index| self.remove_index(index));
        self.with(id, |r| {
            r.checks.retain(|check| {
                !crate::schema::replay::expr::columns(&check.expr).iter().any(|c| c == column)
            });
        });
    }

    fn doubt_foreign_key(&mut self, key: ForeignKeyId) {
        let at = self.statement;
        if let (Some(key), Some(at)) = (self.catalog.foreign_keys.get_mut(key.0 as usize), at) {
            key.doubt.get_or_insert(Doubt::Dropped(at));
        }
    }

    /// The triggers of a table hold its foreign keys, and those that refer to it.
    pub(super) fn switch_triggers(&mut self, id: RelId, on: bool) {
        let Some(at) = self.statement else { return };
        for key in self.catalog.foreign_keys.iter_mut().filter(|key| key.relation == id || key.target == id) {
            match key.doubt {
                Some(Doubt::Disabled(_)) if on => key.doubt = None,
                None if !on => key.doubt = Some(Doubt::Disabled(at)),
                _ => {}
            }
        }
    }
}

/// What an action that may not take effect does for certain.
fn in_doubt(action: TableAction) -> Option<TableAction> {
    match action {
        TableAction::AddColumn { column, if_not_exists } => {
            Some(TableAction::AddColumn { column: bare(column), if_not_exists })
        }
        TableAction::RedefineColumn { column, definition } => {
            Some(TableAction::RedefineColumn { column, definition: bare(definition) })
        }
        TableAction::SetType { column, ty: _, foreign_type: _, collation: _, computed } => {
            let (ty, foreign_type, collation) = (Type::UNKNOWN, None, None);
            Some(TableAction::SetType { column, ty, foreign_type, collation, computed })
        }
        TableAction::AddConstraint(constraint) => {
            is_foreign_key(&constraint).then_some(()).map(|()| TableAction::AddConstraint(constraint))
        }
        TableAction::RenameColumn { .. }
        | TableAction::RenameConstraint { .. }
        | TableAction::SetDefault { .. }
        | TableAction::AttachPartition { .. } => Some(action),
        TableAction::DetachPartition(_) => None,
        other => other.takes_away().then_some(other),
    }
}

/// A column that may be there, without what it demands.
fn bare(mut column: ColumnDefinition) -> ColumnDefinition {
    column.constraints.retain(is_foreign_key);
    column.not_null = false;
    column
}

fn is_foreign_key(constraint: &ConstraintDefinition) -> bool {
    matches!(constraint.kind, ConstraintKind::ForeignKey { .. })
}
