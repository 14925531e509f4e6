//! Random statements: what the analyzer calls isolated must survive the experiment.
//!
//! A longer run by hand: `SQLMOAT_GENERATE=5000 SQLMOAT_SEED=7 cargo test --test live generated -- --nocapture`. It also
//! measures how many isolated statements are flagged, and writes what it found to `SQLMOAT_GENERATE_TO` (by default
//! `target/live-generated`) in the format of testdata/live.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::generate::{Mutation, Statement, statement};
use crate::support::experiment::{Effort, Verdict};
use crate::support::lab::Lab;
use crate::support::postgres::{Server, server};
use crate::support::roles::{Case, Role};
use crate::support::tables::ForeignKey;
use crate::support::tenancy::Tenancy;
use crate::support::tool;
use fastrand::Rng;
use rayon::prelude::*;

/// Statements and seed of the ordinary run.
const STATEMENTS: usize = 300;
const SEED: u64 = 20_250_611;

/// Statements that share their pairs of databases.
const BATCH: usize = 60;

#[test]
fn generated_statements_called_isolated_are_isolated() {
    let Some(server) = server() else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let long = number("SQLMOAT_GENERATE");
    let seed = number("SQLMOAT_SEED").map_or(SEED, |seed| seed as u64);
    let schemas = schemas();
    let share = long.unwrap_or(STATEMENTS).div_ceil(schemas.len());
    let until = Instant::now() + Duration::from_secs(if long.is_some() { 36_000 } else { 100 });
    let found = long.map(|_| {
        std::env::var_os("SQLMOAT_GENERATE_TO").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/live-generated"),
            PathBuf::from,
        )
    });
    let tallies: Vec<Tally> = schemas
        .par_iter()
        .map(|folder| {
            let mut tally = Tally { schema: name(folder), ..Tally::default() };
            let run = Run { server, seed, share, until, found: found.as_deref() };
            if let Err(why) = run.on(folder, &mut tally) {
                tally.failures.push(format!("{}: {why}", folder.display()));
            }
            if found.is_some() {
                println!("{}", tally.summary());
            }
            tally
        })
        .collect();
    let unsound: Vec<&String> = tallies.iter().flat_map(|t| t.failures.iter().chain(&t.unsound)).collect();
    let shown: Vec<&str> = unsound.iter().take(5).map(|text| text.as_str()).collect();
    assert!(
        unsound.is_empty(),
        "{} statements called isolated leak:\n\n{}",
        unsound.len(),
        shown.join("\n\n")
    );
    let judged: usize = tallies.iter().map(|t| t.isolated + t.flagged_leaks).sum();
    assert!(judged * 3 > share || Instant::now() > until, "the generator makes statements that do not run");
}

/// One run on a schema.
struct Run<'a> {
    server: &'static Server,
    seed: u64,
    share: usize,
    until: Instant,
    /// Where a long run, which tries flagged statements as well, writes what it finds.
    found: Option<&'a Path>,
}

/// What came out for a schema.
#[derive(Default)]
struct Tally {
    schema: String,
    failures: Vec<String>,
    /// Called isolated, and leaking, as cases.
    unsound: Vec<String>,
    /// Flagged, and isolated as far as the experiment sees.
    alarms: Vec<String>,
    /// Those among them whose guards are all there, and how many such statements are isolated.
    whole: [usize; 2],
    alarm_rules: BTreeMap<String, usize>,
    /// Statements called isolated that showed nothing.
    isolated: usize,
    /// Statements flagged that leak.
    flagged_leaks: usize,
    unknown: usize,
    invalid: BTreeMap<String, usize>,
    /// Statements that leak only because a parameter that stands for the tenant is not the caller's.
    trusted: usize,
    /// Isolated statements that never returned or changed anything.
    empty: usize,
}

