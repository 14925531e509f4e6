-- Sessions of agents: the hottest table.

-- Open sessions of an agent, a quarter of all queries.
SELECT * FROM parlant_session
WHERE agent_id = ? AND status = 'active'
ORDER BY last_activity_at DESC;

-- The same for one workspace.
SELECT * FROM parlant_session
WHERE workspace_id = ? AND agent_id = ? AND status = 'active'
ORDER BY last_activity_at DESC;

-- What a user did.
SELECT id, agent_id, status, last_activity_at FROM parlant_session
WHERE workspace_id = $1 AND user_id = $2
ORDER BY last_activity_at DESC
LIMIT 50;

-- Sessions with the name of their agent, each side filtered for itself.
SELECT s.id, s.status, a.name
FROM parlant_session s
JOIN parlant_agent a ON a.id = s.agent_id
WHERE s.workspace_id = $1 AND a.workspace_id = $1
ORDER BY s.created_at DESC;

-- Sessions with the name of their agent, one side filtered.
SELECT s.id, s.status, a.name
FROM parlant_session s
JOIN parlant_agent a ON a.id = s.agent_id
WHERE s.workspace_id = $1
ORDER BY s.created_at DESC;

-- The same, but the two filters take different values.
SELECT s.id, s.status, a.name
FROM parlant_session s
JOIN parlant_agent a ON a.id = s.agent_id
WHERE s.workspace_id = $1 AND a.workspace_id = $2;

-- Sessions of the agents of a workspace that were archived.
SELECT s.id, s.agent_id
FROM parlant_session s
WHERE s.workspace_id = $1
  AND s.agent_id IN (SELECT id FROM parlant_agent WHERE status = 'archived' AND workspace_id = $1);

-- The last session of each agent: the rows are picked before the workspace is.
SELECT latest.agent_id, latest.id, latest.last_activity_at
FROM (
  SELECT DISTINCT ON (agent_id) agent_id, id, workspace_id, last_activity_at
  FROM parlant_session
  ORDER BY agent_id, last_activity_at DESC
) AS latest
WHERE latest.workspace_id = $1;

-- Long sessions.
SELECT id, agent_id, message_count FROM parlant_session
WHERE message_count > 100
ORDER BY message_count DESC
LIMIT 20;

-- Opens a session. The key of the agent is the caller's, but the session is the workspace's own.
INSERT INTO parlant_session (workspace_id, agent_id, user_id)
VALUES ($1, $2, $3)
RETURNING id;

-- Closes a session.
UPDATE parlant_session SET status = 'completed', ended_at = now()
WHERE id = $1;

-- Closes a session of the workspace.
UPDATE parlant_session SET status = 'completed', ended_at = now()
WHERE workspace_id = $1 AND id = $2
RETURNING agent_id, cost;

-- Adds up what a session cost, and takes over what another system wrote under the same id.
INSERT INTO parlant_session (id, workspace_id, agent_id, cost)
VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET cost = parlant_session.cost + EXCLUDED.cost;
