//! sqlparser's statements to [`Change`]s. The only part of `schema` that reads its tree, together with
//! `replay::expr`; every node is taken apart field by field, so that a new field breaks the build.

mod alter;
mod block;
mod clause;
mod command;
mod data_types;
mod deed;
mod index;
mod object;
mod table;

use std::sync::Arc;

pub use data_types::data_type;
pub(super) use deed::{deed, default_timeout};
pub(super) use index::label;

use crate::schema::change::{Certainty, Change, ObjectRef, Scope, Step, TableAction, Word};
use crate::schema::names;
use crate::schema::types::{self, Type};
use crate::source::{Fragment, Location, Span};
use crate::syntax::{Body, Dialect, ExprHandle, QueryHandle, Statement, ast};

/// The steps that one statement takes, in the order in which PostgreSQL takes them.
pub(super) fn lower(dialect: Dialect, fragment: &Arc<Fragment>, statement: &Statement) -> Vec<Change> {
    let mut lower = Lower { dialect, fragment, statement, steps: Vec::new(), inner: Vec::new() };
    match &statement.body {
        Body::Parsed(tree) => lower.statement(tree),
        Body::Command(command) => lower.command(command),
        Body::Recognised => lower.recognised(),
        // What it does is written nowhere.
        Body::Spliced => {}
        Body::Unparsed { message: _, at: _ } => lower.unparsed(),
    }
    let at = fragment.locate(statement.span);
    let change = |(step, certainty)| Change { step, statement: at, certainty };
    let steps = lower.steps.into_iter().map(|step| (step, Certainty::Certain));
    steps.chain(lower.inner).map(change).collect()
}

/// What lowering one statement needs and gathers.
struct Lower<'a> {
    dialect: Dialect,
    fragment: &'a Arc<Fragment>,
    statement: &'a Statement,
    steps: Vec<Step>,
    /// Steps of statements inside a DO block.
    inner: Vec<(Step, Certainty)>,
}

