//! The whole analysis of a project. The first byte chooses the dialect; text up to the first line `-- file` is the
//! schema, each part behind such a line a file of queries.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sqlmoat::check::{FileRole, InputFile, STACK, analyse};
use sqlmoat::config::Database;
use sqlmoat::rules::{self, RuleSettings};
use sqlmoat::source::{SourceFile, Sources};
use sqlmoat::syntax::Dialect;

static WORKER: LazyLock<ThreadPool> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build().expect("a thread"));

fuzz_target!(|text: &str| {
    let Some(first) = text.chars().next() else { return };
    let dialect = match first {
        'm' => Dialect::MySql,
        's' => Dialect::Sqlite,
        _ => Dialect::Postgres,
    };
    let text = &text[first.len_utf8()..];
    WORKER.install(|| {
        let mut sources = Sources::default();
        let mut files = Vec::new();
        for (i, part) in text.split("\n-- file\n").enumerate() {
            let relative = if i == 0 { "schema.sql".to_owned() } else { format!("queries/{i}.sql") };
            let id = sources.add(SourceFile::new(relative.clone(), Arc::from(part)));
            let role = if i == 0 { FileRole::Schema } else { FileRole::Query };
            files.push(InputFile { id, relative, role, reported: true });
        }
        let database = Database { name: "main".to_owned(), dialect, ..Database::default() };
        let analysis = analyse(&database, files, &sources);
        for finding in rules::run(&analysis.project, &RuleSettings::default()) {
            let file = sources.get(finding.primary.file);
            assert!(file.text.get(finding.primary.span.range()).is_some(), "{finding:?}");
        }
    });
});
