//! SQL text in the making, as far as a program's source shows it: written runs with their places in the file, holes, and
//! places where one of several texts stands.

use std::ops::Deref;
use std::rc::Rc;

use super::looks;
use crate::source::{HoleKind, Origin, Piece, Span};

/// Parts of one text; a text with more is not followed further.
const MAX_PARTS: usize = 2_000;

/// Runs and holes of one text with all its choices; what makes it longer is a hole.
const MAX_SIZE: usize = 2_000;

/// Texts that one expression may stand for; beyond that the choices in it become holes.
pub(super) const MAX_VARIANTS: usize = 16;

/// What is said of the choices in a text that are not followed.
const OF_MANY: &str = "which of more than 16 ways its text is put together in";

/// What is said of what is not followed of a long text.
const REST: &str = "the rest of a very long text";

/// A text in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) parts: Vec<Rc<Part>>,
    /// Whether it was made by a tag that binds what is spliced into it, so that it is no value in another such text.
    pub(super) tagged: bool,
}

#[derive(Debug)]
pub(super) enum Part {
    Written(Written),
    Hole(Splice),
    /// One of these stands here.
    Choice(Arms),
}

/// Texts of which one stands somewhere.
#[derive(Debug)]
pub(super) struct Arms {
    texts: Vec<Text>,
    /// Runs and holes in them, each counted as often as it is met.
    size: usize,
}

impl Arms {
    pub(super) fn new(texts: Vec<Text>) -> Arms {
        let size = texts.iter().fold(0usize, |sum, text| sum.saturating_add(text.size()));
        Arms { texts, size }
    }
}

impl Deref for Arms {
    type Target = [Text];

    fn deref(&self) -> &[Text] {
        &self.texts
    }
}

/// A run of characters, decoded, with the places that they come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    /// In ascending order of `fragment`, covering `text`; `fragment` counts from its start.
    pub(super) pieces: Vec<Piece>,
}

/// What is put into the text at run time.
#[derive(Clone, Debug)]
pub(super) struct Splice {
    pub(super) expression: String,
    /// Where the expression stands, bytes of the file.
    pub(super) span: Span,
    pub(super) kind: HoleKind,
    /// Where its value comes from, as far as is known.
    pub(super) origin: Option<Origin>,
    /// The statement that it is made of in a way that is not followed.
    pub(super) of: Option<Rc<Text>>,
}

impl Splice {
    /// One of which nothing more is known.
    pub(super) fn new(expression: &str, span: Span, kind: HoleKind) -> Splice {
        Splice { expression: expression.to_owned(), span, kind, origin: None, of: None }
    }
}

impl Written {
    /// Text that stands in the file as it is.
    pub(super) fn verbatim(&mut self, source: &str, start: usize, end: usize) {
        let Some(text) = source.get(start..end).filter(|text| !text.is_empty()) else { return };
        let (at, len) = (self.text.len() as u32, text.len() as u32);
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if last.len == last.file_len && last.file + last.len == start as u32 => {
                last.len += len;
                last.file_len += len;
            }
            _ => self.pieces.push(Piece { fragment: at, file: start as u32, len, file_len: len }),
        }
    }

    /// Text that other bytes of the file stand for.
    pub(super) fn escape(&mut self, text: &str, start: usize, end: usize) {
        let piece = Piece {
            fragment: self.text.len() as u32,
            file: start as u32,
            len: text.len() as u32,
            file_len: (end - start) as u32,
        };
        if !text.is_empty() {
            self.text.push_str(text);
            self.pieces.push(piece);
        }
    }

    /// A part of it by bytes of its text.
    pub(super) fn part(&self, start: usize, end: usize) -> Written {
        let mut part = Written::default();
        let Some(text) = self.text.get(start..end).filter(|text| !text.is_empty()) else { return part };
        part.text.push_str(text);
        let first = self.pieces.partition_point(|p| ((p.fragment + p.len) as usize) <= start);
        for piece in self.pieces.iter().skip(first).take_while(|p| (p.fragment as usize) < end) {
            let from = (piece.fragment as usize).max(start);
            let to = ((piece.fragment + piece.len) as usize).min(end);
            let verbatim = piece.len == piece.file_len;
            part.pieces.push(Piece {
                fragment: (from - start) as u32,
                file: if verbatim { piece.file + (from as u32 - piece.fragment) } else { piece.file },
                len: (to - from) as u32,
                file_len: if verbatim { (to - from) as u32 } else { piece.file_len },
            });
        }
        part
    }

    /// Adds what another one says.
    pub(super) fn append(&mut self, other: &Written) {
        let at = self.text.len() as u32;
        self.text.push_str(&other.text);
        self.pieces.extend(other.pieces.iter().map(|p| Piece { fragment: p.fragment + at, ..*p }));
    }
}

