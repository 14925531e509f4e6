//! An outcome in the formats of the command line. View types live here; the types of the analysis know no format.

pub mod audit;
mod checkstyle;
mod concise;
mod derivation;
mod diff;
mod excerpt;
mod explain;
pub mod full;
mod github;
mod gitlab;
pub mod harden;
mod hosted;
pub mod json;
mod junit;
mod markdown;
mod markup;
mod paint;
pub mod proof;
pub mod proposal;
mod rdjson;
pub mod remarks;
mod sarif;
pub mod schema;
pub mod starter;
pub mod suggest;
pub mod summary;
mod text;

pub use checkstyle::checkstyle;
pub use concise::concise;
pub use diff::diff;
pub use explain::{explain, rules_json, rules_markdown};
pub use github::github;
pub use gitlab::gitlab;
pub(crate) use hosted::encoded;
pub use junit::junit;
pub use markdown::markdown;
pub use rdjson::rdjson;
pub use sarif::sarif;

use crate::check::{CheckedFinding, CheckedProject, Outcome};
use crate::finding::{Confidence, Finding, Severity};
use crate::project::AnalysedStatement;
use crate::rules;

/// Which findings a report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Findings below are left out.
    pub min_severity: Severity,
    /// Likewise.
    pub min_confidence: Confidence,
    /// Whether findings are shown that are suppressed.
    pub suppressed: bool,
    /// Whether findings are shown that the base has too.
    pub old: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Filter {
            min_severity: Severity::Info,
            min_confidence: Confidence::Low,
            suppressed: false,
            old: false,
        }
    }
}

impl Filter {
    /// Whether a finding is grave and sure enough.
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.severity >= self.min_severity && finding.confidence >= self.min_confidence
    }
}

/// The findings that are shown, by project, file and place: those that count, and what else the filter lets through.
fn selected<'a>(
    outcome: &'a Outcome,
    filter: &Filter,
) -> impl Iterator<Item = (&'a CheckedProject, &'a CheckedFinding)> + use<'a> {
    let filter = *filter;
    let all = outcome.projects.iter().flat_map(|p| p.findings.iter().map(move |f| (p, f)));
    all.filter(move |(_, f)| {
        filter.shows(&f.finding)
            && (filter.suppressed || f.suppressed.is_none())
            && (filter.old || f.is_new != Some(false))
    })
}

/// The findings that are shown: new ones first, then the worst, the surest, then by rule as listed, file and place.
fn worst_first<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<&'a CheckedFinding> {
    let listed = |id: &str| rules::all().iter().position(|r| r.id == id);
    let mut findings: Vec<_> = selected(outcome, filter).map(|(_, f)| f).collect();
    findings.sort_by_cached_key(|f| {
        let finding = &f.finding;
        let grade = std::cmp::Reverse((finding.severity, finding.confidence));
        (f.is_new == Some(false), grade, listed(finding.rule), finding.primary)
    });
    findings
}

/// Why a finding that is shown does not count, behind its message; nothing where it does.
fn standing_out(checked: &CheckedFinding) -> String {
    match (&checked.suppressed, checked.is_new) {
        (Some(suppressed), _) => {
            let by = suppressed.kind.name();
            format!(" (excepted by {by}: {})", text::visible(&suppressed.reason))
        }
        (None, Some(false)) => " (not new)".to_owned(),
        (None, Some(true) | None) => String::new(),
    }
}

/// How a statement stands, in one word: `exempt`, or its verdict; none where it is not judged for tenants.
fn standing(statement: &AnalysedStatement) -> Option<&'static str> {
    match (&statement.exempt, &statement.proof) {
        (Some(_), _) => Some("exempt"),
        (None, Some(proof)) => Some(proof.verdict.name()),
        (None, None) => None,
    }
}

/// The judged statements of a project's reported files.
fn judged(checked: &CheckedProject) -> impl Iterator<Item = &AnalysedStatement> {
    let all = checked.project.statements.iter();
    all.filter(|s| checked.is_reported(s.location.file) && s.is_judged())
}

/// The address of a rule's page: in the repository that the package names, else its path there.
pub fn page_url(rule: &str) -> String {
    match env!("CARGO_PKG_REPOSITORY") {
        "" => format!("rules/{rule}.md"),
        repository => format!("{repository}/blob/main/rules/{rule}.md"),
    }
}
