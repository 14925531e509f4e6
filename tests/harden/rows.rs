//! What hardening does to rows, on a live PostgreSQL: who sees and writes which under row security, what the function
//! counts, what becomes of rows whose parent is deleted.

use sqlmoat::harden::migration::batches;
use sqlmoat::harden::{Hardening, Measure, Options, TenantColumn};

use crate::apply::apply_schema;
use crate::live::{hardened, known, up};
use crate::postgres::{Server, Session, server};
use crate::{Case, all_cases};

/// Settings by name and value.
type Settings = Vec<(String, String)>;

/// Rows of two tenants for a case, where there are any.
fn rows(case: &Case) -> Option<String> {
    let file = match case.name.strip_prefix("projects/") {
        Some(name) => case.folder.join(format!("../../rows/{name}.sql")),
        None => case.folder.join("rows.sql"),
    };
    std::fs::read_to_string(file).ok()
}

/// The session of each of the two tenants, from the lines `-- tenant name=value` above the rows.
fn settings(case: &Case) -> [Settings; 2] {
    let text = rows(case).expect("rows");
    let setting = |word: &str| {
        let (name, value) = word.split_once('=').expect("name=value");
        (name.to_owned(), value.to_owned())
    };
    let tenants = text.lines().filter_map(|line| line.strip_prefix("-- tenant "));
    let each: Vec<Settings> = tenants.map(|line| line.split(' ').map(setting).collect()).collect();
    each.try_into().expect("two tenants")
}

fn cases_with_rows() -> Vec<Case> {
    let all: Vec<Case> = all_cases().into_iter().filter(|case| rows(case).is_some()).collect();
    assert!(all.len() > 20, "rows were not found");
    all
}

fn case(name: &str) -> Case {
    all_cases().into_iter().find(|case| case.name == format!("harden/{name}")).expect("the case")
}

const ALL: [Measure; 4] = [Measure::Count, Measure::NotNull, Measure::Keys, Measure::RowSecurity];

const WITH_COLUMNS: [Measure; 5] =
    [Measure::TenantColumns, Measure::Count, Measure::NotNull, Measure::Keys, Measure::RowSecurity];

/// Makes a role that may do all with every table, and is bound by row security.
fn make_role(session: &mut Session, role: &str) {
    session
        .batch(&format!(
            "CREATE ROLE {role} NOLOGIN; DO $$ DECLARE s text; BEGIN
             FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information' LOOP
             EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', s);
             EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO {role}', s);
             EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %I TO {role}', s); END LOOP; END $$"
        ))
        .expect("a role");
}

/// A database with the schema and, where the case has them, the rows.
fn database(server: &Server, case: &Case) -> Session {
    let mut session = without_rows(server, case);
    add_rows(&mut session, case);
    session
}

fn add_rows(session: &mut Session, case: &Case) {
    if let Some(rows) = rows(case) {
        session.batch(&rows).unwrap_or_else(|e| panic!("{}: the rows: {e}", case.name));
    }
}

fn without_rows(server: &Server, case: &Case) -> Session {
    let name = server.create_database().expect("a database");
    let mut session = server.connect(&name).expect("a connection");
    apply_schema(&mut session, &case.folder);
    session
}

fn harden(session: &mut Session, case: &Case, measures: &[Measure]) -> (Hardening, Result<(), String>) {
    let tables = known(session, case);
    let options = Options { measures: measures.to_vec(), tables, ..Options::default() };
    let (hardening, tool) = hardened(case, &options);
    let done = batches(&hardening, tool).iter().try_for_each(|batch| up(session, batch));
    (hardening, done)
}

fn as_role(session: &mut Session, role: &str, settings: &[(String, String)]) {
    session.batch(&format!("RESET ALL; SET ROLE {role}")).expect("the role");
    for (name, value) in settings {
        session.batch(&format!("SELECT set_config('{name}', '{value}', false)")).expect("the setting");
    }
}

