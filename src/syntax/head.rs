//! The words that name a statement, and what is done with it: parsed, read by a reader of our own, or known to have no
//! effect on any analysis.

use super::Dialect;
use super::lexer::{Kind, Raw};

/// What is done with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    /// The parser reads it.
    Parse,
    /// `syntax::command` reads it.
    Command,
    /// Nothing reads it.
    Ignore,
    /// No statement starts like this.
    Unknown,
}

/// The head of a statement: its words in upper case, and what is done with it.
pub(super) fn head(text: &str, tokens: &[Raw], dialect: Dialect) -> (String, Disposition) {
    let (head, disposition) = any_head(text, tokens, dialect);
    let is_privilege = matches!(
        head.as_str(),
        "GRANT" | "REVOKE" | "ALTER DEFAULT" | "CREATE ROLE" | "CREATE USER" | "ALTER ROLE" | "ALTER USER"
    );
    match disposition {
        Disposition::Ignore if is_privilege && dialect == Dialect::Postgres => (head, Disposition::Command),
        _ => (head, disposition),
    }
}

fn any_head(text: &str, tokens: &[Raw], dialect: Dialect) -> (String, Disposition) {
    let words = Words { text, tokens };
    let first = words.at(words.first_word());
    match first.as_str() {
        "SELECT" | "VALUES" | "TABLE" | "FROM" => ("SELECT".to_owned(), Disposition::Parse),
        "PREPARE" if words.is(words.first_word() + 1, "TRANSACTION") => (first, Disposition::Ignore),
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "TRUNCATE" | "COPY" | "CALL" | "DECLARE" | "PREPARE" => {
            (first, Disposition::Parse)
        }
        "REPLACE" if dialect != Dialect::Postgres => ("INSERT".to_owned(), Disposition::Parse),
        "WITH" => (words.main_verb().to_owned(), Disposition::Parse),
        "EXPLAIN" | "DESCRIBE" | "DESC" => ("EXPLAIN".to_owned(), Disposition::Parse),
        "CREATE" => words.create(),
        "ALTER" => words.alter(),
        "DROP" => words.drop(),
        "DO" => (first, Disposition::Command),
        "REFRESH" => ("REFRESH MATERIALIZED VIEW".to_owned(), Disposition::Command),
        "SET" if words.sets_search_path() => (first, Disposition::Command),
        "SET" if dialect == Dialect::Postgres && words.sets_own() => (first, Disposition::Command),
        "RESET"
            if words.is(words.first_word() + 1, "SEARCH_PATH") || words.is(words.first_word() + 1, "ALL") =>
        {
            (first, Disposition::Parse)
        }
        "RENAME" if dialect == Dialect::MySql => (first, Disposition::Parse),
        "COMMENT" => ("COMMENT ON".to_owned(), Disposition::Ignore),
        "ABORT" | "ANALYZE" | "ANALYSE" | "ATTACH" | "BEGIN" | "CHECKPOINT" | "CLOSE" | "CLUSTER"
        | "COMMIT" | "DEALLOCATE" | "DETACH" | "DISCARD" | "END" | "EXECUTE" | "FETCH" | "GRANT"
        | "HANDLER" | "IMPORT" | "KILL" | "LISTEN" | "LOAD" | "LOCK" | "MOVE" | "NOTIFY" | "OPTIMIZE"
        | "PRAGMA" | "REASSIGN" | "REINDEX" | "RELEASE" | "RESET" | "REVOKE" | "ROLLBACK" | "SAVEPOINT"
        | "SECURITY" | "SET" | "SHOW" | "START" | "UNLISTEN" | "UNLOCK" | "USE" | "VACUUM" | "FLUSH"
        | "DELIMITER" | "WAIT" => (first, Disposition::Ignore),
        _ => (first, Disposition::Unknown),
    }
}

struct Words<'a> {
    text: &'a str,
    tokens: &'a [Raw],
}

