//! What of a file is SQL that runs: so far, which statements of a SQL file apply and in which order files do.

pub mod sql;
