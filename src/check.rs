//! The pipeline, from paths to an [`Outcome`].

pub mod outcome;

pub use outcome::Outcome;
