//! The schema as the server knows it: columns, keys, checks, and who owns the rows of each table.

use std::collections::{BTreeMap, BTreeSet};

use super::postgres::{Session, SqlError, ident};
use super::tenancy::Tenancy;

/// One ordinary or partitioned table (partitions themselves are left out).
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its name, unquoted; all tables live in one schema.
    pub(crate) name: String,
    /// Columns in order.
    pub(crate) columns: Vec<Column>,
    /// The primary key.
    pub(crate) primary: Vec<usize>,
    /// Column sets that are unique at every moment: valid, immediate, without predicate or expressions.
    pub(crate) unique: Vec<Vec<usize>>,
    /// Whether rows may vanish when they are inserted: a condition that only the server can evaluate.
    pub(crate) lossy: bool,
    /// Whether a DEFERRABLE key forbids ON CONFLICT without a target.
    pub(crate) deferrable: bool,
    /// Foreign keys that every row satisfies.
    pub(crate) foreign: Vec<ForeignKey>,
    /// Conditions over several columns that every row satisfies, as SQL.
    pub(crate) checks: Vec<String>,
    /// Who owns a row.
    pub(crate) owner: Owner,
    /// Whether it is partitioned; then it holds no rows of its own.
    pub(crate) partitioned: bool,
    /// The table it INHERITS from, where it does.
    pub(crate) inherits: Option<usize>,
}

/// One column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Its type, as the server writes it.
    pub(crate) ty: String,
    /// Whether NULL is forbidden.
    pub(crate) not_null: bool,
    /// Whether the server computes it.
    pub(crate) generated: bool,
    /// Whether it has a default or is an identity column.
    pub(crate) has_default: bool,
    /// Conditions on this column alone, as SQL.
    pub(crate) checks: Vec<String>,
}

/// One foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    /// Referring columns.
    pub(crate) columns: Vec<usize>,
    /// The table referred to.
    pub(crate) parent: usize,
    /// Its columns.
    pub(crate) keys: Vec<usize>,
    /// Whether every stored row satisfies it: validated, and a constraint at all.
    pub(crate) holds: bool,
}

/// Who owns a row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nobody.
    Global,
    /// The tenant in a column; NULL is everybody's.
    Column { column: usize, level: usize },
    /// Whoever owns the rows that it refers to, if they agree.
    Parents(Vec<ForeignKey>),
}

/// All tables of a database.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// The tables.
    pub(crate) tables: Vec<Table>,
    /// Indexes of the tables, parents before children as far as that is possible.
    pub(crate) order: Vec<usize>,
    /// For each level, the table of tenants and its key.
    pub(crate) roots: Vec<Option<(usize, usize)>>,
    /// For each level, the type of its tenants.
    pub(crate) tenant_types: Vec<String>,
    /// Sequences, quoted.
    pub(crate) sequences: Vec<(String, i64)>,
    /// Materialized views, quoted, in order of creation.
    pub(crate) materialized: Vec<String>,
    /// Views with their columns.
    pub(crate) views: Vec<(String, Vec<(String, String)>)>,
    /// Labels of enum types.
    pub(crate) enums: BTreeMap<String, Vec<String>>,
    /// Whether there are functions whose effects the text of a statement does not show.
    pub(crate) has_functions: bool,
}

impl Schema {
    /// Asks the server.
    pub(crate) fn read(session: &mut Session, tenancy: &Tenancy) -> Result<Schema, SqlError> {
        let mut reader =
            Reader { session, tables: Vec::new(), by_oid: BTreeMap::new(), attributes: Vec::new() };
        reader.tables()?;
        reader.constraints()?;
        reader.indexes()?;
        reader.inheritance()?;
        let tables = std::mem::take(&mut reader.tables);
        let mut schema = Schema {
            order: topological(&tables),
            tables,
            roots: Vec::new(),
            tenant_types: Vec::new(),
            sequences: Vec::new(),
            materialized: Vec::new(),
            views: Vec::new(),
            enums: BTreeMap::new(),
            has_functions: false,
        };
        schema.others(session)?;
        schema.own(tenancy);
        Ok(schema)
    }