impl Run<'_> {
    fn on(&self, folder: &Path, tally: &mut Tally) -> Result<(), String> {
        let read =
            |file: &str| std::fs::read_to_string(folder.join(file)).map_err(|e| format!("{file}: {e}"));
        let (config, schema) = (read("sqlmoat.toml")?, read("schema.sql")?);
        let tenancy = Tenancy::read(&config)?;
        let mut lab = Lab::open(self.server, &schema, &tenancy, self.seed)?;
        let mut rng = Rng::with_seed(self.seed ^ schema.len() as u64);
        let mut seen = BTreeSet::new();
        let mut made = 0;
        while made < self.share && Instant::now() < self.until {
            let size = BATCH.min(self.share - made);
            let batch = batch(&lab, &tenancy, &mut rng, &mut seen, size);
            made += batch.len().max(1);
            let verdicts = verdicts(&config, &schema, &batch)?;
            self.judge(&mut lab, &batch, &verdicts, tally);
            if let Some(found) = self.found {
                tally.save(found, self.seed).map_err(|e| format!("{}: {e}", found.display()))?;
            }
        }
        Ok(())
    }

    fn judge(&self, lab: &mut Lab, batch: &[Statement], verdicts: &[Judged], tally: &mut Tally) {
        let long = self.found.is_some();
        let rounds: &[(bool, usize)] = if long { &[(true, 500), (false, 200)] } else { &[(true, 240)] };
        for &(called_isolated, trials) in rounds {
            let chosen: Vec<(&Statement, &Judged)> =
                std::iter::zip(batch, verdicts).filter(|(_, v)| v.is_silent() == called_isolated).collect();
            let cases: Vec<_> = chosen.iter().map(|(s, _)| s.case.clone()).collect();
            let effort = Effort { trials, draws: 3, until: self.until };
            let verdicts = lab.judge(&cases, &effort);
            for ((statement, judged), mut verdict) in std::iter::zip(chosen, verdicts) {
                let leaks = matches!(verdict, Verdict::Leaks(_));
                if leaks && called_isolated && is_trusted(lab, &statement.case, &effort) {
                    tally.trusted += 1;
                    continue;
                }
                if !leaks && !called_isolated && judged.verdict != "unknown" {
                    // A second, longer look before this counts as a false alarm.
                    let effort = Effort { trials: 1200, ..effort };
                    verdict = lab.judge(std::slice::from_ref(&statement.case), &effort).remove(0);
                }
                tally.count(statement, judged, &verdict);
            }
        }
    }
}

/// Whether a statement leaks only because a parameter that stands for the tenant or the principal is somebody else's. The
/// analyzer cannot see whose it is: it takes what is compared with the tenant column for the caller's own.
fn is_trusted(lab: &mut Lab, case: &Case, effort: &Effort) -> bool {
    let cases: Vec<Case> = (0..case.roles.len())
        .filter_map(|at| {
            let role = trusted_role(lab, case, &case.roles[at])?;
            let mut case = case.clone();
            case.roles[at] = role;
            Some(case)
        })
        .collect();
    let verdicts = lab.judge(&cases, &effort.at_least(10));
    verdicts.iter().any(|verdict| matches!(verdict, Verdict::Isolated { .. }))
}

/// What a key of the caller's choice would be if the caller had a right to it: absent where the statement names that
/// already.
fn trusted_role(lab: &Lab, case: &Case, role: &Role) -> Option<Role> {
    let Role::Key(table, column) = role else { return None };
    let (schema, tenancy) = (&lab.schema, &lab.tenancy);
    let is = |at: (usize, usize)| {
        schema.tables[at.0].name == *table && schema.tables[at.0].columns[at.1].name == *column
    };
    for (level, root) in schema.roots.iter().enumerate() {
        if root.is_some_and(is) {
            let tenant = Role::Tenant((level > 0).then(|| tenancy.columns[level].clone()));
            let named = case.has(&tenant)
                || (level == 0 && (case.has(&Role::Tenants) || case.sql.contains("current_setting")));
            return (!named).then_some(tenant);
        }
    }
    let membership = tenancy.membership.first()?;
    let member = &schema.tables[schema.table(&membership.table)?];
    let principal = member.column(&membership.principal)?;
    let refers = |key: &&ForeignKey| key.columns == [principal] && is((key.parent, key.keys[0]));
    let named = case.has(&Role::Principal);
    (!named && member.foreign.iter().any(|key| refers(&key))).then_some(Role::Principal)
}

/// New statements: originals and some mutants of each.
fn batch(
    lab: &Lab,
    tenancy: &Tenancy,
    rng: &mut Rng,
    seen: &mut BTreeSet<String>,
    size: usize,
) -> Vec<Statement> {
    let mut batch = Vec::new();
    for _ in 0..size * 20 {
        let seed = rng.u64(..);
        let write = |broken| statement(&lab.schema, &lab.values, tenancy, seed, broken);
        let Some(original) = write(None) else { continue };
        let mutants = if original.guards == 0 { 0 } else { rng.usize(0..=2) };
        let broken: Vec<(usize, Mutation)> = (0..mutants)
            .map(|_| (rng.usize(..original.guards), Mutation::ALL[rng.usize(..Mutation::ALL.len())]))
            .collect();
        for made in
            std::iter::once(Some(original)).chain(broken.into_iter().map(|b| write(Some(b)))).flatten()
        {
            if batch.len() < size && seen.insert(made.case.sql.clone()) {
                batch.push(made);
            }
        }
        if batch.len() >= size {
            break;
        }
    }
    batch
}

/// What the analyzer says about a statement.
struct Judged {
    verdict: String,
    rules: Vec<String>,
}

