//! Fixtures: DDL and a statement in, the bound model as text out.

mod dump;
mod names;
mod shapes;
mod stored;

use std::sync::Arc;

use crate::finding::Problem;
use crate::query::model::BoundStatement;
use crate::schema::Catalog;
use crate::source::{FileId, Fragment};
use crate::syntax::{Dialect, Statement, parse};

/// The schema that most fixtures use.
const SCHEMA: &str = "
CREATE TABLE a (id bigint PRIMARY KEY, ws uuid NOT NULL, name text, n integer, tags text[], data jsonb);
CREATE TABLE b (id bigint PRIMARY KEY, ws uuid NOT NULL, a_id bigint REFERENCES a, title text, n integer);
CREATE TABLE c (id bigint PRIMARY KEY, b_id bigint, note text);
CREATE SCHEMA other;
CREATE TABLE other.a (id bigint PRIMARY KEY, secret text);
";

fn catalog(ddl: &str) -> Catalog {
    let fragment = Arc::new(Fragment::whole(FileId(0), ddl.into()));
    let statements = parse(&fragment, Dialect::Postgres);
    let list: Vec<(Arc<Fragment>, &Statement)> = statements.iter().map(|s| (fragment.clone(), s)).collect();
    let (catalog, problems) = crate::schema::replay(Dialect::Postgres, &list);
    assert!(problems.is_empty(), "{problems:?}");
    catalog
}

/// Binds the one statement of a text.
fn bind(catalog: &Catalog, sql: &str) -> (BoundStatement, Vec<Problem>) {
    let fragment = Arc::new(Fragment::whole(FileId(1), sql.into()));
    let statements = parse(&fragment, Dialect::Postgres);
    let [statement] = statements.as_slice() else { panic!("{} statements in {sql}", statements.len()) };
    crate::query::bind(catalog, &fragment, statement)
}

/// Each statement of [`SCHEMA`] with the model that it becomes; none of them is a mistake.
#[track_caller]
fn check(cases: &[(&str, &str)]) {
    check_with(&catalog(SCHEMA), cases);
}

#[track_caller]
fn check_with(catalog: &Catalog, cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        let (statement, problems) = bind(catalog, sql);
        let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
        assert!(messages.is_empty(), "{sql}\n{messages:?}");
        assert_eq!(dump::dump(catalog, &statement), *expected, "\n{sql}");
    }
}

/// Each statement with the words that its problems are marked at, and their messages.
#[track_caller]
fn check_problems(catalog: &Catalog, cases: &[(&str, &[(&str, &str)])]) {
    for (sql, expected) in cases {
        let (_, problems) = bind(catalog, sql);
        let found: Vec<(&str, String)> = problems
            .iter()
            .map(|p| {
                let help = p.help.as_ref().map(|h| format!("; {h}")).unwrap_or_default();
                (sql.get(p.primary.span.range()).unwrap_or("?"), format!("{}{help}", p.message))
            })
            .collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(at, message)| (*at, message.as_str())).collect();
        assert_eq!(found, *expected, "\n{sql}");
    }
}
