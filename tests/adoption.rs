//! How a codebase takes the tool up: only what is new counts, against a revision or in what is staged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Output};

/// A git repository in a temporary folder.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Repository {
        let repository = Repository(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository.write(files);
        repository.commit("first");
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    fn check(&self, arguments: &[&str]) -> Checked {
        self.check_in(".", arguments)
    }

    fn check_in(&self, directory: &str, arguments: &[&str]) -> Checked {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
            .args(["check", "--output-format", "concise"])
            .args(arguments)
            .current_dir(self.path().join(directory))
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .unwrap();
        Checked {
            status: status.code(),
            findings: String::from_utf8(stdout).unwrap(),
            said: String::from_utf8(stderr).unwrap(),
        }
    }
}

struct Checked {
    status: Option<i32>,
    findings: String,
    said: String,
}

impl Checked {
    /// Path, line and rule of each finding.
    fn places(&self) -> Vec<String> {
        let place = |line: &str| {
            let (place, rest) = line.split_once(": ").unwrap();
            let rule = rest.split(['[', ']']).nth(1).unwrap();
            format!("{} {rule}", place.rsplit_once(':').unwrap().0)
        };
        self.findings.lines().map(place).collect()
    }
}

const CONFIG: &str = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"db/*.sql\"]\n";
const SCHEMA: &str = "CREATE TABLE workspace (id int PRIMARY KEY);
CREATE TABLE customer (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace, UNIQUE (workspace_id, id));
CREATE TABLE invoice (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace, customer_id int NOT NULL,
  CONSTRAINT invoice_customer FOREIGN KEY (workspace_id, customer_id) REFERENCES customer (workspace_id, id));
CREATE INDEX invoice_workspace_idx ON invoice (workspace_id, customer_id);
";
const JOIN: &str =
    "SELECT c.id FROM invoice i JOIN customer c ON c.id = i.customer_id WHERE i.workspace_id = $1;\n";
const BY_KEY: &str = "SELECT * FROM invoice WHERE id = $1;\n";

fn project() -> Repository {
    Repository::new(&[
        ("sqlmoat.toml", CONFIG),
        ("db/1.sql", SCHEMA),
        ("src/old.sql", BY_KEY),
        ("src/join.sql", JOIN),
    ])
}

#[test]
fn a_migration_that_breaks_an_old_query_is_new() {
    let repository = project();
    assert_eq!(repository.check(&["--diff-base", "HEAD"]).places(), [] as [&str; 0]);
    repository.write(&[("db/2.sql", "ALTER TABLE invoice DROP CONSTRAINT invoice_customer;\n")]);
    let checked = repository.check(&["--diff-base", "HEAD", "--fail-on", "warning"]);
    assert_eq!(checked.places(), ["src/join.sql:1 unverified-join"], "{}", checked.said);
    assert_eq!(checked.status, Some(1));
    assert!(checked.said.contains("1 finding not new, see --show-old"), "{}", checked.said);
    let all = repository.check(&["--diff-base", "HEAD", "--show-old"]);
    assert!(
        all.findings.contains("src/old.sql:1:15: error[key-only-access]")
            && all.findings.contains("(not new)")
    );
    let old = repository.check(&["--diff-base", "HEAD", "--show-old", "--select", "key-only-access"]);
    assert_eq!((old.places().len(), old.status), (1, Some(0)), "what is old does not fail");
}

#[test]
fn a_finding_is_the_same_one_after_moving_reformatting_and_renumbering() {
    let repository = project();
    let moved = "-- A heading.\n\nselect *\n  from invoice -- by key\n where id = $4;\n";
    std::fs::remove_file(repository.path().join("src/old.sql")).unwrap();
    std::fs::rename(repository.path().join("db/1.sql"), repository.path().join("db/0001_first.sql")).unwrap();
    repository.write(&[("lib/moved.sql", moved)]);
    let checked = repository.check(&["--diff-base", "main"]);
    assert_eq!(checked.places(), [] as [&str; 0], "{}", checked.said);
    // A copy is new: the one that was there is still there.
    repository.write(&[("src/old.sql", BY_KEY)]);
    assert_eq!(repository.check(&["--diff-base", "main"]).places(), ["lib/moved.sql:4 key-only-access"]);
    // Also for a hook that is given one file: the other was not looked at, and it is there.
    let one = repository.check(&["--diff-base", "main", "lib/moved.sql"]);
    assert_eq!(one.places(), ["lib/moved.sql:4 key-only-access"], "{}", one.said);
}

