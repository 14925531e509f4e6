//! What `harden` proposes: as written down beside each case of `testdata/harden`, enough that nothing is left to propose
//! and no join that it promises to settle is reported, and taken by a live PostgreSQL, forth and back.

#[path = "../support/postgres.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
mod postgres;

#[path = "../support/apply.rs"]
mod apply;
#[path = "../support/cases.rs"]
mod cases;
mod live;
mod rows;

use std::collections::BTreeSet;
use std::path::Path;

use cases::{Case, add_to_dump, cases, copy, run, stdout};
use serde_json::Value;

/// The cases and the sample projects.
fn all_cases() -> Vec<Case> {
    let all: Vec<Case> = cases("harden").into_iter().chain(cases("projects")).collect();
    assert!(all.len() > 15, "cases were not found");
    all
}

/// The ways in which the command is asked.
const FLAGS: &[&[&str]] = &[&[], &["--replace", "--row-security"]];

fn proposed(folder: &Path, flags: &[&str]) -> Value {
    let output = run(folder, &[&["harden", "--format", "json"], flags].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("an object");
    report["databases"][0].clone()
}

#[test]
fn cases_have_the_proposals_that_are_written_down() {
    let mut wrong = Vec::new();
    for case in cases("harden") {
        let found = stdout(&run(&case.folder, &["harden", "--row-security"]));
        let path = case.folder.join("expected.txt");
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if found == expected {
            continue;
        }
        if std::env::var_os("SQLMOAT_BLESS").is_some() {
            std::fs::write(&path, found).expect("written");
        } else {
            wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Written into the project as its next migrations, the proposals leave nothing to propose; the joins that they are said
/// to settle are not reported any more, and no place is that was not before.
#[test]
fn written_they_leave_nothing_to_propose() {
    for case in all_cases() {
        for flags in FLAGS {
            let folder = copy(&case.folder);
            let before = proposed(folder.path(), flags);
            let reported_before = reported(folder.path());
            write_migrations(folder.path(), flags);

            let after = proposed(folder.path(), flags);
            assert!(after["counting_function"].is_null(), "{}: {after:#}", case.name);
            for list in ["not_null", "unique_keys", "indexes", "foreign_keys", "unvalidated", "row_security"]
            {
                assert_eq!(after[list].as_array().map(Vec::len), Some(0), "{}: {after:#}", case.name);
            }
            assert_eq!(after["left_out"], before["left_out"], "{}", case.name);

            let reported_after = reported(folder.path());
            let settled = settled(&before);
            for place in &settled {
                assert!(reported_before.contains(place), "{}: {place:?} was not reported", case.name);
                assert!(!reported_after.contains(place), "{}: {place:?} is still reported", case.name);
            }
            // With the keys, another rule may explain better what still leaks.
            let known: BTreeSet<_> = reported_before.iter().map(|(_, path, at)| (path, at)).collect();
            let left_out = left_out(&before);
            let is_new = |(rule, path, at): &&(String, String, u64)| {
                let told = matches!(rule.as_str(), "missing-row-security" | "definer-view")
                    && left_out.contains(&(path.clone(), *at));
                !known.contains(&(path, at)) && !told
            };
            let new: Vec<_> = reported_after.iter().filter(is_new).collect();
            assert!(new.is_empty(), "{} {flags:?}: now there are {new:?}", case.name);
        }
    }
}

/// Writes the migrations where the project has its own; a script is added to the one file of the schema.
fn write_migrations(folder: &Path, flags: &[&str]) {
    let printed = stdout(&run(folder, &[&["harden", "--format", "migration"], flags].concat()));
    let Some(first) = printed.lines().find_map(|line| line.strip_prefix("-- ==> ")) else { return };
    // Diesel and Prisma have a folder for each migration.
    let Some((directory, _)) = first.rsplit_once('/') else {
        add_to_dump(folder, &printed);
        return;
    };
    let output = [&["harden", "--format", "migration", "--output", directory], flags].concat();
    let written = run(folder, &output);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
}

/// Rule, file and start of what is reported of statements and migrations, but for what is reported of indexes.
fn reported(folder: &Path) -> BTreeSet<(String, String, u64)> {
    let output = run(folder, &["check", "--output-format", "json", "--exit-zero"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("an object");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|d| d["family"] != "index")
        .map(|d| (text(&d["rule"]), text(&d["path"]), start(&d["range"])))
        .collect()
}

fn start(range: &Value) -> u64 {
    range["start"]["offset"].as_u64().expect("an offset")
}

/// Where tables and views are declared that row security is said to leave out.
fn left_out(proposed: &Value) -> Vec<(String, u64)> {
    let all = proposed["left_out"].as_array().into_iter().flatten();
    let of_rows = all.filter(|left| left["measure"] == "row-security");
    of_rows
        .map(|left| {
            let at = &left["declared"];
            (at["path"].as_str().unwrap_or_default().to_owned(), start(&at["range"]))
        })
        .collect()
}

/// Where joins are said to be settled, as they are reported.
fn settled(proposed: &Value) -> Vec<(String, String, u64)> {
    let keys = proposed["foreign_keys"].as_array().into_iter().flatten();
    let places = keys.flat_map(|key| key["settles"].as_array().into_iter().flatten());
    places
        .map(|at| {
            let path = at["path"].as_str().unwrap_or_default().to_owned();
            ("unverified-join".to_owned(), path, start(&at["range"]))
        })
        .collect()
}

/// The rules on migrations have nothing to say of the migrations that are written, but what cannot be done otherwise.
#[test]
fn the_migrations_are_safe_by_the_own_rules() {
    let mut wrong = Vec::new();
    for case in all_cases() {
        for flags in FLAGS {
            let folder = copy(&case.folder);
            git(folder.path(), &["init", "-q", "."]);
            git(folder.path(), &["add", "-A"]);
            git(folder.path(), &["commit", "-qm", "before"]);
            write_migrations(folder.path(), flags);
            let check = ["check", "--diff-base", "HEAD", "--select", "migration", "-v", "--exit-zero"];
            let found = run(folder.path(), &[&check[..], &["--output-format", "concise"]].concat());
            assert!(found.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&found.stderr));
            let told = stdout(&found);
            let told = told.lines().filter(|line| line.contains("[")).filter(|line| !is_without_choice(line));
            wrong.extend(told.map(|line| format!("{} {flags:?}: {line}", case.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What cannot be done otherwise. Drizzle has everything in a transaction. The index of a partitioned table and those of
/// its partitions that are partitioned are declared together, in an instant; its key takes over those of its partitions
/// without reading rows, which the rule does not know.
fn is_without_choice(line: &str) -> bool {
    line.contains("[locks-on-several-tables] `moves_new`")
        || line.starts_with("drizzle/") && line.contains("[blocking-index-build]")
        || line.contains("[blocking-constraint] neither `moves` nor `articles`")
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = std::process::Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@localhost"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// With the policies, and with row security trusted, statements that forget the tenant are isolated: policies are what
/// the prover takes for a tie.
#[test]
fn policies_are_proved_to_tie() {
    for case in cases("harden") {
        let folder = copy(&case.folder);
        std::fs::write(folder.path().join("queries.sql"), unfiltered(&case)).expect("written");
        let flags = ["--only", "not-null,keys,row-security"];
        write_migrations(folder.path(), &flags);
        let check = ["check", "queries.sql", "--select", "tenant", "--output-format", "concise"];
        let before = stdout(&run(folder.path(), &check));
        assert!(before.contains("missing-tenant-filter"), "{}: {before}", case.name);
        let trusted = [&check[..], &["--config", "tenancy.trust-row-security=true"]].concat();
        assert_eq!(stdout(&run(folder.path(), &trusted)), "", "{}", case.name);
    }
}

/// A statement for each table that gets row security, which reads all of it.
fn unfiltered(case: &Case) -> String {
    let proposed = proposed(&case.folder, &["--only", "row-security"]);
    let tables = proposed["row_security"].as_array().cloned().unwrap_or_default();
    let read = |table: &Value| format!("SELECT * FROM {};\n", table["table"].as_str().unwrap_or_default());
    tables.iter().map(read).collect()
}
