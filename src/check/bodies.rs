//! Bodies of functions and DO blocks: their statements, what they give names to, and what they splice into SQL.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use crate::check::parse::ParsedFile;
use crate::project::{Splice, SpliceOrigin};
use crate::query::Context;
use crate::query::model::{Param, ParamId, ParamName};
use crate::schema::Catalog;
use crate::schema::catalog::{FOREIGN_LANGUAGE, Function, FunctionId};
use crate::schema::types::Type;
use crate::source::Fragment;
use crate::syntax::{self, Command, Dialect, Embedded, Origin, Routine, Statement, Using};

/// A body that is read as statements, or the text of an EXECUTE in one.
pub(super) struct Body {
    /// The function; none for a DO block.
    pub(super) id: Option<FunctionId>,
    /// The function's name; none for a DO block.
    pub(super) function: Option<String>,
    /// What it gives names to.
    pub(super) context: Arc<Context>,
    pub(super) fragment: Arc<Fragment>,
    pub(super) statements: Vec<Statement>,
    /// Of the text of an EXECUTE, what USING gives to its parameters.
    pub(super) using: Arc<[Using]>,
    /// Functions that it calls outside of statements, by bare name.
    pub(super) called: Arc<BTreeSet<String>>,
    /// Parameters and variables that it gives values to.
    pub(super) assigned: Arc<BTreeSet<String>>,
}

impl Body {
    /// Those of a statement's parameters that are no parameters of the function, or to which it gives other values.
    pub(super) fn variables(&self, catalog: &Catalog, params: &[Param]) -> BTreeSet<ParamId> {
        let given: &[(String, Type)] = self.id.map_or(&[], |id| &catalog.function(id).parameters);
        let is_given = |name: &str| given.iter().any(|(own, _)| own == name) && !self.assigned.contains(name);
        let is_variable = |param: &Param| match &param.name {
            ParamName::Named(name) => !is_given(name),
            ParamName::Numbered(number) => {
                match (*number as usize).checked_sub(1).map(|at| self.using.get(at)) {
                    Some(Some(Using::Variable(name))) => !is_given(name),
                    Some(Some(Using::Numbered(_))) => false,
                    Some(Some(Using::Expression)) => true,
                    // A parameter of the function by its number.
                    Some(None) | None => false,
                }
            }
            ParamName::Anonymous(_) => false,
        };
        let numbered = params.iter().enumerate().filter(|(_, param)| is_variable(param));
        numbered.map(|(at, _)| ParamId(at as u32)).collect()
    }
}

/// Bodies, and what they splice into SQL.
pub(super) type Read = (Vec<Body>, Vec<Splice>);

/// The functions of the schema that are SQL or PL/pgSQL, and the SQL that its statements pass as text to functions that
/// run it.
pub(super) fn of_schema(
    catalog: &Catalog,
    dialect: Dialect,
    trusts_row_security: bool,
    files: &[&ParsedFile],
) -> Read {
    let functions: Vec<FunctionId> = (0..catalog.functions.len() as u32).map(FunctionId).collect();
    let functions: Vec<Read> =
        functions.into_par_iter().map(|id| of_function(catalog, dialect, trusts_row_security, id)).collect();
    with_quoted(dialect, functions, files)
}

/// The DO blocks of files with queries, and the SQL that statements there pass as text to functions that run it.
pub(super) fn of_queries(
    catalog: &Catalog,
    dialect: Dialect,
    trusts_row_security: bool,
    files: &[&ParsedFile],
) -> Read {
    let blocks: Vec<(&ParsedFile, &Statement)> =
        files.iter().flat_map(|f| f.applied().map(move |s| (*f, s))).collect();
    let blocks: Vec<Read> = blocks
        .into_par_iter()
        .filter_map(|(file, s)| block(catalog, dialect, trusts_row_security, &file.fragment, s))
        .collect();
    with_quoted(dialect, blocks, files)
}

fn with_quoted(dialect: Dialect, read: Vec<Read>, files: &[&ParsedFile]) -> Read {
    let (bodies, splices): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let mut bodies: Vec<Body> = bodies.into_iter().flatten().collect();
    let of_files = files.par_iter().flat_map_iter(|file| {
        let whole = syntax::mentions_runner(&file.fragment.text);
        file.all().filter(move |_| whole).flat_map(|(f, s)| quoted(dialect, f, s, None))
    });
    let of_bodies = bodies.par_iter().flat_map_iter(|body| {
        let name = body.function.as_deref();
        body.statements.iter().flat_map(move |s| quoted(dialect, &body.fragment, s, name))
    });
    let quoted: Vec<Body> = of_files.chain(of_bodies).collect();
    bodies.extend(quoted);
    (bodies, splices.into_iter().flatten().collect())
}

