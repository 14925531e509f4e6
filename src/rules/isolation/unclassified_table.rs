//! `unclassified-table`: the only path to a tenant is a key that not every row must have.

use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::words::code;
use crate::schema::catalog::{Doubt, ForeignKeyId, RelId, Relation};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (id, relation) in project.catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        let Owner::Unclassified { parents, undeclared } = project.ownership.of(id) else { continue };
        let Some(place) = relation.declared else { continue };
        let table = code(&relation.name);
        let column = |ix: u32| code(relation.columns.get(ix as usize).map_or("?", |c| c.name.as_str()));
        let (why, at) = match (parents.first(), undeclared.first()) {
            (Some(key), _) => {
                (why_not(project, relation, *key), Some(project.catalog.foreign_key(*key).declared))
            }
            (None, Some((ix, target))) => {
                let target = code(&project.catalog.relation(*target).name);
                let at = relation.columns.get(*ix as usize).and_then(|c| c.declared);
                (format!("{} looks like a key of {target}, but no foreign key says so", column(*ix)), at)
            }
            (None, None) => {
                let filled = |id: &&RelId| project.ownership.of(**id).is_scoped();
                let Some(source) = relation.filled_from.iter().find(filled) else { continue };
                let source = code(&project.catalog.relation(*source).name);
                (format!("it is filled with rows of {source} and does not keep whose they are"), None)
            }
        };
        let message = format!("whose rows {table} holds is not certain: {why}");
        let help = format!(
            "make the path certain (NOT NULL, and a validated foreign key), give {table} a tenant column, or list it in \
             `tenancy.global` if its rows belong to nobody"
        );
        drafts.push(
            Draft::new(place, message)
                .label(at, "the only path to a tenant")
                .help(help)
                .table(relation.name.to_string()),
        );
    }
    drafts
}

/// Why a declared foreign key does not give every row an owner.
fn why_not(project: &Project, relation: &Relation, key: ForeignKeyId) -> String {
    let key = project.catalog.foreign_key(key);
    let target = code(&project.catalog.relation(key.target).name);
    let nullable = key.columns.iter().filter_map(|c| relation.columns.get(*c as usize)).find(|c| !c.not_null);
    match nullable {
        _ if matches!(key.doubt, Some(Doubt::Added(_))) => {
            format!("its foreign key to {target} is added only under a condition")
        }
        _ if matches!(key.doubt, Some(Doubt::Dropped(_))) => {
            format!("its foreign key to {target} may have been dropped again")
        }
        _ if matches!(key.doubt, Some(Doubt::Disabled(_))) => {
            format!("the triggers that hold its foreign key to {target} are disabled")
        }
        _ if !key.enforced => format!("its foreign key to {target} is NOT ENFORCED"),
        _ if !key.validated => format!("its foreign key to {target} is NOT VALID"),
        Some(column) => format!("{}, its reference to {target}, may be NULL", code(&column.name)),
        None => format!("its foreign key to {target} does not decide"),
    }
}
