//! Fixes: they end, they never overlap, they keep a file's bytes, and what was mended is found no more. Over the fixes that
//! rules offer anywhere: on their pages, in the sample projects.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlmoat::check::{self, Outcome, Request};
use sqlmoat::fix::{Fixed, fix};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn request(folder: &Path) -> Request {
    let working = folder.canonicalize().unwrap();
    Request { paths: vec![working.clone()], working, threads: Some(1), ..Request::default() }
}

/// The rules with fixes, each with how many findings offer one.
fn offered(outcome: &Outcome) -> BTreeMap<&'static str, usize> {
    let mut rules = BTreeMap::new();
    for (_, checked) in outcome.findings().filter(|(_, f)| !f.finding.fixes.is_empty()) {
        *rules.entry(checked.finding.rule).or_default() += 1;
    }
    rules
}

/// Fixes a project, and holds what must be true of that. Returns the rules whose findings had fixes.
fn mend(folder: &Path) -> (BTreeMap<&'static str, usize>, Fixed) {
    let request = request(folder);
    let before = check::run(&request);
    let had = offered(&before);
    let fixed = fix(&request, true);
    // What is left are fixes that were tried, mended nothing and were taken back.
    assert!(offered(&fixed.outcome).values().sum::<usize>() <= had.values().sum(), "{}", folder.display());
    let unparsed =
        |outcome: &Outcome| -> usize { outcome.projects.iter().map(|p| p.counts.reading.unparsed()).sum() };
    assert_eq!(unparsed(&before), unparsed(&fixed.outcome), "{}", folder.display());
    let coverage = |outcome: &Outcome| outcome.coverage();
    assert_eq!(coverage(&before).statements(), coverage(&fixed.outcome).statements(), "{}", folder.display());
    for file in &fixed.files {
        assert_ne!(file.before, file.after, "{}", file.shown);
        std::fs::write(&file.path, &file.after).unwrap();
    }
    // Fixing once more changes nothing.
    let again = fix(&request, true);
    assert_eq!((again.count, again.files.len()), (0, 0), "{}", folder.display());
    (had, fixed)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_sample_projects_are_mended_as_far_as_fixes_go() {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for project in ["agents", "chat", "market"] {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("testdata/projects").join(project), folder.path());
        let before = check::run(&request(folder.path())).coverage();
        let (had, fixed) = mend(folder.path());
        assert!(fixed.outcome.coverage().leaks <= before.leaks, "{project}");
        had.into_iter().for_each(|(rule, count)| *rules.entry(rule).or_default() += count);
    }
    assert!(rules.values().sum::<usize>() >= 5, "{rules:?}");
}

#[test]
fn the_fixes_of_every_page_mend() {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    let mut taken_back: Vec<String> = Vec::new();
    let pages =
        ["rules", "testdata/rules"].iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    for page in pages {
        let page = page.unwrap().path();
        let text = std::fs::read_to_string(&page).unwrap();
        for (schema, config, queries) in projects(&text) {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("sqlmoat.toml"), config).unwrap();
            std::fs::create_dir(folder.path().join("schema")).unwrap();
            std::fs::write(folder.path().join("schema/1.sql"), schema).unwrap();
            std::fs::write(folder.path().join("q.sql"), queries).unwrap();
            let (had, fixed) = mend(folder.path());
            let page = page.file_stem().unwrap().to_string_lossy().into_owned();
            let left = offered(&fixed.outcome).into_keys();
            taken_back.extend(left.map(|rule| format!("{rule} on the page {page}")));
            had.into_iter().for_each(|(rule, count)| *rules.entry(rule).or_default() += count);
        }
    }
    assert!(taken_back.is_empty(), "these fixes mend nothing: {taken_back:?}");
    for rule in ["unverified-join", "key-only-access", "unused-suppression", "unexplained-suppression"] {
        assert!(rules.contains_key(rule), "no fix of {rule} was tried: {rules:?}");
    }
}

/// Schema, configuration and statements of each part of a page that has its own.
fn projects(page: &str) -> Vec<(String, String, String)> {
    let mut all = vec![(String::new(), String::new(), String::new())];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: String = lines.by_ref().take_while(|l| *l != "```").flat_map(|l| [l, "\n"]).collect();
        let words: Vec<&str> = info.split_whitespace().collect();
        let (schema, config, queries) = all.last_mut().unwrap();
        match words.as_slice() {
            ["sql", "schema", ..] if queries.is_empty() => *schema = block,
            // The configuration goes on until another one stands there.
            ["sql", "schema", ..] => {
                let config = config.clone();
                all.push((block, config, String::new()));
            }
            ["toml", ..] if queries.is_empty() => *config = block,
            ["toml", ..] => {
                let schema = schema.clone();
                all.push((schema, block, String::new()));
            }
            ["sql", "fixed" | "live", ..] => {}
            ["sql", ..] => {
                queries.push_str(block.trim_end());
                queries.push_str("\n;\n");
            }
            _ => {}
        }
    }
    let configured = |config: String| match config.contains("[schema]") {
        true => config,
        false => format!("{config}\n[schema]\nsources = [\"schema\"]\n"),
    };
    all.retain(|(_, _, queries)| !queries.is_empty());
    all.into_iter().map(|(schema, config, queries)| (schema, configured(config), queries)).collect()
}

