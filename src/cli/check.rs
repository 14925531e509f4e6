//! `sqlmoat check`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::check::{self, BaselineChoice, ConfigChoice, Kept, Monitor, Outcome, Request};
use crate::cli::format::{Format, report_flag};
use crate::cli::progress::with_progress;
use crate::cli::terminal::{Reader, Terminal};
use crate::cli::watch::watch;
use crate::cli::{CLEAN, Common, FAILED, FOUND};
use crate::finding::{Confidence, Severity};
use crate::fix::{self, FixedFile};
use crate::prove::tenancy::Detail;
use crate::report::full::Style;
use crate::report::{self, Filter};
use crate::rules::Selector;
use crate::source::Provider;
use crate::source::git::{self, Tree};
use crate::source::paths::{absolute, git_root};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Files and directories to report on; `-` for standard input, see --stdin-filename
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
    /// Only these rules or families
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = selector)]
    select: Vec<Selector>,
    /// These rules or families in addition
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = selector)]
    extend_select: Vec<Selector>,
    /// Not these rules or families
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = selector)]
    ignore: Vec<Selector>,
    /// Leave out findings below this severity
    #[arg(long, value_name = "SEVERITY")]
    min_severity: Option<SeverityFlag>,
    /// Leave out findings below this confidence
    #[arg(long, value_name = "CONFIDENCE", default_value = "low")]
    min_confidence: ConfidenceFlag,
    /// Exit with status 1 from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// How to print the findings
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    output_format: Format,
    /// Write a report to a file as well; may be repeated
    #[arg(long, value_name = "FORMAT=PATH", value_parser = report_flag)]
    report: Vec<(Format, PathBuf)>,
    /// The baseline file; otherwise `sqlmoat-baseline.json` beside each configuration
    #[arg(long, value_name = "PATH", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Let no baseline accept a finding
    #[arg(long)]
    no_baseline: bool,
    /// Only findings that a revision of the git repository does not have
    #[arg(long, value_name = "REV")]
    diff_base: Option<String>,
    /// With --diff-base: show the others too
    #[arg(long, requires = "diff_base")]
    show_old: bool,
    /// Only staged files, as they are staged; everything is read from the git index
    #[arg(long, conflicts_with = "stdin_filename")]
    staged: bool,
    /// Mend what can be mended without changing what a program does
    #[arg(long, conflicts_with_all = ["stdin_filename", "staged"])]
    fix: bool,
    /// With --fix or --diff: also what changes what a program does, such as a filter that is added
    #[arg(long)]
    unsafe_fixes: bool,
    /// Print what --fix would change, and write nothing; exit with status 1 if there is something
    #[arg(long, conflicts_with = "staged")]
    diff: bool,
    /// Show findings that are excepted, too
    #[arg(long)]
    show_suppressed: bool,
    /// Every statement with its verdict, how that was found, and how its tables are read
    #[arg(long)]
    show_proofs: bool,
    /// Count the statements by how they were read, and the findings of each rule
    #[arg(long)]
    statistics: bool,
    /// The file that standard input stands for, with the path `-`
    #[arg(long, value_name = "PATH")]
    stdin_filename: Option<PathBuf>,
    /// How many threads work; one on each core unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Check again whenever a file that is read has changed, until it is stopped
    #[arg(long, conflicts_with_all = ["stdin_filename", "staged", "fix", "diff"])]
    watch: bool,
    /// Exit with status 0 although there are findings
    #[arg(long)]
    exit_zero: bool,
    /// Exit with status 0 where the paths given hold no SQL file
    #[arg(long)]
    no_error_on_unmatched: bool,
}

