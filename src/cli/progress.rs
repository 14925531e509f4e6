//! What a person sees of a run that takes its time: one line on the terminal, which goes when the run ends.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::check::Monitor;
use crate::cli::terminal::Terminal;

/// A run that is over before is not told of.
const PATIENCE: Duration = Duration::from_millis(800);
/// How often the line is written anew.
const TICK: Duration = Duration::from_millis(150);

/// Runs with a line of progress, where somebody may see it.
pub(super) fn with_progress<T>(monitor: &Monitor, terminal: &Terminal, run: impl FnOnce() -> T) -> T {
    if !terminal.progress {
        return run();
    }
    std::thread::scope(|scope| {
        let (running, ended) = channel::<()>();
        scope.spawn(move || {
            let mut wait = PATIENCE;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                terminal.say(&format!("\r\u{1b}[2K{}", line(monitor.progress(), terminal.width)));
                wait = TICK;
            }
            if wait == TICK {
                terminal.say("\r\u{1b}[2K");
            }
        });
        let result = run();
        drop(running);
        result
    })
}

fn line((files, statements): (usize, usize), width: usize) -> String {
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let text = match statements {
        0 => format!("{} read", counted(files, "file")),
        _ => format!("{} read, {} judged", counted(files, "file"), counted(statements, "statement")),
    };
    text.chars().take(width.saturating_sub(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_counts_and_fits() {
        assert_eq!(line((1, 0), 80), "1 file read");
        assert_eq!(line((1200, 34), 80), "1200 files read, 34 statements judged");
        assert_eq!(line((1200, 34), 10), "1200 file");
    }
}
