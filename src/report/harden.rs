//! `sqlmoat harden`: what a schema lacks, for a person and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{CheckedProject, Outcome};
use crate::harden::count::NAME as COUNT;
use crate::harden::effect::{Effect, Told};
use crate::harden::migration::{foreign_key, indexes, of_row_security, policy};
use crate::harden::{
    Hardening, KeyIndex, LeftOut, NotNull, RowSecurity, TenantColumn, TenantKey, Unvalidated,
};
use crate::report::json::{self, Range};
use crate::report::proposal;
use crate::report::summary::counted;
use crate::schema::names::ident;
use crate::source::{Location, Sources};
use crate::suggest::sql;

/// What each project lacks, for a person.
pub fn table(outcome: &Outcome, all: &[(&CheckedProject, &Hardening)]) -> String {
    let sources = &outcome.sources;
    let mut out = String::new();
    for (checked, hardening) in all {
        if all.len() > 1 {
            let _ = writeln!(out, "database {}\n", checked.project.database);
        }
        for new in &hardening.tenant_columns {
            let _ = writeln!(out, "{}", column_statement(new));
            let _ = writeln!(out, "  from      {}", origin(new));
            if let Some(at) = new.declared {
                let _ = writeln!(out, "  declared  {}", place(sources, at));
            }
            out.push('\n');
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
            for told in key.settles.chunk_by(|a, b| a.at == b.at) {
                let rules: Vec<&str> = told.iter().map(|told| told.rule).collect();
                let at = told.first().map_or_else(String::new, |told| place(sources, told.at));
                let _ = writeln!(out, "  settles   {at}  {}", rules.join(", "));
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
        effect(&mut out, sources, hardening);
    }
    proposal::shown(&out)
}

/// What becomes of findings, but for what is said beside a key that settles it.
fn effect(out: &mut String, sources: &Sources, hardening: &Hardening) {
    let Effect { settled, unsettled, raised } = &hardening.effect;
    let said = |told: &&Told| hardening.foreign_keys.iter().any(|key| key.settles.contains(*told));
    let mut list = |head: &str, all: &[&Told]| {
        if !all.is_empty() {
            let _ = writeln!(out, "{head}:");
        }
        for told in all {
            let _ = writeln!(out, "  {}  {}", place(sources, told.at), told.rule);
        }
        if !all.is_empty() {
            out.push('\n');
        }
    };
    list("Settled as well", &settled.iter().filter(|told| !said(told)).collect::<Vec<_>>());
    let mut whys: Vec<&str> = Vec::new();
    for (_, why) in unsettled {
        if !whys.contains(&why.as_str()) {
            whys.push(why);
        }
    }
    for why in whys {
        let of_it = unsettled.iter().filter(|(_, other)| other == why).map(|(told, _)| told);
        list(&format!("Not settled, {why}"), &of_it.collect::<Vec<_>>());
    }
    list("Reported then", &raised.iter().collect::<Vec<_>>());
}

/// How much is lacking, in a line.
pub fn summary(all: &[(&CheckedProject, &Hardening)]) -> String {
    let keys: usize = all.iter().map(|(_, h)| h.foreign_keys.len() + h.unvalidated.len()).sum();
    let settled: usize = all.iter().map(|(_, h)| h.effect.settled.len()).sum();
    let unsettled: usize = all.iter().map(|(_, h)| h.effect.unsettled.len()).sum();
    let left: usize = all.iter().map(|(_, h)| h.left_out.len()).sum();
    let mut parts = Vec::new();
    let added: usize = all.iter().map(|(_, h)| h.tenant_columns.len()).sum();
    if added > 0 {
        parts.push(counted(added, "tenant column", "tenant columns"));
    }
    if all.iter().any(|(_, h)| h.count.is_some()) {
        parts.push("a function that counts".to_owned());
    }
    let columns: usize = all.iter().map(|(_, h)| h.not_null.len()).sum();
    if columns > 0 {
        parts.push(counted(columns, "column NOT NULL", "columns NOT NULL"));
    }
    if keys > 0 {
        parts.push(counted(keys, "key", "keys"));
    }
    let protected: usize = all.iter().map(|(_, h)| h.row_security.len()).sum();
    if protected > 0 {
        parts.push(format!("row security of {}", counted(protected, "table", "tables")));
    }
    if parts.is_empty() {
        parts.push("nothing to add".to_owned());
    }
    if settled > 0 {
        parts.push(format!("{} settled", counted(settled, "finding", "findings")));
    }
    if unsettled > 0 {
        parts.push(format!("{} not", counted(unsettled, "join", "joins")));
    }
    if left > 0 {
        parts.push(format!("{left} left out"));
    }
    format!("{}\n", parts.join("; "))
}

/// What each project lacks, as one JSON object.
pub fn json(outcome: &Outcome, all: &[(&CheckedProject, &Hardening)]) -> String {
    let sources = &outcome.sources;
    let databases = all.iter().map(|(checked, hardening)| Database {
        database: &checked.project.database,
        tenant_columns: hardening
            .tenant_columns
            .iter()
            .map(|new| ColumnView {
                table: new.table.to_string(),
                column: &new.column,
                column_type: &new.ty,
                parent: new.parent.to_string(),
                parent_column: &new.parent_column,
                by: new.pairs.iter().map(|(own, _)| own.as_str()).collect(),
                trigger: &new.trigger,
                statement: column_statement(new),
                declared: new.declared.map(|place| at(sources, place)),
            })
            .collect(),
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
        settled: told_views(sources, &hardening.effect.settled),
        unsettled: hardening
            .effect
            .unsettled
            .iter()
            .map(|(told, why)| UnsettledView { told: told_view(sources, told), why })
            .collect(),
        raised: told_views(sources, &hardening.effect.raised),
    });
    proposal::json(outcome, databases.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Database<'a> {
    database: &'a str,
    tenant_columns: Vec<ColumnView<'a>>,
    counting_function: Option<CountView<'a>>,
    not_null: Vec<NotNullView<'a>>,
    unique_keys: Vec<IndexView<'a>>,
    indexes: Vec<IndexView<'a>>,
    foreign_keys: Vec<KeyView<'a>>,
    unvalidated: Vec<UnvalidatedView<'a>>,
    row_security: Vec<SecurityView<'a>>,
    sessions: Vec<SessionView<'a>>,
    left_out: Vec<LeftOutView<'a>>,
    /// Findings that are no longer reported when all of it is applied.
    settled: Vec<ToldView<'a>>,
    /// Joins that still are.
    unsettled: Vec<UnsettledView<'a>>,
    /// Findings that are reported only then.
    raised: Vec<ToldView<'a>>,
}

#[derive(Serialize)]
struct ToldView<'a> {
    rule: &'static str,
    message: &'a str,
    #[serde(flatten)]
    at: At<'a>,
}

#[derive(Serialize)]
struct UnsettledView<'a> {
    #[serde(flatten)]
    told: ToldView<'a>,
    why: &'a str,
}

#[derive(Serialize)]
struct ColumnView<'a> {
    table: String,
    column: &'a str,
    column_type: &'a str,
    parent: String,
    parent_column: &'a str,
    /// The columns that refer to the parent.
    by: Vec<&'a str>,
    trigger: &'a str,
    statement: String,
    /// Where the table is.
    declared: Option<At<'a>>,
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
    settles: Vec<ToldView<'a>>,
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

fn told_view<'a>(sources: &'a Sources, told: &'a Told) -> ToldView<'a> {
    ToldView { rule: told.rule, message: &told.message, at: at(sources, told.at) }
}

fn told_views<'a>(sources: &'a Sources, all: &'a [Told]) -> Vec<ToldView<'a>> {
    all.iter().map(|told| told_view(sources, told)).collect()
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
        settles: told_views(sources, &key.settles),
    }
}

fn column_statement(new: &TenantColumn) -> String {
    format!("ALTER TABLE {} ADD COLUMN {} {}", sql::table(&new.table), ident(&new.column), new.ty)
}

/// `invoice.org_id by invoice_id`.
fn origin(new: &TenantColumn) -> String {
    let own: Vec<&str> = new.pairs.iter().map(|(own, _)| own.as_str()).collect();
    format!("{}.{} by {}", new.parent, new.parent_column, own.join(", "))
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
