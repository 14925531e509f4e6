//! `--output-format gitlab`: a code quality report of GitLab.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::collections::HashMap;

use serde::Serialize;

use crate::check::Outcome;
use crate::finding::Severity;
use crate::report::hosted::Repository;
use crate::report::text::visible;
use crate::report::{Filter, selected};

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// The report, an array.
pub fn gitlab(outcome: &Outcome, filter: &Filter) -> String {
    let repository = Repository::new(outcome);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let issues: Vec<Issue<'_>> = selected(outcome, filter)
        .map(|(_, checked)| {
            let finding = &checked.finding;
            let file = outcome.sources.get(finding.primary.file);
            let position = |offset: u32| file.position(offset).line;
            // GitLab keeps one of those with equal fingerprints, and equal statements of two files have equal ones.
            let nth = seen.entry(&checked.fingerprint).or_insert(0);
            *nth += 1;
            let fingerprint = match *nth {
                1 => checked.fingerprint.clone(),
                n => format!("{}-{n}", checked.fingerprint),
            };
            Issue {
                kind: "issue",
                description: visible(&finding.message).into_owned(),
                check_name: finding.rule,
                fingerprint,
                severity: match finding.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Info => "info",
                },
                location: Place {
                    path: repository.path(finding.primary),
                    lines: Lines {
                        begin: position(finding.primary.span.start),
                        end: position(finding.primary.span.end),
                    },
                },
            }
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    text.push('\n');
    text
}
