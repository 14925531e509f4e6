//! Which tables belong to tenants, and through which column or foreign keys (TENANCY.md section 1). Classification
//! over-approximates: a table is global only when it is configured so or no path of any kind leads to a tenant.

mod columns;
mod infer;

use std::collections::HashMap;

pub use columns::{TenantColumns, column_folded, fold};
pub use infer::{infer, overlooked};

use crate::prove::settings::TenancySettings;
use crate::schema::catalog::{Catalog, ColumnIx, ForeignKey, ForeignKeyId, RelId, Relation, RelationKind};

/// How the rows of a table are owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The table of tenants; its primary key is the tenant.
    Root {
        /// The primary key's only column.
        key: ColumnIx,
        /// The level whose tenants it lists, 0 innermost.
        level: usize,
        /// Tenant columns of outer levels that the table has as well.
        outer: Vec<ColumnIx>,
    },
    /// The table has a tenant column.
    Direct {
        /// The tenant column.
        column: ColumnIx,
        /// The level that it names, 0 innermost.
        level: usize,
        /// Columns of outer levels that the table has as well.
        outer: Vec<ColumnIx>,
        /// Whether rows without a tenant are everybody's by configuration.
        shared: bool,
    },
    /// A chain of foreign keys leads to a direct or root table.
    Indirect {
        /// The keys that decide; with several, a row belongs to a tenant only if every parent does.
        parents: Vec<ForeignKeyId>,
    },
    /// The only path is a nullable, NOT VALID or undeclared key, or the table was filled from a scoped one: as indirect,
    /// with rows that may be nobody's.
    Unclassified {
        /// Declared keys that lead to a tenant-scoped table.
        parents: Vec<ForeignKeyId>,
        /// Columns named like the key of a tenant-scoped table, with that table.
        undeclared: Vec<(ColumnIx, RelId)>,
    },
    /// Belongs to nobody.
    Global {
        /// Whether `tenancy.global` says so.
        configured: bool,
    },
}

impl Owner {
    /// Whether rows of the table belong to tenants.
    pub const fn is_scoped(&self) -> bool {
        !matches!(self, Owner::Global { .. })
    }
}

/// How every relation of a catalog is owned.
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    /// One entry for each relation, by [`RelId`]; views are `Global` here, their definitions decide.
    pub owners: Vec<Owner>,
    /// The tenant columns and levels.
    pub columns: TenantColumns,
}

impl Ownership {
    /// How that relation is owned.
    pub fn of(&self, id: RelId) -> &Owner {
        &self.owners[id.0 as usize]
    }
}

/// Classifies every relation of a catalog. Without tenant columns in the settings everything is global.
pub fn classify(catalog: &Catalog, settings: &TenancySettings) -> Ownership {
    let columns = TenantColumns::new(catalog, settings);
    let mut owners: Vec<Option<Owner>> = vec![None; catalog.relations.len()];
    for (id, relation) in catalog.live_relations() {
        let owner = if !relation.is_table() {
            Some(Owner::Global { configured: false })
        } else if settings.global.iter().any(|name| is_named(relation, name)) {
            Some(Owner::Global { configured: true })
        } else {
            by_column(catalog, id, &columns, settings)
        };
        owners[id.0 as usize] = owner;
    }
    by_foreign_keys(catalog, settings, &mut owners);
    let owners = owners.into_iter().map(|o| o.unwrap_or(Owner::Global { configured: false })).collect();
    Ownership { owners, columns }
}

/// Whether a configured name means this relation: its name, with or without the schema.
pub fn is_named(relation: &Relation, name: &str) -> bool {
    match name.split_once('.') {
        Some((schema, name)) => relation.name.schema == schema && relation.name.name == name,
        None => relation.name.name == name,
    }
}

/// The foreign keys of a table, those of its partitioned parents included, with the table that declares each.
pub fn declared_foreign_keys(catalog: &Catalog, id: RelId) -> Vec<(ForeignKeyId, &ForeignKey)> {
    let mut keys: Vec<_> = catalog.live_foreign_keys(id).collect();
    let mut at = id;
    for _ in 0..16 {
        let RelationKind::Partition(parent) = catalog.relation(at).kind else { break };
        keys.extend(catalog.live_foreign_keys(parent));
        at = parent;
    }
    keys
}

/// The position in `id` of a column that `declarer` (the table itself or a partitioned ancestor) has at `column`.
pub fn own_column(catalog: &Catalog, id: RelId, declarer: RelId, column: ColumnIx) -> Option<ColumnIx> {
    if id == declarer {
        return Some(column);
    }
    let name = &catalog.relation(declarer).columns.get(column as usize)?.name;
    catalog.relation(id).column_named(name)
}

