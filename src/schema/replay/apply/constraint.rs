//! Constraints: keys, foreign keys, checks, exclusion.

use super::index::IndexPlan;
use super::{Object, State};
use crate::schema::catalog::{
    Check, ColumnIx, ForeignKey, ForeignKeyId, IndexId, IndexMethod, IndexOrigin, KeyTerm, ReferentialAction,
    RelId,
};
use crate::schema::change::{
    ConstraintDefinition, ConstraintKind, KeyDefinition, KeySource, ObjectRef, Referential, Word,
};
use crate::schema::names;
use crate::source::Location;

impl State {
    /// Adds a constraint; `existing` when the table may have rows (ALTER TABLE).
    pub(super) fn add_constraint(&mut self, id: RelId, constraint: ConstraintDefinition, existing: bool) {
        let ConstraintDefinition { name, kind, not_valid, enforced, deferrable, no_inherit, at } = constraint;
        match kind {
            ConstraintKind::Key { primary, columns, include, nulls_not_distinct } => {
                if primary && self.refuse_second_primary_key(id, at) {
                    return;
                }
                let plan = IndexPlan {
                    name: name.map(|n| n.name),
                    method: IndexMethod::Btree,
                    keys: columns.into_iter().map(plain_key).collect(),
                    include,
                    predicate: None,
                    unique: true,
                    nulls_not_distinct,
                    deferrable,
                    origin: if primary { IndexOrigin::PrimaryKey } else { IndexOrigin::UniqueConstraint },
                    concurrently: false,
                    only: false,
                    at,
                };
                self.add_index(id, plan);
            }
            ConstraintKind::KeyUsingIndex { primary, index } => {
                self.key_using_index(id, primary, name.as_ref(), &index, deferrable);
            }
            ConstraintKind::Exclude { method, keys, include, predicate } => {
                let plan = IndexPlan {
                    name: name.map(|n| n.name),
                    method,
                    keys,
                    include,
                    predicate,
                    unique: false,
                    nulls_not_distinct: false,
                    deferrable,
                    origin: IndexOrigin::Exclusion,
                    concurrently: false,
                    only: false,
                    at,
                };
                self.add_index(id, plan);
            }
            ConstraintKind::Check(expr) => {
                let columns = crate::schema::replay::expr::columns(&expr);
                let column = match columns.as_slice() {
                    [only] => Some(only.as_str()),
                    _ => None,
                };
                let schema = self.rel(id).name.schema.clone();
                let name = match name {
                    Some(name) => {
                        if self.refuse_second_constraint(id, &name) {
                            return;
                        }
                        name.name
                    }
                    None => {
                        let table = self.rel(id).name.name.clone();
                        names::free_name(&table, column, "check", |n| self.is_constraint(&schema, n))
                    }
                };
                // Rows of a new table need no check.
                let validated = enforced && !(not_valid && existing);
                self.name_constraint(&schema, &name);
                self.add_check(id, Check { name, expr, validated, no_inherit, declared: at });
            }
            ConstraintKind::ForeignKey {
                columns,
                target,
                target_columns,
                match_full,
                on_delete,
                on_update,
            } => {
                let plan = ForeignKeyPlan {
                    name,
                    columns,
                    target,
                    target_columns,
                    match_full,
                    on_delete,
                    on_update,
                    validated: enforced && !(not_valid && existing),
                    enforced,
                    deferrable,
                    at,
                };
                self.add_foreign_key(id, plan);
            }
            ConstraintKind::NotNull(column) => self.set_not_null(id, &column, true),
        }
    }

    fn add_check(&mut self, id: RelId, check: Check) {
        if !check.no_inherit {
            for child in self.descendants(id) {
                let check = check.clone();
                self.with(child, |r| {
                    if r.checks.iter().all(|c| c.name != check.name) {
                        r.checks.push(check);
                    }
                });
            }
        }
        self.with(id, |r| r.checks.push(check));
    }

