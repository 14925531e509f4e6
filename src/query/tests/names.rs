//! Which table a name belongs to.

use super::{SCHEMA, catalog, check, check_problems};

#[test]
fn an_inner_scope_captures_a_name() {
    check(&[
        // `c` has no `a_id`, so the outer `b` has it.
        (
            "SELECT id FROM b WHERE id IN (SELECT a_id FROM c)",
            "SELECT b#0.id id FROM b b#0 WHERE b#0.id IN (SELECT b#0.a_id a_id FROM c c#1)",
        ),
        // `c` has a `b_id` of its own.
        (
            "SELECT id FROM b WHERE id IN (SELECT b_id FROM c)",
            "SELECT b#0.id id FROM b b#0 WHERE b#0.id IN (SELECT c#1.b_id b_id FROM c c#1)",
        ),
        // An alias is captured as well.
        (
            "SELECT id FROM a x WHERE EXISTS (SELECT 1 FROM b x WHERE x.id = 1)",
            "SELECT x#0.id id FROM a x#0 WHERE EXISTS (SELECT 1 ?column? FROM b x#1 WHERE x#1.id = 1)",
        ),
    ]);
}

#[test]
fn relations_that_hold_no_rows_of_tables() {
    let catalog = catalog("CREATE TABLE t (id serial); CREATE SEQUENCE s;");
    super::check_with(
        &catalog,
        &[
            (
                "SELECT s.last_value, x.is_called FROM s, t_id_seq x WHERE s.log_cnt = 1",
                "SELECT s#0.last_value last_value, x#1.is_called is_called FROM system s s#0, system t_id_seq x#1 WHERE s#0.log_cnt = 1",
            ),
            (
                "SELECT * FROM current_date",
                "SELECT current_date#0.current_date current_date FROM current_date() current_date#0 LATERAL(current_date::date)",
            ),
            (
                "SELECT relname FROM pg_class",
                "SELECT pg_class#0.relname relname FROM system pg_catalog.pg_class pg_class#0",
            ),
        ],
    );
}

#[test]
fn unknown_names_are_reported_at_their_token() {
    check_problems(
        &catalog(SCHEMA),
        &[
            ("SELECT nme FROM a", &[("nme", "`a` has no column `nme`; did you mean `name`?")]),
            (
                "SELECT nme FROM a, b",
                &[("nme", "no table in scope has a column `nme`; did you mean `name`?")],
            ),
            // Once for each name.
            ("SELECT nme FROM a WHERE nme > 1", &[("nme", "`a` has no column `nme`; did you mean `name`?")]),
            (
                "SELECT tablename FROM pg_stat_user_indexes",
                &[("tablename", "`pg_stat_user_indexes` has no column `tablename`; did you mean `relname`?")],
            ),
            ("SELECT a.nme FROM a", &[("nme", "`a` has no column `nme`; did you mean `name`?")]),
            (
                "SELECT id, n FROM a, b",
                &[
                    ("id", "`id` is ambiguous: `a` and `b` both have it; qualify it with the table's name"),
                    ("n", "`n` is ambiguous: `a` and `b` both have it; qualify it with the table's name"),
                ],
            ),
            ("SELECT 1 FROM aa", &[("aa", "no table `aa` in the schema; did you mean `a`?")]),
            ("SELECT x.id FROM a", &[("x", "no table `x` is in scope for `x.id`")]),
            // An alias hides the table's name.
            ("SELECT a.id FROM a x", &[("a", "no table `a` is in scope for `a.id`")]),
            ("SELECT x.id FROM a x", &[]),
        ],
    );
}
