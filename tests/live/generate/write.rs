//! Statements that write: UPDATE, DELETE, INSERT with ON CONFLICT, MERGE, and writes inside WITH.

use super::{Mutation, Occ, Who, Writer, ident_plain};
use crate::support::roles::Role;
use crate::support::tables::{Owner, Table};

impl Writer<'_> {
    /// Columns that can be set without breaking a key.
    fn settable(&self, table: usize) -> Vec<usize> {
        let described = self.table(table);
        (0..described.columns.len())
            .filter(|c| {
                !described.is_identifier(*c)
                    && !described.columns[*c].generated
                    && described.tenant_column() != Some(*c)
                    && !described.unique.iter().any(|key| key.contains(c))
            })
            .collect()
    }

    fn assignment(&mut self, occ: &Occ, table: usize, column: usize) -> String {
        let (name, ty) = (
            ident_plain(&self.table(table).columns[column].name),
            self.table(table).columns[column].ty.clone(),
        );
        let nullable = !self.table(table).columns[column].not_null;
        if nullable && self.percent(20) {
            return format!("{name} = NULL");
        }
        if ty.contains("int") && self.percent(25) {
            return format!("{name} = {} + 1", occ.of(table, column).unwrap_or_else(|| name.clone()));
        }
        if ty.contains("int")
            && self.percent(30)
            && let Some(scalar) = self.scalar(std::slice::from_ref(occ))
            && scalar.contains("count(")
        {
            return format!("{name} = {scalar}");
        }
        let value = self.value(table, column);
        format!("{name} = {value}")
    }

    pub(super) fn update(&mut self) -> Option<String> {
        self.tag("update");
        let writable = |t: &Table| !t.columns.is_empty();
        let table = self.scoped_table(writable)?;
        let occ = self.occ(table);
        let settable = self.settable(table);
        let mut sets = Vec::new();
        for column in self.rng.choose_multiple(settable, 2) {
            sets.push(self.assignment(&occ, table, column));
        }
        let mut predicates = Vec::new();
        // The tenant column itself, kept as it is or broken.
        if let Owner::Column { column, level } = self.table(table).owner
            && self.who == Who::Parameter
            && self.percent(12)
            && !self.table(table).primary.contains(&column)
        {
            let at = self.guards;
            self.guards += 1;
            let term = match self.broken {
                Some((index, _)) if index == at => self.foreign_tenant(level)?,
                _ => self.tenant(level)?,
            };
            sets.push(format!("{} = {term}", ident_plain(&self.table(table).columns[column].name)));
            self.tag("set tenant");
        }
        let mut from = String::new();
        if self.percent(15)
            && let Some(set) = self.move_to_parent(table, &mut from, &mut predicates)
        {
            sets.push(set);
        }
        if sets.is_empty() {
            return None;
        }
        let word = if from.is_empty() { " FROM " } else { ", " };
        let joined = self.beside(table, &occ, word, &mut from, &mut predicates);
        if !joined || self.percent(30) {
            let guard = self.guard(&occ, &[], true)?;
            predicates.extend(guard.text.filter(|_| !guard.moved));
        }
        self.pick_key(table, &occ, &mut predicates);
        let filter = if predicates.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", predicates.join(" AND "))
        };
        let returning = self.returning(&occ);
        Some(format!("UPDATE {} SET {}{from}{filter}{returning}", self.named(table, &occ), sets.join(", ")))
    }

    /// Another relation beside the target, linked by a foreign key; whether that ties the target.
    fn beside(
        &mut self,
        table: usize,
        occ: &Occ,
        word: &str,
        from: &mut String,
        predicates: &mut Vec<String>,
    ) -> bool {
        if !self.percent(40) {
            return false;
        }
        let near: Vec<_> = self.neighbours(table).into_iter().filter(|(other, ..)| *other != table).collect();
        let Some((other, key, up)) = self.rng.choice(near) else { return false };
        let beside = self.occ(other);
        let (child, parent) = if up { (occ, &beside) } else { (&beside, occ) };
        let (below, above) = if up { (table, other) } else { (other, table) };
        let compared = self.compared(below, &key);
        for (c, k) in &compared {
            if let (Some(c), Some(k)) = (child.of(below, *c), parent.of(above, *k)) {
                predicates.push(format!("{c} = {k}"));
            }
        }
        from.push_str(&format!("{word}{}", self.named(other, &beside)));
        self.tag("beside");
        if let Some(guard) = self.guard(&beside, &[], true) {
            predicates.extend(guard.text.filter(|_| !guard.moved));
        }
        self.table(other).is_scoped() && self.same_owner(below, &key, &compared)
    }

    /// Sets a foreign key from a parent that is guarded by itself.
    fn move_to_parent(
        &mut self,
        table: usize,
        from: &mut String,
        predicates: &mut Vec<String>,
    ) -> Option<String> {
        let keys: Vec<_> =
            self.table(table).foreign.iter().filter(|k| k.columns.len() == 1).cloned().collect();
        let key = self.rng.choice(keys)?;
        if self.table(table).tenant_column() == Some(key.columns[0]) || !self.table(key.parent).is_scoped() {
            return None;
        }
        let parent = self.occ(key.parent);
        let name = ident_plain(&self.table(table).columns[key.columns[0]].name);
        let value = parent.of(key.parent, key.keys[0])?;
        let role = Role::Key(
            self.table(key.parent).name.clone(),
            self.table(key.parent).columns[key.keys[0]].name.clone(),
        );
        let given = self.parameter(role);
        let guard = self.guard(&parent, &[], true)?;
        from.push_str(&format!(" FROM {}", self.named(key.parent, &parent)));
        predicates.push(format!("{value} = {given}"));
        predicates.extend(guard.text.filter(|_| !guard.moved));
        self.tag("set parent");
        Some(format!("{name} = {value}"))
    }

    fn pick_key(&mut self, table: usize, occ: &Occ, predicates: &mut Vec<String>) {
        let tenant = self.table(table).tenant_column();
        let key = self.table(table).primary.iter().copied().find(|c| tenant != Some(*c));
        if let Some(expr) = key.and_then(|key| occ.of(table, key))
            && self.percent(60)
        {
            let name = self.table(table).columns[key.unwrap_or_default()].name.clone();
            let role = Role::Key(self.table(table).name.clone(), name);
            predicates.push(format!("{expr} = {}", self.parameter(role)));
        } else if self.percent(30) {
            predicates.extend(self.condition(occ));
        }
    }

    fn returning(&mut self, occ: &Occ) -> String {
        if !self.percent(30) {
            return String::new();
        }
        self.tag("returning");
        match self.rng.choice(&occ.columns) {
            Some(column) => format!(" RETURNING {}", occ.expr(column)),
            None => String::new(),
        }
    }

    pub(super) fn delete(&mut self) -> Option<String> {
        self.tag("delete");
        let referred =
            |at: usize| self.schema.tables.iter().any(|t| t.foreign.iter().any(|k| k.parent == at));
        let leaves: Vec<usize> = (0..self.schema.tables.len())
            .filter(|at| self.table(*at).is_scoped() && !referred(*at))
            .collect();
        let table = match self.rng.choice(leaves) {
            Some(table) if self.percent(70) => table,
            _ => self.scoped_table(|_| true)?,
        };
        let occ = self.occ(table);
        let mut predicates = Vec::new();
        let mut using = String::new();
        let joined = self.beside(table, &occ, " USING ", &mut using, &mut predicates);
        if !joined || self.percent(30) {
            let guard = self.guard(&occ, &[], true)?;
            predicates.extend(guard.text.filter(|_| !guard.moved));
        }
        self.pick_key(table, &occ, &mut predicates);
        let filter = if predicates.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", predicates.join(" AND "))
        };
        let returning = self.returning(&occ);
        Some(format!("DELETE FROM {}{using}{filter}{returning}", self.named(table, &occ)))
    }

    pub(super) fn insert(&mut self) -> Option<String> {
        self.tag("insert");
        let roots: Vec<usize> = self.schema.roots.iter().flatten().map(|(root, _)| *root).collect();
        let tables: Vec<usize> = (0..self.schema.tables.len())
            .filter(|at| self.table(*at).is_scoped() && !roots.contains(at))
            .collect();
        let table = self.rng.choice(tables)?;
        let described = self.table(table).clone();
        let mut values: Vec<Option<String>> = vec![None; described.columns.len()];
        let mut from = Vec::new();
        let mut predicates = Vec::new();
        let owning = match &described.owner {
            Owner::Parents(parents) => parents.clone(),
            Owner::Column { .. } | Owner::Global => Vec::new(),
        };
        let select = !owning.is_empty() || self.percent(40) || matches!(self.who, Who::Principal | Who::Set);
        if let Owner::Column { column, level } = described.owner {
            values[column] = Some(self.inserted_tenant(level, &mut from, &mut predicates)?);
        }
        for key in &described.foreign {
            if key.columns.iter().all(|c| values[*c].is_some()) {
                continue;
            }
            let open: Vec<usize> = key.columns.iter().copied().filter(|c| values[*c].is_none()).collect();
            let decides = owning.iter().any(|o| o.columns == key.columns);
            if !decides && open.iter().all(|c| !described.columns[*c].not_null) && self.percent(50) {
                continue;
            }
            let scoped = self.table(key.parent).is_scoped();
            if select && scoped && from.len() < 3 && (decides || self.percent(70)) {
                let parent = self.occ(key.parent);
                from.push(self.named(key.parent, &parent));
                for (column, at) in std::iter::zip(&key.columns, &key.keys) {
                    let expr = parent.of(key.parent, *at)?;
                    match &values[*column] {
                        Some(value) => predicates.push(format!("{expr} = {value}")),
                        None => {
                            if self.percent(75) {
                                let role = Role::Key(
                                    self.table(key.parent).name.clone(),
                                    self.table(key.parent).columns[*at].name.clone(),
                                );
                                let given = self.parameter(role);
                                predicates.push(format!("{expr} = {given}"));
                            }
                            values[*column] = Some(expr);
                        }
                    }
                }
                let guard = self.guard(&parent, &[], true)?;
                predicates.extend(guard.text.filter(|_| !guard.moved));
            } else {
                for column in open {
                    let at = key.keys[key.columns.iter().position(|c| *c == column)?];
                    let role = Role::Key(
                        self.table(key.parent).name.clone(),
                        self.table(key.parent).columns[at].name.clone(),
                    );
                    values[column] = Some(self.parameter(role));
                }
            }
        }
        for (column, value) in values.iter_mut().enumerate() {
            if value.is_none() && !described.columns[column].generated {
                *value = self.inserted(table, column);
            }
        }
        let names: Vec<String> = (0..values.len())
            .filter(|c| values[*c].is_some())
            .map(|c| ident_plain(&described.columns[c].name))
            .collect();
        let cast = |(column, value): (usize, &Option<String>)| {
            let value = value.as_ref()?;
            let ty = &described.columns[column].ty;
            Some(if !from.is_empty() && value.starts_with('$') {
                format!("{value}::{ty}")
            } else {
                value.clone()
            })
        };
        let list: Vec<String> = values.iter().enumerate().filter_map(cast).collect();
        let (names, list) = (names.join(", "), list.join(", "));
        let target = ident_plain(&described.name);
        let mut sql = if from.is_empty() {
            format!("INSERT INTO {target} ({names}) VALUES ({list})")
        } else {
            let filter = if predicates.is_empty() {
                String::new()
            } else {
                format!(" WHERE {}", predicates.join(" AND "))
            };
            format!("INSERT INTO {target} ({names}) SELECT {list} FROM {}{filter}", from.join(" CROSS JOIN "))
        };
        if self.percent(35) {
            sql.push_str(&self.on_conflict(table, &values)?);
        }
        if self.percent(25) {
            self.tag("returning");
            let column = self.rng.choice((0..values.len()).collect::<Vec<_>>())?;
            sql.push_str(&format!(" RETURNING {}", ident_plain(&described.columns[column].name)));
        }
        Some(sql)
    }

    /// The tenant of a new row; a broken guard stores another's.
    fn inserted_tenant(
        &mut self,
        level: usize,
        from: &mut Vec<String>,
        predicates: &mut Vec<String>,
    ) -> Option<String> {
        let at = self.guards;
        self.guards += 1;
        if let Some((index, mutation)) = self.broken
            && index == at
        {
            return match mutation {
                Mutation::Literal => {
                    let tenant = self.values.tenants[level].first()?;
                    Some(format!("'{tenant}'"))
                }
                _ => self.foreign_tenant(level),
            };
        }
        if matches!(self.who, Who::Principal | Who::Set) && level == 0 {
            let (root, key) = self.schema.roots[level]?;
            let occ = self.occ(root);
            from.push(self.named(root, &occ));
            let guard = self.guard(&occ, &[], true)?;
            predicates.extend(guard.text.filter(|_| !guard.moved));
            return occ.of(root, key);
        }
        self.tenant(level)
    }

    /// A value for a column that is neither the tenant nor a reference; absent where the default does.
    fn inserted(&mut self, table: usize, column: usize) -> Option<String> {
        let described = self.table(table).columns[column].clone();
        if described.has_default && self.percent(75) {
            return None;
        }
        if !described.not_null && self.percent(50) {
            return None;
        }
        let key = self.table(table).primary.contains(&column)
            || self.table(table).unique.iter().any(|k| k.contains(&column));
        if !key {
            return Some(self.value(table, column));
        }
        if self.percent(40) {
            let role = Role::Key(self.table(table).name.clone(), described.name);
            return Some(self.parameter(role));
        }
        let fresh = self.rng.u32(500..999);
        Some(match described.ty.as_str() {
            "uuid" => format!("'00000000-0000-0000-0000-{fresh:012}'"),
            "text" => format!("'new{fresh}'"),
            ty if ty.contains("int") => fresh.to_string(),
            _ => self.literal(table, column),
        })
    }

    fn on_conflict(&mut self, table: usize, values: &[Option<String>]) -> Option<String> {
        self.tag("on conflict");
        let given: Vec<Vec<usize>> = self
            .table(table)
            .unique
            .iter()
            .filter(|key| key.iter().all(|c| values[*c].is_some()))
            .cloned()
            .collect();
        let Some(key) = self.rng.choice(given) else {
            return Some(if self.table(table).deferrable {
                String::new()
            } else {
                " ON CONFLICT DO NOTHING".to_owned()
            });
        };
        let names: Vec<String> =
            key.iter().map(|c| ident_plain(&self.table(table).columns[*c].name)).collect();
        let target = names.join(", ");
        let Some(column) = self.rng.choice(self.settable(table)) else {
            return Some(format!(" ON CONFLICT ({target}) DO NOTHING"));
        };
        if self.percent(35) {
            return Some(format!(" ON CONFLICT ({target}) DO NOTHING"));
        }
        let name = ident_plain(&self.table(table).columns[column].name);
        let value = if self.rng.bool() { format!("EXCLUDED.{name}") } else { self.literal(table, column) };
        let own = ident_plain(&self.table(table).name);
        let mut sql = format!(" ON CONFLICT ({target}) DO UPDATE SET {name} = {value}");
        if let Some(tenant) = self.table(table).tenant_column()
            && self.percent(25)
        {
            let tenant = ident_plain(&self.table(table).columns[tenant].name);
            sql.push_str(&format!(" WHERE {own}.{tenant} = EXCLUDED.{tenant}"));
        }
        Some(sql)
    }

    pub(super) fn merge(&mut self) -> Option<String> {
        self.tag("merge");
        let table = self.scoped_table(|_| true)?;
        let column = self.rng.choice(self.settable(table))?;
        let near: Vec<_> = self
            .neighbours(table)
            .into_iter()
            .filter(|(other, ..)| *other != table && self.table(*other).is_scoped())
            .collect();
        let (other, key, up) = self.rng.choice(near)?;
        let (target, source) = (self.occ(table), self.occ(other));
        let (child, below) = if up { (table, table) } else { (other, other) };
        let pairs: Vec<(usize, usize)> =
            std::iter::zip(key.columns.iter().copied(), key.keys.iter().copied()).collect();
        let (c, k) = *pairs.last()?;
        let (mine, theirs) = if up { (c, k) } else { (k, c) };
        let (mine, theirs) = (target.of(table, mine)?, source.of(other, theirs)?);
        let mut inner = Vec::new();
        let guard = self.guard(&source, &[], true)?;
        inner.extend(guard.text.filter(|_| !guard.moved));
        let filter = if inner.is_empty() { String::new() } else { format!(" WHERE {}", inner.join(" AND ")) };
        let mut on = vec![format!("{mine} = s.k")];
        let mut arm = String::new();
        if !self.same_owner(child, &key, &[(c, k)]) || below != child || self.percent(20) {
            let guard = self.guard(&target, &[], true)?;
            if guard.moved || self.percent(40) {
                arm = guard.text.map(|g| format!(" AND {g}")).unwrap_or_default();
            } else {
                on.extend(guard.text);
            }
        }
        let action = if self.percent(75) {
            format!(
                "UPDATE SET {} = {}",
                ident_plain(&self.table(table).columns[column].name),
                self.literal(table, column)
            )
        } else {
            "DELETE".to_owned()
        };
        Some(format!(
            "MERGE INTO {} USING (SELECT DISTINCT {theirs} AS k FROM {}{filter}) s ON {} WHEN MATCHED{arm} THEN {action}",
            self.named(table, &target),
            self.named(other, &source),
            on.join(" AND ")
        ))
    }

    pub(super) fn writing_cte(&mut self) -> Option<String> {
        self.tag("writing cte");
        let inner = if self.rng.bool() { self.update()? } else { self.delete()? };
        let (inner, column) = inner.rsplit_once(" RETURNING ")?;
        let name = column.rsplit('.').next()?;
        let list = if self.rng.bool() { "count(*)".to_owned() } else { format!("done.{name}") };
        Some(format!("WITH done AS ({inner} RETURNING {column}) SELECT {list} FROM done"))
    }
}
