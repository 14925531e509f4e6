//! What a run would read, by path, length and time: two equal stamps are two runs with the same outcome.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::check::request::{BaselineChoice, Request};
use crate::check::{Outcome, files, select};
use crate::source::paths::absolute;
use crate::suppress::baseline::FILE_NAME;

/// The files that a run would read, each with its length and the time of its last change, where it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    /// The stamp of a run that somebody may ask for, as things are now.
    pub fn new(request: &Request) -> Stamp {
        let mut paths: Vec<PathBuf> = Vec::new();
        for scope in select::select(request).scopes {
            let root = &scope.settings.root;
            paths.extend(scope.settings.file.clone());
            paths.push(match &request.baseline {
                BaselineChoice::File(file) => absolute(&request.working, file),
                BaselineChoice::Nearest | BaselineChoice::Without => root.join(FILE_NAME),
            });
            for database in files::files(request, &scope, &mut Outcome::default()) {
                paths.extend(database.all().into_iter().map(|wanted| wanted.path));
            }
        }
        paths.sort();
        paths.dedup();
        let stamped = paths.into_iter().map(|path| {
            let signature = request.provider.signature(&path);
            (path, signature)
        });
        Stamp(stamped.collect())
    }
}
