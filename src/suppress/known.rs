//! Findings that were there before: those of a baseline, or of another revision, beside those of a run.

use std::collections::HashMap;

/// A finding of a run: its path and its fingerprint.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Path, written as those of the known ones.
    pub path: &'a str,
    /// Its fingerprint.
    pub fingerprint: &'a str,
}

/// For each finding the position of the known one that it is, each at most once. One at the same path comes first; a
/// finding elsewhere is the same one moved, if the file of the known one has nothing to do with it any more: `accounted`
/// says that of a path, because the file is gone or because this run looked at it.
pub fn recognise(
    found: &[Found<'_>],
    known: &[Found<'_>],
    accounted: impl Fn(&str) -> bool,
) -> Vec<Option<usize>> {
    let mut here: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (i, one) in known.iter().enumerate().rev() {
        here.entry((one.fingerprint, one.path)).or_default().push(i);
    }
    let mut recognised: Vec<Option<usize>> =
        found.iter().map(|one| here.get_mut(&(one.fingerprint, one.path)).and_then(Vec::pop)).collect();
    let mut elsewhere: HashMap<&str, Vec<usize>> = HashMap::new();
    for ((fingerprint, path), left) in here {
        if !left.is_empty() && accounted(path) {
            elsewhere.entry(fingerprint).or_default().extend(left);
        }
    }
    // In the order of the known ones, whatever the order of the map was.
    elsewhere.values_mut().for_each(|left| left.sort_unstable_by(|a, b| b.cmp(a)));
    for (one, place) in found.iter().zip(&mut recognised).filter(|(_, place)| place.is_none()) {
        *place = elsewhere.get_mut(one.fingerprint).and_then(Vec::pop);
    }
    recognised
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<'a>(list: &[(&'a str, &'a str)]) -> Vec<Found<'a>> {
        list.iter().map(|(path, fingerprint)| Found { path, fingerprint }).collect()
    }

    #[test]
    fn each_known_finding_is_used_once() {
        let known = all(&[("a", "1"), ("a", "2"), ("b", "1")]);
        let found = all(&[("a", "1"), ("a", "1"), ("b", "1"), ("c", "3")]);
        assert_eq!(recognise(&found, &known, |_| true), [Some(0), None, Some(2), None]);
    }

    #[test]
    fn a_finding_moves_only_away_from_a_file_that_is_accounted_for() {
        let known = all(&[("a", "1"), ("b", "1")]);
        let found = all(&[("c", "1"), ("d", "1")]);
        assert_eq!(recognise(&found, &known, |_| true), [Some(0), Some(1)]);
        assert_eq!(recognise(&found, &known, |path| path == "b"), [Some(1), None]);
        assert_eq!(recognise(&found, &known, |_| false), [None, None]);
    }
}
