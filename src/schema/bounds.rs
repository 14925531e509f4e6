//! [`Bounds`]: which rows of a partitioned table a partition has, as its declaration says. Values are kept as they are
//! written.

use std::cmp::Ordering;

/// Which rows a partition has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// DEFAULT: those that no other has.
    Default,
    /// WITH (MODULUS ..., REMAINDER ...).
    Hash,
    /// IN (...).
    List(Vec<String>),
    /// FROM (...) TO (...), one end for each column of the key.
    Range {
        /// The lowest values that it has; none for MINVALUE.
        from: Vec<Option<String>>,
        /// The values above all that it has; none for MAXVALUE.
        to: Vec<Option<String>>,
    },
}

impl Bounds {
    /// Reads `DEFAULT`, `FOR VALUES ...`.
    pub fn parse(text: &str) -> Option<Bounds> {
        let text = text.trim();
        let Some(rest) = after(text, "for").and_then(|rest| after(rest, "values")) else {
            return after(text, "default").map(|_| Bounds::Default);
        };
        if after(rest, "with").is_some() {
            return Some(Bounds::Hash);
        }
        if let Some(list) = after(rest, "in") {
            return Some(Bounds::List(list_of(list)?.0));
        }
        let (from, rest) = list_of(after(rest, "from")?)?;
        let (to, _) = list_of(after(rest, "to")?)?;
        let ends = |list: Vec<String>| {
            let open =
                |value: &String| ["minvalue", "maxvalue"].contains(&value.to_ascii_lowercase().as_str());
            list.into_iter().map(|value| (!open(&value)).then_some(value)).collect()
        };
        Some(Bounds::Range { from: ends(from), to: ends(to) })
    }
}

/// How two literals compare, where their texts tell: numbers, and quoted texts of one form, such as dates.
pub fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (bare(left), bare(right));
    if left == right {
        return Some(Ordering::Equal);
    }
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return left.partial_cmp(&right);
    }
    let form = |text: &str| -> Vec<char> {
        text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
    };
    let is_dated = left.starts_with(|c: char| c.is_ascii_digit());
    (is_dated && form(left) == form(right)).then(|| left.cmp(right))
}

/// A literal without its quotes and casts.
fn bare(literal: &str) -> &str {
    let literal = literal.split("::").next().unwrap_or(literal).trim();
    literal.strip_prefix('\'').and_then(|l| l.strip_suffix('\'')).unwrap_or(literal)
}

/// What stands behind a word, if the text begins with it.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let text = text.trim_start();
    let rest = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
    let rest = text.get(rest.len()..)?;
    (!rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some(rest)
}

/// The members of a list in parentheses, and what stands behind it.
fn list_of(text: &str) -> Option<(Vec<String>, &str)> {
    let inside = text.trim_start().strip_prefix('(')?;
    let (mut members, mut depth, mut quoted, mut start) = (Vec::new(), 0u32, false, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' => depth += 1,
            ')' if depth == 0 => {
                members.push(inside.get(start..at)?.trim().to_owned());
                return Some((members, inside.get(at + 1..)?));
            }
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                members.push(inside.get(start..at)?.trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read() {
        let some = |text: &str| Some(text.to_owned());
        let range = |from, to| Some(Bounds::Range { from: vec![from], to: vec![to] });
        for (text, bounds) in [
            ("DEFAULT", Some(Bounds::Default)),
            ("for values with (modulus 4, remainder 0)", Some(Bounds::Hash)),
            ("FOR VALUES IN ('a,)', NULL)", Some(Bounds::List(vec!["'a,)'".to_owned(), "NULL".to_owned()]))),
            ("FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)", range(some("'2024-01-01'"), None)),
            ("FOR VALUES FROM (minvalue) TO (f(1, 2))", range(None, some("f(1, 2)"))),
            ("FOR VALUES FROM (1", None),
            ("", None),
        ] {
            assert_eq!(Bounds::parse(text), bounds, "{text}");
        }
    }

    #[test]
    fn literals_compare_where_their_texts_tell() {
        for (left, right, order) in [
            ("9", "10", Some(Ordering::Less)),
            ("'2024-01-01'::date", "'2024-01-01'", Some(Ordering::Equal)),
            ("'2024-01-01'", "'2023-12-31'", Some(Ordering::Greater)),
            ("'2024-01-01'", "'2024-01-01 00:00:00'", None),
            ("'b'", "'a'", None),
            ("now()", "1", None),
        ] {
            assert_eq!(compare(left, right), order, "{left} {right}");
        }
    }
}
