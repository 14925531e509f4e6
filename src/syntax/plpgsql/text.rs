//! The text that an EXECUTE runs, as far as the body says it: literals, `||`, `format`, and variables that are given such
//! text once. What is not known is a hole; a value that is quoted as one is a placeholder.

use std::ops::Range;
use std::sync::Arc;

use super::super::HOLE_PREFIX;
use super::super::lexer::Kind;
use super::super::literal::literal_fragment;
use super::{Given, Reader, folded, is_literal};
use crate::source::{Fragment, Hole, HoleKind, Piece, Span};

/// How many variables deep a text is followed.
const MAX_DEPTH: usize = 8;

/// Most parts of one text.
const MAX_PARTS: usize = 1_000;

/// Most literals that a loop puts into one text.
const MAX_ELEMENTS: usize = 32;

/// A text in the making, mapped to the file.
#[derive(Default)]
struct Builder {
    text: String,
    pieces: Vec<Piece>,
    holes: Vec<Hole>,
    /// Whether any of it is known.
    known: bool,
    parts: usize,
    /// The variable of a loop over literals that is part of the text, and which of them it is taken for.
    element: Option<String>,
    turn: usize,
}

/// How an expression becomes part of the text.
#[derive(Clone, Copy)]
enum Quoting {
    /// As it is.
    None,
    /// As one name.
    Name,
    /// As one value.
    Value,
}

