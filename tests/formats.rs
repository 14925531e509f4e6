//! The formats that other programs read: each against its schema or a parser made by others, one table of positions over
//! all of them, and nothing in the input that acts where a report is shown.

use std::path::Path;

use serde_json::{Value, json};
use sqlmoat::check::{Outcome, Request};
use sqlmoat::report::full::{self, Style};
use sqlmoat::report::{self, Filter, json::Options};

const SCHEMA: &str = "CREATE TABLE workspace (id uuid PRIMARY KEY);
CREATE TABLE note (id uuid PRIMARY KEY, workspace_id uuid REFERENCES workspace);
CREATE INDEX note_workspace_idx ON note (workspace_id);
";

fn check(folder: &Path, files: &[(&str, &[u8])]) -> Outcome {
    let config = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"schema\"]\n";
    std::fs::write(folder.join("sqlmoat.toml"), config).expect("the folder can be written");
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be written");
        std::fs::write(path, bytes).expect("the folder can be written");
    }
    let working = folder.canonicalize().expect("the folder is there");
    sqlmoat::check::run(&Request { paths: vec![working.clone()], working, ..Request::default() })
}

/// A report with every format, on findings of all kinds: with labels, with fixes, excepted ones.
fn sample() -> (tempfile::TempDir, Outcome) {
    let folder = tempfile::tempdir().expect("a folder");
    let queries = "SELECT n.id FROM note n JOIN workspace w ON w.id = n.workspace_id WHERE n.id = $1;
-- sqlmoat: cross-tenant the operators' [dashboard]
SELECT count(*) FROM note;
-- sqlmoat: allow(unparsed-statement) nothing here
SELECT 1 FORM note;
SELECT 1 FROM memo;
";
    let again = "SELECT 1 FROM memo;\n";
    let outcome = check(
        folder.path(),
        &[
            ("schema/1.sql", SCHEMA.as_bytes()),
            ("a b/q.sql", queries.as_bytes()),
            ("z.sql", again.as_bytes()),
        ],
    );
    (folder, outcome)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("the report is JSON")
}

/// Holds that a report keeps to a schema of `testdata/formats/`.
fn assert_valid(schema: &str, report: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats").join(schema);
    let schema = std::fs::read_to_string(&path).expect("the schema is there");
    let mut schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    // SARIF's pattern of a language has a bracket too many, which makes it no regular expression.
    for tool in ["run", "toolComponent"] {
        if let Some(pattern) = schema.pointer_mut(&format!("/definitions/{tool}/properties/language/pattern"))
        {
            *pattern = json!("^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
        }
    }
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "against {}:\n{}", path.display(), errors.join("\n"));
}

