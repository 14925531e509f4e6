//! Expression keys: which spellings are the same expression.

use super::check;

#[test]
fn spellings_of_one_expression() {
    check(&[
        ("(lower(txt))", "lower(txt) = $1", "seek"),
        ("(lower(vc))", "lower(vc::text) = $1", "seek"),
        ("(lower(ci))", "lower(ci) = $1", "seek"),
        ("(lower(trim(txt)))", "lower(btrim(txt)) = $1", "seek"),
        ("(((j->>'n')::int))", "CAST(j->>'n' AS integer) > $1", "seek"),
        ("((j->>'k'))", "j->>'k'::text = $1", "seek"),
        ("((ts::date))", "date(ts) = $1", "seek"),
        ("(date(ts))", "ts::date = $1", "seek"),
        ("(timezone('UTC', tz))", "tz AT TIME ZONE 'UTC' > $1", "seek"),
        ("((n * 2))", "n * (1 + 1) = $1", "seek"),
        ("(coalesce(big, 0))", "coalesce(big, 0::bigint) = $1", "seek"),
        ("(extract(year from ts))", "extract(year from ts) = $1", "seek"),
        ("(extract(year from ts))", "EXTRACT('year' FROM ts) = $1", "seek"),
        (
            "USING gin (to_tsvector('english', txt))",
            "to_tsvector('english'::regconfig, txt) @@ $1::tsquery",
            "seek",
        ),
        (
            "USING gin (to_tsvector('english', txt))",
            "to_tsvector('pg_catalog.english', txt) @@ $1::tsquery",
            "seek",
        ),
        ("((n > 5))", "n > 5", "seek"),
        ("((n IS NULL))", "n IS NULL", "seek"),
    ]);
}

#[test]
fn expressions_that_only_mean_the_same() {
    check(&[
        ("(lower(txt))", "txt = $1", "none"),
        ("(txt)", "lower(txt) = $1", "none"),
        ("(lower(txt))", "upper(txt) = $1", "none"),
        ("((n + m))", "m + n = $1", "none"),
        ("(coalesce(n, 0))", "coalesce(n, 1) = $1", "none"),
        ("(((j->>'n')::int))", "(j->>'n')::bigint = $1", "none"),
        ("((j#>>'{a,b}'))", "j->'a'->>'b' = $1", "none"),
        ("((j->>'k'))", "j->>$1 = 'a'", "none"),
        ("(date_trunc('day', ts))", "ts::date = $1", "none"),
        ("(date_trunc('day', ts))", "date_trunc('DAY', ts) = $1", "none"),
        ("(extract(year from ts))", "date_part('year', ts) = $1", "none"),
        ("USING gin (to_tsvector('english', txt))", "to_tsvector(txt) @@ $1::tsquery", "none"),
        ("USING gin (to_tsvector('english', txt))", "to_tsvector('simple', txt) @@ $1::tsquery", "none"),
        ("((num * 1.5))", "num * 1.50 = $1", "none"),
    ]);
}
