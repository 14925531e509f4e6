-- tenant app.store_id=1
-- tenant app.store_id=2
INSERT INTO store (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO customer_order (id, store_id, number, status, placed_at) VALUES
    (1, 1, 'number a', 'status a', '2026-05-05'),
    (2, 2, 'number b', 'status b', '2026-05-05');
INSERT INTO order_item (id, order_id, product) VALUES
    (1, 1, 'product a'),
    (2, 2, 'product b');
