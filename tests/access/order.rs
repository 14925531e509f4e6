//! ORDER BY, min and max, nearest neighbours.

use super::{indexes, read};
use sqlmoat::prove::settings::PlannerSettings;

/// Each row: indexes of `t`, what follows `FROM t`, whether a sort is needed.
#[track_caller]
fn check_sorts(rows: &[(&str, &str, bool)]) {
    let mut wrong = Vec::new();
    for (on, tail, expected) in rows {
        let found = read(&indexes(on), &format!("SELECT id FROM t {tail}"), &PlannerSettings::default());
        let sort = found.of("t").sort_needed;
        if sort != Some(*expected) {
            wrong.push(format!("{on} | {tail}: expected {expected}, found {sort:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn keys_deliver_their_order_either_way_round() {
    check_sorts(&[
        ("(n, m)", "ORDER BY n, m LIMIT 5", false),
        ("(n, m)", "ORDER BY n DESC, m DESC LIMIT 5", false),
        ("(n, m)", "ORDER BY n, m DESC LIMIT 5", true),
        ("(n, m DESC)", "ORDER BY n DESC, m LIMIT 5", false),
        ("(n, m)", "ORDER BY m LIMIT 5", true),
        ("(n)", "ORDER BY n NULLS FIRST LIMIT 5", true),
        ("(n DESC NULLS LAST)", "ORDER BY n NULLS FIRST LIMIT 5", false),
        ("(n DESC NULLS LAST)", "ORDER BY n DESC LIMIT 5", true),
        ("(n) INCLUDE (m)", "WHERE n = $1 ORDER BY m LIMIT 5", true),
        ("(lower(txt))", "ORDER BY lower(txt) LIMIT 5", false),
        ("(txt text_pattern_ops)", "ORDER BY txt LIMIT 5", true),
        ("(c)", "ORDER BY c LIMIT 5", false),
        ("(c)", "ORDER BY c COLLATE \"en-x-icu\" LIMIT 5", true),
        ("USING brin (n)", "WHERE n > $1 ORDER BY n LIMIT 5", true),
    ]);
}

#[test]
fn constant_keys_are_passed_over() {
    check_sorts(&[
        ("(n, m)", "WHERE n = $1 ORDER BY m DESC LIMIT 5", false),
        ("(n, m)", "WHERE n IS NULL ORDER BY m LIMIT 5", true),
        ("(n, m)", "WHERE n = ANY($1) ORDER BY n, m LIMIT 5", false),
        ("(n, m)", "WHERE n = ANY($1) ORDER BY m LIMIT 5", true),
        ("(n, m)", "WHERE n IN (5) ORDER BY m LIMIT 5", false),
        ("(n, m, id)", "WHERE n = $1 ORDER BY id LIMIT 5", true),
        ("(b, m)", "WHERE b ORDER BY m LIMIT 5", false),
        ("(b, m)", "WHERE NOT b ORDER BY m LIMIT 5", false),
        ("(status, m) WHERE status = 'done'", "WHERE status = 'done' ORDER BY m LIMIT 5", false),
        ("(n, m, id)", "WHERE n = $1 AND (m, id) > ($2, $3) ORDER BY m, id LIMIT 5", false),
        ("", "WHERE n = $1 ORDER BY n LIMIT 5", false),
        ("(n, m)", "WHERE n = 1 OR n = 2 ORDER BY n LIMIT 5", true),
        ("(txt, m)", "WHERE txt COLLATE \"C\" = $1 ORDER BY m LIMIT 5", true),
    ]);
}

#[test]
fn an_index_may_serve_for_its_order_alone() {
    let class = |on: &str, sql: &str| read(&indexes(on), sql, &PlannerSettings::default()).line("t");
    assert_eq!(class("(n)", "SELECT id FROM t ORDER BY n LIMIT 5"), "order-only i0()");
    assert_eq!(class("(n)", "SELECT id FROM t WHERE m = $1 ORDER BY n LIMIT 5"), "order-only i0()");
    assert_eq!(class("(n)", "SELECT id FROM t WHERE n = $1 ORDER BY m LIMIT 5"), "seek i0(n)");
    assert_eq!(class("(n)", "SELECT max(n) FROM t"), "order-only i0()");
    assert_eq!(class("(n)", "SELECT max(n), sum(m) FROM t"), "no-predicate");
    assert_eq!(class("(n)", "SELECT max(m) FROM t"), "no-predicate");
    let trigram = "USING gist (txt gist_trgm_ops)";
    assert_eq!(class(trigram, "SELECT id FROM t ORDER BY txt <-> $1 LIMIT 5"), "order-only i0()");
    assert_eq!(class(trigram, "SELECT id FROM t ORDER BY txt <-> $1 DESC LIMIT 5"), "no-predicate");
}

#[test]
fn vectors_are_ordered_by_the_distance_of_their_class() {
    let class = |opclass: &str, tail: &str| {
        let ddl = format!(
            "CREATE TABLE doc (id int, v vector(3));
             CREATE INDEX doc_v ON doc USING hnsw (v {opclass});"
        );
        read(&ddl, &format!("SELECT id FROM doc {tail}"), &PlannerSettings::default()).line("doc")
    };
    assert_eq!(class("vector_cosine_ops", "ORDER BY v <=> $1 LIMIT 5"), "order-only doc_v()");
    assert_eq!(class("vector_cosine_ops", "ORDER BY v <-> $1 LIMIT 5"), "no-predicate");
    assert_eq!(class("vector_l2_ops", "ORDER BY v <-> $1 LIMIT 5"), "order-only doc_v()");
    assert_eq!(class("vector_l2_ops", "ORDER BY v <-> $1"), "no-predicate");
    assert_eq!(class("vector_l2_ops", "WHERE v <-> $1 < 0.5"), "none");
}
