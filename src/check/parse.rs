//! Files to statements, in parallel.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::check::reading::{Reading, unread};
use crate::check::{Monitor, executed};
use crate::extract::host::{self, HostComment, HostFile, HostSettings, Hosted, Unread, Why};
use crate::extract::sql::{SectionKind, Sections, sections};
use crate::finding::{Problem, at};
use crate::source::{FileId, Fragment, Sources, Span};
use crate::syntax::{self, Dialect, Statement};

/// The statements of one file.
#[derive(Debug)]
pub(super) struct ParsedFile {
    pub(super) fragment: Arc<Fragment>,
    pub(super) statements: Vec<Statement>,
    /// Parts that a migration tool treats differently, such as those that take back what others do.
    sections: Sections,
    /// Where the file is a program: its texts that are SQL, and its comments.
    pub(super) hosted: Vec<Hosted>,
    pub(super) comments: Vec<HostComment>,
    /// How many statements of such texts were set aside.
    aside: usize,
    /// Where the file is a program: parts of it that are not read, although there is SQL in them.
    unread: Vec<Unread>,
}

/// First words of statements that only the judge reads.
const QUERIES: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE"];

/// Parses files; the result is in their order. `is_schema` tells of a file whether all of its statements are needed at
/// once; queries of other programs are set aside.
pub(super) fn parse(
    files: &[FileId],
    is_schema: &(dyn Fn(FileId) -> bool + Sync),
    sources: &Sources,
    dialect: Dialect,
    settings: &HostSettings,
    monitor: &Monitor,
) -> Vec<ParsedFile> {
    files
        .par_iter()
        .map(|&id| {
            let source = sources.get(id);
            let fragment = Arc::new(Fragment::whole(id, Arc::clone(&source.text)));
            if monitor.is_ended() {
                return ParsedFile::empty(fragment);
            }
            if host::is_host(Path::new(&source.path)) {
                let is_migration = executed::is_migration(&source.path);
                let extract = match is_migration {
                    true => host::extract_migration,
                    false => host::extract,
                };
                let HostFile { hosted, comments, unread } =
                    extract(id, &source.path, &source.text, dialect, settings);
                let file = ParsedFile { hosted, comments, unread, ..ParsedFile::empty(fragment) };
                return if is_migration || is_schema(id) { file } else { file.set_aside() };
            }
            let statements = syntax::parse(&fragment, dialect);
            let sections = sections(&fragment.text, dialect);
            ParsedFile { statements, sections, ..ParsedFile::empty(fragment) }
        })
        .collect()
}

impl ParsedFile {
    /// A file of which nothing is read any more.
    fn empty(fragment: Arc<Fragment>) -> ParsedFile {
        let (statements, sections) = (Vec::new(), Sections::default());
        let (hosted, comments, unread) = (Vec::new(), Vec::new(), Vec::new());
        ParsedFile { fragment, statements, sections, hosted, comments, aside: 0, unread }
    }

    /// Lets go of the trees of what is only judged, which are larger than all else that is known of a program.
    fn set_aside(mut self) -> ParsedFile {
        for Hosted { fragment, statements } in &mut self.hosted {
            let is_query = |statement: &Statement| {
                let first = statement.head.split_whitespace().next().unwrap_or_default();
                statement.tree().is_some()
                    && QUERIES.contains(&first)
                    && unread(fragment, statement).is_empty()
            };
            if statements.iter().all(is_query) && !syntax::mentions_runner(&fragment.text) {
                self.aside += statements.len();
                *statements = Vec::new();
            }
        }
        self
    }

    /// The file with the trees that were set aside.
    pub(super) fn whole(mut self, dialect: Dialect) -> ParsedFile {
        if self.aside > 0 {
            for Hosted { fragment, statements } in &mut self.hosted {
                if statements.is_empty() {
                    *statements = syntax::parse(fragment, dialect);
                }
            }
            self.aside = 0;
        }
        self
    }

    /// The statements that run when the file is applied.
    pub(super) fn applied(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|s| self.sections.applies(s.span))
    }

    /// The parts that apply, and whether the tool wraps each in a transaction.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Span, bool)> {
        let up = self.sections.list.iter().filter(|section| section.kind == SectionKind::Up);
        up.map(|section| (section.span, section.transaction))
    }

    /// Whether a part of the file takes the others back, be it empty.
    pub(super) fn has_down(&self) -> bool {
        self.sections.list.iter().any(|section| section.kind == SectionKind::Down)
    }

    /// The statements of the parts that take back what the others do.
    pub(super) fn undoing(&self) -> impl Iterator<Item = &Statement> {
        let undoes = |s: &&Statement| {
            self.sections.section_of(s.span).is_some_and(|section| section.kind == SectionKind::Down)
        };
        self.statements.iter().filter(undoes)
    }

    /// The statements of [`ParsedFile::applied`] with the texts that they stand in, those of a program included that were not
    /// set aside.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<Fragment>, &Statement)> {
        let hosted = self.hosted.iter().flat_map(|h| h.statements.iter().map(move |s| (&h.fragment, s)));
        self.applied().map(|s| (&self.fragment, s)).chain(hosted)
    }

    /// The statements of [`ParsedFile::all`], in the same order.
    pub(super) fn into_all(self) -> Vec<(Arc<Fragment>, Statement)> {
        let ParsedFile { fragment, statements, sections, hosted, comments: _, aside: _, unread: _ } = self;
        let own = statements.into_iter().filter(|s| sections.applies(s.span));
        let hosted = hosted.into_iter().flat_map(|h| {
            let Hosted { fragment, statements, .. } = h;
            statements.into_iter().map(move |s| (Arc::clone(&fragment), s))
        });
        own.map(|s| (Arc::clone(&fragment), s)).chain(hosted).collect()
    }

    /// How many statements it has.
    pub(super) fn count(&self) -> usize {
        self.statements.len() + self.hosted.iter().map(|h| h.statements.len()).sum::<usize>() + self.aside
    }

    /// How its statements were read.
    pub(super) fn reading(&self) -> Reading {
        let mut reading = Reading { parsed: self.aside, ..Reading::default() };
        self.all().for_each(|(_, statement)| reading.add(statement));
        if !self.unread.is_empty() {
            *reading.unparsed.entry(String::new()).or_default() += self.unread.len();
        }
        reading
    }

    /// What is to be said of statements that were not understood.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        let parts = self.unread.iter().map(|Unread { span, why }| Problem {
            rule: "unparsed-statement",
            message: match why {
                Why::Slow => "this file takes too long to read as a program, so no SQL in it is checked",
                Why::Broken => "the program cannot be read here, so this SQL is not checked",
                Why::Deep => "the program nests too deep here, so this SQL is not checked",
                Why::Long => "this text is longer than 1 MB, so it is not checked",
            }
            .to_owned(),
            help: None,
            primary: at(&self.fragment, *span),
            statement: None,
            labels: Vec::new(),
        });
        self.all().flat_map(|(fragment, statement)| unread(fragment, statement)).chain(parts)
    }
}
