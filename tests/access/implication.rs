//! Partial indexes: what proves a predicate.

use super::{check, indexes, read};
use sqlmoat::prove::verdict::{MissReason, Missed};

#[test]
fn the_same_condition_in_any_spelling() {
    check(&[
        ("(id) WHERE status = 'done'", "id = 1 AND status = 'done'", "seek i0(id)"),
        ("(id) WHERE status = 'done'", "id = 1 AND 'done' = status", "seek"),
        ("(id) WHERE status = 'done'", "id = 1 AND NOT status <> 'done'", "seek"),
        ("(id) WHERE status = 'done'", "id = 1 AND status::varchar = 'done'", "seek"),
        ("(id) WHERE status = 'done'", "id = 1 AND lower(status) = 'done'", "none"),
        ("(id) WHERE status = 'done'", "id = 1 AND status LIKE 'done'", "none"),
        ("(id) WHERE status = 'done'", "id = 1 AND status = $1", "none"),
        ("(id) WHERE status = 'done'", "id = 1", "none"),
        ("(id) WHERE m > n", "id = 1 AND n < m", "seek"),
        ("(id) WHERE n % 2 = 0", "id = 1 AND n % 2 = 0", "seek"),
        ("(id) WHERE txt LIKE 'a%'", "id = 1 AND txt LIKE 'ab%'", "none"),
    ]);
}

#[test]
fn constants_of_one_family() {
    check(&[
        ("(id) WHERE n > 10", "id = 1 AND n > 20", "seek"),
        ("(id) WHERE n > 10", "id = 1 AND n >= 11", "seek"),
        ("(id) WHERE n > 10", "id = 1 AND n >= 10", "none"),
        ("(id) WHERE n > 10", "id = 1 AND n = 15", "seek"),
        ("(id) WHERE n > 10", "id = 1 AND n > 20::bigint", "seek"),
        ("(id) WHERE n > 10", "id = 1 AND n > 20.0", "none"),
        ("(id) WHERE n > 10", "id = 1 AND n > $1", "none"),
        ("(id) WHERE n > 10", "id = 1 AND n + 0 > 20", "none"),
        ("(id) WHERE n <> 5", "id = 1 AND n = 6", "seek"),
        ("(id) WHERE n <> 5", "id = 1 AND n > 5", "seek"),
        ("(id) WHERE n <> 5", "id = 1 AND n <> 6", "none"),
        ("(id) WHERE n <> 5", "id = 1 AND n IS DISTINCT FROM 5", "none"),
        ("(id) WHERE n = 5", "id = 1 AND n >= 5 AND n <= 5", "none"),
        ("(id) WHERE d >= '2024-01-01'", "id = 1 AND d > '2024-06-01'", "seek"),
        ("(id) WHERE d >= '2024-01-01'", "id = 1 AND d > '2023-06-01'", "none"),
        ("(id) WHERE e <> 'high'", "id = 1 AND e IN ('low', 'even')", "seek"),
        ("(id) WHERE e <= 'even'", "id = 1 AND e < 'even'", "seek"),
        ("(id) WHERE e <= 'even'", "id = 1 AND e <= 'high'", "none"),
    ]);
}

#[test]
fn lists_and_alternatives() {
    let hundred = (0..100).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    let opened = format!("(id) WHERE n IN ({hundred})");
    let closed = format!("(id) WHERE n IN ({hundred},100)");
    check(&[
        ("(id) WHERE status IN ('a', 'b')", "id = 1 AND status = 'a'", "seek"),
        ("(id) WHERE status IN ('a', 'b')", "id = 1 AND status IN ('b', 'a')", "seek"),
        ("(id) WHERE status IN ('a', 'b')", "id = 1 AND (status = 'b' OR status = 'a')", "seek"),
        ("(id) WHERE status IN ('a', 'b')", "id = 1 AND status IN ('a', 'c')", "none"),
        ("(id) WHERE status IN ('a', 'b')", "id = 1 AND status = ANY($1)", "none"),
        ("(id) WHERE status IN ('a', 'b')", "id = 1 AND status <> 'c'", "none"),
        ("(id) WHERE status <> 'a'", "id = 1 AND status NOT IN ('a', 'b')", "seek"),
        ("(id) WHERE status = 'a' OR n > 5", "id = 1 AND n > 7", "seek"),
        ("(id) WHERE n > 10", "id = 1 AND (n = 11 OR n = 12)", "seek"),
        ("(id) WHERE n > 10", "id = 1 AND (n = 11 OR m = 12)", "none"),
        (&opened, "id = 1 AND n = 3", "seek"),
        (&closed, "id = 1 AND n = 3", "none"),
    ]);
}

