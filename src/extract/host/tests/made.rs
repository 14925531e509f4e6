//! Texts that are made of others: extensions of a text that is run elsewhere, and what is made of a statement in a way that
//! is not followed.

use super::*;

#[test]
fn extensions_of_a_text_that_is_run() {
    table(
        "a.py",
        ("BASE = 'SELECT a FROM t WHERE b = %s'\n", "\n"),
        &[
            // The extension is another text than the one that is run.
            (
                "def f(c, w):\n  c.execute(BASE, (w,))\ndef g(d, w):\n  return d.many(BASE + ' OR TRUE', w)",
                &["SELECT a FROM t WHERE b = %s <- %s=w", "SELECT a FROM t WHERE b = %s OR TRUE"],
            ),
            (
                "def f(c, w):\n  c.execute(BASE, (w,))\ndef g():\n  return BASE + ' OR TRUE'",
                &["SELECT a FROM t WHERE b = %s <- %s=w", "SELECT a FROM t WHERE b = %s OR TRUE"],
            ),
            (
                "def f(c, d, w):\n  q = BASE\n  c.execute(q, (w,))\n  q += ' OR c = 1'\n  return d.rows(q, w)",
                &["SELECT a FROM t WHERE b = %s <- %s=w", "SELECT a FROM t WHERE b = %s OR c = 1 <- %s=w"],
            ),
            // What is run as it is handed on is one text; what is held is the beginning of what is run.
            (
                "def f(c, d, w):\n  q = BASE\n  d.note(q)\n  c.execute(q, (w,))",
                &["SELECT a FROM t WHERE b = %s <- %s=w"],
            ),
            (
                "def f(c, w):\n  q = BASE\n  q += ' AND c = 1'\n  c.execute(q, (w,))",
                &["SELECT a FROM t WHERE b = %s AND c = 1 <- %s=w"],
            ),
        ],
    );
}

#[test]
fn made_of_a_statement() {
    table(
        "a.py",
        ("def f(cur, w, wide):\n  q = 'SELECT a FROM t WHERE b = 1'\n", "\n"),
        &[
            ("  cur.execute(widen(q))", &["SELECT a FROM t WHERE b = 1 {~widen(q)}"]),
            ("  q = widen(q)\n  cur.execute(q)", &["SELECT a FROM t WHERE b = 1 {~widen(q)}"]),
            ("  cur.execute(widen(q) + ' LIMIT 1')", &["SELECT a FROM t WHERE b = 1 {~widen(q)} LIMIT 1"]),
            (
                "  cur.execute('\\n'.join(p for p in (q, 'OR true')))",
                &["SELECT a FROM t WHERE b = 1 {~(p for p in (q, 'OR true'))}"],
            ),
            ("  cur.execute(' '.join(filter(None, [q, 'OR c'])))", &["SELECT a FROM t WHERE b = 1 OR c"]),
            ("  cur.execute(q.upper() + ' OR c')", &["SELECT a FROM t WHERE b = 1 OR c"]),
            ("  d = {'q': q}\n  cur.execute(d['q'] + ' OR c')", &["SELECT a FROM t WHERE b = 1 OR c"]),
            (
                "  d = {'q': q}\n  d['q'] = w\n  cur.execute(d['q'] + ' OR c')",
                &["SELECT a FROM t WHERE b = 1 {~what is added to d.q}  OR c"],
            ),
            ("  d = {'q': q}\n  cur.execute(d[w] + ' OR c')", &["SELECT a FROM t WHERE b = 1 {~d[w]} OR c"]),
            (
                "  cur.execute('SELECT count(*) FROM (' + widen(q) + ') x')",
                &["SELECT count(*) FROM ({widen(q)}) x"],
            ),
            // What a wrapper of the project is given.
            ("  db.many(widen(q), w)", &["SELECT a FROM t WHERE b = 1 {~widen(q)}"]),
            ("  db.save(load(q))", &["SELECT a FROM t WHERE b = 1"]),
            ("  show(load(q))", &["SELECT a FROM t WHERE b = 1"]),
            // Rows are no text.
            ("  rows = db.rows(q)\n  show(rows)", &["SELECT a FROM t WHERE b = 1"]),
            ("  rows = await db.rows(q)\n  cur.execute(rows)", &["SELECT a FROM t WHERE b = 1"]),
            ("  cur.execute(statement, db.rows(q))", &["SELECT a FROM t WHERE b = 1"]),
        ],
    );
    table(
        "a.ts",
        ("const q = 'SELECT a FROM t WHERE b = 1';\n", ";\n"),
        &[
            ("db.query(addFilters(q, wide))", &["SELECT a FROM t WHERE b = 1 {~addFilters(q, wide)}"]),
            ("db.query([q, 'OR c'].filter(Boolean).join(' '))", &["SELECT a FROM t WHERE b = 1 OR c"]),
            ("db.query([q, ...more].join(' '))", &["SELECT a FROM t WHERE b = 1 {~[q, ...more]}"]),
            ("await Promise.all(render(q))", &["SELECT a FROM t WHERE b = 1"]),
        ],
    );
}

