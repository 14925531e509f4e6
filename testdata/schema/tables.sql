-- CREATE TABLE in all its forms.
CREATE TABLE workspace (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE,
    "displayName" varchar(80) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE workspace (id int);
CREATE TABLE IF NOT EXISTS workspace (id int);
CREATE TABLE agent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE ON UPDATE RESTRICT,
    name character varying(20) NOT NULL,
    score numeric(10, 2) DEFAULT 0 CHECK (score >= 0),
    tags text[] NOT NULL DEFAULT '{}',
    initial char,
    flags bit varying(8),
    ratio double precision,
    full_name text GENERATED ALWAYS AS (name || '!') STORED,
    UNIQUE (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, name),
    CONSTRAINT agent_named CHECK (length(name) > 0),
    CHECK (score < 100 AND ratio > 0),
    CHECK (ratio < 5)
);
CREATE TABLE session (
    id serial PRIMARY KEY,
    agent_id bigint,
    workspace_id uuid,
    parent_id int REFERENCES session (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    starts timestamp(3) without time zone,
    ends time with time zone,
    CONSTRAINT session_agent FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id) MATCH FULL,
    FOREIGN KEY (agent_id) REFERENCES agent
);
CREATE TABLE booking (
    room int,
    during tsrange,
    EXCLUDE USING gist (during WITH &&) WHERE (room IS NOT NULL)
);
-- A key twice is one index; the primary key wins.
CREATE TABLE twice (a int PRIMARY KEY UNIQUE, b int UNIQUE, UNIQUE (b), UNIQUE (a, b), CONSTRAINT named UNIQUE (b));
CREATE TABLE included (a int, b int, c text, UNIQUE (a) INCLUDE (c), PRIMARY KEY (b) INCLUDE (a, c));
CREATE TABLE deferred (a int UNIQUE DEFERRABLE, b int UNIQUE NULLS NOT DISTINCT);
-- Copies.
CREATE TABLE bare_copy (LIKE agent);
CREATE TABLE full_copy (LIKE agent INCLUDING ALL, extra int);
CREATE TABLE index_copy (LIKE included INCLUDING INDEXES);
-- Inheritance.
CREATE TABLE base (id int NOT NULL, note text CHECK (note <> ''), UNIQUE (id));
CREATE TABLE child (extra int, note text) INHERITS (base);
CREATE TABLE grandchild () INHERITS (child);
ALTER TABLE base ADD COLUMN later date DEFAULT now();
ALTER TABLE ONLY base ADD COLUMN alone int;
ALTER TABLE child DROP COLUMN extra;
-- Queries.
CREATE TABLE made AS SELECT id, slug AS name, now() AS at, 1 AS one FROM workspace;
CREATE TABLE made_of_all AS SELECT a.*, w.slug FROM agent a JOIN workspace w ON w.id = a.workspace_id;
-- What is refused.
CREATE TABLE bad1 (id int, id int);
CREATE TABLE bad4 (LIKE nothing4);
DROP TABLE IF EXISTS bad1, bad4;
CREATE TEMPORARY TABLE scratch (id int);
DROP TABLE scratch;
CREATE UNLOGGED TABLE fast (id smallserial, big bigserial);
CREATE TABLE "Mixed" ("Id" int PRIMARY KEY, "order" int, CHECK ("order" > 0));
CREATE INDEX ON "Mixed" ("order", "Id");
CREATE TABLE IF NOT EXISTS "Mixed" ("Id" int);
CREATE TABLE UPPER_CASE (SOME_COLUMN INT);
CREATE INDEX UPPER_IDX ON Upper_Case (Some_Column);
