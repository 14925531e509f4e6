//! The command line: arguments, streams, exit status. One file for each subcommand.

mod audit;
mod baseline;
mod check;
mod completions;
mod explain;
mod format;
mod harden;
mod init;
mod lsp;
mod progress;
mod proposal;
mod rules;
mod schema;
mod suggest;
mod terminal;
mod watch;

use std::ffi::OsString;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};

use crate::cli::terminal::{Color, Terminal};

/// Exit status when nothing was found that counts.
const CLEAN: u8 = 0;
/// Exit status when something was found.
const FOUND: u8 = 1;
/// Exit status after a usage, configuration or internal error.
const FAILED: u8 = 2;

/// Finds statements that can reach another tenant's rows, and predicates that no index serves, in the SQL of a project.
#[derive(Debug, Parser)]
#[command(name = "sqlmoat", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Flags of every subcommand.
#[derive(Debug, Args)]
struct Common {
    /// When to colour; otherwise NO_COLOR, CLICOLOR_FORCE and the terminal decide
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Print findings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print more: findings of severity info too
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check SQL files
    Check(check::Check),
    /// Say what a rule finds, or how a statement at a place is judged and why
    Explain(explain::Explain),
    /// List every statement with its verdict, and every exception with its reason
    Audit(audit::Audit),
    /// Accept the findings that exist, so that only new ones count
    Baseline(baseline::Baseline),
    /// Add what keeps tenants apart in the database itself, as a table or as migrations
    Harden(harden::Harden),
    /// Write a configuration with what is inferred of the project; never over one that exists
    Init(init::Init),
    /// Print a script by which a shell completes the arguments
    Completions(completions::Completions),
    /// Serve an editor as a language server
    Lsp(lsp::Lsp),
    /// List the rules
    Rules(rules::Rules),
    /// Show what the schema is taken to be: tables, how each is owned, keys, indexes
    Schema(schema::Schema),
    /// Design indexes for what no declared index serves, as a table or as migrations
    Suggest(suggest::Suggest),
}

/// Runs the program with its arguments, its name first, and returns its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that nobody reads any more is no error.
            let _ = error.print();
            return if error.use_stderr() { FAILED } else { CLEAN };
        }
    };
    let terminal = Terminal::new(cli.common.color);
    let status = match &cli.command {
        Command::Check(check) => check.run(&cli.common, &terminal),
        Command::Audit(audit) => audit.run(&cli.common, &terminal),
        Command::Baseline(baseline) => baseline.run(&cli.common, &terminal),
        Command::Explain(explain) => explain.run(&terminal),
        Command::Harden(harden) => harden.run(&cli.common, &terminal),
        Command::Init(init) => init.run(&cli.common, &terminal),
        Command::Completions(completions) => completions.run(&terminal),
        Command::Lsp(lsp) => lsp.run(),
        Command::Rules(rules) => rules.run(&terminal),
        Command::Schema(schema) => schema.run(&cli.common, &terminal),
        Command::Suggest(suggest) => suggest.run(&cli.common, &terminal),
    };
    status.unwrap_or_else(|error| {
        terminal.say(&format!("error: {error}\n"));
        FAILED
    })
}

/// Seconds since 1970: what SOURCE_DATE_EPOCH says, so that output can be reproduced, else the clock.
fn now() -> i64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let clock =
        || SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok());
    given.or_else(clock).unwrap_or(0)
}
