-- tenant app.workspace_id=a
-- tenant app.workspace_id=b
INSERT INTO workspace (id, name) VALUES
    ('a', 'name a'),
    ('b', 'name b');
INSERT INTO member (workspace_id, id, email) VALUES
    ('a', 1, 'email a'),
    ('b', 2, 'email b');
INSERT INTO project (id, workspace_id, slug, name, lead_id) VALUES
    (1, 'a', 'slug a', 'name a', 1),
    (2, 'b', 'slug b', 'name b', 2);
INSERT INTO task (id, workspace_id, project_id, assignee_id, title) VALUES
    (1, 'a', 1, 1, 'title a'),
    (2, 'b', 2, 2, 'title b');
INSERT INTO comment (id, workspace_id, task_id, author_id, body) VALUES
    (1, 'a', 1, 1, 'body a'),
    (2, 'b', 2, 2, 'body b');
INSERT INTO label (workspace_id, id, name) VALUES
    ('a', 1, 'name a'),
    ('b', 2, 'name b');
INSERT INTO task_label (workspace_id, task_id, label_id) VALUES
    ('a', 1, 1),
    ('b', 2, 2);
