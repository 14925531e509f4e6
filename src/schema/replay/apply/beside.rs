//! What files that are no source of the schema declare: routines, views and triggers that the schema has not.

use super::{Object, State};
use crate::schema::catalog::{Function, FunctionBody, Policy, RelationKind, View};
use crate::schema::change::{Change, CreateFunction, CreatePolicy, CreateTrigger, CreateView, Step};
use crate::syntax::{ExprHandle, FunctionPath, QueryHandle};

impl State {
    /// Carries out a declaration where the schema has nothing of its name. Returns whether the schema has it now as it is
    /// written; what does not apply is no problem, since nobody says that the file is ever applied.
    pub(in crate::schema::replay) fn declare_beside(&mut self, change: Change) -> bool {
        let known = match &change.step {
            Step::CreateFunction(function) => self.twin(function).map(|twin| {
                twin.disputed |= !does_the_same(twin, function);
                !twin.disputed
            }),
            Step::CreateView(view) => self.is_view(view),
            Step::CreateTrigger(trigger) => self.is_trigger(trigger),
            // One policy more lets more rows in, or fewer: where nobody says that it is applied, neither is believed.
            Step::CreatePolicy(policy) => Some(self.is_policy(policy)),
            _other => None,
        };
        if let Some(same) = known {
            return same;
        }
        let met = self.problems.len();
        self.apply(change);
        let applied = self.problems.len() == met;
        self.problems.truncate(met);
        applied
    }

    /// Whether what has the name of a view is that view; none where nothing has it.
    fn is_view(&self, view: &CreateView) -> Option<bool> {
        let object = self.objects.get(&self.new_name(&view.name))?;
        let Object::Relation(id) = object else { return Some(false) };
        let (RelationKind::View(View { query, .. }) | RelationKind::MaterializedView(View { query, .. })) =
            &self.rel(*id).kind
        else {
            return Some(false);
        };
        let text = |query: &Option<QueryHandle>| {
            query.as_ref().and_then(|q| q.fragment.text.get(q.span.range()).map(str::to_owned))
        };
        Some(text(query).is_some() && text(query) == text(&view.query))
    }

    /// Whether the trigger of that name is that trigger; none where the table has no trigger of the name.
    fn is_trigger(&self, trigger: &CreateTrigger) -> Option<bool> {
        let Some((_, Object::Relation(id))) = self.lookup(&trigger.table) else { return None };
        let twin = self.catalog.triggers.iter().find(|t| t.relation == id && t.name == trigger.name.name)?;
        let calls = trigger.function.as_ref().is_some_and(|f| f.name == twin.function.name);
        Some(calls && twin.events == trigger.events && twin.for_each_row == trigger.for_each_row)
    }

    fn is_policy(&self, policy: &CreatePolicy) -> bool {
        let Some((_, Object::Relation(id))) = self.lookup(&policy.table) else { return false };
        let same = |twin: &&Policy| {
            twin.relation == id
                && twin.name == policy.name.name
                && (twin.permissive, &twin.command, &twin.roles)
                    == (policy.permissive, &policy.command, &policy.roles)
                && written(&twin.using) == written(&policy.using)
                && written(&twin.with_check) == written(&policy.with_check)
        };
        self.catalog.policies.iter().any(|twin| same(&twin))
    }
}

fn written(condition: &Option<ExprHandle>) -> Option<&str> {
    condition.as_ref().and_then(|handle| handle.fragment.text.get(handle.span.range()))
}

fn same_path(twin: &Function, path: &FunctionPath) -> bool {
    match (path, &twin.search_path) {
        (FunctionPath::Caller, path) => path.is_none(),
        (FunctionPath::Current, path) => path.is_some(),
        (FunctionPath::Schemas(written), path) => path.as_ref() == Some(written),
    }
}

fn does_the_same(twin: &Function, function: &CreateFunction) -> bool {
    let text = |body: &Option<FunctionBody>| body.as_ref().map(|body| body.fragment.text.trim().to_owned());
    twin.language == function.language
        && text(&twin.body) == text(&function.body)
        && twin.security_definer == function.security_definer
        && twin.sets_session == function.sets_session
        && same_path(twin, &function.search_path)
}
