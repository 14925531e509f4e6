//! What an editor shows under the cursor: the rule of a finding, and what is known of a table.

use serde_json::{Value, json};

use super::{Server, findings};
use crate::check::Outcome;
use crate::query::model::Source;
use crate::report;
use crate::rules;

impl Server {
    pub(super) fn hover(&self, outcome: &Outcome, params: &Value) -> Value {
        let Some(path) = self.document(params) else { return Value::Null };
        let encoding = self.encoding;
        let Some((_, file)) = outcome.sources.iter().find(|(_, file)| file.path == path) else {
            return Value::Null;
        };
        let Some(offset) = params.get("position").and_then(|p| encoding.offset(file, p)) else {
            return Value::Null;
        };
        let mut parts: Vec<String> = findings(outcome, &path)
            .map(|checked| &checked.finding)
            .filter(|f| f.primary.span.start <= offset && offset <= f.primary.span.end)
            .filter_map(|f| rules::find(f.rule))
            .map(|rule| format!("**{}** ({}): {}", rule.id, rule.facts.family.name(), rule.facts.summary))
            .collect();
        parts.extend(table(outcome, &path, offset));
        parts.dedup();
        match parts.is_empty() {
            true => Value::Null,
            false => json!({"contents": {"kind": "markdown", "value": parts.join("\n\n")}}),
        }
    }
}

/// What is known of the table that is named there.
fn table(outcome: &Outcome, path: &str, offset: u32) -> Option<String> {
    for checked in &outcome.projects {
        let project = &checked.project;
        for statement in &project.statements {
            if outcome.sources.get(statement.location.file).path != path {
                continue;
            }
            for occurrence in &statement.bound.occurrences {
                let span = statement.bound.fragment.locate(occurrence.span).span;
                if let Source::Table(id) = occurrence.source
                    && span.start <= offset
                    && offset <= span.end
                {
                    return Some(report::schema::about(project, &outcome.sources, id));
                }
            }
        }
    }
    None
}
