//! What the pages of the family `migration` claim of locks, rewrites and scans, read from a live PostgreSQL while the step
//! runs in a transaction. A block `sql migration` claims by its info string:
//!
//! | attribute | holds when |
//! |---|---|
//! | `lock="Share:invoice"` | that is the strongest lock on the table, from pg_locks, and no other table is locked against writes |
//! | `rewrite="invoice"` | of all tables, these have another relfilenode afterwards |
//! | `scan="invoice"` | of all tables, these were read from end to end, from pg_stat_xact_user_tables |
//! | `fails="55000"` | it is refused, with that SQLSTATE |
//! | `refused` | it cannot run in a transaction block |
//!
//! A claim of a lock is one of rewrites and scans as well: those that are not named did not happen.
//!
//! What a change of a column's type costs is asked for every pair of types.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

#[path = "support/pages.rs"]
mod pages;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use pages::{Block, Project, projects};
use postgres::{Server, Session, SqlError, server};
use sqlmoat::rules::{self, Family};
use sqlmoat::schema::lock::Lock;
use sqlmoat::schema::migration::{Watched, Work, Wrap};
use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::Dialect;

/// Rules that speak of text or of the order of statements, not of what a statement does while it runs.
const NOT_OF_ONE_STEP: &[&str] =
    &["refused-in-transaction", "unbalanced-transaction", "irreversible-migration"];

