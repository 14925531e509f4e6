//! Untrusted text inside of Markdown, HTML and XML: what would act there is escaped.

use std::fmt::Write as _;

use crate::report::text::visible;

/// Text that means nothing to Markdown or HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    // An address would become a link.
    for c in visible(text).replace("://", ":\u{200b}//").chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{200b}' => out.push_str("<!---->"),
            // `@name` would call somebody, `#1` would link an issue.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Text as code in a table's cell. A backtick or a bar would end it, so entities stand for what acts.
pub(super) fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '$' | '#' | '@' => {
                let _ = write!(out, "&#{};", c as u32);
            }
            _ => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

/// A message, in which names and SQL stand in backticks, in a table's cell.
pub(super) fn message(text: &str) -> String {
    spans(text).map(|(is_code, part)| if is_code { code(part) } else { escaped(part) }).collect()
}

/// A message that stays readable as plain text and does nothing where a comment on a review renders it as Markdown:
/// whatever is not plain words stands in backticks, where nothing acts.
pub(super) fn plain_message(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || " ,.;:'()-=".contains(c);
    let text = visible(text);
    let mut out = String::new();
    for (is_code, part) in spans(&text) {
        let (start, end) = (part.len() - part.trim_start().len(), part.trim_end().len());
        match part.get(start..end) {
            Some(inner) if !inner.is_empty() && (is_code || !inner.chars().all(is_word)) => {
                let behind = part.get(end..).unwrap_or_default();
                let _ = write!(out, "{}`{inner}`{behind}", part.get(..start).unwrap_or_default());
            }
            _ => out.push_str(part),
        }
    }
    out
}

/// The parts of a message, each with whether it stands in backticks. No part holds a backtick.
fn spans(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(i, part)| (i % 2 == 1, part)).filter(|(_, part)| !part.is_empty())
}

/// Text inside of an attribute or an element of XML 1.0.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No character of XML.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_acts() {
        assert_eq!(escaped("a_b | <b>*x*</b> @me #1"), "a\\_b \\| &lt;b&gt;\\*x\\*&lt;/b&gt; &#64;me &#35;1");
        assert_eq!(escaped("[x](javascript:y)"), "\\[x\\]\\(javascript:y\\)");
        assert_eq!(escaped("see https://x"), "see https:<!---->//x");
        assert_eq!(code("`a` | <b>"), "<code>&#96;a&#96; &#124; &lt;b&gt;</code>");
        assert_eq!(message("`a_b` is *not*"), "<code>a&#95;b</code> is \\*not\\*");
        assert_eq!(xml("<a b=\"c\">\u{1b}\u{ffff}"), "&lt;a b=&quot;c&quot;&gt;␛\u{fffd}");
    }

    #[test]
    fn a_plain_message_is_words_and_code() {
        assert_eq!(
            plain_message("`t` is read; add `a = $1` to its WHERE"),
            "`t` is read; add `a = $1` to its WHERE"
        );
        assert_eq!(plain_message("`a` @all <img src=x> `b"), "`a` `@all <img src=x>` `b`");
        assert_eq!(plain_message("``` x"), " `x`");
    }
}
