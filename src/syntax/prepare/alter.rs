//! ALTER TABLE: its actions one by one. Those that no analysis reads are taken out, those that sqlparser lacks become
//! commands, the rest is made such that the parser knows it.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::super::command::Command;
use super::super::cursor::{Cursor, Tokens};
use super::super::{Clauses, ObjectKind};
use super::{Context, Edits, table, word};

/// Prepares an ALTER TABLE.
pub(super) fn operations(
    tokens: Tokens<'_>,
    _context: &Context<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
) {
    let mut cursor = Cursor { tokens, at: 1 };
    if tokens.word(1, "FOREIGN") {
        edits.remove(1..2);
        cursor.at = 2;
    }
    cursor.eat_word("TABLE");
    if cursor.eat(&["ALL", "IN", "TABLESPACE"]) {
        edits.remove(0..tokens.len());
        return;
    }
    let if_exists = cursor.eat_if_exists();
    let only = cursor.at;
    let has_only = cursor.eat_word("ONLY");
    let parens = has_only && cursor.eat_token(&Token::LParen);
    let Some(table) = cursor.object_name() else { return };
    if parens && cursor.eat_token(&Token::RParen) {
        edits.remove(only + 1..only + 2);
        edits.remove(cursor.at - 1..cursor.at);
    }
    if tokens.is(cursor.at, &Token::Mul) {
        edits.remove(cursor.at..cursor.at + 1);
        cursor.at += 1;
    }
    let list = tokens.split(cursor.at..tokens.len());
    let mut gone = Vec::with_capacity(list.len());
    for action in &list {
        gone.push(one(tokens, clauses, edits, action.clone(), &table, if_exists));
    }
    if gone.iter().all(|gone| *gone) && !list.is_empty() {
        // Nothing is left for the parser.
        edits.remove(0..tokens.len());
        return;
    }
    let last_kept = gone.iter().rposition(|gone| !gone).unwrap_or(0);
    for (k, action) in list.iter().enumerate().filter(|(k, _)| gone[*k]) {
        edits.remove(if k < last_kept { action.start..action.end + 1 } else { action.start - 1..action.end });
    }
}

/// Prepares one action; true if the parser is not to see it.
fn one(
    tokens: Tokens<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    action: Range<usize>,
    table: &sqlparser::ast::ObjectName,
    if_exists: bool,
) -> bool {
    let mut cursor = Cursor { tokens, at: action.start };
    if let Some(command) = command(&mut cursor, table, if_exists) {
        clauses.commands.push(command);
        return true;
    }
    cursor.at = action.start;
    if cursor.eat_word("ADD") {
        let constraint =
            tokens.any(cursor.at, &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "NOT"]);
        if !constraint {
            cursor.eat_word("COLUMN");
            cursor.eat(&["IF", "NOT", "EXISTS"]);
        }
        return table::added_element(tokens, clauses, edits, cursor.at..action.end);
    }
    if cursor.eat_word("ALTER") {
        if tokens.word(cursor.at, "CONSTRAINT")
            && tokens.name(cursor.at + 1)
            && !tokens.word(cursor.at + 1, "SET")
        {
            return removed(tokens, clauses, action, "ALTER CONSTRAINT");
        }
        cursor.eat_word("COLUMN");
        let column = cursor.at;
        if cursor.ident().is_none() {
            return matches!(tokens.get(column), Some(Token::Number(..)))
                && removed(tokens, clauses, action, "SET STATISTICS");
        }
        return alter_column(tokens, clauses, edits, cursor.at..action.end, action);
    }
    if let Some(name) = ignored(tokens, action.clone()) {
        return removed(tokens, clauses, action, name);
    }
    if cursor.eat_word("DROP") {
        let kind =
            tokens.any(cursor.at, &["COLUMN", "CONSTRAINT", "PRIMARY", "FOREIGN", "INDEX", "PARTITION"]);
        if !kind && tokens.name(cursor.at) {
            edits.substitute(tokens, cursor.at..cursor.at, [word("COLUMN")]);
        }
    }
    false
}

fn removed(tokens: Tokens<'_>, clauses: &mut Clauses, action: Range<usize>, name: &'static str) -> bool {
    clauses.removed.push((tokens.span(action), name));
    true
}

