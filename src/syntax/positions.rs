//! From the places in sqlparser's nodes to bytes of a fragment.

use sqlparser::tokenizer::{Location, Span as ParserSpan};

use crate::source::Span;

/// Places of a fragment's tokens. Tokens are handed to the parser on one line, with a column that is their byte offset
/// plus one, so a place needs no table and is the same in constant time however long the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// Length of the fragment's text, bytes.
    len: u32,
}

impl Positions {
    /// Of a text of that many bytes.
    pub(super) fn new(len: usize) -> Self {
        Positions { len: len.min(u32::MAX as usize) as u32 }
    }

    /// The bytes of the fragment that a node of its tree stands for; empty at 0 for a node without a place (line 0),
    /// which only nodes have that the parser or the pre-pass made up.
    pub fn span(&self, span: ParserSpan) -> Span {
        if span.start.line == 0 {
            return Span::default();
        }
        let start = self.offset(span.start);
        Span::new(start, self.offset(span.end).max(start))
    }

    fn offset(&self, location: Location) -> u32 {
        (location.column.saturating_sub(1)).min(u64::from(self.len)) as u32
    }
}

/// The place of a token that stands at those bytes.
pub(super) fn encode(start: u32, end: u32) -> ParserSpan {
    let at = |offset: u32| Location::new(1, u64::from(offset) + 1);
    ParserSpan::new(at(start), at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_nothing_lies_behind_the_text() {
        let positions = Positions::new(10);
        assert_eq!(positions.span(encode(3, 7)), Span::new(3, 7));
        assert_eq!(positions.span(encode(3, 70)), Span::new(3, 10));
        assert_eq!(positions.span(ParserSpan::empty()), Span::default());
    }
}
