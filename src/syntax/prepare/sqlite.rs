//! Clauses of SQLite that the parser does not know.

use super::super::Clauses;
use super::super::cursor::Tokens;
use super::{Edits, word};

/// `IS` as a comparison; `ON CONFLICT action` of a constraint in CREATE TABLE; `INDEXED BY index` and `NOT INDEXED` behind a table, which bind
/// the planner to one index or none.
pub(super) fn clauses(t: Tokens<'_>, head: &str, clauses: &mut Clauses, edits: &mut Edits) {
    let mut take = |range: std::ops::Range<usize>, name: &'static str| {
        clauses.removed.push((t.span(range.clone()), name));
        edits.remove(range);
    };
    let mut replaces = false;
    for i in 0..t.len() {
        if head == "CREATE TABLE"
            && t.words(i, &["ON", "CONFLICT"])
            && t.any(i + 2, &["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"])
        {
            replaces |= t.word(i + 2, "REPLACE");
            take(i..i + 3, "ON CONFLICT");
        } else if t.words(i, &["INDEXED", "BY"]) && t.name(i + 2) {
            take(i..i + 3, "INDEXED BY");
        } else if t.words(i, &["NOT", "INDEXED"]) {
            take(i..i + 2, "NOT INDEXED");
        }
    }
    clauses.replaces_conflicts = replaces;
    // `a IS b` is the comparison that NULL is equal to itself in.
    for i in (0..t.len()).filter(|i| t.word(*i, "IS")) {
        let negated = t.word(i + 1, "NOT");
        let operand = i + 1 + usize::from(negated);
        if i > 0 && operand < t.len() && !t.any(operand, &["NULL", "TRUE", "FALSE", "DISTINCT"]) {
            let words: &[&str] =
                if negated { &["IS", "DISTINCT", "FROM"] } else { &["IS", "NOT", "DISTINCT", "FROM"] };
            edits.substitute(t, i..operand, words.iter().map(|w| word(w)));
        }
    }
}
