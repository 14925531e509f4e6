//! What depends on a table: views, policies, generated columns and stored expressions. They keep a column or a table
//! from being dropped, go with it under CASCADE, and follow a rename.

use super::State;
use crate::schema::catalog::{KeyTerm, Name, RelId, RelationKind};
use crate::schema::replay::rewrite::{self, Outcome, Task};
use crate::schema::replay::scope::Names;
use crate::syntax::{ExprHandle, QueryHandle};

/// Something that depends on a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dependent {
    View(RelId),
    Policy(usize),
    Generated(RelId, u32),
}

impl State {
    /// Notes which relations a view reads.
    pub(super) fn record_view(&mut self, view: RelId) {
        for views in self.dependents.values_mut() {
            views.retain(|v| *v != view);
        }
        self.expanded.remove(&view);
        let Some(outcome) = self.ask_view(view, Task::Relations) else { return };
        for relation in outcome.relations {
            self.dependents.entry(relation).or_default().push(view);
        }
    }

    /// Tables that a query reads, those of the views in it included.
    pub(super) fn tables_of(&self, query: &QueryHandle) -> Vec<RelId> {
        let read = rewrite::query(self.names(), &mut query.clone(), Task::Relations).relations;
        let mut todo: Vec<RelId> = read.into_iter().collect();
        let mut found: Vec<RelId> = Vec::new();
        while let Some(next) = todo.pop() {
            if found.contains(&next) {
                continue;
            }
            found.push(next);
            let below = self.dependents.iter().filter(|(_, views)| views.contains(&next));
            todo.extend(below.map(|(below, _)| *below));
        }
        found.retain(|id| self.rel(*id).is_table());
        found.sort_unstable();
        found
    }

    /// Views that read a relation.
    pub(super) fn views_on(&self, id: RelId) -> Vec<RelId> {
        let views = self.dependents.get(&id).into_iter().flatten().copied();
        views.filter(|v| *v != id && !self.rel(*v).dropped).collect()
    }

    fn ask_view(&self, view: RelId, task: Task<'_>) -> Option<Outcome> {
        let (RelationKind::View(definition) | RelationKind::MaterializedView(definition)) =
            &self.rel(view).kind
        else {
            return None;
        };
        let mut query = definition.query.clone()?;
        Some(rewrite::query(self.names(), &mut query, task))
    }

    fn rewrite_view(&mut self, view: RelId, task: Task<'_>) {
        let (RelationKind::View(definition) | RelationKind::MaterializedView(definition)) =
            &self.rel(view).kind
        else {
            return;
        };
        let Some(mut query) = definition.query.clone() else { return };
        let outcome = rewrite::query(self.names(), &mut query, task);
        self.with(view, |r| {
            if let RelationKind::View(definition) | RelationKind::MaterializedView(definition) = &mut r.kind {
                // Better no definition than a wrong one.
                definition.query = (!outcome.lost).then_some(query);
            }
        });
    }

    /// Before a table changes its columns: `*` in the views on it stands for what it has now.
    pub(super) fn freeze_views(&mut self, id: RelId) {
        for view in self.views_on(id) {
            if self.expanded.insert(view) {
                self.rewrite_view(view, Task::Expand);
            }
        }
    }

    /// What depends on a column of a table, other than its own indexes and constraints.
    pub(super) fn dependents_of_column(&self, id: RelId, column: &str) -> Vec<Dependent> {
        let task = Task::Mentions(id, column);
        let mut found = Vec::new();
        for view in self.views_on(id) {
            // A view that cannot be followed is not held against the column.
            if self.ask_view(view, task).is_some_and(|o| o.found) {
                found.push(Dependent::View(view));
            }
        }
        for (i, policy) in self.catalog.policies.iter().enumerate() {
            let mut mentions = |handle: &ExprHandle| {
                rewrite::expression(self.names(), policy.relation, &mut handle.clone(), task).found
            };
            let parts = [&policy.using, &policy.with_check];
            if parts.into_iter().flatten().any(&mut mentions) {
                found.push(Dependent::Policy(i));
            }
        }
        for (ix, other) in self.rel(id).columns.iter().enumerate() {
            let Some(generated) = other.generated.as_ref().filter(|_| !other.dropped) else { continue };
            if rewrite::expression(self.names(), id, &mut generated.clone(), task).found {
                found.push(Dependent::Generated(id, ix as u32));
            }
        }
        found
    }

    pub(super) fn describe_dependent(&self, dependent: &Dependent) -> String {
        match dependent {
            Dependent::View(view) => format!("view `{}`", self.rel(*view).name),
            Dependent::Policy(i) => {
                let policy = self.catalog.policies.get(*i);
                let name = policy.map(|p| format!("`{}` of `{}`", p.name, self.rel(p.relation).name));
                format!("policy {}", name.unwrap_or_default())
            }
            Dependent::Generated(table, ix) => {
                format!("generated column `{}`", self.rel(*table).column(*ix).name)
            }
        }
    }