#[test]
fn sarif_keeps_to_its_schema() {
    let (_folder, outcome) = sample();
    let all = Filter { suppressed: true, ..Filter::default() };
    let report = parsed(&report::sarif(&outcome, &all));
    assert_valid("sarif-schema-2.1.0.json", &report);
    assert_valid("sarif-schema-2.1.0.json", &parsed(&report::sarif(&Outcome::default(), &all)));
    let run = &report["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let (results, rules) = (run["results"].as_array(), run["tool"]["driver"]["rules"].as_array());
    let (results, rules) = (results.expect("a list"), rules.expect("a list"));
    assert!(results.len() > 3);
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().expect("a number") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_null());
        assert!(result["partialFingerprints"]["sqlmoat/v1"].is_string());
        // Each related place is linked from the message.
        for related in result["relatedLocations"].as_array().expect("a list") {
            let link = format!("]({})", related["id"]);
            assert!(result["message"]["text"].as_str().is_some_and(|t| t.contains(&link)), "{result:#}");
        }
    }
    let security = rules.iter().find(|r| r["id"] == "key-only-access").expect("the rule");
    assert_eq!(security["properties"]["security-severity"], "8.6");
    assert_eq!(security["properties"]["precision"], "high");
    assert!(
        security["properties"]["tags"].as_array().is_some_and(|t| t.contains(&json!("external/cwe/cwe-639")))
    );
    for part in ["shortDescription", "fullDescription", "help"] {
        assert!(security[part]["text"].as_str().is_some_and(|t| t.len() > 20), "{part}");
    }
    let excepted: Vec<&Value> = results.iter().filter(|r| r.get("suppressions").is_some()).collect();
    assert_eq!(excepted[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(excepted[0]["suppressions"][0]["justification"], "the operators' [dashboard]");
    let shown = parsed(&report::sarif(&outcome, &Filter::default()));
    let shown = shown["runs"][0]["results"].as_array().expect("a list").clone();
    assert!(
        shown.iter().all(|r| r.get("suppressions").is_none()),
        "code scanning would open alerts for them"
    );
    let paths: Vec<&Value> =
        shown.iter().map(|r| &r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).collect();
    assert!(paths.contains(&&json!("a%20b/q.sql")), "{paths:?}");
}

#[test]
fn paths_for_a_host_start_at_the_git_root() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(".git")).expect("the folder can be written");
    let inner = folder.path().join("apps/api");
    std::fs::create_dir_all(&inner).expect("the folder can be written");
    let files: [(&str, &[u8]); 2] =
        [("schema/1.sql", SCHEMA.as_bytes()), ("q.sql", b"SELECT 1 FROM memo;\n")];
    let outcome = check(&inner, &files);
    let filter = Filter::default();
    let sarif = parsed(&report::sarif(&outcome, &filter));
    let place = |i: usize| &sarif["runs"][0]["results"][i]["locations"][0]["physicalLocation"];
    assert_eq!(place(0)["artifactLocation"]["uri"], "apps/api/q.sql");
    assert_eq!(parsed(&report::gitlab(&outcome, &filter))[0]["location"]["path"], "apps/api/q.sql");
    let rdjson = parsed(&report::rdjson(&outcome, &filter));
    assert_eq!(rdjson["diagnostics"][0]["location"]["path"], "apps/api/q.sql");
    assert!(report::github(&outcome, &filter).contains(" file=apps/api/q.sql,line=1,"));
    assert!(report::concise(&outcome, &filter).starts_with("q.sql:1:"), "people stand in their directory");
}

