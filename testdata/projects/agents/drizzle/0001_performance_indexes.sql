-- Indexes of the first tuning round: each starts with the workspace where the query does.

-- Agents by workspace and status.
CREATE INDEX parlant_agent_workspace_status_performance_idx
  ON parlant_agent (workspace_id, status, deleted_at, last_active_at DESC)
  WHERE deleted_at IS NULL;--> statement-breakpoint

-- Agents by name.
CREATE INDEX parlant_agent_workspace_search_idx
  ON parlant_agent (workspace_id, name, status)
  WHERE deleted_at IS NULL;--> statement-breakpoint

-- Agents by model and mode.
CREATE INDEX parlant_agent_config_filter_idx
  ON parlant_agent (workspace_id, model_provider, composition_mode, status);--> statement-breakpoint

-- Open sessions of an agent.
CREATE INDEX parlant_session_workspace_agent_active_idx
  ON parlant_session (workspace_id, agent_id, status, last_activity_at DESC)
  WHERE status = 'active';--> statement-breakpoint

-- Sessions over time.
CREATE INDEX parlant_session_workspace_timeseries_idx
  ON parlant_session (workspace_id, created_at DESC, status);--> statement-breakpoint

-- What a user did.
CREATE INDEX parlant_session_user_activity_idx
  ON parlant_session (workspace_id, user_id, last_activity_at DESC)
  WHERE user_id IS NOT NULL;--> statement-breakpoint

-- Events of a session in order. PostgreSQL rejects it: OFFSET is a reserved word and stands here without quotes.
CREATE INDEX parlant_event_session_type_offset_idx
  ON parlant_event (session_id, event_type, offset);--> statement-breakpoint

-- Events over time.
CREATE INDEX parlant_event_created_at_type_idx
  ON parlant_event (created_at DESC, event_type);--> statement-breakpoint

-- What became of a tool call.
CREATE INDEX parlant_event_tool_call_tracking_idx
  ON parlant_event (tool_call_id, event_type, created_at DESC)
  WHERE tool_call_id IS NOT NULL;--> statement-breakpoint

-- Words in what describes an agent.
CREATE INDEX parlant_agent_fulltext_search_idx
  ON parlant_agent USING gin (
    to_tsvector('english', coalesce(name, '') || ' ' || coalesce(description, '') || ' ' || coalesce(system_prompt, ''))
  )
  WHERE deleted_at IS NULL;--> statement-breakpoint

-- Words in guidelines.
CREATE INDEX parlant_guideline_fulltext_search_idx
  ON parlant_guideline USING gin (to_tsvector('english', coalesce(condition, '') || ' ' || coalesce(action, '')))
  WHERE enabled = true;--> statement-breakpoint

-- Joins of agents with sessions, and of sessions with events.
CREATE INDEX parlant_agent_session_join_idx
  ON parlant_session (agent_id, workspace_id, status, last_activity_at DESC);--> statement-breakpoint
CREATE INDEX parlant_session_event_join_idx
  ON parlant_event (session_id, created_at DESC, event_type);--> statement-breakpoint
CREATE INDEX parlant_workspace_agent_session_join_idx
  ON parlant_agent (workspace_id, id, status, last_active_at DESC)
  WHERE deleted_at IS NULL;--> statement-breakpoint

-- Open sessions only.
CREATE INDEX parlant_active_sessions_only_idx
  ON parlant_session (workspace_id, agent_id, last_activity_at DESC)
  WHERE status = 'active';--> statement-breakpoint

-- Agents of the last month. PostgreSQL rejects it: what CURRENT_DATE is changes, and a predicate must not.
CREATE INDEX parlant_recently_active_agents_idx
  ON parlant_agent (workspace_id, last_active_at DESC)
  WHERE last_active_at >= CURRENT_DATE - INTERVAL '30 days' AND deleted_at IS NULL;--> statement-breakpoint

-- Events of the last quarter. Rejected for the same reason.
CREATE INDEX parlant_recent_events_only_idx
  ON parlant_event (session_id, created_at DESC, event_type)
  WHERE created_at >= CURRENT_DATE - INTERVAL '90 days';--> statement-breakpoint

DROP INDEX IF EXISTS old_inefficient_index_name;
