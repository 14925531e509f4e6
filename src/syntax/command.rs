//! Statements that change the schema and that sqlparser does not know, as typed commands. What is read is all that an
//! analysis can use; what a statement of a known head says beyond that is nothing.

use sqlparser::ast::{Ident, ObjectName};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::cursor::{Cursor, Tokens, matching};
use super::prepare::option_is_off;
use super::privilege::{self, Securable};
use crate::source::Span;

/// A kind of object that a command names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A table, partitioned or foreign tables included.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A type.
    Type,
    /// A domain.
    Domain,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// A schema.
    Schema,
    /// A trigger of a table.
    Trigger,
    /// A rewrite rule of a table.
    Rule,
}

/// A statement that the parser does not know.
#[derive(Clone, Debug)]
pub enum Command {
    /// `ALTER TABLE parent ATTACH PARTITION partition ...`.
    AttachPartition {
        /// The partitioned table.
        parent: ObjectName,
        /// The table that becomes its partition.
        partition: ObjectName,
        /// The bytes of `FOR VALUES ...` or `DEFAULT`.
        bounds: Span,
    },
    /// `ALTER TABLE parent DETACH PARTITION partition`.
    DetachPartition {
        /// The partitioned table.
        parent: ObjectName,
        /// The table that no longer is its partition.
        partition: ObjectName,
    },
    /// `ALTER INDEX parent ATTACH PARTITION partition`.
    AttachIndex {
        /// The index of the partitioned table.
        parent: ObjectName,
        /// The index of the partition.
        partition: ObjectName,
    },
    /// `ALTER TABLE table [NO] INHERIT parent`.
    Inherit {
        /// The child.
        table: ObjectName,
        /// The parent.
        parent: ObjectName,
        /// NO INHERIT.
        ends: bool,
    },
    /// `ALTER TABLE table {ENABLE | DISABLE} TRIGGER ALL`.
    SwitchTriggers {
        /// The table.
        table: ObjectName,
        /// Whether they fire afterwards.
        on: bool,
    },
    /// `ALTER kind name SET SCHEMA schema`.
    SetSchema {
        /// Kind of the object.
        kind: ObjectKind,
        /// Its name.
        name: ObjectName,
        /// IF EXISTS.
        if_exists: bool,
        /// The new schema.
        schema: Ident,
    },
    /// `ALTER kind name RENAME TO name`.
    Rename {
        /// Kind of the object.
        kind: ObjectKind,
        /// Its name.
        name: ObjectName,
        /// IF EXISTS.
        if_exists: bool,
        /// Its table, for a trigger or rule.
        table: Option<ObjectName>,
        /// The new name.
        to: Ident,
    },
    /// `ALTER VIEW name RENAME COLUMN column TO name`, also of a materialized view.
    RenameColumn {
        /// Kind of the relation.
        kind: ObjectKind,
        /// The relation.
        relation: ObjectName,
        /// The column.
        column: Ident,
        /// Its new name.
        to: Ident,
    },
    /// `ALTER VIEW name SET (options)`.
    SetViewOptions {
        /// The view.
        name: ObjectName,
        /// `security_invoker`, where it is set or reset.
        security_invoker: Option<bool>,
    },
    /// `REFRESH MATERIALIZED VIEW name`.
    RefreshMaterializedView {
        /// The view.
        name: ObjectName,
        /// CONCURRENTLY.
        concurrently: bool,
    },
    /// `DO $$ ... $$`.
    Do {
        /// LANGUAGE, `plpgsql` unless said.
        language: String,
        /// The literal that holds the code, quotes included; see `literal_fragment`.
        body: Span,
    },
    /// `CREATE SEQUENCE`.
    CreateSequence {
        /// Its name.
        name: ObjectName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// `CREATE RULE name AS ON event TO table DO ...`.
    CreateRule {
        /// Its name.
        name: Ident,
        /// The table or view.
        table: ObjectName,
        /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`.
        event: String,
        /// INSTEAD.
        instead: bool,
    },
    /// A procedure, function, trigger or event of MySQL, a trigger of SQLite.
    CreateProgram {
        /// Its name.
        name: ObjectName,
        /// Its parameters, each with the bytes of its type.
        parameters: Vec<(Ident, Span)>,
        /// What fires it, for a trigger.
        fires: Option<Fires>,
        /// PROCEDURE.
        procedure: bool,
        /// The bytes of its body.
        body: Span,
    },
    /// `CREATE OPERATOR symbol (FUNCTION = name, LEFTARG = type, RIGHTARG = type, ...)`.
    CreateOperator {
        /// Its schema, where one is written.
        schema: Option<Ident>,
        /// Its symbol.
        symbol: String,
        /// The function that it calls.
        function: ObjectName,
        /// The bytes of its left operand's type; absent for a prefix operator.
        left: Option<Span>,
        /// The bytes of its right operand's type.
        right: Option<Span>,
    },
    /// `CREATE CAST (from AS to) WITH FUNCTION name (types)`.
    CreateCast {
        /// The bytes of the type that is cast.
        from: Span,
        /// The bytes of the type that it becomes.
        to: Span,
        /// The function that it calls.
        function: ObjectName,
        /// Neither AS ASSIGNMENT nor AS IMPLICIT.
        explicit: bool,
        /// AS IMPLICIT.
        implicit: bool,
    },
    /// `DROP RULE name ON table`, `DROP ROUTINE name`, and other drops that the parser lacks.
    Drop {
        /// Kind of the object.
        kind: ObjectKind,
        /// Names.
        names: Vec<ObjectName>,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
        /// Its table, for a rule.
        table: Option<ObjectName>,
    },
    /// `ALTER FUNCTION name ...`: attributes that it changes; absent ones stay.
    AlterFunction {
        /// FUNCTION, PROCEDURE or ROUTINE by that name; which of several overloads is not told apart.
        name: ObjectName,
        /// IMMUTABLE, STABLE, VOLATILE, in upper case.
        volatility: Option<String>,
        /// STRICT.
        strict: Option<bool>,
        /// SECURITY DEFINER.
        security_definer: Option<bool>,
        /// SET search_path, RESET search_path.
        search_path: Option<FunctionPath>,
        /// SET of anything else.
        sets_session: bool,
    },
    /// `ALTER DOMAIN name SET DEFAULT expression`, `ALTER DOMAIN name ADD [CONSTRAINT name] CHECK (expression)`.
    AlterDomain {
        /// The domain.
        name: ObjectName,
        /// The bytes of its default.
        default: Option<Span>,
        /// The bytes of a condition that it gets.
        check: Option<Span>,
    },
    /// A change of an object that is not modelled: what the catalog says of the object may no longer be so.
    Other {
        /// Kind of the object.
        kind: ObjectKind,
        /// Its name.
        name: ObjectName,
        /// What is changed, such as `ADD ATTRIBUTE`.
        what: String,
    },
    /// `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`.
    Grant {
        /// Upper case; empty for all, and for a membership.
        privileges: Vec<String>,
        /// On what.
        on: Securable,
        /// Objects that are created later.
        future: bool,
        /// To whom, or from whom; `PUBLIC` for all.
        grantees: Vec<Ident>,
        /// REVOKE.
        revokes: bool,
    },
    /// `CREATE ROLE`, `ALTER ROLE`: attributes; absent ones stay.
    Role {
        /// The role.
        name: Ident,
        /// CREATE.
        creates: bool,
        /// BYPASSRLS, NOBYPASSRLS.
        bypasses_row_security: Option<bool>,
        /// SUPERUSER, NOSUPERUSER.
        superuser: Option<bool>,
    },
    /// `SET app.tenant = ...`: a setting that PostgreSQL does not know.
    Set {
        /// Its name, lower case.
        name: String,
        /// The name's bytes.
        at: Span,
        /// LOCAL: until the transaction ends.
        local: bool,
    },
    /// `SET search_path = ...`, `SET SCHEMA '...'`.
    SetSearchPath {
        /// Schemas in order, folded; `None` for DEFAULT.
        schemas: Option<Vec<String>>,
        /// LOCAL: until the transaction ends.
        local: bool,
    },
}

/// The search_path along which a function looks up names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FunctionPath {
    /// That of whoever calls it.
    #[default]
    Caller,
    /// SET search_path FROM CURRENT: that of the session that declares it.
    Current,
    /// SET search_path: schemas in order, folded.
    Schemas(Vec<String>),
}

/// What fires a trigger.
#[derive(Clone, Debug)]
pub struct Fires {
    /// The table.
    pub table: ObjectName,
    /// BEFORE.
    pub before: bool,
    /// INSTEAD OF.
    pub instead_of: bool,
    /// `INSERT`, `UPDATE`, `DELETE`.
    pub event: String,
}

/// What a command reader made of a statement.
pub(super) enum Read {
    /// A command.
    Command(Command),
    /// Nothing that an analysis reads.
    Nothing,
    /// The parser is to read it.
    Parser,
    /// It is none of the forms that are known: the token at that index is the first that is not understood.
    Unknown(usize),
}

/// Reads a statement of that head.
pub(super) fn read(head: &str, tokens: &[TokenWithSpan]) -> Read {
    let close = matching(tokens);
    let mut cursor = Cursor::new(Tokens(tokens, &close));
    let found = match head {
        "DO" => read_do(&mut cursor),
        "REFRESH MATERIALIZED VIEW" => refresh(&mut cursor),
        "SET" => match own_setting(&mut cursor.clone()) {
            Some(command) => return Read::Command(command),
            None => search_path(&mut cursor),
        },
        "ALTER DATABASE" => database(&mut cursor),
        "CREATE SEQUENCE" => create_sequence(&mut cursor),
        "CREATE RULE" => create_rule(&mut cursor),
        "GRANT" | "REVOKE" | "ALTER DEFAULT" => {
            return privilege::grant(&mut cursor).map_or(Read::Nothing, Read::Command);
        }
        "CREATE ROLE" | "CREATE USER" | "ALTER ROLE" | "ALTER USER" => {
            return privilege::role(&mut cursor).map_or(Read::Nothing, Read::Command);
        }
        "CREATE OPERATOR" => create_operator(&mut cursor),
        "CREATE CAST" => create_cast(&mut cursor),
        "ALTER TABLE" | "ALTER FOREIGN TABLE" => return Read::Parser,
        "DROP RULE" | "DROP ROUTINE" => drop(&mut cursor),
        _ if head.starts_with("DROP") => return Read::Parser,
        _ => alter(head, &mut cursor),
    };
    found.unwrap_or(Read::Unknown(cursor.at))
}

/// `DO [LANGUAGE name] code [LANGUAGE name]`.
fn read_do(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat_word("DO");
    let mut language = "plpgsql".to_owned();
    let mut body = None;
    while !cursor.at_end() {
        if cursor.eat_word("LANGUAGE") {
            language = match cursor.string() {
                Some((name, _)) => name,
                None => cursor.ident()?.value,
            }
            .to_lowercase();
        } else {
            body = Some(cursor.string()?.1);
        }
    }
    Some(Read::Command(Command::Do { language, body: body? }))
}

fn refresh(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat(&["REFRESH", "MATERIALIZED", "VIEW"]).then_some(())?;
    let concurrently = cursor.eat_word("CONCURRENTLY");
    let name = cursor.object_name()?;
    Some(Read::Command(Command::RefreshMaterializedView { name, concurrently }))
}

/// `ALTER DATABASE name SET search_path ...`: what every session of it starts with.
fn database(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat(&["ALTER", "DATABASE"]).then_some(())?;
    cursor.ident()?;
    if cursor.eat_word("RESET") {
        return Some(Read::Command(Command::SetSearchPath { schemas: None, local: false }));
    }
    search_path(cursor)
}

/// `SET [SESSION | LOCAL] search_path { TO | = } { value, ... | DEFAULT }`, `SET SCHEMA 'name'`.
fn search_path(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat_word("SET");
    let local = cursor.eat_word("LOCAL");
    if !local {
        cursor.eat_word("SESSION");
    }
    if cursor.eat_word("SCHEMA") {
        let schema = cursor.string()?.0;
        return Some(Read::Command(Command::SetSearchPath { schemas: Some(vec![schema]), local }));
    }
    cursor.eat_word("SEARCH_PATH").then_some(())?;
    if !cursor.eat_token(&Token::Eq) {
        cursor.eat_word("TO").then_some(())?;
    }
    if cursor.eat_word("DEFAULT") {
        return Some(Read::Command(Command::SetSearchPath { schemas: None, local }));
    }
    let schemas = schemas(cursor)?;
    cursor.at_end().then_some(Read::Command(Command::SetSearchPath { schemas: Some(schemas), local }))
}

/// `value, ...` of a search_path; the empty name, which stands for none, is left out.
fn schemas(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let mut schemas = Vec::new();
    loop {
        let schema = match cursor.string() {
            Some((value, _)) => value,
            None => folded(&cursor.ident()?),
        };
        if !schema.is_empty() {
            schemas.push(schema);
        }
        if !cursor.eat_token(&Token::Comma) {
            return Some(schemas);
        }
    }
}

/// What stands behind `SET search_path` of a function.
fn function_path(cursor: &mut Cursor<'_>) -> FunctionPath {
    if cursor.eat(&["FROM", "CURRENT"]) {
        return FunctionPath::Current;
    }
    if !cursor.eat_token(&Token::Eq) {
        cursor.eat_word("TO");
    }
    match cursor.eat_word("DEFAULT") {
        true => FunctionPath::Caller,
        false => schemas(cursor).map_or(FunctionPath::Current, FunctionPath::Schemas),
    }
}

/// `SET [SESSION | LOCAL] a.b { TO | = } value`.
fn own_setting(cursor: &mut Cursor<'_>) -> Option<Command> {
    cursor.eat_word("SET");
    let local = cursor.eat_word("LOCAL");
    if !local {
        cursor.eat_word("SESSION");
    }
    let from = cursor.at;
    let name = cursor.object_name()?;
    let at = cursor.tokens.span(from..cursor.at);
    let parts: Vec<String> =
        name.0.iter().filter_map(|part| Some(part.as_ident()?.value.to_lowercase())).collect();
    (parts.len() > 1 && (cursor.eat_token(&Token::Eq) || cursor.eat_word("TO"))).then(|| Command::Set {
        name: parts.join("."),
        at,
        local,
    })
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

fn create_sequence(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat_word("CREATE");
    while !cursor.eat_word("SEQUENCE") {
        cursor.ident()?;
    }
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let name = cursor.object_name()?;
    Some(Read::Command(Command::CreateSequence { name, if_not_exists }))
}

/// `CREATE [OR REPLACE] RULE name AS ON event TO table [WHERE condition] DO [ALSO | INSTEAD] ...`.
fn create_rule(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat_word("CREATE");
    cursor.eat(&["OR", "REPLACE"]);
    cursor.eat_word("RULE");
    let name = cursor.ident()?;
    cursor.eat(&["AS", "ON"]).then_some(())?;
    let event = cursor.ident()?.value.to_uppercase();
    cursor.eat_word("TO").then_some(())?;
    let table = cursor.object_name()?;
    while !cursor.eat_word("DO") {
        if cursor.at_end() {
            return None;
        }
        if !cursor.skip_parens() {
            cursor.at += 1;
        }
    }
    let instead = cursor.eat_word("INSTEAD");
    Some(Read::Command(Command::CreateRule { name, table, event, instead }))
}

/// `CREATE OPERATOR [schema.]symbol ({FUNCTION | PROCEDURE} = name [, LEFTARG = type] [, RIGHTARG = type] ...)`.
fn create_operator(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat(&["CREATE", "OPERATOR"]).then_some(())?;
    let mut schema = None;
    while cursor.tokens.name(cursor.at) {
        schema = cursor.ident();
        cursor.eat_token(&Token::Period).then_some(())?;
    }
    let t = cursor.tokens;
    let open = (cursor.at..t.len()).find(|i| t.is(*i, &Token::LParen))?;
    let symbol: String = (cursor.at..open).filter_map(|i| t.get(i)).map(ToString::to_string).collect();
    let (mut function, mut left, mut right) = (None, None, None);
    for option in t.split(open + 1..t.close(open)?) {
        if !t.is(option.start + 1, &Token::Eq) {
            continue;
        }
        let value = option.start + 2..option.end;
        if t.any(option.start, &["FUNCTION", "PROCEDURE"]) {
            cursor.at = value.start;
            function = cursor.object_name();
        } else if t.word(option.start, "LEFTARG") {
            left = Some(t.span(value));
        } else if t.word(option.start, "RIGHTARG") {
            right = Some(t.span(value));
        }
    }
    // Without a function it is the shell of one that is declared later.
    let Some(function) = function else { return Some(Read::Nothing) };
    Some(Read::Command(Command::CreateOperator { schema, symbol, function, left, right }))
}

/// `CREATE CAST (from AS to) {WITH FUNCTION name [(types)] | WITHOUT FUNCTION | WITH INOUT} [AS ASSIGNMENT | AS IMPLICIT]`.
fn create_cast(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat(&["CREATE", "CAST"]).then_some(())?;
    let t = cursor.tokens;
    let (open, close) = (cursor.at, t.close(cursor.at)?);
    let split = (open..close).rev().find(|i| t.word(*i, "AS"))?;
    let (from, to) = (t.span(open + 1..split), t.span(split + 1..close));
    cursor.at = close + 1;
    if !cursor.eat(&["WITH", "FUNCTION"]) {
        return Some(Read::Nothing);
    }
    let function = cursor.object_name()?;
    cursor.skip_parens();
    let explicit = !cursor.eat_word("AS");
    let implicit = cursor.eat_word("IMPLICIT");
    Some(Read::Command(Command::CreateCast { from, to, function, explicit, implicit }))
}

/// `DROP RULE [IF EXISTS] name ON table [CASCADE]`, `DROP ROUTINE name [(types)], ...`.
fn drop(cursor: &mut Cursor<'_>) -> Option<Read> {
    cursor.eat_word("DROP");
    let kind = if cursor.eat_word("RULE") { ObjectKind::Rule } else { ObjectKind::Function };
    cursor.eat_word("ROUTINE");
    let if_exists = cursor.eat_if_exists();
    let mut names = Vec::new();
    loop {
        names.push(cursor.object_name()?);
        cursor.skip_parens();
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    let table = if cursor.eat_word("ON") { Some(cursor.object_name()?) } else { None };
    let cascade = cursor.eat_word("CASCADE");
    cursor.eat_word("RESTRICT");
    cursor.at_end().then_some(Read::Command(Command::Drop { kind, names, if_exists, cascade, table }))
}

fn alter(head: &str, cursor: &mut Cursor<'_>) -> Option<Read> {
    let kind = match head {
        "ALTER INDEX" => ObjectKind::Index,
        "ALTER VIEW" => ObjectKind::View,
        "ALTER MATERIALIZED VIEW" => ObjectKind::MaterializedView,
        "ALTER SEQUENCE" => ObjectKind::Sequence,
        "ALTER TYPE" => ObjectKind::Type,
        "ALTER DOMAIN" => ObjectKind::Domain,
        "ALTER FUNCTION" | "ALTER ROUTINE" => ObjectKind::Function,
        "ALTER PROCEDURE" => ObjectKind::Procedure,
        "ALTER SCHEMA" => ObjectKind::Schema,
        "ALTER TRIGGER" => ObjectKind::Trigger,
        _ => return Some(Read::Parser),
    };
    cursor.at = if kind == ObjectKind::MaterializedView { 3 } else { 2 };
    if cursor.eat(&["ALL", "IN", "TABLESPACE"]) {
        return Some(Read::Nothing);
    }
    let if_exists = cursor.eat_if_exists();
    let name = cursor.object_name()?;
    cursor.skip_parens();
    let table =
        if kind == ObjectKind::Trigger && cursor.eat_word("ON") { Some(cursor.object_name()?) } else { None };
    let action = cursor.at;
    if cursor.eat(&["RENAME", "TO"]) {
        let to = cursor.ident()?;
        return Some(Read::Command(Command::Rename { kind, name, if_exists, table, to }));
    }
    if cursor.eat(&["SET", "SCHEMA"]) {
        let schema = cursor.ident()?;
        return Some(Read::Command(Command::SetSchema { kind, name, if_exists, schema }));
    }
    if cursor.eat(&["OWNER", "TO"]) || cursor.eat_word("DEPENDS") || cursor.eat(&["NO", "DEPENDS"]) {
        return Some(Read::Nothing);
    }
    let command = match kind {
        ObjectKind::Index => {
            if !cursor.eat(&["ATTACH", "PARTITION"]) {
                return Some(Read::Nothing);
            }
            Command::AttachIndex { parent: name, partition: cursor.object_name()? }
        }
        ObjectKind::View | ObjectKind::MaterializedView => return alter_view(cursor, kind, name),
        ObjectKind::Type => {
            if cursor.tokens.words(action, &["ADD", "VALUE"])
                || cursor.tokens.words(action, &["RENAME", "VALUE"])
            {
                return Some(Read::Parser);
            }
            Command::Other { kind, name, what: first_words(cursor.tokens, action) }
        }
        ObjectKind::Domain => return Some(Read::Command(alter_domain(cursor, name))),
        ObjectKind::Function | ObjectKind::Procedure => alter_function(cursor, name),
        ObjectKind::Sequence
        | ObjectKind::Schema
        | ObjectKind::Trigger
        | ObjectKind::Table
        | ObjectKind::Rule => {
            return Some(Read::Nothing);
        }
    };
    Some(Read::Command(command))
}

fn alter_domain(cursor: &mut Cursor<'_>, name: ObjectName) -> Command {
    let (t, action) = (cursor.tokens, cursor.at);
    if cursor.eat(&["SET", "DEFAULT"]) {
        return Command::AlterDomain { name, default: Some(t.span(cursor.at..t.len())), check: None };
    }
    if cursor.eat_word("ADD") {
        if cursor.eat_word("CONSTRAINT") {
            cursor.at += 1;
        }
        let open = cursor.at + 1;
        if cursor.eat_word("CHECK")
            && let Some(close) = t.close(open)
        {
            return Command::AlterDomain { name, default: None, check: Some(t.span(open + 1..close)) };
        }
    }
    Command::Other { kind: ObjectKind::Domain, name, what: first_words(t, action) }
}

fn first_words(tokens: Tokens<'_>, at: usize) -> String {
    let word = |i: usize| match tokens.get(i) {
        Some(Token::Word(w)) => w.value.to_uppercase(),
        _ => String::new(),
    };
    format!("{} {}", word(at), word(at + 1)).trim().to_owned()
}

fn alter_view(cursor: &mut Cursor<'_>, kind: ObjectKind, name: ObjectName) -> Option<Read> {
    if cursor.eat_word("RENAME") {
        cursor.eat_word("COLUMN");
        let column = cursor.ident()?;
        cursor.eat_word("TO").then_some(())?;
        let to = cursor.ident()?;
        return Some(Read::Command(Command::RenameColumn { kind, relation: name, column, to }));
    }
    let reset = cursor.eat_word("RESET");
    if kind == ObjectKind::View && (reset || cursor.eat_word("SET")) {
        let open = cursor.at;
        cursor.skip_parens().then_some(())?;
        let t = cursor.tokens;
        let security_invoker = t
            .split(open + 1..cursor.at - 1)
            .into_iter()
            .find(|option| t.word(option.start, "SECURITY_INVOKER"))
            .map(|option| !(reset || option.len() == 3 && option_is_off(t, option.start + 2)));
        return Some(Read::Command(Command::SetViewOptions { name, security_invoker }));
    }
    // A default of a column, by which an INSERT through the view does what its text does not say.
    if kind == ObjectKind::View && cursor.eat_word("ALTER") {
        cursor.eat_word("COLUMN");
        cursor.ident()?;
        if cursor.eat(&["SET", "DEFAULT"])
            && (cursor.at..cursor.tokens.len()).any(|i| cursor.tokens.is(i, &Token::LParen))
        {
            return Some(Read::Command(Command::Other { kind, name, what: "SET DEFAULT".to_owned() }));
        }
    }
    // Storage of a materialized view.
    Some(Read::Nothing)
}

fn alter_function(cursor: &mut Cursor<'_>, name: ObjectName) -> Command {
    let (mut volatility, mut strict, mut security_definer, mut search_path) = (None, None, None, None);
    let mut sets_session = false;
    while !cursor.at_end() {
        let t = cursor.tokens;
        let at = cursor.at;
        if t.any(at, &["IMMUTABLE", "STABLE", "VOLATILE"]) {
            volatility = cursor.ident().map(|word| word.value.to_uppercase());
        } else if cursor.eat_word("STRICT") || cursor.eat(&["RETURNS", "NULL", "ON", "NULL", "INPUT"]) {
            strict = Some(true);
        } else if cursor.eat(&["CALLED", "ON", "NULL", "INPUT"]) {
            strict = Some(false);
        } else if cursor.eat(&["SECURITY", "DEFINER"]) {
            security_definer = Some(true);
        } else if cursor.eat(&["SECURITY", "INVOKER"]) {
            security_definer = Some(false);
        } else if cursor.eat(&["SET", "SEARCH_PATH"]) {
            search_path = Some(function_path(cursor));
        } else if cursor.eat(&["RESET", "SEARCH_PATH"]) || cursor.eat(&["RESET", "ALL"]) {
            search_path = Some(FunctionPath::Caller);
        } else if cursor.eat_word("SET") {
            sets_session = true;
        } else {
            cursor.at += 1;
        }
    }
    Command::AlterFunction { name, volatility, strict, security_definer, search_path, sets_session }
}
