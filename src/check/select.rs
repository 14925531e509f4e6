//! Which files a run reports on, and which configuration governs each of them. What is reported and what is known are
//! two things: a project's schema is found from its root whatever paths are given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::check::left_out;
use crate::check::request::{ConfigChoice, Request};
use crate::check::{InputError, Notice, Snippet};
use crate::config::{self, ConfigError, Settings};
use crate::extract::host;
use crate::source::paths::{absolute, git_root, shown};
use crate::source::{MEGABYTE, Provider, Walk, is_left_out};

/// The files of a run, by the configuration that governs them.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) scopes: Vec<Scope>,
    pub(super) errors: Vec<InputError>,
    pub(super) notices: Vec<Notice>,
    /// Whether some path given names a file, be it one that is left out by configuration.
    pub(super) named: bool,
}

/// What one configuration, or the lack of one, governs.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) settings: Settings,
    /// Files to report on, ordered by path, each with whether the user named it.
    pub(super) files: BTreeMap<PathBuf, bool>,
    /// Whether the configuration is broken: then nothing is analysed under it.
    pub(super) broken: bool,
}

impl Scope {
    /// Whether there is something to analyse: not under a broken configuration, nor where all files belong to projects
    /// below.
    pub(super) fn is_wanted(&self, request: &Request) -> bool {
        !self.broken && (request.schema_only || !self.files.is_empty())
    }
}

impl Scope {
    /// The configuration as written, where something is kept of what was analysed under it.
    pub(super) fn config_text(&self, request: &Request) -> Option<String> {
        let file = self.settings.file.as_ref().filter(|_| request.kept.is_on())?;
        request.provider.read(file, MEGABYTE).ok()
    }

    /// Names of directories that are walked though they would be left out.
    pub(super) fn asked(&self) -> Vec<String> {
        asked(&self.settings)
    }

    /// Whether everything below the scope's root is looked at: only then does what is missing say something.
    pub(super) fn is_whole(&self, request: &Request) -> bool {
        let whole = |path: &PathBuf| self.settings.root.starts_with(absolute(&request.working, path));
        !request.schema_only && request.only.is_none() && request.paths.iter().any(whole)
    }
}

/// A directory that starts a project, with its configuration file where it has one.
type Root = (PathBuf, Option<PathBuf>);

/// Finds the files to report on.
pub(super) fn select(request: &Request) -> Selection {
    let mut selector = Selector {
        request,
        selection: Selection::default(),
        left_out: BTreeSet::new(),
        files: BTreeMap::new(),
    };
    selector.selection.named = request.only.is_some();
    let outside = selector.root_without_repository();
    for path in &request.paths {
        selector.add(path, &outside);
    }
    selector.finish()
}

struct Selector<'a> {
    request: &'a Request,
    selection: Selection,
    /// Directories that were not walked.
    left_out: BTreeSet<PathBuf>,
    files: BTreeMap<Root, (BTreeMap<PathBuf, bool>, BTreeSet<PathBuf>)>,
}

