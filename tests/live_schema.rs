//! Holds the replay of DDL against a live PostgreSQL: which statements it refuses, and what its catalogs hold at the end.

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
mod postgres;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use postgres::{Session, server};
use sqlmoat::finding::Problem;
use sqlmoat::schema::catalog::{Catalog, IndexMethod, IndexOrigin, KeyTerm, ReferentialAction, RelationKind};
use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{Body, Dialect, Statement, parse};

/// Every script of testdata/schema: each statement is refused by both or by none, and both end with one catalog.
#[test]
fn scripts_end_in_the_catalog_that_postgres_has() {
    let Some(server) = server() else { return };
    let folder = Path::new("testdata/schema");
    let mut scripts: Vec<_> = std::fs::read_dir(folder)
        .expect("testdata/schema")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 5, "testdata/schema lacks its scripts");
    let mut failures = Vec::new();
    for script in scripts {
        let sql = std::fs::read_to_string(&script).expect("a script");
        let database = server.create_database().expect("a database");
        let mut session = server.connect(&database).expect("a connection");
        failures.extend(differences(&mut session, &sql).iter().map(|d| format!("{}: {d}", script.display())));
        drop(session);
        server.drop_database(&database);
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

/// Where the replay and the server disagree.
fn differences(session: &mut Session, sql: &str) -> Vec<String> {
    let fragment = Arc::new(Fragment::whole(FileId(0), sql.into()));
    let parsed = parse(&fragment, Dialect::Postgres);
    let statements: Vec<(Arc<Fragment>, &Statement)> =
        parsed.iter().map(|s| (Arc::clone(&fragment), s)).collect();
    let (catalog, problems) = sqlmoat::schema::replay(Dialect::Postgres, &statements);
    let mut found = Vec::new();
    for statement in &parsed {
        let text = &sql[statement.span.range()];
        if let Body::Unparsed { message, at: _ } = &statement.body {
            found.push(format!("`{text}` is not parsed: {message}"));
        }
        let ours: Vec<&str> = problems_of(&problems, statement).collect();
        let theirs = session.batch(text).err();
        let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match (&theirs, ours.as_slice()) {
            (None, []) | (Some(_), [_, ..]) => {}
            (Some(error), []) => found.push(format!("only PostgreSQL refuses `{shown}`: {error}")),
            (None, problems) => found.push(format!("only we refuse `{shown}`: {}", problems.join("; "))),
        }
    }
    let theirs = their_catalog(session);
    let ours = our_catalog(&catalog);
    found.extend(theirs.difference(&ours).map(|line| format!("only PostgreSQL has: {line}")));
    found.extend(ours.difference(&theirs).map(|line| format!("only we have: {line}")));
    found
}

fn problems_of<'a>(problems: &'a [Problem], statement: &Statement) -> impl Iterator<Item = &'a str> {
    let span = statement.span;
    problems.iter().filter(move |p| p.statement.is_some_and(|at| at.span == span)).map(|p| p.message.as_str())
}

const COLUMNS: &str = "
    SELECT 'column', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END,
        CASE WHEN a.attgenerated <> '' THEN 'generated' ELSE '' END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

const INDEXES: &str = "
    SELECT 'index', n.nspname, c.relname, i.relname, am.amname,
        concat(CASE WHEN x.indisprimary THEN 'primary ' END, CASE WHEN x.indisunique THEN 'unique ' END,
            CASE WHEN x.indisexclusion THEN 'exclusion ' END, CASE WHEN NOT x.indimmediate THEN 'deferrable ' END,
            CASE WHEN x.indnullsnotdistinct THEN 'nulls not distinct ' END,
            CASE WHEN k.oid IS NOT NULL THEN 'constraint ' END,
            CASE WHEN x.indpred IS NOT NULL THEN 'partial ' END,
            CASE WHEN h.inhparent IS NOT NULL THEN 'child' END),
        (SELECT string_agg(concat(
                CASE WHEN x.indkey[p - 1] = 0 THEN '(expression)' ELSE pg_get_indexdef(x.indexrelid, p, true) END,
                CASE WHEN p <= x.indnkeyatts AND x.indoption[p - 1] & 1 = 1 THEN ' desc' END,
                CASE WHEN p <= x.indnkeyatts AND x.indoption[p - 1] & 2 = 2 THEN ' nulls first' END,
                CASE WHEN p > x.indnkeyatts THEN ' included' END), ', ' ORDER BY p)
            FROM generate_series(1, x.indnatts) p)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = i.relam
    LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_inherits h ON h.inhrelid = x.indexrelid
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

