//! What a run says beside its findings, for the error stream: input that could not be used, what was inferred, what is
//! off.

use std::fmt::Write as _;

use miette::{LabeledSpan, MietteDiagnostic, Report};

use crate::check::{InputError, Notice, Outcome};
use crate::report::excerpt::Excerpt;
use crate::report::full::{Style, handler};
use crate::report::text::{visible, without_commands};
use crate::source::SourceFile;
use crate::source::paths::shown;

/// Every error of the run's input, with the text around it where there is one.
pub fn errors(outcome: &Outcome, style: &Style) -> String {
    let mut out = String::new();
    for error in &outcome.errors {
        match with_snippet(error, style) {
            Some(text) => out.push_str(&text),
            None => plain(&mut out, outcome, error),
        }
    }
    without_commands(out)
}

/// Every notice and what is stale; `quiet` leaves those that tell of missing knowledge.
pub fn notices(outcome: &Outcome, quiet: bool) -> String {
    let mut out = String::new();
    for baseline in outcome.baselines.iter().filter(|b| !b.stale.is_empty() && !quiet) {
        let path = shown(outcome.root.as_ref(), &baseline.path);
        let entries = match baseline.stale.len() {
            1 => "one entry".to_owned(),
            n => format!("{n} entries"),
        };
        let find = if baseline.stale.len() == 1 { "finds" } else { "find" };
        let _ = writeln!(
            out,
            "warning: {entries} of the baseline `{}` {find} nothing any more\n  help: `sqlmoat baseline prune` removes what is stale",
            visible(&path)
        );
    }
    for Notice { degraded, message, help } in outcome.notices.iter().filter(|n| n.degraded || !quiet) {
        let word = if *degraded { "warning" } else { "note" };
        let _ = writeln!(out, "{word}: {}", visible(message));
        if let Some(help) = help {
            let _ = writeln!(out, "  help: {}", visible(help));
        }
    }
    without_commands(out)
}

fn plain(out: &mut String, outcome: &Outcome, error: &InputError) {
    let place = match (&error.path, &error.location) {
        (_, Some(at)) => {
            let file = outcome.sources.get(at.file);
            let position = file.position(at.span.start);
            format!("{}:{}:{}: ", visible(&file.path), position.line, position.column)
        }
        (Some(path), None) => format!("{}: ", visible(path)),
        (None, None) => String::new(),
    };
    let _ = writeln!(out, "error: {place}{}", visible(&error.message));
    if let Some(help) = &error.help {
        let _ = writeln!(out, "  help: {}", visible(help));
    }
}

fn with_snippet(error: &InputError, style: &Style) -> Option<String> {
    let snippet = error.snippet.as_ref()?;
    let file = SourceFile::new(snippet.name.clone(), snippet.text.as_str().into());
    let excerpt = Excerpt::new(&file, &[snippet.span]);
    let label =
        LabeledSpan::new_primary_with_span(Some(visible(&snippet.label).into_owned()), excerpt.range(0));
    let mut diagnostic = MietteDiagnostic::new(visible(&error.message)).with_label(label);
    if let Some(help) = &error.help {
        diagnostic = diagnostic.with_help(visible(help));
    }
    let report = Report::new(diagnostic).with_source_code(excerpt);
    let mut out = String::new();
    handler(style).render_report(&mut out, report.as_ref()).ok()?;
    out.push('\n');
    Some(out)
}
