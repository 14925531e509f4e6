//! `--diff`: what fixes would change, as a unified diff.

use similar::TextDiff;

use crate::fix::FixedFile;
use crate::report::text::{push_visible, without_commands};

/// The diff. One for a program that applies it is `raw`; one that a person or a runner's log shows is not.
pub fn diff(files: &[FixedFile], raw: bool) -> String {
    let mut out = String::new();
    for file in files {
        let (before, after) = (String::from_utf8_lossy(&file.before), String::from_utf8_lossy(&file.after));
        let diff = TextDiff::from_lines(&*before, &*after);
        let header = (format!("a/{}", file.shown), format!("b/{}", file.shown));
        out.push_str(&diff.unified_diff().header(&header.0, &header.1).to_string());
    }
    if raw {
        return out;
    }
    let mut shown = String::with_capacity(out.len());
    for c in out.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            _ => push_visible(&mut shown, c),
        }
    }
    without_commands(shown)
}
