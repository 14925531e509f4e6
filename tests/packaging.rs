//! What `packaging/` builds is built and installed here from the checkout, with the program as `cargo test` made it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command that must succeed, and returns what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Whether a tool is there. Where no test may be skipped, it must be.
fn is_there(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("SQLMOAT_TEST_ALL").is_none(), "{tool} is not installed");
    there
}

/// Holds that an installed program is this one, and that its exit status arrives.
fn works(program: &Path) {
    let version = run(Command::new(program).arg("--version"));
    assert_eq!(version, format!("sqlmoat {}\n", env!("CARGO_PKG_VERSION")));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q.sql"), "SELECT 1 FORM t;\n").unwrap();
    let check = |flags: &[&str]| -> Output {
        let flags = [&["check", "--output-format", "concise"], flags].concat();
        Command::new(program).args(flags).current_dir(folder.path()).output().unwrap()
    };
    let found = check(&["--fail-on", "warning"]);
    assert_eq!(found.status.code(), Some(1), "{}", text(&found.stderr));
    assert!(text(&found.stdout).starts_with("q.sql:1:15: warning[unparsed-statement]"));
    assert_eq!(check(&["--select", "nonsense"]).status.code(), Some(2));
}

#[test]
fn cargo_installs_it() {
    let folder = tempfile::tempdir().unwrap();
    // As it is built already: a release build takes minutes.
    run(Command::new(env!("CARGO"))
        .args([
            "install",
            "--quiet",
            "--debug",
            "--locked",
            "--offline",
            "--no-track",
            "--path",
            ".",
            "--root",
        ])
        .arg(folder.path())
        .current_dir(root()));
    works(&folder.path().join("bin/sqlmoat"));
}

#[test]
fn the_package_of_cargo_has_what_it_needs() {
    let listed = run(Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline", "--locked"])
        .current_dir(root()));
    let listed: Vec<&str> = listed.lines().collect();
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "Cargo.lock", "rules/key-only-access.md"] {
        assert!(listed.contains(&file), "{file}");
    }
}

#[test]
fn a_wheel_installs_it() {
    let maturin = std::env::var("SQLMOAT_TEST_MATURIN").unwrap_or_else(|_| "maturin".to_owned());
    if !is_there(&maturin) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    run(Command::new(maturin)
        .args(["build", "--profile", "dev", "--offline", "--out"])
        .arg(&dist)
        .current_dir(root().join("packaging/python")));
    let wheels: Vec<PathBuf> = std::fs::read_dir(&dist).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [wheel] = wheels.as_slice() else { panic!("{wheels:?}") };
    let name = wheel.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with(&format!("sqlmoat-{}-py3-none-", env!("CARGO_PKG_VERSION"))), "{name}");
    let venv = folder.path().join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    run(Command::new(venv.join("bin/pip"))
        .args(["install", "--quiet", "--no-index", "--disable-pip-version-check"])
        .arg(wheel));
    works(&venv.join("bin/sqlmoat"));
    let files = run(Command::new(venv.join("bin/pip")).args(["show", "--files", "sqlmoat"]));
    let code = files.lines().map(str::trim).filter(|line| line.ends_with(".py"));
    assert_eq!(code.collect::<Vec<_>>(), [""; 0], "the wheel holds a program and no code");
}

