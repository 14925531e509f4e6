//! Where the parenthesis behind a keyword of a statement stands: the parser keeps no range for it, and those of the
//! expressions inside leave out their last words (`IS NULL`) and their parentheses.

use crate::source::Span;

/// The inside of the parenthesis behind the first `word` that stands in no parenthesis, string or comment, without blanks
/// around it; bytes of `text`, counted from `at`.
pub(super) fn behind(text: &str, at: u32, word: &str) -> Option<Span> {
    let bytes = text.as_bytes();
    let (mut depth, mut open, mut i) = (0usize, None, 0);
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'\'' | b'"' => i = end_of(bytes, i + 1, byte),
            b'-' if bytes.get(i + 1) == Some(&b'-') => i = end_of(bytes, i + 2, b'\n'),
            b'/' if bytes.get(i + 1) == Some(&b'*') => {
                let inside = text.get(i + 2..)?;
                i += 2 + inside.find("*/")? + 1;
            }
            b'(' => depth += 1,
            b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && open.is_some() {
                    break;
                }
            }
            _ if depth == 0 && is_word(byte) => {
                let rest = text.get(i..)?;
                let len = rest.find(|c: char| !c.is_ascii() || !is_word(c as u8)).unwrap_or(rest.len());
                let behind = rest.get(len..)?.trim_start();
                if open.is_none() && rest.get(..len)?.eq_ignore_ascii_case(word) && behind.starts_with('(') {
                    let from = text.len() - behind.len();
                    open = Some(from + 1);
                    i = from;
                    continue;
                }
                i += len.max(1) - 1;
            }
            _ => {}
        }
        i += 1;
    }
    // One that does not close ends with the text.
    let inside = text.get(open?..i).filter(|_| i < bytes.len())?;
    let start = i - inside.trim_start().len();
    let end = start + inside.trim().len();
    Some(Span::new(at + start as u32, at + end as u32))
}

/// The byte that ends what began before `from`, or the end of the text.
fn end_of(bytes: &[u8], from: usize, mark: u8) -> usize {
    let found = bytes.iter().skip(from).position(|byte| *byte == mark);
    found.map_or(bytes.len(), |n| from + n)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn clauses_end_at_their_parenthesis() {
        let inside = |text: &str, word: &str| behind(text, 0, word).map(|s| text[s.range()].to_owned());
        let text =
            "CREATE POLICY \"using (x)\" ON t USING ( (a IS NULL) /* ) */ OR b = ')' ) WITH CHECK (f(c))";
        assert_eq!(inside(text, "USING").as_deref(), Some("(a IS NULL) /* ) */ OR b = ')'"));
        assert_eq!(inside(text, "CHECK").as_deref(), Some("f(c)"));
        assert_eq!(inside("CREATE POLICY p ON t", "USING"), None);
        assert_eq!(inside("USING (é = 1", "USING"), None);
    }
}
