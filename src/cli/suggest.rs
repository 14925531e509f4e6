//! `sqlmoat suggest`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::check::{self, CheckedProject, Outcome, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common, FAILED, now};
use crate::report;
use crate::report::full::Style;
use crate::suggest::migration::{Options, migration};
use crate::suggest::writer::{File, Migration};
use crate::suggest::{self, Suggestion, Toolchain};

/// Arguments of `suggest`.
#[derive(Debug, Args)]
pub(super) struct Suggest {
    /// Files and directories with the statements to serve
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
    /// How to print the indexes
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Put the columns that statements fetch into the indexes (INCLUDE), where they are few
    #[arg(long)]
    include: bool,
    /// With --format migration: drop the indexes that become redundant
    #[arg(long)]
    drop_redundant: bool,
    /// With --format migration: write the files into this directory instead of printing them
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Each index with what it serves
    Table,
    /// One object, version 1
    Json,
    /// Migrations for the project's own tool
    Migration,
}

impl Suggest {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        if self.output.is_some() && self.format != Format::Migration {
            return Err("--output needs --format migration".to_owned());
        }
        let (config, overrides) = self.config.split()?;
        let working = working_directory()?;
        let outcome = check::run(&Request {
            working: working.clone(),
            paths: self.paths.clone(),
            config,
            overrides,
            ..Request::default()
        });
        let style = Style { color: terminal.error_color, width: terminal.width, ..Style::default() };
        terminal.say(&report::remarks::errors(&outcome, &style));
        terminal.say(&report::remarks::notices(&outcome, common.quiet));
        if !outcome.matched {
            return Err("the paths given hold no SQL file".to_owned());
        }
        let suggestions: Vec<(&CheckedProject, Suggestion)> =
            outcome.projects.iter().map(|p| (p, suggest::suggest(p, self.include))).collect();
        match self.format {
            Format::Table => terminal.print(&report::suggest::table(&outcome, &suggestions))?,
            Format::Json => terminal.print(&report::suggest::json(&outcome, &suggestions))?,
            Format::Migration => {
                let migrations = self.migrations(&outcome, &suggestions, &working);
                for remark in migrations.iter().flat_map(|(_, m)| &m.remarks).filter(|_| !common.quiet) {
                    terminal.say(&format!("note: {remark}\n"));
                }
                match &self.output {
                    Some(directory) => {
                        let files = migrations.iter().flat_map(|(_, m)| &m.files);
                        write(directory, &files.collect::<Vec<_>>(), terminal)?;
                    }
                    None => terminal.print(&report::suggest::migrations(&migrations))?,
                }
            }
        }
        if !common.quiet {
            terminal.say(&report::suggest::summary(&suggestions));
        }
        Ok(if outcome.errors.iter().any(|error| error.fatal) { FAILED } else { CLEAN })
    }

    fn migrations(
        &self,
        outcome: &Outcome,
        suggestions: &[(&CheckedProject, Suggestion)],
        working: &Path,
    ) -> Vec<(Toolchain, Migration)> {
        let exists = |path: &str| working.join(path).exists();
        let options = Options { now: now(), drop_redundant: self.drop_redundant };
        suggestions
            .iter()
            .map(|(checked, suggestion)| {
                let chain = suggest::toolchain(checked, &outcome.sources, &exists);
                let files = migration(suggestion, &chain, &outcome.sources, options);
                (chain, files)
            })
            .collect()
    }
}

/// Writes files that are not there yet; none at all where one is.
pub(super) fn write(directory: &Path, files: &[&File], terminal: &Terminal) -> Result<(), String> {
    let path = |file: &File| directory.join(&file.name);
    if let Some(there) = files.iter().map(|f| path(f)).find(|p| p.exists()) {
        return Err(format!("{} exists already; nothing was written", there.display()));
    }
    for file in files {
        let path = path(file);
        let failed = |e: std::io::Error| format!("{} cannot be written: {e}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut new = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        new.write_all(file.text.as_bytes()).map_err(failed)?;
        terminal.say(&format!("wrote {}\n", path.display()));
    }
    Ok(())
}
