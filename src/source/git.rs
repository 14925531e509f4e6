//! Trees of a git repository as file providers: a revision, or the index. Git is asked through its own program, with
//! plumbing commands that run no hook, no filter and no network.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::ReadError;

/// The files of one state of a repository, at the places that they have in its work tree. Links and submodules are left
/// out.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// Object names by absolute path.
    files: BTreeMap<PathBuf, String>,
    reader: Mutex<Option<Reader>>,
}

/// Why git does not answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not there.
    #[error("git cannot be started: {0}")]
    Start(io::Error),
    /// There is no such revision, or its tree is not in this clone.
    #[error("git knows no revision `{0}` here")]
    Revision(String),
    /// Git refuses.
    #[error("git says: {0}")]
    Refused(String),
}

impl Tree {
    /// The files of a revision of the repository whose work tree starts at `root`.
    pub fn revision(root: &Path, revision: &str) -> Result<Tree, GitError> {
        let name = format!("{revision}^{{tree}}");
        let unknown = |_| GitError::Revision(revision.to_owned());
        let tree = ask(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name]);
        let tree = match tree {
            Err(GitError::Start(error)) => return Err(GitError::Start(error)),
            tree => tree.map_err(unknown)?,
        };
        let tree = String::from_utf8_lossy(&tree).trim().to_owned();
        let listed = ask(root, &["ls-tree", "-r", "-z", "--full-tree", &tree]).map_err(unknown)?;
        // `<mode> <type> <object>\t<path>`
        Ok(Tree::new(root, &listed, |fields| match fields {
            [mode, "blob", object] if mode.starts_with("100") => Some(object),
            _ => None,
        }))
    }

    /// The files as they are staged for the next commit.
    pub fn index(root: &Path) -> Result<Tree, GitError> {
        let listed = ask(root, &["ls-files", "--stage", "-z", "--full-name"])?;
        // `<mode> <object> <stage>\t<path>`; of a file in conflict, our side.
        Ok(Tree::new(root, &listed, |fields| match fields {
            [mode, object, "0" | "2"] if mode.starts_with("100") => Some(object),
            _ => None,
        }))
    }

    fn new(root: &Path, listed: &[u8], object: impl for<'a> Fn(&[&'a str]) -> Option<&'a str>) -> Tree {
        let entry = |line: &[u8]| {
            let tab = line.iter().position(|b| *b == b'\t')?;
            let (head, path) = (line.get(..tab)?, line.get(tab + 1..)?);
            let head = std::str::from_utf8(head).ok()?;
            let object = object(&head.split(' ').collect::<Vec<_>>())?.to_owned();
            Some((root.join(from_git(path)), object))
        };
        let files = listed.split(|b| *b == 0).filter_map(entry).collect();
        Tree { root: root.to_owned(), files, reader: Mutex::new(None) }
    }

    /// Whether there is a file.
    pub fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Whether there is a directory with files.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.below(path).next().is_some()
    }

    /// The files below a directory, in order.
    pub fn below<'a>(&'a self, directory: &'a Path) -> impl Iterator<Item = &'a Path> {
        let from = self.files.range(directory.to_owned()..).map(|(path, _)| path.as_path());
        from.take_while(move |path| path.starts_with(directory)).filter(move |path| *path != directory)
    }

    /// The bytes of a file of at most `limit` bytes.
    pub(super) fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "it is not in git's tree");
        let object = self.files.get(path).ok_or_else(missing)?;
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match reader.take() {
            Some(open) => open,
            None => Reader::start(&self.root)?,
        };
        let open = reader.insert(open);
        let read = open.read(object, limit);
        if matches!(read, Err(ReadError::Io(_))) {
            // What is left in the pipe belongs to this answer.
            *reader = None;
        }
        read
    }
}

/// The paths that are staged with another content than the last commit has, absolute.
pub fn staged(root: &Path) -> Result<Vec<PathBuf>, GitError> {
    let head = ask(root, &["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]);
    let base = match &head {
        Ok(tree) => String::from_utf8_lossy(tree).trim().to_owned(),
        Err(GitError::Start(_)) => return Err(GitError::Start(io::ErrorKind::NotFound.into())),
        // No commit yet: against the empty tree, whose name depends on the hash that the repository uses.
        Err(_) => {
            let empty = ask(root, &["hash-object", "-t", "tree", "--stdin"])?;
            String::from_utf8_lossy(&empty).trim().to_owned()
        }
    };
    let listed = ask(
        root,
        &["diff-index", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=d", &base],
    )?;
    let paths = listed.split(|b| *b == 0).filter(|path| !path.is_empty());
    Ok(paths.map(|path| root.join(from_git(path))).collect())
}

/// Git's answers about objects, one after the other.
#[derive(Debug)]
struct Reader {
    git: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    fn start(root: &Path) -> Result<Reader, ReadError> {
        let mut git = command(root, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        match (git.stdin.take(), git.stdout.take()) {
            (Some(questions), Some(answers)) => {
                Ok(Reader { git, questions, answers: BufReader::new(answers) })
            }
            _ => Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
        }
    }

    fn read(&mut self, object: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.questions.write_all(format!("{object}\n").as_bytes())?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        // `<object> blob <size>`, or `<object> missing`
        let size: Option<u64> = match head.split_whitespace().collect::<Vec<_>>().as_slice() {
            [_, "blob", size] => size.parse().ok(),
            _ => None,
        };
        let Some(size) = size else {
            return Err(io::Error::other("git does not have its content in this clone").into());
        };
        // A line break follows the content.
        let mut content = (&mut self.answers).take(size + 1);
        if size > limit {
            io::copy(&mut content, &mut io::sink())?;
            return Err(ReadError::TooLarge { size, limit });
        }
        let mut bytes = Vec::with_capacity(size as usize + 1);
        content.read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size + 1 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        bytes.pop();
        Ok(bytes)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It would wait for further questions. One that has ended already is as well.
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}

/// A git command that runs nothing that the repository configures, and fetches nothing.
fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args([
        "--no-pager",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
    ]);
    git.args(arguments);
    git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
    git.stdin(Stdio::null());
    git
}

/// What a git command prints.
fn ask(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let output = command(root, arguments).output().map_err(GitError::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
    Err(GitError::Refused(said.to_owned()))
}

/// A path as git prints it, with `/`.
#[cfg(unix)]
fn from_git(path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

/// A path as git prints it, with `/`.
#[cfg(not(unix))]
fn from_git(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}
