//! Places as the protocol names them: URIs, and lines and characters from 0 in the encoding that was agreed on.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::source::{SourceFile, Span};

/// What a character of a line is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
        }
    }

    pub(super) fn range(self, file: &SourceFile, span: Span) -> Value {
        json!({"start": self.position(file, span.start), "end": self.position(file, span.end)})
    }

    fn position(self, file: &SourceFile, offset: u32) -> Value {
        let line = file.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = file.line_starts.get(line).copied().unwrap_or(0);
        let before = file.text.get(start as usize..offset as usize).unwrap_or_default();
        let character = match self {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        json!({"line": line, "character": character})
    }

    /// The byte of a position; behind the end of a line its end.
    pub(super) fn offset(self, file: &SourceFile, position: &Value) -> Option<u32> {
        let number = |name: &str| position.get(name)?.as_u64();
        let line = usize::try_from(number("line")?).ok()?;
        let start = *file.line_starts.get(line)?;
        let rest = file.text.get(start as usize..)?;
        let rest = rest.split(['\n', '\r']).next()?;
        let mut left = number("character")?;
        for (at, c) in rest.char_indices() {
            let width = match self {
                Encoding::Utf8 => c.len_utf8(),
                Encoding::Utf16 => c.len_utf16(),
            } as u64;
            if left < width {
                return Some(start + at as u32);
            }
            left -= width;
        }
        Some(start + rest.len() as u32)
    }
}

/// The path of a `file:` URI.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    let path = path.get(path.find('/')?..)?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    Some(PathBuf::from(String::from_utf8(bytes).ok()?))
}

/// The `file:` URI of an absolute path.
pub(super) fn uri_of(path: &Path) -> String {
    format!("file://{}", crate::report::encoded(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_go_there_and_back() {
        let file = SourceFile::new("q.sql".to_owned(), "a😀é\r\nb\tc\n".into());
        for (offset, utf8, utf16) in [(0, 0, 0), (1, 1, 1), (5, 5, 3), (7, 7, 4)] {
            for (encoding, character) in [(Encoding::Utf8, utf8), (Encoding::Utf16, utf16)] {
                let position = json!({"line": 0, "character": character});
                assert_eq!(encoding.position(&file, offset), position);
                assert_eq!(encoding.offset(&file, &position), Some(offset));
            }
        }
        assert_eq!(Encoding::Utf16.offset(&file, &json!({"line": 0, "character": 99})), Some(7));
        assert_eq!(Encoding::Utf16.offset(&file, &json!({"line": 1, "character": 2})), Some(11));
        assert_eq!(Encoding::Utf16.offset(&file, &json!({"line": 9, "character": 0})), None);
    }

    #[test]
    fn paths_go_there_and_back() {
        let path = PathBuf::from("/a b/%é.sql");
        assert_eq!(uri_of(&path), "file:///a%20b/%25%C3%A9.sql");
        assert_eq!(path_of(&uri_of(&path)), Some(path));
        assert_eq!(path_of("untitled:Untitled-1"), None);
        assert_eq!(path_of("file:///a%2"), None);
    }
}
