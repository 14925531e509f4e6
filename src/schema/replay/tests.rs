//! Fixtures: DDL in, the catalog as text and the problems with the token that they point at.

use std::fmt::Write as _;
use std::sync::Arc;

use super::replay;
use crate::finding::Problem;
use crate::schema::Catalog;
use crate::schema::catalog::{IndexOrigin, KeyTerm, ReferentialAction, RelId, RelationKind};
use crate::source::{FileId, Fragment};
use crate::syntax::{Dialect, parse};

/// Replays files, each a session of its own.
fn load_files(dialect: Dialect, files: &[&str]) -> (Catalog, Vec<Problem>) {
    let fragments: Vec<Arc<Fragment>> = files
        .iter()
        .enumerate()
        .map(|(i, text)| Arc::new(Fragment::whole(FileId(i as u32), (*text).into())))
        .collect();
    let parsed: Vec<_> = fragments
        .iter()
        .flat_map(|f| parse(f, dialect).into_iter().map(move |s| (Arc::clone(f), s)))
        .collect();
    let statements: Vec<_> = parsed.iter().map(|(f, s)| (Arc::clone(f), s)).collect();
    for (fragment, statement) in &statements {
        if let crate::syntax::Body::Unparsed { message, at } = &statement.body {
            panic!("{message}: {}", &fragment.text[at.start as usize..]);
        }
    }
    replay(dialect, &statements)
}

fn load(sql: &str) -> (Catalog, Vec<Problem>) {
    load_files(Dialect::Postgres, &[sql])
}

/// Replays SQL that has no problem and returns its catalog.
fn clean(sql: &str) -> Catalog {
    let (catalog, problems) = load(sql);
    assert_eq!(render_problems(sql, &problems), "", "{sql}");
    catalog
}

/// Asserts the problems of SQL, each as `token: message`.
fn problems(sql: &str, expected: &[&str]) -> Catalog {
    let (catalog, problems) = load(sql);
    assert_eq!(render_problems(sql, &problems), expected.join("\n"), "{sql}");
    catalog
}

fn render_problems(sql: &str, problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|p| format!("{}: {}: {}", p.rule, &sql[p.primary.span.range()], p.message))
        .collect();
    lines.join("\n")
}

/// A relation as text, one line for each part.
fn describe(catalog: &Catalog, name: &str) -> String {
    let id = catalog.find_relation(None, name).unwrap_or_else(|| panic!("no relation {name}"));
    let relation = catalog.relation(id);
    let mut out = String::new();
    for column in relation.columns.iter().filter(|c| !c.dropped) {
        let _ = write!(out, "{} {}", column.name, column.ty);
        let flags = [
            (column.not_null, " not null"),
            (column.default.is_some(), " default"),
            (column.generated.is_some(), " generated"),
            (column.identity, " identity"),
            (column.inherited, " inherited"),
        ];
        for (set, word) in flags {
            out.push_str(if set { word } else { "" });
        }
        out.push('\n');
    }
    for line in indexes(catalog, id) {
        out.push_str(&line);
        out.push('\n');
    }
    for (_, fk) in catalog.live_foreign_keys(id) {
        let target = catalog.relation(fk.target);
        let _ = writeln!(
            out,
            "{} ({}) -> {} ({}){}{}{}",
            fk.name,
            names(relation, &fk.columns),
            target.name,
            names(target, &fk.target_columns),
            match &fk.on_delete {
                ReferentialAction::NoAction => "",
                ReferentialAction::Cascade => " cascade",
                ReferentialAction::SetNull(_) => " set null",
                ReferentialAction::Restrict => " restrict",
                ReferentialAction::SetDefault(_) => " set default",
            },
            if fk.match_full { " full" } else { "" },
            if fk.validated { "" } else { " not valid" },
        );
    }
    for check in &relation.checks {
        let _ = writeln!(
            out,
            "{} check {}{}",
            check.name,
            check.expr.expr,
            if check.validated { "" } else { " not valid" }
        );
    }
    out
}

fn names(relation: &crate::schema::catalog::Relation, columns: &[u32]) -> String {
    let names: Vec<&str> = columns.iter().map(|&c| relation.column(c).name.as_str()).collect();
    names.join(", ")
}

