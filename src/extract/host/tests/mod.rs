//! What is made of the texts in programs: for each language a table of literals and of ways to build a text, with the SQL
//! that must come out, where it maps to, and what its holes and placeholders are.

mod csharp;
mod flow;
mod imports;
mod java;
mod kotlin;
mod made;
mod mapper;
mod members;
mod php;
mod ruby;
mod rust;
mod shared;
mod sites;
mod space;

use super::*;
use crate::source::HoleKind;

/// The fragments of a file, each as one line: its text with holes in braces (`{!x}` bound, `{x}` spliced, `{#x}` harmless,
/// `{~x}` a clause), then what its placeholders are bound to.
fn read(path: &str, source: &str) -> Vec<String> {
    extracted(path, source).iter().map(|f| shown(f)).collect()
}

fn extracted(path: &str, source: &str) -> Vec<Arc<Fragment>> {
    let file = extract(FileId(0), path, source, Dialect::Postgres, &HostSettings::default());
    assert_eq!(file.unread, []);
    let fragments: Vec<_> = file.hosted.iter().map(|h| h.fragment.clone()).collect();
    fragments.iter().for_each(|fragment| check_map(fragment, source));
    fragments
}

/// Every byte of a text has a place, and a verbatim run says the same there.
fn check_map(fragment: &Fragment, source: &str) {
    let mut at = 0;
    for piece in &fragment.pieces {
        assert_eq!(piece.fragment, at, "{fragment:?}");
        at += piece.len;
        let here = &fragment.text[piece.fragment as usize..at as usize];
        let there = &source[piece.file as usize..(piece.file + piece.file_len) as usize];
        let is_hole = fragment.holes.iter().any(|h| h.span.start == piece.fragment);
        if piece.len == piece.file_len && !is_hole && !there.starts_with('\\') {
            assert_eq!(here, there);
        }
    }
    assert_eq!(at as usize, fragment.text.len(), "{fragment:?}");
    for hole in &fragment.holes {
        assert!(fragment.text[hole.span.range()].starts_with("sqlmoat_hole_"));
    }
}

fn shown(fragment: &Fragment) -> String {
    let mut text = String::new();
    let mut at = 0;
    for hole in &fragment.holes {
        text.push_str(&fragment.text[at..hole.span.start as usize]);
        let mark = match hole.kind {
            HoleKind::Bound => "!",
            HoleKind::Spliced => "",
            HoleKind::Harmless => "#",
            HoleKind::Clause => "~",
        };
        text.push_str(&format!("{{{mark}{}}}", hole.expression));
        at = hole.span.end as usize;
    }
    text.push_str(&fragment.text[at..]);
    let written = fragment.binds.iter().filter(|b| !fragment.holes.iter().any(|h| h.span == b.span));
    let binds: Vec<String> =
        written.map(|b| format!("{}={}", &fragment.text[b.span.range()], b.expression)).collect();
    if !binds.is_empty() {
        text.push_str(&format!(" <- {}", binds.join(", ")));
    }
    text
}

