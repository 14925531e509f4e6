//! `sqlmoat audit`: every statement with its verdict, every exception with its reason, by file or by table; and what was
//! not seen, since a list of verdicts says nothing of what it leaves out. This is the report as data; its formats are
//! beside.

mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::text;

use std::collections::{BTreeMap, HashSet};

use crate::check::{CheckedProject, Coverage, Outcome};
use crate::project::{AnalysedStatement, Exempt, Role};
use crate::prove::verdict::{AccessClass, OwnerStatus};
use crate::query::model::{Body, OccId, Source};
use crate::report::proof::{tables, view_word};
use crate::report::schema::owner_path;
use crate::report::standing;
use crate::rules;
use crate::source::{Location, Sources};

/// What statements are listed under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// The file they stand in.
    #[default]
    File,
    /// Each table that they name.
    Table,
}

/// Everything that an audit tells.
struct Audit<'a> {
    sources: &'a Sources,
    by: GroupBy,
    files: usize,
    coverage: Coverage,
    views: usize,
    unseen: Vec<Unseen>,
    groups: Vec<Group<'a>>,
    exceptions: Vec<Exception<'a>>,
}

/// Something that no verdict covers.
struct Unseen {
    /// One sentence without a full stop.
    what: String,
    /// Where, if in particular places.
    places: Vec<Location>,
}

/// The statements of one file, or those that name one table.
struct Group<'a> {
    name: String,
    /// Of a table: how its rows are owned.
    note: Option<String>,
    entries: Vec<Entry<'a>>,
}

/// One statement.
#[derive(Clone)]
struct Entry<'a> {
    statement: &'a AnalysedStatement,
    database: &'a str,
    verdict: &'static str,
    /// Its text on one line.
    sql: String,
    tables: Vec<Table<'a>>,
    /// Rule and message of each defect.
    defects: Vec<(&'static str, String, Location)>,
}

#[derive(Clone)]
struct Table<'a> {
    name: String,
    alias: &'a str,
    owner: Option<OwnerStatus>,
    access: Option<AccessClass>,
}

/// A written exception: of a whole statement, or of one finding.
struct Exception<'a> {
    /// The statement, or the finding's place.
    at: Location,
    /// `tenant isolation`, or the rule.
    what: &'a str,
    kind: &'static str,
    reason: &'a str,
    /// The comment, where there is one.
    written: Option<Location>,
    /// What is excepted, one line.
    about: String,
}

