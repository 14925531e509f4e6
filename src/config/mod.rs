//! The configuration as written to settings ready to use. Each stage owns the type of its own settings; this only
//! fills them. The keys themselves are in `keys`.

mod discover;
mod document;
mod draft;
mod json_schema;
mod keys;
mod reference;
mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use discover::{FILE_NAMES, boundary, in_directory, is_config, nearest};
pub use document::{ConfigError, Document};
pub use json_schema::json_schema;
pub use keys::reference;
pub use reference::{LEVELS, Setting, Shape};

use crate::prove::settings::{PlannerSettings, TenancySettings};
use crate::rules::{RuleSettings, Selector};
use crate::source::paths::{Patterns, absolute, is_glob, relative};
use crate::source::{Limits, Provider, Span};
use crate::syntax::Dialect;

/// The longest configuration that is read, in bytes.
const LONGEST: u64 = 1_000_000;

/// Everything that one configuration says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The directory that its patterns are relative to; nothing above its repository is read.
    pub root: PathBuf,
    /// The file it was read from; absent where there is none.
    pub file: Option<PathBuf>,
    /// How large files may be.
    pub limits: Limits,
    /// Which rules speak, and how loudly.
    pub rules: RuleSettings,
    /// Rules that are silent in the files of a pattern.
    pub per_file_ignores: Vec<(Patterns, Vec<Selector>)>,
    /// The databases, at least one.
    pub databases: Vec<Database>,
}

/// One database: its schema, the code that queries it, its tenancy.
#[derive(Clone, Debug, Default)]
pub struct Database {
    /// `main` unless configured.
    pub name: String,
    /// Which SQL it speaks.
    pub dialect: Dialect,
    /// What its planner can do.
    pub planner: PlannerSettings,
    /// How rows belong to tenants.
    pub tenancy: TenancySettings,
    /// Whether `tenancy.columns` is written, be it as an empty list.
    pub tenancy_given: bool,
    /// Exceptions by place.
    pub exempt: Vec<Exemption>,
    /// Where the schema comes from; absent to infer it.
    pub sources: Option<Vec<SchemaSource>>,
    /// Where the queries are.
    pub queries: Queries,
    /// Whether all migrations are judged, and not the newest alone.
    pub all_migrations: bool,
}

/// `[[tenancy.exempt]]`: an intended exception by place.
#[derive(Clone, Debug, Default)]
pub struct Exemption {
    /// Files; without a pattern, all.
    pub paths: Patterns,
    /// The patterns as written, each by itself.
    pub patterns: Vec<(String, Patterns)>,
    /// Functions that a statement may be in, of the schema or of the host language; empty for any.
    pub functions: Vec<String>,
    /// Why.
    pub reason: String,
}

/// One entry of `schema.sources`.
#[derive(Clone, Debug)]
pub struct SchemaSource {
    /// As written.
    pub text: String,
    /// The directory to walk or the file to read, absolute.
    pub base: PathBuf,
    /// Which files below `base` count, relative to it; absent for `base` itself and all SQL files below it.
    pub pattern: Option<Patterns>,
}

/// `[queries]`.
#[derive(Clone, Debug, Default)]
pub struct Queries {
    /// Files that hold queries; without a pattern, all of the project.
    pub include: Patterns,
    /// Files that are left out.
    pub exclude: Patterns,
    /// Host expressions that add the tenant filter.
    pub scope_helpers: Vec<String>,
    /// What a spliced table prefix stands for.
    pub table_prefix: String,
}

/// Settings of a directory that has no configuration.
pub fn unconfigured(provider: &Provider, root: &Path, overrides: &[String]) -> (Settings, Vec<ConfigError>) {
    resolve(provider, root, None, draft::Draft::default(), overrides)
}

/// Settings of a configuration file whose patterns are relative to `root`, with `KEY=VALUE` overrides on top. What is
/// wrong is told and left at its default.
pub fn load(
    provider: &Provider,
    file: &Path,
    shown: &str,
    root: &Path,
    overrides: &[String],
) -> (Settings, Vec<ConfigError>) {
    let mut draft = draft::Draft::default();
    let mut errors = Vec::new();
    match provider.read(file, LONGEST) {
        Ok(text) => {
            // The TOML reader knows no byte order mark.
            let text = text.replacen('\u{feff}', "", usize::from(text.starts_with('\u{feff}')));
            let document = Arc::new(Document { name: shown.to_owned(), text });
            draft.read_file(&document, &mut errors);
        }
        Err(error) => errors.push(ConfigError {
            at: None,
            message: format!("`{shown}`: {error}"),
            label: String::new(),
            help: None,
        }),
    }
    let (settings, more) = resolve(provider, root, Some(file), draft, overrides);
    errors.extend(more);
    // By place: the reader took the keys in the order of their list.
    errors.sort_by_key(|e| e.at.as_ref().map(|(document, span)| (document.name != shown, span.start)));
    (settings, errors)
}

