//! What makes a finding not count, and what recognises it across edits.

pub mod baseline;
pub mod comments;
pub mod fingerprint;
pub mod known;
mod removal;
