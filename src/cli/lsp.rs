//! `sqlmoat lsp`.

use clap::Args;

use crate::cli::CLEAN;

/// Arguments of `lsp`.
#[derive(Debug, Args)]
pub(super) struct Lsp {
    /// Talk over standard input and output, which is the only way; some editors say so
    #[arg(long)]
    stdio: bool,
}

impl Lsp {
    pub(super) fn run(&self) -> Result<u8, String> {
        crate::lsp::serve()?;
        Ok(CLEAN)
    }
}
