//! `sqlmoat init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::check::{self, Request};
use crate::cli::check::working_directory;
use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Common};
use crate::config::{FILE_NAMES, json_schema};
use crate::report;
use crate::source::Provider;
use crate::source::paths::{absolute, shown};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The directory of the project
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Print the configuration instead of writing it
    #[arg(long)]
    stdout: bool,
    /// Print the JSON Schema of the configuration, for editors
    #[arg(long, conflicts_with = "stdout")]
    schema: bool,
}

impl Init {
    pub(super) fn run(&self, common: &Common, terminal: &Terminal) -> Result<u8, String> {
        if self.schema {
            terminal.print(&format!("{:#}\n", json_schema()))?;
            return Ok(CLEAN);
        }
        let working = working_directory()?;
        let directory = absolute(&working, &self.directory);
        if !directory.is_dir() {
            return Err(format!("{} is no directory", shown(&working, &directory)));
        }
        let file = directory.join(FILE_NAMES[0]);
        let exists = |path: PathBuf| format!("{} exists already", shown(&working, &path));
        let there = FILE_NAMES.iter().map(|name| directory.join(name)).find(|path| path.exists());
        if let Some(there) = there.filter(|_| !self.stdout) {
            return Err(exists(there));
        }
        // An empty configuration makes the directory a project of which everything is inferred.
        let outcome = check::run(&Request {
            working: directory,
            paths: vec![PathBuf::from(".")],
            provider: Provider::WorkTree.over(file.clone(), Arc::from([])),
            ..Request::default()
        });
        terminal.say(&report::remarks::notices(&outcome, common.quiet));
        let text = report::starter::configuration(&outcome);
        if self.stdout {
            terminal.print(&text)?;
            return Ok(CLEAN);
        }
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::AlreadyExists => exists(file.clone()),
            _ => format!("{} cannot be written: {e}", shown(&working, &file)),
        };
        let mut out = OpenOptions::new().write(true).create_new(true).open(&file).map_err(failed)?;
        out.write_all(text.as_bytes()).map_err(failed)?;
        if !common.quiet {
            terminal.say(&format!(
                "wrote {}: correct what was inferred wrongly, then `sqlmoat check`; `sqlmoat baseline create` accepts what is there\n",
                shown(&working, &file)
            ));
        }
        Ok(CLEAN)
    }
}
