-- What an agent may use, what it is told, and the paths it follows.

-- Tools of an agent.
SELECT pt.id, pt.name, pt.display_name, pt.parameters, pat.configuration, pat.priority
FROM parlant_tool pt
INNER JOIN parlant_agent_tool pat ON pt.id = pat.tool_id
WHERE pat.agent_id = $1
  AND pat.enabled = true
  AND pt.enabled = true
ORDER BY pat.priority DESC, pt.name;

-- Tools of an agent of the workspace.
SELECT pt.id, pt.name, pat.configuration
FROM parlant_agent pa
JOIN parlant_agent_tool pat ON pat.agent_id = pa.id AND pat.enabled = true
JOIN parlant_tool pt ON pt.id = pat.tool_id AND pt.workspace_id = pa.workspace_id AND pt.enabled = true
WHERE pa.workspace_id = $1 AND pa.id = $2
ORDER BY pat.priority DESC;

-- Tools of an agent of the workspace; the tool itself is taken as the link gives it.
SELECT pt.id, pt.name, pat.configuration
FROM parlant_agent pa
JOIN parlant_agent_tool pat ON pat.agent_id = pa.id AND pat.enabled = true
JOIN parlant_tool pt ON pt.id = pat.tool_id
WHERE pa.workspace_id = $1 AND pa.id = $2;

-- Tools that a workspace can use.
SELECT id, name, tool_type FROM parlant_tool
WHERE workspace_id = $1 AND enabled = true AND tool_type = 'http';

-- Links a tool to an agent; both keys are the caller's.
INSERT INTO parlant_agent_tool (agent_id, tool_id, priority)
VALUES ($1, $2, $3)
ON CONFLICT (agent_id, tool_id) DO NOTHING;

-- Guidelines of an agent.
SELECT * FROM parlant_guideline
WHERE agent_id = ? AND enabled = true
ORDER BY priority DESC;

-- Guidelines of a workspace that speak of something.
SELECT g.id, g.condition, g.action
FROM parlant_guideline g
JOIN parlant_agent a ON a.id = g.agent_id
WHERE a.workspace_id = $1
  AND g.enabled = true
  AND to_tsvector('english', coalesce(g.condition, '') || ' ' || coalesce(g.action, '')) @@ plainto_tsquery('english', $2);

-- Journeys of an agent with their states.
SELECT * FROM parlant_journey j
LEFT JOIN parlant_journey_state js ON j.id = js.journey_id
WHERE j.agent_id = ?;

-- Paths through a journey.
WITH RECURSIVE journey_path AS (
  SELECT js.id, js.name, js.state_type, js.chat_prompt, js.tool_id, 0 AS depth, ARRAY[js.id] AS path
  FROM parlant_journey_state js
  WHERE js.journey_id = $1 AND js.is_initial = true

  UNION ALL

  SELECT js.id, js.name, js.state_type, js.chat_prompt, js.tool_id, jp.depth + 1, jp.path || js.id
  FROM journey_path jp
  INNER JOIN parlant_journey_transition jt ON jt.from_state_id = jp.id
  INNER JOIN parlant_journey_state js ON js.id = jt.to_state_id
  WHERE jp.depth < 10 AND NOT js.id = ANY(jp.path)
)
SELECT * FROM journey_path ORDER BY depth, name;

-- Canned replies, once there are any.
SELECT id, body FROM parlant_canned_response WHERE workspace_id = $1;
