//! Texts to fragments: each variant of a text with stand-ins for its holes, its map to the file, and what is bound to its
//! placeholders.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::bind::Binds;
use super::format;
use super::shape::Style;
use super::text::{Part, Splice};
use super::walk::{Found, Usage};
use super::{HostSettings, Hosted, Unread, Why, looks};
use crate::source::{Bind, FileId, Fragment, HOLE_PREFIX, Hole, HoleKind, Host, Piece, Span, in_words};
use crate::syntax::{self, Body, Dialect};

/// Longest text that is read as SQL, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// Fragments of one file, each text once, and the texts that are too long to be read. What is not run is left out where the
/// same text is run, or where it is held alone as a part of another.
pub(super) fn fragments(
    file: FileId,
    found: Vec<Found>,
    dialect: Dialect,
    settings: &HostSettings,
) -> (Vec<Hosted>, Vec<Unread>) {
    let mut variants: Vec<(usize, Vec<Rc<Part>>)> = Vec::new();
    for (i, found) in found.iter().enumerate() {
        variants.extend(found.text.variants().into_iter().map(|variant| (i, variant)));
        // A template that is filled elsewhere, where its marks stand for no values.
        if found.usage == Usage::Held && found.text.parts.iter().any(is_template) {
            let filled = format::fill(&found.text, Style::Percent, &|_, _| None);
            variants.extend(filled.variants().into_iter().map(|variant| (i, variant)));
        }
    }
    let uses = Uses::new(&found, &variants);
    let mut seen = HashSet::new();
    let mut all: Vec<(Hosted, Option<Span>)> = Vec::new();
    // Parts of the variants that can be read, by what was found.
    let mut read: HashMap<usize, HashSet<*const Part>> = HashMap::new();
    let mut unread: Vec<(usize, Vec<Rc<Part>>, Hosted)> = Vec::new();
    let mut long: Vec<Unread> = Vec::new();
    // What is made of statements in ways that are not followed, by where they begin.
    let mut made: HashMap<u32, Vec<Span>> = HashMap::new();
    for (i, variant) in variants {
        let found = &found[i];
        let first = variant.iter().find_map(start_of);
        let is_filled = read.contains_key(&i) && variant.iter().any(is_mark);
        if is_filled || uses.has_surer(found.usage, &variant) {
            continue;
        }
        let Some(fragment) = fragment(file, &variant, found, dialect, settings) else {
            let start = first.unwrap_or(found.anchor.start);
            let unread = Unread { span: Span::new(start, start + 1), why: Why::Long };
            if !long.contains(&unread) {
                long.push(unread);
            }
            continue;
        };
        let key: (Arc<str>, Vec<u32>, Vec<(u32, String)>) = (
            fragment.text.clone(),
            fragment.pieces.iter().map(|p| p.file).collect(),
            fragment.binds.iter().map(|b| (b.span.start, b.expression.clone())).collect(),
        );
        if !seen.insert(key) {
            continue;
        }
        let fragment = Arc::new(fragment);
        let statements = syntax::parse(&fragment, dialect);
        if looks::is_sql(&fragment.text, &statements, found.usage == Usage::Run) {
            let is_read = statements.iter().all(|s| !matches!(s.body, Body::Unparsed { .. }));
            let hosted = Hosted { fragment, statements };
            made.entry(first.unwrap_or_default()).or_default().extend(variant.iter().filter_map(made_at));
            for (start, span) in variant.iter().filter_map(made_inside) {
                made.entry(start).or_default().push(span);
            }
            match is_read {
                true => {
                    read.entry(i).or_default().extend(variant.iter().map(Rc::as_ptr));
                    all.push((hosted, given_at(found)));
                }
                false => unread.push((i, variant, hosted)),
            }
        }
    }
    // One that cannot be read, of parts that are each read, is a choice of ways that are not taken together.
    unread.retain(|(i, variant, _)| {
        let is_read = |part: &Rc<Part>| read.get(i).is_some_and(|parts| parts.contains(&Rc::as_ptr(part)));
        !variant.iter().all(is_read)
    });
    all.extend(unread.into_iter().map(|(i, _, hosted)| (hosted, given_at(&found[i]))));
    // What is given to a call of which another text is made is a part of that one.
    let is_part = |hosted: &Hosted, site: Span| {
        let first = hosted.fragment.pieces.iter().find(|piece| piece.file_len > 0);
        let made = first.and_then(|piece| made.get(&piece.file));
        made.is_some_and(|made| made.iter().any(|span| span.contains(site)))
    };
    let all = all.into_iter().filter(|(hosted, site)| !site.is_some_and(|site| is_part(hosted, site)));
    let mut all: Vec<Hosted> = all.map(|(hosted, _)| hosted).collect();
    // Where the same text is met with and without what is bound to it, the former says more.
    let bound: HashSet<(Arc<str>, Option<u32>)> =
        all.iter().filter(|h| !h.fragment.binds.is_empty()).map(identity).collect();
    all.retain(|h| !h.fragment.binds.is_empty() || !bound.contains(&identity(h)));
    all.sort_by_key(|hosted| hosted.fragment.pieces.first().map_or(0, |piece| piece.file));
    (all, long)
}

