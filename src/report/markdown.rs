//! `--output-format markdown`: a summary for the page of a CI job: counts by rule, and the worst findings.

use std::fmt::Write as _;

use crate::check::Outcome;
use crate::finding::Severity;
use crate::report::full::place;
use crate::report::markup::{code, escaped, message};
use crate::report::summary::{self, Tally};
use crate::report::text::without_commands;
use crate::report::{Filter, page_url, worst_first};

/// Findings listed at most.
const LISTED: usize = 30;

/// The summary.
pub fn markdown(outcome: &Outcome, filter: &Filter) -> String {
    let findings = worst_first(outcome, filter);
    let mut out = format!("## sqlmoat: {}\n\n", escaped(&summary::found(outcome, filter)));
    let _ = writeln!(out, "{}.", escaped(&summary::coverage(outcome)));
    for error in &outcome.errors {
        let path = error.path.as_ref().map_or_else(String::new, |path| format!("{}: ", code(path)));
        let _ = writeln!(out, "\n**Not read:** {path}{}.", message(&error.message));
    }
    for notice in outcome.notices.iter().filter(|n| n.degraded) {
        let _ = writeln!(out, "\n**Warning:** {}.", message(&notice.message));
    }
    if findings.is_empty() {
        return without_commands(out);
    }
    let mut rules: Tally<(&str, Severity)> = Tally::default();
    findings.iter().for_each(|f| rules.add((f.finding.rule, f.finding.severity)));
    out.push_str("\n| rule | severity | findings |\n| --- | --- | --: |\n");
    for ((rule, severity), count) in rules.most_first() {
        let _ = writeln!(out, "| {} | {} | {count} |", link(rule), severity.name());
    }
    out.push_str("\n| place | rule | finding |\n| --- | --- | --- |\n");
    for checked in findings.iter().take(LISTED) {
        let finding = &checked.finding;
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            code(&place(&outcome.sources, finding.primary)),
            link(finding.rule),
            message(&finding.message)
        );
    }
    if let Some(rest) = findings.len().checked_sub(LISTED).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "\nAnd {rest} more.");
    }
    without_commands(out)
}

/// A rule's name, as a link where its page has an address.
fn link(rule: &str) -> String {
    let url = page_url(rule);
    if url.contains("://") { format!("[`{rule}`]({url})") } else { format!("`{rule}`") }
}
