//! Tenant columns for tables whose rows belong to a tenant only through a parent. With the column, keys can carry the
//! tenant out of the table and into it, and policies compare a column instead of following parents. Asked for by name:
//! a column is a change that every INSERT should know of in the end.
//!
//! | step | why |
//! | --- | --- |
//! | ADD COLUMN without a default | an instant; rows that are there have NULL |
//! | a trigger that takes the tenant from the parent where the column is NULL | code that does not know the column goes on working, and no row is added without a tenant |
//! | rows that are there, some pages at a time, each time in a transaction of its own | no row stays locked for long |
//! | CHECK, NOT NULL, the key to the parent | as for any tenant column |
//!
//! | table | what is done |
//! | --- | --- |
//! | its first parent has a tenant column, or gets one | the column |
//! | its parent is the table of tenants | left out: the foreign key is the tenant's column by another name |
//! | its parent's rows may be everybody's | left out: so may these |
//! | children by INHERITS | left out: each would need its own |

use std::collections::HashMap;

use super::keys::leaves;
use super::{Hardening, LeftOut, Measure, Options, TenantColumn, column_name, tables};
use crate::check::CheckedProject;
use crate::prove::ownership::Owner;
use crate::schema::catalog::{ForeignKey, ForeignKeyId, Name, RelId, Relation, RelationKind};
use crate::suggest::names::Names;

/// The tenant column of a table: its name and its type.
type Tenant = (String, String);

/// Proposes tenant columns, those of parents before those of children.
pub(super) fn find(checked: &CheckedProject, options: &Options, names: &mut Names, found: &mut Hardening) {
    let catalog = &checked.project.catalog;
    let mut open: Vec<(RelId, &Relation, &[ForeignKeyId])> = Vec::new();
    for (id, relation) in tables(catalog, options) {
        if let Owner::Indirect { parents } = checked.project.ownership.of(id)
            && !matches!(relation.kind, RelationKind::Partition(_))
        {
            open.push((id, relation, parents));
        }
    }
    let mut planned: HashMap<RelId, Tenant> = HashMap::new();
    while !open.is_empty() {
        let before = open.len();
        open.retain(|(id, relation, parents)| {
            let source = parents.iter().find_map(|key| {
                let key = (*key, catalog.foreign_key(*key));
                Some((key, tenant(checked, &planned, key.1.target)?))
            });
            let Some((key, tenant)) = source.filter(|_| relation.inherited_by.is_empty()) else {
                return true;
            };
            found.tenant_columns.push(column(checked, names, (*id, relation), key, &tenant));
            planned.insert(*id, tenant.0);
            false
        });
        if open.len() == before {
            break;
        }
    }
    for (_, relation, parents) in open {
        found.left_out.push(LeftOut {
            measure: Measure::TenantColumns,
            what: relation.name.to_string(),
            why: why_not(checked, relation, parents),
            declared: relation.declared,
        });
    }
}

/// The tenant column that a table has or gets, with its name in the parent.
fn tenant(checked: &CheckedProject, planned: &HashMap<RelId, Tenant>, id: RelId) -> Option<(Tenant, String)> {
    if let Some(tenant) = planned.get(&id) {
        return Some((tenant.clone(), tenant.0.clone()));
    }
    let Owner::Direct { column, shared: false, .. } = checked.project.ownership.of(id) else { return None };
    let relation = checked.project.catalog.relation(id);
    let column = relation.columns.get(*column as usize)?;
    Some(((column.name.clone(), column.ty.to_string()), column.name.clone()))
}

fn column(
    checked: &CheckedProject,
    names: &mut Names,
    (id, relation): (RelId, &Relation),
    (key_id, key): (ForeignKeyId, &ForeignKey),
    ((column, ty), parent_column): &(Tenant, String),
) -> TenantColumn {
    let catalog = &checked.project.catalog;
    let parent = catalog.relation(key.target);
    let parts = leaves(catalog, id);
    TenantColumn {
        table: relation.name.clone(),
        column: column.clone(),
        ty: ty.clone(),
        parent: parent.name.clone(),
        parent_column: parent_column.clone(),
        pairs: key
            .columns
            .iter()
            .zip(&key.target_columns)
            .map(|(own, theirs)| (column_name(relation, *own), column_name(parent, *theirs)))
            .collect(),
        trigger: names.derived(&relation.name, column, "_from_parent"),
        stored_in: match relation.partitioned || !parts.is_empty() {
            true => parts.iter().map(|part| catalog.relation(*part).name.clone()).collect(),
            false => vec![relation.name.clone()],
        },
        declared: relation.declared,
        key: key_id,
    }
}

fn why_not(checked: &CheckedProject, relation: &Relation, parents: &[ForeignKeyId]) -> String {
    let catalog = &checked.project.catalog;
    if !relation.inherited_by.is_empty() {
        return "tables inherit from it, and each would need its own column".to_owned();
    }
    let Some(key) = parents.first().map(|key| catalog.foreign_key(*key)) else {
        return "its owner is not certain".to_owned();
    };
    let parent: &Name = &catalog.relation(key.target).name;
    match checked.project.ownership.of(key.target) {
        Owner::Root { .. } => {
            let own: Vec<String> = key.columns.iter().map(|c| column_name(relation, *c)).collect();
            format!("its {} is the tenant: list it in tenancy.columns", own.join(", "))
        }
        Owner::Direct { shared: true, .. } => {
            format!("rows of `{parent}` may be everybody's, and so may these")
        }
        Owner::Direct { .. } | Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => {
            format!("its parent `{parent}` has no tenant column and gets none")
        }
    }
}
