-- tenant app.team_id=a
-- tenant app.team_id=b
INSERT INTO teams VALUES ('a', 'a'), ('b', 'b');
INSERT INTO staff VALUES ('a', 1, 'x'), ('b', 1, 'x');
INSERT INTO tasks (id, team_id, same_as, assignee, title) VALUES (1, 'a', NULL, 1, 't'), (2, 'b', NULL, 1, 't'), (3, 'a', 1, NULL, 't');
