//! LIKE and its kin: fixed prefixes, collations, trigrams.

use super::{check, indexes, read};
use sqlmoat::prove::settings::PlannerSettings;

#[test]
fn a_fixed_prefix_is_a_range_of_a_key_that_sorts_by_bytes() {
    check(&[
        ("(txt)", "txt LIKE 'ab%'", "none"),
        ("(txt)", "txt LIKE 'ab'", "seek"),
        ("(c)", "c LIKE 'ab%'", "seek"),
        ("(txt COLLATE \"C\")", "txt LIKE 'ab%'", "seek"),
        ("(txt COLLATE \"POSIX\")", "txt LIKE 'ab%'", "seek"),
        ("(txt COLLATE \"C.utf8\")", "txt LIKE 'ab%'", "none"),
        ("(txt)", "txt COLLATE \"C\" LIKE 'ab%'", "none"),
        ("(txt text_pattern_ops)", "txt LIKE 'ab%'", "seek"),
        ("(txt text_pattern_ops)", "txt LIKE 'ab' || '%'", "seek"),
        ("(txt text_pattern_ops)", "txt LIKE 'a_b%'", "seek"),
        ("(txt text_pattern_ops)", "txt LIKE '%ab'", "none"),
        ("(txt text_pattern_ops)", "txt LIKE $1", "none"),
        ("(txt text_pattern_ops)", "txt LIKE $1 || '%'", "none"),
        ("(txt text_pattern_ops)", "txt NOT LIKE 'ab%'", "none"),
        ("(txt text_pattern_ops)", "txt LIKE ANY(ARRAY['a%', 'b%'])", "none"),
        ("(txt text_pattern_ops)", "txt LIKE '!%a%' ESCAPE '!'", "seek"),
        ("(vc varchar_pattern_ops)", "vc LIKE 'ab%'", "seek"),
        ("(lower(txt) text_pattern_ops)", "lower(txt) LIKE 'ab%'", "seek"),
        ("(ch)", "ch LIKE 'ab%'", "none"),
    ]);
}

#[test]
fn the_rest_of_the_family() {
    check(&[
        ("(txt text_pattern_ops)", "txt ILIKE 'ab%'", "none"),
        ("(txt text_pattern_ops)", "txt ILIKE '12%'", "seek"),
        ("(txt text_pattern_ops)", "txt ~ '^ab'", "seek"),
        ("(txt text_pattern_ops)", "txt ~ 'ab'", "none"),
        ("(txt text_pattern_ops)", "txt ~ '^(ab|cd)'", "none"),
        ("(txt text_pattern_ops)", "txt ~* '^ab'", "none"),
        ("(txt text_pattern_ops)", "txt SIMILAR TO 'ab%'", "seek"),
        ("(txt text_pattern_ops)", "txt ^@ 'ab'", "seek"),
        ("(txt text_pattern_ops)", "starts_with(txt, 'ab')", "seek"),
        ("(txt text_pattern_ops)", "starts_with(txt, $1)", "none"),
        ("(txt text_pattern_ops)", "left(txt, 2) = 'ab'", "none"),
    ]);
}

#[test]
fn a_pattern_class_serves_equality_and_not_order() {
    check(&[
        ("(txt text_pattern_ops)", "txt = $1", "seek"),
        ("(txt text_pattern_ops)", "txt < $1", "none"),
        ("(txt text_pattern_ops)", "txt ~<~ $1", "seek"),
    ]);
}

#[test]
fn trigrams_take_any_pattern() {
    check(&[
        ("USING gin (txt gin_trgm_ops)", "txt LIKE $1", "seek"),
        ("USING gin (txt gin_trgm_ops)", "txt ILIKE '%' || $1 || '%'", "seek"),
        ("USING gin (txt gin_trgm_ops)", "txt LIKE ANY($1)", "seek"),
        ("USING gin (txt gin_trgm_ops)", "txt NOT ILIKE '%a%'", "none"),
        ("USING gin (txt gin_trgm_ops)", "lower(txt) LIKE '%abc%'", "none"),
        ("USING gin (txt gin_trgm_ops)", "txt > $1", "none"),
        ("USING gin (txt gin_trgm_ops)", "txt ^@ 'ab'", "none"),
        ("USING gin (txt gin_trgm_ops)", "similarity(txt, $1) > 0.3", "none"),
        ("USING gist (txt gist_trgm_ops)", "txt ~* $1", "seek"),
        ("USING spgist (txt)", "txt LIKE 'ab%'", "seek"),
        // Without a wildcard it is an equality, and the index's collation is taken.
        ("(txt COLLATE \"C\")", "txt LIKE 'ab'", "seek i0(txt)"),
        ("(txt COLLATE \"C\")", "txt = 'ab'", "none"),
        ("USING spgist (txt)", "txt LIKE $1", "none"),
    ]);
}

#[test]
fn a_database_that_sorts_by_bytes_needs_no_pattern_class() {
    let class = |collation: &str| {
        let settings = PlannerSettings { collation: collation.to_owned(), ..PlannerSettings::default() };
        read(&indexes("(txt)"), "SELECT id FROM t WHERE txt LIKE 'ab%'", &settings).line("t")
    };
    assert_eq!(class("C"), "seek i0(txt)");
    assert_eq!(class("en_US.UTF-8"), "none");
}
