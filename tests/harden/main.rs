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
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cases::{Case, add_to_dump, cases, copy, run, stdout};
use serde_json::Value;

/// The cases, the sample projects, and the suites on which the analysis is measured; each by its folder.
fn all_cases() -> Vec<Case> {
    let folders = ["harden", "projects", "suites"];
    let named = |of: &str| {
        let all = cases(of).into_iter();
        all.map(|case| Case { name: format!("{of}/{}", case.name), ..case }).collect::<Vec<_>>()
    };
    let all: Vec<Case> = folders.iter().flat_map(|of| named(of)).collect();
    assert!(all.len() > 25, "cases were not found");
    all
}

/// The ways in which the command is asked.
const FLAGS: &[&[&str]] =
    &[&[], &["--replace", "--row-security"], &["--tenant-columns", "--replace", "--row-security"]];

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

/// Written into the project as its next migrations, the proposals leave nothing to propose, of what is reported becomes
/// what they are said to make of it, and the rules on migrations have nothing to say of them but what cannot be done
/// otherwise.
#[test]
fn written_they_do_what_they_say_and_are_safe() {
    let all = all_cases();
    let (left, right) = all.split_at(all.len() / 2);
    let told = |cases: &[Case]| -> Vec<String> { cases.iter().flat_map(unsafe_ones).collect() };
    let wrong = std::thread::scope(|scope| {
        let other = scope.spawn(|| told(left));
        let own = told(right);
        [other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), own].concat()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Hardens a case in every way, and hands back what the rules on migrations say.
fn unsafe_ones(case: &Case) -> Vec<String> {
    let original = reported(&case.folder);
    let ways = match case.name.split_once('/') {
        Some(("harden", _)) => FLAGS.to_vec(),
        Some(("suites", _)) => vec![FLAGS[0], FLAGS[2]],
        _ => vec![FLAGS[2]],
    };
    let mut told = Vec::new();
    for flags in ways {
        let name = format!("{} {flags:?}", case.name);
        let folder = copy(&case.folder);
        let before = proposed(folder.path(), flags);
        git(folder.path(), &["init", "-q", "."]);
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-qm", "before"]);
        write_migrations(folder.path(), flags);

        let after = proposed(folder.path(), flags);
        assert!(after["counting_function"].is_null(), "{name}: {after:#}");
        for list in LISTS {
            assert!(is_empty(&after[list]), "{name}: {after:#}");
        }
        assert_eq!(after["left_out"], before["left_out"], "{name}");
        assert_promised(&name, &before, &original, &reported(folder.path()));
        told.extend(unsafe_migrations(folder.path()).iter().map(|line| format!("{name}: {line}")));
    }
    told
}

/// The joins that are reported in each suite, those that are left by default, and those with tenant columns. What is left
/// leaks whatever the schema has: it joins by something that is no key, or by the part of one that each tenant counts for
/// itself, or out of rows of any tenant.
#[test]
fn as_many_joins_are_settled_as_keys_can_settle() {
    for (suite, joins, left, left_with_columns) in [
        ("accounts", 2, 0, 0),
        ("agents", 7, 1, 0),
        ("billing", 5, 1, 1),
        ("chat", 4, 3, 3),
        ("inventory", 1, 1, 1),
        ("projects", 11, 7, 7),
    ] {
        let case = all_cases().into_iter().find(|case| case.name == format!("suites/{suite}")).expect("it");
        for (flags, left) in [([].as_slice(), left), (&["--tenant-columns"], left_with_columns)] {
            let found = proposed(&case.folder, flags);
            let of_joins = |list: &str| {
                let places = places(&found[list]);
                places.iter().filter(|(rule, ..)| rule == "unverified-join").count()
            };
            let counts = (of_joins("settled") + of_joins("unsettled"), of_joins("unsettled"));
            assert_eq!(counts, (joins, left), "{suite} {flags:?}");
        }
    }
}

/// What is proposed, by its name in JSON.
const LISTS: [&str; 7] =
    ["tenant_columns", "not_null", "unique_keys", "indexes", "foreign_keys", "unvalidated", "row_security"];

fn is_empty(list: &Value) -> bool {
    list.as_array().is_some_and(Vec::is_empty)
}

/// What the rules on migrations say of those that were written since the last commit.
fn unsafe_migrations(folder: &Path) -> Vec<String> {
    let check = ["check", "--diff-base", "HEAD", "--select", "migration", "-v", "--exit-zero"];
    let found = run(folder, &[&check[..], &["--output-format", "concise"]].concat());
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let told = stdout(&found);
    told.lines().filter(|line| line.contains('[') && !is_without_choice(line)).map(str::to_owned).collect()
}

/// Writes the migrations where the project has its own; a script is added to the one file of the schema. Hands back their
/// paths and texts.
fn write_migrations(folder: &Path, flags: &[&str]) -> BTreeMap<String, String> {
    let printed = run(folder, &[&["harden", "--format", "migration", "-q"], flags].concat());
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let mut files = BTreeMap::new();
    for file in stdout(&printed).split("-- ==> ").skip(1) {
        let (path, text) = file.split_once('\n').expect("a path above each file");
        match path.rsplit_once('/') {
            Some((directory, _)) => {
                std::fs::create_dir_all(folder.join(directory)).expect("a folder");
                std::fs::write(folder.join(path), text).expect("a migration");
            }
            None => add_to_dump(folder, text),
        }
        files.insert(path.to_owned(), text.to_owned());
    }
    files
}

/// What is reported of tenants.
fn reported(folder: &Path) -> BTreeSet<Place> {
    let output = run(folder, &["check", "--output-format", "json", "--exit-zero"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("an object");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|d| d["family"] == "tenant" || d["family"] == "isolation")
        .map(|d| (text(&d["rule"]), text(&d["path"]), start(&d["range"])))
        .collect()
}

fn start(range: &Value) -> u64 {
    range["start"]["offset"].as_u64().expect("an offset")
}

/// What is said to be settled was reported and is not, each join that is not said to be settled still is, and what is
/// said to be reported then is all that is new.
fn assert_promised(name: &str, proposed: &Value, before: &BTreeSet<Place>, after: &BTreeSet<Place>) {
    let (settled, unsettled) = (places(&proposed["settled"]), places(&proposed["unsettled"]));
    let raised = places(&proposed["raised"]);
    for place in &settled {
        assert!(before.contains(place), "{name}: {place:?} was not reported");
        assert!(!after.contains(place), "{name}: {place:?} is still reported");
    }
    let joins = |all: &BTreeSet<Place>| -> BTreeSet<Place> {
        all.iter().filter(|(rule, ..)| rule == "unverified-join").cloned().collect()
    };
    let promised: BTreeSet<Place> = joins(&settled).union(&unsettled).cloned().collect();
    assert_eq!(promised, joins(before), "{name}: joins");
    let why = |unsettled: &Value| unsettled["why"].as_str().is_some_and(|why| !why.is_empty());
    assert!(proposed["unsettled"].as_array().into_iter().flatten().all(why), "{name}: {proposed:#}");
    // With the keys, another rule may explain better what still leaks.
    let known: BTreeSet<_> = before.iter().map(|(_, path, at)| (path, at)).collect();
    let new: BTreeSet<Place> =
        after.iter().filter(|(_, path, at)| !known.contains(&(path, at))).cloned().collect();
    assert_eq!(new, raised, "{name}: reported then");
}

/// A rule with the file and the offset that it points to.
type Place = (String, String, u64);

/// The places of a list of findings.
fn places(list: &Value) -> BTreeSet<Place> {
    let place = |told: &Value| {
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        (text("rule"), text("path"), start(&told["range"]))
    };
    list.as_array().into_iter().flatten().map(place).collect()
}

/// What cannot be done otherwise. Drizzle has everything in a transaction. The index of a partitioned table and those of
/// its partitions that are partitioned are declared together, in an instant; its key takes over those of its partitions
/// without reading rows, which the rule does not know.
fn is_without_choice(line: &str) -> bool {
    line.contains("[locks-on-several-tables] `moves_new`")
        || line.starts_with("drizzle/")
            && ["[blocking-index-build]", "[unbounded-backfill]"].iter().any(|rule| line.contains(rule))
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
