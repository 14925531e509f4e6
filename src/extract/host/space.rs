//! White space that a program takes out of a text. A line break ends a comment, so where a text has `--`, what is taken out
//! decides what runs; any other text says the same with it and without it.

use std::rc::Rc;

use super::text::{Arms, Part, Splice, Text, Written};
use crate::source::HoleKind;

/// What is said of white space that cannot be told.
const TRIMMED: &str = "what is left of the text without white space";

/// How deep choices in a text are looked at.
const MAX_DEPTH: usize = 16;

/// The text without the white space at its start, at its end, or at both; what stays of it at the start are spaces.
pub(super) fn trimmed(text: &Text, start: bool, end: bool) -> Text {
    if !has_comment(text, 0) {
        return text.clone();
    }
    let mut result = text.clone();
    if start {
        trim(&mut result, true, 0);
    }
    if end {
        trim(&mut result, false, 0);
    }
    result
}

/// The text with spaces for each run of white space.
pub(super) fn collapsed(text: &Text) -> Text {
    if !has_comment(text, 0) {
        return text.clone();
    }
    trimmed(&on_one_line(text, 0), true, true)
}

fn has_comment(text: &Text, depth: usize) -> bool {
    text.parts.iter().any(|part| match &**part {
        Part::Written(written) => written.text.contains("--"),
        Part::Choice(arms) => depth > MAX_DEPTH || arms.iter().any(|arm| has_comment(arm, depth + 1)),
        Part::Hole(_) => false,
    })
}

fn trim(text: &mut Text, start: bool, depth: usize) {
    loop {
        let at = if start { 0 } else { text.parts.len().saturating_sub(1) };
        let Some(part) = text.parts.get(at).cloned() else { return };
        match &*part {
            Part::Written(written) => {
                let kept = if start { written.text.trim_start() } else { written.text.trim_end() };
                let cut = written.text.len() - kept.len();
                if kept.is_empty() && !(start && text.parts.len() > 1) {
                    text.parts.remove(at);
                    continue;
                }
                if start && cut > 0 {
                    let mut spaced = space(&written.part(0, cut));
                    spaced.append(&written.part(cut, written.text.len()));
                    text.parts[at] = Rc::new(Part::Written(spaced));
                } else if cut > 0 {
                    text.parts[at] = Rc::new(Part::Written(written.part(0, kept.len())));
                }
            }
            Part::Choice(arms) if depth < MAX_DEPTH => {
                let mut trimmed: Vec<Text> = arms.to_vec();
                trimmed.iter_mut().for_each(|arm| trim(arm, start, depth + 1));
                // Behind an arm that is nothing, white space before it goes as well.
                let is_open = text.parts.len() > 1 && trimmed.iter().any(Text::is_empty);
                text.parts[at] = Rc::new(Part::Choice(Arms::new(trimmed)));
                if is_open {
                    let place = text.place().unwrap_or_default();
                    text.append(&Text::hole(Splice::new(TRIMMED, place, HoleKind::Clause)));
                }
            }
            Part::Choice(_) | Part::Hole(_) => {}
        }
        return;
    }
}

fn on_one_line(text: &Text, depth: usize) -> Text {
    let mut result = Text { tagged: text.tagged, ..Text::default() };
    for part in &text.parts {
        match &**part {
            Part::Written(written) => result.push(Part::Written(spaced(written))),
            Part::Choice(arms) if depth < MAX_DEPTH => {
                let arms = arms.iter().map(|arm| on_one_line(arm, depth + 1)).collect();
                result.push(Part::Choice(Arms::new(arms)));
            }
            Part::Choice(_) | Part::Hole(_) => result.parts.push(part.clone()),
        }
    }
    result
}

/// A run with one space for each run of white space in it.
fn spaced(written: &Written) -> Written {
    let mut result = Written::default();
    let mut at = 0;
    while let Some(rest) = written.text.get(at..).filter(|rest| !rest.is_empty()) {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        result.append(&written.part(at, at + word));
        at += word;
        let rest = rest.get(word..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        result.append(&space(&written.part(at, at + blank)));
        at += blank;
    }
    result
}

/// A space, or two, in the place of a run of white space: what a text begins with in the file stays the same.
fn space(blank: &Written) -> Written {
    let (Some(first), Some(last)) = (blank.pieces.first(), blank.pieces.last()) else {
        return Written::default();
    };
    let (start, end) = (first.file as usize, (last.file + last.file_len) as usize);
    let mut space = Written::default();
    // What is as long as its place is taken to say what stands there.
    space.escape(if end == start + 1 { "  " } else { " " }, start, end.max(start));
    space
}
