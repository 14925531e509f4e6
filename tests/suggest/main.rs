//! What `suggest` designs: as written down beside each case of `testdata/suggest`, enough for all its reads when it is
//! applied, and used by a live PostgreSQL for the statements that it is said to serve.

#[path = "../support/postgres.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
mod postgres;

#[path = "../support/apply.rs"]
mod apply;
#[path = "../support/cases.rs"]
mod cases;
mod live;

use std::path::Path;

use cases::{Case, add_to_dump, cases, copy, run, stdout};

fn all_cases() -> Vec<Case> {
    let all: Vec<Case> = cases("suggest").into_iter().chain(cases("projects")).collect();
    assert!(all.len() > 9, "cases were not found");
    all
}

fn json(folder: &Path) -> serde_json::Value {
    let output = run(folder, &["suggest", "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("an object")
}

#[test]
fn cases_have_the_indexes_that_are_written_down() {
    let mut wrong = Vec::new();
    for case in cases("suggest") {
        let found = stdout(&run(&case.folder, &["suggest"]));
        let expected = std::fs::read_to_string(case.folder.join("expected.txt")).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Applied as the project's own migration, the indexes leave nothing to suggest but what was told not to be served; and
/// none of it is refused.
#[test]
fn applied_they_leave_nothing_to_suggest() {
    for case in all_cases() {
        for flags in [&[][..], &["--include"][..], &["--drop-redundant"][..]] {
            let folder = copy(&case.folder);
            let before = json(folder.path());
            let printed =
                stdout(&run(folder.path(), &[&["suggest", "--format", "migration"], flags].concat()));
            let first = printed.lines().find_map(|line| line.strip_prefix("-- ==> "));
            let Some(first) = first else { panic!("{}: no migration in\n{printed}", case.name) };
            match first.rsplit_once('/') {
                Some((directory, _)) => {
                    let output =
                        [&["suggest", "--format", "migration", "--output", directory], flags].concat();
                    let written = run(folder.path(), &output);
                    let why = String::from_utf8_lossy(&written.stderr).into_owned();
                    assert!(written.status.success(), "{}: {why}", case.name);
                    let again = run(folder.path(), &output);
                    assert!(
                        !again.status.success() || stdout(&again).is_empty(),
                        "{}: written twice",
                        case.name
                    );
                }
                // A script to run by hand, after which the one file of the schema is dumped anew.
                None => add_to_dump(folder.path(), &printed),
            }

            let after = json(folder.path());
            let (before, after) = (&before["databases"][0], &after["databases"][0]);
            assert_eq!(after["indexes"].as_array().map(Vec::len), Some(0), "{}: {after:#}", case.name);
            assert_eq!(after["unserved"], before["unserved"], "{}", case.name);
            let refused = |folder: &Path| {
                let select = "invalid-index,unappliable-migration,unparsed-statement";
                let found = run(folder, &["check", "--select", select, "--output-format", "concise"]);
                stdout(&found).lines().count()
            };
            assert_eq!(
                refused(folder.path()),
                refused(&case.folder),
                "{}: a migration is refused",
                case.name
            );
        }
    }
}

#[test]
fn names_are_short_and_free() {
    for case in all_cases() {
        let report = json(&case.folder);
        let mut names: Vec<&str> = Vec::new();
        fn part<'a>(index: &'a serde_json::Value, names: &mut Vec<&'a str>) {
            names.extend(index["name"].as_str());
            for inner in index["partitions"].as_array().into_iter().flatten() {
                part(inner, names);
            }
        }
        for index in report["databases"][0]["indexes"].as_array().expect("indexes") {
            part(index, &mut names);
        }
        assert!(names.iter().all(|name| name.len() <= 63), "{}: {names:?}", case.name);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{}: {names:?}", case.name);
    }
}
