//! Clauses of SQLite that the parser does not know and that change neither rows nor keys.

use super::super::Clauses;
use super::super::cursor::Tokens;
use super::Edits;

/// `ON CONFLICT action` of a constraint in CREATE TABLE; `INDEXED BY index` and `NOT INDEXED` behind a table, which bind
/// the planner to one index or none.
pub(super) fn clauses(t: Tokens<'_>, head: &str, clauses: &mut Clauses, edits: &mut Edits) {
    let mut take = |range: std::ops::Range<usize>, name: &'static str| {
        clauses.removed.push((t.span(range.clone()), name));
        edits.remove(range);
    };
    for i in 0..t.len() {
        if head == "CREATE TABLE"
            && t.words(i, &["ON", "CONFLICT"])
            && t.any(i + 2, &["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"])
        {
            take(i..i + 3, "ON CONFLICT");
        } else if t.words(i, &["INDEXED", "BY"]) && t.name(i + 2) {
            take(i..i + 3, "INDEXED BY");
        } else if t.words(i, &["NOT", "INDEXED"]) {
            take(i..i + 2, "NOT INDEXED");
        }
    }
}
