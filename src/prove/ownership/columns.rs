//! Spellings of the tenant column and the levels that they name: `workspace_id` and `"workspaceId"` are one column in
//! two tables' words, `project_id` and `organization_id` are two levels.

use crate::prove::settings::TenancySettings;
use crate::schema::catalog::{Catalog, ColumnIx, RelId, Relation};

use super::{is_named, root_by_name, root_by_reference, single_key};

/// The tenant columns of a schema, by level, innermost first.
#[derive(Clone, Debug, Default)]
pub struct TenantColumns {
    spellings: Vec<Spelling>,
    /// The table of tenants of each level, where it is known.
    roots: Vec<Option<RelId>>,
}

#[derive(Clone, Debug)]
struct Spelling {
    name: String,
    folded: String,
    level: usize,
}

impl TenantColumns {
    /// Reads the configured names. Two of them are one level where they differ in case and underscores only, or where
    /// they refer to one table of tenants and no table carries both.
    pub(super) fn new(catalog: &Catalog, settings: &TenancySettings) -> Self {
        let mut columns = TenantColumns::default();
        for (position, name) in settings.columns.iter().enumerate() {
            // A single root is configured; with several levels it is the outermost one's unless a key says otherwise.
            let outermost = position + 1 == settings.columns.len();
            let configured = settings.root.as_deref().filter(|_| outermost).and_then(|root| {
                catalog
                    .live_relations()
                    .find(|(id, r)| r.is_table() && is_named(r, root) && single_key(catalog, *id).is_some())
                    .map(|(id, _)| id)
            });
            let folded = fold(name);
            let root = configured
                .or_else(|| root_by_reference(catalog, &folded))
                .or_else(|| root_by_name(catalog, name));
            let level = columns.level_like(catalog, &folded, root);
            if level == columns.roots.len() {
                columns.roots.push(root);
            } else if let Some(known) = columns.roots.get_mut(level)
                && known.is_none()
            {
                *known = root;
            }
            columns.spellings.push(Spelling { name: name.clone(), folded, level });
        }
        columns
    }

    /// The level of an earlier spelling that names the same tenants, else a new one.
    fn level_like(&self, catalog: &Catalog, folded: &str, root: Option<RelId>) -> usize {
        let alike = self.spellings.iter().find(|s| s.folded == folded);
        let of_one_root = || {
            let level = self.roots.iter().position(|r| r.is_some() && *r == root)?;
            let apart = |r: &Relation| column_folded(r, folded).is_none() || self.find(r, level).is_none();
            catalog.live_relations().all(|(_, r)| !r.is_table() || apart(r)).then_some(level)
        };
        alike.map(|s| s.level).or_else(of_one_root).unwrap_or(self.roots.len())
    }

    /// How many levels there are.
    pub fn levels(&self) -> usize {
        self.roots.len()
    }

    /// The table of tenants of each level, innermost first, where it is known.
    pub fn roots(&self) -> &[Option<RelId>] {
        &self.roots
    }

    /// The column of a table that names its tenant of that level: as a configuration spells it, else one that differs
    /// in case and underscores only.
    pub fn find(&self, relation: &Relation, level: usize) -> Option<ColumnIx> {
        let of_level = || self.spellings.iter().filter(|s| s.level == level);
        of_level()
            .find_map(|s| relation.column_named(&s.name))
            .or_else(|| of_level().find_map(|s| column_folded(relation, &s.folded)))
    }

    /// The level that a name of a column speaks of.
    pub fn level_of(&self, name: &str) -> Option<usize> {
        let exact = self.spellings.iter().find(|s| s.name == name);
        exact.or_else(|| self.spellings.iter().find(|s| s.folded == fold(name))).map(|s| s.level)
    }
}

/// A name without what spellings of one word differ in: case and underscores.
pub fn fold(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// The first column of a table whose folded name is that.
pub fn column_folded(relation: &Relation, folded: &str) -> Option<ColumnIx> {
    let position = relation.columns.iter().position(|c| !c.dropped && fold(&c.name) == folded);
    position.map(|i| i as ColumnIx)
}
