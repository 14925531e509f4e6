//! Random databases: one that satisfies the declared constraints, and another that agrees with it on everything that one
//! set of owners may see and differs elsewhere.

use std::collections::{BTreeSet, HashSet};

use fastrand::Rng;

use super::tables::{ForeignKey, Owner, Schema};
use super::tenancy::Membership;
use super::values::Values;

/// One row: a value for each column; what the server computes stays NULL here.
pub(crate) type Row = Vec<Option<String>>;

/// A row with the name of its owner, as [`Schema::owner_sql`] spells it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The row.
    pub(crate) row: Row,
    /// Its owner.
    pub(crate) owner: String,
}

/// The rows of every table.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// By table.
    pub(crate) tables: Vec<Vec<Record>>,
}

/// On whose behalf a statement runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Names of the owners.
    pub(crate) owners: BTreeSet<String>,
    /// The principal whose memberships gave them.
    pub(crate) principal: Option<String>,
}

impl Scope {
    /// Whether a row of that owner is the same in both databases.
    pub(crate) fn sees(&self, owner: &str) -> bool {
        owner == "G" || owner == "S" || self.owners.contains(owner)
    }
}

/// Makes databases.
pub(crate) struct Maker<'a> {
    /// The schema.
    pub(crate) schema: &'a Schema,
    /// The domains.
    pub(crate) values: &'a Values,
    /// Tables of memberships.
    pub(crate) membership: &'a [Membership],
    /// Which values the databases like, so that several conditions at once are often true of one row.
    pub(crate) habit: Habit,
    /// The source of chance.
    pub(crate) rng: &'a mut Rng,
}

/// What a pair of databases likes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habit {
    /// Chooses the favourite value of each column.
    seed: u64,
    /// How often it is taken.
    strength: f64,
    /// How often a nullable column is NULL.
    empty: f64,
    /// Whether tables have few rows, or none.
    sparse: bool,
}

impl Habit {
    /// A new one.
    pub(crate) fn new(rng: &mut Rng) -> Habit {
        let strengths = [0.0, 0.3, 0.6, 0.8];
        let empties = [0.1, 0.3, 0.5];
        Habit {
            seed: rng.u64(..),
            strength: strengths[rng.usize(..4)],
            empty: empties[rng.usize(..3)],
            sparse: rng.u8(..5) == 0,
        }
    }
}

/// Keys in use: unique key of the table, values.
type Used = HashSet<(usize, Vec<String>)>;

/// How much a second database differs.
struct Mood {
    change: f64,
    delete: f64,
    fresh: usize,
}

const MOODS: [Mood; 7] = [
    Mood { change: 0.15, delete: 0.1, fresh: 1 },
    Mood { change: 0.4, delete: 0.3, fresh: 2 },
    Mood { change: 0.8, delete: 0.5, fresh: 3 },
    Mood { change: 0.3, delete: 1.0, fresh: 0 },
    Mood { change: 0.5, delete: 0.0, fresh: 2 },
    Mood { change: 0.7, delete: 0.0, fresh: 0 },
    Mood { change: 0.0, delete: 0.1, fresh: 4 },
];

