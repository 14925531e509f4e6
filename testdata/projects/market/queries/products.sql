-- Products that a search found before, a page of them. MD5() gives text, and compared with text a CHAR(32) column is
-- cast: none of its indexes serves.
EXPLAIN ANALYZE
SELECT p.id, p.title, p.price, p.category, ps.relevance_score
FROM products p
JOIN product_search_results ps ON p.id = ps.product_id
WHERE ps.search_query_hash = MD5($1)
  AND p.category = ANY($2)
  AND p.price BETWEEN $3 AND $4
ORDER BY ps.relevance_score DESC, p.created_at DESC
LIMIT $5 OFFSET $6;

-- Categories in numbers. PostgreSQL rejects it: both tables have a column `category`.
WITH market_metrics AS (
    SELECT
        category,
        COUNT(*) AS product_count,
        AVG(price) AS avg_price,
        PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY price) AS median_price,
        AVG(review_rating) AS avg_rating
    FROM products p
    JOIN product_categories pc ON p.id = pc.product_id
    WHERE p.created_at >= NOW() - INTERVAL '90 days'
      AND pc.category = ANY($1)
    GROUP BY category
)
SELECT * FROM market_metrics ORDER BY product_count DESC;

-- Categories in numbers, with the table named.
SELECT pc.category, COUNT(*) AS product_count, AVG(p.price) AS avg_price
FROM products p
JOIN product_categories pc ON p.id = pc.product_id
WHERE p.created_at >= NOW() - INTERVAL '90 days'
  AND pc.category = ANY($1)
GROUP BY pc.category
ORDER BY product_count DESC;

-- Well rated products.
SELECT id, title FROM products WHERE review_rating >= 4.5 ORDER BY review_rating DESC LIMIT 20;
