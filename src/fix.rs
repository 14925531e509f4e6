//! Applies the fixes of findings: in rounds, each checked anew, until nothing is left to apply. Files are not written here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::{self, CheckedFinding, Outcome, Request};
use crate::finding::{Applicability, Edit, Fix};
use crate::source::FileId;
use crate::source::paths::absolute;

/// Rounds at most. Each takes all fixes that do not overlap, so further ones are rare.
const ROUNDS: usize = 50;

/// What fixing came to.
#[derive(Debug)]
pub struct Fixed {
    /// The outcome over the fixed files.
    pub outcome: Outcome,
    /// The files that changed, by path.
    pub files: Vec<FixedFile>,
    /// How many fixes were applied.
    pub count: usize,
}

/// A file that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedFile {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Its path as reported.
    pub shown: String,
    /// Its bytes before.
    pub before: Vec<u8>,
    /// Its bytes now.
    pub after: Vec<u8>,
}

/// Checks, applies the fixes of the findings that count, and checks again, until there is nothing to apply. A file in
/// which a fix did not mend its finding gets its bytes back, and its fixes one by one from then on.
pub fn fix(request: &Request, unsafe_too: bool) -> Fixed {
    let mut state = State { request: request.clone(), ..State::default() };
    let mut rounds = 0;
    loop {
        let outcome = check::run(&state.request);
        let findings = count(&outcome);
        if state.take_back(&findings) {
            continue;
        }
        rounds += 1;
        let chosen = if rounds > ROUNDS { Vec::new() } else { state.choose(&outcome, unsafe_too) };
        if chosen.is_empty() {
            let mut files: Vec<FixedFile> = state.files.into_values().collect();
            files.retain(|file| file.before != file.after);
            return Fixed { outcome, files, count: state.count };
        }
        state.apply(&outcome, &chosen, findings);
    }
}

/// Findings of one rule about one table in one file, which are what a fix makes fewer.
type Kind = (String, &'static str, Option<String>);

/// How many findings count of each kind.
fn count(outcome: &Outcome) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for (_, checked) in outcome.findings() {
        *counts.entry(kind(outcome, checked)).or_default() += 1;
    }
    counts
}

fn kind(outcome: &Outcome, checked: &CheckedFinding) -> Kind {
    let finding = &checked.finding;
    (outcome.sources.get(finding.primary.file).path.clone(), finding.rule, finding.table.clone())
}

#[derive(Default)]
struct State {
    /// With the fixed files over those on disk.
    request: Request,
    files: BTreeMap<PathBuf, FixedFile>,
    count: usize,
    /// What the last round did to each file.
    last: BTreeMap<String, Applied>,
    findings: BTreeMap<Kind, usize>,
    /// Files whose fixes are applied one by one.
    careful: BTreeSet<String>,
    /// Fixes that mend nothing, by fingerprint and title.
    useless: BTreeSet<(String, String)>,
}

/// What a round did to a file.
struct Applied {
    path: PathBuf,
    undo: Vec<u8>,
    fixes: Vec<(Kind, (String, String))>,
}

impl State {
    /// Gives files their bytes back in which the last round mended less than it should have.
    fn take_back(&mut self, findings: &BTreeMap<Kind, usize>) -> bool {
        let last = std::mem::take(&mut self.last);
        let mut taken_back = false;
        for (shown, Applied { path, undo, fixes }) in last {
            let mut expected: BTreeMap<&Kind, usize> = BTreeMap::new();
            for (kind, _) in &fixes {
                let before = self.findings.get(kind).copied().unwrap_or(0);
                let left = expected.entry(kind).or_insert(before);
                *left = left.saturating_sub(1);
            }
            if expected.iter().all(|(kind, left)| findings.get(kind).copied().unwrap_or(0) <= *left) {
                continue;
            }
            taken_back = true;
            self.count -= fixes.len();
            self.request.provider = self.request.provider.over(path.clone(), Arc::from(undo.as_slice()));
            if let Some(file) = self.files.get_mut(&path) {
                file.after = undo;
            }
            if !self.careful.insert(shown) {
                self.useless.extend(fixes.into_iter().map(|(_, id)| id));
            }
        }
        taken_back
    }