    /// Partitions and INHERITS children, at every depth.
    pub(super) fn descendants(&self, id: RelId) -> Vec<RelId> {
        let mut found: Vec<RelId> = Vec::new();
        let mut todo = vec![id];
        while let Some(next) = todo.pop() {
            let relation = self.rel(next);
            for &child in relation.partitions.iter().chain(&relation.inherited_by) {
                if child != id && !found.contains(&child) && !self.rel(child).dropped {
                    found.push(child);
                    todo.push(child);
                }
            }
        }
        found
    }

    fn refuse_second_primary_key(&mut self, id: RelId, at: Location) -> bool {
        let Some(first) = self.primary_key(id) else { return false };
        let message = format!("table `{}` has a primary key already", self.rel(id).name);
        let first = self.catalog.index_def(first).declared;
        self.duplicate(message, at, Some(first));
        true
    }

    pub(super) fn primary_key(&self, id: RelId) -> Option<IndexId> {
        self.live_indexes(id).find(|&i| self.catalog.index_def(i).origin == IndexOrigin::PrimaryKey)
    }

    pub(super) fn live_indexes(&self, id: RelId) -> impl Iterator<Item = IndexId> {
        self.rel(id).indexes.iter().copied().filter(|&i| !self.catalog.index_def(i).dropped)
    }

    /// Whether a constraint of the table has that name already; reports it.
    fn refuse_second_constraint(&mut self, id: RelId, name: &Word) -> bool {
        let Some(first) = self.constraint_declared(id, &name.name) else { return false };
        let message = format!("table `{}` has a constraint `{}` already", self.rel(id).name, name.name);
        self.duplicate(message, name.at, Some(first));
        true
    }

    pub(super) fn constraint_declared(&self, id: RelId, name: &str) -> Option<Location> {
        let relation = self.rel(id);
        let check = relation.checks.iter().find(|c| c.name == name).map(|c| c.declared);
        check
            .or_else(|| {
                self.catalog.live_foreign_keys(id).find(|(_, fk)| fk.name == name).map(|(_, fk)| fk.declared)
            })
            .or_else(|| {
                self.live_indexes(id)
                    .map(|i| self.catalog.index_def(i))
                    .find(|i| i.name == name && i.origin != IndexOrigin::Index)
                    .map(|i| i.declared)
            })
    }

    /// ADD CONSTRAINT ... USING INDEX: the index becomes the constraint's, and takes its name.
    fn key_using_index(
        &mut self,
        id: RelId,
        primary: bool,
        name: Option<&Word>,
        index: &Word,
        deferrable: bool,
    ) {
        let table = self.rel(id).name.clone();
        let found = self.live_indexes(id).find(|&i| self.catalog.index_def(i).name == index.name);
        let Some(found) = found else {
            self.unappliable(format!("`{table}` has no index `{}`", index.name), index.at);
            return;
        };
        if primary && self.refuse_second_primary_key(id, index.at) {
            return;
        }
        let definition = self.catalog.index_def(found);
        let plain = definition.unique
            && definition.predicate.is_none()
            && definition.origin == IndexOrigin::Index
            && definition.keys.iter().all(|k| matches!(k.term, KeyTerm::Column(_)));
        if !plain {
            self.unappliable(
                format!(
                    "index `{}` cannot be made a key: it must be unique, of plain columns and not partial",
                    index.name
                ),
                index.at,
            );
            return;
        }
        let new = name.map_or_else(|| index.name.clone(), |n| n.name.clone());
        if new != index.name {
            self.rename_index_entry(found, &new);
        }
        self.name_constraint(&table.schema, &new);
        let mut columns = Vec::new();
        if let Some(definition) = self.catalog.indexes.get_mut(found.0 as usize) {
            definition.origin = if primary { IndexOrigin::PrimaryKey } else { IndexOrigin::UniqueConstraint };
            definition.deferrable = deferrable;
            columns.extend(definition.keys.iter().filter_map(|k| match k.term {
                KeyTerm::Column(ix) => Some(ix),
                KeyTerm::Expr(_) => None,
            }));
        }
        if primary {
            self.make_not_null(id, &columns);
        }
    }

