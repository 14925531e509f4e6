//! The two streams: results to stdout, everything else to stderr; a closed pipe ends quietly. Whether to colour.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use clap::ValueEnum;

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// As the environment and the terminal say.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the streams are connected to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Whether results are coloured.
    pub(super) color: bool,
    /// Whether remarks are coloured.
    pub(super) error_color: bool,
    /// Whether results go to a terminal.
    pub(super) interactive: bool,
    /// Whether somebody may follow a run on the stream of remarks: not in CI, and not where lines cannot be taken back.
    pub(super) progress: bool,
    /// Columns.
    pub(super) width: usize,
}

/// Who results are printed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    There,
    Gone,
}

impl Terminal {
    pub(super) fn new(color: Color) -> Terminal {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let colors = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR").is_some() => false,
            Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Color::Auto => terminal,
        };
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
        Terminal {
            color: colors(io::stdout().is_terminal()),
            error_color: colors(io::stderr().is_terminal()),
            interactive: io::stdout().is_terminal(),
            progress: io::stderr().is_terminal()
                && set("CI").is_none()
                && set("TERM").is_some_and(|term| term != "dumb"),
            width: width.clamp(40, 140),
        }
    }

    /// Prints results. A reader that has gone away is no error.
    pub(super) fn print(&self, text: &str) -> Result<(), String> {
        self.deliver(text).map(|_| ())
    }

    /// Prints results, and says whether somebody reads them.
    pub(super) fn deliver(&self, text: &str) -> Result<Reader, String> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(Reader::There),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(error) => Err(format!("the results cannot be written: {error}")),
        }
    }

    /// Prints a remark. Where nobody can be told, nothing is left to do.
    pub(super) fn say(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
