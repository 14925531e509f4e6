//! What `suggest` and `harden` do alike: a run of the check, and migrations printed or written.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::check::{self, CheckedProject, Outcome, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common, FAILED};
use crate::report;
use crate::report::full::Style;
use crate::suggest::writer::{File, Migration};
use crate::suggest::{Toolchain, toolchain};

/// Arguments of both.
#[derive(Debug, Args)]
pub(super) struct Proposal {
    /// Files and directories of the project, with its statements
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
    /// How to print what is proposed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Format,
    /// With --format migration: write the files into this directory instead of printing them
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Each statement with what it is for
    Table,
    /// One object, version 1
    Json,
    /// Migrations for the project's own tool
    Migration,
}

impl Proposal {
    /// Checks the project, and says what is wrong with the input.
    pub(super) fn check(&self, common: &Common, terminal: &Terminal) -> Result<(Request, Outcome), String> {
        if self.output.is_some() && self.format != Format::Migration {
            return Err("--output needs --format migration".to_owned());
        }
        let (config, overrides) = self.config.split()?;
        let request = Request {
            working: working_directory()?,
            paths: self.paths.clone(),
            config,
            overrides,
            ..Request::default()
        };
        let outcome = check::run(&request);
        let style = Style { color: terminal.error_color, width: terminal.width, ..Style::default() };
        terminal.say(&report::remarks::errors(&outcome, &style));
        terminal.say(&report::remarks::notices(&outcome, common.quiet));
        match outcome.matched {
            true => Ok((request, outcome)),
            false => Err("the paths given hold no SQL file".to_owned()),
        }
    }

    /// Prints or writes the migrations of each project.
    pub(super) fn migrations<T>(
        &self,
        outcome: &Outcome,
        proposed: &[(&CheckedProject, T)],
        of: impl Fn(&T, &Toolchain) -> Migration,
        (common, terminal): (&Common, &Terminal),
    ) -> Result<(), String> {
        let exists = |path: &str| Path::new(&outcome.root).join(path).exists();
        let each = proposed.iter().map(|(checked, proposed)| {
            let chain = toolchain(checked, &outcome.sources, &exists);
            let migration = of(proposed, &chain);
            (chain, migration)
        });
        let all: Vec<(Toolchain, Migration)> = each.collect();
        for remark in all.iter().flat_map(|(_, m)| &m.remarks).filter(|_| !common.quiet) {
            terminal.say(&format!("note: {remark}\n"));
        }
        match &self.output {
            Some(directory) => {
                let files = all.iter().flat_map(|(_, m)| &m.files);
                write(directory, &files.collect::<Vec<_>>(), terminal)
            }
            None => terminal.print(&report::proposal::migrations(&all)),
        }
    }
}

/// The exit status: proposals are no failure.
pub(super) fn status(outcome: &Outcome) -> u8 {
    if outcome.errors.iter().any(|error| error.fatal) { FAILED } else { CLEAN }
}

/// Writes files that are not there yet; none at all where one is.
fn write(directory: &Path, files: &[&File], terminal: &Terminal) -> Result<(), String> {
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