fn indexes(catalog: &Catalog, id: RelId) -> Vec<String> {
    let relation = catalog.relation(id);
    let live = relation.indexes.iter().map(|&i| catalog.index_def(i)).filter(|i| !i.dropped);
    live.map(|index| {
        let mut line = index.name.clone();
        line.push_str(match index.origin {
            IndexOrigin::PrimaryKey => " primary",
            IndexOrigin::UniqueConstraint => " unique constraint",
            IndexOrigin::Exclusion => " exclude",
            IndexOrigin::Index if index.unique => " unique",
            IndexOrigin::Index => "",
        });
        let _ = write!(line, " {:?}", index.method);
        let keys: Vec<String> = index
            .keys
            .iter()
            .map(|key| {
                let mut text = match &key.term {
                    KeyTerm::Column(ix) => relation.column(*ix).name.clone(),
                    KeyTerm::Expr(expr) => expr.expr.to_string(),
                };
                for (word, value) in [("collate", &key.collation), ("opclass", &key.opclass)] {
                    if let Some(value) = value {
                        let _ = write!(text, " {word} {value}");
                    }
                }
                if key.descending {
                    text.push_str(" desc");
                }
                if key.nulls_first != key.descending {
                    text.push_str(if key.nulls_first { " nulls first" } else { " nulls last" });
                }
                if let Some(operator) = &key.exclusion_operator {
                    let _ = write!(text, " with {operator}");
                }
                text
            })
            .collect();
        let _ = write!(line, " ({})", keys.join(", "));
        if !index.include.is_empty() {
            let _ = write!(line, " include ({})", names(relation, &index.include));
        }
        if let Some(predicate) = &index.predicate {
            let _ = write!(line, " where {}", predicate.expr);
        }
        if let Some(reason) = &index.invalid {
            let _ = write!(line, " invalid: {reason}");
        }
        line
    })
    .collect()
}

/// Asserts how a relation looks at the end.
fn check(sql: &str, relation: &str, expected: &str) {
    let catalog = clean(sql);
    let expected: String = expected.lines().map(|l| format!("{}\n", l.trim())).collect();
    assert_eq!(describe(&catalog, relation), expected.trim_start(), "{sql}");
}

#[test]
fn what_is_rolled_back_never_was() {
    let columns = |sql: &str| clean(sql).relation(RelId(0)).columns.len();
    let table = "CREATE TABLE t (a int);";
    assert_eq!(columns(&format!("{table} BEGIN; ALTER TABLE t ADD b int; ROLLBACK;")), 1);
    assert_eq!(columns(&format!("{table} BEGIN; ALTER TABLE t ADD b int; COMMIT; ROLLBACK;")), 2);
    assert_eq!(columns(&format!("{table} ALTER TABLE t ADD b int; ROLLBACK;")), 2);
    let partly = "BEGIN; ALTER TABLE t ADD b int; SAVEPOINT s; ALTER TABLE t ADD c int; ROLLBACK TO SAVEPOINT s; COMMIT;";
    assert_eq!(columns(&format!("{table} {partly}")), 2);
}

#[test]
fn a_table_with_everything() {
    check(
        r#"CREATE TABLE workspace (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "Slug" varchar(40) NOT NULL UNIQUE);
        CREATE TABLE agent (
            id bigserial,
            workspace_id uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
            name text COLLATE "C",
            price numeric(10,2) CHECK (price > 0),
            tags text[] DEFAULT '{}',
            lower_name text GENERATED ALWAYS AS (lower(name)) STORED,
            seq int GENERATED BY DEFAULT AS IDENTITY,
            PRIMARY KEY (workspace_id, id),
            UNIQUE (workspace_id, name) DEFERRABLE INITIALLY DEFERRED,
            CHECK (price < 100 AND seq > 0),
            CONSTRAINT own FOREIGN KEY (workspace_id, seq) REFERENCES agent (workspace_id, id) MATCH FULL
        );"#,
        "agent",
        "id bigint not null identity
         workspace_id uuid not null
         name text
         price numeric(10,2)
         tags text[] default
         lower_name text generated
         seq integer not null identity
         agent_pkey primary Btree (workspace_id, id)
         agent_workspace_id_name_key unique constraint Btree (workspace_id, name)
         agent_workspace_id_fkey (workspace_id) -> workspace (id) cascade
         own (workspace_id, seq) -> agent (workspace_id, id) full
         agent_price_check check price > 0
         agent_check check price < 100 AND seq > 0",
    );
}

