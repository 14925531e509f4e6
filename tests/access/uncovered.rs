//! What a read lacks an index for.

use sqlmoat::prove::access::{Lack, lack};
use sqlmoat::prove::settings::PlannerSettings;

use crate::{indexes, read};

/// Each row: indexes of `t`, a statement, and for each alias what it lacks.
#[test]
fn a_read_lacks_what_no_index_gives() {
    let rows = [
        ("", "SELECT m FROM t WHERE n = $1", "t predicate"),
        ("(n)", "SELECT m FROM t WHERE n = $1", "t nothing"),
        ("UNIQUE (n)", "SELECT m FROM t WHERE n = $1 ORDER BY m LIMIT 5", "t nothing"),
        ("(n)", "SELECT m FROM t WHERE n = $1 ORDER BY m LIMIT 5", "t sort"),
        ("(n, m)", "SELECT m FROM t WHERE n = $1 ORDER BY m LIMIT 5", "t nothing"),
        ("(n)", "SELECT m FROM t WHERE n = $1 ORDER BY m", "t nothing"),
        ("", "SELECT m FROM t ORDER BY m LIMIT 5", "t sort"),
        // An index that is read whole for an order is of use where the first rows are enough.
        ("(m)", "SELECT m FROM t WHERE n = $1 ORDER BY m", "t predicate"),
        ("(m)", "SELECT m FROM t WHERE n = $1 ORDER BY m LIMIT 5", "t nothing"),
        ("(m)", "SELECT max(m) FROM t WHERE n = $1", "t nothing"),
        // No index delivers the order of an aggregate, nor a btree that of a distance.
        ("(n)", "SELECT m, count(*) FROM t WHERE n = $1 GROUP BY m ORDER BY count(*) LIMIT 5", "t nothing"),
        ("(n)", "SELECT m FROM t WHERE n = $1 ORDER BY abs(m - $2) LIMIT 5", "t nothing"),
        ("UNIQUE (n)", "SELECT m FROM t WHERE n IN ($1, $2) ORDER BY m LIMIT 5", "t nothing"),
        ("(n)", "SELECT m FROM t WHERE n IN ($1, $2) ORDER BY m LIMIT 5", "t sort"),
        // Sorted are the rows that those of w lead to.
        (
            "(n)",
            "SELECT t.m FROM w JOIN t ON t.n = w.m WHERE w.id = $1 ORDER BY t.m LIMIT 5",
            "t nothing; w nothing",
        ),
        ("(n)", "SELECT t.m FROM w JOIN t ON t.n = w.m ORDER BY t.m LIMIT 5", "t sort; w nothing"),
        // The key of w serves the join the other way round.
        ("", "SELECT t.m FROM w JOIN t ON t.n = w.id", "t nothing; w nothing"),
        ("", "SELECT t.m FROM w JOIN t ON t.n = w.n", "t join w; w nothing"),
        // Few rows of w, and each of them reads all of t.
        ("", "SELECT t.m FROM w JOIN t ON t.n = w.id WHERE w.id = $1", "t predicate; w nothing"),
        ("", "SELECT t.m FROM w JOIN t ON t.n = w.id WHERE w.m = $1", "t join w; w nothing"),
        ("(n)", "SELECT t.m FROM w JOIN t ON t.n = w.id WHERE w.m = $1", "t nothing; w nothing"),
        ("(n)", "SELECT t.m FROM w JOIN t ON t.n = w.n", "t nothing; w nothing"),
        ("", "SELECT t.m FROM t JOIN w ON t.n = w.n AND w.m = $1", "t join w; w predicate"),
        ("", "SELECT w.m FROM w LEFT JOIN t ON t.n = w.id", "t join w; w nothing"),
        ("", "SELECT t.m FROM t JOIN (SELECT n FROM w LIMIT 3) x ON x.n = t.n", "t join x"),
    ];
    let mut wrong = Vec::new();
    for (on, sql, expected) in rows {
        let found = read(&indexes(on), sql, &PlannerSettings::default());
        for part in expected.split("; ") {
            let (alias, expected) = part.split_once(' ').unwrap_or((part, ""));
            let word = match lack(found.of(alias), &found.access) {
                None => "nothing".to_owned(),
                Some(Lack::Predicate) => "predicate".to_owned(),
                Some(Lack::Join(other)) => format!("join {}", found.statement.occurrence(other).alias),
                Some(Lack::Sort) => "sort".to_owned(),
            };
            if word != expected {
                wrong.push(format!("{on} | {sql}: of {alias} expected {expected}, found {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
