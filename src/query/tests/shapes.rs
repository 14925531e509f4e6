//! What each construct becomes in the model. Which names resolve to what is held against a live server by
//! tests/live_binding.rs; here is what the server does not show.

use super::{SCHEMA, bind, catalog, check, check_problems, check_with, dump::dump};

#[test]
fn using_and_natural_become_conditions() {
    check(&[
        (
            "SELECT id FROM a LEFT JOIN b USING (id)",
            "SELECT a#0.id id FROM (a a#0 Left b b#1 ON a#0.id = b#1.id MERGED)",
        ),
        (
            "SELECT id FROM a RIGHT JOIN b USING (id)",
            "SELECT b#1.id id FROM (a a#0 Right b b#1 ON a#0.id = b#1.id MERGED)",
        ),
        (
            "SELECT id FROM a FULL JOIN b USING (id) WHERE id = 1",
            "SELECT coalesce(a#0.id, b#1.id) id FROM (a a#0 Full b b#1 ON a#0.id = b#1.id MERGED) \
             WHERE coalesce(a#0.id, b#1.id) = 1",
        ),
        (
            "SELECT a.id, b.id FROM a FULL JOIN b USING (id)",
            "SELECT a#0.id id, b#1.id id FROM (a a#0 Full b b#1 ON a#0.id = b#1.id MERGED)",
        ),
        (
            "SELECT id FROM a JOIN b USING (id, ws)",
            "SELECT a#0.id id FROM (a a#0 Inner b b#1 ON (a#0.id = b#1.id AND a#0.ws = b#1.ws) MERGED)",
        ),
        (
            "SELECT * FROM b NATURAL JOIN c",
            "SELECT b#0.id id, b#0.ws ws, b#0.a_id a_id, b#0.title title, b#0.n n, c#1.b_id b_id, c#1.note note \
             FROM (b b#0 Inner c c#1 ON b#0.id = c#1.id MERGED)",
        ),
        // Without a common column NATURAL has no condition.
        (
            "SELECT x.k FROM (SELECT 1 AS k) x NATURAL JOIN c",
            "SELECT x#0.k k FROM ((SELECT 1 k) x#0(k::integer) Inner c c#1)",
        ),
        (
            "SELECT j.note FROM (b JOIN c ON c.b_id = b.id) AS j",
            "SELECT c#1.note note FROM (b b#0 Inner c c#1 ON c#1.b_id = b#0.id)",
        ),
    ]);
}

