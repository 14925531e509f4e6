//! Executes the rule pages (`rules/*.md`) and the long-tail cases beside them (`testdata/rules/*.md`).
//!
//! A section is a heading of the second level. `sql schema` gives the migrations of the statements below it in its
//! section, `toml config` their settings. In a section `Bad` each `sql` block (or, where a section has none, its schema)
//! must give exactly the findings that its caret comments pin; in `Good` (and everywhere else) nothing at all; in
//! `Not seen` nothing from the page's own rule.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod live;
mod markdown;
mod pins;
mod planner;

use std::path::{Path, PathBuf};

use markdown::{Example, Section};
use pins::{Pin, Pinned};
use sqlmoat::check::{ConfigChoice, Outcome, Request};
use sqlmoat::finding::{Finding, Severity};
use sqlmoat::rules;
use sqlmoat::source::Sources;

#[test]
fn every_page_holds() {
    run_pages(&root().join("rules"), true);
}

#[test]
fn every_long_tail_case_holds() {
    run_pages(&root().join("testdata/rules"), false);
}

#[test]
fn pages_and_list_agree() {
    let mut pages: Vec<String> = files(&root().join("rules")).iter().map(|p| stem(p)).collect();
    let mut listed: Vec<String> = rules::all().iter().map(|r| r.id.to_owned()).collect();
    pages.sort();
    listed.sort();
    assert_eq!(pages, listed, "each page is a line of the list in src/rules/mod.rs, and the reverse");
    for rule in rules::all() {
        if let Err(error) = rules::Facts::parse(rule.page) {
            panic!("rules/{}.md: {error}", rule.id);
        }
        let title = format!("# {}\n", rule.id);
        assert!(rule.facts.prose.starts_with(&title), "rules/{}.md begins with {title:?}", rule.id);
        let summary = rule.facts.summary;
        assert!(!summary.ends_with('.'), "rules/{}.md: the summary has no full stop", rule.id);
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "md"));
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Runs every example of a folder and reports all that are wrong at once.
fn run_pages(folder: &Path, complete: bool) {
    let mut wrong = Vec::new();
    for file in files(folder) {
        let rule = stem(&file);
        assert!(rules::find(&rule).is_some(), "{}: named after a rule", file.display());
        let text = std::fs::read_to_string(&file).unwrap();
        let examples = markdown::examples(&text);
        let shown = file.strip_prefix(root()).unwrap().display().to_string();
        for section in [Section::Bad, Section::Good] {
            if complete && !examples.iter().any(|e| e.section == section) {
                wrong.push(format!("{shown}: no example of {section:?}"));
            }
        }
        for example in &examples {
            if let Err(error) = run_example(&rule, example) {
                wrong.push(format!("{shown}:{}: {error}", example.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

/// One example: a project of a schema and a statement.
fn run_example(rule: &str, example: &Example) -> Result<(), String> {
    let schema = Pinned::read(&example.schema);
    let statement = Pinned::read(&example.statement);
    let project = Scratch::new(example, &schema.text, &statement.text);
    let outcome = project.check();
    project.sound(&outcome)?;
    let found = project.findings(&outcome);
    let migration = example.migration.as_ref().map(|m| (base_name(&m.file), Pinned::read(&m.text)));
    match example.section {
        Section::Bad => {
            let own = found.iter().filter(|(_, f)| f.rule == rule).count();
            if own == 0 {
                return Err(format!("`{rule}` says nothing{}", listing(&outcome, &found)));
            }
            let mut pins = vec![(example.file.as_str(), &statement)];
            match &migration {
                Some((file, migration)) => pins.push((file, migration)),
                None => pins.push(("schema.sql", &schema)),
            }
            compare(rule, &pins, &outcome, &found)?;
            if let Some(fixed) = &example.fixed {
                fixes(rule, example, &statement, &outcome, &found, fixed)?;
            }
        }
        Section::Good => {
            let loud: Vec<_> = found
                .iter()
                .filter(|(_, f)| f.rule == rule || f.severity >= Severity::Warning)
                .copied()
                .collect();
            if !loud.is_empty() {
                return Err(format!("not silent{}", listing(&outcome, &loud)));
            }
        }
        Section::NotSeen => {
            let own: Vec<_> = found.iter().filter(|(_, f)| f.rule == rule).copied().collect();
            if !own.is_empty() {
                return Err(format!("seen after all: move it to Bad{}", listing(&outcome, &own)));
            }
        }
    }
    Ok(())
}

/// Findings and pins, one to one. Information of other rules needs no pin.
fn compare(
    rule: &str,
    pins: &[(&str, &Pinned)],
    outcome: &Outcome,
    found: &[(&str, &Finding)],
) -> Result<(), String> {
    let mut want: Vec<String> = Vec::new();
    let mut got: Vec<String> = Vec::new();
    for (file, pinned) in pins {
        for pin in &pinned.pins {
            want.push(pin.shown(file));
        }
    }
    for (file, finding) in found {
        if finding.rule != rule && finding.severity == Severity::Info {
            continue;
        }
        got.push(Pin::of_finding(rule, finding).shown(file));
        for label in &finding.labels {
            let home = outcome.sources.get(label.location.file).path.as_str();
            let pin = Pin::of_label(label).shown(base_name(home));
            // A label is held to its place only where the page pins it.
            if want.contains(&pin) && !got.contains(&pin) {
                got.push(pin);
            }
        }
    }
    want.sort();
    got.sort();
    let missing: Vec<_> = want.iter().filter(|w| !got.contains(w)).collect();
    let surplus: Vec<_> = got.iter().filter(|g| !want.contains(g)).collect();
    if missing.is_empty() && surplus.is_empty() && want.len() == got.len() {
        return Ok(());
    }
    let text: String = pins.iter().map(|(file, p)| p.numbered(file)).collect();
    let list = |items: &[&String]| items.iter().map(|i| format!("    {i}\n")).collect::<String>();
    Err(format!(
        "pins and findings differ\n  pinned and not found:\n{}  found and not pinned:\n{}{text}{}",
        list(&missing),
        list(&surplus),
        listing(outcome, found)
    ))
}

/// Applies the fixes of the page's rule; the result must be the text given, and the rule must be silent on it.
fn fixes(
    rule: &str,
    example: &Example,
    statement: &Pinned,
    outcome: &Outcome,
    found: &[(&str, &Finding)],
    want: &str,
) -> Result<(), String> {
    let mut edits: Vec<_> = found
        .iter()
        .filter(|(_, f)| f.rule == rule)
        .flat_map(|(_, f)| f.fixes.iter().flat_map(|fix| &fix.edits))
        .collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.location.span));
    let mut text = statement.text.clone();
    for edit in edits {
        if base_name(&outcome.sources.get(edit.location.file).path) != example.file {
            return Err("a fix edits another file".to_owned());
        }
        text.replace_range(edit.location.span.range(), &edit.text);
    }
    if text.trim_end() != want.trim_end() {
        return Err(format!("the fix gives\n{text}\nnot\n{want}"));
    }
    let schema = Pinned::read(&example.schema);
    let project = Scratch::new(example, &schema.text, &text);
    let outcome = project.check();
    project.sound(&outcome)?;
    let rest: Vec<_> = project.findings(&outcome).into_iter().filter(|(_, f)| f.rule == rule).collect();
    match rest.is_empty() {
        true => Ok(()),
        false => Err(format!("the fix does not mend it{}", listing(&outcome, &rest))),
    }
}

/// What was found, for the person who reads a failure.
fn listing(outcome: &Outcome, found: &[(&str, &Finding)]) -> String {
    if found.is_empty() {
        return "\n  no findings".to_owned();
    }
    let place = |sources: &Sources, finding: &Finding| {
        let file = sources.get(finding.primary.file);
        let at = file.position(finding.primary.span.start);
        format!("{}:{}:{}", base_name(&file.path), at.line, at.column)
    };
    let mut text = String::from("\n  all findings:");
    for (_, finding) in found {
        let at = place(&outcome.sources, finding);
        text.push_str(&format!(
            "\n    {at}: {}[{}] {}",
            finding.severity.name(),
            finding.rule,
            finding.message
        ));
        if let Some(help) = &finding.help {
            text.push_str(&format!("\n      help: {help}"));
        }
        for label in &finding.labels {
            let file = base_name(&outcome.sources.get(label.location.file).path);
            text.push_str(&format!("\n      {}", Pin::of_label(label).shown(file)));
        }
    }
    text
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A project on disk for as long as an example runs.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new(example: &Example, schema: &str, statement: &str) -> Scratch {
        let folder = tempfile::tempdir().unwrap();
        let mut config = match example.config.contains("[tenancy]") {
            true => example.config.clone(),
            false => format!("{}\n[tenancy]\ncolumns = [\"workspace_id\"]\n", example.config),
        };
        let mut files = vec![(example.file.clone(), statement.to_owned())];
        let sources = match &example.migration {
            None => {
                files.push(("schema.sql".to_owned(), schema.to_owned()));
                "schema.sql"
            }
            Some(migration) => {
                files.push((format!("migrations/{}", migration.schema_file()), schema.to_owned()));
                let text = Pinned::read(&migration.text).text;
                files.push((format!("migrations/{}", migration.file), text));
                if let Some(down) = &migration.down {
                    let file = migration.file.replace("up.sql", "down.sql");
                    files.push((format!("migrations/{file}"), down.clone()));
                }
                "migrations"
            }
        };
        if !config.contains("[schema]") {
            config.push_str(&format!("\n[schema]\nsources = [\"{sources}\"]\n"));
        }
        if !config.contains("[queries]") {
            config.push_str(&format!("\n[queries]\ninclude = [\"{}\"]\n", example.file));
        }
        files.push(("sqlmoat.toml".to_owned(), config));
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Scratch(folder)
    }

    fn check(&self) -> Outcome {
        let working = self.0.path().canonicalize().unwrap();
        sqlmoat::check::run(&Request {
            paths: vec![working.clone()],
            working,
            config: ConfigChoice::Nearest,
            threads: Some(1),
            ..Request::default()
        })
    }

    /// Whether the example itself was understood.
    fn sound(&self, outcome: &Outcome) -> Result<(), String> {
        match outcome.errors.first() {
            Some(error) => Err(format!("the example does not run: {}", error.message)),
            None => Ok(()),
        }
    }

    /// Findings with the name of their file.
    fn findings<'a>(&self, outcome: &'a Outcome) -> Vec<(&'a str, &'a Finding)> {
        let named = |f: &'a Finding| (base_name(&outcome.sources.get(f.primary.file).path), f);
        outcome.findings().map(|(_, checked)| named(&checked.finding)).collect()
    }
}
