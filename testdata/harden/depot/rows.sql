-- tenant app.company_id=1
-- tenant app.company_id=2
INSERT INTO companies VALUES (1, 'a'), (2, 'b');
INSERT INTO articles (id, company_id, sku, price) VALUES (1, 1, 's', 1), (2, 2, 's', 1);
INSERT INTO moves VALUES (1, 1, 1, '2025-05-05', 1), (2, 2, 2, '2025-05-05', 1), (3, 1, 1, '2026-05-05', 1), (4, 2, 2, '2026-05-05', 1);
INSERT INTO corrections VALUES (1, 1, 1, '2025-05-05', 'r'), (2, 2, 4, '2026-05-05', 'r');
