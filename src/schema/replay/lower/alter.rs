//! ALTER TABLE: each action one step, in the order of PostgreSQL's passes.

use super::Lower;
use super::data_types::is_foreign;
use crate::schema::change::{
    ColumnDefinition, ConstraintDefinition, ConstraintKind, ForeignIndex, ObjectKind, ObjectRef, Step,
    TableAction, Word,
};
use crate::syntax::{OddKind, ast};
use ast::AlterTableOperation as Op;

impl Lower<'_> {
    pub(super) fn alter_table(&mut self, alter: &ast::AlterTable) {
        let ast::AlterTable {
            name,
            if_exists,
            only,
            operations,
            location: _, // Hive's.
            on_cluster: _,
            table_type: _, // Snowflake's.
            end_token: _,
        } = alter;
        let Some(table) = self.object(name) else { return };
        let mut actions: Vec<(Pass, TableAction)> = Vec::new();
        for operation in operations {
            self.operation(&table, *if_exists, operation, &mut actions);
        }
        for column in &self.statement.clauses.not_null {
            let action = TableAction::SetNotNull { column: self.word(column), not_null: true };
            actions.push((Pass::ColumnAttributes, action));
        }
        for odd in &self.statement.clauses.odd_elements {
            if odd.kind == OddKind::InlineIndex {
                let name = odd.name.as_ref().map(|n| self.word(n));
                actions.push((Pass::AddIndex, TableAction::AddIndex(self.inline_index(odd.span, name))));
            }
        }
        actions.sort_by_key(|(pass, _)| *pass);
        for (_, action) in actions {
            self.steps.push(Step::AlterTable {
                table: table.clone(),
                if_exists: *if_exists,
                only: *only || self.is_only(table.at),
                action: Box::new(action),
            });
        }
        self.altered_constraints(&table);
        for command in &self.statement.clauses.commands {
            self.command(command);
        }
    }

    fn operation(
        &mut self,
        table: &ObjectRef,
        if_exists: bool,
        operation: &Op,
        actions: &mut Vec<(Pass, TableAction)>,
    ) {
        let action = match operation {
            Op::AddConstraint { constraint, not_valid } => match self.constraint(constraint) {
                Ok(mut constraint) => {
                    constraint.not_valid = *not_valid;
                    TableAction::AddConstraint(constraint)
                }
                Err(index) => TableAction::AddIndex(index),
            },
            // The position is MySQL's and changes no name.
            Op::AddColumn { column_keyword: _, if_not_exists, column_def, column_position: _ } => {
                let column = self.column(column_def);
                TableAction::AddColumn { column, if_not_exists: *if_not_exists }
            }
            Op::DropColumn { has_column_keyword: _, column_names, if_exists, drop_behavior } => {
                for name in column_names {
                    let action = TableAction::DropColumn {
                        column: self.word(name),
                        if_exists: *if_exists,
                        cascade: cascades(drop_behavior.as_ref()),
                    };
                    actions.push((Pass::Drop, action));
                }
                return;
            }
            Op::DropConstraint { if_exists, name, drop_behavior } => TableAction::DropConstraint {
                name: self.word(name),
                if_exists: *if_exists,
                cascade: cascades(drop_behavior.as_ref()),
            },
            Op::DropPrimaryKey { drop_behavior: _ } => TableAction::DropPrimaryKey(table.at),
            Op::DropForeignKey { name, drop_behavior } => TableAction::DropConstraint {
                name: self.word(name),
                if_exists: false,
                cascade: cascades(drop_behavior.as_ref()),
            },
            // MySQL's: the index belongs to the table.
            Op::DropIndex { name } => {
                TableAction::DropConstraint { name: self.word(name), if_exists: false, cascade: false }
            }
            Op::DisableRowLevelSecurity => TableAction::RowSecurity(false),
            Op::EnableRowLevelSecurity => TableAction::RowSecurity(true),
            Op::ForceRowLevelSecurity => TableAction::ForceRowSecurity(true),
            Op::NoForceRowLevelSecurity => TableAction::ForceRowSecurity(false),
            Op::RenameColumn { old_column_name, new_column_name } => TableAction::RenameColumn {
                column: self.word(old_column_name),
                to: self.word(new_column_name),
            },
            Op::RenameTable { table_name } => {
                let (ast::RenameTableNameKind::As(to) | ast::RenameTableNameKind::To(to)) = table_name;
                let Some(to) = self.object(to) else { return };
                self.steps.push(Step::Rename {
                    kind: ObjectKind::Table,
                    name: table.clone(),
                    to: Word { name: to.name, quoted: false, at: to.at },
                    if_exists,
                    table: None,
                });
                return;
            }
            Op::ChangeColumn { old_name, new_name, data_type, options, column_position: _ } => {
                let name = self.word(new_name);
                TableAction::RedefineColumn {
                    column: self.word(old_name),
                    definition: self.redefinition(name, data_type, options),
                }
            }
            Op::ModifyColumn { col_name, data_type, options, column_position: _ } => {
                let name = self.word(col_name);
                TableAction::RedefineColumn {
                    column: name.clone(),
                    definition: self.redefinition(name, data_type, options),
                }
            }
            Op::RenameConstraint { old_name, new_name } => {
                TableAction::RenameConstraint { name: self.word(old_name), to: self.word(new_name) }
            }
            Op::AlterColumn { column_name, op } => self.alter_column(self.word(column_name), op),
            Op::ValidateConstraint { name } => TableAction::ValidateConstraint(self.word(name)),
            // Triggers and rules that do not fire still may; storage, ownership and other databases' actions
            // change nothing that is read.
            Op::AddProjection { if_not_exists: _, name: _, select: _ }
            | Op::DropProjection { if_exists: _, name: _ }
            | Op::MaterializeProjection { if_exists: _, name: _, partition: _ }
            | Op::ClearProjection { if_exists: _, name: _, partition: _ }
            | Op::DisableRule { name: _ }
            | Op::DisableTrigger { name: _ }
            | Op::AttachPartition { partition: _ }
            | Op::DetachPartition { partition: _ }
            | Op::FreezePartition { partition: _, with_name: _ }
            | Op::UnfreezePartition { partition: _, with_name: _ }
            | Op::EnableAlwaysRule { name: _ }
            | Op::EnableAlwaysTrigger { name: _ }
            | Op::EnableReplicaRule { name: _ }
            | Op::EnableReplicaTrigger { name: _ }
            | Op::EnableRule { name: _ }
            | Op::EnableTrigger { name: _ }
            | Op::RenamePartitions { old_partitions: _, new_partitions: _ }
            | Op::ReplicaIdentity { identity: _ }
            | Op::AddPartitions { if_not_exists: _, new_partitions: _ }
            | Op::DropPartitions { partitions: _, if_exists: _ }
            | Op::SwapWith { table_name: _ }
            | Op::SetTblProperties { table_properties: _ }
            | Op::SetLogged
            | Op::SetUnlogged
            | Op::OwnerTo { new_owner: _ }
            | Op::ClusterBy { exprs: _ }
            | Op::DropClusteringKey
            | Op::AlterSortKey { columns: _ }
            | Op::SuspendRecluster
            | Op::ResumeRecluster
            | Op::Refresh { subpath: _ }
            | Op::Suspend
            | Op::Resume
            | Op::Algorithm { equals: _, algorithm: _ }
            | Op::Lock { equals: _, lock: _ }
            | Op::AutoIncrement { equals: _, value: _ }
            | Op::SetOptionsParens { options: _ } => return,
        };
        actions.push((pass(&action), action));
    }

    fn alter_column(&mut self, column: Word, op: &ast::AlterColumnOperation) -> TableAction {
        match op {
            ast::AlterColumnOperation::SetNotNull => TableAction::SetNotNull { column, not_null: true },
            ast::AlterColumnOperation::DropNotNull => TableAction::SetNotNull { column, not_null: false },
            ast::AlterColumnOperation::SetDefault { value } => {
                TableAction::SetDefault { column, default: Some(self.expr(value)) }
            }
            ast::AlterColumnOperation::DropDefault => TableAction::SetDefault { column, default: None },
            ast::AlterColumnOperation::SetDataType { data_type, using, had_set: _ } => TableAction::SetType {
                computed: using.as_ref().is_some_and(|using| !is_column(using)),
                column,
                ty: super::data_type(data_type),
                foreign_type: is_foreign(data_type).then(|| data_type.to_string().to_lowercase()),
                collation: self.new_collation(),
            },
            ast::AlterColumnOperation::AddGenerated { generated_as: _, sequence_options: _ } => {
                TableAction::SetIdentity { column, identity: true, if_exists: false }
            }
        }
    }

    /// The collation of a column's new type, which the parser does not know.
    fn new_collation(&self) -> Option<String> {
        let removed = &self.statement.clauses.removed;
        let mut names =
            removed.iter().filter(|(_, what)| *what == "COLLATE of a new type").map(|(span, _)| {
                let text = self.fragment.text.get(span.range()).unwrap_or_default();
                let name = text.rsplit(|c: char| c == '.' || c.is_whitespace()).next().unwrap_or_default();
                name.trim_matches('"').to_owned()
            });
        let first = names.next()?;
        // Of several columns that change at once, which one has which is not told apart.
        Some(if names.all(|name| name == first) { first } else { format!("{first}, ...") })
    }

    fn redefinition(
        &mut self,
        name: Word,
        data_type: &ast::DataType,
        options: &[ast::ColumnOption],
    ) -> ColumnDefinition {
        let mut definition = self.column_of(name, data_type);
        for option in options {
            self.column_option(&mut definition, None, option);
        }
        definition
    }

    pub(super) fn rename_tables(&mut self, renames: &[ast::RenameTable]) {
        for ast::RenameTable { old_name, new_name } in renames {
            let (Some(name), Some(to)) = (self.object(old_name), self.object(new_name)) else { continue };
            self.steps.push(Step::Rename {
                kind: ObjectKind::Table,
                name,
                to: Word { name: to.name, quoted: false, at: to.at },
                if_exists: false,
                table: None,
            });
        }
    }
}

