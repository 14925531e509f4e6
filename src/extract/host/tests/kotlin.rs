//! Kotlin: literals, and ways to build a text.

use super::table;

#[test]
fn literals() {
    table(
        "A.kt",
        ("fun f(a: String) {\n", "\n}\n"),
        &[
            (r#"c.query("SELECT 'a\t\u0041\$b' FROM t")"#, &["SELECT 'a\tA$b' FROM t"]),
            (
                "c.query(\"\"\"\n    SELECT \"a\\d\"\n      FROM t WHERE b = $a\n\"\"\".trimIndent())",
                &["SELECT \"a\\d\"\n  FROM t WHERE b = {a}\n"],
            ),
            ("c.query(\"\"\"SELECT a\n  |  FROM t\"\"\".trimMargin())", &["SELECT a\n  FROM t"]),
            (
                r#"c.query("SELECT a FROM t WHERE b = ${a.b} AND c = $a")"#,
                &["SELECT a FROM t WHERE b = {a.b} AND c = {a}"],
            ),
            (r#"c.query("""SELECT a FROM t WHERE b = ${'$'}1""")"#, &["SELECT a FROM t WHERE b = $1"]),
            (r#"c.query("SELECT a " + "FROM t")"#, &["SELECT a FROM t"]),
        ],
    );
    table(
        "A.kt",
        ("interface A {\n", "\nfun f(a: String): List<B>\n}\n"),
        &[
            (r#"@Query("SELECT a FROM t WHERE b = :a")"#, &["SELECT a FROM t WHERE b = :a"]),
            (r#"@Query(value = "SELECT a " + "FROM t", nativeQuery = true)"#, &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn calls() {
    table(
        "A.kt",
        ("fun f(a: String, n: Int) {\n", "\n}\n"),
        &[
            (
                r#"c.prepareStatement("SELECT a FROM t WHERE b = ? AND c = ?").use { ps -> ps.setString(1, a); ps.setInt(2, n) }"#,
                &["SELECT a FROM t WHERE b = ? AND c = ? <- ?=a, ?=n"],
            ),
            (
                r#"j.query("SELECT a FROM t WHERE b = ?", { rs, i -> rs.getString(1) }, a)"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (
                r#"j.query("SELECT a FROM t WHERE b = :b", mapOf("b" to a)) { rs, _ -> rs.getString(1) }"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (r#"exec("SELECT a FROM t WHERE b = 1") { rs -> rs.next() }"#, &["SELECT a FROM t WHERE b = 1"]),
            (r#"logger.info("SELECT a FROM t WHERE b = 1")"#, &[]),
            (r#"throw E("DELETE FROM t WHERE b = 1")"#, &[]),
        ],
    );
}

#[test]
fn building() {
    table(
        "A.kt",
        (
            "const val D = \"d\"\nclass A { companion object { const val C = \"b, c\" }\nfun w() = \" WHERE b = 1\"\n\
             fun f(a: String, n: Int, w: List<String>) {\n",
            "\n}\n}\n",
        ),
        &[
            (r#"c.query("SELECT $C, $D FROM t WHERE b = '$a'")"#, &["SELECT b, c, d FROM t WHERE b = '{a}'"]),
            (r#"c.query("SELECT a FROM t LIMIT $n")"#, &["SELECT a FROM t LIMIT {#n}"]),
            (r#"c.query("SELECT a FROM t WHERE b = %s".format(a))"#, &["SELECT a FROM t WHERE b = {a}"]),
            (
                "var q = \"SELECT a FROM t\"\nif (n > 1) { q += \" WHERE b = 1\" }\nc.query(q)",
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                "val o = if (n > 1) \"a\" else \"b\"\nc.query(\"SELECT a FROM t ORDER BY $o\")",
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                "val o = when (n) {\n 1 -> \"a\"\n else -> \"b\"\n}\nc.query(\"SELECT a FROM t ORDER BY $o\")",
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                "val s = StringBuilder(\"SELECT a\")\ns.append(\" FROM t\").append(\" WHERE b = \").append(a)\nc.query(s.toString())",
                &["SELECT a FROM t WHERE b = {a}"],
            ),
            (
                "val s = buildString {\n append(\"SELECT a\")\n append(\" FROM t\")\n}\nc.query(s)",
                &["SELECT a FROM t"],
            ),
            (
                "val l = mutableListOf(\"b = 1\")\nl.add(\"c = 2\")\nc.query(\"SELECT a FROM t WHERE \" + l.joinToString(\" AND \"))",
                &["SELECT a FROM t WHERE b = 1 AND c = 2"],
            ),
            (r#"c.query("SELECT a FROM t" + w())"#, &["SELECT a FROM t WHERE b = 1"]),
            (
                "var q = \"SELECT a FROM t WHERE b = 1\"\nfor (x in w) { q += \" OR c = 1\" }\nc.query(q)",
                &["SELECT a FROM t WHERE b = 1 {~what is added to q}"],
            ),
        ],
    );
}
