//! `sqlmoat harden`: what a schema lacks, for a person and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{CheckedProject, Outcome};
use crate::harden::count::NAME as COUNT;
use crate::harden::migration::{foreign_key, indexes, of_row_security, policy};
use crate::harden::{Hardening, KeyIndex, LeftOut, NotNull, RowSecurity, TenantKey, Unvalidated};
use crate::report::json::{self, Range, Tool};
use crate::report::summary::counted;
use crate::report::text::{visible, without_commands};
use crate::schema::names::ident;
use crate::source::{Location, Sources};
use crate::suggest::sql;

/// What each project lacks, for a person.
pub fn table(outcome: &Outcome, all: &[(&CheckedProject, Hardening)]) -> String {
    let sources = &outcome.sources;
    let mut out = String::new();
    for (checked, hardening) in all {
        if all.len() > 1 {
            let _ = writeln!(out, "database {}\n", checked.project.database);
        }
        if let Some(function) = &hardening.count {
            let word = if function.before.is_some() { "REPLACE" } else { "CREATE" };
            let _ = writeln!(out, "{word} FUNCTION {COUNT}()");
            for counted in &function.counted {
                let _ = writeln!(out, "  counts    {counted}");
            }
            out.push('\n');
        }
        for column in &hardening.not_null {
            let _ = writeln!(out, "{}", not_null_statement(column));
            if let Some(at) = column.declared {
                let _ = writeln!(out, "  declared  {}", place(sources, at));
            }
            for remark in &column.remarks {
                let _ = writeln!(out, "  mind      {remark}");
            }
            out.push('\n');
        }
        for (key, unique) in indexes(hardening) {
            let _ = writeln!(out, "{}", index_statement(key, unique));
        }
        if indexes(hardening).next().is_some() {
            out.push('\n');
        }
        for key in &hardening.foreign_keys {
            let _ = writeln!(out, "{}", statement(key));
            let verb = if key.replaces { "replaces" } else { "beside  " };
            let _ = writeln!(out, "  {verb}  {}  {}", key.plain.name, place(sources, key.plain.declared));
            for remark in &key.remarks {
                let _ = writeln!(out, "  mind      {remark}");
            }
            for at in &key.settles {
                let _ = writeln!(out, "  settles   {}", place(sources, *at));
            }
            out.push('\n');
        }
        for key in &hardening.unvalidated {
            let _ = writeln!(out, "{}", validation(key));
            let _ = writeln!(out, "  declared  {}\n", place(sources, key.declared));
        }
        for table in &hardening.row_security {
            for statement in security_statements(table) {
                let _ = writeln!(out, "{statement}");
            }
            for remark in &table.remarks {
                let _ = writeln!(out, "  mind      {remark}");
            }
            out.push('\n');
        }
        if let Some(remark) = of_row_security(hardening) {
            let _ = writeln!(out, "Mind: {remark}\n");
        }
        if !hardening.left_out.is_empty() {
            let _ = writeln!(out, "Left out:");
            for LeftOut { measure: _, what, why, declared } in &hardening.left_out {
                let at = declared.map_or_else(String::new, |at| format!("{}  ", place(sources, at)));
                let _ = writeln!(out, "  {at}{what}: {why}");
            }
            out.push('\n');
        }
    }
    let clean = out.lines().fold(String::new(), |mut clean, line| {
        let _ = writeln!(clean, "{}", visible(line));
        clean
    });
    without_commands(clean)
}

