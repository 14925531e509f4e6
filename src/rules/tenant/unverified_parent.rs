//! `unverified-parent`: a write stores a parent key that nobody verified.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident, list};

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::UnverifiedParent { foreign_key } = &defect.kind else { return None };
    let occ = defect.occ;
    let catalog = &subject.project.catalog;
    let key = catalog.foreign_key(*foreign_key);
    let target = catalog.relation(key.target);
    let (table, parent) = (subject.called(occ), code(&target.name));
    let columns = list(key.columns.iter().map(|c| subject.column(occ, *c)), "and");
    let message =
        format!("{columns} of {table} is stored without a check that the row of {parent} is the tenant's");
    let draft = subject.draft(occ, defect.span, message).label(
        Some(key.declared),
        format!("rows of {table} belong to the tenant of the row that this refers to"),
    );
    let key_column = key.target_columns.first().and_then(|c| target.columns.get(*c as usize));
    let (Some((condition, note)), Some(key_column)) = (remedy::of_tenant(subject, key.target), key_column)
    else {
        return Some(draft);
    };
    let name = ident(&target.name.name);
    let row = format!("FROM {name} WHERE {name}.{} = ... AND {condition}", ident(&key_column.name));
    let help = match subject.is_inserted(occ) {
        true => format!("take {columns} from the parent's row: `INSERT ... SELECT ... {row}`{note}"),
        false => format!("take {columns} from the parent's row: `UPDATE ... SET ... {row}`{note}"),
    };
    Some(draft.help(help))
}
