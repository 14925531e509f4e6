-- name: KeysWithMaker
SELECT k.id, l.email FROM access_keys k LEFT JOIN logins l ON l.id = k.login_id WHERE k.tenant_id = $1;
-- name: CallsDue
SELECT c.id, p.phone FROM calls c JOIN persons p ON p.id = c.person_id WHERE c.tenant_id = $1 AND c.due_at < now();
-- name: CallsOfPersons
SELECT p.phone, count(*) FROM persons p JOIN calls c ON c.person_id = p.id WHERE p.tenant_id = $1 GROUP BY p.phone;
