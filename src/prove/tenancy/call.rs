//! Calls of functions that may read or write tables. A function of the schema is judged by its body, once: its summary
//! says which of its parameters the body takes for the tenant. A call is then as good as its arguments.

use std::collections::{HashMap, HashSet};

use crate::prove::verdict::{DefectKind, Verdict};
use crate::query::model::{BoundStatement, Call, CallKind, Expr, ExprKind, OccId, ParamName};
use crate::schema::catalog::{Catalog, Function, FunctionId, Volatility};

use super::evaluated::is_write;
use super::facts::TenancyModel;
use super::state::OwnerTerm;
use super::{Detail, Failure, Lost, Prover, TenantId};

/// What is known of a function's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Positions of parameters that the body takes for the tenant, each with the level.
    tenants: Vec<(usize, usize)>,
    /// Session expressions that the body takes for the tenant, each with the level.
    sessions: Vec<(usize, u32)>,
    /// Whether the body reads or writes tenant-scoped tables at all.
    scoped: bool,
    /// What the body does with rows of several tenants: no argument makes that good.
    mixed: bool,
    /// What cannot be seen, as a noun phrase.
    hidden: Option<String>,
    /// Whether it changes rows of any table.
    writes: bool,
    /// Whether it changes settings of the session.
    sets_session: bool,
    /// Whether policies hold back rows that it would read without them.
    by_policies: bool,
}

impl Summary {
    /// The summary of a function whose body cannot be judged, and why not, as a noun phrase.
    pub fn hidden(what: String) -> Self {
        Summary { hidden: Some(what), ..Summary::default() }
    }

    /// The summary of a function that changes settings of the session, whatever its statements do.
    pub fn setting() -> Self {
        Summary { sets_session: true, ..Summary::default() }
    }

    /// The summary of a function without a body that could be read.
    pub(super) fn unread(function: &Function) -> Self {
        // Other languages are not read; what is declared IMMUTABLE promises not to look at tables.
        if !function.is_read() && function.volatility == Volatility::Immutable && function.defaults.is_empty()
        {
            return Summary::default();
        }
        Summary::hidden(may_read(&function.name.name))
    }

    /// Both bodies' summary: of overloads that a call may mean, or of statements of one body.
    pub fn and(mut self, other: &Summary) -> Self {
        let Summary { tenants, sessions, scoped, mixed, hidden, writes, sets_session, by_policies } = other;
        self.tenants
            .extend(tenants.iter().filter(|t| !self.tenants.contains(t)).copied().collect::<Vec<_>>());
        self.sessions
            .extend(sessions.iter().filter(|s| !self.sessions.contains(s)).copied().collect::<Vec<_>>());
        self.scoped |= scoped;
        self.mixed |= mixed;
        self.writes |= writes;
        self.sets_session |= sets_session;
        self.by_policies |= by_policies;
        self.hidden = self.hidden.or_else(|| hidden.clone());
        self
    }

    /// Whether the tenants that a call gives decide all.
    pub fn is_closed(&self) -> bool {
        !self.mixed && self.hidden.is_none()
    }

    /// Whether it depends on nobody's rows.
    pub(super) fn is_harmless(&self) -> bool {
        self.is_closed() && self.tenants.is_empty() && self.sessions.is_empty()
    }

    /// Whether it may change rows.
    pub(super) fn may_write(&self) -> bool {
        self.writes || self.hidden.is_some()
    }

