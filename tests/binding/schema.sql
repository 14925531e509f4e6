CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE address AS (street text, city text);
CREATE DOMAIN email AS text;
CREATE TABLE a (id bigint PRIMARY KEY, ws uuid NOT NULL, name text, n integer, tags text[], data jsonb);
CREATE TABLE b (id bigint PRIMARY KEY, ws uuid NOT NULL, a_id bigint REFERENCES a, title varchar(40), n integer,
    created timestamptz DEFAULT now(), price numeric(12, 2), day date, feel mood, home address, mail email);
CREATE TABLE c (id bigint PRIMARY KEY, b_id bigint, note text);
CREATE SCHEMA other;
CREATE TABLE other.a (id bigint PRIMARY KEY, secret text);
CREATE TABLE ab (a integer, b integer);
CREATE FUNCTION full_name(a) RETURNS text LANGUAGE sql AS $$ SELECT $1.name $$;
CREATE FUNCTION a_of(bigint) RETURNS SETOF a LANGUAGE sql AS $$ SELECT * FROM a WHERE id = $1 $$;
CREATE FUNCTION pairs(IN lim integer, OUT k integer, OUT v text) RETURNS SETOF record LANGUAGE sql
    AS $$ SELECT 1, 'x'::text $$;
CREATE FUNCTION listed(integer) RETURNS TABLE (item bigint, label text) LANGUAGE sql AS $$ SELECT 1::bigint, 'x'::text $$;
CREATE FUNCTION one_number() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