/// Rows that the session sees, by their place.
fn seen(session: &mut Session, table: &str) -> Vec<String> {
    let rows =
        session.rows(&format!("SELECT tableoid::regclass::text || ctid::text FROM {table} ORDER BY 1"));
    match rows {
        Ok(rows) => rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect(),
        // A policy of the project that does without missing_ok.
        Err(refused) if refused.state == "42704" || refused.state == "22P02" => Vec::new(),
        Err(refused) => panic!("{table}: {refused}"),
    }
}

/// How many rows the session changes that changes all it can.
fn changed(session: &mut Session, table: &str) -> usize {
    let column = format!(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT \
         attisdropped AND attidentity <> 'a' AND attgenerated = '' ORDER BY attnum LIMIT 1"
    );
    let column = session.rows(&column).expect("a column").remove(0).remove(0).expect("its name");
    let change = format!(
        "WITH changed AS (UPDATE {table} SET {column} = {column} RETURNING 1) SELECT count(*) FROM changed"
    );
    session.batch("BEGIN").expect("a transaction");
    let count = session.rows(&change).expect("a count").remove(0).remove(0).expect("a number");
    session.batch("ROLLBACK").expect("rolled back");
    count.parse().expect("a number")
}

/// Under its setting each of two tenants sees its own rows and those that everybody shares, together all there are, and
/// changes its own alone; without one, or with an empty one, nobody sees or writes any, the owner of the tables
/// included.
#[test]
fn row_security_ties_rows_to_the_tenant_of_the_session() {
    let Some(server) = server() else { return };
    let mut tables = 0;
    let cases = cases_with_rows();
    let ways = cases.iter().flat_map(|case| [(case, ALL.as_slice()), (case, &WITH_COLUMNS)]);
    for (n, (case, measures)) in ways.enumerate() {
        let mut session = database(server, case);
        let (hardening, done) = harden(&mut session, case, measures);
        done.expect("it applies");
        if measures.len() > ALL.len() && hardening.tenant_columns.is_empty() {
            continue;
        }
        let role = format!("app_{n}");
        make_role(&mut session, &role);
        let sessions = settings(case);
        for protected in &hardening.row_security {
            tables += 1;
            let table = protected.table.to_string();
            let which = format!("{}: {table}", case.name);
            session.batch("RESET ROLE").expect("the superuser");
            let all = seen(&mut session, &table);
            let owner = format!("owner_{tables}");
            session.batch(&format!("CREATE ROLE {owner} NOLOGIN; GRANT {role} TO {owner}")).expect("a role");
            let [(a, a_changed), (b, b_changed)] = [0, 1].map(|n| {
                as_role(&mut session, &role, &sessions[n]);
                (seen(&mut session, &table), changed(&mut session, &table))
            });
            let shared = a.iter().filter(|row| b.contains(row)).count();
            let is_shared = protected.policies.iter().any(|policy| policy.reads);
            assert_eq!(shared > 0, is_shared, "{which}: {shared} rows are seen by both");
            assert!(a.len() > shared && b.len() > shared, "{which}: {a:?} {b:?}");
            assert_eq!(a.len() + b.len() - shared, all.len(), "{which}: {a:?} and {b:?} of {all:?}");
            assert_eq!((a_changed, b_changed), (a.len() - shared, b.len() - shared), "{which}: changed");

            let empty: Settings = sessions[0].iter().map(|(name, _)| (name.clone(), String::new())).collect();
            let nobody: [&[(String, String)]; 2] = [&[], &empty];
            for setting in nobody {
                as_role(&mut session, &role, setting);
                assert_eq!(seen(&mut session, &table).len(), shared, "{which}: without a tenant");
            }
            session.batch("RESET ROLE").expect("the superuser");
            session
                .batch(&format!("BEGIN; ALTER TABLE {table} OWNER TO {owner}; SET LOCAL ROLE {owner}"))
                .expect("an owner");
            assert_eq!(seen(&mut session, &table).len(), shared, "{which}: its owner");
            session.batch("ROLLBACK").expect("rolled back");

            // A row cannot be given to the other tenant.
            let copy = format!("INSERT INTO {table} SELECT * FROM other_rows");
            session.batch("RESET ROLE").expect("the superuser");
            session
                .batch(&format!(
                    "CREATE TEMP TABLE other_rows AS SELECT * FROM {table} WHERE tableoid::regclass::text || ctid::text \
                     IN ({}); GRANT ALL ON other_rows TO {role}",
                    b.iter().filter(|row| !a.contains(row)).map(|row| format!("'{row}'")).collect::<Vec<_>>().join(", ")
                ))
                .expect("the other tenant's rows");
            as_role(&mut session, &role, &sessions[0]);
            let refused = session.batch(&copy).expect_err("refused");
            let generated = refused.state == "428C9";
            assert!(refused.state == "42501" || generated, "{which}: {refused}");
            session.batch("RESET ROLE; DROP TABLE other_rows").expect("dropped");
        }
    }
    assert!(tables > 150, "{tables} tables");
}