impl Lower<'_> {
    fn statement(&mut self, tree: &ast::Statement) {
        use ast::Statement as S;
        match tree {
            S::CreateTable(create) => self.create_table(create),
            S::AlterTable(alter) => self.alter_table(alter),
            S::CreateIndex(create) => self.create_index(create),
            S::CreateView(create) => self.create_view(create),
            S::AlterView { name, columns, query, with_options: _ } => self.alter_view(name, columns, query),
            S::CreateFunction(create) => self.create_function(create),
            S::AlterFunction(alter) => self.alter_function(alter),
            S::CreateTrigger(create) => self.create_trigger(create),
            S::CreatePolicy(create) => self.create_policy(create),
            S::AlterPolicy(alter) => self.alter_policy(alter),
            S::CreateType { name, representation } => self.create_type(name, representation.as_ref()),
            S::AlterType(alter) => self.alter_type(alter),
            S::CreateDomain(create) => self.create_domain(create),
            S::CreateExtension(create) => self.create_extension(create),
            S::AlterIndex { name, operation } => self.alter_index(name, operation),
            S::AlterSchema(alter) => self.alter_schema(alter),
            // Type and options of a sequence decide nothing; its owner is dropped with it, which nobody reads.
            S::CreateSequence {
                temporary: _,
                if_not_exists,
                name,
                data_type: _,
                sequence_options: _,
                owned_by: _,
            } => {
                if let Some(name) = self.object(name) {
                    self.steps.push(Step::CreateSequence { name, if_not_exists: *if_not_exists });
                }
            }
            // Storage options of other databases and the default collation decide nothing here.
            S::CreateSchema {
                schema_name,
                or_replace: _,
                if_not_exists,
                with: _,
                options: _,
                default_collate_spec: _,
                clone: _,
            } => self.create_schema(schema_name, *if_not_exists),
            S::Drop {
                object_type,
                if_exists,
                names,
                cascade,
                restrict: _,
                purge: _,
                temporary: _,
                table,
            } => {
                self.drop_objects(*object_type, *if_exists, names, *cascade, table.as_ref());
            }
            S::DropFunction(drop) => self.drop_function(drop),
            S::DropProcedure { if_exists, proc_desc, drop_behavior } => {
                self.drop_routines(
                    crate::schema::change::ObjectKind::Procedure,
                    *if_exists,
                    proc_desc,
                    drop_behavior.as_ref(),
                );
            }
            S::DropDomain(drop) => self.drop_domain(drop),
            S::DropTrigger(drop) => self.drop_trigger(drop),
            S::DropPolicy(drop) => self.drop_policy(drop),
            S::DropExtension(drop) => self.drop_extension(drop),
            S::RenameTable(renames) => self.rename_tables(renames),
            S::Set(set) => self.set(set),
            S::Reset(reset) => self.reset(reset),
            S::AlterRole { name: _, operation } => self.alter_role(operation),
            S::Query(query) => self.query_statement(query),
            // PostgreSQL's procedures come as `Body::Command`; this form is SQL Server's.
            S::CreateProcedure { or_alter: _, name: _, params: _, language: _, body: _ } => {}
            // No effect on the catalog: queries and data, sessions and transactions, rights, maintenance, and objects
            // that no analysis reads.
            S::Analyze(_)
            | S::Truncate(_)
            | S::Msck(_)
            | S::Insert(_)
            | S::Install { .. }
            | S::Load { .. }
            | S::Directory { .. }
            | S::Case(_)
            | S::If(_)
            | S::While(_)
            | S::Raise(_)
            | S::Call(_)
            | S::Copy { .. }
            | S::CopyIntoSnowflake { .. }
            | S::Open(_)
            | S::Close { .. }
            | S::Update(_)
            | S::Delete(_)
            | S::CreateVirtualTable { .. }
            | S::CreateRole(_)
            | S::CreateSecret { .. }
            | S::CreateServer(_)
            | S::CreateConnector(_)
            | S::CreateOperator(_)
            | S::CreateOperatorFamily(_)
            | S::CreateOperatorClass(_)
            | S::CreateTextSearch(_)
            | S::AlterCollation(_)
            | S::AlterOperator(_)
            | S::AlterOperatorFamily(_)
            | S::AlterOperatorClass(_)
            | S::AlterTextSearch(_)
            | S::AlterConnector { .. }
            | S::AlterSession { .. }
            | S::AttachDatabase { .. }
            | S::AttachDuckDBDatabase { .. }
            | S::DetachDuckDBDatabase { .. }
            | S::DropSecret { .. }
            | S::DropConnector { .. }
            | S::Declare { .. }
            | S::CreateCollation(_)
            | S::DropOperator(_)
            | S::DropOperatorFamily(_)
            | S::DropOperatorClass(_)
            | S::Fetch { .. }
            | S::Flush { .. }
            | S::Discard { .. }
            | S::ShowFunctions { .. }
            | S::ShowVariable { .. }
            | S::ShowStatus { .. }
            | S::ShowVariables { .. }
            | S::ShowCreate { .. }
            | S::ShowColumns { .. }
            | S::ShowCatalogs { .. }
            | S::ShowDatabases { .. }
            | S::ShowProcessList { .. }
            | S::ShowSchemas { .. }
            | S::ShowCharset(_)
            | S::ShowObjects(_)
            | S::ShowTables { .. }
            | S::ShowViews { .. }
            | S::ShowCollation { .. }
            | S::Use(_)
            | S::StartTransaction { .. }
            | S::Comment { .. }
            | S::Commit { .. }
            | S::Rollback { .. }
            | S::CreateDatabase { .. }
            | S::CreateMacro { .. }
            | S::CreateStage { .. }
            | S::CreateFileFormat { .. }
            | S::CreateWarehouse(_)
            | S::Assert { .. }
            | S::Grant(_)
            | S::Deny(_)
            | S::Revoke(_)
            | S::Deallocate { .. }
            | S::Execute { .. }
            | S::Prepare { .. }
            | S::Kill { .. }
            | S::ExplainTable { .. }
            | S::Explain { .. }
            | S::Savepoint { .. }
            | S::ReleaseSavepoint { .. }
            | S::Merge(_)
            | S::Cache { .. }
            | S::UNCache { .. }
            | S::Pragma { .. }
            | S::Lock(_)
            | S::LockTables { .. }
            | S::UnlockTables
            | S::Unload { .. }
            | S::OptimizeTable { .. }
            | S::LISTEN { .. }
            | S::UNLISTEN { .. }
            | S::NOTIFY { .. }
            | S::LoadData { .. }
            | S::List(_)
            | S::Put { .. }
            | S::Remove(_)
            | S::RaisError { .. }
            | S::Throw(_)
            | S::Print(_)
            | S::WaitFor(_)
            | S::Return(_)
            | S::ExportData(_)
            | S::CreateUser(_)
            | S::AlterUser(_)
            | S::Vacuum(_) => {}
        }
    }

    /// RESET, and ALTER TABLE of which nothing is left, which nothing else reads.
    fn recognised(&mut self) {
        let text = self.fragment.text.get(self.statement.span.range()).unwrap_or_default();
        if !self.statement.clauses.removed.is_empty() {
            if let Some((false, table)) = self.table_of_head() {
                self.altered_constraints(&table);
            }
            return;
        }
        if self.statement.head.starts_with("ALTER") {
            self.setting_of_database(text);
            return;
        }
        let mut words = Words { text, at: 0 };
        let all = match words.next_word().as_deref() {
            Some("reset") => matches!(words.next_word().as_deref(), Some("search_path" | "all")),
            Some("discard") => words.next_word().as_deref() == Some("all"),
            _ => false,
        };
        if all {
            self.steps.push(Step::SetSearchPath { path: None, scope: Scope::Session });
        }
    }

    /// `ALTER DATABASE name SET search_path = a, b`, ALTER ROLE likewise.
    fn setting_of_database(&mut self, text: &str) {
        let mut words = Words { text, at: 0 };
        words.next_word();
        if !matches!(words.next_word().as_deref(), Some("database" | "role" | "user")) {
            return;
        }
        let lower = text.to_ascii_lowercase();
        let Some(at) = lower.find("search_path") else { return };
        let sets = lower.get(..at).is_some_and(|before| before.trim_end().ends_with("set"));
        let value = text.get(at + "search_path".len()..).unwrap_or_default().trim_start();
        let value = value.strip_prefix('=').or_else(|| {
            value
                .get(..3)
                .and_then(|to| to.eq_ignore_ascii_case("to ").then(|| value.get(3..).unwrap_or_default()))
        });
        if let (true, Some(value)) = (sets, value) {
            let value = value.replace('\'', "");
            let path = (!value.trim().eq_ignore_ascii_case("default")).then(|| split_path(&value));
            self.steps.push(Step::SetSearchPath { path, scope: Scope::Database });
        }
    }

    /// A table whose CREATE or ALTER was not understood is known to exist, and to be known in part only.
    fn unparsed(&mut self) {
        if let Some((creates, table)) = self.table_of_head() {
            self.steps.push(Step::Obscure { table, creates });
        }
    }

    /// `ALTER CONSTRAINT name [NOT] DEFERRABLE [NOT] ENFORCED`, which the parser does not know.
    fn altered_constraints(&mut self, table: &ObjectRef) {
        for (span, what) in &self.statement.clauses.removed {
            if *what != "ALTER CONSTRAINT" {
                continue;
            }
            let text = self.fragment.text.get(span.range()).unwrap_or_default();
            let mut words = Words { text, at: 0 };
            words.next_word();
            words.next_word();
            let Some((name, at)) = words.next_name() else { continue };
            let at = self.fragment.locate(Span::new(span.start + at.start, span.start + at.end));
            let (mut deferrable, mut enforced, mut not) = (None, None, false);
            while let Some(word) = words.next_word() {
                match word.as_str() {
                    "deferrable" => deferrable = Some(!not),
                    "enforced" => enforced = Some(!not),
                    _ => {}
                }
                not = word == "not";
            }
            let name = Word { name, quoted: false, at };
            self.steps.push(Step::AlterTable {
                table: table.clone(),
                if_exists: false,
                only: false,
                action: Box::new(TableAction::AlterConstraint { name, deferrable, enforced }),
            });
        }
    }

    /// The table that an ALTER or CREATE TABLE begins with, and whether it creates it.
    fn table_of_head(&self) -> Option<(bool, ObjectRef)> {
        let text = self.fragment.text.get(self.statement.span.range()).unwrap_or_default();
        let mut words = Words { text, at: 0 };
        let creates = match words.next_word().as_deref() {
            Some("create") => true,
            Some("alter") => false,
            _ => return None,
        };
        loop {
            match words.next_word().as_deref() {
                Some("table") => break,
                Some("temp" | "temporary" | "unlogged" | "foreign" | "global" | "local") => {}
                _ => return None,
            }
        }
        let start = loop {
            let before = words.at;
            match words.next_word().as_deref() {
                Some("if" | "not" | "exists" | "only") => {}
                Some(_) => break before,
                None => return None,
            }
        };
        let table = Words { text, at: start }.next_object(self.fragment, self.statement.span.start)?;
        Some((creates, table))
    }

    /// Types of the argument list that follows a function's name in the text; `None` where there is no list.
    fn arguments_behind(&self, name: &ObjectRef) -> Option<Vec<Type>> {
        let whole = self.whole();
        let text = self.fragment.text.get(self.statement.span.range())?;
        // Places are of the file, and the list follows the name at once, so the name's end is found from the left.
        let into = (name.at.span.end.checked_sub(whole.span.start)?) as usize;
        let behind = text.get(into..)?.trim_start().strip_prefix('(')?;
        let mut depth = 0u32;
        let end = behind.find(|c| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            false
        })?;
        let list = behind.get(..end)?;
        let mut types = Vec::new();
        let mut depth = 0u32;
        for argument in list.split(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        }) {
            types.extend(argument_type(argument));
        }
        Some(types)
    }

    // Places and names.

    fn place(&self, span: sqlparser::tokenizer::Span) -> Location {
        match self.span(span) {
            Some(span) => self.fragment.locate(span),
            None => self.whole(),
        }
    }

    /// The statement's own place, where nothing smaller is known.
    fn whole(&self) -> Location {
        self.fragment.locate(self.statement.span)
    }

    fn span(&self, span: sqlparser::tokenizer::Span) -> Option<Span> {
        Some(self.statement.positions.span(span)).filter(|span| !span.is_empty())
    }

    fn word(&self, ident: &ast::Ident) -> Word {
        let ast::Ident { value, quote_style, span } = ident;
        Word { name: names::fold(value, *quote_style), quoted: quote_style.is_some(), at: self.place(*span) }
    }

    fn words(&self, idents: &[ast::Ident]) -> Vec<Word> {
        idents.iter().map(|i| self.word(i)).collect()
    }

    /// The schema and name of an object; a database name before them says nothing.
    fn object(&self, name: &ast::ObjectName) -> Option<ObjectRef> {
        let ast::ObjectName(parts) = name;
        let mut idents = parts.iter().rev().map(|part| match part {
            ast::ObjectNamePart::Identifier(ident) => ident,
            ast::ObjectNamePart::Function(ast::ObjectNamePartFunction { name, args: _ }) => name,
        });
        let last = self.word(idents.next()?);
        let schema = idents.next().map(|i| names::fold(&i.value, i.quote_style));
        Some(ObjectRef { schema, name: last.name, at: last.at })
    }

    fn objects(&self, names: &[ast::ObjectName]) -> Vec<ObjectRef> {
        names.iter().filter_map(|n| self.object(n)).collect()
    }

    /// The last part of a name that is not looked up by schema (a collation, an operator class).
    fn bare(&self, name: &ast::ObjectName) -> Option<String> {
        self.object(name).map(|o| o.name)
    }

    fn expr(&self, expr: &ast::Expr) -> ExprHandle {
        use ast::Spanned as _;
        ExprHandle {
            expr: Arc::new(expr.clone()),
            fragment: Arc::clone(self.fragment),
            positions: Arc::clone(&self.statement.positions),
            span: self.span(expr.span()).unwrap_or(self.statement.span),
        }
    }

    fn query(&self, query: &ast::Query) -> QueryHandle {
        QueryHandle {
            query: Arc::new(query.clone()),
            fragment: Arc::clone(self.fragment),
            positions: Arc::clone(&self.statement.positions),
            clauses: Arc::new(self.statement.clauses.clone()),
            span: self.statement.span,
        }
    }

    // search_path.

    fn set(&mut self, set: &ast::Set) {
        match set {
            // SET LOCAL ends with the transaction, which a migration's file is; so it holds like SET.
            ast::Set::SingleAssignment { scope: _, hivevar: _, variable, values } => {
                if self.bare(variable).as_deref() == Some("search_path") {
                    self.set_path(values, Scope::Session);
                }
            }
            ast::Set::ParenthesizedAssignments { variables: _, values: _ }
            | ast::Set::MultipleAssignments { assignments: _ }
            | ast::Set::SetSessionAuthorization(_)
            | ast::Set::SetSessionParam(_)
            | ast::Set::SetRole { context_modifier: _, role_name: _ }
            | ast::Set::SetTimeZone { local: _, value: _ }
            | ast::Set::SetNames { charset_name: _, collation_name: _ }
            | ast::Set::SetNamesDefault {}
            | ast::Set::SetTransaction { modes: _, snapshot: _, session: _ } => {}
        }
    }

    fn reset(&mut self, reset: &ast::ResetStatement) {
        let ast::ResetStatement { reset } = reset;
        let resets_path = match reset {
            ast::Reset::ALL => true,
            ast::Reset::SessionAuthorization => false,
            ast::Reset::ConfigurationParameter(name) => self.bare(name).as_deref() == Some("search_path"),
        };
        if resets_path {
            self.steps.push(Step::SetSearchPath { path: None, scope: Scope::Session });
        }
    }

    fn alter_role(&mut self, operation: &ast::AlterRoleOperation) {
        match operation {
            ast::AlterRoleOperation::Set { config_name, config_value, in_database: _ } => {
                if self.bare(config_name).as_deref() != Some("search_path") {
                    return;
                }
                match config_value {
                    ast::SetConfigValue::Value(value) => {
                        self.set_path(std::slice::from_ref(value), Scope::Database);
                    }
                    ast::SetConfigValue::Default | ast::SetConfigValue::FromCurrent => {
                        self.steps.push(Step::SetSearchPath { path: None, scope: Scope::Database });
                    }
                }
            }
            ast::AlterRoleOperation::RenameRole { role_name: _ }
            | ast::AlterRoleOperation::AddMember { member_name: _ }
            | ast::AlterRoleOperation::DropMember { member_name: _ }
            | ast::AlterRoleOperation::WithOptions { options: _ }
            | ast::AlterRoleOperation::Reset { config_name: _, in_database: _ } => {}
        }
    }

    fn set_path(&mut self, values: &[ast::Expr], scope: Scope) {
        self.steps.push(Step::SetSearchPath { path: path_of(values), scope });
    }

    /// `SELECT pg_catalog.set_config('search_path', '', false)`, which dumps begin with.
    fn query_statement(&mut self, query: &ast::Query) {
        if let ast::SetExpr::Select(select) = query.body.as_ref()
            && let Some(into) = &select.into
        {
            self.select_into(into, query);
        }
        let text = self.fragment.text.get(self.statement.span.range()).unwrap_or_default();
        if !text.contains("set_config") {
            return;
        }
        let ast::SetExpr::Select(select) = query.body.as_ref() else { return };
        for item in &select.projection {
            let (ast::SelectItem::UnnamedExpr(ast::Expr::Function(call))
            | ast::SelectItem::ExprWithAlias { expr: ast::Expr::Function(call), alias: _ }) = item
            else {
                continue;
            };
            let ast::FunctionArguments::List(list) = &call.args else { continue };
            let strings: Vec<&str> = list
                .args
                .iter()
                .map_while(|arg| match arg {
                    ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => super::literal::string(e),
                    _other => None,
                })
                .collect();
            if let ([setting, value, ..], Some("set_config")) =
                (strings.as_slice(), self.bare(&call.name).as_deref())
                && setting.eq_ignore_ascii_case("search_path")
            {
                let path = Some(split_path(value));
                self.steps.push(Step::SetSearchPath { path, scope: Scope::Session });
            }
        }
    }
}

