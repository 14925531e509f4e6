//! Looking at the parser's tokens: a view by index for those who search, a cursor for those who read one after another.

use sqlparser::ast::{Ident, ObjectName};
use sqlparser::tokenizer::{Span as ParserSpan, Token, TokenWithSpan};

use crate::source::Span;

/// Tokens by index, with the index of the token that closes each parenthesis and bracket (see [`matching`]). Every
/// question about an index behind the end is answered with no.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a>(pub(super) &'a [TokenWithSpan], pub(super) &'a [u32]);

/// For each parenthesis and bracket that opens, the index of the one that closes it; else `u32::MAX`.
pub(super) fn matching(tokens: &[TokenWithSpan]) -> Vec<u32> {
    let mut close = vec![u32::MAX; tokens.len()];
    let mut open = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen | Token::LBracket => open.push(i),
            Token::RParen | Token::RBracket => {
                if let Some(slot) = open.pop().and_then(|o: usize| close.get_mut(o)) {
                    *slot = i as u32;
                }
            }
            _ => {}
        }
    }
    close
}

impl<'a> Tokens<'a> {
    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    pub(super) fn get(self, i: usize) -> Option<&'a Token> {
        self.0.get(i).map(|t| &t.token)
    }

    pub(super) fn is(self, i: usize, token: &Token) -> bool {
        self.get(i) == Some(token)
    }

    /// Whether the token is that word, unquoted.
    pub(super) fn word(self, i: usize, word: &str) -> bool {
        matches!(self.get(i), Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    }

    /// Whether those words stand there in a row.
    pub(super) fn words(self, i: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(k, word)| self.word(i + k, word))
    }

    /// Whether the token is one of those words, unquoted.
    pub(super) fn any(self, i: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.word(i, word))
    }

    /// Whether the token may be a name: a word, quoted or not.
    pub(super) fn name(self, i: usize) -> bool {
        matches!(self.get(i), Some(Token::Word(_)))
    }

    /// A token's place in the parser's terms; that of the last token behind the end.
    pub(super) fn place(self, i: usize) -> ParserSpan {
        self.0.get(i).or(self.0.last()).map_or(ParserSpan::empty(), |t| t.span)
    }

    /// Bytes from the first token of a range to its last.
    pub(super) fn span(self, range: std::ops::Range<usize>) -> Span {
        if range.is_empty() {
            return bytes(self.place(range.start));
        }
        bytes(self.place(range.start)).join(bytes(self.place(range.end - 1)))
    }

    /// The index behind a name of words and dots that starts there.
    pub(super) fn after_name(self, i: usize) -> usize {
        let mut at = i;
        while self.name(at) {
            at += 1;
            if !(self.is(at, &Token::Period) && self.name(at + 1)) {
                break;
            }
            at += 1;
        }
        at
    }

    /// The index of the parenthesis or bracket that closes the one there; none if it does not close.
    pub(super) fn close(self, i: usize) -> Option<usize> {
        self.1.get(i).filter(|close| **close != u32::MAX).map(|close| *close as usize)
    }

    /// The index behind the parenthesis that opens there, or the index itself where none opens.
    pub(super) fn after_parens(self, i: usize) -> usize {
        if self.is(i, &Token::LParen) { self.close(i).map_or(self.len(), |close| close + 1) } else { i }
    }

    /// Ranges between commas that stand directly in `range`.
    pub(super) fn split(self, range: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
        let mut parts = Vec::new();
        let mut from = range.start;
        let mut i = range.start;
        while i < range.end {
            match self.get(i) {
                Some(Token::LParen | Token::LBracket) => i = self.close(i).unwrap_or(range.end),
                Some(Token::Comma) => {
                    parts.push(from..i);
                    from = i + 1;
                }
                _ => {}
            }
            i += 1;
        }
        if from < range.end || !parts.is_empty() {
            parts.push(from..range.end);
        }
        parts
    }
}

/// Bytes of the fragment that a token stands at.
pub(super) fn bytes(span: ParserSpan) -> Span {
    let at = |column: u64| column.saturating_sub(1).min(u64::from(u32::MAX)) as u32;
    Span::new(at(span.start.column), at(span.end.column))
}

/// Reads tokens one after another. A method that does not find what it wants reads nothing.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub(super) tokens: Tokens<'a>,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tokens: Tokens<'a>) -> Self {
        Cursor { tokens, at: 0 }
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Reads the words if they stand here in a row.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.tokens.words(self.at, words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Reads one word.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.eat(&[word])
    }

    pub(super) fn eat_token(&mut self, token: &Token) -> bool {
        let found = self.tokens.is(self.at, token);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn eat_if_exists(&mut self) -> bool {
        self.eat(&["IF", "EXISTS"])
    }

    /// Reads an identifier.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let token = self.tokens.0.get(self.at)?;
        let Token::Word(word) = &token.token else { return None };
        self.at += 1;
        Some(Ident { value: word.value.clone(), quote_style: word.quote_style, span: token.span })
    }

    /// Reads a qualified name.
    pub(super) fn object_name(&mut self) -> Option<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.tokens.is(self.at, &Token::Period) && self.tokens.name(self.at + 1) {
            self.at += 1;
            parts.push(self.ident()?);
        }
        Some(ObjectName::from(parts))
    }

    /// Reads a string literal and gives its value and its bytes.
    pub(super) fn string(&mut self) -> Option<(String, Span)> {
        let token = self.tokens.0.get(self.at)?;
        let value = match &token.token {
            Token::SingleQuotedString(s)
            | Token::EscapedStringLiteral(s)
            | Token::UnicodeStringLiteral(s) => s.clone(),
            Token::DollarQuotedString(s) => s.value.clone(),
            _ => return None,
        };
        self.at += 1;
        Some((value, bytes(token.span)))
    }

    /// Reads a parenthesis with all that is in it.
    pub(super) fn skip_parens(&mut self) -> bool {
        let after = self.tokens.after_parens(self.at);
        let found = after > self.at;
        self.at = after;
        found
    }
}
