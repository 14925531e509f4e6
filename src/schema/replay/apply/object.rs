//! Views, functions, triggers, policies, types, sequences, schemas and extensions.

use super::{Object, State, TEMPORARY, shown};
use crate::schema::catalog::{
    Column, Domain, Function, Name, Operator, Policy, RelId, RelationKind, Trigger, View,
};
use crate::schema::change::{
    CreateFunction, CreatePolicy, CreateTrigger, CreateView, FunctionAction, FunctionRef, ObjectKind,
    ObjectRef, PolicyAction, TypeAction, TypeBody, Word,
};
use crate::schema::replay::scope::{Columns, Text};
use crate::schema::resolve;
use crate::schema::types::{BaseType, Type};
use crate::source::Location;
use crate::syntax::{Dialect, ExprHandle, FunctionPath, QueryHandle};

impl State {
    pub(super) fn create_view(&mut self, view: CreateView) {
        let CreateView {
            name: written,
            materialized,
            or_replace,
            if_not_exists,
            temporary,
            columns,
            query,
            security_invoker,
            check_option,
        } = view;
        let mut name = self.new_name(&written);
        if temporary && written.schema.is_none() {
            TEMPORARY.clone_into(&mut name.schema);
        }
        let definition = View {
            query,
            column_names: columns.into_iter().map(|w| w.name).collect(),
            security_invoker,
            check_option,
        };
        let kind = if materialized {
            RelationKind::MaterializedView(definition)
        } else {
            RelationKind::View(definition)
        };
        match self.objects.get(&name).copied() {
            None => {
                let id = self.add_relation(name, kind, &written);
                if temporary {
                    self.temporary.push(id);
                }
                self.columns_of_view(id);
            }
            Some(Object::Relation(id))
                if or_replace && matches!(self.rel(id).kind, RelationKind::View(_)) =>
            {
                self.with(id, |r| {
                    r.kind = kind;
                    r.declared = Some(written.at);
                });
                self.columns_of_view(id);
            }
            Some(_) if if_not_exists => {}
            Some(object) => {
                let message = format!("relation `{name}` already exists");
                self.duplicate(message, written.at, self.declared(object));
            }
        }
    }

    /// What a view's columns are, now that it is made: later changes of its tables do not change them.
    fn columns_of_view(&mut self, id: RelId) {
        let (RelationKind::MaterializedView(view) | RelationKind::View(view)) = &self.rel(id).kind else {
            return;
        };
        let materialized = matches!(self.rel(id).kind, RelationKind::MaterializedView(_));
        let columns = view.query.as_ref().and_then(|query| self.outputs(query));
        let columns = columns.map(|mut columns| {
            for (column, name) in columns.iter_mut().zip(&view.column_names) {
                column.0.clone_from(name);
            }
            columns
        });
        if materialized {
            self.set_columns(id, columns.clone());
        }
        self.views.insert(id, columns);
        self.record_view(id);
    }

    fn outputs(&self, query: &QueryHandle) -> Columns {
        // `(row).*` is not in the tree as it was written.
        if !query.clauses.expanded.is_empty() {
            return None;
        }
        let text = Text { fragment: &query.fragment, positions: &query.positions, span: query.span };
        self.names().outputs(&query.query, &Vec::new(), text)
    }

    /// Columns of a table that a query makes.
    pub(super) fn columns_of_query(&mut self, id: RelId, query: &QueryHandle, names: &[Word]) {
        let columns = self.outputs(query).map(|mut columns| {
            for (column, word) in columns.iter_mut().zip(names) {
                column.0.clone_from(&word.name);
            }
            columns
        });
        self.set_columns(id, columns);
        let tables = self.tables_of(query);
        self.with(id, |r| r.filled_from = tables);
    }

    fn set_columns(&mut self, id: RelId, columns: Columns) {
        let declared = self.rel(id).declared;
        self.with(id, |r| {
            r.incomplete |= columns.is_none();
            r.columns.extend(columns.into_iter().flatten().map(|(name, ty)| Column {
                name,
                ty: ty.unwrap_or_default(),
                collation: None,
                not_null: false,
                default: None,
                generated: None,
                identity: false,
                inherited: false,
                dropped: false,
                declared,
            }));
        });
    }

    // Functions.

