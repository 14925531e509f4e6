//! Joins, subqueries, views, WITH queries, writes, partitions: which condition reaches which table.

use sqlmoat::prove::access::{MAX_TABLES, is_too_large};
use sqlmoat::prove::settings::PlannerSettings;

use super::{check_statements, read};

const ON_N: &str = "CREATE INDEX i0 ON t (n);";

#[test]
fn join_clauses_are_conditions_on_the_inner_side() {
    check_statements(&[
        (ON_N, "SELECT 1 FROM w JOIN t ON t.n = w.n", "t seek i0(n); w none"),
        (ON_N, "SELECT 1 FROM w JOIN t ON t.n + w.n = 5", "t none"),
        (ON_N, "SELECT 1 FROM w JOIN t ON t.n BETWEEN w.n AND w.m", "t seek i0(n)"),
        (ON_N, "SELECT 1 FROM w, t WHERE t.n = w.id", "t seek i0(n); w seek w_pkey(id)"),
        (ON_N, "SELECT 1 FROM w LEFT JOIN t ON t.n = w.id", "t seek i0(n); w no-predicate"),
        (ON_N, "SELECT 1 FROM t LEFT JOIN w ON t.n = w.id", "t no-predicate; w seek w_pkey(id)"),
        (ON_N, "SELECT 1 FROM t RIGHT JOIN w ON t.n = w.id", "t seek i0(n); w no-predicate"),
        (ON_N, "SELECT 1 FROM t FULL JOIN w ON t.n = w.id", "t no-predicate; w no-predicate"),
        // A condition that NULLs do not meet makes the join an inner one.
        (ON_N, "SELECT 1 FROM t LEFT JOIN w ON t.n = w.id WHERE w.m > 1", "t seek i0(n); w seek w_pkey(id)"),
        (
            ON_N,
            "SELECT 1 FROM t LEFT JOIN w ON t.n = w.id WHERE w.m IS NULL",
            "t no-predicate; w seek w_pkey(id)",
        ),
        (ON_N, "SELECT 1 FROM w LEFT JOIN t ON t.m = w.m AND w.n = 1", "w no-predicate"),
        (
            "CREATE INDEX i0 ON t USING gin (arr);",
            "SELECT 1 FROM w JOIN t ON t.arr @> ARRAY[w.n]",
            "t seek i0(arr)",
        ),
        ("CREATE INDEX i0 ON t USING gin (arr);", "SELECT 1 FROM w JOIN t ON w.n = ANY(t.arr)", "t none"),
        (
            "CREATE INDEX i0 ON t (txt text_pattern_ops);",
            "SELECT 1 FROM w JOIN t ON t.txt LIKE w.x || '%'",
            "t none",
        ),
    ]);
}

#[test]
fn equalities_reach_along_their_chain() {
    check_statements(&[
        (ON_N, "SELECT 1 FROM w JOIN t ON t.n = w.id WHERE w.id = $1", "t seek i0(n); w seek w_pkey(id)"),
        (ON_N, "SELECT 1 FROM w LEFT JOIN t ON t.n = w.id WHERE w.id = $1", "t seek i0(n)"),
        (
            "CREATE INDEX i0 ON t (n) WHERE m IS NOT NULL;",
            "SELECT 1 FROM w JOIN t ON t.n = w.n AND t.m = w.m",
            "t seek i0(n)",
        ),
        ("CREATE INDEX i0 ON t (n) WHERE m IS NOT NULL;", "SELECT 1 FROM w JOIN t ON t.n = w.n", "t none"),
        (
            "CREATE TABLE a (k int, v int); CREATE TABLE z (k int, v int); CREATE INDEX a_k ON a (k);
             CREATE INDEX z_k ON z (k);",
            "SELECT 1 FROM a FULL JOIN z USING (k) WHERE k = $1",
            "a seek a_k(k); z seek z_k(k)",
        ),
    ]);
}

#[test]
fn exists_and_in_are_joins() {
    check_statements(&[
        (
            ON_N,
            "SELECT 1 FROM w WHERE EXISTS (SELECT 1 FROM t WHERE t.n = w.id)",
            "t seek i0(n); w seek w_pkey(id)",
        ),
        (ON_N, "SELECT 1 FROM w WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.n = w.id)", "t seek i0(n); w none"),
        (ON_N, "SELECT 1 FROM w WHERE EXISTS (SELECT 1 FROM t WHERE t.n > w.id)", "t seek i0(n); w none"),
        (ON_N, "SELECT 1 FROM w WHERE w.id IN (SELECT t.n FROM t)", "t seek i0(n); w seek w_pkey(id)"),
        (ON_N, "SELECT 1 FROM w WHERE w.id NOT IN (SELECT t.n FROM t)", "t no-predicate; w none"),
        (ON_N, "SELECT (SELECT count(*) FROM t WHERE t.n = w.id) FROM w", "t seek i0(n); w no-predicate"),
        (
            ON_N,
            "SELECT 1 FROM w WHERE w.m = 1 OR EXISTS (SELECT 1 FROM t WHERE t.n = w.id)",
            "t seek i0(n); w none",
        ),
    ]);
}

