//! Statements of a size that programs generate and nobody writes: they are judged in seconds, and never better than the
//! small statement of the same shape.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Command;
use std::time::{Duration, Instant};

const SCHEMA: &str = "
    CREATE TABLE tenants (id bigint PRIMARY KEY);
    CREATE TABLE a (id bigint PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenants (id),
        p bigint REFERENCES a (id), x int, y int, z text);
    CREATE INDEX ON a (tenant_id, x);";

/// Far more than any of them takes in a debug build on an idle machine (5 seconds).
const LIMIT: Duration = Duration::from_secs(90);

/// Checks one statement over the schema and more DDL; answers with the summary's line.
fn check(name: &str, ddl: &str, sql: &str) -> String {
    let dir = std::env::temp_dir().join(format!("sqlmoat-large-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let write = |file: &str, text: &str| std::fs::write(dir.join(file), text).unwrap();
    write("schema.sql", &format!("{SCHEMA}{ddl}"));
    write("query.sql", sql);
    write(
        "sqlmoat.toml",
        "[tenancy]\ncolumns = [\"tenant_id\"]\n[schema]\nsources = [\"schema.sql\"]\n[queries]\ninclude = [\"query.sql\"]\n",
    );
    let begun = Instant::now();
    let out = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["check", "--exit-zero", "--output-format", "concise", "."])
        .current_dir(&dir)
        .output()
        .unwrap();
    let taken = begun.elapsed();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(taken < LIMIT, "{name} takes {taken:?}");
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let summary = text.lines().find(|line| line.starts_with("1 statement"));
    summary.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
}

/// `a0` joined with `n - 1` others, each with the one before it.
fn chain(n: usize, kind: &str, on: &dyn Fn(usize) -> String) -> String {
    let joins: Vec<String> = (1..n).map(|i| format!("{kind} JOIN a a{i} {}", on(i))).collect();
    format!("SELECT a0.id FROM a a0 {} WHERE a0.tenant_id = $1;", joins.join(" "))
}

fn by_key(i: usize) -> String {
    format!("ON a{i}.p = a{}.id", i - 1)
}

fn by_tenant(i: usize) -> String {
    format!("ON a{i}.p = a{0}.id AND a{i}.tenant_id = a{0}.tenant_id", i - 1)
}

#[test]
fn many_joins() {
    assert_eq!(check("inner", "", &chain(300, "", &by_tenant)), "1 statement: 1 isolated");
    assert_eq!(check("inner-key", "", &chain(300, "", &by_key)), "1 statement: 1 leaks");
    assert_eq!(check("left", "", &chain(200, "LEFT", &by_tenant)), "1 statement: 1 isolated");
    assert_eq!(check("left-key", "", &chain(200, "LEFT", &by_key)), "1 statement: 1 leaks");
    assert_eq!(check("full", "", &chain(60, "FULL", &by_tenant)), "1 statement: 1 isolated");
    let using = |_: usize| "USING (tenant_id, id)".to_owned();
    assert_eq!(check("full-key", "", &chain(60, "FULL", &using)), "1 statement: 1 leaks");
}

#[test]
fn a_chain_of_with_queries_that_coalesce_every_column() {
    let columns = ["x", "y", "p", "id", "tenant_id", "z"];
    let over = |n: usize, list: &dyn Fn(usize) -> String| -> String {
        let list: Vec<String> = (0..columns.len()).map(list).collect();
        format!("SELECT {} FROM w{n}", list.join(", "))
    };
    let first = "WITH w0 AS (SELECT x, y, p, id, tenant_id, z FROM a WHERE tenant_id = $1)";
    let of = |last: &str, joined: &str| {
        let with: Vec<String> = (1..30)
            .map(|n| {
                let column = |i: usize| format!("COALESCE(l.{0}, {last}.{0}) AS {0}", columns[i]);
                format!(
                    ", w{n} AS ({} l {})",
                    over(n - 1, &column),
                    joined.replace('#', &(n - 1).to_string())
                )
            })
            .collect();
        format!("{first}{} SELECT * FROM w29;", with.concat())
    };
    assert_eq!(check("with-key", "", &of("r", "FULL JOIN a r ON r.id = l.id")), "1 statement: 1 leaks");
    assert_eq!(check("with", "", &of("l", "")), "1 statement: 1 isolated");
    assert_ne!(
        check("with-double", "", &of("r", "FULL JOIN w# r ON r.id = l.id")),
        "1 statement: 1 isolated"
    );
}

#[test]
fn views_that_double() {
    let mut views = "CREATE VIEW v0 AS SELECT * FROM a;".to_owned();
    for n in 1..=17 {
        views += &format!("CREATE VIEW v{n} AS SELECT l.* FROM v{0} l JOIN v{0} r ON l.id = r.id;", n - 1);
    }
    let sql = "SELECT * FROM v17 WHERE tenant_id = $1;";
    assert_eq!(check("views", &views, sql), "1 statement: 1 unknown");
}
