//! Text to raw tokens: kinds and byte ranges, nothing copied. Reads PostgreSQL's lexical rules (manual 4.1), the parts of
//! MySQL's and SQLite's that differ, psql's meta-commands, and the placeholders and template marks of drivers and tools.
//! Never fails: what is not terminated runs to the end of the text and says so.

mod marks;

use self::marks::{KNOWN_OPERATORS, names_follow, placeholder_len, precedes_operand, simple_operator};
use super::Dialect;

/// What a raw token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `-- ...`, or `# ...` in MySQL; without the line break.
    LineComment,
    /// `/* ... */`, nested in PostgreSQL.
    BlockComment,
    /// A template's control mark, `{% ... %}` or `{{ if .. }}`: no text of its own, but what stands around it is conditional.
    Directive,
    /// An unquoted name or keyword.
    Word,
    /// `"x"`, `` `x` `` or `[x]`.
    QuotedName,
    /// `U&"x"`.
    UnicodeName,
    /// `'x'`; in MySQL also `"x"`.
    String,
    /// `E'x'`.
    EscapeString,
    /// `U&'x'`.
    UnicodeString,
    /// `B'x'`.
    BitString,
    /// `X'x'`.
    HexString,
    /// `N'x'`.
    NationalString,
    /// `$$x$$`, `$tag$x$tag$`.
    DollarString,
    /// A number.
    Number,
    /// A value bound at run time: `$1`, `:name`, `?`, `%s`, `%(name)s`, `@name`, `#{x}`.
    Placeholder,
    /// Text spliced in at run time: `${x}`, `{{ x }}`, `{x}`.
    Hole,
    /// A run of operator characters, one operator.
    Operator,
    /// `(`.
    LParen,
    /// `)`.
    RParen,
    /// `[`.
    LBracket,
    /// `]`.
    RBracket,
    /// `{` that opens no template mark.
    LBrace,
    /// `}`.
    RBrace,
    /// `,`.
    Comma,
    /// `;`.
    Semicolon,
    /// `.`.
    Dot,
    /// `..`.
    DotDot,
    /// `:`.
    Colon,
    /// `::`.
    DoubleColon,
    /// `:=`.
    Assign,
    /// A backslash command of psql, to the end of its line.
    Meta,
    /// A string, name or comment whose end is missing.
    Unterminated,
    /// A character that starts no token.
    Unknown,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// What it is.
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
}

impl Raw {
    /// Its text.
    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Whether it is that word (given in upper case), unquoted.
    pub(super) fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(text).eq_ignore_ascii_case(word)
    }
}

/// Longest template mark that is looked for, bytes; bounds the look-ahead behind `{`.
const MAX_MARK: usize = 2000;

/// Reads raw tokens from a position on.
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    dialect: Dialect,
    previous: Option<Raw>,
    /// Open parentheses and brackets, `true` for a bracket: tells an array slice from a placeholder.
    open: Vec<bool>,
    newline: bool,
    /// Whether a backslash in `'x'` escapes: always in MySQL, in PostgreSQL while `standard_conforming_strings` is off.
    backslashes: bool,
    /// How many conditions and loops in double braces are open.
    controls: u32,
    /// Whether the value that comes is that of `standard_conforming_strings`.
    sets_strings: bool,
}

