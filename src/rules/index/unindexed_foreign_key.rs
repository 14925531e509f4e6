//! `unindexed-foreign-key`: no index finds the rows that refer to a row that is deleted.

use std::collections::HashSet;

use crate::finding::Severity;
use crate::project::Project;
use crate::prove::reference;
use crate::query::model::{Body, CteBody, Source};
use crate::rules::draft::Draft;
use crate::rules::index::declared_indexes::{self, tenant_columns};
use crate::rules::settings::Options;
use crate::rules::words::{code, ident, list};
use crate::schema::catalog::{ReferentialAction, RelId};

pub(in crate::rules) fn check(project: &Project, options: &Options) -> Vec<Draft> {
    let catalog = &project.catalog;
    let deleted = deleted(project);
    let mut drafts = Vec::new();
    for (id, relation) in declared_indexes::tables(catalog).filter(|(_, r)| !options.is_small(&r.name)) {
        let common = tenant_columns(project, id);
        for (_, key) in catalog.live_foreign_keys(id) {
            let mut indexes = catalog.usable_indexes(id).chain(catalog.rejected_indexes(id));
            if indexes.any(|(_, index)| reference::serves(catalog, index, key, &common)) {
                continue;
            }
            let target = &catalog.relation(key.target).name;
            let name = |c: &u32| relation.columns.get(*c as usize).map_or("?", |c| c.name.as_str());
            let columns = list(key.columns.iter().map(|c| code(name(c))), "and");
            let own = code(&relation.name);
            let message = format!(
                "no index of {own} begins with {columns}, so that deleting a row of {} reads all of {own}",
                code(target)
            );
            let keys: Vec<String> = key.columns.iter().map(|c| ident(name(c))).collect();
            let mut draft = Draft::new(key.declared, message)
                .help(format!("create an index on `{} ({})`", relation.name, keys.join(", ")))
                .table(relation.name.to_string());
            // Where rows that refer to it are expected to go or change with it, or a statement deletes some.
            let acts = !matches!(key.on_delete, ReferentialAction::NoAction | ReferentialAction::Restrict);
            if !acts && !deleted.contains(&key.target) {
                draft = draft.severity(Severity::Info);
            }
            drafts.push(draft);
        }
    }
    drafts
}

/// Tables of which some statement deletes rows.
fn deleted(project: &Project) -> HashSet<RelId> {
    let mut tables = HashSet::new();
    for statement in &project.statements {
        let bound = &statement.bound;
        let nested = bound.ctes.iter().filter_map(|cte| match &cte.body {
            CteBody::Modify(body) => Some(&**body),
            CteBody::Query(_) => None,
        });
        for body in std::iter::once(&bound.body).chain(nested) {
            if let Body::Delete(delete) = body
                && let Source::Table(table) = bound.occurrence(delete.target).source
            {
                tables.insert(table);
            }
        }
    }
    tables
}