    /// The summary of one statement of a body. `numbered` tells which parameter of the function `$n` in it is, by position;
    /// `assigned` tells parameters to which the body gives other values.
    pub fn of(
        model: &TenancyModel<'_>,
        function: &Function,
        statement: &BoundStatement,
        numbered: &dyn Fn(usize) -> Option<usize>,
        assigned: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut prover = Prover::new(model, statement, Detail::Verdict);
        prover.within = Some(function);
        prover.statement();
        let (ties, principals) = (std::mem::take(&mut prover.ties), !prover.principals.is_empty());
        let name = &function.name.name;
        let writes = is_write(statement)
            || model.callees(statement).into_iter().any(|id| model.elsewhere(id).may_write());
        let by_policies = statement.occurrences.iter().any(|o| o.row_security.is_some())
            || model.callees(statement).into_iter().any(|id| model.elsewhere(id).by_policies);
        let mut summary = Summary { scoped: prover.touched, writes, by_policies, ..Summary::default() };
        match prover.finish().verdict {
            Verdict::Global => {}
            Verdict::Leaks => summary.mixed = true,
            Verdict::Unknown => summary.hidden = Some(may_read(name)),
            Verdict::Isolated if principals => {
                summary.hidden = Some(format!("the function `{name}`, which acts for a principal"));
            }
            Verdict::Isolated => {}
        }
        for (level, ids) in ties {
            let parameter = ids.iter().find_map(|id| match id {
                TenantId::Param(id) => {
                    let param = statement.params.get(id.0 as usize)?;
                    let at = match &param.name {
                        ParamName::Numbered(n) => numbered(*n as usize)?,
                        ParamName::Named(name) => function.parameters.iter().position(|(p, _)| p == name)?,
                        ParamName::Anonymous(_) => return None,
                    };
                    let (name, _) = function.parameters.get(at)?;
                    (!assigned(name)).then_some((at, level))
                }
                TenantId::Session(_) | TenantId::Row(_) => None,
            });
            let session = ids.iter().find_map(|id| match id {
                TenantId::Session(at) => Some((level, *at)),
                TenantId::Param(_) | TenantId::Row(_) => None,
            });
            match (parameter, session) {
                (Some(parameter), _) => summary.tenants.push(parameter),
                (None, Some(session)) => summary.sessions.push(session),
                (None, None) => {
                    summary.hidden =
                        Some(format!("the function `{name}`, whose tenant is no parameter of it"));
                }
            }
        }
        summary
    }
}

fn may_read(function: &str) -> String {
    format!("the function `{function}`, which may read tables")
}

/// Functions by bare name: which of several that differ in their parameters a call means is not always known.
#[derive(Debug, Default)]
pub(super) struct Functions {
    by_name: HashMap<String, Vec<FunctionId>>,
    summaries: HashMap<FunctionId, Summary>,
    /// What the defaults of parameters depend on, where that is anything.
    defaults: HashMap<FunctionId, Summary>,
    /// Those that change settings of the session.
    setters: HashSet<FunctionId>,
}

impl Functions {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let mut functions = Functions::default();
        for (i, function) in catalog.functions.iter().enumerate() {
            let id = FunctionId(i as u32);
            functions.by_name.entry(function.name.name.clone()).or_default().push(id);
            functions.summaries.insert(id, Summary::unread(function));
        }
        functions
    }

    pub(super) fn has_setters(&self) -> bool {
        !self.setters.is_empty()
    }

    pub(super) fn sets_session(&self, id: FunctionId) -> bool {
        self.setters.contains(&id)
    }

    pub(super) fn set(&mut self, id: FunctionId, body: Summary, defaults: Summary) {
        if body.sets_session || defaults.sets_session {
            self.setters.insert(id);
        }
        self.summaries.insert(id, body);
        if defaults != Summary::default() {
            self.defaults.insert(id, defaults);
        }
    }

    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = FunctionId> + '_ {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// The summary of a call whose arguments are not seen: known only where no argument matters.
    pub(super) fn without_arguments(&self, id: FunctionId) -> Summary {
        let summary = match self.summaries.get(&id) {
            Some(summary) if !summary.tenants.is_empty() => {
                let hidden = Some("a call in an expression, whose arguments are not followed".to_owned());
                Summary { hidden, tenants: Vec::new(), ..summary.clone() }
            }
            Some(summary) => summary.clone(),
            None => Summary::default(),
        };
        match self.defaults.get(&id) {
            Some(defaults) => summary.and(defaults),
            None => summary,
        }
    }

    /// What a call depends on, over all functions that it may mean.
    fn of_call(&self, catalog: &Catalog, call: &Call) -> Option<Summary> {
        let omits = |id: FunctionId| {
            call.args.len() < catalog.function(id).parameters.len()
                || call.args.iter().any(|a| matches!(a.kind, ExprKind::Default))
        };
        candidates(&self.by_name, catalog, call)
            .flat_map(|id| {
                let defaults = self.defaults.get(&id).filter(|_| omits(id));
                self.summaries.get(&id).into_iter().chain(defaults)
            })
            .fold(None, |sum: Option<Summary>, s| Some(sum.unwrap_or_default().and(s)))
    }

    /// The functions that a statement may call.
    pub(super) fn callees(&self, catalog: &Catalog, statement: &BoundStatement) -> Vec<FunctionId> {
        let mut found = Vec::new();
        let mut note = |call: &Call| found.extend(candidates(&self.by_name, catalog, call));
        crate::query::walk::walk_exprs(statement, |e| {
            if let ExprKind::Call(call) = &e.kind {
                note(call);
            }
        });
        for occurrence in &statement.occurrences {
            if let crate::query::model::Source::Function { calls, ordinality: _ } = &occurrence.source {
                calls.iter().for_each(&mut note);
            }
        }
        found
    }
}