    pub(super) fn make_not_null(&mut self, id: RelId, columns: &[ColumnIx]) {
        self.with(id, |r| {
            for &ix in columns {
                if let Some(column) = r.columns.get_mut(ix as usize) {
                    column.not_null = true;
                }
            }
        });
    }

    fn add_foreign_key(&mut self, id: RelId, plan: ForeignKeyPlan) {
        let table = self.rel(id).name.clone();
        if let Some(name) = &plan.name
            && self.refuse_second_constraint(id, name)
        {
            return;
        }
        let Some(target) = self.relation(&plan.target, false) else { return };
        if !self.rel(target).is_table() {
            let message = format!("`{}` is not a table, so no foreign key can refer to it", plan.target.name);
            self.unappliable(message, plan.target.at);
            return;
        }
        let Some(columns) = self.columns_of(id, &plan.columns) else { return };
        let (target_columns, key) = if plan.target_columns.is_empty() {
            let Some(key) = self.primary_key(target) else {
                if !self.rel(target).incomplete {
                    let message = format!("table `{}` has no primary key to refer to", self.rel(target).name);
                    self.unappliable(message, plan.target.at);
                }
                return;
            };
            (self.key_columns(key), Some(key))
        } else {
            let Some(target_columns) = self.columns_of(target, &plan.target_columns) else { return };
            let key = self.matching_key(target, &target_columns);
            (target_columns, key)
        };
        if columns.len() != target_columns.len() {
            let message = format!(
                "a foreign key of {} columns cannot refer to {} columns",
                columns.len(),
                target_columns.len()
            );
            self.unappliable(message, plan.at);
            return;
        }
        let mut validated = plan.validated;
        if key.is_none() && !self.rel(target).incomplete {
            let names: Vec<&str> =
                target_columns.iter().map(|&c| self.rel(target).column(c).name.as_str()).collect();
            let message = format!(
                "no unique constraint of `{}` matches the columns referred to ({})",
                self.rel(target).name,
                names.join(", ")
            );
            let at = plan.target_columns.first().map_or(plan.target.at, |w| w.at);
            self.unappliable(message, at);
            // Kept as a hint at who owns the row, and proves nothing.
            validated = false;
        }
        let on_delete = self.referential(id, plan.on_delete);
        let on_update = self.referential(id, plan.on_update);
        let name = match plan.name {
            Some(name) => name.name,
            None => {
                let joined =
                    names::join_columns(columns.iter().map(|&c| self.rel(id).column(c).name.as_str()));
                names::free_name(&table.name, Some(&joined), "fkey", |n| self.is_constraint(&table.schema, n))
            }
        };
        self.push_foreign_key(
            ForeignKey {
                name,
                relation: id,
                columns,
                target,
                target_columns,
                match_full: plan.match_full,
                on_delete,
                on_update,
                validated,
                enforced: plan.enforced,
                doubt: None,
                deferrable: plan.deferrable,
                dropped: false,
                declared: plan.at,
            },
            key,
        );
    }

    /// Adds a foreign key, and to each partition of its table as well.
    pub(super) fn push_foreign_key(&mut self, foreign_key: ForeignKey, key: Option<IndexId>) {
        let table = foreign_key.relation;
        for partition in self.rel(table).partitions.clone() {
            self.clone_foreign_key(&foreign_key, partition, key);
        }
        let id = ForeignKeyId(self.catalog.foreign_keys.len() as u32);
        let schema = self.rel(table).name.schema.clone();
        self.name_constraint(&schema, &foreign_key.name);
        if let Some(key) = key {
            self.referred.insert(id, key);
        }
        self.catalog.foreign_keys.push(foreign_key);
        self.with(table, |r| r.foreign_keys.push(id));
    }

