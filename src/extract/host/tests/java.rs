//! Java: literals, and ways to build a text.

use super::table;

#[test]
fn literals() {
    table(
        "A.java",
        ("class A { void f() {\n", ";\n} }\n"),
        &[
            (r#"c.query("SELECT 'a\t\u0041\101' FROM t")"#, &["SELECT 'a\tAA' FROM t"]),
            (
                "c.query(\"\"\"\n    SELECT \"a\" \\\n      FROM t\n        WHERE b = 'x\\ty'\n    \"\"\")",
                &["SELECT \"a\"   FROM t\n    WHERE b = 'x\ty'\n"],
            ),
            (r#"c.query("SELECT a " + "FROM t")"#, &["SELECT a FROM t"]),
            (r#"c.query("SELECT a FROM t WHERE b = " + 'c')"#, &["SELECT a FROM t WHERE b = c"]),
        ],
    );
}

#[test]
fn annotations() {
    table(
        "A.java",
        ("interface A {\n", "\n List<B> f(String a);\n}\n"),
        &[
            (r#"@Query("SELECT a FROM t WHERE b = :a")"#, &["SELECT a FROM t WHERE b = :a"]),
            (r#"@Query(value = "SELECT a " + "FROM t", nativeQuery = true)"#, &["SELECT a FROM t"]),
            (r#"@Select({"SELECT a", "FROM t WHERE b = #{a}"})"#, &["SELECT a FROM t WHERE b = #{a}"]),
            (r#"@Select("SELECT a FROM t ORDER BY ${a}")"#, &["SELECT a FROM t ORDER BY {a}"]),
            (r#"@NamedQuery(name = "x", query = "SELECT u FROM User u WHERE u.a = 1")"#, &[]),
        ],
    );
    table(
        "A.java",
        (
            "import org.springframework.data.jpa.repository.Query;\ninterface A {\n",
            "\n List<B> f(String a);\n}\n",
        ),
        &[
            (r#"@Query("SELECT u FROM User u WHERE u.a = :a")"#, &[]),
            (r#"@Query(value = "SELECT a FROM t", nativeQuery = true)"#, &["SELECT a FROM t"]),
        ],
    );
}

/// MyBatis looks for elements in a text that begins with `<script>`.
#[test]
fn scripts() {
    table(
        "A.java",
        ("interface A {\n", "\n List<B> f(String a);\n}\n"),
        &[
            (
                r#"@Select("<script>SELECT a FROM t WHERE w = #{w} <if test='b != null'> AND b = #{b}</if></script>")"#,
                &["SELECT a FROM t WHERE w = #{w}  AND b = #{b}", "SELECT a FROM t WHERE w = #{w} "],
            ),
            (
                r#"@Select({"<script>", "SELECT a FROM t", "<where>", "<if test=\"w != null\">AND w = #{w}</if>", "</where>", "</script>"})"#,
                &[" SELECT a FROM t  WHERE  w = #{w} ", " SELECT a FROM t  "],
            ),
            (
                r#"@Select("<script>SELECT a FROM t WHERE a &lt; 3 AND b IN <foreach collection='ids' item='id' open='(' separator=',' close=')'>#{id}</foreach></script>")"#,
                &["SELECT a FROM t WHERE a < 3 AND b IN ({!ids})"],
            ),
            (
                r#"@Update("<script>UPDATE t <set><if test='a'>a = #{a},</if> b = #{b}, </set> WHERE c = ${c}</script>")"#,
                &["UPDATE t  SET a = #{a}, b = #{b} WHERE c = {c}", "UPDATE t  SET b = #{b} WHERE c = {c}"],
            ),
            (
                r#"@Select("<script>SELECT a FROM t WHERE <choose><when test='a'>a = 1</when><otherwise>b = 2</otherwise></choose></script>")"#,
                &["SELECT a FROM t WHERE a = 1", "SELECT a FROM t WHERE b = 2"],
            ),
            (
                r#"@Select("<script>SELECT a FROM t WHERE <foreach collection='x' item='i' separator=' OR '>a = #{i}</foreach></script>")"#,
                &["SELECT a FROM t WHERE a = #{i} OR {~what is repeated for x}"],
            ),
            (
                r#"@Select("<script>SELECT a FROM t <include refid='w'/></script>")"#,
                &["SELECT a FROM t {~<include refid=\"w\">}"],
            ),
            (
                r#"@Select("<script>SELECT a FROM t WHERE <if test='a")"#,
                &["SELECT a FROM t WHERE <if test='a"],
            ),
            // Elsewhere a sign is a sign.
            (r#"@Select("SELECT a FROM t WHERE a <if")"#, &["SELECT a FROM t WHERE a <if"]),
        ],
    );
}

#[test]
fn calls() {
    table(
        "A.java",
        ("class A { void f(String a, int n) {\n", ";\n} }\n"),
        &[
            (
                r#"try (PreparedStatement ps = c.prepareStatement("SELECT a FROM t WHERE b = ? AND c = ?")) { ps.setString(1, a); ps.setObject(2, this.b); } catch (E e) {}"#,
                &["SELECT a FROM t WHERE b = ? AND c = ? <- ?=a, ?=this.b"],
            ),
            (
                r#"j.query("SELECT a FROM t WHERE b = ?", new Object[]{a}, (rs, i) -> rs.getString(1))"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (
                r#"j.queryForObject("SELECT a FROM t WHERE b = ?", String.class, a)"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (
                r#"j.query("SELECT a FROM t WHERE b = ? AND c = ?", rowMapper, a, n)"#,
                &["SELECT a FROM t WHERE b = ? AND c = ? <- ?=a, ?=n"],
            ),
            (
                r#"j.query("SELECT a FROM t WHERE b = :b", Map.of("b", a), mapper)"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"j.update("DELETE FROM t WHERE b = :b AND c = :c", new MapSqlParameterSource("b", a).addValue("c", n))"#,
                &["DELETE FROM t WHERE b = :b AND c = :c <- :b=a, :c=n"],
            ),
            (
                r#"var p = new MapSqlParameterSource(); p.addValue("b", a); j.update("DELETE FROM t WHERE b = :b", p)"#,
                &["DELETE FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"em.createNativeQuery("SELECT a FROM t WHERE b = :b").setParameter("b", a).getResultList()"#,
                &["SELECT a FROM t WHERE b = :b <- :b=a"],
            ),
            (
                r#"client.sql("SELECT a FROM t WHERE b = ?").param(a).query(R.class).list()"#,
                &["SELECT a FROM t WHERE b = ? <- ?=a"],
            ),
            (r#"log.info("SELECT a FROM t WHERE b = 1")"#, &[]),
            (r#"throw new E("DELETE FROM t WHERE b = 1 failed")"#, &[]),
        ],
    );
}

#[test]
fn building() {
    table(
        "A.java",
        (
            "class A { static final String C = \"b, c\"; String w() { return \" WHERE b = 1\"; }\n\
             void f(String a, int n, List<String> w) {\n",
            ";\n} }\n",
        ),
        &[
            (
                r#"c.query("SELECT " + C + " FROM t WHERE b = '" + a + "'")"#,
                &["SELECT b, c FROM t WHERE b = '{a}'"],
            ),
            (r#"c.query("SELECT a FROM t LIMIT " + n)"#, &["SELECT a FROM t LIMIT {#n}"]),
            (
                r#"c.query(String.format("SELECT a FROM %s LIMIT %d", a, n))"#,
                &["SELECT a FROM {a} LIMIT {#n}"],
            ),
            (r#"c.query("SELECT a FROM t WHERE b = %s".formatted(a))"#, &["SELECT a FROM t WHERE b = {a}"]),
            (
                r#"String q = "SELECT a FROM t"; if (n > 1) { q += " WHERE b = 1"; } else q += " WHERE c = 1"; c.query(q)"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1"],
            ),
            (
                r#"StringBuilder s = new StringBuilder("SELECT a"); s.append(" FROM t").append(" WHERE b = ").append(a); c.query(s.toString())"#,
                &["SELECT a FROM t WHERE b = {a}"],
            ),
            (
                r#"List<String> l = new ArrayList<>(); l.add("b = 1"); if (n > 1) l.add("c = 2"); c.query("SELECT a FROM t WHERE " + String.join(" AND ", l))"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 1 AND c = 2"],
            ),
            (r#"c.query("SELECT a FROM t" + w())"#, &["SELECT a FROM t WHERE b = 1"]),
            (
                r#"c.query("SELECT a FROM t" + (n > 1 ? " WHERE b = 1" : ""))"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                r#"String o = switch (n) { case 1 -> "a"; default -> "b"; }; c.query("SELECT a FROM t ORDER BY " + o)"#,
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
            (
                r#"String q; switch (n) { case 1: q = "SELECT a FROM t"; break; default: q = "SELECT b FROM t"; } c.query(q)"#,
                &["SELECT a FROM t", "SELECT b FROM t"],
            ),
            (
                r#"c.query("SELECT a FROM t WHERE b = " + (int) x.y())"#,
                &["SELECT a FROM t WHERE b = {#(int) x.y()}"],
            ),
            (
                r#"int m = x.y(); c.query("SELECT a FROM t WHERE b = " + m)"#,
                &["SELECT a FROM t WHERE b = {#m}"],
            ),
            (
                r#"String q = "SELECT a FROM t WHERE b = 1"; for (String x : w) { q += " OR c = 1"; } c.query(q)"#,
                &["SELECT a FROM t WHERE b = 1 {~what is added to q}"],
            ),
        ],
    );
}
