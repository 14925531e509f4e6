-- Agents of a workspace: lists, lookups, changes.

-- Active agents, the most frequent query.
SELECT * FROM parlant_agent
WHERE workspace_id = ? AND status = 'active' AND deleted_at IS NULL;

-- Search by a part of the name.
SELECT * FROM parlant_agent
WHERE workspace_id = ? AND name ILIKE ? AND deleted_at IS NULL;

-- Search by words in the description.
SELECT id, name, ts_rank(to_tsvector('english', name || ' ' || COALESCE(description, '')), query) AS rank
FROM parlant_agent, plainto_tsquery('english', $2) AS query
WHERE workspace_id = $1
  AND deleted_at IS NULL
  AND to_tsvector('english', name || ' ' || COALESCE(description, '')) @@ query
ORDER BY rank DESC
LIMIT 20;

-- Agents by model, the workspace optional: the page of the administrators and that of the workspace share it.
SELECT id, name, status FROM parlant_agent
WHERE ($1::text IS NULL OR workspace_id = $1) AND model_provider = $2 AND composition_mode = 'strict';

-- Agents of the workspace that are shown: active ones, or all archived ones. AND binds before OR.
SELECT id, name FROM parlant_agent
WHERE workspace_id = $1 AND status = 'active' OR status = 'archived';

-- The agents of the demonstration.
SELECT id, name, description FROM parlant_agent
WHERE workspace_id = 'demo' AND deleted_at IS NULL
ORDER BY name;

-- One agent, as the cache loads it.
SELECT * FROM parlant_agent WHERE id = $1;

-- One agent of the workspace.
SELECT * FROM parlant_agent WHERE id = $1 AND workspace_id = $2 AND deleted_at IS NULL;

-- Active agents with the number of their open sessions.
EXPLAIN (ANALYZE, BUFFERS)
SELECT pa.id, pa.name, pa.status, pa.last_active_at,
  COUNT(ps.id) FILTER (WHERE ps.status = 'active') AS active_sessions,
  pa.total_sessions
FROM parlant_agent pa
LEFT JOIN parlant_session ps ON pa.id = ps.agent_id AND ps.status = 'active'
WHERE pa.workspace_id = $1
  AND pa.status = 'active'
  AND pa.deleted_at IS NULL
GROUP BY pa.id, pa.name, pa.status, pa.last_active_at, pa.total_sessions
ORDER BY pa.last_active_at DESC NULLS LAST
LIMIT 20;

-- The same with a lateral count.
EXPLAIN (ANALYZE, BUFFERS)
SELECT pa.*, COALESCE(session_counts.active_sessions, 0) AS active_sessions
FROM parlant_agent pa
LEFT JOIN LATERAL (
  SELECT COUNT(*) AS active_sessions
  FROM parlant_session ps
  WHERE ps.agent_id = pa.id AND ps.status = 'active'
) session_counts ON true
WHERE pa.workspace_id = $1
  AND pa.status = 'active'
  AND pa.deleted_at IS NULL
ORDER BY pa.last_active_at DESC NULLS LAST
LIMIT 20;

-- The same with both sides verified.
SELECT pa.id, pa.name, COUNT(ps.id) AS active_sessions
FROM parlant_agent pa
LEFT JOIN parlant_session ps
  ON pa.id = ps.agent_id AND ps.workspace_id = pa.workspace_id AND ps.status = 'active'
WHERE pa.workspace_id = $1 AND pa.deleted_at IS NULL
GROUP BY pa.id, pa.name;

-- Agents with their knowledge: the composite key of the knowledge base carries the workspace along.
SELECT pa.name, kb.title
FROM parlant_agent pa
JOIN parlant_agent_knowledge_base kb ON kb.agent_id = pa.id AND kb.enabled = true
WHERE pa.workspace_id = $1 AND pa.deleted_at IS NULL
ORDER BY pa.name, kb.priority DESC;

-- Copies an agent into a workspace. Whose the original is, nobody asks.
INSERT INTO parlant_agent (workspace_id, name, description, system_prompt)
SELECT $1, name || ' (copy)', description, system_prompt
FROM parlant_agent
WHERE id = $2;

-- Creates an agent.
INSERT INTO parlant_agent (workspace_id, name, description)
VALUES ($1, $2, $3)
RETURNING id;

-- Renames an agent of the workspace.
UPDATE parlant_agent SET name = $3, updated_at = now()
WHERE workspace_id = $1 AND id = $2;

-- Deletes an agent, softly.
UPDATE parlant_agent SET deleted_at = now() WHERE id = $1;

-- Moves an agent to another workspace.
UPDATE parlant_agent SET workspace_id = $2 WHERE workspace_id = $1 AND id = $3;

-- Agents of all shards.
SELECT id, name FROM parlant_agent_global WHERE workspace_id = $1;
