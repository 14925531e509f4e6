//! Carries [`Change`]s out on a [`Catalog`], as PostgreSQL would: names and namespaces, IF EXISTS, dependencies. What it
//! would refuse is a problem, and the rest goes on.

mod alter;
mod before;
mod beside;
mod constraint;
mod doubt;
mod drop;
mod follow;
mod index;
mod object;
mod partition;
mod privilege;
mod rename;
mod retype;
mod table;
mod validity;

use std::collections::{HashMap, HashSet};

use crate::finding::{Label, Problem};
use crate::schema::Catalog;
use crate::schema::catalog::{Cast, ForeignKeyId, IndexId, Name, RelId, Relation, RelationKind};
use crate::schema::change::{Certainty, Change, ObjectKind, ObjectRef, Scope, Step};
use crate::schema::replay::scope::{Columns, Names};
use crate::source::Location;
use crate::syntax::Dialect;

/// The catalog as it grows, with what only the replay needs.
pub(super) struct State {
    pub(super) catalog: Catalog,
    pub(super) problems: Vec<Problem>,
    dialect: Dialect,
    /// Tables, views, indexes and sequences share one namespace in each schema.
    objects: HashMap<Name, Object>,
    /// How many constraints have a name; only default names avoid the others of their schema.
    constraints: HashMap<Name, u32>,
    /// The session's search path.
    path: Vec<String>,
    /// The key that each foreign key refers to.
    referred: HashMap<ForeignKeyId, IndexId>,
    /// Views that read each relation.
    dependents: HashMap<RelId, Vec<RelId>>,
    /// Views whose `*` was replaced by the columns that it stands for.
    expanded: HashSet<RelId>,
    /// Sequences that belong to columns.
    owned: Vec<(RelId, u32, Name)>,
    /// Types of the project that the catalog does not hold: ranges and base types.
    other_types: HashSet<String>,
    /// Types whose absence was reported.
    missing_types: HashSet<String>,
    /// Names of indexes that PostgreSQL rejected.
    rejected: HashSet<Name>,
    /// Columns declared serial.
    serials: Vec<(RelId, u32)>,
    /// Columns of views.
    views: HashMap<RelId, Columns>,
    /// Names whose absence was reported.
    missing: HashSet<Name>,
    /// Temporary tables of the session.
    temporary: Vec<RelId>,
    /// Tables that are created only under a condition.
    doubtful: HashSet<RelId>,
    /// The statement at work.
    statement: Option<Location>,
}

/// What a name in the namespace of relations stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    Relation(RelId),
    Index(IndexId),
    Sequence,
}

const TEMPORARY: &str = "pg_temp";

impl State {
    pub(super) fn new(dialect: Dialect) -> State {
        let catalog = Catalog { search_path: default_path(), dialect, ..Catalog::default() };
        State {
            catalog,
            problems: Vec::new(),
            dialect,
            objects: HashMap::new(),
            constraints: HashMap::new(),
            path: default_path(),
            referred: HashMap::new(),
            dependents: HashMap::new(),
            expanded: HashSet::new(),
            owned: Vec::new(),
            serials: Vec::new(),
            other_types: HashSet::new(),
            missing_types: HashSet::new(),
            rejected: HashSet::new(),
            views: HashMap::new(),
            missing: HashSet::new(),
            temporary: Vec::new(),
            doubtful: HashSet::new(),
            statement: None,
        }
    }

    /// Forgets what a session set and made for itself.
    pub(super) fn new_session(&mut self) {
        self.path = self.catalog.search_path.clone();
        for id in std::mem::take(&mut self.temporary) {
            self.remove_relation(id);
        }
    }

    pub(super) fn finish(mut self) -> Catalog {
        self.new_session();
        self.catalog
    }

    pub(super) fn apply(&mut self, change: Change) {
        let Change { step, statement, certainty } = change;
        self.statement = Some(statement);
        if certainty > Certainty::Certain {
            let (problems, missing) = (self.problems.len(), self.missing.clone());
            match certainty {
                Certainty::Doubtful => self.carry_out_in_doubt(step, statement),
                Certainty::Certain | Certainty::Guarded => self.carry_out(step),
            }
            // An index that can never be is wrong under any condition.
            let mut met = self.problems.split_off(problems);
            met.retain(|p| p.rule == "invalid-index" && !p.message.ends_with("already exists"));
            self.problems.append(&mut met);
            self.missing = missing;
        } else {
            self.carry_out(step);
        }
    }

