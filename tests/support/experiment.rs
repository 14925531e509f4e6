//! The tenancy experiment: runs a statement on pairs of databases that agree on one tenant's rows and differ elsewhere,
//! and looks for a difference in what it returns or leaves behind.
//!
//! Both databases of a pair are loaded one after the other in one transaction that is rolled back, so that `now()` and
//! the session are the same. Differences are confirmed on the same rows in other physical orders and, for writes, with
//! triggers and cascades switched off: what only an order or a cascade does is not the statement's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::data::{Habit, World};
use super::infer;
use super::lab::{Lab, useless};
use super::outcome::{Breach, Outcome, Rule, State, judge};
use super::postgres::{SqlError, literal};
use super::roles::{Actor, Case, Draw, Role};
use super::tokens::{Kind, tokens};

/// How hard to look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Runs on pairs of databases without an error, for each statement.
    pub(crate) trials: usize,
    /// Values drawn for the parameters on each pair.
    pub(crate) draws: usize,
    /// When to stop in any case.
    pub(crate) until: Instant,
}

impl Effort {
    /// The same with so many seconds from now on.
    pub(crate) fn at_least(&self, seconds: u64) -> Effort {
        Effort { until: self.until.max(Instant::now() + Duration::from_secs(seconds)), ..*self }
    }
}

/// What the experiment says about a statement.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// No counterexample was found.
    Isolated {
        /// Runs compared.
        trials: usize,
        /// Runs that returned or changed something.
        telling: usize,
    },
    /// Here is one.
    Leaks(Box<Counterexample>),
    /// The statement does not run.
    Invalid(String),
}

/// A pair of databases that shows a leak.
#[derive(Clone, Debug)]
pub(crate) struct Counterexample {
    /// Which part of the definition it breaks.
    pub(crate) rule: Rule,
    /// The actor, the parameters, the difference, and both databases, as text.
    pub(crate) text: String,
}

/// A statement under trial.
pub(crate) struct Running<'c> {
    case: &'c Case,
    /// How it is called, without arguments.
    call: String,
    /// The columns that its parameters meet.
    places: BTreeMap<usize, (usize, usize)>,
    pub(crate) writes: bool,
    trials: usize,
    attempts: usize,
    telling: usize,
    pub(crate) error: Option<String>,
    pub(crate) verdict: Option<Verdict>,
}

/// One run on the first database that waits for its twin.
struct Run {
    at: usize,
    arguments: Vec<Option<String>>,
    first: Outcome,
}