/// Which texts are used how.
#[derive(Default)]
struct Uses {
    /// Those that are run.
    run: HashSet<Vec<Told>>,
    /// Those that are more than held, by each written run in them: where their runs begin.
    parts: HashMap<u32, Vec<Starts>>,
}

/// Where the written runs of a text begin, and how it is used.
type Starts = (Usage, Rc<HashSet<u32>>);

/// A part of a text: what it says, and where.
type Told = (u32, String);

impl Uses {
    fn new(found: &[Found], variants: &[(usize, Vec<Rc<Part>>)]) -> Uses {
        let mut uses = Uses::default();
        for (i, variant) in variants {
            let usage = found[*i].usage;
            match usage {
                Usage::Held => continue,
                Usage::Handed | Usage::Added => {}
                Usage::Run => {
                    uses.run.insert(told(variant));
                }
            }
            let starts: Rc<HashSet<u32>> = Rc::new(variant.iter().filter_map(start_of).collect());
            for start in &*starts {
                uses.parts.entry(*start).or_default().push((usage, Rc::clone(&starts)));
            }
        }
        uses
    }

    /// Whether a text has a surer use: one that is handed on is run as it is, any other is a part of
    /// another.
    fn has_surer(&self, usage: Usage, variant: &[Rc<Part>]) -> bool {
        match usage {
            Usage::Run => false,
            Usage::Handed => self.run.contains(&told(variant)),
            Usage::Added | Usage::Held => {
                let mut starts: Vec<u32> = variant.iter().filter_map(start_of).collect();
                if variant.iter().any(is_mark) {
                    // The runs of a filled template are parts of those that the template has.
                    starts.truncate(1);
                }
                let of = |start: &u32| self.parts.get(start).map_or(&[][..], Vec::as_slice);
                let rarest = starts.iter().map(of).min_by_key(|texts| texts.len());
                let has = |(surer, text): &Starts| {
                    *surer < usage && starts.iter().all(|start| text.contains(start))
                };
                rarest.is_some_and(|texts| texts.iter().any(has))
            }
        }
    }
}

fn told(variant: &[Rc<Part>]) -> Vec<Told> {
    let parts = variant.iter().filter_map(|part| match &**part {
        Part::Written(written) => Some((start_of(part).unwrap_or_default(), written.text.clone())),
        Part::Hole(splice) => Some((splice.span.start, splice.expression.clone())),
        Part::Choice(_) => None,
    });
    parts.collect()
}

/// The call that a text is given to which may make another one of it.
fn given_at(found: &Found) -> Option<Span> {
    (found.usage != Usage::Run && !found.site.is_empty()).then_some(found.site)
}

/// Where the statement begins of which a part is made, and where it is made.
fn made_inside(part: &Rc<Part>) -> Option<(u32, Span)> {
    match &**part {
        Part::Hole(splice) => Some((splice.of.as_ref()?.parts.iter().find_map(start_of)?, splice.span)),
        Part::Written(_) | Part::Choice(_) => None,
    }
}