    /// The index of a table by name.
    pub(crate) fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == name)
    }

    fn others(&mut self, session: &mut Session) -> Result<(), SqlError> {
        for row in session.rows(
            "SELECT t.typname, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid ORDER BY e.enumsortorder",
        )? {
            if let [Some(ty), Some(label)] = &row[..] {
                self.enums.entry(ty.clone()).or_default().push(label.clone());
            }
        }
        for row in session.rows(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), max_value FROM pg_sequences
             WHERE schemaname <> 'live_shadow'",
        )? {
            if let [Some(name), Some(max)] = &row[..] {
                self.sequences.push((name.clone(), if max.len() < 7 { 30_000 } else { 900_000 }));
            }
        }
        for row in session.rows(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), c.relkind::text FROM pg_class c
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
             WHERE c.relkind IN ('v', 'm') AND c.relnamespace = 'public'::regnamespace ORDER BY c.oid, a.attnum",
        )? {
            let [Some(view), Some(column), Some(ty), Some(kind)] = &row[..] else { continue };
            match self.views.last_mut() {
                Some((name, columns)) if name == view => columns.push((column.clone(), ty.clone())),
                _ => {
                    self.views.push((view.clone(), vec![(column.clone(), ty.clone())]));
                    if kind == "m" {
                        self.materialized.push(ident(view));
                    }
                }
            }
        }
        self.has_functions = !session
            .rows(
                "SELECT 1 FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS
                 (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LIMIT 1",
            )?
            .is_empty();
        Ok(())
    }

    /// Decides who owns the rows of each table (the classes of the first section of the definition).
    fn own(&mut self, tenancy: &Tenancy) {
        let levels = tenancy.columns.len();
        self.roots = (0..levels).map(|level| self.root(tenancy, level)).collect();
        let mut known: BTreeSet<usize> = BTreeSet::new();
        for index in 0..self.tables.len() {
            let table = &self.tables[index];
            if tenancy.global.contains(&table.name) {
                continue;
            }
            let direct = (0..levels).find_map(|level| {
                if self.roots[level].is_some_and(|(root, _)| root == index) {
                    return self.roots[level].map(|(_, key)| Owner::Column { column: key, level });
                }
                let column = table.columns.iter().position(|c| c.name == tenancy.columns[level])?;
                Some(Owner::Column { column, level })
            });
            if let Some(owner) = direct {
                self.tables[index].owner = owner;
                known.insert(index);
            }
        }
        self.tenant_types = (0..levels)
            .map(|level| {
                let at_level = |table: &Table| match table.owner {
                    Owner::Column { column, level: l } if l == level => {
                        Some(table.columns[column].ty.clone())
                    }
                    _ => None,
                };
                let root = self.roots[level].map(|(root, key)| self.tables[root].columns[key].ty.clone());
                root.or_else(|| self.tables.iter().find_map(at_level)).unwrap_or_else(|| "uuid".to_owned())
            })
            .collect();
        // Strong paths first, then weak ones: a table with any strong path is never owned through a weak one.
        for strong in [true, false] {
            loop {
                let found: Vec<(usize, Vec<ForeignKey>)> = (0..self.tables.len())
                    .filter(|index| {
                        !known.contains(index) && !tenancy.global.contains(&self.tables[*index].name)
                    })
                    .filter_map(|index| Some((index, self.parents(index, &known, strong, tenancy)?)))
                    .collect();
                if found.is_empty() {
                    break;
                }
                for (index, parents) in found {
                    self.tables[index].owner = Owner::Parents(parents);
                    known.insert(index);
                }
            }
        }
        // Parents found later than a table itself count as well, unless that makes a circle.
        for index in self.order.clone() {
            let Owner::Parents(parents) = self.tables[index].owner.clone() else { continue };
            if tenancy.owner.contains_key(&self.tables[index].name) {
                continue;
            }
            let Some(all) =
                self.parents(index, &known, parents.iter().any(|p| self.strong(index, p)), tenancy)
            else {
                continue;
            };
            let added = all.into_iter().filter(|p| {
                !parents.iter().any(|q| q.columns == p.columns && q.parent == p.parent)
                    && !self.owned_through(p.parent, index)
            });
            let parents = parents.iter().cloned().chain(added.collect::<Vec<_>>()).collect();
            self.tables[index].owner = Owner::Parents(parents);
        }
    }

    fn owned_through(&self, index: usize, other: usize) -> bool {
        index == other
            || match &self.tables[index].owner {
                Owner::Parents(parents) => parents.iter().any(|p| self.owned_through(p.parent, other)),
                Owner::Global | Owner::Column { .. } => false,
            }
    }

    fn strong(&self, index: usize, key: &ForeignKey) -> bool {
        key.holds && key.columns.iter().all(|c| self.tables[index].columns[*c].not_null)
    }

    fn parents(
        &self,
        index: usize,
        known: &BTreeSet<usize>,
        strong: bool,
        tenancy: &Tenancy,
    ) -> Option<Vec<ForeignKey>> {
        let table = &self.tables[index];
        let mut keys: Vec<ForeignKey> = table
            .foreign
            .iter()
            .filter(|key| known.contains(&key.parent) && key.parent != index)
            .cloned()
            .collect();
        if let Some(decides) = tenancy.owner.get(&table.name) {
            keys.retain(|key| key.columns.iter().map(|c| &table.columns[*c].name).eq(decides.iter()));
            return (!keys.is_empty()).then_some(keys);
        }
        if strong {
            keys.retain(|key| self.strong(index, key));
        } else if keys.is_empty() {
            keys = self.undeclared(index, known);
        }
        (!keys.is_empty()).then_some(keys)
    }

    /// Columns named like the key of another table, or like the keys of the table it inherits from.
    fn undeclared(&self, index: usize, known: &BTreeSet<usize>) -> Vec<ForeignKey> {
        let table = &self.tables[index];
        if let Some(parent) = table.inherits {
            let above = &self.tables[parent];
            return above
                .foreign
                .iter()
                .filter(|key| known.contains(&key.parent))
                .filter_map(|key| {
                    let names = key.columns.iter().map(|c| &above.columns[*c].name);
                    let columns: Option<Vec<usize>> =
                        names.map(|name| table.columns.iter().position(|c| c.name == *name)).collect();
                    Some(ForeignKey { columns: columns?, holds: false, ..key.clone() })
                })
                .collect();
        }
        let mut found = Vec::new();
        for (at, column) in table.columns.iter().enumerate() {
            for &parent in known {
                let other = &self.tables[parent];
                let [key] = other.primary[..] else { continue };
                let singular = other.name.strip_suffix('s').unwrap_or(&other.name);
                let named = [&other.name, singular]
                    .iter()
                    .any(|n| column.name == format!("{n}_{}", other.columns[key].name));
                if named && column.ty == other.columns[key].ty && parent != index {
                    found.push(ForeignKey { columns: vec![at], parent, keys: vec![key], holds: false });
                }
            }
        }
        found
    }

    fn root(&self, tenancy: &Tenancy, level: usize) -> Option<(usize, usize)> {
        let named =
            tenancy.root.as_ref().filter(|_| tenancy.columns.len() == 1).and_then(|name| self.table(name));
        let referenced = || {
            self.tables.iter().find_map(|table| {
                table.foreign.iter().find_map(|key| match key.columns[..] {
                    [column] if table.columns[column].name == tenancy.columns[level] => Some(key.parent),
                    _ => None,
                })
            })
        };
        let root = named.or_else(referenced)?;
        match self.tables[root].primary[..] {
            [key] => Some((root, key)),
            _ => None,
        }
    }

    /// An expression over `alias` that names the owner of a row: `G` nobody's business, `S` shared, `N` nobody, or
    /// `T<level>:<tenant>`.
    pub(crate) fn owner_sql(&self, table: usize, alias: &str, depth: usize) -> String {
        match &self.tables[table].owner {
            Owner::Global => "'G'".to_owned(),
            Owner::Column { column, level } => {
                let column = ident(&self.tables[table].columns[*column].name);
                format!("COALESCE('T{level}:' || {alias}.{column}::text, 'S')")
            }
            Owner::Parents(parents) => {
                let terms: Vec<String> = parents
                    .iter()
                    .enumerate()
                    .map(|(n, key)| {
                        let parent = &self.tables[key.parent];
                        let inner = format!("o{depth}_{n}");
                        let on: Vec<String> = std::iter::zip(&key.columns, &key.keys)
                            .map(|(c, k)| {
                                let (c, k) = (&self.tables[table].columns[*c].name, &parent.columns[*k].name);
                                format!("{inner}.{} = {alias}.{}", ident(k), ident(c))
                            })
                            .collect();
                        format!(
                            "COALESCE((SELECT {} FROM {} {inner} WHERE {} LIMIT 1), 'N')",
                            self.owner_sql(key.parent, &inner, depth + 1),
                            parent.from(),
                            on.join(" AND ")
                        )
                    })
                    .collect();
                let mut sql = terms[0].clone();
                for other in &terms[1..] {
                    sql = format!("CASE WHEN {sql} = {other} THEN {other} ELSE 'N' END");
                }
                sql
            }
        }
    }
}

