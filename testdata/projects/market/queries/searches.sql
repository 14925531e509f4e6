-- What users looked for.

-- The history of a user.
SELECT id, query, results_count, search_timestamp
FROM product_searches
WHERE user_id = $1
ORDER BY search_timestamp DESC
LIMIT 20;

-- Whether a user searched for this before.
SELECT id, results_count FROM product_searches
WHERE user_id = $1 AND MD5(query) = MD5($2);

-- Whether anybody did.
SELECT id, results_count FROM product_searches
WHERE MD5(query) = MD5($1);

-- What is looked for most, over all users.
-- sqlmoat: cross-tenant the page of trends shows words and counts only
SELECT query, COUNT(*) AS searches
FROM product_searches
WHERE search_timestamp >= NOW() - INTERVAL '7 days'
GROUP BY query
ORDER BY searches DESC
LIMIT 10;

-- The ten newest searches of a user: the rows are numbered over all users.
SELECT newest.query, newest.search_timestamp
FROM (
    SELECT user_id, query, search_timestamp, ROW_NUMBER() OVER (ORDER BY search_timestamp DESC) AS n
    FROM product_searches
) AS newest
WHERE newest.user_id = $1 AND newest.n <= 10;

INSERT INTO product_searches (user_id, query, filters, results_count, processing_time_ms)
VALUES ($1, $2, $3, $4, $5);

-- The history of a user, from the partitions.
SELECT query, search_timestamp
FROM product_searches_partitioned
WHERE user_id = $1 AND search_timestamp >= $2;

-- One month's partition, read directly.
SELECT COUNT(*) FROM product_searches_2024_01;

-- Forgets a user.
DELETE FROM product_searches WHERE user_id = $1;
