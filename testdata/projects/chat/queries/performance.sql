-- GET /api/performance/database

-- Indexes that exist.
SELECT tablename, indexname, indexdef
FROM pg_indexes
WHERE schemaname = 'public'
ORDER BY tablename, indexname;

-- How often each is used. `tablename` and `indexname` are columns of pg_indexes, not of this view.
SELECT schemaname, tablename, indexname, idx_scan AS index_scans
FROM pg_stat_user_indexes
WHERE schemaname = 'public'
ORDER BY idx_scan DESC;

-- The same with the view's own columns.
SELECT relname AS "table", indexrelname AS "index", idx_scan AS scans, idx_tup_read AS tuples_read,
    idx_tup_fetch AS tuples_fetched
FROM pg_stat_user_indexes
WHERE schemaname = 'public'
ORDER BY idx_scan DESC;

-- Sizes of tables.
SELECT tablename AS "table",
    pg_size_pretty(pg_total_relation_size(quote_ident(schemaname) || '.' || quote_ident(tablename))) AS size,
    pg_total_relation_size(quote_ident(schemaname) || '.' || quote_ident(tablename)) AS size_bytes
FROM pg_tables
WHERE schemaname = 'public'
ORDER BY size_bytes DESC;

EXPLAIN ANALYZE SELECT * FROM agents WHERE is_active = true;
