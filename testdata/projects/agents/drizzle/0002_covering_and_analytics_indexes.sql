-- Indexes of the second tuning round, built without blocking writers.

CREATE INDEX CONCURRENTLY parlant_agent_workspace_status_active_idx
  ON parlant_agent (workspace_id, status, last_active_at DESC)
  WHERE status = 'active' AND deleted_at IS NULL;--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_agent_search_idx
  ON parlant_agent USING gin (to_tsvector('english', name || ' ' || COALESCE(description, '')))
  WHERE deleted_at IS NULL;--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_session_agent_active_idx
  ON parlant_session (agent_id, last_activity_at DESC)
  WHERE status = 'active';--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_session_workspace_type_idx
  ON parlant_session (workspace_id, session_type, started_at DESC);--> statement-breakpoint

-- Rejected: NOW() is not immutable.
CREATE INDEX CONCURRENTLY parlant_session_analytics_idx
  ON parlant_session (agent_id, started_at DESC, status)
  WHERE started_at >= NOW() - INTERVAL '90 days';--> statement-breakpoint

-- A covering index for the conversation view. Rejected: OFFSET without quotes.
CREATE INDEX CONCURRENTLY parlant_event_session_offset_covering_idx
  ON parlant_event (session_id, offset DESC)
  INCLUDE (event_type, content, created_at);--> statement-breakpoint

-- Rejected: NOW() is not immutable.
CREATE INDEX CONCURRENTLY parlant_event_type_time_idx
  ON parlant_event (event_type, created_at DESC)
  WHERE created_at >= NOW() - INTERVAL '7 days';--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_tool_workspace_enabled_type_idx
  ON parlant_tool (workspace_id, enabled, tool_type)
  WHERE enabled = true;--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_agent_tool_usage_idx
  ON parlant_agent_tool (agent_id, enabled, priority DESC)
  WHERE enabled = true;--> statement-breakpoint

-- Rejected: the day of a timestamp with time zone depends on the session's time zone.
CREATE INDEX CONCURRENTLY parlant_session_daily_analytics_idx
  ON parlant_session (DATE_TRUNC('day', started_at), agent_id)
  INCLUDE (message_count, tokens_used, cost, satisfaction_score);--> statement-breakpoint

-- Rejected twice over: the hour, and NOW().
CREATE INDEX CONCURRENTLY parlant_session_hourly_analytics_idx
  ON parlant_session (DATE_TRUNC('hour', started_at), workspace_id)
  WHERE started_at >= NOW() - INTERVAL '7 days';--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_journey_state_flow_idx
  ON parlant_journey_transition (journey_id, from_state_id, priority DESC)
  INCLUDE (to_state_id, condition);--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_agent_kb_search_idx
  ON parlant_agent_knowledge_base (agent_id, enabled, priority DESC)
  WHERE enabled = true;--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_agent_active_workspace_idx
  ON parlant_agent (workspace_id, name)
  WHERE status = 'active' AND deleted_at IS NULL;--> statement-breakpoint

CREATE INDEX CONCURRENTLY parlant_session_active_agent_idx
  ON parlant_session (agent_id, started_at DESC)
  WHERE status = 'active';--> statement-breakpoint

-- Rejected, both: NOW() is not immutable.
CREATE INDEX CONCURRENTLY parlant_session_recent_activity_idx
  ON parlant_session (last_activity_at DESC, agent_id)
  WHERE last_activity_at >= NOW() - INTERVAL '24 hours';--> statement-breakpoint
CREATE INDEX CONCURRENTLY parlant_event_recent_idx
  ON parlant_event (created_at DESC, session_id)
  WHERE created_at >= NOW() - INTERVAL '1 hour';
