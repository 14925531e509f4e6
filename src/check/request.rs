//! What a run is asked to do: [`Request`].

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::kept::Kept;
use crate::check::monitor::Monitor;
use crate::prove::tenancy::Detail;
use crate::rules::Selector;
use crate::source::Provider;

/// What to check, and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The working directory, absolute: paths are relative to it, and so are those reported.
    pub working: PathBuf,
    /// Files and directories to report on.
    pub paths: Vec<PathBuf>,
    /// Where the content of files comes from.
    pub provider: Provider,
    /// Which configuration counts.
    pub config: ConfigChoice,
    /// `KEY=VALUE` on top of every configuration.
    pub overrides: Vec<String>,
    /// Rules that speak; empty for what the configuration says.
    pub select: Vec<Selector>,
    /// Rules that speak in addition.
    pub extend_select: Vec<Selector>,
    /// Rules that do not.
    pub ignore: Vec<Selector>,
    /// The files to report on, of those that the paths mean; absent for all.
    pub only: Option<BTreeSet<PathBuf>>,
    /// Which baseline counts.
    pub baseline: BaselineChoice,
    /// Whether the baseline named is still to be made.
    pub new_baseline: bool,
    /// The revision against which findings are new or not.
    pub diff_base: Option<String>,
    /// How many threads work; absent for one on each core.
    pub threads: Option<usize>,
    /// Whether to stop at the schema: no queries are read.
    pub schema_only: bool,
    /// How much proofs tell. What only a reader of proofs needs is worked out on demand.
    pub detail: Detail,
    /// Sees how far the run is, and may end it.
    pub monitor: Monitor,
    /// What runs before left, where something is kept.
    pub kept: Kept,
    /// Statements that each project is judged with as if they applied after its schema, in the order of the outcome.
    pub proposed: Vec<Arc<str>>,
}

/// Which configuration counts.
#[derive(Clone, Debug, Default)]
pub enum ConfigChoice {
    /// The nearest one above each path, and further ones below.
    #[default]
    Nearest,
    /// This file, with patterns relative to the working directory.
    File(PathBuf),
    /// None.
    Without,
}

/// Which baseline counts.
#[derive(Clone, Debug, Default)]
pub enum BaselineChoice {
    /// The one beside each configuration, where there is one.
    #[default]
    Nearest,
    /// This file.
    File(PathBuf),
    /// None.
    Without,
}
