//! What the body of a function gives names to, beside the catalog: parameters, variables, OLD and NEW.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::model::OutColumn;
use crate::schema::catalog::{FOREIGN_LANGUAGE, Function, Name, RelId};
use crate::schema::types::{BaseType, Type};
use crate::schema::{Catalog, data_type};
use crate::source::Fragment;
use crate::syntax::{Body, Command, Statement, Variable, VariableKind};

/// What surrounds a statement and gives names of its own: the body of a function, and the statements of the session
/// before it.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Variables and parameters by folded name; a column of the same name goes before them.
    pub variables: HashMap<String, Type>,
    /// Row variables by folded name (`new`, `old`, a variable of a row type) with the relation whose columns they have,
    /// where it is known.
    pub rows: HashMap<String, Option<RelId>>,
    /// In the function of a trigger: what its triggers give it.
    pub trigger: Option<TriggerContext>,
    /// The function's name, which may qualify its parameters.
    pub function: Option<String>,
    /// Temporary tables that statements before created, by folded name; without columns where these are not known.
    pub temporary: HashMap<String, Vec<OutColumn>>,
    /// The schemas along which names of relations are looked up, where that is not the database's search_path.
    pub search_path: Option<Vec<String>>,
    /// Whether the policies of tables count, since the statement runs as a role that is subject to them.
    pub trusts_row_security: bool,
    /// Whether it changes settings of the session, such as the one that names the tenant.
    pub sets_session: bool,
}

/// What the triggers that call a function give it.
#[derive(Clone, Debug, Default)]
pub struct TriggerContext {
    /// Their tables.
    pub tables: Vec<RelId>,
    /// Fields of OLD and NEW that the function gives values to, `new.status`, or `new.*`.
    pub assigned: BTreeSet<String>,
    /// Whether NEW is in the table when the function runs, or fails to get there with all that the function did.
    pub new_is_stored: bool,
    /// The tables whose rows the transition tables hold, by folded name.
    pub transitions: HashMap<String, Vec<RelId>>,
}

impl TriggerContext {
    /// Columns of `row` (`old` or `new`) that the function gives values to; `*` for all of them.
    pub(super) fn assigned_of(&self, row: &str) -> BTreeSet<String> {
        let field = |name: &String| name.strip_prefix(row)?.strip_prefix('.').map(str::to_owned);
        self.assigned.iter().filter_map(field).collect()
    }
}

/// Most temporary tables of one file that are known: each statement that creates one has a copy of those before it.
const MAX_TEMPORARY: usize = 200;

/// What PL/pgSQL declares by itself in a trigger (manual 43.10).
const TRIGGER_VARIABLES: &[(&str, BaseType)] = &[
    ("tg_name", BaseType::Text),
    ("tg_when", BaseType::Text),
    ("tg_level", BaseType::Text),
    ("tg_op", BaseType::Text),
    ("tg_table_name", BaseType::Text),
    ("tg_table_schema", BaseType::Text),
    ("tg_relname", BaseType::Text),
    ("tg_relid", BaseType::Oid),
    ("tg_nargs", BaseType::Int4),
];

impl Context {
    /// The parameters of a function, and what its language declares by itself.
    pub fn of_function(catalog: &Catalog, function: &Function) -> Self {
        let mut context = Context {
            function: Some(function.name.name.clone()),
            search_path: function.search_path.clone(),
            ..Context::default()
        };
        let out: &[(String, Type)] = if function.language == "sql" { &[] } else { &function.out_columns };
        for (name, ty) in function.parameters.iter().chain(out).filter(|(name, _)| !name.is_empty()) {
            context.add(catalog, name, ty.clone());
        }
        if matches!(function.language.as_str(), "plpgsql" | FOREIGN_LANGUAGE) {
            context.variables.insert("found".to_owned(), Type::of(BaseType::Bool));
            if function.returns_trigger {
                context.trigger(catalog, &function.name);
            }
        }
        context
    }

    /// What a DO block declares by itself.
    pub fn of_block() -> Self {
        let variables = HashMap::from([("found".to_owned(), Type::of(BaseType::Bool))]);
        Context { variables, ..Context::default() }
    }

    /// The type of a variable, or of a column of a row variable, by its folded name.
    pub fn type_named(&self, catalog: &Catalog, name: &[String]) -> Option<Type> {
        match name {
            [variable] => self.variables.get(variable).cloned(),
            [row, column] => {
                let relation = catalog.relation((*self.rows.get(row)?)?);
                relation.column_named(column).map(|ix| relation.column(ix).ty.clone())
            }
            _ => None,
        }
    }

