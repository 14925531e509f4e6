//! Indexes: CREATE INDEX, those behind constraints, and their copies on partitions.

use super::validity::Rejection;
use super::{Object, State};
use crate::finding::Label;
use crate::schema::catalog::{
    ColumnIx, Index, IndexId, IndexKey, IndexMethod, IndexOrigin, KeyTerm, Name, RelId, RelationKind,
};
use crate::schema::change::{CreateIndex, ForeignIndex, KeyDefinition, KeyOrder, KeySource, Word};
use crate::schema::names;
use crate::source::Location;
use crate::syntax::{Dialect, ExprHandle};

/// An index to be, whatever asks for it.
pub(super) struct IndexPlan {
    pub(super) name: Option<String>,
    pub(super) method: IndexMethod,
    pub(super) keys: Vec<KeyDefinition>,
    pub(super) include: Vec<Word>,
    pub(super) predicate: Option<ExprHandle>,
    pub(super) unique: bool,
    pub(super) nulls_not_distinct: bool,
    pub(super) deferrable: bool,
    pub(super) origin: IndexOrigin,
    pub(super) concurrently: bool,
    pub(super) only: bool,
    pub(super) at: Location,
}

impl State {
    pub(super) fn create_index(&mut self, index: CreateIndex) {
        let CreateIndex {
            name,
            table,
            method,
            keys,
            include,
            predicate,
            unique,
            nulls_not_distinct,
            concurrently,
            if_not_exists,
            only,
            at,
        } = index;
        let Some(id) = self.relation(&table, false) else { return };
        if matches!(self.rel(id).kind, RelationKind::View(_)) {
            self.problem(
                "invalid-index",
                format!(
                    "`{}` is a view; only a table or a materialized view can have an index",
                    self.rel(id).name
                ),
                table.at,
            );
            return;
        }
        if let (true, Some(name)) = (if_not_exists, &name)
            && self.is_object(&self.rel(id).name.schema, &name.name)
        {
            return;
        }
        let plan = IndexPlan {
            name: name.map(|n| n.name),
            method,
            keys,
            include,
            predicate,
            unique,
            nulls_not_distinct,
            deferrable: false,
            origin: IndexOrigin::Index,
            concurrently,
            only,
            at,
        };
        self.add_index(id, plan);
    }

    /// MySQL's `INDEX i (a)` inside CREATE TABLE: an index there, a mistake in PostgreSQL.
    pub(super) fn foreign_index(&mut self, id: RelId, index: ForeignIndex) {
        let ForeignIndex { name, keys, unique, at } = index;
        let rejected = self.dialect == Dialect::Postgres;
        let written = name.as_ref().map(|n| n.name.clone());
        let plan = IndexPlan {
            // MySQL's index names belong to their table.
            name: written.clone().filter(|_| rejected),
            method: IndexMethod::Btree,
            keys,
            include: Vec::new(),
            predicate: None,
            unique,
            nulls_not_distinct: false,
            deferrable: false,
            origin: if unique { IndexOrigin::UniqueConstraint } else { IndexOrigin::Index },
            concurrently: false,
            only: false,
            at,
        };
        if !rejected {
            if let (Some(index), Some(written)) = (self.add_index(id, plan), written)
                && let Some(index) = self.catalog.indexes.get_mut(index.0 as usize)
            {
                index.name = written;
            }
            return;
        }
        let table = self.rel(id).name.clone();
        let labels: Vec<Option<String>> = plan.keys.iter().map(|k| k.label.clone()).collect();
        let (keys, _) = self.resolve_keys(id, plan.keys);
        let name = match written {
            Some(name) => name,
            None => self.default_index_name(&table, labels, IndexOrigin::Index),
        };
        let columns: Vec<&str> = keys
            .iter()
            .filter_map(|k| match k.term {
                KeyTerm::Column(ix) => Some(self.rel(id).column(ix).name.as_str()),
                KeyTerm::Expr(_) => None,
            })
            .collect();
        let unique_word = if unique { "UNIQUE " } else { "" };
        let help = format!(
            "write it as a statement of its own: CREATE {unique_word}INDEX {name} ON {table} ({})",
            columns.join(", ")
        );
        let reason = "PostgreSQL has no inline INDEX in CREATE TABLE".to_owned();
        let message = format!("index `{name}` is not created: {reason}");
        if let Some(problem) = self.problem("invalid-index", message, at) {
            problem.help = Some(help);
        }
        self.rejected.insert(Name { schema: table.schema.clone(), name: name.clone() });
        self.push_index(
            Index {
                name,
                relation: id,
                method: plan.method,
                keys,
                include: Vec::new(),
                predicate: None,
                unique,
                nulls_not_distinct: false,
                deferrable: false,
                origin: plan.origin,
                concurrently: false,
                only: false,
                invalid: Some(reason),
                parent: None,
                dropped: false,
                declared: at,
            },
            false,
        );
    }