/// The texts that a statement passes to functions that run them.
fn quoted(dialect: Dialect, fragment: &Fragment, statement: &Statement, function: Option<&str>) -> Vec<Body> {
    let text = fragment.text.get(statement.span.range()).unwrap_or_default();
    let is_ddl =
        ["CREATE", "ALTER", "DROP", "DO", "COMMENT"].iter().any(|verb| statement.head.starts_with(verb));
    if is_ddl || !syntax::mentions_runner(text) {
        return Vec::new();
    }
    let texts = syntax::quoted(fragment, statement, dialect).into_iter();
    let body = |(fragment, statements)| Body {
        id: None,
        function: function.map(str::to_owned),
        context: Arc::new(Context::of_block()),
        fragment,
        statements,
        using: Arc::default(),
        called: Arc::default(),
        assigned: Arc::default(),
    };
    texts.map(body).collect()
}

fn of_function(catalog: &Catalog, dialect: Dialect, trusts_row_security: bool, id: FunctionId) -> Read {
    let function = catalog.function(id);
    let Some(body) = &function.body else { return Read::default() };
    let mut context = Context::of_function(catalog, function);
    context.trusts_row_security = trusts_row_security && !function.security_definer;
    context.sets_session = function.sets_session;
    let name = Some(function.name.to_string());
    match function.language.as_str() {
        "sql" => {
            let statements = syntax::parse(&body.fragment, dialect);
            context.run(catalog, &body.fragment, &statements);
            context.sets_session |= calls_set_config(&body.fragment);
            let (context, fragment) = (Arc::new(context), Arc::clone(&body.fragment));
            let (id, called, assigned) = (Some(id), Arc::default(), Arc::default());
            let using = Arc::default();
            let body = Body { id, function: name, context, fragment, statements, using, called, assigned };
            (vec![body], Vec::new())
        }
        "plpgsql" | FOREIGN_LANGUAGE => {
            let parameters: Vec<&str> = function.parameters.iter().map(|(name, _)| name.as_str()).collect();
            routine(catalog, dialect, &body.fragment, Some((id, function)), context, &parameters)
        }
        _ => Read::default(),
    }
}

fn block(
    catalog: &Catalog,
    dialect: Dialect,
    trusts_row_security: bool,
    file: &Fragment,
    statement: &Statement,
) -> Option<Read> {
    let syntax::Body::Command(Command::Do { language, body }) = &statement.body else { return None };
    let body = syntax::literal_fragment(file, *body).filter(|_| language == "plpgsql")?;
    let context = Context { trusts_row_security, ..Context::of_block() };
    Some(routine(catalog, dialect, &Arc::new(body), None, context, &[]))
}

/// A body of PL/pgSQL, and the texts that it executes.
fn routine(
    catalog: &Catalog,
    dialect: Dialect,
    body: &Arc<Fragment>,
    of: Option<(FunctionId, &Function)>,
    mut context: Context,
    parameters: &[&str],
) -> Read {
    let Routine { variables, mut statements, called, assigned, assigned_fields, executions } =
        syntax::plpgsql(body, dialect);
    if dialect == Dialect::MySql {
        let declared =
            variables.iter().map(|variable| variable.name.as_str()).chain(parameters.iter().copied());
        shadowed(catalog, &declared.collect::<Vec<_>>(), &mut statements);
    }
    let (id, function) = (of.map(|(id, _)| id), of.map(|(_, function)| function.name.to_string()));
    context.declare(catalog, &variables);
    if let Some(trigger) = &mut context.trigger {
        trigger.assigned = assigned_fields;
    }
    let splices = executions.iter().flat_map(|execution| {
        execution.splices.iter().filter_map(|splice| {
            Some(Splice {
                location: body.locate(splice.span),
                text: body.text.get(splice.span.range()).unwrap_or_default().to_owned(),
                execution: body.locate(execution.span),
                function: function.clone(),
                origin: origin(catalog, &context, parameters, &splice.origin)?,
                whole: splice.whole,
            })
        })
    });
    let mut splices: Vec<Splice> = splices.collect();
    // One variable may be part of several texts.
    splices.sort_by_key(|splice| splice.location);
    splices.dedup_by_key(|splice| splice.location);
    context.sets_session |= calls_set_config(body)
        || statements.iter().any(|embedded| is_setting(&embedded.fragment, &embedded.statement));
    for embedded in &statements {
        context.run(catalog, &embedded.fragment, std::slice::from_ref(&embedded.statement));
    }
    let (context, called, assigned) = (Arc::new(context), Arc::new(called), Arc::new(assigned));
    let of = |fragment: &Arc<Fragment>, statements, using: Arc<[Using]>| Body {
        id,
        function: function.clone(),
        context: Arc::clone(&context),
        fragment: Arc::clone(fragment),
        statements,
        using,
        called: Arc::clone(&called),
        assigned: Arc::clone(&assigned),
    };
    // The body itself stands for what it calls, be it without a statement.
    let mut bodies: Vec<Body> = vec![of(body, Vec::new(), Arc::default())];
    for Embedded { fragment, statement, place: _, using } in statements {
        // Of the statements of one text, those of an EXECUTE stand together.
        let own = Arc::ptr_eq(&fragment, body);
        let known = if own { bodies.first_mut() } else { bodies.last_mut() };
        match known.filter(|b| Arc::ptr_eq(&b.fragment, &fragment)) {
            Some(known) => known.statements.push(statement),
            None => bodies.push(of(&fragment, vec![statement], using)),
        }
    }
    (bodies, splices)
}

