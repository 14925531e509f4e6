//! What a run yields: [`Outcome`], read by `report` and the command line.

use std::collections::HashMap;

use crate::check::accepted::BaselineFile;
use crate::check::analyse::{Analysis, FileRole};
use crate::check::hidden::Hidden;
use crate::check::reading::Reading;
use crate::config::Database;
use crate::finding::Finding;
use crate::project::{AnalysedStatement, Project};
use crate::prove::verdict::Verdict;
use crate::rules::RuleSettings;
use crate::source::{FileId, Location, Sources, Span};
use crate::suppress::fingerprint::fingerprints;
use crate::syntax::Dialect;

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Absolute path of the directory that reported paths are relative to.
    pub root: String,
    /// Every file that was read.
    pub sources: Sources,
    /// Each project (database of a configuration) with its findings.
    pub projects: Vec<CheckedProject>,
    /// Files that could not be read, broken configurations.
    pub errors: Vec<InputError>,
    /// What was inferred or is degraded; for stderr.
    pub notices: Vec<Notice>,
    /// The baseline of each configuration.
    pub baselines: Vec<BaselineFile>,
    /// Whether a part of it has no configuration, though one was looked for.
    pub unconfigured: bool,
    /// Whether the paths given mean any file.
    pub matched: bool,
    /// Files that were met and left out (too large, binary).
    pub skipped_files: usize,
    /// Programs without a word of SQL, which were read no further.
    pub without_sql: usize,
    /// Whether part of the input was not analysed.
    pub partial: bool,
}

/// One project with what its rules found.
#[derive(Debug)]
pub struct CheckedProject {
    /// Everything analysed.
    pub project: Project,
    /// Findings of reported files, suppressed ones included, by file and place.
    pub findings: Vec<CheckedFinding>,
    /// Whether findings and statements of a file are reported, by [`FileId`]; files beyond the end are not.
    pub reported: Vec<bool>,
    /// How much was read.
    pub counts: Counts,
    /// Its dialect.
    pub dialect: Dialect,
    /// The files that its schema was read from, and those that take back what others do.
    pub schema_files: Vec<SchemaFile>,
    /// Tables that are configured to be small.
    pub small_tables: Vec<String>,
}

/// A file of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFile {
    /// The file.
    pub id: FileId,
    /// Its path relative to the project's root, with `/`.
    pub relative: String,
    /// Whether it takes back what another does.
    pub undo: bool,
}

/// How much of a project was read, of reported files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files.
    pub files: usize,
    /// Those of them that hold a statement.
    pub files_with_sql: usize,
    /// Texts of SQL in programs, one that may read several ways counted for each.
    pub program_texts: usize,
    /// Statements of every kind.
    pub statements: usize,
    /// How they were read, and those of the bodies in them.
    pub reading: Reading,
}

/// A finding with what suppression and baseline say about it.
#[derive(Clone, Debug)]
pub struct CheckedFinding {
    /// The finding.
    pub finding: Finding,
    /// Its identity across edits: `v1:` and a hash.
    pub fingerprint: String,
    /// Whether the base does not have it; absent without a base.
    pub is_new: Option<bool>,
    /// Why it does not count, where it does not.
    pub suppressed: Option<Suppressed>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// What suppresses it.
    pub kind: SuppressedBy,
    /// The written reason.
    pub reason: String,
    /// The token of the comment, where it is one.
    pub at: Option<Location>,
}

/// What suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A comment in the source.
    Comment,
    /// The baseline file.
    Baseline,
    /// The configuration.
    Config,
}

impl SuppressedBy {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            SuppressedBy::Comment => "comment",
            SuppressedBy::Baseline => "baseline",
            SuppressedBy::Config => "config",
        }
    }
}

impl CheckedFinding {
    /// Whether it counts: nothing suppresses it, and the base, where there is one, does not have it.
    pub fn counts(&self) -> bool {
        self.suppressed.is_none() && self.is_new != Some(false)
    }
}

/// Input that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Path as reported; absent where it is not about a file.
    pub path: Option<String>,
    /// The place, where the file was read.
    pub location: Option<Location>,
    /// One lowercase sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The text around the place, where it is not in one of the run's sources.
    pub snippet: Option<Snippet>,
    /// Whether the exit status must be 2: the configuration is broken, or the user named the file.
    pub fatal: bool,
}

/// A place in a text that is not one of the run's sources, such as a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Name of the text: a path, or `--config`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Bytes of the text.
    pub span: Span,
    /// What stands there, a few lowercase words.
    pub label: String,
}

/// A remark to a person, printed to the error stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it tells of knowledge that is missing (a run without findings is then not clean), not of a choice.
    pub degraded: bool,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Notice {
    /// The notice about one of several projects.
    pub(super) fn about(&self, place: Option<&str>) -> Notice {
        let message = match place {
            Some(place) => format!("{place}: {}", self.message),
            None => self.message.clone(),
        };
        Notice { message, ..self.clone() }
    }
}

/// How the judged statements of a run stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Proved isolated.
    pub isolated: usize,
    /// Not proved.
    pub leaks: usize,
    /// Part of it is not visible.
    pub unknown: usize,
    /// What hides it of those.
    pub hidden: Hidden,
    /// A written exception.
    pub exempt: usize,
    /// Touch no table of a tenant.
    pub global: usize,
    /// Not judged, because no tenant column is known.
    pub unjudged: usize,
}

