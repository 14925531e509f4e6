//! Holds labels and verdicts of tenant isolation against experiments on a live PostgreSQL.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use support::experiment::{Effort, Verdict};
use support::lab::Lab;
use support::pages::{Block, Project, projects};
use support::postgres::{Server, server};
use support::roles::{Actor, Case, Role};
use support::tenancy::Tenancy;

/// Runs for each statement without a counterexample.
const TRIALS: usize = 240;

/// The cases of testdata/live show what their labels say.
#[test]
fn live_cases_show_what_their_labels_say() {
    let Some(server) = server() else { return };
    let projects = projects(Path::new("testdata/live"));
    assert!(projects.len() > 5, "testdata/live is missing");
    let failures: Vec<String> = projects
        .par_iter()
        .flat_map_iter(|project| {
            labels(server, project).unwrap_or_else(|why| vec![format!("{}: {why}", project.origin)])
        })
        .collect();
    assert!(failures.is_empty(), "{} labels are wrong:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// Statements of a project whose label the experiment does not confirm.
fn labels(server: &'static Server, project: &Project) -> Result<Vec<String>, String> {
    let mut lab = open(server, project)?;
    let mut failures = Vec::new();
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
    let leaks = block.is("leaks");
    assert!(leaks || block.is("isolated") || block.is("unproved"), "{}: no label", block.origin);
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

fn open(server: &'static Server, project: &Project) -> Result<Lab, String> {
    Lab::open(server, &project.schema, &Tenancy::read(&project.config)?, 7)
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
