//! Templates with their arguments put in: `%s` and its like, `{}` and its like; margins of multi-line texts.

use super::shape::Style;
use super::text::{Arms, Part, Splice, Text, Written};
use crate::source::{HoleKind, Span};

/// Which argument a mark stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    Nth(usize),
    Named(&'a str),
}

/// What is put in for a mark that stands at a place; none where it is not known.
pub(super) type Argument<'a> = dyn Fn(Which<'_>, Span) -> Option<Text> + 'a;

/// A mark in a template: its length, its argument, whether it can only give a number, and whether it may take but a part of
/// its argument. None of an argument is an escaped mark, whose text is given.
enum Mark<'a> {
    Escaped(&'a str),
    Argument { which: Which<'a>, number: bool, cut: bool },
}

/// Fills a template.
pub(super) fn fill(template: &Text, style: Style, arg: &Argument<'_>) -> Text {
    let mut result = Text::default();
    let mut next = 0;
    for part in &template.parts {
        match &**part {
            Part::Written(written) => fill_written(written, style, arg, &mut next, &mut result),
            Part::Choice(texts) => {
                let start = next;
                let mut filled = Vec::new();
                for text in texts.iter() {
                    let mut inner = Text::default();
                    next = start;
                    for part in &text.parts {
                        match &**part {
                            Part::Written(written) => {
                                fill_written(written, style, arg, &mut next, &mut inner)
                            }
                            Part::Hole(_) | Part::Choice(_) => inner.parts.push(part.clone()),
                        }
                    }
                    filled.push(inner);
                }
                result.push(Part::Choice(Arms::new(filled)));
            }
            Part::Hole(_) => result.parts.push(part.clone()),
        }
    }
    result
}

fn fill_written(written: &Written, style: Style, arg: &Argument<'_>, next: &mut usize, result: &mut Text) {
    let text = &written.text;
    let open = match style {
        Style::Percent => '%',
        Style::Braces => '{',
        Style::Dollar => '$',
        Style::Names => '?',
    };
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find([open, '}'])) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        let mark = match style {
            Style::Percent => percent(rest, next),
            Style::Braces => braces(rest, next),
            Style::Dollar => dollar(rest),
            Style::Names => names(rest, next),
        };
        let Some((len, mark)) = mark else {
            at = start + 1;
            continue;
        };
        result.push(Part::Written(written.part(from, start)));
        let place = written.part(start, start + len);
        let span = place.pieces.first().map_or(Span::default(), |p| Span::new(p.file, p.file + p.file_len));
        match mark {
            Mark::Escaped(character) => {
                let mut one = Written::default();
                one.escape(character, span.start as usize, span.end as usize);
                result.push(Part::Written(one));
            }
            Mark::Argument { which, number, cut } => match arg(which, span) {
                Some(text) if cut && text.has_written() => {
                    let mark = rest.get(..len).unwrap_or_default();
                    result.push(Part::Hole(Splice::new(mark, span, HoleKind::Clause)));
                }
                Some(text) if number => match text.only_hole() {
                    Some(splice) => {
                        result.push(Part::Hole(Splice { kind: HoleKind::Harmless, ..splice.clone() }));
                    }
                    None => result.append(&text),
                },
                Some(text) => result.append(&text),
                None => {
                    let expression = match which {
                        Which::Named(name) => name.to_owned(),
                        Which::Nth(_) => rest.get(..len).unwrap_or_default().to_owned(),
                    };
                    let kind = if number { HoleKind::Harmless } else { HoleKind::Spliced };
                    result.push(Part::Hole(Splice::new(&expression, span, kind)));
                }
            },
        }
        at = start + len;
        from = at;
    }
    result.push(Part::Written(written.part(from, text.len())));
}

/// A mark for a name at the start of a text; one for a value stays, and counts.
fn names<'a>(text: &'a str, next: &mut usize) -> Option<(usize, Mark<'a>)> {
    let nth = *next;
    *next += usize::from(text.starts_with('?'));
    text.starts_with("??")
        .then_some((2, Mark::Argument { which: Which::Nth(nth), number: false, cut: false }))
}

/// A mark of `printf` at the start of a text.
fn percent<'a>(text: &'a str, next: &mut usize) -> Option<(usize, Mark<'a>)> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'%') {
        return None;
    }
    if bytes.get(1) == Some(&b'%') {
        return Some((2, Mark::Escaped("%")));
    }
    if bytes.get(1) == Some(&b'(') {
        let close = text.find(')')?;
        let verb = text.get(close + 1..)?.chars().next()?;
        let which = Which::Named(text.get(2..close)?);
        return Some((
            close + 1 + verb.len_utf8(),
            Mark::Argument { which, number: is_number(verb), cut: false },
        ));
    }
    let mut at = 1;
    let mut explicit = None;
    if bytes.get(at) == Some(&b'[') {
        let close = text.find(']')?;
        explicit = text.get(2..close)?.parse::<usize>().ok();
        at = close + 1;
    }
    let digits = bytes.get(at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits > 0 && bytes.get(at + digits) == Some(&b'$') {
        explicit = text.get(at..at + digits)?.parse::<usize>().ok();
        at += digits + 1;
    }
    let flags = at;
    at += bytes
        .get(at..)?
        .iter()
        .take_while(|b| matches!(b, b'+' | b'-' | b'#' | b'0'..=b'9' | b'.' | b'*'))
        .count();
    let verb = text.get(at..)?.chars().next().filter(char::is_ascii_alphabetic)?;
    let which = match explicit {
        Some(n) => n.checked_sub(1)?,
        None => *next,
    };
    *next = which + 1;
    let cut = text.get(flags..at).is_some_and(|flags| flags.contains('.'));
    Some((at + 1, Mark::Argument { which: Which::Nth(which), number: is_number(verb), cut }))
}

