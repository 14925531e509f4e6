//! Names of statements in query files: sqlc, pggen, aiosql, yesql, HugSQL.

use crate::syntax::Statement;

/// The name that a comment gives to a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryName {
    /// The name.
    pub name: String,
    /// What the statement gives, as written: `:one`, `:many`, `:exec`, `^`, `!`; empty where not said.
    pub command: String,
}

/// The name of a statement: that of the last comment before it that gives one, as `-- name: GetUser :one`.
pub fn query_name(statement: &Statement) -> Option<QueryName> {
    let before = statement.comments.iter().rev().filter(|comment| comment.span.end <= statement.span.start);
    before.flat_map(|comment| comment.text.lines().rev()).find_map(read)
}

/// Reads one line of a comment.
fn read(line: &str) -> Option<QueryName> {
    // HugSQL: `-- :name get-user :? :1`.
    let line = line.trim();
    let rest = line.strip_prefix("name:").or_else(|| line.strip_prefix(":name "))?;
    let mut words = rest.split_whitespace();
    let word = words.next()?;
    // aiosql puts what the statement gives behind the name: `get_user^`.
    let name = word.trim_end_matches(['^', '!', '<', '#', '$', '*', '?']);
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')) {
        return None;
    }
    let command = match word.get(name.len()..) {
        Some("") | None => words.next().filter(|w| w.starts_with(':')).unwrap_or(""),
        Some(mark) => mark,
    };
    Some(QueryName { name: name.to_owned(), command: command.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Fragment};
    use crate::syntax::{Dialect, parse};

    fn names(text: &str) -> Vec<Option<(String, String)>> {
        parse(&Fragment::whole(FileId(0), text.into()).into(), Dialect::Postgres)
            .iter()
            .map(|s| query_name(s).map(|n| (n.name, n.command)))
            .collect()
    }

    #[test]
    fn the_comment_before_a_statement_names_it() {
        let some = |name: &str, command: &str| Some((name.to_owned(), command.to_owned()));
        assert_eq!(
            names(
                "-- name: GetUser :one\n-- a user\nselect 1;\n\n/* name: List :many */\nselect 2; -- name: No :one\nselect 3;"
            ),
            [some("GetUser", ":one"), some("List", ":many"), None]
        );
        assert_eq!(names("-- name: get-user^\nselect 1"), [some("get-user", "^")]);
        assert_eq!(names("-- :name get-user :? :1\nselect 1"), [some("get-user", ":?")]);
    }

    #[test]
    fn a_remark_about_a_name_is_none() {
        assert_eq!(names("-- name: the name's (first)\nselect 1"), [Some(("the".to_owned(), String::new()))]);
        assert_eq!(names("-- the name: x\nselect 1"), [None]);
        assert_eq!(names("select 1 -- name: X :one\n"), [None]);
    }

    #[test]
    fn a_name_ends_the_statement_before_it() {
        let some = |name: &str, command: &str| Some((name.to_owned(), command.to_owned()));
        assert_eq!(
            names("-- name: a :one\nselect 1\n-- name: b :one\nselect 2"),
            [some("a", ":one"), some("b", ":one")]
        );
    }
}
