//! `missing-row-security`: tables of tenants without row security, where others have it.

use crate::finding::Severity;
use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::settings::Options;
use crate::rules::subject::tenant_column;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(project: &Project, options: &Options) -> Vec<Draft> {
    let catalog = &project.catalog;
    let uses = catalog.live_relations().any(|(_, r)| r.is_table() && r.row_security);
    if !uses && !options.missing_row_security.always {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        let open = !relation.row_security
            && !relation.row_security_in_doubt
            && project.ownership.of(id).is_scoped()
            // Policies that are there and do nothing are told as such.
            && catalog.policies_of(id).next().is_none();
        let Some(place) = relation.declared.filter(|_| open) else { continue };
        let table = code(&relation.name);
        let column = tenant_column(project, id).name;
        let whose = match project.ownership.of(id) {
            Owner::Root { .. } => format!("each row of {table} is a tenant"),
            _ => format!("rows of {table} belong to a tenant by {column}"),
        };
        let message = match uses {
            true => format!("{whose}, and it has no row security, as other tables have"),
            false => format!("{whose}, and it has no row security"),
        };
        let help = format!(
            "write `ALTER TABLE {} ENABLE ROW LEVEL SECURITY` and a policy that ties {column}",
            ident(&relation.name.name)
        );
        let draft = Draft::new(place, message).help(help).table(relation.name.to_string());
        // Who the tenants are is mostly less of a secret than what they have.
        let is_root = matches!(project.ownership.of(id), Owner::Root { .. });
        drafts.push(if is_root { draft.severity(Severity::Info) } else { draft });
    }
    drafts
}