    /// Adds an index to a table and to its partitions. One that PostgreSQL rejects is kept, marked, and reported.
    pub(super) fn add_index(&mut self, id: RelId, plan: IndexPlan) -> Option<IndexId> {
        let made = self.add_one_index(id, plan)?;
        if !self.catalog.index_def(made).only {
            for partition in self.rel(id).partitions.clone() {
                self.index_on_partition(made, partition);
            }
        }
        Some(made)
    }

    fn add_one_index(&mut self, id: RelId, plan: IndexPlan) -> Option<IndexId> {
        let IndexPlan {
            name,
            method,
            keys,
            include,
            predicate,
            unique,
            nulls_not_distinct,
            deferrable,
            origin,
            concurrently,
            only,
            at,
        } = plan;
        let mut invalid = self.reserved_key(&keys, &include);
        let ordered = keys.iter().any(|k| k.order.is_some() || k.nulls_first.is_some());
        let labels: Vec<Option<String>> = keys
            .iter()
            .map(|k| k.label.clone())
            .chain(include.iter().map(|w| Some(w.name.clone())))
            .collect();
        let (keys, unknown) = self.resolve_keys(id, keys);
        let incomplete = unknown == Unknown::Hidden;
        if let Unknown::Missing(word) = unknown {
            let reason = format!("`{}` has no column `{}`", self.rel(id).name, word.name);
            invalid = Some(Rejection::new(reason, word.at));
        }
        let mut included = Vec::new();
        for word in &include {
            match self.rel(id).column_named(&word.name) {
                Some(ix) => included.push(ix),
                None if self.rel(id).incomplete => {}
                None => {
                    let reason = format!("`{}` has no column `{}`", self.rel(id).name, word.name);
                    invalid.get_or_insert(Rejection::new(reason, word.at));
                }
            }
        }
        let table = self.rel(id).name.clone();
        let mut taken = None;
        let name = match name {
            Some(name) => {
                let full = Name { schema: table.schema.clone(), name: name.clone() };
                taken = self.objects.get(&full).copied();
                name
            }
            None => self.default_index_name(&table, labels, origin),
        };
        let mut index = Index {
            name,
            relation: id,
            method,
            keys,
            include: included,
            predicate,
            unique,
            nulls_not_distinct,
            deferrable,
            origin,
            concurrently,
            only,
            invalid: None,
            parent: None,
            dropped: false,
            declared: at,
        };
        let mut first = None;
        if let Some(object) = taken {
            first = self.declared(object);
            invalid = Some(Rejection::new(format!("relation `{}` already exists", index.name), at));
        }
        if invalid.is_none() && !incomplete && self.dialect == Dialect::Postgres {
            invalid = self.rejection(&index, ordered);
        }
        let constraint = origin != IndexOrigin::Index;
        if let Some(Rejection { reason, help, at: place }) = invalid {
            let rule = if constraint { "unappliable-migration" } else { "invalid-index" };
            let what = match origin {
                IndexOrigin::Index => "index",
                IndexOrigin::PrimaryKey => "primary key",
                IndexOrigin::UniqueConstraint => "unique constraint",
                IndexOrigin::Exclusion => "exclusion constraint",
            };
            let message = format!("{what} `{}` cannot be created: {reason}", index.name);
            if let Some(problem) = self.problem(rule, message, place) {
                problem.help = help;
                problem.labels.extend(
                    first.map(|location| Label { location, message: "the name is taken here".to_owned() }),
                );
            }
            index.invalid = Some(reason);
        } else if incomplete {
            index.invalid = Some(format!("part of the declaration of `{table}` was not understood"));
        }
        // A rejected index leaves its name free, and is remembered by it.
        let rejected = index.invalid.is_some() && !incomplete;
        let named = taken.is_none() && !rejected;
        if origin == IndexOrigin::PrimaryKey && index.invalid.is_none() {
            let columns: Vec<ColumnIx> = index
                .keys
                .iter()
                .filter_map(|k| match k.term {
                    KeyTerm::Column(ix) => Some(ix),
                    KeyTerm::Expr(_) => None,
                })
                .collect();
            self.make_not_null(id, &columns);
            for child in self.descendants(id) {
                let names: Vec<String> =
                    columns.iter().map(|&c| self.rel(id).column(c).name.clone()).collect();
                let theirs: Vec<ColumnIx> =
                    names.iter().filter_map(|n| self.rel(child).column_named(n)).collect();
                self.make_not_null(child, &theirs);
            }
        }
        let full = Name { schema: table.schema, name: index.name.clone() };
        if rejected && !self.objects.contains_key(&full) {
            self.rejected.insert(full);
        } else {
            self.rejected.remove(&full);
        }
        Some(self.push_index(index, named))
    }

    fn push_index(&mut self, index: Index, named: bool) -> IndexId {
        let id = IndexId(self.catalog.indexes.len() as u32);
        let relation = index.relation;
        let name = Name { schema: self.rel(relation).name.schema.clone(), name: index.name.clone() };
        if named {
            if index.origin != IndexOrigin::Index {
                self.name_constraint(&name.schema, &name.name);
            }
            self.take_name(name, Object::Index(id));
        }
        self.catalog.indexes.push(index);
        self.with(relation, |r| r.indexes.push(id));
        id
    }

