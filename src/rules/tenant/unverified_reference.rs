//! `unverified-reference`: a tenant's row is made to refer to a row that nobody verified to be the tenant's.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::{code, list};

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::UnverifiedReference { foreign_key } = &defect.kind else { return None };
    let occ = defect.occ;
    let catalog = &subject.project.catalog;
    let key = catalog.foreign_key(*foreign_key);
    let (table, other) = (subject.called(occ), code(&catalog.relation(key.target).name));
    let columns = list(key.columns.iter().map(|c| subject.column(occ, *c)), "and");
    let message = format!("{columns} of {table} may be given the key of another tenant's row of {other}");
    let help = format!(
        "let the foreign key carry the tenant (a composite key of {table} and {other}), or take {columns} from a row \
         of {other} that is tied to the tenant"
    );
    let draft = subject.draft(occ, defect.span, message);
    Some(draft.label(Some(key.declared), "this key does not carry the tenant").help(help))
}
