//! A string literal's content as a fragment of its own: bodies of functions and DO, SQL that a call takes as text.

use std::sync::Arc;

use crate::source::{Fragment, Hole, Piece, Span};

/// The content of the string literal that stands at `span` of the fragment (quotes included), with its map to the file.
/// None where no literal stands there.
pub fn literal_fragment(fragment: &Fragment, span: Span) -> Option<Fragment> {
    let source = fragment.text.get(span.range())?;
    let runs = runs(source)?;
    let mut text = String::new();
    let mut pieces = Vec::new();
    let mut holes = Vec::new();
    for run in runs {
        let start = text.len() as u32;
        let from = Span::new(span.start + run.start, span.start + run.end);
        match run.decoded {
            Some(decoded) => {
                text.push(decoded);
                let at = fragment.locate(from).span;
                pieces.push(Piece {
                    fragment: start,
                    file: at.start,
                    len: decoded.len_utf8() as u32,
                    file_len: at.end - at.start,
                });
            }
            None => {
                text.push_str(fragment.text.get(from.range())?);
                verbatim(fragment, from, start, &mut pieces);
                holes.extend(fragment.holes.iter().filter(|hole| from.contains(hole.span)).map(|hole| {
                    Hole {
                        span: Span::new(
                            start + hole.span.start - from.start,
                            start + hole.span.end - from.start,
                        ),
                        expression: hole.expression.clone(),
                        kind: hole.kind,
                        tenant: hole.tenant.clone(),
                        origin: hole.origin.clone(),
                    }
                }));
            }
        }
    }
    let text: Arc<str> = text.into();
    Some(Fragment { text, pieces, holes, ..fragment.bare() })
}

/// A run of a literal: copied, or one escape that stands for one character. Bytes of the literal.
struct Run {
    start: u32,
    end: u32,
    decoded: Option<char>,
}

fn runs(source: &str) -> Option<Vec<Run>> {
    let bytes = source.as_bytes();
    let copied = |start: usize, end: usize| Run { start: start as u32, end: end as u32, decoded: None };
    if bytes.first() == Some(&b'$') {
        let tag = source.get(1..)?.find('$')? + 2;
        let end = source.len().checked_sub(tag).filter(|&end| end >= tag)?;
        return Some(vec![copied(tag, end)]);
    }
    let escapes = matches!(bytes.first(), Some(b'e' | b'E'));
    let open = usize::from(escapes);
    if bytes.get(open) != Some(&b'\'') || source.len() < open + 2 || !source.ends_with('\'') {
        return None;
    }
    let (mut at, end) = (open + 1, source.len() - 1);
    let mut runs = Vec::new();
    let mut from = at;
    while at < end {
        let (decoded, len) = match (bytes[at], bytes.get(at + 1).copied().unwrap_or(0)) {
            (b'\'', b'\'') => ('\'', 2),
            (b'\\', next) if escapes => match next {
                b'n' => ('\n', 2),
                b't' => ('\t', 2),
                b'r' => ('\r', 2),
                b'\\' | b'\'' | b'"' => (char::from(next), 2),
                // Rarer escapes stay as they are written: no SQL is written with them.
                _ => {
                    at += 1;
                    continue;
                }
            },
            _ => {
                at += 1;
                continue;
            }
        };
        if from < at {
            runs.push(copied(from, at));
        }
        runs.push(Run { start: at as u32, end: (at + len) as u32, decoded: Some(decoded) });
        at += len;
        from = at;
    }
    if from < end {
        runs.push(copied(from, end));
    }
    Some(runs)
}

/// Maps a copied run through the pieces of the fragment that it is copied from.
fn verbatim(fragment: &Fragment, from: Span, start: u32, pieces: &mut Vec<Piece>) {
    if fragment.pieces.is_empty() {
        let len = from.end - from.start;
        pieces.push(Piece { fragment: start, file: from.start, len, file_len: len });
        return;
    }
    let first = fragment.pieces.partition_point(|p| p.fragment + p.len <= from.start);
    for piece in fragment.pieces.iter().skip(first) {
        if piece.fragment >= from.end {
            break;
        }
        let lo = piece.fragment.max(from.start);
        let hi = (piece.fragment + piece.len).min(from.end);
        let same = piece.len == piece.file_len;
        pieces.push(Piece {
            fragment: start + lo - from.start,
            file: if same { piece.file + lo - piece.fragment } else { piece.file },
            len: hi - lo,
            file_len: if same { hi - lo } else { piece.file_len },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn inner(text: &str) -> Option<(Fragment, Fragment)> {
        let outer = Fragment::whole(FileId(0), text.into());
        let start = text.find(['\'', '$', 'E'])?;
        let inner = literal_fragment(&outer, Span::new(start as u32, text.trim_end().len() as u32))?;
        Some((outer, inner))
    }

    #[test]
    fn places_of_a_body_are_places_of_the_file() {
        for (text, content, word, at) in [
            ("do $x$ select 1 $x$", " select 1 ", "select", 7),
            ("do 'a ''b'' select'", "a 'b' select", "select", 12),
            (r"do E'a\n\'select'", "a\n'select", "select", 10),
        ] {
            let (_, fragment) = inner(text).unwrap();
            assert_eq!(&*fragment.text, content);
            let start = content.find(word).unwrap() as u32;
            let place = fragment.locate(Span::new(start, start + word.len() as u32)).span;
            assert_eq!((place.start, place.end), (at, at + word.len() as u32), "{text}");
        }
    }

    #[test]
    fn a_literal_in_a_literal_maps_through_both() {
        let text = "do 'x ''select 1'''";
        let (_, body) = inner(text).unwrap();
        assert_eq!(&*body.text, "x 'select 1'");
        let nested = literal_fragment(&body, Span::new(2, 12)).unwrap();
        assert_eq!(&*nested.text, "select 1");
        let place = nested.locate(Span::new(7, 8)).span;
        assert_eq!(&text[place.range()], "1");
    }

    #[test]
    fn what_is_no_literal_has_no_content() {
        assert!(inner("do $x$ a").is_none());
        assert!(inner("do 'a").is_none());
        let outer = Fragment::whole(FileId(0), "abc".into());
        assert!(literal_fragment(&outer, Span::new(0, 3)).is_none());
        assert!(literal_fragment(&outer, Span::new(2, 9)).is_none());
    }
}
