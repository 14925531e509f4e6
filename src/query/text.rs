//! The text that is being bound: places of its tokens, the extent of an expression, and whether it is a view's
//! definition (whose places are those of the view's own occurrence).

use std::sync::Arc;

use super::model::OccId;
use crate::source::{Fragment, Location, Span};
use crate::syntax::{Clauses, Positions, QueryHandle};

/// A text under binding.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    root: &'a Arc<Fragment>,
    frame: Frame<'a>,
    /// The extent of what was placed since it was last reset, in bytes of the text in hand.
    extent: Option<Span>,
}

/// Where the tree that is being lowered comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Its text.
    pub(super) fragment: &'a Arc<Fragment>,
    /// Places of its tokens.
    pub(super) positions: &'a Positions,
    /// What the pre-pass took out of its statement.
    pub(super) clauses: Option<&'a Clauses>,
    /// The statement, or the view's definition.
    pub(super) span: Span,
    /// The outermost view that it is the definition of, and that view's place in the statement.
    pub(super) inside: Option<(OccId, Span)>,
}

impl<'a> Frame<'a> {
    /// The text of a view's definition; `inside` is the place of the view's occurrence, where it is expanded.
    pub(super) fn of_query(handle: &'a QueryHandle, inside: Option<(OccId, Span)>) -> Frame<'a> {
        Frame {
            fragment: &handle.fragment,
            positions: &handle.positions,
            clauses: Some(&handle.clauses),
            span: handle.span,
            inside,
        }
    }
}

impl<'a> Text<'a> {
    pub(super) fn new(frame: Frame<'a>) -> Text<'a> {
        Text { root: frame.fragment, frame, extent: None }
    }

    /// The fragment of the statement itself.
    pub(super) fn root(&self) -> &'a Arc<Fragment> {
        self.root
    }

    /// The view's occurrence in whose definition we are.
    pub(super) fn inside(&self) -> Option<OccId> {
        self.frame.inside.map(|(occ, _)| occ)
    }

    /// The text in hand.
    pub(super) fn frame(&self) -> Frame<'a> {
        self.frame
    }

    /// Turns to another text; the answer is to be given back to the next call.
    pub(super) fn turn_to(&mut self, frame: Frame<'a>) -> Frame<'a> {
        std::mem::replace(&mut self.frame, frame)
    }

    /// What a place of the text in hand is called in the model; it counts for the extent.
    pub(super) fn place(&mut self, raw: Span) -> Span {
        if !raw.is_empty() {
            self.extent = Some(self.extent.map_or(raw, |e| e.join(raw)));
        }
        self.shown(raw)
    }

    /// What a place of the text in hand is called in the model.
    fn shown(&self, raw: Span) -> Span {
        self.frame.inside.map_or(raw, |(_, view)| view)
    }

    /// Starts a new extent; the answer is to be given to [`Text::leave`].
    pub(super) fn enter(&mut self) -> Option<Span> {
        self.extent.take()
    }

    /// The extent since the matching [`Text::enter`], which becomes part of the outer one.
    pub(super) fn leave(&mut self, outer: Option<Span>) -> Span {
        let inner = self.extent;
        self.extent = match (outer, inner) {
            (Some(a), Some(b)) => Some(a.join(b)),
            (a, b) => a.or(b),
        };
        inner.map(|span| self.shown(span)).unwrap_or_default()
    }

    /// The extent so far; empty where nothing was placed.
    pub(super) fn extent(&self) -> Span {
        self.extent.map(|span| self.shown(span)).unwrap_or_default()
    }

    /// The extent so far, in bytes of the text in hand.
    pub(super) fn raw_extent(&self) -> Span {
        self.extent.unwrap_or_default()
    }

    /// The text in hand between two of its bytes.
    pub(super) fn between(&self, start: u32, end: u32) -> &'a str {
        self.frame.fragment.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Makes the extent reach to a byte behind it.
    fn reach(&mut self, to: u32) {
        if let Some(extent) = &mut self.extent {
            extent.end = extent.end.max(to);
        }
    }

    /// Makes the extent reach back to a byte before it.
    fn reach_back(&mut self, to: u32) {
        if let Some(extent) = &mut self.extent {
            extent.start = extent.start.min(to);
        }
    }

    /// The file's places of a span and of the statement.
    pub(super) fn locate(&self, span: Span) -> (Location, Location) {
        (self.frame.fragment.locate(span), self.frame.fragment.locate(self.frame.span))
    }

    /// The text behind the extent, with its first byte's position.
    fn rest(&self) -> Option<(&'a str, u32)> {
        let end = self.extent?.end;
        if end > self.frame.span.end {
            return None;
        }
        let text: &'a str = self.frame.fragment.text.get(..self.frame.span.end as usize)?;
        Some((text.get(end as usize..)?, end))
    }

    /// Where a closing token stands that only blanks, comments and characters of `between` divide from the extent;
    /// makes the extent reach behind it.
    pub(super) fn close(&mut self, token: char, between: &str) {
        let Some((rest, start)) = self.rest() else { return };
        let mut at = 0;
        loop {
            at += blanks(rest.get(at..).unwrap_or_default());
            match rest.get(at..).and_then(|r| r.chars().next()) {
                Some(c) if c == token => {
                    self.reach(start + (at + c.len_utf8()) as u32);
                    return;
                }
                Some(c) if between.contains(c) => at += c.len_utf8(),
                _ => return,
            }
        }
    }

    /// Makes the extent reach back over an opening token that only blanks divide from it.
    pub(super) fn open(&mut self, token: char) {
        let Some(extent) = self.extent else { return };
        if let Some(before) = self.before(extent.start)
            && before.ends_with(token)
        {
            self.reach_back((before.len() - token.len_utf8()) as u32);
        }
    }

    /// Makes the extent reach back over a word that only blanks divide from it.
    pub(super) fn open_word(&mut self, word: &str) {
        let Some(extent) = self.extent else { return };
        if let Some(before) = self.before(extent.start)
            && let Some(tail) = before.len().checked_sub(word.len()).and_then(|at| before.get(at..))
            && tail.eq_ignore_ascii_case(word)
        {
            self.reach_back((before.len() - word.len()) as u32);
        }
    }

    /// The text before a byte, blanks at its end left out.
    fn before(&self, at: u32) -> Option<&'a str> {
        Some(self.frame.fragment.text.get(..at as usize)?.trim_end())
    }

