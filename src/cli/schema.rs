//! `sqlmoat schema`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::check::{self, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common, FAILED};
use crate::report::full::Style;
use crate::report::{self};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// A file or directory of the project
    #[arg(default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    config: ConfigFlags,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
}

impl Schema {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        let (config, overrides) = self.config.split()?;
        let outcome = check::run(&Request {
            working: working_directory()?,
            paths: vec![self.path.clone()],
            config,
            overrides,
            schema_only: true,
            ..Request::default()
        });
        let style = Style { color: terminal.error_color, width: terminal.width, ..Style::default() };
        terminal.say(&report::remarks::errors(&outcome, &style));
        terminal.say(&report::remarks::notices(&outcome, common.quiet));
        terminal.print(&match self.output_format {
            Format::Text => report::schema::text(&outcome),
            Format::Json => report::schema::json(&outcome),
        })?;
        Ok(if outcome.errors.iter().any(|error| error.fatal) { FAILED } else { CLEAN })
    }
}