#[test]
fn conditions_are_flattened_and_predicates_told_apart() {
    check(&[
        (
            "SELECT 1 FROM a WHERE id = 1 AND (n = 2 AND ws IS NULL) OR NOT n <> 3",
            "SELECT 1 ?column? FROM a a#0 WHERE ((a#0.id = 1 AND a#0.n = 2 AND a#0.ws IS NULL) OR NOT a#0.n <> 3)",
        ),
        (
            "SELECT 1 FROM a WHERE (id, n) IN ((1, 2), ($1, $2)) AND (id, n) = (SELECT id, n FROM b)",
            "SELECT 1 ?column? FROM a a#0 WHERE (ROW(a#0.id, a#0.n) IN (ROW(1, 2), ROW($1, $2)) AND \
             ROW(a#0.id, a#0.n) = (SELECT b#1.id id, b#1.n n FROM b b#1))",
        ),
        (
            "SELECT 1 FROM a WHERE id = ANY ($1) AND id = ANY (SELECT id FROM b) AND id = SOME ((SELECT id FROM b)) \
             AND id <> ALL (ARRAY(SELECT id FROM b)) AND name LIKE ANY ($2) AND name NOT ILIKE ALL ($3)",
            "SELECT 1 ?column? FROM a a#0 WHERE (a#0.id = ANY[$1] AND a#0.id = ANY(SELECT b#1.id id FROM b b#1) AND \
             a#0.id = ANY(SELECT b#2.id id FROM b b#2) AND a#0.id <> ALL[ARRAY(SELECT b#3.id id FROM b b#3)] AND \
             a#0.name ~~ ANY[$2] AND a#0.name !~~* ALL[$3])",
        ),
        (
            "SELECT 1 FROM a WHERE name ~~ 'a%' AND name !~* 'b' AND name LIKE 'c!%' ESCAPE '!' AND name SIMILAR TO 'd'",
            "SELECT 1 ?column? FROM a a#0 WHERE (a#0.name Like 'a%' AND a#0.name NOT IRegex 'b' AND \
             a#0.name Like 'c!%' ESCAPE '!' AND a#0.name Similar 'd')",
        ),
        (
            "SELECT 1 FROM a WHERE id OPERATOR(pg_catalog.=) 1 AND id OPERATOR(other.=) 2",
            "SELECT 1 ?column? FROM a a#0 WHERE (a#0.id = 1 AND (a#0.id = 2))",
        ),
        (
            "SELECT 1 FROM a WHERE n IS NOT DISTINCT FROM $1 AND (n = 1) IS NOT TRUE AND n NOT BETWEEN SYMMETRIC 2 AND 1",
            "SELECT 1 ?column? FROM a a#0 WHERE (a#0.n IS NOT DISTINCT FROM $1 AND a#0.n = 1 IS NOT True AND \
             a#0.n NOT BETWEEN SYMMETRIC 2 AND 1)",
        ),
        (
            "SELECT 1 FROM a WHERE n BETWEEN 1 AND 2 AND id IN (((SELECT id FROM b)))",
            "SELECT 1 ?column? FROM a a#0 WHERE (a#0.n BETWEEN 1 AND 2 AND a#0.id IN (SELECT b#1.id id FROM b b#1))",
        ),
        (
            "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b) AND NOT EXISTS (SELECT 1 FROM c) AND id NOT IN (SELECT id FROM b)",
            "SELECT 1 ?column? FROM a a#0 WHERE (EXISTS (SELECT 1 ?column? FROM b b#1) AND \
             NOT EXISTS (SELECT 1 ?column? FROM c c#2) AND a#0.id NOT IN (SELECT b#3.id id FROM b b#3))",
        ),
    ]);
}

#[test]
fn an_operator_of_another_schema_is_no_comparison() {
    let catalog = catalog(SCHEMA);
    let (statement, _) = bind(&catalog, "SELECT 1 FROM a WHERE id OPERATOR(other.=) 2");
    let mut operators = 0;
    crate::query::walk::walk_exprs(&statement, |e| {
        operators +=
            u32::from(matches!(&e.kind, crate::query::model::ExprKind::Operator { name, .. } if name == "="));
    });
    assert_eq!(operators, 1);
}

#[test]
fn keyword_syntax_becomes_a_call() {
    check(&[
        (
            "SELECT extract(year FROM now()) y, position('a' IN name) p, trim(BOTH 'x' FROM name) t, \
             substring(name FOR 2) s, now() AT TIME ZONE 'utc' z, overlay(name PLACING 'b' FROM 1) o FROM a",
            "SELECT extract('year', now()) y, position(a#0.name, 'a') p, btrim(a#0.name, 'x') t, \
             substring(a#0.name, 1, 2) s, timezone('utc', now()) z, overlay(a#0.name, 'b', 1) o FROM a a#0",
        ),
        (
            "SELECT interval '1' day i, date '2020-01-01' d",
            "SELECT '1 day'::interval i, '2020-01-01'::date d",
        ),
        ("SELECT pg_catalog.lower('X') l, CURRENT_DATE", "SELECT lower('X') l, current_date() current_date"),
    ]);
}