#[test]
fn gitlab_and_reviewdog_read_their_reports() {
    let (_folder, outcome) = sample();
    let filter = Filter::default();
    let gitlab = parsed(&report::gitlab(&outcome, &filter));
    assert_valid("gitlab.schema.json", &gitlab);
    let issues = gitlab.as_array().expect("a list");
    let prints: std::collections::HashSet<&str> =
        issues.iter().filter_map(|i| i["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), issues.len(), "equal fingerprints would be shown once");
    assert_valid("gitlab.schema.json", &parsed(&report::gitlab(&Outcome::default(), &filter)));
    let rdjson = parsed(&report::rdjson(&outcome, &filter));
    assert_valid("rdjson.schema.json", &rdjson);
    assert_eq!(rdjson["diagnostics"].as_array().map(Vec::len), Some(issues.len()));
    assert_valid("rdjson.schema.json", &parsed(&report::rdjson(&Outcome::default(), &filter)));
}

#[test]
fn junit_is_read_by_a_parser_of_others() {
    let (_folder, outcome) = sample();
    let findings = outcome.findings().count();
    let text = report::junit(&outcome, &Filter::default());
    let suites = junit_parser::from_reader(std::io::Cursor::new(text)).expect("JUnit's XML");
    let cases: Vec<_> = suites.suites.iter().flat_map(|s| &s.cases).collect();
    assert_eq!((cases.len(), suites.failures), (findings, findings as u64));
    assert!(cases.iter().all(|case| case.status.is_failure()));
    assert!(suites.suites.iter().any(|s| s.name == "a b/q.sql"));
    let clean = report::junit(&Outcome::default(), &Filter::default());
    let clean = junit_parser::from_reader(std::io::Cursor::new(clean)).expect("JUnit's XML");
    assert_eq!(
        (clean.tests, clean.failures, clean.errors),
        (1, 0, 0),
        "a server takes no tests for a mistake"
    );
}

#[test]
fn checkstyle_is_what_its_readers_expect() {
    let (_folder, outcome) = sample();
    let text = report::checkstyle(&outcome, &Filter::default());
    let document = roxmltree::Document::parse(&text).expect("XML");
    let root = document.root_element();
    assert!(root.has_tag_name("checkstyle") && root.has_attribute("version"));
    let files: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
    let names: Vec<_> = files.iter().map(|f| f.attribute("name").expect("a name")).collect();
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "each file stands once: {names:?}");
    let errors: Vec<_> =
        files.iter().flat_map(|f| f.children().filter(|n| n.has_tag_name("error"))).collect();
    assert_eq!(errors.len(), outcome.findings().count());
    for error in errors {
        let number = |name| error.attribute(name).and_then(|n| n.parse::<u32>().ok());
        assert!(number("line") > Some(0) && number("column") > Some(0));
        assert!(["error", "warning", "info"].contains(&error.attribute("severity").expect("a severity")));
        assert!(error.attribute("source").is_some_and(|s| s.starts_with("sqlmoat.")));
    }
    let clean = report::checkstyle(&Outcome::default(), &Filter::default());
    assert!(roxmltree::Document::parse(&clean).is_ok());
}

/// Where the token `memo` stands, which no schema has.
struct Place {
    text: &'static str,
    line: u32,
    /// In code points, in UTF-16 units and in bytes, from 1.
    columns: [u32; 3],
    offset: u32,
}

#[test]
fn a_position_is_the_same_place_in_every_format() {
    let places = [
        Place { text: "SELECT 1 FROM memo;\n", line: 1, columns: [15, 15, 15], offset: 14 },
        Place { text: "SELECT 'é漢' FROM memo;\n", line: 1, columns: [18, 18, 21], offset: 20 },
        Place { text: "SELECT '😀' FROM memo;\n", line: 1, columns: [17, 18, 20], offset: 19 },
        Place { text: "SELECT 1;\r\nSELECT 1\r\nFROM memo;\r\n", line: 3, columns: [6, 6, 6], offset: 26 },
        Place { text: "\u{feff}SELECT 1 FROM memo;\n", line: 1, columns: [15, 15, 18], offset: 17 },
        Place {
            text: "\u{feff}SELECT 1;\r\n\tSELECT '😀é' FROM memo;\r\n",
            line: 2,
            columns: [19, 20, 23],
            offset: 36,
        },
        Place { text: "\tSELECT\t1 FROM\tmemo;\n", line: 1, columns: [16, 16, 16], offset: 15 },
        Place { text: "SELECT 1 FROM memo", line: 1, columns: [15, 15, 15], offset: 14 },
    ];
    for Place { text, line, columns: [points, utf16, bytes], offset } in places {
        let folder = tempfile::tempdir().expect("a folder");
        let outcome = check(folder.path(), &[("schema/1.sql", b"CREATE TABLE a (workspace_id int NOT NULL);\nCREATE TABLE b (workspace_id int NOT NULL);\n"), ("q.sql", text.as_bytes())]);
        let filter = Filter::default();
        let found = parsed(&report::json::json(&outcome, Options { filter, show_proofs: false }));
        let found =
            found["diagnostics"].as_array().expect("a list").iter().find(|d| d["rule"] == "unknown-table");
        let end = |n: u32| n + 4;
        let expected = json!({
            "start": {"offset": offset, "line": line, "column": points, "utf16": utf16},
            "end": {"offset": end(offset), "line": line, "column": end(points), "utf16": end(utf16)},
        });
        assert_eq!(found.expect("one finding")["range"], expected, "json of {text:?}");

        let sarif = parsed(&report::sarif(&outcome, &filter));
        let region =
            json!({"startLine": line, "startColumn": points, "endLine": line, "endColumn": end(points)});
        let result = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(result["region"], region, "sarif of {text:?}");

        let rdjson = parsed(&report::rdjson(&outcome, &filter));
        let range = json!({
            "start": {"line": line, "column": bytes}, "end": {"line": line, "column": end(bytes)},
        });
        assert_eq!(rdjson["diagnostics"][0]["location"]["range"], range, "rdjson of {text:?}");

        let gitlab = parsed(&report::gitlab(&outcome, &filter));
        assert_eq!(gitlab[0]["location"]["lines"], json!({"begin": line, "end": line}), "gitlab of {text:?}");

        let texts = [
            (report::concise(&outcome, &filter), format!("q.sql:{line}:{points}: ")),
            (full::full(&outcome, &filter, &Style::default()), format!("[q.sql:{line}:{points}]")),
            (
                report::github(&outcome, &filter),
                format!("line={line},col={points},endLine={line},endColumn={},", end(points)),
            ),
            (report::github(&outcome, &filter), format!("::q.sql:{line}:{points}: ")),
            (report::junit(&outcome, &filter), format!("\"unknown-table at {line}:{points}\"")),
            (report::junit(&outcome, &filter), format!(" line=\"{line}\" ")),
            (report::checkstyle(&outcome, &filter), format!(" line=\"{line}\" column=\"{points}\" ")),
            (report::markdown(&outcome, &filter), format!("q.sql:{line}:{points}")),
        ];
        for (report, place) in texts {
            assert!(report.contains(&place), "{place} of {text:?} in\n{report}");
        }
    }
}

#[test]
fn github_shows_ten_of_a_level_and_counts_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut queries = "SELECT 1 FROM memo;\n".repeat(15);
    queries.push_str(&"SELECT * FROM note WHERE id = $1;\n".repeat(12));
    let files: [(&str, &[u8]); 2] = [("schema/1.sql", SCHEMA.as_bytes()), ("q.sql", queries.as_bytes())];
    let outcome = check(folder.path(), &files);
    let report = report::github(&outcome, &Filter::default());
    let count = |command: &str| report.lines().filter(|l| l.starts_with(command)).count();
    assert_eq!((count("::error "), count("::warning ")), (10, 10), "{report}");
    assert!(count("::notice ") <= 10, "{report}");
    let last = report.lines().last().unwrap_or_default();
    assert!(last.starts_with("::notice title=sqlmoat::2 errors, ") && last.contains(" more: "), "{last}");
    assert!(report.lines().next().is_some_and(|l| l.starts_with("::error ")), "the worst come first");
}

