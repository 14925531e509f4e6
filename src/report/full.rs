//! `--output-format full`: for a person at a terminal. The worst findings first, each with its text; then how many more
//! there are, how much was covered, and what to do next.

use std::fmt::Write as _;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, ThemeCharacters, ThemeStyles};

use crate::check::{CheckedFinding, Outcome};
use crate::finding::{Finding, Severity};
use crate::report::excerpt::Excerpt;
use crate::report::summary::{self, Tally};
use crate::report::text::{visible, without_commands};
use crate::report::{Filter, standing_out, worst_first};
use crate::source::{Location, Sources};

/// How the report is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Findings shown at most; the others are counted.
    pub limit: usize,
    /// The command that shows all of them.
    pub show_all: String,
}

impl Default for Style {
    fn default() -> Self {
        let show_all = "sqlmoat check --output-format concise".to_owned();
        Style { color: false, width: 100, limit: 50, show_all }
    }
}

/// The whole report.
pub fn full(outcome: &Outcome, filter: &Filter, style: &Style) -> String {
    let findings = worst_first(outcome, filter);
    let mut out = String::new();
    let handler = handler(style);
    for checked in findings.iter().take(style.limit) {
        // Writing to a string cannot fail; what could not be drawn is still told by its message.
        let view = View::new(&outcome.sources, checked);
        if handler.render_report(&mut out, &view).is_err() {
            let _ = writeln!(out, "{}", view.message);
        }
        notes(&mut out, &outcome.sources, &checked.finding);
        out.push('\n');
    }
    more(&mut out, findings.get(style.limit..).unwrap_or_default(), style);
    out.push_str(&summary::text(outcome, filter));
    without_commands(out)
}

pub(super) fn handler(style: &Style) -> GraphicalReportHandler {
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.max(40))
        .with_links(false)
        .with_context_lines(1)
        .tab_width(4)
}

/// A finding as miette draws one.
struct View {
    message: String,
    code: String,
    help: Option<String>,
    severity: Severity,
    excerpt: Excerpt,
    labels: Vec<LabeledSpan>,
}

impl View {
    fn new(sources: &Sources, checked: &CheckedFinding) -> View {
        let finding = &checked.finding;
        let home = finding.primary.file;
        let near: Vec<_> = finding.labels.iter().filter(|l| l.location.file == home).collect();
        let spans: Vec<_> =
            std::iter::once(finding.primary.span).chain(near.iter().map(|l| l.location.span)).collect();
        let excerpt = Excerpt::new(sources.get(home), &spans);
        let mut labels = vec![LabeledSpan::new_primary_with_span(None, excerpt.range(0))];
        for (i, label) in near.iter().enumerate() {
            let message = visible(&label.message).into_owned();
            labels.push(LabeledSpan::new_with_span(Some(message), excerpt.range(i + 1)));
        }
        View {
            message: format!("{}{}", visible(&finding.message), standing_out(checked)),
            code: format!("{}[{}]", finding.severity.name(), finding.rule),
            help: finding.help.as_deref().map(|h| visible(h).into_owned()),
            severity: finding.severity,
            excerpt,
            labels,
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View {}

impl Diagnostic for View {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Related places in other files, one a line.
fn notes(out: &mut String, sources: &Sources, finding: &Finding) {
    for label in finding.labels.iter().filter(|l| l.location.file != finding.primary.file) {
        let _ = writeln!(out, "  note: {}: {}", place(sources, label.location), visible(&label.message));
    }
}

/// `path:line:column`.
pub(super) fn place(sources: &Sources, location: Location) -> String {
    let file = sources.get(location.file);
    let position = file.position(location.span.start);
    format!("{}:{}:{}", visible(&file.path), position.line, position.column)
}

/// What was left out, by rule and table, most first.
fn more(out: &mut String, rest: &[&CheckedFinding], style: &Style) {
    if rest.is_empty() {
        return;
    }
    let mut rules: Tally<&str> = Tally::default();
    let mut tables: std::collections::BTreeMap<&str, Tally<&str>> = std::collections::BTreeMap::new();
    for checked in rest {
        let finding = &checked.finding;
        rules.add(finding.rule);
        if let Some(table) = &finding.table {
            tables.entry(finding.rule).or_default().add(table.as_str());
        }
    }
    let _ = writeln!(out, "and {} more:", rest.len());
    for (rule, count) in rules.most_first() {
        let _ = write!(out, "  {count:>5}  {rule}");
        let each = tables.get(rule).map(Tally::most_first).unwrap_or_default();
        let named: Vec<String> =
            each.iter().take(5).map(|(table, n)| format!("{} {n}", visible(table))).collect();
        if !named.is_empty() {
            let _ = write!(out, "  ({}{})", named.join(", "), if each.len() > 5 { ", ..." } else { "" });
        }
        out.push('\n');
    }
    let _ = writeln!(out, "`{}` shows all of them\n", style.show_all);
}