impl Selector<'_> {
    fn add(&mut self, given: &Path, outside: &Path) {
        let path = absolute(&self.request.working, given);
        match self.request.provider.is_file(&path) {
            Ok(false) => self.add_directory(&path, outside),
            // Nothing is staged there.
            Err(_) if self.request.only.is_some() => {}
            Err(error) => self.selection.errors.push(InputError {
                path: Some(shown(&self.request.working, &path)),
                location: None,
                message: match error.kind() {
                    std::io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
                    _ => format!("the path cannot be read: {error}"),
                },
                help: None,
                snippet: None,
                fatal: true,
            }),
            Ok(true) => {
                self.selection.named = true;
                let root = self.root_of(path.parent().unwrap_or(&path), outside);
                let files = &mut self.files.entry(root).or_default().0;
                if is_read(&path) {
                    files.insert(path, true);
                } else if !config::is_config(&path) {
                    let path = shown(&self.request.working, &path);
                    self.selection.notices.push(Notice {
                        degraded: false,
                        message: format!(
                            "`{path}` is neither SQL nor in a language that is read for SQL, and was left out"
                        ),
                        help: None,
                    });
                }
            }
        }
    }

    fn add_directory(&mut self, directory: &Path, outside: &Path) {
        let root = self.root_of(directory, outside);
        let (files, configs) = self.walk(directory, &[]);
        for file in &configs {
            if let Some(parent) = file.parent().filter(|parent| **parent != *root.0) {
                // Of two in one directory, the one that outweighs the other.
                if config::in_directory(&self.request.provider, parent, parent).as_ref() == Some(file) {
                    let nested = self.files.entry((parent.to_owned(), Some(file.clone()))).or_default();
                    nested.1.insert(parent.to_owned());
                }
            }
        }
        self.files.entry(root.clone()).or_default().1.insert(directory.to_owned());
        let roots: Vec<Root> = self.files.keys().cloned().collect();
        let mut by_root: BTreeMap<&Root, Vec<PathBuf>> = BTreeMap::new();
        for file in files {
            by_root.entry(self.innermost(roots.iter(), &file, &root)).or_default().push(file);
        }
        for (root, files) in by_root {
            // They are in order: to put two ordered maps together is quicker than to insert one by one.
            let mut all: BTreeMap<PathBuf, bool> = files.into_iter().map(|file| (file, false)).collect();
            let known = &mut self.files.entry(root.clone()).or_default().0;
            all.append(known);
            *known = all;
        }
    }

    /// Of the projects met so far, the one that a file below `start` belongs to.
    fn innermost<'r>(&self, roots: impl Iterator<Item = &'r Root>, file: &Path, start: &'r Root) -> &'r Root {
        if !matches!(self.request.config, ConfigChoice::Nearest) {
            return start;
        }
        let below =
            |root: &&Root| root.1.is_some() && file.starts_with(&root.0) && root.0.starts_with(&start.0);
        roots.filter(below).max_by_key(|root| root.0.as_os_str().len()).unwrap_or(start)
    }

    /// SQL files and configurations below a directory.
    fn walk(&mut self, directory: &Path, asked: &[String]) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let discovers = matches!(self.request.config, ConfigChoice::Nearest);
        let wanted = |path: &Path| is_read(path) || (discovers && config::is_config(path));
        let ignore_from = git_root(directory).unwrap_or_else(|| directory.to_owned());
        let walked = Walk {
            provider: &self.request.provider,
            start: directory,
            ignore_from: Some(&ignore_from),
            asked,
        }
        .run(wanted);
        for (path, why) in walked.errors {
            self.selection.errors.push(unreadable(&shown(&self.request.working, &path), &why, false));
        }
        // What is asked for by name is met by another walk.
        let is_asked =
            |path: &Path| path.file_name().is_some_and(|name| asked.iter().any(|a| a.as_str() == name));
        self.left_out.retain(|path| !(path.starts_with(directory) && is_asked(path)));
        self.left_out.extend(walked.left_out.into_iter().filter(|_| asked.is_empty()));
        walked.files.into_iter().partition(|path| is_read(path))
    }

    /// The project that a directory belongs to.
    fn root_of(&self, directory: &Path, outside: &Path) -> Root {
        let working = &self.request.working;
        let without = || (git_root(directory).unwrap_or_else(|| outside.to_owned()), None);
        match &self.request.config {
            ConfigChoice::File(file) => (working.clone(), Some(absolute(working, file))),
            ConfigChoice::Without => without(),
            ConfigChoice::Nearest => {
                let found =
                    config::nearest(&self.request.provider, directory, &config::boundary(working, directory));
                match found.as_ref().and_then(|file| file.parent()) {
                    Some(parent) => (parent.to_owned(), found.clone()),
                    None => without(),
                }
            }
        }
    }

    /// Where a project without configuration starts when no git repository says so: the directory that all paths given
    /// have in common.
    fn root_without_repository(&self) -> PathBuf {
        let directories = self.request.paths.iter().map(|path| {
            let path = absolute(&self.request.working, path);
            if self.request.provider.is_dir(&path) {
                path
            } else {
                path.parent().map_or(path.clone(), Path::to_owned)
            }
        });
        let common = |a: PathBuf, b: PathBuf| -> PathBuf {
            a.components().zip(b.components()).take_while(|(x, y)| x == y).map(|(x, _)| x).collect()
        };
        directories.reduce(common).unwrap_or_else(|| self.request.working.clone())
    }

    /// Loads the configurations and adds the files in directories that they ask for by name.
    fn finish(mut self) -> Selection {
        let found = std::mem::take(&mut self.files);
        let roots: Vec<Root> = found.keys().cloned().collect();
        for (root, (mut files, walked)) in found {
            let (mut settings, errors) = match &root.1 {
                Some(file) => {
                    let name = shown(&self.request.working, file);
                    // A file that the user names need not be in the tree that is checked.
                    let provider = match self.request.config {
                        ConfigChoice::File(_) => &Provider::WorkTree,
                        ConfigChoice::Nearest | ConfigChoice::Without => &self.request.provider,
                    };
                    config::load(provider, file, &name, &root.0, &self.request.overrides)
                }
                None => config::unconfigured(&self.request.provider, &root.0, &self.request.overrides),
            };
            settings.rules.select.extend(&self.request.select);
            settings.rules.extend_select.extend(&self.request.extend_select);
            settings.rules.ignore.extend(&self.request.ignore);
            let asked = asked(&settings);
            if !asked.is_empty() {
                for directory in walked {
                    for file in self.walk(&directory, &asked).0 {
                        if *self.innermost(roots.iter(), &file, &root) == root {
                            files.entry(file).or_insert(false);
                        }
                    }
                }
            }
            if let Some(only) = &self.request.only {
                files.retain(|file, _| only.contains(file));
            }
            let broken = !errors.is_empty();
            for error in errors {
                let error = broken_config(error);
                // One mistake on the command line is a mistake in every configuration.
                if !self.selection.errors.contains(&error) {
                    self.selection.errors.push(error);
                }
            }
            self.selection.scopes.push(Scope { settings, files, broken });
        }
        let left_out: Vec<String> =
            self.left_out.iter().map(|path| shown(&self.request.working, path)).collect();
        let left_out = if self.request.only.is_some() { Vec::new() } else { left_out };
        self.selection.notices.extend(left_out::directories(&left_out));
        self.selection
    }
}

/// Names of directories, such as `vendor`, that a configuration asks for.
fn asked(settings: &Settings) -> Vec<String> {
    let named = settings.databases.iter().flat_map(|d| d.queries.include.named());
    named.filter(|name| is_left_out(name)).cloned().collect()
}

/// Whether a file is read, by its name: as SQL, or as a program that may hold some.
pub(super) fn is_read(path: &Path) -> bool {
    is_sql(path) || host::is_host(path)
}

/// Whether a file holds SQL, by its name.
pub(super) fn is_sql(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| ["sql", "psql", "pgsql"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// The error of a file or directory that was not read.
pub(super) fn unreadable(path: &str, why: &str, fatal: bool) -> InputError {
    InputError {
        path: Some(path.to_owned()),
        location: None,
        message: why.to_owned(),
        help: None,
        snippet: None,
        fatal,
    }
}

fn broken_config(error: ConfigError) -> InputError {
    let ConfigError { at, message, label, help } = error;
    let snippet = at.map(|(document, span)| Snippet {
        name: document.name.clone(),
        text: document.text.clone(),
        span,
        label,
    });
    let path = snippet.as_ref().map(|s| s.name.clone()).filter(|name| name != "--config");
    InputError { path, location: None, message, help, snippet, fatal: true }
}