impl Judged {
    fn is_silent(&self) -> bool {
        self.rules.is_empty() || self.verdict == "isolated" || self.verdict == "global"
    }
}

/// Runs the analyzer on a project with these statements.
fn verdicts(config: &str, schema: &str, batch: &[Statement]) -> Result<Vec<Judged>, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let write =
        |file: &str, text: &str| std::fs::write(folder.path().join(file), text).map_err(|e| e.to_string());
    std::fs::create_dir(folder.path().join("queries")).map_err(|e| e.to_string())?;
    write("sqlmoat.toml", config)?;
    write("schema.sql", schema)?;
    let mut text = String::new();
    let mut places = Vec::new();
    for statement in batch {
        let start = text.len();
        text.push_str(&statement.case.sql);
        places.push(start..text.len());
        text.push_str(";\n");
    }
    write("queries/all.sql", &text)?;
    let report = tool::check(folder.path())?;
    let mut judged = Vec::new();
    for place in places {
        let inside =
            |s: &&tool::Statement| s.path == "queries/all.sql" && place.contains(&s.range.bytes().start);
        let verdict = report.statements.iter().find(inside).and_then(|s| s.verdict.clone());
        let rules = report.tenant_findings("queries/all.sql", place.clone());
        judged.push(Judged {
            verdict: verdict.unwrap_or_else(|| "none".to_owned()),
            rules: rules.iter().map(|d| d.rule.clone()).collect(),
        });
    }
    Ok(judged)
}

impl Tally {
    fn count(&mut self, statement: &Statement, judged: &Judged, verdict: &Verdict) {
        match verdict {
            Verdict::Invalid(why) => {
                *self.invalid.entry(why.chars().take(60).collect()).or_default() += 1;
            }
            Verdict::Leaks(example) if judged.is_silent() => {
                self.unsound.push(written(statement, judged, "leaks", &example.text));
            }
            Verdict::Leaks(_) => self.flagged_leaks += 1,
            Verdict::Isolated { .. } if judged.is_silent() => {
                self.isolated += 1;
                self.whole[1] += usize::from(statement.is_whole);
            }
            Verdict::Isolated { trials, telling } if telling * 40 < *trials => self.empty += 1,
            Verdict::Isolated { .. } if judged.verdict == "unknown" => self.unknown += 1,
            Verdict::Isolated { .. } => {
                self.whole[0] += usize::from(statement.is_whole);
                *self.alarm_rules.entry(judged.rules.join(" ")).or_default() += 1;
                self.alarms.push(written(statement, judged, "unproved", ""));
            }
        }
    }

    fn summary(&self) -> String {
        let alarms = self.alarms.len();
        let share = 100.0 * alarms as f64 / (alarms + self.isolated).max(1) as f64;
        format!(
            "{}: unsound {}, false alarms {alarms} = {share:.1} % of {} isolated ({} of {} whole ones), flagged leaks {}, trusted {}, unknown {}, vacuous {}\n  alarms {:?}\n  invalid {:?}",
            self.schema,
            self.unsound.len(),
            alarms + self.isolated,
            self.whole[0],
            self.whole[0] + self.whole[1],
            self.flagged_leaks,
            self.trusted,
            self.unknown,
            self.empty,
            self.alarm_rules,
            self.invalid
        )
    }

    fn save(&self, folder: &Path, seed: u64) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        for (kind, cases) in [("unsound", &self.unsound), ("alarms", &self.alarms)] {
            if !cases.is_empty() {
                std::fs::write(folder.join(format!("{kind}-{}-{seed}.md", self.schema)), cases.join("\n"))?;
            }
        }
        Ok(())
    }
}

/// A statement in the format of testdata/live, with what is known about it.
fn written(statement: &Statement, judged: &Judged, label: &str, example: &str) -> String {
    let roles = statement.case.roles.iter().enumerate();
    let roles: Vec<String> = roles.map(|(at, role)| format!("{}={role}", at + 1)).collect();
    let tags: Vec<&str> = statement.tags.iter().copied().collect();
    let example = if example.is_empty() { String::new() } else { format!("\n```text\n{example}```\n") };
    format!(
        "{} ({}{}): {} {}\n\n```sql {label} params=\"{}\"\n{}\n```\n{example}",
        statement.case.id,
        if statement.is_whole { "whole; " } else { "" },
        tags.join(", "),
        judged.verdict,
        judged.rules.join(" "),
        roles.join(" "),
        statement.case.sql
    )
}

/// Folders with a schema and its configuration.
fn schemas() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/live/schemas");
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    found.sort();
    if let Ok(only) = std::env::var("SQLMOAT_GENERATE_ON") {
        found.retain(|folder| name(folder) == only);
    }
    assert!(!found.is_empty(), "no schemas to generate over");
    found
}

fn name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
