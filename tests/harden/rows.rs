//! What hardening does to rows, on a live PostgreSQL: who sees and writes which under row security, what the function
//! counts, what becomes of rows whose parent is deleted.

use sqlmoat::harden::migration::batches;
use sqlmoat::harden::{Hardening, Measure, Options};

use crate::apply::apply_schema;
use crate::live::{hardened, up};
use crate::postgres::{Server, Session, server};
use crate::{Case, cases};

/// The session of each of the two tenants that `rows.sql` has.
fn settings(case: &str) -> [Vec<(&'static str, &'static str)>; 2] {
    const A: &str = "00000000-0000-0000-0000-00000000000a";
    const B: &str = "00000000-0000-0000-0000-00000000000b";
    match case {
        "portal" => [vec![("app.tenant_id", A)], vec![("app.tenant_id", B)]],
        "forum" => [vec![("app.space_id", A)], vec![("app.space_id", B)]],
        "depot" => [vec![("app.company_id", "1")], vec![("app.company_id", "2")]],
        "planner" => [vec![("app.team_id", "a")], vec![("app.team_id", "b")]],
        "assistants" => {
            let of = |workspace, organization| {
                vec![("app.workspace_id", workspace), ("app.organization_id", organization)]
            };
            [of(A, "00000000-0000-0000-0000-0000000000f0"), of(B, "00000000-0000-0000-0000-0000000000f1")]
        }
        other => panic!("who are the tenants of {other}?"),
    }
}

fn cases_with_rows() -> Vec<Case> {
    cases("harden").into_iter().filter(|case| case.folder.join("rows.sql").is_file()).collect()
}

fn case(name: &str) -> Case {
    cases("harden").into_iter().find(|case| case.name == name).expect("the case")
}

const ALL: [Measure; 4] = [Measure::Count, Measure::NotNull, Measure::Keys, Measure::RowSecurity];

/// A database with the schema and, where the case has them, the rows.
fn database(server: &Server, case: &Case) -> Session {
    let name = server.create_database().expect("a database");
    let mut session = server.connect(&name).expect("a connection");
    apply_schema(&mut session, &case.folder);
    if let Ok(rows) = std::fs::read_to_string(case.folder.join("rows.sql")) {
        session.batch(&rows).expect("the rows");
    }
    session
}

fn harden(session: &mut Session, case: &Case, measures: &[Measure]) -> (Hardening, Result<(), String>) {
    let options = Options { measures: measures.to_vec(), ..Options::default() };
    let (hardening, tool) = hardened(case, &options);
    let done = batches(&hardening, tool).iter().try_for_each(|batch| up(session, batch));
    (hardening, done)
}

fn as_role(session: &mut Session, role: &str, settings: &[(&str, &str)]) {
    session.batch(&format!("RESET ALL; SET ROLE {role}")).expect("the role");
    for (name, value) in settings {
        session.batch(&format!("SELECT set_config('{name}', '{value}', false)")).expect("the setting");
    }
}

/// Rows that the session sees, by their place.
fn seen(session: &mut Session, table: &str) -> Vec<String> {
    let rows =
        session.rows(&format!("SELECT tableoid::regclass::text || ctid::text FROM {table} ORDER BY 1"));
    rows.expect("rows").into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

/// Under its setting each of two tenants sees its own rows and those that everybody shares, together all there are;
/// without one, or with an empty one, nobody sees or writes any, the owner of the tables included.
#[test]
fn row_security_ties_rows_to_the_tenant_of_the_session() {
    let Some(server) = server() else { return };
    let mut tables = 0;
    for case in cases_with_rows() {
        let mut session = database(server, &case);
        let (hardening, done) = harden(&mut session, &case, &ALL);
        done.expect("it applies");
        let role = format!("app_{}", case.name);
        session
            .batch(&format!(
                "CREATE ROLE {role} NOLOGIN; DO $$ DECLARE s text; BEGIN
                 FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information' LOOP
                 EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', s);
                 EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO {role}', s);
                 EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %I TO {role}', s); END LOOP; END $$"
            ))
            .expect("a role");
        let sessions = settings(&case.name);
        for protected in &hardening.row_security {
            tables += 1;
            let table = protected.table.to_string();
            let which = format!("{}: {table}", case.name);
            session.batch("RESET ROLE").expect("the superuser");
            let all = seen(&mut session, &table);
            let owner = format!("owner_{}_{tables}", case.name);
            session.batch(&format!("CREATE ROLE {owner} NOLOGIN; GRANT {role} TO {owner}")).expect("a role");
            let [a, b] = [0, 1].map(|n| {
                as_role(&mut session, &role, &sessions[n]);
                seen(&mut session, &table)
            });
            let shared: Vec<&String> = a.iter().filter(|row| b.contains(row)).collect();
            let expected = if table == "drafts" { 1 } else { 0 };
            assert_eq!(shared.len(), expected, "{which}: seen by both");
            assert!(a.len() > expected && b.len() > expected, "{which}: {a:?} {b:?}");
            assert_eq!(a.len() + b.len() - expected, all.len(), "{which}: {a:?} and {b:?} of {all:?}");

            let empty: Vec<(&str, &str)> = sessions[0].iter().map(|(name, _)| (*name, "")).collect();
            let nobody: [&[(&str, &str)]; 2] = [&[], &empty];
            for setting in nobody {
                as_role(&mut session, &role, setting);
                assert_eq!(seen(&mut session, &table).len(), expected, "{which}: without a tenant");
            }
            session.batch("RESET ROLE").expect("the superuser");
            session
                .batch(&format!("BEGIN; ALTER TABLE {table} OWNER TO {owner}; SET LOCAL ROLE {owner}"))
                .expect("an owner");
            assert_eq!(seen(&mut session, &table).len(), expected, "{which}: its owner");
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
    assert!(tables > 20, "{tables} tables");
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
        harden(&mut session, &case, &[Measure::Count]).1.expect("it applies");
        assert_eq!(counted(&mut session), [], "{}", case.name);
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
