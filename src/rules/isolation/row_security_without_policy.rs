//! `row-security-without-policy`: row security without a permissive policy lets nothing through.

use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::isolation::policies::has_policies;
use crate::rules::words::code;
use crate::schema::catalog::{RelId, Relation};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let tables = project.catalog.live_relations();
    // A partition without policies is closed to whoever does not go through its parent, which is as it should be.
    let closed = tables.filter(|(id, r)| {
        is_declared_by_itself(r)
            && r.row_security
            && !r.row_security_in_doubt
            && !project.catalog.policies_of(*id).any(|p| p.permissive)
    });
    let draft = |(id, relation): (RelId, &Relation)| {
        let whom = match relation.force_row_security {
            true => "nobody but a superuser reads or writes its rows",
            false => "nobody but its owner reads or writes its rows",
        };
        let what = if has_policies(project, id) { "no permissive policy" } else { "no policy" };
        let message = format!("{} enables row security and has {what}: {whom}", code(&relation.name));
        let place = relation.row_security_at.or(relation.declared)?;
        Some(
            Draft::new(place, message)
                .help("create a policy that ties its rows to the tenant, unless the table is meant to be closed")
                .table(relation.name.to_string()),
        )
    };
    closed.filter_map(draft).collect()
}