/// What is said of rows that a column names the tenant of: how many have none, and how many another than their parent.
fn misnamed(session: &mut Session, new: &TenantColumn) -> (String, String) {
    let pairs: Vec<String> =
        new.pairs.iter().map(|(own, theirs)| format!("p.\"{theirs}\" = r.\"{own}\"")).collect();
    let (column, theirs) = (&new.column, &new.parent_column);
    let count = format!(
        "SELECT count(*) FILTER (WHERE r.\"{column}\" IS NULL), count(*) FILTER (WHERE r.\"{column}\" <> p.\"{theirs}\") \
         FROM {} AS r JOIN {} AS p ON {} HAVING count(*) > 1",
        new.table,
        new.parent,
        pairs.join(" AND ")
    );
    let mut row = session.rows(&count).expect("counts").pop().expect("rows of two tenants");
    (row.remove(0).expect("a count"), row.remove(0).expect("a count"))
}

/// Rows that are there get their parent's tenant, and so do rows of INSERTs that do not name the column: those of
/// `rows.sql`, sent before everything, between the steps, and after all of them.
#[test]
fn tenant_columns_are_filled_for_code_that_does_not_know_them() {
    let Some(server) = server() else { return };
    let mut columns = 0;
    for case in cases_with_rows() {
        let options = Options { measures: WITH_COLUMNS.to_vec(), ..Options::default() };
        let known = known(&mut database(server, &case), &case);
        let (hardening, tool) = hardened(&case, &Options { tables: known, ..options });
        if hardening.tenant_columns.is_empty() {
            continue;
        }
        let steps = batches(&hardening, tool);
        let added = steps.iter().take_while(|batch| batch.slug.starts_with("add_tenant_of_")).count();
        assert_eq!(added, hardening.tenant_columns.len(), "{}: first the columns", case.name);
        for moment in [0, added, steps.len()] {
            let mut session = without_rows(server, &case);
            for (n, batch) in steps.iter().enumerate() {
                if n == moment {
                    add_rows(&mut session, &case);
                }
                up(&mut session, batch).unwrap_or_else(|why| panic!("{}: {why}", case.name));
            }
            if moment == steps.len() {
                add_rows(&mut session, &case);
            }
            for new in &hardening.tenant_columns {
                let zero = ("0".to_owned(), "0".to_owned());
                assert_eq!(misnamed(&mut session, new), zero, "{}: {}", case.name, new.table);
                columns += 1;
            }
        }
    }
    assert!(columns > 60, "{columns} columns");
}

