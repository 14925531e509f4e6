//! `sqlmoat baseline`: accepts what exists, so that only new findings fail; and forgets what was mended.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::check::{self, BaselineChoice, BaselineFile, Outcome, Request};
use crate::cli::check::{ConfigFlags, working_directory};
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common, FAILED, now};
use crate::report;
use crate::report::full::Style;
use crate::source::paths::shown;
use crate::suppress::baseline::{Baseline as Accepted, Entry, day};

/// Arguments of `baseline`.
#[derive(Debug, Args)]
pub(super) struct Baseline {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a baseline with every finding; never over one that exists
    Create {
        #[command(flatten)]
        place: Place,
        /// Why the findings are accepted
        #[arg(long, value_name = "TEXT", default_value = "existed when the baseline was created")]
        reason: String,
    },
    /// Remove the entries that find nothing any more; adds none
    Prune {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// The project: a file or directory of it
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The baseline file; otherwise `sqlmoat-baseline.json` beside each configuration
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Baseline {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        let (place, is_new) = match &self.action {
            Action::Create { place, reason: _ } => (place, true),
            Action::Prune { place } => (place, false),
        };
        let (config, overrides) = place.config.split()?;
        let working = working_directory()?;
        let outcome = check::run(&Request {
            working: working.clone(),
            paths: vec![place.path.clone()],
            config,
            overrides,
            baseline: place.baseline.clone().map_or(BaselineChoice::Nearest, BaselineChoice::File),
            new_baseline: is_new,
            ..Request::default()
        });
        let style = Style { color: terminal.error_color, width: terminal.width, ..Style::default() };
        terminal.say(&report::remarks::errors(&outcome, &style));
        if outcome.errors.iter().any(|error| error.fatal) {
            return Ok(FAILED);
        }
        if !outcome.matched {
            return Err("the path given holds no SQL file".to_owned());
        }
        if place.baseline.is_some() && outcome.baselines.len() > 1 {
            return Err("--baseline names one file, and there are several configurations here".to_owned());
        }
        let say = |text: String| {
            if !common.quiet {
                terminal.say(&text);
            }
        };
        match &self.action {
            Action::Create { place: _, reason } => create(&outcome, &working, reason, &say)?,
            Action::Prune { place: _ } => prune(&outcome, &working, &say)?,
        }
        Ok(CLEAN)
    }
}

fn create(outcome: &Outcome, working: &Path, reason: &str, say: &dyn Fn(String)) -> Result<(), String> {
    if let Some(there) = outcome.baselines.iter().find(|b| b.baseline.is_some()) {
        let path = shown(working, &there.path);
        return Err(format!(
            "{path} exists already\n  help: `sqlmoat baseline prune` removes what was mended; to accept everything anew, delete the file"
        ));
    }
    let date = day(now());
    for BaselineFile { path, open, .. } in &outcome.baselines {
        let entry = |e: &Entry| Entry { date: date.clone(), reason: reason.to_owned(), ..e.clone() };
        let baseline = Accepted { entries: open.iter().map(entry).collect() };
        let shown = shown(working, path);
        let failed = |e: std::io::Error| format!("{shown} cannot be written: {e}");
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
        file.write_all(baseline.text().as_bytes()).map_err(failed)?;
        say(format!("wrote {shown} with {}\n", counted(open.len())));
    }
    Ok(())
}

fn prune(outcome: &Outcome, working: &Path, say: &dyn Fn(String)) -> Result<(), String> {
    for BaselineFile { path, baseline, stale, open: _ } in &outcome.baselines {
        let shown = shown(working, path);
        let Some(baseline) = baseline else {
            say(format!("{shown} does not exist\n"));
            continue;
        };
        if !stale.is_empty() {
            let kept = baseline.entries.iter().enumerate().filter(|(i, _)| stale.binary_search(i).is_err());
            let kept = Accepted { entries: kept.map(|(_, entry)| entry.clone()).collect() };
            std::fs::write(path, kept.text()).map_err(|e| format!("{shown} cannot be written: {e}"))?;
        }
        let left = baseline.entries.len() - stale.len();
        say(format!("removed {} from {shown}, {left} left\n", counted(stale.len())));
    }
    Ok(())
}

fn counted(count: usize) -> String {
    format!("{count} {}", if count == 1 { "finding" } else { "findings" })
}
