//! The pre-pass and the parser: any text as statements, as one expression and as the body of a function.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{self, Body, Dialect, Statement};

fn check(fragment: &Fragment, statement: &Statement) {
    let text = &*fragment.text;
    assert!(text.get(statement.span.range()).is_some());
    if let Body::Unparsed { at, .. } = &statement.body {
        assert!(text.get(at.range()).is_some());
    }
    for comment in &statement.comments {
        assert!(text.get(comment.span.range()).is_some());
    }
    let place = fragment.locate(statement.span).span;
    assert!(place.start <= place.end);
}

fuzz_target!(|text: &str| {
    let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
    for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
        for statement in syntax::parse(&fragment, dialect) {
            check(&fragment, &statement);
        }
    }
    let _ = syntax::parse_expr(&fragment, Dialect::Postgres);
    for embedded in syntax::plpgsql(&fragment, Dialect::Postgres).statements {
        check(&embedded.fragment, &embedded.statement);
    }
});
