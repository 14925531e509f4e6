//! Files in: walking, [`SourceFile`], byte spans and [`Fragment`] (SQL text with its map back to the file). Knows
//! nothing about SQL.

pub mod git;
pub mod paths;
mod position;
mod read;
mod walk;

use std::sync::{Arc, OnceLock};

pub use position::Position;
pub use read::{Limits, MEGABYTE, Provider, ReadError};
pub use walk::{Walk, Walked, is_left_out};

/// A half-open range of bytes, 0-based. Which text it ranges over is said where it is used: a file on disk, or a
/// fragment's SQL text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Span { start, end }
    }

    /// The smallest range that holds both.
    pub fn join(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether the range holds no byte.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `other` lies within this range.
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// As a range usable for slicing.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file of the run, an index into [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place in a file on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// Bytes of the file as it is on disk (a byte order mark counts).
    pub span: Span,
}

/// One file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Path as reported, relative to the working directory, with `/`.
    pub path: String,
    /// Content, read lossily: bytes that are not UTF-8 are replaced one by one by `?`, so offsets stay true.
    pub text: Arc<str>,
    /// Byte offset of each line's first byte; only `\n` ends a line.
    pub line_starts: Vec<u32>,
    checkpoints: OnceLock<position::Checkpoints>,
}

impl SourceFile {
    /// A file of the given text.
    pub fn new(path: String, text: Arc<str>) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        SourceFile { path, text, line_starts, checkpoints: OnceLock::new() }
    }
}

/// All files of a run, in a fixed order.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and names it.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of that name.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Every file with its id.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }
}

/// One run of a fragment's bytes that maps to one run of the file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where the run starts in the fragment's text.
    pub fragment: u32,
    /// Where it starts in the file.
    pub file: u32,
    /// Length in the fragment.
    pub len: u32,
    /// Length in the file: equal to `len` where the run is verbatim, else the run is an escape and maps as a whole.
    pub file_len: u32,
}

/// How the identifiers start that stand for spliced text. A number follows that indexes [`Fragment::holes`], then `_`
/// where a digit comes next.
pub const HOLE_PREFIX: &str = "sqlmoat_hole_";

/// How [`Hole::expression`] begins where it is no expression of the program: it then says in words what the text has there.
const IN_WORDS: &[&str] = &["what is added ", "which of ", "the rest of "];

/// Whether the expression of a hole is words about it.
pub fn in_words(expression: &str) -> bool {
    IN_WORDS.iter().any(|words| expression.starts_with(words))
}

/// What a program splices into SQL text at run time.
#[derive(Clone, Debug)]
pub struct Hole {
    /// Where its stand-in lies in the fragment's text.
    pub span: Span,
    /// The expression as written in the host language or template, or words about it ([`in_words`]).
    pub expression: String,
    /// How it gets there.
    pub kind: HoleKind,
    /// Where it is a condition that ties rows to the tenant: the column that it compares.
    pub tenant: Option<Arc<str>>,
    /// Where its value comes from, as far as the program shows it.
    pub origin: Option<Origin>,
}

/// Where a value of a program comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is a parameter of the function of that name, or of one without a name.
    Parameter(Option<String>),
    /// A client sent it.
    Request,
    /// It is a variable of the process's environment.
    Environment,
    /// The function of that name returned it.
    Returned(String),
    /// It is a field of the object that the function belongs to.
    Field,
    /// It is called as constants and members of enumerations are, in capitals, and declared elsewhere.
    Constant,
}

/// How a value gets into SQL text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HoleKind {
    /// As a parameter, where a value may stand: the database never reads it as SQL.
    Bound,
    /// As text that may say anything.
    #[default]
    Spliced,
    /// As text that cannot say anything but one value or name: a number, or what a quoting function made.
    Harmless,
    /// As text that is known to be more than one value: a clause, or several of them.
    Clause,
}

/// The host expression that a program binds to a placeholder.
#[derive(Clone, Debug)]
pub struct Bind {
    /// The placeholder, bytes of the fragment's text.
    pub span: Span,
    /// The expression as written.
    pub expression: String,
}

/// Whether an expression of a program names one value: it calls nothing and computes nothing.
pub fn is_stable(expression: &str) -> bool {
    !expression.is_empty()
        && !expression.starts_with(|c: char| c.is_ascii_digit())
        && expression
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@' | '?' | '!' | '&' | '*' | ':'))
}

/// Where a program holds a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// The host statement around it, bytes of the file.
    pub anchor: Span,
    /// Whether the program is seen to give it to the database.
    pub is_run: bool,
}

/// SQL text, the file it came from, and the map from its bytes to the file's.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// The file.
    pub file: FileId,
    /// The SQL text.
    pub text: Arc<str>,
    /// Runs in ascending order that cover `text`; empty when the text is the file from its first byte on.
    pub pieces: Vec<Piece>,
    /// Spliced text.
    pub holes: Vec<Hole>,
    /// What is bound to placeholders, as far as it is visible, by place.
    pub binds: Vec<Bind>,
    /// The enclosing function, where there is one.
    pub function: Option<String>,
    /// The program that holds it; none for a SQL file.
    pub host: Option<Host>,
}

