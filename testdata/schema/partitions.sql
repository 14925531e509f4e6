-- Partitions: keys, indexes, foreign keys and checks come from the parent.
CREATE TABLE tenant (id int PRIMARY KEY);
CREATE TABLE event (
    id bigint NOT NULL,
    tenant_id int NOT NULL REFERENCES tenant,
    at timestamptz NOT NULL,
    kind text CHECK (kind <> ''),
    PRIMARY KEY (tenant_id, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX ON event (kind);
CREATE INDEX event_named ON event (tenant_id, kind DESC) WHERE kind IS NOT NULL;
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (tenant_id);
CREATE TABLE event_2025_1 PARTITION OF event_2025 FOR VALUES IN (1);
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX ON event (id);
CREATE INDEX event_only ON ONLY event (kind, id);
CREATE INDEX event_2024_kind_id ON event_2024 (kind, id);
ALTER INDEX event_only ATTACH PARTITION event_2024_kind_id;
CREATE UNIQUE INDEX event_u ON event (id);
CREATE UNIQUE INDEX event_u ON event (id, at);
CREATE UNIQUE INDEX event_u ON event (id, at, tenant_id);
ALTER TABLE event ADD UNIQUE (kind, at, tenant_id);
CREATE INDEX CONCURRENTLY event_c ON event (kind);
CREATE INDEX CONCURRENTLY event_2024_c ON event_2024 (kind);
ALTER TABLE event ADD COLUMN note text;
ALTER TABLE event ADD CONSTRAINT noted CHECK (note <> 'x');
ALTER TABLE event ADD COLUMN owner int REFERENCES tenant;
ALTER TABLE event RENAME COLUMN note TO remark;
ALTER TABLE event ALTER COLUMN remark TYPE varchar(100);
CREATE TABLE event_old (LIKE event INCLUDING DEFAULTS);
CREATE INDEX event_old_id ON event_old (id);
ALTER TABLE event_old ADD CHECK (kind <> '');
ALTER TABLE event_old ADD CONSTRAINT event_kind_check CHECK (kind <> '');
ALTER TABLE event_old ADD CONSTRAINT noted CHECK (remark <> 'x');
ALTER TABLE event ATTACH PARTITION event_old FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE wrong (id bigint);
ALTER TABLE event ATTACH PARTITION wrong FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
ALTER TABLE event DETACH PARTITION event_2024;
DROP INDEX event_2025_kind_idx;
DROP INDEX event_kind_idx;
DROP INDEX event_named;
ALTER TABLE event DROP CONSTRAINT event_pkey;
CREATE TABLE by_hash (id int, a int) PARTITION BY HASH (id);
CREATE TABLE by_hash_0 PARTITION OF by_hash (a NOT NULL DEFAULT 3, PRIMARY KEY (id)) FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE by_hash ADD PRIMARY KEY (id);
ALTER TABLE by_hash DROP COLUMN a;
CREATE TABLE by_expr (id int, a text) PARTITION BY RANGE (lower(a));
CREATE INDEX ON by_expr (id);
CREATE TABLE refers (id int REFERENCES by_hash);
DROP TABLE by_hash;
DROP TABLE by_hash CASCADE;
DROP TABLE event_2025;
DROP TABLE event;