    /// The fixes of one round: of each finding the first that may be applied, where it overlaps none chosen before it.
    fn choose<'a>(&self, outcome: &'a Outcome, unsafe_too: bool) -> Vec<(&'a CheckedFinding, &'a Fix)> {
        let mut chosen: Vec<(&CheckedFinding, &Fix)> = Vec::new();
        let mut taken: BTreeMap<FileId, BTreeMap<u32, u32>> = BTreeMap::new();
        for (_, checked) in outcome.findings() {
            let may = |fix: &&Fix| {
                (unsafe_too || fix.applicability == Applicability::Safe)
                    && !self.useless.contains(&(checked.fingerprint.clone(), fix.title.clone()))
            };
            let Some(fix) = checked.finding.fixes.iter().find(may) else { continue };
            // Two findings may be mended by the same edits.
            if chosen.iter().any(|(_, other)| other.edits == fix.edits) {
                continue;
            }
            let is_free = |edit: &Edit| {
                let file = edit.location.file;
                let taken = taken.get(&file);
                if taken.is_some() && self.careful.contains(&outcome.sources.get(file).path) {
                    return false;
                }
                let before = taken.and_then(|t| t.range(..=edit.location.span.end).next_back());
                // Two insertions at one place would have no order, so what touches waits for the next round.
                before.is_none_or(|(_, end)| *end < edit.location.span.start)
            };
            if !fix.edits.iter().all(is_free) {
                continue;
            }
            for Edit { location, .. } in &fix.edits {
                taken.entry(location.file).or_default().insert(location.span.start, location.span.end);
            }
            chosen.push((checked, fix));
        }
        chosen
    }

    fn apply(
        &mut self,
        outcome: &Outcome,
        chosen: &[(&CheckedFinding, &Fix)],
        findings: BTreeMap<Kind, usize>,
    ) {
        let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in chosen.iter().flat_map(|(_, fix)| &fix.edits) {
            edits.entry(edit.location.file).or_default().push(edit);
        }
        for (file, edits) in edits {
            let shown = outcome.sources.get(file).path.clone();
            let path = absolute(&self.request.working, shown.as_ref());
            let Ok(before) = self.request.provider.bytes(&path, u64::MAX) else { continue };
            let after = apply(&before, edits);
            self.request.provider = self.request.provider.over(path.clone(), Arc::from(after.as_slice()));
            self.last.insert(
                shown.clone(),
                Applied { path: path.clone(), undo: before.clone(), fixes: Vec::new() },
            );
            let new = || FixedFile { path: path.clone(), shown, before, after: Vec::new() };
            self.files.entry(path.clone()).or_insert_with(new).after = after;
        }
        for (checked, fix) in chosen {
            let kind = kind(outcome, checked);
            if let Some(applied) = self.last.get_mut(&kind.0) {
                applied.fixes.push((kind, (checked.fingerprint.clone(), fix.title.clone())));
            }
        }
        self.findings = findings;
        self.count += chosen.len();
    }
}

/// Bytes with edits that do not overlap; what they add has the file's line ends.
fn apply(bytes: &[u8], mut edits: Vec<&Edit>) -> Vec<u8> {
    edits.sort_by_key(|edit| edit.location.span);
    let first_break = bytes.iter().position(|b| *b == b'\n');
    let crlf = first_break.is_some_and(|at| at.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b'\r'));
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut at = 0;
    for edit in edits {
        let span = edit.location.span.range();
        out.extend_from_slice(bytes.get(at..span.start).unwrap_or_default());
        let text = match crlf {
            true => edit.text.replace("\r\n", "\n").replace('\n', "\r\n"),
            false => edit.text.clone(),
        };
        out.extend_from_slice(text.as_bytes());
        at = span.end.max(at);
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}