#[test]
fn builders_in_one_expression() {
    table(
        "A.java",
        ("class A { void f(String q) { ", " } }"),
        &[
            (
                "db.query(new StringBuilder(\"SELECT a FROM t\").append(\" WHERE b\").toString());",
                &["SELECT a FROM t WHERE b"],
            ),
            ("db.query(String.join(\" \", \"SELECT a\", \"FROM t\"));", &["SELECT a FROM t"]),
            ("db.query(String.format(Locale.ROOT, \"SELECT %s FROM t\", \"a\"));", &["SELECT a FROM t"]),
            ("db.query(String.format(\"SELECT %s FROM t\", \"a\"));", &["SELECT a FROM t"]),
        ],
    );
    table(
        "A.cs",
        ("class A { void F(string q) { ", " } }"),
        &[
            (
                "db.Query(new StringBuilder(\"SELECT a FROM t\").Append(\" WHERE b\").ToString());",
                &["SELECT a FROM t WHERE b"],
            ),
            (
                "db.Query(string.Format(CultureInfo.InvariantCulture, \"SELECT {0} FROM t\", \"a\"));",
                &["SELECT a FROM t"],
            ),
        ],
    );
    table(
        "A.kt",
        ("fun f(wide: Boolean) { ", " }"),
        &[
            (
                "db.query(buildString { append(\"SELECT a FROM t\"); if (wide) append(\" WHERE b\") })",
                &["SELECT a FROM t WHERE b", "SELECT a FROM t"],
            ),
            (
                "db.query(buildString { append(\"SELECT a FROM t\"); append(\" WHERE b\") })",
                &["SELECT a FROM t WHERE b"],
            ),
        ],
    );
    table(
        "a.go",
        ("package x\nfunc f(q string) { ", " }"),
        &[
            ("db.Query(fmt.Sprint(\"SELECT a FROM t\", \" WHERE b\"))", &["SELECT a FROM t WHERE b"]),
            ("db.Query(strings.ToLower(\"SELECT a FROM t\"))", &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn lists_without_what_is_nothing() {
    let both = &["SELECT a FROM t WHERE c", "SELECT a FROM t WHERE b AND c"][..];
    table(
        "A.kt",
        ("fun f(all: Boolean) { ", " }"),
        &[(
            "val c = listOfNotNull(\"b\".takeIf { all }, \"c\")\n\
             db.query(\"SELECT a FROM t WHERE ${c.joinToString(\" AND \")}\")",
            both,
        )],
    );
    table(
        "a.ts",
        ("", ";\n"),
        &[
            ("db.query('SELECT a FROM t WHERE ' + [all && 'b', 'c'].filter(Boolean).join(' AND '))", both),
            ("db.query('SELECT a FROM t WHERE ' + ['b', 'c'].filter(Boolean).join(' AND '))", &both[1..]),
        ],
    );
    table(
        "a.php",
        ("<?php function f($db, $all) { ", " }"),
        &[(
            "$db->query('SELECT a FROM t WHERE ' . implode(' AND ', array_filter([$all ? 'b' : null, 'c'])));",
            both,
        )],
    );
}

#[test]
fn values_that_are_taken_apart() {
    table(
        "a.py",
        ("def f(cur, d):\n  q = 'SELECT a FROM t WHERE b = 1'\n", "\n"),
        &[
            (
                "  head, _, _ = q.partition('WHERE')\n  cur.execute(head)",
                &["SELECT a FROM t WHERE b = 1 {~q.partition('WHERE')}"],
            ),
            ("  rows, n = d.rows(q)\n  show(rows)", &["SELECT a FROM t WHERE b = 1"]),
            ("  rows, n = cur.execute(q, 1)", &["SELECT a FROM t WHERE b = 1"]),
        ],
    );
    table(
        "a.go",
        ("package x\nfunc f(ids []int) {\n", "\n}"),
        &[
            (
                "q, args, err := sqlx.In(\"SELECT a FROM t WHERE b IN (?)\", ids)\ndb.Query(q, args...)",
                &["SELECT a FROM t WHERE b IN (?) <- ?=ids"],
            ),
            (
                "q, args, err := widen(\"SELECT a FROM t\", ids)\ndb.Query(q, args...)",
                &["SELECT a FROM t {~widen(\"SELECT a FROM t\", ids)}"],
            ),
        ],
    );
}

#[test]
fn texts_in_objects() {
    table(
        "a.ts",
        ("const o = { text: 'SELECT a FROM t WHERE b', values: [w] };\n", ";\n"),
        &[
            ("db.query(o)", &["SELECT a FROM t WHERE b"]),
            ("o.text += ' OR c';\ndb.query(o)", &["SELECT a FROM t WHERE b OR c"]),
            ("db.query({ ...o, text: o.text + ' OR c' })", &["SELECT a FROM t WHERE b OR c"]),
            ("widen(o);\ndb.query(o)", &["SELECT a FROM t WHERE b {~what is added to o.text}"]),
        ],
    );
    table(
        "A.cs",
        ("class A { void F() { ", " } }"),
        &[
            ("var c = new NpgsqlCommand { CommandText = \"SELECT a FROM t\" };", &["SELECT a FROM t"]),
            ("var c = new Note { Text = \"no SELECT\" };", &[]),
        ],
    );
}

#[test]
fn statements_behind_others() {
    table(
        "a.py",
        ("def f(cur, db):\n", "\n"),
        &[
            ("  cur.execute('BEGIN; SELECT a FROM t; COMMIT')", &["BEGIN; SELECT a FROM t; COMMIT"]),
            ("  cur.execute(';SELECT a FROM t')", &[";SELECT a FROM t"]),
            ("  cur.execute('BEGIN')\n  cur.execute('SELECT a FROM t')", &["SELECT a FROM t"]),
            ("  db.check('SELECT a FROM t')", &["SELECT a FROM t"]),
            ("  log.error('SELECT a FROM t')", &[]),
        ],
    );
}

#[test]
fn variants_that_cannot_be_read() {
    let bad = "SELECT a FROM t FETCH FIRST (SELECT 5) ROWS WITH TIES";
    table(
        "a.py",
        ("def f(cur, wide):\n  q = 'SELECT a FROM t WHERE b = 1'\n", "  cur.execute(q)\n"),
        &[
            (&format!("  if wide:\n    q = '{bad}'\n"), &["SELECT a FROM t WHERE b = 1", bad]),
            // Ways that are not taken together.
            (
                "  if wide: q += ' AND c'\n  if wide: q += ' AND d'\n",
                &[
                    "SELECT a FROM t WHERE b = 1 AND c AND d",
                    "SELECT a FROM t WHERE b = 1 AND c",
                    "SELECT a FROM t WHERE b = 1 AND d",
                    "SELECT a FROM t WHERE b = 1",
                ],
            ),
            (
                "  if wide: q = 'SELECT a FROM t'\n  if wide: q += ' WHERE c'\n",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c", "SELECT a FROM t"],
            ),
        ],
    );
}

#[test]
fn work_is_bounded() {
    let mut loops = "def f(cur, c):\n  q = 'SELECT a FROM t'\n".to_owned();
    let mut tries = "def f(cur, c):\n  q = 'SELECT a FROM t'\n".to_owned();
    let mut helpers = "def h0(x):\n  return 'SELECT ' + x\n".to_owned();
    for i in 0..40 {
        loops.push_str(&format!("  for x in c:\n    q = q + ' AND a{i}'\n    if x: q = 'SELECT ' + q\n"));
        let pad = "  ".repeat(i + 1);
        tries.push_str(&format!("{pad}try:\n{pad}  q = 'SELECT ' + q\n"));
        helpers.push_str(&format!("def h{}(x):\n  return h{i}(x) + h{i}(x)\n", i + 1));
    }
    for i in (0..40).rev() {
        let pad = "  ".repeat(i + 1);
        tries.push_str(&format!("{pad}except E:\n{pad}  q = q + ' AND a{i}'\n"));
    }
    loops.push_str("  cur.execute(q)\n");
    tries.push_str("  cur.execute(q)\n");
    helpers.push_str("def f(cur):\n  cur.execute(h40('a'))\n");
    for source in [&loops, &tries] {
        let found = extracted("a.py", source);
        // What is not followed of so many ways is a hole.
        assert!(found.iter().any(|fragment| fragment.holes.iter().any(|h| h.kind == HoleKind::Clause)));
    }
    let started = std::time::Instant::now();
    extracted("a.py", &helpers);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}