    /// The opening parenthesis before the extent, where only blanks divide them; counts for the extent.
    pub(super) fn parenthesis(&mut self) -> Option<Span> {
        let before = self.before(self.extent?.start)?;
        let at = before.len() as u32;
        before.ends_with('(').then(|| self.place(Span::new(at - 1, at)))
    }

    /// Makes the extent reach over words that follow it.
    pub(super) fn words(&mut self, words: &[&str]) {
        while let Some((rest, start)) = self.rest() {
            let skip = blanks(rest);
            let tail = rest.get(skip..).unwrap_or_default();
            let len = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
            let word = tail.get(..len).unwrap_or_default();
            if len == 0 || !words.iter().any(|w| w.eq_ignore_ascii_case(word)) {
                return;
            }
            self.reach(start + (skip + len) as u32);
        }
    }

    /// Where the word that follows the extent and any closing parentheses stands in the text in hand, if it is that one.
    pub(super) fn word_behind(&self, word: &str) -> Option<Span> {
        let (rest, start) = self.rest()?;
        let mut at = 0;
        loop {
            at += blanks(rest.get(at..)?);
            let tail = rest.get(at..)?;
            if tail.starts_with(')') {
                at += 1;
                continue;
            }
            let head = tail.get(..word.len())?;
            let from = start + at as u32;
            return head.eq_ignore_ascii_case(word).then(|| Span::new(from, from + word.len() as u32));
        }
    }

    /// Makes the extent reach over `::type` that follows it.
    pub(super) fn cast(&mut self) {
        let Some((rest, start)) = self.rest() else { return };
        let mut at = blanks(rest);
        let Some(tail) = rest.get(at..).and_then(|r| r.strip_prefix("::")) else { return };
        at += 2;
        at += blanks(tail);
        let typed = type_len(rest.get(at..).unwrap_or_default());
        if typed > 0 {
            self.reach(start + (at + typed) as u32);
        }
    }

    /// Makes the extent reach over `AS type)` that follows it.
    pub(super) fn close_cast(&mut self) {
        self.words(&["AS"]);
        let Some((rest, start)) = self.rest() else { return };
        let at = blanks(rest);
        self.reach(start + (at + type_len(rest.get(at..).unwrap_or_default())) as u32);
        self.close(')', "");
    }
}

/// Bytes of blanks and comments at the start of a text.
fn blanks(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |i| i + 2);
        } else {
            return at;
        }
    }
}

/// Bytes of a type's name at the start of a text: words that belong to a type, modifiers, brackets.
fn type_len(text: &str) -> usize {
    const MORE: [&str; 12] = [
        "precision",
        "varying",
        "with",
        "without",
        "time",
        "zone",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
    ];
    let mut len = 0;
    let mut first = true;
    loop {
        let blank = if first { 0 } else { blanks(text.get(len..).unwrap_or_default()) };
        let rest = text.get(len + blank..).unwrap_or_default();
        let token = match rest.chars().next() {
            Some('"') => rest.get(1..).and_then(|r| r.find('"')).map_or(0, |i| i + 2),
            Some('(') if !first => rest.find(')').map_or(0, |i| i + 1),
            Some('[') if !first => rest.find(']').map_or(0, |i| i + 1),
            Some('.') if !first => {
                let name = rest.get(1..).unwrap_or_default();
                1 + word_len(name)
            }
            Some(_) => {
                let n = word_len(rest);
                let word = rest.get(..n).unwrap_or_default();
                let more = MORE.iter().any(|m| m.eq_ignore_ascii_case(word));
                if first || more { n } else { 0 }
            }
            None => 0,
        };
        if token == 0 {
            return len;
        }
        len += blank + token;
        first = false;
    }
}

fn word_len(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{blanks, type_len};

    #[test]
    fn types_end_where_they_end() {
        assert_eq!(type_len("uuid AND x"), 4);
        assert_eq!(type_len("timestamp(3) with time zone < y"), 27);
        assert_eq!(type_len("numeric(10, 2)[] = z"), 16);
        assert_eq!(type_len("app.mood)"), 8);
        assert_eq!(type_len("\"Mood\""), 6);
        assert_eq!(type_len(""), 0);
    }

    #[test]
    fn blanks_hold_comments() {
        assert_eq!(blanks("  -- x\n /* y */ z"), 16);
        assert_eq!(blanks("x"), 0);
        assert_eq!(blanks("/* open"), 7);
    }
}