    /// The same foreign key on a partition, unless it has a valid one that is equal.
    pub(super) fn clone_foreign_key(&mut self, parent: &ForeignKey, partition: RelId, key: Option<IndexId>) {
        let names: Vec<String> =
            parent.columns.iter().map(|&c| self.rel(parent.relation).column(c).name.clone()).collect();
        let columns: Option<Vec<ColumnIx>> =
            names.iter().map(|n| self.rel(partition).column_named(n)).collect();
        let Some(columns) = columns else { return };
        let twin = self.catalog.live_foreign_keys(partition).any(|(_, fk)| {
            fk.target == parent.target
                && fk.columns == columns
                && fk.target_columns == parent.target_columns
                && (fk.validated, fk.enforced, fk.deferrable, fk.match_full)
                    == (parent.validated, parent.enforced, parent.deferrable, parent.match_full)
                && (&fk.on_delete, &fk.on_update) == (&parent.on_delete, &parent.on_update)
        });
        if twin {
            return;
        }
        let mut foreign_key = ForeignKey { relation: partition, columns, ..parent.clone() };
        if self.constraint_declared(partition, &foreign_key.name).is_some() {
            let Some(schema) = Some(self.rel(partition).name.schema.clone()) else { return };
            let joined = names::join_columns(names.iter().map(String::as_str));
            let table = self.rel(partition).name.name.clone();
            foreign_key.name =
                names::free_name(&table, Some(&joined), "fkey", |n| self.is_constraint(&schema, n));
        }
        self.push_foreign_key(foreign_key, key);
    }

    /// Columns by name; reports those that do not exist.
    pub(super) fn columns_of(&mut self, id: RelId, words: &[Word]) -> Option<Vec<ColumnIx>> {
        let mut columns = Vec::new();
        let mut complete = true;
        for word in words {
            match self.column(id, word) {
                Some(ix) => columns.push(ix),
                None => complete = false,
            }
        }
        complete.then_some(columns)
    }

    /// A column by name; reports its absence.
    pub(super) fn column(&mut self, id: RelId, word: &Word) -> Option<ColumnIx> {
        let found = self.rel(id).column_named(&word.name);
        if found.is_none() && !self.rel(id).incomplete {
            let message = format!("table `{}` has no column `{}`", self.rel(id).name, word.name);
            let declared = self.rel(id).declared;
            if let Some(problem) = self.unappliable(message, word.at) {
                problem.labels.extend(declared.map(|location| crate::finding::Label {
                    location,
                    message: "the table is created here".to_owned(),
                }));
            }
        }
        found
    }

    pub(super) fn key_columns(&self, index: IndexId) -> Vec<ColumnIx> {
        let keys = &self.catalog.index_def(index).keys;
        keys.iter()
            .filter_map(|k| match k.term {
                KeyTerm::Column(ix) => Some(ix),
                KeyTerm::Expr(_) => None,
            })
            .collect()
    }

    /// The unique index of exactly those columns that a foreign key may refer to.
    fn matching_key(&self, target: RelId, columns: &[ColumnIx]) -> Option<IndexId> {
        self.live_indexes(target).find(|&i| {
            let index = self.catalog.index_def(i);
            let keys = self.key_columns(i);
            index.unique
                && index.invalid.is_none()
                && index.predicate.is_none()
                && !index.deferrable
                && keys.len() == index.keys.len()
                && keys.len() == columns.len()
                && columns.iter().all(|c| keys.contains(c))
                && keys.iter().all(|k| columns.contains(k))
        })
    }

    fn referential(&mut self, id: RelId, action: Referential) -> ReferentialAction {
        match action {
            Referential::NoAction => ReferentialAction::NoAction,
            Referential::Restrict => ReferentialAction::Restrict,
            Referential::Cascade => ReferentialAction::Cascade,
            Referential::SetNull(columns) => {
                ReferentialAction::SetNull(self.columns_of(id, &columns).unwrap_or_default())
            }
            Referential::SetDefault(columns) => {
                ReferentialAction::SetDefault(self.columns_of(id, &columns).unwrap_or_default())
            }
        }
    }

    // ALTER TABLE's actions on constraints.

    pub(super) fn validate_constraint(&mut self, id: RelId, name: &Word) {
        let mut found = false;
        self.with(id, |r| {
            for check in r.checks.iter_mut().filter(|c| c.name == name.name) {
                check.validated = true;
                found = true;
            }
        });
        for fk in self.foreign_keys_named(id, &name.name) {
            found = true;
            let refers_to_key = self.referred.contains_key(&fk);
            if let Some(fk) = self.catalog.foreign_keys.get_mut(fk.0 as usize) {
                fk.validated = fk.enforced && refers_to_key;
            }
        }
        if !found && self.constraint_declared(id, &name.name).is_none() {
            self.no_constraint(id, name);
        }
    }

