//! What others see of a run while it goes on, and how they end it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A handle of a run. Its copies are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Monitor(Arc<State>);

#[derive(Debug, Default)]
struct State {
    ended: AtomicBool,
    files: AtomicUsize,
    statements: AtomicUsize,
}

impl Monitor {
    /// Ends the run soon. What it then returns means nothing.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }

    /// Whether somebody ended the run.
    pub fn is_ended(&self) -> bool {
        self.0.ended.load(Ordering::Relaxed)
    }

    /// How many files were read so far, and how many statements were judged.
    pub fn progress(&self) -> (usize, usize) {
        (self.0.files.load(Ordering::Relaxed), self.0.statements.load(Ordering::Relaxed))
    }

    /// Counts a file that was read.
    pub(super) fn file(&self) {
        self.0.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a statement that was judged.
    pub(super) fn statement(&self) {
        self.0.statements.fetch_add(1, Ordering::Relaxed);
    }
}
