//! `sqlmoat suggest`: suggested indexes for a person and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{CheckedProject, Outcome};
use crate::prove::access::Lack;
use crate::prove::verdict::MissReason;
use crate::report::json::{self, Range};
use crate::report::proposal;
use crate::report::summary::counted;
use crate::source::Sources;
use crate::suggest::{Part, Read, Suggested, Suggestion};

/// The suggestions for each project, for a person.
pub fn table(outcome: &Outcome, suggestions: &[(&CheckedProject, Suggestion)]) -> String {
    let sources = &outcome.sources;
    let mut out = String::new();
    for (checked, suggestion) in suggestions {
        if suggestions.len() > 1 {
            let _ = writeln!(out, "database {}\n", checked.project.database);
        }
        for extension in &suggestion.extensions {
            let _ = writeln!(out, "CREATE EXTENSION {extension}\n");
        }
        for index in &suggestion.indexes {
            let _ = writeln!(out, "{}", index.statement());
            for read in index.places().values() {
                let _ = writeln!(out, "  serves    {}", shown(sources, read));
            }
            for redundant in &index.redundant {
                let file = sources.get(redundant.declared.file);
                let line = file.position(redundant.declared.span.start).line;
                let _ = writeln!(out, "  replaces  {}  {}:{line}", redundant.name, file.path);
            }
            out.push('\n');
        }
        if !suggestion.unserved.is_empty() {
            let _ = writeln!(out, "No index serves, as they are written:");
            for read in &suggestion.unserved {
                let why =
                    read.why.as_ref().and_then(reason).map_or_else(String::new, |why| format!(": {why}"));
                let _ = writeln!(out, "  {}{why}", shown(sources, read));
            }
            out.push('\n');
        }
    }
    proposal::shown(&out)
}

/// How much was suggested, in a line.
pub fn summary(suggestions: &[(&CheckedProject, Suggestion)]) -> String {
    let all = || suggestions.iter().map(|(_, s)| s);
    let indexes: usize = all().map(|s| s.indexes.len()).sum();
    let served: usize = all().flat_map(|s| &s.indexes).map(|i| i.serves.len()).sum();
    let unserved: usize = all().map(|s| s.unserved.len()).sum();
    let redundant: usize = all().flat_map(|s| &s.indexes).map(|i| i.redundant.len()).sum();
    if indexes == 0 && unserved == 0 {
        return "every read is served by the indexes that there are\n".to_owned();
    }
    let mut text = format!(
        "{} {} {}",
        counted(indexes, "index", "indexes"),
        if indexes == 1 { "serves" } else { "serve" },
        counted(served, "read", "reads")
    );
    if redundant > 0 {
        let _ = write!(
            text,
            ", {} redundant then",
            counted(redundant, "existing index is", "existing indexes are")
        );
    }
    if unserved > 0 {
        let _ = write!(text, "; {} not served by any", counted(unserved, "read is", "reads are"));
    }
    text.push('\n');
    text
}

/// The suggestions for each project as one JSON object.
pub fn json(outcome: &Outcome, suggestions: &[(&CheckedProject, Suggestion)]) -> String {
    let sources = &outcome.sources;
    let databases = suggestions.iter().map(|(checked, suggestion)| Database {
        database: &checked.project.database,
        extensions: &suggestion.extensions,
        indexes: suggestion.indexes.iter().map(|index| index_view(sources, index)).collect(),
        unserved: suggestion.unserved.iter().map(|read| read_view(sources, read)).collect(),
    });
    proposal::json(outcome, databases.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Database<'a> {
    database: &'a str,
    extensions: &'a [&'static str],
    indexes: Vec<IndexView<'a>>,
    unserved: Vec<ReadView<'a>>,
}

#[derive(Serialize)]
struct IndexView<'a> {
    name: &'a str,
    table: String,
    method: &'a str,
    keys: &'a [String],
    include: &'a [String],
    predicate: Option<&'a str>,
    extension: Option<&'static str>,
    statement: String,
    /// Of a partitioned table: one index for each partition.
    partitions: Option<Vec<PartView<'a>>>,
    serves: Vec<ReadView<'a>>,
    redundant: Vec<RedundantView<'a>>,
}

