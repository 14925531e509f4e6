//! `global-unique-key`: a unique key of a table of tenants tells one tenant what another has.

use std::collections::BTreeSet;

use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::query::bind_table_expr;
use crate::query::model::{ExprKind, OccId};
use crate::query::walk::walk_expr;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::words::{code, ident, list};
use crate::schema::catalog::{Column, ColumnIx, Index, IndexOrigin, KeyTerm, RelId, Relation};
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let catalog = &project.catalog;
    let mut drafts = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        let Owner::Direct { column: tenant, outer, .. } = project.ownership.of(id) else { continue };
        let Some(tenant_column) = relation.columns.get(*tenant as usize) else { continue };
        for (_, index) in catalog.usable_indexes(id).filter(|(_, ix)| ix.unique && ix.parent.is_none()) {
            let columns = columns_of(project, id, index);
            let named: Vec<&Column> =
                columns.iter().filter_map(|c| relation.columns.get(*c as usize)).collect();
            let carries = columns.contains(tenant) || columns.iter().any(|c| outer.contains(c));
            let refers = columns.iter().any(|c| refers(project, id, *c));
            if carries
                || refers
                || named.is_empty()
                || named.iter().any(|c| is_of_no_tenant(relation, index, c))
            {
                continue;
            }
            let table = code(&relation.name);
            let said = list(named.iter().map(|c| code(&c.name)), "and");
            let said = match index.keys.iter().any(|key| matches!(key.term, KeyTerm::Expr(_))) {
                true => format!("an expression of {said}"),
                false => said,
            };
            let message = format!(
                "{said} of {table} is unique over all tenants: a tenant is told what another has, and cannot have it as \
                 well"
            );
            let names = named.iter().map(|c| ident(&c.name)).collect::<Vec<_>>().join(", ");
            let help = format!(
                "make it unique within the tenant: `UNIQUE ({}, {names})`",
                ident(&tenant_column.name)
            );
            drafts.push(Draft::new(index.declared, message).help(help).table(relation.name.to_string()));
        }
    }
    drafts
}

/// Columns of the keys, those inside expressions included.
fn columns_of(project: &Project, id: RelId, index: &Index) -> BTreeSet<ColumnIx> {
    let mut columns = BTreeSet::new();
    for key in &index.keys {
        match &key.term {
            KeyTerm::Column(column) => {
                columns.insert(*column);
            }
            KeyTerm::Expr(handle) => {
                let bound = bind_table_expr(&project.catalog, id, handle);
                walk_expr(&bound.expr, &mut |e| {
                    if let ExprKind::Column { occ: OccId(0), column } = &e.kind {
                        columns.insert(*column);
                    }
                });
            }
        }
    }
    columns
}

/// Whether a column refers to a row of another table: what is unique for that row is of its tenant, if it has one, or of
/// a row that everybody shares.
fn refers(project: &Project, id: RelId, column: ColumnIx) -> bool {
    project.catalog.live_foreign_keys(id).any(|(_, key)| key.columns.contains(&column))
}

/// Words of names whose values nobody chooses: generated, secret, or given by another system.
const NOT_CHOSEN: &[&str] = &[
    "token",
    "secret",
    "hash",
    "digest",
    "uuid",
    "guid",
    "ulid",
    "nonce",
    "apikey",
    "fingerprint",
    "checksum",
    "signature",
    "session",
    "invite",
    "invitation",
    "verification",
    "confirmation",
    "idempotency",
    "sid",
    "jti",
    "external",
    "stripe",
    "public",
    "random",
    "secure",
    "key",
];

/// Words of names that are unique in the world, not in a database.
const OF_THE_WORLD: &[&str] = &["domain", "subdomain", "host", "hostname", "url", "uri", "arn"];

/// Whether a value tells nothing of another tenant: a surrogate key, a token, an identifier of the world.
fn is_of_no_tenant(relation: &Relation, index: &Index, column: &Column) -> bool {
    let generated = column.identity || column.default.is_some() || column.generated.is_some();
    let is_number = matches!(column.ty.base, BaseType::Int2 | BaseType::Int4 | BaseType::Int8);
    let words: Vec<String> = column.name.to_lowercase().split(['_', '-', ' ']).map(str::to_owned).collect();
    let ends_in_id = words.last().is_some_and(|w| w == "id" || w == "ids") || column.name.ends_with("Id");
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let is_key = index.origin == IndexOrigin::PrimaryKey && (is_number || column.name == relation.name.name);
    column.ty.base == BaseType::Uuid
        || column.ty.base == BaseType::Bytea
        || (generated && (is_number || index.origin == IndexOrigin::PrimaryKey))
        || is_key
        || ends_in_id
        || has(NOT_CHOSEN)
        || has(OF_THE_WORLD)
}