/// Holds a table: source lines, and what comes out of each.
fn table(path: &str, around: (&str, &str), rows: &[(&str, &[&str])]) {
    let mut wrong = String::new();
    for (source, want) in rows {
        let got = read(path, &format!("{}{source}{}", around.0, around.1));
        if got != *want {
            wrong.push_str(&format!("{source}\n   got {got:#?}\n  want {want:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn python_literals() {
    table(
        "a.py",
        ("", "\n"),
        &[
            ("x.execute('SELECT a FROM t')", &["SELECT a FROM t"]),
            (r#"x.execute("SELECT 'a\tb\x41\u00e9' FROM t")"#, &["SELECT 'a\tbA\u{e9}' FROM t"]),
            (r"x.execute(r'SELECT \d FROM t')", &[r"SELECT \d FROM t"]),
            ("x.execute('''SELECT a\n  FROM t''')", &["SELECT a\n  FROM t"]),
            ("x.execute(b'SELECT a FROM t')", &["SELECT a FROM t"]),
            ("x.execute('SELECT a ' 'FROM t')", &["SELECT a FROM t"]),
            ("x.execute('SELECT a ' \\\n 'FROM t')", &["SELECT a FROM t"]),
            ("x.execute(f'SELECT {{a}} FROM t WHERE b = {c.d}')", &["SELECT {a} FROM t WHERE b = {c.d}"]),
            ("x.execute(rf'SELECT a FROM {t!r:>3}')", &["SELECT a FROM {t}"]),
            (
                "x.execute(text('SELECT a FROM t WHERE b = :b'), {'b': y.z})",
                &["SELECT a FROM t WHERE b = :b <- :b=y.z"],
            ),
        ],
    );
}

#[test]
fn python_building() {
    table(
        "a.py",
        ("def f(a, n: int, w):\n", "\n"),
        &[
            ("  x.execute('SELECT a FROM t WHERE b = ' + a)", &["SELECT a FROM t WHERE b = {a}"]),
            ("  x.execute('SELECT a FROM t WHERE b = ' + str(n))", &["SELECT a FROM t WHERE b = {#str(n)}"]),
            ("  x.execute('SELECT a FROM t WHERE b = %s' % a)", &["SELECT a FROM t WHERE b = {a}"]),
            (
                "  x.execute('SELECT a FROM t WHERE b = %s AND c = %d' % (a, w))",
                &["SELECT a FROM t WHERE b = {a} AND c = {#w}"],
            ),
            (
                "  x.execute('SELECT a FROM {} WHERE b = {k}'.format(a, k=w))",
                &["SELECT a FROM {a} WHERE b = {w}"],
            ),
            ("  x.execute('SELECT a FROM t WHERE b = %s', (a,))", &["SELECT a FROM t WHERE b = %s <- %s=a"]),
            (
                "  x.execute('SELECT a FROM t WHERE b = %(w)s', {'w': a})",
                &["SELECT a FROM t WHERE b = %(w)s <- %(w)s=a"],
            ),
            (
                "  x.fetch('SELECT a FROM t WHERE b = $2 AND c = $1', a, w)",
                &["SELECT a FROM t WHERE b = $2 AND c = $1 <- $2=w, $1=a"],
            ),
            (
                "  q = 'SELECT a FROM t'\n  q += ' WHERE b = 1'\n  x.execute(q)",
                &["SELECT a FROM t WHERE b = 1"],
            ),
            (
                "  q = 'SELECT a FROM t'\n  if n:\n    q += ' WHERE b = 1'\n  x.execute(q)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                "  q = 'SELECT a FROM t WHERE ' + ('b = 1' if n else 'c = 1')\n  x.execute(q)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1"],
            ),
            (
                "  q = 'SELECT a FROM t WHERE b = 1'\n  for y in w:\n    q += ' OR c = 1'\n  x.execute(q)",
                &["SELECT a FROM t WHERE b = 1 {~what is added to q}"],
            ),
            (
                "  c = ['b = 1', 'd = 2']\n  x.execute('SELECT a FROM t WHERE ' + ' AND '.join(c))",
                &["SELECT a FROM t WHERE b = 1 AND d = 2"],
            ),
            (
                "  x.execute('SELECT a FROM t WHERE b IN (' + ','.join(['%s'] * len(w)) + ')')",
                &["SELECT a FROM t WHERE b IN ({!['%s'] * len(w)})"],
            ),
            ("  x.execute('SELECT a FROM t WHERE ' + ' AND '.join(w))", &["SELECT a FROM t WHERE {~w}"]),
            ("  q = 'SELECT a FROM t'\n  q += w\n  x.execute(q)", &["SELECT a FROM t {w}"]),
            ("  return 'SELECT a FROM t WHERE b = 1'", &["SELECT a FROM t WHERE b = 1"]),
            (
                "  q = 'SELECT a FROM t WHERE b = :b'\n  q = q.replace(':b', w)\n  x.execute(q)",
                &["SELECT a FROM t WHERE b = {w}"],
            ),
            (
                "  x.execute('SELECT a FROM x.t JOIN x.u ON true'.replace('x.', 'y.'))",
                &["SELECT a FROM y.t JOIN y.u ON true"],
            ),
            // What is looked for is not known, or in what is not.
            (
                "  x.execute('SELECT a FROM t WHERE b = :b'.replace(a, w))",
                &["SELECT a FROM t WHERE b = :b {~'SELECT a FROM t WHERE b = :b'.replace(a, w)}"],
            ),
            ("  x.execute(('SELECT a FROM t ' + w).replace('b', 'c'))", &["SELECT a FROM t {w}"]),
        ],
    );
    table(
        "a.py",
        ("C = 'b, c'\nclass A:\n  T = 't'\n  def w(self): return ' WHERE b = 1'\n  def f(self):\n", "\n"),
        &[
            ("    x.execute('SELECT ' + C + ' FROM t')", &["SELECT b, c FROM t"]),
            ("    x.execute(f'SELECT a FROM {self.T}')", &["SELECT a FROM t"]),
            ("    x.execute('SELECT a FROM t' + self.w())", &["SELECT a FROM t WHERE b = 1"]),
            ("    x.execute(f'SELECT a FROM {self.other}')", &["SELECT a FROM {self.other}"]),
        ],
    );
}

#[test]
fn prose_is_no_sql() {
    table(
        "a.py",
        ("", "\n"),
        &[
            ("x = 'Select a file from the list'", &[]),
            ("x = 'select a file from the list'", &[]),
            ("x.select('Select one, or more, of the (many) items')", &[]),
            ("'''SELECT a FROM t WHERE b = 1'''", &[]),
            ("log.error('DELETE FROM t failed')", &[]),
            ("x = 'Update the settings, then set (or reset) them'", &[]),
            ("x = 'delete from the cart'", &[]),
            ("x = 'SELECT failed'", &[]),
            ("x = 'SELECT a FROM t WHERE b = 1'", &["SELECT a FROM t WHERE b = 1"]),
        ],
    );
}

#[test]
fn typescript_literals() {
    for path in ["a.ts", "a.tsx", "a.js"] {
        table(
            path,
            ("", "\n"),
            &[
                ("x.query('SELECT a FROM t')", &["SELECT a FROM t"]),
                (r#"x.query("SELECT 'a\n\x41\u{e9}\q' FROM t")"#, &["SELECT 'a\nA\u{e9}q' FROM t"]),
                ("x.query(`SELECT a\n FROM t`)", &["SELECT a\n FROM t"]),
                (r"x.query(String.raw`SELECT \d FROM t`)", &[r"SELECT \d FROM t"]),
                ("sql`SELECT a FROM t WHERE b = ${c.d}`", &["SELECT a FROM t WHERE b = {!c.d}"]),
                ("sql.type(z)`SELECT a FROM t WHERE b = ${c}`", &["SELECT a FROM t WHERE b = {!c}"]),
                ("x.query(`SELECT a FROM t WHERE b = ${c.d}`)", &["SELECT a FROM t WHERE b = {c.d}"]),
                ("gql`SELECT a FROM t WHERE b = 1`", &[]),
            ],
        );
    }
    table(
        "a.ts",
        ("", "\n"),
        &[
            ("const q = sql<Row>`SELECT a FROM t WHERE b = ${c}`", &["SELECT a FROM t WHERE b = {!c}"]),
            ("const q = sql<Row[]>`SELECT a FROM t WHERE b = ${c}`", &["SELECT a FROM t WHERE b = {!c}"]),
            ("prisma.$queryRaw<Row[]>`SELECT a FROM t WHERE b = ${c}`", &["SELECT a FROM t WHERE b = {!c}"]),
        ],
    );
}

#[test]
fn typescript_building() {
    table(
        "a.ts",
        ("function f(a: string, n: number, w: any) {\n", "\n}\n"),
        &[
            ("x.query('SELECT a FROM t WHERE b = ' + a)", &["SELECT a FROM t WHERE b = {a}"]),
            ("x.query('SELECT a FROM t LIMIT ' + n)", &["SELECT a FROM t LIMIT {#n}"]),
            ("x.query('SELECT a FROM t WHERE b = $1', [a])", &["SELECT a FROM t WHERE b = $1 <- $1=a"]),
            (
                "x.query('SELECT a FROM t WHERE b = :b', { b: w.c })",
                &["SELECT a FROM t WHERE b = :b <- :b=w.c"],
            ),
            ("let q = 'SELECT a'; q += ' FROM t'; x.query(q)", &["SELECT a FROM t"]),
            (
                "let q = 'SELECT a FROM t'; if (n) { q += ' WHERE b = 1' } else q += ' WHERE c = 1'; x.query(q)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1"],
            ),
            (
                "let q = 'SELECT a FROM t'; if (n) { return } x.query(q + ' WHERE b = 1')",
                &["SELECT a FROM t WHERE b = 1"],
            ),
            (
                "const c = ['b = 1']; if (n) c.push('d = 2'); x.query(`SELECT a FROM t WHERE ${c.join(' AND ')}`)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 1 AND d = 2"],
            ),
            (
                "x.query(`SELECT a FROM t WHERE b IN (${w.map((_, i) => `$${i + 1}`).join(',')})`)",
                &["SELECT a FROM t WHERE b IN ({!w.map((_, i) => `$${i + 1}`)})"],
            ),
            ("x.query(`SELECT a FROM t WHERE b = $${n}`)", &["SELECT a FROM t WHERE b = ${#n}"]),
            (
                "sql`SELECT a FROM t ${n ? sql`WHERE b = ${a}` : sql``}`",
                &["SELECT a FROM t WHERE b = {!a}", "SELECT a FROM t "],
            ),
            ("sql`SELECT a FROM t WHERE b = ${C}`", &["SELECT a FROM t WHERE b = {!C}"]),
            (
                "const w2 = sql`b = ${a}`; sql`SELECT a FROM t WHERE ${w2}`",
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            ("sql`SELECT a FROM ${sql(w)}`", &["SELECT a FROM {!sql(w)}"]),
            (
                "sql`SELECT a FROM t WHERE b IN (${Prisma.join(w)})`",
                &["SELECT a FROM t WHERE b IN ({!Prisma.join(w)})"],
            ),
            ("sql`SELECT a FROM t WHERE ${Prisma.join(w, ' AND ')}`", &["SELECT a FROM t WHERE {~w}"]),
            ("x.query(n ? 'SELECT a FROM t' : 'SELECT b FROM t')", &["SELECT a FROM t", "SELECT b FROM t"]),
        ],
    );
}

#[test]
fn go_literals_and_building() {
    table(
        "a.go",
        ("package a\nconst c = \"b, c\"\nfunc f(a string, n int, w []string) {\n", "\n}\n"),
        &[
            ("x.Query(\"SELECT 'a\\t\\x41' FROM t\")", &["SELECT 'a\tA' FROM t"]),
            ("x.Query(`SELECT a\n FROM t`)", &["SELECT a\n FROM t"]),
            // A template that another file fills: its marks are values where they may be, and holes where they are not.
            ("const q = `SELECT a FROM t WHERE b = %s`", &["SELECT a FROM t WHERE b = %s"]),
            (
                "const q = `INSERT INTO t (%s) VALUES (%s) ON CONFLICT (a) DO UPDATE SET %s`",
                &["INSERT INTO t ({%s}) VALUES ({%s}) ON CONFLICT (a) DO UPDATE SET {%s}"],
            ),
            ("x.QueryContext(ctx, `SELECT ` + c + ` FROM t`)", &["SELECT b, c FROM t"]),
            (
                "x.QueryContext(ctx, `SELECT a FROM t WHERE b = $1`, r.a)",
                &["SELECT a FROM t WHERE b = $1 <- $1=r.a"],
            ),
            ("x.Get(&d, `SELECT a FROM t WHERE b = $1`, a)", &["SELECT a FROM t WHERE b = $1 <- $1=a"]),
            (
                "x.Exec(fmt.Sprintf(`SELECT a FROM %s WHERE b = '%[2]s' LIMIT %d`, w, a, n))",
                &["SELECT a FROM {w} WHERE b = '{a}' LIMIT {#n}"],
            ),
            ("q := `SELECT a`\nq += ` FROM t`\nrows, err := x.Query(q)", &["SELECT a FROM t"]),
            (
                "q := `SELECT a FROM t`\nif n > 0 {\n q = q + ` WHERE b = 1`\n}\nx.Query(q)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                "var sb strings.Builder\nsb.WriteString(`SELECT a`)\nsb.WriteString(` FROM t`)\nx.Query(sb.String())",
                &["SELECT a FROM t"],
            ),
            (
                "l := []string{`b = 1`}\nl = append(l, `d = 2`)\nx.Query(`SELECT a FROM t WHERE ` + strings.Join(l, ` AND `))",
                &["SELECT a FROM t WHERE b = 1 AND d = 2"],
            ),
            ("switch n {\ncase 1:\n x.Query(`SELECT a FROM t`)\n}", &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn what_a_project_says_of_its_programs() {
    let settings = HostSettings {
        table_prefix: Some("app_".to_owned()),
        scope_helpers: vec!["scope.Filter()".to_owned()],
        tenant_column: Some("w".into()),
        ..HostSettings::default()
    };
    let texts = |source: &str| -> Vec<(String, Option<String>)> {
        let file = extract(FileId(0), "a.go", source, Dialect::Postgres, &settings);
        let text = |h: &Hosted| {
            let tenant = h.fragment.holes.iter().find_map(|hole| hole.tenant.as_deref().map(str::to_owned));
            (shown(&h.fragment), tenant)
        };
        file.hosted.iter().map(text).collect()
    };
    let go = |body: &str| format!("package a\nfunc f() {{ {body} }}\n");
    let said = texts(&go("db.Query(`SELECT a FROM ` + p + `users WHERE ` + scope.Filter(ctx))"));
    assert_eq!(
        said,
        [("SELECT a FROM app_users WHERE {scope.Filter(ctx)}".to_owned(), Some("w".to_owned()))]
    );
    let said = texts(&go("db.Query(`SELECT a FROM t` + scope.Filter())"));
    assert_eq!(said, [("SELECT a FROM t  WHERE {scope.Filter()}".to_owned(), Some("w".to_owned()))]);
    let said = texts(&go("db.Query(`SELECT a FROM t WHERE b = 1 ` + scope.Other())"));
    assert_eq!(said, [("SELECT a FROM t WHERE b = 1 {scope.Other()}".to_owned(), None)]);
}

#[test]
fn any_text_is_read_without_panic() {
    use proptest::prelude::*;
    const WORDS: &[&str] = &[
        "SELECT a FROM t",
        "\"",
        "'",
        "`",
        "${",
        "}",
        "{",
        "(",
        ")",
        "\\",
        "\n",
        " + ",
        "x.execute(",
        "q += ",
        "f\"",
        "if a:",
        "%s",
        "sql`",
        "fmt.Sprintf(",
        ", ",
        "for x in y:",
        "\"\"\"",
        "return ",
        "\u{e9}",
        "=>",
        "q = ",
        "[",
        "]",
        ".join(",
        "else",
        "<<~A\n",
        "\nA\n",
        "<<<A\n",
        "$@\"",
        "$",
        "format!(",
        "vec![",
        "<?php ",
        "@Query(",
        "fun f() {",
    ];
    proptest!(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() },
        |(parts in proptest::collection::vec(proptest::sample::select(WORDS), 0..30))| {
        let source = format!("select from {}", parts.concat());
        for language in LANGUAGES {
            let path = format!("a.{}", language.extensions[0]);
            let file = extract(FileId(0), &path, &source, Dialect::Postgres, &HostSettings::default());
            for hosted in &file.hosted {
                check_map(&hosted.fragment, &source);
            }
        }
    });
}
