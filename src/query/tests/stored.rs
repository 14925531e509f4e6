//! Stored expressions, function bodies, spliced text and hostile input.

use std::sync::Arc;

use super::{SCHEMA, bind, catalog, dump::dump};
use crate::query::model::{ExprKind, GapKind, Source};
use crate::query::{Context, bind_in, bind_table_expr};
use crate::schema::types::parse as parse_type;
use crate::source::{FileId, Fragment, Hole, HoleKind, Span};
use crate::syntax::{Dialect, parse};

#[test]
fn stored_expressions_are_bound_to_their_table() {
    let catalog = catalog(
        "CREATE TABLE t (id int, gone int, name text CHECK (lower(name) <> ''));
         ALTER TABLE t DROP COLUMN gone;
         CREATE INDEX ix ON t (lower(name)) WHERE id > 0;",
    );
    let rel = catalog.find_relation(None, "t").unwrap();
    let index = catalog.indexes.iter().find(|i| i.name == "ix").unwrap();
    let bound = bind_table_expr(&catalog, rel, index.predicate.as_ref().unwrap());
    assert!(bound.problems.is_empty());
    assert!(matches!(bound.statement.occurrences[0].source, Source::Table(r) if r == rel));
    let crate::schema::catalog::KeyTerm::Expr(key) = &index.keys[0].term else { panic!() };
    let key = bind_table_expr(&catalog, rel, key);
    let ExprKind::Call(call) = &key.expr.kind else { panic!("{:?}", key.expr) };
    // Dropped columns keep their place.
    assert!(matches!(call.args[0].kind, ExprKind::Column { column: 2, .. }), "{:?}", call.args);
    assert_eq!((call.known, call.strict), (true, true));
    let check = bind_table_expr(&catalog, rel, &catalog.relation(rel).checks[0].expr);
    assert!(matches!(check.expr.kind, ExprKind::Compare { .. }));
}

#[test]
fn columns_go_before_variables() {
    let catalog = catalog(SCHEMA);
    let table = catalog.find_relation(None, "a");
    let context = Context {
        variables: [("p_ws", "uuid"), ("name", "text")].map(|(n, t)| (n.to_owned(), parse_type(t))).into(),
        rows: [("new".to_owned(), table), ("rec".to_owned(), None)].into(),
        function: Some("f".to_owned()),
        ..Context::default()
    };
    let cases = [
        ("SELECT id FROM a WHERE ws = p_ws", "SELECT a#0.id id FROM a a#0 WHERE a#0.ws = :p_ws"),
        ("SELECT id FROM a WHERE name = f.name", "SELECT a#0.id id FROM a a#0 WHERE a#0.name = :name"),
        ("SELECT id FROM b WHERE title = name", "SELECT b#0.id id FROM b b#0 WHERE b#0.title = :name"),
        (
            "SELECT id FROM b WHERE ws = new.ws AND n = rec.total",
            "SELECT b#0.id id FROM b b#0 WHERE (b#0.ws = new#1.ws AND b#0.n = rec#2.total)",
        ),
        (
            "INSERT INTO c SELECT new.*",
            "INSERT c c#0 (id, b_id, note) SELECT new#1.id id, new#1.ws ws, new#1.name name, new#1.n n, new#1.tags tags, new#1.data data",
        ),
    ];
    for (sql, expected) in cases {
        let fragment = Arc::new(Fragment::whole(FileId(1), sql.into()));
        let statements = parse(&fragment, Dialect::Postgres);
        let (statement, problems) = bind_in(&catalog, &context, &fragment, &statements[0]);
        assert!(problems.is_empty(), "{sql} {problems:?}");
        assert_eq!(dump(&catalog, &statement), expected);
    }
}

/// A fragment in which `{...}` marks spliced text.
fn spliced(text: &str) -> Arc<Fragment> {
    let mut sql = String::new();
    let mut holes = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        let (expression, tail) = tail.split_once('}').unwrap();
        sql.push_str(before);
        let start = sql.len() as u32;
        sql.push_str(&format!("sqlmoat_hole_{}", holes.len()));
        holes.push(Hole {
            span: Span::new(start, sql.len() as u32),
            expression: expression.to_owned(),
            kind: HoleKind::Clause,
            tenant: None,
            origin: None,
        });
        rest = tail;
    }
    sql.push_str(rest);
    Arc::new(Fragment { holes, ..Fragment::whole(FileId(1), sql.into()) })
}