#[test]
fn lateral_items_take_outer_columns_as_values() {
    check_statements(&[
        (
            ON_N,
            "SELECT 1 FROM w CROSS JOIN LATERAL (SELECT t.m FROM t WHERE t.n = w.id ORDER BY t.m LIMIT 1) l",
            "t seek i0(n); w no-predicate",
        ),
        // Merged, it is a join like any other.
        (
            ON_N,
            "SELECT 1 FROM w CROSS JOIN LATERAL (SELECT t.m FROM t WHERE t.n = w.id) l",
            "t seek i0(n); w seek w_pkey(id)",
        ),
        (
            ON_N,
            "SELECT 1 FROM w LEFT JOIN LATERAL (SELECT t.m FROM t WHERE t.n = w.id) l ON true",
            "t seek i0(n); w no-predicate",
        ),
    ]);
}

#[test]
fn conditions_move_into_subqueries_where_that_is_safe() {
    let view = "CREATE INDEX i0 ON t (n); CREATE VIEW v AS SELECT n, count(*) AS k FROM t GROUP BY n;";
    check_statements(&[
        (ON_N, "SELECT 1 FROM (SELECT n, m FROM t) q WHERE q.n = $1", "t seek i0(n)"),
        (view, "SELECT k FROM v WHERE n = $1", "t seek i0(n)"),
        (view, "SELECT n FROM v WHERE k > $1", "t no-predicate"),
        (ON_N, "SELECT 1 FROM (SELECT n, m FROM t LIMIT 5) q WHERE q.n = $1", "t no-predicate"),
        (ON_N, "SELECT 1 FROM (SELECT DISTINCT n FROM t) q WHERE q.n = $1", "t seek i0(n)"),
        (ON_N, "SELECT 1 FROM (SELECT DISTINCT ON (m) m, n FROM t) q WHERE q.n = $1", "t no-predicate"),
        (ON_N, "SELECT 1 FROM (SELECT DISTINCT ON (n) m, n FROM t) q WHERE q.n = $1", "t seek i0(n)"),
        (
            ON_N,
            "SELECT 1 FROM (SELECT n, rank() OVER (PARTITION BY n ORDER BY m) r FROM t) q WHERE q.n = $1",
            "t seek i0(n)",
        ),
        (
            ON_N,
            "SELECT 1 FROM (SELECT n, rank() OVER (PARTITION BY m ORDER BY n) r FROM t) q WHERE q.n = $1",
            "t no-predicate",
        ),
        (ON_N, "SELECT n, count(*) FROM t GROUP BY n HAVING n = $1", "t seek i0(n)"),
        (ON_N, "SELECT n, count(*) FROM t GROUP BY n HAVING count(*) > $1", "t no-predicate"),
        (
            ON_N,
            "SELECT 1 FROM (SELECT n FROM t UNION SELECT n FROM w) q WHERE q.n = $1",
            "t seek i0(n); w none",
        ),
        (
            ON_N,
            "SELECT 1 FROM (SELECT n FROM t EXCEPT SELECT n FROM w) q WHERE q.n = $1",
            "t no-predicate; w no-predicate",
        ),
        (
            ON_N,
            "SELECT 1 FROM w JOIN (SELECT n FROM t UNION ALL SELECT id FROM t t2) q ON q.n = w.m",
            "t seek i0(n); t2 none",
        ),
    ]);
}

#[test]
fn with_queries_are_merged_or_fences() {
    check_statements(&[
        (ON_N, "WITH q AS (SELECT n, m FROM t) SELECT m FROM q WHERE n = $1", "t seek i0(n)"),
        (ON_N, "WITH q AS MATERIALIZED (SELECT n, m FROM t) SELECT m FROM q WHERE n = $1", "t no-predicate"),
        (ON_N, "WITH q AS (SELECT n, m FROM t) SELECT 1 FROM q a, q b WHERE a.n = 1 AND b.n = 2", "t no-predicate"),
        (
            ON_N,
            "WITH q AS NOT MATERIALIZED (SELECT n, m FROM t) SELECT 1 FROM q a, q b WHERE a.n = 1 AND b.n = 2",
            "t seek i0(n)",
        ),
        (
            ON_N,
            "WITH RECURSIVE q AS (SELECT n, m FROM t WHERE n = $1 UNION ALL SELECT w.id, w.m FROM w JOIN q ON w.id = q.m)
             SELECT * FROM q WHERE n = 5",
            "t seek i0(n); w seek w_pkey(id)",
        ),
    ]);
}

