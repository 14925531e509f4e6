//! Which index serves which read of a table: fixtures by the sections of the specification, each fact beside its near
//! miss. What they say was asked of PostgreSQL 15 (`EXPLAIN` of a generic plan, sequential scans priced out).

mod conjuncts;
mod either;
mod expressions;
mod implication;
mod levels;
mod order;
mod patterns;
mod uncovered;
mod versions;

use std::sync::Arc;

use sqlmoat::prove::access::{IndexBook, analyse, key_text};
use sqlmoat::prove::settings::PlannerSettings;
use sqlmoat::prove::verdict::{Access, AccessClass};
use sqlmoat::query::model::{BoundStatement, Source};
use sqlmoat::schema::Catalog;
use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{self, Dialect};

/// The tables that most fixtures are about.
const TABLES: &str = "
    CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin; CREATE EXTENSION btree_gist; CREATE EXTENSION citext;
    CREATE EXTENSION vector;
    CREATE TYPE mood AS ENUM ('low', 'even', 'high');
    CREATE TABLE t (
        id int NOT NULL, n int, m int NOT NULL, big bigint, num numeric, f float8, txt text, vc varchar(40), ch char(3),
        ci citext, c text COLLATE \"C\", b boolean, e mood, u uuid, d date, ts timestamp, tz timestamptz, j jsonb,
        arr int[], tags text[], tv tsvector, rng int4range, ip inet, status text);
    CREATE TABLE w (id int PRIMARY KEY, n int, m int, x text);";

/// What was found of one statement.
struct Read {
    catalog: Catalog,
    statement: BoundStatement,
    access: Vec<Access>,
}

/// Analyses one statement over `TABLES` and more DDL.
fn read(ddl: &str, sql: &str, settings: &PlannerSettings) -> Read {
    let schema: Arc<Fragment> = Arc::new(Fragment::whole(FileId(0), format!("{TABLES}{ddl}").into()));
    let parsed = syntax::parse(&schema, Dialect::Postgres);
    let statements: Vec<_> = parsed.iter().map(|s| (Arc::clone(&schema), s)).collect();
    let (catalog, problems) = sqlmoat::schema::replay(Dialect::Postgres, &statements);
    assert!(problems.is_empty(), "{ddl}: {problems:?}");
    let query = Arc::new(Fragment::whole(FileId(1), sql.into()));
    let parsed = syntax::parse(&query, Dialect::Postgres);
    let [one] = parsed.as_slice() else { panic!("one statement: {sql}") };
    let (statement, problems) = sqlmoat::query::bind(&catalog, &query, one);
    assert!(problems.is_empty(), "{sql}: {problems:?}");
    let access = analyse(&catalog, &IndexBook::new(&catalog), &statement, settings);
    Read { catalog, statement, access }
}

impl Read {
    /// The access of the occurrence of that alias.
    fn of(&self, alias: &str) -> &Access {
        let found = self.access.iter().find(|a| {
            let occurrence = self.statement.occurrence(a.occ);
            occurrence.alias == alias && matches!(occurrence.source, Source::Table(_))
        });
        found.unwrap_or_else(|| panic!("no access of {alias}"))
    }

    /// Class, best index and its keys with a condition, as one line.
    fn line(&self, alias: &str) -> String {
        let access = self.of(alias);
        let class = match access.class {
            AccessClass::Seek => "seek",
            AccessClass::PartialOnly => "partial-only",
            AccessClass::OrderOnly => "order-only",
            AccessClass::None => "none",
            AccessClass::NoPredicate => "no-predicate",
        };
        let Some(best) = access.indexes.first() else { return class.to_owned() };
        let keys: Vec<String> =
            best.keys.iter().filter_map(|k| key_text(&self.catalog, best.index, *k)).collect();
        format!("{class} {}({})", self.catalog.index_def(best.index).name, keys.join(", "))
    }
}

/// Indexes of `t` from what stands behind `ON t`, separated by `;`, named i0, i1, ...
fn indexes(list: &str) -> String {
    let create = |(i, on): (usize, &str)| {
        let on = on.trim();
        let (unique, on) = match on.strip_prefix("UNIQUE ") {
            Some(rest) => ("UNIQUE ", rest),
            None => ("", on),
        };
        format!("CREATE {unique}INDEX i{i} ON t {on};")
    };
    list.split(';').filter(|on| !on.trim().is_empty()).enumerate().map(create).collect()
}

/// Each row: indexes of `t`, a condition on it, what is expected.
#[track_caller]
fn check(rows: &[(&str, &str, &str)]) {
    let settings = PlannerSettings::default();
    let mut wrong = Vec::new();
    for (on, condition, expected) in rows {
        let found = read(&indexes(on), &format!("SELECT m FROM t WHERE {condition}"), &settings);
        let line = found.line("t");
        // A bare class stands for any index of it.
        let right =
            if expected.contains('(') { line == *expected } else { line.split(' ').next() == Some(expected) };
        if !right {
            wrong.push(format!("{on} | {condition}: expected {expected}, found {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each row: DDL, a statement, and for each alias what is expected (`t seek i0(n); w none`).
#[track_caller]
fn check_statements(rows: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (ddl, sql, expected) in rows {
        let found = read(ddl, sql, &PlannerSettings::default());
        for part in expected.split("; ") {
            let (alias, expected) = part.split_once(' ').unwrap_or((part, ""));
            let line = found.line(alias);
            if line != expected {
                wrong.push(format!("{sql}: of {alias} expected {expected}, found {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