/// Under row security a program that does not know the column adds rows of its tenant and of no other, and moves none to
/// another; where a parent changes hands, its rows go with it.
#[test]
fn a_tenant_column_keeps_rows_with_their_parent() {
    let Some(server) = server() else { return };
    let suite = |name: &str| {
        let mut all = all_cases().into_iter();
        all.find(|case| case.name == format!("suites/{name}")).expect("the suite")
    };
    let billing = suite("billing");
    let mut session = database(server, &billing);
    harden(&mut session, &billing, &WITH_COLUMNS).1.expect("it applies");
    make_role(&mut session, "clerk");
    session.batch("ALTER TABLE invoice_line ALTER id RESTART WITH 10").expect("free numbers");
    as_role(&mut session, "clerk", &settings(&billing)[0]);
    let line = |of: u32| {
        format!("INSERT INTO invoice_line (invoice_id, description, unit_price) VALUES ({of}, 'd', 1)")
    };
    session.batch(&line(1)).expect("a line of an own invoice");
    let refused = session.batch(&line(2)).expect_err("a line of another tenant's");
    assert!(["42501", "23502"].contains(&&*refused.state), "{refused}");
    let named =
        "INSERT INTO invoice_line (org_id, invoice_id, description, unit_price) VALUES (1, 2, 'd', 1)";
    assert_eq!(session.batch(named).expect_err("another tenant's invoice").state, "23503");
    let moved =
        session.batch("UPDATE invoice_line SET invoice_id = 2").expect_err("another tenant's invoice");
    assert_eq!(moved.state, "23503");
    assert_eq!(seen(&mut session, "invoice_line").len(), 2);
    as_role(&mut session, "clerk", &settings(&billing)[1]);
    assert_eq!(seen(&mut session, "invoice_line").len(), 1);

    let chat = suite("chat");
    let mut session = database(server, &chat);
    harden(&mut session, &chat, &WITH_COLUMNS).1.expect("it applies");
    let b = &settings(&chat)[1][0].1;
    session.batch(&format!("UPDATE channel SET workspace_id = '{b}'")).expect("a channel changes hands");
    for table in ["thread", "message", "reaction"] {
        let others =
            session.rows(&format!("SELECT 1 FROM {table} WHERE workspace_id <> '{b}'")).expect("rows");
        assert!(others.is_empty(), "{table}");
    }
}

/// What the function counts, by reference: between tenants, and unverifiable.
fn counted(session: &mut Session) -> Vec<(String, String, String)> {
    let rows = session
        .rows(
            "SELECT reference, cross_tenant, unverifiable FROM sqlmoat_cross_tenant_references() \
             WHERE cross_tenant > 0 OR unverifiable > 0 ORDER BY 1",
        )
        .expect("counts");
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    rows.iter().map(|row| (text(&row[0]), text(&row[1]), text(&row[2]))).collect()
}

#[test]
fn the_function_counts_nothing_where_all_is_well() {
    let Some(server) = server() else { return };
    for case in cases_with_rows() {
        let mut session = database(server, &case);
        let (hardening, done) = harden(&mut session, &case, &[Measure::Count]);
        done.expect("it applies");
        if hardening.count.is_some() {
            assert_eq!(counted(&mut session), [], "{}", case.name);
        }
    }
}

/// Rows that lead to another tenant are counted, keep the keys from being validated, and are gone when they are mended.
#[test]
fn the_function_counts_what_keeps_keys_from_being_validated() {
    let Some(server) = server() else { return };
    let portal = case("portal");
    let mut session = database(server, &portal);
    session
        .batch(
            "UPDATE access_keys SET login_id = '00000000-0000-0000-0001-00000000000b' WHERE hash = 'a2'; \
             UPDATE calls SET tenant_id = NULL WHERE person_id = 1",
        )
        .expect("what nothing refuses");
    harden(&mut session, &portal, &[Measure::Count]).1.expect("it applies");
    let row = |reference: &str, cross: &str, unverifiable: &str| {
        (reference.to_owned(), cross.to_owned(), unverifiable.to_owned())
    };
    assert_eq!(
        counted(&mut session),
        [row("access_keys.login_id", "1", "0"), row("calls", "0", "1"), row("calls.person_id", "0", "1")]
    );
    let failed = harden(&mut session, &portal, &[Measure::NotNull]).1.expect_err("a row without a tenant");
    assert!(failed.contains("23514"), "{failed}");
    let failed = harden(&mut session, &portal, &[Measure::Keys]).1.expect_err("a row of another tenant");
    assert!(failed.contains("23503"), "{failed}");

    let assistants = case("assistants");
    let mut session = database(server, &assistants);
    session
        .batch("UPDATE assistant_tools SET tool_id = '00000000-0000-0000-0002-00000000000b' WHERE assistant_id = '00000000-0000-0000-0001-00000000000a'")
        .expect("what nothing refuses");
    harden(&mut session, &assistants, &[Measure::Count]).1.expect("it applies");
    assert_eq!(counted(&mut session), [row("assistant_tools.tool_id", "1", "0")]);
}

