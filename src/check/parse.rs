//! Files to statements, in parallel.

use std::sync::Arc;

use rayon::prelude::*;

use crate::extract::sql::{Sections, sections};
use crate::finding::{Problem, at};
use crate::source::{FileId, Fragment, Sources};
use crate::syntax::{self, Body, Dialect, Statement};

/// The statements of one file.
#[derive(Debug)]
pub(super) struct ParsedFile {
    pub(super) fragment: Arc<Fragment>,
    pub(super) statements: Vec<Statement>,
    /// Parts that a migration tool treats differently, such as those that take back what others do.
    sections: Sections,
}

/// Parses files; the result is in their order.
pub(super) fn parse(files: &[FileId], sources: &Sources, dialect: Dialect) -> Vec<ParsedFile> {
    files
        .par_iter()
        .map(|&file| {
            let fragment = Arc::new(Fragment::whole(file, Arc::clone(&sources.get(file).text)));
            let statements = syntax::parse(&fragment, dialect);
            let sections = sections(&fragment.text, dialect);
            ParsedFile { fragment, statements, sections }
        })
        .collect()
}

impl ParsedFile {
    /// The statements that run when the file is applied.
    pub(super) fn applied(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|s| self.sections.applies(s.span))
    }

    /// How many statements were not understood.
    pub(super) fn unparsed(&self) -> usize {
        self.applied().filter(|s| matches!(s.body, Body::Unparsed { .. })).count()
    }

    /// What is to be said of statements that were not understood.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.applied().filter_map(|statement| unread(&self.fragment, statement))
    }
}

/// What is to be said of a statement that was not understood.
pub(super) fn unread(fragment: &Fragment, statement: &Statement) -> Option<Problem> {
    let Body::Unparsed { message, at: token } = &statement.body else { return None };
    Some(Problem {
        rule: "unparsed-statement",
        message: format!("this statement cannot be read: {message}"),
        help: None,
        primary: at(fragment, *token),
        statement: Some(at(fragment, statement.span)),
        labels: Vec::new(),
    })
}