/// Where a part that is not known is made.
fn made_at(part: &Rc<Part>) -> Option<Span> {
    match &**part {
        Part::Hole(splice) => (splice.kind == HoleKind::Clause).then_some(splice.span),
        Part::Written(_) | Part::Choice(_) => None,
    }
}

/// Whether a text has marks for what is put into it.
fn is_template(part: &Rc<Part>) -> bool {
    matches!(&**part, Part::Written(written) if written.text.contains("%s") || written.text.contains("%v"))
}

/// Whether a hole is a mark whose argument is not known.
fn is_mark(part: &Rc<Part>) -> bool {
    matches!(&**part, Part::Hole(splice) if splice.expression.starts_with('%'))
}

/// A text and where it begins.
fn identity(hosted: &Hosted) -> (Arc<str>, Option<u32>) {
    (hosted.fragment.text.clone(), hosted.fragment.pieces.first().map(|piece| piece.file))
}

fn start_of(part: &Rc<Part>) -> Option<u32> {
    match &**part {
        Part::Written(written) => {
            written.pieces.iter().find(|piece| piece.file_len > 0).map(|piece| piece.file)
        }
        Part::Hole(_) | Part::Choice(_) => None,
    }
}

/// One variant as a fragment; none where it is too long.
fn fragment(
    file: FileId,
    parts: &[Rc<Part>],
    found: &Found,
    dialect: Dialect,
    settings: &HostSettings,
) -> Option<Fragment> {
    let mut text = Assembly::default();
    for (i, part) in parts.iter().enumerate() {
        match &**part {
            Part::Written(written) => {
                let at = text.text.len() as u32;
                if text.ends_with_hole {
                    let at = written.pieces.first().map_or(0, |p| p.file);
                    if written.text.starts_with(|c: char| c.is_ascii_digit()) {
                        text.filler("_", at);
                    } else if starts_clause(&written.text) || text.ends_in_words() {
                        // `{where}ORDER BY`: the text that stands there ends with a space.
                        text.filler(" ", at);
                    }
                }
                let shift = text.text.len() as u32 - at;
                text.text.push_str(&written.text);
                let moved = |p: &Piece| Piece { fragment: p.fragment + at + shift, ..*p };
                text.pieces.extend(written.pieces.iter().map(moved));
                text.ends_with_hole = false;
            }
            Part::Hole(splice) => {
                let next = parts.get(i + 1).and_then(|part| match &**part {
                    Part::Written(written) => written.text.chars().next(),
                    Part::Hole(_) | Part::Choice(_) => None,
                });
                text.hole(splice, next, settings);
            }
            Part::Choice(_) => {}
        }
        if text.text.len() > MAX_TEXT {
            return None;
        }
    }
    let Assembly { text, pieces, holes, ends_with_hole: _ } = text;
    let binds = binds(&text, &holes, &found.binds, dialect);
    Some(Fragment {
        file,
        text: text.into(),
        pieces,
        holes,
        binds,
        function: found.function.clone(),
        host: Some(Host { anchor: found.anchor, is_run: found.usage == Usage::Run }),
    })
}

/// Whether a text starts with a word that begins a clause, and not with the rest of a name.
fn starts_clause(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "WHERE",
        "ORDER",
        "GROUP",
        "LIMIT",
        "OFFSET",
        "HAVING",
        "AND",
        "OR",
        "FROM",
        "JOIN",
        "LEFT",
        "INNER",
        "ON",
        "RETURNING",
        "UNION",
        "SET",
        "VALUES",
        "AS",
        "FOR",
    ];
    let len = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, rest) = text.split_at(len);
    rest.starts_with(char::is_whitespace) && WORDS.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// What must stand before a condition at the end of a text.
fn scope_word(before: &str) -> &'static str {
    let is = |word: &str, wanted: &[&str]| wanted.iter().any(|w| w.eq_ignore_ascii_case(word));
    let mut words =
        before.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let opens = before.trim_end().ends_with('(');
    match words.next_back() {
        Some(last) if opens || is(last, &["WHERE", "AND", "OR", "ON", "NOT", "HAVING"]) => "",
        _ if before.split_whitespace().any(|word| is(word, &["WHERE"])) => " AND ",
        _ => " WHERE ",
    }
}

