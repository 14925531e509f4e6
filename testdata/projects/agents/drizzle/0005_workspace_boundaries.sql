-- Row security as a second line of defence, and functions that check the boundary at run time.

ALTER TABLE parlant_agent ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE parlant_agent FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY parlant_agent_workspace_isolation ON parlant_agent
  USING (workspace_id = current_setting('app.current_workspace_id', true))
  WITH CHECK (workspace_id = current_setting('app.current_workspace_id', true));--> statement-breakpoint

ALTER TABLE parlant_session ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY parlant_session_workspace_isolation ON parlant_session
  USING (workspace_id = current_setting('app.current_workspace_id', true));--> statement-breakpoint

ALTER TABLE parlant_event ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY parlant_event_workspace_isolation ON parlant_event
  USING (session_id IN (
    SELECT id FROM parlant_session WHERE workspace_id = current_setting('app.current_workspace_id', true)
  ));--> statement-breakpoint

ALTER TABLE parlant_tool ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY parlant_tool_workspace_isolation ON parlant_tool
  USING (workspace_id = current_setting('app.current_workspace_id', true));--> statement-breakpoint

-- Whether an agent is the workspace's own.
CREATE FUNCTION agent_in_workspace(p_agent_id uuid, p_workspace_id text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM parlant_agent WHERE id = p_agent_id AND workspace_id = p_workspace_id)
$$;--> statement-breakpoint

-- Whether a session is the workspace's own.
CREATE FUNCTION session_in_workspace(p_session_id uuid, p_workspace_id text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM parlant_session WHERE id = p_session_id AND workspace_id = p_workspace_id)
$$;
