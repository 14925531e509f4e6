//! Small words that rules share: names in backticks, lists, identifiers as SQL writes them.

use crate::schema::names::is_reserved;

/// `` `a` ``.
pub(super) fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}

/// `a`, `b` and `c`.
pub(super) fn list(items: impl IntoIterator<Item = String>, last: &str) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    match items.pop() {
        None => String::new(),
        Some(only) if items.is_empty() => only,
        Some(end) => format!("{} {last} {end}", items.join(", ")),
    }
}

/// A name as SQL must write it: quoted where folding or the grammar would change it.
pub(super) fn ident(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !is_reserved(name);
    match plain {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(ident("workspace_id"), "workspace_id");
        assert_eq!(ident("user"), "\"user\"");
        assert_eq!(ident("workspaceId"), "\"workspaceId\"");
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(ident(""), "\"\"");
    }

    #[test]
    fn lists_read_as_english() {
        let three = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(three, "and"), "a, b and c");
        assert_eq!(list(["a".to_owned()], "or"), "a");
    }
}
