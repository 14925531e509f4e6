//! `definer-view`: a view reads protected tables with the rights of its owner.

use crate::finding::Severity;
use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::has_other_roles;
use crate::rules::isolation::protected;
use crate::rules::words::{code, ident, list};
use crate::schema::catalog::RelationKind;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (_, relation) in project.catalog.live_relations() {
        if !matches!(&relation.kind, RelationKind::View(view) if !view.security_invoker) {
            continue;
        }
        let (Some(place), Some(definition)) = (relation.declared, protected::definition(project, relation))
        else {
            continue;
        };
        let tables = protected::tables(project, definition);
        if tables.is_empty() {
            continue;
        }
        let names = list(tables.iter().map(|t| code(&t.name)), "and");
        let message = format!(
            "{} reads {names} with the rights of its owner: the policies do not hold for whoever reads the view",
            code(&relation.name)
        );
        let help = match project.planner.postgres_version >= 15 {
            true => {
                format!("write `ALTER VIEW {} SET (security_invoker = true)`", ident(&relation.name.name))
            }
            false => {
                "give the tenant's filter to the view itself, or let nobody but its owner read it".to_owned()
            }
        };
        let draft = Draft::new(place, message)
            .label(tables.first().and_then(|t| t.row_security_at), "row security is enabled here")
            .help(help)
            .table(relation.name.to_string());
        // Forced policies hold for an owner that is no superuser; whoever owns the view is not known.
        let forced = tables.iter().all(|t| t.force_row_security) && !has_other_roles(project);
        drafts.push(if forced { draft.severity(Severity::Info) } else { draft });
    }
    drafts
}
