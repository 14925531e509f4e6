//! Functions of PHP that take parameters by reference, and so may change a text that they are given: found by their
//! declarations alone, wherever in the project they stand.

use std::collections::HashMap;

/// Which parameters of the functions of each name, in small letters, are taken by reference: one bit for each, the highest
/// for all from there on.
pub(super) type References = HashMap<String, u64>;

/// The highest parameter that is told from the ones behind it.
const LAST: u32 = u64::BITS - 1;

/// Adds what the declarations of a program say.
pub(super) fn gather(source: &str, references: &mut References) {
    // Nearly no program has any.
    if !source.contains("&$") && !source.contains("& $") && !source.contains("&...") {
        return;
    }
    for (at, word) in source.match_indices("function") {
        let rest = source.get(at + word.len()..).unwrap_or_default().trim_start();
        let rest = rest.strip_prefix('&').unwrap_or(rest).trim_start();
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let len = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let Some((name, rest)) = rest.split_at_checked(len) else { continue };
        if let Some(list) = rest.trim_start().strip_prefix('(') {
            let found = by_reference(list);
            if found != 0 {
                *references.entry(name.to_ascii_lowercase()).or_default() |= found;
            }
        }
    }
}

/// Whether a function of that name may change what it is given as its argument of that number. A function that is held in a
/// variable is any without a name.
pub(super) fn may_change(references: &References, name: &str, nth: usize) -> bool {
    let name = if name.starts_with('$') { "" } else { name.rsplit('\\').next().unwrap_or(name) };
    let nth = u32::try_from(nth).unwrap_or(LAST).min(LAST);
    references.get(&name.to_ascii_lowercase()).is_some_and(|found| found >> nth & 1 == 1)
}

/// The parameters of a list, up to its end, that are taken by reference.
fn by_reference(list: &str) -> u64 {
    let (mut depth, mut nth, mut found) = (0usize, 0u32, 0u64);
    let mut quote = None;
    for (at, byte) in list.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[') => depth += 1,
            (None, b')') if depth == 0 => break,
            (None, b')' | b']') => depth = depth.saturating_sub(1),
            (None, b',') if depth == 0 => nth = (nth + 1).min(LAST),
            (None, b'&') if depth == 0 => {
                let rest = list.get(at + 1..).unwrap_or_default().trim_start();
                if rest.starts_with('$') {
                    found |= 1 << nth;
                } else if rest.starts_with("...") {
                    found |= u64::MAX << nth;
                }
            }
            // No list of parameters has these.
            (None, b'{' | b';') => break,
            (None, _) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_by_reference_are_known_by_their_place() {
        let mut references = References::new();
        let source = "<?php function a($x, array &$y = [1, 2], &...$z) {} class A { function &b(A&B $x, $y = ') &$') {} }\n\
                      $c = function (&$x) { return 1; }; function d($x) { return $x & $x; } fn(&$x) => 1;";
        gather(source, &mut references);
        let changes =
            |name: &str| (0..4).filter(|nth| may_change(&references, name, *nth)).collect::<Vec<_>>();
        assert_eq!(changes("A"), [1, 2, 3]);
        assert_eq!(changes("\\app\\a"), [1, 2, 3]);
        assert_eq!(changes("b"), [0usize; 0]);
        assert_eq!(changes("$c"), [0]);
        assert_eq!(changes("d"), [0usize; 0]);
    }
}
