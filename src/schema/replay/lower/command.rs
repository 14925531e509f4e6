//! Statements that the parser lacks and `syntax` reads itself.

use std::sync::Arc;

use super::{Lower, block};
use crate::schema::bounds::Bounds;
use crate::schema::catalog::{FOREIGN_LANGUAGE, Volatility};
use crate::schema::change::{
    CreateFunction, CreateTrigger, FunctionAction, FunctionRef, Grant, GrantObject, ObjectKind, ObjectRef,
    Scope, Step, TableAction, Word,
};
use crate::schema::names;
use crate::schema::types::{self, Type};
use crate::source::Span;
use crate::syntax::{self, Command, ExprHandle, FunctionPath, ast};

impl Lower<'_> {
    pub(super) fn command(&mut self, command: &Command) {
        match command {
            Command::AttachPartition { parent, partition, bounds } => {
                let (Some(table), Some(partition)) = (self.object(parent), self.object(partition)) else {
                    return;
                };
                let text = self.fragment.text.get(bounds.range()).unwrap_or_default();
                let bounds = Bounds::parse(text);
                self.table_step(table, TableAction::AttachPartition { partition, bounds });
            }
            Command::DetachPartition { parent, partition } => {
                let (Some(table), Some(partition)) = (self.object(parent), self.object(partition)) else {
                    return;
                };
                self.table_step(table, TableAction::DetachPartition(partition));
            }
            Command::AttachIndex { parent, partition } => {
                let (Some(parent), Some(partition)) = (self.object(parent), self.object(partition)) else {
                    return;
                };
                self.steps.push(Step::AttachIndex { parent, partition });
            }
            Command::Inherit { table, parent, ends } => {
                let (Some(table), Some(parent)) = (self.object(table), self.object(parent)) else { return };
                self.table_step(table, TableAction::Inherit { parent, inherit: !ends });
            }
            Command::SwitchTriggers { table, on } => {
                let Some(table) = self.object(table) else { return };
                self.table_step(table, TableAction::Triggers(*on));
            }
            Command::SetSchema { kind, name, if_exists, schema } => {
                let Some(name) = self.object(name) else { return };
                let schema = names::fold(&schema.value, schema.quote_style);
                if is_routine(*kind) {
                    self.alter_routine(name, FunctionAction::SetSchema(schema));
                    return;
                }
                let kind = kind_of(*kind);
                self.steps.push(Step::SetSchema { kind, name, schema, if_exists: *if_exists });
            }
            Command::Rename { kind, name, if_exists, table, to } => {
                let Some(name) = self.object(name) else { return };
                if is_routine(*kind) {
                    let to = self.word(to);
                    self.alter_routine(name, FunctionAction::Rename(to));
                    return;
                }
                self.steps.push(Step::Rename {
                    kind: kind_of(*kind),
                    name,
                    to: self.word(to),
                    if_exists: *if_exists,
                    table: table.as_ref().and_then(|t| self.object(t)),
                });
            }
            Command::RenameColumn { kind: _, relation, column, to } => {
                let Some(table) = self.object(relation) else { return };
                let action = TableAction::RenameColumn { column: self.word(column), to: self.word(to) };
                self.table_step(table, action);
            }
            Command::SetViewOptions { name, security_invoker } => {
                let (Some(name), Some(security_invoker)) = (self.object(name), *security_invoker) else {
                    return;
                };
                self.steps.push(Step::SetSecurityInvoker { view: name, security_invoker });
            }
            // Fills the view; its definition stays.
            Command::RefreshMaterializedView { name: _, concurrently: _ } => {}
            Command::Do { language, body } => {
                if language == "plpgsql"
                    && let Some(body) = syntax::literal_fragment(self.fragment, *body)
                {
                    self.inner.extend(block::steps(self.dialect, body));
                }
            }
            Command::CreateSequence { name, if_not_exists } => {
                if let Some(name) = self.object(name) {
                    self.steps.push(Step::CreateSequence { name, if_not_exists: *if_not_exists });
                }
            }
            // What a rule does is not followed: a table with one is not understood.
            Command::CreateRule { name: _, table, event: _, instead: _ } => {
                if let Some(table) = self.object(table) {
                    self.steps.push(Step::CreateRule { table });
                }
            }
            Command::AlterDomain { name, default, check } => {
                let Some(name) = self.object(name) else { return };
                let default = default.and_then(|span| self.written_expr(span));
                let check = check.and_then(|span| self.written_expr(span));
                self.steps.push(Step::AlterDomain { name, default, check });
            }
            Command::CreateProgram { name, parameters, fires, procedure, body } => {
                let Some(name) = self.object(name) else { return };
                let parameter = |(name, ty): &(ast::Ident, Span)| {
                    let ty = self.written_type(*ty).unwrap_or(Type::UNKNOWN);
                    (names::fold(&name.value, name.quote_style), ty)
                };
                let function = CreateFunction {
                    name: name.clone(),
                    or_replace: true,
                    procedure: *procedure,
                    parameters: parameters.iter().map(parameter).collect(),
                    defaults: Vec::new(),
                    out_columns: Vec::new(),
                    returns: Type::UNKNOWN,
                    returns_set: false,
                    returns_trigger: fires.is_some(),
                    language: FOREIGN_LANGUAGE.to_owned(),
                    body: self.excerpt(*body),
                    volatility: Volatility::Volatile,
                    strict: false,
                    security_definer: false,
                    search_path: FunctionPath::Caller,
                    sets_session: false,
                };
                self.steps.push(Step::CreateFunction(Box::new(function)));
                let Some(fires) = fires else { return };
                let Some(table) = self.object(&fires.table) else { return };
                self.steps.push(Step::CreateTrigger(Box::new(CreateTrigger {
                    name: Word { name: name.name.clone(), quoted: false, at: name.at },
                    table,
                    or_replace: true,
                    function: Some(name),
                    instead_of: fires.instead_of,
                    before: fires.before,
                    events: vec![fires.event.clone()],
                    transitions: Vec::new(),
                    for_each_row: true,
                })));
            }
            Command::CreateOperator { schema, symbol, function, left, right } => {
                let Some(function) = self.object(function) else { return };
                self.steps.push(Step::CreateOperator {
                    schema: schema.as_ref().map(|s| names::fold(&s.value, s.quote_style)),
                    symbol: symbol.clone(),
                    left: left.and_then(|span| self.written_type(span)),
                    right: right.and_then(|span| self.written_type(span)),
                    function,
                });
            }
            Command::CreateCast { from, to, function, explicit, implicit } => {
                let (Some(from), Some(to)) = (self.written_type(*from), self.written_type(*to)) else {
                    return;
                };
                let Some(function) = self.object(function) else { return };
                self.steps.push(Step::CreateCast {
                    from,
                    to,
                    function,
                    explicit: *explicit,
                    implicit: *implicit,
                });
            }
            Command::Drop { kind, names, if_exists, cascade, table } => {
                let names: Vec<ast::ObjectName> = names.clone();
                let names = self.objects(&names);
                let table = table.as_ref().and_then(|t| self.object(t));
                self.drop_step(kind_of(*kind), names, table, *if_exists, *cascade);
            }
            Command::AlterFunction {
                name,
                volatility,
                strict,
                security_definer,
                search_path,
                sets_session,
            } => {
                let Some(name) = self.object(name) else { return };
                let volatility = volatility.as_deref().map(|word| match word {
                    "IMMUTABLE" => Volatility::Immutable,
                    "STABLE" => Volatility::Stable,
                    _ => Volatility::Volatile,
                });
                let action = FunctionAction::Set {
                    volatility,
                    strict: *strict,
                    security_definer: *security_definer,
                    search_path: search_path.clone(),
                    sets_session: *sets_session,
                };
                let arguments = self.arguments_behind(&name);
                self.steps.push(Step::AlterFunction { function: FunctionRef { name, arguments }, action });
            }
            // Attributes of composite types and constraints of domains.
            Command::Other { kind, name, what: _ } => {
                if let Some(name) = self.object(name) {
                    self.steps.push(Step::Unmodelled { kind: kind_of(*kind), name });
                }
            }
            Command::Role { name, creates, bypasses_row_security, superuser } => {
                self.steps.push(Step::SetRole {
                    name: self.word(name),
                    creates: *creates,
                    bypasses_row_security: *bypasses_row_security,
                    superuser: *superuser,
                });
            }
            Command::Grant { privileges, on, future, grantees, revokes } => {
                let folded = |list: &[ast::Ident]| -> Vec<String> {
                    list.iter().map(|i| names::fold(&i.value, i.quote_style)).collect()
                };
                let on = match on {
                    syntax::Securable::Relations(names) => GrantObject::Relations(self.objects(names)),
                    syntax::Securable::RelationsOf(schemas) => GrantObject::RelationsOf(folded(schemas)),
                    syntax::Securable::Functions(names) => GrantObject::Functions(self.objects(names)),
                    syntax::Securable::FunctionsOf(schemas) => GrantObject::FunctionsOf(folded(schemas)),
                    syntax::Securable::Roles(roles) => GrantObject::Roles(folded(roles)),
                };
                let grantees = self.words(grantees);
                let (privileges, future, revokes) = (privileges.clone(), *future, *revokes);
                let grant = Grant { privileges, on, future, grantees, revokes };
                self.steps.push(Step::Grant(Box::new(grant)));
            }
            // A value for one session.
            Command::Set { name: _, at: _, local: _ } => {}
            // SET LOCAL ends with the transaction, which a migration's file mostly is; so it holds like SET.
            Command::SetSearchPath { schemas, local: _ } => {
                self.steps.push(Step::SetSearchPath { path: schemas.clone(), scope: Scope::Session });
            }
        }
    }

    /// The type that stands there.
    fn written_type(&self, span: Span) -> Option<Type> {
        Some(types::parse(self.fragment.text.get(span.range())?))
    }

    /// The expression that stands there.
    fn written_expr(&self, span: Span) -> Option<ExprHandle> {
        syntax::parse_expr(&Arc::new(self.fragment.excerpt(span)?), self.dialect).ok()
    }

    fn alter_routine(&mut self, name: ObjectRef, action: FunctionAction) {
        let arguments = self.arguments_behind(&name);
        self.steps.push(Step::AlterFunction { function: FunctionRef { name, arguments }, action });
    }

    fn table_step(&mut self, table: ObjectRef, action: TableAction) {
        self.steps.push(Step::AlterTable { table, if_exists: false, only: false, action: Box::new(action) });
    }
}

fn is_routine(kind: syntax::ObjectKind) -> bool {
    matches!(kind, syntax::ObjectKind::Function | syntax::ObjectKind::Procedure)
}

fn kind_of(kind: syntax::ObjectKind) -> ObjectKind {
    match kind {
        syntax::ObjectKind::Table => ObjectKind::Table,
        syntax::ObjectKind::View => ObjectKind::View,
        syntax::ObjectKind::MaterializedView => ObjectKind::MaterializedView,
        syntax::ObjectKind::Index => ObjectKind::Index,
        syntax::ObjectKind::Sequence => ObjectKind::Sequence,
        syntax::ObjectKind::Type => ObjectKind::Type,
        syntax::ObjectKind::Domain => ObjectKind::Domain,
        syntax::ObjectKind::Function => ObjectKind::Function,
        syntax::ObjectKind::Procedure => ObjectKind::Procedure,
        syntax::ObjectKind::Schema => ObjectKind::Schema,
        syntax::ObjectKind::Trigger => ObjectKind::Trigger,
        syntax::ObjectKind::Rule => ObjectKind::Rule,
    }
}
