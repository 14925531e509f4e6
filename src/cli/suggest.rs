//! `sqlmoat suggest`.

use clap::Args;

use crate::check::CheckedProject;
use crate::cli::proposal::{Format, Proposal, status};
use crate::cli::terminal::Terminal;
use crate::cli::{Common, now};
use crate::report;
use crate::suggest::migration::{Options, migration};
use crate::suggest::{self, Suggestion, Toolchain};

/// Arguments of `suggest`.
#[derive(Debug, Args)]
pub(super) struct Suggest {
    #[command(flatten)]
    proposal: Proposal,
    /// Put the columns that statements fetch into the indexes (INCLUDE), where they are few
    #[arg(long)]
    include: bool,
    /// With --format migration: drop the indexes that become redundant
    #[arg(long)]
    drop_redundant: bool,
}

impl Suggest {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        let (_, outcome) = self.proposal.check(common, terminal)?;
        let suggestions: Vec<(&CheckedProject, Suggestion)> =
            outcome.projects.iter().map(|p| (p, suggest::suggest(p, self.include))).collect();
        match self.proposal.format {
            Format::Table => terminal.print(&report::suggest::table(&outcome, &suggestions))?,
            Format::Json => terminal.print(&report::suggest::json(&outcome, &suggestions))?,
            Format::Migration => {
                let options = Options { now: now(), drop_redundant: self.drop_redundant };
                let of = |suggestion: &Suggestion, chain: &Toolchain| {
                    migration(suggestion, chain, &outcome.sources, options)
                };
                self.proposal.migrations(&outcome, &suggestions, of, (common, terminal))?;
            }
        }
        if !common.quiet {
            terminal.say(&report::suggest::summary(&suggestions));
        }
        Ok(status(&outcome))
    }
}
