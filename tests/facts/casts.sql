-- source, target, context (i implicit, a assignment, e explicit), volatility (with l: leakproof; b: binary coercible), extension
WITH named AS (
    SELECT oid,
        CASE WHEN typcategory = 'A' AND typelem <> 0
            THEN (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) || '[]'
            WHEN typname = 'char' THEN '"char"'
            ELSE typname::text END AS name
    FROM pg_type t
)
SELECT concat_ws(E'\t', s.name, t.name, c.castcontext,
    CASE c.castmethod WHEN 'b' THEN 'b' WHEN 'i' THEN 'o' ELSE concat(p.provolatile, CASE WHEN p.proleakproof THEN 'l' END) END, coalesce(x.extname, ''))
FROM pg_cast c
JOIN named s ON s.oid = c.castsource
JOIN named t ON t.oid = c.casttarget
LEFT JOIN pg_proc p ON p.oid = c.castfunc
LEFT JOIN pg_depend d ON d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
ORDER BY 1
