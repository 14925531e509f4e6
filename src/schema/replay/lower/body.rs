//! The text inside a string literal as a fragment of its own, each byte with its place in the file.

use std::sync::Arc;

use crate::source::{Fragment, Piece, Span};

/// The content of the literal that covers `literal` in `fragment`: `$tag$...$tag$`, `'...'` or `E'...'`.
pub(super) fn content(fragment: &Fragment, literal: Span) -> Option<Fragment> {
    let text = fragment.text.get(literal.range())?;
    let mut builder = Builder::new(fragment);
    if text.starts_with('$') {
        let tag = text.get(..text.get(1..)?.find('$')? + 2)?;
        let inside = text.strip_prefix(tag)?.strip_suffix(tag)?;
        let start = literal.start + tag.len() as u32;
        builder.verbatim(Span::new(start, start + inside.len() as u32));
        return Some(builder.finish());
    }
    let open = text.find('\'')?;
    let escapes = text.get(..open)?.eq_ignore_ascii_case("e");
    let inside = text.get(open + 1..)?.strip_suffix('\'')?;
    let base = literal.start + open as u32 + 1;
    let mut run = 0usize;
    let mut chars = inside.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let escaped = match (c, chars.peek()) {
            ('\'', Some((_, '\''))) => '\'',
            ('\\', Some((_, 'n'))) if escapes => '\n',
            ('\\', Some((_, 't'))) if escapes => '\t',
            ('\\', Some((_, 'r'))) if escapes => '\r',
            ('\\', Some((_, other))) if escapes => *other,
            _ => continue,
        };
        let next = chars.next().map_or(at + 1, |(i, c)| i + c.len_utf8());
        builder.verbatim(Span::new(base + run as u32, base + at as u32));
        let mut buffer = [0u8; 4];
        let with = escaped.encode_utf8(&mut buffer);
        builder.replace(Span::new(base + at as u32, base + next as u32), with);
        run = next;
    }
    builder.verbatim(Span::new(base + run as u32, base + inside.len() as u32));
    Some(builder.finish())
}

/// `RETURN expression` as the query that it stands for. `span` begins at the word RETURN.
pub(super) fn returned(fragment: &Fragment, span: Span) -> Option<Fragment> {
    let text = fragment.text.get(span.range())?;
    let word = "RETURN".len();
    if !text.get(..word)?.eq_ignore_ascii_case("return") {
        return None;
    }
    let mut builder = Builder::new(fragment);
    builder.replace(Span::new(span.start, span.start + word as u32), "SELECT");
    builder.verbatim(Span::new(span.start + word as u32, span.end));
    Some(builder.finish())
}

struct Builder<'a> {
    outer: &'a Fragment,
    text: String,
    pieces: Vec<Piece>,
}

impl<'a> Builder<'a> {
    fn new(outer: &'a Fragment) -> Self {
        Builder { outer, text: String::new(), pieces: Vec::new() }
    }

    /// Bytes of the outer fragment as they are; cut where the outer fragment's own pieces end.
    fn verbatim(&mut self, span: Span) {
        let mut start = span.start;
        while start < span.end {
            let piece = self
                .outer
                .pieces
                .iter()
                .rev()
                .find(|p| p.fragment <= start)
                .map(|p| (p.fragment + p.len, p.len == p.file_len));
            let (end, plain) = match piece {
                Some((end, plain)) if end > start => (end.min(span.end), plain),
                _ => (span.end, true),
            };
            let run = Span::new(start, end);
            let file = self.outer.locate(run).span;
            let len = end - start;
            self.pieces.push(Piece {
                fragment: self.text.len() as u32,
                file: file.start,
                len,
                file_len: if plain { len } else { file.end - file.start },
            });
            self.text.push_str(self.outer.text.get(run.range()).unwrap_or_default());
            start = end;
        }
    }

    /// Other text in place of bytes of the outer fragment.
    fn replace(&mut self, span: Span, with: &str) {
        let file = self.outer.locate(span).span;
        self.pieces.push(Piece {
            fragment: self.text.len() as u32,
            file: file.start,
            len: with.len() as u32,
            file_len: file.end - file.start,
        });
        self.text.push_str(with);
    }

    fn finish(self) -> Fragment {
        let Builder { outer, text, mut pieces } = self;
        if pieces.is_empty() {
            pieces.push(Piece { fragment: 0, file: outer.locate(Span::new(0, 0)).span.start, len: 0, file_len: 0 });
        }
        Fragment {
            file: outer.file,
            text: Arc::from(text),
            pieces,
            // A spliced value inside a string of the schema is rare and stays with the outer statement.
            holes: Vec::new(),
            function: outer.function.clone(),
        }
    }
}