    fn carry_out(&mut self, step: Step) {
        self.catalog.any_ddl |=
            !matches!(step, Step::SetSearchPath { .. } | Step::SetRole { .. } | Step::Grant(_));
        match step {
            Step::CreateTable(table) => self.create_table(*table),
            Step::AlterTable { table, if_exists, only, action } => {
                self.alter_table(&table, if_exists, only, *action);
            }
            Step::CreateIndex(index) => self.create_index(*index),
            Step::CreateView(view) => self.create_view(*view),
            Step::CreateFunction(function) => self.create_function(*function),
            Step::AlterFunction { function, action } => self.alter_function(&function, action),
            Step::CreateTrigger(trigger) => self.create_trigger(*trigger),
            Step::CreatePolicy(policy) => self.create_policy(*policy),
            Step::AlterPolicy { name, table, action } => self.alter_policy(&name, &table, *action),
            Step::CreateRule { table } => {
                if let Some(id) = self.relation(&table, false) {
                    self.with(id, |r| r.has_rules = true);
                }
            }
            Step::CreateType { name, body } => self.create_type(&name, body),
            Step::AlterType { name, action } => self.alter_type(&name, action),
            Step::CreateDomain { name, domain } => self.create_domain(&name, *domain),
            Step::AlterDomain { name, default, check } => self.alter_domain(&name, default, check),
            Step::CreateOperator { schema, symbol, left, right, function } => {
                self.create_operator(schema, symbol, (left, right), &function);
            }
            Step::CreateCast { from, to, function, explicit, implicit } => {
                let function = self.called_function(&function);
                let (from, to) = (self.resolve_type(from), self.resolve_type(to));
                self.catalog.casts.push(Cast { from, to, function, explicit, implicit });
            }
            Step::CreateSequence { name, if_not_exists } => self.create_sequence(&name, if_not_exists),
            Step::CreateSchema { name, if_not_exists } => self.create_schema(&name, if_not_exists),
            Step::CreateExtension { name, if_not_exists } => self.create_extension(&name, if_not_exists),
            Step::Drop(drop) => self.drop(*drop),
            Step::Rename { kind, name, to, if_exists, table } => {
                self.rename(kind, &name, &to, if_exists, table.as_ref());
            }
            Step::SetSchema { kind, name, schema, if_exists } => {
                self.set_schema(kind, &name, schema, if_exists);
            }
            Step::AttachIndex { parent, partition } => self.attach_index(&parent, &partition),
            Step::SetSecurityInvoker { view, security_invoker } => {
                if let Some(id) = self.relation(&view, false) {
                    self.with(id, |r| {
                        if let RelationKind::View(view) = &mut r.kind {
                            view.security_invoker = security_invoker;
                        }
                    });
                }
            }
            Step::SetSearchPath { path, scope } => self.set_search_path(path, scope),
            Step::Unmodelled { kind, name } => {
                match (kind, self.lookup(&name)) {
                    (ObjectKind::Table, Some((_, Object::Relation(id)))) => {
                        self.with(id, |r| r.incomplete = true);
                    }
                    // What a write to it does is not followed, as with a rewrite rule.
                    (ObjectKind::View, Some((_, Object::Relation(id)))) => {
                        self.with(id, |r| r.has_rules = true);
                    }
                    _other => {}
                }
            }
            Step::AlterAny(action) => self.alter_any(&action),
            Step::DoubtRowSecurity => self.doubt_row_security(),
            Step::SetRole { name, creates: _, bypasses_row_security, superuser } => {
                self.set_role(name, bypasses_row_security, superuser);
            }
            Step::Grant(grant) => self.grant(*grant),
            Step::DropSomeConstraint { table, cascade } => {
                self.drop_some_constraint(table.as_ref(), cascade);
            }
            Step::Obscure { table, creates } => self.obscure(&table, creates),
        }
    }

    fn set_search_path(&mut self, path: Option<Vec<String>>, scope: Scope) {
        // `$user` is a schema that nobody creates.
        let path = path.map(|p| p.into_iter().filter(|s| s != "$user").collect::<Vec<_>>());
        let path = path.unwrap_or_else(|| match scope {
            Scope::Session => self.catalog.search_path.clone(),
            Scope::Database => default_path(),
        });
        if scope == Scope::Database {
            self.catalog.search_path.clone_from(&path);
        }
        self.path = path;
    }

    // Problems.

    fn problem(&mut self, rule: &'static str, message: String, at: Location) -> Option<&mut Problem> {
        let problem =
            Problem { rule, message, help: None, primary: at, statement: self.statement, labels: Vec::new() };
        if self.problems.contains(&problem) {
            return None;
        }
        self.problems.push(problem);
        self.problems.last_mut()
    }

    fn unappliable(&mut self, message: String, at: Location) -> Option<&mut Problem> {
        self.problem("unappliable-migration", message, at)
    }

    /// A name is taken; says by what.
    fn duplicate(&mut self, message: String, at: Location, first: Option<Location>) {
        if let Some(problem) = self.unappliable(message, at) {
            problem.labels.extend(
                first.map(|location| Label { location, message: "it was created here first".to_owned() }),
            );
        }
    }

    // Names.

