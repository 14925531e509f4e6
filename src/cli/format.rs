//! The output formats of `check`, by name.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::check::Outcome;
use crate::finding::Severity;
use crate::report::full::Style;
use crate::report::{self, Filter};

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Each finding with its text
    Full,
    /// One line for each finding
    Concise,
    /// One object, version 1
    Json,
    /// One object a line, then the summary
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A code quality report of GitLab
    Gitlab,
    /// Tests that failed, in the XML of JUnit
    Junit,
    /// What reviewdog reads
    Rdjson,
    /// The XML of Checkstyle
    Checkstyle,
    /// A summary, for the page of a CI job
    Markdown,
}

impl Format {
    /// Whether the format is for people, who see findings of severity info on demand only.
    const fn is_for_people(self) -> bool {
        matches!(self, Format::Full | Format::Concise | Format::Markdown)
    }

    /// The severity from which on findings are shown, unless the user says otherwise.
    pub(super) const fn min_severity(self, verbose: bool) -> Severity {
        if self.is_for_people() && !verbose { Severity::Warning } else { Severity::Info }
    }

    /// The report; proofs go with the formats that have a place for them.
    pub(super) fn render(
        self,
        outcome: &Outcome,
        filter: Filter,
        style: &Style,
        show_proofs: bool,
    ) -> String {
        let options = report::json::Options { filter, show_proofs };
        let proofs = |text: &dyn Fn() -> String| if show_proofs { text() } else { String::new() };
        match self {
            Format::Full => {
                proofs(&|| report::proof::full(outcome, style.color))
                    + &report::full::full(outcome, &filter, style)
            }
            Format::Concise => {
                proofs(&|| report::proof::concise(outcome)) + &report::concise(outcome, &filter)
            }
            Format::Json => report::json::json(outcome, options),
            Format::Jsonl => report::json::jsonl(outcome, options),
            Format::Sarif => report::sarif(outcome, &filter),
            Format::Github => report::github(outcome, &filter),
            Format::Gitlab => report::gitlab(outcome, &filter),
            Format::Junit => report::junit(outcome, &filter),
            Format::Rdjson => report::rdjson(outcome, &filter),
            Format::Checkstyle => report::checkstyle(outcome, &filter),
            Format::Markdown => report::markdown(outcome, &filter),
        }
    }
}

/// The value of `--report`.
pub(super) fn report_flag(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=PATH, such as json=report.json")?;
    let format = Format::from_str(format, false).map_err(|_| {
        let known = Format::value_variants()
            .iter()
            .filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned()));
        format!("there is no format `{format}`; there are {}", known.collect::<Vec<_>>().join(", "))
    })?;
    Ok((format, PathBuf::from(path)))
}
