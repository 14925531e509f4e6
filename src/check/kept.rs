//! What a run leaves for the next one over the same project, for who runs again and again as an editor does: texts, trees
//! and what the schema alone decides. The outcome is that of a run without: whatever could be otherwise is made anew.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::check::declared::Declared;
use crate::check::parse::ParsedFile;
use crate::check::{FileRole, InputFile};
use crate::source::{FileId, Fragment, Sources};
use crate::syntax::Statement;

/// The memory of runs that follow one another. Its copies are the same memory; by default there is none.
#[derive(Clone, Default)]
pub struct Kept(Option<Arc<Mutex<Memory>>>);

#[derive(Default)]
struct Memory {
    texts: Texts,
    databases: HashMap<(PathBuf, String), KeptDatabase>,
}

/// Texts of files on disk, with what their files looked like.
pub(super) type Texts = HashMap<PathBuf, Seen>;

/// What a file looked like, and its text.
pub(super) type Seen = ((u64, SystemTime), Text);

/// The text of a file, as far as it is of use.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Whole(Arc<str>),
    /// A program without any SQL.
    WithoutSql,
    /// A program with SQL that a bundler made: it is not read.
    Bundle,
}

/// What is kept of one database.
#[derive(Default)]
pub(super) struct KeptDatabase {
    /// The configuration that it was analysed under.
    config: Option<String>,
    /// By path, the files that hold no queries.
    parsed: HashMap<String, (FileId, Arc<str>, ParsedFile)>,
    /// What its schema decides, and of which files that is.
    declared: Option<(SchemaKey, Declared)>,
}

/// The files of a schema: what is read of them, and in what place.
pub(super) type SchemaKey = Vec<(FileId, String, FileRole, Arc<str>)>;

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("on", &self.is_on()).finish_non_exhaustive()
    }
}

impl Kept {
    /// A memory with nothing in it.
    pub fn new() -> Kept {
        Kept(Some(Arc::default()))
    }

    /// Whether anything is kept.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    fn with<T>(&self, f: impl FnOnce(&mut Memory) -> T) -> Option<T> {
        // What a run left that stopped in the middle is whole: it is put in as one.
        self.0.as_ref().map(|memory| f(&mut memory.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    pub(super) fn take_texts(&self) -> Texts {
        self.with(|memory| std::mem::take(&mut memory.texts)).unwrap_or_default()
    }

    pub(super) fn put_texts(&self, texts: Texts) {
        self.with(|memory| memory.texts = texts);
    }

    /// What is kept of a database, unless its configuration is another one now.
    pub(super) fn take(&self, root: &Path, name: &str, config: Option<String>) -> Option<KeptDatabase> {
        let key = (root.to_owned(), name.to_owned());
        let kept = self.with(|memory| memory.databases.remove(&key).unwrap_or_default())?;
        Some(if kept.config == config { kept } else { KeptDatabase { config, ..KeptDatabase::default() } })
    }

    pub(super) fn put(&self, root: &Path, name: &str, database: KeptDatabase) {
        self.with(|memory| memory.databases.insert((root.to_owned(), name.to_owned()), database));
    }
}

impl KeptDatabase {
    /// The files, each with its tree where that is kept.
    pub(super) fn take_parsed(&mut self, files: &[InputFile], sources: &Sources) -> Vec<Option<ParsedFile>> {
        let mut parsed = std::mem::take(&mut self.parsed);
        let known = |file: &InputFile| {
            let (id, text, tree) = parsed.remove(&file.relative)?;
            (id == file.id && is_same(&text, &sources.get(file.id).text)).then_some(tree)
        };
        files.iter().map(known).collect()
    }

    pub(super) fn put_parsed(&mut self, file: &InputFile, sources: &Sources, parsed: ParsedFile) {
        let text = Arc::clone(&sources.get(file.id).text);
        self.parsed.insert(file.relative.clone(), (file.id, text, parsed));
    }

    /// What the schema decides, if it is that of these files.
    pub(super) fn take_declared(&mut self, key: &SchemaKey) -> Option<Declared> {
        let (of, declared) = self.declared.take()?;
        let is_same = |((id, path, role, text), (of_id, of_path, of_role, of_text)): (&_, &_)| {
            id == of_id && path == of_path && role == of_role && is_same(text, of_text)
        };
        (of.len() == key.len() && key.iter().zip(&of).all(is_same)).then_some(declared)
    }

    pub(super) fn put_declared(&mut self, key: SchemaKey, declared: Declared) {
        self.declared = Some((key, declared));
    }
}

/// The files of the schema among a database's files, and those with declarations beside it.
pub(super) fn schema_key(
    files: &[InputFile],
    sources: &Sources,
    beside: &[(Arc<Fragment>, &Statement)],
) -> SchemaKey {
    let beside: HashSet<FileId> = beside.iter().map(|(fragment, _)| fragment.file).collect();
    let is_schema = |f: &InputFile| matches!(f.role, FileRole::Schema | FileRole::Undo);
    let of_schema = files.iter().filter(|f| is_schema(f) || beside.contains(&f.id));
    let key = |f: &InputFile| (f.id, f.relative.clone(), f.role, Arc::clone(&sources.get(f.id).text));
    of_schema.map(key).collect()
}

fn is_same(a: &Arc<str>, b: &Arc<str>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}