impl Fragment {
    /// A whole file as one fragment, without its byte order mark.
    pub fn whole(file: FileId, text: Arc<str>) -> Self {
        let (text, pieces) = match text.strip_prefix('\u{feff}') {
            Some(rest) => {
                let (mark, len) = ((text.len() - rest.len()) as u32, rest.len() as u32);
                (rest.into(), vec![Piece { fragment: 0, file: mark, len, file_len: len }])
            }
            None => (text, Vec::new()),
        };
        Fragment { file, text, pieces, holes: Vec::new(), binds: Vec::new(), function: None, host: None }
    }

    /// A part of the text as a fragment of its own, with its places and holes; `None` where `span` cuts a character.
    pub fn excerpt(&self, span: Span) -> Option<Fragment> {
        let text = self.text.get(span.range())?;
        let mut pieces = Vec::new();
        let all = [Piece { fragment: 0, file: 0, len: u32::MAX, file_len: u32::MAX }];
        let own = if self.pieces.is_empty() { all.as_slice() } else { self.pieces.as_slice() };
        let first = own.partition_point(|p| p.fragment.saturating_add(p.len) <= span.start);
        for piece in own.iter().skip(first).take_while(|p| p.fragment < span.end) {
            let from = piece.fragment.max(span.start);
            let to = piece.fragment.saturating_add(piece.len).min(span.end);
            let verbatim = piece.len == piece.file_len;
            pieces.push(Piece {
                fragment: from - span.start,
                file: if verbatim { piece.file + (from - piece.fragment) } else { piece.file },
                len: to - from,
                file_len: if verbatim { to - from } else { piece.file_len },
            });
        }
        if pieces.is_empty() {
            let at = self.locate(Span::new(span.start, span.start)).span.start;
            pieces.push(Piece { fragment: 0, file: at, len: 0, file_len: 0 });
        }
        let inside = self.holes.iter().filter(|hole| span.contains(hole.span));
        let holes = inside
            .map(|hole| Hole {
                span: Span::new(hole.span.start - span.start, hole.span.end - span.start),
                expression: hole.expression.clone(),
                kind: hole.kind,
                tenant: hole.tenant.clone(),
                origin: hole.origin.clone(),
            })
            .collect();
        Some(Fragment { text: text.into(), pieces, holes, ..self.bare() })
    }

    /// Its file, function and host, without any text.
    pub fn bare(&self) -> Fragment {
        Fragment {
            file: self.file,
            text: "".into(),
            pieces: Vec::new(),
            holes: Vec::new(),
            binds: Vec::new(),
            function: self.function.clone(),
            host: self.host,
        }
    }

    /// The host expression at a placeholder, or at the stand-in of a hole.
    pub fn bound_at(&self, span: Span) -> Option<&Bind> {
        self.binds
            .binary_search_by_key(&span.start, |bind| bind.span.start)
            .ok()
            .and_then(|i| self.binds.get(i))
    }

    /// Whether a text can be written there as it is: inside a run that is verbatim, and without characters that a literal
    /// of a program might take for its own.
    pub fn can_take(&self, location: Location, text: &str) -> bool {
        let is_plain = !text.contains(['"', '\'', '`', '\\', '\n', '{', '}', '%', '$', '#'])
            && !text.contains(HOLE_PREFIX);
        let verbatim = |piece: &Piece| {
            piece.len == piece.file_len
                && piece.file <= location.span.start
                && location.span.end <= piece.file + piece.file_len
        };
        is_plain && location.file == self.file && self.pieces.iter().any(verbatim)
    }

    /// A message with the stand-ins of holes replaced by what they stand for.
    pub fn readable(&self, message: String) -> String {
        if self.holes.is_empty() || !message.contains(HOLE_PREFIX) {
            return message;
        }
        let mut result = String::with_capacity(message.len());
        let mut parts = message.split(HOLE_PREFIX);
        result.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            match number.parse::<usize>().ok().and_then(|n| self.holes.get(n)) {
                Some(hole) => {
                    result.push_str(&format!("{{{}}}", hole.expression));
                    result.push_str(rest.strip_prefix('_').unwrap_or(rest));
                }
                None => {
                    result.push_str(HOLE_PREFIX);
                    result.push_str(part);
                }
            }
        }
        result
    }

    /// The place in the file that `span` of the fragment's text came from.
    pub fn locate(&self, span: Span) -> Location {
        let at = |offset: u32, end: bool| -> u32 {
            if self.pieces.is_empty() {
                return offset;
            }
            let probe = if end && offset > 0 { offset - 1 } else { offset };
            let i = self.pieces.partition_point(|p| p.fragment <= probe).saturating_sub(1);
            let p = self.pieces[i];
            let into = offset - p.fragment;
            if p.len == p.file_len {
                p.file + into.min(p.file_len)
            } else if end {
                p.file + p.file_len
            } else {
                p.file
            }
        };
        let start = at(span.start, false);
        let end = if span.is_empty() { start } else { at(span.end, true) };
        Location { file: self.file, span: Span::new(start, end.max(start)) }
    }
}