/// A name with whatever acts somewhere: a runner's commands, ANSI, bidirectional overrides, Markdown, HTML, XML, URIs.
const HOSTILE: &str = "x\u{1b}[2J\u{202e}]]>&<img src=x onerror=a>\"'`@all [a](javascript:b) | %0A::error::c\n##[error]d, e:\u{7}";

fn hostile() -> (tempfile::TempDir, Outcome) {
    let folder = tempfile::tempdir().expect("a folder");
    let name = HOSTILE.replace('"', "\"\"");
    let schema = format!(
        "CREATE TABLE a (workspace_id int NOT NULL);\nCREATE TABLE \"{name}\" (id int, workspace_id int);\n"
    );
    let query = format!("SELECT * FROM \"{name}\" WHERE id = $1;\nSELECT * FROM \"{name}s\";\n");
    let file = "q\u{1b}[31m\u{202e} %0A::error::f,g:h|`<b>'&\n::warning::i.sql";
    let outcome = check(folder.path(), &[("schema/1.sql", schema.as_bytes()), (file, query.as_bytes())]);
    assert!(outcome.findings().count() >= 3, "there is something to report");
    (folder, outcome)
}

/// Characters that act on a screen.
fn active(text: &str) -> Option<char> {
    text.chars().find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{2066}\u{200b}".contains(*c))
}

