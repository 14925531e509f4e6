//! Mappers of MyBatis in XML.

use super::*;

const MAPPER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE mapper PUBLIC "-//mybatis.org//DTD Mapper 3.0//EN" "http://mybatis.org/dtd/mybatis-3-mapper.dtd">
<mapper namespace="app.ItemMapper">
  <!-- <select id="old">SELECT x FROM t</select> -->
  <!-- sqlmoat: cross-tenant(all) a report over everything -->
  <resultMap id="item" type="Item"><id property="id" column="id"/></resultMap>
  <sql id="columns">a, <include refid="more"/></sql>
  <sql id="more">b</sql>
  <select id="one" resultMap="item">SELECT <include refid="columns"/> FROM t WHERE w = #{w} AND a &lt; 3</select>
  <select id="some" resultMap="item">
    SELECT a FROM t
    <where>
      <if test="w != null">AND w = #{w}</if>
    </where>
    ORDER BY ${order}
  </select>
  <insert id="add"><selectKey keyProperty="id" order="BEFORE">SELECT 1</selectKey>INSERT INTO t (a) VALUES
    <foreach collection="items" item="i" separator=",">(#{i.a})</foreach></insert>
  <update id="set">UPDATE t <set>a = #{a},</set> WHERE <include refid="other.scope"/></update>
  <delete id="drop"><![CDATA[DELETE FROM t WHERE a < #{a}]]></delete>
</mapper>
"#;

#[test]
fn statements() {
    let words = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let seen: Vec<String> = read("src/ItemMapper.xml", MAPPER).into_iter().map(words).collect();
    assert_eq!(
        seen,
        [
            "SELECT a, b FROM t WHERE w = #{w} AND a < 3",
            "SELECT a FROM t WHERE w = #{w} ORDER BY {order}",
            "SELECT a FROM t ORDER BY {order}",
            "INSERT INTO t (a) VALUES (#{i.a})",
            "UPDATE t SET a = #{a} WHERE {~<include refid=\"other.scope\">}",
            "DELETE FROM t WHERE a < #{a}",
        ]
    );
    let file = extract(FileId(0), "a/mapper/x.xml", MAPPER, Dialect::Postgres, &HostSettings::default());
    assert_eq!(file.hosted[0].fragment.function.as_deref(), Some("one"));
    assert_eq!(file.comments.len(), 1);
}

#[test]
fn other_files_are_none() {
    assert!(!is_host(Path::new("pom.xml")) && !is_host(Path::new("res/layout/main.xml")));
    assert!(is_host(Path::new("src/main/resources/mapper/Item.xml")) && is_host(Path::new("ItemMapper.xml")));
    assert_eq!(glance(Path::new("ItemMapper.xml"), "<beans>SELECT a FROM t</beans>"), Glance::Nothing);
}
