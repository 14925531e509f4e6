//! Plays GitHub's runner for `action.yml`: its environment, its steps, in clones of a repository whose HEAD is the merge
//! commit of a pull request.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml_ng::Value;

const CONFIG: &str = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"db/*.sql\"]\n";
const SCHEMA: &str = "CREATE TABLE workspace (id int PRIMARY KEY);
CREATE TABLE invoice (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace);
CREATE INDEX invoice_workspace_idx ON invoice (workspace_id);
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn action() -> Value {
    serde_yaml_ng::from_str(&std::fs::read_to_string(root().join("action.yml")).unwrap()).unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A repository with an old finding on `main` and a new one on a branch, and the merge commit that GitHub makes of them.
struct Host {
    folder: tempfile::TempDir,
    base: String,
}

impl Host {
    fn new() -> Host {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        git(path, &["init", "-q", "-b", "main"]);
        write(path, &[("api/sqlmoat.toml", CONFIG), ("api/db/1.sql", SCHEMA)]);
        write(path, &[("api/old.sql", "SELECT * FROM invoice WHERE id = $1;\n")]);
        git(path, &["add", "."]);
        git(path, &["commit", "-q", "-m", "first"]);
        git(path, &["checkout", "-q", "-b", "branch"]);
        write(path, &[("api/a b.sql", "DELETE FROM invoice WHERE id = $1;\n")]);
        git(path, &["add", "."]);
        git(path, &["commit", "-q", "-m", "::error::x"]);
        git(path, &["checkout", "-q", "main"]);
        write(path, &[("README", "goes on\n")]);
        git(path, &["add", "."]);
        git(path, &["commit", "-q", "-m", "second"]);
        let base = git(path, &["rev-parse", "HEAD"]);
        git(path, &["checkout", "-q", "--detach"]);
        git(path, &["merge", "-q", "--no-ff", "-m", "merge", "branch"]);
        git(path, &["update-ref", "refs/pull/1/merge", "HEAD"]);
        git(path, &["checkout", "-q", "main"]);
        Host { folder, base }
    }

    /// What actions/checkout leaves behind.
    fn checkout(&self, depth: u32) -> tempfile::TempDir {
        let clone = tempfile::tempdir().unwrap();
        let from = format!("file://{}", self.folder.path().display());
        git(clone.path(), &["init", "-q"]);
        git(clone.path(), &["remote", "add", "origin", &from]);
        let depth = format!("--depth={depth}");
        let fetched = "+refs/pull/1/merge:refs/remotes/pull/1/merge";
        git(clone.path(), &["fetch", "-q", "--no-tags", &depth, "origin", fetched]);
        git(clone.path(), &["checkout", "-q", "refs/remotes/pull/1/merge"]);
        clone
    }
}

/// What a run of the action left behind.
#[derive(Debug, Default)]
struct Ran {
    failed: bool,
    log: String,
    summary: String,
    outputs: BTreeMap<String, String>,
    json: serde_json::Value,
}

/// The runner: what of it the action sees.
struct Runner<'a> {
    workspace: &'a Path,
    temp: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
    event_base: String,
    outputs: BTreeMap<(String, String), String>,
}