impl Table {
    /// How to read its own rows, without those of tables that inherit from it.
    pub(crate) fn from(&self) -> String {
        let only = if self.partitioned { "" } else { "ONLY " };
        format!("{only}{}", ident(&self.name))
    }

    /// Whether the rows belong to tenants.
    pub(crate) fn is_scoped(&self) -> bool {
        self.owner != Owner::Global
    }

    /// The column that holds the tenant, where the table has one.
    pub(crate) fn tenant_column(&self) -> Option<usize> {
        match self.owner {
            Owner::Column { column, .. } => Some(column),
            Owner::Global | Owner::Parents(_) => None,
        }
    }

    /// A column's position by name.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Whether the column is part of a key or refers to one.
    pub(crate) fn is_identifier(&self, column: usize) -> bool {
        self.primary.contains(&column) || self.foreign.iter().any(|key| key.columns.contains(&column))
    }
}

/// Parents before children; a circle is cut where it is entered.
fn topological(tables: &[Table]) -> Vec<usize> {
    fn visit(tables: &[Table], at: usize, state: &mut [u8], order: &mut Vec<usize>) {
        if state[at] > 0 {
            return;
        }
        state[at] = 1;
        for key in &tables[at].foreign {
            visit(tables, key.parent, state, order);
        }
        order.push(at);
    }
    let mut order = Vec::new();
    let mut state = vec![0; tables.len()];
    for at in 0..tables.len() {
        visit(tables, at, &mut state, &mut order);
    }
    order
}

