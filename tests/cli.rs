//! Runs the program as a user does. Each file of `testdata/cli/` is one case: files, commands, and what each command
//! prints on either stream with its exit status. `SQLMOAT_BLESS=1 cargo test --test cli` writes what is printed now into
//! the cases, for review by eye.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[test]
fn every_case_prints_what_it_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/cli");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let got = Case::parse(&text).run();
        count += 1;
        if got == text {
            continue;
        }
        if std::env::var_os("SQLMOAT_BLESS").is_some() {
            std::fs::write(&path, got).unwrap();
        } else {
            wrong.push(format!("{}:\n{}", path.display(), difference(&text, &got)));
        }
    }
    assert!(count > 10, "the cases were not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_of_fifty_megabytes_is_skipped_and_the_rest_is_checked() {
    let folder = Folder::new(&[("ok.sql", "SELECT 1 FORM t;\n")]);
    let line = "-- What a generator wrote.\n";
    std::fs::write(folder.path().join("large.sql"), line.repeat(50_000_000 / line.len())).unwrap();
    let found = folder.run(&["check", "--no-config", "--output-format", "concise", "."]);
    assert!(stdout(&found).starts_with("ok.sql:1:15: warning[unparsed-statement]"), "{}", stdout(&found));
    let said = "error: large.sql: the file has 49.9 MB and the limit is 10.0 MB\n";
    assert!(stderr(&found).starts_with(said), "{}", stderr(&found));
    assert_eq!(found.status.code(), Some(0));
    let named = folder.run(&["check", "--no-config", "large.sql", "ok.sql"]);
    assert_eq!(named.status.code(), Some(2), "a file that the user named must be read");
    let lowered = folder.run(&["check", "--no-config", "--config", "max-file-size=9", "."]);
    assert!(
        stderr(&lowered).contains("ok.sql: the file has 17 bytes and the limit is 9 bytes"),
        "{}",
        stderr(&lowered)
    );
}

#[test]
fn what_a_bundler_made_is_told_to_be_skipped() {
    let schema = "CREATE TABLE tenant (id int PRIMARY KEY);\n\
                  CREATE TABLE item (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenant (id));\n";
    let query = "db.query('SELECT id FROM item');";
    let folder = Folder::new(&[
        ("schema.sql", schema),
        ("app.js", &query.repeat(1_000)),
        ("plain.js", &"f(1);".repeat(10_000)),
        ("people.js", &format!("{query}\n").repeat(1_000)),
    ]);
    let found = folder.run(&["check", "--no-config", "."]);
    let said = "note: 1 file looks like the work of a bundler, and is not read though there may be SQL in it: `app.js`";
    assert!(stderr(&found).contains(said), "{}", stderr(&found));
    assert!(
        stdout(&found).contains("1000 statements") && stdout(&found).contains("1 file skipped"),
        "{}",
        stdout(&found)
    );
}

