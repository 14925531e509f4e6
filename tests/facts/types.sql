-- name, category, preferred, volatility of input and output, kind (b base, d domain, r range, m multirange, p pseudo),
-- whether it has a collation, extension
SELECT concat_ws(E'\t',
    CASE t.typname WHEN 'char' THEN '"char"' ELSE t.typname END,
    t.typcategory,
    CASE WHEN t.typispreferred THEN 'p' ELSE '-' END,
    concat(coalesce(i.provolatile::text, '-'), coalesce(o.provolatile::text, '-')),
    t.typtype,
    CASE WHEN t.typcollation <> 0 THEN 'c' ELSE '-' END,
    coalesce(x.extname, ''))
FROM pg_type t
LEFT JOIN pg_proc i ON i.oid = t.typinput
LEFT JOIN pg_proc o ON o.oid = t.typoutput
LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
WHERE t.typcategory <> 'A' AND t.typtype IN ('b', 'd', 'r', 'm', 'p')
  AND t.typnamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace)
ORDER BY 1
