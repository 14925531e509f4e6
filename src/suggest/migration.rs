//! Suggested indexes as migrations of the project's own tool, with up and down.

use super::build::{Build, concurrently, create};
use super::sql;
use super::writer::{self, Batch, Migration, Step, line, slug};
use super::{Read, Suggested, Suggestion};
use crate::extract::sql::tool::{Tool, Toolchain};
use crate::schema::names::ident;
use crate::source::Sources;

/// More statements than this are not listed with an index.
const MAX_PLACES: usize = 4;

/// What migrations depend on besides the indexes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seconds since 1970, for versions that tell the time.
    pub now: i64,
    /// Whether indexes that became redundant are dropped.
    pub drop_redundant: bool,
}

/// The migrations of some suggestions.
pub fn migration(
    suggestion: &Suggestion,
    chain: &Toolchain,
    sources: &Sources,
    options: Options,
) -> Migration {
    let mut steps = Vec::new();
    for extension in &suggestion.extensions {
        steps.push(Step {
            slug: format!("create_extension_{extension}"),
            up: vec![format!("CREATE EXTENSION IF NOT EXISTS {extension}")],
            ..Step::default()
        });
    }
    let plain = chain.tool.always_wraps();
    for index in &suggestion.indexes {
        let build = Build {
            unique: false,
            name: &index.name,
            table: &index.table,
            tail: &index.definition.tail(),
            partitions: index.partitions.as_deref(),
            remarks: said(index, sources),
        };
        steps.extend(create(build, plain));
        for redundant in index.redundant.iter().filter(|_| options.drop_redundant) {
            let table = sql::table(&redundant.table);
            let name = sql::index_name(&redundant.table, &redundant.name);
            let concurrent = !plain && index.partitions.is_none();
            let word = concurrently(concurrent);
            let down = redundant.definition.as_ref().map(|d| {
                format!("CREATE INDEX {word}IF NOT EXISTS {} ON {table} {}", ident(&redundant.name), d.tail())
            });
            steps.push(Step {
                slug: format!("drop_{}", slug(&redundant.name)),
                remarks: vec![format!("{} serves all that it does", line(&index.name))],
                up: vec![format!("DROP INDEX {word}IF EXISTS {name}")],
                down: down.into_iter().collect(),
                concurrent,
            });
        }
    }
    let batches = grouped(steps, chain.tool);
    let files = writer::files(&batches, chain, options.now, "suggested_indexes");
    Migration { files, remarks: remarks(suggestion, chain) }
}

/// What is said of an index above its statement.
fn said(index: &Suggested, sources: &Sources) -> Vec<String> {
    let places: Vec<&Read> = index.places().into_values().collect();
    let shown: Vec<String> = places.iter().take(MAX_PLACES).map(|read| place(read, sources)).collect();
    let more = match places.len().saturating_sub(MAX_PLACES) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let mut out = vec![format!("serves {}{more}", shown.join(", "))];
    for redundant in &index.redundant {
        out.push(format!("makes {} redundant", line(&redundant.name)));
    }
    out
}

/// `queries/a.sql:12`.
pub fn place(read: &Read, sources: &Sources) -> String {
    let file = sources.get(read.at.file);
    format!("{}:{}", line(&file.path), file.position(read.at.span.start).line)
}

/// The steps of each migration.
fn grouped(steps: Vec<Step>, tool: Tool) -> Vec<Batch> {
    match steps.as_slice() {
        [] | [_] => {}
        _ if tool.splits_files() || tool.always_wraps() => {
            return vec![Batch { slug: "add_suggested_indexes".to_owned(), steps }];
        }
        _ => {}
    }
    steps.into_iter().map(|step| Batch { slug: step.slug.clone(), steps: vec![step] }).collect()
}

fn remarks(suggestion: &Suggestion, chain: &Toolchain) -> Vec<String> {
    let mut out = Vec::new();
    if suggestion.indexes.is_empty() {
        return out;
    }
    if chain.tool.always_wraps() {
        out.push(
            "Drizzle runs migrations in a transaction, so these indexes lock their tables while they are built; on a \
             large table run the statement with CONCURRENTLY by hand before, and the migration finds the index there. \
             Drizzle applies what `meta/_journal.json` lists: add an entry, or fill a file that `drizzle-kit generate \
             --custom` makes"
                .to_owned(),
        );
    } else if suggestion.indexes.iter().any(|i| i.partitions.as_ref().is_none_or(|parts| !parts.is_empty())) {
        out.push(
            "a build with CONCURRENTLY that fails leaves an invalid index of that name: drop it before the next try"
                .to_owned(),
        );
    }
    for index in suggestion.indexes.iter().filter(|i| i.partitions.as_ref().is_some_and(Vec::is_empty)) {
        out.push(format!(
            "{} is partitioned, and the schema does not declare its partitions: its index is built on all of them at \
             once, under a lock",
            line(&index.table.to_string())
        ));
    }
    if chain.tool == Tool::Flyway {
        out.push(
            "Flyway's own lock makes CREATE INDEX CONCURRENTLY wait for ever unless \
             `flyway.postgresql.transactional.lock=false`"
                .to_owned(),
        );
    }
    out
}