#[derive(Default)]
struct Assembly {
    text: String,
    pieces: Vec<Piece>,
    holes: Vec<Hole>,
    ends_with_hole: bool,
}

impl Assembly {
    /// Text of ours that stands nowhere in the file.
    fn filler(&mut self, text: &str, at: u32) {
        self.pieces.push(Piece {
            fragment: self.text.len() as u32,
            file: at,
            len: text.len() as u32,
            file_len: 0,
        });
        self.text.push_str(text);
    }

    /// Whether the end is not known as an expression.
    fn ends_in_words(&self) -> bool {
        self.ends_with_hole && self.holes.last().is_some_and(|hole| in_words(&hole.expression))
    }

    /// The stand-in of a hole; `next` is the character behind it.
    fn hole(&mut self, splice: &Splice, next: Option<char>, settings: &HostSettings) {
        let Splice { expression, span, kind, origin, of: _ } = splice;
        let before = self.text.chars().next_back();
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if let Some(prefix) = &settings.table_prefix
            && !is_part(before)
            && is_part(next)
        {
            return self.escape(prefix, *span);
        }
        // `FROM t` + where: what follows a word starts with a space, or the two would be one word. `events_` + month does not.
        if before.is_some_and(char::is_alphanumeric) && !is_part(next) && next != Some('.') {
            self.filler(" ", span.start);
        }
        if self.ends_with_hole && *kind == HoleKind::Clause {
            // What is made of a text whose end is not known has no other end.
            if self.ends_in_words() {
                return;
            }
            self.filler(" ", span.start);
        }
        let tenant = settings.scope(expression);
        if tenant.is_some() {
            self.filler(scope_word(&self.text), span.start);
        }
        let start = self.text.len() as u32;
        let name = format!("{HOLE_PREFIX}{}", self.holes.len());
        self.escape(&name, *span);
        let span = Span::new(start, self.text.len() as u32);
        let tenant = tenant.filter(|_| *kind != HoleKind::Bound);
        let origin = origin.clone();
        self.holes.push(Hole { span, expression: expression.clone(), kind: *kind, tenant, origin });
        self.ends_with_hole = true;
    }

    fn escape(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        self.pieces.push(Piece {
            fragment: self.text.len() as u32,
            file: span.start,
            len: text.len() as u32,
            file_len: span.end - span.start,
        });
        self.text.push_str(text);
        self.ends_with_hole = false;
    }
}

/// What is bound to the placeholders of a text, by place.
fn binds(text: &str, holes: &[Hole], known: &Binds, dialect: Dialect) -> Vec<Bind> {
    let mut all: Vec<Bind> = holes
        .iter()
        .filter(|hole| hole.kind != HoleKind::Clause)
        .map(|hole| Bind { span: hole.span, expression: hole.expression.clone() })
        .collect();
    let mut anonymous = 0;
    if !matches!(known, Binds::Unknown) {
        for span in syntax::placeholders(text, dialect) {
            let written = text.get(span.range()).unwrap_or_default();
            if written.contains(HOLE_PREFIX) {
                continue;
            }
            let name = written.trim_start_matches(['$', ':', '@', '%', '(', '?', '#', '{']);
            let name = name.trim_end_matches(")s").trim_end_matches(['}', '!']);
            let expression = match known {
                Binds::Positions(positions) => {
                    let n = match name.parse::<usize>() {
                        Ok(n) => n.checked_sub(1),
                        Err(_) if matches!(written, "?" | "%s" | "%b" | "%t") => {
                            anonymous += 1;
                            Some(anonymous - 1)
                        }
                        Err(_) => None,
                    };
                    n.and_then(|n| positions.get(n)).cloned().flatten()
                }
                Binds::Names(names) => names.iter().find(|(n, _)| n == name).map(|(_, e)| e.clone()),
                Binds::Unknown => None,
            };
            all.extend(expression.map(|expression| Bind { span, expression }));
        }
    }
    all.sort_by_key(|bind| bind.span);
    all
}
