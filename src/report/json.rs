//! `--output-format json`, version 1: one object for a run, valid also when nothing was found. These types are the
//! contract; the types of the analysis may change without them.

use serde::Serialize;

use crate::check::{CheckedFinding, CheckedProject, Coverage, Hidden, InputError, Outcome, Snippet};
use crate::finding::{Applicability, Edit, Fix, Label, Severity};
use crate::project::AnalysedStatement;
use crate::prove::access::key_text;
use crate::prove::verdict::{Access, IndexUse};
use crate::query::model::{OccId, Source};
use crate::report::derivation::{Told, derivations};
use crate::report::{Filter, judged, page_url, selected, standing};
use crate::rules;
use crate::schema::catalog::{Catalog, ColumnIx, Relation};
use crate::source::{Location, SourceFile, Sources, Span};

/// What a JSON report contains besides the findings that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which findings.
    pub filter: Filter,
    /// Every statement with its verdict and the access paths of its tables.
    pub show_proofs: bool,
}

/// The report as one JSON object, indented, with a line break at its end.
pub fn json(outcome: &Outcome, options: Options) -> String {
    // Writing these types to memory cannot fail: no maps with keys that are not strings, no failing `Serialize`.
    let mut text = serde_json::to_string_pretty(&report(outcome, options)).unwrap_or_default();
    text.push('\n');
    text
}

/// One diagnostic a line, then one line of summary.
pub fn jsonl(outcome: &Outcome, options: Options) -> String {
    let report = report(outcome, options);
    let mut text = String::new();
    let mut line = |value: Result<String, serde_json::Error>| {
        text.push_str(&value.unwrap_or_default());
        text.push('\n');
    };
    for diagnostic in &report.diagnostics {
        line(serde_json::to_string(diagnostic));
    }
    line(serde_json::to_string(&Tagged {
        kind: "summary",
        partial: report.partial,
        summary: &report.summary,
    }));
    text
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tagged<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    partial: bool,
    #[serde(flatten)]
    summary: &'a Summary,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Report<'a> {
    schema_version: &'static str,
    tool: Tool,
    root: &'a str,
    partial: bool,
    diagnostics: Vec<Diagnostic<'a>>,
    errors: Vec<Error<'a>>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    statements: Option<Vec<Statement<'a>>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Diagnostic<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    rule: &'static str,
    family: &'static str,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    url: String,
    path: &'a str,
    range: Range,
    statement: Option<Range>,
    related: Vec<Related<'a>>,
    fixes: Vec<FixView<'a>>,
    fingerprint: &'a str,
    is_new: Option<bool>,
    suppressed: Option<Suppression<'a>>,
    database: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Position {
    offset: u32,
    line: u32,
    column: u32,
    utf16: u32,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Related<'a> {
    message: &'a str,
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FixView<'a> {
    title: &'a str,
    applicability: &'static str,
    edits: Vec<EditView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EditView<'a> {
    path: &'a str,
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Suppression<'a> {
    kind: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Error<'a> {
    path: Option<&'a str>,
    range: Option<Range>,
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary {
    files: usize,
    files_with_sql: usize,
    files_without_sql: usize,
    program_texts: usize,
    skipped_files: usize,
    statements: usize,
    unparsed_statements: usize,
    unjudged_migrations: usize,
    diagnostics: Counts,
    coverage: CoverageView,
}

#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Counts {
    error: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CoverageView {
    statements: usize,
    isolated: usize,
    leaks: usize,
    unknown: usize,
    unknown_because: HiddenView,
    exempt: usize,
    global: usize,
    unjudged: usize,
}

/// What hides the answer where a verdict is unknown.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct HiddenView {
    spliced_text: usize,
    unknown_table: usize,
    unknown_column: usize,
    opaque_function: usize,
    syntax: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Statement<'a> {
    path: &'a str,
    range: Range,
    database: &'a str,
    verdict: Option<&'static str>,
    exempt: Option<ExemptView<'a>>,
    tables: Vec<Table<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ExemptView<'a> {
    kind: &'static str,
    reason: &'a str,
    path: Option<&'a str>,
    range: Option<Range>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Table<'a> {
    alias: &'a str,
    table: String,
    range: Range,
    owner: Option<&'static str>,
    /// How the owner was found to be the tenant.
    derivation: Vec<Step<'a>>,
    access: Option<AccessView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AccessView<'a> {
    class: &'static str,
    indexes: Vec<IndexView<'a>>,
    residual: Vec<String>,
    sort_needed: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct IndexView<'a> {
    name: &'a str,
    columns: Vec<String>,
    bound_columns: Vec<String>,
    implied_columns: Vec<&'a str>,
    delivers_order: bool,
    index_only: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Step<'a> {
    kind: &'static str,
    text: String,
    path: Option<&'a str>,
    range: Option<Range>,
    /// Where several cases are told apart: which, from 1.
    case: Option<usize>,
}

fn report(outcome: &Outcome, options: Options) -> Report<'_> {
    let sources = &outcome.sources;
    let diagnostics = selected(outcome, &options.filter).map(|(project, f)| diagnostic(sources, project, f));
    let statements = outcome
        .projects
        .iter()
        .flat_map(|checked| judged(checked).map(move |s| statement(sources, checked, s)));
    Report {
        schema_version: "1.0",
        tool: Tool::own(),
        root: &outcome.root,
        partial: outcome.partial,
        diagnostics: diagnostics.collect(),
        errors: outcome.errors.iter().map(|e| error(sources, e)).collect(),
        summary: summary(outcome, &options.filter),
        statements: options.show_proofs.then(|| statements.collect()),
    }
}

fn diagnostic<'a>(
    sources: &'a Sources,
    project: &'a CheckedProject,
    checked: &'a CheckedFinding,
) -> Diagnostic<'a> {
    let finding = &checked.finding;
    let family = rules::find(finding.rule).map_or("", |r| r.facts.family.name());
    Diagnostic {
        kind: "diagnostic",
        rule: finding.rule,
        family,
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        message: &finding.message,
        help: finding.help.as_deref(),
        url: page_url(finding.rule),
        path: path(sources, finding.primary),
        range: range(sources, finding.primary),
        statement: finding.statement.map(|s| range(sources, s)),
        related: finding.labels.iter().map(|l| related(sources, l)).collect(),
        fixes: finding.fixes.iter().map(|f| fix(sources, f)).collect(),
        fingerprint: &checked.fingerprint,
        is_new: checked.is_new,
        suppressed: checked
            .suppressed
            .as_ref()
            .map(|s| Suppression { kind: s.kind.name(), reason: &s.reason }),
        database: &project.project.database,
    }
}