#[test]
fn rows_and_named_arguments() {
    let catalog = catalog(
        "CREATE TABLE c (id bigint, note text);
         CREATE FUNCTION f(p_id bigint, p_ws uuid DEFAULT NULL, p_note text DEFAULT '') RETURNS bigint
             LANGUAGE sql AS $$ SELECT 1::bigint $$;",
    );
    check_with(
        &catalog,
        &[
            (
                "SELECT ROW(c.*, 1), (c.*, 2) FROM c",
                "SELECT ROW(c#0.id, c#0.note, 1) row, ROW(c#0.id, c#0.note, 2) row FROM c c#0",
            ),
            (
                "INSERT INTO c SELECT x.* FROM (VALUES (1, 'a')) x",
                "INSERT c c#0 (id, note) SELECT x#1.column1 column1, x#1.column2 column2 FROM (VALUES (1, 'a')) \
             x#1(column1::integer, column2::text)",
            ),
            (
                "SELECT z.* FROM c, LATERAL (VALUES (c.*)) z",
                "SELECT z#1.column1 column1, z#1.column2 column2 FROM c c#0, (VALUES (c#0.id, c#0.note)) z#1 \
             LATERAL(column1::bigint, column2::text)",
            ),
            // Arguments stand where the function's parameters stand.
            ("SELECT f(1, p_note => 'x')", "SELECT f(1, DEFAULT, 'x')!catalog f"),
            ("SELECT f(p_ws := $1, p_id := 2)", "SELECT f(2, $1)!catalog f"),
            (
                "SELECT current_schema, current_role",
                "SELECT current_schema() current_schema, current_role() current_role",
            ),
            ("SELECT id = ANY (VALUES (1)) AS k FROM c", "SELECT c#0.id = ANY[ARRAY[1]] k FROM c c#0"),
            ("SELECT 1 INTO z UNION SELECT 2", "[SELECT INTO] (SELECT 1 ?column?) Union (SELECT 2 ?column?)"),
        ],
    );
}

#[test]
fn aggregates_windows_and_sets_mark_their_block() {
    check(&[
        ("SELECT count(*) FROM a", "SELECT count(*)!Aggregate count FROM a a#0 AGGREGATED"),
        ("SELECT 1 FROM a HAVING true", "SELECT 1 ?column? FROM a a#0 AGGREGATED HAVING true"),
        (
            "SELECT 1 FROM a ORDER BY count(*)",
            "SELECT 1 ?column? FROM a a#0 AGGREGATED ORDER BY count(*)!Aggregate",
        ),
        // An aggregate of a subquery is the subquery's.
        (
            "SELECT (SELECT max(n) FROM b) FROM a",
            "SELECT (SELECT max(b#1.n)!Aggregate max FROM b b#1 AGGREGATED) max FROM a a#0",
        ),
        (
            "SELECT sum(n) FILTER (WHERE id > 1) s, percentile_disc(0.5) WITHIN GROUP (ORDER BY n) p FROM a",
            "SELECT sum(a#0.n) FILTER a#0.id > 1!Aggregate s, percentile_disc(0.5 ORDER BY a#0.n)!Aggregate p FROM a a#0 \
             AGGREGATED",
        ),
        (
            "SELECT sum(n) OVER v FROM a WINDOW w AS (PARTITION BY ws), v AS (w ORDER BY id DESC NULLS LAST)",
            "SELECT sum(a#0.n) OVER (PARTITION BY a#0.ws ORDER BY a#0.id DESC NULLS LAST)!Window sum FROM a a#0 WINDOWED",
        ),
        ("SELECT unnest(tags) FROM a", "SELECT unnest(a#0.tags)!SetReturning unnest FROM a a#0 SETS"),
        // In FROM a set is a relation.
        (
            "SELECT t FROM a, unnest(tags) t",
            "SELECT t#1.t t FROM a a#0, unnest(a#0.tags)!SetReturning t#1 LATERAL(t::text)",
        ),
    ]);
}

#[test]
fn an_aggregate_over_outer_columns_alone_is_a_gap() {
    let catalog = catalog(SCHEMA);
    let (statement, _) = bind(&catalog, "SELECT (SELECT max(a.n) FROM b) FROM a");
    assert!(
        dump(&catalog, &statement).contains("gap Unsupported: an aggregate that belongs to an outer query")
    );
    let (statement, _) = bind(&catalog, "SELECT (SELECT max(a.n + b.n) FROM b) FROM a");
    assert_eq!(statement.gaps, []);
}

