//! Suggested indexes as migrations of the project's own tool, with up and down.
//!
//! An index of a plain table is built CONCURRENTLY, which no transaction may hold. A tool that sends the statements of a
//! file one by one gets one file and the mark that turns its transaction off; of one that sends a file as a whole, each
//! such statement has a file to itself; one that wraps everything gets plain statements.
//!
//! A partitioned table cannot be indexed concurrently. Its index is created ON ONLY the table, each partition's own one
//! CONCURRENTLY, and these are attached; when the last is, the index is valid (manual 5.12.2.2).

use std::fmt::Write as _;

use super::sql;
use super::{Part, Read, Suggested, Suggestion};
use crate::extract::sql::tool::{Tool, Toolchain};
use crate::schema::names::ident;
use crate::source::Sources;

/// More statements than this are not listed with an index.
const MAX_PLACES: usize = 4;

/// Migrations that create the suggested indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The files, in the order in which they apply.
    pub files: Vec<File>,
    /// What the person who applies them must know.
    pub remarks: Vec<String>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the directory of migrations, with `/`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// What migrations depend on besides the indexes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seconds since 1970, for versions that tell the time.
    pub now: i64,
    /// Whether indexes that became redundant are dropped.
    pub drop_redundant: bool,
}

/// Statements that are applied, and taken back, together.
#[derive(Clone, Debug, Default)]
struct Step {
    /// What it is called in the name of a file.
    slug: String,
    remarks: Vec<String>,
    up: Vec<String>,
    down: Vec<String>,
    /// Refuses to run in a transaction.
    concurrent: bool,
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
        steps.extend(create(index, sources, plain));
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
    let mut files = Vec::new();
    for (n, steps) in grouped(&steps, chain.tool).into_iter().enumerate() {
        let version = chain.numbering.as_ref().map(|numbering| numbering.next(n, options.now));
        files.extend(written(&steps, chain, version.as_deref().unwrap_or_default()));
    }
    Migration { files, remarks: remarks(suggestion, chain) }
}

const fn concurrently(concurrent: bool) -> &'static str {
    if concurrent { "CONCURRENTLY " } else { "" }
}

/// The steps that create one index. `plain`: all in a transaction.
fn create(index: &Suggested, sources: &Sources, plain: bool) -> Vec<Step> {
    let (name, table) = (ident(&index.name), sql::table(&index.table));
    let tail = index.definition.tail();
    let slug = format!("add_{}", slug(&index.name));
    let parts = index.partitions.as_deref().filter(|parts| !parts.is_empty() && !plain);
    let concurrent = index.partitions.is_none() && !plain;
    let own = sql::index_name(&index.table, &index.name);
    let mut first = Step {
        slug: slug.clone(),
        remarks: said(index, sources),
        up: vec![format!("CREATE INDEX {}IF NOT EXISTS {name} ON {table} {tail}", concurrently(concurrent))],
        down: vec![format!("DROP INDEX {}IF EXISTS {own}", concurrently(concurrent))],
        concurrent,
    };
    let Some(parts) = parts else { return vec![first] };
    first.up = vec![format!("CREATE INDEX IF NOT EXISTS {name} ON ONLY {table} {tail}")];
    let mut built = Vec::new();
    let mut attach = Step { slug: format!("attach_{}", self::slug(&index.name)), ..Step::default() };
    for part in parts {
        partition(part, &own, &mut first, &mut built, &mut attach);
    }
    let mut steps = vec![first];
    steps.extend(built);
    steps.push(attach);
    steps
}

/// The steps for one partition, whose index is attached to `parent`.
fn partition(part: &Part, parent: &str, first: &mut Step, built: &mut Vec<Step>, attach: &mut Step) {
    let (name, table, tail) = (ident(&part.name), sql::table(&part.table), part.definition.tail());
    let own = sql::index_name(&part.table, &part.name);
    if part.partitioned {
        first.up.push(format!("CREATE INDEX IF NOT EXISTS {name} ON ONLY {table} {tail}"));
        for inner in &part.parts {
            partition(inner, &own, first, built, attach);
        }
    } else {
        built.push(Step {
            slug: format!("add_{}", slug(&part.name)),
            up: vec![format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} {tail}")],
            concurrent: true,
            ..Step::default()
        });
    }
    attach.up.push(format!("ALTER INDEX {parent} ATTACH PARTITION {own}"));
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

/// Text of the project in a comment of one line: what would end the line does not.
fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { '?' } else { c })
        .collect()
}

/// A name in the name of a file.
fn slug(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(word).collect()
}

/// The steps of each file.
fn grouped(steps: &[Step], tool: Tool) -> Vec<Vec<Step>> {
    if tool.splits_files() || tool.always_wraps() {
        return if steps.is_empty() { Vec::new() } else { vec![steps.to_vec()] };
    }
    steps.iter().map(|step| vec![step.clone()]).collect()
}

