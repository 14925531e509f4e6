//! One conjunct against one key: shapes, values, types, collations, access methods, rows.

use super::check;

#[test]
fn shapes_that_an_index_takes() {
    check(&[
        ("(n)", "n = $1", "seek i0(n)"),
        ("(n)", "$1 = n", "seek i0(n)"),
        ("(n)", "$1 < n", "seek i0(n)"),
        ("(n)", "n <> $1", "none"),
        ("(n)", "NOT (n <> $1)", "seek i0(n)"),
        ("(n)", "NOT (n > 5)", "seek i0(n)"),
        ("(n)", "n BETWEEN $1 AND $2", "seek i0(n)"),
        ("(n)", "n NOT BETWEEN $1 AND $2", "seek i0(n)"),
        ("(n)", "n BETWEEN SYMMETRIC $1 AND $2", "seek i0(n)"),
        ("(n)", "n IS NULL", "seek i0(n)"),
        ("(n)", "n IS NOT NULL", "seek i0(n)"),
        ("(n)", "n = n", "seek i0(n)"),
        ("(n)", "n IS NOT DISTINCT FROM $1", "none"),
        ("(n)", "n IS NOT DISTINCT FROM NULL", "seek i0(n)"),
        ("(n)", "(n = $1) IS TRUE", "none"),
        ("(n)", "n = ANY($1)", "seek i0(n)"),
        ("(n)", "n > ANY($1)", "seek i0(n)"),
        ("(n)", "n = ALL($1)", "none"),
        ("(n)", "n NOT IN (1, 2)", "none"),
        ("(n)", "n IN ($1, NULL)", "seek i0(n)"),
        ("(txt)", "txt IN ($1, $2)", "seek i0(txt)"),
        ("(txt)", "txt COLLATE \"C\" IN ($1, $2)", "none"),
        ("(c)", "c = ANY (ARRAY[$1, $2])", "seek i0(c)"),
        ("(n)", "n IN (1, m)", "none"),
        ("(n)", "CASE WHEN $1 THEN n = 1 ELSE n = 2 END", "none"),
        ("(n)", "true", "no-predicate"),
    ]);
}

#[test]
fn values_do_not_depend_on_the_row() {
    check(&[
        ("(n)", "n = m", "none"),
        ("(n)", "n = coalesce($1, n)", "none"),
        ("(n)", "n + 0 = $1", "none"),
        ("(n)", "n = $1 - 1", "seek i0(n)"),
        ("(n)", "n = (SELECT max(n) FROM w)", "seek i0(n)"),
        ("(n)", "n = (SELECT w.n FROM w WHERE w.id = t.m)", "none"),
        ("(tz)", "tz > now() - interval '1 day'", "seek i0(tz)"),
        ("(tz)", "tz > clock_timestamp()", "none"),
        ("(f)", "f > random()", "none"),
        ("(n)", "($1 IS NULL OR n = $1)", "none"),
    ]);
}

#[test]
fn a_cast_that_lands_on_the_column_loses_the_index() {
    check(&[
        ("(n)", "n = $1::bigint", "seek"),
        ("(n)", "n = $1::numeric", "none"),
        ("(n)", "n = 1.0", "none"),
        ("(n)", "n IN (1.5, 2)", "none"),
        ("(n)", "n IN (5000000000, 2)", "seek"),
        ("(n)", "n::int = $1", "seek"),
        ("(n)", "n::bigint = $1", "none"),
        ("(num)", "num = $1::int", "seek"),
        ("(num)", "num = $1::float8", "none"),
        ("(f)", "f > $1::numeric", "seek"),
        ("(vc)", "vc::text = $1", "seek"),
        ("(vc)", "vc = $1::text", "seek"),
        ("(txt)", "txt::varchar = $1", "seek"),
        ("(txt)", "txt::varchar(10) = $1", "none"),
        ("(ch)", "ch = $1::text", "none"),
        ("(ch)", "ch = $1::varchar", "seek"),
        ("(ch)", "ch = 'abc'", "seek"),
        ("(ci)", "ci = 'x'", "seek"),
        ("(ci)", "ci = $1::text", "none"),
        ("(u)", "u = $1::uuid", "seek"),
        ("(u)", "u::text = $1", "none"),
        ("(e)", "e = 'low'", "seek"),
        ("(e)", "e::text = $1", "none"),
        ("(d)", "d = $1::timestamptz", "seek"),
        ("(tz)", "tz >= $1::date", "seek"),
        ("(ts)", "ts::date = $1", "none"),
    ]);
}

#[test]
fn the_comparison_has_the_collation_of_the_key() {
    check(&[
        ("(c)", "c = $1", "seek"),
        ("(c)", "c = $1 COLLATE \"en-x-icu\"", "none"),
        ("(txt COLLATE \"C\")", "txt = $1", "none"),
        ("(txt COLLATE \"C\")", "txt COLLATE \"C\" = $1", "seek"),
        ("(txt COLLATE \"C\")", "txt = $1 COLLATE \"C\"", "seek"),
        ("(txt)", "txt COLLATE \"C\" > $1", "none"),
        // `current_user` is a name, and names compare by bytes.
        ("(txt)", "txt = current_user", "none"),
    ]);
}

