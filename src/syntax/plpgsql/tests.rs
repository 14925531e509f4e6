//! Bodies with the statements, variables and places that are read from them.

use super::*;
use crate::source::FileId;
use crate::syntax::Body;
use proptest::prelude::*;

fn read(text: &str) -> Routine {
    plpgsql(&Arc::new(Fragment::whole(FileId(0), text.into())), Dialect::Postgres)
}

/// Each statement's tree and place.
fn statements(text: &str) -> Vec<(String, Place)> {
    let tree = |embedded: &Embedded| match &embedded.statement.body {
        Body::Parsed(tree) => tree.to_string(),
        other => format!("{other:?}"),
    };
    read(text).statements.iter().map(|e| (tree(e), e.place)).collect()
}

#[test]
fn statements_of_every_construct() {
    let text = "
        <<outer>> DECLARE
            a CONSTANT int := (SELECT max(x) FROM t); -- c;
            b t%ROWTYPE; c t.x%TYPE NOT NULL DEFAULT 1; r record;
            k CURSOR (p int) FOR SELECT 1 FROM k WHERE x = p;
        BEGIN
            SELECT x, y INTO STRICT a, b.y FROM t WHERE id = c;
            INSERT INTO t (x) VALUES (1) RETURNING x INTO a;
            IF EXISTS (SELECT 1 FROM i) AND CASE WHEN a THEN true END THEN
                DELETE FROM d;
            ELSIF a > 1 THEN
                PERFORM f(x) FROM p;
            ELSE
                a := (SELECT 1 FROM els);
            END IF;
            FOR r IN SELECT * FROM q LOOP UPDATE u SET x = r.x; END LOOP;
            FOR n IN REVERSE 10..1 LOOP NULL; END LOOP outer;
            WHILE (SELECT count(*) FROM w) > 0 LOOP EXIT WHEN a = 1; END LOOP;
            CASE a WHEN 1 THEN CALL p1(); ELSE RAISE 'x %', a; END CASE;
            a[1].b := (SELECT 1 FROM arr);
            OPEN k FOR SELECT 1 FROM o;
            RETURN QUERY SELECT * FROM rq;
            BEGIN DELETE FROM nested; EXCEPTION WHEN unique_violation OR others THEN INSERT INTO log VALUES (1); END;
            RETURN (SELECT 1 FROM ret);
        END outer;";
    let found = statements(text);
    let expected = [
        ("SELECT (SELECT max(x) FROM t)", Place::Always),
        ("SELECT 1 FROM k WHERE x = p", Place::Always),
        ("SELECT x, y FROM t WHERE id = c", Place::Always),
        ("INSERT INTO t (x) VALUES (1) RETURNING x", Place::Always),
        ("SELECT EXISTS (SELECT 1 FROM i) AND CASE WHEN a THEN true END", Place::Always),
        ("DELETE FROM d", Place::Perhaps),
        ("SELECT f(x) FROM p", Place::Perhaps),
        ("SELECT (SELECT 1 FROM els)", Place::Perhaps),
        ("SELECT * FROM q", Place::Perhaps),
        ("UPDATE u SET x = r.x", Place::Perhaps),
        ("SELECT (SELECT count(*) FROM w) > 0", Place::Always),
        ("CALL p1()", Place::Perhaps),
        ("SELECT (SELECT 1 FROM arr)", Place::Always),
        ("SELECT 1 FROM o", Place::Always),
        ("SELECT * FROM rq", Place::Always),
        ("DELETE FROM nested", Place::Perhaps),
        ("INSERT INTO log VALUES (1)", Place::Perhaps),
        ("SELECT (SELECT 1 FROM ret)", Place::Always),
    ];
    let found: Vec<(&str, Place)> = found.iter().map(|(text, place)| (text.as_str(), *place)).collect();
    let expected: Vec<_> = expected.into_iter().collect();
    assert_eq!(
        found.iter().filter(|(_, p)| *p != Place::Perhaps).collect::<Vec<_>>(),
        expected.iter().filter(|(_, p)| *p != Place::Perhaps).collect::<Vec<_>>()
    );
    assert_eq!(found.iter().filter(|(_, p)| *p == Place::Perhaps).count(), 8);
}

