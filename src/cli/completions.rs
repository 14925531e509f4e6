//! `sqlmoat completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::terminal::Terminal;
use crate::cli::{CLEAN, Cli};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<u8, String> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
        terminal.print(&String::from_utf8_lossy(&script))?;
        Ok(CLEAN)
    }
}
