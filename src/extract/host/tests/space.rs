//! White space that ends a comment, and arguments of which only a part is put in. Beside each stands a near twin that is
//! known.

use super::flow::check;
use super::*;

/// What is read of each code; a comment goes on to the end of its line.
fn seen(path: &str, around: (&str, &str), rows: &[(&str, &str)]) {
    for (code, want) in rows {
        let lines = read(path, &format!("{}{code}{}", around.0, around.1));
        let spaced =
            |line: &String| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = lines.iter().map(spaced).collect();
        assert_eq!(
            lines,
            [want.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")],
            "{code}"
        );
    }
}

#[test]
fn a_comment_ends_with_its_line() {
    seen(
        "a.py",
        ("def f(db, x):\n    q = '''\n  SELECT i FROM t -- all\n  WHERE a = 1\n'''\n", "\n"),
        &[
            ("    db.execute(' '.join(q.split()))", "SELECT i FROM t -- all WHERE a = 1"),
            ("    db.execute(' '.join(q.splitlines()))", "SELECT i FROM t -- all WHERE a = 1"),
            ("    db.execute(q.strip())", "SELECT i FROM t -- all\n WHERE a = 1"),
        ],
    );
    seen(
        "a.py",
        ("def f(db, x):\n", "\n"),
        &[
            (
                "    db.execute('SELECT i FROM t --\\n'.strip() + ' WHERE a = 1')",
                "SELECT i FROM t -- WHERE a = 1",
            ),
            (
                "    db.execute('SELECT i FROM t --\\n'.lstrip() + ' WHERE a = 1')",
                "SELECT i FROM t --\n WHERE a = 1",
            ),
            (
                "    db.execute('SELECT i FROM t \\n'.strip() + ' WHERE a = 1')",
                "SELECT i FROM t \n WHERE a = 1",
            ),
        ],
    );
    seen(
        "a.go",
        ("package a\nfunc f(db DB) {\nq := `SELECT i FROM t -- all\nWHERE a = 1`\n", "\n}\n"),
        &[
            ("db.Query(strings.Join(strings.Fields(q), \" \"))", "SELECT i FROM t -- all WHERE a = 1"),
            ("db.Query(strings.TrimSpace(q))", "SELECT i FROM t -- all\nWHERE a = 1"),
        ],
    );
    seen(
        "a.rb",
        ("def f(db)\n", "\nend\n"),
        &[
            (
                "db.exec(<<~SQL.squish)\n  SELECT i FROM t -- all\n  WHERE a = 1\nSQL",
                "SELECT i FROM t -- all WHERE a = 1",
            ),
            (
                "db.exec(<<~SQL.strip)\n  SELECT i FROM t -- all\n  WHERE a = 1\nSQL",
                "SELECT i FROM t -- all\nWHERE a = 1",
            ),
        ],
    );
    seen(
        "a.ts",
        ("function f(db: any) {\n", "\n}\n"),
        &[
            ("db.query(`SELECT i FROM t --\n`.trim() + ' WHERE a = 1');", "SELECT i FROM t -- WHERE a = 1"),
            (
                "db.query(`SELECT i FROM t --\n`.trimStart() + ' WHERE a = 1');",
                "SELECT i FROM t --\n WHERE a = 1",
            ),
        ],
    );
}

#[test]
fn a_part_of_an_argument() {
    let w = "    w = 'WHERE a = 1'\n";
    check(
        "a.py",
        ("def f(db, d):\n", "\n"),
        &[
            (
                &format!("{w}    db.execute(f'SELECT i FROM t {{w:.5}}')"),
                &format!("{w}    db.execute(f'SELECT i FROM t {{w:s}}')"),
            ),
            (
                &format!("{w}    db.execute('SELECT i FROM t %.5s' % w)"),
                &format!("{w}    db.execute('SELECT i FROM t %5s' % w)"),
            ),
            (
                &format!("{w}    db.execute('SELECT i FROM t {{:.5}}'.format(w))"),
                &format!("{w}    db.execute('SELECT i FROM t {{:5}}'.format(w))"),
            ),
            (
                &format!("{w}    db.execute('SELECT i FROM t {{w}}'.format(**d))"),
                &format!("{w}    db.execute('SELECT i FROM t {{w}}'.format(w=w))"),
            ),
        ],
    );
    check(
        "a.go",
        ("package a\nfunc f(db DB) {\nw := \"WHERE a = 1\"\n", "\n}\n"),
        &[(
            "db.Query(fmt.Sprintf(\"SELECT i FROM t %.5s\", w))",
            "db.Query(fmt.Sprintf(\"SELECT i FROM t %5s\", w))",
        )],
    );
}
