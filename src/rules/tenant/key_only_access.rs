//! `key-only-access`: rows are picked by a key that the caller supplies, and nobody checks whose they are.

use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;
use crate::rules::words::list;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::KeyOnlyAccess { key } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let key = match key.is_empty() {
        true => "a key".to_owned(),
        false => list(key.iter().map(|c| subject.column(occ, *c)), "and"),
    };
    let message = format!("{table} is picked by {key} alone; nothing ties it to {tenant}");
    let draft = subject.label_owner(subject.draft(occ, defect.span, message), occ);
    Some(match remedy::tie(subject, occ, None) {
        Some(remedy) => draft.help(remedy.help).fix(remedy.fix),
        None => draft,
    })
}
