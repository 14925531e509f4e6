SELECT kind FROM log.event WHERE org_id = $1 AND actor = $2 ORDER BY at DESC LIMIT 10;
SELECT id FROM log.empty WHERE id = $1;