    /// DROP ... CASCADE takes these along.
    pub(super) fn remove_dependents(&mut self, dependents: Vec<Dependent>) {
        let mut policies: Vec<usize> = Vec::new();
        for dependent in dependents {
            match dependent {
                Dependent::View(view) => self.remove_relation(view),
                Dependent::Policy(i) => policies.push(i),
                Dependent::Generated(table, ix) => {
                    let name = self.rel(table).column(ix).name.clone();
                    self.remove_column(table, ix, &name);
                }
            }
        }
        policies.sort_unstable();
        for i in policies.into_iter().rev() {
            if i < self.catalog.policies.len() {
                self.catalog.policies.remove(i);
            }
        }
    }

    /// Before a column of a table and its descendants is renamed.
    pub(super) fn follow_column(&mut self, id: RelId, column: &str, to: &str) {
        self.freeze_views(id);
        let task = Task::RenameColumn(id, column, to);
        for view in self.views_on(id) {
            self.rewrite_view(view, task);
        }
        self.rewrite_expressions(id, task);
        self.rewrite_policies(task);
    }

    /// Before a table gets another name.
    pub(super) fn follow_table(&mut self, id: RelId, to: &Name) {
        let task = Task::RenameTable(id, to);
        for view in self.views_on(id) {
            self.rewrite_view(view, task);
        }
        self.rewrite_expressions(id, task);
        self.rewrite_policies(task);
    }

    fn rewrite_policies(&mut self, task: Task<'_>) {
        let mut policies = std::mem::take(&mut self.catalog.policies);
        for policy in &mut policies {
            let parts = [&mut policy.using, &mut policy.with_check];
            for handle in parts.into_iter().flatten() {
                rewrite::expression(self.names(), policy.relation, handle, task);
            }
        }
        self.catalog.policies = policies;
    }

    /// Expressions of a table: index keys and predicates, checks, generated columns.
    fn rewrite_expressions(&mut self, id: RelId, task: Task<'_>) {
        let mut checks = self.rel(id).checks.clone();
        let mut generated: Vec<Option<ExprHandle>> =
            self.rel(id).columns.iter().map(|c| c.generated.clone()).collect();
        let mut indexes: Vec<_> =
            self.live_indexes(id).map(|i| (i, self.catalog.index_def(i).clone())).collect();
        let names = self.names();
        let follow = |names: Names<'_>, handle: &mut ExprHandle| {
            rewrite::expression(names, id, handle, task);
        };
        for check in &mut checks {
            follow(names, &mut check.expr);
        }
        for handle in generated.iter_mut().flatten() {
            follow(names, handle);
        }
        for (_, index) in &mut indexes {
            for key in &mut index.keys {
                if let KeyTerm::Expr(handle) = &mut key.term {
                    follow(names, handle);
                }
            }
            if let Some(predicate) = &mut index.predicate {
                follow(names, predicate);
            }
        }
        self.with(id, |r| {
            r.checks = checks;
            for (column, generated) in r.columns.iter_mut().zip(generated) {
                column.generated = generated;
            }
        });
        for (i, index) in indexes {
            if let Some(slot) = self.catalog.indexes.get_mut(i.0 as usize) {
                *slot = index;
            }
        }
    }

    // Sequences that belong to columns.

    /// Takes away the sequence of a column.
    pub(super) fn remove_owned_sequence(&mut self, id: RelId, column: u32) {
        let owned: Vec<Name> = self
            .owned
            .iter()
            .filter(|(table, ix, _)| *table == id && *ix == column)
            .map(|(_, _, name)| name.clone())
            .collect();
        for name in owned {
            self.objects.remove(&name);
            self.catalog.sequences.retain(|s| *s != name);
        }
        self.owned.retain(|(table, ix, _)| *table != id || *ix != column);
    }

    /// Sequences of a table go where it goes.
    pub(super) fn move_owned_sequences(&mut self, id: RelId, schema: &str) {
        for i in 0..self.owned.len() {
            let Some((table, _, old)) = self.owned.get(i).cloned() else { continue };
            if table != id {
                continue;
            }
            let new = Name { schema: schema.to_owned(), name: old.name.clone() };
            self.objects.remove(&old);
            self.objects.insert(new.clone(), super::Object::Sequence);
            for sequence in self.catalog.sequences.iter_mut().filter(|s| **s == old) {
                sequence.clone_from(&new);
            }
            if let Some(entry) = self.owned.get_mut(i) {
                entry.2 = new;
            }
        }
    }
}
