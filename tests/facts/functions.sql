-- name, flags, argument types, OUT columns, result, extension
-- flags: kind (f function, a aggregate, w window, p procedure), volatility (i, s, v), strict (s) or not (-),
-- set-returning (r) or not (-), number of arguments with a default (a digit), variadic (v) or not (-), leakproof (l)
WITH named AS (
    SELECT oid,
        CASE WHEN typcategory = 'A' AND typelem <> 0
            THEN (SELECT CASE e.typname WHEN 'char' THEN '"char"' ELSE e.typname END FROM pg_type e WHERE e.oid = t.typelem) || '[]'
            WHEN typname = 'char' THEN '"char"'
            ELSE typname::text END AS name
    FROM pg_type t
)
SELECT DISTINCT concat_ws(E'\t',
    p.proname,
    concat(p.prokind, p.provolatile, CASE WHEN p.proisstrict THEN 's' ELSE '-' END,
        CASE WHEN p.proretset THEN 'r' ELSE '-' END, least(p.pronargdefaults, 9),
        CASE WHEN p.provariadic <> 0 THEN 'v' ELSE '-' END, CASE WHEN p.proleakproof THEN 'l' END),
    coalesce((SELECT string_agg(n.name, ',' ORDER BY a.i)
        FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(ty, i) JOIN named n ON n.oid = a.ty), ''),
    coalesce((SELECT string_agg(coalesce(p.proargnames[a.i], '') || ' ' || n.name, ',' ORDER BY a.i)
        FROM unnest(p.proallargtypes) WITH ORDINALITY a(ty, i) JOIN named n ON n.oid = a.ty
        WHERE p.proargmodes[a.i] IN ('o', 'b', 't')), ''),
    r.name,
    coalesce(x.extname, ''))
FROM pg_proc p
JOIN named r ON r.oid = p.prorettype
LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace)
  AND p.proname !~ '^_?(ri_fki|pg_node_tree|pg_ndistinct|pg_dependencies|pg_mcv|brin_|gist_|gin_extract|gin_consistent|gbtreekey|bt.*sortsupport)'
  AND r.name NOT IN ('internal', 'cstring', 'trigger', 'event_trigger', 'language_handler', 'fdw_handler', 'index_am_handler', 'table_am_handler', 'tsm_handler')
  AND NOT EXISTS (SELECT FROM unnest(p.proargtypes::oid[]) a(ty)
      WHERE a.ty IN ('internal'::regtype, 'cstring'::regtype))
  AND p.proname NOT IN (SELECT proname FROM pg_proc q JOIN pg_type t ON q.oid IN (t.typsend, t.typreceive, t.typinput, t.typoutput))
ORDER BY 1
