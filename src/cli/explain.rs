//! `sqlmoat explain RULE` and `sqlmoat explain --at FILE:LINE`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::{self, CheckedProject, Outcome, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, FAILED};
use crate::project::AnalysedStatement;
use crate::prove::tenancy::Detail;
use crate::report::{self, full::Style};
use crate::rules;
use crate::source::paths::{absolute, shown};
use crate::source::{FileId, SourceFile};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule, such as `unverified-join`
    #[arg(required_unless_present = "at", conflicts_with = "at")]
    rule: Option<String>,
    /// The statement at this place: its verdict and why, and how its tables are read
    #[arg(long, value_name = "FILE:LINE[:COLUMN]", value_parser = spot)]
    at: Option<Spot>,
    #[command(flatten)]
    config: ConfigFlags,
}

/// A place as a person writes it; line and column from 1.
#[derive(Clone, Debug)]
struct Spot {
    path: PathBuf,
    line: u32,
    column: Option<u32>,
}

type Found<'a> = (&'a CheckedProject, &'a AnalysedStatement);

impl Explain {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<u8, String> {
        match (&self.rule, &self.at) {
            (Some(rule), _) => explain_rule(rule, terminal),
            (None, Some(spot)) => self.explain_at(spot, terminal),
            (None, None) => Err("name a rule, or a place with --at".to_owned()),
        }
    }

    fn explain_at(&self, spot: &Spot, terminal: &Terminal) -> Result<u8, String> {
        let (config, overrides) = self.config.split()?;
        let working = working_directory()?;
        let outcome = check::run(&Request {
            working: working.clone(),
            paths: vec![spot.path.clone()],
            config,
            overrides,
            detail: Detail::Derivations,
            ..Request::default()
        });
        let style = Style { color: terminal.error_color, width: terminal.width, ..Style::default() };
        terminal.say(&report::remarks::errors(&outcome, &style));
        terminal.say(&report::remarks::notices(&outcome, true));
        if outcome.errors.iter().any(|error| error.fatal) {
            return Ok(FAILED);
        }
        let path = shown(&working, &absolute(&working, &spot.path));
        let file = outcome.sources.iter().find(|(_, file)| file.path == path);
        let Some((id, file)) = file else {
            return Err(format!(
                "`{}` is not among the files that were read\n  help: it is left out by the configuration, or is neither SQL nor a program that is read",
                spot.path.display()
            ));
        };
        let found = spot.statements(&outcome, id, file);
        if found.is_empty() {
            let near = all(&outcome, id).map(|(_, s)| s);
            return Err(report::proof::none_at(file, spot.line, near));
        }
        terminal.print(&report::proof::at(&outcome, &found, terminal.color))?;
        Ok(CLEAN)
    }
}

impl Spot {
    /// The statements at the place: those that hold the column, or that have a part on the line; the innermost alone.
    fn statements<'a>(&self, outcome: &'a Outcome, id: FileId, file: &SourceFile) -> Vec<Found<'a>> {
        let holds = |found: &Found<'_>| {
            let (start, end) = lines(file, found.1);
            if self.line < start.line || self.line > end.line {
                return false;
            }
            let Some(column) = self.column else { return true };
            (self.line, column) >= (start.line, start.column) && (self.line, column) <= (end.line, end.column)
        };
        let mut found: Vec<Found<'a>> = all(outcome, id).filter(holds).collect();
        let outer: Vec<bool> = found
            .iter()
            .map(|(_, s)| {
                let span = s.location.span;
                found.iter().any(|(_, o)| o.location.span != span && span.contains(o.location.span))
            })
            .collect();
        let mut outer = outer.into_iter();
        found.retain(|_| outer.next() != Some(true));
        found
    }
}

/// The statements of a file that were analysed.
fn all(outcome: &Outcome, id: FileId) -> impl Iterator<Item = Found<'_>> {
    let each = outcome.projects.iter().flat_map(|c| c.project.statements.iter().map(move |s| (c, s)));
    each.filter(move |(_, s)| s.location.file == id)
}

fn lines(
    file: &SourceFile,
    statement: &AnalysedStatement,
) -> (crate::source::Position, crate::source::Position) {
    let span = statement.location.span;
    (file.position(span.start), file.position(span.end))
}

fn explain_rule(id: &str, terminal: &Terminal) -> Result<u8, String> {
    let Some(rule) = rules::find(id) else {
        let close = rules::all()
            .iter()
            .map(|rule| (strsim::damerau_levenshtein(id, rule.id), rule.id))
            .filter(|(distance, known)| *distance <= known.len() / 3)
            .min();
        let help = match close {
            Some((_, known)) => format!("did you mean `{known}`?"),
            None if Path::new(id).exists() || id.contains(':') => {
                "for a statement, write `sqlmoat explain --at FILE:LINE`".to_owned()
            }
            None => "`sqlmoat rules` lists them".to_owned(),
        };
        return Err(format!("there is no rule `{id}`\n  help: {help}"));
    };
    terminal.print(&report::explain(rule))?;
    Ok(CLEAN)
}

fn spot(text: &str) -> Result<Spot, String> {
    let wrong = || "write FILE:LINE or FILE:LINE:COLUMN, such as db/queries.sql:12".to_owned();
    let number = |part: &str| part.parse::<u32>().ok().filter(|n| *n > 0);
    let (rest, last) = text.rsplit_once(':').ok_or_else(wrong)?;
    let last = number(last).ok_or_else(wrong)?;
    let spot = match rest.rsplit_once(':').map(|(path, line)| (path, number(line))) {
        Some((path, Some(line))) => Spot { path: PathBuf::from(path), line, column: Some(last) },
        Some((_, None)) | None => Spot { path: PathBuf::from(rest), line: last, column: None },
    };
    if spot.path.as_os_str().is_empty() { Err(wrong()) } else { Ok(spot) }
}
