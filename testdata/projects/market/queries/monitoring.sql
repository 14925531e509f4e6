-- Statements that run for long.
SELECT pid, now() - pg_stat_activity.query_start AS duration, query, state
FROM pg_stat_activity
WHERE (now() - pg_stat_activity.query_start) > interval '5 minutes'
  AND state = 'active'
ORDER BY duration DESC;

-- How values are spread.
SELECT schemaname, tablename, attname, n_distinct, correlation
FROM pg_stats
WHERE tablename IN ('products', 'product_searches', 'market_analyses')
ORDER BY n_distinct DESC;

SELECT
    pg_size_pretty(pg_database_size('market_research_db')) AS db_size,
    pg_size_pretty(pg_total_relation_size('products')) AS products_size,
    pg_size_pretty(pg_total_relation_size('product_searches')) AS searches_size;

-- Slow statements. PostgreSQL 13 renamed `total_time` and `mean_time`.
SELECT query, calls, total_time, mean_time, rows,
    100.0 * shared_blks_hit / nullif(shared_blks_hit + shared_blks_read, 0) AS hit_percent
FROM pg_stat_statements
WHERE mean_time > $1
ORDER BY total_time DESC
LIMIT 20;

-- Tables that are read whole. The view calls the table `relname`.
SELECT schemaname, tablename, seq_scan, seq_tup_read, idx_scan, idx_tup_fetch,
    seq_tup_read / seq_scan AS avg_seq_read
FROM pg_stat_user_tables
WHERE seq_scan > 0
ORDER BY seq_tup_read DESC
LIMIT 10;