/// The columns of a table's primary key, where it has one.
pub fn primary_key(catalog: &Catalog, id: RelId) -> Option<Vec<ColumnIx>> {
    use crate::schema::catalog::{IndexOrigin, KeyTerm};
    catalog.usable_indexes(id).find(|(_, ix)| ix.origin == IndexOrigin::PrimaryKey).map(|(_, ix)| {
        ix.keys
            .iter()
            .filter_map(|k| match k.term {
                KeyTerm::Column(c) => Some(c),
                KeyTerm::Expr(_) => None,
            })
            .collect()
    })
}

fn single_key(catalog: &Catalog, id: RelId) -> Option<ColumnIx> {
    match primary_key(catalog, id)?.as_slice() {
        [key] => Some(*key),
        _ => None,
    }
}

/// The table that most foreign keys of columns with that folded name refer to.
fn root_by_reference(catalog: &Catalog, folded: &str) -> Option<RelId> {
    let mut votes: HashMap<RelId, usize> = HashMap::new();
    for (id, relation) in catalog.live_relations() {
        let Some(ix) = column_folded(relation, folded) else { continue };
        for (_, fk) in catalog.live_foreign_keys(id) {
            if fk.columns == [ix]
                && fk.target != id
                && single_key(catalog, fk.target).as_ref() == fk.target_columns.first()
            {
                *votes.entry(fk.target).or_default() += 1;
            }
        }
    }
    votes.into_iter().max_by_key(|(id, n)| (*n, std::cmp::Reverse(*id))).map(|(id, _)| id)
}

/// A table whose name is the column's without its suffix: `workspaces` for `workspace_id` and `"workspaceId"`.
fn root_by_name(catalog: &Catalog, column: &str) -> Option<RelId> {
    let folded = fold(column);
    let stem = folded.strip_suffix("id").filter(|s| !s.is_empty())?;
    let is_stem = |name: &str| fold(name) == stem || fold(&singular(name)) == stem;
    catalog
        .live_relations()
        .find(|(id, r)| {
            r.is_table()
                && is_stem(&r.name.name)
                && column_folded(r, &folded).is_none()
                && single_key(catalog, *id).is_some()
        })
        .map(|(id, _)| id)
}

/// Direct and root tables.
fn by_column(
    catalog: &Catalog,
    id: RelId,
    columns: &TenantColumns,
    settings: &TenancySettings,
) -> Option<Owner> {
    let relation = catalog.relation(id);
    let shared = settings.shared.iter().any(|name| is_named(relation, name));
    for level in 0..columns.levels() {
        let outer = || (level + 1..columns.levels()).filter_map(|l| columns.find(relation, l)).collect();
        if columns.roots()[level] == Some(id) {
            let key = single_key(catalog, id)?;
            return Some(Owner::Root { key, level, outer: outer() });
        }
        if let Some(column) = columns.find(relation, level) {
            return Some(Owner::Direct { column, level, outer: outer(), shared });
        }
    }
    None
}

/// Indirect and unclassified tables: to the fixed point of "some key leads to a tenant-scoped table". Declared keys
/// that hold for every row come first; only where none leads anywhere does a doubtful key count.
fn by_foreign_keys(catalog: &Catalog, settings: &TenancySettings, owners: &mut [Option<Owner>]) {
    let names = KeyNames::new(catalog);
    let undecided: Vec<RelId> =
        catalog.live_relations().map(|(id, _)| id).filter(|id| owners[id.0 as usize].is_none()).collect();
    loop {
        let mut changed = certain_round(catalog, settings, &undecided, owners);
        if !changed {
            changed = doubtful_round(catalog, &names, &undecided, owners);
        }
        if !changed {
            return;
        }
    }
}

fn scoped(owners: &[Option<Owner>], id: RelId) -> bool {
    owners[id.0 as usize].as_ref().is_some_and(Owner::is_scoped)
}

/// Finds every table that a certain key ties to a scoped one; then, the set being closed, gives each its parents.
fn certain_round(
    catalog: &Catalog,
    settings: &TenancySettings,
    undecided: &[RelId],
    owners: &mut [Option<Owner>],
) -> bool {
    let mut order: Vec<RelId> = Vec::new();
    loop {
        let before = order.len();
        for &id in undecided {
            if owners[id.0 as usize].is_none() && !parents_of(catalog, settings, owners, id, true).is_empty()
            {
                owners[id.0 as usize] = Some(Owner::Indirect { parents: Vec::new() });
                order.push(id);
            }
        }
        if order.len() == before {
            break;
        }
    }
    for &id in &order {
        let mut parents = parents_of(catalog, settings, owners, id, true);
        // A key that leads back to the table itself through its parents says nothing about who owns a row.
        parents.retain(|fk| !leads_to(catalog, owners, catalog.foreign_key(*fk).target, id, 0));
        owners[id.0 as usize] = Some(Owner::Indirect { parents });
    }
    !order.is_empty()
}

fn leads_to(catalog: &Catalog, owners: &[Option<Owner>], from: RelId, to: RelId, depth: usize) -> bool {
    if from == to || depth > 64 {
        return true;
    }
    match &owners[from.0 as usize] {
        Some(Owner::Indirect { parents }) => {
            parents.iter().any(|fk| leads_to(catalog, owners, catalog.foreign_key(*fk).target, to, depth + 1))
        }
        _ => false,
    }
}

