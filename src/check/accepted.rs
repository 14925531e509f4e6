//! The baseline of a configuration beside the findings under it: which are accepted, and which entries find nothing any more.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::check::request::{BaselineChoice, Request};
use crate::check::select::Scope;
use crate::check::{CheckedProject, InputError, Suppressed, SuppressedBy};
use crate::rules;
use crate::source::paths::{absolute, shown};
use crate::source::{MEGABYTE, Sources};
use crate::suppress::baseline::{Baseline, Entry, FILE_NAME};
use crate::suppress::known::{Found, recognise};

/// The largest baseline that is read, in bytes.
const LARGEST: u64 = 100 * MEGABYTE;

/// A baseline file as a run met it.
#[derive(Clone, Debug, Default)]
pub struct BaselineFile {
    /// Where it is, or would be; absolute.
    pub path: PathBuf,
    /// What it accepts; absent where there is no such file.
    pub baseline: Option<Baseline>,
    /// The entries, by position, of what this run looked for and did not find.
    pub stale: Vec<usize>,
    /// The findings that it does not accept and that nothing else suppresses, as entries without date and reason.
    pub open: Vec<Entry>,
}

/// Marks the findings of a scope that its baseline accepts.
pub(super) fn accept(
    request: &Request,
    scope: &Scope,
    projects: &mut [CheckedProject],
    sources: &Sources,
) -> Result<BaselineFile, Box<InputError>> {
    let path = match &request.baseline {
        BaselineChoice::Nearest => scope.settings.root.join(FILE_NAME),
        BaselineChoice::File(file) => absolute(&request.working, file),
        BaselineChoice::Without => return Ok(BaselineFile::default()),
    };
    let baseline = read(request, &path)?;
    let directory = path.parent().unwrap_or(&path).to_owned();
    let place = |reported: &str| shown(&directory, &absolute(&request.working, reported.as_ref()));
    let mut findings: Vec<_> = projects
        .iter_mut()
        .flat_map(|p| p.findings.iter_mut())
        .filter(|f| f.suppressed.is_none())
        .map(|f| (place(&sources.get(f.finding.primary.file).path), f))
        .collect();
    let entries = baseline.as_ref().map_or(&[] as &[Entry], |b| &b.entries);
    let recognised = {
        let found: Vec<Found<'_>> =
            findings.iter().map(|(path, f)| Found { path, fingerprint: &f.fingerprint }).collect();
        let known: Vec<Found<'_>> =
            entries.iter().map(|e| Found { path: &e.path, fingerprint: &e.fingerprint }).collect();
        recognise(&found, &known, |path| is_accounted(request, scope, &absolute(&directory, path.as_ref())))
    };
    let mut used = vec![false; entries.len()];
    let mut open = Vec::new();
    for ((path, checked), entry) in findings.iter_mut().zip(&recognised) {
        match entry.and_then(|i| Some((i, entries.get(i)?))) {
            Some((i, entry)) => {
                if let Some(used) = used.get_mut(i) {
                    *used = true;
                }
                let reason = entry.reason.clone();
                checked.suppressed = Some(Suppressed { kind: SuppressedBy::Baseline, reason, at: None });
            }
            None => open.push(Entry {
                path: path.clone(),
                rule: checked.finding.rule.to_owned(),
                fingerprint: checked.fingerprint.clone(),
                date: String::new(),
                reason: String::new(),
            }),
        }
    }
    let judged: HashSet<String> = projects
        .iter()
        .flat_map(|p| &p.project.migrations)
        .map(|m| place(&sources.get(m.file).path))
        .collect();
    let looked_for = |entry: &Entry| {
        let rule = rules::find(&entry.rule);
        let on = rule.is_none_or(|rule| scope.settings.rules.is_on(rule));
        // What was found in a migration that is no longer the newest is still accepted.
        let is_there = scope.files.contains_key(&absolute(&directory, entry.path.as_ref()));
        let old =
            rule.is_some_and(|rule| rule.is_of_migrations()) && is_there && !judged.contains(&entry.path);
        on && !old && is_accounted(request, scope, &absolute(&directory, entry.path.as_ref()))
    };
    let stale = entries.iter().enumerate().filter(|(i, e)| used.get(*i) == Some(&false) && looked_for(e));
    let stale = stale.map(|(i, _)| i).collect();
    Ok(BaselineFile { path, baseline, stale, open })
}

/// Whether every finding of a file is among those of this run: it was looked at, or it is gone.
fn is_accounted(request: &Request, scope: &Scope, path: &std::path::Path) -> bool {
    scope.files.contains_key(path) || request.provider.is_file(path).is_err()
}

fn read(request: &Request, path: &std::path::Path) -> Result<Option<Baseline>, Box<InputError>> {
    let named = matches!(request.baseline, BaselineChoice::File(_)) && !request.new_baseline;
    let failed = |message: String| {
        Box::new(InputError {
            path: Some(shown(&request.working, path)),
            location: None,
            message,
            help: None,
            snippet: None,
            fatal: true,
        })
    };
    if !named && request.provider.is_file(path).is_err() {
        return Ok(None);
    }
    let text = request.provider.read(path, LARGEST).map_err(|e| failed(e.to_string()))?;
    Baseline::parse(&text).map(Some).map_err(failed)
}
