//! `sqlmoat explain RULE`.

use clap::Args;

use crate::cli::CLEAN;
use crate::cli::terminal::Terminal;
use crate::report;
use crate::rules;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule, such as `unverified-join`
    rule: String,
}

impl Explain {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<u8, String> {
        let Some(rule) = rules::find(&self.rule) else {
            let close = rules::all()
                .iter()
                .map(|rule| (strsim::damerau_levenshtein(&self.rule, rule.id), rule.id))
                .filter(|(distance, id)| *distance <= id.len() / 3)
                .min();
            let help = match close {
                Some((_, id)) => format!("did you mean `{id}`?"),
                None => "`sqlmoat rules` lists them".to_owned(),
            };
            return Err(format!("there is no rule `{}`\n  help: {help}", self.rule));
        };
        terminal.print(&report::explain(rule))?;
        Ok(CLEAN)
    }
}
