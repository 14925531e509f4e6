//! The columns that an act gives a type to: what the rules about types look at.

use crate::schema::change::{ConstraintKind, Step, TableAction, Word};
use crate::schema::migration::{Act, Deed};
use crate::schema::types::Type;

/// A column with its new type.
pub(super) struct Typed<'a> {
    pub(super) name: &'a Word,
    pub(super) ty: &'a Type,
    /// Whether it is the primary key, alone.
    pub(super) is_key: bool,
}

/// The columns that an act creates or gives another type.
pub(super) fn typed(act: &Act) -> Vec<Typed<'_>> {
    let Deed::Change(step) = &act.deed else { return Vec::new() };
    match step {
        Step::CreateTable(table) if !act.before.is_there => {
            let key = table.constraints.iter().find_map(|c| match &c.kind {
                ConstraintKind::Key { primary: true, columns, .. } => Some(columns.as_slice()),
                _ => None,
            });
            let by_table = |name: &str| matches!(key, Some([only]) if only.name == name);
            let typed = |column| Typed { is_key: by_table(name(column)) || by_itself(column), ..of(column) };
            table.columns.iter().map(typed).collect()
        }
        Step::AlterTable { action, .. } if !act.before.is_there => match action.as_ref() {
            TableAction::AddColumn { column, .. } => vec![Typed { is_key: by_itself(column), ..of(column) }],
            TableAction::SetType { column, ty, .. } => vec![Typed { name: column, ty, is_key: false }],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

type Definition = crate::schema::change::ColumnDefinition;

fn of(column: &Definition) -> Typed<'_> {
    Typed { name: &column.name, ty: &column.ty, is_key: false }
}

fn name(column: &Definition) -> &str {
    &column.name.name
}

fn by_itself(column: &Definition) -> bool {
    column.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::Key { primary: true, .. }))
}
