//! What later versions of PostgreSQL do.

use super::{indexes, read};
use sqlmoat::prove::settings::PlannerSettings;

fn line(version: u32, on: &str, condition: &str) -> String {
    let settings = PlannerSettings { postgres_version: version, ..PlannerSettings::default() };
    read(&indexes(on), &format!("SELECT id FROM t WHERE {condition}"), &settings).line("t")
}

#[test]
fn a_btree_is_skipped_through_from_18_on() {
    assert_eq!(line(17, "(n, m)", "m = $1"), "none");
    assert_eq!(line(18, "(n, m)", "m = $1"), "seek i0(m)");
    assert_eq!(line(18, "(n, m)", "id = $1"), "none");
}

#[test]
fn an_or_of_one_key_is_a_list_from_18_on() {
    let sort = |version: u32| {
        let settings = PlannerSettings { postgres_version: version, ..PlannerSettings::default() };
        let sql = "SELECT id FROM t WHERE n = 1 OR n = 2 ORDER BY n LIMIT 5";
        read(&indexes("(n)"), sql, &settings).of("t").sort_needed
    };
    assert_eq!(sort(17), Some(true));
    assert_eq!(sort(18), Some(false));
}
