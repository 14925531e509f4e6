-- name: Moves
SELECT m.delta, a.sku FROM moves m JOIN articles a ON a.id = m.article_id WHERE m.company_id = $1;
-- name: Corrections
SELECT c.reason, m.delta FROM corrections c JOIN moves m ON m.id = c.move_id AND m.moved_on = c.moved_on WHERE c.company_id = $1;
