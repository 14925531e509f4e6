-- name, schema, extension, columns with their types
SELECT concat_ws(E'\t', c.relname, n.nspname, coalesce(x.extname, ''),
    string_agg(a.attname || ' ' || CASE
        WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN (SELECT CASE e.typname WHEN 'char' THEN '"char"' ELSE e.typname END FROM pg_type e WHERE e.oid = t.typelem) || '[]'
        WHEN t.typname = 'char' THEN '"char"'
        WHEN t.typtype = 'd' THEN (SELECT b.typname FROM pg_type b WHERE b.oid = t.typbasetype)
        ELSE t.typname END, ',' ORDER BY a.attnum))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
WHERE c.relkind IN ('r', 'v') AND (n.nspname IN ('pg_catalog', 'information_schema') OR x.extname IS NOT NULL)
GROUP BY c.relname, n.nspname, x.extname
ORDER BY 1