/// Foreign keys of a table that lead to a scoped table: the configured ones where `tenancy.owner` names them, else
/// all that are validated, enforced and (if `certain`) of NOT NULL columns.
fn parents_of(
    catalog: &Catalog,
    settings: &TenancySettings,
    owners: &[Option<Owner>],
    id: RelId,
    certain: bool,
) -> Vec<ForeignKeyId> {
    let relation = catalog.relation(id);
    let configured =
        settings.owner.iter().find(|(table, _)| is_named(relation, table)).map(|(_, columns)| columns);
    let mut found: Vec<ForeignKeyId> = Vec::new();
    for (fk_id, fk) in declared_foreign_keys(catalog, id) {
        if fk.target == id || fk.target == fk.relation || !scoped(owners, fk.target) {
            continue;
        }
        let columns: Option<Vec<ColumnIx>> =
            fk.columns.iter().map(|c| own_column(catalog, id, fk.relation, *c)).collect();
        let Some(columns) = columns else { continue };
        if let Some(wanted) = configured {
            let named =
                |c: &ColumnIx| relation.columns.get(*c as usize).is_some_and(|c| wanted.contains(&c.name));
            if !columns.iter().all(named) {
                continue;
            }
        }
        let holds = fk.holds()
            && (configured.is_some()
                || columns.iter().all(|c| relation.columns.get(*c as usize).is_some_and(|c| c.not_null)));
        if (holds || !certain) && !found.contains(&fk_id) {
            found.push(fk_id);
        }
    }
    found
}

/// One table whose only path is doubtful.
fn doubtful_round(
    catalog: &Catalog,
    names: &KeyNames<'_>,
    undecided: &[RelId],
    owners: &mut [Option<Owner>],
) -> bool {
    let none = TenancySettings::default();
    for &id in undecided {
        if owners[id.0 as usize].is_some() {
            continue;
        }
        let parents = parents_of(catalog, &none, owners, id, false);
        let relation = catalog.relation(id);
        // Whoever reads a table reads the tables that inherit from it.
        let mut family = relation.inherits.iter().chain(&relation.inherited_by);
        let inherited = family.any(|id| scoped(owners, *id));
        // Copied rows are whose they were.
        let copied = relation.filled_from.iter().any(|id| scoped(owners, *id));
        let undeclared: Vec<(ColumnIx, RelId)> = relation
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| !c.dropped)
            .filter_map(|(ix, c)| {
                let target = names.referred(&c.name, relation)?;
                (target != id && scoped(owners, target)).then_some((ix as ColumnIx, target))
            })
            .filter(|(ix, _)| {
                !declared_foreign_keys(catalog, id).iter().any(|(_, fk)| fk.columns.contains(ix))
            })
            .collect();
        if !parents.is_empty() || !undeclared.is_empty() || inherited || copied {
            owners[id.0 as usize] = Some(Owner::Unclassified { parents, undeclared });
            return true;
        }
    }
    false
}

/// Tables by the name that a column referring to them would have (`agent_id` for `agent`, `agents`, `app_agent`).
struct KeyNames<'a> {
    by_column: HashMap<String, Vec<(RelId, &'a Relation)>>,
}

impl<'a> KeyNames<'a> {
    fn new(catalog: &'a Catalog) -> Self {
        let mut by_column: HashMap<String, Vec<(RelId, &'a Relation)>> = HashMap::new();
        for (id, relation) in catalog.live_relations().filter(|(_, r)| r.is_table()) {
            let Some(key) = single_key(catalog, id) else { continue };
            let Some(key) = relation.columns.get(key as usize) else { continue };
            let stem = singular(&relation.name.name);
            by_column.entry(format!("{stem}_{}", key.name)).or_default().push((id, relation));
            if let Some((_, tail)) = stem.split_once('_') {
                by_column.entry(format!("{tail}_{}", key.name)).or_default().push((id, relation));
            }
        }
        KeyNames { by_column }
    }

    /// The table that a column of `from` seems to refer to. A table known by the tail of its name counts only where
    /// both share their prefix.
    fn referred(&self, column: &str, from: &Relation) -> Option<RelId> {
        let candidates = self.by_column.get(column)?;
        candidates
            .iter()
            .find(|(_, to)| {
                let whole = column.starts_with(singular(&to.name.name).as_str());
                let prefix = |r: &Relation| r.name.name.split_once('_').map(|(p, _)| p.to_owned());
                to.name.schema == from.name.schema && (whole || prefix(to) == prefix(from))
            })
            .map(|(id, _)| *id)
    }
}

/// English plural to singular, as far as table names need it.
fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for es in ["sses", "xes", "ches", "shes"] {
        if name.ends_with(es) {
            return name[..name.len() - 2].to_owned();
        }
    }
    match name.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}
