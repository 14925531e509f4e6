//! DDL under conditions, in loops, in text that is put together: which constraints are believed afterwards.

use super::{Dialect, clean, load_files};
use crate::schema::Catalog;
use crate::schema::catalog::Doubt;

const TABLES: &str = "CREATE TABLE a (id int PRIMARY KEY, t int NOT NULL, UNIQUE (t, id));
    CREATE TABLE b (id int PRIMARY KEY, t int NOT NULL, a_id int NOT NULL CHECK (a_id > 0), UNIQUE (t, id));
    CREATE VIEW v AS SELECT id FROM b;\n";
const ADD: &str = "ALTER TABLE b ADD CONSTRAINT b_a_fk FOREIGN KEY (t, a_id) REFERENCES a (t, id);\n";

fn after(sql: &str) -> Catalog {
    load_files(Dialect::Postgres, &[sql]).0
}

/// Whether `b` has its foreign key for certain.
fn holds(sql: &str) -> bool {
    let catalog = after(&format!("{TABLES}{sql}"));
    let b = catalog.find_relation(None, "b").unwrap();
    catalog.live_foreign_keys(b).any(|(_, key)| key.holds())
}

#[track_caller]
fn added(block: &str, expected: bool) {
    let text = block.replace("ADD;", ADD);
    assert_eq!(holds(&text), expected, "{block}");
}

#[test]
fn a_constraint_that_is_added_for_certain_is_believed() {
    for (block, expected) in [
        ("DO $$ BEGIN ADD; END $$;", true),
        ("DO $$ BEGIN ADD; EXCEPTION WHEN duplicate_object THEN NULL; END $$;", true),
        ("DO $$ BEGIN ADD; EXCEPTION WHEN duplicate_object OR others THEN NULL; END $$;", false),
        ("DO $$ BEGIN ADD; EXCEPTION WHEN others THEN RAISE NOTICE 'no'; END $$;", false),
        ("DO $$ BEGIN ADD; EXCEPTION WHEN others THEN RAISE NOTICE 'no'; RAISE; END $$;", true),
        ("DO $$ BEGIN BEGIN NULL; EXCEPTION WHEN others THEN NULL; END; ADD; END $$;", true),
        ("DO $$ BEGIN NULL; EXCEPTION WHEN duplicate_object THEN ADD; END $$;", false),
        ("DO $$ BEGIN IF false THEN ADD; END IF; END $$;", false),
        ("DO $$ BEGIN IF false THEN NULL; END IF; ADD; END $$;", true),
        ("DO $$ BEGIN WHILE x LOOP ADD; END LOOP; END $$;", false),
        ("DO $$ BEGIN IF x THEN RETURN; END IF; ADD; END $$;", false),
        ("DO $$ BEGIN ADD; IF x THEN RETURN; END IF; END $$;", true),
    ] {
        added(block, expected);
    }
}

#[test]
fn a_condition_may_ask_whether_the_constraint_is_there() {
    for (condition, expected) in [
        ("NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'b_a_fk')", true),
        (
            "NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conname = 'b_a_fk' AND conrelid = 'b'::regclass)",
            true,
        ),
        (
            "NOT EXISTS (SELECT 1 FROM information_schema.table_constraints WHERE table_name = 'b' AND constraint_name = 'b_a_fk')",
            true,
        ),
        ("NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'another')", false),
        ("NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'b_a_fk' OR conname = 'b')", false),
        ("NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = 'b'::regclass AND contype = 'f')", false),
        ("NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'b_a_fk') AND x", false),
        ("NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'b')", false),
        ("NOT EXISTS (SELECT 1 FROM b WHERE id = 1)", false),
        ("EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'b_a_fk')", false),
    ] {
        added(&format!("DO $$ BEGIN IF {condition} THEN ADD; END IF; END $$;"), expected);
        added(&format!("DO $$ BEGIN IF {condition} THEN NULL; ELSE ADD; END IF; END $$;"), false);
    }
    let leaves = "EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'b_a_fk')";
    added(&format!("DO $$ BEGIN IF {leaves} THEN RETURN; END IF; ADD; END $$;"), true);
    added(&format!("DO $$ BEGIN IF NOT {leaves} THEN RETURN; END IF; ADD; END $$;"), false);
}

#[test]
fn text_that_is_executed_is_read_as_far_as_it_is_known() {
    let body = "FOREIGN KEY (t, a_id) REFERENCES a (t, id)'";
    for (block, expected) in [
        (format!("EXECUTE 'ALTER TABLE b ADD ' || '{body};"), true),
        (format!("EXECUTE format('ALTER TABLE %I ADD {body}, 'b');"), true),
        (format!("EXECUTE format('ALTER TABLE %I ADD {body}, x);"), false),
        (
            format!(
                "FOREACH n IN ARRAY ARRAY['b', 'c'] LOOP EXECUTE format('ALTER TABLE %I ADD {body}, n); END LOOP;"
            ),
            true,
        ),
        (
            format!("FOREACH n IN ARRAY names LOOP EXECUTE format('ALTER TABLE %I ADD {body}, n); END LOOP;"),
            true,
        ),
        (
            format!(
                "FOREACH n IN ARRAY ARRAY['c', 'd'] LOOP EXECUTE format('ALTER TABLE %I ADD {body}, n); END LOOP;"
            ),
            false,
        ),
        (
            format!(
                "FOREACH n IN ARRAY ARRAY['b'] LOOP CONTINUE WHEN x; EXECUTE format('ALTER TABLE %I ADD {body}, n); END LOOP;"
            ),
            false,
        ),
    ] {
        let declared = "DECLARE n text; names text[] := ARRAY['a_b', 'b'];";
        assert_eq!(holds(&format!("DO $x$ {declared} BEGIN {block} END $x$;")), expected, "{block}");
    }
}

