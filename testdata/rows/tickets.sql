-- tenant app.organization_id=1
-- tenant app.organization_id=2
INSERT INTO organization (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO ticket (id, organization_id, subject, status, opened_at) VALUES
    (1, 1, 'subject a', 'status a', '2026-05-05'),
    (2, 2, 'subject b', 'status b', '2026-05-05');
INSERT INTO reply (id, ticket_id, body) VALUES
    (1, 1, 'body a'),
    (2, 2, 'body b');