#[test]
fn grouping_sets_are_told_apart() {
    check(&[
        ("SELECT 1 FROM a GROUP BY ws, n", "SELECT 1 ?column? FROM a a#0 GROUP BY a#0.ws, a#0.n"),
        ("SELECT 1 FROM a GROUP BY ()", "SELECT 1 ?column? FROM a a#0 GROUP BY  EMPTY"),
        (
            "SELECT 1 FROM a GROUP BY ROLLUP (ws, n)",
            "SELECT 1 ?column? FROM a a#0 GROUP BY  PARTIAL a#0.ws, a#0.n EMPTY",
        ),
        (
            "SELECT 1 FROM a GROUP BY ws, CUBE (n, name)",
            "SELECT 1 ?column? FROM a a#0 GROUP BY a#0.ws PARTIAL a#0.n, a#0.name",
        ),
        (
            "SELECT 1 FROM a GROUP BY GROUPING SETS ((ws, n), (ws))",
            "SELECT 1 ?column? FROM a a#0 GROUP BY a#0.ws PARTIAL a#0.n",
        ),
        (
            "SELECT 1 FROM a GROUP BY GROUPING SETS ((ws, n), ())",
            "SELECT 1 ?column? FROM a a#0 GROUP BY  PARTIAL a#0.ws, a#0.n EMPTY",
        ),
        // A key that is plain is in every set, though ROLLUP names it as well.
        (
            "SELECT 1 FROM a GROUP BY ws, ROLLUP (ws, n)",
            "SELECT 1 ?column? FROM a a#0 GROUP BY a#0.ws PARTIAL a#0.n",
        ),
        ("SELECT 1 FROM a GROUP BY (ws, n)", "SELECT 1 ?column? FROM a a#0 GROUP BY a#0.ws, a#0.n"),
        ("SELECT n AS k FROM a GROUP BY 1", "SELECT a#0.n k FROM a a#0 GROUP BY a#0.n"),
    ]);
}

#[test]
fn what_surrounds_a_query() {
    check(&[
        ("SELECT id FROM a LIMIT ALL OFFSET 2", "SELECT a#0.id id FROM a a#0 OFFSET 2"),
        ("SELECT id FROM a LIMIT NULL", "SELECT a#0.id id FROM a a#0"),
        (
            "SELECT id FROM a ORDER BY n DESC, id NULLS FIRST FETCH FIRST 2 ROWS WITH TIES",
            "SELECT a#0.id id FROM a a#0 ORDER BY a#0.n DESC, a#0.id NULLS FIRST LIMIT 2 WITH TIES",
        ),
        ("SELECT id FROM a FOR UPDATE SKIP LOCKED", "SELECT a#0.id id FROM a a#0 LOCKS"),
        (
            "SELECT id FROM a UNION ALL SELECT id FROM b ORDER BY 1 LIMIT 3",
            "(SELECT a#0.id id FROM a a#0) Union ALL (SELECT b#1.id id FROM b b#1) ORDER BY output0 LIMIT 3",
        ),
        // Parentheses add nothing: the inner LIMIT and the outer ORDER BY are one query's.
        ("(SELECT id FROM a LIMIT 3) ORDER BY n", "SELECT a#0.id id FROM a a#0 ORDER BY a#0.n LIMIT 3"),
        (
            "SELECT id FROM a EXCEPT SELECT id FROM b INTERSECT SELECT id FROM c",
            "(SELECT a#0.id id FROM a a#0) Except ((SELECT b#1.id id FROM b b#1) Intersect (SELECT c#2.id id FROM c c#2))",
        ),
        ("SELECT DISTINCT ON (k) n AS k FROM a", "SELECT DISTINCT ON (a#0.n) a#0.n k FROM a a#0"),
    ]);
}