/// The type of `[mode] [name] type`; `None` for an OUT argument and for nothing.
fn argument_type(text: &str) -> Option<Type> {
    let mut rest = text.trim();
    let mode = rest.split_whitespace().next()?.to_ascii_lowercase();
    if mode == "out" {
        return None;
    }
    if matches!(mode.as_str(), "in" | "inout" | "variadic") {
        rest = rest.get(mode.len()..)?.trim_start();
    }
    let ty = types::parse(rest);
    match rest.split_once(char::is_whitespace) {
        // What is no type by itself begins with the argument's name.
        Some((_, without_name)) if ty.is_custom() => Some(types::parse(without_name)),
        _ => Some(ty),
    }
}

/// The schemas of a search path written as one string.
/// The schemas of a search_path in order; nothing for DEFAULT.
fn path_of(values: &[ast::Expr]) -> Option<Vec<String>> {
    let mut path = Vec::new();
    for value in values {
        match value {
            ast::Expr::Identifier(ident) => path.push(names::fold(&ident.value, ident.quote_style)),
            other => {
                if let Some(text) = super::literal::string(other) {
                    // One string is one name in SET, but a list in set_config; nobody has a comma in a name.
                    path.extend(split_path(text));
                }
            }
        }
    }
    (path != ["default"]).then_some(path)
}

