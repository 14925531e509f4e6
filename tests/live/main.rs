//! Experiments on a live PostgreSQL: labels and verdicts of tenant isolation against what statements really show.

mod generate;
mod generated;
mod given;
#[path = "../support/mod.rs"]
mod support;
mod tenancy;