/// Whether USING gives a column, or a column as another type.
fn is_column(using: &ast::Expr) -> bool {
    match using {
        ast::Expr::Identifier(_) => true,
        ast::Expr::Nested(inner) => is_column(inner),
        ast::Expr::Cast { kind: _, expr, data_type: _, format: _ } => is_column(expr),
        _computed => false,
    }
}

/// PostgreSQL's order of work in one ALTER TABLE (`AlterTablePass` in tablecmds.c).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    Drop,
    AlterType,
    AddColumn,
    ColumnAttributes,
    AddIndex,
    AddConstraint,
    Miscellaneous,
}

fn pass(action: &TableAction) -> Pass {
    match action {
        TableAction::DropColumn { column: _, if_exists: _, cascade: _ }
        | TableAction::DropConstraint { name: _, if_exists: _, cascade: _ }
        | TableAction::DropPrimaryKey(_)
        | TableAction::DropExpression { column: _, if_exists: _ } => Pass::Drop,
        TableAction::SetNotNull { column: _, not_null } => {
            if *not_null {
                Pass::ColumnAttributes
            } else {
                Pass::Drop
            }
        }
        TableAction::SetIdentity { column: _, identity, if_exists: _ } => {
            if *identity {
                Pass::ColumnAttributes
            } else {
                Pass::Drop
            }
        }
        TableAction::SetDefault { column: _, default } => match default {
            Some(_) => Pass::ColumnAttributes,
            None => Pass::Drop,
        },
        TableAction::SetType { column: _, ty: _, foreign_type: _, collation: _, computed: _ }
        | TableAction::RedefineColumn { column: _, definition: _ } => Pass::AlterType,
        TableAction::AddColumn { column: _, if_not_exists: _ } => Pass::AddColumn,
        TableAction::AddIndex(ForeignIndex { name: _, keys: _, unique: _, at: _ }) => Pass::AddIndex,
        TableAction::AddConstraint(ConstraintDefinition {
            name: _,
            kind,
            not_valid: _,
            enforced: _,
            deferrable: _,
            no_inherit: _,
            at: _,
        }) => match kind {
            ConstraintKind::Key { .. }
            | ConstraintKind::KeyUsingIndex { .. }
            | ConstraintKind::Exclude { .. } => Pass::AddIndex,
            ConstraintKind::ForeignKey { .. } | ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => {
                Pass::AddConstraint
            }
        },
        TableAction::RenameColumn { column: _, to: _ }
        | TableAction::ValidateConstraint(_)
        | TableAction::AlterConstraint { name: _, deferrable: _, enforced: _ }
        | TableAction::RenameConstraint { name: _, to: _ }
        | TableAction::Triggers(_)
        | TableAction::RowSecurity(_)
        | TableAction::ForceRowSecurity(_)
        | TableAction::AttachPartition { partition: _, bounds: _ }
        | TableAction::DetachPartition(_)
        | TableAction::Inherit { parent: _, inherit: _ } => Pass::Miscellaneous,
    }
}

pub(super) fn cascades(behavior: Option<&ast::DropBehavior>) -> bool {
    match behavior {
        Some(ast::DropBehavior::Cascade) => true,
        Some(ast::DropBehavior::Restrict) | None => false,
    }
}
