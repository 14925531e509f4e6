//! `unpaired-tenant-key`: a foreign key between tables of tenants that does not carry the tenant.

use std::collections::{HashMap, HashSet};

use crate::project::Project;
use crate::prove::pairing;
use crate::prove::verdict::DefectKind;
use crate::rules::draft::Draft;
use crate::rules::isolation::{is_declared_by_itself, keys};
use crate::rules::words::code;
use crate::schema::catalog::ForeignKeyId;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let catalog = &project.catalog;
    let joins = joins(project);
    let mut drafts = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        for (key_id, key) in catalog.live_foreign_keys(id) {
            let Some(pair) = pairing::unpaired(catalog, &project.ownership, key) else { continue };
            let target = catalog.relation(key.target);
            let column = relation.columns.get(pair.own as usize).map_or("?", |c| c.name.as_str());
            let count = joins.get(&key_id).copied().unwrap_or_default();
            let rests = match count {
                0 => String::new(),
                1 => "; one statement joins along it unverified".to_owned(),
                n => format!("; {n} statements join along it unverified"),
            };
            let message = format!(
                "{} may refer to another tenant's row of {}: the foreign key does not carry {}{rests}",
                keys::referring(catalog, key),
                code(&target.name),
                code(column)
            );
            drafts.push(
                Draft::new(key.declared, message)
                    .help(keys::composite(catalog, key, pair))
                    .table(relation.name.to_string()),
            );
        }
    }
    drafts
}

/// How many statements each foreign key would prove, if it carried the tenant.
fn joins(project: &Project) -> HashMap<ForeignKeyId, usize> {
    let mut counts = HashMap::new();
    for statement in project.statements.iter().filter(|s| s.exempt.is_none()) {
        let defects = statement.proof.iter().flat_map(|proof| &proof.defects);
        let keys: HashSet<ForeignKeyId> = defects
            .filter_map(|defect| match &defect.kind {
                DefectKind::UnverifiedJoin { tied: _, stored_reference } => *stored_reference,
                _ => None,
            })
            .collect();
        keys.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
    }
    counts
}
