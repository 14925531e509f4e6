//! "Did you mean": the nearest of the names that were possible.

/// The nearest name, if it is near enough to be a slip: a third of its letters or fewer differ, at least one may.
pub(super) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let allowed = (wrong.chars().count() / 3).max(1);
    let mut best: Option<(usize, &'n str)> = None;
    for name in names {
        if name.len().abs_diff(wrong.len()) > allowed * 4 || !shares_an_end(wrong, name) {
            continue;
        }
        let distance = strsim::osa_distance(wrong, name);
        if distance > 0 && distance <= allowed && best.is_none_or(|(d, n)| (distance, name) < (d, n)) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name.to_owned())
}

/// The name that a column of a statistics view goes by, for names from other views and from before they were changed
/// (PostgreSQL 9.2, 9.6 and 13).
pub(super) fn renamed(relation: &str, column: &str) -> Option<&'static str> {
    let relation = relation.rsplit('.').next().unwrap_or(relation);
    let of = |kinds: &[&str]| {
        let name =
            relation.strip_prefix("pg_stat").and_then(|r| r.strip_prefix("io_").or(r.strip_prefix('_')));
        name.and_then(|n| n.split_once('_')).is_some_and(|(whose, what)| {
            ["all", "sys", "user", "xact"].contains(&whose) && kinds.iter().any(|k| what.ends_with(k))
        })
    };
    Some(match column {
        "tablename" | "table_name" if of(&["tables", "indexes"]) => "relname",
        "indexname" | "index_name" if of(&["indexes"]) => "indexrelname",
        "total_time" if relation == "pg_stat_statements" => "total_exec_time",
        "mean_time" if relation == "pg_stat_statements" => "mean_exec_time",
        "min_time" if relation == "pg_stat_statements" => "min_exec_time",
        "max_time" if relation == "pg_stat_statements" => "max_exec_time",
        "stddev_time" if relation == "pg_stat_statements" => "stddev_exec_time",
        "procpid" if relation == "pg_stat_activity" => "pid",
        "current_query" if relation == "pg_stat_activity" => "query",
        "waiting" if relation == "pg_stat_activity" => "wait_event",
        _ => return None,
    })
}

/// Whether the first or the last letter agrees: cheap, and true of nearly every slip.
fn shares_an_end(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.first() == b.first() || a.last() == b.last()
}

#[cfg(test)]
mod tests {
    use super::{nearest, renamed};

    #[test]
    fn columns_of_statistics_views() {
        assert_eq!(renamed("pg_catalog.pg_stat_user_indexes", "indexname"), Some("indexrelname"));
        assert_eq!(renamed("pg_catalog.pg_statio_user_tables", "tablename"), Some("relname"));
        assert_eq!(renamed("pg_stat_statements", "mean_time"), Some("mean_exec_time"));
        assert_eq!(renamed("pg_catalog.pg_indexes", "indexrelname"), None);
        assert_eq!(renamed("pg_catalog.pg_stat_user_tables", "indexname"), None);
    }

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        let names = ["invoice", "invoice_line", "customer"];
        assert_eq!(nearest("invocie", names.into_iter()).as_deref(), Some("invoice"));
        assert_eq!(nearest("invoices", names.into_iter()).as_deref(), Some("invoice"));
        assert_eq!(nearest("tenant", names.into_iter()), None);
        assert_eq!(nearest("é", names.into_iter()), None);
    }
}
