//! Which findings do not count, and why: comments, exceptions by place, rules that are silent in some files.

use std::collections::{HashMap, HashSet};

use crate::check::analyse::Analysis;
use crate::check::{Suppressed, SuppressedBy};
use crate::config::{Database, Settings};
use crate::finding::{Applicability, Finding, Fix};
use crate::rules::{self, Family};
use crate::source::{FileId, Sources};

/// Findings in order of place, those of unused suppressions included, each with why it does not count where it does not.
pub(super) fn suppressed(
    findings: Vec<Finding>,
    analysis: &Analysis,
    sources: &Sources,
    database: &Database,
    settings: &Settings,
) -> Vec<(Finding, Option<Suppressed>)> {
    let paths: HashMap<FileId, &str> =
        analysis.files.iter().map(|f| (f.input.id, f.input.relative.as_str())).collect();
    let why = |finding: &Finding| {
        let by = |kind, reason: &str, at| Some(Suppressed { kind, reason: reason.to_owned(), at });
        if let Some((reason, at)) = analysis.suppressions.suppresses(finding) {
            return by(SuppressedBy::Comment, reason, Some(at));
        }
        let rule = rules::find(finding.rule)?;
        let path = paths.get(&finding.primary.file).copied().unwrap_or_default();
        let exempt = database.exempt.iter().find(|x| x.covers(path, finding.function.as_deref()));
        if let (Family::Tenant, Some(exemption)) = (rule.facts.family, exempt) {
            return by(SuppressedBy::Config, &exemption.reason, None);
        }
        let ignored = |selectors: &[rules::Selector]| selectors.iter().any(|s| s.covers(rule));
        let silent =
            settings.per_file_ignores.iter().any(|(files, list)| files.matches(path) && ignored(list));
        if silent { by(SuppressedBy::Config, "listed in `per-file-ignores`", None) } else { None }
    };
    let mut all: Vec<(Finding, Option<Suppressed>)> = findings
        .into_iter()
        .map(|finding| {
            let why = why(&finding);
            (finding, why)
        })
        .collect();
    let tenancy = !analysis.project.tenancy.columns.is_empty();
    let judged: HashSet<FileId> = analysis.project.migrations.iter().map(|m| m.file).collect();
    let is_judged = |file| judged.contains(&file);
    let unused = analysis.suppressions.unused(&settings.rules, tenancy, &is_judged);
    all.extend(rules::of_problems(&unused, &settings.rules).into_iter().map(|finding| (finding, None)));
    for (finding, _) in &mut all {
        let applicability = match finding.rule {
            "unused-suppression" => Applicability::Safe,
            // Its author meant something by it.
            "unexplained-suppression" => Applicability::Unsafe,
            _ => continue,
        };
        let file = sources.get(finding.primary.file);
        let removal = analysis.suppressions.removal(finding.primary, file);
        finding.fixes.extend(removal.map(|fix| Fix { applicability, ..fix }));
    }
    all.sort_by(|(a, _), (b, _)| (a.primary, a.rule, &a.message).cmp(&(b.primary, b.rule, &b.message)));
    all
}
