//! `set-null-drops-tenant`: ON DELETE SET NULL of a composite key takes the tenant from the row as well.

use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::rules::draft::Draft;
use crate::rules::isolation::{is_declared_by_itself, keys};
use crate::rules::words::code;
use crate::schema::catalog::{ColumnIx, ForeignKey, ReferentialAction};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let catalog = &project.catalog;
    let mut drafts = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| is_declared_by_itself(r)) {
        let Owner::Direct { column: tenant, .. } = project.ownership.of(id) else { continue };
        let Some(column) = relation.columns.get(*tenant as usize) else { continue };
        for (_, key) in catalog.live_foreign_keys(id) {
            let Some((event, action)) = clears(key, *tenant) else { continue };
            let kept: Vec<ColumnIx> = key.columns.iter().copied().filter(|c| c != tenant).collect();
            // A key over the tenant column alone is that to the table of tenants.
            if kept.is_empty() {
                continue;
            }
            let (own, target) = (code(&relation.name), code(&catalog.relation(key.target).name));
            let outcome = match column.not_null {
                true => format!("and, since that is NOT NULL, refuses to let the row of {target} go"),
                false => "and leaves a row that belongs to nobody".to_owned(),
            };
            let message = format!(
                "ON {event} {action} of this key also clears {} of {own}, {outcome}",
                code(&column.name)
            );
            let list = keys::columns(catalog, id, &kept);
            let help = match (event, project.planner.postgres_version >= 15) {
                ("DELETE", true) => format!("list the columns to clear: `ON DELETE {action} ({list})`"),
                _ => format!("take the action off the key, and clear `{list}` in the statement"),
            };
            drafts.push(Draft::new(key.declared, message).help(help).table(relation.name.to_string()));
        }
    }
    drafts
}

/// The event and the action by which a key clears a column.
fn clears(key: &ForeignKey, column: ColumnIx) -> Option<(&'static str, &'static str)> {
    let has = |columns: &[ColumnIx]| match columns {
        [] => key.columns.contains(&column),
        some => some.contains(&column),
    };
    let of = |action: &ReferentialAction| match action {
        ReferentialAction::SetNull(columns) if has(columns) => Some("SET NULL"),
        ReferentialAction::SetDefault(columns) if has(columns) => Some("SET DEFAULT"),
        ReferentialAction::NoAction
        | ReferentialAction::Restrict
        | ReferentialAction::Cascade
        | ReferentialAction::SetNull(_)
        | ReferentialAction::SetDefault(_) => None,
    };
    of(&key.on_delete).map(|a| ("DELETE", a)).or_else(|| of(&key.on_update).map(|a| ("UPDATE", a)))
}
