//! Ruby: literals, and ways to build a text.

use super::table;

#[test]
fn literals() {
    table(
        "a.rb",
        ("", "\n"),
        &[
            (r#"c.execute('SELECT \'a\\b\n\' FROM t')"#, &[r"SELECT 'a\b\n' FROM t"]),
            (r#"c.execute("SELECT 'a\t\x41\u{e9}\u00e9' FROM t")"#, &["SELECT 'a\tA\u{e9}\u{e9}' FROM t"]),
            (r#"c.execute(%(SELECT (a) FROM t WHERE b = #{x}))"#, &["SELECT (a) FROM t WHERE b = {x}"]),
            (r#"c.execute(%q[SELECT #{a} FROM t])"#, &["SELECT #{a} FROM t"]),
            (
                "c.execute <<~SQL.squish\n  SELECT a\n    FROM t WHERE b = #{x.y}\nSQL",
                &["SELECT a\n  FROM t WHERE b = {x.y}\n"],
            ),
            (
                "c.execute(<<-'SQL', 1)\n  SELECT a \\d #{x}\n  FROM t\n  SQL",
                &["  SELECT a \\d #{x}\n  FROM t\n"],
            ),
            (
                "[c.execute(<<~A), c.execute(<<~B)]\n  SELECT a FROM t\nA\n  SELECT b FROM t\nB",
                &["SELECT a FROM t\n", "SELECT b FROM t\n"],
            ),
            (r#"c.execute("SELECT a " "FROM t")"#, &["SELECT a FROM t"]),
            (r#"c.execute "SELECT a FROM t""#, &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn calls() {
    table(
        "a.rb",
        ("", "\n"),
        &[
            (
                r#"User.find_by_sql(["SELECT a FROM t WHERE b = ? AND c = ?", x, @y])"#,
                &["SELECT a FROM t WHERE b = ? AND c = ? <- ?=x, ?=@y"],
            ),
            (
                r#"User.find_by_sql(["SELECT a FROM t WHERE b = :b", { b: x }])"#,
                &["SELECT a FROM t WHERE b = :b <- :b=x"],
            ),
            (
                r#"c.exec_params("SELECT a FROM t WHERE b = $1", [x])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=x"],
            ),
            (r#"DB["SELECT a FROM t WHERE b = ?", x].all"#, &["SELECT a FROM t WHERE b = ? <- ?=x"]),
            (
                r#"DB.fetch("SELECT a FROM t WHERE b = :b", b: x) { |row| row }"#,
                &["SELECT a FROM t WHERE b = :b <- :b=x"],
            ),
            (r#"raise E, "DELETE FROM t WHERE a = 1""#, &[]),
            (r#"puts "SELECT a FROM t WHERE a = 1""#, &[]),
        ],
    );
}

#[test]
fn building() {
    table(
        "a.rb",
        ("class A\nC = \"b, c\".freeze\ndef w\n  \" WHERE b = 1\"\nend\ndef f(a, n, w2)\n", "\nend\nend\n"),
        &[
            (r#"c.execute("SELECT #{C} FROM t WHERE b = '#{a}'")"#, &["SELECT b, c FROM t WHERE b = '{a}'"]),
            (r#"c.execute("SELECT a FROM t LIMIT #{a.to_i}")"#, &["SELECT a FROM t LIMIT {#a.to_i}"]),
            (r#"c.execute("SELECT a FROM t WHERE b = #{c.quote(a)}")"#, &["SELECT a FROM t WHERE b = {#a}"]),
            (r#"c.execute("SELECT a FROM t" + w)"#, &["SELECT a FROM t WHERE b = 1"]),
            (r#"c.execute("SELECT a FROM t WHERE b = %s" % a)"#, &["SELECT a FROM t WHERE b = {a}"]),
            (r#"c.execute("SELECT a FROM %s LIMIT %d" % [a, n])"#, &["SELECT a FROM {a} LIMIT {#n}"]),
            (r#"c.execute(format("SELECT a FROM %s", a))"#, &["SELECT a FROM {a}"]),
            (
                "q = +\"SELECT a\"\nq << \" FROM t\" << \" WHERE b = 1\"\nc.execute(q)",
                &["SELECT a FROM t WHERE b = 1"],
            ),
            (
                "q = \"SELECT a FROM t\"\nq += \" WHERE b = 1\" if n\nc.execute(q)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                "l = [\"b = 1\"]\nl << \"c = 2\"\nc.execute(\"SELECT a FROM t WHERE #{l.join(' AND ')}\")",
                &["SELECT a FROM t WHERE b = 1 AND c = 2"],
            ),
            (
                "o = n ? 'a' : 'b'\nc.execute(\"SELECT a FROM t ORDER BY #{o}\")",
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                "o = case n\n when 1 then 'a'\n else 'b'\n end\nc.execute(\"SELECT a FROM t ORDER BY #{o}\")",
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                "q = \"SELECT a FROM t WHERE b = 1\"\nw2.each { |x| q << \" OR c = 1\" }\nc.execute(q)",
                &[
                    "SELECT a FROM t WHERE b = 1 {~what is added to q}",
                    "SELECT a FROM t WHERE b = 1 OR c = 1 {~what is added to q}",
                ],
            ),
        ],
    );
}