const CONSTRAINTS: &str = "
    SELECT CASE k.contype WHEN 'f' THEN 'foreign key' ELSE 'check' END, n.nspname, c.relname, k.conname,
        CASE WHEN k.convalidated THEN 'valid' ELSE 'not valid' END,
        CASE WHEN k.contype = 'f' THEN concat(
            (SELECT string_agg(a.attname, ',' ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY u(num, o)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num), ' -> ',
            fn.nspname, '.', f.relname, ' ',
            (SELECT string_agg(a.attname, ',' ORDER BY o) FROM unnest(k.confkey) WITH ORDINALITY u(num, o)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num), ' ',
            k.confdeltype, k.confupdtype, k.confmatchtype, CASE WHEN k.condeferrable THEN ' deferrable' END) END
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
    LEFT JOIN pg_constraint parent ON parent.oid = k.conparentid
    WHERE k.contype IN ('f', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND (k.conparentid = 0 OR parent.conrelid <> k.conrelid)";

const OTHERS: &str = "
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
        WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' ELSE 'table' END, n.nspname, c.relname,
        concat(CASE WHEN c.relrowsecurity THEN 'row security ' END, CASE WHEN c.relforcerowsecurity THEN 'forced ' END,
            CASE WHEN c.relispartition THEN 'partition' END)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    UNION ALL
    SELECT 'policy', n.nspname, c.relname, concat(p.polname, ' ', p.polcmd, CASE WHEN p.polpermissive THEN ' permissive' END)
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'trigger', n.nspname, c.relname, t.tgname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL
    SELECT 'function', n.nspname, p.proname, concat(regexp_replace(pg_get_function_identity_arguments(p.oid), '(IN|VARIADIC) ', '', 'g'), ' ', p.provolatile,
        CASE WHEN p.proisstrict THEN ' strict' END, CASE WHEN p.prosecdef THEN ' definer' END)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype IN ('e', 'i'))
    UNION ALL
    SELECT 'enum', n.nspname, t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
    GROUP BY n.nspname, t.typname
    UNION ALL
    SELECT 'domain', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND n.nspname NOT IN ('pg_catalog', 'information_schema')";

fn their_catalog(session: &mut Session) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for query in [COLUMNS, INDEXES, CONSTRAINTS, OTHERS] {
        session.batch("SET search_path = public").expect("SET");
        for row in session.rows(query).expect("the catalogs") {
            let fields: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
            lines.insert(fields.join(" | ").trim().to_owned());
        }
    }
    lines
}