#[test]
fn a_base_that_is_not_there_hides_nothing() {
    let repository = project();
    for revision in ["no-such-branch", "--output=x", "HEAD~7"] {
        let checked = repository.check(&[&format!("--diff-base={revision}")]);
        assert_eq!(checked.places(), ["src/old.sql:1 key-only-access"], "{revision}");
        assert!(checked.said.contains("warning: nothing is compared with"), "{revision}: {}", checked.said);
        assert_eq!(checked.status, Some(1));
    }
    assert!(!repository.path().join("x").exists());
    let json = repository.check(&["--diff-base", "HEAD~7", "--report", "json=out.json"]);
    assert_eq!(json.status, Some(1));
    let report = std::fs::read_to_string(repository.path().join("out.json")).unwrap();
    assert!(report.contains("\"is_new\": null"), "{report}");
}

#[test]
fn a_shallow_clone_compares_with_what_it_has() {
    let repository = project();
    repository.write(&[("src/new.sql", "DELETE FROM customer WHERE id = $1;\n")]);
    repository.commit("second");
    let clone = tempfile::tempdir().unwrap();
    let clone = Repository(clone);
    let from = format!("file://{}", repository.path().display());
    clone.git(&["clone", "-q", "--depth=2", &from, "."]);
    assert_eq!(clone.check(&["--diff-base", "HEAD^1"]).places(), ["src/new.sql:1 key-only-access"]);
    clone.git(&["fetch", "-q", "--depth=1", "origin", "HEAD"]);
    assert_eq!(clone.check(&["--diff-base", "HEAD^1"]).places().len(), 2, "the base is cut off");
}

#[test]
fn a_directory_below_the_root_is_compared_with_itself() {
    let repository = project();
    repository.write(&[("src/new.sql", "DELETE FROM customer WHERE id = $1;\n")]);
    let checked = repository.check_in("src", &["--diff-base", "HEAD"]);
    assert_eq!(checked.places(), ["new.sql:1 key-only-access"], "{}", checked.said);
}

#[test]
fn a_changed_setting_makes_no_finding_new() {
    let repository = project();
    repository
        .write(&[("src/shape.sql", "SELECT * FROM customer WHERE workspace_id = $1 AND id + 1 = $2;\n")]);
    repository.commit("an info");
    repository.write(&[(
        "sqlmoat.toml",
        &format!("{CONFIG}[rules]\nunused-index = \"error\"\nkey-only-access = \"error\"\n"),
    )]);
    let checked = repository.check(&["--diff-base", "HEAD"]);
    assert_eq!(checked.places(), [] as [&str; 0], "{}", checked.findings);
}

#[test]
fn what_is_staged_is_read_from_the_index() {
    let repository = project();
    repository.write(&[("src/staged.sql", "DELETE FROM customer WHERE id = $1;\n")]);
    repository.git(&["add", "src/staged.sql"]);
    // The work tree goes on: mended there, and a migration that is not staged.
    repository.write(&[
        ("src/staged.sql", "SELECT 1;\n"),
        ("src/unstaged.sql", BY_KEY),
        ("db/2.sql", "DROP TABLE customer CASCADE;\n"),
    ]);
    let checked = repository.check(&["--staged"]);
    assert_eq!(checked.places(), ["src/staged.sql:1 key-only-access"], "{}", checked.said);
    assert_eq!(checked.status, Some(1));
    let below = repository.check_in("src", &["--staged"]);
    assert_eq!(below.places(), ["staged.sql:1 key-only-access"], "{}", below.said);
    let elsewhere = repository.check(&["--staged", "db"]);
    assert_eq!((elsewhere.places().len(), elsewhere.status), (0, Some(0)), "{}", elsewhere.said);
    // A configuration that is not staged does not count either.
    repository.write(&[("sqlmoat.toml", "nonsense = 1\n")]);
    assert_eq!(repository.check(&["--staged"]).places().len(), 1);
    repository.git(&["rm", "-q", "--cached", "src/old.sql"]);
    repository.git(&["reset", "-q", "src/staged.sql"]);
    let nothing = repository.check(&["--staged"]);
    assert_eq!((nothing.places().len(), nothing.status), (0, Some(0)), "{}", nothing.said);
}

#[test]
fn the_first_commit_can_be_checked_before_it_is_made() {
    let repository = Repository(tempfile::tempdir().unwrap());
    repository.git(&["init", "-q"]);
    repository.write(&[
        ("sqlmoat.toml", CONFIG),
        ("db/1.sql", SCHEMA),
        ("q ü.sql", BY_KEY),
        (".gitignore", "gen\n"),
    ]);
    repository.write(&[("gen/x.sql", BY_KEY)]);
    repository.git(&["add", "."]);
    repository.git(&["add", "-f", "gen/x.sql"]);
    let checked = repository.check(&["--staged"]);
    assert_eq!(checked.places(), ["q ü.sql:1 key-only-access"], "{}", checked.said);
    let outside = tempfile::tempdir().unwrap();
    let outside = Repository(outside).check(&["--staged"]);
    assert_eq!(outside.status, Some(2));
    assert!(outside.said.contains("--staged needs a git repository"), "{}", outside.said);
}