#[test]
fn spliced_text_is_a_hole_wherever_it_stands() {
    let catalog = catalog(SCHEMA);
    let cases = [
        ("SELECT id FROM a WHERE {cond}", "SELECT a#0.id id FROM a a#0 WHERE hole<cond>"),
        (
            "SELECT id FROM a WHERE id = 1 AND {cond}",
            "SELECT a#0.id id FROM a a#0 WHERE (a#0.id = 1 AND hole<cond>)",
        ),
        ("SELECT {cols} FROM a", "SELECT hole<cols> * FROM a a#0"),
        ("SELECT a.{col} FROM a", "SELECT hole<col> * FROM a a#0"),
        ("SELECT x FROM {table}", "SELECT sqlmoat_hole_0#0.x x FROM unknown sqlmoat_hole_0 sqlmoat_hole_0#0"),
        ("SELECT id FROM a ORDER BY {by}", "SELECT a#0.id id FROM a a#0 ORDER BY hole<by>"),
        ("SELECT id FROM a LIMIT {n}", "SELECT a#0.id id FROM a a#0 LIMIT hole<n>"),
        ("SELECT id FROM a WHERE name = '{x}'", "SELECT a#0.id id FROM a a#0 WHERE a#0.name = hole<x>"),
        ("SELECT {f}(id) FROM a", "SELECT hole<f> * FROM a a#0"),
        ("UPDATE a SET {col} = 1 WHERE id = 2", "UPDATE a a#0 SET  = 1 WHERE a#0.id = 2"),
    ];
    for (text, expected) in cases {
        let fragment = spliced(text);
        let statements = parse(&fragment, Dialect::Postgres);
        let (statement, problems) = crate::query::bind(&catalog, &fragment, &statements[0]);
        assert!(problems.is_empty(), "{text}: {problems:?}");
        let model = dump(&catalog, &statement);
        assert_eq!(model.split("\ngap").next(), Some(expected));
        assert!(statement.gaps.iter().all(|g| g.kind == GapKind::Hole), "{text}: {:?}", statement.gaps);
        assert_eq!(statement.gaps.len(), 1, "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let catalog = catalog(SCHEMA);
    let sql = "SELECT 1 FROM a x JOIN (SELECT id FROM b) y ON (x.id = y.id AND now() > x.name::timestamptz) -- c\n WHERE x.n IN (1, 2)";
    let (statement, problems) = bind(&catalog, sql);
    assert!(problems.is_empty());
    let at = |span: Span| &sql[span.range()];
    let places: Vec<&str> = statement.occurrences.iter().map(|o| at(o.span)).collect();
    assert_eq!(places, ["a", "b", "("]);
    assert_eq!(statement.occurrences[0].alias_span.map(at), Some("x"));
    let crate::query::model::Body::Query(query) = &statement.body else { panic!() };
    let crate::query::model::SetExpr::Select(select) = &query.body else { panic!() };
    assert_eq!(at(select.span), "SELECT");
    assert_eq!(at(query.span), sql);
    assert_eq!(select.filter.as_ref().map(|f| at(f.span)), Some("x.n IN (1, 2)"));
    let crate::query::model::From::Join(join) = &select.from[0] else { panic!() };
    assert_eq!(at(join.span), "(x.id = y.id AND now() > x.name::timestamptz)");
    let condition = join.on.as_ref().unwrap();
    let parts: Vec<&str> = crate::query::walk::conjuncts(condition).iter().map(|e| at(e.span)).collect();
    assert_eq!(parts, ["x.id = y.id", "now() > x.name::timestamptz"]);
}

#[test]
fn hostile_input_stays_small_and_fast() {
    let catalog = catalog(SCHEMA);
    let begun = std::time::Instant::now();
    let list = |n: usize, item: &str, by: &str| vec![item; n].join(by);
    let texts = [
        format!("SELECT {} AS x FROM a ORDER BY {}", list(4000, "n", " + "), list(4000, "x", ", ")),
        format!("SELECT 1 FROM a WHERE {}", list(9000, "n = 1", " OR ")),
        format!("SELECT 1 FROM {}", list(3000, "a", ", ")),
        format!("SELECT 1 FROM a {}", list(300, "", " NATURAL FULL JOIN a")),
        format!(
            "SELECT * FROM a x0 {}",
            (1..300).map(|i| format!("FULL JOIN a x{i} USING (id) ")).collect::<String>()
        ),
        format!("SELECT {} FROM a", list(3000, "no_such_column", ", ")),
        list(2000, "SELECT id FROM a", " UNION ALL "),
        format!("SELECT 1{}", "::int".repeat(5000)),
        format!(
            "SELECT sum(n) OVER w, {} FROM a WINDOW w AS (PARTITION BY {})",
            list(2000, "sum(n) OVER w", ", "),
            list(2000, "n", ", ")
        ),
        format!(
            "WITH RECURSIVE {} SELECT 1",
            (0..300).map(|i| format!("c{i} AS (SELECT * FROM c{})", i + 1)).collect::<Vec<_>>().join(", ")
        ),
    ];
    let work = move || {
        for text in &texts {
            let (statement, _) = bind(&catalog, text);
            assert!(statement.occurrences.len() <= 3000);
        }
    };
    std::thread::Builder::new().stack_size(256 << 20).spawn(work).unwrap().join().unwrap();
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
