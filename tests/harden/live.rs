//! Proposals on a live PostgreSQL: it takes every statement as the tool sends it, and taken back it has the schema of
//! before.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use sqlmoat::check::{self, Request};
use sqlmoat::harden::migration::batches;
use sqlmoat::harden::{Hardening, Measure, Options, harden};
use sqlmoat::suggest::Tool;
use sqlmoat::suggest::writer::Batch;

use crate::apply::apply_schema;
use crate::postgres::{Session, server};
use crate::{Case, all_cases};

/// The ways in which a project may be hardened.
fn ways() -> [Options; 2] {
    let most = vec![Measure::Count, Measure::NotNull, Measure::Keys];
    let all = [&[Measure::TenantColumns], most.as_slice(), &[Measure::RowSecurity]].concat();
    [
        Options { measures: most, ..Options::default() },
        Options { measures: all, replace: true, ..Options::default() },
    ]
}

#[test]
fn it_applies_and_its_down_restores_the_schema() {
    let Some(server) = server() else { return };
    let mut wrong = Vec::new();
    let mut applied = 0;
    for case in all_cases() {
        let database = server.create_database().expect("a database");
        let mut session = server.connect(&database).expect("a connection");
        apply_schema(&mut session, &case.folder);
        let before = dump(&mut session);
        let tables = known(&mut session, &case);
        for options in ways() {
            let (hardening, tool) = hardened(&case, &Options { tables: tables.clone(), ..options });
            let steps = batches(&hardening, tool);
            applied += steps.len();
            let done = steps.iter().try_for_each(|batch| up(&mut session, batch));
            let undone =
                done.and_then(|()| steps.iter().rev().try_for_each(|batch| down(&mut session, batch)));
            if let Err(why) = undone {
                wrong.push(format!("{}: {why}", case.name));
            }
            // What was validated stays so.
            let stays = |line: &String| hardening.unvalidated.iter().any(|key| line.contains(&key.name));
            let mut found = differences(&before, &dump(&mut session));
            found.retain(|line| !stays(line));
            if !found.is_empty() {
                wrong.push(format!("{}: not restored\n{}", case.name, found.join("\n")));
            }
        }
        drop(session);
        server.drop_database(&database);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(applied > 250, "{applied} migrations");
}

/// What `pg_dump --schema-only` says of the session's database.
pub(crate) fn dump(session: &mut Session) -> String {
    let asked = "SELECT (SELECT setting FROM pg_config WHERE name = 'BINDIR'), current_setting('unix_socket_directories'), \
                 current_user, current_database()";
    let known: Vec<String> =
        session.rows(asked).expect("where it is").concat().into_iter().flatten().collect();
    let [bin, host, user, database] = known.as_slice() else { panic!("{known:?}") };
    let dumped = Command::new(Path::new(bin).join("pg_dump"))
        .args(["--schema-only", "--host", host, "--username", user, database])
        .output()
        .expect("pg_dump starts");
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    String::from_utf8(dumped.stdout).expect("UTF-8")
}

/// Lines that one of two dumps has and the other has not.
pub(crate) fn differences(before: &str, after: &str) -> Vec<String> {
    // Newer releases of pg_dump begin and end with a random word.
    let is_random = |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    let lines = |dump: &'_ str| -> BTreeSet<String> {
        dump.lines().filter(|line| !is_random(line)).map(str::to_owned).collect()
    };
    let (before, after) = (lines(before), lines(after));
    let lost = before.difference(&after).map(|line| format!("- {line}"));
    lost.chain(after.difference(&before).map(|line| format!("+ {line}"))).collect()
}

/// The tables to ask about: all, unless a sample creates some by statements that are wrong on purpose.
pub(crate) fn known(session: &mut Session, case: &Case) -> Vec<String> {
    let tables = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384";
    match case.name.as_str() {
        "projects/market" => session.rows(tables).expect("tables").into_iter().flatten().flatten().collect(),
        _ => Vec::new(),
    }
}

