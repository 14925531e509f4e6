-- One table for each group of workspaces, and one view over all of them. The second table was never made.
CREATE TABLE parlant_agent_shard_1 (
  LIKE parlant_agent INCLUDING DEFAULTS,
  CONSTRAINT workspace_shard_check CHECK (workspace_id IN ('ws1', 'ws2', 'ws3'))
);--> statement-breakpoint

CREATE VIEW parlant_agent_global AS
SELECT * FROM parlant_agent_shard_1
UNION ALL
SELECT * FROM parlant_agent_shard_2;
