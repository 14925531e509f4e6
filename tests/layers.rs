//! Holds the layers of the pipeline: a stage imports only from the stages before it, and every crate that reads input
//! or writes output has one owner.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each module of `src/` with the modules that it may import, in pipeline order.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("finding", &["source"]),
    ("syntax", &["source"]),
    ("extract", &["syntax", "source", "finding"]),
    ("schema", &["syntax", "source", "finding"]),
    ("query", &["schema", "syntax", "source", "finding"]),
    ("prove", &["query", "schema", "source"]),
    ("project", &["prove", "query", "schema", "source", "finding"]),
    ("rules", &["project", "prove", "query", "schema", "source", "finding"]),
    ("config", &["rules", "prove", "extract", "syntax", "source"]),
    ("suppress", &["rules", "extract", "syntax", "source", "finding"]),
    (
        "check",
        &[
            "suppress", "config", "rules", "project", "prove", "query", "schema", "extract", "syntax",
            "source", "finding",
        ],
    ),
    ("fix", &["check", "source", "finding"]),
    ("suggest", &["check", "project", "prove", "query", "schema", "extract", "syntax", "source", "finding"]),
    (
        "harden",
        &["suggest", "check", "rules", "project", "prove", "query", "schema", "syntax", "source", "finding"],
    ),
    (
        "report",
        &[
            "fix", "harden", "suggest", "check", "rules", "project", "prove", "query", "schema", "source",
            "finding",
        ],
    ),
    ("lsp", &["report", "check", "rules", "project", "query", "source", "finding"]),
    (
        "cli",
        &[
            "lsp", "report", "fix", "harden", "suggest", "check", "suppress", "config", "rules", "project",
            "prove", "query", "schema", "source", "finding",
        ],
    ),
];

/// Crates, and the syntax tree of one of them, with the only places that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("walkdir", &["src/source/"]),
    ("ignore", &["src/source/"]),
    ("globset", &["src/source/"]),
    ("sqlparser", &["src/syntax/", "src/schema/replay", "src/query/lower"]),
    ("toml", &["src/config/"]),
    ("rayon", &["src/check"]),
    ("miette", &["src/report/"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("terminal_size", &["src/cli/"]),
    ("sha2", &["src/suppress/"]),
    ("lsp_server", &["src/lsp/"]),
    ("similar", &["src/report/"]),
    ("tree_sitter", &["src/extract/host/"]),
    ("aho_corasick", &["src/extract/host/"]),
    // sqlparser's tree under the name by which `syntax` hands it on.
    ("ast", &["src/syntax/", "src/schema/replay", "src/query/lower"]),
];

#[test]
fn a_stage_imports_only_from_the_stages_before_it() {
    let mut wrong = Vec::new();
    for file in sources() {
        let module = module_of(&file.path);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            assert!(matches!(module.as_str(), "lib" | "main"), "{}: which layer is this?", file.path);
            continue;
        };
        for imported in file.crate_paths() {
            if imported != module && !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{} imports {imported}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_named_by_its_owner_only() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (name, owners) in OWNERS {
            let owned = owners.iter().any(|owner| file.path.starts_with(owner));
            if !owned && file.names(&format!("{name}::")) {
                wrong.push(format!("{} names {name}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "not theirs:\n{}", wrong.join("\n"));
}

#[test]
fn every_layer_of_the_table_is_one_that_the_readers_see() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: BTreeSet<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let listed: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    assert!(declared.is_subset(&listed), "{declared:?} against {listed:?}");
}

#[test]
fn the_readers_of_this_test_see_what_they_look_for() {
    let file = Source {
        path: "src/a.rs".to_owned(),
        code: "use crate::{b::X, c};\nlet x = crate::d::e();\nuse super::ast::Y; let is_rayon::x;".to_owned(),
    };
    let found: Vec<String> = file.crate_paths().into_iter().collect();
    assert_eq!(found, ["b", "c", "d"]);
    assert!(file.names("ast::") && !file.names("rayon::"));
}

/// A file of the library without its comments and its tests.
struct Source {
    path: String,
    code: String,
}

impl Source {
    /// First names behind `crate::`, those in braces included.
    fn crate_paths(&self) -> BTreeSet<String> {
        let name =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let mut found = BTreeSet::new();
        for (at, marker) in self.code.match_indices("crate::") {
            let rest = &self.code[at + marker.len()..];
            match rest.strip_prefix('{').and_then(|list| list.split_once("};")) {
                Some((list, _)) => {
                    let mut depth = 0;
                    let outermost: String = list
                        .chars()
                        .filter(|c| {
                            depth += i32::from(*c == '{');
                            let outer = depth == 0;
                            depth -= i32::from(*c == '}');
                            outer
                        })
                        .collect();
                    found.extend(outermost.split(',').map(|part| name(part.trim())));
                }
                None => {
                    found.insert(name(rest));
                }
            }
        }
        found.remove("");
        found
    }

    /// Whether the code has that text, not as the end of a longer name.
    fn names(&self, text: &str) -> bool {
        self.code
            .match_indices(text)
            .any(|(at, _)| !self.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    }
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    assert!(files.len() > 30, "the sources were not found");
    files
}

fn collect(directory: &Path, files: &mut Vec<Source>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.file_name().is_some_and(|name| name == "tests.rs") {
            // Tests may use whatever makes their input.
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            files.push(Source { path, code: code.join("\n") });
        }
    }
}

/// `src/check/load.rs` and `src/check.rs` are both of `check`.
fn module_of(path: &str) -> String {
    let rest = path.strip_prefix("src/").unwrap_or(path);
    rest.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