/// A new row cannot refer to another tenant's any more, and a reference that is cleared leaves the tenant.
#[test]
fn keys_refuse_other_tenants_and_keep_what_happens_on_delete() {
    let Some(server) = server() else { return };
    for name in ["actions", "actions-14"] {
        let actions = case(name);
        let mut session = database(server, &actions);
        harden(&mut session, &actions, &[Measure::NotNull, Measure::Keys]).1.expect("it applies");
        session
            .batch(
                "INSERT INTO orgs VALUES (1), (2); INSERT INTO places VALUES (1, 1, 'p'), (2, 2, 'p'), (3, 1, 'p'), \
                 (4, 1, 'p'); INSERT INTO places VALUES (5, 1, 'p', 7); \
                 INSERT INTO visits (id, org_id, cleared, standard, gone, renamed, spot, \"Spot Floor\") \
                 VALUES (1, 1, 3, 3, NULL, 4, 5, 7), (2, 1, NULL, 1, 4, NULL, NULL, NULL)",
            )
            .expect("rows of one tenant");
        for column in ["cleared", "standard", "gone", "kept", "renamed"] {
            let refused = session
                .batch(&format!("UPDATE visits SET {column} = 2 WHERE id = 2"))
                .expect_err("another tenant's place");
            assert_eq!(refused.state, "23503", "{name}: {column}");
        }
        session.batch("DELETE FROM places WHERE id = 3").expect("cleared and set to the default");
        session.batch("UPDATE places SET id = 14 WHERE id = 4").expect("renamed, and followed");
        session.batch("DELETE FROM places WHERE id = 5").expect("a key of two columns is cleared");
        let rows =
            session.rows("SELECT id, org_id, cleared, standard, gone, renamed, spot FROM visits ORDER BY id");
        let rows: Vec<String> = rows
            .expect("rows")
            .iter()
            .map(|row| {
                row.iter().map(|v| v.clone().unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(rows, ["1 1 - 1 - - -", "2 1 - 1 14 - -"], "{name}");
        session.batch("DELETE FROM places WHERE id = 14").expect("the row that refers to it goes");
        assert_eq!(session.rows("SELECT id FROM visits").expect("rows").len(), 1, "{name}");
    }
}

/// A partitioned table takes over the valid keys of its partitions without reading their rows: one that breaks the key,
/// slipped past its triggers, is not found.
#[test]
fn the_key_of_a_partitioned_table_reads_no_rows() {
    let Some(server) = server() else { return };
    let depot = case("depot");
    let mut session = database(server, &depot);
    let options = Options { measures: vec![Measure::Keys], ..Options::default() };
    let (hardening, tool) = hardened(&depot, &options);
    let all = batches(&hardening, tool);
    let whole = all
        .iter()
        .position(|batch| batch.slug == "add_moves_company_id_article_id_fkey")
        .expect("its own step");
    all[..whole].iter().try_for_each(|batch| up(&mut session, batch)).expect("the keys of partitions");
    session
        .batch(
            "SET session_replication_role = replica; INSERT INTO moves VALUES (9, 1, 2, '2026-05-05', 1); \
             RESET session_replication_role",
        )
        .expect("a row that no trigger checks");
    up(&mut session, &all[whole]).expect("taken over");
    let keys = session
        .rows("SELECT 1 FROM pg_constraint WHERE conparentid <> 0 AND contype = 'f' AND conname ~ '_company_id_article_id_fkey'")
        .expect("constraints");
    assert_eq!(keys.len(), 3, "each partition's key is a part of the table's");
}
