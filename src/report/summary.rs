//! How much was covered and found, in a few lines; "0 findings" never stands alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::check::{CheckedFinding, Counts, Coverage, Hidden, Outcome, Reading, SuppressedBy};
use crate::finding::Severity;
use crate::report::{Filter, worst_first};

/// The lines at the end of a report: what was found, what was covered, and what to do next.
pub fn text(outcome: &Outcome, filter: &Filter) -> String {
    let mut out = format!("{}\n{}{}\n", found(outcome, filter), coverage(outcome), older(outcome));
    if let Some(first) = worst_first(outcome, filter).first() {
        let _ = writeln!(out, "`sqlmoat explain {}` says more about a rule", first.finding.rule);
    }
    if outcome.unconfigured && !outcome.projects.is_empty() {
        out.push_str("`sqlmoat init` writes down what was inferred, to be corrected");
        out.push_str(match worst_first(outcome, filter).is_empty() {
            true => "\n",
            false => "; `sqlmoat baseline create` accepts what is there, so that only new findings count\n",
        });
    }
    out
}

/// What was found, and how much of it is not shown and why.
pub(super) fn found(outcome: &Outcome, filter: &Filter) -> String {
    let mut severities: Tally<Severity> = Tally::default();
    let mut hidden = 0;
    for (_, checked) in outcome.findings() {
        match filter.shows(&checked.finding) {
            true => severities.add(checked.finding.severity),
            false => hidden += 1,
        }
    }
    let found: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let (one, several) = match severity {
                Severity::Error => ("error", "errors"),
                Severity::Warning => ("warning", "warnings"),
                Severity::Info => ("info", "infos"),
            };
            let count = severities.count(&severity);
            (count > 0).then(|| counted(count, one, several))
        })
        .collect();
    let blind = outcome.notices.iter().any(|n| n.degraded) || outcome.errors.iter().any(|e| e.fatal);
    let mut out = match (found.is_empty(), blind) {
        (false, _) => found.join(", "),
        (true, true) => "no findings, but not everything could be judged: see the warnings".to_owned(),
        (true, false) => "no findings".to_owned(),
    };
    if hidden > 0 {
        let _ = write!(
            out,
            " ({} not shown, see --min-severity and --min-confidence)",
            counted(hidden, "finding", "findings")
        );
    }
    let all = || outcome.projects.iter().flat_map(|p| &p.findings);
    let by_baseline =
        |f: &&CheckedFinding| f.suppressed.as_ref().is_some_and(|s| s.kind == SuppressedBy::Baseline);
    let baseline = all().filter(by_baseline).count();
    let written = all().filter(|f| f.suppressed.is_some()).count() - baseline;
    let old = all().filter(|f| f.suppressed.is_none() && f.is_new == Some(false)).count();
    for (count, why) in
        [(written, "excepted in writing"), (baseline, "in the baseline"), (old, "not new, see --show-old")]
    {
        if count > 0 {
            let _ = write!(out, "; {} {why}", counted(count, "finding", "findings"));
        }
    }
    out
}

/// "; 7 older migrations not judged".
fn older(outcome: &Outcome) -> String {
    match outcome.projects.iter().map(|p| p.project.unjudged_migrations).sum() {
        0 => String::new(),
        count => format!("; {} not judged", counted(count, "older migration", "older migrations")),
    }
}

/// "412 statements: 371 isolated, 24 leak, 9 unknown, 8 exempt; 3 files skipped".
pub fn coverage(outcome: &Outcome) -> String {
    let coverage = outcome.coverage();
    let Coverage { isolated, leaks, unknown, hidden: _, exempt, global, unjudged } = coverage;
    let parts = [
        (isolated, "isolated"),
        (leaks, if leaks == 1 { "leaks" } else { "leak" }),
        (unknown, "unknown"),
        (exempt, "exempt"),
        (global, "without rows of a tenant"),
        (unjudged, "not judged for tenants"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let mut line = counted(coverage.statements(), "statement", "statements");
    if !parts.is_empty() {
        let _ = write!(line, ": {}", parts.join(", "));
    }
    let unparsed: usize = outcome.projects.iter().map(|p| p.counts.reading.unparsed()).sum();
    if unparsed > 0 {
        let _ = write!(line, "; {unparsed} could not be read");
    }
    if outcome.skipped_files > 0 {
        let _ = write!(line, "; {} skipped", counted(outcome.skipped_files, "file", "files"));
    }
    if !outcome.errors.is_empty() {
        let _ = write!(line, "; {}", counted(outcome.errors.len(), "input error", "input errors"));
    }
    line
}

/// How much was read: files with statements, how statements were read, those of bodies with them, one line each; the
/// heads of those that were not, most frequent first; and what hides the answer where a verdict is unknown.
pub fn reading(outcome: &Outcome) -> String {
    let mut all = Reading::default();
    outcome.projects.iter().for_each(|p| all.extend(&p.counts.reading));
    let mut heads: Vec<(&String, &usize)> = all.unparsed.iter().collect();
    heads.sort_by_key(|(head, count)| (std::cmp::Reverse(**count), *head));
    let heads: Vec<String> = heads
        .into_iter()
        .map(|(head, count)| match head.as_str() {
            "" => format!("without a known head {count}"),
            head => format!("{head} {count}"),
        })
        .collect();
    let total =
        |count: fn(&Counts) -> usize| outcome.projects.iter().map(|p| count(&p.counts)).sum::<usize>();
    let mut out = String::new();
    let _ =
        writeln!(out, "{:6}  files, {} of them with SQL", total(|c| c.files), total(|c| c.files_with_sql));
    if outcome.without_sql > 0 {
        let _ = writeln!(out, "{:6}  files of programs without a word of SQL", outcome.without_sql);
    }
    if total(|c| c.program_texts) > 0 {
        let _ = writeln!(out, "{:6}  texts of SQL in programs", total(|c| c.program_texts));
    }
    let _ = writeln!(out, "{:6}  parsed", all.parsed);
    let _ = writeln!(out, "{:6}  recognised by head", all.recognised);
    if all.spliced > 0 {
        let _ = writeln!(out, "{:6}  put together at run time", all.spliced);
    }
    let list = if heads.is_empty() { String::new() } else { format!(": {}", heads.join(", ")) };
    let _ = writeln!(out, "{:6}  unparsed{list}", all.unparsed());
    let coverage = outcome.coverage();
    if coverage.unknown > 0 {
        let Hidden { spliced, tables, columns, functions, syntax } = coverage.hidden;
        let why = [
            (spliced, "spliced text"),
            (tables, "unknown table"),
            (columns, "unknown column"),
            (functions, "opaque function"),
            (syntax, "syntax"),
        ];
        let why: Vec<String> = why
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{what} {count}"))
            .collect();
        let _ = writeln!(out, "{:6}  unknown: {}", coverage.unknown, why.join(", "));
    }
    out
}

/// `1 finding`, `2 findings`.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// Counts of things.
pub(super) struct Tally<T>(BTreeMap<T, usize>);

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Tally(BTreeMap::new())
    }
}

impl<T: Ord + Copy> Tally<T> {
    pub(super) fn add(&mut self, item: T) {
        *self.0.entry(item).or_default() += 1;
    }

    pub(super) fn count(&self, item: &T) -> usize {
        self.0.get(item).copied().unwrap_or(0)
    }

    /// By count, then by the things' own order.
    pub(super) fn most_first(&self) -> Vec<(T, usize)> {
        let mut all: Vec<(T, usize)> = self.0.iter().map(|(item, count)| (*item, *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }
}