impl<'a> Lexer<'a> {
    /// Over the whole text.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Lexer {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            dialect,
            previous: None,
            open: Vec::new(),
            newline: true,
            backslashes: dialect == Dialect::MySql,
            controls: 0,
            sets_strings: false,
        }
    }

    /// Where the next token is looked for.
    pub(super) fn position(&self) -> usize {
        self.pos
    }

    /// Continues at another place, as behind the data of a COPY.
    pub(super) fn jump(&mut self, to: usize) {
        self.pos = to.min(self.bytes.len());
        self.newline = true;
        self.end_statement();
    }

    /// Forgets what was open: a new statement starts.
    pub(super) fn end_statement(&mut self) {
        self.previous = None;
        self.open.clear();
    }

    /// Whether no parenthesis or bracket is open.
    pub(super) fn at_top_level(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether a line break stood between the last token and the one before it.
    pub(super) fn crossed_line(&self) -> bool {
        self.newline
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Option<Raw> {
        self.skip_space();
        let start = self.pos;
        let first = *self.bytes.get(start)?;
        let kind = self.read(first);
        if self.pos <= start {
            // A token is never empty: whatever was not understood is one character.
            self.pos = start + char_len(first);
        }
        self.pos = self.pos.min(self.bytes.len());
        let raw = Raw { kind, start: start as u32, end: self.pos as u32 };
        match kind {
            Kind::LineComment | Kind::BlockComment | Kind::Directive => {}
            _ => {
                match kind {
                    Kind::LParen => self.open.push(false),
                    Kind::LBracket => self.open.push(true),
                    Kind::RParen | Kind::RBracket => {
                        self.open.pop();
                    }
                    _ => {}
                }
                if self.dialect == Dialect::Postgres {
                    self.setting(raw);
                }
                self.previous = Some(raw);
            }
        }
        Some(raw)
    }

    /// Follows `SET [SESSION | LOCAL] standard_conforming_strings { = | TO } value`.
    fn setting(&mut self, raw: Raw) {
        let of_set =
            |previous: Raw| ["SET", "SESSION", "LOCAL"].iter().any(|w| previous.is_word(self.text, w));
        if self.sets_strings {
            if raw.kind == Kind::Operator || raw.is_word(self.text, "TO") {
                return;
            }
            let value = raw.text(self.text).trim_matches('\'').to_ascii_lowercase();
            self.backslashes = ["off", "false", "no", "0"].contains(&value.as_str());
            self.sets_strings = false;
        } else if raw.kind == Kind::Word && self.previous.is_some_and(of_set) {
            self.sets_strings = raw.is_word(self.text, "STANDARD_CONFORMING_STRINGS");
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        self.newline = false;
        while let Some(&b) = self.bytes.get(self.pos) {
            match b {
                b'\n' => {
                    self.newline = true;
                    self.pos += 1;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.pos += 1,
                // A byte order mark, at the start of a file or where files were concatenated.
                0xef if self.bytes[self.pos..].starts_with(&[0xef, 0xbb, 0xbf]) => self.pos += 3,
                _ => break,
            }
        }
    }

    fn read(&mut self, first: u8) -> Kind {
        match first {
            b'-' if self.peek(1) == b'-' && self.is_dash_comment() => self.line_comment(),
            b'#' if self.dialect == Dialect::MySql && self.peek(1) != b'{' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'\'' => self.string(Kind::String, self.backslashes),
            b'"' if self.dialect == Dialect::MySql => self.quoted(b'"', Kind::String, true),
            b'"' => self.quoted(b'"', Kind::QuotedName, false),
            b'`' if self.dialect != Dialect::Postgres => self.quoted(b'`', Kind::QuotedName, false),
            b'[' if self.dialect == Dialect::Sqlite => self.quoted(b']', Kind::QuotedName, false),
            b'$' => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() && !self.touches_operand() => self.number(),
            b'.' if self.peek(1) == b'.' => self.take(2, Kind::DotDot),
            b'.' => self.take(1, Kind::Dot),
            b'(' => self.take(1, Kind::LParen),
            b')' => self.take(1, Kind::RParen),
            b'[' => self.take(1, Kind::LBracket),
            b']' => self.take(1, Kind::RBracket),
            b',' => self.take(1, Kind::Comma),
            b';' => self.take(1, Kind::Semicolon),
            b'{' => self.brace(),
            b'}' => self.take(1, Kind::RBrace),
            b':' => self.colon(),
            // psql sends `\;` as a separator.
            b'\\' if self.peek(1) == b';' => self.take(2, Kind::Semicolon),
            b'\\' => {
                self.skip_line();
                Kind::Meta
            }
            b if is_operator_byte(b) => self.operator(),
            b if is_name_start(b) => self.word(first),
            _ => self.take(1, Kind::Unknown),
        }
    }

    fn take(&mut self, len: usize, kind: Kind) -> Kind {
        self.pos += len;
        kind
    }

    /// To the end of the line, which PostgreSQL sees at a carriage return as well (scan.l, `non_newline`).
    fn skip_line(&mut self) {
        let rest = &self.bytes[self.pos..];
        let carriage_return = self.dialect == Dialect::Postgres;
        let ends = |b: &u8| *b == b'\n' || carriage_return && *b == b'\r';
        self.pos += rest.iter().position(ends).unwrap_or(rest.len());
    }

    /// MySQL wants white space behind the dashes: `5--1` is a subtraction there (manual 1.6.2.4).
    fn is_dash_comment(&self) -> bool {
        self.dialect != Dialect::MySql || self.peek(2) <= b' '
    }

    fn line_comment(&mut self) -> Kind {
        self.skip_line();
        Kind::LineComment
    }

    fn block_comment(&mut self) -> Kind {
        let nested = self.dialect == Dialect::Postgres;
        let mut depth = 1usize;
        self.pos += 2;
        while let Some(&b) = self.bytes.get(self.pos) {
            match (b, self.peek(1)) {
                (b'*', b'/') => {
                    self.pos += 2;
                    depth -= 1;
                    if depth == 0 {
                        return Kind::BlockComment;
                    }
                }
                (b'/', b'*') if nested => {
                    self.pos += 2;
                    depth += 1;
                }
                _ => self.pos += 1,
            }
        }
        Kind::Unterminated
    }

    fn string(&mut self, kind: Kind, backslash: bool) -> Kind {
        self.quoted(b'\'', kind, backslash)
    }

    /// From the opening quote to the closing one; a doubled closing quote is content.
    fn quoted(&mut self, close: u8, kind: Kind, backslash: bool) -> Kind {
        self.pos += 1;
        while let Some(&b) = self.bytes.get(self.pos) {
            self.pos += 1;
            if b == close {
                if self.peek(0) == close && close != b']' {
                    self.pos += 1;
                } else {
                    return kind;
                }
            } else if b == b'\\' && backslash {
                self.pos += 1;
            }
        }
        Kind::Unterminated
    }

    fn dollar(&mut self) -> Kind {
        let next = self.peek(1);
        if next.is_ascii_digit() {
            self.pos += 1;
            self.skip_while(|b| b.is_ascii_digit());
            return Kind::Placeholder;
        }
        if next == b'{' {
            return self.mark(2, b"}", Kind::Hole).unwrap_or_else(|| self.take(1, Kind::Unknown));
        }
        let name = self.bytes[self.pos + 1..]
            .iter()
            .take_while(|&&b| is_name_start(b) || b.is_ascii_digit())
            .count();
        let close = self.peek(1 + name);
        if close == b'$' && self.dialect == Dialect::Postgres {
            let tag_len = name + 2;
            let tag = &self.bytes[self.pos..self.pos + tag_len];
            let body = &self.bytes[self.pos + tag_len..];
            return match find(body, tag) {
                Some(at) => self.take(tag_len + at + tag_len, Kind::DollarString),
                None => {
                    self.pos = self.bytes.len();
                    Kind::Unterminated
                }
            };
        }
        if name > 0 {
            return self.take(1 + name, Kind::Placeholder);
        }
        // pg-promise: `$(name)`, `$/name/`, `$<name>`, `$[name]`.
        let end: &[u8] = match next {
            b'(' => b")",
            b'/' => b"/",
            b'<' => b">",
            b'[' => b"]",
            _ => return self.take(1, Kind::Unknown),
        };
        match self.mark_end(2, end).filter(|&len| {
            len > 2 + end.len()
                && self.bytes[self.pos + 2..self.pos + len - end.len()]
                    .iter()
                    .all(|&b| is_name_part(b) || matches!(b, b'.' | b':'))
        }) {
            Some(len) => self.take(len, Kind::Placeholder),
            None => self.take(1, Kind::Unknown),
        }
    }

    fn brace(&mut self) -> Kind {
        match self.peek(1) {
            b'{' => self.mark_end(2, b"}}").map(|len| {
                let mark = self.text.get(self.pos..self.pos + len).unwrap_or_default();
                let control = Control::of(mark, self.controls > 0);
                match control {
                    Some(Control::Opens) => self.controls += 1,
                    Some(Control::Closes) => self.controls -= 1,
                    Some(Control::Parts) | None => {}
                }
                self.take(len, if control.is_some() { Kind::Directive } else { Kind::Hole })
            }),
            b'%' => self.mark(2, b"%}", Kind::Directive),
            b'#' => self.mark(2, b"#}", Kind::BlockComment),
            b if is_name_start(b) || b.is_ascii_digit() => self
                .mark_end(1, b"}")
                .filter(|&len| {
                    self.bytes[self.pos + 1..self.pos + len - 1]
                        .iter()
                        .all(|&b| is_name_part(b) || matches!(b, b'.' | b'[' | b']' | b'!'))
                })
                .map(|len| self.take(len, Kind::Hole)),
            b'}' => Some(self.take(2, Kind::Hole)),
            _ => None,
        }
        .unwrap_or_else(|| self.take(1, Kind::LBrace))
    }

    /// Takes a template mark that ends with `end`, if it does so near by.
    fn mark(&mut self, open: usize, end: &[u8], kind: Kind) -> Option<Kind> {
        let len = self.mark_end(open, end)?;
        Some(self.take(len, kind))
    }

    /// Length of a template mark from here; quotes and inner braces are balanced.
    fn mark_end(&self, open: usize, end: &[u8]) -> Option<usize> {
        let rest = &self.bytes[self.pos..];
        let rest = &rest[..rest.len().min(MAX_MARK)];
        let mut at = open;
        let mut depth = 0usize;
        while at < rest.len() {
            if depth == 0 && rest[at..].starts_with(end) {
                return Some(at + end.len());
            }
            match rest[at] {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                quote @ (b'\'' | b'"') => {
                    let close = rest[at + 1..].iter().position(|&b| b == quote || b == b'\n')?;
                    at += close + 1;
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn number(&mut self) -> Kind {
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B') {
            let hex = self.peek(1).eq_ignore_ascii_case(&b'x');
            let digits = self.bytes[self.pos + 2..]
                .iter()
                .take_while(|&&b| b == b'_' || if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
                .count();
            if digits > 0 {
                return self.take(2 + digits, Kind::Number);
            }
        }
        let digit = |b: u8| b.is_ascii_digit() || b == b'_';
        self.skip_while(digit);
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.pos += 1;
            self.skip_while(digit);
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.pos += 1 + sign;
                self.skip_while(digit);
            }
        }
        Kind::Number
    }

    fn skip_while(&mut self, f: impl Fn(u8) -> bool) {
        while self.bytes.get(self.pos).is_some_and(|&b| f(b)) {
            self.pos += 1;
        }
    }

    fn word(&mut self, first: u8) -> Kind {
        let next = self.peek(1);
        if next == b'\'' {
            let kind = match first {
                b'e' | b'E' if self.dialect == Dialect::Postgres => Some(Kind::EscapeString),
                b'b' | b'B' => Some(Kind::BitString),
                b'x' | b'X' => Some(Kind::HexString),
                b'n' | b'N' => Some(Kind::NationalString),
                _ => None,
            };
            if let Some(kind) = kind {
                self.pos += 1;
                return self.string(kind, kind == Kind::EscapeString || self.backslashes);
            }
        }
        if matches!(first, b'u' | b'U') && next == b'&' && self.dialect == Dialect::Postgres {
            match self.peek(2) {
                b'\'' => {
                    self.pos += 2;
                    return self.string(Kind::UnicodeString, false);
                }
                b'"' => {
                    self.pos += 2;
                    return self.quoted(b'"', Kind::UnicodeName, false);
                }
                _ => {}
            }
        }
        self.skip_while(is_name_part);
        Kind::Word
    }

    fn colon(&mut self) -> Kind {
        match self.peek(1) {
            b':' => return self.take(2, Kind::DoubleColon),
            b'=' => return self.take(2, Kind::Assign),
            _ => {}
        }
        // What ends an operand right before a colon makes it a slice (`a[1:n]`) or a pair (`json_object('k':v)`).
        let in_bracket = self.open.last().copied().unwrap_or(false);
        if self.touches_operand() || (in_bracket && self.after_operand()) {
            return self.take(1, Kind::Colon);
        }
        match self.peek(1) {
            b if is_name_start(b) => {
                self.pos += 2;
                self.skip_while(is_name_part);
                // pgtyped marks a parameter as required by `!`.
                if self.peek(0) == b'!' && !is_operator_byte(self.peek(1)) {
                    self.pos += 1;
                }
                Kind::Placeholder
            }
            b if b.is_ascii_digit() && !in_bracket => {
                self.pos += 2;
                self.skip_while(|b| b.is_ascii_digit());
                Kind::Placeholder
            }
            // psql: `:'name'` is a value, `:"name"` a name.
            quote @ (b'\'' | b'"') => {
                let kind = if quote == b'\'' { Kind::Placeholder } else { Kind::Hole };
                match self.mark_end(2, &[quote]) {
                    Some(len) => self.take(len, kind),
                    None => self.take(1, Kind::Colon),
                }
            }
            // Spring: `:#{#principal.id}`.
            b'#' if self.peek(2) == b'{' => {
                self.mark(3, b"}", Kind::Placeholder).unwrap_or_else(|| self.take(1, Kind::Colon))
            }
            _ => self.take(1, Kind::Colon),
        }
    }

    /// Whether the previous token ends directly before this byte and is one that an operand ends with.
    fn touches_operand(&self) -> bool {
        self.previous.is_some_and(|p| p.end as usize == self.pos) && self.after_operand()
    }

    /// Whether an operand ends with the previous token, so that an operator follows and no placeholder.
    fn after_operand(&self) -> bool {
        let Some(previous) = self.previous else { return false };
        match previous.kind {
            Kind::Word => !precedes_operand(previous.text(self.text)),
            Kind::QuotedName
            | Kind::UnicodeName
            | Kind::String
            | Kind::EscapeString
            | Kind::UnicodeString
            | Kind::BitString
            | Kind::HexString
            | Kind::NationalString
            | Kind::DollarString
            | Kind::Number
            | Kind::Placeholder
            | Kind::Hole
            | Kind::RParen
            | Kind::RBracket
            | Kind::RBrace => true,
            Kind::LineComment
            | Kind::BlockComment
            | Kind::Directive
            | Kind::Operator
            | Kind::LParen
            | Kind::LBracket
            | Kind::LBrace
            | Kind::Comma
            | Kind::Semicolon
            | Kind::Dot
            | Kind::DotDot
            | Kind::Colon
            | Kind::DoubleColon
            | Kind::Assign
            | Kind::Meta
            | Kind::Unterminated
            | Kind::Unknown => false,
        }
    }

    /// A run of operator characters; drivers' marks that touch an operator (`=?`, `=@id`, `=%s`, `=#{x}`) are cut off.
    fn operator(&mut self) -> Kind {
        if let Some(kind) = self.placeholder_mark() {
            return kind;
        }
        let rest = &self.bytes[self.pos..];
        let mut len = rest.iter().take_while(|&&b| is_operator_byte(b)).count();
        // A comment ends an operator.
        for at in 1..len {
            let (a, b) = (rest[at], rest.get(at + 1).copied().unwrap_or(0));
            if (a == b'-' && b == b'-') || (a == b'/' && b == b'*') {
                len = at;
                break;
            }
        }
        if self.dialect != Dialect::Postgres {
            return self.take(simple_operator(&rest[..len]), Kind::Operator);
        }
        // `+` and `-` end no operator unless it holds a character that no standard operator has (manual 4.1.3).
        if !rest[..len].iter().any(|b| b"~!@#%^&|`?".contains(b)) {
            while len > 1 && matches!(rest[len - 1], b'+' | b'-') {
                len -= 1;
            }
        }
        let run = &rest[..len];
        if run[1..].iter().any(|b| b"?@%#".contains(b)) && !KNOWN_OPERATORS.contains(&run) {
            for at in 1..len {
                if matches!(rest[at], b'?' | b'@' | b'%' | b'#')
                    && KNOWN_OPERATORS.contains(&&run[..at])
                    && placeholder_len(&rest[at..]).is_some_and(|(mark, _)| mark >= len - at)
                {
                    return self.take(at, Kind::Operator);
                }
            }
        }
        self.take(len, Kind::Operator)
    }

    /// A driver's placeholder that starts with an operator character, at a place where an operand is due. Elsewhere than
    /// in PostgreSQL `?` and `@x` are placeholders wherever they stand; `%` is an operator behind an operand everywhere.
    fn placeholder_mark(&mut self) -> Option<Kind> {
        let (len, kind) = placeholder_len(&self.bytes[self.pos..])?;
        let percent = self.bytes[self.pos] == b'%';
        // `CREATE INDEX %I ON %I`: what `format` puts in behind words that end an operand elsewhere.
        let named =
            percent && self.previous.is_some_and(|p| p.kind == Kind::Word && names_follow(p.text(self.text)));
        if (percent || self.dialect == Dialect::Postgres) && !named && self.after_operand() {
            return None;
        }
        Some(self.take(len, kind))
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    // The needle starts and ends with `$`: only there can it begin.
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|&b| b == b'$') {
        let at = from + at;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn is_operator_byte(b: u8) -> bool {
    matches!(
        b,
        b'+' | b'-'
            | b'*'
            | b'/'
            | b'<'
            | b'>'
            | b'='
            | b'~'
            | b'!'
            | b'@'
            | b'#'
            | b'%'
            | b'^'
            | b'&'
            | b'|'
            | b'`'
            | b'?'
    )
}

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_name_part(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit() || b == b'$'
}

fn char_len(first: u8) -> usize {
    match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
        _ => 1,
    }
}

/// What a mark in double braces does that puts nothing in (Go's templates, Handlebars).
#[derive(Clone, Copy)]
enum Control {
    Opens,
    Parts,
    Closes,
}

impl Control {
    /// `inside`: something is open. `{{ end }}` is else a value of that name.
    fn of(mark: &str, inside: bool) -> Option<Control> {
        let inner = mark.trim_start_matches(['{', '-', '~', ' ', '\t', '\n']);
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (word, rest) = inner.split_at(end);
        match word {
            "if" | "range" | "with" | "block" | "define" if rest.starts_with([' ', '\t', '(']) => {
                let rest = rest.trim_start();
                (!rest.starts_with(['}', '|', '-'])).then_some(Control::Opens)
            }
            "else" if inside => Some(Control::Parts),
            "end" if inside => Some(Control::Closes),
            _ if inner.starts_with('#') => Some(Control::Opens),
            _ if inner.starts_with('/') && inside => Some(Control::Closes),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