impl Reader<'_> {
    /// The texts that an expression can have; none where nothing of them is known. There are several where a variable
    /// is given literals in turn.
    pub(super) fn known_texts(&self, range: Range<usize>) -> Vec<Fragment> {
        let Some((first, element)) = self.known_text(range.clone(), 0) else { return Vec::new() };
        let turns = element.map_or(1, |name| self.turns(&name).map_or(1, |all| all.len().min(MAX_ELEMENTS)));
        let rest = (1..turns).filter_map(|turn| self.known_text(range.clone(), turn));
        std::iter::once(first).chain(rest.map(|(text, _)| text)).collect()
    }

    /// A text, and the variable in it that is given literals in turn.
    fn known_text(&self, range: Range<usize>, turn: usize) -> Option<(Fragment, Option<String>)> {
        let mut builder = Builder { turn, ..Builder::default() };
        self.build(range, 0, &mut builder)?;
        let Builder { text, pieces, holes, known, parts: _, element, turn: _ } = builder;
        let text =
            known.then(|| Fragment { text: Arc::from(text), pieces, holes, ..self.fragment.bare() })?;
        Some((text, element))
    }

    /// Appends the text of an expression. None where there is too much of it.
    fn build(&self, range: Range<usize>, depth: usize, builder: &mut Builder) -> Option<()> {
        builder.parts += 1;
        if builder.parts > MAX_PARTS || depth > MAX_DEPTH {
            return None;
        }
        let range = self.inner(range);
        let parts = self.split(range.clone(), |r, i| r.operator(i, "||"));
        if parts.len() > 1 {
            return parts.into_iter().try_for_each(|part| self.build(part, depth + 1, builder));
        }
        if range.len() == 1 && self.kind(range.start).is_some_and(is_literal) {
            let literal = literal_fragment(self.fragment, self.span(range))?;
            builder.copy(&literal, Span::new(0, literal.text.len() as u32));
            builder.known = true;
            return Some(());
        }
        if let Some(arguments) = self.call(range.clone(), &["FORMAT"]) {
            return self.format(&arguments, depth + 1, builder);
        }
        if let Some(literal) = self.constant(range.clone(), builder) {
            builder.copy(&literal, Span::new(0, literal.text.len() as u32));
            builder.known = true;
        } else if let Some(arguments) = self.call(range.clone(), &["QUOTE_IDENT"]) {
            match arguments.as_slice() {
                [name] => self.name_part(name.clone(), range, builder),
                _ => self.hole(range, Quoting::Name, builder),
            }
        } else if self.call(range.clone(), &["QUOTE_LITERAL", "QUOTE_NULLABLE"]).is_some() {
            self.hole(range, Quoting::Value, builder);
        } else if let Some(value) = self.only_value(range.clone()) {
            self.build(value, depth + 1, builder)?;
        } else {
            self.hole(range, Quoting::None, builder);
        }
        Some(())
    }

    /// The literal that an expression is, or the one that a variable is given in this turn.
    fn constant(&self, range: Range<usize>, builder: &mut Builder) -> Option<Fragment> {
        let mut range = self.inner(range);
        for _ in 0..MAX_DEPTH {
            if range.len() == 1 && self.kind(range.start).is_some_and(is_literal) {
                return literal_fragment(self.fragment, self.span(range));
            }
            if let Some(value) = self.only_value(range.clone()) {
                range = self.inner(value);
                continue;
            }
            let name = folded(self.tokens.get(range.start).filter(|_| range.len() == 1)?.text(self.text));
            let element = self.turns(&name)?.get(builder.turn)?.clone();
            // One loop at a time is run through; of another, nothing is known.
            if builder.element.get_or_insert_with(|| name.clone()) != &name {
                return None;
            }
            range = element;
        }
        None
    }

    /// The text of an expression all of which is known in this turn.
    fn all_known(&self, range: Range<usize>, depth: usize, builder: &mut Builder) -> Option<Fragment> {
        let mut part = Builder { turn: builder.turn, element: builder.element.clone(), ..Builder::default() };
        part.parts = builder.parts;
        self.build(range, depth + 1, &mut part)?;
        (builder.parts, builder.element) = (part.parts, part.element);
        let is_known = part.known && part.holes.is_empty();
        is_known.then(|| Fragment { text: Arc::from(part.text), pieces: part.pieces, ..self.fragment.bare() })
    }

    /// The literals that a variable is given in turn.
    fn turns(&self, name: &str) -> Option<&[Range<usize>]> {
        match self.assigned.get(name)?.as_slice() {
            [Given::Element(elements)] => Some(elements),
            _ => None,
        }
    }

    /// A value that becomes one name; `place` is what quotes it.
    fn name_part(&self, value: Range<usize>, place: Range<usize>, builder: &mut Builder) {
        match self.constant(value, builder) {
            Some(literal) => builder.name(&literal),
            None => self.hole(place, Quoting::Name, builder),
        }
    }

    /// The expression that a local variable is given, if it is given no other.
    fn only_value(&self, range: Range<usize>) -> Option<Range<usize>> {
        let name = self.tokens.get(range.start).filter(|_| range.len() == 1)?;
        let name = folded(name.text(self.text));
        if !self.routine.variables.iter().any(|v| v.name == name) {
            return None;
        }
        match self.assigned.get(&name)?.as_slice() {
            [Given::Value(value)] => Some(value.clone()),
            // `SELECT format(..) INTO q`: without a table, a value like any other.
            [Given::Selected { item: Some(item), query }] if !query.clone().any(|i| self.is(i, "FROM")) => {
                Some(item.clone())
            }
            _ => None,
        }
    }

    /// Appends what `format` makes of its pattern (manual 9.4.1).
    fn format(&self, arguments: &[Range<usize>], depth: usize, builder: &mut Builder) -> Option<()> {
        let [pattern, values @ ..] = arguments else { return None };
        if pattern.len() != 1 || !self.kind(pattern.start).is_some_and(is_literal) {
            return None;
        }
        let literal = literal_fragment(self.fragment, self.span(pattern.clone()))?;
        builder.known = true;
        let mut from = 0;
        for conversion in conversions(&literal.text) {
            builder.copy(&literal, Span::new(from, conversion.span.start));
            from = conversion.span.end;
            let value = conversion.argument.and_then(|n| values.get(n)).cloned();
            let name = value.clone().filter(|_| conversion.kind == 'I');
            if let Some(name) = name.and_then(|value| self.all_known(value, depth, builder)) {
                builder.name(&name);
                continue;
            }
            match (conversion.kind, value) {
                ('%', _) => builder.put("%", literal.locate(conversion.span).span),
                ('s', Some(value)) if self.says_something(value.clone(), builder) => {
                    self.build(value, depth + 1, builder)?;
                }
                (kind, value) => {
                    let quoting = match kind {
                        'I' => Quoting::Name,
                        'L' => Quoting::Value,
                        _ => Quoting::None,
                    };
                    let place = literal.locate(conversion.span).span;
                    let expression = value.map_or("", |v| self.text_of(v)).to_owned();
                    builder.hole(expression, quoting, place);
                }
            }
        }
        builder.copy(&literal, Span::new(from, literal.text.len() as u32));
        Some(())
    }

    /// Whether part of what `%s` puts in is known.
    fn says_something(&self, value: Range<usize>, builder: &mut Builder) -> bool {
        let value = self.only_value(self.inner(value.clone())).unwrap_or(value);
        self.constant(value.clone(), builder).is_some()
            || self.call(self.inner(value.clone()), &["FORMAT"]).is_some()
            || self.split(value, |r, i| r.operator(i, "||")).len() > 1
    }

    fn hole(&self, range: Range<usize>, quoting: Quoting, builder: &mut Builder) {
        let place = self.fragment.locate(self.span(range.clone())).span;
        builder.hole(self.text_of(range).to_owned(), quoting, place);
    }

    pub(super) fn text_of(&self, range: Range<usize>) -> &str {
        self.text.get(self.span(range).range()).unwrap_or_default()
    }

    /// A range without parentheses around all of it.
    pub(super) fn inner(&self, mut range: Range<usize>) -> Range<usize> {
        while range.len() > 2 && self.kind(range.start) == Some(Kind::LParen) && self.closes(range.clone()) {
            range = range.start + 1..range.end - 1;
        }
        range
    }

    /// Whether the parenthesis that a range starts with is closed by its last token.
    fn closes(&self, range: Range<usize>) -> bool {
        let mut depth = 0usize;
        for i in range.clone() {
            match self.kind(i) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return i + 1 == range.end;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// The arguments, if the range is a call of one of those functions.
    pub(super) fn call(&self, range: Range<usize>, functions: &[&str]) -> Option<Vec<Range<usize>>> {
        let qualified = self.is(range.start, "pg_catalog") && self.kind(range.start + 1) == Some(Kind::Dot);
        let name = range.start + if qualified { 2 } else { 0 };
        let is_call = self.any(name, functions)
            && self.kind(name + 1) == Some(Kind::LParen)
            && range.end > name + 2
            && self.closes(name + 1..range.end);
        is_call.then(|| self.split(name + 2..range.end - 1, |r, i| r.kind(i) == Some(Kind::Comma)))
    }
}

impl Builder {
    /// Appends a part of a literal's text.
    fn copy(&mut self, literal: &Fragment, span: Span) {
        let Some(part) = literal.excerpt(span).filter(|_| !span.is_empty()) else { return };
        let start = self.text.len() as u32;
        self.pieces.extend(part.pieces.iter().map(|p| Piece { fragment: p.fragment + start, ..*p }));
        self.holes.extend(
            part.holes
                .into_iter()
                .map(|hole| Hole { span: Span::new(hole.span.start + start, hole.span.end + start), ..hole }),
        );
        self.text.push_str(&part.text);
    }

    /// Appends a literal's text as one name.
    fn name(&mut self, literal: &Fragment) {
        let all = Span::new(0, literal.text.len() as u32);
        let is_plain =
            literal.text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if is_plain && literal.text.starts_with(|c: char| !c.is_ascii_digit()) {
            return self.copy(literal, all);
        }
        let place = literal.locate(all).span;
        self.put(&format!("\"{}\"", literal.text.replace('"', "\"\"")), place);
    }

    /// Appends text that stands for a place of the file.
    fn put(&mut self, text: &str, place: Span) {
        let piece = Piece {
            fragment: self.text.len() as u32,
            file: place.start,
            len: text.len() as u32,
            file_len: place.end - place.start,
        };
        self.pieces.push(piece);
        self.text.push_str(text);
    }

    fn hole(&mut self, expression: String, quoting: Quoting, place: Span) {
        let start = self.text.len() as u32;
        let name = format!("{HOLE_PREFIX}{}", self.holes.len());
        match quoting {
            // One value, whatever it is: nothing that could be a clause.
            Quoting::Value => return self.put("%L", place),
            Quoting::Name => self.put(&format!("\"{name}\""), place),
            // The number ends where the hole does.
            Quoting::None => self.put(&format!("{name}_"), place),
        }
        let span = Span::new(start, self.text.len() as u32);
        self.holes.push(Hole { span, expression, kind: HoleKind::Clause, tenant: None, origin: None });
    }
}

/// A conversion of `format`, bytes of the pattern.
pub(super) struct Conversion {
    pub(super) span: Span,
    /// `s`, `I`, `L`, or `%` for a percent sign.
    pub(super) kind: char,
    /// Which argument behind the pattern, from 0.
    pub(super) argument: Option<usize>,
}

/// `%[position][flags][width]type` (manual 9.4.1).
pub(super) fn conversions(pattern: &str) -> Vec<Conversion> {
    let bytes = pattern.as_bytes();
    let (mut found, mut next, mut at) = (Vec::new(), 0usize, 0usize);
    while let Some(start) = pattern.get(at..).and_then(|rest| rest.find('%')).map(|i| at + i) {
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut end = start + 1;
        let mut argument = None;
        let len = digits(end);
        if len > 0 && bytes.get(end + len) == Some(&b'$') {
            let number = pattern.get(end..end + len).and_then(|n| n.parse::<usize>().ok());
            argument = number.and_then(|n| n.checked_sub(1));
            end += len + 1;
        }
        if bytes.get(end) == Some(&b'-') {
            end += 1;
        }
        if bytes.get(end) == Some(&b'*') {
            next += 1;
            end += 1;
        } else {
            end += digits(end);
        }
        let Some(kind) = bytes.get(end).copied().filter(|b| b"sIL%".contains(b)) else {
            at = start + 1;
            continue;
        };
        if kind != b'%' {
            let position = argument.unwrap_or(next);
            next = position + 1;
            argument = Some(position);
        }
        at = end + 1;
        let span = Span::new(start as u32, at as u32);
        found.push(Conversion { span, kind: char::from(kind), argument });
    }
    found
}
