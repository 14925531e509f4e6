//! The splitter: statements and comments of any text, in every dialect.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sqlmoat::extract::sql::sections;
use sqlmoat::syntax::{self, Dialect};

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
        syntax::heads(text, dialect);
        for comment in syntax::comments(text, dialect) {
            assert!(text.get(comment.span.range()).is_some());
        }
        let _ = sections(text, dialect);
    }
});
