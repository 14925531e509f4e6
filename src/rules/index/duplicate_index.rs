//! `duplicate-index`: two indexes have the same keys.

use std::collections::HashMap;

use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::index::declared_indexes::{Part, Shaped, Sort, tables};
use crate::rules::settings::Options;
use crate::rules::words::code;
use crate::schema::catalog::{Index, IndexOrigin};

pub(in crate::rules) fn check(project: &Project, _: &Options) -> Vec<Draft> {
    let catalog = &project.catalog;
    let mut drafts = Vec::new();
    for (id, relation) in tables(catalog) {
        // The one to keep of each kind: a constraint before a unique index before any other, then the first.
        let mut kept: HashMap<(Sort, Vec<Part>), Shaped<'_>> = HashMap::new();
        let mut all: Vec<Shaped<'_>> =
            catalog.usable_indexes(id).map(|(ix, index)| Shaped::new(catalog, ix, index)).collect();
        all.sort_by_key(|shaped| (worth(shaped.index), shaped.id));
        for shaped in all {
            let key = (shaped.sort.clone(), shaped.parts.clone());
            let Some(first) = kept.get(&key) else {
                kept.insert(key, shaped);
                continue;
            };
            let (own, other) = (shaped.index, first.index);
            let dispensable = own.origin == IndexOrigin::Index
                && (!own.unique || other.unique && own.nulls_not_distinct == other.nulls_not_distinct)
                && shaped.is_stored_in(other);
            if !dispensable {
                continue;
            }
            let message = format!("index {} has the same keys as {}", code(&own.name), code(&other.name));
            drafts.push(
                Draft::new(own.declared, message)
                    .label(Some(other.declared), format!("{} is here", code(&other.name)))
                    .help(format!("drop {}; whatever it serves, the other serves", code(&own.name)))
                    .table(relation.name.to_string()),
            );
        }
    }
    drafts
}

/// Smaller is rather kept.
fn worth(index: &Index) -> (bool, bool, std::cmp::Reverse<usize>) {
    (index.origin == IndexOrigin::Index, !index.unique, std::cmp::Reverse(index.include.len()))
}