/// Flags that say which configuration counts.
#[derive(Debug, Args)]
pub(super) struct ConfigFlags {
    /// A configuration file instead of the nearest, or one KEY=VALUE on top of it; may be repeated
    #[arg(long, value_name = "PATH|KEY=VALUE")]
    config: Vec<String>,
    /// Read no configuration file
    #[arg(long)]
    no_config: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum SeverityFlag {
    Info,
    Warning,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ConfidenceFlag {
    Low,
    Medium,
    High,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl Check {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        if self.watch {
            return watch(self, common, terminal);
        }
        Ok(self.once(common, terminal)?.0)
    }

    /// One run: its exit status, and who its results were for.
    pub(super) fn once(&self, common: &Common, terminal: &Terminal) -> Result<(u8, Reader), String> {
        let request = self.request()?;
        let terminal = &Terminal { progress: terminal.progress && !common.quiet, ..*terminal };
        let fixed = (self.fix || self.diff)
            .then(|| with_progress(&request.monitor, terminal, || fix::fix(&request, self.unsafe_fixes)));
        if let Some(fixed) = fixed.as_ref().filter(|_| self.fix && !self.diff) {
            write(&fixed.files)?;
            if fixed.count > 0 && !common.quiet {
                let what = if fixed.count == 1 { "fix" } else { "fixes" };
                terminal.say(&format!("applied {} {what}\n", fixed.count));
            }
        }
        let (outcome, changed) = match fixed {
            Some(fixed) => (fixed.outcome, fixed.files),
            None => (with_progress(&request.monitor, terminal, || check::run(&request)), Vec::new()),
        };
        let style = self.style(terminal);
        terminal
            .say(&report::remarks::errors(&outcome, &Style { color: terminal.error_color, ..style.clone() }));
        terminal.say(&report::remarks::notices(&outcome, common.quiet));
        for (format, path) in &self.report {
            let text = self.render(&outcome, *format, common, &Style { color: false, ..style.clone() });
            std::fs::write(path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
        }
        if self.diff {
            let raw = !terminal.interactive && std::env::var_os("GITHUB_ACTIONS").is_none();
            let reader = terminal.deliver(&report::diff(&changed, raw))?;
            let failed = outcome.errors.iter().any(|error| error.fatal);
            let status = match (failed, changed.is_empty()) {
                (true, _) => FAILED,
                (false, false) => FOUND,
                (false, true) => CLEAN,
            };
            return Ok((status, reader));
        }
        let reader = terminal.deliver(&self.render(&outcome, self.output_format, common, &style))?;
        if self.output_format != Format::Full && !common.quiet {
            terminal.say(&report::summary::text(&outcome, &self.filter(self.output_format, common)));
        }
        if self.statistics {
            terminal.say(&report::summary::reading(&outcome));
            terminal.say(&self.statistics(&outcome));
        }
        Ok((self.status(&outcome, terminal), reader))
    }

    pub(super) fn request(&self) -> Result<Request, String> {
        if self.unsafe_fixes && !self.fix && !self.diff {
            return Err("--unsafe-fixes needs --fix or --diff".to_owned());
        }
        let working = working_directory()?;
        let (config, overrides) = self.config.split()?;
        let (mut only, mut staged) = (None, None);
        if self.staged {
            let root = git_root(&working).ok_or("--staged needs a git repository")?;
            let files = git::staged(&root).map_err(|e| format!("what is staged is not known: {e}"))?;
            only = Some(files.into_iter().collect());
            let index = Tree::index(&root).map_err(|e| format!("the index cannot be read: {e}"))?;
            staged = Some(Provider::Tree(Arc::new(index)));
        }
        let (paths, provider) = match (&self.stdin_filename, self.paths.iter().any(|p| p.as_os_str() == "-"))
        {
            (None, false) => (self.paths.clone(), staged.unwrap_or_default()),
            (Some(name), true) if self.paths.len() == 1 => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .lock()
                    .read_to_end(&mut bytes)
                    .map_err(|e| format!("standard input cannot be read: {e}"))?;
                let path = absolute(&working, name);
                let below = Box::new(Provider::WorkTree);
                (vec![name.clone()], Provider::Buffer { path, bytes: bytes.into(), below })
            }
            (Some(_), true) => return Err("`-` must be the only path".to_owned()),
            (Some(_), false) => return Err("--stdin-filename needs the path `-`".to_owned()),
            (None, true) => return Err("`-` needs --stdin-filename, the file that it stands for".to_owned()),
        };
        Ok(Request {
            working,
            paths,
            provider,
            config,
            overrides,
            select: self.select.clone(),
            extend_select: self.extend_select.clone(),
            ignore: self.ignore.clone(),
            only,
            baseline: match (&self.baseline, self.no_baseline) {
                (Some(file), _) => BaselineChoice::File(file.clone()),
                (None, true) => BaselineChoice::Without,
                (None, false) => BaselineChoice::Nearest,
            },
            new_baseline: false,
            diff_base: self.diff_base.clone(),
            threads: self.threads.map(usize::from),
            schema_only: false,
            detail: if self.show_proofs { Detail::Derivations } else { Detail::Verdict },
            monitor: Monitor::default(),
            kept: Kept::default(),
            proposed: Vec::new(),
        })
    }

    fn render(&self, outcome: &Outcome, format: Format, common: &Common, style: &Style) -> String {
        format.render(outcome, self.filter(format, common), style, self.show_proofs)
    }

    fn style(&self, terminal: &Terminal) -> Style {
        let default = Style::default();
        let limit = if terminal.interactive { default.limit } else { usize::MAX };
        Style { color: terminal.color, width: terminal.width, limit, ..default }
    }

    /// What a format shows.
    fn filter(&self, format: Format, common: &Common) -> Filter {
        let by_default = format.min_severity(common.verbose);
        Filter {
            min_severity: self.min_severity.map_or(by_default, SeverityFlag::severity),
            suppressed: self.show_suppressed,
            old: self.show_old,
            ..self.counting()
        }
    }

    /// What counts for the exit status: the same in every format.
    fn counting(&self) -> Filter {
        let min_confidence = match self.min_confidence {
            ConfidenceFlag::Low => Confidence::Low,
            ConfidenceFlag::Medium => Confidence::Medium,
            ConfidenceFlag::High => Confidence::High,
        };
        Filter {
            min_severity: self.min_severity.map_or(Severity::Info, SeverityFlag::severity),
            min_confidence,
            ..Filter::default()
        }
    }

    fn status(&self, outcome: &Outcome, terminal: &Terminal) -> u8 {
        if outcome.errors.iter().any(|error| error.fatal) {
            return FAILED;
        }
        if !outcome.matched && !self.no_error_on_unmatched {
            terminal.say(
                "error: the paths given hold no SQL file\n  help: --no-error-on-unmatched allows that\n",
            );
            return FAILED;
        }
        let fail_on = match self.fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
            FailOn::Never => return CLEAN,
        };
        let counting = self.counting();
        let counts = |f: &crate::finding::Finding| counting.shows(f) && f.severity >= fail_on;
        if !self.exit_zero && outcome.findings().any(|(_, f)| counts(&f.finding)) { FOUND } else { CLEAN }
    }

    fn statistics(&self, outcome: &Outcome) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, checked) in outcome.findings().filter(|(_, f)| self.counting().shows(&f.finding)) {
            *counts.entry(checked.finding.rule).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
        counts.iter().fold(String::new(), |mut text, (rule, count)| {
            let _ = writeln!(text, "{count:6}  {rule}");
            text
        })
    }
}