#[derive(Serialize)]
struct PartView<'a> {
    name: &'a str,
    table: String,
    partitions: Vec<PartView<'a>>,
}

#[derive(Serialize)]
struct ReadView<'a> {
    path: &'a str,
    range: Range,
    function: Option<&'a str>,
    table: String,
    lack: &'static str,
    /// Whether it can reach rows of other tenants.
    leaks: bool,
    /// Of a read that no index was found for: what keeps indexes from it.
    why: Option<String>,
}

#[derive(Serialize)]
struct RedundantView<'a> {
    name: &'a str,
    table: String,
    path: &'a str,
    range: Range,
}

fn index_view<'a>(sources: &'a Sources, index: &'a Suggested) -> IndexView<'a> {
    IndexView {
        name: &index.name,
        table: index.table.to_string(),
        method: &index.definition.method,
        keys: &index.definition.keys,
        include: &index.definition.include,
        predicate: index.definition.predicate.as_deref(),
        extension: index.extension,
        statement: index.statement(),
        partitions: index.partitions.as_ref().map(|parts| parts.iter().map(part_view).collect()),
        serves: index.serves.iter().map(|read| ReadView { why: None, ..read_view(sources, read) }).collect(),
        redundant: index
            .redundant
            .iter()
            .map(|r| RedundantView {
                name: &r.name,
                table: r.table.to_string(),
                path: json::path(sources, r.declared),
                range: json::range(sources, r.declared),
            })
            .collect(),
    }
}

fn part_view(part: &Part) -> PartView<'_> {
    PartView {
        name: &part.name,
        table: part.table.to_string(),
        partitions: part.parts.iter().map(part_view).collect(),
    }
}

fn read_view<'a>(sources: &'a Sources, read: &'a Read) -> ReadView<'a> {
    ReadView {
        path: json::path(sources, read.at),
        range: json::range(sources, read.at),
        function: read.function.as_deref(),
        table: read.table.to_string(),
        lack: match read.lack {
            Lack::Predicate => "predicate",
            Lack::Join(_) => "join",
            Lack::Sort => "sort",
        },
        leaks: read.leaks,
        why: read.why.as_ref().and_then(reason),
    }
}

/// What keeps indexes from serving a predicate, in words.
fn reason(why: &MissReason) -> Option<String> {
    Some(match why {
        MissReason::Function { name } => format!("the column is inside {name}()"),
        MissReason::Cast { to } => format!("the column is cast to {to}"),
        MissReason::Arithmetic { operator } => format!("the column is an operand of `{operator}`"),
        MissReason::LeadingWildcard => "the pattern begins with a wildcard".to_owned(),
        MissReason::Negation => "it excludes values instead of choosing them".to_owned(),
        MissReason::DistinctFrom => "IS DISTINCT FROM is served by no index".to_owned(),
        MissReason::OwnColumn => "the value depends on another column of the row".to_owned(),
        MissReason::Volatile => "the value may differ from row to row".to_owned(),
        MissReason::Optional => "it holds for every row where the parameter is NULL".to_owned(),
        MissReason::ArrayMember => "an array is searched by `column @> ARRAY[value]`".to_owned(),
        MissReason::OrArm => "an arm of its OR is served by no index".to_owned(),
        MissReason::Predicate { .. }
        | MissReason::PatternNotConstant
        | MissReason::PatternCase
        | MissReason::PatternCollation
        | MissReason::Collation
        | MissReason::OperatorClass { .. }
        | MissReason::NotLeading => return None,
    })
}

/// `queries/a.sql:12 (ListA): predicates on t`.
fn shown(sources: &Sources, read: &Read) -> String {
    let file = sources.get(read.at.file);
    let line = file.position(read.at.span.start).line;
    let function = read.function.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let lack = match read.lack {
        Lack::Predicate => "predicates",
        Lack::Join(_) => "join",
        Lack::Sort => "order",
    };
    let leaks = if read.leaks { ", which is not tied to a tenant" } else { "" };
    format!("{}:{line}{function}  {lack} of {}{leaks}", file.path, read.table)
}
