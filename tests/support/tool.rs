//! The program under test, run as its users run it.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// What the program says about a folder.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    /// Findings.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Statements with their verdicts.
    #[serde(default)]
    pub(crate) statements: Vec<Statement>,
}

/// One finding.
#[derive(Debug, Deserialize)]
pub(crate) struct Diagnostic {
    /// Its rule.
    pub(crate) rule: String,
    /// The rule's family.
    pub(crate) family: String,
    /// The file.
    pub(crate) path: String,
    /// The place.
    pub(crate) range: Range,
}

/// One statement.
#[derive(Debug, Deserialize)]
pub(crate) struct Statement {
    /// The file.
    pub(crate) path: String,
    /// The place.
    pub(crate) range: Range,
    /// The verdict; absent where tenancy does not apply.
    pub(crate) verdict: Option<String>,
}

/// Bytes of a file.
#[derive(Debug, Deserialize)]
pub(crate) struct Range {
    start: Position,
    end: Position,
}

#[derive(Debug, Deserialize)]
struct Position {
    offset: usize,
}

impl Range {
    /// First byte and the one after the last.
    pub(crate) fn bytes(&self) -> std::ops::Range<usize> {
        self.start.offset..self.end.offset
    }
}

impl Report {
    /// Findings of the tenant family in a part of a file.
    pub(crate) fn tenant_findings(&self, path: &str, bytes: std::ops::Range<usize>) -> Vec<&Diagnostic> {
        let inside = |d: &&Diagnostic| {
            d.family == "tenant" && d.path == path && bytes.contains(&d.range.bytes().start)
        };
        self.diagnostics.iter().filter(inside).collect()
    }
}

/// Checks a folder.
pub(crate) fn check(folder: &Path) -> Result<Report, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
        .args(["check", "--output-format", "json", "--show-proofs", "--exit-zero", "."])
        .current_dir(folder)
        .output()
        .map_err(|e| format!("the program does not start: {e}"))?;
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("the report cannot be read: {e}"))
}
