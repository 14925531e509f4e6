//! Ways through functions: where one of them leaves a condition out, that way is seen. Beside each stands a near twin of
//! which every way has the condition.

use super::*;

/// Each first code may run without the condition, each second one may not.
pub(super) fn check(path: &str, around: (&str, &str), cases: &[(&str, &str)]) {
    let is_sure =
        |line: &String| line.contains("WHERE a = 1") && !line.contains('{') && !line.contains(" OR ");
    let mut wrong = String::new();
    for (open, sure) in cases {
        let seen = |code: &str| read(path, &format!("{}{code}{}", around.0, around.1));
        let lines = seen(open);
        if lines.iter().all(is_sure) {
            wrong.push_str(&format!("open: {open}\n{lines:#?}\n"));
        }
        let lines = seen(sure);
        if lines.is_empty() || !lines.iter().all(is_sure) {
            wrong.push_str(&format!("sure: {sure}\n{lines:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn go() {
    let with = |code: &str| format!("w := \" WHERE a = 1\"\n{code}\ndb.Query(\"SELECT i FROM t\" + w)\n");
    check(
        "a.go",
        ("package a\nfunc f(db DB, x int, xs []int) {\n", "}\n"),
        &[
            (
                &with("switch x {\ncase 1:\nw = \"\"\nbreak\ndefault:\nw += \" AND b = 2\"\n}"),
                &with("switch x {\ncase 1:\nw = \"\"\nreturn\ndefault:\nw += \" AND b = 2\"\n}"),
            ),
            (
                &with("switch x {\ncase 1:\nw = \"\"\nfallthrough\ncase 2:\nw += \" \"\n}"),
                &with("switch x {\ncase 1:\nw = \" WHERE a = 1\"\nfallthrough\ncase 2:\nw += \" \"\n}"),
            ),
            (
                &with("for _, y := range xs {\nw = \"\"\nif y > 1 {\nbreak\n}\nw = \" WHERE a = 1\"\n}"),
                &with("for _, y := range xs {\nif y > 1 {\nbreak\n}\n}"),
            ),
            (
                &with("w = \"\"\ngoto done\nw = \" WHERE a = 1\"\ndone:"),
                &with("done:\nfor _, y := range xs {\nif y > 1 {\nbreak done\n}\n}"),
            ),
            (
                "w := \"\"\nif x > 1 {\nw := \" WHERE a = 1\"\nlog(w)\n}\ndb.Query(\"SELECT i FROM t\" + w)\n",
                &with("if x > 1 {\nw := \"\"\nlog(w)\n}"),
            ),
            (&with("if x > 1 {\nw, err = \"\", nil\n}"), &with("if x > 1 {\nw, err := \"\", nil\n_ = w\n}")),
        ],
    );
}

#[test]
fn typescript() {
    let with = |code: &str| format!("let w = ' WHERE a = 1';\n{code}\ndb.query('SELECT i FROM t' + w);\n");
    check(
        "a.ts",
        ("function f(db: any, x: any, xs: any[]) {\n", "}\n"),
        &[
            (
                "let w = '', q = 'SELECT i FROM t WHERE a = 1';\nswitch (x) { case 1: w = ' OR b = 2'; case 2: q += w; break; }\ndb.query(q);",
                "let w = '', q = 'SELECT i FROM t WHERE a = 1';\nswitch (x) { case 1: w = ' OR b = 2'; break; case 2: q += w; break; }\ndb.query(q);",
            ),
            (
                &with("b: { w = ''; if (x) { break b; } w = ' WHERE a = 1'; }"),
                &with("b: { if (x) { break b; } w = ' WHERE a = 1'; }"),
            ),
            (
                &with("try { w = ''; x(); w = ' WHERE a = 1'; } catch (e) {}"),
                &with("try { w = ''; x(); w = ' WHERE a = 1'; } catch (e) { return; }"),
            ),
            (&with("x && (w += ' OR b = 2');"), &with("x && (w += ' AND b = 2');")),
            (&with("x ? w = '' : null;"), &with("x ? y = '' : null;")),
            (&with("xs.map(c => (w = w + c));"), &with("xs.map(c => (y = w + c));")),
            (
                &with("xs.forEach(c => { w = ''; return; });"),
                &with("xs.forEach(c => { let w = ''; return w; });"),
            ),
            (
                "let w = '';\n{ let w = ' WHERE a = 1'; log(w); }\ndb.query('SELECT i FROM t' + w);",
                &with("{ const w = ''; log(w); }"),
            ),
            (
                "let w = '';\ntry { let w = ' WHERE a = 1'; log(w); } finally { }\ndb.query('SELECT i FROM t' + w);",
                &with("try { let w = ''; log(w); } finally { }"),
            ),
            (
                "let w = '';\nswitch (x) { case 1: { let w = ' WHERE a = 1'; log(w); break; } default: { let w = ' WHERE a = 1'; log(w); } }\ndb.query('SELECT i FROM t' + w);",
                &with("switch (x) { case 1: { let w = ''; log(w); break; } }"),
            ),
            (&with("for (w of xs) { log(w); }"), &with("for (const w of xs) { log(w); }")),
            (&with("w ??= x;\nw = x; w ??= ' WHERE a = 1';"), &with("w ??= ' WHERE a = 1 AND b = 2';")),
        ],
    );
}

#[test]
fn python() {
    let with = |code: &str| format!("    w = ''\n{code}    db.execute('SELECT i FROM t' + w)\n");
    check(
        "a.py",
        ("import contextlib\ndef f(db, x, xs):\n", ""),
        &[
            (
                &with("    with contextlib.suppress(E):\n        x()\n        w = ' WHERE a = 1'\n"),
                &with("    with contextlib.closing(x):\n        x()\n        w = ' WHERE a = 1'\n"),
            ),
            (
                &with("    try:\n        x()\n        w = ' WHERE a = 1'\n    except E:\n        pass\n"),
                &with("    try:\n        x()\n        w = ' WHERE a = 1'\n    except E:\n        return\n"),
            ),
            (
                "    w = ' WHERE a = 1'\n    x and (w := '')\n    db.execute('SELECT i FROM t' + w)\n",
                "    w = ' WHERE a = 1'\n    x and (y := '')\n    db.execute('SELECT i FROM t' + w)\n",
            ),
        ],
    );
}

#[test]
fn php() {
    let with = |code: &str| format!("$w = ' WHERE a = 1';\n{code}\n$db->query('SELECT i FROM t' . $w);\n");
    let unset = |code: &str| format!("{code}\n$db->query(\"SELECT i FROM t $w\");\n");
    check(
        "a.php",
        ("<?php\nfunction f($db, $x, $xs, $p = null) {\n", "}\n"),
        &[
            (
                "$w = ''; switch ($x) { case 1: $w = ' OR b = 2'; case 2: $q = 'SELECT i FROM t WHERE a = 1' . $w; break; default: $q = 'SELECT i FROM t WHERE a = 1 '; } $db->query($q);",
                "$w = ''; switch ($x) { case 1: $w = ' AND b = 2'; case 2: $q = 'SELECT i FROM t WHERE a = 1' . $w; break; default: $q = 'SELECT i FROM t WHERE a = 1 '; } $db->query($q);",
            ),
            (
                &with("do { $w = ''; if ($x) break; $w = ' WHERE a = 1'; } while (0);"),
                &with("do { if ($x) break; } while (0);"),
            ),
            (&with("$w = ''; goto a; $w = ' WHERE a = 1'; a:"), &with("a:")),
            (&with("$x and $w .= ' OR b = 2';"), &with("$x and $w .= ' AND b = 2';")),
            (
                &unset("if ($x) { $w = 'WHERE a = 1'; }"),
                &unset("if ($x) { $w = 'WHERE a = 1'; } else { return; }"),
            ),
            (&unset("foreach ($xs as $y) { $w = 'WHERE a = 1'; }"), &unset("$w = 'WHERE a = 1';")),
            (
                &unset("switch ($x) { case 1: $w = 'WHERE a = 1'; break; }"),
                &unset("switch ($x) { case 1: $w = 'WHERE a = 1 '; break; default: $w = 'WHERE a = 1'; }"),
            ),
            (&unset("$w = $p; $w ??= 'WHERE a = 1';"), &unset("$w ??= 'WHERE a = 1';")),
        ],
    );
}

#[test]
fn ruby() {
    let run = |code: &str| format!("{code}\ndb.exec(\"SELECT i FROM t #{{w}}\")\n");
    let field = |code: &str| format!("{code}\ndb.exec(\"SELECT i FROM t #{{@w}}\")\n");
    check(
        "a.rb",
        ("def f(db, x, p = nil)\n", "end\n"),
        &[
            (&run("if x\nw = \"WHERE a = 1\"\nend"), &run("return unless x\nw = \"WHERE a = 1\"")),
            (&run("w = \"WHERE a = 1\" if x"), &run("w = \"WHERE a = 1\"\nw = \"WHERE a = 1 \" if x")),
            (&field("@w = \"WHERE a = 1\" unless x"), &field("@w = \"WHERE a = 1\"")),
            (&run("p ||= \"WHERE a = 1\"\nw = p"), &run("w ||= \"WHERE a = 1\"")),
            (
                &run("w = \"WHERE a = 1\"\nbegin\nw = \"\"\nx.call\nw = \"WHERE a = 1 \"\nrescue E\nend"),
                &run("w = \"WHERE a = 1\"\nbegin\nx.call\nw = \"WHERE a = 1 \"\nrescue E\nend"),
            ),
            (
                &run("w = +\"WHERE a = 1\"\nx and w << \" OR b = 2\""),
                &run("w = +\"WHERE a = 1\"\nx and w << \" AND b = 2\""),
            ),
        ],
    );
}

#[test]
fn java_and_csharp() {
    let with =
        |code: &str| format!("String w = \" WHERE a = 1\"; {code} jdbc.query(\"SELECT i FROM t\" + w);");
    check(
        "A.java",
        ("class A { void f(int x) { ", " } }"),
        &[
            (
                &with("switch (x) { case 1: w = \"\"; case 2: w += \" \"; break; }"),
                &with("switch (x) { case 1: w = \" WHERE a = 1\"; case 2: w += \" \"; break; }"),
            ),
            (
                &with("b: { w = \"\"; if (x > 1) break b; w = \" WHERE a = 1\"; }"),
                &with("b: { if (x > 1) break b; w = \" WHERE a = 1\"; }"),
            ),
            (
                &with("try { w = \"\"; g(); w = \" WHERE a = 1\"; } catch (E e) { }"),
                &with("try { w = \"\"; g(); w = \" WHERE a = 1\"; } catch (E e) { return; }"),
            ),
        ],
    );
    let with = |code: &str| format!("var w = \" WHERE a = 1\"; {code} db.Query(\"SELECT i FROM t\" + w);");
    check(
        "A.cs",
        ("class A { void F(int x, string p, List<string> cs) { ", " } }"),
        &[
            (
                &with("switch (x) { case 1: w = \"\"; goto case 2; case 2: w += \" \"; break; }"),
                &with("switch (x) { case 1: w = \" WHERE a = 1\"; break; case 2: w += \" \"; break; }"),
            ),
            (&with("cs.ForEach(c => w += c);"), &with("cs.ForEach(c => y += c);")),
            (&with("void G() => w += p; G();"), &with("void G() => y += p; G();")),
            (
                &with("w = p; w ??= \" WHERE a = 1\";"),
                &with("w = \" WHERE a = 1 \"; w ??= \" WHERE a = 1\";"),
            ),
        ],
    );
}

#[test]
fn rust_and_kotlin() {
    let with = |code: &str| {
        format!("let w = \"\"; {code} sqlx::query(&format!(\"SELECT i FROM t{{w}}\")).execute(p);")
    };
    let sure = |code: &str| {
        format!(
            "let w = \" WHERE a = 1\"; {code} sqlx::query(&format!(\"SELECT i FROM t{{w}}\")).execute(p);"
        )
    };
    check(
        "a.rs",
        ("fn f(p: &P, x: i64) {\n", "\n}\n"),
        &[
            (&with("{ let w = \" WHERE a = 1\"; log(w); }"), &sure("{ let w = \"\"; log(w); }")),
            (
                &with(
                    "if x > 1 { let w = \" WHERE a = 1\"; log(w); } else { let w = \" WHERE a = 1\"; log(w); }",
                ),
                &sure("if x > 1 { let w = \"\"; log(w); } else { let w = \"\"; log(w); }"),
            ),
            (
                &with("let w = 'a: { if x > 1 { break 'a \"\"; } \" WHERE a = 1\" };"),
                &with("let w = { \" WHERE a = 1\" };"),
            ),
        ],
    );
    let with = |code: &str| format!("var w = \"\"\n{code}\njdbc.query(\"SELECT i FROM t$w\")");
    let sure = |code: &str| format!("var w = \" WHERE a = 1\"\n{code}\njdbc.query(\"SELECT i FROM t$w\")");
    check(
        "a.kt",
        ("fun f(x: Boolean, xs: List<String>) {\n", "\n}\n"),
        &[
            (
                &with(
                    "if (x) { val w = \" WHERE a = 1\"; log(w) } else { val w = \" WHERE a = 1\"; log(w) }",
                ),
                &sure("if (x) { val w = \"\"; log(w) } else { val w = \"\"; log(w) }"),
            ),
            (
                "val it = \" WHERE a = 1\"\nxs.forEach { jdbc.query(\"SELECT i FROM t$it\") }",
                "val it = \" WHERE a = 1\"\nxs.forEach { y -> jdbc.query(\"SELECT i FROM t$it\") }",
            ),
        ],
    );
}
