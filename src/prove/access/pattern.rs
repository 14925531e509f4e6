//! What a constant pattern says about how a text begins (like_support.c, regexp.c `regexp_fixed_prefix`).

/// The fixed part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixed {
    /// Nothing.
    No,
    /// The text begins with some fixed characters.
    Prefix,
    /// The text is fixed.
    Exact,
}

/// The fixed part of the pattern of an operator of the LIKE family.
pub(super) fn fixed(operator: &str, pattern: &str) -> Fixed {
    match operator {
        "~~" => like(pattern, false),
        "~~*" => like(pattern, true),
        "~" => regex(pattern, false),
        "~*" => regex(pattern, true),
        "^@" => prefix(!pattern.is_empty()),
        _ => Fixed::No,
    }
}

const fn prefix(some: bool) -> Fixed {
    if some { Fixed::Prefix } else { Fixed::No }
}

fn like(pattern: &str, any_case: bool) -> Fixed {
    let mut some = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '%' | '_' => return prefix(some),
            '\\' => match chars.next() {
                Some(c) => c,
                None => return prefix(some),
            },
            c => c,
        };
        if any_case && has_case(c) {
            return prefix(some);
        }
        some = true;
    }
    if some { Fixed::Exact } else { Fixed::No }
}

fn regex(pattern: &str, any_case: bool) -> Fixed {
    let Some(rest) = pattern.strip_prefix('^') else { return Fixed::No };
    let (rest, grouped) = match rest.strip_prefix("(?:").and_then(|r| r.strip_suffix(")$")) {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    // An alternative anywhere could be one of the whole pattern.
    if rest.contains('|') || rest.starts_with("(?") || rest.starts_with("***") {
        return Fixed::No;
    }
    let chars: Vec<char> = rest.chars().collect();
    let (mut known, mut i) = (0usize, 0usize);
    while let Some(&c) = chars.get(i) {
        let next = match c {
            '$' if i + 1 == chars.len() && !grouped => {
                return if known > 0 { Fixed::Exact } else { Fixed::No };
            }
            '\\' => match chars.get(i + 1) {
                Some(c) if !c.is_ascii_alphanumeric() => 2,
                _ => return prefix(known > 0),
            },
            '.' | '[' | ']' | '(' | ')' | '*' | '+' | '?' | '{' | '}' | '^' | '$' => {
                return prefix(known > 0);
            }
            c if any_case && has_case(c) => return prefix(known > 0),
            _ => 1,
        };
        // A character that may be absent is not fixed.
        if matches!(chars.get(i + next), Some('*' | '?' | '{')) {
            return prefix(known > 0);
        }
        known += 1;
        i += next;
    }
    match (known, grouped) {
        (0, _) => Fixed::No,
        (_, true) => Fixed::Exact,
        (_, false) => Fixed::Prefix,
    }
}

/// Whether a character has another case, as far as a locale might know.
fn has_case(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_fixed_up_to_its_first_wildcard() {
        assert_eq!(fixed("~~", "abc%"), Fixed::Prefix);
        assert_eq!(fixed("~~", "a_b%"), Fixed::Prefix);
        assert_eq!(fixed("~~", "%abc"), Fixed::No);
        assert_eq!(fixed("~~", "abc"), Fixed::Exact);
        assert_eq!(fixed("~~", "ab\\%"), Fixed::Exact);
    }

    #[test]
    fn a_pattern_without_regard_to_case_is_fixed_up_to_its_first_letter() {
        assert_eq!(fixed("~~*", "12%"), Fixed::Prefix);
        assert_eq!(fixed("~~*", "ab%"), Fixed::No);
        assert_eq!(fixed("~*", "^1b"), Fixed::Prefix);
        assert_eq!(fixed("~*", "^ab"), Fixed::No);
    }

    #[test]
    fn a_regular_expression_must_be_anchored_and_without_alternatives() {
        assert_eq!(fixed("~", "^ab"), Fixed::Prefix);
        assert_eq!(fixed("~", "^ab$"), Fixed::Exact);
        assert_eq!(fixed("~", "ab"), Fixed::No);
        assert_eq!(fixed("~", "^(ab|cd)"), Fixed::No);
        assert_eq!(fixed("~", "^a*b"), Fixed::No);
        assert_eq!(fixed("~", "^a\\.b"), Fixed::Prefix);
        assert_eq!(fixed("~", "^(?:ab.*)$"), Fixed::Prefix);
    }
}
