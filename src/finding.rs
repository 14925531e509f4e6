//! What a rule reports: [`Finding`], [`Severity`], [`Confidence`], [`Label`], [`Fix`]. Wording is the rules' own.

use crate::source::{Fragment, Location, Span};

/// How bad it is if the finding is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; hidden on a terminal unless asked for.
    Info,
    /// Should be looked at.
    Warning,
    /// Must be mended or accepted with a reason.
    Error,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity of that name.
    pub fn parse(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// How sure the analysis is that the finding is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess from names or habits.
    Low,
    /// Rests on an assumption that the message states.
    Medium,
    /// Follows from the text.
    High,
}

impl Confidence {
    /// Every confidence, surest first.
    pub const ALL: [Confidence; 3] = [Confidence::High, Confidence::Medium, Confidence::Low];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    /// The confidence of that name.
    pub fn parse(name: &str) -> Option<Confidence> {
        Confidence::ALL.into_iter().find(|c| c.name() == name)
    }
}

/// A related place with what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What is there; one lowercase sentence without a full stop.
    pub message: String,
}

/// Whether a fix keeps the program's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// Keeps what the program does.
    Safe,
    /// Changes what the program does, which is the point of it.
    Unsafe,
}

/// One replacement of text in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; an empty span inserts.
    pub location: Location,
    /// What takes their place.
    pub text: String,
}

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: String,
    /// Whether it keeps the meaning.
    pub applicability: Applicability,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One defect at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule that speaks.
    pub rule: &'static str,
    /// Severity after configuration.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// One lowercase sentence without a full stop that names the object.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The place: one token where possible.
    pub primary: Location,
    /// The whole statement the place is in, without its semicolon.
    pub statement: Option<Location>,
    /// Related places.
    pub labels: Vec<Label>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// The table that it is about, as the catalog names it: for counts and for its fingerprint.
    pub table: Option<String>,
    /// The function around the statement, where there is one.
    pub function: Option<String>,
}

/// A stage's remark about its input that is not an error of the program: it becomes a finding of the rule named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Id of the rule that reports it.
    pub rule: &'static str,
    /// One lowercase sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where, in the file.
    pub primary: Location,
    /// The statement, without its semicolon.
    pub statement: Option<Location>,
    /// Related places.
    pub labels: Vec<Label>,
}

/// Where a span of a statement's fragment lies in its file.
pub fn at(fragment: &Fragment, span: Span) -> Location {
    fragment.locate(span)
}