#[test]
fn writes_read_their_target() {
    let unique = "CREATE UNIQUE INDEX u0 ON t (n, m); CREATE UNIQUE INDEX u1 ON t (big) WHERE b;";
    check_statements(&[
        (ON_N, "UPDATE t SET m = 1 WHERE n = $1", "t seek i0(n)"),
        (ON_N, "UPDATE t SET m = w.m FROM w WHERE w.id = t.n", "t seek i0(n); w seek w_pkey(id)"),
        (ON_N, "DELETE FROM t USING w WHERE w.n = t.n", "t seek i0(n); w none"),
        (
            ON_N,
            "MERGE INTO t USING w ON t.n = w.id WHEN NOT MATCHED THEN INSERT (id, m) VALUES (1, 2)",
            "t seek i0(n); w no-predicate",
        ),
        (
            unique,
            "INSERT INTO t (id, n, m) VALUES (1, 2, 3) ON CONFLICT (m, n) DO UPDATE SET id = 4",
            "t seek u0(n, m)",
        ),
        (unique, "INSERT INTO t (id, n, m) VALUES (1, 2, 3) ON CONFLICT (n) DO NOTHING", "t none"),
        (
            unique,
            "INSERT INTO t (id, m) VALUES (1, 3) ON CONFLICT (big) WHERE b DO NOTHING",
            "t seek u1(big)",
        ),
        (unique, "INSERT INTO t (id, m) VALUES (1, 3) ON CONFLICT (big) DO NOTHING", "t none"),
    ]);
}

#[test]
fn partitions_and_children_have_indexes_of_their_own() {
    let partitioned = "CREATE TABLE p (k int, v int) PARTITION BY RANGE (k);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT;
        CREATE INDEX p_k ON p (k); CREATE INDEX p1_v ON p1 (v);";
    let every = format!("{partitioned} CREATE INDEX p2_v ON p2 (v);");
    let inherited = "CREATE TABLE base (k int, v int); CREATE TABLE child (x int) INHERITS (base);
        CREATE INDEX base_k ON base (k); CREATE INDEX base_v ON base (v); CREATE INDEX child_k ON child (k);";
    check_statements(&[
        (partitioned, "SELECT v FROM p WHERE k = $1", "p seek p_k(k)"),
        (partitioned, "SELECT k FROM p WHERE v = $1", "p none"),
        (partitioned, "SELECT k FROM p1 WHERE v = $1", "p1 seek p1_v(v)"),
        (&every, "SELECT k FROM p WHERE v = $1", "p seek p1_v(v)"),
        (inherited, "SELECT v FROM base WHERE k = $1", "base seek base_k(k)"),
        (inherited, "SELECT k FROM base WHERE v = $1", "base none"),
        (inherited, "SELECT k FROM ONLY base WHERE v = $1", "base seek base_v(v)"),
        (inherited, "SELECT v FROM base ORDER BY k LIMIT 5", "base order-only base_k()"),
        (inherited, "SELECT v FROM base ORDER BY v LIMIT 5", "base no-predicate"),
    ]);
}

#[test]
fn what_is_never_true_reads_nothing() {
    check_statements(&[
        (ON_N, "SELECT 1 FROM t WHERE n = $1 AND false", "t no-predicate"),
        (ON_N, "SELECT 1 FROM t WHERE n = $1 AND 1 = 0", "t no-predicate"),
        (ON_N, "SELECT 1 FROM t WHERE n = NULL", "t no-predicate"),
    ]);
}

#[test]
fn a_statement_of_thousands_of_relations_is_left_alone() {
    let joined = |n: usize| {
        let tables: Vec<String> = (0..n).map(|i| format!("w w{i}")).collect();
        let conditions: Vec<String> = (1..n).map(|i| format!("w{i}.n = w{}.id", i - 1)).collect();
        format!("SELECT w0.x FROM {} WHERE w0.id = $1 AND {}", tables.join(", "), conditions.join(" AND "))
    };
    // As many as are searched for indexes.
    let most = read("", &joined(MAX_TABLES), &PlannerSettings::default());
    assert!(!is_too_large(&most.statement));
    assert_eq!(most.access.len(), MAX_TABLES);
    let more = read("", &unions(3_000), &PlannerSettings::default());
    assert!(is_too_large(&more.statement));
    assert!(more.access.is_empty());
}

/// A list of subqueries, each of which names a relation.
fn unions(n: usize) -> String {
    let each: Vec<String> = (0..n).map(|i| format!("(SELECT x FROM w WHERE id = {i})")).collect();
    format!("SELECT {}", each.join(", "))
}

#[test]
fn of_two_constants_that_something_is_equal_to_the_first_counts() {
    let partial = "CREATE INDEX i0 ON t (m) WHERE n = 2;";
    check_statements(&[
        (ON_N, "SELECT 1 FROM t WHERE n = 1 AND n = 2 AND m = 3", "t seek i0(n)"),
        (partial, "SELECT 1 FROM t WHERE n = 1 AND n = 2 AND m = 3", "t none"),
        (partial, "SELECT 1 FROM t WHERE n = 2 AND n = 1 AND m = 3", "t seek i0(m)"),
        (partial, "SELECT 1 FROM t WHERE n = $1 AND n = 2 AND m = 3", "t seek i0(m)"),
    ]);
}
