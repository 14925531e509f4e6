//! Paths: made absolute, shown to people, kept inside a boundary, matched by patterns.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// `path` as an absolute path without `.` and `..`, seen from `base`. Purely by text: links are not resolved.
pub fn absolute(base: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

/// An absolute path as it is reported: relative to the working directory, with `/`.
pub fn shown(working: &Path, path: &Path) -> String {
    let (mut from, mut to) = (working.components().peekable(), path.components().peekable());
    while let (Some(a), Some(b)) = (from.peek(), to.peek()) {
        if a != b {
            break;
        }
        from.next();
        to.next();
    }
    let ups = from.map(|_| "..".to_owned());
    let names = to.map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = ups.chain(names).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// An absolute path below `root` as patterns see it: relative to it, with `/`. Absent where it is not below.
pub fn relative(root: &Path, path: &Path) -> Option<String> {
    let rest = path.strip_prefix(root).ok()?;
    Some(rest.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// The innermost directory at or above `path` that holds a git repository's `.git`.
pub fn git_root(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|dir| dir.join(".git").symlink_metadata().is_ok()).map(Path::to_owned)
}

/// Whether `path` exists and, with every link resolved, lies at or below `boundary`.
pub fn is_inside(boundary: &Path, path: &Path) -> bool {
    match (boundary.canonicalize(), path.canonicalize()) {
        (Ok(boundary), Ok(path)) => path.starts_with(boundary),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Patterns over paths relative to one directory: `*` and `?` stay within a name, `**` spans directories, `{a,b}` and
/// `[a-z]` are alternatives. A pattern that names a directory means everything below it.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    set: GlobSet,
    /// Names of directories that a pattern spells out.
    named: Vec<String>,
    any: bool,
}

impl Patterns {
    /// Compiles patterns. The error is the position of the one that is wrong and what is wrong with it.
    pub fn new(patterns: &[String]) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        let mut named = Vec::new();
        for (i, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
            let glob = |text: &str| {
                GlobBuilder::new(text).literal_separator(true).build().map_err(|e| (i, e.kind().to_string()))
            };
            if pattern.is_empty() || pattern == "." {
                set.add(glob("**")?);
            } else {
                set.add(glob(pattern)?);
                set.add(glob(&format!("{pattern}/**"))?);
            }
            named.extend(pattern.split('/').filter(|part| !is_glob(part)).map(str::to_owned));
        }
        let set = set.build().map_err(|e| (0, e.kind().to_string()))?;
        Ok(Patterns { set, named, any: !patterns.is_empty() })
    }

    /// Whether there is no pattern at all.
    pub const fn is_empty(&self) -> bool {
        !self.any
    }

    /// Whether a path, relative with `/`, is matched by some pattern.
    pub fn matches(&self, relative: &str) -> bool {
        self.set.is_match(relative)
    }

    /// Names of files and directories that the patterns spell out.
    pub fn named(&self) -> &[String] {
        &self.named
    }
}

/// Whether a part of a pattern stands for more than itself.
pub fn is_glob(part: &str) -> bool {
    part.contains(['*', '?', '[', '{', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_working_directory() {
        let shown = |path: &str| shown(Path::new("/a/b"), Path::new(path));
        assert_eq!(shown("/a/b/c/d.sql"), "c/d.sql");
        assert_eq!(shown("/a/x.sql"), "../x.sql");
        assert_eq!(shown("/z"), "../../z");
        assert_eq!(shown("/a/b"), ".");
        assert_eq!(absolute(Path::new("/a/b"), Path::new("../c/./d")), Path::new("/a/c/d"));
        assert_eq!(absolute(Path::new("/a"), Path::new("../../../c")), Path::new("/c"));
    }

    #[test]
    fn patterns_stay_within_names_and_mean_whole_directories() {
        let patterns =
            |p: &[&str]| Patterns::new(&p.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
        let p = patterns(&["src", "db/*.sql", "**/q_?.{sql,psql}"]);
        for path in ["src/a/b.sql", "db/a.sql", "q_1.sql", "x/y/q_2.psql"] {
            assert!(p.matches(path), "{path}");
        }
        for path in ["srcs/a.sql", "db/x/a.sql", "x/src/a.sql", "q_10.sql"] {
            assert!(!p.matches(path), "{path}");
        }
        assert!(patterns(&["."]).matches("any/thing"));
        assert!(patterns(&["./db/"]).matches("db/x/y.sql"));
        assert!(!patterns(&[]).matches("a") && patterns(&[]).is_empty());
        assert!(Patterns::default().is_empty() && !patterns(&["a"]).is_empty());
        assert_eq!(Patterns::new(&["ok".to_owned(), "a[".to_owned()]).unwrap_err().0, 1);
    }
}
