//! Bounds on what is handed to the parser. A tree that is too deep overflows the stack when it is parsed, cloned or
//! dropped, which cannot be caught, so depth is bounded on the tokens beforehand.

use super::lexer::{Kind, Raw};
use crate::source::Span;

/// Parentheses, brackets and CASEs within each other.
const MAX_NESTING: usize = 500;

/// Height of a tree: operators chained one after the other make it one higher each.
const MAX_HEIGHT: u32 = 10_000;

/// Bytes of one statement, rows of a long VALUES list not counted.
const MAX_BYTES: u32 = 50_000_000;

/// Tokens of one statement, rows of a long VALUES list not counted.
const MAX_TOKENS: usize = 2_000_000;

/// The parser's own limit on recursion: several calls for each level that is nested, and one for each prefix operator.
pub(super) const PARSER_RECURSION: usize = 2_500;

/// Why a statement is too large or too deep to be parsed, and where it becomes so.
pub(super) fn exceeded(text: &str, tokens: &[Raw], span: Span) -> Option<(String, Span)> {
    if tokens.len() > MAX_TOKENS || span.end - span.start > MAX_BYTES {
        let at = Span::new(span.start, span.start + 1);
        return Some((format!("the statement is too long to be read ({} bytes)", span.end - span.start), at));
    }
    let mut open = vec![Level::default()];
    for token in tokens {
        let at = Span::new(token.start, token.end);
        let nests = match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace => true,
            Kind::Word => token.is_word(text, "CASE"),
            _ => false,
        };
        if nests {
            if open.len() > MAX_NESTING {
                return Some((format!("nested more than {MAX_NESTING} levels deep"), at));
            }
            let case = token.kind == Kind::Word;
            open.push(Level { case, ..Level::default() });
            continue;
        }
        let Some(level) = open.last_mut() else { break };
        let closes = match token.kind {
            Kind::RParen | Kind::RBracket | Kind::RBrace => true,
            Kind::Word => level.case && token.is_word(text, "END"),
            _ => false,
        };
        if closes {
            // A parenthesis may close over a CASE without END: both are left.
            while open.len() > 1 {
                let Some(done) = open.pop() else { break };
                let height = done.height() + 1;
                if let Some(outer) = open.last_mut() {
                    outer.below = outer.below.max(height);
                    outer.chain += 1;
                }
                if token.kind == Kind::Word || !done.case {
                    break;
                }
            }
        } else if token.kind == Kind::Comma {
            level.highest = level.highest.max(level.chain + level.below);
            level.chain = 0;
            level.below = 0;
        } else {
            level.chain += cost(text, *token);
        }
        if open.last().is_some_and(|level| level.height() > MAX_HEIGHT) {
            return Some((format!("a chain of more than {MAX_HEIGHT} operators"), at));
        }
    }
    None
}

/// An open parenthesis, bracket or CASE.
#[derive(Default)]
struct Level {
    case: bool,
    /// Operators since the last comma.
    chain: u32,
    /// Height of the highest thing nested since the last comma.
    below: u32,
    /// Height of the highest part before the last comma.
    highest: u32,
}

impl Level {
    /// Bound on the height of the tree that this level makes.
    fn height(&self) -> u32 {
        self.highest.max(self.chain + self.below)
    }
}

/// By how much a token may make a tree higher. COLLATE counts for more: the parser copies what is before it.
fn cost(text: &str, token: Raw) -> u32 {
    match token.kind {
        Kind::Operator | Kind::DoubleColon | Kind::Dot => 1,
        Kind::Word => {
            const WORDS: [&str; 21] = [
                "AND",
                "AT",
                "BETWEEN",
                "EXCEPT",
                "ILIKE",
                "IN",
                "INTERSECT",
                "IS",
                "ISNULL",
                "JOIN",
                "LIKE",
                "MINUS",
                "NOT",
                "NOTNULL",
                "OR",
                "OVERLAPS",
                "PRIOR",
                "SELECT",
                "SIMILAR",
                "UNION",
                "WHEN",
            ];
            let word = token.text(text);
            if word.eq_ignore_ascii_case("COLLATE") {
                20
            } else {
                u32::from(word.len() <= 9 && WORDS.iter().any(|w| word.eq_ignore_ascii_case(w)))
            }
        }
        _ => 0,
    }
}
