//! `--output-format junit`: each finding as a test that failed, for CI servers that show tests. A file with findings is a
//! suite; a run without any is one test that passed.

use std::fmt::Write as _;

use crate::check::{CheckedFinding, Outcome};
use crate::report::markup::xml;
use crate::report::{Filter, selected};

/// The report.
pub fn junit(outcome: &Outcome, filter: &Filter) -> String {
    let mut files: Vec<(&str, Vec<&CheckedFinding>)> = Vec::new();
    let mut findings: Vec<&CheckedFinding> = selected(outcome, filter).map(|(_, f)| f).collect();
    findings.sort_by_key(|f| f.finding.primary);
    for checked in findings {
        let path = outcome.sources.get(checked.finding.primary.file).path.as_str();
        match files.last_mut().filter(|(last, _)| *last == path) {
            Some((_, list)) => list.push(checked),
            None => files.push((path, vec![checked])),
        }
    }
    let failures: usize = files.iter().map(|(_, list)| list.len()).sum();
    let errors = outcome.errors.len();
    let clean = usize::from(failures + errors == 0);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"sqlmoat\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\">",
        failures + errors + clean
    );
    if clean == 1 {
        out.push_str("  <testsuite name=\"sqlmoat\" tests=\"1\" failures=\"0\" errors=\"0\" time=\"0\">\n");
        out.push_str(
            "    <testcase name=\"no findings\" classname=\"sqlmoat\" time=\"0\"/>\n  </testsuite>\n",
        );
    }
    if errors > 0 {
        let _ = writeln!(
            out,
            "  <testsuite name=\"input\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\" time=\"0\">"
        );
        for error in &outcome.errors {
            let name = xml(error.path.as_deref().unwrap_or("sqlmoat"));
            let _ = writeln!(
                out,
                "    <testcase name=\"{name}\" classname=\"input\" time=\"0\"><error message=\"{}\" type=\"input\"/></testcase>",
                xml(&error.message)
            );
        }
        out.push_str("  </testsuite>\n");
    }
    for (path, list) in &files {
        let count = list.len();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\" time=\"0\">",
            xml(path)
        );
        list.iter().for_each(|checked| case(&mut out, outcome, path, checked));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, outcome: &Outcome, path: &str, checked: &CheckedFinding) {
    let finding = &checked.finding;
    let at = outcome.sources.get(finding.primary.file).position(finding.primary.span.start);
    let (line, column, path) = (at.line, at.column, xml(path));
    let _ = writeln!(
        out,
        "    <testcase name=\"{} at {line}:{column}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\" time=\"0\">",
        finding.rule
    );
    let help = finding.help.as_ref().map_or_else(String::new, |h| format!("\nhelp: {}", xml(h)));
    let _ = writeln!(
        out,
        "      <failure message=\"{message}\" type=\"{}\">{path}:{line}:{column}: {message}{help}</failure>",
        finding.severity.name(),
        message = xml(&finding.message)
    );
    out.push_str("    </testcase>\n");
}
