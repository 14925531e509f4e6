//! Holds the tables of facts in src/schema/facts against the catalogs of a live PostgreSQL 15 with its extensions.
//! `SQLMOAT_BLESS=1 cargo test --test facts` writes them anew.

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
mod postgres;

use std::collections::BTreeSet;
use std::path::Path;

use postgres::server;

/// The version that the tables are made from.
const VERSION: &str = "15";

#[test]
fn tables_of_facts_are_those_of_the_server() {
    let Some(server) = server() else { return };
    let database = server.create_database().expect("a database");
    let mut session = server.connect(&database).expect("a connection");
    let version =
        session.rows("SHOW server_version").expect("a version").remove(0).remove(0).unwrap_or_default();
    if !version.starts_with(VERSION) {
        use std::io::Write as _;
        let note =
            format!("SKIPPED: the tables of facts are those of PostgreSQL {VERSION}, not of {version}");
        drop(writeln!(std::io::stderr(), "{note}"));
        return;
    }
    let extensions = std::fs::read_to_string("tests/facts/extensions.sql").expect("the extensions");
    session.batch(&extensions).expect("the extensions");
    let bless = std::env::var_os("SQLMOAT_BLESS").is_some();
    for table in ["casts", "functions", "opclasses", "operators", "relations", "types"] {
        let query = std::fs::read_to_string(format!("tests/facts/{table}.sql")).expect("a query");
        let rows = session.rows(&query).unwrap_or_else(|e| panic!("{table}: {e}"));
        let lines: BTreeSet<String> = rows.into_iter().flatten().flatten().collect();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let path = format!("src/schema/facts/{table}.txt");
        let path = Path::new(&path);
        if bless {
            std::fs::write(path, text).expect("the table");
            continue;
        }
        let ours = std::fs::read_to_string(path).expect("the table");
        let ours: BTreeSet<String> = ours.lines().map(str::to_owned).collect();
        let missing: Vec<_> = lines.difference(&ours).take(5).collect();
        let extra: Vec<_> = ours.difference(&lines).take(5).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{table} lacks {missing:#?} and should not have {extra:#?}; run with SQLMOAT_BLESS=1"
        );
    }
}