impl ConfigFlags {
    /// The file and the overrides. What has an equals sign is an override.
    pub(super) fn split(&self) -> Result<(ConfigChoice, Vec<String>), String> {
        let (overrides, files): (Vec<String>, Vec<String>) =
            self.config.iter().cloned().partition(|flag| flag.contains('='));
        let choice = match (files.as_slice(), self.no_config) {
            ([], true) => ConfigChoice::Without,
            ([], false) => ConfigChoice::Nearest,
            ([file], false) => ConfigChoice::File(PathBuf::from(file)),
            ([_, ..], true) => {
                return Err("--no-config and --config with a file exclude each other".to_owned());
            }
            ([_, _, ..], false) => return Err("--config names more than one file".to_owned()),
        };
        Ok((choice, overrides))
    }
}

impl SeverityFlag {
    const fn severity(self) -> Severity {
        match self {
            SeverityFlag::Info => Severity::Info,
            SeverityFlag::Warning => Severity::Warning,
            SeverityFlag::Error => Severity::Error,
        }
    }
}

/// Writes what was fixed.
fn write(files: &[FixedFile]) -> Result<(), String> {
    for file in files {
        std::fs::write(&file.path, &file.after)
            .map_err(|e| format!("{} cannot be written: {e}", file.shown))?;
    }
    Ok(())
}

/// The working directory, which paths are relative to.
pub(super) fn working_directory() -> Result<PathBuf, String> {
    std::env::current_dir().map_err(|e| format!("the working directory cannot be found: {e}"))
}

fn selector(text: &str) -> Result<Selector, String> {
    Selector::parse(text.trim()).ok_or_else(|| {
        let close = Selector::names()
            .into_iter()
            .map(|name| (strsim::damerau_levenshtein(text, name), name))
            .filter(|(distance, name)| *distance <= name.len() / 3)
            .min();
        match close {
            Some((_, name)) => format!("no such rule or family; did you mean `{name}`?"),
            None => "no such rule or family; `sqlmoat rules` lists them".to_owned(),
        }
    })
}