impl Coverage {
    fn count(&mut self, standing: Standing, hidden: Hidden) {
        if standing == Standing::Unknown {
            self.hidden = self.hidden.and(hidden);
        }
        *match standing {
            Standing::Unjudged => &mut self.unjudged,
            Standing::Global => &mut self.global,
            Standing::Isolated => &mut self.isolated,
            Standing::Exempt => &mut self.exempt,
            Standing::Unknown => &mut self.unknown,
            Standing::Leaks => &mut self.leaks,
        } += 1;
    }

    /// All statements that are for the tenancy prover to judge.
    pub const fn statements(&self) -> usize {
        self.isolated + self.leaks + self.unknown + self.exempt + self.global + self.unjudged
    }
}

/// How one statement stands, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Unjudged,
    Global,
    Isolated,
    Exempt,
    Unknown,
    Leaks,
}

impl Standing {
    fn of(statement: &AnalysedStatement) -> Standing {
        match (&statement.exempt, statement.proof.as_ref().map(|p| p.verdict)) {
            (Some(_), _) => Standing::Exempt,
            (None, Some(Verdict::Isolated)) => Standing::Isolated,
            (None, Some(Verdict::Leaks)) => Standing::Leaks,
            (None, Some(Verdict::Unknown)) => Standing::Unknown,
            (None, Some(Verdict::Global)) => Standing::Global,
            (None, None) => Standing::Unjudged,
        }
    }
}

impl CheckedProject {
    /// A project with the findings of its reported files.
    pub(super) fn new(
        analysis: Analysis,
        findings: Vec<(Finding, Option<Suppressed>)>,
        sources: &Sources,
        settings: (&Database, &RuleSettings),
    ) -> CheckedProject {
        let Analysis { project, files, suppressions: _, notices: _ } = analysis;
        let schema_files = files
            .iter()
            .filter(|f| matches!(f.input.role, FileRole::Schema | FileRole::Undo))
            .map(|f| SchemaFile {
                id: f.input.id,
                relative: f.input.relative.clone(),
                undo: f.input.role == FileRole::Undo,
            })
            .collect();
        let read = files.iter().filter(|f| f.input.reported && f.input.role.is_read());
        let mut reported = vec![false; sources.iter().count()];
        let mut counts = Counts::default();
        for file in read {
            if let Some(flag) = reported.get_mut(file.input.id.0 as usize) {
                *flag = true;
            }
            counts.files += 1;
            counts.files_with_sql += usize::from(file.statements > 0);
            counts.program_texts += file.texts;
            counts.statements += file.statements;
            counts.reading.extend(&file.reading);
        }
        let shown = |file: FileId| reported.get(file.0 as usize).copied().unwrap_or(false);
        let findings: Vec<_> = findings.into_iter().filter(|(f, _)| shown(f.primary.file)).collect();
        let fingerprints = fingerprints(findings.iter().map(|(f, _)| f), sources);
        let findings = findings
            .into_iter()
            .zip(fingerprints)
            .map(|((finding, suppressed), fingerprint)| CheckedFinding {
                finding,
                fingerprint,
                is_new: None,
                suppressed,
            })
            .collect();
        CheckedProject {
            project,
            findings,
            reported,
            counts,
            dialect: settings.0.dialect,
            schema_files,
            small_tables: settings.1.options.uncovered_predicate.small_tables.clone(),
        }
    }

    /// Whether findings and statements of that file are reported.
    pub fn is_reported(&self, file: FileId) -> bool {
        self.reported.get(file.0 as usize).copied().unwrap_or(false)
    }

    /// How the statements of reported files stand.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        // A program's text that may read several ways is one statement, as bad as the worst of them.
        let mut ways: HashMap<Location, (Standing, Hidden)> = HashMap::new();
        for statement in &self.project.statements {
            if !self.is_reported(statement.location.file) || !statement.is_judged() {
                continue;
            }
            let way = (Standing::of(statement), Hidden::of(statement));
            match statement.bound.fragment.host {
                Some(_) => {
                    let worst = ways.entry(statement.location).or_insert(way);
                    if way.0 > worst.0 {
                        *worst = way;
                    }
                }
                None => coverage.count(way.0, way.1),
            }
        }
        ways.values().for_each(|(standing, hidden)| coverage.count(*standing, *hidden));
        coverage
    }
}

impl Outcome {
    /// How the statements of all projects stand.
    pub fn coverage(&self) -> Coverage {
        self.projects.iter().map(CheckedProject::coverage).fold(Coverage::default(), |a, b| Coverage {
            isolated: a.isolated + b.isolated,
            leaks: a.leaks + b.leaks,
            unknown: a.unknown + b.unknown,
            hidden: a.hidden.and(b.hidden),
            exempt: a.exempt + b.exempt,
            global: a.global + b.global,
            unjudged: a.unjudged + b.unjudged,
        })
    }

    /// Every finding that counts, with its project.
    pub fn findings(&self) -> impl Iterator<Item = (&CheckedProject, &CheckedFinding)> {
        self.projects.iter().flat_map(|p| p.findings.iter().map(move |f| (p, f))).filter(|(_, f)| f.counts())
    }
}
