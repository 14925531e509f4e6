-- Analyses that users ordered.

-- Analyses of a user by status.
SELECT id, analysis_type, created_at
FROM market_analyses
WHERE user_id = $1 AND status = $2
ORDER BY created_at DESC;

-- One analysis, as the link in the mail opens it.
SELECT id, status, results FROM market_analyses WHERE id = $1;

-- One analysis of a user.
SELECT id, status, results FROM market_analyses WHERE id = $1 AND user_id = $2;

-- Analyses with the searches of the same user.
SELECT a.id, COUNT(s.id) AS searches
FROM market_analyses a
LEFT JOIN product_searches s ON s.user_id = a.user_id AND s.search_timestamp >= a.created_at
WHERE a.user_id = $1
GROUP BY a.id;

-- The next analysis for a worker.
-- sqlmoat: cross-tenant workers take orders from everybody
UPDATE market_analyses SET status = 'running'
WHERE id IN (
    SELECT id FROM market_analyses
    WHERE status = 'pending'
    ORDER BY created_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, product_keywords;

-- What a worker found.
UPDATE market_analyses SET status = 'done', results = $2, completed_at = NOW(), processing_duration = $3
WHERE id = $1;

-- Orders an analysis.
INSERT INTO market_analyses (user_id, product_keywords, analysis_type)
VALUES ($1, $2, $3)
RETURNING id;

-- Analyses that took long.
SELECT analysis_type, AVG(processing_duration) FROM market_analyses
WHERE user_id = $1 AND processing_duration > 60
GROUP BY analysis_type;

-- Figures of all analyses of a type, for the page of a user.
SELECT analysis_type, COUNT(*) AS total, COUNT(*) FILTER (WHERE user_id = $1) AS own
FROM market_analyses
GROUP BY analysis_type;
