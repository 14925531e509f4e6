-- The tenant is known to be the same on both sides: it comes first.
SELECT i.number FROM customer c LEFT JOIN invoice i ON i.customer_id = c.id AND i.org_id = c.org_id
WHERE c.org_id = $1 AND c.email = $2;

-- The rows of a parent.
SELECT l.sku, l.amount FROM invoice i LEFT JOIN line l ON l.invoice_id = i.id WHERE i.id = $1;
SELECT i.id FROM invoice i WHERE i.id = $1 AND NOT EXISTS (SELECT 1 FROM line l WHERE l.invoice_id = i.id);

-- Neither side can be found by the key of the other; a range comes behind the equality.
SELECT l.sku, p.amount FROM line l JOIN price p ON p.sku = l.sku AND p.valid_from <= $1;

-- Correlated.
SELECT i.number, (SELECT sum(l.amount) FROM line l WHERE l.invoice_id = i.id AND l.sku = $2) FROM invoice i WHERE i.id = $1;

-- The other side is restricted by itself, and what is asked of this one says only which rows are live.
SELECT count(*) FROM note n JOIN customer c ON c.id = n.customer_id
WHERE c.org_id = $1 AND NOT n.hidden AND n.deleted_at IS NULL;
