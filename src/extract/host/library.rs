//! The other files of a project, as far as a program takes constants from them: their texts, and which constants they
//! declare. Each is read once a run, and only when a text names something of it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tree_sitter::Node;

use super::changes::Changes;
use super::eval::Evaluator;
use super::imports::{self, Imports, Source};
use super::reference::References;
use super::shape::{Language, Shape, source_of};
use super::value::{Names, Value};
use super::{globals, language, parse, reference};
use crate::source::paths::absolute;
use crate::source::{Provider, Walk};

/// Largest file that is read for its constants, in bytes.
const LARGEST: u64 = 1_000_000;

/// Files that programs import from.
#[derive(Debug, Default)]
pub struct Library {
    provider: Provider,
    working: PathBuf,
    /// Nothing outside of this directory is read.
    boundary: PathBuf,
    files: Mutex<HashMap<PathBuf, Option<Arc<Module>>>>,
    folders: Mutex<HashMap<PathBuf, Arc<Vec<PathBuf>>>>,
    /// What programs do to the names of one another, by language.
    changes: Mutex<HashMap<&'static str, Arc<OnceLock<Changes>>>>,
    /// Of the programs in PHP.
    references: OnceLock<References>,
}

/// One of its files.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) text: String,
    read: OnceLock<Read>,
}

/// What a file declares, and what it imports and hands on.
#[derive(Debug, Default)]
struct Read {
    constants: HashMap<String, String>,
    imports: Imports,
}

/// The imports of a file with the files that they lead to. They are read when they are first asked for.
pub(super) struct Imported<'t> {
    pub(super) library: Arc<Library>,
    pub(super) language: &'static Language,
    pub(super) path: PathBuf,
    pub(super) text: &'t str,
    pub(super) root: Node<'t>,
    pub(super) read: OnceCell<Imports>,
}

impl Imported<'_> {
    /// The constant that a name stands for.
    pub(super) fn constant(&self, name: &str) -> Option<String> {
        self.imports().constant(&self.library, name)
    }

    /// Whether what stands before the last part of a name is imported.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.imports().knows(name)
    }

    /// Whether some file gives a name of this one, or of one that it imports from, another value.
    pub(super) fn is_assigned(&self, name: &str) -> bool {
        let folder = self.path.parent().unwrap_or(&self.path);
        self.library.changes(self.language, |changes| changes.is_assigned(name, folder))
    }

    /// Whether a class of another file has a member of that name in the place of one of this file.
    pub(super) fn is_overridden(&self, name: &str) -> bool {
        self.library.changes(self.language, |changes| changes.is_overridden(name, self.text))
    }

    fn imports(&self) -> &Imports {
        self.read.get_or_init(|| {
            let Imported { library, language, path, text, root, read: _ } = self;
            imports::read(&Source { library, language, path, text, root: *root })
        })
    }
}

impl Library {
    /// The files below `boundary`, with paths shown from `working`.
    pub fn new(provider: Provider, working: PathBuf, boundary: PathBuf) -> Library {
        Library { provider, working, boundary, ..Library::default() }
    }

    /// Functions of PHP, anywhere in the project, that may change what they are given. Files that are installed are not
    /// looked at.
    pub(super) fn references(&self) -> &References {
        self.references.get_or_init(|| {
            let (provider, start) = (&self.provider, self.boundary.as_path());
            let walk = Walk { provider, start, ignore_from: Some(start), asked: &[] };
            let is_php = |path: &Path| language(path).is_some_and(|language| language.name == "PHP");
            let mut references = References::new();
            for path in walk.run(is_php).files {
                if let Ok(text) = self.provider.read(&path, LARGEST) {
                    reference::gather(&text, &mut references);
                }
            }
            references
        })
    }

