//! Views, functions, triggers, policies, types, schemas, extensions and their DROP.

use super::alter::cascades;
use super::{Lower, clause};
use crate::schema::catalog::{Domain, FunctionBody, Volatility};
use crate::schema::change::{
    CreateFunction, CreatePolicy, CreateTrigger, CreateView, Drop, FunctionAction, FunctionRef, ObjectKind,
    ObjectRef, PolicyAction, Step, TypeAction, TypeBody, Word,
};
use crate::schema::names;
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::{self, ExprHandle, FunctionPath, ast};

impl Lower<'_> {
    pub(super) fn create_view(&mut self, create: &ast::CreateView) {
        let ast::CreateView {
            or_alter: _, // SQL Server's.
            or_replace,
            materialized,
            secure: _, // Snowflake's.
            name,
            name_before_not_exists: _,
            columns,
            query,
            options,
            cluster_by: _,
            comment: _,
            with_no_schema_binding: _,
            if_not_exists,
            temporary,
            copy_grants: _,
            to: _,
            params: _, // MySQL's algorithm and definer.
        } = create;
        let Some(name) = self.object(name) else { return };
        let columns = columns
            .iter()
            .map(|ast::ViewColumnDef { name, data_type: _, options: _ }| self.word(name))
            .collect();
        let options = match options {
            ast::CreateTableOptions::With(options)
            | ast::CreateTableOptions::Options(options)
            | ast::CreateTableOptions::Plain(options)
            | ast::CreateTableOptions::TableProperties(options) => options.as_slice(),
            ast::CreateTableOptions::None => &[],
        };
        let query = self.query(query);
        self.steps.push(Step::CreateView(Box::new(CreateView {
            name,
            materialized: *materialized,
            or_replace: *or_replace,
            if_not_exists: *if_not_exists,
            temporary: *temporary,
            columns,
            query: Some(query),
            security_invoker: self
                .statement
                .clauses
                .security_invoker
                .unwrap_or_else(|| option(options, "security_invoker")),
            check_option: self.statement.clauses.check_option || option(options, "check_option"),
        })));
    }

    /// ALTER VIEW ... AS, SQL Server's and MySQL's: the view is defined anew.
    pub(super) fn alter_view(&mut self, name: &ast::ObjectName, columns: &[ast::Ident], query: &ast::Query) {
        let Some(name) = self.object(name) else { return };
        let columns = self.words(columns);
        let query = self.query(query);
        self.steps.push(Step::CreateView(Box::new(CreateView {
            name,
            materialized: false,
            or_replace: true,
            if_not_exists: false,
            temporary: false,
            columns,
            query: Some(query),
            security_invoker: false,
            check_option: false,
        })));
    }

    pub(super) fn create_function(&mut self, create: &ast::CreateFunction) {
        let ast::CreateFunction {
            or_alter,
            or_replace,
            temporary: _,
            if_not_exists: _,
            name,
            args,
            return_type,
            function_body,
            behavior,
            called_on_null,
            parallel: _, // Parallel plans give the same rows.
            security,
            set_params,
            using: _, // Hive's.
            language,
            determinism_specifier: _, // BigQuery's.
            options: _,
            remote_connection: _,
        } = create;
        let Some(name) = self.object(name) else { return };
        let mut parameters = Vec::new();
        let mut out_columns = Vec::new();
        let mut defaults = Vec::new();
        for ast::OperateFunctionArg { mode, name, data_type, default_expr } in args.iter().flatten() {
            defaults.extend(default_expr.iter().map(|default| self.expr(default)));
            let name = name.as_ref().map(|n| names::fold(&n.value, n.quote_style)).unwrap_or_default();
            let ty = super::data_type(data_type);
            match mode {
                None | Some(ast::ArgMode::In | ast::ArgMode::Variadic) => parameters.push((name, ty)),
                Some(ast::ArgMode::Out) => out_columns.push((name, ty)),
                Some(ast::ArgMode::InOut) => {
                    parameters.push((name.clone(), ty.clone()));
                    out_columns.push((name, ty));
                }
            }
        }
        let mut returns = Type::UNKNOWN;
        let mut returns_set = false;
        let mut returns_trigger = false;
        match return_type {
            Some(ast::FunctionReturnType::DataType(ast::DataType::Table(columns))) => {
                returns_set = true;
                returns = Type::of(BaseType::Record);
                out_columns.extend(columns.iter().flatten().map(table_column));
            }
            Some(ast::FunctionReturnType::DataType(ty)) => {
                returns_trigger = matches!(ty, ast::DataType::Trigger)
                    || matches!(ty, ast::DataType::Custom(name, _) if self.bare(name).as_deref() == Some("trigger"));
                returns = super::data_type(ty);
            }
            Some(ast::FunctionReturnType::SetOf(ty)) => {
                returns_set = true;
                returns = super::data_type(ty);
            }
            None => {
                if let [(_, ty)] = out_columns.as_slice() {
                    returns = ty.clone();
                } else if !out_columns.is_empty() {
                    returns = Type::of(BaseType::Record);
                }
            }
        }
        let body = match self.statement.clauses.atomic_body {
            Some(span) => self.excerpt(span),
            None => function_body.as_ref().and_then(|b| self.function_body(b)),
        };
        // RETURN and BEGIN ATOMIC bodies are SQL without a LANGUAGE.
        let language = language.as_ref().map_or_else(|| "sql".to_owned(), |l| names::fold(&l.value, None));
        self.steps.push(Step::CreateFunction(Box::new(CreateFunction {
            name,
            or_replace: *or_replace || *or_alter,
            procedure: self.statement.clauses.procedure,
            parameters,
            defaults,
            out_columns,
            returns,
            returns_set,
            returns_trigger,
            language,
            body,
            volatility: behavior.as_ref().map(volatility).unwrap_or_default(),
            strict: called_on_null.as_ref().is_some_and(strict),
            security_definer: matches!(security, Some(ast::FunctionSecurity::Definer)),
            search_path: set_params
                .iter()
                .filter_map(|p| self.function_path(p))
                .next_back()
                .unwrap_or_default(),
            sets_session: set_params.iter().any(sets_session),
        })));
    }

    /// The path that a clause SET gives a function; nothing where it sets something else.
    fn function_path(&self, param: &ast::FunctionDefinitionSetParam) -> Option<FunctionPath> {
        let ast::FunctionDefinitionSetParam { name, value } = param;
        (self.bare(name).as_deref() == Some("search_path")).then(|| match value {
            ast::FunctionSetValue::Default => FunctionPath::Caller,
            ast::FunctionSetValue::FromCurrent => FunctionPath::Current,
            ast::FunctionSetValue::Values(values) => {
                super::path_of(values).map_or(FunctionPath::Caller, FunctionPath::Schemas)
            }
        })
    }

    fn function_body(&self, body: &ast::CreateFunctionBody) -> Option<FunctionBody> {
        let literal = match body {
            // The link symbol names a C function.
            ast::CreateFunctionBody::AsBeforeOptions { body, link_symbol: None }
            | ast::CreateFunctionBody::AsAfterOptions(body) => body,
            ast::CreateFunctionBody::AsBeforeOptions { body: _, link_symbol: Some(_) } => return None,
            ast::CreateFunctionBody::Return(_) => return self.returned(),
            ast::CreateFunctionBody::AsBeginEnd(_)
            | ast::CreateFunctionBody::AsReturnExpr(_)
            | ast::CreateFunctionBody::AsReturnSelect(_) => return None,
        };
        let ast::Expr::Value(ast::ValueWithSpan { value: _, span }) = literal else { return None };
        let fragment = syntax::literal_fragment(self.fragment, self.span(*span)?)?;
        Some(FunctionBody { fragment: fragment.into(), late_bound: true })
    }

    /// A part of the fragment as a body.
    pub(super) fn excerpt(&self, span: Span) -> Option<FunctionBody> {
        Some(FunctionBody { fragment: self.fragment.excerpt(span)?.into(), late_bound: false })
    }

    /// The body after the last RETURN of the statement, which ends it.
    fn returned(&self) -> Option<FunctionBody> {
        let span = self.statement.span;
        let text = self.fragment.text.get(span.range())?;
        let at = text.to_ascii_uppercase().rfind("RETURN")?;
        let mut fragment = self.fragment.excerpt(Span::new(span.start + at as u32, span.end))?;
        // Both words have six letters, so every byte keeps its place.
        let expression = fragment.text.get("RETURN".len()..)?;
        fragment.text = format!("SELECT{expression}").into();
        Some(FunctionBody { fragment: fragment.into(), late_bound: false })
    }

    pub(super) fn alter_function(&mut self, alter: &ast::AlterFunction) {
        // Aggregates read no table by themselves.
        let ast::AlterFunction { kind: _, function, aggregate_order_by: _, aggregate_star: _, operation } =
            alter;
        let Some(function) = self.function_ref(function) else { return };
        let action = match operation {
            ast::AlterFunctionOperation::RenameTo { new_name } => FunctionAction::Rename(self.word(new_name)),
            ast::AlterFunctionOperation::SetSchema { schema_name } => match self.bare(schema_name) {
                Some(schema) => FunctionAction::SetSchema(schema),
                None => return,
            },
            ast::AlterFunctionOperation::Actions { actions, restrict: _ } => self.function_actions(actions),
            ast::AlterFunctionOperation::OwnerTo(_)
            | ast::AlterFunctionOperation::DependsOnExtension { no: _, extension_name: _ } => return,
        };
        self.steps.push(Step::AlterFunction { function, action });
    }

    fn function_actions(&self, actions: &[ast::AlterFunctionAction]) -> FunctionAction {
        let mut volatility = None;
        let mut strict = None;
        let mut security_definer = None;
        let mut search_path = None;
        let mut sets_session = false;
        for action in actions {
            match action {
                ast::AlterFunctionAction::CalledOnNull(on_null) => strict = Some(self::strict(on_null)),
                ast::AlterFunctionAction::Behavior(behavior) => volatility = Some(self::volatility(behavior)),
                ast::AlterFunctionAction::Security { external: _, security } => {
                    security_definer = Some(matches!(security, ast::FunctionSecurity::Definer));
                }
                ast::AlterFunctionAction::Set(param) => {
                    search_path = self.function_path(param).or(search_path);
                    sets_session |= self::sets_session(param);
                }
                ast::AlterFunctionAction::Reset(reset) => match reset {
                    ast::ResetConfig::ALL => search_path = Some(FunctionPath::Caller),
                    ast::ResetConfig::ConfigName(name) => {
                        if self.bare(name).as_deref() == Some("search_path") {
                            search_path = Some(FunctionPath::Caller);
                        }
                    }
                },
                ast::AlterFunctionAction::Leakproof(_)
                | ast::AlterFunctionAction::Parallel(_)
                | ast::AlterFunctionAction::Cost(_)
                | ast::AlterFunctionAction::Rows(_)
                | ast::AlterFunctionAction::Support(_) => {}
            }
        }
        FunctionAction::Set { volatility, strict, security_definer, search_path, sets_session }
    }

    fn function_ref(&self, function: &ast::FunctionDesc) -> Option<FunctionRef> {
        let ast::FunctionDesc { name, args } = function;
        let arguments = args.as_ref().map(|args| {
            args.iter()
                .filter(|arg| !matches!(arg.mode, Some(ast::ArgMode::Out)))
                .map(|ast::OperateFunctionArg { mode: _, name, data_type, default_expr: _ }| {
                    // A type written alone may have been taken for a name.
                    match (name, data_type) {
                        (Some(name), ast::DataType::Unspecified) => crate::schema::types::parse(&name.value),
                        _ => super::data_type(data_type),
                    }
                })
                .collect()
        });
        Some(FunctionRef { name: self.object(name)?, arguments })
    }

    pub(super) fn create_trigger(&mut self, create: &ast::CreateTrigger) {
        let ast::CreateTrigger {
            or_alter,
            temporary: _,
            or_replace,
            is_constraint: _,
            name,
            period,
            period_before_table: _,
            events,
            table_name,
            referenced_table_name: _,
            referencing,
            trigger_object,
            condition: _, // A trigger that may fire is one that fires.
            exec_body,
            statements_as: _,
            statements: _, // A body in the trigger is MySQL's and SQLite's.
            characteristics: _,
        } = create;
        let (Some(name), Some(table)) = (self.object(name), self.object(table_name)) else { return };
        let function = exec_body.as_ref().and_then(|body| {
            let ast::TriggerExecBody { exec_type: _, func_desc } = body;
            self.object(&func_desc.name)
        });
        let events = events
            .iter()
            .map(|event| {
                match event {
                    ast::TriggerEvent::Insert => "INSERT",
                    ast::TriggerEvent::Update(_) => "UPDATE",
                    ast::TriggerEvent::Delete => "DELETE",
                    ast::TriggerEvent::Truncate => "TRUNCATE",
                }
                .to_owned()
            })
            .collect();
        let transitions = referencing.iter().filter_map(|referencing| {
            let ast::TriggerReferencing { refer_type: _, is_as: _, transition_relation_name } = referencing;
            self.object(transition_relation_name).map(|name| name.name)
        });
        let transitions = transitions.collect();
        let for_each_row = matches!(
            trigger_object,
            Some(
                ast::TriggerObjectKind::ForEach(ast::TriggerObject::Row)
                    | ast::TriggerObjectKind::For(ast::TriggerObject::Row)
            )
        );
        self.steps.push(Step::CreateTrigger(Box::new(CreateTrigger {
            name: Word { name: name.name, quoted: false, at: name.at },
            table,
            or_replace: *or_replace || *or_alter,
            function,
            instead_of: matches!(period, Some(ast::TriggerPeriod::InsteadOf)),
            before: matches!(period, Some(ast::TriggerPeriod::Before)),
            events,
            for_each_row,
            transitions,
        })));
    }

    pub(super) fn create_policy(&mut self, create: &ast::CreatePolicy) {
        let ast::CreatePolicy { name, table_name, policy_type, command, to, using, with_check } = create;
        let Some(table) = self.object(table_name) else { return };
        let command = match command {
            None | Some(ast::CreatePolicyCommand::All) => "ALL",
            Some(ast::CreatePolicyCommand::Select) => "SELECT",
            Some(ast::CreatePolicyCommand::Insert) => "INSERT",
            Some(ast::CreatePolicyCommand::Update) => "UPDATE",
            Some(ast::CreatePolicyCommand::Delete) => "DELETE",
        };
        self.steps.push(Step::CreatePolicy(Box::new(CreatePolicy {
            name: self.word(name),
            table,
            permissive: !matches!(policy_type, Some(ast::CreatePolicyType::Restrictive)),
            command: command.to_owned(),
            roles: to.as_deref().map(roles).unwrap_or_default(),
            using: using.as_ref().map(|e| self.condition(e, "USING")),
            with_check: with_check.as_ref().map(|e| self.condition(e, "CHECK")),
        })));
    }

    /// A condition of a policy with all of its text.
    fn condition(&self, expr: &ast::Expr, word: &str) -> ExprHandle {
        let mut handle = self.expr(expr);
        let statement = self.statement.span;
        let text = self.fragment.text.get(statement.range()).unwrap_or_default();
        if let Some(span) = clause::behind(text, statement.start, word)
            && span.contains(handle.span)
        {
            handle.span = span;
        }
        handle
    }

    pub(super) fn alter_policy(&mut self, alter: &ast::AlterPolicy) {
        let ast::AlterPolicy { name, table_name, operation } = alter;
        let Some(table) = self.object(table_name) else { return };
        let action = match operation {
            ast::AlterPolicyOperation::Rename { new_name } => PolicyAction::Rename(self.word(new_name)),
            ast::AlterPolicyOperation::Apply { to, using, with_check } => PolicyAction::Set {
                roles: to.as_deref().map(roles),
                using: using.as_ref().map(|e| self.condition(e, "USING")),
                with_check: with_check.as_ref().map(|e| self.condition(e, "CHECK")),
            },
        };
        self.steps.push(Step::AlterPolicy { name: self.word(name), table, action: Box::new(action) });
    }

    pub(super) fn create_type(
        &mut self,
        name: &ast::ObjectName,
        representation: Option<&ast::UserDefinedTypeRepresentation>,
    ) {
        let Some(name) = self.object(name) else { return };
        let body = match representation {
            Some(ast::UserDefinedTypeRepresentation::Enum { labels }) => {
                TypeBody::Enum(labels.iter().map(|l| l.value.clone()).collect())
            }
            Some(ast::UserDefinedTypeRepresentation::Composite { attributes }) => TypeBody::Composite(
                attributes
                    .iter()
                    .map(|ast::UserDefinedTypeCompositeAttributeDef { name, data_type, collation: _ }| {
                        (names::fold(&name.value, name.quote_style), super::data_type(data_type))
                    })
                    .collect(),
            ),
            Some(ast::UserDefinedTypeRepresentation::Range { options }) => {
                TypeBody::Range(options.iter().find_map(|option| match option {
                    ast::UserDefinedTypeRangeOption::Subtype(ty) => Some(super::data_type(ty)),
                    ast::UserDefinedTypeRangeOption::SubtypeOpClass(_)
                    | ast::UserDefinedTypeRangeOption::Collation(_)
                    | ast::UserDefinedTypeRangeOption::Canonical(_)
                    | ast::UserDefinedTypeRangeOption::SubtypeDiff(_)
                    | ast::UserDefinedTypeRangeOption::MultirangeTypeName(_) => None,
                }))
            }
            Some(ast::UserDefinedTypeRepresentation::SqlDefinition { options: _ }) | None => TypeBody::Base,
        };
        self.steps.push(Step::CreateType { name, body });
    }

    pub(super) fn alter_type(&mut self, alter: &ast::AlterType) {
        let ast::AlterType { name, operation } = alter;
        let Some(name) = self.object(name) else { return };
        let action = match operation {
            ast::AlterTypeOperation::Rename(ast::AlterTypeRename { new_name }) => {
                let to = self.word(new_name);
                let rename = Step::Rename { kind: ObjectKind::Type, name, to, if_exists: false, table: None };
                self.steps.push(rename);
                return;
            }
            ast::AlterTypeOperation::AddValue(ast::AlterTypeAddValue { if_not_exists, value, position }) => {
                TypeAction::AddValue {
                    value: value.value.clone(),
                    if_not_exists: *if_not_exists,
                    beside: position.as_ref().map(|p| match p {
                        ast::AlterTypeAddValuePosition::Before(label) => (true, label.value.clone()),
                        ast::AlterTypeAddValuePosition::After(label) => (false, label.value.clone()),
                    }),
                }
            }
            ast::AlterTypeOperation::RenameValue(ast::AlterTypeRenameValue { from, to }) => {
                TypeAction::RenameValue { from: from.value.clone(), to: to.value.clone() }
            }
        };
        self.steps.push(Step::AlterType { name, action });
    }

    pub(super) fn create_domain(&mut self, create: &ast::CreateDomain) {
        let ast::CreateDomain { name, data_type, collation, default, constraints } = create;
        let Some(name) = self.object(name) else { return };
        let checks = constraints.iter().filter_map(|constraint| match constraint {
            ast::TableConstraint::Check(ast::CheckConstraint {
                name: _,
                expr,
                enforced: _,
                no_inherit: _,
            }) => Some(self.expr(expr)),
            _other => None,
        });
        let domain = Domain {
            base: super::data_type(data_type),
            not_null: self.statement.clauses.domain_not_null,
            collation: collation.as_ref().map(|c| self.word(c).name),
            default: default.as_ref().map(|default| self.expr(default)),
            checks: checks.collect(),
        };
        self.steps.push(Step::CreateDomain { name, domain: Box::new(domain) });
    }

    pub(super) fn create_extension(&mut self, create: &ast::CreateExtension) {
        let ast::CreateExtension { name, if_not_exists, cascade: _, schema: _, version: _ } = create;
        self.steps.push(Step::CreateExtension { name: self.word(name), if_not_exists: *if_not_exists });
    }

    pub(super) fn create_schema(&mut self, name: &ast::SchemaName, if_not_exists: bool) {
        let name = match name {
            ast::SchemaName::Simple(name) | ast::SchemaName::NamedAuthorization(name, _) => {
                match self.object(name) {
                    Some(object) => Word { name: object.name, quoted: false, at: object.at },
                    None => return,
                }
            }
            ast::SchemaName::UnnamedAuthorization(role) => self.word(role),
        };
        self.steps.push(Step::CreateSchema { name, if_not_exists });
    }

    pub(super) fn alter_schema(&mut self, alter: &ast::AlterSchema) {
        let ast::AlterSchema { name, if_exists, operations } = alter;
        let Some(name) = self.object(name) else { return };
        for operation in operations {
            match operation {
                ast::AlterSchemaOperation::Rename { name: to } => {
                    let Some(to) = self.object(to) else { continue };
                    self.steps.push(Step::Rename {
                        kind: ObjectKind::Schema,
                        name: name.clone(),
                        to: Word { name: to.name, quoted: false, at: to.at },
                        if_exists: *if_exists,
                        table: None,
                    });
                }
                ast::AlterSchemaOperation::SetDefaultCollate { collate: _ }
                | ast::AlterSchemaOperation::AddReplica { replica: _, options: _ }
                | ast::AlterSchemaOperation::DropReplica { replica: _ }
                | ast::AlterSchemaOperation::SetOptionsParens { options: _ }
                | ast::AlterSchemaOperation::OwnerTo { owner: _ } => {}
            }
        }
    }

    // DROP.

    pub(super) fn drop_objects(
        &mut self,
        object_type: ast::ObjectType,
        if_exists: bool,
        names: &[ast::ObjectName],
        cascade: bool,
        table: Option<&ast::ObjectName>,
    ) {
        let kind = match object_type {
            ast::ObjectType::Table => ObjectKind::Table,
            ast::ObjectType::View => ObjectKind::View,
            ast::ObjectType::MaterializedView => ObjectKind::MaterializedView,
            ast::ObjectType::Index => ObjectKind::Index,
            ast::ObjectType::Schema => ObjectKind::Schema,
            ast::ObjectType::Sequence => ObjectKind::Sequence,
            ast::ObjectType::Type => ObjectKind::Type,
            // Nothing in the catalog.
            ast::ObjectType::Collation
            | ast::ObjectType::Database
            | ast::ObjectType::Role
            | ast::ObjectType::Stage
            | ast::ObjectType::User
            | ast::ObjectType::Stream
            | ast::ObjectType::Warehouse => return,
        };
        let names = self.objects(names);
        let table = table.and_then(|t| self.object(t));
        self.drop_step(kind, names, table, if_exists, cascade);
    }

    pub(super) fn drop_step(
        &mut self,
        kind: ObjectKind,
        names: Vec<ObjectRef>,
        table: Option<ObjectRef>,
        if_exists: bool,
        cascade: bool,
    ) {
        self.steps.push(Step::Drop(Box::new(Drop {
            kind,
            arguments: vec![None; names.len()],
            names,
            table,
            if_exists,
            cascade,
        })));
    }

    pub(super) fn drop_function(&mut self, drop: &ast::DropFunction) {
        let ast::DropFunction { if_exists, func_desc, drop_behavior } = drop;
        self.drop_routines(ObjectKind::Function, *if_exists, func_desc, drop_behavior.as_ref());
    }

    pub(super) fn drop_routines(
        &mut self,
        kind: ObjectKind,
        if_exists: bool,
        routines: &[ast::FunctionDesc],
        behavior: Option<&ast::DropBehavior>,
    ) {
        let (names, arguments) = routines
            .iter()
            .filter_map(|r| self.function_ref(r))
            .map(|FunctionRef { name, arguments }| (name, arguments))
            .unzip();
        let cascade = cascades(behavior);
        self.steps.push(Step::Drop(Box::new(Drop {
            kind,
            names,
            arguments,
            table: None,
            if_exists,
            cascade,
        })));
    }

    pub(super) fn drop_domain(&mut self, drop: &ast::DropDomain) {
        let ast::DropDomain { if_exists, name, drop_behavior } = drop;
        let names = self.object(name).into_iter().collect();
        self.drop_step(ObjectKind::Domain, names, None, *if_exists, cascades(drop_behavior.as_ref()));
    }

    pub(super) fn drop_trigger(&mut self, drop: &ast::DropTrigger) {
        let ast::DropTrigger { if_exists, trigger_name, table_name, option } = drop;
        let names = self.object(trigger_name).into_iter().collect();
        let table = table_name.as_ref().and_then(|t| self.object(t));
        let cascade = matches!(option, Some(ast::ReferentialAction::Cascade));
        self.drop_step(ObjectKind::Trigger, names, table, *if_exists, cascade);
    }

    pub(super) fn drop_policy(&mut self, drop: &ast::DropPolicy) {
        let ast::DropPolicy { if_exists, name, table_name, drop_behavior } = drop;
        let Word { name, quoted: _, at } = self.word(name);
        let table = self.object(table_name);
        let names = vec![ObjectRef { schema: None, name, at }];
        self.drop_step(ObjectKind::Policy, names, table, *if_exists, cascades(drop_behavior.as_ref()));
    }

    pub(super) fn drop_extension(&mut self, drop: &ast::DropExtension) {
        let ast::DropExtension { names, if_exists, cascade_or_restrict } = drop;
        let names = self
            .words(names)
            .into_iter()
            .map(|Word { name, quoted: _, at }| ObjectRef { schema: None, name, at })
            .collect();
        let cascade = matches!(cascade_or_restrict, Some(ast::ReferentialAction::Cascade));
        self.drop_step(ObjectKind::Extension, names, None, *if_exists, cascade);
    }
}

