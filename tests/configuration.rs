//! The configuration as it is told: its JSON Schema and `docs/configuration.md` are what the reader reads.
//! `SQLMOAT_BLESS=1 cargo test --test configuration` writes both anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sqlmoat::config::{self, LEVELS, Setting, Settings, Shape};
use sqlmoat::source::Provider;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Holds that a generated file is what is generated now.
fn is_fresh(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var_os("SQLMOAT_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "{} is stale", path.display());
}

/// What the reader makes of a configuration, and what it says against it.
fn read(text: &str) -> (Settings, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sqlmoat.toml");
    std::fs::write(&file, text).unwrap();
    let (settings, errors) = config::load(&Provider::WorkTree, &file, "sqlmoat.toml", folder.path(), &[]);
    (settings, errors.into_iter().map(|error| error.message).collect())
}

/// What the schema says against it.
fn refused(text: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(&config::json_schema()).unwrap();
    let value: Value = toml::from_str(text).unwrap();
    validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn the_schema_is_fresh() {
    let text = serde_json::to_string_pretty(&config::json_schema()).unwrap() + "\n";
    is_fresh("schemas/config.schema.json", &text);
}

#[test]
fn the_schema_takes_every_sample() {
    let mut samples = Vec::new();
    for project in std::fs::read_dir(root().join("testdata/projects")).unwrap() {
        let text = std::fs::read_to_string(project.unwrap().path().join("sqlmoat.toml"));
        samples.extend(text);
    }
    for page in std::fs::read_dir(root().join("rules")).unwrap() {
        let page = std::fs::read_to_string(page.unwrap().path()).unwrap();
        let blocks = page.split("```toml config\n").skip(1);
        samples.extend(blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()));
    }
    let cli = |name: &str| {
        let case = std::fs::read_to_string(root().join("testdata/cli").join(name)).unwrap();
        case.split("=== file sqlmoat.toml\n").nth(1).unwrap().split("=== ").next().unwrap().to_owned()
    };
    samples.extend([cli("config-all-keys.txt"), cli("several-databases.txt")]);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    samples.extend(
        readme.split("```toml\n").skip(1).map(|r| r.split("```").next().unwrap_or_default().to_owned()),
    );
    assert!(samples.len() > 15, "the samples were not found");
    for sample in samples {
        assert_eq!(refused(&sample), [""; 0], "{sample}");
    }
    assert!(!refused(&cli("config-errors.txt")).is_empty());
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    for bad in [
        "colation = \"C\"",
        "dialect = \"oracle\"",
        "postgres-version = \"15\"",
        "postgres-version = 8",
        "collation = \"\"",
        "max-file-size = \"10 apples\"",
        "max-file-size = -1",
        "[tenancy]\ncolumns = \"workspace_id\"",
        "[tenancy]\ncolumns = [\"\"]",
        "[tenancy]\nsharde = []",
        "[tenancy]\nsets = \"yes\"",
        "[tenancy]\nowner = { a = \"b\" }",
        "[tenancy]\nmembership = [{ table = \"m\", principal = \"p\" }]",
        "[[tenancy.exempt]]\npaths = [\"a\"]",
        "[[tenancy.exempt]]\nreason = \"r\"",
        "[rules]\nredundant-indx = \"off\"",
        "[rules]\nindex = \"loud\"",
        "[rules.options.redundant-index]\na = 1",
        "[per-file-ignores]\n\"a\" = [\"b\"]",
        "[[database]]\ndialect = \"mysql\"",
        "[schema]\nsources = []\n[[database]]\nname = \"a\"",
    ] {
        assert!(!read(bad).1.is_empty(), "read: {bad}");
        assert!(!refused(bad).is_empty(), "not refused: {bad}");
    }
    for good in [
        "max-file-size = 9",
        "max-file-size = \"9 kb\"",
        "dialect = \"postgresql\"",
        "[tenancy]\ncolumns = []",
        "[[tenancy.exempt]]\nfunctions = [\"f\"]\nreason = \"r\"",
        "[rules]\nall = \"off\"\nindex = \"error\"\nunused-index = \"info\"",
        "[per-file-ignores]\n\"a\" = [\"tenant\", \"unused-index\", \"all\"]",
        "[queries]\ntable-prefix = \"\"",
    ] {
        assert_eq!(read(good).1, [""; 0], "{good}");
        assert_eq!(refused(good), [""; 0], "{good}");
    }
}

/// Every key that has no further ones below it, with the header of its table.
fn leaves(header: &str, settings: &[Setting]) -> Vec<(String, Setting)> {
    let below = |name: &str, dotted: &str| match header {
        "" => format!("[{name}]"),
        above => format!("{}.{name}{}", &above[..above.len() - dotted.len()], dotted),
    };
    let mut all = Vec::new();
    for setting in settings {
        match setting.shape {
            Shape::Table(of) if setting.example.is_empty() => {
                all.extend(leaves(&below(setting.name, "]"), &of()));
            }
            Shape::Rules(of) => all.extend(leaves("[rules.options]", &of())),
            Shape::Table(_) | Shape::Tables { .. } if setting.example.is_empty() => {}
            _ => all.push((header.to_owned(), *setting)),
        }
    }
    all
}

#[test]
fn examples_are_read_and_defaults_are_what_holds() {
    let (unset, _) = read("");
    let leaves = leaves("", &config::reference());
    assert!(leaves.len() > 20);
    for (header, setting) in leaves {
        let name = setting.name;
        let written = |value: &str| format!("{header}\n{name} = {value}\n");
        let (with_example, errors) = read(&written(setting.example));
        let errors: Vec<&String> = errors.iter().filter(|e| !e.ends_with("does not exist")).collect();
        assert!(errors.is_empty(), "{header} {name}: {errors:?}");
        assert_eq!(refused(&written(setting.example)), [""; 0]);
        if setting.example != setting.default {
            assert_ne!(told(&with_example), told(&unset), "{header} {name} sets nothing");
        }
        if !setting.default.is_empty() {
            let (settings, errors) = read(&written(setting.default));
            assert_eq!(errors, [""; 0]);
            assert_eq!(told(&settings), told(&unset), "{header} {name}");
        }
    }
}

/// Settings as text, without the place that they were read from.
fn told(settings: &Settings) -> String {
    format!("{:#?}", Settings { root: PathBuf::new(), file: None, ..settings.clone() })
}

#[test]
fn what_init_writes_makes_the_same_of_the_schema() {
    let sqlmoat = |folder: &Path, arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_sqlmoat")).args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for project in std::fs::read_dir(root().join("testdata/projects")).unwrap() {
        let project = project.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Command::new("cp")
                .arg("-r")
                .arg(project.join("."))
                .arg(folder.path())
                .status()
                .unwrap()
                .success()
        );
        std::fs::remove_file(folder.path().join("sqlmoat.toml")).unwrap();
        let inferred = sqlmoat(folder.path(), &["schema"]);
        let text = sqlmoat(folder.path(), &["init", "--stdout"]);
        assert_eq!(refused(&text), [""; 0], "{text}");
        // What is left to people is written so that it only waits to be uncommented.
        let uncommented: String = text
            .lines()
            .map(|line| {
                match line.strip_prefix("# ").filter(|rest| rest.contains(" = ") || rest.starts_with('[')) {
                    Some(setting) => format!("{setting}\n"),
                    None => format!("{line}\n"),
                }
            })
            .collect();
        assert_eq!(refused(&uncommented), [""; 0], "{uncommented}");
        sqlmoat(folder.path(), &["init"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("sqlmoat.toml")).unwrap(), text);
        assert_eq!(sqlmoat(folder.path(), &["schema"]), inferred, "{}", project.display());
    }
}