    pub(super) fn alter_constraint(
        &mut self,
        id: RelId,
        name: &Word,
        deferrable: Option<bool>,
        enforced: Option<bool>,
    ) {
        let named = self.foreign_keys_named(id, &name.name);
        if named.is_empty() {
            self.no_constraint(id, name);
        }
        for fk in named {
            let refers_to_key = self.referred.contains_key(&fk);
            if let Some(fk) = self.catalog.foreign_keys.get_mut(fk.0 as usize) {
                fk.deferrable = deferrable.unwrap_or(fk.deferrable);
                fk.enforced = enforced.unwrap_or(fk.enforced);
                // To enforce a key is to check the rows that are there.
                fk.validated = match enforced {
                    Some(enforced) => enforced && refers_to_key,
                    None => fk.validated,
                };
            }
        }
    }

    pub(super) fn foreign_keys_named(&self, id: RelId, name: &str) -> Vec<ForeignKeyId> {
        self.catalog.live_foreign_keys(id).filter(|(_, fk)| fk.name == name).map(|(i, _)| i).collect()
    }

    pub(super) fn no_constraint(&mut self, id: RelId, name: &Word) {
        if !self.rel(id).incomplete {
            let message = format!("table `{}` has no constraint `{}`", self.rel(id).name, name.name);
            self.unappliable(message, name.at);
        }
    }

    pub(super) fn rename_constraint(&mut self, id: RelId, name: &Word, to: &Word) {
        let schema = self.rel(id).name.schema.clone();
        let index = self
            .live_indexes(id)
            .find(|&i| self.catalog.index_def(i).name == name.name && self.backs_constraint(i));
        let mut found = index.is_some();
        if let Some(index) = index {
            self.rename_index_entry(index, &to.name);
        }
        for fk in self.foreign_keys_named(id, &name.name) {
            found = true;
            if let Some(fk) = self.catalog.foreign_keys.get_mut(fk.0 as usize) {
                fk.name.clone_from(&to.name);
            }
        }
        self.with(id, |r| {
            for check in r.checks.iter_mut().filter(|c| c.name == name.name) {
                found = true;
                check.name.clone_from(&to.name);
            }
        });
        if found {
            self.forget_constraint(&schema, &name.name);
            self.name_constraint(&schema, &to.name);
        } else {
            self.no_constraint(id, name);
        }
    }

    pub(super) fn backs_constraint(&self, index: IndexId) -> bool {
        self.catalog.index_def(index).origin != IndexOrigin::Index
    }

    /// Gives an index another name in the namespace of relations.
    pub(super) fn rename_index_entry(&mut self, index: IndexId, to: &str) {
        let definition = self.catalog.index_def(index);
        let schema = self.rel(definition.relation).name.schema.clone();
        let mut name = crate::schema::catalog::Name { schema, name: definition.name.clone() };
        if self.objects.get(&name) == Some(&Object::Index(index)) {
            self.objects.remove(&name);
        }
        to.clone_into(&mut name.name);
        self.objects.insert(name, Object::Index(index));
        if let Some(definition) = self.catalog.indexes.get_mut(index.0 as usize) {
            to.clone_into(&mut definition.name);
        }
    }
}

struct ForeignKeyPlan {
    name: Option<Word>,
    columns: Vec<Word>,
    target: ObjectRef,
    target_columns: Vec<Word>,
    match_full: bool,
    on_delete: Referential,
    on_update: Referential,
    validated: bool,
    enforced: bool,
    deferrable: bool,
    at: Location,
}

pub(super) fn plain_key(word: Word) -> KeyDefinition {
    KeyDefinition {
        label: Some(word.name.clone()),
        term: KeySource::Column(word),
        opclass: None,
        collation: None,
        order: None,
        nulls_first: None,
        operator: None,
    }
}
