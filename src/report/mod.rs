//! An outcome in the formats of the command line. View types live here; the types of the analysis know no format.

pub mod audit;
mod concise;
mod derivation;
mod excerpt;
mod explain;
pub mod full;
pub mod json;
mod paint;
pub mod proof;
pub mod remarks;
pub mod schema;
pub mod summary;
mod text;

pub use concise::concise;
pub use explain::{explain, rule_table, rules_json};

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
}

impl Default for Filter {
    fn default() -> Self {
        Filter { min_severity: Severity::Info, min_confidence: Confidence::Low }
    }
}

impl Filter {
    /// Whether a finding is shown.
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.severity >= self.min_severity && finding.confidence >= self.min_confidence
    }
}

/// The findings that count and are shown: the worst first, then the surest, then by rule as listed, file and place.
fn worst_first<'a>(outcome: &'a Outcome, filter: &Filter) -> Vec<&'a CheckedFinding> {
    let listed = |id: &str| rules::all().iter().position(|r| r.id == id);
    let mut findings: Vec<_> =
        outcome.findings().map(|(_, f)| f).filter(|f| filter.shows(&f.finding)).collect();
    findings.sort_by_cached_key(|f| {
        let finding = &f.finding;
        let grade = std::cmp::Reverse((finding.severity, finding.confidence));
        (grade, listed(finding.rule), finding.primary)
    });
    findings
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
