//! `unused-index`: no analysed statement can use an index.

use std::collections::{HashMap, HashSet};

use crate::project::{AnalysedStatement, Project, Role};
use crate::prove::reference;
use crate::query::model::{ExprKind, Source};
use crate::query::{self, walk};
use crate::rules::draft::Draft;
use crate::rules::index::declared_indexes::{tables, tenant_columns};
use crate::rules::settings::Options;
use crate::rules::words::code;
use crate::schema::catalog::{ColumnIx, Index, IndexId, IndexOrigin, KeyTerm, RelId, RelationKind};

pub(in crate::rules) fn check(project: &Project, _: &Options) -> Vec<Draft> {
    if !project.whole {
        return Vec::new();
    }
    let catalog = &project.catalog;
    let seen = Seen::new(project);
    let mut drafts = Vec::new();
    for (id, relation) in
        tables(catalog).filter(|(id, _)| seen.asked.contains(id) && !seen.opaque.contains(id))
    {
        let common = tenant_columns(project, id);
        for (ix, index) in catalog.usable_indexes(id) {
            let plain = index.origin == IndexOrigin::Index && !index.unique;
            let kept = || {
                let mut keys = catalog.live_foreign_keys(id);
                keys.any(|(_, key)| reference::serves(catalog, index, key, &common))
                    || first_column(index)
                        .is_some_and(|c| seen.policies.get(&id).is_some_and(|p| p.contains(&c)))
            };
            if !plain || seen.used.contains(&ix) || kept() {
                continue;
            }
            let message = format!(
                "no analysed statement can use the index {} of {}",
                code(&index.name),
                code(&relation.name)
            );
            drafts.push(
                Draft::new(index.declared, message)
                    .help("drop it if nothing else uses it: pg_stat_user_indexes.idx_scan counts its uses")
                    .table(relation.name.to_string()),
            );
        }
    }
    drafts
}

/// What the analysed statements use.
struct Seen {
    used: HashSet<IndexId>,
    /// Tables that a query reads.
    asked: HashSet<RelId>,
    /// Tables of which some read is not known.
    opaque: HashSet<RelId>,
    /// Columns that row security asks for.
    policies: HashMap<RelId, HashSet<ColumnIx>>,
}

impl Seen {
    fn new(project: &Project) -> Seen {
        let mut seen = Seen {
            used: HashSet::new(),
            asked: HashSet::new(),
            opaque: HashSet::new(),
            policies: HashMap::new(),
        };
        let mut expanded: HashSet<RelId> = HashSet::new();
        let of_view = |s: &&AnalysedStatement| matches!(s.role, Role::View(_));
        for statement in project.statements.iter().filter(|s| !of_view(s)) {
            seen.used.extend(statement.access.iter().flat_map(|a| a.usable.iter().copied()));
            let read: HashSet<_> = statement.access.iter().map(|a| a.occ).collect();
            for (n, occurrence) in (0u32..).zip(&statement.bound.occurrences) {
                match occurrence.source {
                    Source::Table(table) => {
                        let is_read = read.contains(&query::model::OccId(n));
                        if is_read && statement.role == Role::Query {
                            seen.asked.insert(table);
                        }
                    }
                    Source::View { view, query: Some(_) } => {
                        expanded.insert(view);
                    }
                    _ => {}
                }
            }
            if !statement.bound.gaps.is_empty() || statement.unplanned {
                seen.opaque.extend(tables_of(statement));
            }
        }
        // A view that no statement uses may be used elsewhere; a materialized one is read when it is refreshed.
        let used_elsewhere = |name: &str| {
            let mut views = project.catalog.live_relations();
            let named = views.find(|(_, r)| !r.is_table() && r.name.to_string() == name);
            named.is_none_or(|(id, r)| {
                !expanded.contains(&id) || matches!(r.kind, RelationKind::MaterializedView(_))
            })
        };
        for statement in project.statements.iter().filter(of_view) {
            if let Role::View(name) = &statement.role
                && used_elsewhere(name)
            {
                seen.opaque.extend(tables_of(statement));
            }
        }
        for policy in &project.catalog.policies {
            let asked = seen.policies.entry(policy.relation).or_default();
            for handle in policy.using.iter().chain(&policy.with_check) {
                let bound = query::bind_table_expr(&project.catalog, policy.relation, handle);
                walk::walk_expr(&bound.expr, &mut |e| {
                    if let ExprKind::Column { column, .. } = e.kind {
                        asked.insert(column);
                    }
                });
            }
        }
        seen
    }
}

fn tables_of(statement: &AnalysedStatement) -> impl Iterator<Item = RelId> {
    statement.bound.occurrences.iter().filter_map(|o| match o.source {
        Source::Table(table) => Some(table),
        _ => None,
    })
}

fn first_column(index: &Index) -> Option<ColumnIx> {
    match index.keys.first()?.term {
        KeyTerm::Column(column) => Some(column),
        KeyTerm::Expr(_) => None,
    }
}
