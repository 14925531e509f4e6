//! CREATE TABLE.

use super::{Object, State, TEMPORARY, shown};
use crate::schema::catalog::{Column, ColumnIx, Name, RelId, Relation, RelationKind};
use crate::schema::change::{
    ColumnDefinition, ConstraintDefinition, ConstraintKind, CreateTable, LikeClause, ObjectRef, PartitionBy,
    Word,
};
use crate::schema::names;
use crate::syntax::Dialect;

impl State {
    pub(super) fn create_table(&mut self, table: CreateTable) {
        let CreateTable {
            name: written,
            if_not_exists,
            temporary,
            foreign,
            columns,
            constraints,
            like,
            inherits,
            partition_of,
            bounds,
            partition_by,
            query,
            of_type,
            column_names,
            foreign_indexes,
            unreadable,
        } = table;
        let mut name = self.new_name(&written);
        if temporary && written.schema.is_none() {
            TEMPORARY.clone_into(&mut name.schema);
        }
        let replaced = match self.objects.get(&name) {
            Some(&Object::Relation(first)) if self.doubtful.remove(&first) => {
                self.remove_relation(first);
                true
            }
            _ => false,
        };
        if let Some(&object) = self.objects.get(&name) {
            if !if_not_exists {
                let message = format!("relation `{name}` already exists");
                self.duplicate(message, written.at, self.declared(object));
            }
            return;
        }
        let parent = partition_of.as_ref().and_then(|p| self.relation(p, false));
        let parents: Vec<RelId> = inherits.iter().filter_map(|p| self.relation(p, false)).collect();
        let incomplete = (partition_of.is_some() && parent.is_none()) || parents.len() < inherits.len();
        let kind = match (parent, &partition_by, foreign) {
            (Some(parent), _, _) => RelationKind::Partition(parent),
            (None, Some(_), _) => RelationKind::Partitioned,
            (None, None, true) => RelationKind::Foreign,
            (None, None, false) => RelationKind::Table,
        };
        let id = self.add_relation(name, kind, &written);
        if temporary {
            self.temporary.push(id);
        }
        self.with(id, |r| r.incomplete = incomplete);
        for &ancestor in parents.iter().chain(&parent) {
            self.inherit_columns(id, ancestor);
        }
        if let Some(of_type) = &of_type {
            self.columns_of_type(id, of_type);
        }
        for clause in &like {
            self.like_columns(id, clause);
        }
        let mut all_constraints = Vec::new();
        for mut column in columns {
            all_constraints.append(&mut column.constraints);
            self.declare_column(id, column);
        }
        all_constraints.extend(constraints);
        if let Some(query) = &query {
            self.columns_of_query(id, query, &column_names);
        }
        if let Some(by) = partition_by {
            self.partition_key(id, &by);
        }
        for &ancestor in &parents {
            self.with(ancestor, |r| r.inherited_by.push(id));
            self.with(id, |r| r.inherits.push(ancestor));
            self.inherit_checks(id, ancestor);
        }
        self.declare_constraints(id, all_constraints);
        for clause in &like {
            self.like_rest(id, clause);
        }
        for (at, message) in unreadable {
            self.with(id, |r| r.incomplete = true);
            self.unappliable(message, at);
        }
        for index in foreign_indexes {
            self.foreign_index(id, index);
        }
        if let Some(parent) = parent {
            self.attach(parent, id, bounds);
        }
        // Which of the two is there is not known.
        if replaced && if_not_exists {
            self.doubt_constraints(id, true);
            self.doubt_not_null(id);
        }
    }

    /// Checks first, then keys with the primary key before all others, then foreign keys, as PostgreSQL orders them.
    fn declare_constraints(&mut self, id: RelId, constraints: Vec<ConstraintDefinition>) {
        let rank = |c: &ConstraintDefinition| match &c.kind {
            ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => 0,
            ConstraintKind::Key { primary: true, .. } => 1,
            ConstraintKind::Key { primary: false, .. }
            | ConstraintKind::KeyUsingIndex { .. }
            | ConstraintKind::Exclude { .. } => 2,
            ConstraintKind::ForeignKey { .. } => 3,
        };
        let mut constraints = merge_equal_keys(constraints);
        constraints.sort_by_key(rank);
        for constraint in constraints {
            self.add_constraint(id, constraint, false);
        }
    }

    pub(super) fn add_relation(&mut self, name: Name, kind: RelationKind, written: &ObjectRef) -> RelId {
        let id = RelId(self.catalog.relations.len() as u32);
        self.catalog.relations.push(Relation {
            name: name.clone(),
            kind,
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            filled_from: Vec::new(),
            inherits: Vec::new(),
            inherited_by: Vec::new(),
            partitions: Vec::new(),
            partition_key: Vec::new(),
            bounds: None,
            partitioned: false,
            row_security: false,
            row_security_at: None,
            row_security_in_doubt: false,
            force_row_security: false,
            has_rules: false,
            dropped: false,
            incomplete: false,
            declared: Some(written.at),
        });
        self.missing.remove(&name);
        self.take_name(name, Object::Relation(id));
        id
    }