    pub(super) fn create_function(&mut self, function: CreateFunction) {
        let CreateFunction {
            name: written,
            or_replace,
            procedure,
            parameters,
            defaults,
            out_columns,
            returns,
            returns_set,
            returns_trigger,
            language,
            body,
            volatility,
            strict,
            security_definer,
            search_path,
            sets_session,
        } = function;
        let name = self.new_name(&written);
        let resolve = |list: Vec<(String, Type)>| -> Vec<(String, Type)> {
            list.into_iter().map(|(n, t)| (n, self.resolve_type(t))).collect()
        };
        let function = Function {
            parameters: resolve(parameters),
            defaults,
            out_columns: resolve(out_columns),
            returns: self.resolve_type(returns),
            name,
            returns_set,
            returns_trigger,
            language,
            body,
            volatility,
            strict,
            security_definer,
            search_path: self.function_path(search_path),
            sets_session,
            disputed: false,
            revoked_from_public: false,
            procedure,
            declared: written.at,
        };
        match self.function_with(&function.name, &function.parameters) {
            Some(twin) if or_replace => {
                if let Some(slot) = self.catalog.functions.get_mut(twin) {
                    // Its privileges stay.
                    let revoked_from_public = slot.revoked_from_public;
                    *slot = Function { revoked_from_public, ..function };
                }
            }
            Some(twin) => {
                let first = self.catalog.functions.get(twin).map(|f| f.declared);
                let message =
                    format!("function `{}` exists already with the same argument types", function.name);
                self.duplicate(message, written.at, first);
            }
            None => self.catalog.functions.push(function),
        }
    }

    /// The function that a declaration is one of again.
    pub(super) fn twin(&mut self, function: &CreateFunction) -> Option<&mut Function> {
        let resolved = |(name, ty): &(String, Type)| (name.clone(), self.resolve_type(ty.clone()));
        let parameters: Vec<(String, Type)> = function.parameters.iter().map(resolved).collect();
        let twin = self.function_with(&self.new_name(&function.name), &parameters)?;
        self.catalog.functions.get_mut(twin)
    }

    fn function_with(&self, name: &Name, parameters: &[(String, Type)]) -> Option<usize> {
        let is_twin =
            |f: &Function| f.name == *name && same_types(f.parameters.iter().map(|p| &p.1), parameters);
        self.catalog.functions.iter().position(is_twin)
    }

    pub(super) fn alter_function(&mut self, function: &FunctionRef, action: FunctionAction) {
        let Some(found) = self.find_function(&function.name, function.arguments.as_deref()) else {
            self.no_function(ObjectKind::Function, &function.name);
            return;
        };
        let path = match &action {
            FunctionAction::Set { search_path, .. } => {
                search_path.clone().map(|path| self.function_path(path))
            }
            FunctionAction::Rename(_) | FunctionAction::SetSchema(_) => None,
        };
        let Some(function) = self.catalog.functions.get_mut(found) else { return };
        match action {
            FunctionAction::Rename(to) => function.name.name = to.name,
            FunctionAction::SetSchema(schema) => function.name.schema = schema,
            FunctionAction::Set { volatility, strict, security_definer, search_path: _, sets_session } => {
                function.sets_session |= sets_session;
                function.volatility = volatility.unwrap_or(function.volatility);
                function.strict = strict.unwrap_or(function.strict);
                function.security_definer = security_definer.unwrap_or(function.security_definer);
                if let Some(path) = path {
                    function.search_path = path;
                }
            }
        }
    }

    fn function_path(&self, path: FunctionPath) -> Option<Vec<String>> {
        match path {
            FunctionPath::Caller => None,
            FunctionPath::Current => Some(self.path.clone()),
            FunctionPath::Schemas(schemas) => Some(schemas),
        }
    }

    fn find_function(&self, name: &ObjectRef, arguments: Option<&[Type]>) -> Option<usize> {
        let fits = |schema: &str| {
            self.catalog.functions.iter().position(|f| {
                f.name.schema == schema
                    && f.name.name == name.name
                    && arguments.is_none_or(|a| {
                        let wanted: Vec<(String, Type)> =
                            a.iter().map(|t| (String::new(), self.resolve_type(t.clone()))).collect();
                        same_types(f.parameters.iter().map(|p| &p.1), &wanted)
                    })
            })
        };
        match &name.schema {
            Some(schema) => fits(schema),
            None => self.path.iter().find_map(|s| fits(s)).or_else(|| fits("public")),
        }
    }