/// How much is lacking, in a line.
pub fn summary(all: &[(&CheckedProject, Hardening)]) -> String {
    let keys: usize = all.iter().map(|(_, h)| h.foreign_keys.len() + h.unvalidated.len()).sum();
    let settled: usize = all.iter().flat_map(|(_, h)| &h.foreign_keys).map(|k| k.settles.len()).sum();
    let left: usize = all.iter().map(|(_, h)| h.left_out.len()).sum();
    let mut parts = Vec::new();
    if all.iter().any(|(_, h)| h.count.is_some()) {
        parts.push("a function that counts".to_owned());
    }
    let columns: usize = all.iter().map(|(_, h)| h.not_null.len()).sum();
    if columns > 0 {
        parts.push(counted(columns, "column NOT NULL", "columns NOT NULL"));
    }
    if keys > 0 {
        let settles = match settled {
            0 => String::new(),
            n => {
                let verb = if keys == 1 { "settles" } else { "settle" };
                format!(", which {verb} {}", counted(n, "join", "joins"))
            }
        };
        parts.push(format!("{}{settles}", counted(keys, "key", "keys")));
    }
    let protected: usize = all.iter().map(|(_, h)| h.row_security.len()).sum();
    if protected > 0 {
        parts.push(format!("row security of {}", counted(protected, "table", "tables")));
    }
    if parts.is_empty() {
        parts.push("nothing to add".to_owned());
    }
    if left > 0 {
        parts.push(format!("{left} left out"));
    }
    format!("{}\n", parts.join("; "))
}

/// What each project lacks, as one JSON object.
pub fn json(outcome: &Outcome, all: &[(&CheckedProject, Hardening)]) -> String {
    let sources = &outcome.sources;
    let databases = all.iter().map(|(checked, hardening)| Database {
        database: &checked.project.database,
        counting_function: hardening.count.as_ref().map(|function| CountView {
            name: COUNT,
            counted: &function.counted,
            body: &function.body,
        }),
        not_null: hardening
            .not_null
            .iter()
            .map(|column| NotNullView {
                table: column.table.to_string(),
                column: &column.column,
                statement: not_null_statement(column),
                declared: column.declared.map(|place| at(sources, place)),
                remarks: &column.remarks,
            })
            .collect(),
        unique_keys: hardening.unique_keys.iter().map(|key| index_view(key, true)).collect(),
        indexes: hardening.indexes.iter().map(|key| index_view(key, false)).collect(),
        foreign_keys: hardening.foreign_keys.iter().map(|key| key_view(sources, key)).collect(),
        unvalidated: hardening
            .unvalidated
            .iter()
            .map(|key| UnvalidatedView {
                name: &key.name,
                table: key.table.to_string(),
                statement: validation(key),
                declared: at(sources, key.declared),
            })
            .collect(),
        row_security: hardening
            .row_security
            .iter()
            .map(|table| SecurityView {
                table: table.table.to_string(),
                enable: table.enable,
                force: table.force,
                policies: table.policies.iter().map(|new| new.name.as_str()).collect(),
                statements: security_statements(table),
                remarks: &table.remarks,
            })
            .collect(),
        sessions: hardening
            .sessions
            .iter()
            .map(|session| SessionView { expression: &session.expression, known: session.is_known })
            .collect(),
        left_out: hardening
            .left_out
            .iter()
            .map(|left| LeftOutView {
                measure: left.measure.name(),
                what: &left.what,
                why: &left.why,
                declared: left.declared.map(|place| at(sources, place)),
            })
            .collect(),
    });
    let report = Report {
        schema_version: "1.0",
        tool: Tool::own(),
        root: &outcome.root,
        partial: outcome.partial,
        databases: databases.collect(),
        errors: outcome.errors.iter().map(|e| json::error(sources, e)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Report<'a> {
    schema_version: &'static str,
    tool: Tool,
    root: &'a str,
    partial: bool,
    databases: Vec<Database<'a>>,
    errors: Vec<json::Error<'a>>,
}

#[derive(Serialize)]
struct Database<'a> {
    database: &'a str,
    counting_function: Option<CountView<'a>>,
    not_null: Vec<NotNullView<'a>>,
    unique_keys: Vec<IndexView<'a>>,
    indexes: Vec<IndexView<'a>>,
    foreign_keys: Vec<KeyView<'a>>,
    unvalidated: Vec<UnvalidatedView<'a>>,
    row_security: Vec<SecurityView<'a>>,
    sessions: Vec<SessionView<'a>>,
    left_out: Vec<LeftOutView<'a>>,
}

#[derive(Serialize)]
struct CountView<'a> {
    name: &'static str,
    counted: &'a [String],
    body: &'a str,
}

