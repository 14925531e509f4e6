//! `sqlmoat audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::check::{self, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common, FAILED};
use crate::report::audit::GroupBy;
use crate::report::{self, full::Style};

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Files and directories to report on
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
    /// What to list statements under
    #[arg(long, value_name = "WHAT", default_value = "file")]
    group_by: Group,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text", visible_alias = "output-format")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Group {
    /// The file that they stand in
    File,
    /// Each table that they name
    Table,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
    /// Tables
    Markdown,
}

impl Audit {
    /// Findings are no reason for another status than 0: an audit tells, `check` judges.
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        let (config, overrides) = self.config.split()?;
        let outcome = check::run(&Request {
            working: working_directory()?,
            paths: self.paths.clone(),
            config,
            overrides,
            ..Request::default()
        });
        let style = Style { color: terminal.error_color, width: terminal.width, ..Style::default() };
        terminal.say(&report::remarks::errors(&outcome, &style));
        terminal.say(&report::remarks::notices(&outcome, common.quiet));
        if outcome.errors.iter().any(|error| error.fatal) {
            return Ok(FAILED);
        }
        if !outcome.matched {
            return Err("the paths given hold no SQL file".to_owned());
        }
        let by = match self.group_by {
            Group::File => GroupBy::File,
            Group::Table => GroupBy::Table,
        };
        terminal.print(&match self.format {
            Format::Text => report::audit::text(&outcome, by, terminal.color),
            Format::Json => report::audit::json(&outcome, by),
            Format::Markdown => report::audit::markdown(&outcome, by),
        })?;
        Ok(CLEAN)
    }
}
