-- tenant app.workspace_id=1
-- tenant app.workspace_id=2
INSERT INTO company (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO warehouse (id, company_id, code) VALUES
    (1, 1, 'code a'),
    (2, 2, 'code b');
INSERT INTO product (id, company_id, sku, title, price) VALUES
    (1, 1, 'sku a', 'title a', 1),
    (2, 2, 'sku b', 'title b', 2);
INSERT INTO stock (company_id, warehouse_id, product_id) VALUES
    (1, 1, 1),
    (2, 2, 2);
INSERT INTO movement (id, company_id, product_id, moved_on, delta) VALUES
    (1, 1, 1, '2026-05-05', 1),
    (2, 2, 2, '2026-05-05', 2),
    (3, 1, 1, '2025-05-05', 3),
    (4, 2, 2, '2025-05-05', 4);
