//! `sqlmoat harden`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::check::{self, CheckedProject, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::suggest::write;
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common, FAILED, now};
use crate::harden::migration::migration;
use crate::harden::{Hardening, Measure, Options, applies, harden, has_table};
use crate::report;
use crate::report::full::Style;
use crate::suggest::toolchain;

/// Arguments of `harden`.
#[derive(Debug, Args)]
pub(super) struct Harden {
    /// Files and directories of the project, with the statements that keys may settle
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
    /// How to print what is lacking
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Only these measures; otherwise all but row-security
    #[arg(long, value_name = "MEASURES", value_delimiter = ',')]
    only: Vec<MeasureFlag>,
    /// Row security as well, after everything else; it binds sessions that do not name their tenant
    #[arg(long)]
    row_security: bool,
    /// Only these tables
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    table: Vec<String>,
    /// Drop the plain foreign keys that keys with the tenant make superfluous
    #[arg(long)]
    replace: bool,
    /// With --format migration: write the files into this directory instead of printing them
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Each constraint with what it is for
    Table,
    /// One object, version 1
    Json,
    /// Migrations for the project's own tool
    Migration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MeasureFlag {
    /// A function that counts references between tenants
    Count,
    /// Tenant columns NOT NULL
    NotNull,
    /// Foreign keys that carry the tenant
    Keys,
    /// Row security, enabled and forced, with policies that tie
    RowSecurity,
}

impl MeasureFlag {
    const fn measure(self) -> Measure {
        match self {
            MeasureFlag::Count => Measure::Count,
            MeasureFlag::NotNull => Measure::NotNull,
            MeasureFlag::Keys => Measure::Keys,
            MeasureFlag::RowSecurity => Measure::RowSecurity,
        }
    }
}

impl Harden {
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
        if !outcome.projects.iter().all(applies) {
            return Err("what harden writes is PostgreSQL's, and the dialect is another".to_owned());
        }
        let options = self.options();
        let all: Vec<(&CheckedProject, Hardening)> =
            outcome.projects.iter().map(|p| (p, harden(p, &options))).collect();
        let is_there = |name: &&String| outcome.projects.iter().any(|p| has_table(p, name));
        if let Some(name) = self.table.iter().find(|name| !is_there(name)) {
            return Err(format!("there is no table `{name}`"));
        }
        match self.format {
            Format::Table => terminal.print(&report::harden::table(&outcome, &all))?,
            Format::Json => terminal.print(&report::harden::json(&outcome, &all))?,
            Format::Migration => {
                let exists = |path: &str| working.join(path).exists();
                let migrations: Vec<_> = all
                    .iter()
                    .map(|(checked, hardening)| {
                        let chain = toolchain(checked, &outcome.sources, &exists);
                        let files = migration(hardening, &chain, now());
                        (chain, files)
                    })
                    .collect();
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
            terminal.say(&report::harden::summary(&all));
        }
        Ok(if outcome.errors.iter().any(|error| error.fatal) { FAILED } else { CLEAN })
    }

    fn options(&self) -> Options {
        let mut measures = match self.only.as_slice() {
            [] => vec![Measure::Count, Measure::NotNull, Measure::Keys],
            only => only.iter().map(|flag| flag.measure()).collect(),
        };
        if self.row_security {
            measures.push(Measure::RowSecurity);
        }
        Options { measures, tables: self.table.clone(), replace: self.replace }
    }
}
