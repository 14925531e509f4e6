//! SQL files: the order in which migration tools apply them ([`order`]), the parts of a file that take things back
//! ([`sections`]), the names that query files give to their statements ([`query_name`]). Decides from names and comments
//! alone; reads no file.

mod name;
mod order;
mod sections;
pub mod tool;

pub use name::{QueryName, query_name};
pub use order::{Applied, Convention, order};
pub use sections::{Section, SectionKind, Sections, Tool, sections};

use crate::syntax::{self, Dialect};

/// Whether a text holds a statement that creates, alters or drops something.
pub fn contains_ddl(text: &str, dialect: Dialect) -> bool {
    // Most files without DDL have none of the words.
    let bytes = text.as_bytes();
    let has = |word: &[u8]| bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    if !(has(b"create") || has(b"alter") || has(b"drop")) {
        return false;
    }
    syntax::heads(text, dialect)
        .iter()
        .any(|head| ["CREATE ", "ALTER ", "DROP "].iter().any(|verb| head.starts_with(verb)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ddl_is_told_by_statements_and_not_by_words() {
        assert!(contains_ddl("select 1; create table t (a int)", Dialect::Postgres));
        assert!(contains_ddl("/* x */ ALTER TABLE t ADD a int", Dialect::Postgres));
        assert!(!contains_ddl("select 'create table'; -- drop table t", Dialect::Postgres));
        assert!(!contains_ddl("select created_at from t where dropped", Dialect::Postgres));
        assert!(!contains_ddl("", Dialect::Postgres));
    }
}
