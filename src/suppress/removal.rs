//! What takes a suppression comment out of its file.

use crate::finding::{Applicability, Edit, Fix};
use crate::source::{Location, SourceFile, Span};

/// A suppression as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The whole comment.
    pub(super) comment: Location,
    /// Its text, with what begins and ends a comment.
    pub(super) text: String,
    /// Whether it allows several rules.
    pub(super) several: bool,
}

/// The removal of the suppression whose token is given: the comment with its line where nothing else stands there; of several
/// rules the one.
pub(super) fn removal(written: &Written, token: Location, file: &SourceFile) -> Option<Fix> {
    let text = &*file.text;
    let comment = written.comment.span;
    // A comment in a text that is not in the file as it is written cannot be taken out by its place.
    if text.get(comment.range())? != written.text || written.text.contains('\n') {
        return None;
    }
    let span = if written.several { item(text, token.span)? } else { whole(text, comment)? };
    let location = Location { file: token.file, span };
    Some(Fix {
        title: "remove the suppression".to_owned(),
        applicability: Applicability::Safe,
        edits: vec![Edit { location, text: String::new() }],
    })
}

/// A comment and the white space before it; its line, where it is alone there.
fn whole(text: &str, comment: Span) -> Option<Span> {
    let before = text.get(..comment.start as usize)?;
    let after = text.get(comment.end as usize..)?;
    let indented = before.trim_end_matches([' ', '\t']);
    let start = indented.len() as u32;
    let rest = after.trim_start_matches([' ', '\t']);
    let ends_line = rest.is_empty() || rest.starts_with('\n') || rest.starts_with("\r\n");
    let starts_line = indented.is_empty() || indented.ends_with(['\n', '\u{feff}']);
    Some(match (starts_line, ends_line) {
        (true, true) => {
            let line_break = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
            Span::new(start, (text.len() - rest.len() + line_break) as u32)
        }
        (false, true) => Span::new(start, comment.end),
        (_, false) => comment,
    })
}

/// One rule of a list with its comma.
fn item(text: &str, token: Span) -> Option<Span> {
    let after = text.get(token.end as usize..)?;
    if let Some(rest) = after.trim_start().strip_prefix(',') {
        return Some(Span::new(token.start, (text.len() - rest.trim_start().len()) as u32));
    }
    let before = text.get(..token.start as usize)?.trim_end().strip_suffix(',')?;
    Some(Span::new(before.len() as u32, token.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_goes_with_its_line() {
        for (text, comment, left) in [
            ("a;\n  -- c\nb;\n", "-- c", "a;\nb;\n"),
            ("a;\r\n-- c\r\nb;\r\n", "-- c", "a;\r\nb;\r\n"),
            ("a; -- c\nb;\n", "-- c", "a;\nb;\n"),
            ("a /* c */ b", "/* c */", "a  b"),
            ("\u{feff}-- c\nb;", "-- c", "\u{feff}b;"),
            ("a;\n-- c", "-- c", "a;\n"),
        ] {
            let start = text.find(comment).unwrap();
            let span = whole(text, Span::new(start as u32, (start + comment.len()) as u32)).unwrap();
            assert_eq!(format!("{}{}", &text[..span.start as usize], &text[span.end as usize..]), left);
        }
    }

    #[test]
    fn a_rule_goes_with_its_comma() {
        for (token, left) in [("a", "(b, c)"), ("b", "(a, c)"), ("c", "(a, b)")] {
            let text = "(a, b, c)";
            let start = text.find(token).unwrap() as u32;
            let span = item(text, Span::new(start, start + 1)).unwrap();
            assert_eq!(format!("{}{}", &text[..span.start as usize], &text[span.end as usize..]), left);
        }
    }
}