#[test]
fn access_methods_know_their_own_operators() {
    check(&[
        ("USING hash (n)", "n = $1", "seek"),
        ("USING hash (n)", "n > $1", "none"),
        ("USING hash (n)", "n IS NULL", "none"),
        ("USING hash (n)", "n IN (1, 2)", "seek"),
        ("USING gin (j)", "j @> $1", "seek"),
        ("USING gin (j)", "j ? $1", "seek"),
        ("USING gin (j)", "j <@ $1", "none"),
        ("USING gin (j)", "j->>'k' = $1", "none"),
        ("USING gin (j)", "j IS NULL", "none"),
        ("USING gin (j jsonb_path_ops)", "j @> $1", "seek"),
        ("USING gin (j jsonb_path_ops)", "j ? $1", "none"),
        ("USING gin ((j->'k'))", "j->'k' ? $1", "seek"),
        ("USING gin ((j->'k'))", "j @> $1", "none"),
        ("USING gin (arr)", "arr @> $1", "seek"),
        ("USING gin (arr)", "arr = $1", "seek"),
        ("USING gin (arr)", "$1 = ANY(arr)", "none"),
        ("USING gin (arr)", "arr[1] = $1", "none"),
        ("USING gin (arr)", "NOT arr && $1", "none"),
        ("(arr)", "arr @> $1", "none"),
        ("USING gin (tv)", "$1::tsquery @@ tv", "seek"),
        ("USING gin (n)", "n > $1::int", "seek"),
        ("USING gin (n)", "n = $1::bigint", "none"),
        ("USING gist (rng)", "rng && $1", "seek"),
        ("USING gist (rng)", "$1::int <@ rng", "seek"),
        ("USING gist (rng)", "lower(rng) > $1", "none"),
        ("USING gist (rng)", "rng IS NULL", "seek"),
        ("(rng)", "rng && $1", "none"),
        ("USING gist (ip inet_ops)", "ip <<= $1", "seek"),
        ("(ip)", "ip <<= $1", "none"),
        ("(ip)", "ip <<= '10.0.0.0/8'", "seek"),
        ("USING brin (n)", "n > $1", "seek"),
        ("USING brin (n)", "n <> $1", "none"),
        ("USING brin (n int4_bloom_ops)", "n > $1", "none"),
        ("USING brin (n int4_bloom_ops)", "n = $1::int", "seek"),
        ("USING spgist (txt)", "txt ^@ $1", "seek"),
    ]);
}

#[test]
fn a_search_of_a_btree_begins_at_its_first_key() {
    check(&[
        ("(n, m)", "m = $1", "none"),
        ("(n, m, id)", "n = $1 AND id = $2", "seek i0(n, id)"),
        ("(n, m)", "n > $1 AND m = $2", "seek i0(n, m)"),
        ("(n) INCLUDE (m)", "m = $1", "none"),
        ("USING gist (n, rng)", "rng && $1", "seek i0(rng)"),
        // The operator classes of btree_gist and inet_ops have <>, for exclusion constraints.
        ("USING gist (n, rng)", "n <> 5", "seek i0(n)"),
        ("USING gist (n, rng)", "n NOT IN (5, 6)", "none"),
        ("USING gin (n)", "n <> 5", "none"),
        ("USING gist (ip inet_ops)", "ip <> $1", "seek"),
        ("USING gin (n, tags)", "tags && $1", "seek i0(tags)"),
        ("USING brin (n, m)", "m = $1", "seek i0(m)"),
    ]);
}

#[test]
fn booleans_are_keys() {
    check(&[
        ("(b)", "b", "seek"),
        ("(b)", "NOT b", "seek"),
        ("(b)", "b = $1", "seek"),
        ("(b)", "b = 't'", "seek"),
        ("(b)", "b <> false", "seek"),
        ("(b)", "b IN (true)", "seek"),
        ("(b)", "b IS FALSE", "seek"),
        ("(b)", "b IS NOT TRUE", "none"),
        ("(b)", "b IS UNKNOWN", "none"),
        ("(b)", "coalesce(b, false)", "none"),
        ("(n, b)", "n = $1 AND NOT b", "seek i0(n, b)"),
    ]);
}

#[test]
fn rows_follow_the_keys() {
    check(&[
        ("(n, m)", "(n, m) > ($1, $2)", "seek i0(n, m)"),
        ("(n, m)", "($1, $2) < (n, m)", "seek i0(n, m)"),
        ("(n)", "(n, m) > ($1, $2)", "seek i0(n)"),
        ("(m, n)", "(n, m) > ($1, $2)", "none"),
        ("(n, m)", "(n, m) > ($1::int, $2::numeric)", "seek i0(n)"),
        ("(n, m)", "(n, m) = ($1, $2)", "seek i0(n, m)"),
        ("(n, m)", "(n, m) <> ($1, $2)", "none"),
        ("(n, m)", "(n, m) IN ((1, 2), (3, 4))", "seek i0(n, m)"),
        ("(id, n, m)", "id = $1 AND (n, m) < ($2, $3)", "seek i0(id, n, m)"),
    ]);
}

#[test]
fn keys_that_bound_the_range_stop_at_the_first_range() {
    let bound = |on: &str, condition: &str| {
        let sql = format!("SELECT id FROM t WHERE {condition}");
        let found = super::read(&super::indexes(on), &sql, &Default::default());
        found.of("t").indexes.first().map(|u| u.bound.clone()).unwrap_or_default()
    };
    assert_eq!(bound("(n, m, id)", "n = 1 AND m > 2 AND id = 3"), [0, 1]);
    assert_eq!(bound("(n, m, id)", "n = 1 AND m IN (2, 3) AND id = 3"), [0, 1, 2]);
    assert_eq!(bound("(n, m, id)", "n = 1 AND id = 3"), [0]);
    assert_eq!(bound("(n, m)", "n IS NOT NULL AND m = 1"), [0]);
    assert_eq!(bound("(n, m)", "n IS NULL AND m = 1"), [0, 1]);
    assert_eq!(bound("(n, m)", "(n, m) > (1, 2)"), [0, 1]);
    assert_eq!(bound("(n, m DESC)", "(n, m) > (1, 2)"), [0]);
}