#[test]
fn an_npm_package_installs_it() {
    if !is_there("npm") {
        return;
    }
    // A copy, because packing writes the program beside the wrapper.
    let folder = tempfile::tempdir().unwrap();
    let packaging = folder.path().join("packaging");
    std::fs::create_dir(&packaging).unwrap();
    run(Command::new("cp").arg("-r").arg(root().join("packaging/npm")).arg(&packaging));
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        std::fs::copy(root().join(licence), folder.path().join(licence)).unwrap();
    }
    let npm = |arguments: &[&str], directory: &Path| {
        run(Command::new("npm")
            .args(arguments)
            .env("SQLMOAT_BINARY", env!("CARGO_BIN_EXE_sqlmoat"))
            .env("npm_config_cache", folder.path().join("cache"))
            .env("npm_config_update_notifier", "false")
            .current_dir(directory))
    };
    let packed = npm(&["pack", "--json"], &packaging.join("npm"));
    let packed: serde_json::Value = serde_json::from_str(&packed).unwrap();
    assert_eq!(packed[0]["version"], env!("CARGO_PKG_VERSION"), "as in Cargo.toml");
    let files: Vec<&str> =
        packed[0]["files"].as_array().unwrap().iter().filter_map(|f| f["path"].as_str()).collect();
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "bin/sqlmoat.js"] {
        assert!(files.contains(&file), "{files:?}");
    }
    let archive = packaging.join("npm").join(packed[0]["filename"].as_str().unwrap());
    let project = folder.path().join("project");
    std::fs::create_dir(&project).unwrap();
    std::fs::write(project.join("package.json"), "{}").unwrap();
    let archive = archive.to_string_lossy().into_owned();
    npm(&["install", "--offline", "--no-audit", "--no-fund", "--silent", &archive], &project);
    works(&project.join("node_modules/.bin/sqlmoat"));
    // Without a program for the platform it says what to do.
    std::fs::remove_dir_all(project.join("node_modules/sqlmoat/vendor")).unwrap();
    let found = Command::new(project.join("node_modules/.bin/sqlmoat")).arg("--version").output().unwrap();
    assert_eq!(found.status.code(), Some(2));
    assert!(text(&found.stderr).contains("SQLMOAT_BINARY"), "{}", text(&found.stderr));
}

/// No engine for images runs where the tests do, so the file is held to what can be seen of it.
#[test]
fn the_image_is_built_of_what_is_there_and_runs_as_nobody() {
    let dockerfile = read("packaging/Dockerfile").replace("\\\n", "");
    let lines: Vec<&str> =
        dockerfile.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let stages: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].starts_with("FROM ")).collect();
    for stage in &stages {
        let image = lines[*stage].split(' ').nth(1).unwrap();
        let (_, tag) = image.split_once(':').expect("a tag");
        assert!(tag != "latest" && tag.starts_with(|c: char| c.is_ascii_alphanumeric()), "{image}");
    }
    let last = &lines[*stages.last().unwrap()..];
    let user = last.iter().rposition(|line| line.starts_with("USER ")).expect("a user");
    let id: u32 = last[user].trim_start_matches("USER ").split(':').next().unwrap().parse().unwrap();
    assert!(id > 0, "not root");
    assert!(last[user..].iter().all(|line| !line.starts_with("RUN ")), "nothing is done as nobody");
    assert!(lines.iter().all(|line| !line.starts_with("ADD ")), "nothing is fetched unseen");
    // The context, as the ignore file leaves it.
    let folder = tempfile::tempdir().unwrap();
    let ignore = read("packaging/Dockerfile.dockerignore");
    for kept in ignore.lines().filter_map(|line| line.strip_prefix('!')) {
        let names =
            std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let prefix = kept.trim_end_matches('*');
        let names: Vec<String> =
            names.filter(|name| name == kept || (kept != prefix && name.starts_with(prefix))).collect();
        assert!(!names.is_empty(), "{kept}");
        for name in names {
            run(Command::new("cp").arg("-r").arg(root().join(name)).arg(folder.path()));
        }
    }
    run(Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"])
        .current_dir(folder.path()));
    for line in lines.iter().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        for source in &words[..words.len() - 1] {
            assert!(folder.path().join(source).exists(), "{source}");
        }
    }
    // What the program is built of lies in the context.
    for path in ["src/main.rs", "rules/key-only-access.md", "Cargo.lock"] {
        assert!(folder.path().join(path).is_file(), "{path}");
    }
}
