//! `wider-tenant-filter`: tied to an outer level only, on a table that has an inner one.

use crate::prove::ownership::Owner;
use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::WiderTenantFilter { inner, outer } = &defect.kind else { return None };
    let occ = defect.occ;
    let table = subject.called(occ);
    let (inner, outer) = (subject.column(occ, *inner), subject.column(occ, *outer));
    let owner = subject.relation(occ).map(|(id, _)| subject.project.ownership.of(id));
    let message = match owner {
        Some(Owner::Root { .. }) => {
            format!("{table} is tied to {outer} only, though each of its rows is a tenant of its own")
        }
        _ => format!("{table} is tied to {outer} only, though its rows belong to one {inner}"),
    };
    let draft = subject.label_owner(subject.draft(occ, defect.span, message), occ);
    Some(match remedy::tie(subject, occ, None) {
        Some(remedy) => draft.help(remedy.help).fix(remedy.fix),
        None => draft,
    })
}
