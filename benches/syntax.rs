//! Throughput of the syntax stage on the SQL of the test data, or of a directory, beside sqlparser alone on the same
//! statements:
//!
//! ```sh
//! cargo bench --bench syntax -- [DIRECTORY]
//! ```

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{self, Dialect, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// How long each measurement takes at least.
const LEAST: Duration = Duration::from_secs(3);

fn main() {
    let worker = std::thread::Builder::new().stack_size(256 << 20).spawn(run);
    if let Ok(worker) = worker {
        let _ = worker.join();
    }
}

fn run() {
    let given = std::env::args().nth(1).filter(|argument| !argument.starts_with("--"));
    let directory =
        given.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"), PathBuf::from);
    let mut files = Vec::new();
    gather(&directory, &mut files);
    let texts: Vec<Arc<Fragment>> = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .map(|text| Arc::new(Fragment::whole(FileId(0), text.into())))
        .collect();
    // Those that both can read.
    let dialect = PostgreSqlDialect {};
    let mut statements: Vec<Arc<Fragment>> = Vec::new();
    for fragment in &texts {
        let found: Vec<Statement> = syntax::parse(fragment, Dialect::Postgres);
        let alone = found.iter().filter(|s| s.tree().is_some()).filter_map(|s| fragment.excerpt(s.span));
        statements.extend(alone.filter(|s| Parser::parse_sql(&dialect, &s.text).is_ok()).map(Arc::new));
    }
    println!("{} files, {} statements that both read", texts.len(), statements.len());
    let all = |f: &Arc<Fragment>| drop(black_box(syntax::parse(f, Dialect::Postgres)));
    measure("whole files, split, prepared and parsed", &texts, all);
    measure("whole files, split", &texts, |f| drop(black_box(syntax::heads(&f.text, Dialect::Postgres))));
    measure("statements, split, prepared and parsed", &statements, all);
    measure("statements, sqlparser alone", &statements, |f| {
        drop(black_box(Parser::parse_sql(&dialect, &f.text)));
    });
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
}

fn measure(what: &str, texts: &[Arc<Fragment>], read: impl Fn(&Arc<Fragment>)) {
    let bytes: usize = texts.iter().map(|f| f.text.len()).sum();
    let (start, mut rounds) = (Instant::now(), 0usize);
    while rounds == 0 || start.elapsed() < LEAST {
        texts.iter().for_each(&read);
        rounds += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{:8.1} MB/s  {what}", (bytes * rounds) as f64 / 1e6 / seconds);
}
