//! C#: literals, and ways to build a text.

use super::table;

#[test]
fn literals() {
    table(
        "A.cs",
        ("class A { void F(string a) {\n", ";\n} }\n"),
        &[
            (r#"c.Query("SELECT 'a\t\x41\u00e9' FROM t")"#, &["SELECT 'a\tA\u{e9}' FROM t"]),
            (
                "c.Query(@\"SELECT \"\"a\"\" FROM t\n  WHERE b = '\\d'\")",
                &["SELECT \"a\" FROM t\n  WHERE b = '\\d'"],
            ),
            ("c.Query(\"\"\"\n    SELECT \"a\"\n      FROM t\n    \"\"\")", &["SELECT \"a\"\n  FROM t"]),
            (r#"c.Query($"SELECT {{a}} FROM t WHERE b = {a:N2}")"#, &["SELECT {a} FROM t WHERE b = {a}"]),
            (
                r#"c.Query($@"SELECT ""a"" FROM t WHERE ""b"" = {a}")"#,
                &["SELECT \"a\" FROM t WHERE \"b\" = {a}"],
            ),
            (r#"c.Query($@"SELECT a FROM ""{a}""")"#, &["SELECT a FROM \"{a}\""]),
            (
                "c.Query($$\"\"\"\n    SELECT {x}\n    FROM t WHERE b = {{a}}\n    \"\"\")",
                &["SELECT {x}\nFROM t WHERE b = {a}"],
            ),
            (r#"c.Query("SELECT a " + "FROM t")"#, &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn calls() {
    table(
        "A.cs",
        ("class A { async Task F(string a, int n) {\n", ";\n} }\n"),
        &[
            (
                r#"await c.QueryAsync<R>("SELECT a FROM t WHERE b = @b AND c = @C AND d = @d", new { b = a, this.C, d = n })"#,
                &["SELECT a FROM t WHERE b = @b AND c = @C AND d = @d <- @b=a, @C=this.C, @d=n"],
            ),
            (
                r#"var p = new DynamicParameters(); p.Add("b", a); c.Execute("DELETE FROM t WHERE b = @b", p)"#,
                &["DELETE FROM t WHERE b = @b <- @b=a"],
            ),
            (
                r#"using var cmd = new NpgsqlCommand("SELECT a FROM t WHERE b = @b", c); cmd.Parameters.AddWithValue("b", a)"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
            (
                r#"cmd.CommandText = "SELECT a FROM t WHERE b = @b"; cmd.Parameters.AddWithValue("@b", a)"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
            (
                r#"x.T.FromSqlInterpolated($"SELECT a FROM t WHERE b = {a}")"#,
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            (r#"x.T.FromSqlRaw("SELECT a FROM t WHERE b = {0}", a)"#, &["SELECT a FROM t WHERE b = {!a}"]),
            (r#"x.T.FromSqlRaw($"SELECT a FROM t WHERE b = {a}")"#, &["SELECT a FROM t WHERE b = {a}"]),
            (r#"logger.LogError("SELECT a FROM t WHERE b = 1")"#, &[]),
        ],
    );
}

#[test]
fn building() {
    table(
        "A.cs",
        (
            "class A { const string C = \"b, c\"; string T => \"t\"; string W() { return \" WHERE b = 1\"; }\n\
             void F(string a, int n, List<string> w) {\n",
            ";\n} }\n",
        ),
        &[
            (
                r#"c.Query("SELECT " + C + " FROM " + T + " WHERE b = '" + a + "'")"#,
                &["SELECT b, c FROM t WHERE b = '{a}'"],
            ),
            (r#"c.Query($"SELECT a FROM t LIMIT {n}")"#, &["SELECT a FROM t LIMIT {#n}"]),
            (
                r#"c.Query(string.Format("SELECT a FROM {0} LIMIT {1}", a, n))"#,
                &["SELECT a FROM {a} LIMIT {#n}"],
            ),
            (
                r#"var q = "SELECT a FROM t"; if (n > 1) { q += " WHERE b = 1"; } c.Query(q)"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                r#"var s = new StringBuilder("SELECT a"); s.Append(" FROM t").AppendLine(" WHERE b = 1"); s.AppendFormat(" AND c = {0}", a); c.Query(s.ToString())"#,
                &["SELECT a FROM t WHERE b = 1\n AND c = {a}"],
            ),
            (
                r#"var l = new List<string> { "b = 1" }; l.Add("c = 2"); c.Query("SELECT a FROM t WHERE " + string.Join(" AND ", l))"#,
                &["SELECT a FROM t WHERE b = 1 AND c = 2"],
            ),
            (r#"c.Query("SELECT a FROM t" + W())"#, &["SELECT a FROM t WHERE b = 1"]),
            (
                r#"var o = n switch { 1 => "a", _ => "b" }; c.Query("SELECT a FROM t ORDER BY " + o)"#,
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                r#"c.Query("SELECT a FROM t WHERE b = " + (int)x.Y)"#,
                &["SELECT a FROM t WHERE b = {#(int)x.Y}"],
            ),
            (
                r#"int m = x.Y(); c.Query("SELECT a FROM t WHERE b = " + m)"#,
                &["SELECT a FROM t WHERE b = {#m}"],
            ),
        ],
    );
}