impl<'a> Runner<'a> {
    fn new(workspace: &'a Path, event_base: &str, given: &[(&str, &str)]) -> Runner<'a> {
        let action = action();
        let mut inputs = BTreeMap::new();
        for (name, input) in action["inputs"].as_mapping().unwrap() {
            inputs.insert(name.as_str().unwrap().to_owned(), input["default"].as_str().unwrap().to_owned());
        }
        for (name, value) in given {
            assert!(inputs.insert((*name).to_owned(), (*value).to_owned()).is_some(), "no input `{name}`");
        }
        let temp = tempfile::tempdir().unwrap();
        let event_base = event_base.to_owned();
        Runner { workspace, temp, inputs, event_base, outputs: BTreeMap::new() }
    }

    /// Runs the steps as the runner does: the first that fails ends the run.
    fn run(mut self) -> Ran {
        let action = action();
        let mut ran = Ran::default();
        for step in action["runs"]["steps"].as_sequence().unwrap() {
            let Some(script) = step["run"].as_str() else {
                // Another action: the cache, which has nothing.
                assert!(step["uses"].as_str().unwrap().starts_with("actions/cache@"));
                continue;
            };
            assert!(!script.contains("${{"), "text from outside becomes part of a script: {script}");
            assert_eq!(step["shell"], "bash");
            if !self.step(step, script, &mut ran) {
                ran.failed = true;
                break;
            }
        }
        for (name, output) in action["outputs"].as_mapping().unwrap() {
            let value = self.evaluate(output["value"].as_str().unwrap());
            ran.outputs.insert(name.as_str().unwrap().to_owned(), value);
        }
        let json = std::fs::read(&ran.outputs["json-file"]).unwrap_or_default();
        ran.json = serde_json::from_slice(&json).unwrap_or_default();
        ran
    }

    fn step(&mut self, step: &Value, script: &str, ran: &mut Ran) -> bool {
        let id = step["id"].as_str().unwrap();
        let file = |name: &str| self.temp.path().join(name);
        let (script_file, output, summary) = (file("script.sh"), file("output"), file("summary"));
        std::fs::write(&script_file, script).unwrap();
        std::fs::write(&output, "").unwrap();
        let directory = self.evaluate(step["working-directory"].as_str().unwrap_or("."));
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(&script_file)
            .current_dir(self.workspace.join(directory))
            .env_clear()
            .env("PATH", format!("{}:{}", self.tools().display(), std::env::var("PATH").unwrap()))
            .env("HOME", self.temp.path())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_WORKSPACE", self.workspace)
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("RUNNER_TEMP", self.temp.path())
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("INSTALLED", env!("CARGO_BIN_EXE_sqlmoat"));
        for (name, value) in step["env"].as_mapping().into_iter().flatten() {
            command.env(name.as_str().unwrap(), self.evaluate(value.as_str().unwrap()));
        }
        let done = command.output().unwrap();
        let _ = write!(
            ran.log,
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        for line in std::fs::read_to_string(&output).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            self.outputs.insert((id.to_owned(), name.to_owned()), value.to_owned());
        }
        ran.summary = std::fs::read_to_string(&summary).unwrap_or_default();
        done.status.success()
    }

    /// A text with its expressions. The action uses no other than these.
    fn evaluate(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
        let (expression, after) = rest.split_once("}}").unwrap();
        let value = match expression.trim().split('.').collect::<Vec<_>>().as_slice() {
            ["inputs", name] => self.inputs.get(*name).unwrap().clone(),
            ["steps", step, "outputs", name] => {
                self.outputs.get(&((*step).to_owned(), (*name).to_owned())).cloned().unwrap_or_default()
            }
            ["github", "event", "pull_request", "base", "sha"] => self.event_base.clone(),
            _ => panic!("what is {expression}?"),
        };
        format!("{before}{value}{}", self.evaluate(after))
    }

    /// A `cargo` that installs the program under test, as cargo would have built it.
    fn tools(&self) -> PathBuf {
        let tools = self.temp.path().join("tools");
        std::fs::create_dir_all(&tools).unwrap();
        let cargo = "#!/bin/sh
[ \"$*\" = \"install --quiet --locked --path $GITHUB_ACTION_PATH --root $SQLMOAT_ROOT\" ] || exit 101
mkdir -p \"$SQLMOAT_ROOT/bin\" && ln -s \"$INSTALLED\" \"$SQLMOAT_ROOT/bin/sqlmoat\"
";
        let path = tools.join("cargo");
        std::fs::write(&path, cargo).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        tools
    }
}

#[test]
fn a_pull_request_is_told_what_is_new_at_any_depth() {
    let host = Host::new();
    for depth in [1, 2, 100] {
        let clone = host.checkout(depth);
        let given = [("working-directory", "api"), ("sarif-file", "out.sarif")];
        let ran = Runner::new(clone.path(), &host.base, &given).run();
        let context = format!("at depth {depth}: {ran:#?}");
        assert!(ran.failed, "{context}");
        assert_eq!(ran.outputs["status"], "1", "{context}");
        let counts = ["errors", "warnings"].map(|name| ran.outputs[name].as_str());
        assert_eq!(counts, ["1", "0"], "{context}");
        let annotations: Vec<&str> = ran.log.lines().filter(|line| line.starts_with("::")).collect();
        let [annotation] = annotations.as_slice() else { panic!("{context}") };
        assert!(
            annotation.starts_with("::error file=api/a b.sql,line=1,col=13,endLine=1,endColumn=20,title=sqlmoat key-only-access::api/a b.sql:1:13: "),
            "{context}"
        );
        assert!(ran.summary.starts_with("## sqlmoat: 1 error; 1 finding not new"), "{context}");
        assert!(ran.summary.contains("| <code>a b.sql:1:13</code> | `key-only-access` |"), "{context}");
        let sarif = &ran.outputs["sarif-file"];
        assert_eq!(
            sarif,
            &clone.path().canonicalize().unwrap().join("api/out.sarif").to_string_lossy(),
            "{context}"
        );
        let sarif: serde_json::Value = serde_json::from_slice(&std::fs::read(sarif).unwrap()).unwrap();
        assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(1), "{context}");
        assert_eq!(sarif["runs"][0]["results"][0]["baselineState"], "new");
        assert_eq!(ran.json["diagnostics"][0]["is_new"], true, "{context}");
    }
}

#[test]
fn outside_of_a_pull_request_everything_is_reported() {
    let host = Host::new();
    let clone = host.checkout(1);
    let ran = Runner::new(clone.path(), "", &[]).run();
    assert_eq!((ran.outputs["errors"].as_str(), ran.failed), ("2", true), "{ran:#?}");
    let given =
        [("new-only", "false"), ("fail-on", "never"), ("annotations", "false"), ("job-summary", "false")];
    let ran = Runner::new(clone.path(), &host.base, &given).run();
    assert_eq!((ran.outputs["errors"].as_str(), ran.outputs["status"].as_str()), ("2", "0"), "{ran:#?}");
    assert!(!ran.failed && !ran.log.contains("::error") && ran.summary.is_empty(), "{ran:#?}");
    assert_eq!(ran.outputs["sarif-file"], "");
}

#[test]
fn a_base_that_cannot_be_fetched_hides_nothing() {
    let host = Host::new();
    let clone = host.checkout(1);
    git(clone.path(), &["remote", "set-url", "origin", "file:///nowhere"]);
    let ran = Runner::new(clone.path(), &host.base, &[]).run();
    assert_eq!((ran.outputs["errors"].as_str(), ran.failed), ("2", true), "{ran:#?}");
    assert!(ran.log.contains("warning: nothing is compared with"), "{ran:#?}");
    let ran = Runner::new(clone.path(), "", &[("diff-base", "--upload-pack=touch x")]).run();
    assert_eq!((ran.outputs["errors"].as_str(), clone.path().join("x").exists()), ("2", false), "{ran:#?}");
}

#[test]
fn a_branch_can_be_named_as_the_base() {
    let host = Host::new();
    let clone = host.checkout(1);
    let ran = Runner::new(clone.path(), "", &[("diff-base", "main")]).run();
    assert_eq!((ran.outputs["errors"].as_str(), ran.failed), ("1", true), "{ran:#?}");
}

#[test]
fn inputs_are_data() {
    let host = Host::new();
    let clone = host.checkout(2);
    let given = [
        ("paths", "api/a b.sql\n\n$(touch x)\n`touch x`; touch x"),
        ("args", "--no-error-on-unmatched  --select=tenant\n$(touch\tx) ;touch x *"),
        ("config", "$(touch x)"),
    ];
    let ran = Runner::new(clone.path(), &host.base, &given).run();
    assert!(ran.failed && !clone.path().join("x").exists(), "{ran:#?}");
    assert_eq!(ran.outputs["status"], "2", "{ran:#?}");
    let given = [
        ("paths", "api/a b.sql\napi/old.sql"),
        ("args", "--select tenant --exit-zero"),
        ("new-only", "false"),
    ];
    let ran = Runner::new(clone.path(), &host.base, &given).run();
    assert_eq!((ran.outputs["status"].as_str(), ran.outputs["errors"].as_str()), ("0", "2"), "{ran:#?}");
    assert!(!ran.failed);
}

#[test]
fn a_broken_configuration_fails_with_an_annotation() {
    let host = Host::new();
    let clone = host.checkout(2);
    write(clone.path(), &[("api/sqlmoat.toml", "colour = 1\n")]);
    let ran = Runner::new(clone.path(), &host.base, &[]).run();
    assert_eq!((ran.outputs["status"].as_str(), ran.failed), ("2", true), "{ran:#?}");
    assert!(ran.log.contains("::error title=sqlmoat::api/sqlmoat.toml: unknown key `colour`"), "{ran:#?}");
}