    /// What the programs of a language do to the names of one another.
    fn changes<T>(&self, of: &'static Language, ask: impl FnOnce(&Changes) -> T) -> T {
        // TypeScript and JavaScript are written side by side.
        let key = family(of);
        let known = {
            let mut all = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key).or_default())
        };
        // Who asks meanwhile waits: it is read once.
        ask(known.get_or_init(|| self.gather_changes(of, key)))
    }

    fn gather_changes(&self, of: &'static Language, key: &str) -> Changes {
        let (provider, start) = (&self.provider, self.boundary.as_path());
        let walk = Walk { provider, start, ignore_from: Some(start), asked: &[] };
        let is_of = |path: &Path| language(path).is_some_and(|language| family(language) == key);
        let mut changes = Changes::default();
        for path in walk.run(is_of).files {
            if let Ok(text) = self.provider.read(&path, LARGEST) {
                changes.gather(&absolute(&self.boundary, &path), &text, of.name);
            }
        }
        changes
    }

    /// The path of a file that is shown so.
    pub(super) fn path(&self, shown: &str) -> PathBuf {
        absolute(&self.working, Path::new(shown))
    }

    /// A file, where it is there and inside the project.
    pub(super) fn file(&self, path: &Path) -> Option<Arc<Module>> {
        let path = absolute(&self.boundary, path);
        if !path.starts_with(&self.boundary) {
            return None;
        }
        if let Some(known) = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(&path) {
            return known.clone();
        }
        let is_there =
            self.provider.is_file(&path).unwrap_or(false) && self.provider.is_inside(&self.boundary, &path);
        let text = if is_there { self.provider.read(&path, LARGEST).ok() } else { None };
        let module = text.map(|text| Arc::new(Module { text, read: OnceLock::new() }));
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path, module.clone());
        module
    }

    /// Files of one folder.
    pub(super) fn folder(&self, folder: &Path) -> Arc<Vec<PathBuf>> {
        if !folder.starts_with(&self.boundary) {
            return Arc::default();
        }
        if let Some(known) = self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(folder) {
            return Arc::clone(known);
        }
        let files = Arc::new(self.provider.files_in(folder));
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.insert(folder.to_owned(), Arc::clone(&files));
        files
    }

    /// Directories from that of a file up to the boundary.
    pub(super) fn above<'p>(&self, path: &'p Path) -> impl Iterator<Item = &'p Path> {
        let boundary = self.boundary.clone();
        path.ancestors().skip(1).take_while(move |dir| dir.starts_with(&boundary))
    }

    /// A constant of a file: its own, or one that it takes from another and hands on.
    pub(super) fn constant(&self, path: &Path, name: &str, depth: usize) -> Option<String> {
        let module = self.file(path)?;
        let last = name.rsplit('.').next().unwrap_or(name);
        // What hands on everything need not name it.
        if !module.text.contains(last) && !module.text.contains('*') {
            return None;
        }
        let read = module.read.get_or_init(|| self.read(path, &module.text));
        match read.constants.get(name) {
            Some(text) => Some(text.clone()),
            None if depth < imports::MAX_STEPS && hands_on(path) => {
                read.imports.handed_on(self, name, depth + 1)
            }
            None => None,
        }
    }

    fn read(&self, path: &Path, text: &str) -> Read {
        let Some(language) = language(path) else { return Read::default() };
        let Some(tree) = parse(language, text) else { return Read::default() };
        let globals = globals::globals(language, tree.root_node(), text);
        let imports = imports::read(&Source { library: self, language, path, text, root: tree.root_node() });
        let declared: Vec<(&str, Node<'_>)> =
            globals.constants.iter().filter_map(|(name, node)| Some((*name, (*node)?))).collect();
        let evaluator = Evaluator::new(language, text, globals, None);
        let mut constants = HashMap::new();
        let mut add = |name: String, node: Node<'_>| {
            if let Value::Text(value) = evaluator.value(node, &Names::new(), 0)
                && let Some(written) = value.only_written()
            {
                constants.insert(name, written);
            }
        };
        for (name, node) in declared {
            if !is_constant(language, node, text) {
                continue;
            }
            match (language.shape)(evaluator.plain(node), text) {
                Shape::Pairs(pairs) => {
                    pairs.into_iter().for_each(|(key, value)| add(format!("{name}.{key}"), value));
                }
                _ => add(name.to_owned(), node),
            }
        }
        Read { constants, imports }
    }
}

/// The languages that are written side by side with one, by one name.
fn family(language: &Language) -> &'static str {
    match language.name {
        "TypeScript" | "TSX" | "JavaScript" => "TypeScript",
        name => name,
    }
}

/// Whether a file may hand on what it imports: in other languages a name is imported from where it is declared.
fn hands_on(path: &Path) -> bool {
    const LANGUAGES: &[&str] = &["Python", "TypeScript", "TSX", "JavaScript", "Rust"];
    language(path).is_some_and(|language| LANGUAGES.contains(&language.name))
}

/// Whether no other file can give the name another value.
fn is_constant(language: &Language, value: Node<'_>, text: &str) -> bool {
    let mut declaration = value;
    for _ in 0..5 {
        let Some(around) = declaration.parent() else { break };
        declaration = around;
        let kind = around.kind();
        let before = text.get(around.start_byte()..value.start_byte()).unwrap_or_default();
        let says = |words: &[&str]| before.split_whitespace().any(|word| words.contains(&word));
        match (language.name, kind) {
            ("Go", "const_spec") | ("PHP", "const_declaration") | ("Rust", "const_item") => return true,
            ("Java", "constant_declaration") => return true,
            ("Java", "field_declaration") => return says(&["final"]),
            ("C#", "field_declaration") => return says(&["const", "readonly"]),
            ("Kotlin", "property_declaration") => return says(&["val"]),
            _ => {}
        }
    }
    matches!(language.name, "Python" | "TypeScript" | "TSX" | "JavaScript")
        || (language.name == "Ruby" && is_capital(value, text))
}

/// Whether a value is given to a name in capitals.
fn is_capital(value: Node<'_>, text: &str) -> bool {
    value.parent().is_some_and(|around| source_of(around, text).starts_with(char::is_uppercase))
}