fn candidates<'f>(
    by_name: &'f HashMap<String, Vec<FunctionId>>,
    catalog: &'f Catalog,
    call: &Call,
) -> impl Iterator<Item = FunctionId> + 'f {
    let arguments = call.args.len();
    let called = call.function;
    let name = called.map_or("", |id| catalog.function(id).name.name.as_str());
    let overloads = by_name.get(name).map_or(&[][..], Vec::as_slice).iter().copied();
    overloads.filter(move |id| Some(*id) == called || catalog.function(*id).parameters.len() >= arguments)
}

impl<'a> Prover<'a> {
    /// Whose rows a call depends on, besides what its arguments do: the tenants that its function takes from them.
    pub(super) fn call(&mut self, call: &'a Call, item: Option<OccId>) -> Vec<OwnerTerm> {
        let Some(occ) = call.site.or(item) else {
            if call.function.is_some() || !call.known {
                self.opaque.push((call.span, may_read(&call.name)));
            }
            return Vec::new();
        };
        let summary = match self.model.functions.of_call(self.model.catalog, call) {
            Some(summary) => summary,
            None if call.known || call.kind == CallKind::Window => return Vec::new(),
            None => Summary::hidden(may_read(&call.name)),
        };
        if summary.scoped {
            self.touched = true;
            self.scoped.insert(occ);
        }
        if let Some(what) = summary.hidden {
            self.opaque.push((call.span, what));
            return Vec::new();
        }
        if summary.by_policies && !self.st.trusts_row_security {
            let what = format!("the function `{}`, which no policy holds back here", call.name);
            self.opaque.push((call.span, what));
            return Vec::new();
        }
        if summary.mixed {
            let why = "reads or writes rows of several tenants".to_owned();
            let lost = Lost::Write(DefectKind::MixedTenantView { why }, call.span);
            self.failures.push(Failure::new(occ, lost));
            return Vec::new();
        }
        for (level, session) in summary.sessions {
            // A setting that the statement itself changes stands for no tenant.
            if self.sets_session {
                self.opaque.push((call.span, may_read(&call.name)));
            }
            let ids = std::iter::once(TenantId::Session(session)).collect();
            if !self.ties.contains(&(level, std::collections::BTreeSet::clone(&ids))) {
                self.ties.push((level, ids));
            }
        }
        let mut owners = Vec::new();
        for (at, level) in summary.tenants {
            let Some(argument) = call.args.get(at).filter(|a| !matches!(a.kind, ExprKind::Default)) else {
                self.opaque.push((call.span, format!("the default of a parameter of `{}`", call.name)));
                continue;
            };
            let part = self.term(argument);
            let inst = self.inst(occ, None);
            self.insts[inst.0 as usize].level = Some(level);
            owners.push(OwnerTerm {
                inst,
                parts: vec![part],
                when: Vec::new(),
                shareable: false,
                written: false,
            });
        }
        owners
    }
}

/// The arguments of a call that its function takes for the tenant, with their levels.
pub(super) fn tenant_arguments<'c>(model: &TenancyModel<'_>, call: &'c Call) -> Vec<(&'c Expr, usize)> {
    let summary = model.functions.of_call(model.catalog, call).unwrap_or_default();
    summary.tenants.iter().filter_map(|(at, level)| Some((call.args.get(*at)?, *level))).collect()
}
