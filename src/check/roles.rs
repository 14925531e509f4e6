//! What a database's files are for: which hold the schema, which of those apply, and in which order.

use std::collections::HashSet;
use std::sync::Arc;

use crate::check::infer::{self, Candidate};
use crate::check::parse::ParsedFile;
use crate::check::{FileRole, InputFile};
use crate::extract;
use crate::extract::sql::{Applied, Convention};
use crate::source::Fragment;
use crate::syntax::Statement;

/// Decides what files are for whose role is open. Returns where the schema was found, if it was looked for.
pub(super) fn infer(files: &mut [InputFile], parsed: &[ParsedFile]) -> Option<String> {
    let open: Vec<usize> =
        (0..files.len()).filter(|i| matches!(files[*i].role, FileRole::Perhaps { .. })).collect();
    if open.is_empty() {
        return None;
    }
    let candidates: Vec<Candidate<'_>> =
        open.iter().map(|i| Candidate { path: &files[*i].relative, parsed: &parsed[*i] }).collect();
    let chosen = infer::schema(&candidates);
    let places = infer::places(&chosen.iter().map(|i| candidates[*i].path).collect::<Vec<_>>());
    for (n, file) in open.into_iter().enumerate() {
        files[file].role = match files[file].role {
            _ if chosen.contains(&n) => FileRole::Schema,
            FileRole::Perhaps { query: true } => FileRole::Query,
            FileRole::Perhaps { query: false }
            | FileRole::Schema
            | FileRole::Query
            | FileRole::Undo
            | FileRole::Proposed
            | FileRole::Neither => FileRole::Neither,
        };
    }
    Some(places)
}

/// The schema sources that apply, by their index among the files, in the order in which they do. Sources that take back
/// what others do change their role.
pub(super) fn order(files: &mut [InputFile]) -> Vec<Applied> {
    let schema: Vec<usize> = (0..files.len()).filter(|i| files[*i].role == FileRole::Schema).collect();
    let paths: Vec<(usize, &str)> =
        schema.iter().map(|i| (files[*i].source, files[*i].relative.as_str())).collect();
    let own = |applied: &Applied| Some(Applied { index: schema.get(applied.index).copied()?, ..*applied });
    let mut order: Vec<Applied> = extract::sql::order(&paths).iter().filter_map(own).collect();
    let applied: HashSet<usize> = order.iter().map(|applied| applied.index).collect();
    for i in schema.into_iter().filter(|i| !applied.contains(i)) {
        files[i].role = FileRole::Undo;
    }
    let proposed = (0..files.len()).filter(|i| files[*i].role == FileRole::Proposed);
    order.extend(proposed.map(|index| Applied { index, convention: Convention::Plain }));
    order
}

/// The statements of files, in that order.
pub(super) fn migrations<'a>(
    order: &[Applied],
    parsed: &'a [ParsedFile],
) -> Vec<(Arc<Fragment>, &'a Statement)> {
    let statements = |p: &'a ParsedFile| p.applied().map(|s| (Arc::clone(&p.fragment), s));
    order.iter().filter_map(|applied| parsed.get(applied.index)).flat_map(statements).collect()
}
