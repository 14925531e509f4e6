//! `sqlmoat harden`.

use clap::{Args, ValueEnum};

use crate::check::CheckedProject;
use crate::cli::proposal::{Format, Proposal, status};
use crate::cli::terminal::Terminal;
use crate::cli::{Common, now};
use crate::harden::migration::migration;
use crate::harden::{Hardening, Measure, Options, applies, harden, has_table};
use crate::report;
use crate::suggest::Toolchain;

/// Arguments of `harden`.
#[derive(Debug, Args)]
pub(super) struct Harden {
    #[command(flatten)]
    proposal: Proposal,
    /// Only these measures; otherwise all but tenant-columns and row-security
    #[arg(long, value_name = "MEASURES", value_delimiter = ',')]
    only: Vec<MeasureFlag>,
    /// Tenant columns as well, for tables whose rows belong to a tenant through a parent
    #[arg(long)]
    tenant_columns: bool,
    /// Row security as well, after everything else; it binds sessions that do not name their tenant
    #[arg(long)]
    row_security: bool,
    /// Only these tables
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    table: Vec<String>,
    /// Drop the plain foreign keys that keys with the tenant make superfluous
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MeasureFlag {
    /// Tenant columns for tables whose rows belong to a tenant through a parent
    TenantColumns,
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
            MeasureFlag::TenantColumns => Measure::TenantColumns,
            MeasureFlag::Count => Measure::Count,
            MeasureFlag::NotNull => Measure::NotNull,
            MeasureFlag::Keys => Measure::Keys,
            MeasureFlag::RowSecurity => Measure::RowSecurity,
        }
    }
}

impl Harden {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        let (request, outcome) = self.proposal.check(common, terminal)?;
        if !outcome.projects.iter().all(applies) {
            return Err("what harden writes is PostgreSQL's, and the dialect is another".to_owned());
        }
        let is_there = |name: &&String| outcome.projects.iter().any(|p| has_table(p, name));
        if let Some(name) = self.table.iter().find(|name| !is_there(name)) {
            return Err(format!("there is no table `{name}`"));
        }
        let mut proposed = harden(&request, outcome, &self.options());
        if self.proposal.format != Format::Migration || !common.quiet {
            proposed.judge(&request);
        }
        let outcome = &proposed.outcome;
        let all: Vec<(&CheckedProject, &Hardening)> = outcome.projects.iter().zip(&proposed.all).collect();
        match self.proposal.format {
            Format::Table => terminal.print(&report::harden::table(outcome, &all))?,
            Format::Json => terminal.print(&report::harden::json(outcome, &all))?,
            Format::Migration => {
                let of = |hardening: &&Hardening, chain: &Toolchain| migration(hardening, chain, now());
                self.proposal.migrations(outcome, &all, of, (common, terminal))?;
            }
        }
        if !common.quiet {
            terminal.say(&report::harden::summary(&all));
        }
        Ok(status(outcome))
    }

    fn options(&self) -> Options {
        let mut measures = match self.only.as_slice() {
            [] => vec![Measure::Count, Measure::NotNull, Measure::Keys],
            only => only.iter().map(|flag| flag.measure()).collect(),
        };
        let more = [(self.tenant_columns, Measure::TenantColumns), (self.row_security, Measure::RowSecurity)];
        measures.extend(more.iter().filter(|(asked, _)| *asked).map(|(_, measure)| *measure));
        Options { measures, tables: self.table.clone(), replace: self.replace }
    }
}
