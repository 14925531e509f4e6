//! Which parts of a file have to do with SQL, by bytes: where statements begin, and where names stand that hold one. A
//! function without any such place is not walked.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use tree_sitter::Node;

use super::eval::{Globals, Helper};

/// How often names are followed to what is made of them; beyond that every function is walked.
const ROUNDS: usize = 4;

/// Places in a file.
#[derive(Debug)]
pub(super) struct Marks {
    /// Ascending; absent where every place counts.
    places: Option<Vec<usize>>,
}

impl Marks {
    /// Every place.
    pub(super) fn everywhere() -> Marks {
        Marks { places: None }
    }

    /// The places where statements begin, and those of the names that lead to them.
    pub(super) fn new(verbs: impl Iterator<Item = usize>, globals: &Globals<'_>, source: &str) -> Marks {
        let verbs: Vec<usize> = verbs.collect();
        let mut names: HashSet<&str> = globals.changing.iter().copied().collect();
        let mut places = verbs.clone();
        for _ in 0..ROUNDS {
            let before = names.len();
            let holds = |node: &Node<'_>| any(&places, node.byte_range());
            let constants = globals.constants.iter();
            names.extend(constants.filter(|(_, v)| v.as_ref().is_some_and(holds)).map(|(name, _)| *name));
            let helpers = globals.helpers.iter();
            let returns =
                |v: &Option<Helper<'_>>| v.as_ref().is_some_and(|helper| helper.returned.iter().any(holds));
            names.extend(helpers.filter(|(_, v)| returns(v)).map(|(name, _)| *name));
            if names.is_empty() || (names.len() == before && places.len() > verbs.len()) {
                return Marks { places: Some(places) };
            }
            let Some(found) = occurrences(&names, source) else { break };
            places.clone_from(&verbs);
            places.extend(found);
            places.sort_unstable();
        }
        Marks { places: None }
    }

    /// Whether one of the places is in a part of the file.
    pub(super) fn touch(&self, range: Range<usize>) -> bool {
        self.places.as_ref().is_none_or(|places| any(places, range))
    }
}

fn any(places: &[usize], range: Range<usize>) -> bool {
    places.get(places.partition_point(|at| *at < range.start)).is_some_and(|at| *at < range.end)
}

/// Where names stand as whole words.
fn occurrences(names: &HashSet<&str>, source: &str) -> Option<Vec<usize>> {
    let names: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    let searcher = AhoCorasick::new(&names).ok()?;
    let bytes = source.as_bytes();
    let is_part = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
    };
    let found = searcher.find_overlapping_iter(source);
    let whole = found.filter(|f| !is_part(f.start().checked_sub(1)) && !is_part(Some(f.end())));
    Some(whole.map(|f| f.start()).collect())
}
