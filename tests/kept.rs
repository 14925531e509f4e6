//! A run with what the one before left finds what a run without does, whatever has changed between them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlmoat::check::{Kept, Monitor, Request, run};
use sqlmoat::prove::tenancy::Detail;
use sqlmoat::report::json::{Options, json};
use sqlmoat::source::Provider;

/// One project under a memory.
struct Project {
    folder: tempfile::TempDir,
    kept: Kept,
    provider: Provider,
}

impl Project {
    fn new(from: &Path, configured: bool) -> Project {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status().unwrap().success()
        );
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        if !configured {
            std::fs::remove_file(folder.path().join("sqlmoat.toml")).unwrap();
        }
        Project { folder, kept: Kept::new(), provider: Provider::WorkTree }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// What a run finds, as far as it can be told.
    fn told(&self, paths: &[PathBuf], kept: Kept) -> String {
        let outcome = run(&Request {
            working: self.folder.path().to_owned(),
            paths: paths.to_vec(),
            provider: self.provider.clone(),
            detail: Detail::Derivations,
            kept,
            ..Request::default()
        });
        let notices: Vec<&String> = outcome.notices.iter().map(|n| &n.message).collect();
        format!("{}{notices:#?}", json(&outcome, Options { show_proofs: true, ..Options::default() }))
    }

    fn same(&self, paths: &[PathBuf], step: &str) {
        let again = self.told(paths, self.kept.clone());
        assert!(
            again == self.told(paths, Kept::default()),
            "{step} in {}: not what a run finds that nothing was left for",
            self.folder.path().display()
        );
        assert!(again.len() > 200, "{again}");
    }

    /// An editor's text of a file.
    fn edit(&mut self, path: &str, change: impl FnOnce(String) -> String) {
        let path = self.path(path);
        let text = self.provider.read(&path, 1_000_000).unwrap_or_default();
        self.provider = self.provider.over(path, change(text).into_bytes().into());
    }
}

fn projects() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/projects");
    std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The files of a project that a pattern of names means.
fn files(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let output = Command::new("find").args([".", "-type", "f"]).current_dir(folder).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let mut files: Vec<String> =
        listed.lines().map(|l| l.trim_start_matches("./").to_owned()).filter(|f| is_meant(f)).collect();
    files.sort();
    files
}

#[test]
fn what_was_left_changes_nothing() {
    for from in projects() {
        for configured in [true, false] {
            let mut project = Project::new(&from, configured);
            let root = project.folder.path().to_owned();
            let of_schema = |f: &str| {
                f.ends_with(".sql") && ["migrations", "drizzle", "db"].iter().any(|d| f.starts_with(d))
            };
            let schema = files(&root, of_schema);
            let queries = files(&root, |f| {
                !of_schema(f) && !f.ends_with(".toml") && !f.ends_with(".txt") && !f.starts_with(".git")
            });
            let (query, migration) = (queries[0].clone(), schema.last().unwrap().clone());
            let open = vec![project.path(&query)];
            let all = vec![project.path(".")];
            project.same(&open, "at first");
            project.same(&open, "once more");
            project.edit(&query, |text| format!("{text}\n\n"));
            project.same(&open, "after a keystroke");
            let both = [project.path(&query), project.path(&migration)];
            project.same(&both, "with another document");
            project.edit(&migration, |text| {
                format!(
                    "{text}\nCREATE TABLE extra (id int PRIMARY KEY, agent_id int);\nDROP TABLE nothing;\n"
                )
            });
            project.same(&both, "after a keystroke in a migration");
            project.same(&all, "of everything");
            project.edit(&migration, |text| text.replace("extra", "other"));
            project.edit(&query, |text| format!("{text}\n"));
            project.same(&both, "after two keystrokes");
            let function =
                "CREATE FUNCTION beside() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM agent $$;\n";
            let beside = project.path("beside.sql");
            std::fs::write(&beside, format!("{function}SELECT beside();\n")).unwrap();
            let three = [both[0].clone(), both[1].clone(), beside];
            project.same(&three, "with a function beside the schema");
            project.edit("beside.sql", |text| text.replace("$$;", "WHERE id = 1 $$;"));
            project.same(&three, "after a keystroke in that function");
            project.same(&both, "without it");
            project.provider = Provider::WorkTree;
            project.same(&both, "as it was");
            std::fs::write(project.path("sqlmoat.toml"), "[tenancy]\ncolumns = [\"name\"]\n").unwrap();
            project.same(&both, "under another configuration");
            std::fs::remove_file(project.path("sqlmoat.toml")).unwrap();
            std::fs::write(project.path(&migration), "-- sqlmoat: allow(unknown-table) nothing\nSELECT 1;\n")
                .unwrap();
            project.same(&both, "after a change on disk");
            std::fs::remove_file(project.path(&migration)).unwrap();
            project.same(&open, "without a migration");
        }
    }
}

#[test]
fn what_was_ended_early_leaves_nothing_that_is_wrong() {
    for from in projects() {
        let project = Project::new(&from, true);
        let all = [project.path(".")];
        for _ in 0..3 {
            let monitor = Monitor::default();
            let request = Request {
                working: project.folder.path().to_owned(),
                paths: all.to_vec(),
                monitor: monitor.clone(),
                kept: project.kept.clone(),
                detail: Detail::Derivations,
                ..Request::default()
            };
            std::thread::scope(|scope| {
                let running = scope.spawn(|| run(&request));
                // Somewhere in the middle.
                while monitor.progress().0 < 2 && !running.is_finished() {
                    std::thread::yield_now();
                }
                monitor.end();
            });
        }
        project.same(&all, "after three ends");
        let ended = Monitor::default();
        ended.end();
        run(&Request {
            working: project.folder.path().to_owned(),
            paths: all.to_vec(),
            monitor: ended,
            kept: project.kept.clone(),
            ..Request::default()
        });
        project.same(&all, "after an end at once");
    }
}