#[test]
fn variables_are_told_by_kind() {
    let routine = read(
        "DECLARE a int; \"B\" t%ROWTYPE; c t.x%TYPE := 1; r RECORD; d ALIAS FOR $1; BEGIN FOR x IN SELECT 1 LOOP NULL; END LOOP; FOR i IN 1..2 LOOP NULL; END LOOP; END",
    );
    let shown: Vec<String> = routine
        .variables
        .iter()
        .map(|v| match &v.kind {
            VariableKind::Scalar(Some(ty)) => format!("{} {ty}", v.name),
            VariableKind::Scalar(None) => format!("{} ?", v.name),
            VariableKind::OfColumn(name) => format!("{} of {}", v.name, name.join(".")),
            VariableKind::RowOf(name) => format!("{} row {}", v.name, name.join(".")),
            VariableKind::Record => format!("{} record", v.name),
        })
        .collect();
    assert_eq!(shown, ["a INT", "B row t", "c of t.x", "r record", "d ?", "x record", "i INTEGER"]);
}

#[test]
fn text_of_execute_as_far_as_it_is_known() {
    let text = "BEGIN
        EXECUTE 'DELETE FROM a WHERE x = $1' USING y;
        EXECUTE format('CREATE TABLE %I PARTITION OF p FOR VALUES IN (%L)', name, value);
        EXECUTE 'DROP TABLE ' || quote_ident(t) || ' CASCADE';
        EXECUTE stmt INTO x;
        FOR r IN EXECUTE $q$ SELECT 1 FROM b $q$ LOOP NULL; END LOOP;
    END";
    let trees: Vec<String> =
        statements(text).into_iter().map(|s| s.0).filter(|s| s != "Recognised").collect();
    assert_eq!(
        trees,
        [
            "DELETE FROM a WHERE x = $1",
            "CREATE TABLE \"sqlmoat_hole_0\" PARTITION OF p FOR VALUES IN (%L)",
            "DROP TABLE \"sqlmoat_hole_0\" CASCADE",
            "Spliced",
            "SELECT 1 FROM b"
        ]
    );
    // Places are those of the file.
    let routine = read(text);
    let drop = &routine.statements[5];
    let place = drop.fragment.locate(drop.statement.span).span;
    assert_eq!(&text[place.range()], "DROP TABLE ' || quote_ident(t) || ' CASCADE");
    assert_eq!(drop.fragment.holes[0].expression, "quote_ident(t)");
}

/// The texts that a body executes, `?` for those that nobody knows.
fn executed(text: &str) -> Vec<String> {
    let of = |e: &Embedded| match &e.statement.body {
        Body::Recognised if e.statement.head == "EXECUTE" => None,
        Body::Spliced => Some("?".to_owned()),
        _ => Some(e.fragment.text.to_string()),
    };
    read(text).statements.iter().filter_map(of).collect()
}