impl Maker<'_> {
    /// A database of three tenants.
    pub(crate) fn first(&mut self) -> World {
        let mut world = World { tables: vec![Vec::new(); self.schema.tables.len()] };
        for &table in &self.schema.order {
            let mut used = Used::new();
            if let Some((level, key)) = self.root_level(table) {
                for tenant in self.values.tenants[level].iter().take(3).cloned() {
                    self.add(&mut world, table, &mut used, Some((key, Some(tenant))), None);
                }
                continue;
            }
            let rows = match self.schema.tables[table].is_scoped() {
                true if self.habit.sparse => self.rng.usize(..=3),
                true => self.rng.usize(3..=10),
                false => self.rng.usize(2..=4),
            };
            for _ in 0..rows {
                let owner = self.some_owner(table, |_| true);
                self.add(&mut world, table, &mut used, owner, None);
            }
        }
        self.settle(&mut world);
        world
    }

    /// A database that agrees with the first on what the scope sees. Absent where chance made none.
    pub(crate) fn second(&mut self, first: &World, scope: &Scope) -> Option<World> {
        let mood = &MOODS[self.rng.usize(..MOODS.len())];
        let kept = self.kept(first, scope);
        let mut world = World { tables: vec![Vec::new(); first.tables.len()] };
        for &table in &self.schema.order {
            let mut used = Used::new();
            let (seen, others): (Vec<usize>, Vec<usize>) =
                (0..first.tables[table].len()).partition(|at| scope.sees(&first.tables[table][*at].owner));
            for at in seen {
                let record = first.tables[table][at].clone();
                self.note(table, &record.row, &mut used);
                world.tables[table].push(record);
            }
            for at in others {
                let held = kept[table].iter().find(|(row, _)| *row == at).map(|(_, columns)| columns);
                if held.is_none() && self.chance(mood.delete) {
                    continue;
                }
                let original = &first.tables[table][at].row;
                let change =
                    if held.is_some() && mood.change > 0.2 { mood.change.max(0.65) } else { mood.change };
                let changed = if self.chance(change) {
                    self.changed(&world, table, original, held, scope)
                } else {
                    original.clone()
                };
                let fits = [changed, original.clone()].into_iter().find(|row| {
                    self.free(table, row, &used)
                        && !scope.sees(&self.owner(&world, table, row))
                        && !self.joins(table, row, scope)
                });
                match fits {
                    Some(row) => {
                        self.note(table, &row, &mut used);
                        let owner = self.owner(&world, table, &row);
                        world.tables[table].push(Record { row, owner });
                    }
                    None if held.is_some() => return None,
                    None => {}
                }
            }
            if !self.schema.tables[table].is_scoped() {
                continue;
            }
            if let Some((level, key)) = self.root_level(table) {
                let fourth = self.values.tenants[level].last().cloned();
                if mood.fresh > 0 && self.chance(0.3) {
                    self.add(&mut world, table, &mut used, Some((key, fourth)), Some(scope));
                }
                continue;
            }
            for _ in 0..self.rng.usize(..=mood.fresh) {
                let owner = self.some_owner(table, |owner| !scope.sees(owner));
                self.add(&mut world, table, &mut used, owner, Some(scope));
            }
        }
        let before: Vec<usize> = world.tables.iter().map(Vec::len).collect();
        self.settle(&mut world);
        let after: Vec<usize> = world.tables.iter().map(Vec::len).collect();
        // Rows that the first database's visible rows refer to must have survived.
        (before == after || self.agree(first, &world, scope)).then_some(world)
    }

    /// Drops rows that refer to nothing, until none does, and names the owners again.
    pub(crate) fn settle(&self, world: &mut World) {
        loop {
            let mut dropped = false;
            for table in 0..world.tables.len() {
                for key in self.schema.tables[table].foreign.iter().filter(|key| key.holds) {
                    let rows = std::mem::take(&mut world.tables[table]);
                    let keep: Vec<bool> = rows
                        .iter()
                        .map(|record| {
                            let Some(values) = key_values(&record.row, &key.columns) else { return true };
                            let parents = if key.parent == table { &rows } else { &world.tables[key.parent] };
                            parents.iter().any(|parent| matches(parent, &key.keys, &values))
                        })
                        .collect();
                    dropped |= keep.contains(&false);
                    world.tables[table] =
                        std::iter::zip(rows, keep).filter(|(_, keep)| *keep).map(|(row, _)| row).collect();
                }
            }
            if !dropped {
                break;
            }
        }
        for &table in &self.schema.order {
            for at in 0..world.tables[table].len() {
                let owner = self.owner(world, table, &world.tables[table][at].row);
                world.tables[table][at].owner = owner;
            }
        }
    }

    /// Whether two databases agree on what the scope sees.
    pub(crate) fn agree(&self, first: &World, second: &World, scope: &Scope) -> bool {
        let visible = |records: &[Record]| {
            let mut rows: Vec<(String, Row)> = records
                .iter()
                .filter(|r| scope.sees(&r.owner))
                .map(|r| (r.owner.clone(), r.row.clone()))
                .collect();
            rows.sort();
            rows
        };
        std::iter::zip(&first.tables, &second.tables).all(|(a, b)| visible(a) == visible(b))
    }

    /// The owner of a row among the rows of a database.
    pub(crate) fn owner(&self, world: &World, table: usize, row: &Row) -> String {
        match &self.schema.tables[table].owner {
            Owner::Global => "G".to_owned(),
            Owner::Column { column, level } => match &row[*column] {
                Some(tenant) => format!("T{level}:{tenant}"),
                None => "S".to_owned(),
            },
            Owner::Parents(parents) => {
                let mut owners = parents.iter().map(|key| {
                    let values = key_values(row, &key.columns)?;
                    world.tables[key.parent]
                        .iter()
                        .find(|p| matches(p, &key.keys, &values))
                        .map(|p| p.owner.clone())
                });
                let first = owners.next().flatten();
                match first {
                    Some(owner) if owners.all(|other| other.as_ref() == Some(&owner)) => owner,
                    _ => "N".to_owned(),
                }
            }
        }
    }

    /// The level whose tenants are the rows of a table, with the column that names them.
    fn root_level(&self, table: usize) -> Option<(usize, usize)> {
        let level = self.schema.roots.iter().position(|root| root.is_some_and(|(at, _)| at == table))?;
        Some((level, self.schema.roots[level]?.1))
    }

    /// The tenant column with a tenant for it, or with none for a shared row.
    fn some_owner(&mut self, table: usize, admits: impl Fn(&str) -> bool) -> Option<(usize, Option<String>)> {
        let Owner::Column { column, level } = self.schema.tables[table].owner else { return None };
        if !self.schema.tables[table].columns[column].not_null && self.chance(0.22) && admits("S") {
            return Some((column, None));
        }
        let tenants: Vec<&String> =
            self.values.tenants[level][..3].iter().filter(|t| admits(&format!("T{level}:{t}"))).collect();
        Some((column, Some(self.rng.choice(tenants)?.clone())))
    }

    fn add(
        &mut self,
        world: &mut World,
        table: usize,
        used: &mut Used,
        owner: Option<(usize, Option<String>)>,
        hidden_from: Option<&Scope>,
    ) {
        let Some(row) = self.row(world, table, used, owner, hidden_from) else { return };
        let owner = self.owner(world, table, &row);
        if hidden_from.is_some_and(|scope| scope.sees(&owner) || self.joins(table, &row, scope)) {
            return;
        }
        self.note(table, &row, used);
        world.tables[table].push(Record { row, owner });
    }

    /// A random row that fits; absent where none was found.
    fn row(
        &mut self,
        world: &World,
        table: usize,
        used: &Used,
        owner: Option<(usize, Option<String>)>,
        hidden_from: Option<&Scope>,
    ) -> Option<Row> {
        let described = &self.schema.tables[table];
        let mut row: Row = vec![None; described.columns.len()];
        let mut set = vec![false; row.len()];
        if let Some((column, tenant)) = owner {
            row[column] = tenant;
            set[column] = true;
        }
        let owning =
            |key: &ForeignKey| matches!(&described.owner, Owner::Parents(parents) if parents.contains(key));
        let mut keys: Vec<&ForeignKey> = described.foreign.iter().collect();
        keys.sort_by_key(|key| (!owning(key), std::cmp::Reverse(key.columns.len())));
        for key in keys {
            self.refer(world, table, key, &mut row, &mut set, hidden_from.filter(|_| owning(key)))?;
        }
        for column in 0..row.len() {
            if !set[column] {
                row[column] = self.value(table, column);
                if row[column].is_none()
                    && described.columns[column].not_null
                    && !described.columns[column].generated
                {
                    return None;
                }
            }
        }
        for _ in 0..6 {
            let Some(clash) = self.clash(table, &row, used) else { return Some(row) };
            let loose: Vec<usize> = described.unique[clash].iter().copied().filter(|c| !set[*c]).collect();
            if loose.is_empty() {
                return None;
            }
            for column in loose {
                row[column] = self.values.pick(self.rng, table, column);
            }
        }
        None
    }

    /// Fills the columns of a foreign key from some row of the parent.
    fn refer(
        &mut self,
        world: &World,
        table: usize,
        key: &ForeignKey,
        row: &mut Row,
        set: &mut [bool],
        hidden_from: Option<&Scope>,
    ) -> Option<()> {
        let columns = &self.schema.tables[table].columns;
        let open: Vec<usize> = key.columns.iter().copied().filter(|c| !set[*c]).collect();
        if open.is_empty() {
            return Some(());
        }
        let nullable: Vec<usize> = open.iter().copied().filter(|c| !columns[*c].not_null).collect();
        let empty = std::iter::zip(&key.columns, &key.keys).any(|(c, _)| set[*c] && row[*c].is_none());
        if empty || (!nullable.is_empty() && self.chance(0.2)) {
            // One NULL switches the key off; the rest of it may be anything.
            for column in open {
                let kept = columns[column].not_null || (empty && self.chance(0.7));
                row[column] = if kept { self.values.pick(self.rng, table, column) } else { None };
                set[column] = true;
            }
            return Some(());
        }
        if !key.holds && self.chance(0.3) {
            for column in open {
                row[column] = self.values.pick(self.rng, table, column);
                set[column] = true;
            }
            return Some(());
        }
        let mut candidates: Vec<&Record> = world.tables[key.parent]
            .iter()
            .filter(|parent| {
                std::iter::zip(&key.columns, &key.keys).all(|(c, k)| !set[*c] || parent.row[*k] == row[*c])
            })
            .filter(|parent| key.keys.iter().all(|k| parent.row[*k].is_some()))
            .filter(|parent| hidden_from.is_none_or(|scope| !scope.sees(&parent.owner)))
            .collect();
        if let Some(column) = self.schema.tables[table].tenant_column()
            && self.chance(0.4)
        {
            let same: Vec<&Record> = candidates
                .iter()
                .copied()
                .filter(|p| p.owner.split_once(':').map(|(_, tenant)| tenant) == row[column].as_deref())
                .collect();
            if !same.is_empty() {
                candidates = same;
            }
        }
        match self.rng.choice(candidates) {
            Some(parent) => {
                for (column, at) in std::iter::zip(&key.columns, &key.keys) {
                    row[*column].clone_from(&parent.row[*at]);
                    set[*column] = true;
                }
            }
            None if nullable.is_empty() => return None,
            None => {
                for column in nullable {
                    row[column] = None;
                    set[column] = true;
                }
            }
        }
        Some(())
    }

    fn value(&mut self, table: usize, column: usize) -> Option<String> {
        let described = &self.schema.tables[table].columns[column];
        if described.generated {
            return None;
        }
        let empty =
            if described.ty.starts_with("timestamp") { self.habit.empty.max(0.4) } else { self.habit.empty };
        if !described.not_null && self.chance(empty) {
            return None;
        }
        if self.chance(self.habit.strength) {
            return self.values.favourite(self.habit.seed, table, column);
        }
        self.values.pick(self.rng, table, column)
    }

    /// A changed copy of a row; columns that others refer to stay.
    fn changed(
        &mut self,
        world: &World,
        table: usize,
        original: &Row,
        held: Option<&BTreeSet<usize>>,
        scope: &Scope,
    ) -> Row {
        let described = &self.schema.tables[table];
        let mut row = original.clone();
        let fixed = |column: usize| {
            held.is_some_and(|columns| columns.contains(&column))
                || (held.is_some() && described.primary.contains(&column))
        };
        let plain: Vec<usize> = (0..row.len())
            .filter(|c| !fixed(*c) && !described.is_identifier(*c) && described.tenant_column() != Some(*c))
            .collect();
        let all = self.chance(0.55);
        for column in plain {
            if all || self.chance(0.4) {
                row[column] = self.value(table, column);
                if row[column] == original[column] {
                    row[column] = self.value(table, column);
                }
            }
        }
        if let Some(column) = described.tenant_column()
            && !fixed(column)
            && !described.primary.contains(&column)
            && self.chance(0.4)
            && let Some((column, Some(tenant))) = self.some_owner(table, |owner| !scope.sees(owner))
        {
            row[column] = Some(tenant);
        }
        for key in &described.foreign {
            if key.columns.iter().any(|c| fixed(*c) || described.tenant_column() == Some(*c))
                || !self.chance(0.4)
            {
                continue;
            }
            if let Some(parent) = self.rng.choice(&world.tables[key.parent]) {
                for (column, at) in std::iter::zip(&key.columns, &key.keys) {
                    row[*column].clone_from(&parent.row[*at]);
                }
            }
        }
        row
    }

    /// Rows that visible rows refer to, directly or not, with the columns that must stay.
    fn kept(&self, world: &World, scope: &Scope) -> Vec<Vec<(usize, BTreeSet<usize>)>> {
        let mut kept: Vec<Vec<(usize, BTreeSet<usize>)>> = vec![Vec::new(); world.tables.len()];
        let mut work: Vec<(usize, usize)> = Vec::new();
        for (table, records) in world.tables.iter().enumerate() {
            work.extend(
                (0..records.len()).filter(|at| scope.sees(&records[*at].owner)).map(|at| (table, at)),
            );
        }
        while let Some((table, at)) = work.pop() {
            for key in self.schema.tables[table].foreign.iter().filter(|key| key.holds) {
                let Some(values) = key_values(&world.tables[table][at].row, &key.columns) else { continue };
                let Some(parent) =
                    world.tables[key.parent].iter().position(|p| matches(p, &key.keys, &values))
                else {
                    continue;
                };
                match kept[key.parent].iter_mut().find(|(row, _)| *row == parent) {
                    Some((_, columns)) => columns.extend(key.keys.iter().copied()),
                    None => {
                        kept[key.parent].push((parent, key.keys.iter().copied().collect()));
                        work.push((key.parent, parent));
                    }
                }
            }
        }
        kept
    }

    /// Whether a row would make the scope's principal a member of another tenant.
    fn joins(&self, table: usize, row: &Row, scope: &Scope) -> bool {
        let Some(principal) = &scope.principal else { return false };
        let described = &self.schema.tables[table];
        self.membership.iter().filter(|m| m.table == described.name).any(|m| {
            described.column(&m.principal).is_some_and(|column| row[column].as_ref() == Some(principal))
        })
    }

    fn clash(&self, table: usize, row: &Row, used: &Used) -> Option<usize> {
        (0..self.schema.tables[table].unique.len()).find(|at| {
            key_values(row, &self.schema.tables[table].unique[*at])
                .is_some_and(|values| used.contains(&(*at, values)))
        })
    }

    fn free(&self, table: usize, row: &Row, used: &Used) -> bool {
        self.clash(table, row, used).is_none()
    }

    fn note(&self, table: usize, row: &Row, used: &mut Used) {
        for (at, key) in self.schema.tables[table].unique.iter().enumerate() {
            if let Some(values) = key_values(row, key) {
                used.insert((at, values));
            }
        }
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.f64() < probability
    }
}

/// The values of some columns; absent where one is NULL.
pub(crate) fn key_values(row: &Row, columns: &[usize]) -> Option<Vec<String>> {
    columns.iter().map(|c| row[*c].clone()).collect()
}

fn matches(parent: &Record, keys: &[usize], values: &[String]) -> bool {
    std::iter::zip(keys, values).all(|(key, value)| parent.row[*key].as_ref() == Some(value))
}
