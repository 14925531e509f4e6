//! What each fuzz target does with an input. `tests/fuzzed.rs` does the same with the findings that were mended.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use rayon::{ThreadPool, ThreadPoolBuilder};
use sqlmoat::check::{FileRole, InputFile, Request, STACK, analyse};
use sqlmoat::config::{self, Database};
use sqlmoat::extract::sql::sections;
use sqlmoat::prove::tenancy::Detail;
use sqlmoat::rules::{self, RuleSettings};
use sqlmoat::source::{FileId, Fragment, Provider, SourceFile, Sources};
use sqlmoat::suppress::comments::{Part, Suppressions};
use sqlmoat::syntax::{self, Body, Dialect, Statement};

const DIALECTS: [Dialect; 3] = [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite];

static WORKER: LazyLock<ThreadPool> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build().expect("a thread"));

static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("sqlmoat-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
});

/// The splitter: statements and comments of any text, in every dialect.
pub(crate) fn split(text: &str) {
    for dialect in DIALECTS {
        syntax::heads(text, dialect);
        for comment in syntax::comments(text, dialect) {
            assert!(text.get(comment.span.range()).is_some());
        }
        let _ = sections(text, dialect);
    }
}

/// The pre-pass and the parser: any text as statements, as one expression and as the body of a function.
pub(crate) fn parse(text: &str) {
    let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
    WORKER.install(|| {
        for dialect in DIALECTS {
            for statement in syntax::parse(&fragment, dialect) {
                in_place(&fragment, &statement);
            }
        }
        let _ = syntax::parse_expr(&fragment, Dialect::Postgres);
        for embedded in syntax::plpgsql(&fragment, Dialect::Postgres).statements {
            in_place(&embedded.fragment, &embedded.statement);
        }
    });
}

fn in_place(fragment: &Fragment, statement: &Statement) {
    let text = &*fragment.text;
    assert!(text.get(statement.span.range()).is_some());
    if let Body::Unparsed { at, .. } = &statement.body {
        assert!(text.get(at.range()).is_some());
    }
    for comment in &statement.comments {
        assert!(text.get(comment.span.range()).is_some());
    }
    let place = fragment.locate(statement.span).span;
    assert!(place.start <= place.end);
}

/// The whole analysis of a project. The first byte chooses the dialect; text up to the first line `-- file` is the
/// schema, each part behind such a line a file of queries.
pub(crate) fn check(text: &str) {
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
            files.push(InputFile { id, relative, role, source: 0, reported: true, named: false });
        }
        let database = Database { name: "main".to_owned(), dialect, ..Database::default() };
        let request = Request { detail: Detail::Derivations, ..Request::default() };
        let analysis = analyse(&database, files, &sources, &request, None);
        for finding in rules::run(&analysis.project, &RuleSettings::default()) {
            let file = sources.get(finding.primary.file);
            assert!(file.text.get(finding.primary.span.range()).is_some(), "{finding:?}");
        }
    });
}

/// Configuration files and overrides of any content.
pub(crate) fn config(text: &str) {
    let file = DIRECTORY.join("sqlmoat.toml");
    std::fs::write(&file, text).expect("a file");
    let (_, errors) = config::load(&Provider::default(), &file, "sqlmoat.toml", &DIRECTORY, &[]);
    for error in errors {
        if let Some((document, span)) = error.at {
            assert!(document.text.get(span.range()).is_some(), "{:?}", error.message);
        }
    }
    let overrides: Vec<String> = text.lines().take(20).map(str::to_owned).collect();
    let _ = config::unconfigured(&Provider::default(), &DIRECTORY, &overrides);
}

/// Exceptions written in comments of any shape.
pub(crate) fn suppress(text: &str) {
    let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
    WORKER.install(|| {
        for dialect in [Dialect::Postgres, Dialect::MySql] {
            let statements = syntax::parse(&fragment, dialect);
            let mut suppressions = Suppressions::default();
            suppressions.read(Part::File, &fragment, &statements, dialect);
            for statement in &statements {
                suppressions.exempts(fragment.locate(statement.span));
            }
            let unused = suppressions.unused(&RuleSettings::default(), true, &|_| true);
            for problem in suppressions.problems().iter().chain(&unused) {
                assert!(text.get(problem.primary.span.range()).is_some(), "{}", problem.message);
            }
        }
    });
}