impl Lab {
    /// Looks for a counterexample to each statement.
    pub(crate) fn judge(&mut self, cases: &[Case], effort: &Effort) -> Vec<Verdict> {
        let mut running: Vec<Running<'_>> = cases.iter().map(|case| self.prepare(case)).collect();
        let mut pairs = 0;
        while pairs < effort.trials.max(4) && Instant::now() < effort.until {
            let open = |r: &Running<'_>| {
                r.verdict.is_none()
                    && r.trials < effort.trials
                    && r.attempts < effort.trials.max(effort.draws) * 4
            };
            let todo: Vec<usize> = (0..running.len()).filter(|at| open(&running[*at])).collect();
            if todo.is_empty() {
                break;
            }
            pairs += 1;
            self.pairs[0] += 1;
            if let Err(error) = self.pair(&mut running, &todo, effort.draws) {
                self.pairs[1] += 1;
                for at in todo {
                    running[at].error.get_or_insert_with(|| error.to_string());
                }
            }
            if pairs % 20 == 0
                && let Err(error) = self.empty()
            {
                for r in &mut running {
                    r.error.get_or_insert_with(|| error.to_string());
                }
            }
        }
        running.into_iter().map(Running::finish).collect()
    }

    pub(crate) fn prepare<'c>(&mut self, case: &'c Case) -> Running<'c> {
        self.serial += 1;
        let name = format!("q{}", self.serial);
        let mut running = Running {
            case,
            call: format!("EXECUTE {name}"),
            places: infer::places(&case.sql, &self.schema, &self.tenancy),
            writes: self.schema.has_functions || writes(&case.sql),
            trials: 0,
            attempts: 0,
            telling: 0,
            error: None,
            verdict: None,
        };
        let types: Vec<String> = case.roles.iter().map(|role| self.role_type(role)).collect();
        let typed = format!("({})", types.join(", "));
        for desk in &mut self.desks {
            let plain = desk.batch(&format!("PREPARE {name} AS {}", case.sql));
            let Err(why) = plain else { continue };
            if case.roles.is_empty() && why.state == "42601" {
                running.call.clone_from(&case.sql);
                continue;
            }
            // A parameter whose type nothing tells gets the type of its role.
            if case.roles.is_empty()
                || desk.batch(&format!("PREPARE {name} {typed} AS {}", case.sql)).is_err()
            {
                running.verdict = Some(Verdict::Invalid(why.to_string()));
                return running;
            }
        }
        if let Err(error) = self.values.learn(&mut self.desks[0], &self.schema, &case.sql) {
            running.error = Some(error.to_string());
        }
        running
    }

    /// One pair of databases, and every open statement on it.
    fn pair(&mut self, running: &mut [Running<'_>], todo: &[usize], draws: usize) -> Result<(), SqlError> {
        let nobody = self.rng.u8(..5) == 0;
        let desk = usize::from(nobody && !self.settings.is_empty() && self.rng.bool());
        self.desks[desk].batch("BEGIN; SAVEPOINT z")?;
        let tried = self.pair_in(running, todo, draws, nobody, desk);
        self.desks[desk].batch("ROLLBACK")?;
        tried
    }

    fn pair_in(
        &mut self,
        running: &mut [Running<'_>],
        todo: &[usize],
        draws: usize,
        nobody: bool,
        desk: usize,
    ) -> Result<(), SqlError> {
        self.habit = Habit::new(&mut self.rng);
        let mut first = self.maker(|maker| maker.first());
        let refers =
            |what: &str| todo.iter().any(|at| running[*at].case.sql.contains(what.trim_matches('"')));
        let materialized: Vec<String> =
            self.schema.materialized.iter().filter(|m| refers(m)).cloned().collect();
        self.load(desk, &mut first)?;
        let (actor, mode) = self.actor(&first, running, todo, nobody);
        let todo: Vec<usize> =
            todo.iter().copied().filter(|at| Mode::of(running[*at].case) == mode).collect();
        let made = (0..6).find_map(|_| self.maker(|maker| maker.second(&first, &actor.scope)));
        let Some(mut second) = made else { return Err(useless("no second database")) };
        let before_first = self.stage(desk, &first, &actor, &materialized, false)?;
        let mut runs = Vec::new();
        for &at in &todo {
            let count = if running[at].case.roles.is_empty() { 1 } else { draws };
            let mut draw = Draw {
                schema: &self.schema,
                values: &self.values,
                actor: &actor,
                worlds: [&first, &second],
                rng: &mut self.rng,
            };
            let arguments: Vec<Vec<Option<String>>> =
                (0..count).map(|_| draw.draw(running[at].case, &running[at].places)).collect();
            running[at].attempts += count;
            let outcomes = self.run(desk, &running[at].calls(&arguments), running[at].writes, false)?;
            for (arguments, outcome) in std::iter::zip(arguments, outcomes) {
                match outcome {
                    Ok(first) => runs.push(Run { at, arguments, first }),
                    Err(error) => running[at].note(&error),
                }
            }
        }
        self.desks[desk].batch("ROLLBACK TO SAVEPOINT z")?;
        self.load(desk, &mut second)?;
        if !self.maker(|maker| maker.agree(&first, &second, &actor.scope)) {
            return Err(useless("conditions of the schema took rows of the second database"));
        }
        let before_second = self.stage(desk, &second, &actor, &materialized, false)?;
        if !before_first.agrees(&before_second, &actor.scope) {
            return Err(useless("the databases do not agree on what the tenant owns"));
        }
        let mut suspects: Vec<(usize, Vec<Option<String>>, Breach)> = Vec::new();
        let mut rest = &runs[..];
        while let Some(run) = rest.first() {
            let at = run.at;
            let (mine, others) = rest.split_at(rest.iter().take_while(|r| r.at == at).count());
            rest = others;
            let arguments: Vec<Vec<Option<String>>> = mine.iter().map(|r| r.arguments.clone()).collect();
            let outcomes = self.run(desk, &running[at].calls(&arguments), running[at].writes, false)?;
            for (run, outcome) in std::iter::zip(mine, outcomes) {
                let twin = match outcome {
                    Ok(twin) => twin,
                    Err(error) => {
                        running[at].note(&error);
                        continue;
                    }
                };
                match judge(&self.schema, &actor.scope, [&before_first, &before_second], [&run.first, &twin])
                {
                    Some(breach) if suspects.iter().all(|(other, ..)| *other != at) => {
                        suspects.push((at, run.arguments.clone(), breach));
                    }
                    Some(_) => {}
                    None => {
                        running[at].trials += 1;
                        running[at].telling += usize::from(run.first.tells() || twin.tells());
                    }
                }
            }
        }
        self.confirm(desk, running, suspects, [&first, &second], &actor, &materialized)
    }

    /// Runs suspects again on shuffled copies; what holds there is a leak.
    fn confirm(
        &mut self,
        desk: usize,
        running: &mut [Running<'_>],
        suspects: Vec<(usize, Vec<Option<String>>, Breach)>,
        worlds: [&World; 2],
        actor: &Actor,
        materialized: &[String],
    ) -> Result<(), SqlError> {
        if suspects.is_empty() {
            return Ok(());
        }
        let mut states: [Vec<State>; 2] = [Vec::new(), Vec::new()];
        let mut outcomes: Vec<[Vec<Outcome>; 2]> =
            suspects.iter().map(|_| [Vec::new(), Vec::new()]).collect();
        for (side, world) in worlds.into_iter().enumerate() {
            for _ in 0..3 {
                states[side].push(self.stage(desk, world, actor, materialized, true)?);
                for (n, (at, arguments, _)) in suspects.iter().enumerate() {
                    if let Ok(outcome) = self
                        .run(desk, &[running[*at].called(arguments)], running[*at].writes, true)?
                        .remove(0)
                    {
                        outcomes[n][side].push(outcome);
                    }
                }
            }
        }
        for ((at, arguments, _), outcomes) in std::iter::zip(suspects, outcomes) {
            let [a, b] = &outcomes;
            if a.len() < 3 || b.len() < 3 {
                continue;
            }
            let stable = |runs: &[Outcome]| runs[1..].iter().all(|run| run.same(&runs[0], &actor.scope));
            let breach = (0..3).find_map(|n| {
                let breach =
                    judge(&self.schema, &actor.scope, [&states[0][n], &states[1][n]], [&a[n], &b[n]])?;
                let certain = matches!(breach.rule, Rule::Foreign | Rule::Owner) || (stable(a) && stable(b));
                certain.then_some(breach)
            });
            if let Some(breach) = breach {
                let text = self.describe(running[at].case, &arguments, actor, &breach, worlds);
                running[at].verdict =
                    Some(Verdict::Leaks(Box::new(Counterexample { rule: breach.rule, text })));
            }
        }
        Ok(())
    }

    /// Chooses who runs the statements of this pair.
    fn actor(
        &mut self,
        world: &World,
        running: &[Running<'_>],
        todo: &[usize],
        nobody: bool,
    ) -> (Actor, Mode) {
        let mut modes: Vec<Mode> = todo.iter().map(|at| Mode::of(running[*at].case)).collect();
        modes.sort();
        modes.dedup();
        let mode = self.rng.choice(modes).unwrap_or(Mode::Tenant);
        let mut actor = Actor::default();
        let tenants: Vec<String> = self.values.tenants.first().map(|t| t[..3].to_vec()).unwrap_or_default();
        match mode {
            Mode::Tenant => {
                let tenant = self.rng.choice(&tenants).cloned();
                if let (Some(tenant), false) = (tenant, nobody) {
                    self.act_for(&mut actor, world, &tenant);
                }
                // A principal beside the tenant is mostly one of its members.
                let members = self.memberships(world);
                let own: Vec<&(String, String)> =
                    members.iter().filter(|(_, owner)| actor.scope.owners.contains(owner)).collect();
                actor.principal = match self.rng.choice(own) {
                    Some((principal, _)) if self.rng.u8(..5) > 0 => Some(principal.clone()),
                    _ => self.rng.choice(members).map(|(principal, _)| principal),
                };
            }
            Mode::Set => {
                let count = if nobody { 0 } else { self.rng.usize(1..=2) };
                actor.tenants = self.rng.choose_multiple(tenants, count);
                actor.scope.owners = actor.tenants.iter().map(|t| format!("T0:{t}")).collect();
            }
            Mode::Principal => {
                let members = self.memberships(world);
                actor.principal =
                    if nobody { None } else { self.rng.choice(&members).map(|(p, _)| p.clone()) };
                actor.scope.principal.clone_from(&actor.principal);
                let theirs = members.into_iter().filter(|(p, _)| Some(p) == actor.principal.as_ref());
                actor.scope.owners = theirs.map(|(_, owner)| owner).collect();
            }
        }
        (actor, mode)
    }

    fn act_for(&self, actor: &mut Actor, world: &World, tenant: &str) {
        actor.tenant.push(tenant.to_owned());
        actor.scope.owners.insert(format!("T0:{tenant}"));
        let Some((root, key)) = self.schema.roots.first().copied().flatten() else { return };
        let Some(record) = world.tables[root].iter().find(|r| r.row[key].as_deref() == Some(tenant)) else {
            return;
        };
        actor.row = Some((root, record.row.clone()));
        // The outer levels are those of the tenant's own row.
        for (level, name) in self.tenancy.columns.iter().enumerate().skip(1) {
            let Some(outer) = self.schema.tables[root].column(name).and_then(|c| record.row[c].clone())
            else {
                break;
            };
            actor.scope.owners.insert(format!("T{level}:{outer}"));
            actor.tenant.push(outer);
        }
    }

    /// Pairs of a principal and an owner.
    fn memberships(&self, world: &World) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for membership in &self.tenancy.membership {
            let Some(table) = self.schema.table(&membership.table) else { continue };
            let described = &self.schema.tables[table];
            let (Some(principal), Some(tenant)) =
                (described.column(&membership.principal), described.column(&membership.tenant))
            else {
                continue;
            };
            for record in &world.tables[table] {
                if let (Some(principal), Some(tenant)) = (&record.row[principal], &record.row[tenant]) {
                    found.push((principal.clone(), format!("T0:{tenant}")));
                }
            }
        }
        found
    }

    fn describe(
        &self,
        case: &Case,
        arguments: &[Option<String>],
        actor: &Actor,
        breach: &Breach,
        worlds: [&World; 2],
    ) -> String {
        let owners: Vec<&str> = actor.scope.owners.iter().map(String::as_str).collect();
        let values: Vec<String> = arguments
            .iter()
            .enumerate()
            .map(|(n, v)| format!("${}={}", n + 1, v.as_deref().unwrap_or("NULL")))
            .collect();
        let mut text = format!(
            "{}: {}\nfor [{}] with {}\n{}\n",
            case.id,
            breach.text,
            owners.join(" "),
            values.join(" "),
            case.sql
        );
        for (at, table) in self.schema.tables.iter().enumerate() {
            if !case.sql.contains(&table.name) {
                continue;
            }
            let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
            text.push_str(&format!("{} ({})\n", table.name, names.join(", ")));
            let lines = |world: &World| {
                let mut lines: Vec<String> = world.tables[at]
                    .iter()
                    .map(|r| {
                        let values: Vec<&str> =
                            r.row.iter().map(|v| v.as_deref().unwrap_or("NULL")).collect();
                        format!("[{}] {}", r.owner, values.join(" | "))
                    })
                    .collect();
                lines.sort();
                lines
            };
            let (a, b) = (lines(worlds[0]), lines(worlds[1]));
            text.extend(a.iter().filter(|l| b.contains(l)).map(|l| format!("  both   {l}\n")));
            text.extend(a.iter().filter(|l| !b.contains(l)).map(|l| format!("  first  {l}\n")));
            text.extend(b.iter().filter(|l| !a.contains(l)).map(|l| format!("  second {l}\n")));
        }
        text
    }
}

impl Running<'_> {
    fn calls(&self, arguments: &[Vec<Option<String>>]) -> Vec<String> {
        arguments.iter().map(|values| self.called(values)).collect()
    }

    pub(crate) fn called(&self, arguments: &[Option<String>]) -> String {
        if arguments.is_empty() {
            return self.call.clone();
        }
        let values: Vec<String> = arguments.iter().map(|value| literal(value.as_deref())).collect();
        format!("{} ({})", self.call, values.join(", "))
    }

    fn note(&mut self, error: &SqlError) {
        self.error.get_or_insert_with(|| error.to_string());
    }

    pub(crate) fn finish(self) -> Verdict {
        match self.verdict {
            Some(verdict) => verdict,
            None if self.trials == 0 => {
                Verdict::Invalid(self.error.unwrap_or_else(|| "it was never run".to_owned()))
            }
            None => Verdict::Isolated { trials: self.trials, telling: self.telling },
        }
    }
}

/// On whose behalf a statement runs, by its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Tenant,
    Set,
    Principal,
}

impl Mode {
    fn of(case: &Case) -> Mode {
        if case.names_tenant() {
            Mode::Tenant
        } else if case.has(&Role::Tenants) {
            Mode::Set
        } else if case.has(&Role::Principal) {
            Mode::Principal
        } else {
            Mode::Tenant
        }
    }
}

/// Whether a statement may change rows.
fn writes(sql: &str) -> bool {
    let words: Vec<String> =
        tokens(sql).iter().filter(|t| t.kind == Kind::Word).map(|t| t.text.to_ascii_lowercase()).collect();
    words.iter().enumerate().any(|(at, word)| match word.as_str() {
        "insert" | "delete" | "merge" | "truncate" | "call" | "nextval" => true,
        "update" => at == 0 || !matches!(words[at - 1].as_str(), "for" | "key"),
        _ => false,
    })
}