impl<'a> Audit<'a> {
    fn new(outcome: &'a Outcome, by: GroupBy) -> Audit<'a> {
        let sources = &outcome.sources;
        let mut audit = Audit {
            sources,
            by,
            files: outcome.projects.iter().map(|p| p.counts.files).sum(),
            coverage: outcome.coverage(),
            views: 0,
            unseen: unseen(outcome),
            groups: Vec::new(),
            exceptions: Vec::new(),
        };
        let mut groups: BTreeMap<(usize, String), Group<'a>> = BTreeMap::new();
        for (position, checked) in outcome.projects.iter().enumerate() {
            let several = outcome.projects.len() > 1;
            let mut listed: Vec<&AnalysedStatement> = listed(checked).collect();
            listed.sort_by_key(|s| s.location);
            for statement in listed {
                let entry = entry(sources, checked, statement);
                audit.views += usize::from(matches!(statement.role, Role::View(_)));
                if let Some(exempt) = &statement.exempt {
                    audit.exceptions.push(of_statement(statement, exempt, &entry.sql));
                }
                for (order, name, note) in keys(sources, checked, &entry, by) {
                    let name = match several && by == GroupBy::Table {
                        true => format!("{}: {name}", checked.project.database),
                        false => name,
                    };
                    let order = if by == GroupBy::Table { position * 2 + order } else { order };
                    let group = groups.entry((order, name.clone())).or_insert_with(|| Group {
                        name,
                        note,
                        entries: Vec::new(),
                    });
                    group.entries.push(entry.clone());
                }
            }
            audit.exceptions.extend(of_findings(checked));
        }
        audit.groups = groups.into_values().collect();
        audit.exceptions.sort_by(|a, b| (a.at, a.what).cmp(&(b.at, b.what)));
        audit
    }

    /// The counts: files, statements by verdict, views.
    fn headline(&self, coverage: &str) -> String {
        let views = match self.views {
            0 => String::new(),
            n => format!("; {} beside them", counted(n, "view", "views")),
        };
        format!("{}, {coverage}{views}", counted(self.files, "file", "files"))
    }
}

/// Judged statements of reported files, and views.
fn listed(checked: &CheckedProject) -> impl Iterator<Item = &AnalysedStatement> {
    checked.project.statements.iter().filter(|s| {
        let is_view = matches!(s.role, Role::View(_)) && !matches!(s.bound.body, Body::Utility);
        checked.is_reported(s.location.file) && (s.is_judged() || is_view)
    })
}

fn entry<'a>(
    sources: &'a Sources,
    checked: &'a CheckedProject,
    statement: &'a AnalysedStatement,
) -> Entry<'a> {
    let project = &checked.project;
    let name = |occ: OccId| match &statement.bound.occurrence(occ).source {
        Source::Table(rel) | Source::View { view: rel, query: _ } => {
            project.catalog.relation(*rel).name.to_string()
        }
        Source::Cte(_)
        | Source::Derived(_)
        | Source::Function { .. }
        | Source::Call(_)
        | Source::System(_)
        | Source::Tuple(_)
        | Source::Unknown(_) => statement.bound.occurrence(occ).alias.clone(),
    };
    let table = |(occ, owner): (OccId, Option<OwnerStatus>)| Table {
        name: name(occ),
        alias: &statement.bound.occurrence(occ).alias,
        owner,
        access: statement.access.iter().find(|a| a.occ == occ).map(|a| a.class),
    };
    let defects = rules::of_defects(project, statement);
    let verdict = match (&statement.role, &statement.proof) {
        (Role::View(_), Some(proof)) => view_word(proof),
        _ => standing(statement).unwrap_or("unjudged"),
    };
    Entry {
        statement,
        database: &project.database,
        verdict,
        sql: match statement.bound.fragment.host {
            Some(_) => one_line(&statement.bound.text()),
            None => {
                let Location { file, span } = statement.location;
                one_line(sources.get(file).text.get(span.range()).unwrap_or_default())
            }
        },
        tables: tables(statement).into_iter().map(|(occ, _, owner)| table((occ, owner))).collect(),
        defects: defects.into_iter().map(|(_, f)| (f.rule, f.message, f.primary)).collect(),
    }
}

/// The groups that an entry is listed under, each with what comes first in order, its name and a note.
fn keys(
    sources: &Sources,
    checked: &CheckedProject,
    entry: &Entry<'_>,
    by: GroupBy,
) -> Vec<(usize, String, Option<String>)> {
    if by == GroupBy::File {
        return vec![(0, sources.get(entry.statement.location.file).path.clone(), None)];
    }
    let project = &checked.project;
    let mut keys: Vec<(usize, String, Option<String>)> = Vec::new();
    for (_, occurrence, _) in tables(entry.statement) {
        let (Source::Table(rel) | Source::View { view: rel, query: _ }) = occurrence.source else { continue };
        let name = project.catalog.relation(rel).name.to_string();
        if !keys.iter().any(|(_, known, _)| *known == name) {
            keys.push((0, name, Some(owner_path(project, rel))));
        }
    }
    if keys.is_empty() {
        keys.push((1, "(no table of the schema)".to_owned(), None));
    }
    keys
}

fn of_statement<'a>(statement: &AnalysedStatement, exempt: &'a Exempt, sql: &str) -> Exception<'a> {
    Exception {
        at: statement.location,
        what: "tenant isolation",
        kind: if exempt.at.is_some() { "comment" } else { "config" },
        reason: &exempt.reason,
        written: exempt.at,
        about: sql.to_owned(),
    }
}

