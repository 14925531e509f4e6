//! Literals of host languages to their characters, with a map back to the file.

use super::text::Written;

/// What a backslash, or a doubled quote, means in a kind of literal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Escapes {
    /// Whether a backslash escapes anything.
    pub(super) backslash: bool,
    /// The only characters that it escapes, where not all.
    pub(super) only: &'static [u8],
    /// Whether a backslash before any other character stands for itself.
    pub(super) keeps_unknown: bool,
    /// Whether a backslash before a line break takes the indentation of the next line with it.
    pub(super) eats_indent: bool,
    /// Characters that are written twice to stand for themselves.
    pub(super) doubled: &'static [u8],
}

/// Nothing is escaped.
pub(super) const RAW: Escapes =
    Escapes { backslash: false, only: b"", keeps_unknown: true, eats_indent: false, doubled: b"" };

/// As in C and its heirs.
pub(super) const C_LIKE: Escapes =
    Escapes { backslash: true, only: b"", keeps_unknown: false, eats_indent: false, doubled: b"" };

/// Decodes `source[start..end]` to the end of `into`.
pub(super) fn decode(source: &str, start: usize, end: usize, escapes: &Escapes, into: &mut Written) {
    let bytes = source.as_bytes();
    let end = end.min(bytes.len());
    let (mut at, mut from) = (start, start);
    while at < end {
        let byte = bytes[at];
        if escapes.doubled.contains(&byte) && at + 1 < end && bytes[at + 1] == byte {
            into.verbatim(source, from, at);
            into.escape(source.get(at..at + 1).unwrap_or_default(), at, at + 2);
            at += 2;
            from = at;
            continue;
        }
        if byte != b'\\' || !escapes.backslash || at + 1 >= end {
            at += 1;
            continue;
        }
        let next = bytes[at + 1];
        let known = if escapes.only.is_empty() { true } else { escapes.only.contains(&next) };
        match if known { escape(source, at, end, escapes) } else { None } {
            Some((text, len)) => {
                into.verbatim(source, from, at);
                into.escape(&text, at, at + len);
                at += len;
                from = at;
            }
            None if known && !escapes.keeps_unknown => {
                // The character behind it stands for itself.
                into.verbatim(source, from, at);
                let len =
                    source.get(at + 1..end).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                into.escape(source.get(at + 1..at + 1 + len).unwrap_or_default(), at, at + 1 + len);
                at += 1 + len;
                from = at;
            }
            None => at += 2,
        }
    }
    into.verbatim(source, from, end);
}

/// The same without so many characters of white space at the beginning of each line; `fresh` is whether the range begins
/// one.
pub(super) fn decode_lines(
    source: &str,
    range: (usize, usize),
    escapes: &Escapes,
    indent: usize,
    fresh: bool,
    into: &mut Written,
) {
    let (mut at, end) = (range.0, range.1.min(source.len()));
    let bytes = source.as_bytes();
    let mut begins = fresh;
    while at < end {
        if begins {
            at += bytes[at..end].iter().take(indent).take_while(|b| matches!(b, b' ' | b'\t')).count();
        }
        let line = bytes[at..end].iter().position(|b| *b == b'\n').map_or(end, |len| at + len + 1);
        decode(source, at, line, escapes, into);
        begins = true;
        at = line;
    }
}

/// The least indentation of the lines of a range that are not blank, in characters; `also` is whether the last line counts
/// whatever stands on it.
pub(super) fn indentation(source: &str, range: (usize, usize), also: bool) -> usize {
    let text = source.get(range.0..range.1).unwrap_or_default();
    let count = text.split('\n').count();
    let lines =
        text.split('\n').enumerate().filter(|(n, line)| !line.trim().is_empty() || (also && n + 1 == count));
    lines.map(|(_, line)| line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()).min().unwrap_or(0)
}

/// The characters that an escape at a backslash stands for, and its length in bytes.
fn escape(source: &str, at: usize, end: usize, escapes: &Escapes) -> Option<(String, usize)> {
    let bytes = source.as_bytes();
    let next = *bytes.get(at + 1)?;
    let simple = |c: char| Some((c.to_string(), 2));
    match next {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'v' => simple('\u{b}'),
        b'a' => simple('\u{7}'),
        b's' if escapes.only.is_empty() && !escapes.keeps_unknown => simple(' '),
        b'e' if escapes.only.is_empty() && !escapes.keeps_unknown => simple('\u{1b}'),
        b'\\' | b'\'' | b'"' | b'`' | b'$' | b'#' => simple(next as char),
        b'\n' | b'\r' => {
            let mut len = if next == b'\r' && bytes.get(at + 2) == Some(&b'\n') { 3 } else { 2 };
            if escapes.eats_indent {
                len += bytes[at + len..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
            }
            Some((String::new(), len))
        }
        b'x' => number(source, at + 2, end, 16, 1, 2).map(|(c, len)| (c, 2 + len)),
        b'u' if bytes.get(at + 2) == Some(&b'{') => {
            let close = source.get(at + 3..end)?.find('}').filter(|len| *len <= 8)?;
            let (c, _) = number(source, at + 3, at + 3 + close, 16, 1, 8)?;
            Some((c, 4 + close))
        }
        b'u' => number(source, at + 2, end, 16, 4, 4).map(|(c, len)| (c, 2 + len)),
        b'U' => number(source, at + 2, end, 16, 8, 8).map(|(c, len)| (c, 2 + len)),
        b'0'..=b'7' => number(source, at + 1, end, 8, 1, 3).map(|(c, len)| (c, 1 + len)),
        b'N' if bytes.get(at + 2) == Some(&b'{') => {
            let close = source.get(at + 3..end)?.find('}')?;
            Some(("\u{fffd}".to_owned(), 4 + close))
        }
        _ => None,
    }
}

/// A character by its number in digits, at least `least` and at most `most` of them.
fn number(
    source: &str,
    at: usize,
    end: usize,
    radix: u32,
    least: usize,
    most: usize,
) -> Option<(String, usize)> {
    let text = source.get(at..end.min(source.len()))?;
    let len = text.bytes().take(most).take_while(|b| (*b as char).is_digit(radix)).count();
    if len < least {
        return None;
    }
    let code = u32::from_str_radix(text.get(..len)?, radix).ok()?;
    Some((char::from_u32(code).unwrap_or('\u{fffd}').to_string(), len))
}