    /// Adds a column, or merges it with an inherited one of its name.
    pub(super) fn declare_column(&mut self, id: RelId, definition: ColumnDefinition) -> Option<ColumnIx> {
        let ColumnDefinition {
            name,
            ty,
            foreign_type,
            serial,
            collation,
            not_null,
            default,
            generated,
            is_virtual: _, // The value is the same.
            identity,
            constraints: _, // Declared once all columns are there.
        } = definition;
        self.check_column_name(&name);
        let ty = self.known_type(ty, foreign_type, &name);
        if let Some(ix) = self.rel(id).column_named(&name.name) {
            let inherited = matches!(self.rel(id).kind, RelationKind::Partition(_))
                || self.rel(id).columns[ix as usize].inherited;
            if !inherited {
                let shown = self.rel(id).name.to_string();
                let first = self.rel(id).column(ix).declared;
                self.duplicate(
                    format!("column `{}` of `{shown}` is declared twice", name.name),
                    name.at,
                    first,
                );
                return None;
            }
            self.with(id, |r| {
                if let Some(column) = r.columns.get_mut(ix as usize) {
                    column.not_null |= not_null;
                    column.default = default.or(column.default.take());
                    column.generated = generated.or(column.generated.take());
                    column.identity |= identity;
                    column.declared = Some(name.at);
                }
            });
            return Some(ix);
        }
        let owned = serial || identity;
        let column_name = name.name.clone();
        self.with(id, |r| {
            r.columns.push(Column {
                name: name.name,
                ty,
                collation,
                not_null: not_null || serial || identity,
                default,
                generated,
                identity: owned,
                inherited: false,
                dropped: false,
                declared: Some(name.at),
            });
        });
        if owned {
            self.own_sequence(id, &column_name);
        }
        if serial && let Some(ix) = self.rel(id).column_named(&column_name) {
            self.serials.push((id, ix));
        }
        Some(self.rel(id).columns.len() as ColumnIx - 1)
    }

    /// The sequence behind a serial or identity column.
    pub(super) fn own_sequence(&mut self, id: RelId, column: &str) {
        let Name { schema, name: table } = self.rel(id).name.clone();
        let name = names::free_name(&table, Some(column), "seq", |n| self.is_object(&schema, n));
        let name = Name { schema, name };
        self.catalog.sequences.push(name.clone());
        if let Some(ix) = self.rel(id).column_named(column) {
            self.owned.push((id, ix, name.clone()));
        }
        self.take_name(name, Object::Sequence);
    }

    /// An unquoted reserved word is a syntax error in PostgreSQL, which the parser lets pass.
    fn check_column_name(&mut self, word: &Word) {
        if self.dialect == Dialect::Postgres && !word.quoted && names::is_reserved(&word.name) {
            let message = format!("`{}` is a reserved word and cannot name a column unquoted", word.name);
            if let Some(problem) = self.unappliable(message, word.at) {
                problem.help = Some(format!("write \"{}\" in quotes, or choose another name", word.name));
            }
        }
    }

    /// CREATE TABLE ... OF type.
    fn columns_of_type(&mut self, id: RelId, of_type: &ObjectRef) {
        let key = self.type_key(of_type);
        let Some(fields) = self.catalog.composites.get(&key).cloned() else {
            self.with(id, |r| r.incomplete = true);
            self.unappliable(format!("type `{key}` does not exist when this runs"), of_type.at);
            return;
        };
        for (name, ty) in fields {
            let column = Column {
                name,
                ty,
                collation: None,
                not_null: false,
                default: None,
                generated: None,
                identity: false,
                inherited: true,
                dropped: false,
                declared: Some(of_type.at),
            };
            self.with(id, |r| r.columns.push(column));
        }
    }

    fn inherit_columns(&mut self, id: RelId, ancestor: RelId) {
        let columns: Vec<Column> =
            self.rel(ancestor).columns.iter().filter(|c| !c.dropped).cloned().collect();
        for mut column in columns {
            if let Some(ix) = self.rel(id).column_named(&column.name) {
                self.with(id, |r| {
                    if let Some(own) = r.columns.get_mut(ix as usize) {
                        own.not_null |= column.not_null;
                    }
                });
                continue;
            }
            column.inherited = true;
            self.with(id, |r| r.columns.push(column));
        }
    }