/// Fills the tables from the system catalogs.
struct Reader<'a> {
    session: &'a mut Session,
    tables: Vec<Table>,
    by_oid: BTreeMap<String, usize>,
    /// For each table, attribute number to position.
    attributes: Vec<BTreeMap<String, usize>>,
}

const TABLES: &str =
    "SELECT c.oid, c.relname, c.relkind = 'p', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attnotnull OR t.typnotnull, a.attgenerated <> '', a.atthasdef OR a.attidentity <> ''
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.oid, a.attnum";

const CONSTRAINTS: &str = "SELECT conrelid, contype::text, array_to_string(conkey, ' '), confrelid, array_to_string(confkey, ' '),
        CASE WHEN contype = 'c' THEN pg_get_expr(conbin, conrelid) END, convalidated, condeferrable
    FROM pg_constraint WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND conparentid = 0 AND conrelid <> 0 ORDER BY oid";

const INDEXES: &str = "SELECT indrelid, indkey::text, indpred IS NOT NULL, indimmediate AND indisvalid, indnkeyatts, indisprimary
    FROM pg_index WHERE indisunique ORDER BY indexrelid";

/// What a leaf partition admits, and the columns of the partition keys above it.
const PARTITIONS: &str = "SELECT (SELECT r.relid FROM pg_partition_ancestors(c.oid) r ORDER BY (
            SELECT count(*) FROM pg_partition_ancestors(r.relid)) LIMIT 1)::oid, pg_get_partition_constraintdef(c.oid)
    FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace";

const INHERITS: &str =
    "SELECT i.inhrelid, i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE NOT c.relispartition AND c.relkind = 'r'";

