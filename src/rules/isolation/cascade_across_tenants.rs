//! `cascade-across-tenants`: deleting or changing a row of one tenant deletes or changes rows of another.

use crate::project::Project;
use crate::prove::pairing;
use crate::rules::draft::Draft;
use crate::rules::isolation::{is_declared_by_itself, keys};
use crate::rules::words::code;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let catalog = &project.catalog;
    let mut drafts = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        for (_, key) in catalog.live_foreign_keys(id) {
            let Some(pair) = pairing::unpaired(catalog, &project.ownership, key) else { continue };
            let (event, doing, action) = match (keys::acts(&key.on_delete), keys::acts(&key.on_update)) {
                (Some(action), _) => ("DELETE", "deleting", action),
                (None, Some(action)) => ("UPDATE", "changing the key of", action),
                (None, None) => continue,
            };
            let (own, target) = (code(&relation.name), code(&catalog.relation(key.target).name));
            let message = format!(
                "ON {event} {action} reaches across tenants: {doing} a row of {target} acts on whatever row of {own} \
                 refers to it, whoever's it is"
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
