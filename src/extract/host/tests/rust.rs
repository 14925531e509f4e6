//! Rust: literals, and ways to build a text.

use super::table;

#[test]
fn literals() {
    table(
        "a.rs",
        ("fn f() {\n", ";\n}\n"),
        &[
            (r#"c.execute("SELECT 'a\t\x41\u{e9}' FROM t", &[])"#, &["SELECT 'a\tA\u{e9}' FROM t"]),
            (r##"c.execute(r#"SELECT "a\d" FROM t"#, &[])"##, &[r#"SELECT "a\d" FROM t"#]),
            (r#"c.execute(r"SELECT \d FROM t", &[])"#, &[r"SELECT \d FROM t"]),
            ("c.execute(\"SELECT a \\\n      FROM t\", &[])", &["SELECT a FROM t"]),
            ("c.execute(\"SELECT a\n FROM t\", &[])", &["SELECT a\n FROM t"]),
            (r#"c.execute(b"SELECT a FROM t", &[])"#, &["SELECT a FROM t"]),
            (r#"c.execute(concat!("SELECT a ", "FROM t"), &[])"#, &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn calls() {
    table(
        "a.rs",
        ("fn f(a: i64, b: &str) {\n", ";\n}\n"),
        &[
            (
                r#"sqlx::query!("SELECT a FROM t WHERE b = $1 AND c = $2", b, self.id).fetch_one(&p).await?"#,
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=b, $2=self.id"],
            ),
            (
                "sqlx::query_as!(Row, r#\"SELECT a as \"a!\" FROM t WHERE b = $1\"#, b as _)",
                &["SELECT a as \"a!\" FROM t WHERE b = $1 <- $1=b"],
            ),
            (
                r#"sqlx::query_as::<_, Row>("SELECT a FROM t WHERE b = $1 AND c = $2").bind(a).bind(x.b).fetch_all(&p)"#,
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=a, $2=x.b"],
            ),
            (
                r#"client.query("SELECT a FROM t WHERE b = $1", &[&a])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"conn.query_row("SELECT a FROM t WHERE b = ?1", params![a], |row| row.get(0))"#,
                &["SELECT a FROM t WHERE b = ?1 <- ?1=a"],
            ),
            (
                r#"diesel::sql_query("SELECT a FROM t WHERE b = $1").bind::<Text, _>(b).load(c)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=b"],
            ),
            (
                r#"let mut q = sqlx::query("SELECT a FROM t WHERE b = $1"); q = q.bind(b)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=b"],
            ),
            (
                r#"let mut q = QueryBuilder::new("SELECT a FROM t WHERE b = "); q.push_bind(b).push(" AND c = 1"); q.build().fetch_all(p)"#,
                &["SELECT a FROM t WHERE b = {!b} AND c = 1"],
            ),
            (r#"tracing::error!("SELECT a FROM t WHERE b = 1 failed")"#, &[]),
        ],
    );
}

#[test]
fn building() {
    table(
        "a.rs",
        (
            "const C: &str = \"b, c\";\nimpl A { const T: &'static str = \"t\";\nfn w() -> &'static str { \" WHERE b = 1\" }\n\
             fn f(&self, a: String, n: i64, w: Vec<String>) {\n",
            ";\n}}\n",
        ),
        &[
            (
                r#"c.execute(&format!("SELECT a FROM t WHERE b = '{}' LIMIT {}", a, n), &[])"#,
                &["SELECT a FROM t WHERE b = '{a}' LIMIT {#n}"],
            ),
            (
                r#"c.execute(&format!("SELECT {C} FROM {t} WHERE b = {n} AND c = {0}", a, t = Self::T), &[])"#,
                &["SELECT b, c FROM t WHERE b = {#n} AND c = {a}"],
            ),
            (
                r#"let mut q = String::from("SELECT a FROM t"); q.push_str(" WHERE b = 1"); c.execute(&q, &[])"#,
                &["SELECT a FROM t WHERE b = 1"],
            ),
            (
                r#"let mut q = "SELECT a FROM t".to_string(); if n > 1 { q += " WHERE b = 1"; } c.execute(&q, &[])"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                r#"let o = if n > 1 { "a" } else { "b" }; c.execute(&format!("SELECT a FROM t ORDER BY {}", o), &[])"#,
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                r#"let o = match n { 1 => "a", _ => "b" }; c.execute(&format!("SELECT a FROM t ORDER BY {o}"), &[])"#,
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                r#"let l = vec!["b = 1", "c = 2"]; c.execute(&format!("SELECT a FROM t WHERE {}", l.join(" AND ")), &[])"#,
                &["SELECT a FROM t WHERE b = 1 AND c = 2"],
            ),
            (
                r#"let mut l = Vec::new(); l.push("b = 1"); for x in w { l.push("c = 1"); } c.execute(&format!("SELECT a FROM t WHERE {}", l.join(" AND ")), &[])"#,
                &["SELECT a FROM t WHERE b = 1 AND {~what is added in a loop}"],
            ),
            (
                r#"c.execute(&("SELECT a FROM t".to_owned() + Self::w()), &[])"#,
                &["SELECT a FROM t WHERE b = 1"],
            ),
            (
                r#"let mut q = String::new(); write!(q, "SELECT a FROM t WHERE b = {}", a)?; c.execute(&q, &[])"#,
                &["SELECT a FROM t WHERE b = {a}"],
            ),
            (
                r#"c.execute(&format!("SELECT a FROM t WHERE b = {}", n as i32), &[])"#,
                &["SELECT a FROM t WHERE b = {#n as i32}"],
            ),
        ],
    );
}