fn related<'a>(sources: &'a Sources, label: &'a Label) -> Related<'a> {
    Related {
        message: &label.message,
        path: path(sources, label.location),
        range: range(sources, label.location),
    }
}

fn fix<'a>(sources: &'a Sources, fix: &'a Fix) -> FixView<'a> {
    let edit = |edit: &'a Edit| EditView {
        path: path(sources, edit.location),
        range: range(sources, edit.location),
        text: &edit.text,
    };
    FixView {
        title: &fix.title,
        applicability: match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        },
        edits: fix.edits.iter().map(edit).collect(),
    }
}

pub(super) fn error<'a>(sources: &'a Sources, error: &'a InputError) -> Error<'a> {
    let located = error.location.map(|l| path(sources, l));
    Error {
        path: error.path.as_deref().or(located).or(error.snippet.as_ref().map(|s| s.name.as_str())),
        range: match (&error.location, &error.snippet) {
            (Some(location), _) => Some(range(sources, *location)),
            (None, Some(snippet)) => Some(snippet_range(snippet)),
            (None, None) => None,
        },
        message: &error.message,
        help: error.help.as_deref(),
    }
}

fn summary(outcome: &Outcome, filter: &Filter) -> Summary {
    let mut diagnostics = Counts::default();
    for (_, checked) in outcome.findings().filter(|(_, f)| filter.shows(&f.finding)) {
        match checked.finding.severity {
            Severity::Error => diagnostics.error += 1,
            Severity::Warning => diagnostics.warning += 1,
            Severity::Info => diagnostics.info += 1,
        }
    }
    let total = |count: fn(&CheckedProject) -> usize| outcome.projects.iter().map(count).sum();
    Summary {
        files: total(|p| p.counts.files),
        files_with_sql: total(|p| p.counts.files_with_sql),
        files_without_sql: outcome.without_sql,
        program_texts: total(|p| p.counts.program_texts),
        skipped_files: outcome.skipped_files,
        statements: total(|p| p.counts.statements),
        unparsed_statements: total(|p| p.counts.reading.unparsed()),
        unjudged_migrations: total(|p| p.project.unjudged_migrations),
        diagnostics,
        coverage: CoverageView::new(outcome.coverage()),
    }
}