    fn no_function(&mut self, kind: ObjectKind, name: &ObjectRef) {
        // One of an extension, or of a statement that was not understood.
        if crate::schema::functions::lookup(&name.name).is_some() {
            return;
        }
        let message = format!("{} `{}` does not exist when this runs", kind.describe(), shown(name));
        self.unappliable(message, name.at);
    }

    pub(super) fn drop_function(
        &mut self,
        kind: ObjectKind,
        name: &ObjectRef,
        arguments: Option<&[Type]>,
        if_exists: bool,
        cascade: bool,
    ) {
        match self.find_function(name, arguments) {
            Some(found) => {
                let Some(function) = self.catalog.functions.get(found).map(|f| f.name.clone()) else {
                    return;
                };
                let same_name = self.catalog.functions.iter().filter(|f| f.name == function).count();
                if arguments.is_none() && same_name > 1 {
                    let message =
                        format!("there are {same_name} functions `{function}`; name its argument types");
                    self.unappliable(message, name.at);
                    return;
                }
                let caller = self.catalog.triggers.iter().find(|t| t.function == function && same_name == 1);
                if let (Some(trigger), false) = (caller, cascade) {
                    let table = self.rel(trigger.relation).name.clone();
                    let message = format!(
                        "cannot drop function `{function}`: trigger `{}` of `{table}` calls it",
                        trigger.name
                    );
                    self.unappliable(message, name.at);
                    return;
                }
                self.catalog.functions.remove(found);
                self.catalog.triggers.retain(|t| t.function != function || same_name > 1);
            }
            None if if_exists => {}
            None => self.no_function(kind, name),
        }
    }

    // Triggers and policies.

    pub(super) fn create_trigger(&mut self, trigger: CreateTrigger) {
        let CreateTrigger {
            name,
            table,
            or_replace,
            function,
            instead_of,
            before,
            events,
            for_each_row,
            transitions,
        } = trigger;
        let Some(id) = self.relation(&table, false) else { return };
        let function = function.map_or_else(
            || Name { schema: String::new(), name: String::new() },
            |f| match self.find_function(&f, None).and_then(|i| self.catalog.functions.get(i)) {
                Some(found) => found.name.clone(),
                None => self.new_name(&f),
            },
        );
        let trigger = Trigger {
            name: name.name,
            relation: id,
            function,
            instead_of,
            before,
            events,
            for_each_row,
            transitions,
            declared: name.at,
        };
        let twin = self.catalog.triggers.iter().position(|t| t.relation == id && t.name == trigger.name);
        match twin {
            Some(twin) if or_replace => {
                if let Some(slot) = self.catalog.triggers.get_mut(twin) {
                    *slot = trigger;
                }
            }
            Some(twin) => {
                let first = self.catalog.triggers.get(twin).map(|t| t.declared);
                let message = format!("`{}` has a trigger `{}` already", self.rel(id).name, trigger.name);
                self.duplicate(message, name.at, first);
            }
            None => self.catalog.triggers.push(trigger),
        }
    }

    pub(super) fn create_policy(&mut self, policy: CreatePolicy) {
        let CreatePolicy { name, table, permissive, command, roles, using, with_check } = policy;
        let Some(id) = self.relation(&table, false) else { return };
        if let Some(first) = self.policy(id, &name).map(|p| p.declared) {
            let message = format!("`{}` has a policy `{}` already", self.rel(id).name, name.name);
            self.duplicate(message, name.at, Some(first));
            return;
        }
        self.catalog.policies.push(Policy {
            name: name.name,
            relation: id,
            permissive,
            command,
            roles,
            using,
            with_check,
            declared: name.at,
        });
    }

    fn policy(&mut self, id: RelId, name: &Word) -> Option<&mut Policy> {
        self.catalog.policies.iter_mut().find(|p| p.relation == id && p.name == name.name)
    }

