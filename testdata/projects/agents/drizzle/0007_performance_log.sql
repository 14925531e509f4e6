-- What monitoring keeps: alerts, and what a query took before a change.

-- An alert of the platform itself has no workspace.
CREATE TABLE parlant_performance_alert (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id text REFERENCES workspace (id) ON DELETE CASCADE,
  query_name text NOT NULL,
  duration_ms integer NOT NULL,
  raised_at timestamp with time zone DEFAULT now() NOT NULL
);--> statement-breakpoint
CREATE INDEX parlant_performance_alert_workspace_raised_idx
  ON parlant_performance_alert (workspace_id, raised_at DESC);--> statement-breakpoint

-- A baseline outlives the agent it was measured on, so the key is cleared, and with it the way to the workspace.
CREATE TABLE parlant_performance_baseline (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id uuid REFERENCES parlant_agent (id) ON DELETE SET NULL,
  query_name text NOT NULL,
  p95_ms numeric(10, 2) NOT NULL,
  measured_at timestamp with time zone DEFAULT now() NOT NULL
);
