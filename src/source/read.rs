//! Bytes in: where the content of a file comes from, how much of it is read, and how it becomes text.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::git::Tree;
use super::paths::is_inside;

/// How large a file may be, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files with queries.
    pub file: u64,
    /// Schema sources: dumps are large.
    pub schema: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { file: 10 * MEGABYTE, schema: 200 * MEGABYTE }
    }
}

/// A megabyte, in bytes.
pub const MEGABYTE: u64 = 1_000_000;

/// Offsets are 32 bits wide, so no limit reaches further.
const LARGEST: u64 = u32::MAX as u64 - 1;

/// Where the content of files comes from.
#[derive(Clone, Debug, Default)]
pub enum Provider {
    /// The files on disk.
    #[default]
    WorkTree,
    /// An editor's unsaved text of one file, over another provider for all others.
    Buffer {
        /// The file, absolute.
        path: PathBuf,
        /// Its text.
        bytes: Arc<[u8]>,
        /// Where the other files come from.
        below: Box<Provider>,
    },
    /// A revision, or the index, of a git repository; nothing outside of it is there.
    Tree(Arc<Tree>),
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is larger than allowed.
    #[error("the file has {} and the limit is {}", bytes_in_words(*size), bytes_in_words(*limit))]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It holds NUL bytes.
    #[error("the file is binary")]
    Binary,
    /// It is UTF-16 text.
    #[error("the file is UTF-16 text, which PostgreSQL's tools do not read")]
    Utf16,
    /// A directory, a pipe, a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// The system refused.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl Provider {
    /// The text of a file of at most `limit` bytes. Every byte of the file has its place in the text: bytes that are
    /// not UTF-8 are replaced one by one by `?`.
    pub fn read(&self, path: &Path, limit: u64) -> Result<String, ReadError> {
        decode(self.bytes(path, limit)?)
    }

    /// The bytes of a file of at most `limit` of them.
    pub fn bytes(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self {
            Provider::Buffer { path: buffer, bytes, below: _ } if buffer == path => {
                if bytes.len() as u64 > limit.min(LARGEST) {
                    return Err(ReadError::TooLarge { size: bytes.len() as u64, limit });
                }
                Ok(bytes.to_vec())
            }
            Provider::Buffer { path: _, bytes: _, below } => below.bytes(path, limit),
            Provider::WorkTree => read_file(path, limit.min(LARGEST)),
            Provider::Tree(tree) => tree.read(path, limit.min(LARGEST)),
        }
    }

    /// The length of a file on disk and the time of its last change: while both stay, so does its content. Absent where
    /// there is no such file, or where it has no time of its own.
    pub fn signature(&self, path: &Path) -> Option<(u64, SystemTime)> {
        match self {
            Provider::Buffer { path: buffer, .. } if buffer == path => None,
            Provider::Buffer { path: _, bytes: _, below } => below.signature(path),
            Provider::WorkTree => {
                let metadata = path.metadata().ok()?;
                Some((metadata.len(), metadata.modified().ok()?))
            }
            Provider::Tree(_) => None,
        }
    }

    /// This provider with another content for one file.
    pub fn over(&self, path: PathBuf, bytes: Arc<[u8]>) -> Provider {
        match self {
            // An older content of the same file is not kept.
            Provider::Buffer { path: same, bytes: _, below } if *same == path => below.over(path, bytes),
            _ => Provider::Buffer { path, bytes, below: Box::new(self.clone()) },
        }
    }