    pub(super) fn alter_policy(&mut self, name: &Word, table: &ObjectRef, action: PolicyAction) {
        let Some(id) = self.relation(table, false) else { return };
        let Some(policy) = self.policy(id, name) else {
            let message = format!("`{}` has no policy `{}` when this runs", self.rel(id).name, name.name);
            self.unappliable(message, name.at);
            return;
        };
        match action {
            PolicyAction::Rename(to) => policy.name = to.name,
            PolicyAction::Set { roles, using, with_check } => {
                if let Some(roles) = roles {
                    policy.roles = roles;
                }
                policy.using = using.or(policy.using.take());
                policy.with_check = with_check.or(policy.with_check.take());
            }
        }
    }

    // Types.

    /// The type with names of the catalog found along the session's path.
    pub(super) fn resolve_type(&self, ty: Type) -> Type {
        self.catalog.resolve_type_in(ty, &self.path)
    }

    /// The type of a column; reports one that does not exist, once.
    pub(super) fn known_type(&mut self, ty: Type, foreign: Option<String>, column: &Word) -> Type {
        let ty = self.resolve_type(ty);
        if self.dialect != Dialect::Postgres {
            return ty;
        }
        let missing = match (&foreign, &ty.base) {
            (Some(foreign), _) => Some(foreign.clone()),
            (None, BaseType::Other(name)) => {
                let bare = name.rsplit('.').next().unwrap_or_default();
                let known = resolve::is_known(bare) || self.other_types.contains(bare);
                // An extension that is not known may bring any type.
                (!known && !self.has_unknown_extension()).then(|| name.clone())
            }
            (None, _) => None,
        };
        if let Some(missing) = missing
            && self.missing_types.insert(missing.clone())
        {
            let message =
                format!("type `{missing}` of column `{}` does not exist when this runs", column.name);
            self.unappliable(message, column.at);
        }
        ty
    }

    fn type_exists(&self, key: &str) -> bool {
        self.catalog.enums.contains_key(key)
            || self.catalog.domains.contains_key(key)
            || self.catalog.composites.contains_key(key)
    }

    /// The key of a type in the catalog's maps.
    pub(super) fn type_key(&self, name: &ObjectRef) -> String {
        let schemas: Vec<String> = match &name.schema {
            Some(schema) => vec![schema.clone()],
            None => self.path.iter().cloned().chain(["public".to_owned()]).collect(),
        };
        let keys: Vec<String> =
            schemas.into_iter().map(|schema| Name { schema, name: name.name.clone() }.to_string()).collect();
        keys.iter().find(|k| self.type_exists(k)).or(keys.first()).cloned().unwrap_or_default()
    }

    pub(super) fn create_type(&mut self, name: &ObjectRef, body: TypeBody) {
        let key = self.new_name(name).to_string();
        if self.type_exists(&key) {
            self.unappliable(format!("type `{key}` already exists"), name.at);
            return;
        }
        match body {
            TypeBody::Enum(labels) => {
                self.catalog.enums.insert(key, labels);
            }
            TypeBody::Composite(fields) => {
                let fields = fields.into_iter().map(|(n, t)| (n, self.resolve_type(t))).collect();
                self.catalog.composites.insert(key, fields);
            }
            // Known by name; nothing asks what they are made of.
            TypeBody::Range(_) | TypeBody::Base => {
                let bare = &name.name;
                let multirange = if bare.contains("range") {
                    bare.replacen("range", "multirange", 1)
                } else {
                    format!("{bare}_multirange")
                };
                self.other_types.extend([bare.clone(), multirange]);
            }
        }
    }

    pub(super) fn create_domain(&mut self, name: &ObjectRef, domain: Domain) {
        let key = self.new_name(name).to_string();
        if self.type_exists(&key) {
            self.unappliable(format!("type `{key}` already exists"), name.at);
            return;
        }
        let base = self.resolve_type(domain.base);
        self.catalog.domains.insert(key, Domain { base, ..domain });
    }

    pub(super) fn alter_domain(
        &mut self,
        name: &ObjectRef,
        default: Option<ExprHandle>,
        check: Option<ExprHandle>,
    ) {
        let key = self.type_key(name);
        if let Some(domain) = self.catalog.domains.get_mut(&key) {
            domain.default = default.or_else(|| domain.default.take());
            domain.checks.extend(check);
        }
    }