    fn inherit_checks(&mut self, id: RelId, ancestor: RelId) {
        let checks = self.rel(ancestor).checks.clone();
        self.with(id, |r| {
            for check in checks {
                if !check.no_inherit && r.checks.iter().all(|c| c.name != check.name) {
                    r.checks.push(check);
                }
            }
        });
    }

    fn like_columns(&mut self, id: RelId, clause: &LikeClause) {
        let Some(source) = self.relation(&clause.table, false) else {
            self.with(id, |r| r.incomplete = true);
            return;
        };
        let columns: Vec<Column> = self.rel(source).columns.iter().filter(|c| !c.dropped).cloned().collect();
        for mut column in columns {
            if self.rel(id).column_named(&column.name).is_some() {
                let shown = shown(&clause.table);
                let message = format!("column `{}` of `{shown}` is declared twice", column.name);
                self.unappliable(message, clause.table.at);
                continue;
            }
            let source_ix = self.rel(source).column_named(&column.name);
            // A serial column is one by its default, which is copied; an identity gets a sequence of its own.
            let serial = self.serials.iter().any(|(t, ix)| *t == source && Some(*ix) == source_ix);
            let generator = column.identity && !serial;
            if !clause.defaults {
                column.default = None;
            }
            if !clause.generated {
                column.generated = None;
            }
            column.identity = (serial && clause.defaults) || (generator && clause.identity);
            column.inherited = false;
            let owned = generator && clause.identity;
            let name = column.name.clone();
            self.with(id, |r| r.columns.push(column));
            if owned {
                self.own_sequence(id, &name);
            }
        }
    }

    /// What LIKE copies once the columns are there.
    fn like_rest(&mut self, id: RelId, clause: &LikeClause) {
        let Some((_, Object::Relation(source))) = self.lookup(&clause.table) else { return };
        if clause.constraints {
            let checks = self.rel(source).checks.clone();
            let schema = self.rel(id).name.schema.clone();
            for check in checks {
                self.name_constraint(&schema, &check.name);
                self.with(id, |r| r.checks.push(check));
            }
        }
        if clause.indexes {
            for index in self.rel(source).indexes.clone() {
                if !self.catalog.index_def(index).dropped {
                    self.clone_index(index, id, None, clause.table.at);
                }
            }
        }
    }

    fn partition_key(&mut self, id: RelId, by: &PartitionBy) {
        self.with(id, |r| r.partitioned = true);
        for word in &by.columns {
            match self.rel(id).column_named(&word.name) {
                Some(ix) => self.with(id, |r| r.partition_key.push(ix)),
                None => {
                    let shown = self.rel(id).name.to_string();
                    self.unappliable(
                        format!("`{shown}` is partitioned by `{}`, which is not a column of it", word.name),
                        word.at,
                    );
                }
            }
        }
    }

    /// A table that exists although its statement was not understood.
    pub(super) fn obscure(&mut self, table: &ObjectRef, creates: bool) {
        match self.lookup(table) {
            Some((_, Object::Relation(id))) => self.with(id, |r| r.incomplete = true),
            Some((_, Object::Index(_) | Object::Sequence)) => {}
            None if creates => {
                let name = self.new_name(table);
                let id = self.add_relation(name, RelationKind::Table, table);
                self.with(id, |r| r.incomplete = true);
            }
            None => {}
        }
    }
}

/// In one CREATE TABLE, keys of equal columns become one index, and a primary key wins (`transformIndexConstraints`).
fn merge_equal_keys(constraints: Vec<ConstraintDefinition>) -> Vec<ConstraintDefinition> {
    type Shape = (Vec<String>, Vec<String>, bool, bool);
    let shape = |c: &ConstraintDefinition| -> Option<Shape> {
        let ConstraintKind::Key { primary: _, columns, include, nulls_not_distinct } = &c.kind else {
            return None;
        };
        let names =
            |words: &[crate::schema::change::Word]| words.iter().map(|w| w.name.clone()).collect::<Vec<_>>();
        Some((names(columns), names(include), *nulls_not_distinct, c.deferrable))
    };
    let mut kept: Vec<ConstraintDefinition> = Vec::new();
    for constraint in constraints {
        let wanted = shape(&constraint);
        let twin = kept.iter_mut().find(|k| wanted.is_some() && shape(k) == wanted);
        let Some(twin) = twin else {
            kept.push(constraint);
            continue;
        };
        if let (
            ConstraintKind::Key { primary: kept_primary, .. },
            ConstraintKind::Key { primary: new_primary, .. },
        ) = (&mut twin.kind, &constraint.kind)
        {
            if *kept_primary && *new_primary {
                kept.push(constraint);
                continue;
            }
            *kept_primary |= *new_primary;
        }
        if twin.name.is_none() {
            twin.name = constraint.name;
        }
    }
    kept
}
