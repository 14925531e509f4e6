//! What MySQL writes otherwise than the parser reads it: operators, and words and lists of statements that write.

use sqlparser::tokenizer::Token;

use super::super::cursor::Tokens;
use super::{Edits, word};

/// Words behind UPDATE and DELETE that say how the statement is run; IGNORE turns errors into warnings.
const MODIFIERS: &[&str] = &["LOW_PRIORITY", "QUICK", "IGNORE"];

/// Replaces what the parser takes for something else, or for nothing.
pub(super) fn clauses(t: Tokens<'_>, head: &str, edits: &mut Edits) {
    for i in 0..t.len() {
        match t.get(i) {
            // Unless the session's mode says otherwise; the pipe of strings would bind tighter and prove more.
            Some(Token::StringConcat) => edits.substitute(t, i..i + 1, [word("OR")]),
            Some(Token::Overlap) => edits.substitute(t, i..i + 1, [word("AND")]),
            Some(Token::Spaceship) => {
                edits.substitute(t, i..i + 1, ["IS", "NOT", "DISTINCT", "FROM"].map(word));
            }
            Some(Token::Word(_)) if t.words(i, &["LOCK", "IN", "SHARE", "MODE"]) => {
                edits.substitute(t, i..i + 4, ["FOR", "SHARE"].map(word));
            }
            _ => {}
        }
    }
    if matches!(head, "UPDATE" | "DELETE") {
        let first = 1 + (1..t.len()).take_while(|i| t.any(*i, MODIFIERS)).count();
        edits.remove(1..first);
        if head == "UPDATE" {
            listed_tables(t, first, edits);
        }
    }
}

/// `UPDATE a, b SET ...`: the list is a join without a condition.
fn listed_tables(t: Tokens<'_>, from: usize, edits: &mut Edits) {
    let mut i = from;
    while i < t.len() && !t.word(i, "SET") {
        match t.get(i) {
            Some(Token::LParen) => i = t.after_parens(i),
            Some(Token::Comma) => {
                edits.substitute(t, i..i + 1, ["CROSS", "JOIN"].map(word));
                i += 1;
            }
            _ => i += 1,
        }
    }
}
