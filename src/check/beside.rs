//! What files that are no source of the schema declare: routines, views and triggers. Where the schema has nothing of
//! their name they are part of it, and are judged as its own are.

use std::sync::Arc;

use crate::check::parse::ParsedFile;
use crate::check::{FileRole, InputFile, Notice};
use crate::source::{FileId, Fragment, Location};
use crate::syntax::Statement;

/// What has a body that is judged where the schema declares it.
const DECLARED: &[&str] = &["FUNCTION", "PROCEDURE", "VIEW", "TRIGGER", "POLICY"];

/// The declarations of files that are no schema source, in the order of the files, and what sets the schema that they are
/// in. Files that are read only to find the schema count as well: a run of one file sees what a run of all does.
pub(super) fn declarations<'a>(
    files: &[InputFile],
    parsed: &'a [ParsedFile],
) -> Vec<(Arc<Fragment>, &'a Statement)> {
    let is_beside = |file: &InputFile| matches!(file.role, FileRole::Query | FileRole::Neither);
    let beside = files.iter().zip(parsed).filter(|(file, _)| is_beside(file));
    let of_file = |(_, parsed): (&InputFile, &'a ParsedFile)| {
        let all = parsed.all().filter(|(_, s)| is_declaration(&s.head) || s.head == "SET");
        let all: Vec<_> = all.map(|(fragment, statement)| (Arc::clone(fragment), statement)).collect();
        if all.iter().any(|(_, s)| is_declaration(&s.head)) { all } else { Vec::new() }
    };
    beside.flat_map(of_file).collect()
}

fn is_declaration(head: &str) -> bool {
    const BETWEEN: &[&str] = &["OR", "REPLACE", "MATERIALIZED", "RECURSIVE", "CONSTRAINT"];
    let mut words = head.split_whitespace();
    words.next() == Some("CREATE")
        && words.find(|word| !BETWEEN.contains(word)).is_some_and(|object| DECLARED.contains(&object))
}

/// Says which files declare what is not part of the schema.
pub(super) fn left_out(files: &[InputFile], places: &[Location]) -> Option<Notice> {
    let has_some = |id: FileId| places.iter().any(|place| place.file == id);
    let named: Vec<&str> = files.iter().filter(|f| has_some(f.id)).map(|f| f.relative.as_str()).collect();
    let (first, rest) = named.split_first()?;
    let (more, declare) = match rest.len() {
        0 => (String::new(), "declares"),
        1 => (" and 1 more file".to_owned(), "declare"),
        several => (format!(" and {several} more files"), "declare"),
    };
    Some(Notice {
        degraded: true,
        message: format!(
            "`{first}`{more} {declare} functions, views, triggers or policies that the schema does not have, or has \
             otherwise: those are not judged",
        ),
        help: Some(format!(
            "name what is applied among the files that declare the schema: `[schema] sources = [..., \"{first}\"]`"
        )),
    })
}