#[test]
fn statements_that_write() {
    check(&[
        (
            "INSERT INTO a (id, ws) VALUES (1, $1), (2, DEFAULT) RETURNING *",
            "INSERT a a#0 (id, ws) VALUES (1, $1), (2, DEFAULT) RETURNING a#0.id id, a#0.ws ws, a#0.name name, a#0.n n, \
             a#0.tags tags, a#0.data data",
        ),
        (
            "INSERT INTO c SELECT id, a_id FROM b",
            "INSERT c c#0 (id, b_id) SELECT b#1.id id, b#1.a_id a_id FROM b b#1",
        ),
        ("INSERT INTO c DEFAULT VALUES", "INSERT c c#0 () DEFAULT VALUES"),
        (
            "INSERT INTO c AS x (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = excluded.note WHERE x.id = 1",
            "INSERT c x#0 (id) VALUES (1) ON CONFLICT (x#0.id) SET note = excluded#1.note WHERE x#0.id = 1",
        ),
        (
            "INSERT INTO c (id) VALUES (1) ON CONFLICT (lower(note), id) WHERE b_id > 0 DO NOTHING",
            "INSERT c c#0 (id) VALUES (1) ON CONFLICT (lower(c#0.note), c#0.id) WHERE c#0.b_id > 0 NOTHING",
        ),
        (
            "INSERT INTO c (id) SELECT 1 ON CONFLICT ON CONSTRAINT c_pkey DO NOTHING",
            "INSERT c c#0 (id) SELECT 1 ?column? ON CONFLICT ON CONSTRAINT c_pkey NOTHING",
        ),
        (
            "UPDATE a x SET tags[1] = 'y', (n, name) = (SELECT n, title FROM b) FROM c WHERE c.id = x.id",
            "UPDATE a x#0 SET tags[part] = 'y', n, name = (SELECT b#2.n n, b#2.title title FROM b b#2) FROM c c#1 \
             WHERE c#1.id = x#0.id",
        ),
        ("UPDATE a SET (n) = ROW(1)", "UPDATE a a#0 SET n = 1"),
        (
            "DELETE FROM ONLY a USING b WHERE b.a_id = a.id RETURNING b.title",
            "DELETE a a#0 ONLY USING b b#1 WHERE b#1.a_id = a#0.id RETURNING b#1.title title",
        ),
        (
            "MERGE INTO a USING b s ON s.a_id = a.id WHEN MATCHED AND a.n > s.n THEN UPDATE SET n = s.n \
             WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, ws) VALUES (a_id, ws)",
            "MERGE a a#0 USING b s#1 ON s#1.a_id = a#0.id WHEN Matched AND a#0.n > s#1.n UPDATE n = s#1.n \
             WHEN Matched DELETE WHEN NotMatched INSERT (id, ws) VALUES (s#1.a_id, s#1.ws)",
        ),
        (
            "WITH x AS (DELETE FROM b RETURNING a_id) UPDATE a SET n = 0 FROM x WHERE x.a_id = a.id",
            "WITH cte0 UPDATE a a#1 SET n = 0 FROM cte0 x#2(a_id::bigint) WHERE x#2.a_id = a#1.id\n\
             cte0 x(a_id) x1: DELETE b b#0 RETURNING b#0.a_id a_id",
        ),
        ("TRUNCATE a, ONLY b", "TRUNCATE a a#0, b b#1 ONLY"),
        ("COPY a (id) TO STDOUT", "COPY a a#0 TO"),
        ("COPY (SELECT id FROM a) TO STDOUT", "[COPY] SELECT a#0.id id FROM a a#0"),
        ("CREATE TABLE z AS SELECT id FROM a", "[CREATE TABLE AS] SELECT a#0.id id FROM a a#0"),
        ("SELECT id INTO z FROM a", "[SELECT INTO] SELECT a#0.id id FROM a a#0"),
        ("EXPLAIN ANALYZE DELETE FROM a WHERE id = 1", "DELETE a a#0 WHERE a#0.id = 1"),
        ("PREPARE p AS SELECT id FROM a", "SELECT a#0.id id FROM a a#0"),
        ("DECLARE p CURSOR FOR SELECT id FROM a", "SELECT a#0.id id FROM a a#0"),
        ("SET LOCAL app.ws = 'x'", "SET LOCAL app.ws"),
        ("SET search_path = public", "UTILITY"),
        ("CREATE TABLE z (id bigint)", "UTILITY"),
    ]);
}

