//! Reserved words that the parser takes for names and PostgreSQL does not (manual, appendix C): `ORDER BY offset`.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::cursor::{Tokens, bytes};
use crate::source::Span;

/// Words that start no expression, and that stand behind none of the tokens that [`wants_operand`] knows.
const RESERVED: &[&str] = &["ASC", "COLUMN", "DESC", "DO", "END", "LIMIT", "OFFSET", "TO"];

/// The first reserved word that stands, without quotes, where an expression is due: what is wrong with it, and where.
pub(super) fn misplaced(head: &str, tokens: &[TokenWithSpan]) -> Option<(String, Span)> {
    if !["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE"].contains(&head) {
        return None;
    }
    let t = Tokens(tokens, &[]);
    let found = (1..t.len()).find(|&i| t.any(i, RESERVED) && wants_operand(t, i - 1))?;
    let Some(Token::Word(word)) = t.get(found) else { return None };
    let message = format!("`{}` is a reserved word: as a name it needs quotes", word.value);
    Some((message, bytes(t.place(found))))
}

/// Whether an expression must follow a token.
fn wants_operand(t: Tokens<'_>, i: usize) -> bool {
    match t.get(i) {
        Some(Token::Comma | Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq) => {
            true
        }
        _ => t.any(i, &["BY", "WHERE", "AND", "OR", "NOT", "HAVING"]),
    }
}
