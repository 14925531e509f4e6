//! Statements to verdicts, in parallel: each is bound to the catalog, then put to the provers.

use std::sync::Arc;

use rayon::prelude::*;

use crate::check::bodies::Body;
use crate::check::functions::{self, Learned};
use crate::check::parse::ParsedFile;
use crate::check::reading::unread;
use crate::check::{Monitor, Request};
use crate::config::Database;
use crate::extract;
use crate::finding::Problem;
use crate::project::{AnalysedStatement, PolicyClause, PolicyCondition, Role};
use crate::prove::access::{IndexBook, MAX_TABLES, analyse, is_too_large};
use crate::prove::ownership::Ownership;
use crate::prove::policy;
use crate::prove::settings::{PlannerSettings, TenancySettings};
use crate::prove::tenancy::{self, Detail, TenancyModel};
use crate::query::model::{OccId, Occurrence, Source};
use crate::query::{self, Context, TableExpr};
use crate::schema::Catalog;
use crate::schema::catalog::{Policy, RelId};
use crate::source::{Fragment, Location, Span};
use crate::syntax::{Dialect, ExprHandle, Statement};

/// What statements are judged against.
pub(super) struct Judge<'a> {
    catalog: &'a Catalog,
    /// Absent where no tenant column is known: the tenancy half is off.
    tenancy: Option<TenancyModel<'a>>,
    /// Every index, ready to be matched.
    book: &'a IndexBook,
    planner: &'a PlannerSettings,
    /// What surrounds a statement of a file.
    context: Arc<Context>,
    detail: Detail,
    dialect: Dialect,
    monitor: &'a Monitor,
}

/// What a statement stands in.
enum Within<'a> {
    /// A file, with what the statements before it created.
    File(Arc<Context>),
    Body(&'a Body),
}

type Judged = (AnalysedStatement, Vec<Problem>);

impl<'a> Judge<'a> {
    pub(super) fn new(
        database: &'a Database,
        (catalog, book): (&'a Catalog, &'a IndexBook),
        ownership: &'a Ownership,
        settings: &'a TenancySettings,
        request: &'a Request,
    ) -> Self {
        let tenancy = (!settings.columns.is_empty()).then(|| TenancyModel::new(catalog, ownership, settings));
        let planner = &database.planner;
        let (detail, monitor) = (request.detail, &request.monitor);
        let context = Context { trusts_row_security: settings.trust_row_security, ..Context::default() };
        let dialect = database.dialect;
        Judge { catalog, tenancy, book, planner, context: Arc::new(context), detail, dialect, monitor }
    }

    /// Judges the statements of files with queries and of bodies, in their order.
    pub(super) fn all(
        &self,
        files: Vec<ParsedFile>,
        bodies: &[Body],
    ) -> (Vec<AnalysedStatement>, Vec<Problem>) {
        let of_file = |f: ParsedFile| {
            let f = f.whole(self.dialect);
            let contexts = self.context.session(self.catalog, f.all());
            f.into_all().into_par_iter().zip(contexts)
        };
        let files = files.into_par_iter().filter(|_| !self.monitor.is_ended()).flat_map(of_file);
        let files = files.filter(|_| !self.monitor.is_ended());
        let files = files.map(|((fragment, statement), context)| {
            self.statement(&fragment, &statement, &Within::File(context))
        });
        let bodies: Vec<_> = bodies.iter().flat_map(|b| b.statements.iter().map(move |s| (b, s))).collect();
        let bodies = bodies.into_par_iter().filter(|_| !self.monitor.is_ended());
        let bodies = bodies.map(|(b, s)| self.statement(&b.fragment, s, &Within::Body(b)));
        let judged: Vec<Judged> = files.chain(bodies).filter(|(statement, _)| is_sql_of(statement)).collect();
        let (statements, problems): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
        (statements, problems.into_iter().flatten().collect())
    }

    fn statement(&self, fragment: &Arc<Fragment>, statement: &Statement, within: &Within<'_>) -> Judged {
        self.monitor.statement();
        let (Within::Body(Body { context, .. }) | Within::File(context)) = within;
        let (mut bound, mut problems) = query::bind_in(self.catalog, context, fragment, statement);
        if let Within::Body(body) = within {
            bound.variables = body.variables(self.catalog, &bound.params);
            let learned = body.id.zip(self.tenancy.as_ref());
            bound.sets_session |= learned.is_some_and(|(id, model)| model.sets_session(id));
        }
        let place = fragment.locate(statement.span);
        // A text that is put together of several places is where the program puts it together.
        let location = match fragment.host {
            Some(host) if !host.anchor.contains(place.span) => Location { span: host.anchor, ..place },
            Some(_) | None => place,
        };
        let role = match within {
            Within::Body(body) => {
                // Those of files are told with the files.
                problems.extend(unread(fragment, statement));
                body.function.clone().map_or(Role::Query, Role::Function)
            }
            Within::File(_) => Role::Query,
        };
        let function = match &role {
            Role::Function(name) => Some(name.clone()),
            Role::Query | Role::Schema | Role::View(_) | Role::Policy(_) => {
                fragment.function.clone().or_else(|| extract::sql::query_name(statement).map(|q| q.name))
            }
        };
        let proof = self.tenancy.as_ref().map(|model| tenancy::prove(model, &bound, self.detail));
        let access = analyse(self.catalog, self.book, &bound, self.planner);
        let unplanned = is_too_large(&bound);
        if unplanned {
            problems.push(too_large(fragment, statement.span));
        }
        let exempt = None;
        (AnalysedStatement { bound, location, role, function, proof, access, unplanned, exempt }, problems)
    }

