//! `cascade-across-tenants`: deleting or changing a row of one tenant deletes or changes rows of another.

use crate::project::Project;
use crate::prove::pairing::{self, Pair};
use crate::rules::draft::Draft;
use crate::rules::isolation::{is_declared_by_itself, keys};
use crate::rules::words::code;
use crate::schema::catalog::ForeignKey;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let catalog = &project.catalog;
    let keys = || {
        let tables = catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r));
        tables.flat_map(|(id, _)| catalog.live_foreign_keys(id).map(|(_, key)| key))
    };
    let acting: Vec<(&ForeignKey, Pair)> = keys()
        .filter(|key| keys::acts(&key.on_delete).or(keys::acts(&key.on_update)).is_some())
        .filter_map(|key| Some((key, pairing::unpaired(catalog, &project.ownership, key)?)))
        .collect();
    // Where no key of the project carries the tenant, that is one decision, told once.
    let told = if keys().any(|key| pairing::carries(&project.ownership, key)) { acting.len() } else { 1 };
    let untold = acting.len().saturating_sub(told);
    acting.into_iter().take(told).filter_map(|(key, pair)| draft(project, key, pair, untold)).collect()
}

fn draft(project: &Project, key: &ForeignKey, pair: Pair, untold: usize) -> Option<Draft> {
    let catalog = &project.catalog;
    let (event, doing, action) = match (keys::acts(&key.on_delete), keys::acts(&key.on_update)) {
        (Some(action), _) => ("DELETE", "deleting", action),
        (None, Some(action)) => ("UPDATE", "changing the key of", action),
        (None, None) => return None,
    };
    let relation = catalog.relation(key.relation);
    let (own, target) = (code(&relation.name), code(&catalog.relation(key.target).name));
    let more = match untold {
        0 => String::new(),
        1 => "; so does one other key".to_owned(),
        n => format!("; so do {n} other keys"),
    };
    let message = format!(
        "ON {event} {action} reaches across tenants: {doing} a row of {target} acts on whatever row of {own} refers to \
         it, whoever's it is{more}"
    );
    let draft = Draft::new(key.declared, message).help(keys::composite(catalog, key, pair));
    Some(draft.table(relation.name.to_string()))
}
