//! What `suggest` and `harden` print alike: text with the project's words in it, migrations as one text, the frame of
//! the JSON object.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::Outcome;
use crate::report::json::{self, Tool};
use crate::report::text::{visible, without_commands};
use crate::suggest::Toolchain;
use crate::suggest::writer::Migration;

/// Lines for a person, with what a terminal would take for a command made visible.
pub(super) fn shown(text: &str) -> String {
    let clean = text.lines().fold(String::new(), |mut clean, line| {
        let _ = writeln!(clean, "{}", visible(line));
        clean
    });
    without_commands(clean)
}

/// Migrations as one text, each file under its path.
pub fn migrations(all: &[(Toolchain, Migration)]) -> String {
    let mut out = String::new();
    for (chain, migration) in all {
        for file in &migration.files {
            let path = match chain.directory.as_str() {
                "" => file.name.clone(),
                directory => format!("{directory}/{}", file.name),
            };
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(out, "-- ==> {}", visible(&path));
            out.push_str(&file.text);
        }
    }
    out
}

/// One JSON object, with what is proposed to each database.
pub(super) fn json<D: Serialize>(outcome: &Outcome, databases: Vec<D>) -> String {
    let report = Report {
        schema_version: "1.0",
        tool: Tool::own(),
        root: &outcome.root,
        partial: outcome.partial,
        databases,
        errors: outcome.errors.iter().map(|e| json::error(&outcome.sources, e)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Report<'a, D> {
    schema_version: &'static str,
    tool: Tool,
    root: &'a str,
    partial: bool,
    databases: Vec<D>,
    errors: Vec<json::Error<'a>>,
}
