//! DROP of anything, with what depends on it.

use super::{Object, State, shown};
use crate::schema::catalog::{ForeignKeyId, IndexId, KeyTerm, Name, RelId, RelationKind};
use crate::schema::change::{Drop, ObjectKind, ObjectRef, Word};
use crate::schema::replay::expr;

impl State {
    pub(super) fn drop(&mut self, drop: Drop) {
        let Drop { kind, names, arguments, table, if_exists, cascade } = drop;
        match kind {
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView => {
                self.drop_relations(kind, &names, if_exists, cascade);
            }
            ObjectKind::Index => {
                for name in &names {
                    self.drop_index(name, table.as_ref(), if_exists, cascade);
                }
            }
            ObjectKind::Sequence => {
                for name in &names {
                    match self.lookup(name) {
                        Some((found, Object::Sequence)) => {
                            self.objects.remove(&found);
                            self.catalog.sequences.retain(|s| *s != found);
                        }
                        _ if if_exists => {}
                        _ => self.absent(kind, name),
                    }
                }
            }
            ObjectKind::Schema => {
                for name in &names {
                    self.drop_schema(name, if_exists, cascade);
                }
            }
            ObjectKind::Type | ObjectKind::Domain => {
                for name in &names {
                    if !self.drop_type(name, cascade) && !if_exists {
                        self.absent(kind, name);
                    }
                }
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                for (name, arguments) in names.iter().zip(arguments) {
                    self.drop_function(kind, name, arguments.as_deref(), if_exists, cascade);
                }
            }
            ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
                let Some(table) = table else { return };
                // IF EXISTS covers the table as well.
                let Some(id) = self.relation(&table, if_exists) else { return };
                for name in &names {
                    self.drop_of_table(kind, id, name, if_exists);
                }
            }
            ObjectKind::Extension => {
                for name in &names {
                    let known = self.catalog.extensions.contains(&name.name);
                    self.catalog.extensions.retain(|e| *e != name.name);
                    // An extension may have been there before the first migration.
                    let _there = known || if_exists;
                }
            }
        }
    }

    fn absent(&mut self, kind: ObjectKind, name: &ObjectRef) {
        let message = format!("{} `{}` does not exist when this runs", kind.describe(), shown(name));
        self.unappliable(message, name.at);
    }

    fn drop_relations(&mut self, kind: ObjectKind, names: &[ObjectRef], if_exists: bool, cascade: bool) {
        let mut doomed: Vec<(RelId, &ObjectRef)> = Vec::new();
        for name in names {
            let Some((found, Object::Relation(id))) = self.lookup(name) else {
                if if_exists {
                    continue;
                }
                // One name that does not exist fails the statement.
                self.absent(kind, name);
                return;
            };
            let fits = match (&self.rel(id).kind, kind) {
                (RelationKind::View(_), ObjectKind::View)
                | (RelationKind::MaterializedView(_), ObjectKind::MaterializedView)
                | (RelationKind::Foreign, ObjectKind::ForeignTable) => true,
                (_, ObjectKind::Table) => self.rel(id).is_table(),
                _ => false,
            };
            if fits {
                doomed.push((id, name));
            } else {
                self.unappliable(format!("`{found}` is not a {}", kind.describe()), name.at);
                return;
            }
        }
        // Partitions go with their parent.
        let mut all: Vec<RelId> = doomed.iter().map(|(id, _)| *id).collect();
        let mut next = 0;
        while let Some(&id) = all.get(next) {
            next += 1;
            for &partition in &self.rel(id).partitions {
                if !all.contains(&partition) {
                    all.push(partition);
                }
            }
        }
        if !cascade {
            for (id, name) in &doomed {
                if let Some(user) = self.user_of(*id, &all) {
                    let message = format!("cannot drop `{}`: {user} depends on it", shown(name));
                    self.unappliable(message, name.at);
                    return;
                }
            }
        }
        for id in all {
            self.remove_relation(id);
        }
    }

    /// What outside of `doomed` depends on a table.
    fn user_of(&self, id: RelId, doomed: &[RelId]) -> Option<String> {
        let key =
            self.catalog.foreign_keys.iter().find(|fk| {
                !fk.dropped && fk.target == id && fk.relation != id && !doomed.contains(&fk.relation)
            });
        if let Some(key) = key {
            return Some(format!("foreign key `{}` of `{}`", key.name, self.rel(key.relation).name));
        }
        if let Some(view) = self.views_on(id).into_iter().find(|v| !doomed.contains(v)) {
            return Some(format!("view `{}`", self.rel(view).name));
        }
        let child = self.rel(id).inherited_by.iter().find(|c| !doomed.contains(c) && !self.rel(**c).dropped);
        child.map(|&child| format!("table `{}`", self.rel(child).name))
    }

    /// Takes a relation away with everything that hangs on it.
    pub(super) fn remove_relation(&mut self, id: RelId) {
        if self.rel(id).dropped {
            return;
        }
        for index in self.live_indexes(id).collect::<Vec<_>>() {
            self.remove_index(index);
        }
        let keys: Vec<ForeignKeyId> = (0..self.catalog.foreign_keys.len() as u32)
            .map(ForeignKeyId)
            .filter(|&fk| {
                let fk = self.catalog.foreign_key(fk);
                !fk.dropped && (fk.relation == id || fk.target == id)
            })
            .collect();
        for key in keys {
            self.remove_foreign_key(key);
        }
        // Only under CASCADE is anything left that reads it.
        for view in self.views_on(id) {
            self.remove_relation(view);
        }
        for child in self.rel(id).inherited_by.clone() {
            self.remove_relation(child);
        }
        for column in 0..self.rel(id).columns.len() as u32 {
            self.remove_owned_sequence(id, column);
        }
        let name = self.rel(id).name.clone();
        for check in self.rel(id).checks.clone() {
            self.forget_constraint(&name.schema, &check.name);
        }
        self.catalog.triggers.retain(|t| t.relation != id);
        self.catalog.policies.retain(|p| p.relation != id);
        for parent in self.rel(id).inherits.clone() {
            self.with(parent, |r| r.inherited_by.retain(|c| *c != id));
        }
        if let RelationKind::Partition(parent) = self.rel(id).kind {
            self.with(parent, |r| r.partitions.retain(|p| *p != id));
        }
        self.free_name(&name);
        self.with(id, |r| r.dropped = true);
    }

    pub(super) fn remove_foreign_key(&mut self, id: ForeignKeyId) {
        let schema = self.rel(self.catalog.foreign_key(id).relation).name.schema.clone();
        let name = self.catalog.foreign_key(id).name.clone();
        self.forget_constraint(&schema, &name);
        if let Some(fk) = self.catalog.foreign_keys.get_mut(id.0 as usize) {
            fk.dropped = true;
        }
    }

    /// Takes an index away, its copies on partitions and the foreign keys that refer to it.
    pub(super) fn remove_index(&mut self, id: IndexId) {
        let index = self.catalog.index_def(id);
        if index.dropped {
            return;
        }
        let relation = index.relation;
        let name = Name { schema: self.rel(relation).name.schema.clone(), name: index.name.clone() };
        if self.objects.get(&name) == Some(&Object::Index(id)) {
            if self.backs_constraint(id) {
                self.forget_constraint(&name.schema, &name.name);
            }
            self.objects.remove(&name);
        }
        if let Some(index) = self.catalog.indexes.get_mut(id.0 as usize) {
            index.dropped = true;
        }
        for partition in self.rel(relation).partitions.clone() {
            let below: Vec<IndexId> = self
                .live_indexes(partition)
                .filter(|&i| self.catalog.index_def(i).parent == Some(id))
                .collect();
            for index in below {
                self.remove_index(index);
            }
        }
        let orphans: Vec<ForeignKeyId> =
            self.referred.iter().filter(|(_, key)| **key == id).map(|(fk, _)| *fk).collect();
        for orphan in orphans {
            self.referred.remove(&orphan);
            if !self.catalog.foreign_key(orphan).dropped {
                self.remove_foreign_key(orphan);
            }
        }
    }

    fn drop_index(&mut self, name: &ObjectRef, table: Option<&ObjectRef>, if_exists: bool, cascade: bool) {
        // MySQL names the table, and the index belongs to it.
        if let Some(table) = table {
            let Some(id) = self.relation(table, if_exists) else { return };
            let index = self.live_indexes(id).find(|&i| self.catalog.index_def(i).name == name.name);
            match index {
                Some(index) => self.remove_index(index),
                None if if_exists => {}
                None => self.absent(ObjectKind::Index, name),
            }
            return;
        }
        let index = match self.lookup(name) {
            Some((_, Object::Index(index))) => index,
            Some((found, Object::Relation(_) | Object::Sequence)) => {
                self.unappliable(format!("`{found}` is not an index"), name.at);
                return;
            }
            None => {
                if !if_exists && !self.is_rejected(name) {
                    self.absent(ObjectKind::Index, name);
                }
                return;
            }
        };
        let definition = self.catalog.index_def(index);
        if self.backs_constraint(index) && definition.invalid.is_none() {
            let message = format!(
                "cannot drop index `{}`: the constraint of that name on `{}` needs it",
                name.name,
                self.rel(definition.relation).name
            );
            self.unappliable(message, name.at);
            return;
        }
        if let Some(parent) = definition.parent {
            let message = format!(
                "cannot drop index `{}`: index `{}` needs it",
                name.name,
                self.catalog.index_def(parent).name
            );
            self.unappliable(message, name.at);
            return;
        }
        if let (Some(user), false) = (self.referring(index), cascade) {
            let message = format!("cannot drop index `{}`: {user} depends on it", name.name);
            self.unappliable(message, name.at);
            return;
        }
        self.remove_index(index);
    }

    /// The first foreign key that refers to an index.
    fn referring(&self, index: IndexId) -> Option<String> {
        let mut users: Vec<ForeignKeyId> = self
            .referred
            .iter()
            .filter(|(fk, key)| **key == index && !self.catalog.foreign_key(**fk).dropped)
            .map(|(fk, _)| *fk)
            .collect();
        users.sort();
        let fk = self.catalog.foreign_key(*users.first()?);
        Some(format!("foreign key `{}` of `{}`", fk.name, self.rel(fk.relation).name))
    }

    pub(super) fn drop_constraint(&mut self, id: RelId, name: &Word, if_exists: bool, cascade: bool) {
        let index = self.live_indexes(id).find(|&i| self.catalog.index_def(i).name == name.name);
        let mut found = false;
        if let Some(index) = index {
            found = true;
            match self.referring(index) {
                Some(user) if !cascade => {
                    let message = format!("cannot drop constraint `{}`: {user} depends on it", name.name);
                    self.unappliable(message, name.at);
                    return;
                }
                _ => self.remove_index(index),
            }
        }
        let mut tables = self.descendants(id);
        tables.push(id);
        for table in tables {
            for fk in self.foreign_keys_named(table, &name.name) {
                found = true;
                self.remove_foreign_key(fk);
            }
            let schema = self.rel(table).name.schema.clone();
            if self.rel(table).checks.iter().any(|c| c.name == name.name) {
                found = true;
                self.forget_constraint(&schema, &name.name);
                self.with(table, |r| r.checks.retain(|c| c.name != name.name));
            }
        }
        if !found && !if_exists {
            self.no_constraint(id, name);
        }
    }

    pub(super) fn drop_column(&mut self, id: RelId, word: &Word, if_exists: bool, cascade: bool) {
        if if_exists && self.rel(id).column_named(&word.name).is_none() {
            return;
        }
        let Some(ix) = self.column(id, word) else { return };
        let dependents = self.dependents_of_column(id, &word.name);
        if !cascade {
            let user = self
                .live_indexes(id)
                .filter(|&i| self.key_columns(i).contains(&ix))
                .find_map(|i| self.referring_from_elsewhere(i, id))
                .or_else(|| dependents.first().map(|d| self.describe_dependent(d)));
            if let Some(user) = user {
                let message = format!(
                    "cannot drop column `{}` of `{}`: {user} depends on it",
                    word.name,
                    self.rel(id).name
                );
                self.unappliable(message, word.at);
                return;
            }
        }
        self.remove_dependents(dependents);
        self.freeze_views(id);
        let mut tables = self.descendants(id);
        tables.push(id);
        for table in tables {
            if let Some(ix) = self.rel(table).column_named(&word.name)
                && (table == id || self.rel(table).column(ix).inherited)
            {
                self.remove_column(table, ix, &word.name);
            }
        }
    }

    fn referring_from_elsewhere(&self, index: IndexId, table: RelId) -> Option<String> {
        self.referred
            .iter()
            .filter(|(_, key)| **key == index)
            .map(|(fk, _)| self.catalog.foreign_key(*fk))
            .find(|fk| !fk.dropped && fk.relation != table)
            .map(|fk| format!("foreign key `{}` of `{}`", fk.name, self.rel(fk.relation).name))
    }

    /// Indexes and constraints that name the column go with it.
    pub(super) fn remove_column(&mut self, id: RelId, ix: u32, name: &str) {
        self.remove_owned_sequence(id, ix);
        let uses = |handle: &crate::syntax::ExprHandle| expr::columns(handle).iter().any(|c| c == name);
        let indexes: Vec<IndexId> = self
            .live_indexes(id)
            .filter(|&i| {
                let index = self.catalog.index_def(i);
                index.include.contains(&ix)
                    || index.predicate.as_ref().is_some_and(uses)
                    || index.keys.iter().any(|k| match &k.term {
                        KeyTerm::Column(column) => *column == ix,
                        KeyTerm::Expr(expr) => uses(expr),
                    })
            })
            .collect();
        for index in indexes {
            self.remove_index(index);
        }
        let keys: Vec<ForeignKeyId> = (0..self.catalog.foreign_keys.len() as u32)
            .map(ForeignKeyId)
            .filter(|&fk| {
                let fk = self.catalog.foreign_key(fk);
                !fk.dropped
                    && ((fk.relation == id && fk.columns.contains(&ix))
                        || (fk.target == id && fk.target_columns.contains(&ix)))
            })
            .collect();
        for key in keys {
            self.remove_foreign_key(key);
        }
        let schema = self.rel(id).name.schema.clone();
        let checks: Vec<String> =
            self.rel(id).checks.iter().filter(|c| uses(&c.expr)).map(|c| c.name.clone()).collect();
        for check in &checks {
            self.forget_constraint(&schema, check);
        }
        self.with(id, |r| {
            r.checks.retain(|c| !checks.contains(&c.name));
            if let Some(column) = r.columns.get_mut(ix as usize) {
                column.dropped = true;
            }
        });
    }

    fn drop_schema(&mut self, name: &ObjectRef, if_exists: bool, cascade: bool) {
        let known =
            self.catalog.schemas.contains(&name.name) || self.objects.keys().any(|n| n.schema == name.name);
        if !known {
            if !if_exists && name.name != "public" {
                self.absent(ObjectKind::Schema, name);
            }
            return;
        }
        let inside: Vec<RelId> = self
            .catalog
            .live_relations()
            .filter(|(_, r)| r.name.schema == name.name)
            .map(|(i, _)| i)
            .collect();
        if let (false, Some(&first)) = (cascade, inside.first()) {
            let message = format!("cannot drop schema `{}`: `{}` is in it", name.name, self.rel(first).name);
            self.unappliable(message, name.at);
            return;
        }
        for id in inside {
            self.remove_relation(id);
        }
        self.objects.retain(|n, _| n.schema != name.name);
        self.catalog.sequences.retain(|s| s.schema != name.name);
        self.catalog.functions.retain(|f| f.name.schema != name.name);
        self.catalog.schemas.retain(|s| *s != name.name);
        let prefix = format!("{}.", name.name);
        let types = self
            .catalog
            .enums
            .keys()
            .chain(self.catalog.domains.keys())
            .chain(self.catalog.composites.keys());
        let mut types: Vec<String> =
            types.filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect();
        types.sort();
        for ty in types {
            let ty = ObjectRef { schema: Some(name.name.clone()), name: ty, at: name.at };
            self.drop_type(&ty, true);
        }
    }

    fn drop_of_table(&mut self, kind: ObjectKind, id: RelId, name: &ObjectRef, if_exists: bool) {
        let before = (self.catalog.triggers.len(), self.catalog.policies.len());
        match kind {
            ObjectKind::Trigger => {
                self.catalog.triggers.retain(|t| t.relation != id || t.name != name.name);
            }
            ObjectKind::Policy => {
                self.catalog.policies.retain(|p| p.relation != id || p.name != name.name);
            }
            // Which rules a table has is not kept, only that it has some.
            _ => return,
        }
        let after = (self.catalog.triggers.len(), self.catalog.policies.len());
        if before == after && !if_exists {
            let table = self.rel(id).name.clone();
            let message = format!("`{table}` has no {} `{}` when this runs", kind.describe(), name.name);
            self.unappliable(message, name.at);
        }
    }
}