#[test]
fn a_repository_runs_nothing_when_it_is_read() {
    let repository = project();
    let trap = repository.path().join("trap.sh");
    std::fs::write(&trap, "#!/bin/sh\ntouch \"$(dirname \"$0\")/sprung\"\ncat\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let trap = trap.to_string_lossy().into_owned();
    repository.write(&[(".gitattributes", "*.sql filter=trap diff=trap\n")]);
    for key in ["filter.trap.smudge", "filter.trap.clean", "diff.trap.textconv", "core.fsmonitor"] {
        repository.git(&["config", key, &trap]);
    }
    let _ = std::fs::remove_file(repository.path().join("sprung"));
    repository.write(&[("src/staged.sql", "DELETE FROM customer WHERE id = $1;\n")]);
    assert_eq!(repository.check(&["--diff-base", "HEAD"]).places(), ["src/staged.sql:1 key-only-access"]);
    assert_eq!(repository.check(&["--staged"]).places().len(), 0);
    assert!(!repository.path().join("sprung").exists(), "something was run");
}

/// Three migrations, the last two of which build an index under a lock; the second says that it means to.
fn migrations() -> Repository {
    Repository::new(&[
        (
            "sqlmoat.toml",
            "[tenancy]\ncolumns = []\n[schema]\nsources = [\"db/*.sql\"]\n[rules]\nindex = \"off\"\n",
        ),
        ("db/0001_tables.sql", "CREATE TABLE invoice (id bigint PRIMARY KEY, due date, note text);\n"),
        (
            "db/0002_due.sql",
            "-- sqlmoat: allow(blocking-index-build) the table was small then\n\
             CREATE INDEX invoice_due_idx ON invoice (due);\n",
        ),
        ("db/0003_note.sql", "SET lock_timeout = '5s';\nCREATE INDEX invoice_note_idx ON invoice (note);\n"),
    ])
}

#[test]
fn only_the_newest_migration_is_judged() {
    let repository = migrations();
    let checked = repository.check(&[]);
    // What an older one allows is not unused.
    assert_eq!(checked.places(), ["db/0003_note.sql:2 blocking-index-build"]);
    assert!(checked.said.contains("; 2 older migrations not judged"), "{}", checked.said);
    let all = repository.check(&["-v", "--config", "migrations.judge=\"all\""]);
    assert_eq!(
        all.places(),
        ["db/0002_due.sql:2 missing-lock-timeout", "db/0003_note.sql:2 blocking-index-build"]
    );
    assert!(!all.said.contains("older") && all.said.contains("1 finding excepted"), "{}", all.said);
}

#[test]
fn every_migration_that_a_base_lacks_is_judged() {
    let repository = migrations();
    repository.write(&[
        (
            "db/0004_id.sql",
            "SET lock_timeout = '5s';\nCREATE INDEX invoice_id_due_idx ON invoice (id, due);\n",
        ),
        (
            "db/0005_payer.sql",
            "SET lock_timeout = '5s';\nALTER TABLE invoice ADD COLUMN payer text NOT NULL;\n",
        ),
    ]);
    let checked = repository.check(&["--diff-base", "main"]);
    assert_eq!(
        checked.places(),
        ["db/0004_id.sql:2 blocking-index-build", "db/0005_payer.sql:2 required-column-without-default"]
    );
}

#[test]
fn what_a_baseline_accepts_in_an_older_migration_stays_accepted() {
    let repository = migrations();
    let created = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["baseline", "create", "--reason", "it ran"])
        .current_dir(repository.path())
        .output()
        .unwrap();
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    assert_eq!(repository.check(&[]).places(), [""; 0]);
    repository.write(&[(
        "db/0004_payer.sql",
        "SET lock_timeout = '5s';\nALTER TABLE invoice ADD COLUMN payer text;\n",
    )]);
    let checked = repository.check(&[]);
    assert_eq!(checked.places(), [""; 0]);
    assert!(!checked.said.contains("find nothing any more"), "{}", checked.said);
    assert!(!checked.said.contains("finds nothing any more"), "{}", checked.said);
    let all = repository.check(&["-v", "--config", "migrations.judge=\"all\""]);
    assert_eq!(all.places(), ["db/0002_due.sql:2 missing-lock-timeout"], "what was judged then is accepted");
}
