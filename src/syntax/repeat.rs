//! INSERTs of data, thousands of which a dump may hold: those that differ from many before them in constants only say
//! nothing new, and a tree of each would cost a thousand times its text.

use std::collections::HashMap;

use super::RowsCut;
use super::lexer::{Kind, Raw};
use super::split::{RawStatement, is_constant};
use crate::source::Span;

/// INSERTs of constants into the same columns that get a tree.
pub(super) const MAX_REPEATS: u32 = 500;

/// Tokens of an INSERT up to its VALUES; a longer one is no data.
const MAX_PREFIX: usize = 2_000;

/// Counts INSERTs of a text by what stands before their rows.
pub(super) struct Repeats<'a> {
    text: &'a str,
    seen: HashMap<&'a str, u32>,
}

impl<'a> Repeats<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Repeats { text, seen: HashMap::new() }
    }

    /// The rows of a statement that is one too many of its kind.
    pub(super) fn one_too_many(&mut self, statement: &RawStatement) -> Option<RowsCut> {
        let tokens = statement.tokens.as_slice();
        let first = tokens.first().filter(|first| first.is_word(self.text, "INSERT"))?;
        let values = tokens.iter().take(MAX_PREFIX).position(|raw| raw.is_word(self.text, "VALUES"))?;
        let (last, rows) = (tokens.get(values)?, tokens.get(values + 1..)?);
        if statement.rows_cut.is_some() || !rows.iter().all(|raw| is_constant(self.text, *raw)) {
            return None;
        }
        let prefix = self.text.get(first.start as usize..last.end as usize)?;
        let seen = self.seen.entry(prefix).or_default();
        *seen += 1;
        (*seen > MAX_REPEATS).then(|| RowsCut {
            kept: 0,
            dropped: count(rows),
            constants_only: true,
            span: Span::new(rows.first().map_or(last.end, |raw| raw.start), statement.span.end),
        })
    }
}

/// Parentheses that stand in no other one.
fn count(rows: &[Raw]) -> u32 {
    let mut depth = 0u32;
    let mut found = 0;
    for raw in rows {
        match raw.kind {
            Kind::LParen => {
                found += u32::from(depth == 0);
                depth += 1;
            }
            Kind::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::source::{FileId, Fragment};
    use crate::syntax::{Body, Dialect, parse};

    #[test]
    fn only_many_inserts_of_constants_are_left_without_a_tree() {
        let parsed = |statement: &dyn Fn(usize) -> String| {
            let text: Vec<String> = (0..600).map(statement).collect();
            let fragment = Fragment::whole(FileId(0), text.join(";\n").into()).into();
            let statements = parse(&fragment, Dialect::Postgres);
            assert!(
                statements.iter().all(|s| matches!(s.body, Body::Parsed(_)) != s.clauses.rows_cut.is_some())
            );
            statements.iter().filter(|s| matches!(s.body, Body::Parsed(_))).count()
        };
        assert_eq!(parsed(&|i| format!("INSERT INTO t (a, b) VALUES ({i}, 'x'), (-1, NULL)")), 500);
        assert_eq!(parsed(&|i| format!("INSERT INTO t{} (a) VALUES ({i})", i % 2)), 600);
        assert_eq!(parsed(&|i| format!("INSERT INTO t (a) VALUES ({i}, (SELECT 1))")), 600);
        assert_eq!(parsed(&|i| format!("INSERT INTO t (a) VALUES ({i}, $1)")), 600);
        assert_eq!(parsed(&|i| format!("INSERT INTO t (a) VALUES ({i}) ON CONFLICT DO NOTHING")), 600);
    }
}
