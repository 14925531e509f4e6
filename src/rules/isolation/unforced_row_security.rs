//! `unforced-row-security`: policies do not hold for the owner of the table.

use crate::finding::Severity;
use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::isolation::policies::{has_other_roles, has_policies};
use crate::rules::words::{code, ident};
use crate::schema::catalog::Relation;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let tables = || {
        let all = project.catalog.live_relations();
        all.filter(|(id, r)| is_declared_by_itself(r) && r.row_security && has_policies(project, *id))
            .map(|(_, r)| r)
    };
    let unforced: Vec<&Relation> =
        tables().filter(|r| !r.force_row_security && !r.row_security_in_doubt).collect();
    let forces = tables().any(|r| r.force_row_security);
    // Where nothing is forced, that is one decision, told once.
    let told = if forces { unforced.len() } else { 1 };
    let others = unforced.len().saturating_sub(told);
    let draft = |relation: &&Relation| {
        let table = code(&relation.name);
        let count = match others {
            0 => String::new(),
            1 => ", and so does one other table".to_owned(),
            n => format!(", and so do {n} other tables"),
        };
        let message = format!(
            "{table} enables row security without forcing it{count}: no policy holds for the owner of the table"
        );
        let help = format!(
            "write `ALTER TABLE {} FORCE ROW LEVEL SECURITY`, or let the application connect as a role that does not own \
             its tables",
            ident(&relation.name.name)
        );
        let place = relation.row_security_at.or(relation.declared)?;
        let draft = Draft::new(place, message).help(help).table(relation.name.to_string());
        Some(if !forces && has_other_roles(project) { draft.severity(Severity::Info) } else { draft })
    };
    unforced.iter().take(told).filter_map(draft).collect()
}
