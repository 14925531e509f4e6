-- tenant app.team_id=1
-- tenant app.team_id=2
INSERT INTO agents (id, team_id, full_name, login) VALUES
    (1, 1, 'full_name a', 'login a'),
    (2, 2, 'full_name b', 'login b');
INSERT INTO requesters (id, brand_id, email) VALUES
    (1, 1, 'email a'),
    (2, 2, 'email b');
INSERT INTO tickets (id, brand_id, requester_id, assignee_id, team_id, subject, channel) VALUES
    (1, 1, 1, 1, 1, 'subject a', 'channel a'),
    (2, 2, 2, 2, 2, 'subject b', 'channel b');
INSERT INTO comments (id, ticket_id, author_kind, body) VALUES
    (1, 1, 'author_kind a', 'body a'),
    (2, 2, 'author_kind b', 'body b');
INSERT INTO attachments (id, comment_id, file_name, mime, bytes, sha256) VALUES
    ('00000000-0000-0000-0005-00000000000a', 1, 'file_name a', 'mime a', 1, '\x00'),
    ('00000000-0000-0000-0005-00000000000b', 2, 'file_name b', 'mime b', 2, '\x00');
INSERT INTO articles (id, brand_id, locale, slug, title, body, author_id, updated_at) VALUES
    (1, 1, 'locale a', 'slug a', 'title a', 'body a', 1, '2026-05-05'),
    (2, 2, 'locale b', 'slug b', 'title b', 'body b', 2, '2026-05-05');
INSERT INTO votes (article_id, requester_id, helpful) VALUES
    (1, 1, true),
    (2, 2, true);
INSERT INTO macros (id, team_id, title, actions, position) VALUES
    (1, 1, 'title a', '{}', 1),
    (2, 2, 'title b', '{}', 2);
INSERT INTO sla_events (id, ticket_id, metric, target_at) VALUES
    (1, 1, 'metric a', '2026-05-05'),
    (2, 2, 'metric b', '2026-05-05');
