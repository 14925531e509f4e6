//! `--output-format rdjson`: what reviewdog reads, which comments on reviews of several hosts.
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>

use serde::Serialize;

use crate::check::Outcome;
use crate::finding::{Applicability, Finding, Severity};
use crate::report::hosted::Repository;
use crate::report::markup::plain_message;
use crate::report::{Filter, page_url, selected};
use crate::source::{Location, Sources};

#[derive(Serialize)]
struct Report {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic {
    message: String,
    location: Place,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
}

#[derive(Serialize)]
struct Place {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: Place,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// Both from 1; a column counts bytes of the line, those of a byte order mark too.
#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

/// The report, one object.
pub fn rdjson(outcome: &Outcome, filter: &Filter) -> String {
    let repository = Repository::new(outcome);
    let of = |finding: &Finding| diagnostic(&repository, &outcome.sources, finding);
    let report = Report {
        source: Source { name: env!("CARGO_PKG_NAME") },
        diagnostics: selected(outcome, filter).map(|(_, checked)| of(&checked.finding)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn diagnostic(repository: &Repository<'_>, sources: &Sources, finding: &Finding) -> Diagnostic {
    let place =
        |location: Location| Place { path: repository.path(location), range: range(sources, location) };
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n\n{}", plain_message(help)));
    let related = |label: &crate::finding::Label| Related {
        message: plain_message(&label.message),
        location: place(label.location),
    };
    // Each suggestion stands for itself, so a fix of several edits cannot be one.
    let safe = finding.fixes.iter().filter(|f| f.applicability == Applicability::Safe);
    let suggestions = safe.filter_map(|fix| match fix.edits.as_slice() {
        [edit] if edit.location.file == finding.primary.file => {
            Some(Suggestion { range: range(sources, edit.location), text: edit.text.clone() })
        }
        _ => None,
    });
    Diagnostic {
        message: format!("{}{help}", plain_message(&finding.message)),
        location: place(finding.primary),
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        code: Code { value: finding.rule, url: page_url(finding.rule) },
        suggestions: suggestions.collect(),
        related_locations: finding.labels.iter().map(related).collect(),
    }
}

fn range(sources: &Sources, location: Location) -> Range {
    let file = sources.get(location.file);
    let position = |offset: u32| {
        let at = file.position(offset);
        let line = (at.line as usize).saturating_sub(1);
        let start = file.line_starts.get(line).copied().unwrap_or(0);
        Position { line: at.line, column: at.offset.saturating_sub(start) + 1 }
    };
    Range { start: position(location.span.start), end: position(location.span.end) }
}
