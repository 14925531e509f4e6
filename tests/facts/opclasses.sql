-- access method, operator class, input type, default (d) or not (-), extension
SELECT concat_ws(E'\t', m.amname, c.opcname,
    CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) || '[]'
        WHEN t.typname = 'char' THEN '"char"' ELSE t.typname END,
    CASE WHEN c.opcdefault THEN 'd' ELSE '-' END, coalesce(x.extname, ''))
FROM pg_opclass c
JOIN pg_am m ON m.oid = c.opcmethod
JOIN pg_type t ON t.oid = c.opcintype
LEFT JOIN pg_depend d ON d.classid = 'pg_opclass'::regclass AND d.objid = c.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
ORDER BY 1
