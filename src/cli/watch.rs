//! `sqlmoat check --watch`: the same run again whenever something that it reads has changed. Files are asked for their times
//! and lengths, which works wherever files do.

use std::thread::sleep;
use std::time::Duration;

use crate::check::Stamp;
use crate::cli::check::Check;
use crate::cli::terminal::{Reader, Terminal};
use crate::cli::{CLEAN, Common};

/// How long nothing is looked at between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// Ends when the reader of the results has gone, or from outside.
pub(super) fn watch(check: &Check, common: &Common, terminal: &Terminal) -> Result<u8, String> {
    loop {
        // Before the run, so that no change during it is missed.
        let stamp = Stamp::new(&check.request()?);
        if terminal.interactive {
            terminal.print("\u{1b}[2J\u{1b}[3J\u{1b}[H")?;
        }
        let (_, reader) = check.once(common, terminal)?;
        if reader == Reader::Gone {
            return Ok(CLEAN);
        }
        if !common.quiet {
            terminal.say("waiting for changes\n");
        }
        let mut last = stamp.clone();
        loop {
            sleep(PAUSE);
            let now = Stamp::new(&check.request()?);
            // A change of many files, such as of a branch, is one change: until nothing moves any more.
            if now != stamp && now == last {
                break;
            }
            last = now;
        }
    }
}
