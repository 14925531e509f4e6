//! Exceptions written in comments of any shape.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sqlmoat::rules::RuleSettings;
use sqlmoat::source::{FileId, Fragment};
use sqlmoat::suppress::comments::{Part, Suppressions};
use sqlmoat::syntax::{self, Dialect};

fuzz_target!(|text: &str| {
    let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
    for dialect in [Dialect::Postgres, Dialect::MySql] {
        let statements = syntax::parse(&fragment, dialect);
        let mut suppressions = Suppressions::default();
        suppressions.read(Part::File, &fragment, &statements, dialect);
        for statement in &statements {
            suppressions.exempts(fragment.locate(statement.span));
        }
        let unused = suppressions.unused(&RuleSettings::default(), true);
        for problem in suppressions.problems().iter().chain(&unused) {
            assert!(text.get(problem.primary.span.range()).is_some(), "{}", problem.message);
        }
    }
});
