//! Which files there are: a walk over a directory that leaves out what git ignores, what is installed or built, and
//! what is hidden. Links are never followed.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::{DirEntry, WalkDir};

/// Directories of installed, vendored and built files, left out unless asked for by name.
const SKIPPED: &[&str] = &[
    "__pycache__",
    "bower_components",
    "build",
    "dist",
    "jspm_packages",
    "node_modules",
    "Pods",
    "site-packages",
    "target",
    "vendor",
    "venv",
];

/// The longest ignore file that is read, in bytes.
const LONGEST_IGNORE_FILE: u64 = 1_000_000;

/// What a walk covers.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    /// The directory to walk, absolute. It is walked whatever the rules say of it.
    pub start: &'a Path,
    /// The directory whose `.gitignore` is the first to count, at or above `start`; absent to read no ignore files.
    pub ignore_from: Option<&'a Path>,
    /// Names of directories that are walked though they would be left out.
    pub asked: &'a [String],
}

/// What a walk met.
#[derive(Debug, Default)]
pub struct Walked {
    /// Regular files, ordered by path.
    pub files: Vec<PathBuf>,
    /// Directories that could not be read, and why.
    pub errors: Vec<(PathBuf, String)>,
}

impl Walk<'_> {
    /// Walks; files that `wanted` refuses are left out.
    pub fn run(self, wanted: impl Fn(&Path) -> bool) -> Walked {
        let mut walked = Walked::default();
        let mut ignores = Ignores::new(self.start, self.ignore_from);
        let mut entries = WalkDir::new(self.start).follow_links(false).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(self.start).to_owned();
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    walked.errors.push((path, why));
                    continue;
                }
            };
            ignores.leave(entry.depth());
            if entry.file_type().is_dir() {
                if entry.depth() > 0 && (self.skips(&entry) || ignores.ignores(entry.path(), true)) {
                    entries.skip_current_dir();
                } else if self.ignore_from.is_some() {
                    ignores.enter(entry.path(), entry.depth());
                }
            } else if entry.file_type().is_file()
                && wanted(entry.path())
                && !ignores.ignores(entry.path(), false)
            {
                walked.files.push(entry.into_path());
            }
        }
        walked.files.sort();
        walked
    }

    fn skips(self, directory: &DirEntry) -> bool {
        let name = directory.file_name().to_string_lossy();
        name == ".git" || (is_left_out(&name) && !self.asked.iter().any(|asked| *asked == name))
    }
}

/// Whether directories of that name are left out unless asked for: installed, vendored, built, hidden.
pub fn is_left_out(name: &str) -> bool {
    name.starts_with('.') || SKIPPED.contains(&name)
}

/// The ignore files that count at one point of a walk: one matcher for each directory that has one, so that a nested
/// `!keep` reaches no further than its directory.
struct Ignores {
    /// Outermost first, each with the depth of its directory in the walk; those above the start have depth 0.
    levels: Vec<(usize, Gitignore)>,
}

impl Ignores {
    fn new(start: &Path, from: Option<&Path>) -> Self {
        let mut ignores = Ignores { levels: Vec::new() };
        let Some(from) = from else { return ignores };
        if let Some(matcher) = read(from, &from.join(".git/info/exclude")) {
            ignores.levels.push((0, matcher));
        }
        let above = start.ancestors().skip(1).take_while(|dir| dir.starts_with(from));
        for dir in above.collect::<Vec<_>>().into_iter().rev() {
            ignores.enter(dir, 0);
        }
        ignores
    }

    fn enter(&mut self, dir: &Path, depth: usize) {
        if let Some(matcher) = read(dir, &dir.join(".gitignore")) {
            self.levels.push((depth, matcher));
        }
    }

    /// Forgets the matchers of directories that an entry of that depth is not in.
    fn leave(&mut self, depth: usize) {
        while self.levels.last().is_some_and(|(level, _)| *level > 0 && *level >= depth) {
            self.levels.pop();
        }
    }

    fn ignores(&self, path: &Path, is_dir: bool) -> bool {
        let verdict =
            self.levels.iter().rev().map(|(_, m)| m.matched(path, is_dir)).find(|matched| !matched.is_none());
        verdict.is_some_and(|matched| matched.is_ignore())
    }
}

fn read(dir: &Path, file: &Path) -> Option<Gitignore> {
    // Git does not follow a link here either.
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file).ok()?.take(LONGEST_IGNORE_FILE).read_to_end(&mut bytes).ok()?;
    let mut builder = GitignoreBuilder::new(dir);
    for line in String::from_utf8_lossy(&bytes).lines() {
        // A line that is no pattern matches nothing, as with git.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::paths::relative;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn walk(root: &Path, start: &str, asked: &[&str]) -> Vec<String> {
        let asked: Vec<String> = asked.iter().map(|s| (*s).to_owned()).collect();
        let start = if start.is_empty() { root.to_owned() } else { root.join(start) };
        let walked = Walk { start: &start, ignore_from: Some(root), asked: &asked }
            .run(|path| path.extension().is_some_and(|e| e == "sql"));
        assert_eq!(walked.errors, []);
        walked.files.iter().filter_map(|f| relative(root, f)).collect()
    }

    #[test]
    fn ignore_files_count_in_their_own_directory() {
        let folder = tree(&[
            (".gitignore", "*.tmp.sql\n/gen\nlogs/\n"),
            (".git/info/exclude", "local.sql\n"),
            ("a/.gitignore", "!keep.tmp.sql\nsecret.sql\n"),
            ("a/keep.tmp.sql", ""),
            ("a/other.tmp.sql", ""),
            ("a/secret.sql", ""),
            ("a/logs/x.sql", ""),
            ("b/keep.tmp.sql", ""),
            ("b/secret.sql", ""),
            ("b/gen/x.sql", ""),
            ("b/local.sql", ""),
            ("gen/x.sql", ""),
        ]);
        let root = folder.path();
        assert_eq!(walk(root, "", &[]), ["a/keep.tmp.sql", "b/gen/x.sql", "b/secret.sql"]);
        assert_eq!(walk(root, "b", &[]), ["b/gen/x.sql", "b/secret.sql"]);
        assert_eq!(walk(root, "gen", &[]), ["gen/x.sql"]);
    }

    #[test]
    fn installed_built_and_hidden_directories_are_left_out_unless_asked_for() {
        let folder = tree(&[
            ("node_modules/p/a.sql", ""),
            (".hidden/b.sql", ""),
            (".git/c.sql", ""),
            ("src/vendor/d.sql", ""),
            ("src/e.sql", ""),
            ("src/f.rs", ""),
        ]);
        let root = folder.path();
        assert_eq!(walk(root, "", &[]), ["src/e.sql"]);
        assert_eq!(
            walk(root, "", &["vendor", ".hidden", ".git"]),
            [".hidden/b.sql", "src/e.sql", "src/vendor/d.sql"]
        );
        assert_eq!(walk(root, "node_modules", &[]), ["node_modules/p/a.sql"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tree(&[("a/x.sql", "")]);
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("b")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("a/x.sql"), folder.path().join("y.sql")).unwrap();
        assert_eq!(walk(folder.path(), "", &[]), ["a/x.sql"]);
    }
}