const CONFIG: &str = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"schema.sql\"]\n";
const SCHEMA: &str = "CREATE TABLE workspace (id int PRIMARY KEY);
CREATE TABLE a (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace);
CREATE TABLE b (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace, a_id int);
";

fn folder(query: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sqlmoat.toml"), CONFIG).unwrap();
    std::fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    std::fs::write(folder.path().join("q.sql"), query).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["check", "--output-format", "concise", "--select", "tenant,suppression"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("GITHUB_ACTIONS")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn encoding_and_line_ends_stay() {
    // A byte order mark, CRLF, and bytes that are not UTF-8; no line break at the end.
    let query = b"\xef\xbb\xbf-- sqlmoat: allow(hardcoded-tenant) nothing here\r\nSELECT '\xff\xfe\xc3\xa9' FROM b JOIN a ON a.id = b.a_id\r\n WHERE b.workspace_id = $1;\r\n-- \xf0\x9f\x98\x80\xff";
    let folder = folder(query);
    let (_, said, _) = run(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert!(said.contains("applied 2 fixes\n"), "{said}");
    let fixed = std::fs::read(folder.path().join("q.sql")).unwrap();
    let expected = b"\xef\xbb\xbfSELECT '\xff\xfe\xc3\xa9' FROM b JOIN a ON a.id = b.a_id AND a.workspace_id = b.workspace_id\r\n WHERE b.workspace_id = $1;\r\n-- \xf0\x9f\x98\x80\xff";
    assert_eq!(fixed, expected, "{}", String::from_utf8_lossy(&fixed));
}

#[test]
fn what_changes_a_program_is_applied_on_demand_only() {
    let query = "SELECT 1 FROM b JOIN a ON a.id = b.a_id WHERE b.workspace_id = $1;\n";
    let folder = folder(query.as_bytes());
    let (found, _, status) = run(folder.path(), &["--fix"]);
    assert!(found.contains("unverified-join") && status == Some(1), "{found}");
    assert_eq!(std::fs::read_to_string(folder.path().join("q.sql")).unwrap(), query);
    let (_, said, status) = run(folder.path(), &["--unsafe-fixes"]);
    assert!(said.contains("--unsafe-fixes needs --fix or --diff") && status == Some(2), "{said}");
    let (found, _, status) = run(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!((found.as_str(), status), ("", Some(0)));
}

#[test]
fn a_diff_is_what_git_applies_and_writes_nothing() {
    let query = "-- One.\nSELECT 1 FROM b JOIN a ON a.id = b.a_id WHERE b.workspace_id = $1;\n\n-- sqlmoat: allow(key-only-access) no more\nSELECT 1;\n";
    let folder = folder(query.as_bytes());
    let (diff, _, status) = run(folder.path(), &["--diff", "--unsafe-fixes"]);
    assert_eq!(status, Some(1));
    assert_eq!(std::fs::read_to_string(folder.path().join("q.sql")).unwrap(), query);
    std::fs::write(folder.path().join("fix.patch"), &diff).unwrap();
    let git = Command::new("git").args(["apply", "fix.patch"]).current_dir(folder.path()).output().unwrap();
    assert!(git.status.success(), "{diff}{}", String::from_utf8_lossy(&git.stderr));
    let applied = std::fs::read_to_string(folder.path().join("q.sql")).unwrap();
    assert_eq!(
        applied,
        "-- One.\nSELECT 1 FROM b JOIN a ON a.id = b.a_id AND a.workspace_id = b.workspace_id WHERE b.workspace_id = $1;\n\nSELECT 1;\n"
    );
    let (diff, _, status) = run(folder.path(), &["--diff", "--unsafe-fixes"]);
    assert_eq!((diff.as_str(), status), ("", Some(0)));
}

#[test]
fn a_list_of_unused_rules_goes_one_by_one() {
    let query = "-- sqlmoat: allow(key-only-access, unverified-join, missing-tenant-filter) all tenants\nSELECT count(*) FROM a;\n/* sqlmoat: allow(key-only-access, unverified-join) none */ SELECT 1;\n";
    let folder = folder(query.as_bytes());
    run(folder.path(), &["--fix"]);
    let fixed = std::fs::read_to_string(folder.path().join("q.sql")).unwrap();
    assert_eq!(fixed.lines().next(), Some("-- sqlmoat: allow(missing-tenant-filter) all tenants"), "{fixed}");
    assert!(fixed.ends_with("\n SELECT 1;\n") || fixed.ends_with("\nSELECT 1;\n"), "{fixed}");
}
