//! `nullable-tenant-column`: rows without a tenant can be stored, and nobody said that they are everybody's.

use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::rules::draft::Draft;
use crate::rules::isolation::is_declared_by_itself;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (id, relation) in project.catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        let Owner::Direct { column, shared: false, .. } = project.ownership.of(id) else { continue };
        let Some(column) = relation.columns.get(*column as usize).filter(|c| !c.not_null) else { continue };
        let Some(place) = column.declared.or(relation.declared) else { continue };
        let (table, name) = (code(&relation.name), code(&column.name));
        let message = format!("{name} of {table} may be NULL: such a row belongs to nobody, or to everybody");
        let help = format!(
            "declare it NOT NULL (`ALTER TABLE {} ALTER COLUMN {} SET NOT NULL`); or, if rows without a tenant are \
             everybody's, list {table} in `tenancy.shared`",
            ident(&relation.name.name),
            ident(&column.name),
        );
        drafts.push(Draft::new(place, message).help(help).table(relation.name.to_string()));
    }
    drafts
}
