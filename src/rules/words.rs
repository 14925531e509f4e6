//! Small words that rules share: names in backticks, lists, identifiers as SQL writes them.

pub(super) use crate::schema::names::ident;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_english() {
        let three = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(three, "and"), "a, b and c");
        assert_eq!(list(["a".to_owned()], "or"), "a");
    }
}
