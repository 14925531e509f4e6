-- All reads leave deleted rows out: so does the index.
SELECT id FROM task WHERE org_id = $1 AND deleted_at IS NULL ORDER BY due LIMIT 20;
SELECT id FROM task WHERE org_id = $1 AND due < $2 AND deleted_at IS NULL;

-- Live rows of a queue, and nothing else asked.
SELECT id FROM job WHERE started_at IS NULL AND NOT failed;

-- One read wants deleted rows too: the index has no predicate.
SELECT id FROM note WHERE author_id = $1 AND deleted_at IS NULL;
SELECT count(*) FROM note WHERE author_id = $1;

-- The opposite of the column is in no index of the others.
SELECT id FROM note WHERE pinned ORDER BY id DESC LIMIT 5;
