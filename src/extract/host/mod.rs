//! SQL inside programs. Finds the texts that a source file gives to the database: literals, what is joined, formatted and
//! built up of them over several statements, and what is spliced into them. Runs nothing and follows no imports; what the
//! file does not show is a hole of the fragment.
//!
//! ```text
//! file -> prefilter -> tree-sitter -> walk (names, branches, loops) -> eval (an expression's text) -> fragments
//! ```
//!
//! A language is one file of data and two functions: what shape an expression has, and what a statement does to names.

mod apart;
mod bind;
mod call;
mod called;
mod calls;
mod changes;
mod csharp;
mod declared;
mod escape;
mod eval;
mod field;
mod flow;
mod format;
mod fragments;
mod generated;
mod globals;
mod go;
mod imports;
mod java;
mod javascript;
mod kotlin;
mod library;
mod looks;
mod made;
mod mapper;
mod marks;
mod members;
mod origin;
mod php;
mod prefilter;
mod python;
mod reference;
mod ruby;
mod rust;
mod scope;
mod script;
mod shape;
mod shared;
mod space;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod unread;
mod value;
mod walk;

use std::cell::{OnceCell, RefCell};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use crate::source::{FileId, Fragment, Span};
use crate::syntax::{Dialect, Statement};

use shape::Language;

pub use generated::sqlc_source;
pub use library::Library;
pub use prefilter::Glance;

/// Longest time that one file may take to parse.
const PARSE_TIME: Duration = Duration::from_secs(5);

const LANGUAGES: &[&Language] = &[
    &python::PYTHON,
    &javascript::TYPESCRIPT,
    &javascript::TSX,
    &javascript::JAVASCRIPT,
    &go::GO,
    &rust::RUST,
    &java::JAVA,
    &php::PHP,
    &csharp::CSHARP,
    &ruby::RUBY,
    &kotlin::KOTLIN,
];

/// What a project says about the SQL in its programs.
#[derive(Clone, Debug, Default)]
pub struct HostSettings {
    /// What a name that is spliced in before a table's name stands for.
    pub table_prefix: Option<String>,
    /// Expressions that put in the condition on the tenant.
    pub scope_helpers: Vec<String>,
    /// The tenant column that they compare.
    pub tenant_column: Option<Arc<str>>,
    /// The other files, where constants of theirs may be read.
    pub library: Option<Arc<Library>>,
}

impl HostSettings {
    /// The tenant column that an expression compares, where it is one of the helpers; what a helper is given does not matter.
    fn scope(&self, expression: &str) -> Option<Arc<str>> {
        let called =
            |text: &str| text.split('(').next().unwrap_or_default().split_whitespace().collect::<String>();
        let name = called(expression);
        let is_helper = |helper: &String| !name.is_empty() && called(helper) == name;
        self.tenant_column.clone().filter(|_| self.scope_helpers.iter().any(is_helper))
    }
}

/// A text of a program with the statements in it.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// The text.
    pub fragment: Arc<Fragment>,
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// A comment of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostComment {
    /// The comment, bytes of the file.
    pub span: Span,
    /// Its text without the marks, trimmed.
    pub text: String,
}

/// What a source file holds.
#[derive(Clone, Debug, Default)]
pub struct HostFile {
    /// Texts that are SQL, by place.
    pub hosted: Vec<Hosted>,
    /// Comments that say something to this program, by place.
    pub comments: Vec<HostComment>,
    /// Parts with SQL that are not read.
    pub unread: Vec<Unread>,
}

/// A part of a program with SQL that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The part, bytes of the file; empty for all of it.
    pub span: Span,
    /// Why not.
    pub why: Why,
}

/// Why SQL in a program is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Reading the file as its language takes too long.
    Slow,
    /// It cannot be read as its language.
    Broken,
    /// It nests too deep.
    Deep,
    /// The text is too long.
    Long,
}

/// Whether a file is one of a language that is read.
pub fn is_host(path: &Path) -> bool {
    language(path).is_some() || mapper::is_mapper(path)
}

