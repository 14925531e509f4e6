CREATE SCHEMA log;
CREATE TABLE org (id uuid PRIMARY KEY);
CREATE TABLE log.event (org_id uuid NOT NULL, at timestamptz NOT NULL, kind text NOT NULL, actor bigint NOT NULL)
PARTITION BY RANGE (at);
CREATE TABLE log.event_2024 PARTITION OF log.event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE log.event_2025 PARTITION OF log.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
PARTITION BY LIST (kind);
CREATE TABLE log.event_2025_login PARTITION OF log.event_2025 FOR VALUES IN ('login');
CREATE TABLE log.event_2025_other (kind text NOT NULL, at timestamptz NOT NULL, actor bigint NOT NULL, org_id uuid NOT NULL);
ALTER TABLE log.event_2025 ATTACH PARTITION log.event_2025_other DEFAULT;
CREATE TABLE log.empty (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
