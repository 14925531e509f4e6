//! What `docs/` tells users to write is what the tool reads and prints.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).expect("the document is there")
}

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// What the tool says of a small project on standard output.
fn concise(folder: &Path) -> String {
    std::fs::write(folder.join("a.sql"), "CREATE TABLE t (id int PRIMARY KEY, workspace_id int);\n")
        .expect("written");
    std::fs::write(folder.join("q.sql"), "SELECT id FROM t WHERE id = $1;\nSELECT 1 FORM t;\n")
        .expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["check", "--output-format", "concise", "--color", "never", "-v"])
        .args(["--config", "tenancy.columns=[\"workspace_id\"]"])
        .current_dir(folder)
        .output()
        .expect("the binary starts");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_index_of_rules_is_fresh() {
    let output = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["rules", "--output-format", "markdown"])
        .output()
        .expect("the binary starts");
    // Seen from `docs/`.
    let printed = String::from_utf8(output.stdout).expect("text").replace("](rules/", "](../rules/");
    let path = root().join("docs/rules.md");
    if std::env::var_os("SQLMOAT_BLESS").is_some() {
        std::fs::write(&path, &printed).expect("written");
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == printed, "docs/rules.md is stale");
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut documents = vec![PathBuf::from("README.md"), PathBuf::from("SECURITY.md")];
    for folder in ["docs", "rules", "packaging/npm", "packaging/python"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("the folder is there");
        let names = entries.map(|entry| Path::new(folder).join(entry.expect("an entry").file_name()));
        documents.extend(names.filter(|path| path.extension().is_some_and(|e| e == "md")));
    }
    for document in documents {
        let text = std::fs::read_to_string(root().join(&document)).expect("the document is there");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.contains(' ') || link.contains('\n') {
                continue;
            }
            let target = root().join(document.parent().expect("a folder")).join(path);
            assert!(target.exists(), "{}: {link}", document.display());
        }
    }
}

#[test]
fn the_problem_matcher_reads_every_line() {
    let text = document("integration.md");
    let tasks: serde_json::Value = serde_json::from_str(blocks(&text, "json")[0]).expect("JSON");
    let pattern = &tasks["tasks"][0]["problemMatcher"]["pattern"];
    let matcher = regex::Regex::new(pattern["regexp"].as_str().expect("a pattern")).expect("a pattern");
    let group = |name: &str| pattern[name].as_u64().expect("a group") as usize;
    let folder = tempfile::tempdir().expect("a folder");
    let lines = concise(folder.path());
    assert!(lines.lines().count() >= 3, "{lines}");
    for line in lines.lines() {
        let found = matcher.captures(line).unwrap_or_else(|| panic!("not matched: {line}"));
        let part = |name| found.get(group(name)).map_or("", |m| m.as_str());
        assert!(folder.path().join(part("file")).is_file(), "{line}");
        assert!(part("line").parse::<u32>().is_ok() && part("column").parse::<u32>().is_ok(), "{line}");
        assert!(["error", "warning", "info"].contains(&part("severity")), "{line}");
        assert!(sqlmoat::rules::find(part("code")).is_some() && !part("message").is_empty(), "{line}");
    }
}

#[test]
fn commands_of_the_documents_are_understood() {
    let documents = ["adoption.md", "configuration.md", "hardening.md", "integration.md"].map(document);
    let commands: Vec<&str> = documents
        .iter()
        .flat_map(|text| blocks(text, "sh"))
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("sqlmoat "))
        .map(|line| {
            line.split([' ']).take_while(|w| !["#", "|", "<"].contains(w)).collect::<Vec<_>>().join(" ")
        })
        .map(|line| &*line.leak())
        .collect();
    assert!(commands.len() > 4, "{commands:?}");
    for command in commands {
        // Texts in quotes are one word.
        let mut words: Vec<String> = Vec::new();
        for (i, part) in command.split('"').enumerate() {
            match i % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        let output = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
            .args(&words)
            .arg("--help")
            .output()
            .expect("the binary starts");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_workflow_uses_inputs_and_outputs_that_the_action_has() {
    let text = document("integration.md");
    let action = std::fs::read_to_string(root().join("action.yml")).expect("the action");
    let action: serde_yaml_ng::Value = serde_yaml_ng::from_str(&action).expect("YAML");
    for block in blocks(&text, "yaml") {
        let yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(block).expect("YAML");
        for step in yaml["jobs"]["sqlmoat"]["steps"].as_sequence().into_iter().flatten() {
            if step["uses"].as_str().is_some_and(|uses| uses.contains("/sqlmoat@")) {
                for (name, _) in step["with"].as_mapping().into_iter().flatten() {
                    assert!(action["inputs"].get(name).is_some(), "{name:?}");
                }
            }
        }
        for part in block.split("steps.sqlmoat.outputs.").skip(1) {
            let name = part.split(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap_or_default();
            assert!(action["outputs"].get(name).is_some(), "{name}");
        }
    }
}

/// The table of other tools' lints names rules that there are.
#[test]
fn compared_rules_exist() {
    let text = document("compared.md");
    let text = text.split("## On public projects").next().expect("the part before the figures");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut named = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [other, ours] = cells.as_slice() else { panic!("not two cells: {row}") };
        if ["rule", "lint", "hint", "check"].contains(&other.trim()) {
            continue;
        }
        let is_left_out = ours.contains("Left out") || ours.contains("is read");
        // In the last table of a section the rule comes first.
        let cell = if ours.contains('`') || is_left_out { *ours } else { *other };
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        let known = |name: &&str| sqlmoat::rules::find(name).is_some();
        let code = ["search_path", "varchar(n)"];
        assert!(is_left_out || names.iter().any(known), "{row}: neither a rule nor a reason");
        for name in names.iter().filter(|name| !code.contains(name)) {
            assert!(known(name), "{row}: there is no rule `{name}`");
            named += 1;
        }
    }
    assert!(named > 60, "{named} rules are named");
}