    /// This context for each statement of a file, with what those before it change: temporary tables, the search_path. In
    /// a program nobody knows in which order they run.
    pub fn session<'s>(
        self: &Arc<Self>,
        catalog: &Catalog,
        statements: impl Iterator<Item = (&'s Arc<Fragment>, &'s Statement)>,
    ) -> Vec<Arc<Context>> {
        let mut now = Arc::clone(self);
        let step = |(fragment, statement): (&'s Arc<Fragment>, &'s Statement)| {
            let before = Arc::clone(&now);
            if fragment.host.is_none()
                && let Some(path) = path_set(fragment, statement)
            {
                Arc::make_mut(&mut now).search_path = path;
            }
            if before.temporary.len() < MAX_TEMPORARY
                && let Some((name, columns)) = before.created(catalog, fragment, statement)
            {
                Arc::make_mut(&mut now).temporary.insert(name, columns);
            }
            before
        };
        statements.map(step).collect()
    }

    /// Adds the temporary tables that the statements of a body create.
    pub fn run(&mut self, catalog: &Catalog, fragment: &Arc<Fragment>, statements: &[Statement]) {
        for statement in statements {
            self.temporary.extend(self.created(catalog, fragment, statement));
        }
    }

    /// Adds what a body declares. A name that is declared again hides the one before.
    pub fn declare(&mut self, catalog: &Catalog, variables: &[Variable]) {
        for Variable { name, kind } in variables {
            match kind {
                VariableKind::Scalar(Some(ty)) => self.add(catalog, name, data_type(ty)),
                VariableKind::Scalar(None) => self.add(catalog, name, Type::default()),
                VariableKind::OfColumn(of) => {
                    let ty = self.type_of(catalog, of);
                    self.add(catalog, name, ty);
                }
                VariableKind::RowOf(of) => self.add_row(name, relation(catalog, of)),
                VariableKind::Record => self.add_row(name, None),
            }
        }
    }

    fn add(&mut self, catalog: &Catalog, name: &str, ty: Type) {
        let ty = catalog.resolve_type(ty);
        let row = match &ty.base {
            BaseType::Composite(of) if !ty.array => {
                let parts: Vec<String> = of.split('.').map(str::to_owned).collect();
                relation(catalog, &parts)
            }
            _ => None,
        };
        match row {
            Some(row) => self.add_row(name, Some(row)),
            None => {
                self.rows.remove(name);
                self.variables.insert(name.to_owned(), ty);
            }
        }
    }

    fn add_row(&mut self, name: &str, of: Option<RelId>) {
        self.variables.remove(name);
        self.rows.insert(name.to_owned(), of);
    }

    /// The type that `table.column%TYPE` or `variable%TYPE` names.
    fn type_of(&self, catalog: &Catalog, of: &[String]) -> Type {
        match of {
            [variable] => self.variables.get(variable).cloned().unwrap_or_default(),
            [table @ .., column] => {
                let relation = relation(catalog, table).map(|id| catalog.relation(id));
                let found = relation.and_then(|r| r.column_named(column).map(|ix| r.column(ix).ty.clone()));
                found.unwrap_or_default()
            }
            [] => Type::default(),
        }
    }

    /// OLD and NEW are rows of the table, where all triggers that call the function are on one.
    fn trigger(&mut self, catalog: &Catalog, function: &Name) {
        let mut given = TriggerContext { new_is_stored: true, ..TriggerContext::default() };
        for trigger in catalog.triggers.iter().filter(|t| t.function == *function) {
            if !given.tables.contains(&trigger.relation) {
                given.tables.push(trigger.relation);
            }
            let before_insert = trigger.before && trigger.events.iter().any(|event| event == "INSERT");
            given.new_is_stored &= !before_insert && !trigger.instead_of;
            for name in &trigger.transitions {
                let tables = given.transitions.entry(name.clone()).or_default();
                if !tables.contains(&trigger.relation) {
                    tables.push(trigger.relation);
                }
            }
        }
        for row in ["old", "new"] {
            self.add_row(row, only(&given.tables));
        }
        self.trigger = Some(given);
        for (name, ty) in TRIGGER_VARIABLES {
            self.variables.insert((*name).to_owned(), Type::of(ty.clone()));
        }
    }
}

