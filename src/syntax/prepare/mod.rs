//! The pre-pass: clauses that sqlparser does not know are taken out of the tokens, or replaced by others that mean the
//! same, and what they said is recorded in `Clauses`. Places of tokens never change.

mod alter;
mod calls;
mod conflict;
mod ddl;
mod holes;
mod mysql;
mod query;
mod routine;
mod sqlite;
mod table;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use sqlparser::tokenizer::{Span as ParserSpan, Token, TokenWithSpan};

pub(super) use ddl::option_is_off;
pub(super) use table::{element_ranges, part_at};

use super::cursor::{Tokens, matching};
use super::{Clauses, Dialect, Positions};
use crate::source::Fragment;

/// What the pre-pass knows of a statement beside its tokens.
pub(super) struct Context<'a> {
    pub(super) fragment: &'a Arc<Fragment>,
    pub(super) positions: &'a Arc<Positions>,
    pub(super) dialect: Dialect,
    pub(super) head: &'a str,
}

/// Makes the tokens of a statement such that the parser knows them.
pub(super) fn prepare(
    tokens: Vec<TokenWithSpan>,
    context: &Context<'_>,
    clauses: &mut Clauses,
) -> Vec<TokenWithSpan> {
    let mut tokens = pass(tokens, |tokens, edits| holes::place(tokens, context, clauses, edits));
    if context.dialect == Dialect::Sqlite {
        tokens = pass(tokens, |tokens, edits| sqlite::clauses(tokens, context.head, clauses, edits));
    }
    if context.dialect == Dialect::MySql {
        tokens = pass(tokens, |tokens, edits| mysql::clauses(tokens, context.head, edits));
    }
    if context.dialect != Dialect::Postgres {
        return if context.head == "CREATE TABLE" {
            pass(tokens, |tokens, edits| table::elements(tokens, context, clauses, edits))
        } else {
            tokens
        };
    }
    tokens = pass(tokens, |tokens, edits| ddl::prepare(tokens, context, clauses, edits));
    tokens = pass(tokens, |tokens, edits| match context.head {
        "CREATE TABLE" | "CREATE FOREIGN TABLE" => table::elements(tokens, context, clauses, edits),
        "CREATE FUNCTION" | "CREATE PROCEDURE" => routine::attributes(tokens, clauses, edits),
        "CREATE TRIGGER" => routine::trigger(tokens, clauses, edits),
        "ALTER TABLE" | "ALTER FOREIGN TABLE" => alter::operations(tokens, context, clauses, edits),
        _ => {}
    });
    tokens = pass(tokens, |tokens, edits| calls::calls(tokens, clauses, edits));
    tokens = pass(tokens, |tokens, edits| query::clauses(tokens, context, clauses, edits));
    pass(tokens, |tokens, edits| conflict::targets(tokens, context, clauses, edits))
}

fn pass(tokens: Vec<TokenWithSpan>, find: impl FnOnce(Tokens<'_>, &mut Edits)) -> Vec<TokenWithSpan> {
    let mut edits = Edits::default();
    let close = matching(&tokens);
    find(Tokens(&tokens, &close), &mut edits);
    edits.apply(tokens)
}

/// Changes to a list of tokens, by index into the unchanged list.
#[derive(Default)]
pub(super) struct Edits {
    list: Vec<(Range<usize>, Vec<TokenWithSpan>)>,
}

impl Edits {
    /// Takes tokens out.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.replace(range, Vec::new());
    }

    /// Puts others in their place; an empty range inserts.
    pub(super) fn replace(&mut self, range: Range<usize>, with: Vec<TokenWithSpan>) {
        self.list.push((range, with));
    }

    /// Puts other tokens in the place of some, at the place of the first of them.
    pub(super) fn substitute(
        &mut self,
        tokens: Tokens<'_>,
        range: Range<usize>,
        with: impl IntoIterator<Item = Token>,
    ) {
        let place = tokens.place(range.start);
        self.replace(range, with.into_iter().map(|token| TokenWithSpan::new(token, place)).collect());
    }

    /// The changed list. Of two changes that overlap the one that starts first counts, and of those the longer one;
    /// insertions come before what starts at the same place.
    fn apply(mut self, tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
        if self.list.is_empty() {
            return tokens;
        }
        self.list.sort_by_key(|(range, _)| (range.start, !range.is_empty(), std::cmp::Reverse(range.end)));
        let mut edits = self.list.into_iter().peekable();
        let mut result = Vec::with_capacity(tokens.len());
        let mut skip_until = 0;
        for (i, token) in tokens.into_iter().enumerate() {
            while let Some((range, with)) = edits.next_if(|(range, _)| range.start <= i) {
                if range.start < skip_until {
                    continue;
                }
                skip_until = skip_until.max(range.end);
                result.extend(with);
            }
            if i >= skip_until {
                result.push(token);
            }
        }
        for (range, with) in edits {
            if range.start >= skip_until {
                skip_until = range.end;
                result.extend(with);
            }
        }
        result
    }
}

/// An unquoted word of the grammar.
pub(super) fn word(text: &str) -> Token {
    Token::make_word(text, None)
}

/// A token at a place.
pub(super) fn at(token: Token, place: ParserSpan) -> TokenWithSpan {
    TokenWithSpan::new(token, place)
}