    fn default_index_name(
        &mut self,
        table: &Name,
        labels: Vec<Option<String>>,
        origin: IndexOrigin,
    ) -> String {
        let (label, constraint) = match origin {
            IndexOrigin::PrimaryKey => ("pkey", true),
            IndexOrigin::UniqueConstraint => ("key", true),
            IndexOrigin::Exclusion => ("excl", true),
            IndexOrigin::Index => ("idx", false),
        };
        let distinct = names::distinct_labels(labels);
        let joined = names::join_columns(distinct.iter().map(String::as_str));
        let columns = (origin != IndexOrigin::PrimaryKey).then_some(joined.as_str());
        names::free_name(&table.name, columns, label, |n| {
            self.is_object(&table.schema, n) || (constraint && self.is_constraint(&table.schema, n))
        })
    }

    /// An unquoted reserved word among the columns, which PostgreSQL cannot even parse.
    fn reserved_key(&self, keys: &[KeyDefinition], include: &[Word]) -> Option<Rejection> {
        if self.dialect != Dialect::Postgres {
            return None;
        }
        let columns = keys.iter().filter_map(|k| match &k.term {
            KeySource::Column(word) => Some(word),
            KeySource::Expr(_) => None,
        });
        let word = columns.chain(include).find(|w| !w.quoted && names::is_reserved(&w.name))?;
        let reason = format!("`{}` is a reserved word; write \"{}\" in quotes", word.name, word.name);
        Some(Rejection::new(reason, word.at))
    }

    /// Keys with their columns found, up to the first whose column does not exist.
    fn resolve_keys(&mut self, id: RelId, keys: Vec<KeyDefinition>) -> (Vec<IndexKey>, Unknown) {
        let mut resolved = Vec::new();
        let mut unknown = Unknown::None;
        for key in keys {
            let KeyDefinition { term, opclass, collation, order, nulls_first, operator, label: _ } = key;
            let term = match term {
                KeySource::Expr(expr) => KeyTerm::Expr(expr),
                KeySource::Column(word) => match self.rel(id).column_named(&word.name) {
                    Some(ix) => KeyTerm::Column(ix),
                    None => {
                        if self.rel(id).incomplete {
                            unknown = Unknown::Hidden;
                        } else {
                            unknown = Unknown::Missing(word);
                        }
                        break;
                    }
                },
            };
            let descending = order == Some(KeyOrder::Descending);
            resolved.push(IndexKey {
                term,
                opclass,
                collation,
                descending,
                nulls_first: nulls_first.unwrap_or(descending),
                exclusion_operator: operator,
            });
        }
        (resolved, unknown)
    }

    /// The same index on another table (a partition, or LIKE ... INCLUDING INDEXES), under a default name.
    pub(super) fn clone_index(
        &mut self,
        index: IndexId,
        onto: RelId,
        parent: Option<IndexId>,
        at: Location,
    ) -> Option<IndexId> {
        let source = self.catalog.index_def(index).clone();
        let from = source.relation;
        let same_column = |state: &State, ix: ColumnIx| {
            let name = &state.rel(from).column(ix).name;
            state.rel(onto).column_named(name)
        };
        let mut labels = Vec::new();
        let mut keys = Vec::new();
        for key in &source.keys {
            let term = match &key.term {
                KeyTerm::Column(ix) => {
                    labels.push(Some(self.rel(from).column(*ix).name.clone()));
                    KeyTerm::Column(same_column(self, *ix)?)
                }
                KeyTerm::Expr(expr) => {
                    labels.push(crate::schema::replay::lower::label(&expr.expr));
                    KeyTerm::Expr(expr.clone())
                }
            };
            keys.push(IndexKey { term, ..key.clone() });
        }
        let mut include = Vec::new();
        for &ix in &source.include {
            labels.push(Some(self.rel(from).column(ix).name.clone()));
            include.push(same_column(self, ix)?);
        }
        let table = self.rel(onto).name.clone();
        let name = self.default_index_name(&table, labels, source.origin);
        if source.origin == IndexOrigin::PrimaryKey {
            let columns: Vec<ColumnIx> = keys
                .iter()
                .filter_map(|k| match k.term {
                    KeyTerm::Column(ix) => Some(ix),
                    KeyTerm::Expr(_) => None,
                })
                .collect();
            self.make_not_null(onto, &columns);
        }
        let declared = if parent.is_some() { source.declared } else { at };
        let copy = Index { name, relation: onto, keys, include, parent, only: false, declared, ..source };
        Some(self.push_index(copy, true))
    }
}

/// What became of key columns that were not found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unknown {
    /// All were found.
    None,
    /// One does not exist.
    Missing(Word),
    /// One may exist: not all of the table is known.
    Hidden,
}