/// The search_path that a statement sets; within, none for the database's own.
fn path_set(fragment: &Fragment, statement: &Statement) -> Option<Option<Vec<String>>> {
    match &statement.body {
        Body::Command(Command::SetSearchPath { schemas, local: _ }) => Some(schemas.clone()),
        _ if statement.head == "RESET" => {
            let text = fragment.text.get(statement.span.range()).unwrap_or_default().to_ascii_lowercase();
            ["search_path", "all"].iter().any(|name| text.contains(name)).then_some(None)
        }
        _ => None,
    }
}

/// The table, where there is one alone.
pub(super) fn only(tables: &[RelId]) -> Option<RelId> {
    match tables {
        [only] => Some(*only),
        _ => None,
    }
}

fn relation(catalog: &Catalog, name: &[String]) -> Option<RelId> {
    match name {
        [name] => catalog.find_relation(None, name),
        [.., schema, name] => catalog.find_relation(Some(schema), name),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::query::bind_in;
    use crate::query::model::{ParamName, Source};
    use crate::source::{FileId, Fragment};
    use crate::syntax::{Dialect, Statement, parse, plpgsql};

    /// What the binder met in the function of a schema, and what its statements refer to beside tables.
    fn names(ddl: &str) -> (Vec<String>, Vec<String>) {
        let fragment = Arc::new(Fragment::whole(FileId(0), ddl.into()));
        let statements = parse(&fragment, Dialect::Postgres);
        let list: Vec<(Arc<Fragment>, &Statement)> =
            statements.iter().map(|s| (fragment.clone(), s)).collect();
        let (catalog, _) = crate::schema::replay(Dialect::Postgres, &list);
        let function = &catalog.functions[0];
        let body = plpgsql(&function.body.as_ref().unwrap().fragment, Dialect::Postgres);
        let mut context = Context::of_function(&catalog, function);
        context.declare(&catalog, &body.variables);
        let (mut met, mut found) = (Vec::new(), Vec::new());
        for embedded in &body.statements {
            let (bound, problems) = bind_in(&catalog, &context, &embedded.fragment, &embedded.statement);
            met.extend(problems.into_iter().map(|p| p.message));
            found.extend(bound.params.iter().map(|p| match &p.name {
                ParamName::Named(name) => name.clone(),
                other => format!("{other:?}"),
            }));
            let tuples = bound.occurrences.iter().filter_map(|o| match o.source {
                Source::Tuple(of) => {
                    Some(format!("{}{}", o.alias, if of.is_some() { " of a table" } else { "" }))
                }
                _ => None,
            });
            found.extend(tuples);
        }
        (met, found)
    }

    const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, ws int, name text);";

    #[test]
    fn variables_of_a_body_are_known_names() {
        let (met, found) = names(&format!(
            "{TABLE} CREATE FUNCTION f(p_ws int) RETURNS void LANGUAGE plpgsql AS $$
             DECLARE a int; b t.name%TYPE; r t%ROWTYPE; c RECORD; d t;
             BEGIN
               SELECT id INTO a FROM t WHERE ws = p_ws AND name = b;
               UPDATE t SET name = r.name WHERE id = f.p_ws AND id = d.id;
               FOR c IN SELECT id FROM t LOOP DELETE FROM t WHERE id = c.id; END LOOP;
             END $$"
        ));
        assert_eq!(met, [""; 0]);
        assert_eq!(found, ["p_ws", "b", "p_ws", "r of a table", "d of a table", "c"]);
    }

    #[test]
    fn triggers_know_their_row_and_other_functions_do_not() {
        let function = |returns: &str| {
            format!(
                "{TABLE} CREATE FUNCTION f() RETURNS {returns} LANGUAGE plpgsql AS $$
                 BEGIN UPDATE t SET name = tg_op WHERE id = new.id; RETURN new; END $$;
                 CREATE TRIGGER x AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"
            )
        };
        let (met, found) = names(&function("trigger"));
        assert_eq!((met.len(), found), (0, vec!["tg_op".to_owned(), "new of a table".to_owned()]));
        assert_eq!(names(&function("void")).0.len(), 2);
    }

    #[test]
    fn a_name_that_nobody_declares_is_told() {
        let (met, _) = names(&format!(
            "{TABLE} CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t WHERE id = nope; END $$"
        ));
        assert_eq!(met.len(), 1);
    }
}
