//! The audit as one JSON object, versioned like the report of `check`.

use serde::Serialize;

use super::{Audit, Entry, GroupBy};
use crate::check::Outcome;
use crate::project::Role;
use crate::report::json::{CoverageView, ExemptView, Range, Tool, exempt_view, path, range};
use crate::source::Sources;

#[derive(Serialize)]
struct Report<'a> {
    schema_version: &'static str,
    tool: Tool,
    root: &'a str,
    partial: bool,
    group_by: &'static str,
    summary: Summary,
    unseen: Vec<UnseenView<'a>>,
    exceptions: Vec<ExceptionView<'a>>,
    groups: Vec<GroupView<'a>>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    skipped_files: usize,
    unparsed_statements: usize,
    views: usize,
    coverage: CoverageView,
}

#[derive(Serialize)]
struct UnseenView<'a> {
    message: &'a str,
    places: Vec<PlaceView<'a>>,
}

#[derive(Serialize)]
struct PlaceView<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct ExceptionView<'a> {
    path: &'a str,
    range: Range,
    what: &'a str,
    kind: &'static str,
    reason: &'a str,
    written: Option<PlaceView<'a>>,
    about: &'a str,
}

#[derive(Serialize)]
struct GroupView<'a> {
    name: &'a str,
    note: Option<&'a str>,
    statements: Vec<EntryView<'a>>,
}

#[derive(Serialize)]
struct EntryView<'a> {
    path: &'a str,
    range: Range,
    database: &'a str,
    kind: &'static str,
    function: Option<&'a str>,
    verdict: &'static str,
    exempt: Option<ExemptView<'a>>,
    sql: &'a str,
    tables: Vec<TableView<'a>>,
    defects: Vec<DefectView<'a>>,
}

#[derive(Serialize)]
struct TableView<'a> {
    table: &'a str,
    alias: &'a str,
    owner: Option<&'static str>,
    access: Option<&'static str>,
}

#[derive(Serialize)]
struct DefectView<'a> {
    rule: &'static str,
    message: &'a str,
    path: &'a str,
    range: Range,
}

/// The audit as JSON, indented, with a line break at its end.
pub fn json(outcome: &Outcome, by: GroupBy) -> String {
    let audit = Audit::new(outcome, by);
    let sources = audit.sources;
    let place = |at| PlaceView { path: path(sources, at), range: range(sources, at) };
    let report = Report {
        schema_version: "1.0",
        tool: Tool::own(),
        root: &outcome.root,
        partial: outcome.partial,
        group_by: match by {
            GroupBy::File => "file",
            GroupBy::Table => "table",
        },
        summary: Summary {
            files: audit.files,
            skipped_files: outcome.skipped_files,
            unparsed_statements: outcome.projects.iter().map(|p| p.counts.reading.unparsed()).sum(),
            views: audit.views,
            coverage: CoverageView::new(audit.coverage),
        },
        unseen: audit
            .unseen
            .iter()
            .map(|u| UnseenView { message: &u.what, places: u.places.iter().map(|at| place(*at)).collect() })
            .collect(),
        exceptions: audit
            .exceptions
            .iter()
            .map(|e| ExceptionView {
                path: path(sources, e.at),
                range: range(sources, e.at),
                what: e.what,
                kind: e.kind,
                reason: e.reason,
                written: e.written.map(place),
                about: &e.about,
            })
            .collect(),
        groups: audit
            .groups
            .iter()
            .map(|g| GroupView {
                name: &g.name,
                note: g.note.as_deref(),
                statements: g.entries.iter().map(|e| entry(sources, e)).collect(),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn entry<'a>(sources: &'a Sources, entry: &'a Entry<'a>) -> EntryView<'a> {
    let statement = entry.statement;
    EntryView {
        path: path(sources, statement.location),
        range: range(sources, statement.location),
        database: entry.database,
        kind: match statement.role {
            Role::View(_) => "view",
            Role::Function(_) => "function",
            Role::Policy(_) => "policy",
            Role::Query | Role::Schema => "query",
        },
        function: match &statement.role {
            Role::View(name) | Role::Function(name) | Role::Policy(name) => Some(name),
            Role::Query | Role::Schema => statement.function.as_deref(),
        },
        verdict: entry.verdict,
        exempt: exempt_view(sources, statement),
        sql: &entry.sql,
        tables: entry
            .tables
            .iter()
            .map(|t| TableView {
                table: &t.name,
                alias: t.alias,
                owner: t.owner.map(|o| o.name()),
                access: t.access.map(|a| a.name()),
            })
            .collect(),
        defects: entry
            .defects
            .iter()
            .map(|(rule, message, at)| DefectView {
                rule,
                message,
                path: path(sources, *at),
                range: range(sources, *at),
            })
            .collect(),
    }
}
