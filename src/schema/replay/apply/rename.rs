//! RENAME and SET SCHEMA.

use super::{Object, State, shown};
use crate::schema::catalog::{Name, RelId};
use crate::schema::change::{ObjectKind, ObjectRef, Word};

impl State {
    pub(super) fn rename(
        &mut self,
        kind: ObjectKind,
        name: &ObjectRef,
        to: &Word,
        if_exists: bool,
        table: Option<&ObjectRef>,
    ) {
        match kind {
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence => self.rename_object(kind, name, to, if_exists),
            ObjectKind::Schema => self.rename_schema(name, to),
            ObjectKind::Type | ObjectKind::Domain => self.rename_type(name, to),
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let old = self.new_name(name);
                for function in self.catalog.functions.iter_mut().filter(|f| f.name == old) {
                    function.name.name.clone_from(&to.name);
                }
            }
            ObjectKind::Trigger | ObjectKind::Policy => {
                let Some(id) = table.and_then(|t| self.relation(t, if_exists)) else { return };
                for trigger in &mut self.catalog.triggers {
                    if kind == ObjectKind::Trigger && trigger.relation == id && trigger.name == name.name {
                        trigger.name.clone_from(&to.name);
                    }
                }
                for policy in &mut self.catalog.policies {
                    if kind == ObjectKind::Policy && policy.relation == id && policy.name == name.name {
                        policy.name.clone_from(&to.name);
                    }
                }
            }
            // Their names are not kept.
            ObjectKind::Rule | ObjectKind::Extension => {}
        }
    }

    fn rename_object(&mut self, kind: ObjectKind, name: &ObjectRef, to: &Word, if_exists: bool) {
        let Some((old, object)) = self.lookup(name) else {
            if !if_exists && !self.is_rejected(name) {
                let message = format!("{} `{}` does not exist when this runs", kind.describe(), shown(name));
                self.unappliable(message, name.at);
            }
            return;
        };
        let new = Name { schema: old.schema.clone(), name: to.name.clone() };
        if let Some(&taken) = self.objects.get(&new) {
            let message = format!("relation `{new}` already exists");
            self.duplicate(message, to.at, self.declared(taken));
            return;
        }
        self.move_object(&old, object, new);
    }

    fn move_object(&mut self, old: &Name, object: Object, new: Name) {
        match object {
            Object::Relation(id) => {
                self.follow_table(id, &new);
                self.free_name(old);
                self.with(id, |r| r.name.clone_from(&new));
                self.take_name(new, object);
            }
            Object::Index(id) => {
                if self.backs_constraint(id) {
                    self.forget_constraint(&old.schema, &old.name);
                    self.name_constraint(&new.schema, &new.name);
                }
                self.rename_index_entry(id, &new.name);
            }
            Object::Sequence => {
                self.objects.remove(old);
                for sequence in self.catalog.sequences.iter_mut().filter(|s| *s == old) {
                    sequence.clone_from(&new);
                }
                self.objects.insert(new, Object::Sequence);
            }
        }
    }

    pub(super) fn set_schema(&mut self, kind: ObjectKind, name: &ObjectRef, schema: String, if_exists: bool) {
        match kind {
            ObjectKind::Type | ObjectKind::Domain => self.move_type(name, &schema),
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let old = self.new_name(name);
                for function in self.catalog.functions.iter_mut().filter(|f| f.name == old) {
                    function.name.schema.clone_from(&schema);
                }
            }
            ObjectKind::Schema
            | ObjectKind::Trigger
            | ObjectKind::Policy
            | ObjectKind::Rule
            | ObjectKind::Extension => {}
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence => {
                let Some((old, object)) = self.lookup(name) else {
                    if !if_exists {
                        self.relation(name, false);
                    }
                    return;
                };
                self.change_schema(&old, object, &schema);
            }
        }
    }

    /// Moves a relation with its indexes and constraints.
    fn change_schema(&mut self, old: &Name, object: Object, schema: &str) {
        let new = Name { schema: schema.to_owned(), name: old.name.clone() };
        let Object::Relation(id) = object else {
            if object == Object::Sequence {
                self.move_object(old, object, new);
            }
            return;
        };
        self.move_owned_sequences(id, schema);
        let from = old.schema.clone();
        for index in self.live_indexes(id).collect::<Vec<_>>() {
            let name = self.catalog.index_def(index).name.clone();
            let entry = Name { schema: from.clone(), name: name.clone() };
            if self.objects.get(&entry) == Some(&Object::Index(index)) {
                self.objects.remove(&entry);
                self.objects
                    .insert(Name { schema: schema.to_owned(), name: name.clone() }, Object::Index(index));
                if self.backs_constraint(index) {
                    self.forget_constraint(&from, &name);
                    self.name_constraint(schema, &name);
                }
            }
        }
        let constraints: Vec<String> = self
            .catalog
            .live_foreign_keys(id)
            .map(|(_, fk)| fk.name.clone())
            .chain(self.rel(id).checks.iter().map(|c| c.name.clone()))
            .collect();
        for name in constraints {
            self.forget_constraint(&from, &name);
            self.name_constraint(schema, &name);
        }
        self.move_object(old, object, new);
    }

    fn rename_schema(&mut self, name: &ObjectRef, to: &Word) {
        let inside: Vec<(Name, Object)> = self
            .objects
            .iter()
            .filter(|(n, o)| n.schema == name.name && !matches!(o, Object::Index(_)))
            .map(|(n, o)| (n.clone(), *o))
            .collect();
        if inside.is_empty() && !self.catalog.schemas.contains(&name.name) && name.name != "public" {
            let message = format!("schema `{}` does not exist when this runs", name.name);
            self.unappliable(message, name.at);
            return;
        }
        for (old, object) in inside {
            self.change_schema(&old, object, &to.name);
        }
        for schema in self.catalog.schemas.iter_mut().filter(|s| **s == name.name) {
            schema.clone_from(&to.name);
        }
        for function in self.catalog.functions.iter_mut().filter(|f| f.name.schema == name.name) {
            function.name.schema.clone_from(&to.name);
        }
    }

    pub(super) fn rename_column(&mut self, id: RelId, column: &Word, to: &Word) {
        let Some(ix) = self.column(id, column) else { return };
        if let Some(taken) = self.rel(id).column_named(&to.name)
            && taken != ix
        {
            let message = format!("table `{}` has a column `{}` already", self.rel(id).name, to.name);
            let first = self.rel(id).column(taken).declared;
            self.duplicate(message, to.at, first);
            return;
        }
        let mut tables = self.descendants(id);
        tables.push(id);
        for table in tables {
            self.follow_column(table, &column.name, &to.name);
        }
        self.change_column(id, column, true, |c| c.name.clone_from(&to.name));
    }
}
