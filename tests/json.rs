//! `--output-format json`, version 1: positions in every unit, and every field that the format promises.

use std::path::Path;

use serde_json::{Value, json};
use sqlmoat::check::{Outcome, Request};
use sqlmoat::prove::tenancy::Detail;
use sqlmoat::report::audit::{self, GroupBy};
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
    let detail = Detail::Derivations;
    sqlmoat::check::run(&Request { paths: vec![working.clone()], working, detail, ..Request::default() })
}

fn report(outcome: &Outcome) -> Value {
    let text = json::json(outcome, Options { show_proofs: true, ..Options::default() });
    let report = serde_json::from_str(&text).expect("the report is JSON");
    assert_valid(&report);
    report
}

/// Holds that a report keeps to its schema, which is generated from the types that are written.
fn assert_valid(report: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("../schemas/report.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
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
    assert_valid(&plain);
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

const QUERIES: &str = "SELECT n.id FROM note n WHERE n.workspace_id = $1;
-- sqlmoat: cross-tenant the operators' dashboard
SELECT count(*) FROM note;
SELECT id FROM note WHERE id = $1;
";

#[test]
fn proofs_tell_each_step_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let files: [(&str, &[u8]); 2] = [("schema.sql", SCHEMA.as_bytes()), ("q.sql", QUERIES.as_bytes())];
    let report = report(&check(folder.path(), &files));
    let statements = report["statements"].as_array().expect("a list");
    let verdicts: Vec<&Value> = statements.iter().map(|s| &s["verdict"]).collect();
    assert_eq!(verdicts, ["isolated", "exempt", "leaks"]);
    let table = &statements[0]["tables"][0];
    assert_eq!((&table["table"], &table["owner"]), (&json!("note"), &json!("tied")));
    let steps = table["derivation"].as_array().expect("a list");
    let keys: Vec<&String> = steps[0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["kind", "text", "path", "range", "case"]);
    assert_eq!((&steps[0]["kind"], &steps[0]["path"]), (&json!("predicate"), &json!("q.sql")));
    assert_eq!(steps[0]["text"], "`n.workspace_id` = `$1`");
    assert_eq!(steps[0]["range"]["start"]["column"], 31);
    assert_eq!((&steps[1]["kind"], &steps[1]["path"]), (&json!("tenant"), &json!("schema.sql")));
    assert_eq!(steps[0]["case"], Value::Null);
    assert_eq!(statements[0]["exempt"], Value::Null);
    let exempt = &statements[1]["exempt"];
    assert_eq!((&exempt["kind"], &exempt["reason"]), (&json!("comment"), &json!("the operators' dashboard")));
    assert_eq!((&exempt["path"], &exempt["range"]["start"]["line"]), (&json!("q.sql"), &json!(2)));
    assert_eq!(statements[2]["tables"][0]["derivation"], json!([]));
}

#[test]
fn an_audit_has_every_statement_and_what_was_not_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let queries = format!("{QUERIES}SELECT 1 FORM note;\n");
    let files: [(&str, &[u8]); 2] = [("schema.sql", SCHEMA.as_bytes()), ("q.sql", queries.as_bytes())];
    let outcome = check(folder.path(), &files);
    let read = |by| -> Value { serde_json::from_str(&audit::json(&outcome, by)).expect("JSON") };
    let audit = read(GroupBy::File);
    let keys: Vec<&String> = audit.as_object().expect("an object").keys().collect();
    let expected = [
        "schema_version",
        "tool",
        "root",
        "partial",
        "group_by",
        "summary",
        "unseen",
        "exceptions",
        "groups",
    ];
    assert_eq!(keys, expected);
    assert_eq!((&audit["schema_version"], &audit["partial"]), (&json!("1.0"), &json!(true)));
    let coverage = &audit["summary"]["coverage"];
    assert_eq!(
        (&coverage["isolated"], &coverage["leaks"], &coverage["exempt"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(audit["unseen"][0]["message"], "1 statement could not be read");
    assert_eq!(audit["unseen"][0]["places"][0]["range"]["start"]["line"], 5);
    let [exception] = audit["exceptions"].as_array().expect("a list").as_slice() else { panic!("{audit:#}") };
    assert_eq!(exception["reason"], "the operators' dashboard");
    assert_eq!(exception["written"]["range"]["start"]["line"], 2);
    let [file] = audit["groups"].as_array().expect("a list").as_slice() else { panic!("{audit:#}") };
    assert_eq!(file["name"], "q.sql");
    let statement = &file["statements"][2];
    let keys: Vec<&String> = statement.as_object().expect("an object").keys().collect();
    let expected =
        ["path", "range", "database", "kind", "function", "verdict", "exempt", "sql", "tables", "defects"];
    assert_eq!(keys, expected);
    assert_eq!(statement["defects"][0]["rule"], "key-only-access");
    let by_table = read(GroupBy::Table);
    assert_eq!(by_table["groups"][0]["name"], "note");
    assert_eq!(by_table["groups"][0]["note"], "is owned through its column workspace_id");
    assert_eq!(by_table["groups"][0]["statements"].as_array().map(Vec::len), Some(3));
}
