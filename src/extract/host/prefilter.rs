//! Which files may hold SQL at all, decided at the speed of memory before any parser sees them.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Bytes behind the first word of a statement in which its second one is looked for.
const REACH: usize = 4_000;

/// The first words of statements, each with the word that must follow somewhere.
const PHRASES: &[(&str, &str)] = &[
    ("select", "from"),
    ("insert", "into"),
    ("delete", "from"),
    ("update", "set"),
    ("merge", "into"),
    ("with", "select"),
    ("truncate", ""),
    ("set_config(", ""),
    ("set session", ""),
];

fn words() -> Option<&'static AhoCorasick> {
    static WORDS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    WORDS
        .get_or_init(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostFirst)
                .build(PHRASES.iter().map(|(first, _)| *first))
                .ok()
        })
        .as_ref()
}

/// Longest lines, on average, that people write.
const LINE: usize = 400;

/// Whether a text may hold a statement that people wrote: what a bundler made of a program is not read.
pub fn may_hold_sql(text: &str) -> bool {
    let Some(words) = words() else { return true };
    let bytes = text.as_bytes();
    if bytes.len() > 50 * LINE && bytes.iter().filter(|b| **b == b'\n').count() * LINE < bytes.len() {
        return false;
    }
    words.find_iter(bytes).any(|found| {
        let Some((_, second)) = PHRASES.get(found.pattern().as_usize()) else { return true };
        let before = found.start().checked_sub(1).map_or(b' ', |i| bytes[i]);
        let behind = bytes.get(found.end()).copied().unwrap_or(b' ');
        // The letter of an escape, as in "\nSELECT", may stand before it.
        let escaped = found.start() >= 2 && bytes[found.start() - 2] == b'\\';
        let alone = escaped
            || !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b'.' | b'<' | b'$' | b'-' | b'/'));
        // Behind it there is white space, an escape, or the end of a literal.
        let ends = behind.is_ascii_whitespace()
            || matches!(behind, b'\\' | b'"' | b'\'' | b'`' | b'*' | b'$' | b'{' | b'#' | b'%');
        alone
            && ends
            && follows(&bytes[found.end()..(found.end() + REACH).min(bytes.len())], second.as_bytes())
    })
}

/// Whether a word stands in a text.
fn follows(text: &[u8], word: &[u8]) -> bool {
    if word.is_empty() {
        return true;
    }
    let (lower, upper) = (word[0], word[0].to_ascii_uppercase());
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|b| *b == lower || *b == upper) {
        let start = at + found;
        let end = start + word.len();
        let is_letter = |i: Option<usize>| i.and_then(|i| text.get(i)).is_some_and(u8::is_ascii_alphanumeric);
        if text.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(word))
            && !is_letter(Some(end))
            && (!is_letter(start.checked_sub(1)) || (start >= 2 && text[start - 2] == b'\\'))
        {
            return true;
        }
        at = start + 1;
    }
    false
}
