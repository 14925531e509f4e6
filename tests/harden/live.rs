//! Proposals on a live PostgreSQL: it takes every statement as the tool sends it, and taken back it has the schema of
//! before.

use sqlmoat::check::{self, Request};
use sqlmoat::harden::migration::batches;
use sqlmoat::harden::{Hardening, Measure, Options, harden};
use sqlmoat::suggest::Tool;
use sqlmoat::suggest::writer::Batch;

use crate::apply::apply_schema;
use crate::postgres::{Session, server};
use crate::{Case, all_cases};

/// What a schema is, in an order that does not depend on when things were made.
const CATALOG: &str = "
    SELECT 'column', c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
           a.attnotnull::text, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, coninhcount::text
    FROM pg_constraint WHERE connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
    UNION ALL
    SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid::text, NULL
    FROM pg_index WHERE indexrelid >= 16384
    UNION ALL
    SELECT 'table', oid::regclass::text, relkind::text, relrowsecurity::text, relforcerowsecurity::text, NULL
    FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT 'policy', polrelid::regclass::text, polname, polcmd::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
    FROM pg_policy
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, NULL, pg_get_functiondef(p.oid), NULL, NULL
    FROM pg_proc p WHERE p.oid >= 16384 AND prokind = 'f' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), NULL, NULL
    FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1, 2, 3, 4, 5, 6";

/// The ways in which a project may be hardened.
fn ways() -> Vec<Options> {
    let most = vec![Measure::Count, Measure::NotNull, Measure::Keys];
    let all = [most.as_slice(), &[Measure::RowSecurity]].concat();
    vec![
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
        for options in ways() {
            let database = server.create_database().expect("a database");
            let mut session = server.connect(&database).expect("a connection");
            apply_schema(&mut session, &case.folder);
            let before = session.rows(CATALOG).expect("the catalog");
            let options = Options { tables: known(&mut session, &case), ..options };
            let (hardening, tool) = hardened(&case, &options);
            let steps = batches(&hardening, tool);
            applied += steps.len();
            let done = steps.iter().try_for_each(|batch| up(&mut session, batch));
            let hard = session.rows(CATALOG).expect("the catalog");
            let undone =
                done.and_then(|()| steps.iter().rev().try_for_each(|batch| down(&mut session, batch)));
            if let Err(why) = undone {
                wrong.push(format!("{} {options:?}: {why}", case.name));
            }
            let after = session.rows(CATALOG).expect("the catalog");
            if steps.iter().any(|b| !b.steps.is_empty()) && hard == before {
                wrong.push(format!("{} {options:?}: nothing changed", case.name));
            }
            // What was validated stays so.
            let validated = |row: &&Vec<Option<String>>| {
                hardening.unvalidated.iter().any(|key| row[2].as_ref() == Some(&key.name))
            };
            let differences: Vec<_> = before
                .iter()
                .filter(|row| !after.contains(row) && !validated(row))
                .map(|row| format!("- {row:?}"))
                .chain(
                    after
                        .iter()
                        .filter(|row| !before.contains(row) && !validated(row))
                        .map(|row| format!("+ {row:?}")),
                )
                .collect();
            if !differences.is_empty() {
                wrong.push(format!("{} {options:?}: not restored\n{}", case.name, differences.join("\n")));
            }
            drop(session);
            server.drop_database(&database);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(applied > 60, "{applied} migrations");
}

/// The tables to ask about: all, unless a sample creates some by statements that are wrong on purpose.
fn known(session: &mut Session, case: &Case) -> Vec<String> {
    let tables = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384";
    match case.name.as_str() {
        "market" => session.rows(tables).expect("tables").into_iter().flatten().flatten().collect(),
        _ => Vec::new(),
    }
}

/// What is proposed for a case, and the tool that would apply it.
pub(crate) fn hardened(case: &Case, options: &Options) -> (Hardening, Tool) {
    let outcome = check::run(&Request {
        working: case.folder.clone(),
        paths: vec![case.folder.clone()],
        ..Request::default()
    });
    let checked = &outcome.projects[0];
    let exists = |path: &str| case.folder.join(path).exists();
    (harden(checked, options), sqlmoat::suggest::toolchain(checked, &outcome.sources, &exists).tool)
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
    for case in all_cases().iter().filter(|case| case.name != "market") {
        let database = server.create_database().expect("a database");
        let mut session = server.connect(&database).expect("a connection");
        apply_schema(&mut session, &case.folder);
        let all = vec![Measure::Count, Measure::NotNull, Measure::Keys, Measure::RowSecurity];
        let (hardening, tool) =
            hardened(case, &Options { measures: all, replace: true, ..Options::default() });
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