    /// Judges the definitions of the schema's views.
    pub(super) fn views(&self) -> (Vec<AnalysedStatement>, Vec<Problem>) {
        let views: Vec<RelId> = self.catalog.live_relations().map(|(id, _)| id).collect();
        let judged: Vec<Judged> = views.into_par_iter().filter_map(|id| self.view(id)).collect();
        let (statements, problems): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
        (statements, problems.into_iter().flatten().collect())
    }

    fn view(&self, id: RelId) -> Option<Judged> {
        let (bound, problems) = query::bind_view(self.catalog, &self.context, id)?;
        let location = bound.fragment.locate(bound.span);
        let role = Role::View(self.catalog.relation(id).name.to_string());
        let proof = self.tenancy.as_ref().map(|model| tenancy::prove_view(model, &bound, self.detail));
        let statement = AnalysedStatement {
            bound,
            location,
            role,
            function: None,
            proof,
            access: Vec::new(),
            unplanned: false,
            exempt: None,
        };
        Some((statement, problems))
    }

    /// Judges the conditions of policies that read other tables.
    pub(super) fn policies(&self) -> (Vec<AnalysedStatement>, Vec<Problem>) {
        let judged = self.catalog.policies.par_iter().flat_map_iter(|policy| {
            let conditions = policy.using.iter().chain(&policy.with_check);
            conditions.filter_map(|handle| self.policy(policy, handle))
        });
        let judged: Vec<Judged> = judged.collect();
        let (statements, problems): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
        (statements, problems.into_iter().flatten().collect())
    }

    fn policy(&self, policy: &Policy, handle: &ExprHandle) -> Option<Judged> {
        let TableExpr { mut statement, expr, problems } =
            query::bind_table_expr_in(self.catalog, &self.context, policy.relation, handle);
        // Beside the table's own row, an occurrence is what a subquery or a call reads.
        if statement.occurrences.len() < 2 {
            return None;
        }
        statement.body = query::model::Body::Expressions(vec![expr]);
        let location = statement.fragment.locate(statement.span);
        let table = &self.catalog.relation(policy.relation).name;
        let role = Role::Policy(format!("{} on {table}", policy.name));
        let proof = self
            .tenancy
            .as_ref()
            .map(|model| tenancy::prove_policy(model, &statement, OccId(0), self.detail));
        let judged = AnalysedStatement {
            bound: statement,
            location,
            role,
            function: None,
            proof,
            access: Vec::new(),
            unplanned: false,
            exempt: None,
        };
        Some((judged, problems))
    }

    /// Judges every condition of every policy for what it lets through.
    pub(super) fn conditions(&self) -> Vec<PolicyCondition> {
        let policies = self.catalog.policies.par_iter().enumerate();
        policies
            .flat_map_iter(|(ix, policy)| {
                let clauses = [
                    (PolicyClause::Using, policy.using.as_ref()),
                    (PolicyClause::WithCheck, policy.with_check.as_ref()),
                ];
                clauses
                    .into_iter()
                    .filter_map(move |(clause, handle)| Some(self.condition(ix, policy, clause, handle?)))
            })
            .collect()
    }

    fn condition(
        &self,
        ix: usize,
        policy: &Policy,
        clause: PolicyClause,
        handle: &ExprHandle,
    ) -> PolicyCondition {
        let TableExpr { mut statement, expr, problems: _ } =
            query::bind_table_expr_in(self.catalog, &self.context, policy.relation, handle);
        statement.body = query::model::Body::Expressions(vec![expr]);
        let judgement = policy::judge(self.tenancy.as_ref(), &statement);
        let access = (clause == PolicyClause::Using).then(|| {
            let rows = policy::rows_let_through(&statement);
            let found = analyse(self.catalog, self.book, &rows, self.planner);
            found.into_iter().find(|access| access.occ == policy::ROW)
        });
        PolicyCondition { policy: ix, clause, bound: statement, judgement, access: access.flatten() }
    }

    /// Lets calls of the schema's functions be judged by their bodies.
    pub(super) fn learn_functions(
        &mut self,
        bodies: &[Body],
        exempt: &dyn Fn(Location, &str) -> bool,
    ) -> Vec<Learned> {
        match &mut self.tenancy {
            Some(model) => functions::learn(model, self.catalog, bodies, exempt),
            None => Vec::new(),
        }
    }

    /// The same from what was learned before.
    pub(super) fn recall(&mut self, learned: &[Learned]) {
        for (id, body, defaults) in learned {
            if let Some(model) = &mut self.tenancy {
                model.learn(*id, body.clone(), defaults.clone());
            }
        }
    }
}

/// The statement at that place joins more than indexes are searched for.
fn too_large(fragment: &Fragment, statement: Span) -> Problem {
    let text = fragment.text.get(statement.range()).unwrap_or_default();
    let word = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let message = format!(
        "this statement names more than {MAX_TABLES} relations, so its use of indexes is not checked"
    );
    Problem {
        rule: "unparsed-statement",
        message,
        help: None,
        primary: fragment.locate(Span { start: statement.start, end: statement.start + word as u32 }),
        statement: Some(fragment.locate(statement)),
        labels: Vec::new(),
    }
}

/// Whether a text of a program is SQL of this database. One that is not seen to be given to it must name a table that
/// exists: prose may parse as a query of nothing known.
fn is_sql_of(statement: &AnalysedStatement) -> bool {
    match statement.bound.fragment.host {
        Some(host) if !host.is_run => {
            let known = |o: &Occurrence| {
                !matches!(o.source, Source::Unknown(_) | Source::Function { .. } | Source::Call(None))
            };
            statement.bound.occurrences.iter().any(known)
        }
        Some(_) | None => true,
    }
}
