//! The cases of testdata/live, the examples on the rule pages, and the queries of the sample projects: labels against
//! experiments, and the analyzer's verdicts against both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::support::experiment::{Effort, Verdict};
use crate::support::lab::Lab;
use crate::support::pages::{Block, Project, projects};
use crate::support::postgres::{Server, server};
use crate::support::roles::{Actor, Case, Role};
use crate::support::tenancy::Tenancy;
use crate::support::tool;

/// Runs for each statement without a counterexample.
const TRIALS: usize = 240;

/// The cases of testdata/live show what their labels say.
#[test]
fn live_cases_show_what_their_labels_say() {
    let Some(server) = server() else { return };
    let projects = projects(&root().join("testdata/live"));
    assert!(projects.len() > 5, "testdata/live is missing");
    report("labels are wrong", projects.par_iter().map(|project| labels(server, project)));
}

/// The analyzer proves what the cases call isolated and flags the rest.
#[test]
fn live_cases_get_the_verdicts_of_their_labels() {
    let projects = projects(&root().join("testdata/live"));
    report("verdicts are wrong", projects.par_iter().map(verdicts_of_labels));
}

/// No example on a rule page is called isolated that is not.
#[test]
fn examples_on_rule_pages_called_isolated_are_isolated() {
    let Some(server) = server() else { return };
    let mut pages = projects(&root().join("rules"));
    pages.extend(projects(&root().join("testdata/rules")));
    // What is written there leaks or not, and the page says that the analyzer cannot know.
    pages.retain(|page| page.heading != "Not seen");
    report(
        "examples are called isolated and leak",
        pages.par_iter().map(|page| contradictions_on_page(server, page)),
    );
}

/// No query of a sample project is called isolated that is not.
#[test]
fn queries_of_sample_projects_called_isolated_are_isolated() {
    let Some(server) = server() else { return };
    let folders = folders(&root().join("testdata/projects"));
    report(
        "queries are called isolated and leak",
        folders.par_iter().map(|folder| contradictions_in_project(server, folder)),
    );
}