fn split_path(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|p| !p.is_empty() && *p != "\"\"")
        .map(|p| match p.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
            Some(quoted) => names::fold(quoted, Some('"')),
            None => names::fold(p, None),
        })
        .collect()
}

/// The first words of a statement that the parser rejected.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Words<'_> {
    fn skip_blank(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = rest.trim_start();
            if rest.starts_with("--") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    /// The next identifier, lower case.
    fn next_word(&mut self) -> Option<String> {
        self.next_name().map(|(name, _)| name.to_ascii_lowercase())
    }

    /// The next identifier, folded, and its bytes.
    fn next_name(&mut self) -> Option<(String, Span)> {
        self.skip_blank();
        let rest = self.text.get(self.at..)?;
        let (len, name) = match rest.chars().next()? {
            quote @ ('"' | '`') => {
                let inside = rest.get(1..)?;
                let end = inside.find(quote)?;
                (end + 2, names::fold(inside.get(..end)?, Some(quote)))
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
                    .unwrap_or(rest.len());
                (end, names::fold(rest.get(..end)?, None))
            }
            _ => return None,
        };
        let span = Span::new(self.at as u32, (self.at + len) as u32);
        self.at += len;
        Some((name, span))
    }

    fn skip_dot(&mut self) -> bool {
        self.skip_blank();
        let dot = self.text.get(self.at..).is_some_and(|rest| rest.starts_with('.'));
        self.at += usize::from(dot);
        dot
    }
}
