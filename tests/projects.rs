//! Each sample project under `testdata/projects` against its `expected.txt`: the findings a person judged to be right,
//! one a line, as `sqlmoat check . --output-format concise` prints them in the project's folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn agents() {
    let run = check("agents");
    assert_eq!(run.status.code(), Some(1), "errors are found: {}", String::from_utf8_lossy(&run.stderr));
    assert_expected("agents", &run);
}

#[test]
fn chat() {
    let run = check("chat");
    assert_expected("chat", &run);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        said.contains("tenan"),
        "a project without tenants is told that half of the analysis is off:\n{said}"
    );
}

#[test]
fn market() {
    let run = check("market");
    assert_eq!(run.status.code(), Some(1), "errors are found: {}", String::from_utf8_lossy(&run.stderr));
    assert_expected("market", &run);
}

/// A small project per language: isolated statements, leaking ones, and texts with values in them.
const OF_LANGUAGES: &[&str] = &["billing", "booking", "clinic", "courses", "fleet", "shop", "tickets"];

#[test]
fn of_languages() {
    for name in OF_LANGUAGES {
        let run = check(name);
        assert_eq!(run.status.code(), Some(1), "{name}: {}", String::from_utf8_lossy(&run.stderr));
        assert_expected(name, &run);
    }
}

/// No project is left without a test, and none of its expectations is empty.
#[test]
fn every_project_is_held() {
    let mut names: Vec<String> = std::fs::read_dir(root())
        .expect("the sample projects are there")
        .filter_map(|entry| entry.ok().filter(|e| e.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut held: Vec<&str> = OF_LANGUAGES.iter().chain(&["agents", "chat", "market"]).copied().collect();
    held.sort_unstable();
    assert_eq!(names, held);
    for name in names {
        let text = std::fs::read_to_string(root().join(&name).join("expected.txt")).expect("expectations");
        assert!(!text.trim().is_empty(), "{name} expects nothing");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/projects")
}

fn check(project: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["check", ".", "--output-format", "concise", "--min-severity", "info", "--color", "never"])
        .current_dir(root().join(project))
        .env_remove("CLICOLOR_FORCE")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .expect("the binary starts")
}

fn assert_expected(project: &str, run: &Output) {
    let path = root().join(project).join("expected.txt");
    let expected = std::fs::read_to_string(&path).expect("expectations");
    let found = String::from_utf8(run.stdout.clone()).expect("findings are UTF-8");
    let difference = difference(&lines(&expected), &lines(&found));
    assert!(
        difference.is_empty(),
        "{project}: findings differ from {}\n(- expected, + found)\n\n{difference}\nstderr:\n{}",
        path.display(),
        String::from_utf8_lossy(&run.stderr),
    );
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty()).collect()
}

/// The lines that only one side has, in order, by a longest common subsequence.
fn difference(expected: &[&str], found: &[&str]) -> String {
    let (rows, columns) = (expected.len(), found.len());
    let mut common = vec![vec![0usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            common[row][column] = if expected[row] == found[column] {
                common[row + 1][column + 1] + 1
            } else {
                common[row + 1][column].max(common[row][column + 1])
            };
        }
    }
    let (mut row, mut column, mut out) = (0, 0, String::new());
    while row < rows || column < columns {
        if row < rows && column < columns && expected[row] == found[column] {
            row += 1;
            column += 1;
        } else if row < rows && (column == columns || common[row + 1][column] >= common[row][column + 1]) {
            out.push_str(&format!("- {}\n", expected[row]));
            row += 1;
        } else {
            out.push_str(&format!("+ {}\n", found[column]));
            column += 1;
        }
    }
    out
}