impl Text {
    /// A text of one written run.
    pub(super) fn written(written: Written) -> Text {
        let mut text = Text::default();
        text.push(Part::Written(written));
        text
    }

    /// A text that is nowhere in the program.
    pub(super) fn hole(splice: Splice) -> Text {
        Text { parts: vec![Rc::new(Part::Hole(splice))], tagged: false }
    }

    /// Adds a part.
    pub(super) fn push(&mut self, part: Part) {
        match &part {
            Part::Written(written) if written.text.is_empty() => {}
            _ => self.parts.push(Rc::new(part)),
        }
    }

    /// Adds a text. What would grow without end is cut, and the cut is a hole.
    pub(super) fn append(&mut self, other: &Text) {
        let has_choice = other.parts.iter().any(|part| matches!(**part, Part::Choice(_)));
        let is_long = has_choice && self.size().saturating_add(other.size()) > MAX_SIZE;
        if is_long || self.parts.len() + other.parts.len() > MAX_PARTS {
            let place = other.place().unwrap_or_default();
            let is_cut = |part: &Rc<Part>| matches!(&**part, Part::Hole(splice) if splice.expression == REST);
            if !self.parts.last().is_some_and(is_cut) {
                self.parts.push(Rc::new(Part::Hole(Splice::new(REST, place, HoleKind::Clause))));
            }
            return;
        }
        self.parts.extend(other.parts.iter().cloned());
    }

    /// The text with another one in each place of `from`, or in the first; none where the places are not known. What a
    /// hole says is left as it is.
    pub(super) fn replaced(&self, from: &str, to: &Text, only_first: bool) -> Option<Text> {
        let mut result = Text { parts: Vec::new(), tagged: self.tagged };
        let mut done = false;
        let mut before = String::new();
        for part in &self.parts {
            let written = match &**part {
                Part::Written(written) if !done => written,
                Part::Choice(texts) if !done => {
                    let arms: Option<Vec<Text>> =
                        texts.iter().map(|text| text.replaced(from, to, only_first)).collect();
                    result.push(Part::Choice(Arms::new(arms.filter(|_| !only_first)?)));
                    before.clear();
                    continue;
                }
                Part::Hole(_) if only_first && !done => return None,
                Part::Written(_) | Part::Choice(_) | Part::Hole(_) => {
                    before.clear();
                    result.parts.push(part.clone());
                    continue;
                }
            };
            // A place that begins in the run before.
            let tail = before.len();
            before.push_str(&written.text);
            let crosses = |(at, _): (usize, &str)| at < tail && at + from.len() > tail;
            if before.match_indices(from).any(crosses) {
                return None;
            }
            let mut start = 0;
            for (at, _) in written.text.match_indices(from).take(if only_first { 1 } else { usize::MAX }) {
                result.push(Part::Written(written.part(start, at)));
                result.append(to);
                start = at + from.len();
                done = only_first;
            }
            match start {
                0 => result.parts.push(part.clone()),
                _ => result.push(Part::Written(written.part(start, written.text.len()))),
            }
            before = written.text.clone();
        }
        Some(result)
    }

