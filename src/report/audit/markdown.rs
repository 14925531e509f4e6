//! The audit as Markdown, for a merge request or a wiki. Names and SQL are untrusted: what Markdown or HTML would act on
//! is escaped.

use std::fmt::Write as _;

use super::{Audit, GroupBy, belongs, verdicts};
use crate::check::Outcome;
use crate::report::full::place;
use crate::report::markup::{code, escaped};
use crate::report::summary;
use crate::report::text::without_commands;

/// The audit as Markdown.
pub fn markdown(outcome: &Outcome, by: GroupBy) -> String {
    let audit = Audit::new(outcome, by);
    let mut out = String::from("# Audit of tenant isolation\n\n");
    let _ = writeln!(out, "{}.", escaped(&audit.headline(&summary::coverage(outcome))));
    out.push_str("\n## Not seen\n\n");
    for unseen in &audit.unseen {
        let places: Vec<String> = unseen.places.iter().map(|at| code(&place(audit.sources, *at))).collect();
        let places = if places.is_empty() { String::new() } else { format!(": {}", places.join(", ")) };
        let _ = writeln!(out, "- {}{places}", escaped(&unseen.what));
    }
    out.push_str("\n## Exceptions\n\n");
    if audit.exceptions.is_empty() {
        out.push_str("None.\n");
    } else {
        out.push_str(
            "| place | exception from | reason | written | about |\n| --- | --- | --- | --- | --- |\n",
        );
    }
    for exception in &audit.exceptions {
        let written = match exception.written {
            Some(at) => code(&place(audit.sources, at)),
            None if exception.kind == "config" => "configuration".to_owned(),
            None => exception.kind.to_owned(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {written} | {} |",
            code(&place(audit.sources, exception.at)),
            escaped(exception.what),
            escaped(exception.reason),
            escaped(&exception.about)
        );
    }
    for group in &audit.groups {
        let _ = writeln!(out, "\n## {}\n", escaped(&group.name));
        if let Some(note) = &group.note {
            let _ = writeln!(out, "{}.\n", escaped(note));
        }
        let _ = writeln!(out, "{}.\n", verdicts(&group.entries));
        out.push_str("| place | verdict | statement | why |\n| --- | --- | --- | --- |\n");
        for entry in &group.entries {
            let name = belongs(entry).map_or_else(String::new, |name| format!("{}: ", escaped(&name)));
            let mut why: Vec<String> = entry
                .defects
                .iter()
                .map(|(rule, message, _)| format!("{rule}: {}", escaped(message)))
                .collect();
            if let Some(exempt) = &entry.statement.exempt {
                why.insert(0, format!("excepted: {}", escaped(&exempt.reason)));
            }
            let _ = writeln!(
                out,
                "| {} | {} | {name}{} | {} |",
                code(&place(audit.sources, entry.statement.location)),
                entry.verdict,
                code(&entry.sql),
                why.join("; ")
            );
        }
    }
    without_commands(out)
}