#[test]
fn steps_lock_rewrite_and_scan_what_their_pages_say() {
    let all = projects(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"));
    let silent: Vec<&str> = all
        .iter()
        .filter(|project| project.heading.starts_with("Bad") && is_of_one_step(project))
        .flat_map(|project| &project.migrations)
        .filter(|block| !claims(block))
        .map(|block| block.origin.as_str())
        .collect();
    assert!(silent.is_empty(), "examples do not say what they lock: {}", silent.join(", "));
    let Some(server) = server() else { return };
    let asked = all.iter().filter(|project| project.migrations.iter().any(claims));
    let wrong: Vec<String> = asked.flat_map(|project| differences(server, project)).collect();
    assert!(wrong.is_empty(), "{} wrong\n\n{}\n", wrong.len(), wrong.join("\n"));
}

fn is_of_one_step(project: &Project) -> bool {
    let page = project.origin.split(':').next().unwrap_or_default();
    let rule = page.trim_start_matches("rules/").trim_end_matches(".md");
    let family = rules::find(rule).map(|rule| rule.facts.family);
    family == Some(Family::Migration) && !NOT_OF_ONE_STEP.contains(&rule)
}

fn claims(block: &Block) -> bool {
    block.is("refused") || ["lock", "fails"].iter().any(|name| block.attributes.contains_key(*name))
}

/// What happens otherwise than the blocks of a project say. Each runs in a transaction that is rolled back.
fn differences(server: &Server, project: &Project) -> Vec<String> {
    let mut session = match open(server, &project.schema) {
        Ok(session) => session,
        Err(error) => return vec![format!("{}: the schema is refused: {}", project.origin, error.message)],
    };
    let mut wrong = Vec::new();
    for block in project.migrations.iter().filter(|block| claims(block)) {
        let found = run(&mut session, block).unwrap_or_else(|error| vec![error.message]);
        wrong.extend(found.into_iter().map(|w| format!("{}: {w}", block.origin)));
        drop(session.batch("ROLLBACK"));
    }
    wrong
}

fn open(server: &Server, schema: &str) -> Result<Session, SqlError> {
    let database = server.create_database()?;
    let mut session = server.connect(&database)?;
    session.batch(schema)?;
    Ok(session)
}

/// Begins a transaction, runs a block in it, and compares.
fn run(session: &mut Session, block: &Block) -> Result<Vec<String>, SqlError> {
    // The text without BEGIN and COMMIT: the transaction is the test's.
    let is_control = |line: &&str| matches!(line.trim(), "BEGIN;" | "COMMIT;");
    let text: String = block.text.lines().filter(|l| !is_control(l)).map(|l| format!("{l}\n")).collect();
    session.batch("BEGIN")?;
    let before = State::read(session)?;
    match (session.batch(&text), block.attributes.get("fails"), block.is("refused")) {
        (Err(error), None, true) if error.state == "25001" => Ok(Vec::new()),
        (Err(error), Some(state), false) if error.state == *state => Ok(Vec::new()),
        (Err(error), _, _) => Ok(vec![format!("fails with {} {}", error.state, error.message)]),
        (Ok(()), None, false) => Ok(compare(block, &before, &State::read(session)?)),
        (Ok(()), _, _) => Ok(vec!["runs, against what is said".to_owned()]),
    }
}

fn compare(block: &Block, before: &State, after: &State) -> Vec<String> {
    let said = |name: &str| -> BTreeSet<String> {
        let text = block.attributes.get(name).map(String::as_str).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    };
    let mut wrong = Vec::new();
    // What the step itself creates has no name here.
    let name = |oid: &String| before.names.get(oid).cloned();
    let held = after.locks.iter().filter_map(|(oid, lock)| Some((name(oid)?, *lock)));
    // A lock that keeps nobody from writing may be named, and need not be.
    let held: BTreeMap<String, Lock> = held.collect();
    let weak = |claim: &String| {
        let (lock, table) = claim.split_once(':').unwrap_or_default();
        held.get(table).is_some_and(|found| !found.blocks_writes() && format!("{found:?}") == lock)
    };
    let locks: BTreeSet<String> = held
        .iter()
        .filter(|(_, lock)| lock.blocks_writes())
        .map(|(table, lock)| format!("{lock:?}:{table}"))
        .collect();
    let claimed: BTreeSet<String> = said("lock").into_iter().filter(|claim| !weak(claim)).collect();
    if claimed != locks {
        wrong.push(format!("locks {locks:?}, not {claimed:?}"));
    }
    let old = before.files.iter().filter(|(oid, file)| after.files.get(*oid).is_some_and(|f| f != *file));
    let rewritten: BTreeSet<String> = old.filter_map(|(oid, _)| name(oid)).collect();
    if rewritten != said("rewrite") {
        wrong.push(format!("rewrites {rewritten:?}"));
    }
    let read = after.scans.iter().filter(|(oid, count)| before.scans.get(*oid).is_some_and(|c| c < *count));
    let scanned: BTreeSet<String> = read.filter_map(|(oid, _)| name(oid)).collect();
    if scanned != said("scan") {
        wrong.push(format!("scans {scanned:?}"));
    }
    wrong
}

/// What a transaction shows of the tables and materialized views of `public`, by their oids: names may change.
struct State {
    names: BTreeMap<String, String>,
    /// The strongest lock that it holds on each.
    locks: BTreeMap<String, Lock>,
    /// Where each is stored.
    files: BTreeMap<String, String>,
    /// How often it read each from end to end.
    scans: BTreeMap<String, u64>,
}

impl State {
    fn read(session: &mut Session) -> Result<State, SqlError> {
        let mut state = State {
            names: BTreeMap::new(),
            locks: BTreeMap::new(),
            files: BTreeMap::new(),
            scans: BTreeMap::new(),
        };
        let scans =
            "SELECT relid::text, seq_scan::text FROM pg_stat_xact_user_tables WHERE schemaname = 'public'";
        for (table, count) in pairs(session.rows(scans)?) {
            state.scans.insert(table, count.parse().unwrap());
        }
        let of_public =
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'";
        let names = format!("SELECT c.oid::text, relname {of_public}");
        state.names.extend(pairs(session.rows(&names)?));
        let files =
            format!("SELECT c.oid::text, relfilenode::text {of_public} WHERE relkind IN ('r', 'm', 'p')");
        state.files.extend(pairs(session.rows(&files)?));
        let locks = format!(
            "SELECT c.oid::text, l.mode {of_public} JOIN pg_locks l ON l.relation = c.oid AND l.pid = pg_backend_pid() \
             WHERE c.relkind IN ('r', 'm', 'p') AND l.granted"
        );
        for (table, mode) in pairs(session.rows(&locks)?) {
            let lock = lock(&mode);
            let strongest = state.locks.entry(table).or_insert(lock);
            *strongest = lock.max(*strongest);
        }
        Ok(state)
    }
}

/// The lock that pg_locks calls `ShareUpdateExclusiveLock`.
fn lock(mode: &str) -> Lock {
    let mut words = String::new();
    for c in mode.trim_end_matches("Lock").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c);
    }
    Lock::parse(&words).unwrap()
}

fn pairs(rows: Vec<Vec<Option<String>>>) -> impl Iterator<Item = (String, String)> {
    rows.into_iter().filter_map(|row| {
        let mut row = row.into_iter().flatten();
        Some((row.next()?, row.next()?))
    })
}

/// Types whose values can be tried on each other.
const TYPES: &[&str] = &[
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "numeric(10,2)",
    "numeric(12,2)",
    "numeric(12,4)",
    "numeric(8)",
    "real",
    "double precision",
    "text",
    "varchar",
    "varchar(10)",
    "varchar(20)",
    "char(5)",
    "char(8)",
    "bpchar",
    "name",
    "date",
    "timestamp",
    "timestamp(3)",
    "timestamptz",
    "timestamptz(3)",
    "time",
    "time(3)",
    "timetz",
    "interval",
    "interval(3)",
    "inet",
    "cidr",
    "json",
    "jsonb",
    "uuid",
    "bytea",
    "xml",
    "oid",
    "regclass",
    "bit(4)",
    "bit(8)",
    "varbit",
    "varbit(4)",
    "varbit(8)",
    "text[]",
    "varchar[]",
    "varchar(10)[]",
    "varchar(20)[]",
    "integer[]",
    "bigint[]",
    "boolean",
    "mood",
    "words",
    "filled",
    "some_words",
];