fn resolve(
    provider: &Provider,
    root: &Path,
    file: Option<&Path>,
    mut draft: draft::Draft,
    overrides: &[String],
) -> (Settings, Vec<ConfigError>) {
    let mut errors = Vec::new();
    for text in overrides {
        draft.read_override(text, &mut errors);
    }
    let boundary = boundary(root, root);
    let mut databases: Vec<Database> = Vec::new();
    for database in draft.databases() {
        let (name, name_at) = database.name.clone();
        if databases.iter().any(|d| d.name == name) {
            let message = format!("two databases are called `{name}`");
            errors.push(ConfigError { at: name_at, message, label: "the second".to_owned(), help: None });
        }
        let sources = database.sources.as_ref().map(|sources| {
            let resolved = sources.iter().map(|s| schema_source(provider, root, &boundary, s));
            resolved.filter_map(|r| r.map_err(|e| errors.push(e)).ok()).collect()
        });
        databases.push(Database {
            name,
            dialect: database.dialect,
            planner: database.planner.clone(),
            tenancy: database.tenancy.clone(),
            tenancy_given: database.tenancy_given,
            exempt: database.exempt.clone(),
            sources,
            queries: database.queries.clone(),
            all_migrations: database.all_migrations,
        });
    }
    let settings = Settings {
        root: root.to_owned(),
        file: file.map(Path::to_owned),
        limits: draft.limits,
        rules: draft.rules,
        per_file_ignores: draft.per_file_ignores,
        databases,
    };
    (settings, errors)
}

/// Splits a pattern into the directory that it spells out and the rest; it must stay within the repository.
fn schema_source(
    provider: &Provider,
    root: &Path,
    boundary: &Path,
    written: &draft::Written,
) -> Result<SchemaSource, ConfigError> {
    let error = |message: String, label: &str, help: &str| ConfigError {
        at: written.at.clone(),
        message,
        label: label.to_owned(),
        help: (!help.is_empty()).then(|| help.to_owned()),
    };
    let text = &written.text;
    let parts: Vec<&str> = text.split('/').collect();
    let plain = parts.iter().take_while(|part| !is_glob(part)).count();
    let (prefix, rest) = parts.split_at(plain);
    let base = match prefix {
        // A first empty part is that of an absolute path.
        ["", ..] => absolute(root, Path::new(&format!("{}/", prefix.join("/")))),
        _ => absolute(root, Path::new(&prefix.join("/"))),
    };
    let exists = provider.is_file(&base).is_ok();
    if !base.starts_with(boundary) || (exists && !provider.is_inside(boundary, &base)) {
        let message = format!("the schema source `{text}` lies outside the repository");
        return Err(error(message, "leads out", "only files of the same repository are read"));
    }
    if rest.is_empty() {
        if !exists {
            let message = format!("the schema source `{text}` does not exist");
            return Err(error(
                message,
                "no such file or directory",
                "patterns are relative to the configuration",
            ));
        }
        return Ok(SchemaSource { text: text.clone(), base, pattern: None });
    }
    match Patterns::new(&[rest.join("/")]) {
        Ok(pattern) => Ok(SchemaSource { text: text.clone(), base, pattern: Some(pattern) }),
        Err((_, why)) => Err(error(format!("`{text}` is not a pattern"), &why, "")),
    }
}

impl SchemaSource {
    /// Whether the source means that file, an absolute path.
    pub fn matches(&self, path: &Path) -> bool {
        match (&self.pattern, relative(&self.base, path)) {
            (_, None) => false,
            (Some(pattern), Some(relative)) => pattern.matches(&relative),
            (None, Some(_)) => true,
        }
    }
}

impl Queries {
    /// Whether a file of the project, relative to its root with `/`, may hold queries.
    pub fn covers(&self, relative: &str) -> bool {
        (self.include.is_empty() || self.include.matches(relative)) && !self.exclude.matches(relative)
    }
}

impl Exemption {
    /// Whether it covers a statement of that file (relative to the project's root) and function.
    pub fn covers(&self, relative: &str, function: Option<&str>) -> bool {
        (self.paths.is_empty() || self.paths.matches(relative))
            && (self.functions.is_empty()
                || function.is_some_and(|f| self.functions.iter().any(|known| known == f)))
    }
}

/// A place in a document, where there is one.
type At = Option<(Arc<Document>, Span)>;
