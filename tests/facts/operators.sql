-- name, left type, right type, result, volatility (with l: leakproof), extension
WITH named AS (
    SELECT oid,
        CASE WHEN typcategory = 'A' AND typelem <> 0
            THEN (SELECT CASE e.typname WHEN 'char' THEN '"char"' ELSE e.typname END FROM pg_type e WHERE e.oid = t.typelem) || '[]'
            WHEN typname = 'char' THEN '"char"'
            ELSE typname::text END AS name
    FROM pg_type t
)
SELECT DISTINCT concat_ws(E'\t', o.oprname, coalesce(l.name, ''), r.name, t.name,
    concat(p.provolatile, CASE WHEN p.proleakproof THEN 'l' END), coalesce(x.extname, ''))
FROM pg_operator o
JOIN pg_proc p ON p.oid = o.oprcode
LEFT JOIN named l ON l.oid = o.oprleft
JOIN named r ON r.oid = o.oprright
JOIN named t ON t.oid = o.oprresult
LEFT JOIN pg_depend d ON d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
WHERE o.oprnamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace)
ORDER BY 1
