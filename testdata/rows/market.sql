-- tenant app.user_id=00000000-0000-0000-0000-00000000000a
-- tenant app.user_id=00000000-0000-0000-0000-00000000000b
INSERT INTO products (id, title, category, price) VALUES
    ('00000000-0000-0000-0001-00000000000a', 'title a', 'category a', 1),
    ('00000000-0000-0000-0001-00000000000b', 'title b', 'category b', 2);
INSERT INTO product_categories (product_id, category) VALUES
    ('00000000-0000-0000-0001-00000000000a', 'category a'),
    ('00000000-0000-0000-0001-00000000000b', 'category b');
INSERT INTO product_search_results (search_query_hash, product_id, relevance_score) VALUES
    ('x', '00000000-0000-0000-0001-00000000000a', '1'),
    ('x', '00000000-0000-0000-0001-00000000000b', '2');
INSERT INTO product_searches (user_id, query, results_count) VALUES
    ('00000000-0000-0000-0000-00000000000a', 'query a', 1),
    ('00000000-0000-0000-0000-00000000000b', 'query b', 2);
INSERT INTO market_analyses (user_id, product_keywords, analysis_type) VALUES
    ('00000000-0000-0000-0000-00000000000a', '[]', 'type a'),
    ('00000000-0000-0000-0000-00000000000b', '[]', 'type b');
INSERT INTO product_searches_partitioned (user_id, query, search_timestamp) VALUES
    ('00000000-0000-0000-0000-00000000000a', 'query a', '2024-01-05'),
    ('00000000-0000-0000-0000-00000000000b', 'query b', '2024-01-05');
