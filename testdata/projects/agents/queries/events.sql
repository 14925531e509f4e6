-- Events of sessions. An event belongs to the workspace of its session.

-- The conversation. PostgreSQL rejects it: OFFSET without quotes is the clause.
SELECT * FROM parlant_event
WHERE session_id = ? ORDER BY offset;

-- The conversation, with quotes.
SELECT * FROM parlant_event
WHERE session_id = ? ORDER BY "offset";

-- The conversation from an offset on, for the live view.
SELECT pe.offset, pe.event_type, pe.content, pe.created_at
FROM parlant_event pe
WHERE pe.session_id = $1
  AND pe.offset >= $2
ORDER BY pe.offset
LIMIT 50;

-- The conversation of a session that is verified.
SELECT e."offset", e.event_type, e.content
FROM parlant_event e
JOIN parlant_session s ON s.id = e.session_id
WHERE s.workspace_id = $1 AND s.id = $2
ORDER BY e."offset";

-- What a tool call led to.
SELECT e.id, e.event_type, e.content
FROM parlant_event e
WHERE e.tool_call_id = $1
ORDER BY e.created_at DESC;

-- Events of a workspace by type since a time.
SELECT e.event_type, COUNT(*) AS events
FROM parlant_event e
WHERE e.created_at >= $2
  AND EXISTS (SELECT 1 FROM parlant_session s WHERE s.id = e.session_id AND s.workspace_id = $1)
GROUP BY e.event_type;

-- Adds a message to a session that the caller names.
INSERT INTO parlant_event (session_id, "offset", event_type, content)
VALUES ($1, $2, 'customer_message', $3);

-- Adds a message to a session of the workspace.
INSERT INTO parlant_event (session_id, "offset", event_type, content)
SELECT s.id, $3, 'customer_message', $4
FROM parlant_session s
WHERE s.workspace_id = $1 AND s.id = $2;

-- Takes the messages of a session back.
DELETE FROM parlant_event e
USING parlant_session s
WHERE s.id = e.session_id AND s.workspace_id = $1 AND s.id = $2 AND e."offset" >= $3;