/// Fails with all that was found.
fn report(what: &str, found: impl ParallelIterator<Item = Result<Vec<String>, String>>) {
    let failures: Vec<String> = found.flat_map_iter(|found| found.unwrap_or_else(|why| vec![why])).collect();
    assert!(failures.is_empty(), "{} {what}:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// Statements of a project whose label the experiment does not confirm.
fn labels(server: &'static Server, project: &Project) -> Result<Vec<String>, String> {
    let mut lab = open(server, project)?;
    let mut failures = lab.refused.clone();
    let mut open: Vec<(&Block, Case)> = Vec::new();
    for (block, further) in &project.statements {
        let case = case(&mut lab, block)?;
        match &further[..] {
            [first, second] if first.is("first") && second.is("second") => {
                let (actor, arguments) = given(block, &case)?;
                let verdict = lab.judge_given(&case, [&first.text, &second.text], &actor, &arguments);
                failures.extend(contradicts(block, &verdict));
            }
            _ => open.push((block, case)),
        }
    }
    let cases: Vec<Case> = open.iter().map(|(_, case)| case.clone()).collect();
    let verdicts = lab.judge(&cases, &effort());
    failures.extend(
        std::iter::zip(&open, &verdicts).filter_map(|((block, _), verdict)| contradicts(block, verdict)),
    );
    Ok(failures)
}

fn contradicts(block: &Block, verdict: &Verdict) -> Option<String> {
    let leaks = label(block) == Label::Leaks;
    let what = match verdict {
        Verdict::Isolated { trials, .. } if leaks => {
            format!("labelled `leaks`, and {trials} trials show nothing")
        }
        Verdict::Isolated { telling: 0, trials } => {
            format!("{trials} trials never returned or changed anything")
        }
        Verdict::Leaks(example) if !leaks => {
            format!("labelled isolated, and breaks {:?}: {}", example.rule, example.text)
        }
        Verdict::Invalid(why) => format!("does not run: {why}"),
        Verdict::Isolated { .. } | Verdict::Leaks(_) => return None,
    };
    Some(format!("{}: {what}\n{}", block.origin, block.text))
}

/// What a case of testdata/live says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Leaks,
    Isolated,
    Unproved,
}

fn label(block: &Block) -> Label {
    match (block.is("leaks"), block.is("isolated"), block.is("unproved")) {
        (true, false, false) => Label::Leaks,
        (false, true, false) => Label::Isolated,
        (false, false, true) => Label::Unproved,
        _ => panic!("{}: one label, please", block.origin),
    }
}

/// Statements on which the analyzer and the label disagree.
fn verdicts_of_labels(project: &Project) -> Result<Vec<String>, String> {
    let (_folder, report, files) = checked(project)?;
    let mut failures = Vec::new();
    for (file, (block, _)) in std::iter::zip(files, &project.statements) {
        let verdict = report.statements.iter().find(|s| s.path == file).and_then(|s| s.verdict.as_deref());
        let findings = report.tenant_findings(&file, 0..usize::MAX);
        let rules: Vec<&str> = findings.iter().map(|d| d.rule.as_str()).collect();
        let proved = matches!(verdict, Some("isolated" | "global"));
        let right = match label(block) {
            Label::Isolated => proved && rules.is_empty(),
            Label::Leaks | Label::Unproved => !proved && !rules.is_empty(),
        };
        if !right {
            let (verdict, label) = (verdict.unwrap_or("none"), label(block));
            failures.push(format!(
                "{}: labelled {label:?}, verdict {verdict} {rules:?}\n{}",
                block.origin, block.text
            ));
        }
    }
    Ok(failures)
}

/// Statements of a page that the analyzer calls isolated and the experiment does not.
fn contradictions_on_page(server: &'static Server, page: &Project) -> Result<Vec<String>, String> {
    let (_folder, report, files) = checked(page)?;
    let silent =
        |file: &str| report.statements.iter().any(|s| s.path == file && is_silent(s.verdict.as_deref()));
    let chosen: Vec<&Block> = std::iter::zip(&files, &page.statements)
        .filter(|(file, _)| silent(file))
        .map(|(_, (block, _))| block)
        .collect();
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut lab = open(server, page)?;
    let cases = chosen.iter().map(|block| case(&mut lab, block)).collect::<Result<Vec<_>, _>>()?;
    let verdicts = lab.judge(&cases, &effort());
    Ok(std::iter::zip(&chosen, &verdicts)
        .filter_map(|(block, verdict)| leaks(&block.origin, verdict))
        .collect())
}

/// Queries of a project that the analyzer calls isolated and the experiment does not.
fn contradictions_in_project(server: &'static Server, folder: &Path) -> Result<Vec<String>, String> {
    let text = |path: &Path| std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()));
    let config = text(&folder.join("sqlmoat.toml"))?;
    let report = tool::check(folder)?;
    let mut schema = String::new();
    for source in schema_sources(folder, &config)? {
        // Below this line a migration is undone.
        let text = text(&source)?;
        schema.push_str(text.split("-- +goose Down").next().unwrap_or_default());
        schema.push_str(";\n");
    }
    let mut lab = Lab::open(server, &schema, &Tenancy::read(&config)?, 7)
        .map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut cases = Vec::new();
    for statement in report.statements.iter().filter(|s| is_silent(s.verdict.as_deref())) {
        if !files.contains_key(statement.path.as_str()) {
            files.insert(&statement.path, text(&folder.join(&statement.path))?);
        }
        let bytes = statement.range.bytes();
        let sql = files[statement.path.as_str()].get(bytes.clone()).unwrap_or_default();
        let id = format!("{}/{} at byte {}", folder.display(), statement.path, bytes.start);
        // What cannot be prepared, such as a command, is not a query of tenants' rows.
        cases.extend(lab.case(&id, sql, ""));
    }
    let verdicts = lab.judge(&cases, &effort());
    Ok(std::iter::zip(&cases, &verdicts).filter_map(|(case, verdict)| leaks(&case.id, verdict)).collect())
}