/// Actions that become commands.
fn command(cursor: &mut Cursor<'_>, table: &sqlparser::ast::ObjectName, if_exists: bool) -> Option<Command> {
    if cursor.eat(&["ATTACH", "PARTITION"]) {
        let partition = cursor.object_name()?;
        let bounds = cursor.tokens.span(cursor.at..cursor.tokens.len());
        return Some(Command::AttachPartition { parent: table.clone(), partition, bounds });
    }
    if cursor.eat(&["DETACH", "PARTITION"]) {
        let partition = cursor.object_name()?;
        return Some(Command::DetachPartition { parent: table.clone(), partition });
    }
    if cursor.eat_word("INHERIT") {
        return Some(Command::Inherit { table: table.clone(), parent: cursor.object_name()?, ends: false });
    }
    if cursor.eat(&["NO", "INHERIT"]) {
        return Some(Command::Inherit { table: table.clone(), parent: cursor.object_name()?, ends: true });
    }
    let start = cursor.at;
    if cursor.eat_word("ENABLE") || cursor.eat_word("DISABLE") {
        // REPLICA: not in the sessions of an application.
        let on = cursor.tokens.word(start, "ENABLE") && !cursor.eat_word("REPLICA");
        cursor.eat_word("ALWAYS");
        let all = cursor.eat(&["TRIGGER", "ALL"]);
        return all.then(|| Command::SwitchTriggers { table: table.clone(), on });
    }
    if cursor.eat(&["SET", "SCHEMA"]) {
        let schema = cursor.ident()?;
        return Some(Command::SetSchema { kind: ObjectKind::Table, name: table.clone(), if_exists, schema });
    }
    None
}

/// Actions on one column, from behind its name.
fn alter_column(
    tokens: Tokens<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    rest: Range<usize>,
    action: Range<usize>,
) -> bool {
    let i = rest.start;
    let parameters = tokens.any(i, &["SET", "RESET"]) && tokens.is(i + 1, &Token::LParen);
    if parameters
        || (tokens.word(i, "SET") && tokens.any(i + 1, &["STATISTICS", "STORAGE", "COMPRESSION"]))
        || tokens.words(i, &["OPTIONS"])
    {
        return removed(tokens, clauses, action, "column parameters");
    }
    let sequence =
        ["GENERATED", "INCREMENT", "START", "MINVALUE", "MAXVALUE", "CACHE", "CYCLE", "NO", "RESTART"];
    if tokens.word(i, "RESTART") || (tokens.word(i, "SET") && tokens.any(i + 1, &sequence)) {
        return removed(tokens, clauses, action, "sequence options");
    }
    if tokens.word(i, "DROP") && tokens.any(i + 1, &["IDENTITY", "EXPRESSION"]) {
        let name = if tokens.word(i + 1, "IDENTITY") { "DROP IDENTITY" } else { "DROP EXPRESSION" };
        return removed(tokens, clauses, action, name);
    }
    if tokens.words(i, &["SET", "EXPRESSION"]) {
        return removed(tokens, clauses, action, "SET EXPRESSION");
    }
    if tokens.words(i, &["ADD", "GENERATED"]) {
        if let Some(open) = rest.clone().find(|&k| tokens.is(k, &Token::LParen)) {
            edits.remove(open..tokens.after_parens(open));
        }
        return false;
    }
    let ty = tokens.word(i, "TYPE") || tokens.words(i, &["SET", "DATA", "TYPE"]);
    let collate = rest.clone().find(|&k| tokens.any(k, &["COLLATE", "USING"]));
    if let Some(collate) = collate.filter(|&k| ty && tokens.word(k, "COLLATE")) {
        let end = tokens.after_name(collate + 1);
        clauses.removed.push((tokens.span(collate..end), "COLLATE of a new type"));
        edits.remove(collate..end);
    }
    false
}

/// The name of an action that nothing reads.
fn ignored(tokens: Tokens<'_>, action: Range<usize>) -> Option<&'static str> {
    let i = action.start;
    let two = |a: &str, b: &str| tokens.words(i, &[a, b]);
    let set = tokens.any(i, &["SET", "RESET"]);
    if two("CLUSTER", "ON") || two("SET", "WITHOUT") || two("SET", "WITH") {
        return Some("CLUSTER");
    }
    if set && tokens.is(i + 1, &Token::LParen) {
        return Some("storage parameters");
    }
    if set && tokens.any(i + 1, &["TABLESPACE", "LOGGED", "UNLOGGED", "ACCESS"]) {
        return Some("storage");
    }
    if two("OWNER", "TO") {
        return Some("OWNER");
    }
    if two("REPLICA", "IDENTITY") {
        return Some("REPLICA IDENTITY");
    }
    if tokens.word(i, "OPTIONS") || two("NOT", "OF") || (tokens.word(i, "OF") && tokens.name(i + 1)) {
        return Some("OPTIONS");
    }
    let at = if tokens.any(i + 1, &["REPLICA", "ALWAYS"]) { i + 2 } else { i + 1 };
    if tokens.any(i, &["ENABLE", "DISABLE"]) && tokens.any(at, &["TRIGGER", "RULE"]) {
        return Some("TRIGGER");
    }
    None
}
