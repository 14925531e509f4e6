-- name: Duplicates
SELECT t.title, o.title FROM tasks t JOIN tasks o ON o.id = t.same_as WHERE t.team_id = $1;
-- name: Parents
SELECT t.title, o.title FROM tasks t JOIN tasks o ON o.id = t."parentId" WHERE t.team_id = $1;
