//! `missing-row-security`: tables of tenants without row security, where others have it.

use crate::finding::Severity;
use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::settings::Options;
use crate::rules::subject::tenant_column;
use crate::rules::words::{code, ident};
use crate::schema::catalog::{RelId, Relation};

pub(in crate::rules) fn check(project: &Project, options: &Options) -> Vec<Draft> {
    let catalog = &project.catalog;
    let scoped = || {
        let tables = catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r));
        tables.filter(|(id, _)| project.ownership.of(*id).is_scoped())
    };
    let protected = scoped().filter(|(_, r)| r.row_security).count();
    if protected == 0 && !options.missing_row_security.always {
        return Vec::new();
    }
    // Policies that are there and do nothing are told as such.
    let is_open = |id: RelId, r: &Relation| {
        !r.row_security && !r.row_security_in_doubt && catalog.policies_of(id).next().is_none()
    };
    // Who the tenants are is mostly less of a secret than what they have.
    let is_root = |id: RelId| matches!(project.ownership.of(id), Owner::Root { .. });
    let open: Vec<(RelId, &Relation)> = scoped().filter(|(id, r)| is_open(*id, r)).collect();
    let (roots, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|(id, _)| is_root(*id));
    // Where most tables have none, row security is being introduced, and that is told once.
    let told = if others.len() > protected { 1 } else { others.len() };
    let untold = others.len() - told.min(others.len());
    let draft = |(id, relation): &(RelId, &Relation), untold: usize| {
        let table = code(&relation.name);
        let column = tenant_column(project, *id).name;
        let whose = match is_root(*id) {
            true => format!("each row of {table} is a tenant"),
            false => format!("rows of {table} belong to a tenant by {column}"),
        };
        let as_others = if protected > 0 { ", as other tables have" } else { "" };
        let more = match untold {
            0 => String::new(),
            1 => "; one other table of tenants has none".to_owned(),
            n => format!("; {n} other tables of tenants have none"),
        };
        let message = format!("{whose}, and it has no row security{as_others}{more}");
        let help = format!(
            "write `ALTER TABLE {} ENABLE ROW LEVEL SECURITY` and a policy that ties {column}",
            ident(&relation.name.name)
        );
        Some(Draft::new(relation.declared?, message).help(help).table(relation.name.to_string()))
    };
    let roots = roots.iter().filter_map(|table| Some(draft(table, 0)?.severity(Severity::Info)));
    roots.chain(others.iter().take(told).filter_map(|table| draft(table, untold))).collect()
}
