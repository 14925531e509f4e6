-- tenant app.org_id=00000000-0000-0000-0000-00000000000a
-- tenant app.org_id=00000000-0000-0000-0000-00000000000b
INSERT INTO organizations (id, legal_name, country) VALUES
    ('00000000-0000-0000-0000-00000000000a', 'legal_name a', 'DE'),
    ('00000000-0000-0000-0000-00000000000b', 'legal_name b', 'DE');
INSERT INTO accounts (id, org_id, code, name, kind, currency, opened_on) VALUES
    ('00000000-0000-0000-0002-00000000000a', '00000000-0000-0000-0000-00000000000a', 'code a', 'name a', 'asset', 'EUR', '2026-05-05'),
    ('00000000-0000-0000-0002-00000000000b', '00000000-0000-0000-0000-00000000000b', 'code b', 'name b', 'asset', 'EUR', '2026-05-05');
INSERT INTO entries (id, org_id, account_id, booked_on, posted_at, amount, direction) VALUES
    (1, '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0002-00000000000a', '2026-05-05', '2026-05-05', 1, 1),
    (2, '00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0002-00000000000b', '2026-05-05', '2026-05-05', 2, 2);
INSERT INTO customers (id, org_id, name, email) VALUES
    (1, '00000000-0000-0000-0000-00000000000a', 'name a', 'email a'),
    (2, '00000000-0000-0000-0000-00000000000b', 'name b', 'email b');
INSERT INTO subscriptions (id, customer_id, plan_code, status, period) VALUES
    (1, 1, 'plan_code a', 'status a', '[2026-01-01,2026-02-01)'),
    (2, 2, 'plan_code b', 'status b', '[2026-01-01,2026-02-01)');
INSERT INTO invoices (id, org_id, customer_id, number, total, balance, currency) VALUES
    (1, '00000000-0000-0000-0000-00000000000a', 1, 'number a', 1, 1, 'EUR'),
    (2, '00000000-0000-0000-0000-00000000000b', 2, 'number b', 2, 2, 'EUR');
INSERT INTO payments (id, invoice_id, provider, provider_ref, amount, received_at) VALUES
    ('00000000-0000-0000-0007-00000000000a', 1, 'provider a', 'provider_ref a', 1, '2026-05-05'),
    ('00000000-0000-0000-0007-00000000000b', 2, 'provider b', 'provider_ref b', 2, '2026-05-05');
INSERT INTO exchange_rates (base, quote, valid, rate) VALUES
    ('EUR', 'EUR', '[2026-01-01,2026-02-01)', 1),
    ('EUR', 'EUR', '[2026-02-01,2026-03-01)', 2);
INSERT INTO audit_log (org_id, action) VALUES
    ('00000000-0000-0000-0000-00000000000a', 'action a'),
    ('00000000-0000-0000-0000-00000000000b', 'action b');
