//! `--output-format checkstyle`: the XML of Checkstyle, which many tools read.

use std::fmt::Write as _;

use crate::check::{CheckedFinding, Outcome};
use crate::report::markup::xml;
use crate::report::{Filter, selected};

/// The report.
pub fn checkstyle(outcome: &Outcome, filter: &Filter) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
    let mut findings: Vec<&CheckedFinding> = selected(outcome, filter).map(|(_, f)| f).collect();
    findings.sort_by_key(|f| f.finding.primary);
    let mut open = None;
    for checked in findings {
        let finding = &checked.finding;
        let file = outcome.sources.get(finding.primary.file);
        if open != Some(finding.primary.file) {
            out.push_str(if open.is_some() { "  </file>\n" } else { "" });
            let _ = writeln!(out, "  <file name=\"{}\">", xml(&file.path));
            open = Some(finding.primary.file);
        }
        let at = file.position(finding.primary.span.start);
        let _ = writeln!(
            out,
            "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"sqlmoat.{}\"/>",
            at.line,
            at.column,
            finding.severity.name(),
            xml(&finding.message),
            finding.rule
        );
    }
    out.push_str(if open.is_some() { "  </file>\n" } else { "" });
    out.push_str("</checkstyle>\n");
    out
}