impl Reader<'_> {
    fn tables(&mut self) -> Result<(), SqlError> {
        for row in self.session.rows(TABLES)? {
            let text = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
            let yes = |i: usize| text(i) == "t";
            let at = *self.by_oid.entry(text(0)).or_insert_with(|| {
                self.tables.push(Table {
                    name: text(1),
                    columns: Vec::new(),
                    primary: Vec::new(),
                    unique: Vec::new(),
                    lossy: false,
                    deferrable: false,
                    foreign: Vec::new(),
                    checks: Vec::new(),
                    owner: Owner::Global,
                    partitioned: yes(2),
                    inherits: None,
                });
                self.attributes.push(BTreeMap::new());
                self.tables.len() - 1
            });
            self.attributes[at].insert(text(3), self.tables[at].columns.len());
            self.tables[at].columns.push(Column {
                name: text(4),
                ty: text(5),
                not_null: yes(6),
                generated: yes(7),
                has_default: yes(8),
                checks: Vec::new(),
            });
        }
        Ok(())
    }

    fn columns(&self, table: usize, numbers: &str) -> Option<Vec<usize>> {
        numbers.split_whitespace().map(|n| self.attributes[table].get(n).copied()).collect()
    }

    fn constraints(&mut self) -> Result<(), SqlError> {
        for row in self.session.rows(CONSTRAINTS)? {
            let text = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
            let Some(&at) = self.by_oid.get(&text(0)) else { continue };
            let columns = self.columns(at, &text(2));
            match text(1).as_str() {
                "f" => {
                    let Some(&parent) = self.by_oid.get(&text(3)) else { continue };
                    let (Some(columns), Some(keys)) = (columns, self.columns(parent, &text(4))) else {
                        continue;
                    };
                    self.tables[at].foreign.push(ForeignKey { columns, parent, keys, holds: text(6) == "t" });
                }
                "c" => self.check(at, columns.as_deref(), &text(5)),
                "x" => self.tables[at].lossy = true,
                _ => {}
            }
            if text(7) == "t" && text(1) != "f" {
                self.tables[at].deferrable = true;
            }
        }
        let mut partitions: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for row in self.session.rows(PARTITIONS)? {
            if let [Some(top), Some(bound)] = &row[..]
                && let Some(&at) = self.by_oid.get(top)
            {
                partitions.entry(at).or_default().push(format!("({bound})"));
            }
        }
        for (at, bounds) in partitions {
            let bound = bounds.join(" OR ");
            let named: Vec<usize> = (0..self.tables[at].columns.len())
                .filter(|c| bound.contains(self.tables[at].columns[*c].name.as_str()))
                .collect();
            self.check(at, Some(&named), &bound);
        }
        Ok(())
    }

    fn check(&mut self, at: usize, columns: Option<&[usize]>, expression: &str) {
        match columns {
            Some([one]) => self.tables[at].columns[*one].checks.push(expression.to_owned()),
            _ => {
                self.tables[at].checks.push(expression.to_owned());
                self.tables[at].lossy = true;
            }
        }
    }

    fn indexes(&mut self) -> Result<(), SqlError> {
        for row in self.session.rows(INDEXES)? {
            let text = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
            let Some(&at) = self.by_oid.get(&text(0)) else { continue };
            let keys: Vec<String> = text(1).split_whitespace().map(str::to_owned).collect();
            let count = text(4).parse().unwrap_or(keys.len());
            let columns = self.columns(at, &keys[..count.min(keys.len())].join(" "));
            match columns {
                Some(columns) if text(2) != "t" && text(3) == "t" => {
                    if text(5) == "t" {
                        self.tables[at].primary.clone_from(&columns);
                    }
                    self.tables[at].unique.push(columns);
                }
                Some(columns) if text(5) == "t" => self.tables[at].primary = columns,
                _ => self.tables[at].lossy = true,
            }
        }
        Ok(())
    }

    fn inheritance(&mut self) -> Result<(), SqlError> {
        for row in self.session.rows(INHERITS)? {
            if let [Some(child), Some(parent)] = &row[..]
                && let (Some(&child), Some(&parent)) = (self.by_oid.get(child), self.by_oid.get(parent))
            {
                self.tables[child].inherits = Some(parent);
            }
        }
        Ok(())
    }
}
