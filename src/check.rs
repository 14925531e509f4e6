//! The pipeline, from paths to an [`Outcome`].

mod accepted;
mod analyse;
mod base;
mod beside;
mod bodies;
mod called;
mod changes;
mod declared;
mod executed;
mod exemptions;
mod files;
mod functions;
mod hidden;
mod infer;
mod judge;
mod kept;
mod left_out;
mod load;
mod migrations;
mod monitor;
mod notices;
mod outcome;
mod parse;
mod programs;
mod reading;
mod request;
mod roles;
mod select;
mod suppressed;
mod unmatched;

pub use accepted::BaselineFile;
pub use analyse::{AnalysedFile, Analysis, FileRole, InputFile, analyse};
pub use changes::Stamp;
pub use hidden::Hidden;
pub use kept::Kept;
pub use monitor::Monitor;
pub use outcome::{
    CheckedFinding, CheckedProject, Counts, Coverage, InputError, Notice, Outcome, SchemaFile, Snippet,
    Suppressed, SuppressedBy,
};
pub use reading::Reading;
pub use request::{BaselineChoice, ConfigChoice, Request};

use std::sync::Arc;

use crate::extract::host::Library;
use crate::rules;
use crate::source::SourceFile;
use crate::source::paths::{git_root, shown};

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
        run_scope(request, scope, scopes.len() > 1, &mut loaded, &mut outcome);
    }
    // Without a finding, nothing is new.
    if let Some(revision) = request.diff_base.as_ref().filter(|_| outcome.findings().next().is_some()) {
        base::compare(request, revision, &scopes, &mut outcome);
    }
    outcome.unconfigured = matches!(request.config, ConfigChoice::Nearest)
        && scopes.iter().any(|scope| scope.settings.file.is_none());
    outcome.without_sql = loaded.without_sql;
    outcome.matched =
        selection.named || loaded.without_sql > 0 || outcome.projects.iter().any(|p| p.counts.files > 0);
    outcome.partial =
        !outcome.errors.is_empty() || outcome.projects.iter().any(|p| p.counts.reading.unparsed() > 0);
    outcome
}

/// Where programs of a project take constants of other files from: anywhere in their repository.
fn library(request: &Request, scope: &select::Scope) -> Arc<Library> {
    let root = &scope.settings.root;
    let boundary = git_root(root).unwrap_or_else(|| root.clone());
    Arc::new(Library::new(request.provider.clone(), request.working.clone(), boundary))
}

/// What the next project is judged with as if it applied after the schema.
fn proposed(request: &Request, outcome: &mut Outcome) -> Option<InputFile> {
    let text = request.proposed.get(outcome.projects.len()).filter(|text| !text.is_empty())?;
    let id = outcome.sources.add(SourceFile::new(String::new(), Arc::clone(text)));
    let (relative, role) = (String::new(), FileRole::Proposed);
    Some(InputFile { id, relative, source: 0, role, reported: false, named: false })
}

/// Analyses what one configuration governs.
fn run_scope(
    request: &Request,
    scope: &select::Scope,
    one_of_several: bool,
    loaded: &mut load::Loaded,
    outcome: &mut Outcome,
) {
    let files = files::files(request, scope, outcome);
    let first = outcome.projects.len();
    let mut seen = Vec::new();
    for (database, files) in scope.settings.databases.iter().zip(&files) {
        let mut input = loaded.input(request, scope, files, outcome);
        input.extend(proposed(request, outcome));
        let library = Some(library(request, scope));
        let root = &scope.settings.root;
        let mut kept = request.kept.take(root, &database.name, scope.config_text(request));
        let mut analysis =
            analyse::analyse_again(database, input, &outcome.sources, request, (library, kept.as_mut()));
        if let Some(kept) = kept {
            request.kept.put(root, &database.name, kept);
        }
        analysis.project.whole = scope.is_whole(request);
        seen.push(exemptions::Seen::new(&analysis));
        let findings = rules::run(&analysis.project, &scope.settings.rules);
        let findings =
            suppressed::suppressed(findings, &analysis, &outcome.sources, database, &scope.settings);
        let place = one_of_several.then(|| shown(&request.working, &scope.settings.root));
        outcome.notices.extend(analysis.notices.iter().map(|notice| notice.about(place.as_deref())));
        if analysis.project.catalog.live_relations().next().is_none() {
            let unread = programs::unread(&scope.settings.root, scope.files.keys());
            let unread = unread.iter().map(|notice| notice.about(place.as_deref()));
            let new: Vec<Notice> = unread.filter(|notice| !outcome.notices.contains(notice)).collect();
            outcome.notices.extend(new);
        }
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
    let projects = outcome.projects.get_mut(first..).unwrap_or_default();
    match accepted::accept(request, scope, projects, &outcome.sources) {
        Ok(file) => outcome.baselines.push(file),
        Err(error) => outcome.errors.push(*error),
    }
}