fn is_silent(verdict: Option<&str>) -> bool {
    matches!(verdict, Some("isolated" | "global"))
}

fn leaks(origin: &str, verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Leaks(example) => Some(format!("{origin}: {}", example.text)),
        Verdict::Isolated { .. } | Verdict::Invalid(_) => None,
    }
}

/// Runs the analyzer on a project: its folder, what it reports, and the file of each statement.
fn checked(project: &Project) -> Result<(tempfile::TempDir, tool::Report, Vec<String>), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).map_err(|e| format!("{file}: {e}"))
    };
    let mut config = project.config.clone();
    if !config.contains("[schema]") {
        config.push_str("\n[schema]\nsources = [\"schema.sql\"]\n");
    }
    if !config.contains("[queries]") {
        config.push_str("\n[queries]\ninclude = [\"queries/*.sql\"]\n");
    }
    write("sqlmoat.toml", &config)?;
    write("schema.sql", &project.schema)?;
    let mut files = Vec::new();
    for (at, (block, _)) in project.statements.iter().enumerate() {
        let file = format!("queries/{at:03}.sql");
        write(&file, &block.text)?;
        files.push(file);
    }
    let report = tool::check(folder.path()).map_err(|why| format!("{}: {why}", project.origin))?;
    Ok((folder, report, files))
}

fn open(server: &'static Server, project: &Project) -> Result<Lab, String> {
    let tenancy = Tenancy::read(&project.config).map_err(|why| format!("{}: {why}", project.origin))?;
    Lab::open(server, &project.schema, &tenancy, 7).map_err(|why| format!("{}: {why}", project.origin))
}

fn case(lab: &mut Lab, block: &Block) -> Result<Case, String> {
    lab.case(&block.origin, &block.text, block.attributes.get("params").map_or("", String::as_str))
}

/// Who runs a statement on two given databases, and with which values.
fn given(block: &Block, case: &Case) -> Result<(Actor, Vec<Option<String>>), String> {
    let tenant =
        block.attributes.get("tenant").ok_or_else(|| format!("{}: for which tenant?", block.origin))?;
    let mut actor = Actor { tenant: vec![tenant.clone()], ..Actor::default() };
    actor.scope.owners.insert(format!("T0:{tenant}"));
    let mut others =
        block.attributes.get("args").map_or("", String::as_str).split_whitespace().map(str::to_owned);
    let values = case
        .roles
        .iter()
        .map(|role| if *role == Role::Tenant(None) { Some(tenant.clone()) } else { others.next() });
    Ok((actor, values.collect()))
}

fn effort() -> Effort {
    Effort { trials: TRIALS, draws: 3, until: Instant::now() + Duration::from_secs(60) }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    found.retain(|path| path.join("sqlmoat.toml").is_file());
    found.sort();
    found
}

/// The files that the configuration names as schema, in order of name.
fn schema_sources(folder: &Path, config: &str) -> Result<Vec<PathBuf>, String> {
    let config: toml::Table = toml::from_str(config).map_err(|e| e.to_string())?;
    let sources = config.get("schema").and_then(|s| s.get("sources")).and_then(toml::Value::as_array);
    let mut found = Vec::new();
    for pattern in sources.into_iter().flatten().filter_map(toml::Value::as_str) {
        let matcher = globset::Glob::new(pattern).map_err(|e| e.to_string())?.compile_matcher();
        let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
        found.extend(
            files
                .map(|f| f.into_path())
                .filter(|f| f.strip_prefix(folder).is_ok_and(|f| matcher.is_match(f))),
        );
    }
    Ok(found)
}
