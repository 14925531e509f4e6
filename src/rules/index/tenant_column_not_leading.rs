//! `tenant-column-not-leading`: an index has the tenant column behind others, though every use of it ties the tenant.

use std::collections::HashMap;

use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::prove::reference;
use crate::prove::verdict::AccessClass;
use crate::rules::draft::Draft;
use crate::rules::index::declared_indexes::tables;
use crate::rules::settings::Options;
use crate::rules::words::{code, ident};
use crate::schema::catalog::{IndexId, IndexMethod, IndexOrigin, KeyTerm};

pub(in crate::rules) fn check(project: &Project, options: &Options) -> Vec<Draft> {
    let catalog = &project.catalog;
    let uses = uses(project);
    let mut drafts = Vec::new();
    for (id, relation) in tables(catalog).filter(|(_, r)| !options.is_small(&r.name)) {
        let Owner::Direct { column: tenant, .. } = project.ownership.of(id) else { continue };
        let is_tenant = |term: &KeyTerm| matches!(term, KeyTerm::Column(c) if c == tenant);
        for (ix, index) in catalog.usable_indexes(id) {
            let Some(position) = index.keys.iter().position(|key| is_tenant(&key.term)) else { continue };
            let plain =
                index.origin == IndexOrigin::Index && index.method == IndexMethod::Btree && position > 0;
            // Where it finds the rows that refer to another, its first key is there for that.
            let refers = || {
                catalog
                    .live_foreign_keys(id)
                    .any(|(_, key)| reference::serves(catalog, index, key, &[*tenant]))
            };
            let tied = uses.get(&ix).is_some_and(|keys| keys.iter().all(|keys| keys.contains(&position)));
            if !plain || !tied || refers() {
                continue;
            }
            let name = |term: &KeyTerm| match term {
                KeyTerm::Column(c) => relation.columns.get(*c as usize).map_or("?", |c| c.name.as_str()),
                KeyTerm::Expr(_) => "an expression",
            };
            let first = index.keys.first().map_or("?", |key| name(&key.term));
            let own = relation.columns.get(*tenant as usize).map_or("?", |c| c.name.as_str());
            let message = format!(
                "index {} has the tenant column {} behind {}, though every statement that uses it ties the tenant",
                code(&index.name),
                code(own),
                code(first)
            );
            let help = format!(
                "with `{}` first it serves the same statements, and those that name only the tenant; rows of one tenant \
                 then lie together",
                ident(own)
            );
            drafts.push(Draft::new(index.declared, message).help(help).table(relation.name.to_string()));
        }
    }
    drafts
}

/// Of each index that a statement is searched by, the keys with a condition, use by use.
fn uses(project: &Project) -> HashMap<IndexId, Vec<&[usize]>> {
    let mut uses: HashMap<IndexId, Vec<&[usize]>> = HashMap::new();
    let reads = project.statements.iter().flat_map(|s| &s.access);
    for access in reads.filter(|a| matches!(a.class, AccessClass::Seek | AccessClass::OrderOnly)) {
        for index_use in &access.indexes {
            uses.entry(index_use.index).or_default().push(&index_use.keys);
        }
    }
    uses
}
