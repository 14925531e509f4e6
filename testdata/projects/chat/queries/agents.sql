-- GET /api/agents?active_only=true
SELECT id, name, type, is_active FROM agents WHERE is_active = true ORDER BY name;

-- GET /api/agents/name/@orchestrator
SELECT id, name, type, config FROM agents WHERE name = $1;

-- The agent that plans workflows.
SELECT id FROM agents WHERE type = 'orchestrator' AND is_active = true LIMIT 1;

-- A name as somebody typed it: the index on `name` does not know `lower(name)`.
SELECT id, name FROM agents WHERE lower(name) = lower($1);

-- Agents that use a model.
SELECT id, name FROM agents WHERE config ->> 'model' = $1;