#[test]
fn text_is_followed_through_format_and_variables_that_are_given_one_value() {
    for (body, expected) in [
        (
            "EXECUTE format('DELETE FROM %I WHERE a = %L AND b %% 2 = 0', t, v)",
            "DELETE FROM \"sqlmoat_hole_0\" WHERE a = %L AND b % 2 = 0",
        ),
        (
            "EXECUTE format('DELETE FROM %1$s WHERE %1$I = %2$s1', t, v)",
            "DELETE FROM sqlmoat_hole_0_ WHERE \"sqlmoat_hole_1\" = sqlmoat_hole_2_1",
        ),
        ("EXECUTE (format('DELETE FROM t'))", "DELETE FROM t"),
        ("EXECUTE 'DELETE FROM t WHERE a = ' || quote_literal(v)", "DELETE FROM t WHERE a = %L"),
        ("q := 'DELETE FROM t'; EXECUTE q", "DELETE FROM t"),
        ("q := 'DELETE FROM ' || n; EXECUTE q || ' WHERE a = 1'", "DELETE FROM sqlmoat_hole_0_ WHERE a = 1"),
        ("SELECT format('DELETE FROM %I', n) INTO q; EXECUTE q", "DELETE FROM \"sqlmoat_hole_0\""),
        ("SELECT x INTO q FROM texts; EXECUTE q", "?"),
        ("q := 'DELETE FROM t'; q := q || ' WHERE a = 1'; EXECUTE q", "?"),
        ("EXECUTE p", "?"),
        ("EXECUTE replace('DELETE FROM t', 't', p)", "?"),
        // What stands behind a table may be its whole filter.
        ("EXECUTE 'DELETE FROM t ' || p", "DELETE FROM t sqlmoat_hole_0_"),
        ("EXECUTE 'DELETE ' || p || ' WHERE FROM'", "?"),
        ("EXECUTE 'ALTER TABLE t ADD ' || p || ' x y z'", "ALTER TABLE t ADD sqlmoat_hole_0_ x y z"),
    ] {
        let text = format!("DECLARE q text; BEGIN {body}; END");
        assert_eq!(executed(&text).last().map(String::as_str), Some(expected), "{body}");
    }
}

#[test]
fn what_is_spliced_is_told_by_its_place_and_its_origin() {
    for (body, expected) in [
        ("EXECUTE 'a ' || p", "p: name"),
        ("EXECUTE 'a ' || quote_literal(p) || 1 || n::text || CASE WHEN p THEN 'x' ELSE 'y' END", ""),
        ("EXECUTE 'a ' || p::regclass || cast(p AS int) || p::text", "p: name"),
        ("EXECUTE format('%I %L', p, p)", ""),
        ("EXECUTE format('%s %I %3$s', p, p, r.x)", "p: name, r.x: name"),
        ("EXECUTE format(p, 1)", "p: name"),
        ("EXECUTE p USING p", "p: name whole"),
        ("q := 'a ' || p; EXECUTE q", "p: name"),
        ("q := 'a '; q := q || p; EXECUTE q", "p: name"),
        ("q := p; EXECUTE 'a ' || q", "q: name"),
        ("q := 'x'; EXECUTE 'a ' || q", ""),
        ("SELECT x INTO q FROM texts; EXECUTE 'a ' || q", "q: query"),
        ("SELECT quote_ident(x) INTO q FROM texts; EXECUTE 'a ' || q", ""),
        ("SELECT format('a %s', x) INTO q FROM texts; EXECUTE q", "x: query"),
        ("SELECT lower(format('%s_x', p)) INTO q; EXECUTE 'a ' || q", "q: name"),
        (
            "FOR r IN SELECT relname FROM pg_class LOOP EXECUTE 'a ' || r.relname; END LOOP",
            "r.relname: catalog",
        ),
        ("FOR i IN 1..9 LOOP EXECUTE 'a ' || i; END LOOP", ""),
        ("FOREACH q IN ARRAY ARRAY['a', 'b'] LOOP EXECUTE 'a ' || q; END LOOP", ""),
        ("EXECUTE 'a ' || to_char(now(), 'YYYY') || lower(p)", "p: name"),
        ("EXECUTE 'a ' || f(p)", "f(p): expression"),
        ("EXECUTE 'a ' || tg_argv[0]", ""),
    ] {
        let text = format!("DECLARE q text; n int; BEGIN {body}; END");
        let told = |s: &Splice| {
            let origin = match &s.origin {
                Origin::Name(_) => "name",
                Origin::Query => "query",
                Origin::Catalog => "catalog",
                Origin::Expression => "expression",
            };
            format!("{}: {origin}{}", &text[s.span.range()], if s.whole { " whole" } else { "" })
        };
        let found: Vec<String> = read(&text).executions.iter().flat_map(|e| &e.splices).map(told).collect();
        assert_eq!(found.join(", "), expected, "{body}");
    }
}

