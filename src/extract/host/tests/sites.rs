//! Calls of the usual libraries that take SQL, by language: the text that each is given, its holes, and what is bound to its
//! placeholders.

use super::{read, table};

#[test]
fn rust() {
    table(
        "a.rs",
        ("fn f(a: i64, b: &str) {\n", ";\n}\n"),
        &[
            (
                r#"let r = sqlx::query_scalar!("SELECT a FROM t WHERE b = $1", b).fetch_one(&p).await?"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=b"],
            ),
            (
                r#"sqlx::query("SELECT a FROM t WHERE b = $1").bind(&b).fetch_all(&p)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=b"],
            ),
            (
                r#"sqlx::query(&format!("SELECT a FROM t WHERE b = {}", b)).fetch_all(&p)"#,
                &["SELECT a FROM t WHERE b = {b}"],
            ),
            (
                r#"let mut q = QueryBuilder::<Postgres>::new("INSERT INTO t (a, b) "); q.push_values(xs, |mut r, x| { r.push_bind(x.a).push_bind(x.b); }); q.build().execute(&p)"#,
                &["INSERT INTO t (a, b) {~what is added to q}"],
            ),
            (
                r#"let mut q: QueryBuilder<Postgres> = QueryBuilder::new("SELECT a FROM t WHERE w = "); q.push_bind(b); if a > 1 { q.push(" AND c = ").push_bind(a); } let r = q.build_query_as::<R>().fetch_all(p)"#,
                &["SELECT a FROM t WHERE w = {!b} AND c = {!a}", "SELECT a FROM t WHERE w = {!b}"],
            ),
            (r#"sqlx::raw_sql("DELETE FROM t").execute(&p)"#, &["DELETE FROM t"]),
            (
                r#"diesel::sql_query("SELECT a FROM t WHERE b = $1 AND c = $2").bind::<Text, _>(b).bind::<BigInt, _>(a).load::<R>(c)"#,
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=b, $2=a"],
            ),
            (
                r#"diesel::sql_query(format!("SELECT a FROM t WHERE b = '{}'", b)).load::<R>(c)"#,
                &["SELECT a FROM t WHERE b = '{b}'"],
            ),
            (
                r#"client.query_one("SELECT a FROM t WHERE b = $1 AND c = $2", &[&a as &(dyn ToSql + Sync), &self.id])"#,
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=a, $2=self.id"],
            ),
            (
                r#"let stmt = client.prepare("SELECT a FROM t WHERE b = $1").await?; client.query(&stmt, &[&a])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"client.query_typed("SELECT a FROM t WHERE b = $1", &[(&a, Type::INT4)])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=(&a, Type::INT4)"],
            ),
            (r#"client.batch_execute("DELETE FROM t")"#, &["DELETE FROM t"]),
            (
                r#"tx.execute("UPDATE t SET a = $1 WHERE b = $2", &[&a, &b])"#,
                &["UPDATE t SET a = $1 WHERE b = $2 <- $1=a, $2=b"],
            ),
            (
                r#"sea_orm::Statement::from_sql_and_values(DbBackend::Postgres, "SELECT a FROM t WHERE b = $1", [b.into()])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=b.into()"],
            ),
        ],
    );
}

#[test]
fn python() {
    table(
        "a.py",
        ("def f(a, n: int, w):\n  ", "\n"),
        &[
            (
                r#"cur.execute("SELECT a FROM t WHERE b = %s AND c = %s", (a, w))"#,
                &["SELECT a FROM t WHERE b = %s AND c = %s <- %s=a, %s=w"],
            ),
            (
                r#"cur.execute("SELECT a FROM t WHERE b = %s", [a])"#,
                &["SELECT a FROM t WHERE b = %s <- %s=a"],
            ),
            (
                r#"cur.execute(sql.SQL("SELECT a FROM {} WHERE b = {}").format(sql.Identifier(w), sql.Placeholder()), [a])"#,
                &["SELECT a FROM {#w} WHERE b = {#sql.Placeholder()}"],
            ),
            (
                r#"cur.execute(sql.SQL("SELECT a FROM {t} WHERE b = %s").format(t=sql.Identifier(w)), [a])"#,
                &["SELECT a FROM {#w} WHERE b = %s <- %s=a"],
            ),
            (
                r#"cur.execute(SQL("SELECT a FROM t WHERE b = {}").format(Literal(a)))"#,
                &["SELECT a FROM t WHERE b = {#a}"],
            ),
            (
                r#"cur.execute(sql.SQL("SELECT {} FROM t").format(sql.SQL(", ").join(map(sql.Identifier, w))))"#,
                &["SELECT {~map(sql.Identifier, w)} FROM t"],
            ),
            (
                r#"cur.execute(sql.SQL("SELECT a FROM t WHERE {}").format(sql.SQL(" AND ").join(w)))"#,
                &["SELECT a FROM t WHERE {~w}"],
            ),
            (r#"cur.execute(t"SELECT a FROM t WHERE b = {a}")"#, &["SELECT a FROM t WHERE b = {!a}"]),
            (
                r#"cur.executemany("INSERT INTO t (a, b) VALUES (%s, %s)", w)"#,
                &["INSERT INTO t (a, b) VALUES (%s, %s)"],
            ),
            (
                r#"await conn.fetch("SELECT a FROM t WHERE b = $1", a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"await conn.fetchrow("SELECT a FROM t WHERE b = $1 AND c = $2", a, w.id)"#,
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=a, $2=w.id"],
            ),
            (
                r#"await conn.fetchval(f"SELECT count(*) FROM t WHERE b = '{a}'")"#,
                &["SELECT count(*) FROM t WHERE b = '{a}'"],
            ),
            (
                r#"stmt = await conn.prepare("SELECT a FROM t WHERE b = $1")
  rows = await stmt.fetch(a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"async for r in conn.cursor("SELECT a FROM t WHERE b = $1", a):
    pass"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"await conn.executemany("INSERT INTO t (a) VALUES ($1)", w)"#,
                &["INSERT INTO t (a) VALUES ($1)"],
            ),
            (
                r#"await pool.execute("DELETE FROM t WHERE b = $1", a)"#,
                &["DELETE FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"session.execute(text("SELECT a FROM t WHERE b = :b"), {"b": a})"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"session.execute(text("SELECT a FROM t WHERE b = :b").bindparams(b=a))"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"session.execute(text(f"SELECT a FROM t WHERE b = '{a}'"))"#,
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            (
                r#"session.execute(text("SELECT a FROM t WHERE b = :b"), dict(b=a))"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"session.execute(text("SELECT a FROM t WHERE b = :b"), params={"b": a})"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"q = text("SELECT a FROM t WHERE b = :b")
  session.execute(q, {"b": a})"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"conn.exec_driver_sql("SELECT a FROM t WHERE b = %s", (a,))"#,
                &["SELECT a FROM t WHERE b = %s <- %s=a"],
            ),
            (
                r#"Item.objects.raw("SELECT a FROM t WHERE b = %s", [a])"#,
                &["SELECT a FROM t WHERE b = %s <- %s=a"],
            ),
            (r#"Item.objects.raw("SELECT a FROM t WHERE b = %s" % a)"#, &["SELECT a FROM t WHERE b = {a}"]),
            (
                r#"with connection.cursor() as c:
    c.execute("SELECT a FROM t WHERE b = %s", [a])"#,
                &["SELECT a FROM t WHERE b = %s <- %s=a"],
            ),
            (
                r#"Item.objects.annotate(x=RawSQL("SELECT a FROM t WHERE b = %s", (a,)))"#,
                &["SELECT a FROM t WHERE b = %s <- %s=a"],
            ),
            (
                r#"pd.read_sql("SELECT a FROM t WHERE b = %(b)s", conn, params={"b": a})"#,
                &["SELECT a FROM t WHERE b = %(b)s <- %(b)s=a"],
            ),
        ],
    );
}

#[test]
fn typescript() {
    table(
        "a.ts",
        ("async function f(a: string, n: number, w: any) {\n", "\n}\n"),
        &[
            (
                "await pool.query('SELECT a FROM t WHERE b = $1 AND c = $2', [a, w.c])",
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=a, $2=w.c"],
            ),
            (
                "await client.query({ text: 'SELECT a FROM t WHERE b = $1', values: [a] })",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                "await client.query<Row>('SELECT a FROM t WHERE b = $1', [a])",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                "await sql`SELECT a FROM t WHERE b = ${a} AND c IN ${sql(w)}`",
                &["SELECT a FROM t WHERE b = {!a} AND c IN {!sql(w)}"],
            ),
            ("await sql`INSERT INTO t ${sql(w, 'a', 'b')}`", &["INSERT INTO t {!sql(w, 'a', 'b')}"]),
            (
                "await sql`UPDATE t SET ${sql(w, 'a')} WHERE b = ${a}`",
                &["UPDATE t SET {!sql(w, 'a')} WHERE b = {!a}"],
            ),
            (
                "await sql.unsafe('SELECT a FROM t WHERE b = $1', [a])",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            ("await sql.unsafe(`SELECT a FROM t WHERE b = '${a}'`)", &["SELECT a FROM t WHERE b = '{a}'"]),
            ("await sql`SELECT ${sql.unsafe(w)} FROM t`", &["SELECT {~w} FROM t"]),
            (
                "await sql.begin(async tx => { await tx`DELETE FROM t WHERE b = ${a}` })",
                &["DELETE FROM t WHERE b = {!a}"],
            ),
            (
                "await pool.many(sql.type(z)`SELECT a FROM t WHERE b = ${a}`)",
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            (
                "await pool.query(sql.unsafe`SELECT a FROM t WHERE b = ${a}`)",
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            (
                "const f = sql.fragment`b = ${a}`; await pool.any(sql.unsafe`SELECT a FROM t WHERE ${f}`)",
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            (
                "await pool.any(sql.unsafe`SELECT a FROM t WHERE ${sql.join([sql.fragment`b = ${a}`, sql.fragment`c = ${n}`], sql.fragment` AND `)}`)",
                &["SELECT a FROM t WHERE b = {!a} AND c = {!n}"],
            ),
            (
                "await pool.any(sql.unsafe`SELECT a FROM ${sql.identifier(['t'])} WHERE b = ${a}`)",
                &["SELECT a FROM {!sql.identifier(['t'])} WHERE b = {!a}"],
            ),
            ("await db.execute(sql`SELECT a FROM t WHERE b = ${a}`)", &["SELECT a FROM t WHERE b = {!a}"]),
            (
                "await db.execute(sql.raw(`SELECT a FROM t WHERE b = '${a}'`))",
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            (
                "await db.execute(sql`SELECT ${items.title} FROM ${items} WHERE ${items.id} = ${a}`)",
                &["SELECT {!items.title} FROM {!items} WHERE {!items.id} = {!a}"],
            ),
            ("await prisma.$queryRaw`SELECT a FROM t WHERE b = ${a}`", &["SELECT a FROM t WHERE b = {!a}"]),
            (
                "await prisma.$queryRaw(Prisma.sql`SELECT a FROM t WHERE b = ${a}`)",
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            (
                "await prisma.$queryRawUnsafe('SELECT a FROM t WHERE b = $1', a)",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                "await prisma.$queryRawUnsafe(`SELECT a FROM t WHERE b = '${a}'`)",
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            (
                "await prisma.$executeRaw`UPDATE t SET a = ${a} WHERE b = ${n}`",
                &["UPDATE t SET a = {!a} WHERE b = {!n}"],
            ),
            (
                "await prisma.$executeRawUnsafe('UPDATE t SET a = $1 WHERE b = $2', a, n)",
                &["UPDATE t SET a = $1 WHERE b = $2 <- $1=a, $2=n"],
            ),
            (
                "await prisma.$queryRaw(Prisma.raw(`SELECT a FROM t WHERE b = '${a}'`))",
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            ("await knex.raw('SELECT a FROM t WHERE b = ?', [a])", &["SELECT a FROM t WHERE b = ? <- ?=a"]),
            (
                "await knex.raw('SELECT a FROM t WHERE b = :b', { b: a })",
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                "await knex.raw('SELECT a FROM ?? WHERE b = ?', ['t', a])",
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            ("await knex.raw(`SELECT a FROM t WHERE b = '${a}'`)", &["SELECT a FROM t WHERE b = '{a}'"]),
            ("await trx.raw('DELETE FROM t WHERE b = ?', a)", &["DELETE FROM t WHERE b = ? <- ?=a"]),
            (
                "await dataSource.query('SELECT a FROM t WHERE b = $1', [a])",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                "await this.repository.query(`SELECT a FROM t WHERE b = '${a}'`)",
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            (
                "await manager.query('SELECT a FROM t WHERE b = $1', [w.id])",
                &["SELECT a FROM t WHERE b = $1 <- $1=w.id"],
            ),
            (
                "await sequelize.query('SELECT a FROM t WHERE b = :b', { replacements: { b: a }, type: QueryTypes.SELECT })",
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                "await sequelize.query('SELECT a FROM t WHERE b = $1', { bind: [a] })",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            ("await db.one('SELECT a FROM t WHERE b = $1', [a])", &["SELECT a FROM t WHERE b = $1 <- $1=a"]),
            (
                "await db.any('SELECT a FROM t WHERE b = ${b}', { b: a })",
                &["SELECT a FROM t WHERE b = ${b} <- ${b}=a"],
            ),
        ],
    );
}

#[test]
fn go() {
    table(
        "a.go",
        ("package a\nfunc f(a string, n int, w []string) {\n", "\n}\n"),
        &[
            (
                "row := db.QueryRowContext(ctx, `SELECT a FROM t WHERE b = $1`, a)",
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"rows, err := db.Query("SELECT a FROM t WHERE b = $1 AND c = $2", a, n)"#,
                &["SELECT a FROM t WHERE b = $1 AND c = $2 <- $1=a, $2=n"],
            ),
            (
                r#"stmt, err := db.Prepare("SELECT a FROM t WHERE b = $1")
 rows, err := stmt.Query(a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"stmt, err := db.PrepareContext(ctx, "SELECT a FROM t WHERE b = $1")
 rows, err := stmt.QueryContext(ctx, a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"_, err := db.Exec(fmt.Sprintf("DELETE FROM t WHERE b = '%s'", a))"#,
                &["DELETE FROM t WHERE b = '{a}'"],
            ),
            (
                r#"err := db.Select(&w, "SELECT a FROM t WHERE b = $1", a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"err := db.GetContext(ctx, &w, "SELECT a FROM t WHERE b = $1", a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"_, err := db.NamedExec(`UPDATE t SET a = :a WHERE b = :b`, map[string]interface{}{"a": n, "b": a})"#,
                &["UPDATE t SET a = :a WHERE b = :b <- :a=n, :b=a"],
            ),
            (
                "_, err := db.NamedExecContext(ctx, `UPDATE t SET a = :a WHERE b = :b`, item)",
                &["UPDATE t SET a = :a WHERE b = :b"],
            ),
            (
                r#"q, args, err := sqlx.In("SELECT a FROM t WHERE b IN (?)", w)
 q = db.Rebind(q)
 db.Select(&d, q, args...)"#,
                &["SELECT a FROM t WHERE b IN (?) <- ?=w"],
            ),
            (
                r#"rows, err := conn.Query(ctx, "SELECT a FROM t WHERE b = $1", a)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=a"],
            ),
            (
                r#"err := pool.QueryRow(ctx, "SELECT a FROM t WHERE b = $1", r.a).Scan(&n)"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=r.a"],
            ),
            (
                r#"rows, err := pool.Query(ctx, "SELECT a FROM t WHERE b = @b", pgx.NamedArgs{"b": a})"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
            (
                r#"batch.Queue("UPDATE t SET a = $1 WHERE b = $2", n, a)"#,
                &["UPDATE t SET a = $1 WHERE b = $2 <- $1=n, $2=a"],
            ),
            (
                "_, err := tx.Exec(ctx, `DELETE FROM t WHERE b = $1`, a)",
                &["DELETE FROM t WHERE b = $1 <- $1=a"],
            ),
            (r#"e := sq.Expr("SELECT a FROM t WHERE b = ?", a)"#, &["SELECT a FROM t WHERE b = ? <- ?=a"]),
            (r#"db.Raw("SELECT a FROM t WHERE b = ?", a).Scan(&w)"#, &["SELECT a FROM t WHERE b = ? <- ?=a"]),
            (
                r#"db.QueryContext(ctx, "SELECT a FROM t WHERE b = "+pq.QuoteLiteral(a))"#,
                &["SELECT a FROM t WHERE b = {#a}"],
            ),
            (
                r#"db.QueryContext(ctx, "SELECT a FROM "+pgx.Identifier{a}.Sanitize())"#,
                &["SELECT a FROM {#pgx.Identifier{a}}"],
            ),
        ],
    );
}

#[test]
fn java() {
    table(
        "A.java",
        ("class A { void f(String a, int n) {\n", ";\n} }\n"),
        &[
            (
                r#"c.prepareStatement("SELECT a FROM t WHERE b = '" + a + "'")"#,
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            (
                r#"PreparedStatement ps = c.prepareStatement("SELECT a FROM t WHERE b = ?"); ps.setString(1, a); ResultSet rs = ps.executeQuery()"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (
                r#"Statement s = c.createStatement(); s.executeQuery("SELECT a FROM t WHERE b = " + n)"#,
                &["SELECT a FROM t WHERE b = {#n}"],
            ),
            (r#"s.addBatch("DELETE FROM t WHERE b = 1")"#, &["DELETE FROM t WHERE b = 1"]),
            (r#"j.queryForList("SELECT a FROM t WHERE b = ?", a)"#, &["SELECT a FROM t WHERE b = ? <- ?=a"]),
            (
                r#"j.queryForObject("SELECT a FROM t WHERE b = ?", new Object[]{a}, String.class)"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (r#"j.batchUpdate("UPDATE t SET a = ? WHERE b = ?", args)"#, &["UPDATE t SET a = ? WHERE b = ?"]),
            (
                r#"np.query("SELECT a FROM t WHERE b = :b", Collections.singletonMap("b", a), mapper)"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"np.update("UPDATE t SET a = :a WHERE b = :b", new BeanPropertySqlParameterSource(x))"#,
                &["UPDATE t SET a = :a WHERE b = :b"],
            ),
            (r#"ctx.fetch("SELECT a FROM t WHERE b = ?", a)"#, &["SELECT a FROM t WHERE b = ? <- ?=a"]),
            (r#"ctx.fetch("SELECT a FROM t WHERE b = '" + a + "'")"#, &["SELECT a FROM t WHERE b = '{a}'"]),
            (r#"dsl.execute("DELETE FROM t WHERE b = ?", a)"#, &["DELETE FROM t WHERE b = ? <- ?=a"]),
            (r#"dsl.query("DELETE FROM t WHERE b = ?", a).execute()"#, &["DELETE FROM t WHERE b = ? <- ?=a"]),
            (
                r#"em.createNativeQuery("SELECT a FROM t WHERE b = ?1").setParameter(1, a).getResultList()"#,
                &["SELECT a FROM t WHERE b = ?1 <- ?1=a"],
            ),
            (
                r#"session.createNativeQuery("SELECT a FROM t WHERE b = :b", R.class).setParameter("b", a)"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
        ],
    );
}

#[test]
fn java_annotations() {
    table(
        "A.java",
        ("interface A {\n", "\n List<B> f(String a);\n}\n"),
        &[
            (r#"@Insert("INSERT INTO t (a) VALUES (#{a})")"#, &["INSERT INTO t (a) VALUES (#{a})"]),
            (
                r#"@Update({"UPDATE t", "SET a = #{a}", "WHERE b = #{b}"})"#,
                &["UPDATE t SET a = #{a} WHERE b = #{b}"],
            ),
            (r#"@Delete("DELETE FROM t WHERE a = ${a}")"#, &["DELETE FROM t WHERE a = {a}"]),
            (r#"@SqlQuery("SELECT a FROM t WHERE b = :b")"#, &["SELECT a FROM t WHERE b = :b"]),
        ],
    );
}

#[test]
fn kotlin() {
    table(
        "A.kt",
        ("fun f(a: String, n: Int) {\n", "\n}\n"),
        &[
            (
                r#"TransactionManager.current().exec("SELECT a FROM t WHERE b = ?", listOf(VarCharColumnType() to a)) { rs -> rs.next() }"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (r#"transaction { exec("DELETE FROM t WHERE b = '$a'") }"#, &["DELETE FROM t WHERE b = '{a}'"]),
            (
                r#""SELECT a FROM t WHERE b = 1".execAndMap { rs -> rs.getString(1) }"#,
                &["SELECT a FROM t WHERE b = 1"],
            ),
            (
                r#"j.queryForObject("SELECT a FROM t WHERE b = ?", Int::class.java, a)"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (
                r#"j.update("UPDATE t SET a = :a WHERE b = :b", mapOf("a" to n, "b" to a))"#,
                &["UPDATE t SET a = :a WHERE b = :b <- :a=n, :b=a"],
            ),
            (
                r#"j.query("""
    SELECT a
    FROM t WHERE b = ?
""".trimIndent(), mapper, a)"#,
                &["SELECT a\nFROM t WHERE b = ?\n <- ?=a"],
            ),
            (
                r#"client.sql("SELECT a FROM t WHERE b = :b").bind("b", a).fetch()"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"em.createNativeQuery("SELECT a FROM t WHERE b = :b").setParameter("b", a).resultList"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
        ],
    );
}

#[test]
fn csharp() {
    table(
        "A.cs",
        ("class A { async Task F(string a, int n) {\n", ";\n} }\n"),
        &[
            (
                r#"await c.QueryAsync<R>("SELECT a FROM t WHERE b = @b", new { b = a })"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
            (r#"c.Query<R>($"SELECT a FROM t WHERE b = '{a}'")"#, &["SELECT a FROM t WHERE b = '{a}'"]),
            (
                r#"c.QueryFirstOrDefault<R>(sql: "SELECT a FROM t WHERE b = @b", param: new { b = a })"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
            (
                r#"c.QueryMultiple("SELECT a FROM t WHERE b = @b; SELECT b FROM t WHERE b = @b", new { b = a })"#,
                &["SELECT a FROM t WHERE b = @b; SELECT b FROM t WHERE b = @b <- @b=a, @b=a"],
            ),
            (
                r#"c.ExecuteScalar<int>(new CommandDefinition("SELECT a FROM t WHERE b = @b", new { b = a }))"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
            (r#"x.T.FromSql($"SELECT a FROM t WHERE b = {a}")"#, &["SELECT a FROM t WHERE b = {!a}"]),
            (
                r#"x.T.FromSqlRaw("SELECT a FROM t WHERE b = '" + a + "'")"#,
                &["SELECT a FROM t WHERE b = '{a}'"],
            ),
            (
                r#"x.Database.ExecuteSqlInterpolated($"DELETE FROM t WHERE b = {a}")"#,
                &["DELETE FROM t WHERE b = {!a}"],
            ),
            (
                r#"await x.Database.ExecuteSqlAsync($"DELETE FROM t WHERE b = {a}")"#,
                &["DELETE FROM t WHERE b = {!a}"],
            ),
            (
                r#"await x.Database.ExecuteSqlRawAsync("DELETE FROM t WHERE b = {0} AND c = {1}", a, n)"#,
                &["DELETE FROM t WHERE b = {!a} AND c = {!n}"],
            ),
            (
                r#"x.Database.SqlQuery<int>($"SELECT a FROM t WHERE b = {a}")"#,
                &["SELECT a FROM t WHERE b = {!a}"],
            ),
            (
                r#"using var cmd = new NpgsqlCommand("SELECT a FROM t WHERE b = $1", c) { Parameters = { new() { Value = a } } }"#,
                &["SELECT a FROM t WHERE b = $1"],
            ),
            (
                r#"var cmd = c.CreateCommand(); cmd.CommandText = $"SELECT a FROM t WHERE b = {n}"; cmd.ExecuteNonQuery()"#,
                &["SELECT a FROM t WHERE b = {#n}"],
            ),
            (
                r#"using var cmd = dataSource.CreateCommand("SELECT a FROM t WHERE b = @b"); cmd.Parameters.AddWithValue("b", a)"#,
                &["SELECT a FROM t WHERE b = @b <- @b=a"],
            ),
        ],
    );
}

#[test]
fn ruby() {
    table(
        "a.rb",
        ("def f(x)\n", "\nend\n"),
        &[
            (r#"Item.find_by_sql("SELECT a FROM t WHERE b = '#{x}'")"#, &["SELECT a FROM t WHERE b = '{x}'"]),
            (
                r#"Item.find_by_sql(["SELECT a FROM t WHERE b = ?", x])"#,
                &["SELECT a FROM t WHERE b = ? <- ?=x"],
            ),
            (
                r#"ActiveRecord::Base.connection.exec_query("SELECT a FROM t WHERE b = $1", "SQL", [x])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=x"],
            ),
            (
                r#"ActiveRecord::Base.connection.select_all("SELECT a FROM t WHERE b = #{x}")"#,
                &["SELECT a FROM t WHERE b = {x}"],
            ),
            (
                r#"connection.select_all(sanitize_sql(["SELECT a FROM t WHERE b = ?", x]))"#,
                &["SELECT a FROM t WHERE b = ? <- ?=x"],
            ),
            (
                r#"connection.execute(ActiveRecord::Base.sanitize_sql_array(["SELECT a FROM t WHERE b = :b", { b: x }]))"#,
                &["SELECT a FROM t WHERE b = :b <- :b=x"],
            ),
            (r#"DB["SELECT a FROM t WHERE b = ?", x].all"#, &["SELECT a FROM t WHERE b = ? <- ?=x"]),
            (r#"DB.fetch("SELECT a FROM t WHERE b = ?", x).all"#, &["SELECT a FROM t WHERE b = ? <- ?=x"]),
            (r#"DB.run("DELETE FROM t WHERE b = '#{x}'")"#, &["DELETE FROM t WHERE b = '{x}'"]),
            (r#"DB["SELECT a FROM t WHERE b = :b", b: x].first"#, &["SELECT a FROM t WHERE b = :b <- :b=x"]),
            (r#"DB.with_sql("SELECT a FROM t WHERE b = ?", x)"#, &["SELECT a FROM t WHERE b = ? <- ?=x"]),
            (
                r#"conn.exec_params("SELECT a FROM t WHERE b = $1", [x])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=x"],
            ),
            (r#"conn.prepare("s", "SELECT a FROM t WHERE b = $1")"#, &["SELECT a FROM t WHERE b = $1"]),
        ],
    );
}

#[test]
fn php() {
    table(
        "a.php",
        ("<?php\n", ";\n"),
        &[
            (r#"$pdo->query("SELECT a FROM t WHERE b = '$x'")"#, &["SELECT a FROM t WHERE b = '{$x}'"]),
            (
                r#"$s = $pdo->prepare("SELECT a FROM t WHERE b = ?"); $s->bindValue(1, $b); $s->execute()"#,
                &["SELECT a FROM t WHERE b = ? <- ?=$b"],
            ),
            (
                "$s = $pdo->prepare('SELECT a FROM t WHERE b = :b'); $s->execute([':b' => $b])",
                &["SELECT a FROM t WHERE b = :b <- :b=$b"],
            ),
            (
                "DB::select('SELECT a FROM t WHERE b = :b', ['b' => $b])",
                &["SELECT a FROM t WHERE b = :b <- :b=$b"],
            ),
            (r#"DB::select("SELECT a FROM t WHERE b = $b")"#, &["SELECT a FROM t WHERE b = {$b}"]),
            ("DB::selectOne('SELECT a FROM t WHERE b = ?', [$b])", &["SELECT a FROM t WHERE b = ? <- ?=$b"]),
            (
                "DB::statement('UPDATE t SET a = ? WHERE b = ?', [$a, $b])",
                &["UPDATE t SET a = ? WHERE b = ? <- ?=$a, ?=$b"],
            ),
            (
                "DB::update('UPDATE t SET a = ? WHERE b = ?', [$a, $b])",
                &["UPDATE t SET a = ? WHERE b = ? <- ?=$a, ?=$b"],
            ),
            (
                "DB::connection('x')->select('SELECT a FROM t WHERE b = ?', [$b])",
                &["SELECT a FROM t WHERE b = ? <- ?=$b"],
            ),
            (
                r#"DB::select(DB::raw("SELECT a FROM t WHERE b = '$b'"))"#,
                &["SELECT a FROM t WHERE b = '{$b}'"],
            ),
            (
                "$conn->executeQuery('SELECT a FROM t WHERE b = ?', [$b])",
                &["SELECT a FROM t WHERE b = ? <- ?=$b"],
            ),
            (
                "$conn->executeQuery('SELECT a FROM t WHERE b IN (?)', [$ids], [ArrayParameterType::INTEGER])",
                &["SELECT a FROM t WHERE b IN (?) <- ?=$ids"],
            ),
            (
                "$conn->fetchAssociative('SELECT a FROM t WHERE b = :b', ['b' => $b])",
                &["SELECT a FROM t WHERE b = :b <- :b=$b"],
            ),
            (
                "$s = $conn->prepare('SELECT a FROM t WHERE b = :b'); $s->bindValue('b', $b); $s->executeQuery()",
                &["SELECT a FROM t WHERE b = :b <- :b=$b"],
            ),
            (
                "$q = $em->createNativeQuery('SELECT a FROM t WHERE b = ?', $rsm); $q->setParameter(1, $b)",
                &["SELECT a FROM t WHERE b = ? <- ?=$b"],
            ),
            (
                r#"$wpdb->get_results($wpdb->prepare("SELECT a FROM t WHERE b = %s", $b))"#,
                &["SELECT a FROM t WHERE b = %s <- %s=$b"],
            ),
            ("$this->addSql('UPDATE t SET a = 1 WHERE b = 2')", &["UPDATE t SET a = 1 WHERE b = 2"]),
        ],
    );
}

#[test]
fn constants_of_sqlc() {
    let source = "package a\nconst getItem = `-- name: GetItem :one\nSELECT a FROM t WHERE b = $1\n`\n\
                  func (q *Queries) f(a string) { row := q.db.QueryRow(ctx, getItem, a) }\n";
    assert_eq!(read("a.go", source), ["-- name: GetItem :one\nSELECT a FROM t WHERE b = $1\n <- $1=a"]);
}

#[test]
fn parts_of_jooq() {
    table(
        "A.java",
        ("import org.jooq.DSLContext;\nclass A { void f(String a, int n) {\n", ";\n} }\n"),
        &[
            (
                r#"ctx.resultQuery("SELECT a FROM t WHERE b = {0} AND c = {1}", val(a), inline(n)).fetch()"#,
                &["SELECT a FROM t WHERE b = {!a} AND c = {#n}"],
            ),
            (
                r#"ctx.fetch("SELECT a FROM {0} WHERE {1}", name("t"), w)"#,
                &["SELECT a FROM {#\"t\"} WHERE {~w}"],
            ),
            (r#"ctx.fetch("SELECT a FROM t WHERE b = ?", a)"#, &["SELECT a FROM t WHERE b = ? <- ?=a"]),
        ],
    );
}
