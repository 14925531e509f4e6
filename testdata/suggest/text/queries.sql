-- A beginning: a class that sorts by bytes.
SELECT id FROM doc WHERE title LIKE 'Re:%';
SELECT id FROM doc WHERE code LIKE 'AB-%';

-- Any other pattern: trigrams.
SELECT id FROM doc WHERE title ILIKE '%' || $1 || '%';
SELECT id FROM doc WHERE lower(body) LIKE $1;

-- Words, documents, arrays, ranges, networks.
SELECT id FROM doc WHERE words @@ plainto_tsquery('english', $1);
SELECT id FROM doc WHERE to_tsvector('english', body) @@ plainto_tsquery('english', $1);
SELECT id FROM doc WHERE data @> $1;
SELECT id FROM doc WHERE data ->> 'kind' = $1;
SELECT id FROM doc WHERE (data ->> 'size')::int > 5;
SELECT id FROM doc WHERE tags && $1;
SELECT id FROM doc WHERE span @> $1::date;
SELECT id FROM doc WHERE addr << $1;

-- The member on the left is no operator of an array's index.
SELECT id FROM doc WHERE $1 = ANY (tags);
