//! Holds the binder against a live PostgreSQL: a statement becomes the body of a function or a view, and the server's
//! own dependencies say which columns of which tables its names stand for, what its output columns are called and which
//! types they have. What the server does not know, the binder must not know either.

#[path = "live_binding/generator.rs"]
mod generator;
#[expect(dead_code, reason = "the other live tests need more of it")]
#[path = "support/postgres.rs"]
mod server;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use server::{Session, SqlError};
use sqlmoat::query::model::{
    Assignment, Body, BoundStatement, CteBody, ExprKind, MergeAction, OccId, Source,
};
use sqlmoat::query::{bind, walk};
use sqlmoat::schema::Catalog;
use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{Dialect, Statement, parse};

/// Statements of the generator in one run; `SQLMOAT_BINDINGS` asks for more.
const STATEMENTS: u64 = 1500;

/// SQLSTATEs of names that are not there, not visible or not unique.
const BAD_NAMES: [&str; 4] = ["42P01", "42703", "42702", "42P09"];

/// Every statement of tests/binding binds as the server binds it.
#[test]
fn written_statements_bind_as_the_server_binds_them() {
    let Some(server) = server::server() else { return };
    let schema = std::fs::read_to_string("tests/binding/schema.sql").expect("tests/binding/schema.sql");
    let mut lab = Lab::new(server, &schema);
    let mut failures = Vec::new();
    let mut accepted = 0;
    for file in ["names.sql", "expressions.sql", "dml.sql"] {
        let path = Path::new("tests/binding").join(file);
        let text = std::fs::read_to_string(&path).expect(file);
        let fragment = Arc::new(Fragment::whole(FileId(1), text.into()));
        for statement in parse(&fragment, Dialect::Postgres) {
            accepted += usize::from(lab.judge(&fragment, &statement, &mut failures));
        }
    }
    assert!(failures.is_empty(), "{} differ:\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(accepted > 150, "only {accepted} statements were accepted");
}

/// So do random statements over tables whose names and columns collide.
#[test]
fn random_statements_bind_as_the_server_binds_them() {
    let Some(server) = server::server() else { return };
    let mut lab = Lab::new(server, generator::SCHEMA);
    let mut failures = Vec::new();
    let mut accepted = 0;
    let count = std::env::var("SQLMOAT_BINDINGS").ok().and_then(|n| n.parse().ok()).unwrap_or(STATEMENTS);
    let seed = std::env::var("SQLMOAT_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    for n in 0..count {
        let sql = generator::statement(seed * 1_000_003 + n);
        let fragment = Arc::new(Fragment::whole(FileId(1), sql.into()));
        let statements = parse(&fragment, Dialect::Postgres);
        let [statement] = statements.as_slice() else { panic!("{}", fragment.text) };
        accepted += u64::from(lab.judge(&fragment, statement, &mut failures));
        if failures.len() >= 20 {
            break;
        }
    }
    assert!(failures.is_empty(), "{} differ:\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(accepted * 6 > count, "the server accepted only {accepted} of {count}");
}

/// A database with a schema, and the catalog that is read from the same text.
struct Lab {
    session: Session,
    catalog: Catalog,
}

/// What the server says about a statement.
struct Truth {
    /// `schema.table.column` of every column that it depends on.
    columns: BTreeSet<String>,
    /// Output columns with their types, where the server tells them.
    output: Option<Vec<(String, String)>>,
}

impl Lab {
    fn new(server: &'static server::Server, schema: &str) -> Lab {
        let database = server.create_database().expect("a database");
        let mut session = server.connect(&database).expect("a connection");
        session.batch(schema).expect("the schema");
        let fragment = Arc::new(Fragment::whole(FileId(0), schema.into()));
        let statements = parse(&fragment, Dialect::Postgres);
        let list: Vec<(Arc<Fragment>, &Statement)> =
            statements.iter().map(|s| (fragment.clone(), s)).collect();
        let (catalog, problems) = sqlmoat::schema::replay(Dialect::Postgres, &list);
        assert!(problems.is_empty(), "{problems:?}");
        Lab { session, catalog }
    }

    /// Compares one statement; the answer is whether the server accepts it.
    fn judge(&mut self, fragment: &Arc<Fragment>, statement: &Statement, failures: &mut Vec<String>) -> bool {
        let sql = &fragment.text[statement.span.range()];
        let (bound, problems) = bind(&self.catalog, fragment, statement);
        let remarks: Vec<String> = problems
            .iter()
            .map(|p| p.message.clone())
            .chain(bound.gaps.iter().map(|g| format!("gap: {}", g.what)))
            .collect();
        let truth = self.truth(sql);
        let mut fail = |why: String| failures.push(format!("{sql}\n    {why}"));
        match truth {
            Err(error) if BAD_NAMES.contains(&error.state.as_str()) => {
                if remarks.is_empty() {
                    fail(format!("the server says {error}, the binder nothing"));
                }
                false
            }
            Err(error) => {
                // A statement that is wrong in another way says nothing about names, but it must be one that can be read.
                if error.state == "42601" {
                    fail(format!("the server says {error}"));
                }
                false
            }
            Ok(truth) => {
                if !remarks.is_empty() {
                    fail(format!("the server accepts it, the binder says {remarks:?}"));
                    return true;
                }
                let columns = self.columns(&bound);
                let mut ours: Vec<_> = columns.difference(&truth.columns).collect();
                let mut theirs: Vec<_> = truth.columns.difference(&columns).collect();
                // The server counts every column of EXCLUDED and of a row that a function returns, and none that a
                // MERGE assigns.
                if sql.contains("ON CONFLICT") || sql.contains("a_of(") {
                    theirs.clear();
                }
                if matches!(bound.body, Body::Merge(_)) {
                    ours.clear();
                }
                if !ours.is_empty() || !theirs.is_empty() {
                    fail(format!("only the binder: {ours:?}, only the server: {theirs:?}"));
                }
                if let (Some(theirs), Body::Query(query)) = (&truth.output, &bound.body) {
                    let ours: Vec<(String, String)> =
                        query.columns.iter().map(|c| (c.name.clone(), untyped(&c.ty))).collect();
                    let same = ours.len() == theirs.len()
                        && std::iter::zip(&ours, theirs).all(|(a, b)| {
                            a.0 == b.0 && (a.1 == "unknown" || a.1 == b.1 || alike(&a.1, &b.1))
                        });
                    if !same {
                        fail(format!("output of the binder {ours:?}, of the server {theirs:?}"));
                    }
                }
                true
            }
        }
    }

    fn truth(&mut self, sql: &str) -> Result<Truth, SqlError> {
        // Parsing is all that happens: the function is never run.
        let function = format!(
            "BEGIN; CREATE FUNCTION q(bigint, text, uuid) RETURNS void LANGUAGE sql BEGIN ATOMIC {sql}; END; {}; ROLLBACK",
            depended("d.classid = 'pg_proc'::regclass AND d.objid = 'q'::regproc")
        );
        let columns = self.ask(&function)?;
        let columns = columns.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        // Names and types: of a view, where it can be one.
        let view = format!(
            "BEGIN; CREATE VIEW q AS {sql}; SELECT attname, format_type(atttypid, NULL) FROM pg_attribute \
             WHERE attrelid = 'q'::regclass ORDER BY attnum; ROLLBACK"
        );
        let output = self.ask(&view).ok().map(|rows| {
            let text = |v: Option<&Option<String>>| v.cloned().flatten().unwrap_or_default();
            rows.iter().map(|row| (text(row.first()), text(row.get(1)))).collect()
        });
        Ok(Truth { columns, output })
    }

    /// The rows of the last query of a batch that ends in ROLLBACK.
    fn ask(&mut self, batch: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        match self.session.ask(batch) {
            Ok(answers) => Ok(answers.into_iter().rev().nth(1).unwrap_or_default().rows),
            Err(error) => {
                self.session.batch("ROLLBACK")?;
                Err(error)
            }
        }
    }

    /// Every column of a table that the bound statement refers to.
    fn columns(&self, bound: &BoundStatement) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut add = |occ: OccId, column: u32| {
            if let Source::Table(rel) = bound.occurrence(occ).source {
                let relation = self.catalog.relation(rel);
                found.insert(format!(
                    "{}.{}.{}",
                    relation.name.schema,
                    relation.name.name,
                    relation.column(column).name
                ));
            }
        };
        walk::walk_exprs(bound, |e| {
            if let ExprKind::Column { occ, column } = e.kind {
                add(occ, column);
            }
        });
        let bodies =
            std::iter::once(&bound.body).chain(bound.ctes.iter().filter_map(|cte| match &cte.body {
                CteBody::Modify(body) => Some(&**body),
                CteBody::Query(_) => None,
            }));
        for body in bodies {
            assigned(body, &mut add);
        }
        found
    }
}

/// The columns that a statement assigns.
fn assigned(body: &Body, add: &mut dyn FnMut(OccId, u32)) {
    let mut set = |target: OccId, list: &[Assignment]| {
        list.iter().flat_map(|a| &a.columns).for_each(|column| add(target, *column));
    };
    match body {
        Body::Insert(insert) => {
            if let Some(update) = insert.on_conflict.as_ref().and_then(|c| c.update.as_ref()) {
                set(insert.target, &update.set);
            }
            insert.columns.iter().for_each(|column| add(insert.target, *column));
        }
        Body::Update(update) => set(update.target, &update.set),
        Body::Merge(merge) => {
            for arm in &merge.arms {
                match &arm.action {
                    MergeAction::Update(list) => set(merge.target, list),
                    MergeAction::Insert { .. } | MergeAction::Delete | MergeAction::Nothing => {}
                }
            }
            for arm in &merge.arms {
                if let MergeAction::Insert { columns, .. } = &arm.action {
                    columns.iter().for_each(|column| add(merge.target, *column));
                }
            }
        }
        _ => {}
    }
}

/// The columns that an object depends on; views count as tables of their own, as the server sees them.
fn depended(object: &str) -> String {
    format!(
        "SELECT DISTINCT n.nspname || '.' || c.relname || '.' || a.attname FROM pg_depend d \
         JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid \
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND c.relkind <> 'c' \
         AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND {object}"
    )
}

/// Types that the catalog does not tell apart.
fn alike(ours: &str, theirs: &str) -> bool {
    ours == "oid" && theirs.starts_with("reg") || theirs.starts_with("information_schema.")
}

/// A type without its modifiers, as `format_type` writes it.
fn untyped(ty: &sqlmoat::schema::types::Type) -> String {
    let name = match ty.base.sql_name() {
        "varchar" => "character varying",
        "char" => "character",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "timetz" => "time with time zone",
        "time" => "time without time zone",
        other => other,
    };
    let mut text = name.to_owned();
    if ty.array {
        let _ = write!(text, "[]");
    }
    text
}
