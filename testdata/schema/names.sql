-- Default names: collisions, cuts at 63 bytes, labels of expressions.
CREATE TABLE t (a int, b int, c text, d jsonb, "Weird Name" int);
CREATE INDEX ON t (a);
CREATE INDEX ON t (a);
CREATE INDEX ON t (a, b);
CREATE INDEX ON t (a, a);
CREATE INDEX ON t (lower(c));
CREATE INDEX ON t (lower(c), upper(c));
CREATE INDEX ON t ((a + b));
CREATE INDEX ON t ((a + b), (a - b));
CREATE INDEX ON t ((c || 'x'), a);
CREATE INDEX ON t ((d ->> 'k'));
CREATE INDEX ON t (((d ->> 'k')::int));
CREATE INDEX ON t ((a::bigint));
CREATE INDEX ON t (coalesce(c, ''));
CREATE INDEX ON t ((CASE WHEN a > 0 THEN 1 END));
CREATE INDEX ON t ((CASE WHEN a > 0 THEN 1 ELSE b END));
CREATE INDEX ON t (nullif(a, 0), greatest(a, b));
CREATE INDEX ON t ((ARRAY[a, b]));
CREATE INDEX ON t ((c COLLATE "C"));
CREATE INDEX ON t (c COLLATE "C");
CREATE INDEX ON t ("Weird Name");
CREATE INDEX ON t (substring(c from 1 for 3));
CREATE INDEX ON t (substr(c, 1, 3));
CREATE INDEX ON t (trim(c), ltrim(c));
CREATE INDEX ON t (position('x' in c));
CREATE INDEX ON t ((c LIKE 'a%'));
CREATE INDEX ON t ((a IS NULL));
CREATE INDEX ON t (a) INCLUDE (b, c);
CREATE INDEX ON t (a, b) INCLUDE (a);
ALTER TABLE t ADD CHECK (a > 0);
ALTER TABLE t ADD CHECK (a > 1);
ALTER TABLE t ADD CHECK (a > b);
ALTER TABLE t ADD CHECK (b > a);
ALTER TABLE t ADD UNIQUE (a);
ALTER TABLE t ADD UNIQUE (a);
ALTER TABLE t ADD UNIQUE (b, a);
ALTER TABLE t ADD PRIMARY KEY (b);
CREATE TABLE s (a int REFERENCES t (b), x int);
ALTER TABLE s ADD FOREIGN KEY (a) REFERENCES t;
ALTER TABLE s ADD FOREIGN KEY (x) REFERENCES t;
CREATE TABLE a_rather_long_table_name_that_goes_on_and_on_until_the_limit (
    another_rather_long_column_name_that_goes_on_and_on_until_too int PRIMARY KEY,
    b int UNIQUE CHECK (b > 0),
    yet_another_rather_long_column_name int REFERENCES t,
    serial_column_with_a_rather_long_name_that_is_cut serial,
    UNIQUE (another_rather_long_column_name_that_goes_on_and_on_until_too, b)
);
CREATE INDEX ON a_rather_long_table_name_that_goes_on_and_on_until_the_limit (another_rather_long_column_name_that_goes_on_and_on_until_too, yet_another_rather_long_column_name, b);
CREATE INDEX ON a_rather_long_table_name_that_goes_on_and_on_until_the_limit (another_rather_long_column_name_that_goes_on_and_on_until_too, yet_another_rather_long_column_name, b);
CREATE TABLE short (another_rather_long_column_name_that_goes_on_and_on_until_too int, b int);
CREATE INDEX ON short (another_rather_long_column_name_that_goes_on_and_on_until_too, b);
CREATE INDEX ON short (b, another_rather_long_column_name_that_goes_on_and_on_until_too);
CREATE TABLE this_name_is_far_longer_than_what_postgresql_keeps_of_an_identifier_by_default (x int);
CREATE INDEX ON this_name_is_far_longer_than_what_postgresql_keeps_of_an_identifier_by_default (x);
CREATE TABLE "größtenteils_überlange_tabellennamen_für_öffentliche_ämter" ("spalte_mit_ähnlich_überlangem_namen_für_größen" int);
CREATE INDEX ON "größtenteils_überlange_tabellennamen_für_öffentliche_ämter" ("spalte_mit_ähnlich_überlangem_namen_für_größen");
-- Names that are taken by something else.
CREATE SEQUENCE n_id_seq;
CREATE TABLE n (id serial PRIMARY KEY);
CREATE TABLE n_pkey2 (id int);
CREATE TABLE m_pkey (id int);
CREATE TABLE m (id int PRIMARY KEY);
CREATE INDEX m_id_idx ON m (id);
CREATE INDEX ON m (id);
CREATE INDEX m_id_idx ON m (id);
CREATE INDEX IF NOT EXISTS m_id_idx ON m (id);
CREATE INDEX m ON m (id);
