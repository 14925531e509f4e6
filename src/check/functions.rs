//! What a call of each function of the schema depends on, by the statements of its body.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::check::bodies::Body;
use crate::prove::tenancy::{Summary, TenancyModel};
use crate::query;
use crate::query::model::BoundStatement;
use crate::schema::Catalog;
use crate::schema::catalog::{Function, FunctionId};
use crate::source::Location;
use crate::syntax::{self, Using};

/// What a call of a function depends on: by its body, and by what is left out of the call.
pub(super) type Learned = (FunctionId, Summary, Summary);

/// Tells the model what a call of each function depends on, callees first. A statement that is a written exception is
/// one for its callers too. What calls itself, be it through others, stays unread.
pub(super) fn learn(
    model: &mut TenancyModel<'_>,
    catalog: &Catalog,
    bodies: &[Body],
    exempt: &dyn Fn(Location, &str) -> bool,
) -> Vec<Learned> {
    let mut waiting: Vec<Routine<'_>> = Vec::new();
    let mut places: HashMap<FunctionId, usize> = HashMap::new();
    // A body without a statement reads nothing.
    for id in (0..catalog.functions.len() as u32).map(FunctionId) {
        if is_read(catalog.function(id)) {
            places.insert(id, waiting.len());
            waiting.push(Routine::new(catalog, id));
        }
    }
    for body in bodies {
        if let Some(at) = body.id.and_then(|id| places.get(&id)) {
            waiting[*at].read(catalog, body, exempt);
        }
    }
    for routine in &mut waiting {
        let parts = routine.statements.iter().map(|part| &part.statement).chain(&routine.defaults);
        let calls = parts.flat_map(|statement| model.callees(statement));
        let named = routine.called.into_iter().flatten().flat_map(|name| model.named(name));
        let id = routine.id;
        let unnamed = routine
            .statements
            .iter()
            .flat_map(|part| model.unnamed_callees(&part.statement, catalog.function(id)));
        // That it calls itself where no call is written tells nothing new.
        let unnamed = unnamed.filter(|callee| *callee != id);
        routine.callees = calls.chain(named).chain(unnamed).filter(|id| places.contains_key(id)).collect();
    }
    // Every round judges what no longer waits for another; a cycle ends the rounds.
    let mut known: HashSet<FunctionId> = HashSet::new();
    let mut learned = Vec::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|r| r.callees.iter().all(|id| known.contains(id)));
        if ready.is_empty() {
            break;
        }
        let summaries: Vec<_> =
            ready.par_iter().map(|r| (r.id, r.summary(model, catalog), r.omitted(model, catalog))).collect();
        for (id, body, defaults) in summaries {
            known.insert(id);
            learned.push((id, body.clone(), defaults.clone()));
            model.learn(id, body, defaults);
        }
        waiting = rest;
    }
    learned
}

fn is_read(function: &Function) -> bool {
    function.body.is_some() && function.is_read()
}

/// A function that is to be summarised.
struct Routine<'b> {
    id: FunctionId,
    assigned: Option<&'b BTreeSet<String>>,
    statements: Vec<Part>,
    /// Defaults of its parameters.
    defaults: Vec<BoundStatement>,
    callees: HashSet<FunctionId>,
    /// Functions called outside of statements: what they are given is not known.
    called: Option<&'b BTreeSet<String>>,
    hidden: bool,
}

/// A statement of a body.
struct Part {
    statement: BoundStatement,
    /// What `$1` and so on are in it, where USING gives it; else they are the function's parameters.
    using: Option<Arc<[Using]>>,
    /// Whether an exception is written for it.
    exempt: bool,
}

impl<'b> Routine<'b> {
    fn new(catalog: &Catalog, id: FunctionId) -> Self {
        let defaults = &catalog.function(id).defaults;
        Routine {
            id,
            assigned: None,
            statements: Vec::new(),
            defaults: defaults.iter().map(|handle| query::bind_expr(catalog, handle)).collect(),
            callees: HashSet::new(),
            called: None,
            hidden: false,
        }
    }

    /// Whether a call changes settings of the session: by the function itself, or by what it calls.
    fn sets_session(&self, model: &TenancyModel<'_>, catalog: &Catalog) -> bool {
        catalog.function(self.id).sets_session
            || self.statements.iter().any(|part| part.statement.sets_session)
            || self.callees.iter().any(|id| model.sets_session(*id))
    }

    fn read(&mut self, catalog: &Catalog, body: &'b Body, exempt: &dyn Fn(Location, &str) -> bool) {
        self.assigned = Some(&body.assigned);
        self.called = Some(&body.called);
        let name = body.function.as_deref().unwrap_or_default();
        let own = catalog.function(self.id).body.as_ref();
        let is_own = own.is_some_and(|own| Arc::ptr_eq(&own.fragment, &body.fragment));
        let using = (!is_own).then(|| Arc::clone(&body.using));
        for statement in &body.statements {
            if matches!(statement.body, syntax::Body::Unparsed { .. } | syntax::Body::Spliced) {
                self.hidden = true;
                continue;
            }
            let exempt = exempt(body.fragment.locate(statement.span), name);
            let (statement, _) = query::bind_in(catalog, &body.context, &body.fragment, statement);
            self.statements.push(Part { statement, using: using.clone(), exempt });
        }
    }

    fn summary(&self, model: &TenancyModel<'_>, catalog: &Catalog) -> Summary {
        let function = catalog.function(self.id);
        let name = &function.name.name;
        let start = match (self.hidden, function.disputed) {
            (true, _) => Summary::hidden(format!("the function `{name}`, part of which is not known")),
            (false, true) => Summary::hidden(format!(
                "the function `{name}`, which a file beside the schema declares otherwise"
            )),
            (false, false) => Summary::default(),
        };
        let sets_session = self.sets_session(model, catalog);
        let start = if sets_session { start.and(&Summary::setting()) } else { start };
        let assigned = |name: &str| self.assigned.is_some_and(|all| all.contains(name));
        let called = self.called.into_iter().flatten().flat_map(|name| model.named(name));
        let start = called.fold(start, |summary, id| summary.and(&model.elsewhere(id)));
        self.statements.iter().fold(start, |summary, part| {
            let numbered = |number: usize| match part.using.as_deref() {
                None => number.checked_sub(1),
                Some(using) => match using.get(number.checked_sub(1)?)? {
                    Using::Variable(name) => function.parameters.iter().position(|(p, _)| p == name),
                    Using::Numbered(number) => number.checked_sub(1),
                    Using::Expression => None,
                },
            };
            let own = match sets_session && !part.statement.sets_session {
                true => {
                    let statement = BoundStatement { sets_session, ..part.statement.clone() };
                    Summary::of(model, function, &statement, &numbered, &assigned)
                }
                false => Summary::of(model, function, &part.statement, &numbered, &assigned),
            };
            if part.exempt && !own.is_closed() { summary } else { summary.and(&own) }
        })
    }

    /// What a call that leaves arguments out depends on besides.
    fn omitted(&self, model: &TenancyModel<'_>, catalog: &Catalog) -> Summary {
        let function = catalog.function(self.id);
        let of = |statement| Summary::of(model, function, statement, &|_| None, &|_| true);
        self.defaults.iter().map(of).fold(Summary::default(), |sum, own| sum.and(&own))
    }
}