#[test]
fn the_reference_is_fresh() {
    let path = "docs/configuration.md";
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let (start, end) = ("<!-- keys:start -->\n", "<!-- keys:end -->\n");
    let before = text.split(start).next().unwrap();
    let after = text.split(end).nth(1).unwrap();
    let mut keys = String::new();
    section(&mut keys, "Top level", "", &config::reference());
    is_fresh(path, &format!("{before}{start}\n{keys}{end}{after}"));
}

/// A section of the reference for each table.
fn section(text: &mut String, title: &str, about: &str, settings: &[Setting]) {
    let _ = writeln!(text, "## {title}\n");
    if !about.is_empty() {
        let _ = writeln!(text, "{about}\n");
    }
    text.push_str("| key | value | default | what it says |\n| --- | --- | --- | --- |\n");
    for setting in settings {
        let default = match setting.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {default} | {} |",
            setting.name,
            in_words(setting.shape),
            setting.about
        );
    }
    let header = match title {
        "Top level" => String::new(),
        table => format!("{}\n", table.trim_matches('`')),
    };
    let examples = settings.iter().filter(|s| !s.example.is_empty());
    let examples: String = examples.map(|s| format!("{} = {}\n", s.name, s.example)).collect();
    let _ = writeln!(text, "\n```toml\n{header}{examples}```\n");
    let of = |name: &str| match title {
        "Top level" => name.to_owned(),
        _ => format!("{}.{name}", title.trim_matches(['`', '[', ']'])),
    };
    // An entry of `[[database]]` has what the top level has.
    for setting in settings.iter().filter(|_| title != "`[[database]]`") {
        let name = of(setting.name);
        match setting.shape {
            Shape::Table(below) => section(text, &format!("`[{name}]`"), setting.about, &below()),
            Shape::Tables { of: below, required } if setting.example.is_empty() => {
                let needs = required
                    .iter()
                    .map(|names| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "));
                let about = format!(
                    "{} Each entry needs {}.",
                    setting.about,
                    needs.collect::<Vec<_>>().join(" and ")
                );
                section(text, &format!("`[[{name}]]`"), &about, &below());
            }
            Shape::Rules(options) => {
                let levels: Vec<String> = LEVELS.iter().map(|l| format!("`\"{l}\"`")).collect();
                let _ = writeln!(
                    text,
                    "## `[rules]`\n\n{} Values are {}; `sqlmoat rules` lists the rules.\n\n```toml\n[rules]\nredundant-index = \"warning\"\ninjection = \"off\"\n```\n",
                    setting.about,
                    levels.join(", ")
                );
                for option in options() {
                    if let Shape::Table(below) = option.shape {
                        let title = format!("`[rules.options.{}]`", option.name);
                        section(text, &title, option.about, &below());
                    }
                }
            }
            _ => {}
        }
    }
}

fn in_words(shape: Shape) -> String {
    match shape {
        Shape::Text => "a string".to_owned(),
        Shape::Name => "a string that is not empty".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Integer(from, to) => format!("an integer from {from} to {to}"),
        Shape::Size => "bytes, or a string with `kB`, `MB` or `GB`".to_owned(),
        Shape::Choice(names) => names.iter().map(|n| format!("`\"{n}\"`")).collect::<Vec<_>>().join(", "),
        Shape::Names => "a list of strings".to_owned(),
        Shape::NamesByTable => "a list of columns for each table".to_owned(),
        Shape::RulesByPattern => "a list of rules and families for each pattern".to_owned(),
        Shape::Rules(_) | Shape::Table(_) => "a table".to_owned(),
        Shape::Tables { of, required: _ } => {
            let names: Vec<String> = of().iter().map(|s| format!("`{}`", s.name)).collect();
            format!("a list of tables with {}", names.join(", "))
        }
    }
}