#[test]
fn a_strict_condition_proves_not_null() {
    check(&[
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n = $1", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n <> 5", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n = ANY($1)", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n <> ALL($1)", "none"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n NOT IN (1, 2)", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND abs(n) = 4", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n + m > 3", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND coalesce(n, 0) = 4", "none"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND n IS NOT DISTINCT FROM 4", "none"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND (n, m) > (1, 2)", "none"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND (n = 1 OR n = 2)", "seek"),
        ("(id) WHERE n IS NOT NULL", "id = 1 AND (n = 1 OR m = 2)", "none"),
        ("(id) WHERE m IS NOT NULL", "id = 1", "none"),
        ("(id) WHERE b IS NOT NULL", "id = 1 AND b", "seek"),
        ("(id) WHERE b IS NOT NULL", "id = 1 AND NOT b", "none"),
        ("(id) WHERE b IS NOT NULL", "id = 1 AND b IS TRUE", "none"),
        ("(id) WHERE j IS NOT NULL", "id = 1 AND j->>'k' = $1", "seek"),
        ("(id) WHERE txt IS NOT NULL", "id = 1 AND concat(txt, 'a') = 'x'", "none"),
        ("(id) WHERE n IS NULL", "id = 1 AND n IS NULL", "seek"),
        ("(id) WHERE n IS NULL", "id = 1", "none"),
    ]);
}

#[test]
fn booleans_prove_only_their_own_test() {
    check(&[
        ("(id) WHERE b", "id = 1 AND b = true", "seek"),
        ("(id) WHERE b", "id = 1 AND b <> false", "seek"),
        ("(id) WHERE b", "id = 1 AND b IS TRUE", "none"),
        ("(id) WHERE b", "id = 1 AND b = $1", "none"),
        ("(id) WHERE NOT b", "id = 1 AND b = false", "seek"),
        ("(id) WHERE NOT b", "id = 1 AND b IS FALSE", "none"),
        ("(id) WHERE b IS NOT TRUE", "id = 1 AND b IS NOT TRUE", "seek"),
        ("(id) WHERE b IS NOT TRUE", "id = 1 AND b IS NULL", "none"),
        ("(id) WHERE n IS NULL AND b", "id = 1 AND b AND n IS NULL", "seek"),
        ("(id) WHERE n IS NULL AND b", "id = 1 AND n IS NULL", "none"),
    ]);
}

#[test]
fn what_a_predicate_implies_is_no_condition() {
    check(&[
        ("(id) WHERE status = 'done'", "status = 'done'", "partial-only i0()"),
        ("(n, status) WHERE status = 'done'", "n = 1 AND status = 'done'", "seek i0(n)"),
        ("(id, n) WHERE status = 'done'", "n = 1 AND status = 'done'", "partial-only i0(n)"),
        ("(n) WHERE n > 10", "n > 20", "seek i0(n)"),
        ("(n) WHERE n > 10", "n > 10", "partial-only i0()"),
        ("USING hash (n) WHERE b", "b", "none"),
    ]);
    let sql = "UPDATE t SET m = 1 WHERE n = 1 AND status = 'done'";
    let found = read(&indexes("(n, status) WHERE status = 'done'"), sql, &Default::default());
    assert_eq!(found.line("t"), "seek i0(n, status)", "the target of a write keeps the condition");
}

#[test]
fn what_is_missing_is_said() {
    let missed = |condition: &str| -> Vec<(usize, bool)> {
        let ddl = indexes("(id) WHERE status = 'done' AND n IS NULL");
        let found = read(&ddl, &format!("SELECT m FROM t WHERE {condition}"), &Default::default());
        let reason = |m: &Missed| match &m.why {
            MissReason::Predicate { missing, custom_plan } => Some((missing.len(), *custom_plan)),
            _ => None,
        };
        found.of("t").missed.iter().filter_map(reason).collect()
    };
    assert_eq!(missed("id = $1"), [(2, false)]);
    assert_eq!(missed("id = $1 AND n IS NULL"), [(1, false)]);
    assert_eq!(missed("id = $1 AND n IS NULL AND status = $2"), [(1, true)]);
    assert_eq!(missed("txt = $1"), []);
}
