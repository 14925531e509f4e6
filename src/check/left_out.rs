//! What is said of files that a run meets and does not read, beside those that cannot be read: nobody may take them for clean.

use crate::check::Notice;

/// Names that are shown.
const SHOWN: usize = 5;

/// Programs with SQL that people did not write.
pub(super) fn bundles(paths: &[String]) -> Option<Notice> {
    let (number, are, them) = match paths {
        [] => return None,
        [_] => ("1 file looks".to_owned(), "is", "it"),
        several => (format!("{} files look", several.len()), "are", "them"),
    };
    Some(Notice {
        degraded: false,
        message: format!(
            "{number} like the work of a bundler, and {are} not read though there may be SQL in {them}: {}",
            some(paths)
        ),
        help: None,
    })
}

/// Directories that are not walked.
pub(super) fn directories(paths: &[String]) -> Option<Notice> {
    let (first, number) = match paths {
        [] => return None,
        [first] => (first, "1 directory of installed or built files is".to_owned()),
        [first, ..] => (first, format!("{} directories of installed or built files are", paths.len())),
    };
    let name = first.rsplit('/').next().unwrap_or(first);
    Some(Notice {
        degraded: false,
        message: format!("{number} left out: {}", some(paths)),
        help: Some(format!("to read one as well, name it: `[queries] include = [\"**\", \"**/{name}/**\"]`")),
    })
}

/// The first ones of some names.
fn some(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
