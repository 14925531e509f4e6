//! Texts with the kinds of their tokens.

use super::*;

fn kinds(text: &str, dialect: Dialect) -> Vec<(Kind, &str)> {
    let mut lexer = Lexer::new(text, dialect);
    std::iter::from_fn(|| lexer.next()).map(|raw| (raw.kind, raw.text(text))).collect()
}

fn of_kind(text: &str, kind: Kind) -> Vec<&str> {
    kinds(text, Dialect::Postgres).into_iter().filter(|(k, _)| *k == kind).map(|(_, t)| t).collect()
}

#[test]
fn question_mark_is_a_placeholder_only_where_an_operand_is_due() {
    assert_eq!(of_kind("a = ? AND b=? AND c IN (?, ?) LIMIT ?", Kind::Placeholder), ["?"; 5]);
    assert_eq!(of_kind("tags ? 'x' AND f(y) ?| $1 AND (j->'a') ? 'b'", Kind::Placeholder), ["$1"]);
    assert_eq!(of_kind("a ->? || b @>?", Kind::Placeholder), ["?", "?"]);
    assert_eq!(of_kind("a @? '$.b'", Kind::Operator), ["@?"]);
    assert_eq!(kinds("a ? b", Dialect::MySql)[1], (Kind::Placeholder, "?"));
}

#[test]
fn placeholders_of_drivers() {
    assert_eq!(
        of_kind(
            "= $1 = :a = :a::int = %s = %(b)s = @c = #{d} = $e = :'f' = :1 = :#{#g.h}",
            Kind::Placeholder
        ),
        ["$1", ":a", ":a", "%s", "%(b)s", "@c", "#{d}", "$e", ":'f'", ":1", ":#{#g.h}"]
    );
    assert_eq!(of_kind("x=@c AND y=%s AND z=#{d}", Kind::Placeholder), ["@c", "%s", "#{d}"]);
    assert_eq!(of_kind("a % s, a %s, @ -5, a <@ b, b @@ c, x::int", Kind::Placeholder), [""; 0]);
    assert_eq!(of_kind("${a} {{ b['}}'] }} {c} {0}", Kind::Hole), ["${a}", "{{ b['}}'] }}", "{c}", "{0}"]);
}

#[test]
fn a_colon_in_a_slice_is_no_placeholder() {
    assert_eq!(of_kind("a[1:n], a[x : y], a[:2], json_object('k':v)", Kind::Placeholder), [""; 0]);
    assert_eq!(of_kind("f(:n), a[:n]", Kind::Placeholder), [":n", ":n"]);
}

#[test]
fn strings_of_every_kind() {
    assert_eq!(
        kinds(r#"'a''b' E'a\'b' U&'x' b'1' X'f' N'n' $$a'$$ $t$ $$ $t$ "q""r" U&"v""#, Dialect::Postgres)
            .into_iter()
            .map(|(k, _)| k)
            .collect::<Vec<_>>(),
        [
            Kind::String,
            Kind::EscapeString,
            Kind::UnicodeString,
            Kind::BitString,
            Kind::HexString,
            Kind::NationalString,
            Kind::DollarString,
            Kind::DollarString,
            Kind::QuotedName,
            Kind::UnicodeName
        ]
    );
    assert_eq!(kinds(r"'a\'b'", Dialect::MySql), [(Kind::String, r"'a\'b'")]);
    assert_eq!(kinds("'abc", Dialect::Postgres), [(Kind::Unterminated, "'abc")]);
}

#[test]
fn operators_follow_the_manual() {
    assert_eq!(
        of_kind("a=-1, b*-c, d->-1, e ||-f, g<@h", Kind::Operator),
        ["=", "-", "*", "-", "->", "-", "||-", "<@"]
    );
    assert_eq!(of_kind("a /* x /* y */ z */ + -- c", Kind::BlockComment), ["/* x /* y */ z */"]);
    assert_eq!(of_kind("a+--c\n b", Kind::LineComment), ["--c"]);
}

#[test]
fn some_words_precede_an_operand() {
    for word in ["ALL", "AND", "LIMIT", "where", "ZONE", "variadic"] {
        assert!(precedes_operand(word), "{word}");
    }
    for word in ["a", "tags", "limits", "concurrently_", ""] {
        assert!(!precedes_operand(word), "{word}");
    }
}

#[test]
fn control_marks_of_templates_are_no_text() {
    let text =
        "{{ if .A }} a {{- else if .B -}} b {{ end }} {{#each x}} c {{/each}} {% if d %} e {% endif %}";
    assert_eq!(of_kind(text, Kind::Word), ["a", "b", "c", "e"]);
    assert_eq!(of_kind(text, Kind::Hole), [""; 0]);
    // Where nothing is open, and where they are names, they stand for values.
    let text = "{{ start }} {{ end }} {{ if_set }} {{ range }} {{ range | default(1) }}";
    assert_eq!(of_kind(text, Kind::Directive), [""; 0]);
}
