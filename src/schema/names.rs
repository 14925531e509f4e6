//! Identifiers as PostgreSQL stores them: folding, the 63-byte limit and the default names of keys and indexes.

/// Bytes of the longest identifier (`NAMEDATALEN - 1`).
pub const MAX_BYTES: usize = 63;

/// Whether PostgreSQL refuses the word as a column's name unless it is quoted: `pg_get_keywords()` calls it reserved,
/// or reserved but usable for a function or type. `word` is lower case.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// A name as SQL must write it: quoted where folding or the grammar would change it.
pub fn ident(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !is_reserved(name);
    match plain {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// An identifier as the catalog stores it: lower case unless it stood in double quotes, cut to [`MAX_BYTES`].
///
/// Names in backticks or brackets (MySQL, SQLite) compare without case, so they fold as well.
pub fn fold(value: &str, quote: Option<char>) -> String {
    match quote {
        Some('"') => clip(value, MAX_BYTES).to_owned(),
        _ => clip(value, MAX_BYTES).to_ascii_lowercase(),
    }
}

/// The longest prefix of whole characters that has at most `bytes` bytes.
pub fn clip(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The name that PostgreSQL makes of a table, a column part and a label (`makeObjectName` in indexcmds.c): the longer
/// of the first two is cut until the whole fits.
pub fn object_name(table: &str, columns: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(columns.is_some());
    let available = MAX_BYTES.saturating_sub(overhead);
    let mut table_bytes = table.len();
    let mut column_bytes = columns.map_or(0, str::len);
    while table_bytes + column_bytes > available {
        if table_bytes > column_bytes {
            table_bytes -= 1;
        } else {
            column_bytes -= 1;
        }
    }
    let mut name = clip(table, table_bytes).to_owned();
    if let Some(columns) = columns {
        name.push('_');
        name.push_str(clip(columns, column_bytes));
    }
    name.push('_');
    name.push_str(label);
    name
}

/// `object_name`, with a number behind the label until `taken` says that it is free.
pub fn free_name(
    table: &str,
    columns: Option<&str>,
    label: &str,
    mut taken: impl FnMut(&str) -> bool,
) -> String {
    let mut name = object_name(table, columns, label);
    let mut n = 0u32;
    while taken(&name) {
        n += 1;
        name = object_name(table, columns, &format!("{label}{n}"));
    }
    name
}

/// The columns' part of a default name: joined by `_`, no longer than an identifier needs.
pub fn join_columns<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() > MAX_BYTES {
            break;
        }
    }
    joined
}

/// Labels of an index's columns made distinct by a number, as `ChooseIndexColumnNames` does; `None` is an expression
/// without a name of its own.
pub fn distinct_labels(labels: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for label in labels {
        let original = label.unwrap_or_else(|| "expr".to_owned());
        let mut name = original.clone();
        let mut n = 0u32;
        while chosen.contains(&name) {
            n += 1;
            let digits = n.to_string();
            name = format!("{}{digits}", clip(&original, MAX_BYTES - digits.len()));
        }
        chosen.push(name);
    }
    chosen
}

const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquoted_names_fold_and_quoted_ones_do_not() {
        assert_eq!(fold("WorkSpace", None), "workspace");
        assert_eq!(fold("WorkSpace", Some('"')), "WorkSpace");
        assert_eq!(fold("WorkSpace", Some('`')), "workspace");
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(ident("workspace_id"), "workspace_id");
        assert_eq!(ident("user"), "\"user\"");
        assert_eq!(ident("workspaceId"), "\"workspaceId\"");
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(ident(""), "\"\"");
    }

    #[test]
    fn reserved_words_are_sorted_for_the_search() {
        assert!(RESERVED.is_sorted());
        assert!(
            is_reserved("offset") && is_reserved("left") && !is_reserved("status") && !is_reserved("value")
        );
    }

    #[test]
    fn a_name_is_cut_at_whole_characters() {
        let long = format!("{}é", "a".repeat(62));
        assert_eq!(fold(&long, None), "a".repeat(62));
    }

    // The expected names come from a PostgreSQL 15.
    #[test]
    fn default_names_are_cut_as_postgres_cuts_them() {
        let table = "t".repeat(60);
        let column = "c".repeat(60);
        assert_eq!(object_name("t", Some("a_b"), "key"), "t_a_b_key");
        assert_eq!(object_name("t", None, "pkey"), "t_pkey");
        let name = object_name(&table, Some(&column), "idx");
        assert_eq!(name, format!("{}_{}_idx", "t".repeat(29), "c".repeat(29)));
        assert_eq!(object_name(&table, None, "pkey"), format!("{}_pkey", "t".repeat(58)));
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(free_name("t", Some("a"), "idx", |n| n == "t_a_idx" || n == "t_a_idx1"), "t_a_idx2");
    }

    #[test]
    fn equal_labels_get_numbers() {
        let labels = [Some("a".to_owned()), None, None, Some("a".to_owned())];
        assert_eq!(distinct_labels(labels), ["a", "expr", "expr1", "a1"]);
    }
}
