//! Where a byte of a file stands for a person and for an editor: line, column in code points, column in UTF-16 units.

use crate::source::SourceFile;

/// A place in a file in every unit that a consumer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 0-based byte of the file on disk; a byte order mark counts.
    pub offset: u32,
    /// 1-based line; only `\n` ends one.
    pub line: u32,
    /// 1-based column in Unicode code points; a byte order mark does not count.
    pub column: u32,
    /// 1-based column in UTF-16 units; a byte order mark does not count.
    pub utf16: u32,
}

/// How many code points and UTF-16 units lie before every [`STEP`]th byte of a text, so that a column in a line of any
/// length is found without reading the line.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints(Vec<Units>);

const STEP: usize = 1024;
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Clone, Copy, Debug, Default)]
struct Units {
    points: u32,
    utf16: u32,
}

impl Units {
    fn after(self, text: &[u8]) -> Units {
        // A code point begins at every byte that is no continuation; those of four bytes are two UTF-16 units.
        let points = text.iter().filter(|b| !is_continuation(**b)).count() as u32;
        let astral = text.iter().filter(|b| **b >= 0xf0).count() as u32;
        Units { points: self.points + points, utf16: self.utf16 + points + astral }
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

impl Checkpoints {
    fn new(text: &str) -> Self {
        let mut units = Units::default();
        let mut all = vec![units];
        for chunk in text.as_bytes().chunks(STEP) {
            units = units.after(chunk);
            all.push(units);
        }
        Checkpoints(all)
    }

    fn before(&self, text: &str, offset: usize) -> Units {
        let step = offset / STEP;
        let rest = text.as_bytes().get(step * STEP..offset).unwrap_or_default();
        self.0.get(step).copied().unwrap_or_default().after(rest)
    }
}

impl SourceFile {
    /// The position of a byte of the file. A byte behind the end stands at the end; one inside a character, at its start.
    pub fn position(&self, offset: u32) -> Position {
        let text = &*self.text;
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line_starts.partition_point(|start| *start as usize <= at).max(1);
        let start = self.line_starts.get(line - 1).map_or(0, |s| *s as usize);
        let checkpoints = self.checkpoints.get_or_init(|| Checkpoints::new(text));
        let (from, to) = (checkpoints.before(text, start), checkpoints.before(text, at));
        let mark = u32::from(start == 0 && at > 0 && text.starts_with(BYTE_ORDER_MARK));
        Position {
            offset: at as u32,
            line: line as u32,
            column: to.points - from.points - mark + 1,
            utf16: to.utf16 - from.utf16 - mark + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, read literally: walk the text from its start.
    fn naive(text: &str, offset: usize) -> Position {
        let (mut line, mut column, mut utf16) = (1, 1, 1);
        for (at, c) in text.char_indices() {
            if at + c.len_utf8() > offset {
                break;
            }
            if c == '\n' {
                (line, column, utf16) = (line + 1, 1, 1);
            } else if !(at == 0 && c == BYTE_ORDER_MARK) {
                column += 1;
                utf16 += c.len_utf16() as u32;
            }
        }
        let mut at = offset.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Position { offset: at as u32, line, column, utf16 }
    }

    #[test]
    fn agrees_with_a_walk_from_the_start() {
        let long: String = "aé漢😀 ".repeat(700) + "\r\n" + &"é".repeat(3000);
        for text in ["", "a", "\n", "a\r\nb\n", "\u{feff}SELECT 1;\nä\u{feff}b", "😀\n😀x", &long] {
            let file = SourceFile::new("t.sql".to_owned(), text.into());
            for offset in 0..=text.len() + 2 {
                assert_eq!(file.position(offset as u32), naive(text, offset), "byte {offset} of {text:.40?}");
            }
        }
    }
}
