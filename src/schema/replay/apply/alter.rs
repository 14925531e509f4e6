//! ALTER TABLE.

use super::{Object, State};
use crate::schema::catalog::{ColumnIx, RelId};
use crate::schema::change::{ColumnDefinition, ObjectRef, TableAction, Word};
use crate::schema::types::Type;

impl State {
    pub(super) fn alter_table(
        &mut self,
        table: &ObjectRef,
        if_exists: bool,
        only: bool,
        action: TableAction,
    ) {
        // ALTER TABLE also takes an index or a sequence; nothing that it does to those is read.
        if matches!(self.lookup(table), Some((_, Object::Index(_) | Object::Sequence))) {
            return;
        }
        let Some(id) = self.relation(table, if_exists) else { return };
        match action {
            TableAction::AddColumn { column, if_not_exists } => {
                self.add_column(id, column, if_not_exists, only);
            }
            TableAction::DropColumn { column, if_exists, cascade } => {
                self.drop_column(id, &column, if_exists, cascade);
            }
            TableAction::RenameColumn { column, to } => self.rename_column(id, &column, &to),
            TableAction::RedefineColumn { column, definition } => {
                self.redefine_column(id, &column, definition);
            }
            TableAction::SetType { column, ty, foreign_type, collation, computed: _ } => {
                let ty = self.known_type(ty, foreign_type, &column);
                self.set_type(id, &column, ty, collation);
            }
            TableAction::SetNotNull { column, not_null } => self.set_not_null(id, &column, not_null),
            TableAction::SetDefault { column, default } => {
                self.change_column(id, &column, false, |c| c.default.clone_from(&default));
            }
            TableAction::SetIdentity { column, identity, if_exists: _ } => {
                self.change_column(id, &column, false, |c| {
                    c.identity = identity;
                    c.not_null |= identity;
                });
                match self.rel(id).column_named(&column.name) {
                    Some(_) if identity => self.own_sequence(id, &column.name),
                    Some(ix) => self.remove_owned_sequence(id, ix),
                    None => {}
                }
            }
            TableAction::DropExpression { column, if_exists: _ } => {
                self.change_column(id, &column, true, |c| c.generated = None);
            }
            TableAction::AddConstraint(constraint) => self.add_constraint(id, constraint, true),
            TableAction::AddIndex(index) => self.foreign_index(id, index),
            TableAction::ValidateConstraint(name) => self.validate_constraint(id, &name),
            TableAction::AlterConstraint { name, deferrable, enforced } => {
                self.alter_constraint(id, &name, deferrable, enforced);
            }
            TableAction::DropConstraint { name, if_exists, cascade } => {
                self.drop_constraint(id, &name, if_exists, cascade);
            }
            TableAction::DropPrimaryKey(at) => match self.primary_key(id) {
                Some(key) => self.remove_index(key),
                None => {
                    let message = format!("table `{}` has no primary key", self.rel(id).name);
                    self.unappliable(message, at);
                }
            },
            TableAction::RenameConstraint { name, to } => self.rename_constraint(id, &name, &to),
            TableAction::Triggers(on) => self.switch_triggers(id, on),
            TableAction::RowSecurity(on) => self.with(id, |r| {
                r.row_security = on;
                r.row_security_at = on.then_some(table.at);
                r.row_security_in_doubt = false;
            }),
            TableAction::ForceRowSecurity(on) => self.with(id, |r| r.force_row_security = on),
            TableAction::AttachPartition { partition, bounds } => {
                self.attach_partition(id, &partition, bounds);
            }
            TableAction::DetachPartition(partition) => self.detach_partition(id, &partition),
            TableAction::Inherit { parent, inherit } => self.inherit(id, &parent, inherit),
        }
    }

    fn add_column(&mut self, id: RelId, mut column: ColumnDefinition, if_not_exists: bool, only: bool) {
        if let Some(ix) = self.rel(id).column_named(&column.name.name) {
            if !if_not_exists {
                let first = self.rel(id).column(ix).declared;
                let message =
                    format!("table `{}` has a column `{}` already", self.rel(id).name, column.name.name);
                self.duplicate(message, column.name.at, first);
            }
            return;
        }
        if only && self.has_children(id) {
            let message = format!(
                "column `{}` must be added to the children of `{}` as well: leave ONLY out",
                column.name.name,
                self.rel(id).name
            );
            self.unappliable(message, column.name.at);
            return;
        }
        self.freeze_views(id);
        let constraints = std::mem::take(&mut column.constraints);
        if !only {
            for child in self.descendants(id) {
                if self.rel(child).column_named(&column.name.name).is_none()
                    && let Some(ix) = self.declare_column(child, column.clone())
                {
                    self.with(child, |r| {
                        if let Some(column) = r.columns.get_mut(ix as usize) {
                            column.inherited = true;
                        }
                    });
                }
            }
        }
        self.declare_column(id, column);
        for constraint in constraints {
            self.add_constraint(id, constraint, true);
        }
    }

    /// Changes a column here and in every descendant, which share it.
    pub(super) fn change_column(
        &mut self,
        id: RelId,
        word: &Word,
        below: bool,
        mut change: impl FnMut(&mut crate::schema::catalog::Column),
    ) -> Option<ColumnIx> {
        let ix = self.column(id, word)?;
        let mut targets = if below { self.descendants(id) } else { Vec::new() };
        targets.push(id);
        for target in targets {
            let Some(ix) = self.rel(target).column_named(&word.name) else { continue };
            self.with(target, |r| {
                if let Some(column) = r.columns.get_mut(ix as usize) {
                    change(column);
                }
            });
        }
        Some(ix)
    }

    fn set_type(&mut self, id: RelId, column: &Word, ty: Type, collation: Option<String>) {
        if let Some(user) = self.dependents_of_column(id, &column.name).first() {
            let user = self.describe_dependent(user);
            let message = format!(
                "cannot change the type of column `{}` of `{}`: {user} uses it",
                column.name,
                self.rel(id).name
            );
            self.unappliable(message, column.at);
            return;
        }
        self.change_column(id, column, true, |c| {
            c.ty.clone_from(&ty);
            c.collation.clone_from(&collation);
        });
    }

    pub(super) fn set_not_null(&mut self, id: RelId, column: &Word, not_null: bool) {
        if !not_null {
            let ix = self.rel(id).column_named(&column.name);
            let in_key =
                self.primary_key(id).is_some_and(|k| ix.is_some_and(|ix| self.key_columns(k).contains(&ix)));
            if in_key {
                let message =
                    format!("column `{}` is in the primary key of `{}`", column.name, self.rel(id).name);
                self.unappliable(message, column.at);
                return;
            }
        }
        self.change_column(id, column, true, |c| c.not_null = not_null);
    }

    /// MySQL's CHANGE and MODIFY.
    fn redefine_column(&mut self, id: RelId, column: &Word, mut definition: ColumnDefinition) {
        let constraints = std::mem::take(&mut definition.constraints);
        if column.name != definition.name.name {
            self.rename_column(id, column, &definition.name.clone());
        }
        let ty = self.resolve_type(definition.ty);
        self.change_column(id, &definition.name, true, |c| {
            c.ty.clone_from(&ty);
            c.not_null = definition.not_null;
            c.default.clone_from(&definition.default);
            c.generated.clone_from(&definition.generated);
            c.identity = definition.identity;
        });
        for constraint in constraints {
            self.add_constraint(id, constraint, true);
        }
    }
}
