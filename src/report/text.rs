//! Text of the analysed project in text formats: SQL and file names are not trusted. What would move the cursor, recolour
//! a terminal, reorder a line or be read as a command by a CI runner is made visible instead.

use std::borrow::Cow;

/// The text with every character that acts instead of showing replaced by one that shows. Line breaks and tabs too.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| push_visible(&mut out, c));
    Cow::Owned(out)
}

/// Appends one character as it should show.
pub(super) fn push_visible(out: &mut String, c: char) {
    match c {
        // Unicode has a picture of each control character of ASCII.
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + c as u32)),
        '\u{7f}' => out.push('\u{2421}'),
        _ if is_active(c) => out.push_str(&format!("<U+{:04X}>", c as u32)),
        _ => out.push(c),
    }
}

/// Whether a character acts on the text around it: controls, bidirectional controls, invisible and separating ones.
fn is_active(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A whole report as a CI runner may read it: GitHub's runner takes `::name::` at the start of a line, and `##[name]`
/// anywhere in one, for commands.
pub(super) fn without_commands(report: String) -> String {
    let starts = |line: &str| line.trim_start().starts_with("::");
    if !report.contains("##[") && !report.lines().any(starts) {
        return report;
    }
    let mut out = String::with_capacity(report.len() + 8);
    for line in report.split_inclusive('\n') {
        let line = line.replace("##[", "## [");
        match starts(&line) {
            true => out.push_str(&line.replacen("::", ": :", 1)),
            false => out.push_str(&line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown() {
        assert_eq!(visible("naïve 漢字 😀"), "naïve 漢字 😀");
        assert_eq!(visible("a\u{1b}[31mb\u{7f}\r"), "a␛[31mb␡␍");
        assert_eq!(visible("x\u{202e}y\u{2066}z\u{feff}"), "x<U+202E>y<U+2066>z<U+FEFF>");
        assert_eq!(visible("\u{9b}2J"), "<U+009B>2J");
    }

    #[test]
    fn no_line_is_a_command_for_a_runner() {
        let report = "::error::a\n  ::set-output name=x::y\nuuid ::text\na ##[error]b\n".to_owned();
        assert_eq!(
            without_commands(report),
            ": :error::a\n  : :set-output name=x::y\nuuid ::text\na ## [error]b\n"
        );
    }
}