    pub(super) fn create_operator(
        &mut self,
        schema: Option<String>,
        symbol: String,
        operands: (Option<Type>, Option<Type>),
        function: &ObjectRef,
    ) {
        let function = self.called_function(function);
        let schema = schema.or_else(|| self.path.first().cloned()).unwrap_or_else(|| "public".to_owned());
        let (left, right) =
            (operands.0.map(|t| self.resolve_type(t)), operands.1.map(|t| self.resolve_type(t)));
        let name = Name { schema, name: symbol };
        self.catalog.operators.push(Operator { name, left, right, function });
    }

    /// The name of a function that an object calls, as it is found now.
    pub(super) fn called_function(&self, written: &ObjectRef) -> Name {
        let found = self.find_function(written, None).and_then(|at| self.catalog.functions.get(at));
        found.map_or_else(|| self.new_name(written), |function| function.name.clone())
    }

    pub(super) fn alter_type(&mut self, name: &ObjectRef, action: TypeAction) {
        let key = self.type_key(name);
        let known = self.type_exists(&key);
        let at = name.at;
        let mut refused = None;
        match action {
            TypeAction::AddValue { value, if_not_exists, beside } => {
                if let Some(labels) = self.catalog.enums.get_mut(&key) {
                    let place = match &beside {
                        Some((before, label)) => {
                            labels.iter().position(|l| l == label).map(|i| if *before { i } else { i + 1 })
                        }
                        None => Some(labels.len()),
                    };
                    match place {
                        _ if labels.contains(&value) => {
                            if !if_not_exists {
                                refused = Some(format!("enum `{key}` has a label `{value}` already"));
                            }
                        }
                        Some(place) => labels.insert(place, value),
                        None => {
                            refused = Some(format!("enum `{key}` has no such label to put `{value}` beside"))
                        }
                    }
                }
            }
            TypeAction::RenameValue { from, to } => {
                if let Some(labels) = self.catalog.enums.get_mut(&key) {
                    match labels.iter_mut().find(|l| **l == from) {
                        Some(label) => *label = to,
                        None => refused = Some(format!("enum `{key}` has no label `{from}`")),
                    }
                }
            }
            TypeAction::AddAttribute(field, ty) => {
                let ty = self.resolve_type(ty);
                if let Some(fields) = self.catalog.composites.get_mut(&key) {
                    fields.push((field, ty));
                }
            }
            TypeAction::DropAttribute(field) => {
                if let Some(fields) = self.catalog.composites.get_mut(&key) {
                    fields.retain(|(n, _)| *n != field);
                }
            }
            TypeAction::SetAttributeType(field, ty) => {
                let ty = self.resolve_type(ty);
                if let Some(fields) = self.catalog.composites.get_mut(&key) {
                    for (_, old) in fields.iter_mut().filter(|(n, _)| *n == field) {
                        old.clone_from(&ty);
                    }
                }
            }
            TypeAction::RenameAttribute(field, to) => {
                if let Some(fields) = self.catalog.composites.get_mut(&key) {
                    for (name, _) in fields.iter_mut().filter(|(n, _)| *n == field) {
                        name.clone_from(&to);
                    }
                }
            }
        }
        if !known {
            refused = Some(format!("type `{key}` does not exist when this runs"));
        }
        if let Some(message) = refused {
            self.unappliable(message, at);
        }
    }

    /// Whether there was such a type; what uses it goes with it, or keeps it.
    pub(super) fn drop_type(&mut self, name: &ObjectRef, cascade: bool) -> bool {
        let key = self.type_key(name);
        if !self.type_exists(&key) {
            return false;
        }
        let uses = |ty: &Type| match &ty.base {
            BaseType::Enum(name) | BaseType::Domain(name) | BaseType::Composite(name) => *name == key,
            _ => false,
        };
        let columns: Vec<(RelId, u32)> = self
            .catalog
            .live_relations()
            .flat_map(|(id, r)| {
                let used = r.columns.iter().enumerate().filter(|(_, c)| !c.dropped && uses(&c.ty));
                used.map(move |(ix, _)| (id, ix as u32))
            })
            .collect();
        let function =
            self.catalog.functions.iter().find(|f| {
                uses(&f.returns) || f.parameters.iter().chain(&f.out_columns).any(|(_, ty)| uses(ty))
            });
        let user = match columns.first() {
            Some((id, ix)) => {
                let relation = self.rel(*id);
                Some(format!("column `{}` of `{}`", relation.column(*ix).name, relation.name))
            }
            None => function.map(|f| format!("function `{}`", f.name)),
        };
        if let (Some(user), false) = (user, cascade) {
            self.unappliable(format!("cannot drop type `{key}`: {user} is of it"), name.at);
            return true;
        }
        for (id, ix) in columns {
            let column = self.rel(id).column(ix).name.clone();
            self.remove_column(id, ix, &column);
        }
        self.catalog.functions.retain(|f| {
            !uses(&f.returns) && !f.parameters.iter().chain(&f.out_columns).any(|(_, ty)| uses(ty))
        });
        let enums = self.catalog.enums.remove(&key).is_some();
        let domains = self.catalog.domains.remove(&key).is_some();
        let composites = self.catalog.composites.remove(&key).is_some();
        enums || domains || composites
    }

