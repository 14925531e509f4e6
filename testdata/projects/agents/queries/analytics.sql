-- Figures for dashboards.

-- Agents of a workspace in numbers.
SELECT COUNT(*) agents, AVG(total_sessions) avg_sessions
FROM parlant_agent WHERE workspace_id = ?;

-- Sessions of a workspace day by day.
SELECT DATE(created_at) date, COUNT(*) sessions
FROM parlant_session
WHERE workspace_id = ? AND created_at >= ?
GROUP BY DATE(created_at);

-- Sessions of an agent hour by hour.
SELECT DATE_TRUNC('hour', ps.started_at) AS hour,
  COUNT(*) AS session_count,
  AVG(ps.message_count) AS avg_messages,
  AVG(ps.cost) AS avg_cost,
  AVG(ps.satisfaction_score) FILTER (WHERE ps.satisfaction_score IS NOT NULL) AS avg_satisfaction
FROM parlant_session ps
WHERE ps.agent_id = $1
  AND ps.started_at >= $2
  AND ps.started_at < $3
GROUP BY DATE_TRUNC('hour', ps.started_at)
ORDER BY hour;

-- The daily figures of a workspace.
SELECT agent_id, date, session_count, avg_cost
FROM parlant_agent_analytics_daily
WHERE workspace_id = $1
ORDER BY date DESC;

-- Satisfaction of the workspace against that of everybody.
SELECT AVG(satisfaction_score) AS own,
  (SELECT AVG(satisfaction_score) FROM parlant_session WHERE ended_at IS NOT NULL) AS everybody
FROM parlant_session
WHERE workspace_id = $1;

-- Cost by workspace; the last step drops all but one.
SELECT spent.agent_id, spent.total
FROM (
  SELECT agent_id, SUM(cost) AS total, MIN(workspace_id) AS workspace_id
  FROM parlant_session
  GROUP BY agent_id
) AS spent
WHERE spent.workspace_id = $1;
