//! Targets of ON CONFLICT that are more than a list of columns: they leave the tree, which gets one made-up column.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::super::cursor::Tokens;
use super::super::parse::expression;
use super::super::{CONFLICT_PREFIX, Clauses, ConflictTarget, ExprHandle};
use super::{Context, Edits, at};

/// Finds the targets, parses what they hold, and puts `(sqlmoat_conflict_<n>)` in their place.
pub(super) fn targets(tokens: Tokens<'_>, context: &Context<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let mut i = 0;
    while i < tokens.len() {
        if tokens.words(i, &["ON", "CONFLICT"]) && tokens.is(i + 2, &Token::LParen) {
            i = target(tokens, context, clauses, edits, i);
        } else {
            i += 1;
        }
    }
}

fn target(
    tokens: Tokens<'_>,
    context: &Context<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    on: usize,
) -> usize {
    let open = on + 2;
    let Some(close) = tokens.close(open) else { return open };
    let elements = tokens.split(open + 1..close);
    let condition = tokens.word(close + 1, "WHERE").then(|| close + 2..end_of_condition(tokens, close + 2));
    if condition.is_none() && elements.iter().all(|element| element.len() == 1) {
        return close;
    }
    let mut found = ConflictTarget { span: tokens.span(on..on + 2), elements: Vec::new(), predicate: None };
    for element in elements {
        // What cannot be read is left to the parser, which says where it stops.
        let Some(handle) = element_expr(tokens, context, element) else { return close };
        found.elements.push(handle);
    }
    let end = condition.as_ref().map_or(close + 1, |range| range.end);
    if let Some(range) = condition {
        let Some(handle) = handle(tokens, context, range) else { return close };
        found.predicate = Some(handle);
    }
    let name = format!("{CONFLICT_PREFIX}{}", clauses.conflict_targets.len());
    clauses.conflict_targets.push(found);
    let place = tokens.place(open);
    edits.replace(
        open..end,
        vec![at(Token::LParen, place), at(super::word(&name), place), at(Token::RParen, tokens.place(close))],
    );
    end
}

/// `expression [COLLATE name] [operator class]`.
fn element_expr(tokens: Tokens<'_>, context: &Context<'_>, element: Range<usize>) -> Option<ExprHandle> {
    if let Some(whole) = handle(tokens, context, element.clone()) {
        return Some(whole);
    }
    // Without the operator class, a name at the end.
    let class = (element.start + 1..element.end).find(|&i| {
        tokens.name(i) && tokens.after_name(i) == element.end && !tokens.is(i - 1, &Token::Period)
    })?;
    handle(tokens, context, element.start..class)
}

fn handle(tokens: Tokens<'_>, context: &Context<'_>, range: Range<usize>) -> Option<ExprHandle> {
    let part = tokens.0.get(range.clone())?;
    let span = tokens.span(range);
    let expr = expression(part.to_vec(), context.dialect, span.end).ok()?;
    Some(ExprHandle {
        expr: expr.into(),
        fragment: context.fragment.clone(),
        positions: context.positions.clone(),
        span,
    })
}

/// The index of the DO behind a condition.
fn end_of_condition(tokens: Tokens<'_>, from: usize) -> usize {
    let mut i = from;
    while i < tokens.len() {
        match tokens.get(i) {
            Some(Token::LParen | Token::LBracket) => i = tokens.close(i).unwrap_or(tokens.len()),
            Some(Token::RParen) => break,
            _ if tokens.word(i, "DO") || tokens.words(i, &["ON", "CONFLICT"]) => break,
            _ => {}
        }
        i += 1;
    }
    i.min(tokens.len())
}
