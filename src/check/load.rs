//! Reads files in parallel and adds them to the run's sources in a fixed order.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::check::files::DatabaseFiles;
use crate::check::kept::{Seen, Text, Texts};
use crate::check::request::Request;
use crate::check::select::{Scope, is_sql, unreadable};
use crate::check::{FileRole, InputError, InputFile, Notice, Outcome};
use crate::check::{executed, left_out};
use crate::extract::host::{self, Glance};
use crate::source::paths::{relative, shown};
use crate::source::{FileId, ReadError, SourceFile};

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    /// The largest size to read, in bytes.
    pub(super) limit: u64,
    /// Whether the user named it.
    pub(super) named: bool,
}

/// A file as it was read.
enum Read {
    Whole {
        file: SourceFile,
        /// The SQL file whose statements it is a copy of, by its own word.
        copied: Option<String>,
    },
    WithoutSql,
    Bundle,
}

/// The text of a file, and what to keep of it.
fn text(request: &Request, wanted: &Wanted, texts: &Texts) -> Result<(Text, Option<Seen>), ReadError> {
    let signature = match request.kept.is_on() {
        true => request.provider.signature(&wanted.path),
        false => None,
    };
    let known = texts.get(&wanted.path).filter(|(then, _)| signature.as_ref() == Some(then));
    let text = match known {
        Some((_, text)) => text.clone(),
        None => {
            let text = request.provider.read(&wanted.path, wanted.limit)?;
            let glance = match host::is_host(&wanted.path) {
                // What a migration executes is rarely a query.
                true if executed::is_migration(&wanted.path.to_string_lossy()) => Glance::Sql,
                true => host::glance(&wanted.path, &text),
                false => Glance::Sql,
            };
            match glance {
                Glance::Sql => Text::Whole(text.into()),
                Glance::Nothing => Text::WithoutSql,
                Glance::Bundle => Text::Bundle,
            }
        }
    };
    Ok((text.clone(), signature.map(|signature| (signature, text))))
}

/// The files of a run by path. Each is read once, however many databases it belongs to.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    files: HashMap<PathBuf, Option<FileId>>,
    /// Programs without any SQL: they are not kept.
    pub(super) without_sql: usize,
    /// Programs that sqlc wrote, with the SQL file that it names as their source.
    generated: HashMap<PathBuf, String>,
}

impl Loaded {
    /// Reads what was not read yet. What cannot be read becomes an error of the outcome, once.
    fn read(&mut self, request: &Request, wanted: &[Wanted], outcome: &mut Outcome) {
        let new: Vec<&Wanted> = wanted.iter().filter(|w| !self.files.contains_key(&w.path)).collect();
        let mut texts = request.kept.take_texts();
        type OfFile = (Read, Option<Seen>);
        let read: Vec<Result<OfFile, ReadError>> = new
            .par_iter()
            .map(|wanted| {
                if request.monitor.is_ended() {
                    return Ok((Read::WithoutSql, None));
                }
                request.monitor.file();
                let (text, seen) = text(request, wanted, &texts)?;
                let may_copy = host::is_host(&wanted.path) && !wanted.named;
                let read = match text {
                    Text::Whole(text) => Read::Whole {
                        copied: host::sqlc_source(&text).filter(|_| may_copy).map(str::to_owned),
                        file: SourceFile::new(shown(&request.working, &wanted.path), text),
                    },
                    Text::WithoutSql => Read::WithoutSql,
                    Text::Bundle => Read::Bundle,
                };
                Ok((read, seen))
            })
            .collect();
        let mut bundles = Vec::new();
        for (wanted, result) in new.iter().zip(read) {
            let id = match result {
                Ok((read, seen)) => {
                    texts.extend(seen.map(|seen| (wanted.path.clone(), seen)));
                    match read {
                        Read::Whole { file, copied } => {
                            self.generated.extend(copied.map(|source| (wanted.path.clone(), source)));
                            Some(outcome.sources.add(file))
                        }
                        Read::WithoutSql => {
                            self.without_sql += 1;
                            None
                        }
                        Read::Bundle => {
                            bundles.push(shown(&request.working, &wanted.path));
                            None
                        }
                    }
                }
                Err(error) => {
                    outcome.skipped_files += 1;
                    let path = shown(&request.working, &wanted.path);
                    let help = match error {
                        ReadError::TooLarge { .. } => Some("raise `max-file-size` to read it".to_owned()),
                        _ => None,
                    };
                    let error = unreadable(&path, &error.to_string(), wanted.named);
                    outcome.errors.push(InputError { help, ..error });
                    None
                }
            };
            self.files.insert(wanted.path.clone(), id);
        }
        outcome.skipped_files += bundles.len();
        outcome.notices.extend(left_out::bundles(&bundles));
        request.kept.put_texts(texts);
    }

    /// Reads the files of one database; those that could not be read are left out.
    pub(super) fn input(
        &mut self,
        request: &Request,
        scope: &Scope,
        files: &DatabaseFiles,
        outcome: &mut Outcome,
    ) -> Vec<InputFile> {
        let mut wanted = files.all();
        wanted.sort_by(|a, b| a.path.cmp(&b.path));
        self.read(request, &wanted, outcome);
        let copies = self.copies(&wanted, files);
        if !copies.is_empty() {
            let number = match copies.len() {
                1 => "1 file written by sqlc is".to_owned(),
                several => format!("{several} files written by sqlc are"),
            };
            outcome.notices.push(Notice {
                degraded: false,
                message: format!("{number} left out: the statements are read where they come from"),
                help: None,
            });
        }
        wanted
            .iter()
            .filter(|wanted| !copies.contains(wanted.path.as_path()))
            .filter_map(|wanted| {
                let relative = relative(&scope.settings.root, &wanted.path);
                Some(InputFile {
                    id: self.id(&wanted.path)?,
                    relative: relative.unwrap_or_else(|| shown(&scope.settings.root, &wanted.path)),
                    role: files.role(&wanted.path),
                    source: files.source(&wanted.path).unwrap_or_default(),
                    reported: scope.files.contains_key(&wanted.path),
                    // An editor names the files that are open.
                    named: !request.kept.is_on()
                        && (scope.files.get(&wanted.path) == Some(&true)
                            || request.only.is_some() && scope.files.contains_key(&wanted.path)),
                })
            })
            .collect()
    }

    /// Programs whose statements sqlc copied from a file with queries that is read as well.
    fn copies<'a>(&self, wanted: &'a [Wanted], files: &DatabaseFiles) -> HashSet<&'a Path> {
        if self.generated.is_empty() {
            return HashSet::new();
        }
        let queries = wanted.iter().filter(|w| {
            let role = files.role(&w.path);
            is_sql(&w.path) && matches!(role, FileRole::Query | FileRole::Perhaps { query: true })
        });
        let names: HashSet<&OsStr> = queries.filter_map(|w| w.path.file_name()).collect();
        let is_copy =
            |w: &&Wanted| self.generated.get(&w.path).is_some_and(|from| names.contains(OsStr::new(from)));
        wanted.iter().filter(is_copy).map(|w| w.path.as_path()).collect()
    }

    /// The id of a file, where it could be read.
    fn id(&self, path: &Path) -> Option<FileId> {
        self.files.get(path).copied().flatten()
    }
}