fn table_column(column: &ast::ColumnDef) -> (String, Type) {
    let ast::ColumnDef { name, data_type, options: _ } = column;
    (names::fold(&name.value, name.quote_style), super::data_type(data_type))
}

fn volatility(behavior: &ast::FunctionBehavior) -> Volatility {
    match behavior {
        ast::FunctionBehavior::Immutable => Volatility::Immutable,
        ast::FunctionBehavior::Stable => Volatility::Stable,
        ast::FunctionBehavior::Volatile => Volatility::Volatile,
    }
}

/// Whether a clause SET gives a setting of the project's own, whose name has a dot, or a role.
fn sets_session(param: &ast::FunctionDefinitionSetParam) -> bool {
    let ast::FunctionDefinitionSetParam { name, value: _ } = param;
    let text = name.to_string().to_lowercase();
    text.contains('.') || text == "role" || text == "session_authorization"
}

fn strict(on_null: &ast::FunctionCalledOnNull) -> bool {
    match on_null {
        ast::FunctionCalledOnNull::Strict | ast::FunctionCalledOnNull::ReturnsNullOnNullInput => true,
        ast::FunctionCalledOnNull::CalledOnNullInput => false,
    }
}

/// Role names; PUBLIC is everybody, as no name is.
fn roles(owners: &[ast::Owner]) -> Vec<String> {
    owners
        .iter()
        .map(|owner| match owner {
            ast::Owner::Ident(ident) => names::fold(&ident.value, ident.quote_style),
            ast::Owner::CurrentRole => "current_role".to_owned(),
            ast::Owner::CurrentUser => "current_user".to_owned(),
            ast::Owner::SessionUser => "session_user".to_owned(),
        })
        .filter(|role| role != "public")
        .collect()
}

/// Whether a storage option is set to anything but false.
fn option(options: &[ast::SqlOption], name: &str) -> bool {
    options.iter().any(|option| match option {
        ast::SqlOption::KeyValue { key, value } => {
            let value = value.to_string();
            let value = value.trim_matches('\'').to_ascii_lowercase();
            key.value.eq_ignore_ascii_case(name) && !matches!(value.as_str(), "false" | "off" | "no" | "0")
        }
        ast::SqlOption::Ident(key) => key.value.eq_ignore_ascii_case(name),
        ast::SqlOption::Clustered(_)
        | ast::SqlOption::Partition { column_name: _, range_direction: _, for_values: _ }
        | ast::SqlOption::Comment(_)
        | ast::SqlOption::TableSpace(_)
        | ast::SqlOption::NamedParenthesizedList(_) => false,
    })
}
