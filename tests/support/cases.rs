//! Projects of `testdata` for tests of commands that write migrations: where they are, the program run in them, copies
//! that migrations are written into.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A project in a folder of `testdata`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

pub(crate) fn cases(of: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = std::fs::read_dir(root().join(of))
        .expect("the folder of the cases")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| Case { name: entry.file_name().to_string_lossy().into_owned(), folder: entry.path() })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(arguments)
        .current_dir(folder)
        .env("SOURCE_DATE_EPOCH", "1714979289")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .expect("the binary starts")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// A copy of a case's folder.
pub(crate) fn copy(folder: &Path) -> tempfile::TempDir {
    fn copy_into(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder") {
            let path = entry.expect("an entry").path();
            let target = to.join(path.file_name().expect("a name"));
            if path.is_dir() {
                copy_into(&path, &target);
            } else {
                std::fs::copy(&path, &target).expect("a copy");
            }
        }
    }
    let made = tempfile::tempdir().expect("a folder");
    copy_into(folder, made.path());
    made
}

/// Adds statements to the file that a configuration names as its whole schema.
pub(crate) fn add_to_dump(folder: &Path, statements: &str) {
    let config = std::fs::read_to_string(folder.join("sqlmoat.toml")).expect("a configuration");
    let named = config.lines().find_map(|l| l.strip_prefix("sources = [\"")?.strip_suffix("\"]"));
    let dump = folder.join(named.expect("one schema file"));
    let schema = std::fs::read_to_string(&dump).expect("a schema");
    std::fs::write(&dump, format!("{schema}\n{statements}")).expect("a schema");
}
