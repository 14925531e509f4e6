-- name: Places
SELECT v.id, p.label FROM visits v JOIN places p ON p.id = v.cleared WHERE v.org_id = $1;
