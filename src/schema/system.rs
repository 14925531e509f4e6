//! Relations that PostgreSQL and common extensions bring along: `pg_catalog`, `information_schema`, `pg_stat_*`,
//! `pg_stat_statements`, `cron.job`. Columns are those of the versions 13 to 18 together.

use crate::schema::facts::{self, RELATIONS};
use crate::schema::functions::named_type;
use crate::schema::types::Type;

/// A relation of the system.
#[derive(Clone, Debug)]
pub struct SystemRelation {
    /// The schema that it lives in; extensions' may live in others.
    pub schema: &'static str,
    /// The extension that brings it.
    pub extension: Option<&'static str>,
    /// Columns with their types, in order; what only some versions have stands last.
    pub columns: Vec<(&'static str, Type)>,
}

/// The system's relation of that folded name. Without a schema, one of `pg_catalog` or of an extension that puts its
/// relations on the search path.
pub fn lookup(schema: Option<&str>, name: &str) -> Option<SystemRelation> {
    let mut found: Option<SystemRelation> = None;
    for row in RELATIONS.rows(name) {
        let (home, extension) = (row.field(0), row.field(1));
        let visible = match schema {
            Some(schema) => {
                schema == home
                    || (home == "public" && schema != "pg_catalog" && schema != "information_schema")
            }
            None => matches!(home, "pg_catalog" | "public"),
        };
        if !visible {
            continue;
        }
        let columns = facts::list(row.field(2)).filter_map(named_type);
        let relation = found.get_or_insert_with(|| SystemRelation {
            schema: home,
            extension: (!extension.is_empty()).then_some(extension),
            columns: Vec::new(),
        });
        for column in columns {
            if relation.columns.iter().all(|(name, _)| *name != column.0) {
                relation.columns.push(column);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(schema: Option<&str>, relation: &str, column: &str) -> Option<bool> {
        lookup(schema, relation).map(|r| r.columns.iter().any(|(name, _)| *name == column))
    }

    #[test]
    fn columns_of_the_system() {
        for (schema, relation, column, expected) in [
            (None, "pg_stat_user_indexes", "relname", Some(true)),
            (None, "pg_stat_user_indexes", "tablename", Some(false)),
            (None, "pg_indexes", "tablename", Some(true)),
            (Some("pg_catalog"), "pg_class", "relname", Some(true)),
            (None, "pg_stat_statements", "mean_exec_time", Some(true)),
            (None, "pg_stat_statements", "mean_time", Some(false)),
            (None, "pg_stat_statements", "stats_since", Some(true)),
            (Some("extensions"), "pg_stat_statements", "calls", Some(true)),
            (Some("cron"), "job", "schedule", Some(true)),
            (None, "job", "schedule", None),
            (Some("information_schema"), "columns", "table_name", Some(true)),
            (None, "columns", "table_name", None),
            (None, "pg_stat_io", "reads", Some(true)),
            (None, "agent", "id", None),
        ] {
            assert_eq!(has(schema, relation, column), expected, "{relation}.{column}");
        }
    }
}