#[test]
fn comments_belong_to_the_statement_behind_them_or_on_their_line() {
    let routine = read("BEGIN\n-- a\na := 1;\nDELETE FROM t; -- b\n-- c\nPERFORM f(); END");
    let comments: Vec<Vec<&str>> = routine
        .statements
        .iter()
        .map(|e| e.statement.comments.iter().map(|c| c.text.as_str()).collect())
        .collect();
    assert_eq!(comments, [vec!["a", "b"], vec!["c"]]);
}

#[test]
fn what_is_no_body_is_a_statement_that_says_so() {
    let found = read("this is no code");
    assert!(matches!(found.statements[0].statement.body, Body::Unparsed { .. }));
    assert!(read("").statements.is_empty());
}

const WORDS: &[&str] = &[
    "begin",
    "end",
    "if",
    "then",
    "else",
    "elsif",
    "loop",
    "for",
    "in",
    "select",
    "1",
    "..",
    "declare",
    "x",
    ":=",
    ";",
    "execute",
    "'a'",
    "||",
    "format(",
    ")",
    "into",
    "using",
    "exception",
    "when",
    "case",
    "return",
    "query",
    "perform",
    "insert into",
    "[",
    "]",
    "<<",
    ">>",
    ".",
    ",",
    "int",
    "cursor",
    "while",
    "foreach",
    "open",
    "%",
    "rowtype",
    "$$",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_are_read_without_panic(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..40)) {
        let text = words.join(" ");
        for embedded in read(&text).statements {
            prop_assert!(embedded.fragment.text.get(embedded.statement.span.range()).is_some());
        }
    }
}

#[test]
fn parameters_of_cursors_and_options_of_the_compiler() {
    let text = "
        #variable_conflict use_column
        DECLARE c CURSOR (ws uuid, n int) FOR SELECT 1 FROM t WHERE w = ws; d CURSOR FOR SELECT 2;
        BEGIN OPEN c(1, 2); NEW.a := 1; NEW := OLD; SELECT x INTO r.b FROM t; END";
    let routine = read(text);
    let names: Vec<&str> = routine.variables.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["ws", "n", "c", "d"]);
    assert!(routine.statements.iter().all(|e| !matches!(e.statement.body, Body::Unparsed { .. })));
    let fields: Vec<&str> = routine.assigned_fields.iter().map(String::as_str).collect();
    assert_eq!(fields, ["new.*", "new.a", "r.b"]);
}

#[test]
fn a_loop_over_literals_gives_a_text_for_each() {
    let texts = |body: &str| -> Vec<String> {
        let routine = read(&format!("DECLARE n text[] := ARRAY['a', 'b']; BEGIN {body} END"));
        let executed = routine.statements.iter().filter(|e| e.statement.head != "EXECUTE");
        executed.map(|e| e.fragment.text.to_string()).collect()
    };
    let body =
        "FOREACH t IN ARRAY n LOOP EXECUTE format('DELETE FROM %I WHERE %I = 1', t, t || '_id'); END LOOP;";
    assert_eq!(texts(body), ["DELETE FROM a WHERE a_id = 1", "DELETE FROM b WHERE b_id = 1"]);
    let body = "FOREACH t IN ARRAY ARRAY['x y'] LOOP EXECUTE 'DELETE FROM ' || quote_ident(t); END LOOP;";
    assert_eq!(texts(body), ["DELETE FROM \"x y\""]);
    let body = "FOREACH t IN ARRAY ARRAY['a', x] LOOP EXECUTE 'DELETE FROM ' || t; END LOOP;";
    assert_eq!(texts(body).len(), 1);
}
