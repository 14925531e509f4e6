//! The pipeline, from paths to an [`Outcome`].

mod analyse;
mod bodies;
mod exemptions;
mod files;
mod functions;
mod infer;
mod judge;
mod load;
mod notices;
mod outcome;
mod parse;
mod reading;
mod request;
mod roles;
mod select;
mod suppressed;
mod unmatched;

pub use analyse::{AnalysedFile, Analysis, FileRole, InputFile, analyse};
pub use outcome::{
    CheckedFinding, CheckedProject, Counts, Coverage, InputError, Notice, Outcome, SchemaFile, Snippet,
    Suppressed, SuppressedBy,
};
pub use reading::Reading;
pub use request::{ConfigChoice, Request};

use crate::rules;
use crate::source::paths::shown;

/// Stack of each worker, in bytes: the parser and the drop of its trees recurse as deep as a statement nests.
pub const STACK: usize = 256 << 20;

/// Runs the pipeline on threads of its own. The outcome is the same for any number of them.
pub fn run(request: &Request) -> Outcome {
    let threads = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .num_threads(request.threads.unwrap_or(0))
        .thread_name(|i| format!("worker-{i}"))
        .build();
    match threads {
        Ok(threads) => threads.install(|| pipeline(request)),
        Err(error) => Outcome {
            errors: vec![InputError {
                path: None,
                location: None,
                message: format!("the worker threads cannot be started: {error}"),
                help: Some("ask for fewer with `--threads`".to_owned()),
                snippet: None,
                fatal: true,
            }],
            partial: true,
            ..Outcome::default()
        },
    }
}

fn pipeline(request: &Request) -> Outcome {
    let mut outcome = Outcome { root: request.working.to_string_lossy().into_owned(), ..Outcome::default() };
    let mut loaded = load::Loaded::default();
    let selection = select::select(request);
    outcome.errors = selection.errors;
    outcome.notices = selection.notices;
    let scopes: Vec<_> = selection.scopes.iter().filter(|scope| scope.is_wanted(request)).collect();
    for scope in &scopes {
        let files = files::files(request, scope, &mut outcome);
        let mut seen = Vec::new();
        for (database, files) in scope.settings.databases.iter().zip(&files) {
            let input = loaded.input(request, scope, files, &mut outcome);
            let mut analysis = analyse(database, input, &outcome.sources, request.detail);
            analysis.project.whole = scope.is_whole(request);
            seen.push(exemptions::Seen::new(&analysis));
            let findings = rules::run(&analysis.project, &scope.settings.rules);
            let findings = suppressed::suppressed(findings, &analysis, database, &scope.settings);
            let place = (scopes.len() > 1).then(|| shown(&request.working, &scope.settings.root));
            outcome.notices.extend(analysis.notices.iter().map(|notice| notice.about(place.as_deref())));
            outcome.projects.push(CheckedProject::new(
                analysis,
                findings,
                &outcome.sources,
                (database, &scope.settings.rules),
            ));
        }
        if scope.is_whole(request) {
            outcome.notices.extend(exemptions::unused(&scope.settings.databases, &seen));
        }
    }
    outcome.matched =
        selection.named || loaded.without_sql > 0 || outcome.projects.iter().any(|p| p.counts.files > 0);
    outcome.partial =
        !outcome.errors.is_empty() || outcome.projects.iter().any(|p| p.counts.reading.unparsed() > 0);
    outcome
}
