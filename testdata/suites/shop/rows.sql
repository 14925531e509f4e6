-- tenant app.tenant_id=1
-- tenant app.tenant_id=2
INSERT INTO tenants (id, slug, name) OVERRIDING SYSTEM VALUE VALUES
    (1, 'slug a', 'name a'),
    (2, 'slug b', 'name b');
INSERT INTO users (id, tenant_id, email, username, handle) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 'email a', 'username a', 'handle a'),
    (2, 2, 'email b', 'username b', 'handle b');
INSERT INTO categories (id, tenant_id, slug, name) VALUES
    (1, 1, 'slug a', 'name a'),
    (2, 2, 'slug b', 'name b');
INSERT INTO products (id, tenant_id, category_id, sku, title, price) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 'sku a', 'title a', 1),
    (2, 2, 2, 'sku b', 'title b', 2);
INSERT INTO carts (id, tenant_id, user_id, token) VALUES
    ('00000000-0000-0000-0005-00000000000a', 1, 1, 'token a'),
    ('00000000-0000-0000-0005-00000000000b', 2, 2, 'token b');
INSERT INTO orders (id, tenant_id, user_id, number) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 1),
    (2, 2, 2, 2);
INSERT INTO order_items (order_id, line_no, product_id, unit_price) VALUES
    (1, 1, 1, 1),
    (2, 2, 2, 2);
INSERT INTO coupons (id, tenant_id, code, valid_from) VALUES
    (1, 1, 'code a', '2026-05-05'),
    (2, 2, 'code b', '2026-05-05');
INSERT INTO reviews (id, product_id, user_id, rating) VALUES
    (1, 1, 1, 1),
    (2, 2, 2, 2);