#[test]
fn random_bytes_are_no_reason_to_stop() {
    // Small linear congruential generator: the same bytes on every machine.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = |printable: bool| -> Vec<u8> {
        (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let byte = (state >> 56) as u8;
                if printable { b' ' + byte % 95 } else { byte | 1 }
            })
            .collect()
    };
    let folder = Folder::new(&[("schema.sql", "CREATE TABLE t (a int);\n")]);
    std::fs::write(folder.path().join("binary.sql"), [noise(false), vec![0]].concat()).unwrap();
    std::fs::write(folder.path().join("bytes.sql"), noise(false)).unwrap();
    std::fs::write(folder.path().join("printable.sql"), noise(true)).unwrap();
    let found = folder.run(&["check", "--output-format", "json", "."]);
    let report: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(report["errors"][0]["message"], "the file is binary");
    assert_eq!(report["errors"][0]["path"], "binary.sql");
    assert_eq!(report["errors"].as_array().unwrap().len(), 1);
    assert_eq!(report["partial"], true);
    assert_eq!(report["summary"]["files"], 3);
    assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_told_and_the_rest_is_checked() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    let folder = Folder::new(&[("ok.sql", "SELECT 1 FORM t;\n"), ("secret.sql", "SELECT 1;\n")]);
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder.path(), 0o755);
    mode(&folder.path().join("secret.sql"), 0o000);
    // Nothing is unreadable to root, so root runs the program as nobody, from where nobody can reach it.
    let program = folder.path().join("sqlmoat");
    std::fs::copy(env!("CARGO_BIN_EXE_sqlmoat"), &program).unwrap();
    let root = std::fs::metadata(folder.path()).unwrap().uid() == 0;
    let run = |paths: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(["check", "--no-config", "--output-format", "concise"])
            .args(paths)
            .current_dir(folder.path());
        if root {
            command.uid(65534);
        }
        command.output().unwrap()
    };
    let found = run(&["."]);
    assert!(stdout(&found).starts_with("ok.sql:1:15: warning"), "{}", stdout(&found));
    assert!(
        stderr(&found).contains("error: secret.sql: the file cannot be read: Permission denied"),
        "{}",
        stderr(&found)
    );
    assert_eq!(found.status.code(), Some(0));
    assert_eq!(run(&["secret.sql", "ok.sql"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_pipe_with_nobody_at_its_other_end_is_not_waited_for() {
    let folder = Folder::new(&[]);
    let made = Command::new("mkfifo").arg(folder.path().join("pipe.sql")).status().unwrap();
    assert!(made.success());
    let found = folder.run(&["check", "--no-config", "pipe.sql"]);
    assert!(stderr(&found).contains("pipe.sql: it is not a regular file"), "{}", stderr(&found));
    assert_eq!(found.status.code(), Some(2));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let projects = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/projects");
    let run = |threads: &str| {
        let flags = ["check", "--output-format", "json", "--show-proofs", "--threads", threads, "."];
        Command::new(env!("CARGO_BIN_EXE_sqlmoat")).args(flags).current_dir(&projects).output().unwrap()
    };
    let one = run("1");
    assert!(one.stdout.len() > 1_000, "{}", stderr(&one));
    for threads in ["2", "7"] {
        let several = run(threads);
        assert_eq!(stdout(&one), stdout(&several), "{threads} threads");
        assert_eq!(stderr(&one), stderr(&several), "{threads} threads");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let folder = Folder::new(&[("bad.sql", &"SELECT 1 FORM t;\n".repeat(20_000))]);
    let mut child = folder
        .command(&["check", "--no-config", "--output-format", "json", "--fail-on", "warning", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let found = child.wait_with_output().unwrap();
    assert!(!stderr(&found).contains("panicked"), "{}", stderr(&found));
    assert_eq!(found.status.code(), Some(1), "{}", stderr(&found));
}

#[test]
fn colour_follows_the_flag_then_the_environment() {
    let folder = Folder::new(&[("bad.sql", "SELECT 1 FORM t;\n")]);
    let coloured = |flags: &[&str], environment: &[(&str, &str)]| {
        let flags = [&["check", "--no-config"], flags, &["."]].concat();
        let output = folder.command(&flags).envs(environment.iter().copied()).output().unwrap();
        assert!(stdout(&output).contains("unparsed-statement"));
        stdout(&output).contains("\u{1b}[")
    };
    // The output is a pipe here.
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
}

#[test]
fn completions_are_scripts_of_the_shell() {
    let folder = Folder::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let found = folder.run(&["completions", shell]);
        assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
        assert!(stdout(&found).contains("diff-base"));
    }
    folder.write("script", &stdout(&folder.run(&["completions", "bash"])));
    let words = r#"source ./script; COMP_WORDS=(sqlmoat check --diff-); COMP_CWORD=2
        _sqlmoat sqlmoat --diff- check; echo "${COMPREPLY[@]}""#;
    let bash = Command::new("bash").args(["-c", words]).current_dir(folder.path()).output().unwrap();
    assert_eq!(stdout(&bash), "--diff-base\n", "{}", stderr(&bash));
}

#[cfg(unix)]
#[test]
fn a_watched_project_is_checked_again_when_a_file_changes() {
    let folder = Folder::new(&[("schema.sql", "CREATE TABLE t (a int);\n"), ("q.sql", "SELECT 1 FORM t;\n")]);
    let mut child = folder
        .command(&["check", "--watch", "--output-format", "concise", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().starts_with("q.sql:1:15: warning[unparsed-statement]"));
    folder.write("q.sql", "\n\nSELECT 1 FORM t;\n");
    assert!(next().starts_with("q.sql:3:15: warning[unparsed-statement]"), "what is printed is not cleared");
    folder.write("new.sql", "SELECT 2 FORM t;\n");
    assert!(next().starts_with("new.sql:1:15: warning[unparsed-statement]"));
    child.kill().unwrap();
    child.wait().unwrap();
    let output = folder.run(&["check", "--watch", "--fix", "."]);
    assert_eq!(output.status.code(), Some(2), "what the run writes would start the next one");
}

/// A temporary folder to run the program in.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sqlmoat"));
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(name);
        }
        // 2024-05-06 07:08:09, for versions of migrations.
        command.env("SOURCE_DATE_EPOCH", "1714979289");
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A case: prose, then sections that a line `=== NAME` begins. `file PATH` is a file to write; `run ARGUMENTS` a command,
/// in the directory `in PATH` if one goes before; `stdin` what it reads; `stdout`, `stderr` and `status` what came of it.
struct Case<'a> {
    prose: &'a str,
    sections: Vec<(&'a str, &'a str)>,
}

impl<'a> Case<'a> {
    fn parse(text: &'a str) -> Case<'a> {
        let mut parts = text.split("\n=== ");
        let prose = parts.next().unwrap_or_default();
        let sections = parts.map(|part| part.split_once('\n').unwrap_or((part, ""))).collect();
        Case { prose, sections }
    }

    /// The case with what its commands print now.
    fn run(&self) -> String {
        let folder = Folder::new(&[]);
        let mut text = format!("{}\n", self.prose);
        let mut directory = String::from(".");
        let mut stdin = "";
        for (head, body) in &self.sections {
            let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
            match kind {
                "file" => folder.write(rest, body),
                "in" => directory = rest.to_owned(),
                "stdin" => stdin = body,
                "run" => {}
                "stdout" | "stderr" | "status" => continue,
                other => panic!("a section `{other}`?"),
            }
            let _ = write!(text, "=== {head}\n{body}");
            if !body.is_empty() && !body.ends_with('\n') {
                text.push('\n');
            }
            if kind == "run" {
                let output = run(&folder, &directory, rest, stdin);
                let clean = |text: String| {
                    let root = folder.path().canonicalize().unwrap();
                    text.replace(&*root.to_string_lossy(), "[FOLDER]")
                };
                for (name, printed) in [("stdout", stdout(&output)), ("stderr", stderr(&output))] {
                    if !printed.is_empty() {
                        let _ = write!(text, "=== {name}\n{}", clean(printed));
                    }
                }
                let status = output.status.code().map_or("killed".to_owned(), |c| c.to_string());
                let _ = writeln!(text, "=== status {status}");
            }
        }
        text
    }
}

fn run(folder: &Folder, directory: &str, arguments: &str, stdin: &str) -> Output {
    let arguments: Vec<&str> = arguments.split(' ').filter(|a| !a.is_empty()).collect();
    let mut command = folder.command(&arguments);
    command.current_dir(folder.path().join(directory));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// The lines that only one of two texts has.
fn difference(expected: &str, got: &str) -> String {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    expected.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    got.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    let mut text = String::new();
    for (side, lines, sign) in [("expected", expected, 1), ("printed", got, -1)] {
        for line in lines.lines().filter(|line| counts[line] * sign > 0) {
            let _ = writeln!(text, "  {side}: {line}");
        }
    }
    if text.is_empty() { format!("  the same lines in another order:\n{got}") } else { text }
}
