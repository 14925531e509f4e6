//! Caret comments: `--   ^^^^ message` (`#` or `//` in a program) pins a finding under the line above it, `--   ~~~~ message` a related label.

use sqlmoat::finding::{Finding, Label};
use sqlmoat::source::Span;

/// A text without its caret comments, and what they pin.
pub(crate) struct Pinned {
    pub(crate) text: String,
    pub(crate) pins: Vec<Pin>,
}

/// One pinned finding or label.
pub(crate) struct Pin {
    /// Bytes of the text without caret comments.
    span: Span,
    /// Message of a finding after its grade, or of a label after `~`.
    words: String,
}

impl Pinned {
    /// Takes the caret comments out of a text. A pin without a severity pins that of the page.
    pub(crate) fn read(source: &str) -> Pinned {
        let mut pinned = Pinned { text: String::new(), pins: Vec::new() };
        let mut line_above = 0..0;
        for line in source.lines() {
            match caret(line) {
                Some((columns, mark, message)) => {
                    let above = &pinned.text[line_above.clone()];
                    let byte = |column: usize| {
                        let inside = above.char_indices().nth(column).map_or(above.len(), |(i, _)| i);
                        (line_above.start + inside) as u32
                    };
                    let span = Span::new(byte(columns.start), byte(columns.end));
                    let words = if mark == '~' { format!("~ {message}") } else { message.to_owned() };
                    pinned.pins.push(Pin { span, words });
                }
                None => {
                    let start = pinned.text.len();
                    pinned.text.push_str(line);
                    line_above = start..pinned.text.len();
                    pinned.text.push('\n');
                }
            }
        }
        pinned
    }

    /// The text with line numbers, for the person who reads a failure.
    pub(crate) fn numbered(&self, file: &str) -> String {
        let mut shown = String::new();
        for (at, line) in self.text.lines().enumerate() {
            shown.push_str(&format!("  {file}:{}: {line}\n", at + 1));
        }
        shown
    }
}

/// Reads `--  ^^^ message`: columns of the marks (0-based, in characters), the mark, the message.
fn caret(line: &str) -> Option<(std::ops::Range<usize>, char, &str)> {
    let line_start = line.trim_start();
    let rest = ["--", "//", "#"].iter().find_map(|mark| line_start.strip_prefix(mark))?;
    let mark = rest.trim_start().chars().next().filter(|c| matches!(c, '^' | '~'))?;
    let before = line.find(mark)?;
    let marks = line[before..].chars().take_while(|c| *c == mark).count();
    let start = line[..before].chars().count();
    Some((start..start + marks, mark, line[before + marks..].trim()))
}

impl Pin {
    /// A finding as a page pins it: the page's own rule without its name, and without its severity where that is the
    /// page's.
    pub(crate) fn of_finding(rule: &str, finding: &Finding) -> Pin {
        let own = sqlmoat::rules::find(finding.rule).map(|r| r.facts.severity);
        let name = if finding.rule == rule { String::new() } else { format!("[{}] ", finding.rule) };
        let grade = match own == Some(finding.severity) {
            true => String::new(),
            false => format!("{}: ", finding.severity.name()),
        };
        Pin { span: finding.primary.span, words: format!("{grade}{name}{}", finding.message) }
    }

    /// A label as a page pins it.
    pub(crate) fn of_label(label: &Label) -> Pin {
        Pin { span: label.location.span, words: format!("~ {}", label.message) }
    }

    /// For comparison and for the person who reads a failure.
    pub(crate) fn shown(&self, file: &str) -> String {
        format!("{file} bytes {}..{}: {}", self.span.start, self.span.end, self.words)
    }
}
