//! Statements as files of the project's migration tool: its names, its marks, its way of taking a migration back.

use std::fmt::Write as _;

use crate::extract::sql::tool::{Tool, Toolchain};

/// Migrations to write.
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

/// Statements that are applied, and taken back, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What it is called in the name of a file.
    pub slug: String,
    /// Comments above it.
    pub remarks: Vec<String>,
    /// Statements that apply it.
    pub up: Vec<String>,
    /// Statements that take it back.
    pub down: Vec<String>,
    /// Refuses to run in a transaction.
    pub concurrent: bool,
}

/// The steps of one migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What it is called in the name of its file.
    pub slug: String,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

/// The files of migrations in the order in which they apply; `now` in seconds since 1970, `script` the name of the file
/// where no tool could be told.
pub fn files(batches: &[Batch], chain: &Toolchain, now: i64, script: &str) -> Vec<File> {
    let mut files = Vec::new();
    for (n, batch) in batches.iter().enumerate() {
        let version = chain.numbering.as_ref().map(|numbering| numbering.next(n, now));
        files.extend(written(batch, chain, version.as_deref().unwrap_or_default(), script));
    }
    files
}

/// Text of the project in a comment of one line: what would end the line does not.
pub fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { '?' } else { c })
        .collect()
}

/// A name in the name of a file.
pub fn slug(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(word).collect()
}

/// The files of one migration.
fn written(batch: &Batch, chain: &Toolchain, version: &str, script: &str) -> Vec<File> {
    let Batch { slug, steps } = batch;
    let concurrent = steps.iter().any(|s| s.concurrent);
    let up = statements(steps.iter(), |s| &s.up, chain.tool);
    let down = statements(steps.iter().rev(), |s| &s.down, chain.tool);
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
            // Of statements that refuse a transaction it knows those that build and drop indexes.
            if steps.iter().any(|step| step.concurrent && step.up.iter().any(|s| s.starts_with("DO "))) {
                files.push(file(format!("{name}.sql.conf"), "executeInTransaction=false\n".to_owned()));
            }
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
            vec![file(format!("{script}.sql"), format!("{up}\n-- To take it back:\n{undo}"))]
        }
    }
}

/// Statements with what is said of them.
fn statements<'s>(
    steps: impl Iterator<Item = &'s Step>,
    of: impl Fn(&Step) -> &Vec<String>,
    tool: Tool,
) -> String {
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
            block.push_str(&terminated(statement, tool));
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

/// A statement with what ends it; where the tool would take a semicolon inside of it for its end, with marks around it.
fn terminated(statement: &str, tool: Tool) -> String {
    let mark = match tool {
        Tool::Goose => "goose",
        Tool::SqlMigrate => "migrate",
        _ => "",
    };
    match statement.contains(';') && !mark.is_empty() {
        true => format!("-- +{mark} StatementBegin\n{statement};\n-- +{mark} StatementEnd\n"),
        false => format!("{statement};\n"),
    }
}

fn liquibase(steps: &[Step]) -> String {
    let mut text = "--liquibase formatted sql\n".to_owned();
    for step in steps {
        let mark = if step.concurrent { " runInTransaction:false" } else { "" };
        let whole = if step.up.iter().any(|s| s.contains(';')) { " splitStatements:false" } else { "" };
        let _ = writeln!(text, "\n--changeset sqlmoat:{}{mark}{whole}", step.slug);
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
