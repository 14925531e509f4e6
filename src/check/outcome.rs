//! What a run found, and how much of its input it could see: [`Outcome`], the one thing that reports read.

use std::path::PathBuf;

use crate::finding::{Finding, Severity};
use crate::project::Project;
use crate::source::{Location, Sources};

/// The result of one run over any number of projects.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every file that was read, in a fixed order.
    pub sources: Sources,
    /// The working directory, which reported paths are relative to.
    pub root: PathBuf,
    /// The analysed projects, in a fixed order.
    pub projects: Vec<Project>,
    /// Findings that passed selection, in order of path, place and rule.
    pub findings: Vec<Reported>,
    /// What could not be read or used.
    pub errors: Vec<RunError>,
    /// How much was seen.
    pub coverage: Coverage,
    /// What the run says to a person beside its findings: what was inferred, what is off.
    pub notes: Vec<Note>,
}

impl Outcome {
    /// Whether part of the input was not analysed.
    pub fn is_partial(&self) -> bool {
        !self.errors.is_empty() || self.coverage.unparsed > 0
    }

    /// How many findings have that severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.finding.severity == severity).count()
    }

    /// The name of the database that a finding is about.
    pub fn database(&self, reported: &Reported) -> &str {
        self.projects.get(reported.project).map_or("main", |p| p.database.as_str())
    }
}

/// A finding with the project that it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Position in [`Outcome::projects`].
    pub project: usize,
    /// What was found.
    pub finding: Finding,
}

/// Something that could not be read or used. It never hides: it makes the run partial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError {
    /// Path as reported; absent where the error is about no file.
    pub path: Option<String>,
    /// The place, where the file was read.
    pub location: Option<Location>,
    /// What happened, one sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The text around the place, ready to print: for errors in configuration, whose files are no sources.
    pub snippet: Option<Snippet>,
    /// Whether the run's exit status must be 2: the configuration is broken, or the file was named by the user.
    pub fatal: bool,
}

/// A place in a text that is not one of the run's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Name of the text: a path, or `--config`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Bytes of the text.
    pub span: std::ops::Range<usize>,
    /// What stands there, a few lowercase words.
    pub label: String,
}

/// A remark to a person, printed to the error stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whether it tells of knowledge that is missing (then a run without findings is not clean) rather than of a choice.
    pub warning: bool,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// How much was seen. "0 findings" never stands alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files that were read and hold SQL.
    pub files: usize,
    /// Files that were not read: too large, binary, unreadable.
    pub skipped: usize,
    /// Statements in those files.
    pub statements: usize,
    /// Statements of schema sources among them.
    pub schema_statements: usize,
    /// Statements that were understood and have no effect on any analysis.
    pub recognised: usize,
    /// Statements that were not understood.
    pub unparsed: usize,
    /// Query statements by verdict.
    pub verdicts: Verdicts,
    /// Tables known.
    pub tables: usize,
    /// Whether some project has no tenant column, so that its tenancy half is off.
    pub tenancy_off: bool,
    /// Whether some project has no schema.
    pub schema_missing: bool,
}

/// Query statements by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Proved.
    pub isolated: usize,
    /// Visible, and not proved.
    pub leaks: usize,
    /// Part of them is not visible.
    pub unknown: usize,
    /// Excepted in writing.
    pub exempt: usize,
    /// They touch no tenant-scoped table.
    pub global: usize,
}
