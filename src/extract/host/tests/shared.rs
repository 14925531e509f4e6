//! Texts and lists that something else may change, names that are hidden, and what is made of a statement in ways that
//! are not followed: none of it may pass for the statement as it was written. Beside each stands a near twin that is known.

use super::*;

/// What is seen of statements that a language writes so; `known` must be without holes and `hidden` must not be.
fn check(path: &str, around: (&str, &str), cases: &[(&str, &str)]) {
    let seen = |code: &str| read(path, &format!("{}{code}{}", around.0, around.1));
    for (hidden, known) in cases {
        for line in seen(hidden) {
            assert!(line.contains(['{']), "{hidden}\n{line}");
        }
        assert!(!seen(hidden).is_empty(), "{hidden}");
        let known_seen = seen(known);
        assert!(!known_seen.is_empty(), "{known}");
        for line in known_seen {
            assert!(!line.contains('{'), "{known}\n{line}");
        }
    }
}

#[test]
fn python() {
    let around = ("A = 'a = 1'\ndef f(db, x, xs):\n", "");
    let run = "    db.execute('SELECT i FROM t WHERE ' + ' AND '.join(c))\n";
    let list = |code: &str| format!("    c = ['a = 1', 'b = 2']\n    {code}\n{run}");
    let q = |code: &str| format!("    q = 'SELECT i FROM t WHERE a = 1'\n    {code}\n    db.execute(q)\n");
    check(
        "a.py",
        around,
        &[
            (&list("c.pop(0)"), &list("len(c)")),
            (&list("c[0] = x"), &list("c[0] == x")),
            (&list("del c[0]"), &list("del x")),
            (&list("edit(c)"), &list("edit(x)")),
            (&list("d = c"), &list("d = x")),
            (&q("q = q.replace(x, 'b')"), &q("q = q.replace('a', 'b')")),
            (&q("q = q[:10]"), &q("y = q[:10]")),
            (
                "    for A in xs:\n        db.execute('SELECT i FROM t WHERE ' + A)\n",
                "    for B in xs:\n        db.execute('SELECT i FROM t WHERE ' + A)\n",
            ),
            (
                "    with x as A:\n        db.execute('SELECT i FROM t WHERE ' + A)\n",
                "    with x as B:\n        db.execute('SELECT i FROM t WHERE ' + A)\n",
            ),
        ],
    );
    // A handler may run when only a part of the body was.
    let source = "def f(db, x):\n    q = 'SELECT i FROM t'\n    try:\n        q += ' WHERE a = 1'\n    except E:\n        pass\n    db.execute(q)\n";
    assert_eq!(read("a.py", source), ["SELECT i FROM t WHERE a = 1", "SELECT i FROM t"]);
}

#[test]
fn helpers_are_given_what_they_are_called_with() {
    let helper = "W = 'a = 1'\ndef where(W):\n    return 'WHERE ' + W\n";
    let call = |arg: &str| {
        read("a.py", &format!("{helper}def f(db, x):\n    db.execute('SELECT i FROM t ' + where({arg}))\n"))
    };
    assert_eq!(call("x"), ["SELECT i FROM t WHERE {x}"]);
    assert_eq!(call("'b = 2'"), ["SELECT i FROM t WHERE b = 2"]);
    assert_eq!(call("W='b = 2'"), ["SELECT i FROM t WHERE b = 2"]);
    assert_eq!(call("*x"), ["SELECT i FROM t WHERE {W}"]);
}

#[test]
fn javascript() {
    let list = |code: &str| {
        format!(
            "const c = ['a = 1', 'b = 2']; {code} pool.query('SELECT i FROM t WHERE ' + c.join(' AND '));"
        )
    };
    check(
        "a.ts",
        ("const A = 'a = 1';\nfunction f(x: any, xs: any) { ", " }\n"),
        &[
            (&list("c.shift();"), &list("c.length;")),
            (&list("c.splice(0, 1);"), &list("c.slice(0, 1);")),
            (&list("edit(c);"), &list("edit(x);")),
            (&list("const d = c; d.shift();"), &list("const d = x; d.shift();")),
            (
                "pool.query('SELECT i FROM t WHERE a = 1'.slice(0, 5));",
                "pool.query('SELECT i FROM t WHERE a = 1'.trim());",
            ),
            (
                "for (const A of xs) { pool.query('SELECT i FROM t WHERE ' + A); }",
                "for (const B of xs) { pool.query('SELECT i FROM t WHERE ' + A); }",
            ),
            (
                "try { f(); } catch (A) { pool.query('SELECT i FROM t WHERE ' + A); }",
                "try { f(); } catch (B) { pool.query('SELECT i FROM t WHERE ' + A); }",
            ),
            (
                "let q = 'SELECT i FROM t'; (() => { q = x; })(); pool.query(q);",
                "let q = 'SELECT i FROM t'; (() => { x = q; })(); pool.query(q);",
            ),
        ],
    );
}

