//! Files to statements, in parallel.

use std::sync::Arc;

use rayon::prelude::*;

use crate::check::reading::{Reading, unread};
use crate::extract::sql::{Sections, sections};
use crate::finding::Problem;
use crate::source::{FileId, Fragment, Sources};
use crate::syntax::{self, Dialect, Statement};

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

    /// How its statements were read.
    pub(super) fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        self.applied().for_each(|statement| reading.add(statement));
        reading
    }

    /// What is to be said of statements that were not understood.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.applied().flat_map(|statement| unread(&self.fragment, statement))
    }
}
