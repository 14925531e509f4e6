//! Tokens of SQL text, enough to find placeholders, literals and names. Knows nothing of grammar.

/// One token with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its text, quotes included.
    pub(crate) text: &'a str,
    /// Byte where it starts.
    pub(crate) start: usize,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword, quoted or not.
    Word,
    /// A string literal of any kind.
    String,
    /// A number.
    Number,
    /// `$1`, `:name`, `?`, `%s`, `%(name)s`, `@name`.
    Placeholder,
    /// One character of anything else.
    Mark,
}

/// The tokens of a text, without white space and comments.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if let Some(skip) = blank(rest) {
            at += skip;
            continue;
        }
        let (kind, length) = token(rest, at.checked_sub(1).map(|i| bytes[i]));
        let length = (length.max(1)..=rest.len()).find(|n| rest.is_char_boundary(*n)).unwrap_or(rest.len());
        found.push(Token { kind, text: &rest[..length], start: at });
        at += length;
    }
    found
}

fn blank(rest: &str) -> Option<usize> {
    if rest.starts_with("--") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    rest.chars().next().filter(|c| c.is_whitespace()).map(char::len_utf8)
}

fn token(rest: &str, before: Option<u8>) -> (Kind, usize) {
    let bytes = rest.as_bytes();
    let word = |from: usize| {
        bytes[from.min(bytes.len())..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_' || **b >= 128)
            .count()
    };
    match bytes[0] {
        b'\'' => (Kind::String, quoted(rest, b'\'', false)),
        b'"' => (Kind::Word, quoted(rest, b'"', false)),
        b'E' | b'e' | b'B' | b'b' | b'X' | b'x' if bytes.get(1) == Some(&b'\'') => {
            (Kind::String, 1 + quoted(&rest[1..], b'\'', bytes[0].eq_ignore_ascii_case(&b'e')))
        }
        b'$' if bytes.get(1).is_some_and(u8::is_ascii_digit) => {
            (Kind::Placeholder, 1 + bytes[1..].iter().take_while(|b| b.is_ascii_digit()).count())
        }
        b'$' => match rest[1..]
            .find('$')
            .filter(|n| rest[1..=*n].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        {
            Some(n) => {
                let tag = &rest[..n + 2];
                let end = rest[tag.len()..].find(tag).map_or(rest.len(), |end| end + 2 * tag.len());
                (Kind::String, end)
            }
            None => (Kind::Mark, 1),
        },
        b':' if bytes.get(1) == Some(&b':') => (Kind::Mark, 2),
        b':' if before != Some(b'[') && bytes.get(1).is_some_and(u8::is_ascii_alphabetic) => {
            (Kind::Placeholder, 1 + word(1))
        }
        b'@' if before.is_none_or(|b| !b"<@?!~".contains(&b))
            && bytes.get(1).is_some_and(u8::is_ascii_alphabetic) =>
        {
            (Kind::Placeholder, 1 + word(1))
        }
        b'%' if rest.starts_with("%s") => (Kind::Placeholder, 2),
        b'%' if rest.starts_with("%(") => (Kind::Placeholder, rest.find(")s").map_or(1, |end| end + 2)),
        b'?' => (Kind::Placeholder, 1),
        b if b.is_ascii_digit() => {
            (Kind::Number, bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count())
        }
        b if b.is_ascii_alphabetic() || b == b'_' || b >= 128 => (Kind::Word, word(0)),
        _ => (Kind::Mark, 1),
    }
}

fn quoted(rest: &str, quote: u8, escapes: bool) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// What a string literal or quoted name says.
pub(crate) fn unquoted(text: &str) -> String {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
        }
    }
    text.to_owned()
}
