//! `--output-format sarif`: SARIF 2.1.0, for code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>

use serde::Serialize;
use serde_json::{Value, json};

use crate::check::{CheckedFinding, InputError, Outcome, SuppressedBy};
use crate::finding::{Applicability, Confidence, Fix, Severity};
use crate::report::hosted::{Repository, encoded};
use crate::report::text::visible;
use crate::report::{Filter, explain, page_url, selected};
use crate::rules::{self, Rule};
use crate::source::{Location, Sources};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What stands for the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// The report, indented.
pub fn sarif(outcome: &Outcome, filter: &Filter) -> String {
    let view = View { sources: &outcome.sources, repository: Repository::new(outcome) };
    let failed = outcome.errors.iter().any(|error| error.fatal);
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules::all().iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
            "invocations": [{
                "executionSuccessful": !failed,
                "toolExecutionNotifications":
                    outcome.errors.iter().map(|e| view.notification(e)).collect::<Vec<_>>(),
            }],
            "results": selected(outcome, filter).map(|(_, f)| view.result(f)).collect::<Vec<_>>(),
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(rule: &Rule) -> Value {
    let facts = &rule.facts;
    let prose = facts.prose;
    // Up to the examples, without the title.
    let about = prose.split("\n## ").next().unwrap_or_default();
    let about = about.trim_start_matches(|c| c != '\n').trim();
    let url = page_url(rule.id);
    let mut value = json!({
        "id": rule.id,
        "shortDescription": {"text": facts.summary},
        "fullDescription": {"text": about},
        "help": {"text": explain(rule), "markdown": prose},
        "defaultConfiguration": {"enabled": facts.on_by_default, "level": level(facts.severity)},
        "properties": {
            "precision": facts.confidence.name(),
            "problem.severity": match facts.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
            "tags": facts.tags,
        },
    });
    if facts.tags.contains(&"security") {
        value["properties"]["security-severity"] = json!(security_severity(facts.severity, facts.confidence));
    }
    // A URI must be absolute here, and the page of a package that names no repository is a path.
    if url.contains("://") {
        value["helpUri"] = json!(url);
    }
    value
}

/// On the scale of CVSS, of which GitHub makes critical, high, medium and low. Another tenant's data is at least high.
fn security_severity(severity: Severity, confidence: Confidence) -> &'static str {
    match (severity, confidence) {
        (Severity::Error, Confidence::High) => "8.6",
        (Severity::Error, Confidence::Medium | Confidence::Low) => "7.5",
        (Severity::Warning, _) => "5.3",
        (Severity::Info, _) => "2.6",
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

struct View<'a> {
    sources: &'a Sources,
    repository: Repository<'a>,
}

impl View<'_> {
    fn result(&self, checked: &CheckedFinding) -> Value {
        let finding = &checked.finding;
        let mut text = literal(&finding.message);
        if let Some(help) = &finding.help {
            text.push_str(&format!("\nhelp: {}", literal(help)));
        }
        for (i, label) in finding.labels.iter().enumerate() {
            text.push_str(&format!("\nsee [{}]({})", literal(&label.message), i + 1));
        }
        let related = finding.labels.iter().enumerate().map(|(i, label)| {
            let mut location = self.location(label.location);
            location["id"] = json!(i + 1);
            location["message"] = json!({"text": literal(&label.message)});
            location
        });
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": rules::all().iter().position(|r| r.id == finding.rule),
            "level": level(finding.severity),
            "message": {"text": text},
            "locations": [self.location(finding.primary)],
            "relatedLocations": related.collect::<Vec<_>>(),
            "partialFingerprints": {"sqlmoat/v1": checked.fingerprint},
            "properties": {"confidence": finding.confidence.name()},
        });
        let fixes = finding.fixes.iter().filter(|f| f.applicability == Applicability::Safe);
        let fixes: Vec<Value> = fixes.map(|f| self.fix(f)).collect();
        if !fixes.is_empty() {
            result["fixes"] = json!(fixes);
        }
        if let Some(is_new) = checked.is_new {
            result["baselineState"] = json!(if is_new { "new" } else { "unchanged" });
        }
        if let Some(suppressed) = &checked.suppressed {
            let kind = match suppressed.kind {
                SuppressedBy::Comment => "inSource",
                SuppressedBy::Baseline | SuppressedBy::Config => "external",
            };
            result["suppressions"] =
                json!([{"kind": kind, "status": "accepted", "justification": visible(&suppressed.reason)}]);
        }
        result
    }

    fn location(&self, location: Location) -> Value {
        json!({"physicalLocation": {
            "artifactLocation": {"uri": self.repository.uri(location), "uriBaseId": ROOT},
            "region": self.region(location),
        }})
    }

    fn region(&self, location: Location) -> Region {
        let file = self.sources.get(location.file);
        let (start, end) = (file.position(location.span.start), file.position(location.span.end));
        Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    fn fix(&self, fix: &Fix) -> Value {
        let change = |edit: &crate::finding::Edit| {
            json!({
                "artifactLocation": {"uri": self.repository.uri(edit.location), "uriBaseId": ROOT},
                "replacements": [{
                    "deletedRegion": self.region(edit.location),
                    "insertedContent": {"text": edit.text},
                }],
            })
        };
        json!({
            "description": {"text": literal(&fix.title)},
            "artifactChanges": fix.edits.iter().map(change).collect::<Vec<_>>(),
        })
    }

    fn notification(&self, error: &InputError) -> Value {
        let mut value = json!({
            "level": if error.fatal { "error" } else { "warning" },
            "message": {"text": literal(&error.message)},
        });
        match (&error.location, &error.path) {
            (Some(location), _) => value["locations"] = json!([self.location(*location)]),
            (None, Some(path)) => {
                let uri = encoded(&self.repository.reported(path));
                value["locations"] = json!([{"physicalLocation":
                    {"artifactLocation": {"uri": uri, "uriBaseId": ROOT}}}]);
            }
            (None, None) => {}
        }
        value
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// Text of a message, in which brackets would be a link.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        if matches!(c, '\\' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
