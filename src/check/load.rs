//! Reads files in parallel and adds them to the run's sources in a fixed order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::check::files::DatabaseFiles;
use crate::check::request::Request;
use crate::check::select::{Scope, unreadable};
use crate::check::{InputError, InputFile, Outcome};
use crate::extract::host;
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

/// The files of a run by path. Each is read once, however many databases it belongs to.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    files: HashMap<PathBuf, Option<FileId>>,
    /// Programs without any SQL: they are not kept.
    pub(super) without_sql: usize,
}

impl Loaded {
    /// Reads what was not read yet. What cannot be read becomes an error of the outcome, once.
    fn read(&mut self, request: &Request, wanted: &[Wanted], outcome: &mut Outcome) {
        let new: Vec<&Wanted> = wanted.iter().filter(|w| !self.files.contains_key(&w.path)).collect();
        let read: Vec<Result<Option<SourceFile>, ReadError>> = new
            .par_iter()
            .map(|wanted| {
                if request.monitor.is_ended() {
                    return Ok(None);
                }
                request.monitor.file();
                let text = request.provider.read(&wanted.path, wanted.limit)?;
                let is_kept = !host::is_host(&wanted.path) || host::may_hold_sql(&text);
                Ok(is_kept.then(|| SourceFile::new(shown(&request.working, &wanted.path), text.into())))
            })
            .collect();
        for (wanted, result) in new.iter().zip(read) {
            let id = result.map(|file| file.map(|file| outcome.sources.add(file))).map_err(|error| {
                outcome.skipped_files += 1;
                let path = shown(&request.working, &wanted.path);
                let help = match error {
                    ReadError::TooLarge { .. } => Some("raise `max-file-size` to read it".to_owned()),
                    _ => None,
                };
                let error = unreadable(&path, &error.to_string(), wanted.named);
                outcome.errors.push(InputError { help, ..error });
            });
            self.without_sql += usize::from(matches!(id, Ok(None)));
            self.files.insert(wanted.path.clone(), id.ok().flatten());
        }
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
        wanted
            .iter()
            .filter_map(|wanted| {
                let relative = relative(&scope.settings.root, &wanted.path);
                Some(InputFile {
                    id: self.id(&wanted.path)?,
                    relative: relative.unwrap_or_else(|| shown(&scope.settings.root, &wanted.path)),
                    role: files.role(&wanted.path),
                    reported: scope.files.contains_key(&wanted.path),
                })
            })
            .collect()
    }

    /// The id of a file, where it could be read.
    fn id(&self, path: &Path) -> Option<FileId> {
        self.files.get(path).copied().flatten()
    }
}
