//! What of a file is SQL that runs: which statements of a SQL file apply and in which order files do; the texts that
//! programs give to the database.

pub mod host;
pub mod sql;