#[test]
fn old_and_new_are_row_values_of_returning() {
    check(&[
        (
            "UPDATE a SET n = 1 RETURNING old.n, new.n, n",
            "UPDATE a a#0 SET n = 1 RETURNING old#1.n n, new#2.n n, a#0.n n",
        ),
        (
            "UPDATE a SET n = 1 RETURNING WITH (OLD AS o, NEW AS \"N\") o.n, \"N\".id",
            "UPDATE a a#0 SET n = 1 RETURNING o#1.n n, N#2.id id",
        ),
        // A table of that name goes before them.
        (
            "UPDATE a SET n = 1 FROM b old RETURNING old.title",
            "UPDATE a a#0 SET n = 1 FROM b old#1 RETURNING old#1.title title",
        ),
    ]);
    check_problems(
        &catalog(SCHEMA),
        &[("SELECT old.n FROM a", &[("old", "no table `old` is in scope for `old.n`")])],
    );
}

#[test]
fn parameters_are_told_apart_by_name_or_place() {
    check(&[
        ("SELECT $2, $1, $2", "SELECT $2 ?column?, $1 ?column?, $2 ?column?"),
        ("SELECT :b::int x, :a, :b", "SELECT :b::integer x, :a ?column?, :b ?column?"),
        // Numbered as they stand in the text, though FROM is read before the select list.
        (
            "SELECT ? x FROM a JOIN b ON a.id = ? WHERE a.n = ?",
            "SELECT ?0 x FROM (a a#0 Inner b b#1 ON a#0.id = ?1) WHERE a#0.n = ?2",
        ),
        (
            "SELECT %s, %(k)s FROM a WHERE id = %s",
            "SELECT ?0 ?column?, :k ?column? FROM a a#0 WHERE a#0.id = ?1",
        ),
        ("SELECT sqlc.arg(k), sqlc.narg('k'), @k", "SELECT :k ?column?, :k ?column?, :k ?column?"),
        (
            "SELECT sqlc.embed(c) FROM c WHERE id = ANY(sqlc.slice('ids'))",
            "SELECT c#0.id id, c#0.b_id b_id, c#0.note note FROM c c#0 WHERE c#0.id = ANY[:ids]",
        ),
    ]);
}

const VIEWS: &str = "
CREATE TABLE a (id bigint PRIMARY KEY, ws uuid, name text);
CREATE VIEW v AS SELECT id, ws FROM a WHERE name IS NOT NULL;
CREATE VIEW w (k, tenant) AS SELECT v.id, v.ws FROM v;
CREATE MATERIALIZED VIEW m AS SELECT ws, count(*) AS total FROM v GROUP BY ws;
CREATE VIEW s AS SELECT * FROM m;
";

#[test]
fn a_view_is_bound_anew_at_each_use() {
    let catalog = catalog(VIEWS);
    check_with(
        &catalog,
        &[
            (
                "SELECT x.tenant FROM w x",
                "SELECT x#0.tenant tenant FROM w[SELECT v#1.id id, v#1.ws ws FROM v[SELECT a#2.id id, a#2.ws ws \
             FROM a a#2 via#0 WHERE a#2.name IS NOT NULL] v#1 via#0(id::bigint, ws::uuid)] x#0(k::bigint, tenant::uuid)",
            ),
            // Names of the statement are not visible in the definition: `a` is the table.
            (
                "WITH a AS (SELECT 1 AS id) SELECT v.id FROM v, a",
                "WITH cte0 SELECT v#0.id id FROM v[SELECT a#1.id id, a#1.ws ws FROM a a#1 via#0 WHERE a#1.name IS NOT NULL] \
             v#0(id::bigint, ws::uuid), cte0 a#2(id::integer)\ncte0 a(id) x1: SELECT 1 id",
            ),
            // A materialized view holds rows of its own.
            ("SELECT total FROM m WHERE ws = $1", "SELECT m#0.total total FROM m m#0 WHERE m#0.ws = $1"),
            (
                "SELECT s.total FROM s",
                "SELECT s#0.total total FROM s[SELECT m#1.ws ws, m#1.total total FROM m m#1 via#0] s#0(ws::uuid, total::bigint)",
            ),
        ],
    );
    let (statement, _) = bind(&catalog, "SELECT k FROM w");
    let spans: Vec<_> = statement.occurrences.iter().map(|o| o.span).collect();
    assert_eq!(spans, [spans[0]; 3], "all places are those of the view's occurrence");
    let view = catalog.find_relation(None, "w").unwrap();
    let (definition, problems) =
        crate::query::bind_view(&catalog, &crate::query::Context::default(), view).unwrap();
    assert!(problems.is_empty());
    let crate::query::model::Body::Query(query) = &definition.body else { panic!() };
    assert_eq!(query.columns[1].name, "tenant");
}