    /// Whether there is a file of that path. An error is the system's reason why it cannot tell, such as that there is
    /// nothing at all.
    pub fn is_file(&self, path: &Path) -> io::Result<bool> {
        match self {
            Provider::Buffer { path: buffer, .. } if buffer == path => Ok(true),
            Provider::Buffer { path: _, bytes: _, below } => below.is_file(path),
            Provider::WorkTree => path.metadata().map(|metadata| !metadata.is_dir()),
            Provider::Tree(tree) if tree.is_file(path) => Ok(true),
            Provider::Tree(tree) if tree.is_dir(path) => Ok(false),
            Provider::Tree(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Whether there is a directory of that path.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.is_file(path).is_ok_and(|is_file| !is_file)
    }

    /// The files in a directory, ordered by path.
    pub fn files_in(&self, directory: &Path) -> Vec<PathBuf> {
        match self {
            Provider::Buffer { path, bytes: _, below } => {
                let mut files = below.files_in(directory);
                if path.parent() == Some(directory) && !files.contains(path) {
                    files.push(path.clone());
                    files.sort();
                }
                files
            }
            Provider::WorkTree => {
                let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
                let files = entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_file()));
                let mut files: Vec<PathBuf> = files.map(|e| e.path()).collect();
                files.sort();
                files
            }
            Provider::Tree(tree) => {
                let inside = tree.below(directory).filter(|path| path.parent() == Some(directory));
                inside.map(Path::to_owned).collect()
            }
        }
    }

    /// Whether what a path names, with every link resolved, lies at or below `boundary`.
    pub fn is_inside(&self, boundary: &Path, path: &Path) -> bool {
        match self {
            Provider::Buffer { path: _, bytes: _, below } => below.is_inside(boundary, path),
            Provider::WorkTree => is_inside(boundary, path),
            // A tree's files are no links.
            Provider::Tree(_) => path.starts_with(boundary),
        }
    }

    /// The files whose content is an editor's, which need not be on disk.
    pub fn buffers(&self) -> Vec<&Path> {
        match self {
            Provider::Buffer { path, bytes: _, below } => {
                let mut all = below.buffers();
                all.push(path);
                all
            }
            Provider::WorkTree | Provider::Tree(_) => Vec::new(),
        }
    }

    /// The git tree that files come from, if they do.
    pub(super) fn tree(&self) -> Option<&Tree> {
        match self {
            Provider::Buffer { path: _, bytes: _, below } => below.tree(),
            Provider::WorkTree => None,
            Provider::Tree(tree) => Some(tree),
        }
    }
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    // Asked before opening: opening a pipe waits for its writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    if metadata.len() > limit {
        return Err(ReadError::TooLarge { size: metadata.len(), limit });
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // Files under /proc report no length, and a file may grow while it is read.
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { size: bytes.len() as u64, limit });
    }
    Ok(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, ReadError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ReadError::Utf16);
    }
    if bytes.contains(&0) {
        return Err(ReadError::Binary);
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
        let bytes = error.into_bytes();
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
        }
        text
    }))
}

/// A number of bytes for a person.
fn bytes_in_words(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..MEGABYTE => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / MEGABYTE, bytes % MEGABYTE / (MEGABYTE / 10)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], limit: u64) -> Result<String, String> {
        let path = PathBuf::from("/nowhere/a.sql");
        let provider =
            Provider::Buffer { path: path.clone(), bytes: bytes.into(), below: Box::new(Provider::WorkTree) };
        provider.read(&path, limit).map_err(|e| e.to_string())
    }

    #[test]
    fn offsets_stay_true_when_bytes_are_not_utf8() {
        assert_eq!(read(b"a\xff\xfeb\xc3", 9).as_deref(), Ok("a??b?"));
        assert_eq!(read("ä\u{feff}".as_bytes(), 9).as_deref(), Ok("ä\u{feff}"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(read(b"SELECT\0", 9), Err("the file is binary".to_owned()));
        assert_eq!(
            read(b"\xff\xfeS\0", 9),
            Err("the file is UTF-16 text, which PostgreSQL's tools do not read".to_owned())
        );
        assert_eq!(read(b"0123456789", 9), Err("the file has 10 bytes and the limit is 9 bytes".to_owned()));
    }

    #[test]
    fn a_file_on_disk_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sql");
        std::fs::write(&path, "SELECT 1").unwrap();
        assert_eq!(Provider::WorkTree.read(&path, 8).unwrap(), "SELECT 1");
        assert!(matches!(Provider::WorkTree.read(&path, 7), Err(ReadError::TooLarge { size: 8, limit: 7 })));
        assert!(matches!(Provider::WorkTree.read(folder.path(), 7), Err(ReadError::NotAFile)));
        assert!(matches!(Provider::WorkTree.read(&folder.path().join("b"), 7), Err(ReadError::Io(_))));
    }
}
