-- Expressions: what they refer to, what they are called and which type they have.
SELECT 1, 'x', NULL, true, 1.5, 3000000000, -1, +2, '1'::int, date '2020-01-01', interval '1 day' FROM a;
SELECT 1 AS one, 'x' AS two, NULL AS three, true AS four, 1.5 AS five, 3000000000 AS six FROM a;
SELECT name::varchar(3) AS c1, n::bigint AS c2, cast(n AS numeric(5, 2)) AS c3, ws::text AS c4, id::text::varchar AS c5 FROM a;
SELECT n + 1 AS c1, n + id AS c2, n / 2.0 AS c3, id * n AS c4, n % 2 AS c5, -n AS c6, n ^ 2 AS c7, n & 1 AS c8 FROM a;
SELECT created - interval '1 day' AS c1, created - created AS c2, day - day AS c3, day + 1 AS c4, day + interval '1 hour' AS c5,
    now() - created AS c6, created + '1 day' AS c7, interval '1 day' * 2 AS c8, price * n AS c9, price + n AS c10 FROM b;
SELECT name || 'x' AS c1, name || n AS c2, tags || 'x' AS c3, tags || tags AS c4, data || data AS c5, 'a' || 'b' AS c6 FROM a;
SELECT data -> 'a' AS c1, data ->> 'a' AS c2, data #> '{a,b}' AS c3, data #>> '{a}' AS c4, data - 'x' AS c5, data @> '{}' AS c6,
    data ? 'x' AS c7, data @? '$.x' AS c8, data['x'] AS c9 FROM a;
SELECT tags[1] AS c1, tags[1:2] AS c2, (tags)[n] AS c3, ARRAY[1, 2] AS c4, ARRAY[n, id] AS c5, ARRAY[[1], [2]] AS c6,
    ARRAY(SELECT id FROM b) AS c7 FROM a;
SELECT coalesce(name, 'x') AS c1, coalesce(n, id) AS c2, nullif(name, '') AS c3, greatest(n, 1) AS c4, least(id, n) AS c5 FROM a;
SELECT count(*) AS c1, count(name) AS c2, sum(n) AS c3, sum(id) AS c4, avg(n) AS c5, max(name) AS c6, min(ws::text) AS c7,
    array_agg(id) AS c8, string_agg(name, ',' ORDER BY id) AS c9, jsonb_agg(a) AS c10, bool_and(n > 1) AS c11,
    count(DISTINCT n) AS c12, json_object_agg(id, name) AS c13 FROM a;
SELECT max(title) AS c1, sum(price) AS c2, max(created) AS c3, min(day) AS c4, max(feel) AS c5, avg(price) AS c6,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY n) AS c7, percentile_disc(0.5) WITHIN GROUP (ORDER BY day) AS c8,
    mode() WITHIN GROUP (ORDER BY title) AS c9, max(mail) AS c10 FROM b;
SELECT sum(n) FILTER (WHERE name = 'x') AS c1, row_number() OVER (PARTITION BY ws ORDER BY id) AS c2,
    lag(name) OVER (ORDER BY id) AS c3, first_value(ws) OVER (ORDER BY id) AS c4, ntile(4) OVER () AS c5,
    count(*) OVER (PARTITION BY ws) AS c6 FROM a GROUP BY ws, id, name;
SELECT extract(year FROM created) AS c1, date_trunc('day', created) AS c2, created AT TIME ZONE 'utc' AS c3,
    date_part('hour', created) AS c4, to_char(created, 'x') AS c5, age(created) AS c6, created::date AS c7,
    date_trunc('month', day) AS c8, current_date AS c9, now() AS c10, localtimestamp AS c11, make_interval(days => 3) AS c12 FROM b;
SELECT position('a' IN title) AS c1, substring(title FROM 1 FOR 2) AS c2, substring(title, 2) AS c3, trim(title) AS c4,
    trim(LEADING 'x' FROM title) AS c5, overlay(title PLACING 'b' FROM 1) AS c6, upper(title) AS c7, lower(title) AS c8,
    length(title) AS c9, left(title, 1) AS c10, replace(title, 'a', 'b') AS c11, title COLLATE "C" AS c12, md5(title) AS c13,
    concat(title, n) AS c14, split_part(title, ' ', 1) AS c15, char_length(title) AS c16 FROM b;
SELECT position('a' IN title), substring(title FROM 1 FOR 2), trim(title), trim(LEADING 'x' FROM title)
    FROM b;