/// The same lines from the replayed catalog.
fn our_catalog(catalog: &Catalog) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut line = |fields: &[&str]| {
        lines.insert(fields.join(" | ").trim().to_owned());
    };
    for (id, relation) in catalog.live_relations() {
        let (schema, name) = (relation.name.schema.as_str(), relation.name.name.as_str());
        let kind = match &relation.kind {
            RelationKind::View(_) => "view",
            RelationKind::MaterializedView(_) => "materialized view",
            RelationKind::Foreign => "foreign table",
            _ if relation.partitioned => "partitioned table",
            _ => "table",
        };
        let mut state = String::new();
        state.push_str(if relation.row_security { "row security " } else { "" });
        state.push_str(if relation.force_row_security { "forced " } else { "" });
        state.push_str(if matches!(relation.kind, RelationKind::Partition(_)) { "partition" } else { "" });
        line(&[kind, schema, name, &state]);
        if relation.is_table() {
            for column in relation.columns.iter().filter(|c| !c.dropped) {
                let ty = pg_type(&column.ty.to_string());
                let null = if column.not_null { "not null" } else { "null" };
                let generated = if column.generated.is_some() { "generated" } else { "" };
                line(&["column", schema, name, &column.name, &ty, null, generated]);
            }
        }
        for &index in &relation.indexes {
            let index = catalog.index_def(index);
            if index.dropped || index.invalid.is_some() {
                continue;
            }
            let method = match &index.method {
                IndexMethod::Btree => "btree",
                IndexMethod::Hash => "hash",
                IndexMethod::Gist => "gist",
                IndexMethod::Gin => "gin",
                IndexMethod::SpGist => "spgist",
                IndexMethod::Brin => "brin",
                IndexMethod::Hnsw => "hnsw",
                IndexMethod::IvfFlat => "ivfflat",
                IndexMethod::Other(name) => name,
            };
            let mut flags = String::new();
            for (set, word) in [
                (index.origin == IndexOrigin::PrimaryKey, "primary "),
                (index.unique, "unique "),
                (index.origin == IndexOrigin::Exclusion, "exclusion "),
                (index.deferrable, "deferrable "),
                (index.nulls_not_distinct, "nulls not distinct "),
                (index.origin != IndexOrigin::Index, "constraint "),
                (index.predicate.is_some(), "partial "),
                (index.parent.is_some(), "child"),
            ] {
                flags.push_str(if set { word } else { "" });
            }
            let mut keys: Vec<String> = Vec::new();
            for key in &index.keys {
                let mut text = match &key.term {
                    KeyTerm::Column(ix) => quoted(&relation.column(*ix).name),
                    KeyTerm::Expr(_) => "(expression)".to_owned(),
                };
                text.push_str(if key.descending { " desc" } else { "" });
                text.push_str(if key.nulls_first { " nulls first" } else { "" });
                keys.push(text);
            }
            keys.extend(
                index.include.iter().map(|&ix| format!("{} included", quoted(&relation.column(ix).name))),
            );
            line(&["index", schema, name, &index.name, method, &flags, &keys.join(", ")]);
        }
        for check in &relation.checks {
            let valid = if check.validated { "valid" } else { "not valid" };
            line(&["check", schema, name, &check.name, valid, ""]);
        }
        for (_, fk) in catalog.live_foreign_keys(id) {
            let target = catalog.relation(fk.target);
            let names = |relation: &sqlmoat::schema::catalog::Relation, columns: &[u32]| {
                let names: Vec<&str> = columns.iter().map(|&c| relation.column(c).name.as_str()).collect();
                names.join(",")
            };
            let text = format!(
                "{} -> {}.{} {} {}{}{}{}",
                names(relation, &fk.columns),
                target.name.schema,
                target.name.name,
                names(target, &fk.target_columns),
                action(&fk.on_delete),
                action(&fk.on_update),
                if fk.match_full { 'f' } else { 's' },
                if fk.deferrable { " deferrable" } else { "" },
            );
            let valid = if fk.validated { "valid" } else { "not valid" };
            line(&["foreign key", schema, name, &fk.name, valid, &text]);
        }
    }
    for sequence in &catalog.sequences {
        line(&["sequence", &sequence.schema, &sequence.name, ""]);
    }
    for policy in &catalog.policies {
        let table = &catalog.relation(policy.relation).name;
        let command = match policy.command.as_str() {
            "ALL" => "*",
            "SELECT" => "r",
            "INSERT" => "a",
            "UPDATE" => "w",
            _ => "d",
        };
        let permissive = if policy.permissive { " permissive" } else { "" };
        line(&["policy", &table.schema, &table.name, &format!("{} {command}{permissive}", policy.name)]);
    }
    for trigger in &catalog.triggers {
        let table = &catalog.relation(trigger.relation).name;
        line(&["trigger", &table.schema, &table.name, &trigger.name]);
    }
    for function in &catalog.functions {
        let parameters: Vec<String> = function
            .parameters
            .iter()
            .map(|(name, ty)| format!("{name} {}", pg_type(&ty.to_string())).trim().to_owned())
            .collect();
        let volatility = match function.volatility {
            sqlmoat::schema::catalog::Volatility::Immutable => "i",
            sqlmoat::schema::catalog::Volatility::Stable => "s",
            sqlmoat::schema::catalog::Volatility::Volatile => "v",
        };
        let strict = if function.strict { " strict" } else { "" };
        let definer = if function.security_definer { " definer" } else { "" };
        let text = format!("{} {volatility}{strict}{definer}", parameters.join(", "));
        line(&["function", &function.name.schema, &function.name.name, &text]);
    }
    let split = |key: &str| match key.split_once('.') {
        Some((schema, name)) => (schema.to_owned(), name.to_owned()),
        None => ("public".to_owned(), key.to_owned()),
    };
    for (key, labels) in &catalog.enums {
        let (schema, name) = split(key);
        line(&["enum", &schema, &name, &labels.join(",")]);
    }
    for (key, domain) in &catalog.domains {
        let (schema, name) = split(key);
        line(&["domain", &schema, &name, &pg_type(&domain.base.to_string())]);
    }
    lines
}

fn action(action: &ReferentialAction) -> char {
    match action {
        ReferentialAction::NoAction => 'a',
        ReferentialAction::Restrict => 'r',
        ReferentialAction::Cascade => 'c',
        ReferentialAction::SetNull(_) => 'n',
        ReferentialAction::SetDefault(_) => 'd',
    }
}

/// A type's name as `format_type` writes it.
fn pg_type(ours: &str) -> String {
    let (element, array) = match ours.strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (ours, ""),
    };
    let (name, modifiers) = match element.split_once('(') {
        Some((name, modifiers)) => (name, format!("({modifiers}")),
        None => (element, String::new()),
    };
    let long = match name {
        "varchar" => format!("character varying{modifiers}"),
        "char" => format!("character{modifiers}"),
        "timestamptz" => format!("timestamp{modifiers} with time zone"),
        "timestamp" => format!("timestamp{modifiers} without time zone"),
        "timetz" => format!("time{modifiers} with time zone"),
        "time" => format!("time{modifiers} without time zone"),
        "varbit" => format!("bit varying{modifiers}"),
        other => format!("{}{modifiers}", other.split('.').map(quoted).collect::<Vec<_>>().join(".")),
    };
    format!("{long}{array}")
}

/// A name as the server prints it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == ' ');
    let reserved = sqlmoat::schema::names::is_reserved(name);
    if plain && !reserved { name.to_owned() } else { format!("\"{name}\"") }
}
