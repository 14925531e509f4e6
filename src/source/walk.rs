//! Which files there are: a walk over a directory that leaves out what git ignores, what is installed or built, and
//! what is hidden. Links are never followed.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::WalkDir;

use super::Provider;
use super::git::Tree;

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
    /// Where files come from.
    pub provider: &'a Provider,
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
    /// Directories of installed and built files that were left out, hidden ones and those that git ignores aside.
    pub left_out: Vec<PathBuf>,
    /// Directories that could not be read, and why.
    pub errors: Vec<(PathBuf, String)>,
}

impl Walk<'_> {
    /// Walks; files that `wanted` refuses are left out.
    pub fn run(self, wanted: impl Fn(&Path) -> bool) -> Walked {
        match self.provider.tree() {
            Some(tree) => self.run_in(tree, wanted),
            None => self.run_on_disk(wanted),
        }
    }

    fn run_on_disk(self, wanted: impl Fn(&Path) -> bool) -> Walked {
        let mut walked = Walked::default();
        let mut ignores = Ignores::new(self.provider, self.start, self.ignore_from);
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
                let name = entry.file_name().to_string_lossy();
                let ignored = || ignores.ignores(entry.path(), true);
                if entry.depth() > 0 && (self.skips(&name) || ignored()) {
                    if SKIPPED.contains(&&*name) && !ignored() {
                        walked.left_out.push(entry.path().to_owned());
                    }
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

    /// The same rules over the files of a git tree, which has no directories of its own.
    fn run_in(self, tree: &Tree, wanted: impl Fn(&Path) -> bool) -> Walked {
        let mut walked = Walked::default();
        let mut ignores = Ignores::new(self.provider, self.start, self.ignore_from);
        if self.ignore_from.is_some() {
            ignores.enter(self.start, 0);
        }
        // Directories from the start to the last file, outermost first, each with whether it is left out.
        let mut open: Vec<(&Path, bool)> = Vec::new();
        for file in tree.below(self.start) {
            let mut directories: Vec<&Path> =
                file.ancestors().skip(1).take_while(|dir| *dir != self.start).collect();
            directories.reverse();
            let same = open.iter().zip(&directories).take_while(|((a, _), b)| a == *b).count();
            open.truncate(same);
            for (i, directory) in directories.iter().enumerate().skip(same) {
                let depth = i + 1;
                ignores.leave(depth);
                let name = directory.file_name().unwrap_or_default().to_string_lossy();
                let above = open.last().is_some_and(|(_, left_out)| *left_out);
                let ignored = ignores.ignores(directory, true);
                let left_out = above || ignored || self.skips(&name);
                if left_out && !above && !ignored && SKIPPED.contains(&&*name) {
                    walked.left_out.push((*directory).to_owned());
                }
                if !left_out && self.ignore_from.is_some() {
                    ignores.enter(directory, depth);
                }
                open.push((directory, left_out));
            }
            ignores.leave(directories.len() + 1);
            let left_out = open.last().is_some_and(|(_, left_out)| *left_out);
            if !left_out && wanted(file) && !ignores.ignores(file, false) {
                walked.files.push(file.to_owned());
            }
        }
        walked
    }

    /// Whether directories of that name are left out of this walk.
    fn skips(self, name: &str) -> bool {
        name == ".git" || (is_left_out(name) && !self.asked.iter().any(|asked| asked == name))
    }
}

/// Whether directories of that name are left out unless asked for: installed, vendored, built, hidden.
pub fn is_left_out(name: &str) -> bool {
    name.starts_with('.') || SKIPPED.contains(&name)
}

/// The ignore files that count at one point of a walk: one matcher for each directory that has one, so that a nested
/// `!keep` reaches no further than its directory.
struct Ignores<'a> {
    provider: &'a Provider,
    /// Outermost first, each with the depth of its directory in the walk; those above the start have depth 0.
    levels: Vec<(usize, Gitignore)>,
}

impl<'a> Ignores<'a> {
    fn new(provider: &'a Provider, start: &Path, from: Option<&Path>) -> Self {
        let mut ignores = Ignores { provider, levels: Vec::new() };
        let Some(from) = from else { return ignores };
        // No tree has this file: it is the clone's own.
        let exclude = on_disk(&from.join(".git/info/exclude"));
        if let Some(matcher) = exclude.and_then(|text| matcher(from, &text)) {
            ignores.levels.push((0, matcher));
        }
        let above = start.ancestors().skip(1).take_while(|dir| dir.starts_with(from));
        for dir in above.collect::<Vec<_>>().into_iter().rev() {
            ignores.enter(dir, 0);
        }
        ignores
    }

    fn enter(&mut self, dir: &Path, depth: usize) {
        let file = dir.join(".gitignore");
        let text = match self.provider.tree() {
            Some(tree) if tree.is_file(&file) => self.provider.read(&file, LONGEST_IGNORE_FILE).ok(),
            Some(_) => None,
            None => on_disk(&file),
        };
        if let Some(matcher) = text.and_then(|text| matcher(dir, &text)) {
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

fn on_disk(file: &Path) -> Option<String> {
    // Git does not follow a link here either.
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file).ok()?.take(LONGEST_IGNORE_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn matcher(dir: &Path, text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(dir);
    for line in text.lines() {
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
        let walked =
            Walk { provider: &Provider::WorkTree, start: &start, ignore_from: Some(root), asked: &asked }
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