    pub(super) fn rename_type(&mut self, name: &ObjectRef, to: &Word) {
        let old = self.type_key(name);
        let new = match old.rsplit_once('.') {
            Some((schema, _)) => format!("{schema}.{}", to.name),
            None => to.name.clone(),
        };
        self.rekey_type(name.at, &old, new);
    }

    pub(super) fn move_type(&mut self, name: &ObjectRef, schema: &str) {
        let old = self.type_key(name);
        let new = Name { schema: schema.to_owned(), name: name.name.clone() }.to_string();
        self.rekey_type(name.at, &old, new);
    }

    /// Gives a type another name, in its own entry and in everything that has it.
    fn rekey_type(&mut self, at: Location, old: &str, new: String) {
        if let Some(labels) = self.catalog.enums.remove(old) {
            self.catalog.enums.insert(new.clone(), labels);
        } else if let Some(domain) = self.catalog.domains.remove(old) {
            self.catalog.domains.insert(new.clone(), domain);
        } else if let Some(fields) = self.catalog.composites.remove(old) {
            self.catalog.composites.insert(new.clone(), fields);
        } else {
            self.unappliable(format!("type `{old}` does not exist when this runs"), at);
            return;
        }
        let rename = |ty: &mut Type| match &mut ty.base {
            BaseType::Enum(name) | BaseType::Domain(name) | BaseType::Composite(name) if name == old => {
                name.clone_from(&new);
            }
            _ => {}
        };
        let columns = self.catalog.relations.iter_mut().flat_map(|r| r.columns.iter_mut().map(|c| &mut c.ty));
        columns.for_each(rename);
        for function in &mut self.catalog.functions {
            rename(&mut function.returns);
            let lists = function.parameters.iter_mut().chain(&mut function.out_columns);
            lists.for_each(|(_, ty)| rename(ty));
        }
        self.catalog.domains.values_mut().for_each(|d| rename(&mut d.base));
        self.catalog.composites.values_mut().flatten().for_each(|(_, ty)| rename(ty));
    }

    // Sequences, schemas, extensions.

    pub(super) fn create_sequence(&mut self, written: &ObjectRef, if_not_exists: bool) {
        let name = self.new_name(written);
        if let Some(&object) = self.objects.get(&name) {
            if !if_not_exists {
                let message = format!("relation `{name}` already exists");
                self.duplicate(message, written.at, self.declared(object));
            }
            return;
        }
        self.catalog.sequences.push(name.clone());
        self.take_name(name, Object::Sequence);
    }

    pub(super) fn create_schema(&mut self, name: &Word, if_not_exists: bool) {
        if self.catalog.schemas.contains(&name.name) {
            if !if_not_exists {
                self.unappliable(format!("schema `{}` already exists", name.name), name.at);
            }
        } else {
            self.catalog.schemas.push(name.name.clone());
        }
    }

    pub(super) fn create_extension(&mut self, name: &Word, if_not_exists: bool) {
        if self.catalog.extensions.contains(&name.name) {
            if !if_not_exists {
                self.unappliable(format!("extension `{}` already exists", name.name), name.at);
            }
        } else {
            self.catalog.extensions.push(name.name.clone());
        }
    }
}

/// Whether two lists of parameters have the same types; modifiers do not tell functions apart.
fn same_types<'a>(ours: impl ExactSizeIterator<Item = &'a Type>, theirs: &[(String, Type)]) -> bool {
    ours.len() == theirs.len() && ours.zip(theirs).all(|(a, (_, b))| a.base == b.base && a.array == b.array)
}