/// What a column of one type becomes as another, for every pair that PostgreSQL allows: a new table, a new index, or nothing.
#[test]
fn type_changes_cost_what_the_replay_says() {
    let Some(server) = server() else { return };
    let types = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN words AS text; \
                 CREATE DOMAIN filled AS text NOT NULL; CREATE DOMAIN some_words AS varchar(20);";
    let database = server.create_database().unwrap();
    let mut session = server.connect(&database).unwrap();
    // Where it is not UTC, a change between the kinds of timestamps writes the table.
    session.batch(&format!("{types} SET timezone = 'Europe/Oslo'")).unwrap();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for from in TYPES {
        session.batch("BEGIN").unwrap();
        // Not every type has an index, nor every type that it may become.
        let indexed = format!("CREATE TABLE t (c {from}); CREATE INDEX t_c_idx ON t (c);");
        let bare = format!("CREATE TABLE u (c {from});");
        session.batch("SAVEPOINT empty").unwrap();
        if session.batch(&indexed).is_err() {
            session.batch("ROLLBACK TO empty").unwrap();
        }
        session.batch(&bare).unwrap();
        for to in TYPES.iter().filter(|to| *to != from) {
            let change =
                |table: &str, cast: &str| format!("ALTER TABLE {table} ALTER COLUMN c TYPE {to}{cast}");
            let cast = format!(" USING c::{to}");
            let attempts =
                [(&indexed, "t", ""), (&indexed, "t", &cast), (&bare, "u", ""), (&bare, "u", &cast)];
            let made = attempts.into_iter().find_map(|(schema, table, cast)| {
                let change = change(table, cast);
                Some((schema, changed(&mut session, &change)?, change))
            });
            let Some((schema, happened, change)) = made else { continue };
            tried += 1;
            let said = predicted(&format!("{types}{schema}"), &change);
            if said != happened {
                wrong.push(format!("{from} -> {to}: {happened}, not {said}"));
            }
        }
        session.batch("ROLLBACK").unwrap();
    }
    assert!(tried > 500, "{tried} pairs were tried");
    assert!(wrong.is_empty(), "{} of {tried} wrong\n{}\n", wrong.len(), wrong.join("\n"));
}

/// What is stored elsewhere after a change, which is then taken back; none if it is refused.
fn changed(session: &mut Session, change: &str) -> Option<&'static str> {
    let files = "SELECT relname, relfilenode::text FROM pg_class WHERE relname IN ('t', 'u', 't_c_idx')";
    let mut attempt = || -> Result<&'static str, SqlError> {
        session.batch("SAVEPOINT before")?;
        let before: BTreeMap<String, String> = pairs(session.rows(files)?).collect();
        session.batch(change)?;
        let after: BTreeMap<String, String> = pairs(session.rows(files)?).collect();
        let is_same = |name: &str| before.get(name) == after.get(name);
        Ok(match (is_same("t") && is_same("u"), is_same("t_c_idx")) {
            (false, _) => "a new table",
            (true, false) => "a new index",
            (true, true) => "nothing",
        })
    };
    let happened = attempt().ok();
    session.batch("ROLLBACK TO before").unwrap();
    happened
}

/// What the replay says of a change.
fn predicted(schema: &str, change: &str) -> &'static str {
    let dialect = Dialect::Postgres;
    let fragment = |id: u32, text: &str| Arc::new(Fragment::whole(FileId(id), text.into()));
    let fragments = [fragment(0, schema), fragment(1, change)];
    let parsed: Vec<_> = fragments.iter().map(|f| sqlmoat::syntax::parse(f, dialect)).collect();
    let statements: Vec<_> = fragments
        .iter()
        .zip(&parsed)
        .flat_map(|(f, all)| all.iter().map(move |s| (Arc::clone(f), s)))
        .collect();
    let watched = Watched {
        file: FileId(1),
        wrap: Wrap::Unknown,
        tool: "",
        escape: None,
        parts: Vec::new(),
        down: None,
        expects_down: false,
        executed: Vec::new(),
        creates: Vec::new(),
    };
    let migrations = sqlmoat::schema::replay_watched(dialect, &statements, &[watched], &[]).migrations;
    let work = migrations.iter().flat_map(|m| &m.acts).find_map(|act| act.before.work.as_ref());
    match work {
        Some(Work::Rewrite(_)) => "a new table",
        Some(Work::Rebuild) => "a new index",
        Some(Work::Check) | None => "nothing",
    }
}
