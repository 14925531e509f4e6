//! `--output-format json`, version 1: positions in every unit, and every field that the format promises.

use std::path::Path;

use serde_json::{Value, json};
use sqlmoat::check::{Outcome, Request};
use sqlmoat::report::json::{self, Options};

const SCHEMA: &str = "CREATE TABLE workspace (id uuid PRIMARY KEY);
CREATE TABLE note (id uuid PRIMARY KEY, workspace_id uuid REFERENCES workspace);
CREATE INDEX note_workspace_idx ON note (workspace_id);
";

fn check(folder: &Path, files: &[(&str, &[u8])]) -> Outcome {
    let config = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"schema.sql\"]\n";
    std::fs::write(folder.join("sqlmoat.toml"), config).expect("the folder can be written");
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).expect("the folder can be written");
    }
    let working = folder.canonicalize().expect("the folder is there");
    sqlmoat::check::run(&Request { paths: vec![working.clone()], working, ..Request::default() })
}

fn report(outcome: &Outcome) -> Value {
    let text = json::json(outcome, Options { show_proofs: true, ..Options::default() });
    serde_json::from_str(&text).expect("the report is JSON")
}

#[test]
fn positions_count_bytes_code_points_and_utf16_units() {
    let folder = tempfile::tempdir().expect("a folder");
    // A byte order mark, CRLF, and before the token that cannot be read one character of four bytes.
    let query = "\u{feff}SELECT 1;\r\n  SELECT '😀é' FORM note;\r\n";
    let outcome = check(folder.path(), &[("schema.sql", SCHEMA.as_bytes()), ("q.sql", query.as_bytes())]);
    let report = report(&outcome);
    let found: Vec<&Value> = report["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|d| d["rule"] == "unparsed-statement")
        .collect();
    let [found] = found.as_slice() else { panic!("one finding, not {found:#?}") };
    let token = query.find("note").expect("it is there");
    assert_eq!(found["path"], "q.sql");
    assert_eq!(
        found["range"],
        json!({
            "start": {"offset": token, "line": 2, "column": 20, "utf16": 21},
            "end": {"offset": token + 4, "line": 2, "column": 24, "utf16": 25},
        })
    );
    let start = query.rfind("SELECT").expect("it is there");
    assert_eq!(found["statement"]["start"], json!({"offset": start, "line": 2, "column": 3, "utf16": 3}));
    assert_eq!(
        found["statement"]["end"]["offset"],
        json!(token + 4),
        "a statement ends before its semicolon"
    );
    assert_eq!(report["partial"], true);
    assert_eq!(report["summary"]["unparsed_statements"], 1);
}

#[test]
fn every_field_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = check(folder.path(), &[("schema.sql", SCHEMA.as_bytes())]);
    let report = report(&outcome);
    assert_eq!(report["schema_version"], "1.0");
    assert_eq!(report["tool"], json!({"name": "sqlmoat", "version": env!("CARGO_PKG_VERSION")}));
    assert_eq!(report["errors"], json!([]));
    assert_eq!(report["summary"]["diagnostics"], json!({"error": 0, "warning": 1, "info": 0}));
    let [found] = report["diagnostics"].as_array().expect("a list").as_slice() else { panic!("{report:#}") };
    let keys: Vec<&String> = found.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "type",
            "rule",
            "family",
            "severity",
            "confidence",
            "message",
            "help",
            "url",
            "path",
            "range",
            "statement",
            "related",
            "fixes",
            "fingerprint",
            "is_new",
            "suppressed",
            "database"
        ]
    );
    assert_eq!(found["type"], "diagnostic");
    assert_eq!((&found["rule"], &found["family"]), (&json!("nullable-tenant-column"), &json!("isolation")));
    assert_eq!((&found["is_new"], &found["suppressed"]), (&Value::Null, &Value::Null));
    assert_eq!(found["database"], "main");
    let fingerprint = found["fingerprint"].as_str().expect("a text");
    let hex = fingerprint.strip_prefix("v1:").expect("a version");
    assert!(hex.len() == 32 && hex.chars().all(|c| c.is_ascii_hexdigit()), "{fingerprint}");
}

#[test]
fn a_clean_run_and_a_run_over_nothing_are_objects_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = report(&check(folder.path(), &[]));
    assert_eq!(empty["diagnostics"], json!([]));
    assert_eq!(empty["statements"], json!([]));
    let plain = json::json(&Outcome::default(), Options::default());
    let plain: Value = serde_json::from_str(&plain).expect("the report is JSON");
    assert!(plain.get("statements").is_none(), "statements are told only with proofs");
}

#[test]
fn a_fingerprint_survives_moves_and_layout_but_not_another_table() {
    let print = |query: &str| -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let report = report(&check(folder.path(), &[("schema.sql", query.as_bytes())]));
        let all = report["diagnostics"].as_array().expect("a list").clone();
        all.iter().map(|d| d["fingerprint"].as_str().expect("a text").to_owned()).collect()
    };
    let one = print(SCHEMA);
    let moved = SCHEMA.replace("CREATE TABLE note (", "\n\n-- moved\nCREATE  TABLE note\n(");
    assert_eq!(one, print(&moved));
    assert_ne!(one, print(&SCHEMA.replace("note", "memo")));
    let twice = print(&format!("{SCHEMA}{}", "SELECT FORM note note note;\nSELECT FORM note note note;\n"));
    let unique: std::collections::HashSet<&String> = twice.iter().collect();
    assert_eq!(unique.len(), twice.len(), "equal findings are numbered");
}
