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
        (f.name.to_string().as_str(), f.strict, f.security_definer, f.sets_search_path),
        ("app.f", true, true, true)
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
