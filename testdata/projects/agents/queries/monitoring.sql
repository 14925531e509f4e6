-- How the database does. Half of these were written against columns that the views do not have.

-- Slow statements. PostgreSQL 13 renamed `total_time`, `mean_time` and `stddev_time`.
SELECT query, calls, total_time, mean_time, stddev_time,
  (total_time / sum(total_time) OVER ()) * 100 AS percentage
FROM pg_stat_statements
WHERE query ILIKE '%parlant_%' AND calls > 100
ORDER BY mean_time DESC
LIMIT 20;

-- Statements that cost most in all.
SELECT query, calls, mean_time, rows
FROM pg_stat_statements
WHERE query LIKE '%parlant_%'
ORDER BY mean_time * calls DESC;

-- The same with the columns of today.
SELECT query, calls, mean_exec_time, rows
FROM pg_stat_statements
WHERE query LIKE '%parlant_%'
ORDER BY mean_exec_time * calls DESC;

-- How often indexes are used. The view has `relname` and `indexrelname`, and no scans of the table.
SELECT tablename, indexname, idx_scan, seq_scan, idx_tup_read, seq_tup_read
FROM pg_stat_user_indexes
WHERE tablename LIKE 'parlant_%';

-- The share of index scans.
SELECT schemaname, tablename, indexname,
  idx_scan AS index_scans,
  seq_scan AS table_scans,
  CASE
    WHEN seq_scan + idx_scan > 0 THEN (idx_scan::float / (seq_scan + idx_scan) * 100)::int
    ELSE 0
  END AS index_usage_percentage
FROM pg_stat_user_indexes
WHERE schemaname = 'public' AND tablename LIKE 'parlant_%'
ORDER BY index_usage_percentage DESC;

-- The same with the columns that are there.
SELECT i.relname, i.indexrelname, i.idx_scan, t.seq_scan
FROM pg_stat_user_indexes i
JOIN pg_stat_user_tables t ON t.relid = i.relid
WHERE i.schemaname = 'public' AND i.relname LIKE 'parlant_%'
ORDER BY i.idx_scan;

-- Hit rate of the buffer cache. The view has `relname`.
SELECT schemaname, tablename, heap_blks_hit, heap_blks_read,
  ROUND(heap_blks_hit::NUMERIC / (heap_blks_hit + heap_blks_read) * 100, 2) AS hit_rate
FROM pg_statio_user_tables
WHERE schemaname = 'public' AND tablename LIKE 'parlant_%';

-- Sizes and changes of tables.
SELECT schemaname, tablename,
  pg_size_pretty(pg_total_relation_size(schemaname || '.' || tablename)) AS size,
  pg_stat_get_tuples_inserted(c.oid) AS inserts,
  pg_stat_get_tuples_updated(c.oid) AS updates,
  pg_stat_get_tuples_deleted(c.oid) AS deletes
FROM pg_tables
JOIN pg_class c ON c.relname = tablename
WHERE schemaname = 'public' AND tablename LIKE 'parlant_%'
ORDER BY pg_total_relation_size(schemaname || '.' || tablename) DESC;

-- Connections by state.
SELECT state, COUNT(*) AS connection_count,
  AVG(EXTRACT(epoch FROM (now() - state_change))) AS avg_duration_seconds
FROM pg_stat_activity
WHERE datname = current_database()
GROUP BY state
ORDER BY connection_count DESC;
