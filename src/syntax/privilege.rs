//! GRANT, REVOKE, CREATE ROLE and ALTER ROLE: who may do what, as far as an analysis can use it. What a statement of
//! these says beyond that is nothing, and one that is put together in a way that is not known says nothing at all.

use sqlparser::ast::{Ident, ObjectName};
use sqlparser::tokenizer::Token;

use super::command::Command;
use super::cursor::Cursor;

/// What privileges are granted on.
#[derive(Clone, Debug)]
pub enum Securable {
    /// Tables and views.
    Relations(Vec<ObjectName>),
    /// All tables and views of these schemas; empty for any.
    RelationsOf(Vec<Ident>),
    /// Functions and procedures.
    Functions(Vec<ObjectName>),
    /// All functions and procedures of these schemas; empty for any.
    FunctionsOf(Vec<Ident>),
    /// Roles, of which the grantees become members.
    Roles(Vec<Ident>),
}

/// `{GRANT | REVOKE} privileges ON objects {TO | FROM} roles`, `{GRANT | REVOKE} roles {TO | FROM} roles`, and `ALTER
/// DEFAULT PRIVILEGES [FOR ROLE ...] [IN SCHEMA ...]` before the first.
pub(super) fn grant(cursor: &mut Cursor<'_>) -> Option<Command> {
    let mut schemas = Vec::new();
    let future = cursor.eat(&["ALTER", "DEFAULT", "PRIVILEGES"]);
    if future {
        if cursor.eat_word("FOR") {
            cursor.ident()?;
            idents(cursor)?;
        }
        if cursor.eat(&["IN", "SCHEMA"]) {
            schemas = idents(cursor)?;
        }
    }
    let revokes = cursor.eat_word("REVOKE");
    if revokes {
        cursor.eat(&["GRANT", "OPTION", "FOR"]);
    } else {
        cursor.eat_word("GRANT").then_some(())?;
    }
    let granted = idents_with_columns(cursor)?;
    let (privileges, on) = if cursor.eat_word("ON") {
        let privileges = match granted.as_slice() {
            [all, ..] if all.value.eq_ignore_ascii_case("all") => Vec::new(),
            _ => granted.iter().map(|word| word.value.to_uppercase()).collect(),
        };
        (privileges, securable(cursor, future, schemas)?)
    } else {
        (Vec::new(), Securable::Roles(granted))
    };
    cursor.eat_word(if revokes { "FROM" } else { "TO" }).then_some(())?;
    let grantees = idents(cursor)?;
    Some(Command::Grant { privileges, on, future, grantees, revokes })
}

fn securable(cursor: &mut Cursor<'_>, future: bool, schemas: Vec<Ident>) -> Option<Securable> {
    if future {
        return match () {
            () if cursor.eat_word("TABLES") => Some(Securable::RelationsOf(schemas)),
            () if cursor.eat_word("FUNCTIONS") || cursor.eat_word("ROUTINES") => {
                Some(Securable::FunctionsOf(schemas))
            }
            () => None,
        };
    }
    if cursor.eat(&["ALL", "TABLES", "IN", "SCHEMA"]) {
        return Some(Securable::RelationsOf(idents(cursor)?));
    }
    let routines = ["FUNCTION", "FUNCTIONS", "PROCEDURE", "PROCEDURES", "ROUTINE", "ROUTINES"];
    if routines.iter().any(|word| cursor.eat(&["ALL", word, "IN", "SCHEMA"])) {
        return Some(Securable::FunctionsOf(idents(cursor)?));
    }
    if routines.iter().any(|word| cursor.eat_word(word)) {
        return Some(Securable::Functions(names(cursor)?));
    }
    let others = ["SEQUENCE", "DATABASE", "DOMAIN", "LANGUAGE", "PARAMETER", "SCHEMA", "TABLESPACE", "TYPE"];
    let is_other = others.iter().any(|word| {
        cursor.tokens.word(cursor.at, word)
            && !cursor.tokens.word(cursor.at + 1, "TO")
            && !cursor.tokens.word(cursor.at + 1, "FROM")
    });
    if is_other
        || cursor.tokens.word(cursor.at, "FOREIGN")
        || cursor.tokens.words(cursor.at, &["LARGE", "OBJECT"])
    {
        return None;
    }
    cursor.eat_word("TABLE");
    Some(Securable::Relations(names(cursor)?))
}

/// `{CREATE | ALTER} {ROLE | USER | GROUP} name [WITH] attributes`.
pub(super) fn role(cursor: &mut Cursor<'_>) -> Option<Command> {
    let creates = cursor.eat_word("CREATE");
    cursor.eat_word("ALTER");
    cursor.ident()?;
    let name = cursor.ident()?;
    let (mut bypasses_row_security, mut superuser) = (None, None);
    while !cursor.at_end() {
        match () {
            () if cursor.eat_word("BYPASSRLS") => bypasses_row_security = Some(true),
            () if cursor.eat_word("NOBYPASSRLS") => bypasses_row_security = Some(false),
            () if cursor.eat_word("SUPERUSER") => superuser = Some(true),
            () if cursor.eat_word("NOSUPERUSER") => superuser = Some(false),
            () => cursor.at += 1,
        }
    }
    Some(Command::Role { name, creates, bypasses_row_security, superuser })
}

fn idents(cursor: &mut Cursor<'_>) -> Option<Vec<Ident>> {
    let mut list = Vec::new();
    loop {
        cursor.eat_word("GROUP");
        list.push(role_name(cursor)?);
        if !cursor.eat_token(&Token::Comma) {
            return Some(list);
        }
    }
}

/// A role, perhaps by a variable of psql or a template, which keeps its mark.
fn role_name(cursor: &mut Cursor<'_>) -> Option<Ident> {
    let token = cursor.tokens.0.get(cursor.at)?;
    let Token::Placeholder(name) = &token.token else { return cursor.ident() };
    cursor.at += 1;
    Some(Ident { value: name.clone(), quote_style: None, span: token.span })
}

/// Privileges, some perhaps on columns alone; `ALL PRIVILEGES` is one.
fn idents_with_columns(cursor: &mut Cursor<'_>) -> Option<Vec<Ident>> {
    let mut list = Vec::new();
    loop {
        list.push(cursor.ident()?);
        cursor.eat_word("PRIVILEGES");
        cursor.skip_parens();
        if !cursor.eat_token(&Token::Comma) {
            return Some(list);
        }
    }
}

fn names(cursor: &mut Cursor<'_>) -> Option<Vec<ObjectName>> {
    let mut list = Vec::new();
    loop {
        list.push(cursor.object_name()?);
        cursor.skip_parens();
        if !cursor.eat_token(&Token::Comma) {
            return Some(list);
        }
    }
}