#[derive(Serialize)]
struct NotNullView<'a> {
    table: String,
    column: &'a str,
    statement: String,
    declared: Option<At<'a>>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct SecurityView<'a> {
    table: String,
    enable: bool,
    force: bool,
    policies: Vec<&'a str>,
    statements: Vec<String>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct SessionView<'a> {
    expression: &'a str,
    /// Whether the configuration or a policy has it.
    known: bool,
}

#[derive(Serialize)]
struct IndexView<'a> {
    name: &'a str,
    table: String,
    columns: &'a [String],
    statement: String,
}

#[derive(Serialize)]
struct KeyView<'a> {
    name: &'a str,
    table: String,
    columns: &'a [String],
    target: String,
    target_columns: &'a [String],
    statement: String,
    /// The key without the tenant.
    plain: &'a str,
    declared: At<'a>,
    /// Whether the plain key is dropped.
    replaces: bool,
    remarks: &'a [String],
    settles: Vec<At<'a>>,
}

#[derive(Serialize)]
struct UnvalidatedView<'a> {
    name: &'a str,
    table: String,
    statement: String,
    declared: At<'a>,
}

#[derive(Serialize)]
struct LeftOutView<'a> {
    measure: &'static str,
    what: &'a str,
    why: &'a str,
    declared: Option<At<'a>>,
}

#[derive(Serialize)]
struct At<'a> {
    path: &'a str,
    range: Range,
}

fn at(sources: &Sources, place: Location) -> At<'_> {
    At { path: json::path(sources, place), range: json::range(sources, place) }
}

fn index_view(key: &KeyIndex, unique: bool) -> IndexView<'_> {
    IndexView {
        name: &key.name,
        table: key.table.to_string(),
        columns: &key.columns,
        statement: index_statement(key, unique),
    }
}

fn key_view<'a>(sources: &'a Sources, key: &'a TenantKey) -> KeyView<'a> {
    KeyView {
        name: &key.name,
        table: key.table.to_string(),
        columns: &key.columns,
        target: key.target.to_string(),
        target_columns: &key.target_columns,
        statement: statement(key),
        plain: &key.plain.name,
        declared: at(sources, key.plain.declared),
        replaces: key.replaces,
        remarks: &key.remarks,
        settles: key.settles.iter().map(|place| at(sources, *place)).collect(),
    }
}

fn not_null_statement(column: &NotNull) -> String {
    let (table, name) = (sql::table(&column.table), ident(&column.column));
    format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")
}

fn index_statement(key: &KeyIndex, unique: bool) -> String {
    let columns: Vec<String> = key.columns.iter().map(|c| ident(c)).collect();
    let (name, table, columns) = (ident(&key.name), sql::table(&key.table), columns.join(", "));
    match (unique, &key.partitions) {
        (true, None) => format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({columns})"),
        (true, Some(_)) => format!("CREATE UNIQUE INDEX {name} ON {table} ({columns})"),
        (false, _) => format!("CREATE INDEX {name} ON {table} ({columns})"),
    }
}

fn security_statements(table: &RowSecurity) -> Vec<String> {
    let name = sql::table(&table.table);
    let mut out: Vec<String> = table
        .policies
        .iter()
        .map(|new| format!("CREATE POLICY {} ON {name}{}", ident(&new.name), policy(new)))
        .collect();
    for (asked, word) in [(table.enable, "ENABLE"), (table.force, "FORCE")] {
        if asked {
            out.push(format!("ALTER TABLE {name} {word} ROW LEVEL SECURITY"));
        }
    }
    out
}

fn statement(key: &TenantKey) -> String {
    format!("ALTER TABLE {} ADD CONSTRAINT {} {}", sql::table(&key.table), ident(&key.name), foreign_key(key))
}

fn validation(key: &Unvalidated) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", sql::table(&key.table), ident(&key.name))
}

/// `schema.sql:12`.
fn place(sources: &Sources, at: Location) -> String {
    let file = sources.get(at.file);
    format!("{}:{}", file.path, file.position(at.span.start).line)
}