#[test]
fn what_may_be_dropped_is_not_believed() {
    for (statement, expected) in [
        ("DO $$ BEGIN IF x THEN NULL; ELSE ALTER TABLE b DROP CONSTRAINT b_a_fk; END IF; END $$;", false),
        (
            "DO $$ BEGIN IF x THEN NULL; ELSE ALTER TABLE b DROP CONSTRAINT IF EXISTS another; END IF; END $$;",
            true,
        ),
        ("DO $$ BEGIN EXECUTE format('ALTER TABLE b DROP CONSTRAINT %I', x); END $$;", false),
        ("DO $$ BEGIN EXECUTE format('ALTER TABLE a DROP CONSTRAINT %I', x); END $$;", true),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE ' || x || ' DROP CONSTRAINT ' || quote_ident(y); END $$;", false),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE ' || x || ' DROP CONSTRAINT b_a_fk'; END $$;", false),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE ' || x || ' OWNER TO y'; END $$;", true),
        ("DO $$ BEGIN EXECUTE format('ALTER TABLE %I.b DROP COLUMN a_id', x); END $$;", false),
        ("ALTER TABLE b DISABLE TRIGGER ALL;", false),
        ("ALTER TABLE a DISABLE TRIGGER ALL;", false),
        ("ALTER TABLE b ENABLE REPLICA TRIGGER ALL;", false),
        ("ALTER TABLE b DISABLE TRIGGER ALL; UPDATE b SET t = 1; ALTER TABLE b ENABLE TRIGGER ALL;", true),
        ("ALTER TABLE b DISABLE TRIGGER USER;", true),
        ("\\if :x\nALTER TABLE b DROP CONSTRAINT b_a_fk;\n\\endif\n", false),
    ] {
        assert_eq!(holds(&format!("{ADD}{statement}")), expected, "{statement}");
    }
}

#[test]
fn conditions_of_psql_and_of_templates_leave_doubt() {
    for (text, expected) in [
        ("\\if false\nADD;\\endif\n", false),
        ("\\if :x\n\\else\nADD;\\endif\n", false),
        ("\\if :x\n\\endif\nADD;", true),
        ("{% if x %}\nADD;\n{% endif %}\n", false),
        ("{{ if .X }}\nADD;\n{{ end }}\n", false),
        ("{{ if .X }}\nSELECT 1;\n{{ end }}\nADD;", true),
    ] {
        added(text, expected);
    }
}

#[test]
fn other_facts_that_are_only_perhaps_so() {
    let perhaps = |sql: &str| after(&format!("{TABLES}DO $$ BEGIN IF x THEN {sql} END IF; END $$;"));
    let catalog = perhaps("ALTER TABLE b ADD COLUMN c int NOT NULL UNIQUE REFERENCES a (id);");
    let b = catalog.relation(catalog.find_relation(None, "b").unwrap());
    let added = b.columns.last().unwrap();
    assert_eq!((added.name.as_str(), added.not_null, b.indexes.len()), ("c", false, 2));
    let id = catalog.find_relation(None, "b").unwrap();
    assert!(catalog.live_foreign_keys(id).all(|(_, key)| matches!(key.doubt, Some(Doubt::Added(_)))));

    let catalog = perhaps("CREATE UNIQUE INDEX b_a_id ON b (a_id); ALTER TABLE b ALTER t DROP NOT NULL;");
    let id = catalog.find_relation(None, "b").unwrap();
    assert_eq!(catalog.usable_indexes(id).count(), 2);
    assert!(!catalog.relation(id).columns[1].not_null);

    let catalog = perhaps("CREATE OR REPLACE VIEW v AS SELECT id FROM a;");
    let v = catalog.relation(catalog.find_relation(None, "v").unwrap());
    assert!(matches!(&v.kind, crate::schema::catalog::RelationKind::View(view) if view.query.is_none()));
}

#[test]
fn a_table_of_one_branch_is_replaced_by_one_that_is_there_for_certain() {
    let sql = "DO $$ BEGIN IF x THEN CREATE TABLE c (id int PRIMARY KEY, t int NOT NULL); END IF; END $$;";
    let plain = clean(&format!("{sql} CREATE TABLE c (id int, t int);"));
    let c = plain.relation(plain.find_relation(None, "c").unwrap());
    assert!(!c.columns[1].not_null && c.indexes.is_empty());
    let either = clean(&format!("{sql} CREATE TABLE IF NOT EXISTS c (id int, t int NOT NULL UNIQUE);"));
    let c = either.relation(either.find_relation(None, "c").unwrap());
    assert!(!c.columns[1].not_null);
    assert!(c.indexes.iter().all(|index| either.index_def(*index).dropped));
}

#[test]
fn a_table_made_of_a_query_remembers_where_its_rows_are_from() {
    for (sql, expected) in [
        ("CREATE TABLE c AS SELECT id FROM b;", vec!["b"]),
        ("SELECT v.id INTO c FROM v JOIN a ON true;", vec!["a", "b"]),
        ("CREATE TABLE c AS SELECT 1 AS id;", vec![]),
    ] {
        let catalog = clean(&format!("{TABLES}{sql}"));
        let c = catalog.relation(catalog.find_relation(None, "c").unwrap());
        let from: Vec<&str> =
            c.filled_from.iter().map(|id| catalog.relation(*id).name.name.as_str()).collect();
        assert_eq!(from, expected, "{sql}");
    }
}