impl Words<'_> {
    /// The word at that token in upper case, empty for what is no word.
    fn at(&self, index: usize) -> String {
        match self.tokens.get(index) {
            Some(raw) if raw.kind == Kind::Word => raw.text(self.text).to_ascii_uppercase(),
            Some(raw) if raw.kind == Kind::Meta => {
                raw.text(self.text).split_whitespace().next().unwrap_or("").to_owned()
            }
            _ => String::new(),
        }
    }

    fn is(&self, index: usize, word: &str) -> bool {
        self.tokens.get(index).is_some_and(|raw| raw.is_word(self.text, word))
    }

    /// Behind parentheses that a query may start with, and behind a template mark.
    fn first_word(&self) -> usize {
        self.tokens.iter().position(|raw| !matches!(raw.kind, Kind::LParen | Kind::Hole)).unwrap_or(0)
    }

    /// The verb behind WITH queries.
    fn main_verb(&self) -> &'static str {
        let mut depth = 0usize;
        for raw in self.tokens.iter().skip(self.first_word() + 1) {
            match raw.kind {
                Kind::LParen => depth += 1,
                Kind::RParen => depth = depth.saturating_sub(1),
                Kind::Word if depth == 0 => {
                    for verb in ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"] {
                        if raw.is_word(self.text, verb) {
                            return verb;
                        }
                    }
                }
                _ => {}
            }
        }
        "SELECT"
    }

    /// Index of the first word that is not one of `skipped`.
    fn after(&self, from: usize, skipped: &[&str]) -> usize {
        let mut at = from;
        while skipped.iter().any(|word| self.is(at, word)) {
            at += 1;
        }
        at
    }

    fn create(&self) -> (String, Disposition) {
        let first = self.first_word();
        let at = self.after(
            first + 1,
            &[
                "OR",
                "REPLACE",
                "GLOBAL",
                "LOCAL",
                "TEMP",
                "TEMPORARY",
                "UNLOGGED",
                "UNIQUE",
                "RECURSIVE",
                "CONSTRAINT",
                "TRUSTED",
                "PROCEDURAL",
                "DEFAULT",
                "FULLTEXT",
                "SPATIAL",
                "VIRTUAL",
            ],
        );
        // `DEFINER = user@host` of MySQL.
        let at = match self.is(at, "DEFINER") {
            true => {
                let objects = ["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "SQL", "VIEW"];
                let is_object = |i: &usize| objects.iter().any(|object| self.is(*i, object));
                self.after(
                    (at..at + 8).find(is_object).unwrap_or(at),
                    &["SQL", "SECURITY", "INVOKER", "DEFINER"],
                )
            }
            false => at,
        };
        let object = self.object(at);
        let disposition = match object.as_str() {
            "TABLE" | "INDEX" | "VIEW" | "MATERIALIZED VIEW" | "FUNCTION" | "PROCEDURE" | "TRIGGER"
            | "POLICY" | "TYPE" | "DOMAIN" | "SCHEMA" | "EXTENSION" | "FOREIGN TABLE" => Disposition::Parse,
            "SEQUENCE" | "RULE" | "OPERATOR" | "CAST" | "EVENT" => Disposition::Command,
            "ROLE"
            | "USER"
            | "GROUP"
            | "DATABASE"
            | "SERVER"
            | "PUBLICATION"
            | "SUBSCRIPTION"
            | "COLLATION"
            | "STATISTICS"
            | "AGGREGATE"
            | "OPERATOR CLASS"
            | "OPERATOR FAMILY"
            | "LANGUAGE"
            | "TABLESPACE"
            | "EVENT TRIGGER"
            | "USER MAPPING"
            | "FOREIGN DATA WRAPPER"
            | "ACCESS METHOD"
            | "CONVERSION"
            | "TRANSFORM"
            | "TEXT SEARCH" => Disposition::Ignore,
            _ => Disposition::Unknown,
        };
        (format!("CREATE {object}"), disposition)
    }

    fn alter(&self) -> (String, Disposition) {
        let object = self.object(self.first_word() + 1);
        let disposition = match object.as_str() {
            // What a role or database starts its sessions with.
            "ROLE" | "USER" if self.tokens.iter().any(|raw| raw.is_word(self.text, "SEARCH_PATH")) => {
                Disposition::Parse
            }
            "DATABASE" if self.tokens.iter().any(|raw| raw.is_word(self.text, "SEARCH_PATH")) => {
                Disposition::Command
            }
            "TABLE" | "FOREIGN TABLE" | "POLICY" | "TYPE" | "SCHEMA" | "INDEX" | "VIEW"
            | "MATERIALIZED VIEW" | "SEQUENCE" | "FUNCTION" | "PROCEDURE" | "ROUTINE" | "DOMAIN"
            | "TRIGGER" => Disposition::Command,
            "DATABASE"
            | "DEFAULT"
            | "ROLE"
            | "USER"
            | "GROUP"
            | "SYSTEM"
            | "SERVER"
            | "PUBLICATION"
            | "SUBSCRIPTION"
            | "COLLATION"
            | "STATISTICS"
            | "AGGREGATE"
            | "OPERATOR"
            | "OPERATOR CLASS"
            | "OPERATOR FAMILY"
            | "LANGUAGE"
            | "TABLESPACE"
            | "EVENT TRIGGER"
            | "EVENT"
            | "USER MAPPING"
            | "FOREIGN DATA WRAPPER"
            | "EXTENSION"
            | "CONVERSION"
            | "RULE"
            | "LARGE"
            | "TEXT SEARCH"
            | "ACCESS METHOD" => Disposition::Ignore,
            _ => Disposition::Unknown,
        };
        (format!("ALTER {object}"), disposition)
    }

    fn drop(&self) -> (String, Disposition) {
        let at = self.after(self.first_word() + 1, &["TEMPORARY", "TRUSTED", "PROCEDURAL"]);
        let object = self.object(at);
        let disposition = match object.as_str() {
            "TABLE" | "INDEX" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" | "SCHEMA" | "SEQUENCE"
            | "TYPE" | "DOMAIN" | "FUNCTION" | "PROCEDURE" | "ROUTINE" | "TRIGGER" | "POLICY"
            | "EXTENSION" | "RULE" => Disposition::Command,
            "DATABASE"
            | "ROLE"
            | "USER"
            | "GROUP"
            | "SERVER"
            | "PUBLICATION"
            | "SUBSCRIPTION"
            | "COLLATION"
            | "STATISTICS"
            | "AGGREGATE"
            | "CAST"
            | "OPERATOR"
            | "OPERATOR CLASS"
            | "OPERATOR FAMILY"
            | "LANGUAGE"
            | "TABLESPACE"
            | "EVENT TRIGGER"
            | "EVENT"
            | "USER MAPPING"
            | "FOREIGN DATA WRAPPER"
            | "OWNED"
            | "CONVERSION"
            | "TRANSFORM"
            | "TEXT SEARCH"
            | "ACCESS METHOD"
            | "PREPARE" => Disposition::Ignore,
            _ => Disposition::Unknown,
        };
        (format!("DROP {object}"), disposition)
    }

    /// The kind of object at that word, in one or two words.
    fn object(&self, at: usize) -> String {
        let first = self.at(at);
        let second = self.at(at + 1);
        match (first.as_str(), second.as_str()) {
            ("MATERIALIZED", "VIEW")
            | ("FOREIGN", "TABLE")
            | ("EVENT", "TRIGGER")
            | ("USER", "MAPPING")
            | ("OPERATOR", "CLASS" | "FAMILY")
            | ("ACCESS", "METHOD")
            | ("TEXT", "SEARCH") => format!("{first} {second}"),
            ("FOREIGN", "DATA") => "FOREIGN DATA WRAPPER".to_owned(),
            _ => first,
        }
    }

    /// `SET [SESSION | LOCAL] search_path ...`, `SET [SESSION | LOCAL] SCHEMA ...`.
    /// A setting of one's own has a prefix: `SET app.tenant`.
    fn sets_own(&self) -> bool {
        let at = self.after(self.first_word() + 1, &["SESSION", "LOCAL"]);
        let is = |at: usize, kind: Kind| self.tokens.get(at).is_some_and(|raw| raw.kind == kind);
        is(at, Kind::Word) && is(at + 1, Kind::Dot) && is(at + 2, Kind::Word)
    }

    fn sets_search_path(&self) -> bool {
        let at = self.after(self.first_word() + 1, &["SESSION", "LOCAL"]);
        self.is(at, "SEARCH_PATH") || self.is(at, "SCHEMA")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::Lexer;

    fn of(text: &str) -> (String, Disposition) {
        let mut lexer = Lexer::new(text, Dialect::Postgres);
        let tokens: Vec<Raw> = std::iter::from_fn(|| lexer.next()).collect();
        head(text, &tokens, Dialect::Postgres)
    }

    #[test]
    fn heads_name_the_verb_and_the_object() {
        for (text, expected) in [
            ("((select 1))", "SELECT"),
            ("with a as (select 1) update t set x = 1", "UPDATE"),
            ("create or replace temp view v as select 1", "CREATE VIEW"),
            ("create unique index concurrently on t (a)", "CREATE INDEX"),
            ("create materialized view v as select 1", "CREATE MATERIALIZED VIEW"),
            ("create constraint trigger t", "CREATE TRIGGER"),
            ("{{ config() }} select 1", "SELECT"),
            ("drop index concurrently i", "DROP INDEX"),
        ] {
            assert_eq!(of(text).0, expected, "{text}");
        }
    }

    #[test]
    fn only_what_some_analysis_reads_is_parsed() {
        assert_eq!(of("comment on table t is 'x'").1, Disposition::Ignore);
        assert_eq!(of("set statement_timeout = 0").1, Disposition::Ignore);
        assert_eq!(of("set local search_path = a, b").1, Disposition::Command);
        assert_eq!(of("selekt 1").1, Disposition::Unknown);
        assert_eq!(of("create table t (a int)").1, Disposition::Parse);
    }
}
