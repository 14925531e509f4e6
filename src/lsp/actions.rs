//! What an editor offers at a finding: its fixes, and the suppression whose reason is for the user to write.

use serde_json::{Value, json};

use super::{Server, findings};
use crate::check::{CheckedFinding, Outcome};
use crate::finding::{Applicability, Edit, Fix};
use crate::source::{Location, SourceFile, Span};

impl Server {
    pub(super) fn actions(&self, outcome: &Outcome, params: &Value) -> Value {
        let Some(path) = self.document(params) else { return json!([]) };
        let mut actions = Vec::new();
        for checked in findings(outcome, &path) {
            let finding = &checked.finding;
            let file = outcome.sources.get(finding.primary.file);
            let bound = |name: &str| {
                params.pointer(&format!("/range/{name}")).and_then(|p| self.encoding.offset(file, p))
            };
            let (Some(start), Some(end)) = (bound("start"), bound("end")) else { continue };
            if end < finding.primary.span.start || finding.primary.span.end < start {
                continue;
            }
            for fix in &finding.fixes {
                let is_safe = fix.applicability == Applicability::Safe;
                actions.push(self.action(outcome, checked, fix, is_safe));
            }
            if let Some(edit) = suppression(checked, file) {
                let title = format!("allow `{}` here (write the reason behind it)", finding.rule);
                let fix = Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] };
                actions.push(self.action(outcome, checked, &fix, false));
            }
        }
        json!(actions)
    }

    fn action(&self, outcome: &Outcome, checked: &CheckedFinding, fix: &Fix, preferred: bool) -> Value {
        let mut changes = serde_json::Map::new();
        for edit in &fix.edits {
            let location = self.location(outcome, edit.location);
            let Some(uri) = location["uri"].as_str() else { continue };
            let edits = changes.entry(uri.to_owned()).or_insert_with(|| json!([]));
            if let Some(edits) = edits.as_array_mut() {
                edits.push(json!({"range": location["range"], "newText": edit.text}));
            }
        }
        json!({
            "title": fix.title,
            "kind": "quickfix",
            "isPreferred": preferred,
            "diagnostics": [self.diagnostic(outcome, checked)],
            "edit": {"changes": changes},
        })
    }
}

/// A comment above the statement that names the rule. Without its reason it suppresses nothing, so one that nobody
/// finishes is told.
fn suppression(checked: &CheckedFinding, file: &SourceFile) -> Option<Edit> {
    let finding = &checked.finding;
    let at = finding.statement.unwrap_or(finding.primary);
    let line = file.line_starts.partition_point(|start| *start <= at.span.start).checked_sub(1)?;
    let start = *file.line_starts.get(line)?;
    let before = file.text.get(start as usize..at.span.start as usize)?;
    let indent: String = before.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let comment = match file.path.rsplit('.').next()? {
        "sql" | "psql" | "pgsql" => "--",
        // In a program the line above is outside of the literal only if the literal begins on this line.
        _ if !before.contains(['"', '\'', '`']) => return None,
        "py" | "pyi" | "rb" | "rake" => "#",
        _ => "//",
    };
    let text = format!("{indent}{comment} sqlmoat: allow({}) \n", finding.rule);
    Some(Edit { location: Location { file: at.file, span: Span::new(start, start) }, text })
}
