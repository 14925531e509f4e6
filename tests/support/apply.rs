//! The schema of a project on a live PostgreSQL.

use std::path::Path;

use sqlmoat::check::{self, Request};

use crate::postgres::Session;

/// Runs the statements of the schema's files; what the samples have wrong on purpose is refused.
pub(crate) fn apply_schema(session: &mut Session, folder: &Path) {
    let outcome = check::run(&Request {
        working: folder.to_path_buf(),
        paths: vec![folder.to_path_buf()],
        ..Request::default()
    });
    let project = &outcome.projects[0];
    let mut files: Vec<_> = project.schema_files.iter().filter(|f| !f.undo).collect();
    files.sort_by(|a, b| a.relative.cmp(&b.relative));
    for extension in ["pg_trgm", "btree_gin", "btree_gist", "pgcrypto"] {
        drop(session.batch(&format!("CREATE EXTENSION IF NOT EXISTS {extension}")));
    }
    for file in files {
        let text = &outcome.sources.get(file.id).text;
        let sections = sqlmoat::extract::sql::sections(text, project.dialect);
        let fragment = std::sync::Arc::new(sqlmoat::source::Fragment::whole(file.id, text.clone()));
        for statement in sqlmoat::syntax::parse(&fragment, project.dialect) {
            let text = &text[statement.span.range()];
            if sections.applies(statement.span) && session.batch(text).is_err() {
                drop(session.batch(&without_inline_indexes(text)));
            }
        }
    }
}

/// CREATE TABLE without MySQL's `INDEX i (a)`, which a sample has.
fn without_inline_indexes(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("INDEX "));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.replace(",\n)", "\n)")
}
