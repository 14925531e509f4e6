//! The functions of the schema: their bodies as statements, and what a call of each depends on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::prove::tenancy::{Summary, TenancyModel};
use crate::query::model::BoundStatement;
use crate::query::{self, Context};
use crate::schema::Catalog;
use crate::schema::catalog::{Function, FunctionId};
use crate::source::{Fragment, Location};
use crate::syntax::{self, Dialect, Embedded, Statement};

/// A function's body that is read as statements, or the text of an EXECUTE in one.
pub(super) struct Body {
    /// Whose it is.
    pub(super) id: FunctionId,
    /// The function's name.
    pub(super) function: String,
    /// What it gives names to.
    pub(super) context: Arc<Context>,
    pub(super) fragment: Arc<Fragment>,
    pub(super) statements: Vec<Statement>,
    /// Parameters and variables that the body gives other values.
    assigned: Arc<BTreeSet<String>>,
    /// Whether the body runs text that is not known.
    dynamic: bool,
}

/// The function bodies that are SQL or PL/pgSQL.
pub(super) fn bodies(catalog: &Catalog, dialect: Dialect) -> Vec<Body> {
    let functions: Vec<(usize, &Function)> = catalog.functions.iter().enumerate().collect();
    functions
        .into_par_iter()
        .flat_map_iter(|(i, function)| bodies_of(catalog, dialect, FunctionId(i as u32), function))
        .collect()
}

fn bodies_of(catalog: &Catalog, dialect: Dialect, id: FunctionId, function: &Function) -> Vec<Body> {
    let Some(body) = &function.body else { return Vec::new() };
    let mut context = Context::of_function(catalog, function);
    let name = function.name.to_string();
    match function.language.as_str() {
        "sql" => vec![Body {
            id,
            function: name,
            context: Arc::new(context),
            statements: syntax::parse(&body.fragment, dialect),
            fragment: Arc::clone(&body.fragment),
            assigned: Arc::default(),
            dynamic: false,
        }],
        "plpgsql" => {
            let routine = syntax::plpgsql(&body.fragment, dialect);
            context.declare(catalog, &routine.variables);
            let (context, assigned) = (Arc::new(context), Arc::new(routine.assigned));
            let of = |fragment: Arc<Fragment>, statements| Body {
                id,
                function: name.clone(),
                context: Arc::clone(&context),
                fragment,
                statements,
                assigned: Arc::clone(&assigned),
                dynamic: !routine.dynamic.is_empty(),
            };
            let mut bodies = vec![of(Arc::clone(&body.fragment), Vec::new())];
            for Embedded { fragment, statement, place: _ } in routine.statements {
                match bodies.iter_mut().find(|b| Arc::ptr_eq(&b.fragment, &fragment)) {
                    Some(body) => body.statements.push(statement),
                    None => bodies.push(of(fragment, vec![statement])),
                }
            }
            bodies
        }
        _ => Vec::new(),
    }
}

/// Tells the model what a call of each function depends on, callees first. A statement that is a written exception is
/// one for its callers too. What calls itself, be it through others, stays unread.
pub(super) fn learn(
    model: &mut TenancyModel<'_>,
    catalog: &Catalog,
    bodies: &[Body],
    exempt: &dyn Fn(Location, &str) -> bool,
) {
    let mut waiting: Vec<Routine<'_>> = Vec::new();
    let mut places: HashMap<FunctionId, usize> = HashMap::new();
    for body in bodies {
        let at = *places.entry(body.id).or_insert_with(|| {
            waiting.push(Routine::new(body));
            waiting.len() - 1
        });
        waiting[at].read(catalog, body, exempt);
    }
    for routine in &mut waiting {
        let calls = routine.statements.iter().flat_map(|part| model.callees(&part.statement));
        routine.callees = calls.filter(|id| places.contains_key(id)).collect();
    }
    // Every round judges what no longer waits for another; a cycle ends the rounds.
    let mut known: HashSet<FunctionId> = HashSet::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|r| r.callees.iter().all(|id| known.contains(id)));
        if ready.is_empty() {
            return;
        }
        let summaries: Vec<_> = ready.par_iter().map(|r| (r.id, r.summary(model, catalog))).collect();
        for (id, summary) in summaries {
            known.insert(id);
            model.learn(id, summary);
        }
        waiting = rest;
    }
}

/// A function that is to be summarised.
struct Routine<'b> {
    id: FunctionId,
    assigned: &'b BTreeSet<String>,
    statements: Vec<Part>,
    callees: HashSet<FunctionId>,
    hidden: bool,
}

/// A statement of a body.
struct Part {
    statement: BoundStatement,
    /// Whether `$1` in it is the function's parameter.
    numbered: bool,
    /// Whether an exception is written for it.
    exempt: bool,
}

impl<'b> Routine<'b> {
    fn new(body: &'b Body) -> Self {
        Routine {
            id: body.id,
            assigned: &body.assigned,
            statements: Vec::new(),
            callees: HashSet::new(),
            hidden: body.dynamic,
        }
    }

    fn read(&mut self, catalog: &Catalog, body: &Body, exempt: &dyn Fn(Location, &str) -> bool) {
        let own = catalog.function(body.id).body.as_ref();
        let numbered = own.is_some_and(|own| Arc::ptr_eq(&own.fragment, &body.fragment));
        for statement in &body.statements {
            if matches!(statement.body, syntax::Body::Unparsed { .. }) {
                self.hidden = true;
                continue;
            }
            let exempt = exempt(body.fragment.locate(statement.span), &body.function);
            let (statement, _) = query::bind_in(catalog, &body.context, &body.fragment, statement);
            self.statements.push(Part { statement, numbered, exempt });
        }
    }

    fn summary(&self, model: &TenancyModel<'_>, catalog: &Catalog) -> Summary {
        let function = catalog.function(self.id);
        let start = match self.hidden {
            true => {
                Summary::hidden(format!("the function `{}`, part of which is not known", function.name.name))
            }
            false => Summary::default(),
        };
        let assigned = |name: &str| self.assigned.contains(name);
        self.statements.iter().fold(start, |summary, part| {
            let own = Summary::of(model, function, &part.statement, part.numbered, &assigned);
            if part.exempt && !own.is_closed() { summary } else { summary.and(&own) }
        })
    }
}
