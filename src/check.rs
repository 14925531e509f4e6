//! The pipeline, from paths to an [`Outcome`].

mod outcome;

pub use outcome::{
    CheckedFinding, CheckedProject, Counts, Coverage, InputError, Notice, Outcome, Snippet, Suppressed,
    SuppressedBy,
};