#[test]
fn hostile_text_is_data_in_sarif() {
    let (_folder, outcome) = hostile();
    let report = parsed(&report::sarif(&outcome, &Filter::default()));
    assert_valid("sarif-schema-2.1.0.json", &report);
    for result in report["runs"][0]["results"].as_array().expect("a list") {
        let text = result["message"]["text"].as_str().expect("a text");
        assert_eq!(active(text), None, "{text:?}");
        assert!(!text.contains("[a](javascript"), "no link: {text}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = uri.as_str().expect("a text");
        assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    }
}

#[test]
fn hostile_text_is_no_command_in_github_annotations() {
    let (_folder, outcome) = hostile();
    let report = report::github(&outcome, &Filter::default());
    assert_eq!(active(&report), None, "{report:?}");
    for line in report.lines() {
        assert!(["::error ", "::warning ", "::notice "].iter().any(|c| line.starts_with(c)), "{line:?}");
        // As the runner cuts a command: properties up to the next `::`, parts at commas.
        let (properties, _) = line[2..].split_once("::").expect("a command");
        let (_, properties) = properties.split_once(' ').expect("properties");
        for property in properties.split(',') {
            let (name, value) = property.split_once('=').expect("a property");
            assert!(["file", "line", "col", "endLine", "endColumn", "title"].contains(&name), "{property}");
            assert!(!value.contains(':'), "{property}");
        }
    }
    assert!(!report.contains("%0A::error::c"), "a percent sign of the input is escaped: {report}");
}

#[test]
fn hostile_text_is_data_in_xml() {
    let (_folder, outcome) = hostile();
    for report in
        [report::junit(&outcome, &Filter::default()), report::checkstyle(&outcome, &Filter::default())]
    {
        assert_eq!(active(&report), None, "{report:?}");
        let document = roxmltree::Document::parse(&report).expect("XML");
        let known = ["testsuites", "testsuite", "testcase", "failure", "checkstyle", "file", "error"];
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            assert!(known.contains(&node.tag_name().name()), "{report}");
        }
        assert!(!report.lines().any(|line| line.trim_start().starts_with("::")), "{report}");
    }
}

#[test]
fn hostile_text_is_data_for_gitlab_and_reviewdog() {
    let (_folder, outcome) = hostile();
    let gitlab = parsed(&report::gitlab(&outcome, &Filter::default()));
    assert_valid("gitlab.schema.json", &gitlab);
    for issue in gitlab.as_array().expect("a list") {
        assert_eq!(active(issue["description"].as_str().expect("a text")), None);
    }
    let rdjson = parsed(&report::rdjson(&outcome, &Filter::default()));
    assert_valid("rdjson.schema.json", &rdjson);
    for diagnostic in rdjson["diagnostics"].as_array().expect("a list") {
        let message = diagnostic["message"].as_str().expect("a text");
        assert_eq!(active(message), None);
        // Reviewdog's comments are Markdown. What acts stands in code.
        let outside: String = message.split('`').step_by(2).collect();
        for acts in ["<", "@", "](", "://", "#"] {
            assert!(!outside.contains(acts), "{acts} in {message}");
        }
    }
}

#[test]
fn hostile_text_is_data_in_markdown() {
    let (_folder, outcome) = hostile();
    let report = report::markdown(&outcome, &Filter::default());
    assert_eq!(active(&report), None, "{report:?}");
    assert!(!report.contains("<img") && !report.contains("[a](") && !report.contains("@all"), "{report}");
    assert!(
        !report.lines().any(|line| line.trim_start().starts_with("::") || line.contains("##[")),
        "{report}"
    );
    for row in report.lines().filter(|line| line.starts_with("| <code>")) {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "a bar of the input ends no cell: {row}");
    }
}

#[test]
fn hostile_text_is_data_in_json_and_text() {
    let (_folder, outcome) = hostile();
    let (filter, style) = (Filter::default(), Style { width: 60, ..Style::default() });
    let jsonl = report::json::jsonl(&outcome, Options { filter, show_proofs: false });
    assert!(jsonl.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{jsonl}");
    for report in [report::concise(&outcome, &filter), full::full(&outcome, &filter, &style)] {
        assert_eq!(active(&report), None, "{report:?}");
        let command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
        assert!(!report.lines().any(command), "{report}");
    }
}