    /// The name under which an object is created.
    fn new_name(&self, name: &ObjectRef) -> Name {
        let schema = name.schema.clone().unwrap_or_else(|| self.current_schema());
        Name { schema, name: name.name.clone() }
    }

    /// The first schema of the path that exists, as far as is known.
    fn current_schema(&self) -> String {
        self.path.first().cloned().unwrap_or_else(|| "public".to_owned())
    }

    /// What a name stands for, along the search path.
    fn lookup(&self, name: &ObjectRef) -> Option<(Name, Object)> {
        let look = |schema: &str| {
            let name = Name { schema: schema.to_owned(), name: name.name.clone() };
            self.objects.get(&name).map(|object| (name, *object))
        };
        match &name.schema {
            Some(schema) => look(schema),
            None => std::iter::once(TEMPORARY)
                .chain(self.path.iter().map(String::as_str))
                .chain(std::iter::once("public"))
                .find_map(look)
                .or_else(|| {
                    // The path may be set where we do not see it: a connection string.
                    let id = self.catalog.find_relation(None, &name.name)?;
                    Some((self.catalog.relation(id).name.clone(), Object::Relation(id)))
                }),
        }
    }

    /// Whether a name is that of an index whose rejection was reported: what names it is not reported again.
    fn is_rejected(&self, name: &ObjectRef) -> bool {
        let schemas = name.schema.iter().chain(&self.path);
        schemas
            .into_iter()
            .any(|schema| self.rejected.contains(&Name { schema: schema.clone(), name: name.name.clone() }))
    }

    /// The relation of that name; reports its absence once per name unless `if_exists`.
    fn relation(&mut self, name: &ObjectRef, if_exists: bool) -> Option<RelId> {
        match self.lookup(name) {
            Some((_, Object::Relation(id))) => return Some(id),
            Some((found, Object::Index(_) | Object::Sequence)) => {
                self.unappliable(format!("`{found}` is not a table"), name.at);
                return None;
            }
            None => {}
        }
        let wanted = self.new_name(name);
        if !if_exists && self.missing.insert(wanted) {
            let shown = shown(name);
            if let Some(problem) =
                self.unappliable(format!("table `{shown}` does not exist when this runs"), name.at)
            {
                problem.help = Some(
                    "check the order of the migrations, or add the file that creates it to `schema.sources`"
                        .to_owned(),
                );
            }
        }
        None
    }

    /// What names mean now.
    fn names(&self) -> Names<'_> {
        Names { catalog: &self.catalog, path: &self.path, views: &self.views }
    }

    fn rel(&self, id: RelId) -> &Relation {
        self.catalog.relation(id)
    }

    fn with(&mut self, id: RelId, change: impl FnOnce(&mut Relation)) {
        if let Some(relation) = self.catalog.relations.get_mut(id.0 as usize) {
            change(relation);
        }
    }

    fn take_name(&mut self, name: Name, object: Object) {
        if let Object::Relation(id) = object {
            self.catalog.by_name.insert(name.clone(), id);
            self.catalog.by_bare_name.entry(name.name.clone()).or_default().push(id);
        }
        self.objects.insert(name, object);
    }

    fn free_name(&mut self, name: &Name) {
        if let Some(Object::Relation(id)) = self.objects.remove(name) {
            self.catalog.by_name.remove(name);
            if let Some(ids) = self.catalog.by_bare_name.get_mut(&name.name) {
                ids.retain(|other| *other != id);
            }
        }
    }

    fn name_constraint(&mut self, schema: &str, name: &str) {
        let name = Name { schema: schema.to_owned(), name: name.to_owned() };
        *self.constraints.entry(name).or_default() += 1;
    }

    fn forget_constraint(&mut self, schema: &str, name: &str) {
        let name = Name { schema: schema.to_owned(), name: name.to_owned() };
        if let Some(count) = self.constraints.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                self.constraints.remove(&name);
            }
        }
    }

    fn is_constraint(&self, schema: &str, name: &str) -> bool {
        self.constraints.contains_key(&Name { schema: schema.to_owned(), name: name.to_owned() })
    }

    /// Whether a relation has children that share its columns.
    fn has_children(&self, id: RelId) -> bool {
        let relation = self.rel(id);
        relation.partitions.iter().chain(&relation.inherited_by).any(|&child| !self.rel(child).dropped)
    }

    fn is_object(&self, schema: &str, name: &str) -> bool {
        self.objects.contains_key(&Name { schema: schema.to_owned(), name: name.to_owned() })
    }

    /// Where the object of a taken name was declared.
    fn declared(&self, object: Object) -> Option<Location> {
        match object {
            Object::Relation(id) => self.rel(id).declared,
            Object::Index(id) => Some(self.catalog.index_def(id).declared),
            Object::Sequence => None,
        }
    }
}

fn default_path() -> Vec<String> {
    vec!["public".to_owned()]
}

/// A name as it was written.
fn shown(name: &ObjectRef) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}