/// Findings that do not count, apart from those of statements that are exempt as a whole.
fn of_findings(checked: &CheckedProject) -> impl Iterator<Item = Exception<'_>> {
    let whole: HashSet<Location> =
        listed(checked).filter(|s| s.exempt.is_some()).map(|s| s.location).collect();
    let tenant = |rule: &str| rules::find(rule).is_some_and(|r| r.facts.family == rules::Family::Tenant);
    checked.findings.iter().filter_map(move |checked| {
        let suppressed = checked.suppressed.as_ref()?;
        let finding = &checked.finding;
        let told = tenant(finding.rule) && finding.statement.is_some_and(|at| whole.contains(&at));
        (!told).then(|| Exception {
            at: finding.primary,
            what: finding.rule,
            kind: suppressed.kind.name(),
            reason: &suppressed.reason,
            written: suppressed.at,
            about: finding.message.clone(),
        })
    })
}

/// What no verdict covers.
fn unseen(outcome: &Outcome) -> Vec<Unseen> {
    let mut all = Vec::new();
    let mut add = |what: String, places: Vec<Location>| all.push(Unseen { what, places });
    for notice in outcome.notices.iter().filter(|n| n.degraded) {
        add(notice.message.clone(), Vec::new());
    }
    for error in &outcome.errors {
        let path = error.path.as_ref().map_or_else(String::new, |path| format!("{path}: "));
        add(format!("{path}{}", error.message), Vec::new());
    }
    let unparsed: Vec<Location> = outcome
        .projects
        .iter()
        .flat_map(|c| c.project.problems.iter().filter(|p| c.is_reported(p.primary.file)))
        .filter(|p| p.rule == "unparsed-statement")
        .map(|p| p.statement.unwrap_or(p.primary))
        .collect();
    if !unparsed.is_empty() {
        add(format!("{} could not be read", counted(unparsed.len(), "statement", "statements")), unparsed);
    }
    let foreign: Vec<Location> = outcome
        .projects
        .iter()
        .flat_map(|c| c.project.catalog.functions.iter().filter(|f| c.is_reported(f.declared.file)))
        .filter(|f| !f.is_read() && f.language != "internal")
        .map(|f| f.declared)
        .collect();
    if !foreign.is_empty() {
        let what = counted(foreign.len(), "function", "functions");
        add(format!("the bodies of {what} in other languages than SQL and PL/pgSQL"), foreign);
    }
    let spliced: Vec<Location> = outcome
        .projects
        .iter()
        .flat_map(|c| c.project.splices.iter().filter(|s| c.is_reported(s.location.file)))
        .map(|s| s.location)
        .collect();
    if !spliced.is_empty() {
        let what = counted(spliced.len(), "text that a body splices", "texts that bodies splice");
        add(format!("{what} into SQL before executing it"), spliced);
    }
    add(
        "SQL in strings inside SQL, in files of languages that are not read, in bundled programs, and text that comes from other files of a program".to_owned(),
        Vec::new(),
    );
    all
}

/// Characters of a statement that are quoted, at most.
const QUOTED: usize = 120;

/// A statement's text on one line, comments as they are.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((cut, _)) = line.char_indices().nth(QUOTED) {
            line.truncate(cut);
            line.push('…');
            break;
        }
    }
    line
}

/// Entries by verdict, the worst first: `3 leaks, 2 isolated`.
fn verdicts(entries: &[Entry<'_>]) -> String {
    const ORDER: [&str; 6] = ["leaks", "unknown", "unjudged", "exempt", "isolated", "global"];
    let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for entry in entries {
        let rank = ORDER.iter().position(|v| *v == entry.verdict).unwrap_or(ORDER.len());
        *counts.entry((rank, entry.verdict)).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|((_, verdict), n)| format!("{n} {verdict}")).collect();
    parts.join(", ")
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// What a statement belongs to: `the function x`, the name that a query file gives it.
fn belongs(entry: &Entry<'_>) -> Option<String> {
    match (&entry.statement.role, &entry.statement.function) {
        (Role::View(name), _) => Some(format!("view {name}")),
        (Role::Function(name), _) => Some(format!("function {name}")),
        (Role::Policy(name), _) => Some(format!("policy {name}")),
        (Role::Query | Role::Schema, name) => name.clone(),
    }
}