#[test]
fn go() {
    let q = |code: &str| format!("q := \"SELECT i FROM t WHERE a = 1\"\n{code}\ndb.Query(q)\n");
    let b = |code: &str| {
        format!("var b strings.Builder\nb.WriteString(\"SELECT i FROM t\")\n{code}\ndb.Query(b.String())\n")
    };
    check(
        "a.go",
        ("package a\nconst a = \"a = 1\"\nfunc f(db *sql.DB, x string, xs []string) {\n", "}\n"),
        &[
            (&q("widen(&q)"), &q("widen(q)")),
            (&q("q = strings.ReplaceAll(q, x, \"2\")"), &q("q = strings.ReplaceAll(q, \"1\", \"2\")")),
            (&q("func() { q = x }()"), &q("func() { x = q }()")),
            (&q("select {\ncase q = <-c:\n}"), &q("select {\ncase x = <-c:\n}")),
            (&b("add(&b)"), &b("add(&x)")),
            (&b("fmt.Fprintf(&b, \" WHERE %s\", x)"), &b("fmt.Fprintf(&b, \" WHERE %s\", \"a = 1\")")),
            (
                "for _, a := range xs {\ndb.Query(\"SELECT i FROM t WHERE \" + a)\n}\n",
                "for _, b := range xs {\ndb.Query(\"SELECT i FROM t WHERE \" + a)\n}\n",
            ),
            (
                "c := []string{\"a = 1\"}\nc[0] = x\ndb.Query(\"SELECT i FROM t WHERE \" + strings.Join(c, \" AND \"))\n",
                "c := []string{\"a = 1\"}\nx = c[0]\ndb.Query(\"SELECT i FROM t WHERE \" + strings.Join(c, \" AND \"))\n",
            ),
        ],
    );
}

#[test]
fn java_kotlin_and_csharp() {
    let b = |code: &str| {
        format!(
            "StringBuilder b = new StringBuilder(\"SELECT i FROM t WHERE a = 1\"); {code} jdbc.query(b.toString(), m);"
        )
    };
    check(
        "A.java",
        ("class A { static final String A = \"a = 1\"; void f(String x, List<String> xs) { ", " } }\n"),
        &[
            (&b("b.delete(10, 20);"), &b("b.length();")),
            (&b("widen(b);"), &b("widen(x);")),
            (&b("StringBuilder c = b; c.append(x);"), &b("StringBuilder c = d; c.append(x);")),
            (
                "for (String A : xs) { jdbc.query(\"SELECT i FROM t WHERE \" + A, m); }",
                "for (String B : xs) { jdbc.query(\"SELECT i FROM t WHERE \" + A, m); }",
            ),
        ],
    );
    check(
        "a.kt",
        ("const val A = \"a = 1\"\nfun f(x: String, xs: List<String>) { ", " }\n"),
        &[
            (
                "for (A in xs) { jdbc.query(\"SELECT i FROM t WHERE $A\", m) }",
                "for (B in xs) { jdbc.query(\"SELECT i FROM t WHERE $A\", m) }",
            ),
            (
                "val c = listOf(\"a = 1\"); jdbc.query(\"SELECT i FROM t WHERE \" + c.joinToString(\" AND \") { x }, m)",
                "val c = listOf(\"a = 1\"); jdbc.query(\"SELECT i FROM t WHERE \" + c.joinToString(\" AND \"), m)",
            ),
        ],
    );
    let q = |code: &str| format!("var q = \"SELECT i FROM t WHERE a = 1\"; {code} db.Query(q);");
    let in_loop =
        |name: &str| format!("foreach (var {name} in xs) {{ db.Query(\"SELECT i FROM t WHERE \" + A); }}");
    let pattern =
        |name: &str| format!("if (x is string {name}) {{ db.Query(\"SELECT i FROM t WHERE \" + A); }}");
    let lambda = |name: &str| format!("xs.Select({name} => db.Query(\"SELECT i FROM t WHERE \" + A));");
    check(
        "a.cs",
        ("class C { const string A = \"a = 1\"; void F(string x, string[] xs) { ", " } }\n"),
        &[
            (&q("Widen(ref q);"), &q("Widen(q);")),
            (&in_loop("A"), &in_loop("B")),
            (&pattern("A"), &pattern("B")),
            (&lambda("A"), &lambda("B")),
        ],
    );
}