/// The files of one migration.
fn written(steps: &[Step], chain: &Toolchain, version: &str) -> Vec<File> {
    let slug = match steps {
        [only] => only.slug.clone(),
        _ => "add_suggested_indexes".to_owned(),
    };
    let concurrent = steps.iter().any(|s| s.concurrent);
    let up = statements(steps.iter(), |s| &s.up);
    let down = statements(steps.iter().rev(), |s| &s.down);
    let file = |name: String, text: String| File { name, text };
    let (name, undo) = (format!("{version}{slug}"), chain.downs);
    let sql = |mark: &str, text: &str| if concurrent { format!("{mark}{text}") } else { text.to_owned() };
    match chain.tool {
        Tool::Goose => {
            let mark = if concurrent { "-- +goose NO TRANSACTION\n" } else { "" };
            let text = format!("{mark}-- +goose Up\n{up}\n-- +goose Down\n{down}");
            vec![file(format!("{name}.sql"), text)]
        }
        Tool::SqlMigrate => {
            let mark = if concurrent { " notransaction" } else { "" };
            vec![file(
                format!("{name}.sql"),
                format!("-- +migrate Up{mark}\n{up}\n-- +migrate Down{mark}\n{down}"),
            )]
        }
        Tool::Dbmate => {
            let mark = if concurrent { " transaction:false" } else { "" };
            vec![file(
                format!("{name}.sql"),
                format!("-- migrate:up{mark}\n{up}\n-- migrate:down{mark}\n{down}"),
            )]
        }
        Tool::Tern => {
            let text = format!("{up}\n---- create above / drop below ----\n\n{down}");
            vec![file(format!("{name}.sql"), sql("---- tern: disable-tx ----\n", &text))]
        }
        Tool::Liquibase => vec![file(format!("{name}.sql"), liquibase(steps))],
        Tool::Flyway => {
            let mut files = vec![file(format!("{name}.sql"), up)];
            if undo {
                let undo = name.strip_prefix('V').unwrap_or(&name);
                files.push(file(format!("U{undo}.sql"), down));
            }
            files
        }
        Tool::GolangMigrate => {
            vec![file(format!("{name}.up.sql"), up), file(format!("{name}.down.sql"), down)]
        }
        Tool::Sqlx => {
            let mark = "-- no-transaction\n";
            match undo {
                true => vec![
                    file(format!("{name}.up.sql"), sql(mark, &up)),
                    file(format!("{name}.down.sql"), sql(mark, &down)),
                ],
                false => vec![file(format!("{name}.sql"), sql(mark, &up))],
            }
        }
        Tool::Diesel => {
            let mut files = vec![file(format!("{name}/up.sql"), up), file(format!("{name}/down.sql"), down)];
            if concurrent {
                files.push(file(format!("{name}/metadata.toml"), "run_in_transaction = false\n".to_owned()));
            }
            files
        }
        Tool::Prisma => vec![file(format!("{name}/migration.sql"), up)],
        Tool::Drizzle => {
            vec![file(format!("{name}.sql"), up.replace(";\n\n", ";\n--> statement-breakpoint\n"))]
        }
        Tool::Numbered => vec![file(format!("{name}.sql"), up)],
        Tool::Script => {
            let undo = down.lines().fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "-- {line}");
                text
            });
            vec![file("suggested_indexes.sql".to_owned(), format!("{up}\n-- To take it back:\n{undo}"))]
        }
    }
}

/// Statements with what is said of them.
fn statements<'s>(steps: impl Iterator<Item = &'s Step>, of: impl Fn(&Step) -> &Vec<String>) -> String {
    let mut blocks = Vec::new();
    for step in steps {
        let mut block = String::new();
        let list = of(step);
        if std::ptr::eq(list, &step.up) {
            for remark in &step.remarks {
                let _ = writeln!(block, "-- {remark}");
            }
        }
        for statement in list {
            let _ = writeln!(block, "{statement};");
        }
        if !block.is_empty() {
            blocks.push(block);
        }
    }
    match blocks.is_empty() {
        true => "-- Nothing to take back here.\n".to_owned(),
        false => blocks.join("\n"),
    }
}

fn liquibase(steps: &[Step]) -> String {
    let mut text = "--liquibase formatted sql\n".to_owned();
    for step in steps {
        let mark = if step.concurrent { " runInTransaction:false" } else { "" };
        let _ = writeln!(text, "\n--changeset sqlmoat:{}{mark}", step.slug);
        for remark in &step.remarks {
            let _ = writeln!(text, "-- {remark}");
        }
        for statement in &step.up {
            let _ = writeln!(text, "{statement};");
        }
        match step.down.is_empty() {
            true => text.push_str("--rollback empty\n"),
            false => step.down.iter().for_each(|down| {
                let _ = writeln!(text, "--rollback {down};");
            }),
        }
    }
    text
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
