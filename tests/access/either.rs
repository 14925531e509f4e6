//! OR: every arm needs an index.

use super::{check, check_statements};

#[test]
fn every_arm_is_served_or_none_is() {
    check(&[
        ("(n)", "n = 1 OR n = 2", "seek i0(n)"),
        ("(n)", "n = 1 OR n IS NULL", "seek i0(n)"),
        ("(n)", "n = 1 OR m = 2", "none"),
        ("(n); (m)", "n = 1 OR m = 2", "seek"),
        ("(n); (m)", "n = 1 OR m = 2 OR id = 3", "none"),
        ("(n); (m)", "(n = 1 AND id = 2) OR m = 3", "seek"),
        ("(n); (txt text_pattern_ops)", "n = 1 OR txt LIKE 'a%'", "seek"),
        ("(n)", "n = 1 OR false", "seek i0(n)"),
        ("(n)", "$1 OR n = 2", "none"),
        ("(n)", "NOT (n <> 1 AND n <> 2)", "seek i0(n)"),
        ("(n); (m)", "(n = 1 OR m = 2) AND n < 7", "seek i0(n)"),
        ("(n); (m)", "id = 1 AND ((m = 2 AND (n = 3 OR n = 4)) OR m = 5)", "seek"),
        ("(n); (m)", "(id = 1 AND (n = 2 OR m = 3)) OR n = 4", "seek"),
        ("(n); (m)", "(id = 1 AND (n = 2 OR u IS NULL)) OR n = 4", "none"),
    ]);
}

#[test]
fn what_all_arms_share_stands_beside_the_or() {
    check(&[
        ("(n)", "(n = 1 AND m = 2) OR (n = 1 AND m = 3)", "seek i0(n)"),
        ("(n, m)", "(n = 1 AND m = 2) OR (n = 1 AND m = 3)", "seek i0(n, m)"),
        ("(n, m)", "n = 1 AND (m > 2 OR (m = 2 AND id > 3))", "seek i0(n, m)"),
        // An arm that reads as much as the rest of the condition does leaves the OR to filter.
        ("(n, m)", "n = 1 AND (m = 2 OR n = 3)", "seek i0(n)"),
    ]);
}

#[test]
fn an_arm_may_prove_a_partial_index() {
    check(&[
        ("(n); (m) WHERE status = 'done'", "n = 1 OR (m = 2 AND status = 'done')", "seek"),
        ("(n); (m) WHERE status = 'done'", "n = 1 OR status = 'done'", "seek"),
        ("(n); (m) WHERE status = 'done'", "n = 1 OR m = 2", "none"),
        // What the predicate implies is still a condition of each search.
        ("(n, m) WHERE n IS NOT NULL", "n IS NOT NULL AND (m = 1 OR m = 2)", "seek i0(n, m)"),
        ("(n, m) WHERE n IS NOT NULL", "n IS NOT NULL AND m = 1", "partial-only i0(m)"),
        // So may the arm around the OR that it stands in.
        ("(n); (m) WHERE status = 'done'", "n = 1 OR (status = 'done' AND (n = 2 OR m = 3))", "seek"),
        // An index that the arm's other conditions would only filter in is not preferred to the OR in it.
        (
            "(n); (m, id) WHERE status = 'done'",
            "n = 1 OR (id > 7 AND status = 'done' AND (n = 2 OR m = 3))",
            "seek",
        ),
        ("(n); (m) WHERE status = 'done'", "n = 1 OR (status = 'open' AND (n = 2 OR m = 3))", "none"),
    ]);
}

#[test]
fn an_or_over_two_tables_gives_each_its_part() {
    let index = "CREATE INDEX i0 ON t (n);";
    check_statements(&[
        (
            index,
            "SELECT t.m FROM t JOIN w ON true WHERE (t.n = 1 AND w.n = 2) OR (t.n = 3 AND w.n = 4)",
            "t seek i0(n); w none",
        ),
        (index, "SELECT t.m FROM t JOIN w ON t.n = w.n OR t.n = w.m", "t seek i0(n)"),
        (index, "SELECT t.m FROM t JOIN w ON t.n = w.n OR w.m = 1", "t none"),
    ]);
}