#[test]
fn ruby_php_and_rust() {
    let q = |code: &str| format!("  q = \"SELECT i FROM t WHERE a = 1\"\n  {code}\n  Row.find_by_sql(q)\n");
    check(
        "a.rb",
        ("def f(x)\n", "end\n"),
        &[
            (&q("q.sub!('a', x)"), &q("y = q.size")),
            (&q("widen(q)"), &q("widen(x)")),
            (&q("p = q"), &q("p = x")),
        ],
    );
    // Where no case is met, nothing stands there.
    let case = "def f(k)\n  w = case k when 1 then 'WHERE a = 1' end\n  Row.find_by_sql(\"SELECT i FROM t #{w}\")\nend\n";
    assert_eq!(read("a.rb", case), ["SELECT i FROM t WHERE a = 1", "SELECT i FROM t "]);
    let c = |code: &str| {
        format!(
            "$c = [\"a = 1\", \"b = 2\"]; {code} $pdo->query(\"SELECT i FROM t WHERE \" . implode(\" AND \", $c));"
        )
    };
    check(
        "a.php",
        (
            "<?php function widen(string &$q) {} function look($q) { return $q & 1; } function f($pdo, $x) { ",
            " }",
        ),
        &[
            (
                "$q = \"SELECT i FROM t WHERE a = 1\"; Widen($q); $pdo->query($q);",
                "$q = \"SELECT i FROM t WHERE a = 1\"; look($q); $pdo->query($q);",
            ),
            (&c("array_shift($c);"), &c("count($c);")),
            (&c("unset($c[0]);"), &c("unset($x[0]);")),
            (&c("$c[0] = $x;"), &c("$x = $c[0];")),
            (&c("extract($_GET);"), &c("strlen($x);")),
        ],
    );
    let q = |code: &str| {
        format!("let mut q = String::from(\"SELECT i FROM t WHERE a = 1\"); {code} db.query(&q);")
    };
    check(
        "a.rs",
        ("const A: &str = \"a = 1\";\nfn f(db: &Db, x: &str, xs: &[&str]) { ", " }\n"),
        &[
            (&q("q.truncate(9);"), &q("q.len();")),
            (&q("widen(&mut q);"), &q("widen(&q);")),
            (&q("let p = &mut q; p.push_str(x);"), &q("let p = &mut x; p.push_str(x);")),
            (
                "for A in xs { db.query(&format!(\"SELECT i FROM t WHERE {A}\")); }",
                "for B in xs { db.query(&format!(\"SELECT i FROM t WHERE {A}\")); }",
            ),
            (
                "if let Some(A) = x { db.query(&format!(\"SELECT i FROM t WHERE {A}\")); }",
                "if let Some(B) = x { db.query(&format!(\"SELECT i FROM t WHERE {A}\")); }",
            ),
        ],
    );
}

#[test]
fn a_chain_of_doublings_ends() {
    let mut source = String::from("A0 = 'a, a'\n");
    for i in 1..60 {
        source.push_str(&format!("A{i} = A{0} + ', ' + A{0}\n", i - 1));
    }
    source.push_str("def f(db):\n    db.execute('SELECT ' + A59 + ' FROM t')\n");
    assert!(!read("a.py", &source).is_empty());
}

/// What is told of a file as not read, and why.
fn unread(path: &str, source: &str) -> Vec<(String, Why)> {
    let file = extract(FileId(0), path, source, Dialect::Postgres, &HostSettings::default());
    let shown = |u: &Unread| (source[u.span.range()].to_owned(), u.why);
    file.unread.iter().map(shown).collect()
}

#[test]
fn what_a_grammar_cannot_read_is_told() {
    let broken = "function f() { <<<<<<< ours\n  pool.query(`SELECT i FROM t WHERE a = 1 ${ `);\n}\n";
    assert_eq!(unread("a.ts", broken), [("SELECT i FROM t WHERE a = 1 ${ `)".to_owned(), Why::Broken)]);
    let broken = "function f() { <<<<<<< ours\n  pool.query(`\n  select i from t where a = 1` ${ `);\n}\n";
    assert_eq!(unread("a.ts", broken), [("select i from t where a = 1` ${ `);".to_owned(), Why::Broken)]);
    let prose = "function f() { <<<<<<< ours\n  say(`select one from the list` ${ `);\n}\n";
    assert_eq!(unread("a.ts", prose), []);
    // Errors elsewhere hide nothing.
    let read = "function f() { pool.query(`SELECT i FROM t WHERE a = 1`); }\n@@ function g() {}\n";
    assert_eq!(unread("a.ts", read), []);
}

#[test]
fn what_nests_too_deep_is_told() {
    let nested = |depth: usize| {
        format!("f({}db.query('SELECT i FROM t WHERE a = 1'){});\n", "[".repeat(depth), "]".repeat(depth))
    };
    assert_eq!(unread("a.js", &nested(50)), []);
    assert_eq!(read("a.js", &nested(50)).len(), 1);
    let deep = unread("a.js", &nested(500));
    assert_eq!(deep.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Why::Deep]);
}

#[test]
fn texts_that_are_too_long_are_told() {
    let values = ",\n1, 2, 3, 4, 5, 6, 7";
    let text = |len: usize| {
        format!("db.query(`SELECT i FROM t WHERE a IN (1{})`);\n", values.repeat(len / values.len()))
    };
    assert_eq!(unread("a.js", &text(1_000)), []);
    assert_eq!(unread("a.js", &text((1 << 20) + 50)), [("S".to_owned(), Why::Long)]);
}
