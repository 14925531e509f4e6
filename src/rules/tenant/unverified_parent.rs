//! `unverified-parent`: a write stores a parent key that nobody verified.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::code;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::UnverifiedParent { foreign_key } = &defect.kind else { return None };
    let occ = defect.occ;
    let catalog = &subject.project.catalog;
    let key = catalog.foreign_key(*foreign_key);
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let parent = code(&catalog.relation(key.target).name);
    let columns = crate::rules::words::list(key.columns.iter().map(|c| subject.column(occ, *c)), "and");
    let message =
        format!("{columns} of {table} is stored without a check that the row of {parent} is the tenant's");
    let help = format!(
        "take {columns} from a row of {parent} that is tied to {tenant}: `INSERT ... SELECT` or `UPDATE ... FROM` {parent}, \
         with a condition on {tenant}"
    );
    Some(
        subject
            .draft(occ, defect.span, message)
            .label(
                Some(key.declared),
                format!("rows of {table} belong to the tenant of the row that this refers to"),
            )
            .help(help),
    )
}
