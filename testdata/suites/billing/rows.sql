-- tenant app.workspace_id=1
-- tenant app.workspace_id=2
INSERT INTO organization (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO currency (code) VALUES
    ('EUR');
INSERT INTO plan (id, name, price, currency) VALUES
    (1, 'name a', 1, 'EUR'),
    (2, 'name b', 2, 'EUR');
INSERT INTO customer (id, org_id, name) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 'name a'),
    (2, 2, 'name b');
INSERT INTO subscription (id, org_id, customer_id, plan_id) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 1),
    (2, 2, 2, 2);
INSERT INTO invoice (id, org_id, customer_id, number, currency) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 1, 'EUR'),
    (2, 2, 2, 2, 'EUR');
INSERT INTO invoice_line (id, invoice_id, plan_id, description, unit_price) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 'description a', 1),
    (2, 2, 2, 'description b', 2);
INSERT INTO payment (id, org_id, invoice_id, amount, external_ref) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 1, 'external_ref a'),
    (2, 2, 2, 2, 'external_ref b');
