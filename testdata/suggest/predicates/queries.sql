-- Two needs, one index: (customer_id, placed_at).
SELECT id FROM orders WHERE customer_id = $1;
SELECT id FROM orders WHERE customer_id = $1 AND placed_at > $2;

-- The tenant comes first, and the index that has only the tenant is redundant then.
SELECT id FROM orders WHERE org_id = $1 AND state = 'new' ORDER BY placed_at DESC LIMIT 10;

-- A list of constants would undo the order as a key; it is the predicate.
SELECT id FROM orders WHERE state IN ('new', 'paid') ORDER BY total LIMIT 10;

-- A list alone is a key.
SELECT id FROM orders WHERE state IN ('new', 'paid') AND total > $1;

-- Immutable functions can be keys, those that depend on the session cannot.
SELECT id FROM orders WHERE lower(email) = lower($1);
SELECT id FROM orders WHERE date_trunc('day', placed_at) = $1;

-- Arithmetic should be written differently.
SELECT id FROM orders WHERE total * 2 > $1;

-- A page after the last row seen.
SELECT id FROM orders WHERE (shipped_at, id) > ($1, $2) ORDER BY shipped_at, id LIMIT 20;

-- What excludes a few rows is served by nothing.
SELECT id FROM orders WHERE state <> 'gone';

-- All rows that are found are sorted: an index read whole for the order would be no help.
SELECT id FROM orders WHERE total + 1 > $1 ORDER BY placed_at;
SELECT id FROM orders WHERE total + 1 > $1 ORDER BY placed_at LIMIT 5;
