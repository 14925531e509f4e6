//! `exposed-materialized-view`: a materialized view holds rows of protected tables, and no policy holds for it.

use crate::finding::Severity;
use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::has_other_roles;
use crate::rules::isolation::protected;
use crate::rules::words::{code, list};
use crate::schema::catalog::RelationKind;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (id, relation) in project.catalog.live_relations() {
        let (RelationKind::MaterializedView(_), Some(place)) = (&relation.kind, relation.declared) else {
            continue;
        };
        let Some(definition) = protected::definition(project, relation) else { continue };
        let tables = protected::tables(project, definition);
        if tables.is_empty() {
            continue;
        }
        let granted = protected::is_granted(project, id);
        let names = list(tables.iter().map(|t| code(&t.name)), "and");
        let who = if granted { "and is open to other roles" } else { "for whoever may read it" };
        let message = format!(
            "{} stores rows of {names} for all tenants, {who}: a materialized view has no row security",
            code(&relation.name)
        );
        let draft = Draft::new(place, message)
            .help("take the privilege away, and let a view or function with the tenant's filter read it")
            .table(relation.name.to_string());
        let known = granted || (has_other_roles(project) && relation.name.schema == "public");
        drafts.push(if known { draft } else { draft.severity(Severity::Info) });
    }
    drafts
}