/// What is proposed for a case, and the tool that would apply it.
pub(crate) fn hardened(case: &Case, options: &Options) -> (Hardening, Tool) {
    let request =
        Request { working: case.folder.clone(), paths: vec![case.folder.clone()], ..Request::default() };
    let outcome = check::run(&request);
    let exists = |path: &str| case.folder.join(path).exists();
    let chain = sqlmoat::suggest::toolchain(&outcome.projects[0], &outcome.sources, &exists);
    (harden(&request, outcome, options).all.remove(0), chain.tool)
}

/// Applies a migration.
pub(crate) fn up(session: &mut Session, batch: &Batch) -> Result<(), String> {
    send(session, batch, batch.steps.iter().flat_map(|step| &step.up))
}

/// Takes a migration back.
fn down(session: &mut Session, batch: &Batch) -> Result<(), String> {
    send(session, batch, batch.steps.iter().rev().flat_map(|step| &step.down))
}

/// Sends statements in a transaction, or one by one where one of them refuses that.
fn send<'s>(
    session: &mut Session,
    batch: &Batch,
    statements: impl Iterator<Item = &'s String>,
) -> Result<(), String> {
    let statements: Vec<&str> = statements.map(String::as_str).collect();
    let sent = match batch.steps.iter().any(|step| step.concurrent) {
        true => statements.iter().map(|s| (*s).to_owned()).collect(),
        false => vec![statements.join(";\n")],
    };
    sent.iter().try_for_each(|text| session.batch(text).map_err(|e| format!("`{text}`: {e}")))
}

/// The strongest lock that a migration holds on tables that were there before it, and what it may hold.
#[test]
fn no_step_holds_a_lock_that_it_does_not_need() {
    let Some(server) = server() else { return };
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for case in all_cases().iter().filter(|case| case.name != "projects/market") {
        let database = server.create_database().expect("a database");
        let mut session = server.connect(&database).expect("a connection");
        apply_schema(&mut session, &case.folder);
        let [_, all] = ways();
        let (hardening, tool) = hardened(case, &all);
        for batch in batches(&hardening, tool) {
            if batch.steps.iter().any(|step| step.concurrent) {
                up(&mut session, &batch).expect("it applies");
                continue;
            }
            let statements: Vec<&String> = batch.steps.iter().flat_map(|step| &step.up).collect();
            let files = relation_files(&mut session);
            session.batch("BEGIN").expect("a transaction");
            for statement in statements.iter().filter(|s| !matches!(s.as_str(), "BEGIN" | "COMMIT")) {
                session.batch(statement).expect("it applies");
            }
            let locks = session.rows(LOCKS).expect("locks");
            session.batch("COMMIT").expect("committed");
            let held = |mode: &str| locks.iter().any(|row| row[1].as_deref() == Some(mode));
            let (reads, writes) =
                (held("AccessExclusiveLock"), held("ShareRowExclusiveLock") || held("ShareLock"));
            let slug = &batch.slug;
            let is = |word: &str| slug.starts_with(word);
            let allowed = match slug.as_str() {
                _ if is("add_sqlmoat") || is("validate_") => !reads && !writes,
                _ if is("add_tenant_references_of_") => !reads,
                _ => true,
            };
            if !allowed {
                wrong.push(format!("{}: {slug}: {locks:?}", case.name));
            }
            if relation_files(&mut session) != files && !tool.always_wraps() && !is("add_") {
                wrong.push(format!("{}: {slug} writes a table anew", case.name));
            }
            judged += 1;
        }
        drop(session);
        server.drop_database(&database);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged > 100, "{judged} steps");
}

/// Locks of this session on tables of the schema.
const LOCKS: &str = "
    SELECT relation::regclass::text, mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE pid = pg_backend_pid() AND relkind IN ('r', 'p') AND relation >= 16384";

/// Where each table is stored: another file is a table that was written anew.
fn relation_files(session: &mut Session) -> Vec<Vec<Option<String>>> {
    let files = "SELECT oid, relfilenode FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1";
    session.rows(files).expect("files")
}
