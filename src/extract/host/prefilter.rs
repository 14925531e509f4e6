//! Which files may hold SQL at all, decided at the speed of memory before any parser sees them: somewhere the first word of
//! a statement opens a text, and the words that make it one stand behind it.

use std::sync::OnceLock;

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

/// Bytes of the shortest first word.
const SHORTEST: usize = 4;

/// How far a search may step: each word has a pair of letters at every step, within its first [`SHORTEST`].
const STEP: usize = SHORTEST - 1;

/// Where in the first words a pair of bytes stands, one bit for each of the [`STEP`] places; Wu and Manber's search for
/// several words, with blocks of two bytes.
fn pairs() -> &'static [u8; 1 << 16] {
    static PAIRS: OnceLock<Box<[u8; 1 << 16]>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let mut pairs = Box::new([0; 1 << 16]);
        for (word, _, _) in PHRASES {
            for (place, pair) in word.as_bytes().windows(2).take(STEP).enumerate() {
                for (a, b) in [false, true].into_iter().flat_map(|a| [(a, false), (a, true)]) {
                    let case = |upper: bool, byte: u8| if upper { byte.to_ascii_uppercase() } else { byte };
                    pairs[number(case(a, pair[0]), case(b, pair[1]))] |= 1 << place;
                }
            }
        }
        pairs
    })
}

fn number(first: u8, second: u8) -> usize {
    usize::from(u16::from_le_bytes([first, second]))
}

/// Finds where the first words stand, in any case, ascending, each with its phrase.
struct Words<'t> {
    bytes: &'t [u8],
    pairs: &'static [u8; 1 << 16],
    /// The pair of bytes in hand.
    at: usize,
    /// Where in the words it stands, as far as that was not looked at.
    places: u8,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Words<'t> {
        let mut words = Words { bytes: text.as_bytes(), pairs: pairs(), at: 0, places: 0 };
        words.places = words.of_pair(0);
        words
    }

    /// Where in the words the pair of bytes there stands.
    fn of_pair(&self, at: usize) -> u8 {
        match self.bytes.get(at..at + 2) {
            Some([first, second]) => self.pairs[number(*first, *second)],
            Some(_) | None => 0,
        }
    }

    /// The phrase whose first word stands there.
    fn phrase(&self, start: usize) -> Option<usize> {
        if self.of_pair(start) & 1 == 0 || self.of_pair(start + 2) & 1 << 2 == 0 {
            return None;
        }
        let rest = self.bytes.get(start..)?;
        let is = |word: &str| rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()));
        PHRASES.iter().position(|(first, _, _)| is(first))
    }
}

impl Iterator for Words<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.places > 0 {
                // The word begins the earlier, the further on in it the pair stands.
                let place = self.places.ilog2();
                self.places &= !(1 << place);
                if let Some(start) = self.at.checked_sub(place as usize)
                    && let Some(phrase) = self.phrase(start)
                {
                    return Some((start, phrase));
                }
            }
            while self.places == 0 {
                self.at += STEP;
                if self.at + 1 >= self.bytes.len() {
                    return None;
                }
                self.places = self.of_pair(self.at);
            }
        }
    }
}

/// Longest lines, on average, that people write.
const LINE: usize = 400;

/// What a look at the text of a program tells of SQL in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glance {
    /// There is none.
    Nothing,
    /// There may be some.
    Sql,
    /// There may be some, in what a bundler made of a program: it is not read.
    Bundle,
}

/// Whether a text may hold a statement, and whether people wrote it.
pub(super) fn glance(text: &str) -> Glance {
    if places(text).next().is_none() {
        return Glance::Nothing;
    }
    let bytes = text.as_bytes();
    let lines = || bytes.iter().filter(|b| **b == b'\n').count();
    match bytes.len() > 50 * LINE && lines() * LINE < bytes.len() {
        true => Glance::Bundle,
        false => Glance::Sql,
    }
}

/// Where the first words of what may be statements stand, in bytes, ascending.
pub(super) fn places(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    Words::new(text).filter_map(move |(start, phrase)| {
        let (first, then, reach) = PHRASES.get(phrase)?;
        let end = start + first.len();
        let behind = &bytes[end..(end + reach.max(&1)).min(bytes.len())];
        let upper = bytes[start..end].iter().all(u8::is_ascii_uppercase);
        if *first == "set_config(" {
            return Some(start);
        }
        let is_start = opens(&bytes[..start])
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
        is_start.then_some(start)
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
            // MyBatis's mark of a text with elements.
            b'>' => return more.ends_with(b"<script"),
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
