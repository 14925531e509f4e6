//! Statements with what the pre-pass makes of them: the tree's text, and what was recorded.

use std::sync::Arc;

use crate::source::{FileId, Fragment};
use crate::syntax::{Body, Clauses, Command, Dialect, OddKind, Statement, parse};

fn read_in(text: &str, dialect: Dialect) -> (Arc<Fragment>, Statement) {
    let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
    let mut statements = parse(&fragment, dialect);
    assert_eq!(statements.len(), 1, "{text}");
    (fragment, statements.remove(0))
}

fn read(text: &str) -> Statement {
    read_in(text, Dialect::Postgres).1
}

/// The tree as text, without what was only rewritten.
fn tree(statement: &Statement) -> String {
    match &statement.body {
        Body::Parsed(tree) => tree.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Checks that a statement's tree reads as given.
#[track_caller]
fn becomes(text: &str, expected: &str) -> Clauses {
    let statement = read(text);
    assert_eq!(tree(&statement), expected, "{text}");
    statement.clauses
}

/// Checks that nothing of a statement is taken out or replaced.
#[track_caller]
fn stays(text: &str) {
    let statement = read(text);
    assert!(tree(&statement).eq_ignore_ascii_case(text), "{text}\n{}", tree(&statement));
    assert!(statement.clauses.removed.is_empty(), "{text}");
}

fn slices(text: &str, spans: impl IntoIterator<Item = crate::source::Span>) -> Vec<String> {
    spans.into_iter().map(|span| text[span.range()].to_owned()).collect()
}

#[test]
fn conflict_targets_beyond_columns_are_recorded() {
    let text = "INSERT INTO t (a) VALUES (1) ON CONFLICT (a, lower(b) COLLATE \"C\" text_pattern_ops) WHERE a > 0 DO NOTHING";
    let clauses = becomes(text, "INSERT INTO t (a) VALUES (1) ON CONFLICT(sqlmoat_conflict_0) DO NOTHING");
    let [target] = clauses.conflict_targets.as_slice() else { panic!() };
    assert_eq!(slices(text, [target.span]), ["ON CONFLICT"]);
    assert_eq!(
        target.elements.iter().map(|e| e.expr.to_string()).collect::<Vec<_>>(),
        ["a", "lower(b) COLLATE \"C\""]
    );
    let predicate = target.predicate.as_ref().unwrap();
    assert_eq!((predicate.expr.to_string().as_str(), &text[predicate.span.range()]), ("a > 0", "a > 0"));
    stays("INSERT INTO t (a) VALUES (1) ON CONFLICT(a, b) DO NOTHING");
    stays("INSERT INTO t (a) VALUES (1) ON CONFLICT ON CONSTRAINT k DO UPDATE SET a = excluded.a WHERE t.b");
}

#[test]
fn every_statement_of_a_with_keeps_its_own_conflict_target() {
    let clauses = becomes(
        "WITH x AS (INSERT INTO a VALUES (1) ON CONFLICT (b) WHERE c DO NOTHING RETURNING *) INSERT INTO d SELECT 1 ON CONFLICT (lower(e)) DO UPDATE SET f = 1",
        "WITH x AS (INSERT INTO a VALUES (1) ON CONFLICT(sqlmoat_conflict_0) DO NOTHING RETURNING *) INSERT INTO d SELECT 1 ON CONFLICT(sqlmoat_conflict_1) DO UPDATE SET f = 1",
    );
    assert_eq!(clauses.conflict_targets.len(), 2);
    assert!(
        clauses.conflict_targets[0].predicate.is_some() && clauses.conflict_targets[1].predicate.is_none()
    );
}

#[test]
fn on_conflict_behind_a_select_is_no_alias() {
    becomes("INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING", "INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING");
    becomes(
        "INSERT INTO t SELECT a offset_ FROM b ON CONFLICT DO NOTHING",
        "INSERT INTO t SELECT a AS offset_ FROM b ON CONFLICT DO NOTHING",
    );
}

#[test]
fn words_that_are_free_name_tables() {
    for text in [
        "SELECT set.a FROM t LEFT JOIN u set ON set.i = t.i",
        "SELECT view.a FROM t view, u WHERE view.a = 1",
        "UPDATE t SET a = 1",
        "UPDATE t u SET a = 1 WHERE u.b",
    ] {
        becomes(text, text);
    }
}

#[test]
fn clauses_that_change_no_rows_are_left_out() {
    for (text, expected) in [
        ("INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (1)", "INSERT INTO t (a) VALUES (1)"),
        ("SELECT a FROM t FOR NO KEY UPDATE", "SELECT a FROM t FOR UPDATE"),
        ("SELECT a FROM t FOR KEY SHARE OF t SKIP LOCKED", "SELECT a FROM t FOR SHARE OF t SKIP LOCKED"),
        ("SELECT a FROM t, u FOR UPDATE OF t, u NOWAIT", "SELECT a FROM t, u FOR UPDATE OF t NOWAIT"),
        ("SELECT a FROM t FOR UPDATE LIMIT 1", "SELECT a FROM t LIMIT 1 FOR UPDATE"),
        (
            "SELECT (SELECT a FROM t FOR UPDATE LIMIT 1) FROM u",
            "SELECT (SELECT a FROM t LIMIT 1 FOR UPDATE) FROM u",
        ),
        ("SELECT f(VARIADIC b) FROM t", "SELECT f(b) FROM t"),
        ("SELECT a FROM t GROUP BY DISTINCT a, b", "SELECT a FROM t GROUP BY a, b"),
        (
            "SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING EXCLUDE CURRENT ROW) FROM t",
            "SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING) FROM t",
        ),
        ("SELECT a ISNULL, b NOTNULL FROM t", "SELECT a IS NULL, b IS NOT NULL FROM t"),
        ("SELECT trim(BOTH FROM a)", "SELECT TRIM(BOTH a)"),
        ("SELECT json_object('a': 1 ABSENT ON NULL RETURNING jsonb)", "SELECT json_object('a' : 1)"),
        ("SELECT json_value(a, '$.b' PASSING c AS d DEFAULT 1 ON ERROR)", "SELECT json_value(a, '$.b', c)"),
        ("SELECT xmlelement(NAME x, a)", "SELECT xmlelement(a)"),
    ] {
        becomes(text, expected);
    }
    stays("SELECT a FROM t FOR UPDATE OF t");
    stays("SELECT a FROM t LIMIT 1 FOR UPDATE");
    stays("SELECT a AS variadic_, b AS only_ FROM t FETCH FIRST 1 ROWS ONLY");
}

#[test]
fn symmetric_between_is_recorded_where_it_stands() {
    let text = "SELECT 1 FROM t WHERE a BETWEEN SYMMETRIC 2 AND 1";
    let clauses = becomes(text, "SELECT 1 FROM t WHERE a BETWEEN 2 AND 1");
    assert_eq!(slices(text, clauses.removed.iter().map(|r| r.0)), ["SYMMETRIC"]);
}

#[test]
fn only_is_recorded_by_its_table() {
    let text = "SELECT 1 FROM ONLY a JOIN ONLY (s.b) ON true";
    let clauses = becomes(text, "SELECT 1 FROM a JOIN s.b ON true");
    assert_eq!(slices(text, clauses.only), ["a", "s.b"]);
    assert_eq!(becomes("UPDATE ONLY t AS x SET a = 1", "UPDATE t AS x SET a = 1").only.len(), 1);
    assert_eq!(becomes("DELETE FROM ONLY t", "DELETE FROM t").only.len(), 1);
    assert_eq!(becomes("CREATE INDEX i ON ONLY t (a)", "CREATE INDEX i ON t(a)").only.len(), 1);
    assert_eq!(
        becomes("SELECT a FROM t FETCH FIRST 1 ROW ONLY", "SELECT a FROM t FETCH FIRST 1 ROWS ONLY")
            .only
            .len(),
        0
    );
}

#[test]
fn rewritten_to_what_means_the_same() {
    for (text, expected) in [
        ("TABLE s.t", "SELECT * FROM s.t"),
        ("SELECT a FROM t UNION ALL TABLE u", "SELECT a FROM t UNION ALL SELECT * FROM u"),
        ("CREATE TABLE a AS TABLE b WITH NO DATA", "CREATE TABLE a AS SELECT * FROM b"),
        ("SELECT a AT TIME ZONE 'x', b AT LOCAL", "SELECT a AT TIME ZONE 'x', b AT TIME ZONE 'localtime'"),
        ("SELECT 1 WHERE a = inet '::1'", "SELECT 1 WHERE a = '::1'::inet"),
        ("SELECT pg_lsn '0/1'", "SELECT '0/1'::pg_lsn"),
        ("SELECT EXISTS (SELECT WHERE a)", "SELECT EXISTS (SELECT NULL WHERE a)"),
        ("SELECT * FROM f(1) AS (a INT, b TEXT)", "SELECT * FROM f(1) AS f (a INT, b TEXT)"),
        ("SELECT a FROM t WHERE p <@ ANY ($1)", "SELECT a FROM t WHERE p <@ sqlmoat_any($1)"),
        ("SELECT a FROM t WHERE p @> ALL (SELECT 1)", "SELECT a FROM t WHERE p @> sqlmoat_all((SELECT 1))"),
        (
            "SELECT * FROM ROWS FROM (f(a), g(b) AS (c INT)) AS x",
            "SELECT * FROM sqlmoat_rows_from(f(a), g(b)) AS x",
        ),
        (
            "CREATE RECURSIVE VIEW v (a) AS SELECT 1 UNION ALL SELECT a + 1 FROM v",
            "CREATE VIEW v AS WITH RECURSIVE v (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM v) SELECT a FROM v",
        ),
        ("EXPLAIN (ANALYZE, BUFFERS) SELECT 1", "EXPLAIN SELECT 1"),
        ("COPY t (a) FROM STDIN WITH (FORMAT csv)", "COPY t (a) FROM ''"),
        ("COPY (SELECT a FROM t) TO PROGRAM 'x'", "COPY (SELECT a FROM t) TO ''"),
        ("DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT 1", "DECLARE c CURSOR FOR SELECT 1"),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", "DROP INDEX IF EXISTS i"),
    ] {
        becomes(text, expected);
    }
    stays("SELECT a = ANY($1), b LIKE ANY ($2)");
    stays("SELECT date '2020-01-01', a AS text");
}

#[test]
fn what_a_star_expands_is_recorded() {
    let text = "SELECT (a).*, (f(b)).* FROM t";
    let clauses = becomes(text, "SELECT (a), (f(b)) FROM t");
    assert_eq!(slices(text, clauses.expanded), ["(a)", "(f(b))"]);
    stays("SELECT t.*, (a).b FROM t");
}

#[test]
fn parts_of_columns_are_assigned() {
    let text = "UPDATE t SET a[1] = 2, b = c[1], d.e = 3 WHERE f[1] = 2";
    let clauses = becomes(text, "UPDATE t SET a = 2, b = c[1], d.e = 3 WHERE f[1] = 2");
    assert_eq!(slices(text, clauses.partial_targets), ["a"]);
    let clauses =
        becomes("INSERT INTO t (a[1], b.c, d) VALUES (1, 2, 3)", "INSERT INTO t (a, b, d) VALUES (1, 2, 3)");
    assert_eq!(clauses.partial_targets.len(), 2);
}

#[test]
fn search_and_cycle_add_columns() {
    let text = "WITH RECURSIVE x AS (SELECT 1 AS a) SEARCH DEPTH FIRST BY a SET Ord CYCLE a SET cyc USING \"Path\" SELECT * FROM x";
    let clauses = becomes(text, "WITH RECURSIVE x AS (SELECT 1 AS a) SELECT * FROM x");
    let added: Vec<Vec<String>> = clauses.added_columns.into_iter().map(|a| a.columns).collect();
    assert_eq!(added, [vec!["ord".to_owned()], vec!["cyc".to_owned(), "Path".to_owned()]]);
}

#[test]
fn a_row_under_a_cursor_is_unknown() {
    let clauses = becomes("DELETE FROM t WHERE CURRENT OF c", "DELETE FROM t WHERE sqlmoat_hole_0");
    assert_eq!(clauses.holes[0].expression, "CURRENT OF c");
}

#[test]
fn placeholders_of_query_files() {
    becomes(
        "SELECT sqlc.embed(u), a FROM u WHERE b = sqlc.narg('c') AND d IN (sqlc.slice(e))",
        "SELECT u.*, a FROM u WHERE b = sqlc.narg('c') AND d IN (sqlc.slice(e))",
    );
    becomes(
        "SELECT 1 WHERE a = :b AND c = :d::int AND e > @f",
        "SELECT 1 WHERE a = :b AND c = :d::INT AND e > @f",
    );
    becomes("SELECT a ? 'b', c FROM t WHERE d = ?", "SELECT a ? 'b', c FROM t WHERE d = ?");
}

#[test]
fn template_marks_by_where_they_stand() {
    let name = |text: &str, expected: &str, written: &str| {
        let clauses = becomes(text, expected);
        assert_eq!(clauses.holes[0].expression, written, "{text}");
        assert!(clauses.holes[0].identifier.is_some(), "{text}");
    };
    name("SELECT a FROM ${schema}.t", "SELECT a FROM sqlmoat_hole_0.t", "${schema}");
    name("SELECT a FROM {{ t }} x", "SELECT a FROM sqlmoat_hole_0 x", "{{ t }}");
    name("SELECT a FROM ${prefix}users_{{ n }}", "SELECT a FROM sqlmoat_hole_0", "${prefix}users_{{ n }}");
    name("SELECT a FROM \"${schema}\".t", "SELECT a FROM sqlmoat_hole_0.t", "${schema}");
    name("SELECT a FROM :table WHERE b", "SELECT a FROM sqlmoat_hole_0 WHERE b", ":table");
    name(
        "SELECT a FROM t WHERE {{ filter }} AND b",
        "SELECT a FROM t WHERE sqlmoat_hole_0 AND b",
        "{{ filter }}",
    );
    name("SELECT {{ columns }} FROM t", "SELECT sqlmoat_hole_0 FROM t", "{{ columns }}");
    let clause = |text: &str, expected: &str| {
        let clauses = becomes(text, expected);
        assert!(clauses.holes[0].identifier.is_none(), "{text}");
    };
    clause("SELECT a FROM t {{ joins }} WHERE b", "SELECT a FROM t WHERE b");
    clause("SELECT a FROM t WHERE b = 1 {{ more }}", "SELECT a FROM t WHERE b = 1");
    clause("SELECT a FROM t WHERE {{ filters }} b = 1", "SELECT a FROM t WHERE b = 1");
    clause("{{ config(x='y') }} SELECT a FROM t", "SELECT a FROM t");
    for text in [
        "SELECT a FROM t WHERE b = ${x}",
        "SELECT a FROM t WHERE b IN ({{ x }}, 2)",
        "SELECT a FROM t LIMIT {n}",
    ] {
        let statement = read(text);
        assert!(statement.clauses.holes.is_empty(), "{text}");
        assert!(tree(&statement).contains(['$', '{']), "{text}");
    }
    assert!(
        becomes(
            "SELECT a IS DISTINCT FROM :b, extract(day FROM :c)",
            "SELECT a IS DISTINCT FROM :b, EXTRACT(DAY FROM :c)"
        )
        .holes
        .is_empty()
    );
}

#[test]
fn conditional_text_of_a_template_is_recorded() {
    let clauses =
        becomes("SELECT a FROM t WHERE b {% if c %} AND d {% endif %}", "SELECT a FROM t WHERE b AND d");
    let marks: Vec<&str> = clauses.holes.iter().map(|hole| hole.expression.as_str()).collect();
    assert_eq!(marks, ["{% if c %}", "{% endif %}"]);
}

#[test]
fn elements_that_postgresql_rejects_cost_only_themselves() {
    let text = "CREATE TABLE t (id INT PRIMARY KEY, key VARCHAR(10), INDEX (md5(q)), INDEX i (a, b DESC) USING GIN, UNIQUE KEY u (a), offset INT)";
    let clauses = becomes(text, "CREATE TABLE t (id INT PRIMARY KEY, key VARCHAR(10), offset INT)");
    let kinds: Vec<_> = clauses
        .odd_elements
        .iter()
        .map(|odd| (odd.kind, odd.name.as_ref().map(|n| n.value.as_str()), &text[odd.span.range()]))
        .collect();
    assert_eq!(
        kinds,
        [
            (OddKind::InlineIndex, None, "INDEX (md5(q))"),
            (OddKind::InlineIndex, Some("i"), "INDEX i (a, b DESC) USING GIN"),
            (OddKind::InlineIndex, Some("u"), "UNIQUE KEY u (a)"),
            (OddKind::ReservedWord, Some("offset"), "offset"),
        ]
    );
    stays("CREATE TABLE t (index INT, key TEXT NOT NULL, \"offset\" INT)");
}

#[test]
fn what_cannot_be_read_of_a_table_is_left_out_and_told() {
    let text = "CREATE TABLE t (a INT, b INT DEFAULT ( 3 3 ) NOT NULL, c d e f, g TEXT)";
    let clauses = becomes(text, "CREATE TABLE t (a INT, b INT NOT NULL, g TEXT)");
    let odd: Vec<_> = clauses.odd_elements.iter().map(|odd| (odd.kind, &text[odd.span.range()])).collect();
    assert_eq!(odd, [(OddKind::Unreadable, "DEFAULT ( 3 3 )"), (OddKind::Unreadable, "c d e f")]);
    assert!(matches!(read("CREATE TABLE t (c d e f)").body, Body::Unparsed { .. }));
    let (_, mysql) = read_in("CREATE TABLE t (a INT, INDEX i (a), c d e f)", Dialect::MySql);
    assert_eq!(tree(&mysql), "CREATE TABLE t (a INT, INDEX i (a))");
}

#[test]
fn elements_of_tables() {
    for (text, expected) in [
        (
            "CREATE TABLE t (a INT GENERATED BY DEFAULT AS IDENTITY (START 10 CACHE 5), b TEXT STORAGE MAIN COMPRESSION lz4)",
            "CREATE TABLE t (a INT GENERATED BY DEFAULT AS IDENTITY, b TEXT)",
        ),
        ("CREATE TABLE t (a INT) TABLESPACE x", "CREATE TABLE t (a INT)"),
        ("CREATE TABLE t (a INT) WITH (fillfactor = 70)", "CREATE TABLE t (a INT)"),
        (
            "CREATE TABLE t (a INT, UNIQUE (a) WITH (fillfactor = 70) USING INDEX TABLESPACE x)",
            "CREATE TABLE t (a INT, UNIQUE (a))",
        ),
        (
            "CREATE TABLE t (a TEXT) PARTITION BY RANGE (a COLLATE \"C\" text_ops)",
            "CREATE TABLE t (a TEXT) PARTITION BY RANGE(a)",
        ),
        (
            "CREATE TABLE p PARTITION OF t (PRIMARY KEY (a), b NOT NULL, c UNIQUE) FOR VALUES IN (1)",
            "CREATE TABLE p PARTITION OF t (PRIMARY KEY (a), UNIQUE (c)) FOR VALUES IN (1)",
        ),
    ] {
        becomes(text, expected);
    }
    let clauses =
        becomes("CREATE TABLE t (a INT, LIKE s.u INCLUDING ALL EXCLUDING INDEXES)", "CREATE TABLE t (a INT)");
    assert_eq!(
        (clauses.likes[0].source.to_string(), clauses.likes[0].including.clone()),
        ("s.u".to_owned(), vec!["ALL".to_owned()])
    );
    let clauses = becomes("CREATE TABLE t (a INT, CONSTRAINT n NOT NULL a)", "CREATE TABLE t (a INT)");
    assert_eq!(clauses.not_null[0].value, "a");
    let clauses = becomes(
        "CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES u ON DELETE SET NULL (b))",
        "CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES u ON DELETE SET NULL)",
    );
    assert_eq!(clauses.action_columns[0].columns[0].value, "b");
    assert_eq!(
        becomes("CREATE TABLE t (a INT UNIQUE NULLS NOT DISTINCT)", "CREATE TABLE t (a INT UNIQUE)")
            .nulls_not_distinct
            .len(),
        1
    );
    assert_eq!(
        becomes("CREATE TABLE t (a, b) AS SELECT 1, 2", "CREATE TABLE t AS SELECT 1, 2").column_names.len(),
        2
    );
    assert_eq!(becomes("CREATE TABLE t OF u", "CREATE TABLE t ()").of_type.unwrap().to_string(), "u");
}

#[test]
fn actions_of_alter_table() {
    let command = |text: &str| match read(text).body {
        Body::Command(command) => command,
        other => panic!("{text} {other:?}"),
    };
    assert!(matches!(
        command("ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)"),
        Command::AttachPartition { .. }
    ));
    assert!(matches!(
        command("ALTER TABLE t DETACH PARTITION p CONCURRENTLY"),
        Command::DetachPartition { .. }
    ));
    assert!(matches!(
        command("ALTER TABLE t DISABLE TRIGGER ALL"),
        Command::SwitchTriggers { on: false, .. }
    ));
    assert!(matches!(
        command("ALTER TABLE t ENABLE ALWAYS TRIGGER ALL"),
        Command::SwitchTriggers { on: true, .. }
    ));
    assert!(matches!(command("ALTER TABLE t NO INHERIT p"), Command::Inherit { ends: true, .. }));
    assert!(matches!(
        command("ALTER TABLE IF EXISTS t SET SCHEMA s"),
        Command::SetSchema { if_exists: true, .. }
    ));
    for text in [
        "ALTER TABLE t OWNER TO x",
        "ALTER TABLE t ALTER a SET STATISTICS 10, CLUSTER ON i",
        "ALTER TABLE t DISABLE TRIGGER USER",
    ] {
        assert!(matches!(read(text).body, Body::Recognised), "{text}");
    }
    let clauses = becomes(
        "ALTER TABLE ONLY t ALTER COLUMN a SET STORAGE MAIN, ADD b INT GENERATED ALWAYS AS IDENTITY (START 1), OWNER TO x, INHERIT u",
        "ALTER TABLE ONLY t ADD b INT GENERATED ALWAYS AS IDENTITY",
    );
    assert!(matches!(clauses.commands.as_slice(), [Command::Inherit { .. }]));
    assert_eq!(
        becomes("ALTER TABLE t ADD c INT, ADD CONSTRAINT n NOT NULL a", "ALTER TABLE t ADD c INT")
            .not_null
            .len(),
        1
    );
    becomes(
        "ALTER TABLE t ALTER a TYPE TEXT COLLATE \"C\" USING b::TEXT",
        "ALTER TABLE t ALTER COLUMN a TYPE TEXT USING b::TEXT",
    );
}

#[test]
fn routines() {
    becomes(
        "CREATE FUNCTION f(a t.c%TYPE) RETURNS SETOF INT LANGUAGE sql COST 5 ROWS 10 NOT LEAKPROOF SUPPORT s AS 'x'",
        "CREATE FUNCTION f(a t.c) RETURNS SETOF INT LANGUAGE sql AS 'x'",
    );
    let clauses = becomes(
        "CREATE PROCEDURE p(a OUT INT) LANGUAGE sql AS 'x'",
        "CREATE FUNCTION p(OUT a INT) LANGUAGE sql AS 'x'",
    );
    assert!(clauses.procedure);
    let text = "CREATE FUNCTION f() RETURNS INT BEGIN ATOMIC SELECT 1; SELECT 2; END";
    let clauses = becomes(text, "CREATE FUNCTION f() RETURNS INT AS ''");
    assert_eq!(slices(text, clauses.atomic_body), ["SELECT 1; SELECT 2;"]);
    becomes(
        "CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f('a', 1)",
        "CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    );
}

#[test]
fn views_domains_and_the_like() {
    assert!(
        becomes("CREATE VIEW v AS SELECT 1 WITH LOCAL CHECK OPTION", "CREATE VIEW v AS SELECT 1")
            .check_option
    );
    let clauses = becomes(
        "CREATE VIEW v WITH (security_barrier, security_invoker = on) AS SELECT 1",
        "CREATE VIEW v WITH (security_barrier = true, security_invoker = on) AS SELECT 1",
    );
    assert_eq!(clauses.security_invoker, Some(true));
    assert_eq!(
        read("CREATE VIEW v WITH (security_invoker = false) AS SELECT 1").clauses.security_invoker,
        Some(false)
    );
    assert_eq!(read("CREATE VIEW v AS SELECT 1").clauses.security_invoker, None);
    becomes(
        "CREATE MATERIALIZED VIEW v TABLESPACE x AS SELECT 1 WITH NO DATA",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
    );
    assert!(
        becomes(
            "CREATE DOMAIN d INT CONSTRAINT n NOT NULL CHECK (VALUE > 0)",
            "CREATE DOMAIN d AS INT CHECK (VALUE > 0)"
        )
        .domain_not_null
    );
    becomes(
        "CREATE INDEX i ON t USING gist (a gist_trgm_ops(siglen = 32)) TABLESPACE x WHERE b",
        "CREATE INDEX i ON t USING GIST (a gist_trgm_ops) WHERE b",
    );
    becomes(
        "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" SCHEMA x VERSION '1' CASCADE",
        "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"",
    );
}

#[test]
fn commands() {
    let command = |text: &str| match read(text).body {
        Body::Command(command) => format!("{command:?}"),
        other => panic!("{text} {other:?}"),
    };
    for (text, expected) in [
        (
            "DO LANGUAGE plpgsql $$ BEGIN END $$",
            "Do { language: \"plpgsql\", body: Span { start: 20, end: 35 } }",
        ),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "concurrently: true"),
        ("SET search_path TO a, \"B\", 'c'", "schemas: Some([\"a\", \"B\", \"c\"]), local: false"),
        ("ALTER DATABASE d SET search_path = a", "schemas: Some([\"a\"]), local: false"),
        ("SET LOCAL search_path = DEFAULT", "schemas: None, local: true"),
        ("CREATE SEQUENCE IF NOT EXISTS s OWNED BY t.c", "if_not_exists: true"),
        (
            "CREATE OR REPLACE RULE r AS ON UPDATE TO t WHERE (old.a > 0) DO INSTEAD NOTHING",
            "event: \"UPDATE\", instead: true",
        ),
        ("ALTER INDEX i ATTACH PARTITION j", "AttachIndex"),
        ("ALTER VIEW v RENAME COLUMN a TO b", "RenameColumn"),
        ("ALTER VIEW v SET (security_invoker = true)", "security_invoker: Some(true)"),
        ("ALTER VIEW v RESET (security_invoker)", "security_invoker: Some(false)"),
        ("ALTER MATERIALIZED VIEW v RENAME TO w", "Rename"),
        ("ALTER TRIGGER x ON t RENAME TO y", "table: Some("),
        (
            "ALTER FUNCTION f(int) IMMUTABLE SECURITY DEFINER SET search_path = x",
            "volatility: Some(\"IMMUTABLE\"), strict: None, security_definer: Some(true), search_path: Some(Schemas([\"x\"]))",
        ),
        ("ALTER TYPE t ADD ATTRIBUTE a int", "what: \"ADD ATTRIBUTE\""),
        ("DROP RULE IF EXISTS r ON t CASCADE", "if_exists: true, cascade: true"),
    ] {
        assert!(command(text).contains(expected), "{text}: {}", command(text));
    }
    stays("ALTER TYPE t ADD VALUE 'x'");
    stays("RESET search_path");
    becomes("ALTER ROLE x SET search_path TO a", "ALTER ROLE x SET search_path TO a");
    for text in [
        "ALTER SEQUENCE s OWNED BY t.c",
        "ALTER VIEW v OWNER TO x",
        "ALTER INDEX i SET TABLESPACE x",
        "PREPARE TRANSACTION 'x'",
    ] {
        assert!(matches!(read(text).body, Body::Recognised), "{text}");
    }
    for text in ["DO", "CREATE RULE r ON t", "SET search_path"] {
        assert!(matches!(read(text).body, Body::Unparsed { .. }), "{text}");
    }
}

#[test]
fn rare_clauses_of_queries() {
    for (text, expected) in [
        ("SELECT id FROM t JOIN u USING (id) AS x", "SELECT id FROM t JOIN u USING(id)"),
        ("SELECT id FROM (t JOIN u USING (id) AS x) AS y", "SELECT id FROM (t JOIN u USING(id)) AS y"),
        (
            "SELECT a FROM t GROUP BY GROUPING SETS (a, GROUPING SETS ((), GROUPING SETS (b, (a, b))))",
            "SELECT a FROM t GROUP BY GROUPING SETS ((a), (), (b), (a, b))",
        ),
        ("SELECT 1 FROM t WHERE x IS NOT DOCUMENT", "SELECT 1 FROM t WHERE x IS NOT JSON"),
        (
            "SELECT 1 FROM t WHERE a OPERATOR(pg_catalog.=) ANY (b)",
            "SELECT 1 FROM t WHERE a OPERATOR(pg_catalog.=) sqlmoat_any(b)",
        ),
        ("UPDATE t SET (a, b) = (1, 2), c[1] = 3", "UPDATE t SET (a, b) = (1, 2), c = 3"),
        (
            "SELECT 1 FROM t TABLESAMPLE SYSTEM (5) REPEATABLE (1 + 2)",
            "SELECT 1 FROM t TABLESAMPLE SYSTEM (5)",
        ),
    ] {
        becomes(text, expected);
    }
    // A join's alias that is used is not left out.
    assert!(read("SELECT x.id FROM t JOIN u USING (id) AS x").tree().is_none());
}
