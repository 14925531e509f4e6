//! `wider-tenant-filter`: tied to an outer level only, on a table that has an inner one.

use crate::prove::ownership::Owner;
use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::WiderTenantFilter { of, inner, outer } = &defect.kind else { return None };
    let occ = defect.occ;
    let (table, row) = (subject.called(occ), subject.called(*of));
    let (inner, outer) = (subject.column(*of, *inner), subject.column(*of, *outer));
    let owner = subject.relation(*of).map(|(id, _)| subject.project.ownership.of(id));
    let through = if *of == occ { ",".to_owned() } else { format!(", through {row},") };
    let message = match owner {
        Some(Owner::Root { .. }) if *of == occ => {
            format!("{table} is tied to {outer} only, though each of its rows is a tenant of its own")
        }
        Some(Owner::Root { .. }) => {
            format!(
                "{table} is tied to {outer} only{through} though each row of {row} is a tenant of its own"
            )
        }
        _ => format!("{table} is tied to {outer} only{through} though its rows belong to one {inner}"),
    };
    let draft = subject.label_owner(subject.draft(occ, defect.span, message), occ);
    if *of != occ {
        return Some(draft.help(format!("tie {row} by {inner}; that ties {table} as well")));
    }
    Some(match remedy::tie(subject, occ, None) {
        Some(remedy) => draft.help(remedy.help).fix(remedy.fix),
        None => draft,
    })
}
