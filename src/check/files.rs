//! Which files hold a database's schema, and which hold its queries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::check::load::Wanted;
use crate::check::request::Request;
use crate::check::select::{Scope, is_sql, unreadable};
use crate::check::{FileRole, Notice, Outcome};
use crate::config::{self, SchemaSource};
use crate::extract;
use crate::source::Walk;
use crate::source::paths::{git_root, relative, shown};

/// The files of one database.
#[derive(Debug)]
pub(super) enum DatabaseFiles {
    /// Its schema sources are configured.
    Known {
        /// Schema sources, ordered by path, each with which entry of the configuration means it, from 0.
        schema: Vec<(Wanted, usize)>,
        /// Files with queries, ordered by path.
        queries: Vec<Wanted>,
    },
    /// Its schema is somewhere among these.
    ToInfer {
        /// Every SQL file of the project, ordered by path.
        candidates: Vec<Wanted>,
        /// Files that hold queries, unless they turn out to hold the schema.
        queries: BTreeSet<PathBuf>,
    },
}

impl DatabaseFiles {
    /// Every file.
    pub(super) fn all(&self) -> Vec<Wanted> {
        match self {
            DatabaseFiles::Known { schema, queries } => {
                schema.iter().map(|(wanted, _)| wanted).chain(queries).cloned().collect()
            }
            DatabaseFiles::ToInfer { candidates, queries: _ } => candidates.clone(),
        }
    }

    /// What a file of the database is for.
    pub(super) fn role(&self, path: &Path) -> FileRole {
        match self {
            DatabaseFiles::Known { .. } => match self.source(path) {
                Some(_) => FileRole::Schema,
                None => FileRole::Query,
            },
            // A schema is declared in SQL.
            DatabaseFiles::ToInfer { .. } if !is_sql(path) => FileRole::Query,
            DatabaseFiles::ToInfer { candidates: _, queries } => {
                FileRole::Perhaps { query: queries.contains(path) }
            }
        }
    }

    /// Which of the configured schema sources means a file, from 0; none if none does.
    pub(super) fn source(&self, path: &Path) -> Option<usize> {
        let DatabaseFiles::Known { schema, queries: _ } = self else { return None };
        let at = schema.binary_search_by(|(wanted, _)| wanted.path.as_path().cmp(path)).ok()?;
        schema.get(at).map(|(_, source)| *source)
    }
}

/// The files of every database of a scope, in their order.
pub(super) fn files(request: &Request, scope: &Scope, outcome: &mut Outcome) -> Vec<DatabaseFiles> {
    let settings = &scope.settings;
    let schemas: Vec<Option<BTreeMap<PathBuf, usize>>> = settings
        .databases
        .iter()
        .map(|d| d.sources.as_ref().map(|s| schema_files(request, s, outcome)))
        .collect();
    let of_a_schema = |path: &Path| schemas.iter().flatten().any(|s| s.contains_key(path));
    let sql = scope.files.keys().filter(|path| is_sql(path));
    let undone = undo_files(sql.chain(schemas.iter().flatten().flat_map(BTreeMap::keys)));
    let undoes = |path: &Path| undone.contains(path);
    let limits = settings.limits;
    let wanted = |path: &Path, limit: u64| Wanted {
        path: path.to_owned(),
        limit,
        named: scope.files.get(path).copied().unwrap_or(false),
    };
    let each = settings.databases.iter().zip(&schemas);
    each.map(|(database, schema)| {
        let queries = scope.files.keys().filter(|path| {
            let relative = relative(&settings.root, path);
            !request.schema_only
                && !of_a_schema(path)
                && relative.is_some_and(|r| database.queries.covers(&r))
                && !undoes(path)
        });
        match schema {
            Some(schema) => DatabaseFiles::Known {
                schema: schema.iter().map(|(path, at)| (wanted(path, limits.schema), *at)).collect(),
                queries: queries.map(|path| wanted(path, limits.file)).collect(),
            },
            None => {
                let queries: BTreeSet<PathBuf> = queries.cloned().collect();
                let mut candidates = own_files(request, &settings.root, outcome);
                candidates.retain(|path| !of_a_schema(path));
                candidates.append(&mut queries.clone());
                let candidates = candidates.iter().map(|path| wanted(path, limits.file)).collect();
                DatabaseFiles::ToInfer { candidates, queries }
            }
        }
    })
    .collect()
}

/// The files that configured schema sources mean, each with the first that does, from 0. Read even where git ignores them.
fn schema_files(
    request: &Request,
    sources: &[SchemaSource],
    outcome: &mut Outcome,
) -> BTreeMap<PathBuf, usize> {
    let mut all = BTreeMap::new();
    for (at, source) in sources.iter().enumerate() {
        let mut files = BTreeSet::new();
        if request.provider.is_dir(&source.base) {
            let asked = source.pattern.as_ref().map(|p| p.named()).unwrap_or_default();
            let walk = Walk { provider: &request.provider, start: &source.base, ignore_from: None, asked };
            let walked = walk.run(|path| source.matches(path) && (source.pattern.is_some() || is_sql(path)));
            for (path, why) in walked.errors {
                outcome.errors.push(unreadable(&shown(&request.working, &path), &why, false));
            }
            files.extend(walked.files);
        } else if source.pattern.is_none() {
            files.insert(source.base.clone());
        }
        let buffers = request.provider.buffers().into_iter();
        let meant = |path: &&Path| source.matches(path) && (source.pattern.is_some() || is_sql(path));
        files.extend(buffers.filter(meant).map(Path::to_owned));
        if files.is_empty() {
            outcome.notices.push(Notice {
                degraded: true,
                message: format!("the schema source `{}` matches no file", source.text),
                help: None,
            });
        }
        for file in files {
            all.entry(file).or_insert(at);
        }
    }
    all
}

/// Every SQL file of the project that starts at `root`, without those of projects below it.
fn own_files(request: &Request, root: &Path, outcome: &mut Outcome) -> BTreeSet<PathBuf> {
    let ignore_from = git_root(root).unwrap_or_else(|| root.to_owned());
    let walk = Walk { provider: &request.provider, start: root, ignore_from: Some(&ignore_from), asked: &[] };
    let walked = walk.run(|path| is_sql(path) || config::is_config(path));
    for (path, why) in walked.errors {
        let error = unreadable(&shown(&request.working, &path), &why, false);
        if !outcome.errors.contains(&error) {
            outcome.errors.push(error);
        }
    }
    let (files, configs): (Vec<PathBuf>, Vec<PathBuf>) = walked.files.into_iter().partition(|p| is_sql(p));
    let below: Vec<&Path> = configs.iter().filter_map(|c| c.parent()).filter(|dir| *dir != root).collect();
    let nested = |file: &Path| file.ancestors().skip(1).any(|dir| below.contains(&dir));
    files.into_iter().filter(|file| !nested(file)).collect()
}

/// Files that take back what others do, such as `x.down.sql`: migrations, not queries, although no source names them.
fn undo_files<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> BTreeSet<PathBuf> {
    let all: BTreeSet<&PathBuf> = paths.collect();
    let all: Vec<&PathBuf> = all.into_iter().collect();
    let texts: Vec<String> = all.iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect();
    let applied: BTreeSet<usize> =
        extract::sql::order(&texts.iter().map(|text| (0, text.as_str())).collect::<Vec<_>>())
            .iter()
            .map(|a| a.index)
            .collect();
    all.into_iter().enumerate().filter(|(i, _)| !applied.contains(i)).map(|(_, path)| path.clone()).collect()
}
