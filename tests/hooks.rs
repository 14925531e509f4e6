//! `.pre-commit-hooks.yaml` under the real pre-commit, and against the files that are read.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml_ng::Value;

const CONFIG: &str = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"db/*.sql\"]\n";
const SCHEMA: &str = "CREATE TABLE workspace (id int PRIMARY KEY);
CREATE TABLE invoice (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace);
CREATE INDEX invoice_workspace_idx ON invoice (workspace_id);
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn hooks() -> String {
    std::fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap()
}

#[test]
fn the_hooks_are_given_the_files_that_are_read() {
    let hooks: Value = serde_yaml_ng::from_str(&hooks()).unwrap();
    let extensions = [
        "sql", "psql", "pgsql", "py", "pyi", "ts", "mts", "cts", "tsx", "js", "mjs", "cjs", "jsx", "go",
        "java", "kt", "kts", "cs", "rb", "rake", "php", "phtml", "inc", "rs", "scala", "md", "toml", "ex",
        "erb", "vue", "svelte", "sqlx",
    ];
    for hook in hooks.as_sequence().unwrap() {
        let pattern = hook["files"].as_str().unwrap();
        let listed: Vec<&str> = pattern.split(|c: char| !c.is_alphanumeric()).collect();
        for extension in extensions {
            let path = PathBuf::from(format!("x.{extension}"));
            let is_sql = ["sql", "psql", "pgsql"].contains(&extension);
            let read = is_sql || sqlmoat::extract::host::is_host(&path);
            let of_the_tool = pattern.contains("toml") && extension == "toml";
            assert_eq!(
                listed.contains(&extension),
                read || of_the_tool,
                "`.{extension}` and {}",
                hook["id"].as_str().unwrap()
            );
        }
    }
}

/// A folder with pre-commit's cache, a clone of this repository as pre-commit sees it, and a project that uses it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let hooks_repository = place.path("sqlmoat");
        std::fs::create_dir_all(&hooks_repository).unwrap();
        std::fs::write(hooks_repository.join(".pre-commit-hooks.yaml"), hooks()).unwrap();
        std::fs::copy(root().join("Cargo.toml"), hooks_repository.join("Cargo.toml")).unwrap();
        // A cargo that installs the program under test, as cargo would have built it.
        std::fs::create_dir(place.path("tools")).unwrap();
        let cargo = format!(
            "#!/bin/sh
[ \"$1\" != --version ] || exit 0
while [ \"$1\" != --root ]; do shift || exit 101; done
mkdir -p \"$2/bin\" && ln -sf '{}' \"$2/bin/sqlmoat\"
",
            env!("CARGO_BIN_EXE_sqlmoat")
        );
        std::fs::write(place.path("tools/cargo"), cargo).unwrap();
        std::fs::set_permissions(place.path("tools/cargo"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let project = place.path("project");
        std::fs::create_dir_all(project.join("db")).unwrap();
        std::fs::write(project.join("sqlmoat.toml"), CONFIG).unwrap();
        std::fs::write(project.join("db/1.sql"), SCHEMA).unwrap();
        std::fs::write(project.join("old.sql"), "SELECT * FROM invoice WHERE id = $1;\n").unwrap();
        std::fs::write(project.join("README"), "no SQL\n").unwrap();
        for repository in [&hooks_repository, &project] {
            place.run("git", repository, &["init", "-q"]);
            place.run("git", repository, &["add", "."]);
            place.run(
                "git",
                repository,
                &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x"],
            );
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, program: &str, directory: &Path, arguments: &[&str]) -> Output {
        let path = format!("{}:{}", self.path("tools").display(), std::env::var("PATH").unwrap());
        Command::new(program)
            .args(arguments)
            .current_dir(directory)
            .env("PATH", path)
            .env("PRE_COMMIT_HOME", self.path("cache"))
            .env_remove("GIT_DIR")
            .output()
            .unwrap()
    }

    fn hook(&self, id: &str, arguments: &[&str]) -> (bool, String) {
        let repository = self.path("sqlmoat");
        let arguments =
            [&["try-repo", "--color=never", repository.to_str().unwrap(), id], arguments].concat();
        let output = self.run("pre-commit", &self.path("project"), &arguments);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }
}

#[test]
fn pre_commit_runs_the_hooks() {
    if Command::new("pre-commit").arg("--version").output().is_err() {
        assert!(std::env::var_os("SQLMOAT_TEST_ALL").is_none(), "pre-commit is not installed");
        eprintln!("SKIPPED: pre-commit is not installed, so the hooks were not run");
        return;
    }
    let place = Place::new();
    let project = place.path("project");
    // The file that changed is held against the schema of the project, and the other one is not reported.
    std::fs::write(project.join("new.sql"), "SELECT id FROM invoice WHERE workspace_id = $1;\n").unwrap();
    place.run("git", &project, &["add", "new.sql"]);
    let (passed, said) = place.hook("sqlmoat", &[]);
    assert!(passed && said.contains("Passed"), "{said}");
    std::fs::write(project.join("new.sql"), "DELETE FROM invoice WHERE id = $1;\n").unwrap();
    place.run("git", &project, &["add", "new.sql"]);
    let (passed, said) = place.hook("sqlmoat", &[]);
    assert!(!passed && said.contains("error[key-only-access]") && said.contains("[new.sql:1:13]"), "{said}");
    assert!(!said.contains("old.sql"), "{said}");
    // The whole project, whatever changed.
    let (passed, said) = place.hook("sqlmoat-project", &[]);
    assert!(!passed && said.contains("[old.sql:1:15]") && said.contains("[new.sql:1:13]"), "{said}");
    // Files without SQL start nothing.
    let (passed, said) = place.hook("sqlmoat", &["--files", "README"]);
    assert!(passed && said.contains("no files to check"), "{said}");
}