/// Whether a program may hold a statement, and whether people wrote it.
pub fn glance(path: &Path, text: &str) -> Glance {
    match mapper::is_mapper(path) {
        true if mapper::is_one(text) => Glance::Sql,
        true => Glance::Nothing,
        false => prefilter::glance(text),
    }
}

/// Names of the languages that are read.
pub fn languages() -> Vec<&'static str> {
    let mut names: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
    names.dedup();
    names
}

fn language(path: &Path) -> Option<&'static Language> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    LANGUAGES.iter().copied().find(|language| language.extensions.contains(&extension.as_str()))
}

/// The SQL of a source file. Needs a big stack for what nests deep, as does dropping what it returns.
pub fn extract(
    file: FileId,
    path: &str,
    source: &str,
    dialect: Dialect,
    settings: &HostSettings,
) -> HostFile {
    match glance(Path::new(path), source) {
        Glance::Sql => read((file, path), source, dialect, settings, false),
        Glance::Nothing | Glance::Bundle => HostFile::default(),
    }
}

/// The same of a file that is a migration: also what is no query, wherever it stands.
pub fn extract_migration(
    file: FileId,
    path: &str,
    source: &str,
    dialect: Dialect,
    settings: &HostSettings,
) -> HostFile {
    read((file, path), source, dialect, settings, true)
}

fn read(
    (file, path): (FileId, &str),
    source: &str,
    dialect: Dialect,
    settings: &HostSettings,
    everywhere: bool,
) -> HostFile {
    let Some(language) = language(Path::new(path)) else {
        return mapper::extract(file, source, dialect, settings);
    };
    let Some(tree) = parse(language, source) else {
        let whole = Unread { span: Span::default(), why: Why::Slow };
        return HostFile { unread: vec![whole], ..HostFile::default() };
    };
    let globals = globals::globals(language, tree.root_node(), source);
    let marks = match everywhere {
        true => marks::Marks::everywhere(),
        false => marks::Marks::new(prefilter::places(source), &globals, source),
    };
    let imports = settings.library.as_ref().map(|library| library::Imported {
        library: Arc::clone(library),
        language,
        path: library.path(path),
        text: source,
        root: tree.root_node(),
        read: OnceCell::new(),
    });
    let mut walker = walk::Walker::new(eval::Evaluator::new(language, source, globals, imports), marks);
    walker.walk(tree.root_node());
    let is_exhausted = walker.eval.is_exhausted();
    let (found, deep) = walker.finish();
    let (hosted, mut unread) = fragments::fragments(file, found, dialect, settings);
    unread.extend(unread::unread((tree.root_node(), &deep), source, dialect, &hosted));
    if is_exhausted {
        unread.push(Unread { span: Span::default(), why: Why::Slow });
    }
    HostFile { hosted, comments: comments(language, tree.root_node(), source), unread }
}

thread_local! {
    /// A parser of each thread: making one takes longer than many a file.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

fn parse(language: &Language, source: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        // What another file left unfinished is none of this one's.
        parser.reset();
        parser.set_language(&(language.grammar)()).ok()?;
        let started = Instant::now();
        let mut late = |_: &tree_sitter::ParseState| match started.elapsed() > PARSE_TIME {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let prepared = (language.prepare)(source).filter(|text| text.len() == source.len());
        let bytes = prepared.as_deref().unwrap_or(source).as_bytes();
        let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
        let options = ParseOptions::new().progress_callback(&mut late);
        parser.parse_with_options(&mut read, None, Some(options))
    })
}

/// Comments that begin with the name of this program.
fn comments(language: &Language, root: Node<'_>, source: &str) -> Vec<HostComment> {
    if !source.contains("sqlmoat:") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if language.comments.contains(&node.kind()) {
            let text = source.get(node.byte_range()).unwrap_or_default();
            let text = text.trim_start_matches(['/', '*', '#', '!', '-']).trim_end_matches(['*', '/']).trim();
            if text.starts_with("sqlmoat:") {
                let span = Span::new(node.start_byte() as u32, node.end_byte() as u32);
                found.push(HostComment { span, text: text.to_owned() });
            }
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return found;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}
