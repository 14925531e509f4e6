//! CREATE FUNCTION, PROCEDURE and TRIGGER: attributes that sqlparser does not know, SQL bodies, arguments of triggers.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::super::Clauses;
use super::super::cursor::Tokens;
use super::{Edits, at, word};

/// Prepares a CREATE FUNCTION or PROCEDURE.
pub(super) fn attributes(tokens: Tokens<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let Some(kind) = (1..6).find(|&i| tokens.any(i, &["FUNCTION", "PROCEDURE"])) else { return };
    if tokens.word(kind, "PROCEDURE") {
        clauses.procedure = true;
        edits.substitute(tokens, kind..kind + 1, [word("FUNCTION")]);
    }
    let open = tokens.after_name(kind + 1);
    let end = tokens.after_parens(open);
    if end > open {
        for parameter in tokens.split(open + 1..end - 1) {
            parameter_mode(tokens, edits, parameter);
        }
    }
    let mut i = kind;
    while i < tokens.len() {
        i = attribute(tokens, clauses, edits, i, end);
    }
}

/// `name OUT type` is `OUT name type`.
fn parameter_mode(tokens: Tokens<'_>, edits: &mut Edits, parameter: Range<usize>) {
    let mode = parameter.start + 1;
    let swapped = mode + 1 < parameter.end
        && tokens.name(parameter.start)
        && tokens.any(mode, &["IN", "OUT", "INOUT", "VARIADIC"])
        && !tokens.any(parameter.start, &["IN", "OUT", "INOUT", "VARIADIC"]);
    if swapped {
        edits.replace(
            parameter.start..mode + 1,
            tokens.0[parameter.start..=mode].iter().rev().cloned().collect(),
        );
    } else if tokens.words(parameter.start, &["IN", "OUT"]) {
        edits.substitute(tokens, parameter.start..mode + 1, [word("INOUT")]);
    }
}

/// Looks at one token and returns the index to go on from.
fn attribute(
    tokens: Tokens<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    i: usize,
    parameters: usize,
) -> usize {
    let mut take = |range: Range<usize>, name: &'static str| {
        let range = range.start..range.end.min(tokens.len());
        clauses.removed.push((tokens.span(range.clone()), name));
        edits.remove(range.clone());
        range.end
    };
    // `table.column%TYPE`, `table%ROWTYPE`.
    if tokens.is(i, &Token::Mod) && tokens.any(i + 1, &["TYPE", "ROWTYPE"]) {
        return take(i..i + 2, "%TYPE");
    }
    if i < parameters {
        return i + 1;
    }
    let Some(Token::Word(w)) = tokens.get(i) else { return i + 1 };
    if w.quote_style.is_some() {
        return i + 1;
    }
    let number = matches!(tokens.get(i + 1), Some(Token::Number(..)));
    match w.keyword {
        Keyword::COST | Keyword::ROWS if number => take(i..i + 2, "COST"),
        Keyword::SUPPORT if tokens.name(i + 1) => take(i..tokens.after_name(i + 1), "SUPPORT"),
        Keyword::WINDOW => take(i..i + 1, "WINDOW"),
        Keyword::EXTERNAL => take(i..i + 1, "EXTERNAL"),
        Keyword::NOT if tokens.word(i + 1, "LEAKPROOF") => take(i..i + 2, "LEAKPROOF"),
        Keyword::LEAKPROOF => take(i..i + 1, "LEAKPROOF"),
        Keyword::NoKeyword if tokens.words(i, &["TRANSFORM", "FOR", "TYPE"]) => {
            let mut end = tokens.after_name(i + 3);
            while tokens.is(end, &Token::Comma) {
                end = tokens.after_name(end + 3);
            }
            take(i..end, "TRANSFORM")
        }
        Keyword::BEGIN if tokens.word(i + 1, "ATOMIC") => {
            let end = tokens.len();
            let inner = if tokens.word(end - 1, "END") { i + 2..end - 1 } else { i + 2..end };
            // Empty when the body has no statement.
            clauses.atomic_body = Some(if inner.is_empty() { tokens.span(i..i) } else { tokens.span(inner) });
            let place = tokens.place(i);
            let body = Token::SingleQuotedString(String::new());
            edits.replace(i..end, vec![at(word("AS"), place), at(body, place)]);
            end
        }
        // The body, and with it everything that could be taken for an attribute in it.
        Keyword::RETURN => tokens.len(),
        _ => i + 1,
    }
}

/// Prepares a CREATE TRIGGER: arguments of the function are any literals or words.
pub(super) fn trigger(tokens: Tokens<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let Some(execute) = (0..tokens.len())
        .rfind(|&i| tokens.word(i, "EXECUTE") && tokens.any(i + 1, &["FUNCTION", "PROCEDURE"]))
    else {
        return;
    };
    let open = tokens.after_name(execute + 2);
    let end = tokens.after_parens(open);
    if end > open + 2 {
        clauses.removed.push((tokens.span(open + 1..end - 1), "arguments of a trigger"));
        edits.remove(open + 1..end - 1);
    }
}
