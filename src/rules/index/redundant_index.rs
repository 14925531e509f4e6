//! `redundant-index`: the keys of an index are the first keys of another.

use std::collections::HashMap;

use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::index::declared_indexes::{Part, Shaped, Sort, tables};
use crate::rules::settings::Options;
use crate::rules::words::code;
use crate::schema::catalog::{IndexMethod, IndexOrigin};

pub(in crate::rules) fn check(project: &Project, _: &Options) -> Vec<Draft> {
    let catalog = &project.catalog;
    let mut drafts = Vec::new();
    for (id, relation) in tables(catalog) {
        let btrees = catalog.usable_indexes(id).filter(|(_, index)| index.method == IndexMethod::Btree);
        let all: Vec<Shaped<'_>> = btrees.map(|(ix, index)| Shaped::new(catalog, ix, index)).collect();
        // By each proper beginning of their keys, the index with the fewest more.
        let mut longer: HashMap<(&Sort, &[Part]), &Shaped<'_>> = HashMap::new();
        for shaped in &all {
            for n in 1..shaped.parts.len() {
                let Some(begin) = shaped.parts.get(..n) else { continue };
                let known = longer.entry((&shaped.sort, begin)).or_insert(shaped);
                if shaped.parts.len() < known.parts.len() {
                    *known = shaped;
                }
            }
        }
        for shaped in all.iter().filter(|s| s.index.origin == IndexOrigin::Index && !s.index.unique) {
            let backward = shaped.backward();
            let found =
                longer.get(&(&shaped.sort, &*shaped.parts)).or(longer.get(&(&shaped.sort, &*backward)));
            let Some(other) = found.filter(|other| shaped.is_stored_in(other.index)) else { continue };
            let (own, other) = (shaped.index, other.index);
            let message = format!(
                "index {} is the beginning of {}, which serves all that it serves",
                code(&own.name),
                code(&other.name)
            );
            drafts.push(
                Draft::new(own.declared, message)
                    .label(Some(other.declared), format!("{} is here", code(&other.name)))
                    .help(format!("drop {}, unless it is kept for being smaller", code(&own.name)))
                    .table(relation.name.to_string()),
            );
        }
    }
    drafts
}