#[test]
fn indexes_of_every_form() {
    check(
        r#"CREATE TABLE t (a int, b text, c jsonb, d text, deleted_at timestamptz);
        CREATE INDEX ON t (a, b DESC NULLS LAST);
        CREATE INDEX ON t (a, b DESC NULLS LAST);
        CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_u ON t (lower(b) text_pattern_ops, (a + 1)) INCLUDE (d) WHERE deleted_at IS NULL;
        CREATE INDEX IF NOT EXISTS t_u ON t (a);
        CREATE INDEX ON t USING gin (c jsonb_path_ops);
        CREATE INDEX ON t ((c ->> 'x'), b COLLATE "C");"#,
        "t",
        "a integer
         b text
         c jsonb
         d text
         deleted_at timestamptz
         t_a_b_idx Btree (a, b desc nulls last)
         t_a_b_idx1 Btree (a, b desc nulls last)
         t_u unique Btree (lower(b) opclass text_pattern_ops, a + 1) include (d) where deleted_at IS NULL
         t_c_idx Gin (c opclass jsonb_path_ops)
         t_expr_b_idx Btree (c ->> 'x', b collate C)",
    );
}

#[test]
fn alter_table() {
    check(
        "CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE t (a int, b text, c int);
        ALTER TABLE t ADD CONSTRAINT u UNIQUE (x), ADD COLUMN x int NOT NULL, DROP COLUMN c;
        ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT VALID;
        ALTER TABLE t ALTER COLUMN a TYPE bigint, ALTER b SET NOT NULL;
        ALTER TABLE IF EXISTS nothing ADD COLUMN y int;
        ALTER TABLE t RENAME COLUMN b TO bb;
        ALTER TABLE t RENAME TO tt;
        ALTER TABLE tt RENAME CONSTRAINT u TO uu;
        CREATE UNIQUE INDEX i ON tt (a);
        ALTER TABLE tt ADD CONSTRAINT pk PRIMARY KEY USING INDEX i;",
        "tt",
        "a bigint not null
         bb text not null
         x integer not null
         uu unique constraint Btree (x)
         pk primary Btree (a)
         t_a_fkey (a) -> p (id) not valid",
    );
}

#[test]
fn what_does_not_apply_is_told_once() {
    problems(
        "CREATE TABLE t (a int, a text);
        CREATE TABLE t (b int);
        ALTER TABLE missing ADD COLUMN b int;
        CREATE INDEX ON missing (b);
        ALTER TABLE t DROP COLUMN zz;
        CREATE INDEX i ON t (nope);
        DROP TABLE gone;
        DROP TABLE IF EXISTS gone;",
        &[
            "unappliable-migration: a: column `a` of `t` is declared twice",
            "unappliable-migration: t: relation `t` already exists",
            "unappliable-migration: missing: table `missing` does not exist when this runs",
            "unappliable-migration: zz: table `t` has no column `zz`",
            "invalid-index: nope: index `i` cannot be created: `t` has no column `nope`",
            "unappliable-migration: gone: table `gone` does not exist when this runs",
        ],
    );
}

#[test]
fn dropping_takes_dependents_along() {
    let catalog = problems(
        "CREATE TABLE a (id int PRIMARY KEY);
        CREATE TABLE b (id int REFERENCES a, x int, y int CHECK (y > 0));
        CREATE INDEX ON b (x); CREATE INDEX ON b (id) WHERE x > 0;
        DROP TABLE a;
        ALTER TABLE b DROP COLUMN x;
        DROP TABLE a CASCADE;",
        &["unappliable-migration: a: cannot drop `a`: foreign key `b_id_fkey` of `b` depends on it"],
    );
    assert_eq!(describe(&catalog, "b"), "id integer\ny integer\nb_y_check check y > 0\n");
}