    /// One of several texts. What they begin with in common is no choice.
    pub(super) fn choice(mut texts: Vec<Text>) -> Text {
        let mut seen: Vec<Text> = Vec::new();
        texts.retain(|text| {
            let new = !seen.iter().any(|other| other.is(text));
            if new {
                seen.push(text.clone());
            }
            new
        });
        let tagged = texts.iter().all(|text| text.tagged);
        let Some(first) = texts.first() else { return Text::default() };
        if texts.len() == 1 {
            return first.clone();
        }
        let same = |i: usize| {
            first.parts.get(i).is_some_and(|part| {
                texts.iter().all(|text| text.parts.get(i).is_some_and(|other| Rc::ptr_eq(part, other)))
            })
        };
        let common = (0..).take_while(|i| same(*i)).count();
        let mut result = Text { parts: first.parts.get(..common).unwrap_or_default().to_vec(), tagged };
        let rests = texts
            .iter()
            .map(|text| Text { parts: text.parts.get(common..).unwrap_or_default().to_vec(), tagged })
            .collect();
        let arms = Arms::new(rests);
        if result.size().saturating_add(arms.size) > MAX_SIZE {
            // The one that says the least, and that it may be another.
            let told = texts.iter().filter(|text| looks::starts_as_statement(text));
            let short = told.min_by_key(|text| text.size()).unwrap_or(first);
            let mut text = Text { parts: short.parts.clone(), tagged };
            let place = text.place().unwrap_or_default();
            text.parts.push(Rc::new(Part::Hole(Splice::new(OF_MANY, place, HoleKind::Clause))));
            return text;
        }
        result.push(Part::Choice(arms));
        result
    }

    /// Runs and holes in it with all its choices.
    fn size(&self) -> usize {
        let sizes = self.parts.iter().map(|part| match &**part {
            Part::Choice(arms) => arms.size.saturating_add(1),
            Part::Written(_) | Part::Hole(_) => 1,
        });
        sizes.fold(0, usize::saturating_add)
    }

    /// Leaves out such holes at the end.
    pub(super) fn cut_holes(&mut self, is_cut: impl Fn(&Splice) -> bool) {
        while self.parts.last().is_some_and(|part| matches!(&**part, Part::Hole(splice) if is_cut(splice))) {
            self.parts.pop();
        }
    }

    /// Whether it is nothing but what is made of a statement in a way that is not followed.
    pub(super) fn is_made(&self) -> bool {
        self.only_hole().is_some_and(|splice| splice.of.is_some())
    }

    /// The text as it is run. Where it begins with what is made of a statement in a way that is not followed, it is that
    /// statement with a hole behind it.
    pub(super) fn told(&self) -> Text {
        self.unfolded().unwrap_or_else(|| self.clone())
    }

    fn unfolded(&self) -> Option<Text> {
        let (first, rest) = self.parts.split_first()?;
        let mut text = match &**first {
            Part::Hole(splice) => {
                let mut text = Text::clone(splice.of.as_ref()?);
                text.append(&Text::hole(Splice { kind: HoleKind::Clause, of: None, ..splice.clone() }));
                text
            }
            Part::Choice(arms) => {
                let unfolded: Vec<Option<Text>> = arms.iter().map(Text::unfolded).collect();
                if unfolded.iter().all(Option::is_none) {
                    return None;
                }
                let told = unfolded.into_iter().zip(arms.iter());
                Text::choice(told.map(|(told, arm)| told.unwrap_or_else(|| arm.clone())).collect())
            }
            Part::Written(_) => return None,
        };
        text.tagged = self.tagged;
        text.append(&Text { parts: rest.to_vec(), tagged: self.tagged });
        Some(text)
    }

    /// The text where it is something, and whether it may be nothing.
    pub(super) fn something(&self) -> (Option<Text>, bool) {
        const NOTHING: &[&str] = &["null", "nil", "None", "undefined", "false", "False"];
        match self.parts.as_slice() {
            [] => (None, true),
            [part] => match &**part {
                Part::Hole(splice) if NOTHING.contains(&splice.expression.as_str()) => (None, true),
                Part::Choice(arms) => {
                    let (texts, may): (Vec<Option<Text>>, Vec<bool>) =
                        arms.iter().map(Text::something).unzip();
                    let texts: Vec<Text> = texts.into_iter().flatten().collect();
                    let text = (!texts.is_empty()).then(|| Text::choice(texts));
                    (text, may.contains(&true))
                }
                Part::Hole(_) | Part::Written(_) => (Some(self.clone()), false),
            },
            _ => (Some(self.clone()), false),
        }
    }

