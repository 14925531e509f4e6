-- One row for each agent and day. Sessions are joined by agent alone: a session of another workspace that refers to
-- the agent is counted in.
CREATE MATERIALIZED VIEW parlant_agent_analytics_daily AS
SELECT
  pa.id AS agent_id,
  pa.workspace_id,
  DATE_TRUNC('day', ps.started_at) AS date,
  COUNT(ps.id) AS session_count,
  AVG(ps.message_count) AS avg_message_count,
  AVG(ps.tokens_used) AS avg_tokens_used,
  AVG(ps.cost) AS avg_cost,
  AVG(ps.satisfaction_score) FILTER (WHERE ps.satisfaction_score IS NOT NULL) AS avg_satisfaction,
  COUNT(ps.id) FILTER (WHERE ps.status = 'completed') AS completed_sessions,
  COUNT(ps.id) FILTER (WHERE ps.status = 'abandoned') AS abandoned_sessions
FROM parlant_agent pa
LEFT JOIN parlant_session ps ON pa.id = ps.agent_id
WHERE ps.started_at >= CURRENT_DATE - INTERVAL '90 days'
GROUP BY pa.id, pa.workspace_id, DATE_TRUNC('day', ps.started_at)
WITH DATA;--> statement-breakpoint

CREATE INDEX ON parlant_agent_analytics_daily (agent_id, date DESC);--> statement-breakpoint
CREATE INDEX ON parlant_agent_analytics_daily (workspace_id, date DESC);--> statement-breakpoint

CREATE OR REPLACE FUNCTION refresh_parlant_analytics()
RETURNS void AS $$
BEGIN
  REFRESH MATERIALIZED VIEW CONCURRENTLY parlant_agent_analytics_daily;
END;
$$ LANGUAGE plpgsql;--> statement-breakpoint

SELECT cron.schedule('refresh-parlant-analytics', '0 * * * *', 'SELECT refresh_parlant_analytics();');
