//! `--output-format github`: commands that GitHub's runner makes annotations of. It shows ten of a level for each step, so
//! the most severe come first and the rest are counted.

use std::fmt::Write as _;

use crate::check::Outcome;
use crate::finding::{Finding, Severity};
use crate::report::hosted::Repository;
use crate::report::summary::counted;
use crate::report::text::visible;
use crate::report::{Filter, worst_first};

/// Annotations of one level that are shown.
const SHOWN: usize = 10;

/// One command a line.
pub fn github(outcome: &Outcome, filter: &Filter) -> String {
    let repository = Repository::new(outcome);
    let mut out = String::new();
    let mut left: [(Severity, usize, usize); 3] = Severity::ALL.map(|s| (s, SHOWN, 0));
    let spend = |level: Severity, left: &mut [(Severity, usize, usize); 3]| -> bool {
        let Some((_, places, rest)) = left.iter_mut().find(|(s, _, _)| *s == level) else { return false };
        match places.checked_sub(1) {
            Some(fewer) => *places = fewer,
            None => *rest += 1,
        }
        *rest == 0
    };
    // The notice that counts the rest is one of ten as well.
    spend(Severity::Info, &mut left);
    for error in outcome.errors.iter().filter(|e| e.fatal) {
        if spend(Severity::Error, &mut left) {
            let path = error.path.as_ref().map_or_else(String::new, |path| format!("{}: ", visible(path)));
            let _ = writeln!(out, "::error title=sqlmoat::{}", data(&format!("{path}{}", error.message)));
        }
    }
    for checked in worst_first(outcome, filter) {
        if spend(checked.finding.severity, &mut left) {
            annotation(&mut out, &repository, outcome, &checked.finding);
        }
    }
    let rest: Vec<String> = left
        .iter()
        .filter(|(_, _, rest)| *rest > 0)
        .map(|(severity, _, rest)| match severity {
            Severity::Error => counted(*rest, "error", "errors"),
            Severity::Warning => counted(*rest, "warning", "warnings"),
            Severity::Info => counted(*rest, "info", "infos"),
        })
        .collect();
    if !rest.is_empty() {
        let _ = writeln!(
            out,
            "::notice title=sqlmoat::{} more: only ten of a level are shown here",
            data(&rest.join(", "))
        );
    }
    out
}

fn annotation(out: &mut String, repository: &Repository<'_>, outcome: &Outcome, finding: &Finding) {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let file = outcome.sources.get(finding.primary.file);
    let (start, end) = (file.position(finding.primary.span.start), file.position(finding.primary.span.end));
    let path = repository.path(finding.primary);
    let _ = write!(out, "::{command} file={},line={},col={}", property(&path), start.line, start.column);
    let _ = write!(out, ",endLine={}", end.line);
    // A column at the end counts only on the same line.
    if end.line == start.line {
        let _ = write!(out, ",endColumn={}", end.column);
    }
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
    let message = format!("{path}:{}:{}: {}{help}", start.line, start.column, finding.message);
    let _ = writeln!(out, ",title={}::{}", property(&format!("sqlmoat {}", finding.rule)), data(&message));
}

/// A message as the runner reads it.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// The value of a property as the runner reads it. The log shows it too, so a path that would act there is not kept.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
