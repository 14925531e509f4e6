//! `sqlmoat rules`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use crate::cli::CLEAN;
use crate::cli::terminal::Terminal;
use crate::report;
use crate::rules;

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub(super) struct Rules {
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A table
    Text,
    /// A JSON array with the pages
    Json,
    /// An index with links to the pages
    Markdown,
}

impl Rules {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<u8, String> {
        let text = match self.output_format {
            Format::Text => table(),
            Format::Json => report::rules_json(),
            Format::Markdown => report::rules_markdown(),
        };
        terminal.print(&text)?;
        Ok(CLEAN)
    }
}

fn table() -> String {
    let all = rules::all();
    let rule = all.iter().map(|r| r.id.len()).max().unwrap_or(0);
    let family = all.iter().map(|r| r.facts.family.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    for r in all {
        let facts = &r.facts;
        let off = if facts.on_by_default { "" } else { " (off by default)" };
        let (family_name, severity) = (facts.family.name(), facts.severity.name());
        let _ = writeln!(text, "{:rule$}  {family_name:family$}  {severity:7}  {}{off}", r.id, facts.summary);
    }
    text
}