/// Whether a body changes settings of the session by the function that does, for the statements behind it and for its
/// callers (manual 9.27.1).
fn calls_set_config(body: &Fragment) -> bool {
    body.text.to_ascii_lowercase().contains("set_config")
}

/// Whether a statement is SET of a setting of the project's own, whose name has a dot, or of a role.
fn is_setting(fragment: &Fragment, statement: &Statement) -> bool {
    let text = fragment.text.get(statement.span.range()).unwrap_or_default().to_ascii_lowercase();
    let name = text.split(['=', '\'']).next().unwrap_or_default();
    match statement.head.split_whitespace().next() {
        Some("SET") => ["role", "authorization"].iter().any(|w| name.contains(w)) || name.contains('.'),
        Some("RESET" | "DISCARD") => true,
        _ => false,
    }
}

/// MySQL takes a name for the variable where a column has it as well, which the binder does not: such statements are not
/// judged. The values of an INSERT see no columns.
fn shadowed(catalog: &Catalog, declared: &[&str], statements: &mut [Embedded]) {
    let is_column =
        |name: &&&str| catalog.live_relations().any(|(_, relation)| relation.column_named(name).is_some());
    let both: Vec<&str> = declared.iter().filter(is_column).copied().collect();
    for Embedded { fragment, statement, place: _, using: _ } in statements {
        let text = fragment.text.get(statement.span.range()).unwrap_or_default();
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let word = words.find(|word| both.iter().any(|name| word.eq_ignore_ascii_case(name)));
        if let Some(word) = word.filter(|_| statement.head != "INSERT" && statement.head != "CALL") {
            let message = format!("`{word}` is a variable and a column, and MySQL takes the variable");
            statement.body = syntax::Body::Unparsed { message, at: statement.span };
        }
    }
}

/// Where a spliced value comes from; none if its type has no value that could be more than one word.
fn origin(
    catalog: &Catalog,
    context: &Context,
    parameters: &[&str],
    origin: &Origin,
) -> Option<SpliceOrigin> {
    let name = match origin {
        Origin::Name(name) => name,
        Origin::Query => return Some(SpliceOrigin::Query),
        Origin::Catalog => return Some(SpliceOrigin::Catalog),
        Origin::Expression => return Some(SpliceOrigin::Expression),
    };
    let name = match name.as_slice() {
        [of, rest @ ..] if !rest.is_empty() && context.function.as_ref() == Some(of) => rest,
        all => all,
    };
    if context.type_named(catalog, name).is_some_and(|ty| !ty.holds_text()) {
        return None;
    }
    match name {
        [name] if parameters.contains(&name.as_str()) || name.starts_with('$') => {
            Some(SpliceOrigin::Parameter)
        }
        [name] if ["tg_table_name", "tg_table_schema", "tg_relname", "tg_name"].contains(&name.as_str()) => {
            Some(SpliceOrigin::Catalog)
        }
        [name] if ["tg_op", "tg_when", "tg_level"].contains(&name.as_str()) => None,
        _ => Some(SpliceOrigin::Variable),
    }
}
