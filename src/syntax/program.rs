//! Programs that MySQL and SQLite store: CREATE PROCEDURE, FUNCTION, TRIGGER and EVENT up to their bodies. The bodies are
//! read as those of PL/pgSQL are.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::command::{Command, Fires};
use super::cursor::{Cursor, Tokens, matching};

/// What may stand between a routine's parameters and its body, each with how many words follow it.
const CHARACTERISTICS: &[(&[&str], usize)] = &[
    (&["COMMENT"], 1),
    (&["LANGUAGE"], 1),
    (&["NOT", "DETERMINISTIC"], 0),
    (&["DETERMINISTIC"], 0),
    (&["CONTAINS", "SQL"], 0),
    (&["NO", "SQL"], 0),
    (&["READS", "SQL", "DATA"], 0),
    (&["MODIFIES", "SQL", "DATA"], 0),
    (&["SQL", "SECURITY"], 1),
];

/// Reads a program up to its body; none for what is none, such as a loadable function.
pub(super) fn read(head: &str, tokens: &[TokenWithSpan]) -> Option<Command> {
    let close = matching(tokens);
    let mut cursor = Cursor::new(Tokens(tokens, &close));
    let kind = match head {
        "CREATE PROCEDURE" => "PROCEDURE",
        "CREATE FUNCTION" => "FUNCTION",
        "CREATE TRIGGER" => "TRIGGER",
        "CREATE EVENT" => "EVENT",
        _ => return None,
    };
    // DEFINER = user@host.
    while !cursor.eat_word(kind) {
        if cursor.at_end() {
            return None;
        }
        cursor.at += 1;
    }
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    let name = cursor.object_name()?;
    let (mut parameters, mut fires) = (Vec::new(), None);
    match kind {
        "TRIGGER" => fires = Some(event(&mut cursor)?),
        "EVENT" => {
            while !cursor.eat_word("DO") {
                if cursor.at_end() {
                    return None;
                }
                cursor.at += 1;
            }
        }
        _ => {
            let t = cursor.tokens;
            let (open, close) = (cursor.at, t.close(cursor.at)?);
            for part in t.split(open + 1..close) {
                let mut parameter = Cursor { tokens: t, at: part.start };
                if t.any(part.start, &["IN", "OUT", "INOUT"]) {
                    parameter.at += 1;
                }
                let name = parameter.ident()?;
                parameters.push((name, t.span(parameter.at..part.end)));
            }
            cursor.at = close + 1;
            if cursor.eat_word("RETURNS") {
                let begins = |i: &usize| {
                    t.any(*i, &["BEGIN", "RETURN"])
                        || CHARACTERISTICS.iter().any(|(words, _)| t.words(*i, words))
                };
                cursor.at = (cursor.at + 1..t.len()).find(begins)?;
            }
            while let Some((words, more)) =
                CHARACTERISTICS.iter().find(|(words, _)| t.words(cursor.at, words))
            {
                cursor.at += words.len() + more;
            }
        }
    }
    let t = cursor.tokens;
    (cursor.at < t.len()).then(|| Command::CreateProgram {
        name,
        parameters,
        fires,
        procedure: kind == "PROCEDURE",
        body: t.span(cursor.at..t.len()),
    })
}

/// `[BEFORE | AFTER | INSTEAD OF] event ON table [FOR EACH ROW] [FOLLOWS name]`.
fn event(cursor: &mut Cursor<'_>) -> Option<Fires> {
    let before = cursor.eat_word("BEFORE");
    let instead_of = cursor.eat(&["INSTEAD", "OF"]);
    cursor.eat_word("AFTER");
    let event = cursor.ident()?.value.to_uppercase();
    if cursor.eat_word("OF") {
        cursor.ident()?;
        while cursor.eat_token(&Token::Comma) {
            cursor.ident()?;
        }
    }
    cursor.eat_word("ON").then_some(())?;
    let table = cursor.object_name()?;
    cursor.eat(&["FOR", "EACH", "ROW"]);
    if cursor.eat_word("FOLLOWS") || cursor.eat_word("PRECEDES") {
        cursor.ident()?;
    }
    Some(Fires { table, before, instead_of, event })
}