#[test]
fn views_functions_policies_triggers() {
    let sql = "CREATE TABLE t (id int, w uuid);
        CREATE OR REPLACE VIEW v WITH (security_invoker = true) AS SELECT id FROM t;
        CREATE MATERIALIZED VIEW m AS SELECT id, count(*) AS n FROM t GROUP BY id;
        CREATE FUNCTION app.f(a int, OUT b text) RETURNS text LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = app AS $$BEGIN RETURN 'x'; END$$;
        CREATE FUNCTION trg() RETURNS trigger AS 'BEGIN RETURN NEW; END' LANGUAGE plpgsql;
        CREATE TRIGGER x BEFORE INSERT OR UPDATE OF id ON t FOR EACH ROW EXECUTE FUNCTION trg();
        ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        ALTER TABLE t FORCE ROW LEVEL SECURITY;
        CREATE POLICY p ON t AS RESTRICTIVE FOR SELECT TO app_user USING (w = current_setting('app.w')::uuid);";
    let catalog = clean(sql);
    let view = catalog.relation(catalog.find_relation(None, "v").unwrap());
    assert!(matches!(&view.kind, RelationKind::View(v) if v.security_invoker && v.query.is_some()));
    let f = &catalog.functions[0];
    assert_eq!(
        (f.name.to_string().as_str(), f.strict, f.security_definer, f.search_path.as_deref()),
        ("app.f", true, true, Some(["app".to_owned()].as_slice()))
    );
    let body = &f.body.as_ref().unwrap().fragment;
    assert_eq!(&*body.text, "BEGIN RETURN 'x'; END");
    let place = body.locate(crate::source::Span::new(6, 12)).span;
    assert_eq!(&sql[place.range()], "RETURN");
    assert!(catalog.functions[1].returns_trigger);
    assert_eq!(catalog.triggers[0].events, ["INSERT", "UPDATE"]);
    let table = catalog.relation(catalog.find_relation(None, "t").unwrap());
    assert!(table.row_security && table.force_row_security);
    let policy = &catalog.policies[0];
    assert_eq!((policy.permissive, policy.command.as_str(), policy.roles.len()), (false, "SELECT", 1));
}

#[test]
fn inline_indexes_and_reserved_words_of_other_databases() {
    let catalog = problems(
        "CREATE TABLE t (
            id int, name text, offset int,
            INDEX by_name (name, id DESC),
            KEY (id),
            UNIQUE KEY u (name)
        );
        CREATE INDEX o ON t (offset);
        DROP INDEX by_name;
        DROP INDEX o;",
        &[
            "unappliable-migration: offset: `offset` is a reserved word and cannot name a column unquoted",
            "invalid-index: by_name: index `by_name` is not created: PostgreSQL has no inline INDEX in CREATE TABLE",
            "invalid-index: KEY (id): index `t_id_idx` is not created: PostgreSQL has no inline INDEX in CREATE TABLE",
            "invalid-index: u: index `u` is not created: PostgreSQL has no inline INDEX in CREATE TABLE",
            "invalid-index: offset: index `o` cannot be created: `offset` is a reserved word; write \"offset\" in quotes",
        ],
    );
    let table = catalog.find_relation(None, "t").unwrap();
    assert_eq!(catalog.usable_indexes(table).count(), 0);
    assert_eq!(catalog.relation(table).indexes.len(), 4);
    let quoted =
        "CREATE TABLE t (\"offset\" int, index int, key text); CREATE INDEX ON t (\"offset\", index, key);";
    check(
        quoted,
        "t",
        "offset integer\nindex integer\nkey text\nt_offset_index_key_idx Btree (offset, index, key)",
    );
}

