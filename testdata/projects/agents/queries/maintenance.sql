-- What runs at night, and what monitoring writes.

-- sqlmoat: cross-tenant retention is the same for every workspace
DELETE FROM parlant_event WHERE created_at < now() - interval '90 days';

-- Old sessions that were completed. Nobody wrote down that this is meant for all workspaces.
DELETE FROM parlant_session
WHERE ended_at < now() - interval '90 days' AND status = 'completed';

-- Raises an alert, and forgets whose it is.
INSERT INTO parlant_performance_alert (query_name, duration_ms)
VALUES ($1, $2);

-- Alerts of a workspace.
SELECT query_name, duration_ms, raised_at FROM parlant_performance_alert
WHERE workspace_id = $1
ORDER BY raised_at DESC
LIMIT 100;

-- Baselines of the agents of a workspace.
SELECT b.query_name, b.p95_ms
FROM parlant_performance_baseline b
JOIN parlant_agent a ON a.id = b.agent_id
WHERE a.workspace_id = $1;

-- Whether old backups of indexes are still there; the view calls the column `indexrelname`.
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_stat_user_indexes WHERE indexname LIKE 'parlant_%_old_backup') THEN
    RAISE NOTICE 'Restoring backup indexes';
  END IF;
END $$;

SELECT pg_stat_reset();