fn statement<'a>(
    sources: &'a Sources,
    checked: &'a CheckedProject,
    statement: &'a AnalysedStatement,
) -> Statement<'a> {
    let catalog = &checked.project.catalog;
    let bound = &statement.bound;
    let tables = bound.occurrences.iter().enumerate().filter_map(|(i, occurrence)| {
        let Source::Table(id) = &occurrence.source else { return None };
        let occ = OccId(i as u32);
        let proof = statement.proof.as_ref();
        let owner = proof.and_then(|p| p.occurrences.iter().find(|(o, _)| *o == occ));
        let access = statement.access.iter().find(|a| a.occ == occ);
        Some(Table {
            alias: &occurrence.alias,
            table: catalog.relation(*id).name.to_string(),
            range: range(sources, bound.fragment.locate(occurrence.span)),
            owner: owner.map(|(_, status)| status.name()),
            derivation: derivations(&checked.project, statement, occ)
                .into_iter()
                .flatten()
                .map(|t| step(sources, t))
                .collect(),
            access: access.map(|a| access_view(catalog, catalog.relation(*id), statement, a)),
        })
    });
    Statement {
        path: path(sources, statement.location),
        range: range(sources, statement.location),
        database: &checked.project.database,
        verdict: standing(statement),
        exempt: exempt_view(sources, statement),
        tables: tables.collect(),
    }
}

pub(super) fn exempt_view<'a>(
    sources: &'a Sources,
    statement: &'a AnalysedStatement,
) -> Option<ExemptView<'a>> {
    statement.exempt.as_ref().map(|exempt| ExemptView {
        kind: if exempt.at.is_some() { "comment" } else { "config" },
        reason: &exempt.reason,
        path: exempt.at.map(|at| path(sources, at)),
        range: exempt.at.map(|at| range(sources, at)),
    })
}

impl Tool {
    pub(super) fn own() -> Tool {
        Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

impl CoverageView {
    pub(super) fn new(coverage: Coverage) -> CoverageView {
        let statements = coverage.statements();
        let Coverage { isolated, leaks, unknown, hidden, exempt, global, unjudged } = coverage;
        let Hidden { spliced, tables, columns, functions, syntax } = hidden;
        let unknown_because = HiddenView {
            spliced_text: spliced,
            unknown_table: tables,
            unknown_column: columns,
            opaque_function: functions,
            syntax,
        };
        CoverageView { statements, isolated, leaks, unknown, unknown_because, exempt, global, unjudged }
    }
}

fn step(sources: &Sources, told: Told) -> Step<'_> {
    let Told { kind, text, at, case } = told;
    Step {
        kind,
        text,
        path: at.map(|at| path(sources, at)),
        range: at.map(|at| range(sources, at)),
        case: case.map(|(number, _)| number),
    }
}

fn access_view<'a>(
    catalog: &'a Catalog,
    relation: &'a Relation,
    statement: &'a AnalysedStatement,
    access: &'a Access,
) -> AccessView<'a> {
    let text = &statement.bound.fragment.text;
    AccessView {
        class: access.class.name(),
        indexes: access.indexes.iter().map(|u| index_view(catalog, relation, u)).collect(),
        residual: access
            .residual
            .iter()
            .filter_map(|span| text.get(span.range()))
            .map(|text| statement.bound.fragment.readable(text.to_owned()))
            .collect(),
        sort_needed: access.sort_needed,
    }
}

fn index_view<'a>(catalog: &'a Catalog, relation: &'a Relation, used: &'a IndexUse) -> IndexView<'a> {
    let index = catalog.index_def(used.index);
    let column = |ix: ColumnIx| relation.columns.get(ix as usize).map(|c| c.name.as_str());
    let key = |at: &usize| key_text(catalog, used.index, *at);
    IndexView {
        name: &index.name,
        columns: used.keys.iter().filter_map(key).collect(),
        bound_columns: used.bound.iter().filter_map(key).collect(),
        implied_columns: used.implied.iter().filter_map(|ix| column(*ix)).collect(),
        delivers_order: used.delivers_order,
        index_only: used.index_only,
    }
}

pub(super) fn path(sources: &Sources, location: Location) -> &str {
    &sources.get(location.file).path
}

pub(super) fn range(sources: &Sources, location: Location) -> Range {
    range_in(sources.get(location.file), location.span)
}

fn snippet_range(snippet: &Snippet) -> Range {
    range_in(&SourceFile::new(snippet.name.clone(), snippet.text.as_str().into()), snippet.span)
}

fn range_in(file: &SourceFile, span: Span) -> Range {
    let position = |offset: u32| {
        let crate::source::Position { offset, line, column, utf16 } = file.position(offset);
        Position { offset, line, column, utf16 }
    };
    Range { start: position(span.start), end: position(span.end) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// `schemas/report.schema.json` is generated here: `SQLMOAT_BLESS=1 cargo test --lib schema` writes it anew.
    #[test]
    fn the_schema_of_the_report_is_fresh() {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Report<'_>>();
        schema.insert("title".to_owned(), "sqlmoat's report, version 1".into());
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.schema.json");
        if std::env::var_os("SQLMOAT_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "{} is stale", path.display());
    }
}
