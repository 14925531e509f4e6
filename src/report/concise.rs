//! `--output-format concise`: one line a finding, `path:line:col: severity[rule] message`, for editors and for grep.

use std::fmt::Write as _;

use crate::check::Outcome;
use crate::report::full::place;
use crate::report::text::{visible, without_commands};
use crate::report::{Filter, selected, standing_out};

/// The findings, by file and place; nothing else.
pub fn concise(outcome: &Outcome, filter: &Filter) -> String {
    let mut out = String::new();
    for (_, checked) in selected(outcome, filter) {
        let finding = &checked.finding;
        let _ = writeln!(
            out,
            "{}: {}[{}] {}{}",
            place(&outcome.sources, finding.primary),
            finding.severity.name(),
            finding.rule,
            visible(&finding.message),
            standing_out(checked)
        );
    }
    without_commands(out)
}