#[test]
fn views_of_views_without_end_are_a_gap() {
    let mut ddl = "CREATE TABLE a (id int); CREATE VIEW v0 AS SELECT id FROM a;".to_owned();
    for n in 1..40 {
        let m = n - 1;
        ddl += &format!("CREATE VIEW v{n} AS SELECT x.id FROM v{m} x JOIN v{m} y ON true;");
    }
    let catalog = catalog(&ddl);
    let (statement, problems) = bind(&catalog, "SELECT id FROM v39");
    assert!(problems.is_empty());
    assert!(statement.occurrences.len() < 1000, "{}", statement.occurrences.len());
    assert!(statement.gaps.iter().any(|g| g.what.contains("too often")));
}

#[test]
fn unknown_relations_take_any_column() {
    let catalog = catalog(SCHEMA);
    let cases = [
        (
            "SELECT z.id, x, a.n FROM nowhere z JOIN a ON a.id = z.a_id",
            "SELECT z#0.id id, z#0.x x, a#1.n n FROM (unknown nowhere z#0 Inner a a#1 ON a#1.id = z#0.a_id)\n\
             gap UnknownTable: the unknown table `nowhere`",
        ),
        // What is known goes before what is only possible.
        (
            "SELECT n FROM nowhere, a",
            "SELECT a#1.n n FROM unknown nowhere nowhere#0, a a#1\ngap UnknownTable: the unknown table `nowhere`",
        ),
        // A possible capture goes before an outer column.
        (
            "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM nowhere WHERE n = 1)",
            "SELECT 1 ?column? FROM a a#0 WHERE EXISTS (SELECT 1 ?column? FROM unknown nowhere nowhere#1 \
             WHERE nowhere#1.n = 1)\ngap UnknownTable: the unknown table `nowhere`",
        ),
        (
            "SELECT * FROM nowhere",
            "SELECT #0.* * FROM unknown nowhere nowhere#0\ngap UnknownTable: the unknown table `nowhere`",
        ),
        (
            "SELECT z.q FROM (SELECT * FROM nowhere) z",
            "SELECT z#1.q q FROM (SELECT #0.* * FROM unknown nowhere nowhere#0) z#1(*::record, q)\n\
             gap UnknownTable: the unknown table `nowhere`",
        ),
        (
            "SELECT p FROM nowhere, elsewhere",
            "SELECT unresolved<p> p FROM unknown nowhere nowhere#0, unknown elsewhere elsewhere#1\n\
             gap UnknownTable: the unknown table `nowhere`\ngap UnknownTable: the unknown table `elsewhere`\n\
             gap UnknownColumn: the column `p`",
        ),
    ];
    for (sql, expected) in cases {
        let (statement, problems) = bind(&catalog, sql);
        assert_eq!(dump(&catalog, &statement), expected, "\n{sql}");
        assert!(problems.iter().all(|p| p.rule == "unknown-table"), "{sql}");
    }
    // Without any schema, unknown tables are not news.
    let (statement, problems) = bind(&crate::schema::Catalog::default(), "SELECT x FROM nowhere");
    assert_eq!((problems.len(), statement.gaps.len()), (0, 1));
}

#[test]
fn set_operations_and_inserts_past_an_unknown_column_stay_aligned() {
    let catalog = catalog(SCHEMA);
    let (statement, problems) = bind(&catalog, "INSERT INTO a (id, nope, ws) VALUES (1, 2, $1)");
    assert_eq!(problems.len(), 1);
    assert_eq!(
        dump(&catalog, &statement),
        "INSERT a a#0 (id) VALUES (1, 2, $1)\ngap UnknownColumn: the unknown column `nope`"
    );
}
