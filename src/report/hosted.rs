//! Paths as the host of a repository knows them: relative to the git root, with `/`.

use std::path::{Path, PathBuf};

use crate::check::Outcome;
use crate::source::paths::{absolute, git_root, shown};
use crate::source::{Location, Sources};

/// Where the run's paths start, and where the host's do.
pub(super) struct Repository<'a> {
    sources: &'a Sources,
    working: PathBuf,
    root: PathBuf,
}

impl<'a> Repository<'a> {
    pub(super) fn new(outcome: &'a Outcome) -> Repository<'a> {
        let working = PathBuf::from(&outcome.root);
        let root = git_root(&working).unwrap_or_else(|| working.clone());
        Repository { sources: &outcome.sources, working, root }
    }

    /// The path of a place.
    pub(super) fn path(&self, location: Location) -> String {
        self.reported(&self.sources.get(location.file).path)
    }

    /// A path as reported, which is relative to the working directory.
    pub(super) fn reported(&self, path: &str) -> String {
        shown(&self.root, &absolute(&self.working, Path::new(path)))
    }

    /// The path of a place as a URI reference.
    pub(super) fn uri(&self, location: Location) -> String {
        encoded(&self.path(location))
    }
}

/// A path with every byte that is not plain in a URI percent-encoded.
pub(crate) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(encoded("db/a b%é:#?.sql"), "db/a%20b%25%C3%A9%3A%23%3F.sql");
        assert_eq!(encoded("../x.sql"), "../x.sql");
    }
}
