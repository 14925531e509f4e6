//! The formats for a person: what is analysed is not trusted, and a terminal is not flooded.

use std::path::Path;

use sqlmoat::check::{Outcome, Request};
use sqlmoat::finding::Severity;
use sqlmoat::report::audit::{self, GroupBy};
use sqlmoat::report::full::{self, Style};
use sqlmoat::report::{Filter, concise, proof, summary};

fn check(folder: &Path, files: &[(&str, &str)]) -> Outcome {
    let config = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"schema\"]\n";
    std::fs::write(folder.join("sqlmoat.toml"), config).expect("the folder can be written");
    std::fs::create_dir(folder.join("schema")).expect("the folder can be written");
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("the folder can be written");
    }
    let working = folder.canonicalize().expect("the folder is there");
    sqlmoat::check::run(&Request { paths: vec![working.clone()], working, ..Request::default() })
}

#[test]
fn nothing_in_the_input_acts_on_a_terminal_or_a_runner() {
    let folder = tempfile::tempdir().expect("a folder");
    let hostile =
        "CREATE TABLE \"n\u{1b}[2Jote\u{202e}\" (workspace_id uuid, \u{9b}31m\u{200b}\r x\u{7}, ##[error]y);
CREATE TABLE \"::error::x\" (workspace_id uuid);
SELECT 1 FORM \u{2066}'\u{1b}]0;title\u{7}' ::warning::\n::add-mask::x note;\n";
    let query =
        "-- sqlmoat: cross-tenant \u{1b}[5m::error::\u{202e}\nSELECT \"n\u{1b}[2Jote\u{202e}\".*, '\u{1b}[7m'
FROM \"n\u{1b}[2Jote\u{202e}\", \"::error::x\" WHERE '\u{202e}' = '##[error]';\n";
    let files = [("schema/1\u{1b}[31m\u{202e}.sql", hostile), ("q\u{1b}[31m.sql", query)];
    let outcome = check(folder.path(), &files);
    let filter = Filter::default();
    let style = Style { width: 60, ..Style::default() };
    let reports = [
        full::full(&outcome, &filter, &style),
        concise(&outcome, &filter),
        summary::text(&outcome, &filter),
        proof::full(&outcome, false),
        proof::concise(&outcome),
        audit::text(&outcome, GroupBy::File, false),
        audit::text(&outcome, GroupBy::Table, false),
        audit::markdown(&outcome, GroupBy::Table),
    ];
    assert!(reports[1].lines().count() >= 2, "there is something to report: {}", reports[1]);
    for report in &reports {
        for line in report.lines() {
            let active = line.chars().find(|c| c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(*c));
            assert_eq!(active, None, "in {line:?}");
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line:?} is a command");
        }
    }
    assert!(reports[0].contains("␛[2J"), "what was hidden is shown: {}", reports[0]);
}

#[test]
fn a_terminal_is_not_flooded() {
    let folder = tempfile::tempdir().expect("a folder");
    let tables: String = (0..120)
        .map(|i| format!("CREATE TABLE t{} (workspace_id uuid, n{i} int);\n", i % 3 + 10 * i))
        .collect();
    let outcome = check(folder.path(), &[("schema/1.sql", &tables)]);
    let style = Style { limit: 50, ..Style::default() };
    let report = full::full(&outcome, &Filter::default(), &style);
    assert_eq!(report.matches("nullable-tenant-column]").count(), 50, "{report}");
    assert!(report.contains("and 70 more:\n     70  nullable-tenant-column  ("), "{report}");
    assert!(report.contains(&style.show_all), "the command that shows all is named");
    assert!(report.contains("120 warnings"), "{report}");
    let none = Filter { min_severity: Severity::Error, ..Filter::default() };
    let quiet = full::full(&outcome, &none, &style);
    assert!(quiet.contains("no findings") && quiet.contains("120 findings not shown"), "{quiet}");
    assert_eq!(concise(&outcome, &Filter::default()).lines().count(), 120);
}

#[test]
fn the_worst_come_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = "CREATE TABLE a (workspace_id uuid);
CREATE TABLE b (workspace_id uuid NOT NULL);
CREATE INDEX b_idx ON b (missing);
";
    let outcome = check(folder.path(), &[("schema/1.sql", schema)]);
    let report = full::full(&outcome, &Filter::default(), &Style::default());
    let at = |what: &str| report.find(what).unwrap_or_else(|| panic!("{what} in {report}"));
    assert!(at("error[invalid-index]") < at("warning[nullable-tenant-column]"));
}
