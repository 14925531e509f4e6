//! Names of the configuration that the schema does not have: a slip there would quietly take tables out of judgement.

use crate::prove::ownership::{column_folded, fold, is_named};
use crate::prove::settings::{Membership, TenancySettings};
use crate::schema::catalog::{Catalog, Relation};

/// A configured name that is nowhere in the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unmatched {
    /// One sentence without a full stop.
    pub(super) message: String,
    /// What to write instead, where something near is there.
    pub(super) help: Option<String>,
}

/// The configured names that match nothing, in the order of the settings.
pub(super) fn unmatched(catalog: &Catalog, settings: &TenancySettings) -> Vec<Unmatched> {
    let tables: Vec<&Relation> = catalog.live_relations().map(|(_, r)| r).filter(|r| r.is_table()).collect();
    let names = Names { tables };
    let TenancySettings {
        columns,
        root,
        root_keys,
        global,
        shared,
        owner,
        membership,
        session: _, // An expression.
        session_of_policies: _,
        sets: _,
        trust_row_security: _,
    } = settings;
    let mut all = Vec::new();
    all.extend(columns.iter().filter_map(|c| names.any_column("tenancy.columns", c)));
    all.extend(root.iter().filter_map(|t| names.table("tenancy.root", t)));
    if let Some(table) = root.as_deref().and_then(|t| names.find(t)) {
        all.extend(root_keys.iter().filter_map(|c| column("tenancy.root-keys", table, c)));
    }
    all.extend(global.iter().filter_map(|t| names.table("tenancy.global", t)));
    all.extend(shared.iter().filter_map(|t| names.table("tenancy.shared", t)));
    for (table, keys) in owner {
        all.extend(names.table_with("tenancy.owner", table, keys.iter()));
    }
    for Membership { table, principal, tenant } in membership {
        all.extend(names.table_with("tenancy.membership", table, [principal, tenant].into_iter()));
    }
    all
}

struct Names<'a> {
    tables: Vec<&'a Relation>,
}

impl<'a> Names<'a> {
    fn find(&self, name: &str) -> Option<&'a Relation> {
        self.tables.iter().copied().find(|r| is_named(r, name))
    }

    fn any_column(&self, key: &str, name: &str) -> Option<Unmatched> {
        if self.tables.iter().any(|r| column_folded(r, &fold(name)).is_some()) {
            return None;
        }
        let columns = self.tables.iter().flat_map(|r| r.columns.iter().filter(|c| !c.dropped));
        let message = format!("`{key}`: no table has a column `{name}`");
        Some(Unmatched { message, help: instead(name, columns.map(|c| c.name.as_str())) })
    }

    fn table(&self, key: &str, name: &str) -> Option<Unmatched> {
        if self.find(name).is_some() {
            return None;
        }
        let message = format!("`{key}`: there is no table `{name}`");
        let tables = self.tables.iter().map(|r| r.name.name.as_str());
        Some(Unmatched { message, help: instead(name, tables) })
    }

    fn table_with<'n>(
        &self,
        key: &str,
        table: &str,
        columns: impl Iterator<Item = &'n String>,
    ) -> Vec<Unmatched> {
        match self.find(table) {
            None => self.table(key, table).into_iter().collect(),
            Some(found) => columns.filter_map(|c| column(key, found, c)).collect(),
        }
    }
}

fn column(key: &str, table: &Relation, name: &str) -> Option<Unmatched> {
    if table.column_named(name).is_some() {
        return None;
    }
    let message = format!("`{key}`: `{}` has no column `{name}`", table.name.name);
    let columns = table.columns.iter().filter(|c| !c.dropped).map(|c| c.name.as_str());
    Some(Unmatched { message, help: instead(name, columns) })
}

/// The name that was probably meant. One that differs in case needs its quotes, as in SQL.
fn instead<'n>(wrong: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    if let Some(name) = names.clone().find(|name| name.to_lowercase() == wrong) {
        return Some(format!("write it in the quotes that it has in the schema: `'\"{name}\"'`"));
    }
    let near = names
        .map(|name| (strsim::osa_distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= (wrong.chars().count() / 3).max(1))
        .min()?;
    Some(format!("did you mean `{}`?", near.1))
}
