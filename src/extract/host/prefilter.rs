//! Which files may hold SQL at all, decided at the speed of memory before any parser sees them: somewhere the first word of
//! a statement opens a text, and the words that make it one stand behind it.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Bytes behind the first word of a statement in which another one is looked for that may be far away.
const FAR: usize = 4_000;

/// The same for one that stands next to it, or nearly so.
const NEAR: usize = 250;

/// First words of statements, each with words of which one must follow, and within how many bytes. None where the words
/// are not enough.
const PHRASES: &[(&str, &[&str], usize)] = &[
    ("select", &["from"], FAR),
    ("insert", &["into"], NEAR),
    ("delete", &["from"], NEAR),
    ("update", &["set"], FAR),
    ("merge", &["into"], NEAR),
    ("with", &["as"], FAR),
    ("truncate", &["table"], NEAR),
    ("explain", &["select", "insert", "update", "delete", "with"], NEAR),
    ("create", &["view", "table", "function", "procedure", "policy", "trigger"], FAR),
    ("copy", &["from", "to"], FAR),
    ("declare", &["cursor"], NEAR),
    ("set session", &[], 0),
    ("set_config(", &[], 0),
];

fn words() -> Option<&'static AhoCorasick> {
    static WORDS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    WORDS
        .get_or_init(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostFirst)
                .build(PHRASES.iter().map(|(first, _, _)| *first))
                .ok()
        })
        .as_ref()
}

/// Longest lines, on average, that people write.
const LINE: usize = 400;

/// Whether a text may hold a statement that people wrote: what a bundler made of a program is not read.
pub fn may_hold_sql(text: &str) -> bool {
    let bytes = text.as_bytes();
    let lines = || bytes.iter().filter(|b| **b == b'\n').count();
    (bytes.len() <= 50 * LINE || lines() * LINE >= bytes.len()) && places(text).next().is_some()
}

/// Where the first words of what may be statements stand, in bytes, ascending.
pub(super) fn places(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    words().into_iter().flat_map(move |words| words.find_iter(bytes)).filter_map(move |found| {
        let (first, then, reach) = PHRASES.get(found.pattern().as_usize())?;
        let behind = &bytes[found.end()..(found.end() + reach.max(&1)).min(bytes.len())];
        let upper = bytes[found.range()].iter().all(u8::is_ascii_uppercase);
        if *first == "set_config(" {
            return Some(found.start());
        }
        let is_start = opens(&bytes[..found.start()])
            && goes_on(behind, upper)
            && match *first {
                "with" => names_query(behind),
                "truncate" => upper || follows(behind, then),
                // The word that must follow may be in another file.
                "select" | "insert" | "update" | "delete" if upper && !is_quote(behind.first()) => {
                    !is_path(behind)
                }
                // What is declared matters for the statements in it.
                "create" => {
                    follows(behind.get(..NEAR).unwrap_or(behind), then)
                        && ["select", "insert", "update", "delete"].iter().any(|w| find(behind, w).is_some())
                }
                "copy" => upper && follows(behind, then),
                "set session" => true,
                _ => follows(behind, then),
            };
        is_start.then_some(found.start())
    })
}

fn is_quote(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'"' | b'\'' | b'`'))
}

/// Whether a path follows, as in `DELETE /items/:id`.
fn is_path(behind: &[u8]) -> bool {
    let rest = behind.trim_ascii_start();
    rest.starts_with(b"/") && !rest.starts_with(b"/*")
}

/// Whether what comes behind a text opens a literal, or a line or a statement of one. Parentheses may stand before a query.
fn opens(before: &[u8]) -> bool {
    let mut rest = before;
    loop {
        let Some((last, more)) = rest.split_last() else { return true };
        match last {
            b'(' | b'{' | b'[' | b'<' | b'|' if is_percent(more) => return true,
            b' ' | b'\t' | b'(' => rest = more,
            // The margin of a text, the end of what is spliced in, the end of a statement.
            b'"' | b'\'' | b'`' | b'\n' | b'\r' | b'|' | b'}' | b';' => return true,
            // The letter of an escape, as in "\nSELECT".
            b'n' | b't' | b'r' => return more.ends_with(b"\\"),
            b'/' => return more.ends_with(b"*"),
            _ => return false,
        }
    }
}

/// Whether a text ends with what begins a literal such as Ruby's `%q(..)`.
fn is_percent(text: &[u8]) -> bool {
    text.strip_suffix(b"q").or_else(|| text.strip_suffix(b"Q")).unwrap_or(text).ends_with(b"%")
}

/// Whether a word ends there as one of SQL does: with white space, an escape, something spliced in, or the literal's end. A
/// word alone in a literal is the name of something unless it is in capitals or something is put behind it.
fn goes_on(behind: &[u8], upper: bool) -> bool {
    let Some((next, more)) = behind.split_first() else { return false };
    match next {
        next if is_quote(Some(next)) => {
            let then = more.iter().find(|b| !b.is_ascii_whitespace());
            upper || matches!(then, Some(b'+' | b'.' | b'"' | b'\'' | b'`' | b'\\' | b'%' | b'&' | b'<'))
        }
        b'\\' | b'*' | b'$' | b'{' | b'#' | b'%' | b'/' => true,
        // Go's statement of that name.
        b' ' if more.starts_with(b"{\n") || more.starts_with(b"{\r") => false,
        _ => next.is_ascii_whitespace(),
    }
}

/// Whether a query is named there: `x AS (`, `x (a, b) AS MATERIALIZED (`.
fn names_query(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(end) = find(rest, "as") {
        rest = &rest[end..];
        let then =
            rest.iter().position(|b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'+' | b'\\'));
        let then = &rest[then.unwrap_or(rest.len())..];
        let is = |word: &str| then.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()));
        if then.first().is_some_and(|b| matches!(b, b'(' | b'$' | b'{' | b'%' | b'#'))
            || is("not")
            || is("materialized")
        {
            return true;
        }
    }
    false
}

/// Whether one of some words stands in a text.
fn follows(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| find(text, word).is_some())
}

/// Where the first place of a word in a text ends.
fn find(text: &[u8], word: &str) -> Option<usize> {
    let word = word.as_bytes();
    let (lower, upper) = (word[0], word[0].to_ascii_uppercase());
    let is_letter = |i: Option<usize>| i.and_then(|i| text.get(i)).is_some_and(u8::is_ascii_alphanumeric);
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|b| *b == lower || *b == upper) {
        let start = at + found;
        let end = start + word.len();
        if text.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(word))
            && !is_letter(Some(end))
            && (!is_letter(start.checked_sub(1)) || (start >= 2 && text[start - 2] == b'\\'))
        {
            return Some(end);
        }
        at = start + 1;
    }
    None
}
