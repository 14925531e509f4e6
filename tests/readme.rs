//! The README's table of rules is the list of rules, and the output it shows is the tool's.

use std::process::{Command, Output};

#[test]
fn rules_are_the_list() {
    let output = sqlmoat(&["rules", "--output-format", "json"]);
    let rules: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut table = vec!["| rule | severity | what it finds |".to_owned(), "| --- | --- | --- |".to_owned()];
    for rule in &rules {
        let field = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
        let row = format!(
            "| [`{}`]({}) | {} | {} |",
            field("id"),
            field("url"),
            field("severity"),
            field("summary")
        );
        table.push(row);
    }
    assert_eq!(between("rules"), table.join("\n"), "copy this table between the markers");
}

#[test]
fn output_is_the_tools() {
    let project = "testdata/projects/agents";
    is_printed("output", &["check", project]);
    is_printed("proof", &["explain", "--at", &format!("{project}/queries/events.sql:20")]);
    is_printed("suggest", &["suggest", "testdata/projects/chat"]);
    is_printed("migration", &["suggest", "--format", "migration", "testdata/projects/chat"]);
    is_printed("harden", &["harden", "testdata/projects/fleet"]);
    is_printed("row-security", &["harden", "--row-security", "testdata/projects/fleet"]);
    is_printed("audit", &["audit", project]);
}

/// Holds that the parts shown between two markers are printed by a command.
fn is_printed(marker: &str, arguments: &[&str]) {
    let output = sqlmoat(&[arguments, &["--color", "never"]].concat());
    let stdout = String::from_utf8(output.stdout).expect("text");
    let shown = between(marker);
    let shown = shown.trim_start_matches("```text\n").trim_end_matches("\n```");
    for part in shown.split("\n\n[...]\n\n") {
        assert!(
            stdout.contains(part.trim_end())
                || String::from_utf8_lossy(&output.stderr).contains(part.trim_end()),
            "not printed any more:\n{part}\n\nprinted:\n{stdout}"
        );
    }
}

fn between(marker: &str) -> String {
    let text = include_str!("../README.md");
    let start = format!("<!-- {marker}:start -->\n");
    let end = format!("\n<!-- {marker}:end -->");
    let from = text.find(&start).expect("the start marker") + start.len();
    let to = text[from..].find(&end).expect("the end marker") + from;
    text[from..to].to_owned()
}

fn sqlmoat(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("CLICOLOR_FORCE")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .expect("the binary starts")
}