#[test]
fn help_says_what_to_write() {
    let help = |sql: &str| load(sql).1.remove(0).help.unwrap_or_default();
    let table = "CREATE TABLE t (a text, j json, n int, at timestamptz);";
    for (statement, expected) in [
        ("CREATE INDEX ON t (n) WHERE at > now()", "follow the clock"),
        ("CREATE INDEX ON t (date_trunc('day', at))", "explicit time zone"),
        ("CREATE INDEX ON t (n) WHERE random() > 1", "from row to row"),
        ("CREATE INDEX ON t USING gin (a)", "btree_gin"),
        ("CREATE INDEX ON t USING gist (a)", "btree_gist"),
        ("CREATE INDEX ON t (j)", "jsonb"),
        ("CREATE INDEX ON t (a gin_trgm_ops)", "USING gin"),
        ("CREATE TABLE x (id int, INDEX i (id))", "CREATE INDEX i ON x (id)"),
    ] {
        let help = help(&format!("{table}{statement}"));
        assert!(help.contains(expected), "{statement}: {help}");
    }
}

#[test]
fn other_databases() {
    let (catalog, problems) = load_files(
        Dialect::MySql,
        &["CREATE TABLE `Users` (
            `id` int unsigned NOT NULL AUTO_INCREMENT,
            `tenant_id` bigint NOT NULL,
            `Email` varchar(255) DEFAULT NULL,
            `kind` enum('a','b') NOT NULL,
            `made` datetime NOT NULL,
            PRIMARY KEY (`id`),
            UNIQUE KEY `email` (`Email`),
            KEY `by_tenant` (`tenant_id`, `made` DESC),
            CONSTRAINT `fk` FOREIGN KEY (`tenant_id`) REFERENCES `Users` (`id`) ON DELETE CASCADE
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
        ALTER TABLE `Users` ADD COLUMN `x` int NOT NULL AFTER `id`, ADD INDEX `x` (`x`);
        ALTER TABLE Users DROP INDEX `email`;
        ALTER TABLE Users MODIFY COLUMN `Email` text NOT NULL;
        ALTER TABLE Users CHANGE COLUMN `Email` `mail` text;
        DROP INDEX by_tenant ON Users;
        RENAME TABLE Users TO people;"],
    );
    assert_eq!(problems, []);
    assert_eq!(
        describe(&catalog, "people"),
        "id integer not null identity\ntenant_id bigint not null\nmail text\nkind text not null\nmade timestamp not null\n\
         x integer not null\nusers_pkey primary Btree (id)\nx Btree (x)\nfk (tenant_id) -> people (id) cascade\n"
    );
    let (catalog, problems) = load_files(
        Dialect::Sqlite,
        &["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b, UNIQUE (a)) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a COLLATE NOCASE) WHERE b IS NOT NULL;
        ALTER TABLE t ADD COLUMN c REAL;
        CREATE TABLE u (t_id INTEGER REFERENCES t (id), data BLOB) WITHOUT ROWID;"],
    );
    assert_eq!(problems, []);
    assert_eq!(
        describe(&catalog, "t"),
        "id integer not null identity\na text\nb unknown\nc real\nt_pkey primary Btree (id)\n\
         t_a_key unique constraint Btree (a)\ni unique Btree (a collate nocase) where b IS NOT NULL\n"
    );
}

#[test]
fn statements_that_are_not_understood_leave_a_table_known_in_part() {
    let sql = "CREATE TABLE app.t (a int, b int) FROBNICATE WITH everything (; \n ALTER TABLE app.t ADD COLUMN c int; CREATE INDEX ON app.t (zz);";
    let fragment = Arc::new(Fragment::whole(FileId(0), sql.into()));
    let parsed = parse(&fragment, Dialect::Postgres);
    let statements: Vec<_> = parsed.iter().map(|s| (Arc::clone(&fragment), s)).collect();
    let (catalog, problems) = replay(Dialect::Postgres, &statements);
    assert_eq!(problems, []);
    let table = catalog.relation(catalog.find_relation(Some("app"), "t").unwrap());
    assert!(table.incomplete && table.column_named("c").is_some());
}

#[test]
fn a_search_path_ends_with_its_file_and_a_dump_sets_none() {
    let (catalog, problems) = load_files(
        Dialect::Postgres,
        &[
            "SET search_path TO app, public; CREATE TABLE t (id int); CREATE TYPE mood AS ENUM ('a'); CREATE TABLE u (m mood);",
            "CREATE TABLE t (id int); SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.v (id int);",
            "ALTER TABLE u ADD COLUMN only_one_u int; ALTER ROLE web SET search_path = app;",
            "CREATE TABLE w (id int);",
        ],
    );
    assert_eq!(problems, []);
    let names: Vec<String> = catalog.live_relations().map(|(_, r)| r.name.to_string()).collect();
    assert_eq!(names, ["app.t", "app.u", "t", "v", "app.w"]);
    assert_eq!(catalog.search_path, ["app"]);
    assert!(describe(&catalog, "u").contains("m app.mood"));
}

#[test]
fn blocks_are_looked_into() {
    let sql = "CREATE TABLE t (id int);
        DO $$ BEGIN CREATE TYPE status AS ENUM ('a', 'b'); EXCEPTION WHEN duplicate_object THEN CREATE TABLE perhaps (); END $$;
        DO $$ BEGIN CREATE TYPE status AS ENUM ('a', 'b'); EXCEPTION WHEN duplicate_object THEN null; END $$;
        DO $body$
        DECLARE r record; n int := 1;
        BEGIN
            -- CREATE TABLE no1 ();
            RAISE NOTICE 'x; CREATE TABLE no2 ()';
            IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE column_name = 's') THEN
                ALTER TABLE t ADD COLUMN s status;
                EXECUTE 'CREATE INDEX by_s ON t (s)';
            ELSE
                DROP TABLE t;
            END IF;
            FOR r IN SELECT 1 LOOP
                EXECUTE format('CREATE TABLE p_%s ()', r.x);
                CREATE TABLE IF NOT EXISTS inner_one (id int);
            END LOOP;
            ALTER TABLE nothing ADD COLUMN x int;
            CREATE INDEX never ON t (id) WHERE now() > now();
        END $body$;";
    let catalog = problems(
        sql,
        &[
            "invalid-index: now: index `never` cannot be created: its predicate uses now(), which is not immutable",
        ],
    );
    let names: Vec<String> = catalog.live_relations().map(|(_, r)| r.name.to_string()).collect();
    assert_eq!(names, ["t", "perhaps", "inner_one"]);
    let table = describe(&catalog, "t");
    assert!(table.starts_with("id integer\ns status\nby_s Btree (s)\n"), "{table}");
}

#[test]
fn stored_text_follows_a_rename() {
    let catalog = clean(
        "CREATE TABLE t (old int, x int, CONSTRAINT c CHECK (t.old > 0));
        CREATE TABLE other (old int, id int);
        CREATE INDEX i ON t ((old + 1)) WHERE t.old > 5;
        CREATE VIEW v AS SELECT old, t.old + x AS s, o.* FROM t JOIN other o ON o.id = t.x WHERE t.old > 1 ORDER BY old;
        CREATE VIEW w AS WITH q AS (SELECT old FROM t) SELECT old FROM q;
        CREATE POLICY p ON t USING (old = 1 AND EXISTS (SELECT 1 FROM other WHERE other.old = t.old));
        ALTER TABLE other ADD COLUMN late int;
        ALTER TABLE t RENAME COLUMN old TO new;
        ALTER TABLE t RENAME TO t2;",
    );
    let table = catalog.find_relation(None, "t2").unwrap();
    let table = catalog.relation(table);
    assert_eq!(table.checks[0].expr.expr.to_string(), "\"t2\".\"new\" > 0");
    let index = catalog.index_def(table.indexes[0]);
    assert_eq!(index.predicate.as_ref().unwrap().expr.to_string(), "\"t2\".\"new\" > 5");
    let view = |name: &str| {
        let relation = catalog.relation(catalog.find_relation(None, name).unwrap());
        let RelationKind::View(view) = &relation.kind else { panic!() };
        view.query.as_ref().unwrap().query.to_string()
    };
    assert_eq!(
        view("v"),
        "SELECT \"new\" AS \"old\", t.\"new\" + x AS s, \"o\".\"old\", \"o\".\"id\" FROM \"public\".\"t2\" AS \"t\" \
         JOIN other o ON o.id = t.x WHERE t.\"new\" > 1 ORDER BY old"
    );
    assert_eq!(
        view("w"),
        "WITH q AS (SELECT \"new\" AS \"old\" FROM \"public\".\"t2\" AS \"t\") SELECT old FROM q"
    );
    assert_eq!(
        catalog.policies[0].using.as_ref().unwrap().expr.to_string(),
        "\"new\" = 1 AND EXISTS (SELECT 1 FROM other WHERE other.old = \"t2\".\"new\")"
    );
}

const WORDS: &[&str] = &[
    "CREATE",
    "TABLE",
    "INDEX",
    "UNIQUE",
    "ON",
    "t",
    "u",
    "a",
    "b",
    "(",
    ")",
    ",",
    ";",
    "int",
    "text",
    "ALTER",
    "ADD",
    "COLUMN",
    "DROP",
    "RENAME",
    "TO",
    "CONSTRAINT",
    "PRIMARY KEY",
    "FOREIGN KEY",
    "REFERENCES",
    "CHECK",
    "VIEW",
    "AS",
    "SELECT",
    "*",
    "FROM",
    "WITH",
    "RECURSIVE",
    "UNION",
    "WHERE",
    "=",
    "1",
    "now()",
    "CASCADE",
    "IF EXISTS",
    "PARTITION BY RANGE",
    "PARTITION OF",
    "DEFAULT",
    "ATTACH PARTITION",
    "INHERITS",
    "LIKE",
    "USING",
    "gin",
    "INCLUDE",
    "FUNCTION",
    "f",
    "RETURNS",
    "$$",
    "'",
    "LANGUAGE sql",
    "DO",
    "BEGIN",
    "END",
    "POLICY",
    "p",
    "SET SCHEMA",
    "s",
    ".",
    "MATERIALIZED VIEW",
    "JOIN",
    "LATERAL",
    "::",
    "lower",
    "ORDER BY",
    "NOT NULL",
    "TYPE",
    "ENUM",
    "SCHEMA",
    "ONLY",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn any_ddl_is_replayed_without_panic(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        let text = format!(
            "CREATE TABLE t (a int PRIMARY KEY, b text); CREATE VIEW v AS SELECT * FROM t; {}",
            words.join(" ")
        );
        for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
            let fragment = Arc::new(Fragment::whole(FileId(0), text.as_str().into()));
            let parsed = parse(&fragment, dialect);
            let statements: Vec<_> = parsed.iter().map(|s| (Arc::clone(&fragment), s)).collect();
            let (catalog, problems) = replay(dialect, &statements);
            for problem in problems {
                let span = problem.primary.span;
                proptest::prop_assert!(text.get(span.range()).is_some(), "{problem:?}");
            }
            for (id, relation) in catalog.live_relations() {
                for (_, fk) in catalog.live_foreign_keys(id) {
                    proptest::prop_assert!(!catalog.relation(fk.target).dropped);
                }
                for partition in &relation.partitions {
                    proptest::prop_assert!(!catalog.relation(*partition).dropped);
                }
            }
        }
    }

    /// Statements of the scripts, in any order and any choice.
    #[test]
    fn any_order_of_statements_is_replayed_without_panic(
        seed in proptest::collection::vec(proptest::sample::select(scripts()), 1..60)
    ) {
        let text = seed.join(";\n");
        let fragment = Arc::new(Fragment::whole(FileId(0), text.as_str().into()));
        let parsed = parse(&fragment, Dialect::Postgres);
        let statements: Vec<_> = parsed.iter().map(|s| (Arc::clone(&fragment), s)).collect();
        replay(Dialect::Postgres, &statements);
    }
}

/// Every statement of testdata/schema.
fn scripts() -> Vec<String> {
    let mut statements = Vec::new();
    for name in ["alter", "drops", "indexes", "names", "objects", "partitions", "tables"] {
        let text = std::fs::read_to_string(format!("testdata/schema/{name}.sql")).unwrap();
        let fragment = Arc::new(Fragment::whole(FileId(0), text.as_str().into()));
        statements
            .extend(parse(&fragment, Dialect::Postgres).iter().map(|s| text[s.span.range()].to_owned()));
    }
    statements
}

mod doubt;
mod privilege;
