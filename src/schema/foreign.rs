//! Functions of MySQL and SQLite that PostgreSQL does not have, and that read no table.

use crate::schema::functions::FunctionKind;
use crate::syntax::Dialect;

const AGGREGATES: &[&str] = &["any_value", "group_concat", "json_arrayagg", "json_objectagg", "std"];

#[rustfmt::skip]
const SCALARS: &[&str] = &[
    "adddate", "addtime", "aes_decrypt", "aes_encrypt", "bin", "bin_to_uuid", "char", "connection_id",
    "conv", "convert_tz", "crc32", "curdate", "curtime", "database", "date", "date_add", "date_format", "date_sub",
    "datediff", "day", "dayname", "dayofmonth", "dayofweek", "dayofyear", "elt", "export_set", "field",
    "find_in_set", "format_bytes", "found_rows", "from_base64", "from_days", "from_unixtime", "get_lock", "hex",
    "hour", "if", "ifnull", "inet6_aton", "inet6_ntoa", "inet_aton", "inet_ntoa", "insert", "instr",
    "is_free_lock", "is_ipv4", "is_ipv6", "is_uuid", "isnull", "json", "json_array", "json_array_append",
    "json_array_insert", "json_contains", "json_contains_path", "json_depth", "json_extract",
    "json_insert", "json_keys", "json_length", "json_merge", "json_merge_patch", "json_merge_preserve", "json_overlaps",
    "json_pretty", "json_quote", "json_remove", "json_replace", "json_schema_valid", "json_search",
    "json_set", "json_type", "json_unquote", "json_valid", "json_value", "last_day", "last_insert_id",
    "lcase", "locate", "log2", "makedate", "maketime",
    "microsecond", "mid", "minute", "month", "monthname", "oct", "ord", "period_add", "period_diff", "pow",
    "quarter", "quote", "rand", "random_bytes", "regexp_instr", "release_all_locks", "release_lock",
    "row_count", "schema", "sec_to_time", "second", "sha1", "sha2", "sleep", "soundex", "space",
    "str_to_date", "strcmp", "subdate", "substring_index", "subtime", "sysdate", "time",
    "time_format", "time_to_sec", "timediff", "timestamp", "timestampadd", "timestampdiff", "to_base64", "to_days",
    "to_seconds", "truncate", "ucase", "uncompress", "unhex", "unix_timestamp",
    "utc_date", "utc_time", "utc_timestamp", "uuid", "uuid_short", "uuid_to_bin", "week",
    "weekday", "weekofyear", "weight_string", "year", "yearweek",
];

const SQLITE_AGGREGATES: &[&str] = &[
    "group_concat",
    "json_group_array",
    "json_group_object",
    "jsonb_group_array",
    "jsonb_group_object",
    "total",
];

/// Those of SQLite that MySQL does not have, so that a project may declare its own.
#[rustfmt::skip]
const SQLITE_SCALARS: &[&str] = &[
    "bm25", "changes", "datetime", "glob", "highlight", "iif", "json_error_position", "json_patch", "julianday", "last_insert_rowid", "like",
    "likelihood", "likely", "printf", "randomblob", "snippet", "sqlite_version", "strftime", "total_changes", "typeof", "unicode", "unixepoch", "unlikely", "zeroblob",
];

/// What a function of the dialect is, by folded name; none where it is not known.
pub fn lookup(dialect: Dialect, name: &str) -> Option<FunctionKind> {
    let (aggregates, own): (_, &[&str]) = match dialect {
        Dialect::Postgres => return None,
        Dialect::MySql => (AGGREGATES, &[]),
        Dialect::Sqlite => (SQLITE_AGGREGATES, SQLITE_SCALARS),
    };
    if aggregates.contains(&name) {
        Some(FunctionKind::Aggregate)
    } else {
        (SCALARS.contains(&name) || own.contains(&name)).then_some(FunctionKind::Scalar)
    }
}