fn is_number(verb: char) -> bool {
    matches!(verb, 'd' | 'i' | 'f' | 'u' | 'x' | 'X' | 'o' | 'e' | 'g' | 't')
}

/// A mark in braces at the start of a text.
fn braces<'a>(text: &'a str, next: &mut usize) -> Option<(usize, Mark<'a>)> {
    if text.starts_with("{{") {
        return Some((2, Mark::Escaped("{")));
    }
    if text.starts_with("}}") {
        return Some((2, Mark::Escaped("}")));
    }
    if !text.starts_with('{') {
        return None;
    }
    let close = text.find('}')?;
    let inside = text.get(1..close)?;
    let name = inside.split([':', '!', ',']).next().unwrap_or_default().trim();
    // `{:.4}`, `{name:.4s}`
    let spec = inside.split_once(':').map_or("", |(_, spec)| spec);
    let cut =
        spec.contains('.') && spec.ends_with(|c: char| c.is_ascii_digit() || matches!(c, 's' | '$' | '*'));
    if name.is_empty() {
        let which = Which::Nth(*next);
        *next += 1;
        return Some((close + 1, Mark::Argument { which, number: false, cut }));
    }
    if let Ok(n) = name.parse() {
        return Some((close + 1, Mark::Argument { which: Which::Nth(n), number: false, cut }));
    }
    let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']'));
    is_name.then_some((close + 1, Mark::Argument { which: Which::Named(name), number: false, cut }))
}

/// A mark `${name}` at the start of a text.
fn dollar<'a>(text: &'a str) -> Option<(usize, Mark<'a>)> {
    let inside = text.strip_prefix("${")?;
    let name = inside.get(..inside.find('}')?)?;
    Some((name.len() + 3, Mark::Argument { which: Which::Named(name.trim()), number: false, cut: false }))
}

/// A text without the white space and `|` that its lines begin with.
pub(super) fn without_margin(text: &Text) -> Text {
    let mut result = Text { tagged: text.tagged, ..Text::default() };
    let mut starts = true;
    for part in &text.parts {
        let Part::Written(written) = &**part else {
            result.parts.push(part.clone());
            starts = false;
            continue;
        };
        let (mut stripped, mut at) = (Written::default(), 0);
        for (n, line) in written.text.split_inclusive('\n').enumerate() {
            let begins = n > 0 || starts;
            let trimmed = line.trim_start();
            let cut = match trimmed.strip_prefix('|') {
                Some(rest) if begins => line.len() - rest.len(),
                _ => 0,
            };
            stripped.append(&written.part(at + cut, at + line.len()));
            at += line.len();
        }
        starts = written.text.ends_with('\n');
        result.push(Part::Written(stripped));
    }
    result
}

/// A text without the indentation that its lines have in common, and without a first and a last line that are blank.
pub(super) fn without_indent(text: &Text) -> Text {
    // The start of a line is at the beginning, and behind each line break that is written.
    let mut least: Option<usize> = None;
    let mut starts = true;
    for (i, part) in text.parts.iter().enumerate() {
        let Part::Written(written) = &**part else {
            starts = false;
            continue;
        };
        for (n, line) in written.text.split_inclusive('\n').enumerate() {
            let is_last = i + 1 == text.parts.len() || line.ends_with('\n');
            if (n > 0 || starts) && !(line.trim().is_empty() && is_last) {
                let indent = line.len() - line.trim_start().len();
                least = Some(least.map_or(indent, |least| least.min(indent)));
            }
        }
        starts = written.text.ends_with('\n');
    }
    let mut result = Text { tagged: text.tagged, ..Text::default() };
    let mut starts = true;
    for (i, part) in text.parts.iter().enumerate() {
        let Part::Written(written) = &**part else {
            result.parts.push(part.clone());
            starts = false;
            continue;
        };
        let (mut stripped, mut at) = (Written::default(), 0);
        let count = written.text.split_inclusive('\n').count();
        for (n, line) in written.text.split_inclusive('\n').enumerate() {
            let blank = line.trim().is_empty();
            let is_first = i == 0 && n == 0 && line.ends_with('\n');
            let is_last = i + 1 == text.parts.len() && n + 1 == count && !line.ends_with('\n');
            if !(blank && (is_first || is_last)) {
                let own = line.len() - line.trim_start_matches([' ', '\t']).len();
                let cut = if n > 0 || starts { own.min(least.unwrap_or(0)) } else { 0 };
                stripped.append(&written.part(at + cut, at + line.len()));
            }
            at += line.len();
        }
        starts = written.text.ends_with('\n');
        result.push(Part::Written(stripped));
    }
    result
}
