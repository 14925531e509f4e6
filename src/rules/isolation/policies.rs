//! Policies as the rules of this family look at them: for whom they are, what restricts them, how their conditions read.

use std::collections::{HashMap, HashSet};

use crate::project::{PolicyClause, PolicyCondition, Project};
use crate::prove::tenancy::RowTie;
use crate::query::model::ExprKind;
use crate::query::walk::walk_exprs;
use crate::schema::catalog::{Granted, Policy, RelId, Relation};
use crate::source::{Location, Span};

/// Roles for which no policy ever holds: what a policy lets them see, they see without it.
const BEYOND_POLICIES: &[&str] = &["service_role", "postgres", "supabase_admin", "supabase_auth_admin"];

/// Roles in which everybody's statements run.
const EVERYBODY: &[&str] = &["public", "anon", "authenticated"];

/// The policies of a project, with what several findings ask of all of them.
pub(super) struct Policies<'a> {
    project: &'a Project,
    /// Roles for which some policy ties rows to the tenant; `public` for a policy for all.
    tied: HashSet<&'a str>,
    /// Conditions of restrictive policies for all roles that tie every row.
    restrictive: HashMap<RelId, Vec<(&'a Policy, PolicyClause)>>,
    /// Roles for which no policy holds.
    beyond: HashSet<&'a str>,
}

/// A permissive policy's condition.
pub(super) struct Conditioned<'a> {
    pub(super) policy: &'a Policy,
    pub(super) relation: &'a Relation,
    pub(super) condition: &'a PolicyCondition,
    /// Whether the roles that it is for are those of tenants, as far as the other policies tell.
    pub(super) faces_tenants: bool,
}

impl<'a> Policies<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        let ties =
            |c: &&PolicyCondition| matches!(c.judgement.tie, Some(RowTie::Tied | RowTie::TiedOrShared));
        let tied =
            project.conditions.iter().filter(ties).filter_map(|c| project.catalog.policies.get(c.policy));
        let tied = tied.flat_map(|policy| match policy.roles.as_slice() {
            [] => vec!["public"],
            roles => roles.iter().map(String::as_str).collect(),
        });
        let mut restrictive: HashMap<RelId, Vec<(&Policy, PolicyClause)>> = HashMap::new();
        for condition in project.conditions.iter().filter(|c| c.judgement.tie == Some(RowTie::Tied)) {
            if let Some(policy) = project.catalog.policies.get(condition.policy)
                && !policy.permissive
                && policy.roles.is_empty()
            {
                restrictive.entry(policy.relation).or_default().push((policy, condition.clause));
            }
        }
        let roles = project.catalog.roles.iter().filter(|r| r.bypasses_row_security || r.superuser);
        let beyond = BEYOND_POLICIES.iter().copied().chain(roles.map(|r| r.name.as_str())).collect();
        Policies { project, tied: tied.collect(), restrictive, beyond }
    }

    /// The conditions of permissive policies that some role is held to, and that no restrictive policy holds to the
    /// tenant, in order.
    pub(super) fn unrestricted(&self) -> impl Iterator<Item = Conditioned<'a>> {
        let conditions = self.project.conditions.iter();
        conditions.filter_map(|condition| {
            let policy = self.project.catalog.policies.get(condition.policy)?;
            let relation = self.project.catalog.relation(policy.relation);
            let counts = policy.permissive && !relation.dropped && !self.is_beyond(policy);
            (counts && !self.is_restricted(policy, condition.clause)).then(|| Conditioned {
                policy,
                relation,
                condition,
                faces_tenants: self.faces_tenants(policy),
            })
        })
    }

    /// Whether no policy holds for any of its roles.
    fn is_beyond(&self, policy: &Policy) -> bool {
        !policy.roles.is_empty() && policy.roles.iter().all(|name| self.beyond.contains(name.as_str()))
    }

    /// Whether a restrictive policy for all roles ties the rows that this one lets through.
    fn is_restricted(&self, policy: &Policy, clause: PolicyClause) -> bool {
        // A USING that stands for a WITH CHECK as well is restricted where the other's does so, too.
        let stands_for_check =
            policy.with_check.is_none() && matches!(policy.command.as_str(), "ALL" | "UPDATE");
        self.restrictive.get(&policy.relation).into_iter().flatten().any(|(restrictive, of)| {
            let decides = match (clause, of) {
                (PolicyClause::Using, PolicyClause::Using) => {
                    !stands_for_check || restrictive.with_check.is_none()
                }
                (PolicyClause::WithCheck, PolicyClause::WithCheck) => true,
                (PolicyClause::WithCheck, PolicyClause::Using) => restrictive.with_check.is_none(),
                (PolicyClause::Using, PolicyClause::WithCheck) => false,
            };
            decides && (restrictive.command == "ALL" || restrictive.command == policy.command)
        })
    }

    /// Whether statements that serve tenants run in a role: some policy ties rows for it, or everybody's do.
    pub(super) fn serves_tenants(&self, role: &str) -> bool {
        EVERYBODY.contains(&role) || self.tied.contains(role)
    }

    /// A policy for a role that no policy ties rows for is an exception that was made on purpose, where others do tie.
    fn faces_tenants(&self, policy: &Policy) -> bool {
        let faces = |role: &str| self.serves_tenants(role);
        policy.roles.is_empty() || self.tied.is_empty() || policy.roles.iter().any(|role| faces(role))
    }
}

/// Whether the schema shows that statements run in other roles than that of the tables' owner: privileges on tables or
/// policies are given to some, or policies ask who is signed in as hosted platforms do.
pub(super) fn has_other_roles(project: &Project) -> bool {
    let catalog = &project.catalog;
    catalog.policies.iter().any(|policy| policy.roles.iter().any(|role| role != "public"))
        || catalog.grants.iter().any(|g| matches!(g.on, Granted::Relation(_) | Granted::RelationsOf { .. }))
        || project.conditions.iter().any(|condition| {
            let mut asks = false;
            walk_exprs(&condition.bound, |e| {
                asks |= matches!(&e.kind, ExprKind::Call(call) if call.name.starts_with("auth."));
            });
            asks
        })
}

/// Whether a table or some table has policies that count.
pub(super) fn has_policies(project: &Project, id: RelId) -> bool {
    project.catalog.policies_of(id).next().is_some()
}

impl Conditioned<'_> {
    /// Whether it lets rows be written.
    pub(super) fn is_of_writes(&self) -> bool {
        self.policy.command != "SELECT"
    }

    /// Where part of the condition stands.
    pub(super) fn locate(&self, span: Span) -> Location {
        self.condition.bound.fragment.locate(span)
    }

    /// Part of the condition on one line, shortened.
    pub(super) fn text(&self, span: Span) -> String {
        text(self.condition, span)
    }
}

/// Part of a condition on one line, shortened.
pub(super) fn text(condition: &PolicyCondition, span: Span) -> String {
    const MAX: usize = 80;
    let text = condition.bound.fragment.text.get(span.range()).unwrap_or_default();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX) {
        Some((end, _)) => format!("{} ...", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}
