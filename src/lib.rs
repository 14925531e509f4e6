//! sqlmoat: a SQL linter and static security analyzer for multi-tenant applications on PostgreSQL.
//!
//! The folders are the stages of the pipeline, in the order that data flows through them; a stage imports only from
//! the stages before it (`tests/layers.rs` holds the table).
//!
//! ```text
//! files -> source -> syntax -> extract -> schema (replay the DDL) -> query (bind names) -> prove -> rules -> suppress -> report
//! ```
//!
//! `suggest` stands beside the rules: what `prove::design` finds is missing, as indexes with names and as migrations;
//! `harden` behind it, with the constraints and policies that keep tenants apart in the database itself.
//!
//! Invariants:
//!
//! - **The schema decides.** Which tables belong to tenants and which indexes exist is read from the DDL, replayed in
//!   order to its final state, never from a hand-kept list.
//! - **Rules ask a bound model, not syntax.**
//! - **What is not proved isolated is flagged.** `unknown` is for what is not in the text, never for what the prover
//!   has not learnt.
//! - Parsing and binding never fail; they return what they could make and the problems they met.

pub mod check;
pub mod cli;
pub mod config;
pub mod extract;
pub mod finding;
pub mod fix;
pub mod harden;
pub mod lsp;
pub mod project;
pub mod prove;
pub mod query;
pub mod report;
pub mod rules;
pub mod schema;
pub mod source;
pub mod suggest;
pub mod suppress;
pub mod syntax;