    /// Whether both are made of the same parts.
    pub(super) fn is(&self, other: &Text) -> bool {
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(a, b)| Rc::ptr_eq(a, b))
    }

    /// Whether some of it is written in the file.
    pub(super) fn has_written(&self) -> bool {
        self.parts.iter().any(|part| match &**part {
            Part::Written(_) => true,
            Part::Hole(_) => false,
            Part::Choice(texts) => texts.iter().any(Text::has_written),
        })
    }

    /// Whether nothing stands there, for certain.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What it says, where all of it is written in the file.
    pub(super) fn only_written(&self) -> Option<String> {
        let said = self.parts.iter().map(|part| match &**part {
            Part::Written(written) => Some(written.text.as_str()),
            Part::Hole(_) | Part::Choice(_) => None,
        });
        said.collect()
    }

    /// The one expression that it is, where it is nothing else.
    pub(super) fn only_hole(&self) -> Option<&Splice> {
        match self.parts.as_slice() {
            [part] => match &**part {
                Part::Hole(splice) => Some(splice),
                Part::Written(_) | Part::Choice(_) => None,
            },
            _ => None,
        }
    }

    /// Where it begins in the file.
    pub(super) fn place(&self) -> Option<Span> {
        self.parts.iter().find_map(|part| match &**part {
            Part::Written(written) => written.pieces.first().map(|p| Span::new(p.file, p.file + p.file_len)),
            Part::Hole(splice) => Some(splice.span),
            Part::Choice(texts) => texts.iter().find_map(Text::place),
        })
    }

    /// Where it stands in the file, from its first written character to the last one behind that.
    pub(super) fn extent(&self) -> Option<Span> {
        let mut extent = self.place()?;
        for part in &self.parts {
            if let Part::Written(written) = &**part {
                for piece in &written.pieces {
                    if piece.file >= extent.end {
                        extent.end = piece.file + piece.file_len;
                    }
                }
            }
        }
        Some(extent)
    }

    /// Every text that it may be, as parts without choices, and whether these are all: beyond [`MAX_VARIANTS`] the text
    /// with each first choice stands beside one in which choices are holes.
    pub(super) fn variants(&self) -> Vec<Vec<Rc<Part>>> {
        let mut variants: Vec<Vec<Rc<Part>>> = vec![Vec::new()];
        let mut is_cut = false;
        self.expand(&mut variants, &mut is_cut, 0);
        if is_cut {
            let mut first = Vec::new();
            self.first_choices(&mut first, 0);
            variants.insert(0, first);
        }
        variants
    }

    fn expand(&self, variants: &mut Vec<Vec<Rc<Part>>>, is_cut: &mut bool, depth: usize) {
        for part in &self.parts {
            match &**part {
                Part::Choice(texts) => {
                    let mut next: Vec<Vec<Rc<Part>>> = Vec::new();
                    let mut arms: Vec<Vec<Rc<Part>>> = Vec::new();
                    for text in texts.iter() {
                        let mut of_arm = vec![Vec::new()];
                        if depth < 32 {
                            text.expand(&mut of_arm, is_cut, depth + 1);
                        } else {
                            *is_cut = true;
                        }
                        arms.extend(of_arm);
                    }
                    if variants.len() * arms.len() > MAX_VARIANTS {
                        *is_cut = true;
                        let place = texts.iter().find_map(Text::place).unwrap_or_default();
                        let cut = Splice::new(OF_MANY, place, HoleKind::Clause);
                        let hole = Rc::new(Part::Hole(cut));
                        variants.iter_mut().for_each(|variant| variant.push(hole.clone()));
                        continue;
                    }
                    for variant in variants.iter() {
                        for arm in &arms {
                            next.push(variant.iter().chain(arm).cloned().collect());
                        }
                    }
                    *variants = next;
                }
                Part::Written(_) | Part::Hole(_) => {
                    variants.iter_mut().for_each(|variant| variant.push(part.clone()));
                }
            }
        }
    }

    fn first_choices(&self, into: &mut Vec<Rc<Part>>, depth: usize) {
        for part in &self.parts {
            match &**part {
                Part::Choice(texts) if depth < 32 => {
                    if let Some(first) = texts.first() {
                        first.first_choices(into, depth + 1);
                    }
                }
                _ => into.push(part.clone()),
            }
        }
    }
}