SELECT extract(year FROM created) FROM b;
SELECT created AT TIME ZONE 'utc' FROM b;
SELECT overlay(title PLACING 'b' FROM 1) FROM b;
SELECT title COLLATE "C", (home).city, tags[1] FROM b, a;
SELECT CASE WHEN n = 1 THEN 'x' ELSE name END, CASE n WHEN 1 THEN id END AS k FROM a;
SELECT CASE WHEN n = 1 THEN name ELSE 'y' END FROM a;
SELECT count(*), max(n) FROM a;
SELECT EXISTS (SELECT 1 FROM b), NOT EXISTS (SELECT 1 FROM c) AS no, (SELECT title FROM b LIMIT 1), ARRAY(SELECT id FROM b) FROM a;
SELECT n::text, '1'::bigint, now()::date FROM a;
SELECT id::varchar, ws::uuid AS u FROM a;
SELECT ROW(1, 2) AS r, (n, name) AS p FROM a;
SELECT ROW(n, name) FROM a;
SELECT coalesce(name, ''), nullif(n, 1) FROM a;
SELECT greatest(n, 2) FROM a;
SELECT current_user, session_user AS s FROM a;
SELECT current_date FROM a;
SELECT n = 1 AS c1, n <> 2 AS c2, n IS NULL AS c3, n IS NOT DISTINCT FROM 1 AS c4, name LIKE 'a%' AS c5, name ~ 'x' AS c6,
    n BETWEEN 1 AND 2 AS c7, n BETWEEN SYMMETRIC 2 AND 1 AS c8, n IN (1, 2) AS c9, NOT (n = 1) AS c10, (n = 1) IS TRUE AS c11,
    name ILIKE 'b' AS c12, name SIMILAR TO 'c' AS c13, n = ANY (ARRAY[1, 2]) AS c14, n > ALL (SELECT n FROM b) AS c15,
    n IN (SELECT n FROM b) AS c16, name = ANY (tags) AS c17, (n, id) = (1, 2) AS c18, (n, id) IN (SELECT n, id FROM b) AS c19,
    n OPERATOR(pg_catalog.=) 1 AS c20, (created, created) OVERLAPS (created, created) AS c21, data IS NULL AS c22,
    name LIKE ANY (tags) AS c23, name NOT LIKE ALL (ARRAY['a']) AS c24
    FROM a, LATERAL (SELECT created FROM b LIMIT 1) z;
SELECT to_jsonb(a) AS c1, row_to_json(a) AS c2, a IS NULL AS c3, to_jsonb(x.*) AS c4 FROM a, b x;
SELECT json_build_object('a', n) AS c1, jsonb_build_array(1, n) AS c2, jsonb_set(data, '{a}', '1') AS c3,
    jsonb_array_length(data) AS c4, jsonb_typeof(data) AS c5, array_length(tags, 1) AS c6, cardinality(tags) AS c7,
    array_to_string(tags, ',') AS c8, array_append(tags, 'x') AS c9, array_position(tags, 'x') AS c10, unnest(tags) AS c11 FROM a;
SELECT to_tsvector('english', name) AS c1, to_tsquery('x') AS c2, to_tsvector('english', name) @@ to_tsquery('x') AS c3,
    ts_rank(to_tsvector(name), to_tsquery('x')) AS c4 FROM a;
SELECT gen_random_uuid() AS c1, random() AS c2, floor(random() * 10) AS c3, round(price, 1) AS c4, ceil(price) AS c5, abs(n) AS c6,
    mod(n, 2) AS c7, power(n, 2) AS c8, round(n) AS c9, trunc(price) AS c10 FROM b;
SELECT current_setting('x.y', true) AS c1, current_setting('x.y')::uuid AS c2, pg_typeof(n) AS c3, quote_ident(name) AS c4 FROM a;
SELECT int4range(1, n) AS c1, lower(int4range(1, n)) AS c2, tstzrange(now(), now()) && tstzrange(now(), now()) AS c3,
    upper(tstzrange(now(), now())) AS c4 FROM a;
SELECT mail, home, feel, feel = 'good' AS k, (home).street AS s FROM b;
SELECT count(*) FROM a WHERE name = (SELECT max(title) FROM b WHERE b.a_id = a.id);
SELECT (SELECT count(b.id) FROM b WHERE b.a_id = a.id) FROM a;
SELECT x.c FROM (SELECT count(*) AS c, ws FROM a GROUP BY ws) x WHERE x.ws IS NOT NULL;
SELECT DISTINCT ws, count(*) OVER (PARTITION BY ws) FROM a;
SELECT generate_series(1, n) FROM a;
SELECT z.v FROM (SELECT unnest(tags) AS v FROM a) z;
SELECT f.k AS k1, f.v AS v1 FROM pairs(1) f;
SELECT one_number() + 1 AS c1, a_of(1) AS c2 FROM a;
SELECT name FROM a UNION SELECT title FROM b;
SELECT n FROM a UNION ALL SELECT id FROM b;
SELECT NULL AS u FROM a UNION SELECT ws FROM b;
SELECT * FROM (SELECT 'x' AS k, NULL AS m) z;
SELECT * FROM (VALUES (1, NULL), (2, 'b')) z(i, t);
SELECT no_such_function(1) FROM nowhere;
SELECT E'a\'b' AS c1, U&'d\0061t' AS c2, $$x$$ AS c3, B'101' AS c4, X'1F' AS c5 FROM a;
SELECT grouping(ws) AS g, ws FROM a GROUP BY CUBE (ws);
SELECT sum(sum(n)) OVER (ORDER BY ws) AS c1 FROM a GROUP BY ws;
SELECT (array_agg(name ORDER BY id))[1] AS c1, (SELECT array_agg(title) FROM b)[1] AS c2 FROM a;
SELECT name IS NOT NULL AND n > 1 OR id = 2 AS c1, NOT n = 1 AND true AS c2 FROM a;
SELECT ctid AS c1, tableoid AS c2, tableoid::regclass AS c3 FROM a;
SELECT ROW(c.*, 1) AS c1, (c.*, 2) AS c2, current_schema AS c3, current_role AS c4, user AS c5, current_catalog AS c6 FROM c;
SELECT current_schema, current_role, user, current_catalog, session_user FROM a;
SELECT z.* FROM c, LATERAL (VALUES (c.*)) z;
SELECT z.column2 FROM c, LATERAL (VALUES (c.*, 1)) z WHERE z.column4 = 1;
SELECT make_interval(days => n) AS c1, one_number() AS c2 FROM a;
SELECT n = ANY (VALUES (1)) AS c1 FROM a;
SELECT * FROM (VALUES (NULL, 'x', 1), ('a', NULL, 2.5)) v;
SELECT * FROM current_date;
SELECT d FROM current_date AS d;
